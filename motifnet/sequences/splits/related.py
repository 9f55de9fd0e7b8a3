"""Which sequences belong together, and so stay on one side of a split: those that share a word, and shuffles.

Every held-out figure rests on this: published peak sets hold near-identical windows, and a sequence and its shuffle
tell a network about each other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from motifnet.errors import InputError
from motifnet.progress import report
from motifnet.sequences.alphabet import Codes, N, reverse_complement
from motifnet.sequences.store import Growing, blocks

if TYPE_CHECKING:
    from motifnet.sequences.sequence_set import SequenceSet

logger = logging.getLogger("motifnet")

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]

#: Two sequences of at least this many known letters and equal dinucleotide counts are taken for shuffles of each other
#: (seen between random sequences: 3 in 10^9 pairs of 41 bp, 2 in 10^10 of 60 bp).
SHUFFLE_MIN_LETTERS = 41
#: Letters hashed at once, and hashes compared at once: bound the working memory to some 300 MB.
_CHUNK_LETTERS = 200_000
_CHUNK_HASHES = 8_000_000
#: Beyond so many words not all are compared, but one of so many neighbours.
_MOST_WORDS = 1 << 28
_NEIGHBOURS = 21
_HIGHEST = np.uint64(2**64 - 1)


def group_sequences(sequences: SequenceSet, *, k: int = 40, links: ArrayLike | None = None) -> Ints:
    """Find the sequences that must stay on one side of a split.

    Two sequences are linked if they share a k-mer without N on either strand; if they are the same on either strand,
    apart from N around them (this is how those shorter than k are linked); or if they have equal dinucleotide counts,
    as a sequence and its shuffle have. Groups are what is linked, directly or through others. A poly-A of k letters
    links as any other k-mer does; N links nothing.

    Parameters
    ----------
    sequences : SequenceSet of N sequences
    k : int
        Length of a shared word that links.
    links : int array-like of shape (2, n), optional
        Pairs of rows that are known to belong together.

    Returns
    -------
    int64 array of shape (N,)
        Group of each sequence, numbered from 0 in order of first appearance.

    Raises
    ------
    InputError
        If k is not positive.

    Notes
    -----
    Words are compared by 64-bit hashes: among 10^8 different words a false link has a probability of about 3 in 10^4.
    Of more than 2.7 * 10^8 words one of 21 neighbours each is compared (winnowing), so that a shared stretch of
    k + 20 letters links always, a shorter one often.
    """
    if k < 1:
        raise InputError(f"k must be at least 1. Got {k} instead")
    known = np.empty((2, 0), dtype=np.int64) if links is None else np.asarray(links, dtype=np.int64).reshape(2, -1)
    codes = sequences.codes
    first, second = np.concatenate(
        [known, shared_words(codes, k), _same_without_words(codes, k), _same_counts(codes)], axis=1
    )
    ones = np.ones(len(first), dtype=np.int8)
    graph = coo_array((ones, (first, second)), shape=(len(sequences), len(sequences)))
    return _in_order(connected_components(graph, directed=False)[1]) if len(sequences) else np.empty(0, np.int64)


def _in_order(labels: NDArray[np.int32]) -> Ints:
    """Renumber labels from 0 in order of first appearance."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    number = np.empty(len(first), dtype=np.int64)
    number[np.argsort(first)] = np.arange(len(first))
    return number[inverse]


def _link_equal(keys: Hashes, rows: NDArray[np.int32]) -> Ints:
    """Pairs of rows with equal keys, shape (2, pairs): enough of them to connect all."""
    repeated = _may_repeat(keys)
    keys, rows = keys[repeated], rows[repeated].astype(np.int64)
    order = np.argsort(keys)
    keys, rows = keys[order], rows[order]
    pairs = np.stack([rows[:-1], rows[1:]])[:, keys[:-1] == keys[1:]]
    return np.unique(np.sort(pairs[:, pairs[0] != pairs[1]], axis=0), axis=1)


def _may_repeat(keys: Hashes) -> NDArray[np.bool_]:
    """Mask of all keys that occur more than once, and few others.

    Sorting keys alone takes an eighth of the time of `argsort` (seen on 16 million), and most keys occur once.
    """
    ordered = np.sort(keys)
    low_bits = np.uint64((1 << 22) - 1)
    seen = np.zeros(1 << 22, dtype=np.bool_)
    seen[ordered[1:][ordered[1:] == ordered[:-1]] & low_bits] = True
    return seen[keys & low_bits]


