"""The inner loop of scanning: integer scores of every window, both strands, compiled by numba on first use.

A window's score is the sum of a few table entries, one a block of columns: the letters from each position on make a
code in base 4, and each block of a matrix has its sum ready for every code. Nothing is left out early: q-values need
the scores of all windows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from motifnet.motifs.scanning.pwm import ScoreDistribution
from motifnet.sequences.alphabet import Codes, N
from motifnet.sequences.kmers import kmer_bases, kmer_codes

#: Columns a table: 4 ** 6 entries of two bytes stay in the first cache.
_BLOCK = 6
#: Windows whose sums are held at a time.
_RUN = 2048


class Stretch(NamedTuple):
    """Letters to scan: the parts of records that lie in them, and where windows may start.

    ``codes`` uint8, ``words`` uint16 and ``known`` int32, all ``(n,)``: the letters, the code of those from each
    position on, and how many known ones stand there in a row; ``begins`` and ``ends`` int64 ``(R,)``: the records,
    which may be cut at either side; ``limit``: windows start before it.
    """

    codes: Codes
    words: NDArray[np.uint16]
    known: NDArray[np.int32]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    limit: int


class StretchHits(NamedTuple):
    """Windows of one matrix that reach the cutoff, better strand: columns of one length."""

    record: NDArray[np.int64]
    start: NDArray[np.int64]
    is_reverse: NDArray[np.bool_]
    score: NDArray[np.int32]


def stretch(codes: Codes, begins: NDArray[np.int64], ends: NDArray[np.int64], limit: int) -> Stretch:
    """Prepare letters for scanning: see `Stretch`."""
    n = len(codes)
    words = kmer_codes(np.pad(codes, (0, _BLOCK - 1)), _BLOCK, np.uint16)  # `known` excludes windows with N
    position = np.arange(n, dtype=np.int32)
    next_unknown = np.minimum.accumulate(np.where(codes == N, position, np.int32(n))[::-1])[::-1]
    return Stretch(codes, words, next_unknown - position, begins, ends, limit)


def block_tables(matrix: ScoreDistribution, *, both_strands: bool) -> NDArray[np.uint16]:
    """Sums of a matrix's columns for every code: ``(strands, blocks, 4 ** 6)``."""
    strands = [matrix.steps, matrix.steps[::-1, ::-1]] if both_strands else [matrix.steps]
    n_blocks = -(-matrix.width // _BLOCK)
    digits = kmer_bases(np.arange(4**_BLOCK), _BLOCK)
    tables = np.zeros((len(strands), n_blocks, 4**_BLOCK), dtype=np.uint16)
    for strand, steps in enumerate(strands):
        for column in range(matrix.width):
            tables[strand, column // _BLOCK] += steps[digits[:, column % _BLOCK], column].astype(np.uint16)
    return tables


def score_windows(
    letters: Stretch,
    tables: NDArray[np.uint16],
    width: int,
    cutoff: int,
    histogram: NDArray[np.int64],
    best: NDArray[np.int32],
) -> StretchHits:
    """Score every window without N; safe to call from several threads at once.

    Parameters
    ----------
    letters : Stretch of R records
    tables : uint16 array
        From `block_tables`.
    width, cutoff : int
        Of the matrix; hits score at least `cutoff`.
    histogram : int64 array
        Raised by one for each window and strand at its score.
    best : int32 array of shape (R,)
        Raised to the best score of each record.
    """
    places = (letters.begins, letters.ends, letters.limit)
    rows = _kernel()(letters.words, letters.known, places, tables, (width, cutoff), histogram, best)
    return StretchHits(*rows)


@cache
def _kernel() -> Callable[..., Any]:
    """Numba and the compiled loop, loaded when the first window is scored."""
    from numba import njit

    try:
        return njit(nogil=True, cache=True)(_loop)
    except RuntimeError:  # no place to keep the compiled code, such as a read-only home
        return njit(nogil=True)(_loop)


def _loop(words, known, places, tables, bounds, histogram, best):  # type: ignore[no-untyped-def]  # numba's input
    begins, ends, limit = places
    width, cutoff = bounds
    record, start = np.empty(limit, np.int64), np.empty(limit, np.int64)
    is_reverse, score = np.empty(limit, np.bool_), np.empty(limit, np.int32)
    n = 0
    seen = np.zeros(len(histogram), np.uint32)
    sums = np.zeros((2, _RUN), np.uint32)  # unsigned: numba looks for no negative index
    for r in range(len(begins)):
        last = min(ends[r] - width + 1, limit)
        highest = best[r]
        for first in range(begins[r], last, _RUN):
            size = min(_RUN, last - first)
            is_known = known[first] >= size + width - 1
            for strand in range(tables.shape[0]):
                row = sums[strand]
                table, codes = tables[strand, 0], words[first:]
                for i in range(size):
                    row[i] = table[codes[i]]
                for block in range(1, tables.shape[1]):
                    table, codes = tables[strand, block], words[first + _BLOCK * block :]
                    for i in range(size):
                        row[i] += table[codes[i]]
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
                top = max(sums[0, i], sums[1, i])
                highest = max(highest, top)
                if top >= cutoff and known[first + i] >= width:
                    record[n], start[n], score[n] = r, first + i, top
                    is_reverse[n] = sums[1, i] > sums[0, i]
                    n += 1
        best[r] = highest
    histogram += seen
    return record[:n].copy(), start[:n].copy(), is_reverse[:n].copy(), score[:n].copy()
