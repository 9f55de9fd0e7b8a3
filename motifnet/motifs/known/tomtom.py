"""Tomtom: the best alignment of motifs with each of many others, and its p-value.

The score of two columns is minus their Euclidean distance, less the median over the columns of all targets, so that
an unaligned column scores 0. Scores are scaled to integers from 0 to `_BINS`. The null model draws the columns of a
target from those of all targets: the scores of a query column are distributed as their histogram, and sums over
consecutive columns as a convolution of histograms. The best of all offsets is compared with the maximum of independent
sums (Gupta et al. 2007, Genome Biol 8:R24; complete scores: Tanaka et al. 2011, Bioinformatics 27:1603).
Bins, medians and ties are as in memelite 0.5, so that results are equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Range of the integer scores of two columns.
_BINS = 100
#: Bins of an approximate median.
_MEDIAN_BINS = 1000
#: Number of bins of a probability: columns of targets are merged if all their probabilities are in the same bins.
_TARGET_BINS = 100


class Alignments(NamedTuple):
    """The best alignment of each of Q queries with each of T targets: arrays of shape (Q, T).

    ``p``: p-value, above 0; ``offset``: column of the target, as it is oriented, at the query's first column (negative:
    before the target); ``overlap``: number of aligned columns; ``is_reverse``: the target is reverse-complemented.
    """

    p: Floats
    offset: Ints
    overlap: Ints
    is_reverse: NDArray[np.bool_]


def align(queries: Sequence[Floats], targets: Sequence[Floats], *, both_strands: bool = True) -> Alignments:
    """Align motifs as Tomtom does, with Euclidean distance and complete scores.

    A p-value is the probability that a motif as wide as the target, of columns sampled from all targets, aligns as well
    at its best offset and strand. It depends on the set of targets.

    Parameters
    ----------
    queries, targets : sequences of float arrays of shape (4, w)
        PPMs; at least one of each.
    both_strands : bool
        Whether targets are reverse-complemented too. If scores are equal, the forward strand is reported.

    Returns
    -------
    Alignments
    """
    n = len(targets)
    oriented = [*targets, *(target[::-1, ::-1] for target in targets)] if both_strands else list(targets)
    columns = _TargetColumns.of(oriented)
    shape = len(queries), n
    found = Alignments(np.ones(shape), np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.bool_))
    for row, query in enumerate(queries):
        scores = _ColumnScores.of(query, columns)
        best = _best_offsets(scores, columns)
        p = _p_values(scores, best.score, columns.widths)
        if both_strands:
            found.is_reverse[row] = best.score[n:] > best.score[:n]
            p = p * (2 - p)  # the better of two strands: 1 - (1 - p)²
        chosen = np.arange(n) + n * found.is_reverse[row]
        found.p[row], found.offset[row], found.overlap[row] = p[chosen], best.offset[chosen], best.overlap[chosen]
    np.clip(found.p, np.finfo(np.float64).tiny, 1.0, out=found.p)
    return found


class _TargetColumns(NamedTuple):
    """The columns of T targets, similar ones merged to U columns.

    ``values`` ``(4, U)``; ``norms`` and ``counts`` ``(U,)``: sums of squares, and numbers of merged columns; ``widths``
    ``(T,)``; ``merged`` ``(sum of widths,)``: the merged column of each column.
    """

    values: Floats
    norms: Floats
    counts: Ints
    widths: Ints
    merged: Ints

    @classmethod
    def of(cls, targets: Sequence[Floats]) -> _TargetColumns:
        values = np.concatenate(targets, axis=1)
        lowest = values.min(axis=1, keepdims=True)
        ranges = values.max(axis=1, keepdims=True) - lowest
        ranges[ranges == 0] = 1
        bins = np.rint((values - lowest) / ranges * (_TARGET_BINS - 1)).astype(np.int64)
        keys = _TARGET_BINS ** np.arange(4) @ bins
        _, first, merged, counts = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
        kept = np.ascontiguousarray(values[:, first])
        widths = np.array([target.shape[1] for target in targets], dtype=np.int64)
        return cls(kept, (kept**2).sum(axis=0), counts, widths, merged)


class _ColumnScores(NamedTuple):
    """Integer scores of the w columns of a query with U target columns: ``values`` ``(w, U)``, from 0 to `_BINS`.

    ``unaligned``: the score of a query column that is not aligned; ``distributions`` ``(w, _BINS + 1)``: frequency of
    each score among all target columns.
    """

    values: Ints
    unaligned: int
    distributions: Floats

    @classmethod
    def of(cls, query: Floats, targets: _TargetColumns) -> _ColumnScores:
        scores = np.stack([_similarities(column, targets) for column in query.T])
        medians = np.array([_median(row, targets.counts) for row in scores])[:, np.newaxis]
        lowest = np.floor((scores.min(axis=1, keepdims=True) - medians).min())
        highest = (scores.max(axis=1, keepdims=True) - medians).max()
        per_unit = np.floor(_BINS / max(highest - lowest, 1.0))
        scores -= medians + lowest
        scores *= per_unit
        scores += 0.5
        values = scores.astype(np.int64)  # rounded down, since none is negative
        counts = [np.bincount(row, targets.counts, minlength=_BINS + 1) for row in values]
        return cls(values, int(-lowest * per_unit), np.stack(counts) / targets.counts.sum())


def _similarities(column: Floats, targets: _TargetColumns) -> Floats:
    """Minus the Euclidean distance of a column from the target columns: ``(U,)``."""
    squares = (column**2).sum() + targets.norms
    for value, row in zip(column, targets.values, strict=True):
        squares -= 2 * value * row
    np.maximum(squares, 0, out=squares)
    return np.negative(np.sqrt(squares, out=squares), out=squares)


def _median(values: Floats, counts: Ints) -> float:
    """Approximate weighted median: the mean of the values in its bin, of `_MEDIAN_BINS` bins of equal width."""
    lowest, highest = values.min(), values.max()
    if lowest == highest:
        return float(lowest)
    bins = ((values - lowest) / (highest - lowest) * (_MEDIAN_BINS - 1)).astype(np.int64)
    n_below = np.bincount(bins, counts).cumsum()
    inside = np.flatnonzero(bins == np.searchsorted(n_below, n_below[-1] / 2))
    return float((values[inside] * counts[inside]).sum() / counts[inside].sum())


class _Offsets(NamedTuple):
    """Best offset for each of T targets: arrays ``(T,)``; ``score``: sum of the integer scores of all query columns."""

    score: Ints
    offset: Ints
    overlap: Ints


def _best_offsets(scores: _ColumnScores, targets: _TargetColumns) -> _Offsets:
    """Sum the scores at every offset with at least one aligned column, and find the best offset for each target."""
    width, n_columns = scores.values.shape
    widths = targets.widths
    n_offsets = widths + width - 1
    ends = n_offsets.cumsum()
    begins = ends - n_offsets
    # The targets in one row, with width - 1 columns between them, which are not aligned with the query.
    layout = np.full(ends[-1] + width - 1, n_columns, dtype=np.int64)
    shift = begins + width - 1 - (widths.cumsum() - widths)
    layout[np.arange(len(targets.merged)) + np.repeat(shift, widths)] = targets.merged
    sums = np.zeros(ends[-1], dtype=np.int64)
    for column, own in enumerate(scores.values):
        sums += np.append(own, scores.unaligned)[layout[column : column + len(sums)]]
    best = np.maximum.reduceat(sums, begins)
    equal = np.flatnonzero(sums == np.repeat(best, n_offsets))
    target = np.repeat(np.arange(len(widths)), n_offsets)[equal]
    offset = equal - begins[target] - width + 1
    overlap = np.minimum(offset + width, widths[target]) - np.maximum(offset, 0)
    chosen = _chosen(np.searchsorted(target, np.arange(len(widths))), offset, overlap)
    return _Offsets(best, offset[chosen], overlap[chosen])


def _chosen(first: Ints, offset: Ints, overlap: Ints) -> Ints:
    """Index of one of the equally good alignments of each target, which begin at `first`.

    memelite's rule: a later alignment is chosen if its overlap exceeds the *offset* of the one chosen before. 0.7% of
    the pairs of vertebrate motifs would have another offset if it had to exceed the overlap; their p-values are equal.
    """
    n_equal = np.diff(first, append=len(offset))
    chosen = first.copy()
    for rank in range(1, n_equal.max()):
        rows = np.flatnonzero(n_equal > rank)
        later = first[rows] + rank
        chosen[rows] = np.where(overlap[later] > offset[chosen[rows]], later, chosen[rows])
    return chosen


def _p_values(scores: _ColumnScores, best: Ints, widths: Ints) -> Floats:
    """P-value of the best score of each of T targets: ``(T,)``.

    A target of t random columns has t + w - 1 offsets, whose scores are taken as independent: the sum over the
    aligned columns of the query has the distribution of a sum of random scores.
    """
    n = len(scores.distributions)
    values, of_target = np.unique(best, return_inverse=True)
    log_below = np.zeros((widths.max() + 1, len(values)))  # log P(no offset scores as much), by width of the target
    overhangs = np.zeros(len(values))  # the same for the offsets with fewer than `size` aligned columns
    sums = np.ones((n + 1, 1))  # distributions of the sum over `size` columns, from each column on
    for size in range(1, min(n, widths.max()) + 1):
        longer = zip(sums[:-1], scores.distributions[size - 1 :], strict=True)
        sums = np.stack([np.convolve(shorter, column) for shorter, column in longer])
        # Summed from the highest score on, so that small probabilities are precise.
        tails = np.pad(np.minimum(sums[:, ::-1].cumsum(axis=1)[:, ::-1], 1), ((0, 0), (0, 1)))
        tails[:, 0] = 1
        with np.errstate(divide="ignore"):
            below = np.log1p(-tails[:, np.clip(values - scores.unaligned * (n - size), 0, _BINS * size + 1)])
        log_below[size] = overhangs + below.sum(axis=0)
        if size == n:  # all columns are aligned at t - w + 1 offsets
            log_below[n:] = overhangs + np.outer(np.arange(1, len(log_below) - n + 1), below[0])
        overhangs += below[0] + below[-1]
    return -np.expm1(log_below[widths, of_target])
