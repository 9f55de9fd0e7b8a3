"""Seqlets: regions of sequences whose contributions are larger than in shuffled sequences.

The observed contributions are smoothed, consecutive positions above a level that few positions of the controls exceed
form a region, and the sum of the contributions in each region is compared with the sums in the controls. This follows
TF-MoDISco (Shrikumar et al. 2018, arXiv:1811.00416), with regions of any width instead of windows of one width.
Positive and negative contributions are treated separately. Each step is symmetric: reversed attributions have the same
seqlets, reversed. (A method that selects windows from left to right and removes overlapping ones is not symmetric.)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from motifnet.arguments import check_fraction, check_type
from motifnet.errors import InputError, counted
from motifnet.interpretation.attribution.contributions import Attributions
from motifnet.motifs.motif import Floats

#: False discovery rate of seqlets.
FDR = 0.05
#: Weights of the contributions at distances 0, 1, 2, 3 in the smoothed contribution of a position.
_SMOOTHING = (4 / 16, 3 / 16, 2 / 16, 1 / 16)
#: Fraction of the positions of the controls whose smoothed contribution is above the level.
_ABOVE_LEVEL = 0.05

_ARRAYS = ("sequence", "start", "end", "contribution", "p_value", "q_value")

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Contributions = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Seqlets:
    """Regions of large contributions to the score of one task, sorted by sequence and start.

    Parameters
    ----------
    task : str
    sequence : int64 array of shape (n,)
        Index of the sequence in the attributions.
    start, end : int64 arrays of shape (n,)
        0-based and half-open.
    contribution : float64 array of shape (n,)
        Sum of the observed contributions; its sign is that of the seqlet.
    p_value, q_value : float64 arrays of shape (n,)
        See `find_seqlets`; NaN where they are not valid.
    """

    task: str
    sequence: Ints
    start: Ints
    end: Ints
    contribution: Floats
    p_value: Floats
    q_value: Floats

    def __len__(self) -> int:
        return len(self.sequence)

    def __repr__(self) -> str:
        return f"<Seqlets: {(self.sign > 0).sum()} positive, {(self.sign < 0).sum()} negative, {self.task}>"

    @property
    def sign(self) -> Ints:
        """1 for regions that raise the score, -1 for those that lower it."""
        return np.sign(self.contribution).astype(np.int64)

    @property
    def width(self) -> Ints:
        """In bp."""
        return self.end - self.start

    @property
    def mean(self) -> Floats:
        """Mean contribution of a base."""
        return self.contribution / np.maximum(self.width, 1)

    def take(self, index: Any) -> Seqlets:
        """Select seqlets by indices, a slice or a mask."""
        return Seqlets(self.task, *(getattr(self, name)[index] for name in _ARRAYS))

    def to_frame(self) -> pd.DataFrame:
        """One row per seqlet, with ``sequence_index`` for the index of the sequence, and + or - as the sign."""
        return pd.DataFrame(
            {
                "sequence_index": self.sequence,
                "start": self.start,
                "end": self.end,
                "sign": np.where(self.sign > 0, "+", "-"),
                "contribution": self.contribution,
                "mean": self.mean,
                "p_value": self.p_value,
                "q_value": self.q_value,
            }
        )


def find_seqlets(
    attributions: Attributions,
    *,
    controls: Attributions,
    negative_controls: Attributions | None = None,
    held_out: ArrayLike | bool = False,
    task: str | None = None,
    fdr: float = FDR,
) -> Seqlets:
    """Find the regions whose contributions are larger than those in controls.

    For each sign, contributions are smoothed with a triangular kernel of 7 bp. A region is a run of positions whose
    smoothed contribution is above the level that 5 % of the positions of the controls exceed. Bases at its ends are
    trimmed unless their own contribution is above the corresponding level of unsmoothed contributions. The score of a
    region is the sum of its contributions.

    The null hypothesis is that regions are as in the controls. The p-value of a region is (1 + number of regions of the
    controls with at least its score) / (1 + number of regions of the controls). Its q-value is the false discovery
    rate among the regions with at least its score, estimated from the controls: (1 + number of such regions in the
    controls) x (sequences / controls) / (number of such regions). With as many controls as sequences this is the
    estimate of Elias & Gygi 2007 (Nat Methods 4:207) with the correction of Barber & Candes 2015 (Ann Stat 43:2055),
    which bounds the rate. Seqlets are the regions with a q-value of at most `fdr`.

    Sequences that the model was trained on cannot be tested, since the model may be overfitted to them: their seqlets
    are selected in the same way, but have no p-value and no q-value.

    Parameters
    ----------
    attributions : Attributions
    controls : Attributions
        Of the same model and method, usually of dinucleotide shuffles of the sequences, in any number.
    negative_controls : Attributions, optional
        Controls for the regions that lower the score: attributions of negatives that the model was not trained on. If
        shuffles were the negatives in training, the network has learned to score them low, and they are not a valid
        null model for these regions. Without negative controls, negative seqlets are selected by `controls`, and have
        no p-value.
    held_out : bool, or bool array of shape (N,)
        Which sequences were not used to train or to choose the model; default: none.
    task : str, optional
        Not needed if there is one task.
    fdr : float
        False discovery rate.

    Returns
    -------
    Seqlets
        Sorted by sequence and start.

    Raises
    ------
    InputError
        If the controls are of another method or have no sequences, `fdr` is not between 0 and 1, or `held_out` has
        another shape.
    SpecError
        If there is no such task, or several and none is named.
    """
    check_type("attributions", attributions, Attributions)
    check_fraction("fdr", fdr, is_zero_valid=False)
    name = attributions.tasks[0] if task is None and len(attributions.tasks) == 1 else task or ""
    negatives = (
        None
        if negative_controls is None
        else _checked("negative_controls", negative_controls, attributions).task(name).observed()
    )
    return seqlets_of(
        attributions.task(name).observed(),
        _checked("controls", controls, attributions).task(name).observed(),
        negatives,
        task=name,
        held_out=_as_mask(held_out, len(attributions)),
        fdr=fdr,
    )


def seqlets_of(
    observed: Contributions, controls: Contributions, negative_controls: Contributions | None = None, *,
    task: str, held_out: Bools, fdr: float = FDR,
) -> Seqlets:  # fmt: skip
    """`find_seqlets` of observed contributions ``(N, L)``."""
    found = []
    for sign, null in ((1, controls), (-1, controls if negative_controls is None else negative_controls)):
        regions = _regions(observed, null, task, sign)
        regions = regions.take(regions.q_value <= fdr)
        is_tested = held_out[regions.sequence] & (sign > 0 or negative_controls is not None)
        found.append(_untested(regions, ~is_tested))
    joined = _joined(found)
    return joined.take(np.lexsort((joined.start, joined.sequence)))


def _as_mask(held_out: ArrayLike | bool, n: int) -> Bools:
    mask = np.asarray(held_out)
    if mask.dtype != np.bool_ or mask.shape not in ((), (n,)):
        what = f"held_out must be True, False, or one of them for each of {counted(n, 'sequence')}"
        raise InputError(f"{what}. Got {mask.dtype}, shape {mask.shape}, instead")
    return np.broadcast_to(mask, n)


def _checked(name: str, controls: Attributions, attributions: Attributions) -> Attributions:
    check_type(name, controls, Attributions)
    if (controls.method, controls.part) != (attributions.method, attributions.part):
        raise InputError(
            f"the controls are by {controls.method} (part: {controls.part}), "
            f"the attributions by {attributions.method} (part: {attributions.part})",
            hint="Compute both with the same method and the same part of the model.",
        )
    if not len(controls):
        raise InputError("there are no controls", hint="Use the attributions of shuffled sequences.")
    return controls


def _regions(own: Contributions, controls: Contributions, task: str, sign: int) -> Seqlets:
    """All regions of a sign, with p- and q-values."""
    ours, theirs = (sign * each.astype(np.float64) for each in (own, controls))
    levels = [max(0.0, float(np.quantile(values, 1 - _ABOVE_LEVEL))) for values in (_smoothed(theirs), theirs)]
    sequence, start, end, score = _runs(ours, *levels)
    null = np.sort(_runs(theirs, *levels)[3])
    # Rounded: the sum of equal numbers depends on their order.
    n_higher = len(null) - np.searchsorted(null, score * (1 - 1e-9))
    p_value = (1 + n_higher) / (1 + len(null))
    q_value = _q_values(score, (1 + n_higher) * len(ours) / len(theirs))
    return Seqlets(task, sequence, start, end, sign * score, p_value, q_value)


def _smoothed(values: Floats) -> Floats:
    """Weighted mean of each position and its neighbours, values ``(N, L)``; zero beyond the ends."""
    n_around = len(_SMOOTHING) - 1
    padded = np.pad(values, ((0, 0), (n_around, n_around)))
    length = values.shape[1]
    smoothed = _SMOOTHING[0] * values
    for distance, weight in enumerate(_SMOOTHING[1:], start=1):
        before, after = (padded[:, n_around + shift :][:, :length] for shift in (-distance, distance))
        smoothed += weight * (before + after)
    return smoothed


def _runs(values: Floats, level: float, own_level: float) -> tuple[Ints, Ints, Ints, Floats]:
    """Sequence, start, end and sum of each run of positions whose smoothed value is above the level.

    A run starts and ends at positions whose own value is above `own_level`; runs without such a position are left out.
    """
    n, length = values.shape
    is_above = np.zeros((n, length + 1), dtype=np.bool_)
    is_above[:, :length] = _smoothed(values) > level
    # Positions are numbered over all sequences, with one column between two.
    edges = np.flatnonzero(np.diff(is_above.ravel(), prepend=False, append=False))
    first, last = edges[::2], edges[1::2]
    is_large = np.zeros((n, length + 1), dtype=np.bool_)
    is_large[:, :length] = values > own_level
    large = np.flatnonzero(is_large.ravel())
    at_first, at_last = np.searchsorted(large, first), np.searchsorted(large, last)
    is_kept = at_first < at_last
    start, end = large[at_first[is_kept]], large[at_last[is_kept] - 1] + 1
    sums = np.concatenate([[0.0], np.cumsum(np.pad(values, ((0, 0), (0, 1))).ravel())])
    sequence = start // (length + 1)
    return sequence, start - sequence * (length + 1), end - sequence * (length + 1), sums[end] - sums[start]


def _q_values(scores: Floats, n_false: Floats) -> Floats:
    """Lowest rate of false regions at which each is accepted, from their expected number at each score or above."""
    order = np.argsort(scores, kind="stable")
    n_found = len(scores) - np.searchsorted(scores[order], scores[order] * (1 - 1e-9))
    q_values = np.empty(len(scores))
    q_values[order] = np.minimum.accumulate(np.minimum(n_false[order] / n_found, 1.0))
    return q_values


def _untested(seqlets: Seqlets, index: Bools) -> Seqlets:
    """The seqlets, with NaN as the p- and q-values of those in the index."""
    p_value, q_value = (np.where(index, np.nan, column) for column in (seqlets.p_value, seqlets.q_value))
    return replace(seqlets, p_value=p_value, q_value=q_value)


def _joined(parts: list[Seqlets]) -> Seqlets:
    return Seqlets(parts[0].task, *(np.concatenate([getattr(part, name) for part in parts]) for name in _ARRAYS))
