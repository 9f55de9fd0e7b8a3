"""The inner loop of scanning: scores of every window on both strands, compiled by numba on first use.

Every window gets an integer score, which has a p-value: the sum of one table entry per block of columns. The bases from
each position on are a k-mer code, and the table of a block has the sum for each code, of both strands in one number. No
window is skipped, since q-values need the scores of all. Windows that may be hits, or the best of their record, also
get their PWM score (`pwm.score_matrix`, in steps of 1/4096 bit), which decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from motifnet.motifs.motif import Motif
from motifnet.motifs.scanning.pwm import STEPS_PER_BIT, ScoreDistribution, q_values, score_matrix
from motifnet.sequences.alphabet import LETTERS, Codes, N, reverse_complement
from motifnet.sequences.kmers import kmer_bases, kmer_codes
from motifnet.sequences.ragged import RaggedSequences

#: Columns per table: 4 ** 6 entries of four bytes fit into the first-level cache.
_BLOCK = 6
#: Windows whose sums are kept at a time.
_RUN = 2048


#: Columns of hits, besides the site, and their types.
FOUND = {"record": np.int64, "start": np.int64, "is_reverse": np.bool_, "integer": np.int32, "steps": np.int32}


class Segment(NamedTuple):
    """Part of a batch of sequences, prepared for scanning.

    ``codes`` uint8, ``kmers`` uint16 and ``known`` int32, all ``(n,)``: the bases, the code of the `_BLOCK` bases from
    each position on, and the number of bases before the next N; ``begins`` and ``ends`` int64 ``(R,)``: the records,
    which may be cut at either end; ``limit``: windows start before it; ``first_record``: index of the first record
    among all; ``shift`` int64 ``(R,)``: added to a position, gives the position in the whole record.
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
    def of(cls, batch: RaggedSequences, begin: int, n_windows: int, *, overlap: int, first_record: int) -> Segment:
        """The windows of a batch that start in ``[begin, begin + n_windows)``; the last extend `overlap` bases further.

        `first_record` is the index of the first record of the batch.
        """
        codes, offsets = np.array(batch.flat[begin : begin + n_windows + overlap]), batch.offsets
        n = len(codes)
        first = int(np.searchsorted(offsets, begin, side="right")) - 1
        last = int(np.searchsorted(offsets, begin + n, side="left"))
        bounds = np.clip(offsets[first : last + 1] - begin, 0, n)
        limit = min(n_windows, len(batch.flat) - begin)
        kmers = kmer_codes(np.pad(codes, (0, _BLOCK - 1)), _BLOCK, np.uint16)  # `known` excludes windows with N
        position = np.arange(n, dtype=np.int32)
        next_unknown = np.minimum.accumulate(np.where(codes == N, position, np.int32(n))[::-1])[::-1]
        known, shift = next_unknown - position, begin - offsets[first:last]
        return cls(codes, kmers, known, bounds[:-1], bounds[1:], limit, first_record + first, shift)


