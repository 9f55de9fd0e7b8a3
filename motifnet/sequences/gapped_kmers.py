"""Gapped k-mers: k bases at fixed offsets in a window, with any bases between them.

A *pattern* is the tuple of these offsets, the first of which is 0: ``(0, 1, 3)`` has the k-mers ``ACNG``. The forward
strand has ``4 ** k`` k-mers per pattern, in alphabetical order; tables of k-mers join the patterns in the order of
`PATTERNS`. On both strands, a k-mer and its reverse complement share a *column* (patterns can mirror each other).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from motifnet.sequences.alphabet import Codes, N, decode_codes
from motifnet.sequences.kmers import kmer_bases, reverse_complement_kmers

Pattern = tuple[int, ...]

#: Patterns without a gap: all 4-, 5- and 6-mers.
SHORT: tuple[Pattern, ...] = tuple(tuple(range(k)) for k in (4, 5, 6))
#: Patterns of 7 bases within windows of 7, 8 or 9 bp.
GAPPED: tuple[Pattern, ...] = tuple(
    (0, *inner, span - 1) for span in (7, 8, 9) for inner in combinations(range(1, span - 1), 5)
)
PATTERNS = SHORT + GAPPED


def gapped_codes(codes: Codes, pattern: Pattern, *, span: int | None = None) -> NDArray[np.int32]:
    """Codes of the k-mers of a pattern at all positions: bases ``(..., L)`` give ``(..., L - span + 1)``.

    The bases are the digits of the code in base 4, the first base in the highest digit. The code is ``4 ** k`` if one
    of the bases is N. `span` is the length of the window (default: up to the last base of the pattern).

    >>> gapped_codes(np.array([0, 1, 2, 4], dtype=np.uint8), (0, 2)).tolist()  # ANG, CNN
    [2, 16]
    """
    width = max(codes.shape[-1] + 1 - (span or pattern[-1] + 1), 0)
    bases = [codes[..., offset : offset + width] for offset in pattern]
    kmers = np.zeros(bases[0].shape, np.int32)
    for own in bases:
        kmers <<= 2
        kmers |= own & 3
    if (codes == N).any():
        kmers[np.any([own == N for own in bases], axis=0)] = 4 ** len(pattern)
    return kmers


def middles(codes: Codes) -> NDArray[np.float64]:
    """Position half-way between the first and the last known base: codes ``(N, L)`` give ``(N,)``."""
    is_known = codes != N
    last = codes.shape[1] - 1 - is_known[:, ::-1].argmax(axis=1)
    return (is_known.argmax(axis=1) + last) / 2


def nearness(middle: NDArray[np.float64], length: int, span: int, half_life: float) -> NDArray[np.float32]:
    """Weight of each window of `span` bp: 1 in the middle of the sequence, halved every `half_life` bp from it.

    Middles ``(N,)`` give ``(N, L - span + 1)``, or ``(1, L - span + 1)`` if they are equal.
    """
    if len(middle) and (middle == middle[0]).all():
        middle = middle[:1]
    centres = np.arange(max(length - span + 1, 0)) + (span - 1) / 2
    return np.exp2(-np.abs(centres - middle[:, np.newaxis]) / half_life).astype(np.float32)


@lru_cache(maxsize=2)
def columns(strands: str) -> tuple[NDArray[np.int32], ...]:
    """Column of each k-mer of the forward strand, by its code: one array of ``4 ** k`` per pattern.

    Parameters
    ----------
    strands : {"both", "forward"}
        "both": a k-mer and its reverse complement have the same column.
    """
    starts = np.cumsum([0, *(4 ** len(pattern) for pattern in PATTERNS)])
    first = dict(zip(PATTERNS, starts.tolist(), strict=False))
    kmers = np.arange(starts[-1])
    if strands == "both":
        opposite = [
            first[tuple(pattern[-1] - offset for offset in reversed(pattern))]
            + reverse_complement_kmers(np.arange(4 ** len(pattern)), len(pattern))
            for pattern in PATTERNS
        ]
        kmers = np.minimum(kmers, np.concatenate(opposite))
    found = np.unique(kmers, return_inverse=True)[1].astype(np.int32)
    found.flags.writeable = False
    return tuple(np.split(found, starts[1:-1]))


def n_columns(strands: str) -> int:
    """Number of columns of all patterns: 464,128 on the forward strand, 232,104 on both."""
    return 1 + max(int(own.max()) for own in columns(strands))


def window_columns(codes: Codes, strands: str, patterns: tuple[Pattern, ...] = PATTERNS) -> NDArray[np.int32]:
    """Column of the k-mer of each window, for one pattern after the other; `n_columns` in windows with N.

    Bases ``(N, L)`` give ``(N, W)``, where W is about ``len(patterns) * L``.
    """
    by_pattern = dict(zip(PATTERNS, columns(strands), strict=True))
    unknown = np.int32(n_columns(strands))
    return np.concatenate([np.append(by_pattern[p], unknown)[gapped_codes(codes, p)] for p in patterns], axis=1)


def column_names(chosen: NDArray[np.integer], strands: str) -> list[str]:
    """The k-mers of some columns, such as ``ACNNGTTCA``; of a reverse-complementary pair, the first in the tables."""
    kmers = np.unique(np.concatenate(columns(strands)), return_index=True)[1][chosen]
    starts = np.cumsum([0, *(4 ** len(pattern) for pattern in PATTERNS)])
    names = []
    for kmer in kmers.tolist():
        which = int(np.searchsorted(starts, kmer, side="right")) - 1
        pattern = PATTERNS[which]
        bases = np.full(pattern[-1] + 1, N, dtype=np.uint8)
        bases[list(pattern)] = kmer_bases(np.array(kmer - starts[which]), len(pattern))
        names.append(decode_codes(bases))
    return names
