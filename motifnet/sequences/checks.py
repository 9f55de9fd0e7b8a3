"""What is looked at before hours are spent on it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import InputError
from motifnet.sequences.alphabet import N
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.store import blocks

#: What to do where there is nothing but N.
MASKED = "Was the genome hard-masked (N for repeats)? Take the sequences from an unmasked or soft-masked one."


def has_letters(sequences: SequenceSet) -> NDArray[np.bool_]:
    """Which of N sequences have a known letter, shape (N,)."""
    known = [(block != N).any(axis=1) for _, block in blocks(sequences.codes)]
    return np.concatenate(known) if known else np.empty(0, dtype=np.bool_)


def drop_unknown(sequences: SequenceSet) -> tuple[SequenceSet, int]:
    """Leave out the sequences that are all N.

    Parameters
    ----------
    sequences : SequenceSet

    Returns
    -------
    kept : SequenceSet
        Those with at least one known letter, in order.
    n_dropped : int

    Raises
    ------
    InputError
        If there are sequences, and every one is all N.
    """
    known = has_letters(sequences)
    if known.all():
        return sequences, 0
    if not known.any():
        raise InputError(
            "every sequence is all N" if len(sequences) > 1 else "the only sequence is all N",
            hint=MASKED,
        )
    return sequences.take(known), int((~known).sum())