class MotifScanner:
    """A motif prepared for scanning, and its hits so far.

    Parameters
    ----------
    motif : Motif
    both_strands : bool
    p_value : float
        Maximum p-value of a hit, unless a threshold is given.
    threshold : float, optional
        Minimum score of a hit in bits.
    pseudocount : float
    with_best : bool
        Whether the best score of each sequence is kept.
    """

    def __init__(
        self,
        motif: Motif,
        *,
        both_strands: bool,
        p_value: float,
        threshold: float | None,
        pseudocount: float,
        with_best: bool,
    ) -> None:
        self.motif = motif
        self._with_best = with_best
        self._distribution = ScoreDistribution.of(motif, pseudocount)
        steps = np.rint(score_matrix(motif, pseudocount).T * STEPS_PER_BIT).astype(np.int32)
        self._lowest = int(steps.min(axis=1).sum())
        self._steps = np.stack([steps, steps[::-1, ::-1]][: 1 + both_strands])
        n_scores, per_bit = len(self._distribution.tail), self._distribution.steps_per_bit
        self._bits = 16 if n_scores <= 1 << 16 else 32  # of the sum of each strand
        self._sums = _block_sums(self._distribution.steps, self._bits, both_strands=both_strands)
        error = motif.width * (0.5 + 0.5 * per_bit / STEPS_PER_BIT)  # of an integer score, from both roundings
        int32 = np.iinfo(np.int32)
        self._cutoff, self._least = self._distribution.cutoff(p_value), int(int32.min)
        if threshold is not None:
            lowest_integer = (threshold - self._distribution.lowest) * per_bit - error - 1
            self._cutoff = int(np.clip(np.floor(lowest_integer), 0, n_scores))
            self._least = int(np.ceil(np.clip(threshold * STEPS_PER_BIT, int32.min, int32.max)))
        self._slack = int(2 * error) + 2  # the integer score of the best window is at most this far below the highest
        self.can_hit = self._cutoff < n_scores
        self._histogram = np.zeros(n_scores, dtype=np.int64)
        self._is_sorted = True
        self._found: list[tuple[NDArray[Any], ...]] = []
        self._best: list[tuple[NDArray[np.int64], NDArray[np.int32]]] = []

    def add(self, segment: Segment) -> None:
        """Score every window of a segment without N; threads may scan different motifs at the same time."""
        best = np.full(len(segment.begins), self._lowest, dtype=np.int32)
        hits = np.empty((5, segment.limit), dtype=np.int64)
        # Allocated here, since numba takes longer to compile allocations. Unsigned: no check for negative indices.
        sums, seen = np.zeros(_RUN, self._sums.dtype), np.zeros((2, len(self._histogram)), dtype=np.uint32)
        unsigned = self._sums.dtype.type
        n_hits = _kernel()(
            (segment.codes, segment.kmers, segment.known),
            (segment.begins, segment.ends, segment.limit),
            (self._sums, unsigned(self._bits), unsigned((1 << self._bits) - 1), self._steps),
            (self._cutoff, self._least, self._slack if self._with_best else -1),
            (sums, seen, best, hits),
        )
        self._histogram += seen[: len(self._steps)].sum(axis=0, dtype=np.int64)
        if self._with_best:
            self._best.append((segment.first_record + np.arange(len(best)), best))
        if n_hits:
            record, start, is_reverse, integer, steps = hits[:, :n_hits]
            sites = segment.codes[start[:, np.newaxis] + np.arange(self.motif.width)]
            sites[is_reverse == 1] = reverse_complement(sites[is_reverse == 1])
            letters = np.frombuffer(LETTERS.encode(), dtype="S1")[sites]
            columns = (
                record + segment.first_record,
                start + segment.shift[record],
                is_reverse.astype(np.bool_),
                integer.astype(np.int32),
                steps.astype(np.int32),
                np.ascontiguousarray(letters).view(f"S{self.motif.width}")[:, 0],
            )
            self._found.append(columns)

    def results(self) -> dict[str, NDArray[Any]]:
        """Hits, histogram of scores, and best scores of records (which may repeat) so far, for `restore`."""
        empty = (*(np.zeros(0, dtype=kind) for kind in FOUND.values()), np.zeros(0, dtype=f"S{self.motif.width}"))
        columns = map(np.concatenate, zip(empty, *self._found, strict=True))
        records, scores = zip((np.zeros(0, np.int64), np.zeros(0, np.int32)), *self._best, strict=True)
        return {
            **dict(zip((*FOUND, "site"), columns, strict=True)),
            "histogram": self._histogram,
            "best_record": np.concatenate(records),
            "best": np.concatenate(scores),
        }

    def restore(self, results: Mapping[str, NDArray[Any]]) -> None:
        """Add the results of other segments of the same sequences."""
        columns = [results[name] for name in (*FOUND, "site")]
        columns[-1] = columns[-1].astype(f"S{self.motif.width}")
        self._found.append(tuple(columns))
        self._histogram += results["histogram"]
        self._best.append((results["best_record"], results["best"]))
        self._is_sorted = False

    def hits(self) -> tuple[NDArray[Any], ...]:
        """Columns of the hits: sequence, start, strand, score in bits, p-value, q-value and site; () without hits."""
        if not self._found:
            return ()
        columns = [np.concatenate(column) for column in zip(*self._found, strict=True)]
        if not self._is_sorted:
            order = np.lexsort((columns[1], columns[0]))
            columns = [column[order] for column in columns]
        sequence, start, is_reverse, integer, steps, matched = columns
        p = self._distribution.tail
        q = q_values(p, self._histogram)
        return sequence, start, is_reverse, steps / STEPS_PER_BIT, p[integer], q[integer], matched

    def best_scores(self, n_sequences: int) -> NDArray[np.float32]:
        """Best score in each sequence in bits; the lowest possible score without a window."""
        best = np.full(n_sequences, self._lowest, dtype=np.int32)
        for rows, scores in self._best:
            np.maximum.at(best, rows, scores)
        return (best / STEPS_PER_BIT).astype(np.float32)


