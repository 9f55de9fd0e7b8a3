"""How often each word of k letters stands in each sequence: what classical models of DNA learn from."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from motifnet.errors import InputError
from motifnet.sequences.alphabet import Codes, HasCodes, N, decode_codes, reverse_complement

if TYPE_CHECKING:
    from motifnet.sequences.sequence_set import SequenceSet

#: 4 ** 12 columns are as many as anybody wants to count.
LONGEST = 12
#: Bounds the working memory to about 100 MB.
_LETTERS_AT_ONCE = 1 << 20


def kmer_counts(sequences: HasCodes, k: int, *, strands: str = "both") -> csr_array:
    """Count the words of k letters in each sequence.

    Parameters
    ----------
    sequences : SequenceSet of N sequences
    k : int
        Length of the words, 1 to 12.
    strands : {"both", "forward"}
        "both": a word and its reverse complement are one word (a column each pair, and one occurrence is counted once),
        so that a sequence and its reverse complement have the same counts.

    Returns
    -------
    sparse int32 array of shape (N, W)
        Columns as in `kmer_words`. Windows with N are not counted.

    Raises
    ------
    InputError
        If k or strands is none of these.

    Examples
    --------
    >>> from motifnet.sequences.sequence_set import SequenceSet
    >>> kmer_words(1), kmer_counts(SequenceSet.from_strings(["AATCN"]), 1).toarray().tolist()
    (['A', 'C'], [[3, 1]])
    """
    columns = _columns(k, strands)
    codes = sequences.codes
    shape = (len(codes), int(columns.max()) + 1)
    if codes.shape[1] < k:
        return csr_array(shape, dtype=np.int32)
    rows, places = np.nonzero(_has_no_n(codes, k))
    found = columns[_words(codes, k)[rows, places]]
    return coo_array((np.ones(len(rows), dtype=np.int32), (rows.astype(np.int32), found)), shape=shape).tocsr()


def pieces(sequences: SequenceSet) -> Iterator[tuple[slice, SequenceSet]]:
    """Rows, and the sequences in them, some at a time: counting the words of all at once would take much memory."""
    size = max(1, _LETTERS_AT_ONCE // max(sequences.length, 1))
    for begin in range(0, len(sequences), size):
        end = min(begin + size, len(sequences))
        yield slice(begin, end), sequences.take(np.arange(begin, end))


def kmer_words(k: int, *, strands: str = "both") -> list[str]:
    """The words of k letters in alphabetical order; with ``strands="both"`` the first of each pair on two strands."""
    columns = _columns(k, strands)
    first = np.unique(columns, return_index=True)[1]
    return [decode_codes(letters) for letters in _letters(k)[first]]


def _has_no_n(codes: Codes, k: int) -> NDArray[np.bool_]:
    """Whether the window of k letters at each place is free of N, shape (N, L - k + 1)."""
    width = codes.shape[1] - k + 1
    known = np.ones((len(codes), width), dtype=np.bool_)
    for offset in range(k):
        known &= codes[:, offset : offset + width] != N
    return known


def _words(codes: Codes, k: int) -> NDArray[np.int32]:
    """Number of the word at each place, shape (N, L - k + 1); what a window with N gives means nothing."""
    width = codes.shape[1] - k + 1
    words = np.zeros((len(codes), width), dtype=np.int32)
    for offset in range(k):
        words = words * 4 + (codes[:, offset : offset + width] & 3)
    return words


def _letters(k: int) -> Codes:
    """All words of k letters as codes, in alphabetical order: shape (4 ** k, k)."""
    return (np.arange(4**k)[:, None] // 4 ** np.arange(k)[::-1] % 4).astype(np.uint8)


@lru_cache(maxsize=16)
def _columns(k: int, strands: str) -> NDArray[np.int32]:
    """Column in which each word, by its number, is counted."""
    if not 1 <= k <= LONGEST:
        raise InputError(f"k must be from 1 to {LONGEST}. Got {k} instead")
    if strands not in ("both", "forward"):
        raise InputError(f"strands must be 'both' or 'forward'. Got {strands!r} instead")
    words = np.arange(4**k)
    if strands == "both":
        other = _words(reverse_complement(_letters(k)), k)[:, 0]
        words = np.minimum(words, other)
    columns: NDArray[np.int32] = np.unique(words, return_inverse=True)[1].astype(np.int32)
    columns.flags.writeable = False
    return columns
