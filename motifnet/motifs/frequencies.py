"""Checks of the numbers of a motif: counts of bases per position, and the background."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from motifnet.errors import InputError, quoted
from motifnet.sequences.alphabet import LETTERS, Floats


def _as_floats(values: ArrayLike, what: str) -> Floats:
    """Copy values to a new array, which the caller cannot change."""
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{what} must be an array of numbers. Got {quoted(values)} instead") from None


def checked_counts(counts: ArrayLike, name: str) -> Floats:
    """The counts of a motif as a read-only array of shape (4, w), w >= 1; InputError if they are none."""
    checked = _as_floats(counts, f"motif {quoted(name)}: counts")
    if checked.ndim != 2 or checked.shape[0] != 4 or checked.shape[1] == 0:
        transposed = checked.ndim == 2 and checked.shape[1] == 4
        raise InputError(
            f"motif {quoted(name)}: counts must have shape (4, w) with w of at least 1. Got {checked.shape} instead",
            hint="Rows are bases, columns are positions: give counts.T." if transposed else None,
        )
    wrong = np.argwhere(~(np.isfinite(checked) & (checked >= 0)))
    if len(wrong):
        base, position = wrong[0]
        raise InputError(
            f"motif {quoted(name)}: the count of {LETTERS[base]} at position {position} is {checked[base, position]}",
            hint="Counts must be finite and not negative; log odds (a PWM) are not counts.",
        )
    empty = np.flatnonzero(checked.max(axis=0) == 0)
    if len(empty):
        raise InputError(
            f"motif {quoted(name)}: the counts at position {empty[0]} sum to 0",
            hint="Remove the column, or fill it with the background.",
        )
    checked.flags.writeable = False
    return checked


def checked_background(background: ArrayLike, whose: str) -> Floats:
    """The background as a read-only array of shape (4,) that sums to 1; InputError if it is none."""
    checked = _as_floats(background, f"{whose}: background")
    if checked.shape != (4,) or not (np.isfinite(checked) & (checked > 0)).all():
        raise InputError(
            f"{whose}: background must be 4 positive numbers (A, C, G, T). Got {checked.tolist()} instead",
            hint="Add a pseudocount to a base that does not occur.",
        )
    # Scaled only if necessary, since dividing by a sum of 1 - 1e-16 would change the last digits with every copy.
    total = checked.sum()
    if abs(total - 1) > 1e-12:
        checked = checked / total
    checked.flags.writeable = False
    return checked
