"""k-mers as integers, and their counts per sequence.

The code of a k-mer has its bases as digits in base 4 (A = 0, C = 1, G = 2, T = 3), the first base in the highest digit:
codes are in the alphabetical order of the k-mers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy.sparse import coo_array, csr_array

from motifnet.errors import InputError
from motifnet.sequences.alphabet import Codes, HasCodes, N, decode_codes
from motifnet.sequences.sequence_set import SequenceSet

T = TypeVar("T", bound=np.generic)

#: Longest k-mer that is counted: 4 ** 12 columns.
_MAX_K = 12
#: Bases per batch; bounds the working memory to about 100 MB.
_BATCH_BASES = 1 << 20


def kmer_codes(codes: Codes, k: int, dtype: DTypeLike = np.int64) -> NDArray[Any]:
    """Codes of the k-mers at all positions.

    Parameters
    ----------
    codes : uint8 array of shape (..., L)
    k : int
        From 0 to the number of bases that the dtype holds, 2 bits per base.
    dtype : integer type

    Returns
    -------
    integer array of shape (..., L - k + 1)
        Arbitrary where the k-mer has an N (see `has_no_n`).

    Examples
    --------
    >>> kmer_codes(np.array([0, 1, 2, 3], dtype=np.uint8), 2).tolist()
    [1, 6, 11]
    """
    if k == 0 or codes.shape[-1] < k:
        return np.zeros((*codes.shape[:-1], max(codes.shape[-1] - k + 1, 0)), dtype)
    return _joined((codes & 3).astype(dtype), k)


def _joined(bases: NDArray[Any], k: int) -> NDArray[Any]:
    """Codes of k-mers, each joined from two of half the length."""
    if k == 1:
        return bases
    half, width = k // 2, bases.shape[-1] - k + 1
    halves = _joined(bases, half)
    kmers = (halves[..., :width] << bases.dtype.type(2 * half)) | halves[..., half : half + width]
    return kmers if k % 2 == 0 else (kmers << bases.dtype.type(2)) | bases[..., k - 1 :]


def has_no_n(codes: Codes, k: int) -> NDArray[np.bool_]:
    """Whether the k-mer at each position is free of N: codes ``(..., L)`` give ``(..., L - k + 1)``."""
    return over_windows(codes != N, k, np.logical_and)


def over_windows(values: NDArray[T], size: int, combine: Callable[..., NDArray[T]]) -> NDArray[T]:
    """Combine the values in each window of `size` columns, e.g. with ``np.minimum``; any order, values may repeat."""
    if values.shape[-1] < size:
        return values[..., :0]
    width = 1
    while width < size:
        step = min(width, size - width)
        values = combine(values[..., :-step], values[..., step:])
        width += step
    return values


def kmer_bases(kmers: NDArray[Any], k: int) -> Codes:
    """Bases of k-mers given by their codes: ``(...)`` give uint8 ``(..., k)``.

    >>> kmer_bases(np.array([1, 6]), 2).tolist()
    [[0, 1], [1, 2]]
    """
    return (np.asarray(kmers)[..., np.newaxis] >> 2 * np.arange(k)[::-1] & 3).astype(np.uint8)


def reverse_complement_kmers(kmers: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """Codes of the reverse complements of k-mers.

    >>> reverse_complement_kmers(np.array([1, 6]), 2).tolist()  # AC -> GT, CG -> CG
    [11, 6]
    """
    return (3 - kmer_bases(kmers, k)).astype(np.int64) @ 4 ** np.arange(k)


def kmer_counts(sequences: HasCodes, k: int, *, strands: str = "both") -> csr_array:
    """Count the k-mers in each sequence.

    Parameters
    ----------
    sequences : SequenceSet of N sequences
    k : int
        From 1 to 12.
    strands : {"both", "forward"}
        "both": a k-mer and its reverse complement share a column, and each occurrence is counted once, so that a
        sequence and its reverse complement have the same counts.

    Returns
    -------
    sparse int32 array of shape (N, W)
        Columns as in `kmer_names`. Windows with N are not counted.

    Raises
    ------
    InputError
        If k or strands has another value.

    Examples
    --------
    >>> kmer_names(1), kmer_counts(SequenceSet.from_strings(["AATCN"]), 1).toarray().tolist()
    (['A', 'C'], [[3, 1]])
    """
    column = _columns(k, strands)
    codes = sequences.codes
    shape = (len(codes), int(column.max()) + 1)
    rows, positions = np.nonzero(has_no_n(codes, k))
    columns = column[kmer_codes(codes, k, np.int32)[rows, positions]]
    return coo_array((np.ones(len(rows), dtype=np.int32), (rows.astype(np.int32), columns)), shape=shape).tocsr()


def kmer_names(k: int, *, strands: str = "both") -> list[str]:
    """All k-mers in alphabetical order; with ``strands="both"`` the first of each reverse-complementary pair."""
    first = np.unique(_columns(k, strands), return_index=True)[1]
    return [decode_codes(bases) for bases in kmer_bases(first, k)]


def batches(sequences: SequenceSet) -> Iterator[tuple[slice, SequenceSet]]:
    """Rows and sequences of consecutive batches, small enough to count the k-mers of each at once."""
    size = max(1, _BATCH_BASES // max(sequences.length, 1))
    for begin in range(0, len(sequences), size):
        end = min(begin + size, len(sequences))
        yield slice(begin, end), sequences.take(np.arange(begin, end))


@lru_cache(maxsize=16)
def _columns(k: int, strands: str) -> NDArray[np.int32]:
    """Column of the counts of each k-mer, by its code."""
    if not 1 <= k <= _MAX_K:
        raise InputError(f"k must be from 1 to {_MAX_K}. Got {k} instead")
    if strands not in ("both", "forward"):
        raise InputError(f"strands must be 'both' or 'forward'. Got {strands!r} instead")
    kmers = np.arange(4**k)
    if strands == "both":
        kmers = np.minimum(kmers, reverse_complement_kmers(kmers, k))
    columns: NDArray[np.int32] = np.unique(kmers, return_inverse=True)[1].astype(np.int32)
    columns.flags.writeable = False
    return columns