def _mix(values: Hashes) -> Hashes:
    """SplitMix64's finaliser (Steele et al. 2014): spreads 64 bits over 64 bits, one to one."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _chunks(codes: Codes) -> Iterator[tuple[int, Codes]]:
    """Row number of the first sequence, and the codes, some letters at a time."""
    return blocks(codes, rows=max(1, _CHUNK_LETTERS // max(1, codes.shape[1])))


def _packed(letters: Hashes, size: int) -> Hashes:
    """Words of up to 32 letters at each place, exactly, with 2 bits a letter: shape (n, L - size + 1)."""
    if size == 1:
        return letters
    half, width = size // 2, letters.shape[1] - size + 1
    halves = _packed(letters, half)
    words = (halves[:, :width] << np.uint64(2 * half)) | halves[:, half : half + width]
    return words if size % 2 == 0 else (words << np.uint64(2)) | letters[:, size - 1 :]


def _word_hashes(codes: Codes, k: int) -> Hashes:
    """Hash of the word of k letters at each place, shape (n, L - k + 1); what a word with N gives means nothing."""
    # Blocks of at most 32 letters cover the word; the last two may overlap.
    size = -(-k // -(-k // 32))
    blocks = _packed(codes.astype(np.uint64) & np.uint64(3), size)
    width = codes.shape[1] - k + 1
    hashes = np.full((len(codes), width), 0x9E3779B97F4A7C15, dtype=np.uint64)
    for begin in (*range(0, k - size, size), k - size):
        hashes = _mix(hashes + blocks[:, begin : begin + width])
    return hashes


def _has_no_n(codes: Codes, k: int) -> NDArray[np.bool_]:
    """Whether the word of k letters at each place is free of N, shape (n, L - k + 1)."""
    before = np.zeros((len(codes), codes.shape[1] + 1), dtype=np.int32)
    np.cumsum(codes == N, axis=1, out=before[:, 1:])
    return before[:, k:] == before[:, :-k]


def shared_words(codes: Codes, k: int) -> Ints:
    """Links between sequences that share a word of k letters on either strand.

    Parameters
    ----------
    codes : uint8 array of shape (N, L)
    k : int

    Returns
    -------
    int64 array of shape (2, pairs)
        Pairs of rows: not all of them, but enough to connect all that share a word.
    """
    if codes.shape[1] < k:
        return np.empty((2, 0), dtype=np.int64)
    n_words = len(codes) * (codes.shape[1] - k + 1)
    neighbours = 1 if n_words <= _MOST_WORDS else _NEIGHBOURS
    if neighbours > 1:
        logger.info(
            "of %.1e words of %d letters one of %d neighbours each is compared: a shared stretch of %d is always found",
            *(n_words, k, neighbours, k + neighbours - 1),
        )
    # Each part holds the words whose hash falls to its share: what is equal is in one part.
    n_parts = 1 + int(n_words * 2 / (neighbours + 1)) // _CHUNK_HASHES
    parts = [(Growing(siblings=n_parts), Growing(siblings=n_parts)) for _ in range(n_parts)]
    for begin, chunk in _chunks(codes):
        report("looking for shared words", begin + len(chunk), len(codes))
        hashes, rows = _chosen_words(chunk, k, neighbours)
        share = hashes % np.uint64(len(parts))
        for number, part in enumerate(parts):
            own = share == number
            part[0].append(hashes[own].tobytes())
            part[1].append((rows[own] + begin).astype(np.int32).tobytes())
    links = []
    while parts:  # a part that was compared needs its room no longer
        keys, row_numbers = (grown.finish() for grown in parts.pop())
        links.append(_link_equal(keys.view(np.uint64), row_numbers.view(np.int32)))
    return np.concatenate(links, axis=1)


def _chosen_words(codes: Codes, k: int, neighbours: int) -> tuple[Hashes, Ints]:
    """Hashes of words without N, the same for both strands, and the rows that they are in.

    Of `neighbours` in a row always the one with the lowest hash is among them, so that two sequences that share as many
    words in a row share one of the chosen (winnowing; Schleimer et al. 2003, SIGMOD).
    """
    hashes = np.minimum(_word_hashes(codes, k), _word_hashes(reverse_complement(codes), k)[:, ::-1])
    is_chosen = _has_no_n(codes, k)
    if neighbours > 1:
        size = min(neighbours, hashes.shape[1])
        lowest = _over_windows(np.where(is_chosen, hashes, _HIGHEST), size, np.minimum)
        around = np.pad(lowest, ((0, 0), (size - 1, size - 1)))
        is_chosen &= _over_windows(around, size, np.maximum) == hashes
    rows, places = np.nonzero(is_chosen)
    return hashes[rows, places], rows


def _over_windows(values: Hashes, size: int, best: Callable[[Hashes, Hashes], Hashes]) -> Hashes:
    """The lowest or highest value of each window of `size` columns."""
    width = 1
    while width < size:
        step = min(width, size - width)
        values = best(values[:, :-step], values[:, step:])
        width += step
    return values


def _same_without_words(codes: Codes, k: int) -> Ints:
    """Links between equal sequences (either strand, N around them left out) that have no word of k letters to share."""
    first_of: dict[bytes, int] = {}
    links = []
    for begin, chunk in _chunks(codes):
        wordless = ~_has_no_n(chunk, k).any(axis=1) if codes.shape[1] >= k else np.ones(len(chunk), dtype=np.bool_)
        for row in np.flatnonzero(wordless & (chunk != N).any(axis=1)).tolist():
            known = np.flatnonzero(chunk[row] != N)
            core = chunk[row, known[0] : known[-1] + 1]
            key = min(core.tobytes(), reverse_complement(core).tobytes())
            links.append((first_of.setdefault(key, begin + row), begin + row))
    return np.array(links, dtype=np.int64).reshape(-1, 2).T


def _same_counts(codes: Codes) -> Ints:
    """Links between sequences whose counts of the 16 dinucleotides are equal."""
    if codes.shape[1] < SHUFFLE_MIN_LETTERS:
        return np.empty((2, 0), dtype=np.int64)
    weights = _mix(np.arange(1, 17, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    keys, rows = [], []
    for begin, chunk in _chunks(codes):
        dinucleotide = np.where((chunk[:, :-1] == N) | (chunk[:, 1:] == N), 16, chunk[:, :-1] * 4 + chunk[:, 1:])
        cell = dinucleotide + 17 * np.arange(len(chunk))[:, None]
        counts = np.bincount(cell.ravel(), minlength=17 * len(chunk)).reshape(-1, 17)[:, :16]
        long_enough = (chunk != N).sum(axis=1) >= SHUFFLE_MIN_LETTERS
        keys.append((counts.astype(np.uint64) * weights).sum(axis=1, dtype=np.uint64)[long_enough])
        rows.append((begin + np.flatnonzero(long_enough)).astype(np.int32))
    return _link_equal(np.concatenate(keys), np.concatenate(rows)) if keys else np.empty((2, 0), dtype=np.int64)
