"""The inner loop of scanning: scores of every window on both strands, compiled by numba on first use.

Every window gets its integer score, which has a p-value: the sum of a few table entries, one per block of columns. The
bases from each position on are a number in base 4, and each block of a motif has its sum ready for every such number.
No window is skipped, since q-values need the scores of all. Windows that may be hits, or the best of their record, get
their PWM score too (`pwm.score_matrix`, in steps of 1/4096 bit), which decides.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from motifnet.motifs.motif import Floats
from motifnet.motifs.scanning.pwm import STEPS_PER_BIT, ScoreDistribution
from motifnet.sequences.alphabet import Codes, N
from motifnet.sequences.kmers import kmer_bases, kmer_codes

#: Columns per table: 4 ** 6 entries of two bytes fit into the first-level cache.
_BLOCK = 6
#: Windows whose sums are kept at a time.
_RUN = 2048
_LOWEST = np.iinfo(np.int32).min


class Segment(NamedTuple):
    """Part of a batch of sequences, prepared for scanning.

    ``codes`` uint8, ``kmers`` uint16 and ``known`` int32, all ``(n,)``: the bases, the `_BLOCK` bases from each
    position on as a number, and how many bases follow without an N; ``begins`` and ``ends`` int64 ``(R,)``: the
    records, which may be cut at either side; ``limit``: windows start before it; ``first_record``: index of the first
    record in the batch; ``shift`` int64 ``(R,)``: to be added to a position to get that in the whole record.
    """

    codes: Codes
    kmers: NDArray[np.uint16]
    known: NDArray[np.int32]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    limit: int
    first_record: int
    shift: NDArray[np.int64]

    @classmethod
    def of(cls, flat: Codes, offsets: NDArray[np.int64], begin: int, n_windows: int, overlap: int) -> Segment:
        """Prepare the windows of records that start in ``[begin, begin + n_windows)`` of the flat codes.

        `overlap` is how far windows reach beyond their first base.
        """
        codes = np.array(flat[begin : begin + n_windows + overlap])
        n = len(codes)
        first = int(np.searchsorted(offsets, begin, side="right")) - 1
        last = int(np.searchsorted(offsets, begin + n, side="left"))
        bounds = np.clip(offsets[first : last + 1] - begin, 0, n)
        limit = min(n_windows, len(flat) - begin)
        kmers = kmer_codes(np.pad(codes, (0, _BLOCK - 1)), _BLOCK, np.uint16)  # `known` excludes windows with N
        position = np.arange(n, dtype=np.int32)
        next_unknown = np.minimum.accumulate(np.where(codes == N, position, np.int32(n))[::-1])[::-1]
        known = next_unknown - position
        return cls(codes, kmers, known, bounds[:-1], bounds[1:], limit, first, begin - offsets[first:last])


class MotifTables(NamedTuple):
    """A motif prepared for scanning.

    ``sums`` uint16 ``(strands, blocks, 4 ** 6)``: integer scores of the blocks; ``steps`` int32 ``(strands, w, 4)``:
    the score matrix in steps of 1/4096 bit; ``cutoff`` and ``least``: a hit has at least this integer score and this
    many steps; ``slack``: two windows of which the first has the higher PWM score differ by at most this much in
    integer score the other way; ``n_scores``: integer scores are below it.
    """

    sums: NDArray[np.uint16]
    steps: NDArray[np.int32]
    cutoff: int
    least: int
    slack: int
    n_scores: int

    @classmethod
    def of(
        cls, distribution: ScoreDistribution, matrix: Floats, *, p_value: float, threshold: float | None, both: bool
    ) -> MotifTables:
        """Tables for hits with a p-value up to `p_value` or, if a threshold is given, at least that score in bits."""
        width, per_bit, n_scores = matrix.shape[1], distribution.steps_per_bit, len(distribution.tail)
        error = width * (0.5 + 0.5 * per_bit / STEPS_PER_BIT)  # of an integer score, from both roundings
        if threshold is None:
            cutoff, least = distribution.cutoff(p_value), _LOWEST
        else:
            integer = (threshold - distribution.lowest) * per_bit - error - 1
            cutoff = int(np.clip(np.floor(integer), 0, n_scores))
            least = int(np.ceil(np.clip(threshold * STEPS_PER_BIT, _LOWEST, np.iinfo(np.int32).max)))
        steps = np.rint(matrix.T * STEPS_PER_BIT).astype(np.int32)
        strands = np.stack([steps, steps[::-1, ::-1]] if both else [steps])
        return cls(_block_sums(distribution, both=both), strands, cutoff, least, int(2 * error) + 2, n_scores)

    @property
    def can_hit(self) -> bool:
        """Whether any k-mer can be a hit."""
        return self.cutoff < self.n_scores

    @property
    def lowest(self) -> int:
        """The lowest possible score in steps."""
        return int(self.steps[0].min(axis=1).sum())


def _block_sums(distribution: ScoreDistribution, *, both: bool) -> NDArray[np.uint16]:
    steps = distribution.steps
    width = steps.shape[1]
    digits = kmer_bases(np.arange(4**_BLOCK), _BLOCK)
    sums = np.zeros((1 + both, -(-width // _BLOCK), 4**_BLOCK), dtype=np.uint16)
    for own, matrix in zip(sums, (steps, steps[::-1, ::-1]), strict=False):
        for column in range(width):
            own[column // _BLOCK] += matrix[digits[:, column % _BLOCK], column].astype(np.uint16)
    return sums


class SegmentHits(NamedTuple):
    """Hits of one motif in a segment, on the better strand: columns of one length.

    ``record``, ``start``, ``is_reverse``; ``integer``: the integer score; ``steps``: the PWM score in 1/4096 bit.
    """

    record: NDArray[np.int64]
    start: NDArray[np.int64]
    is_reverse: NDArray[np.bool_]
    integer: NDArray[np.int32]
    steps: NDArray[np.int32]


def score_windows(
    segment: Segment, motif: MotifTables, histogram: NDArray[np.int64], best: NDArray[np.int32] | None
) -> SegmentHits:
    """Score every window without N; safe to call from several threads at once.

    Parameters
    ----------
    segment : Segment of R records
    motif : MotifTables
    histogram : int64 array of shape (n_scores,)
        Increased by one for each window and strand at its integer score.
    best : int32 array of shape (R,), or None
        Raised to the best PWM score of each record, in steps; None: best scores are not needed.
    """
    wants_best = best is not None
    best = np.zeros(len(segment.begins), np.int32) if best is None else best
    bounds = (segment.begins, segment.ends, segment.limit)
    rules = (motif.cutoff, motif.least, motif.slack if wants_best else -1)
    bases = (segment.codes, segment.kmers, segment.known)
    return SegmentHits(*_kernel()(bases, bounds, motif.sums, motif.steps, rules, histogram, best))


@cache
def _kernel() -> Callable[..., Any]:
    """The compiled loop; numba is imported when the first window is scored."""
    from numba import njit

    try:
        return njit(nogil=True, cache=True)(_loop)
    except RuntimeError:  # no writable folder for compiled code
        return njit(nogil=True)(_loop)


def _loop(bases, bounds, sums, steps, rules, histogram, best):  # type: ignore[no-untyped-def]  # compiled by numba
    codes, kmers, known = bases
    begins, ends, limit = bounds
    cutoff, least, slack = rules
    width = steps.shape[1]
    record, start = np.empty(limit, np.int64), np.empty(limit, np.int64)
    is_reverse, integer, exact = np.empty(limit, np.bool_), np.empty(limit, np.int32), np.empty(limit, np.int32)
    n = 0
    seen = np.zeros(len(histogram), np.uint32)
    rows = np.zeros((2, _RUN), np.uint32)  # unsigned: numba checks no negative index
    for r in range(len(begins)):
        last = min(ends[r] - width + 1, limit)
        highest = np.int64(0)
        for first in range(begins[r], last, _RUN):
            size = min(_RUN, last - first)
            is_known = known[first] >= size + width - 1
            for strand in range(sums.shape[0]):
                row = rows[strand]
                table, numbers = sums[strand, 0], kmers[first:]
                for i in range(size):
                    row[i] = table[numbers[i]]
                for block in range(1, sums.shape[1]):
                    table, numbers = sums[strand, block], kmers[first + _BLOCK * block :]
                    for i in range(size):
                        row[i] += table[numbers[i]]
                if is_known:
                    for i in range(size):
                        seen[row[i]] += 1
                    continue
                for i in range(size):
                    if known[first + i] >= width:
                        seen[row[i]] += 1
                    else:
                        row[i] = 0
            for i in range(size):
                top = np.int64(max(rows[0, i], rows[1, i]))
                may_be_best = slack >= 0 and top >= highest - slack
                if (top < cutoff and not may_be_best) or known[first + i] < width:
                    continue
                highest = max(highest, top)
                forward, reverse = np.int32(0), np.int32(0)
                for column in range(width):
                    base = codes[first + i + column]
                    forward += steps[0, column, base]
                    reverse += steps[-1, column, base]  # the forward strand again where only that is scored
                better = max(forward, reverse)
                if may_be_best:
                    best[r] = max(best[r], better)
                if top >= cutoff and better >= least:
                    record[n], start[n], integer[n], exact[n] = r, first + i, top, better
                    is_reverse[n] = reverse > forward
                    n += 1
    histogram += seen
    return record[:n].copy(), start[:n].copy(), is_reverse[:n].copy(), integer[:n].copy(), exact[:n].copy()