def _block_sums(steps: NDArray[np.int64], bits: int, *, both_strands: bool) -> NDArray[np.unsignedinteger]:
    """Sums of the columns of each block for every k-mer, ``(blocks, 4 ** 6)``; reverse strand: the upper half."""
    width = steps.shape[1]
    digits = kmer_bases(np.arange(4**_BLOCK), _BLOCK)
    sums = np.zeros((-(-width // _BLOCK), 4**_BLOCK), dtype=f"u{bits // 4}")
    entries = steps.astype(sums.dtype)
    if both_strands:
        entries |= entries[::-1, ::-1] << sums.dtype.type(bits)
    for column in range(width):
        sums[column // _BLOCK] += entries[digits[:, column % _BLOCK], column]
    return sums


@cache
def _kernel() -> Callable[..., int]:
    """The compiled loop; numba is imported when the first window is scored."""
    from numba import njit

    try:
        compiled: Callable[..., int] = njit(nogil=True, cache=True)(_loop)
    except RuntimeError:  # no writable folder for compiled code
        compiled = njit(nogil=True)(_loop)
    return compiled


def _loop(bases, bounds, matrices, rules, results):  # type: ignore[no-untyped-def]  # compiled by numba
    """Score all windows; fill the results and return the number of hits.

    Results: sums of one run (working memory), histogram of integer scores, best PWM score of each record, and the rows
    record, start, strand, integer score and PWM score of the hits.
    """
    codes, kmers, known = bases
    begins, ends, limit = bounds
    tables, bits, low, steps = matrices
    cutoff, least, slack = rules  # a negative slack: best scores are not needed
    sums, seen, best, hits = results
    width = steps.shape[1]
    forward_seen, reverse_seen = seen[0], seen[1]
    n_hits = 0
    for r in range(len(begins)):
        last = min(ends[r] - width + 1, limit)
        highest = np.int64(0)
        for first in range(begins[r], last, _RUN):
            size = min(_RUN, last - first)
            table, numbers = tables[0], kmers[first:]
            for i in range(size):
                sums[i] = table[numbers[i]]
            for block in range(1, tables.shape[0]):
                table, numbers = tables[block], kmers[first + _BLOCK * block :]
                for i in range(size):
                    sums[i] += table[numbers[i]]
            if known[first] >= size + width - 1:
                for i in range(size):
                    forward_seen[sums[i] & low] += np.uint32(1)
                    reverse_seen[sums[i] >> bits] += np.uint32(1)
            else:
                for i in range(size):
                    if known[first + i] >= width:
                        forward_seen[sums[i] & low] += np.uint32(1)
                        reverse_seen[sums[i] >> bits] += np.uint32(1)
                    else:
                        sums[i] = 0
            highest_in_run = low & ~low
            for i in range(size):
                highest_in_run = max(highest_in_run, max(sums[i] & low, sums[i] >> bits))
            highest = max(highest, np.int64(highest_in_run))
            best_from = highest - slack if slack >= 0 else np.int64(1 << 31)
            least_integer = min(cutoff, best_from)
            if np.int64(highest_in_run) < least_integer:  # most runs have no hit
                continue
            for i in range(size):
                integer = np.int64(max(sums[i] & low, sums[i] >> bits))
                if integer < least_integer or known[first + i] < width:
                    continue
                forward, reverse = np.int32(0), np.int32(0)
                for column in range(width):
                    base = codes[first + i + column]
                    forward += steps[0, column, base]
                    reverse += steps[-1, column, base]  # the forward strand again where only that is scored
                score = max(forward, reverse)
                if integer >= best_from:
                    best[r] = max(best[r], score)
                if integer >= cutoff and score >= least:
                    hits[0, n_hits], hits[1, n_hits], hits[2, n_hits] = r, first + i, reverse > forward
                    hits[3, n_hits], hits[4, n_hits] = integer, score
                    n_hits += 1
    return n_hits
