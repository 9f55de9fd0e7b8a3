"""Groups of related sequences: those that share a 40-mer, and sequences and their shuffles.

Related sequences stay in one part of a split: published peak sets contain overlapping windows, and a network can
recognise the shuffle of a sequence that it was trained on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motifnet.errors import InputError
from motifnet.progress import report
from motifnet.sequences.alphabet import Bools, Codes, HasCodes, Ints, N, reverse_complement
from motifnet.sequences.kmers import has_no_n, kmer_codes, over_windows
from motifnet.sequences.store import ByteBuffer, blocks

logger = logging.getLogger("motifnet")

Hashes = NDArray[np.uint64]

#: Sequences with at least this many known bases and equal dinucleotide counts are considered shuffles of each other.
#: (Of pairs of random sequences, 3 in 10^9 have equal counts at 41 bp, 2 in 10^10 at 60 bp.)
MIN_SHUFFLE_LENGTH = 41
#: Bases hashed at once, and hashes compared at once: bounds the working memory to about 300 MB.
_BATCH_BASES = 200_000
_BATCH_HASHES = 8_000_000
#: If there are more k-mers, only minimizers are compared: one of 21 consecutive k-mers.
_MAX_KMERS = 1 << 28
_WINDOW = 21


def group_sequences(sequences: HasCodes, *, k: int = 40, links: ArrayLike | None = None) -> Ints:
    """Find groups of related sequences.

    Two sequences are linked if they share a k-mer without N on either strand; if they are equal on either strand,
    apart from N at their ends (for sequences without a k-mer); or if their dinucleotide counts are equal, like those of
    a sequence and its shuffle. A group is a connected component of the links. Low-complexity k-mers such as poly-A link
    sequences like any other.

    `links`, shape (2, n), are pairs of sequences that are known to be related. Returns the group of each sequence,
    numbered from 0 in order of first appearance, shape (N,).

    k-mers are compared by 64-bit hashes: the probability of a false link among 10^8 different k-mers is about 3 in
    10^4. If there are more than 2.7 * 10^8 k-mers, only minimizers are compared (see `_selected_kmers`): a shared
    subsequence of k + 20 bp is always found, a shorter one often.
    """
    if k < 1:
        raise InputError(f"k must be at least 1. Got {k} instead")
    known = np.empty((2, 0), dtype=np.int64) if links is None else np.asarray(links, dtype=np.int64).reshape(2, -1)
    codes = sequences.codes
    if not len(codes):
        return np.empty(0, np.int64)
    first, second = np.concatenate(
        [known, shared_kmers(codes, k), _equal_without_kmers(codes, k), _equal_dinucleotide_counts(codes)], axis=1
    )
    _, component = connected_groups(first, second, len(codes))
    _, appearance, inverse = np.unique(component, return_index=True, return_inverse=True)
    number = np.empty(len(appearance), dtype=np.int64)
    number[np.argsort(appearance)] = np.arange(len(appearance))
    return number[inverse]


def connected_groups(first: Ints, second: Ints, n: int) -> tuple[int, NDArray[np.int32]]:
    """Number of connected components of `n` sequences linked by pairs, and the component of each."""
    from scipy.sparse import coo_array  # takes half a second; most uses of a dataset do not need it
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(first), dtype=np.int8), (first, second)), shape=(n, n))
    n_groups, component = connected_components(graph, directed=False)
    return n_groups, component


def shared_kmers(codes: Codes, k: int) -> Ints:
    """Pairs of sequences, shape (2, pairs), that share a k-mer on either strand: enough to connect all that do."""
    if codes.shape[1] < k:
        return np.empty((2, 0), dtype=np.int64)
    n_kmers = len(codes) * (codes.shape[1] - k + 1)
    window = 1 if n_kmers <= _MAX_KMERS else _WINDOW
    if window > 1:
        logger.info(
            "%.1e %d-mers: one of %d consecutive ones is compared; shared subsequences of %d bp or more are found",
            *(n_kmers, k, window, k + window - 1),
        )
    # Hashes are divided into parts by their value: equal ones are in one part.
    n_parts = 1 + int(n_kmers * 2 / (window + 1)) // _BATCH_HASHES
    parts = [(ByteBuffer(n_buffers=n_parts), ByteBuffer(n_buffers=n_parts)) for _ in range(n_parts)]
    for begin, batch in _batches(codes):
        report("comparing sequences", begin + len(batch), len(codes))
        hashes, rows = _selected_kmers(batch, k, window)
        part_of_hash = hashes % np.uint64(n_parts)
        for number, part in enumerate(parts):
            own = part_of_hash == number
            part[0].append(hashes[own].tobytes())
            part[1].append((rows[own] + begin).astype(np.int32).tobytes())
    links = []
    while parts:  # frees each part after the comparison
        keys, row_numbers = (buffer.finish() for buffer in parts.pop())
        links.append(_link_equal(keys.view(np.uint64), row_numbers.view(np.int32)))
    return np.concatenate(links, axis=1)


def _batches(codes: Codes) -> Iterator[tuple[int, Codes]]:
    """Number of the first row, and the rows, of each batch."""
    return blocks(codes, rows=max(1, _BATCH_BASES // max(1, codes.shape[1])))


def _selected_kmers(codes: Codes, k: int, window: int) -> tuple[Hashes, Ints]:
    """Strand-independent hashes of k-mers without N, and their rows.

    The k-mer with the lowest hash of each `window` consecutive ones is selected (minimizers), so that sequences that
    share `window` consecutive k-mers share a selected one (winnowing; Schleimer et al. 2003, SIGMOD).
    """
    hashes = np.minimum(_kmer_hashes(codes, k), _kmer_hashes(reverse_complement(codes), k)[:, ::-1])
    is_selected = has_no_n(codes, k)
    if window > 1:
        size = min(window, hashes.shape[1])
        lowest = over_windows(np.where(is_selected, hashes, np.uint64(2**64 - 1)), size, np.minimum)
        around = np.pad(lowest, ((0, 0), (size - 1, size - 1)))
        is_selected &= over_windows(around, size, np.maximum) == hashes
    rows, positions = np.nonzero(is_selected)
    return hashes[rows, positions], rows


def _kmer_hashes(codes: Codes, k: int) -> Hashes:
    """Hash of the k-mer at each position, shape (n, L - k + 1); arbitrary where it has an N."""
    # Up to 32 bases fit into 64 bits: a k-mer is covered by blocks of equal size, the last two may overlap.
    size = -(-k // -(-k // 32))
    packed = kmer_codes(codes, size, np.uint64)
    width = codes.shape[1] - k + 1
    hashes = np.full((len(codes), width), 0x9E3779B97F4A7C15, dtype=np.uint64)
    for begin in (*range(0, k - size, size), k - size):
        hashes = _mix(hashes + packed[:, begin : begin + width])
    return hashes


def _mix(values: Hashes) -> Hashes:
    """Finaliser of SplitMix64 (Steele et al. 2014): a bijection of 64 bits in which each bit affects all others."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _link_equal(keys: Hashes, rows: NDArray[np.int32]) -> Ints:
    """Pairs of rows with equal keys, shape (2, pairs): enough to connect all."""
    repeated = _may_repeat(keys)
    keys, rows = keys[repeated], rows[repeated].astype(np.int64)
    order = np.argsort(keys)
    keys, rows = keys[order], rows[order]
    pairs = np.stack([rows[:-1], rows[1:]])[:, keys[:-1] == keys[1:]]
    return np.unique(np.sort(pairs[:, pairs[0] != pairs[1]], axis=0), axis=1)


def _may_repeat(keys: Hashes) -> Bools:
    """Mask of all keys that occur more than once, and few others.

    Most keys occur once, and sorting takes an eighth of the time of `argsort` (measured on 16 million keys).
    """
    ordered = np.sort(keys)
    low_bits = np.uint64((1 << 22) - 1)
    seen = np.zeros(1 << 22, dtype=np.bool_)
    seen[ordered[1:][ordered[1:] == ordered[:-1]] & low_bits] = True
    return seen[keys & low_bits]


def _equal_without_kmers(codes: Codes, k: int) -> Ints:
    """Pairs of sequences without a k-mer that are equal on either strand, N at their ends ignored."""
    first_of: dict[bytes, int] = {}
    links = []
    for begin, batch in _batches(codes):
        has_no_kmer = ~has_no_n(batch, k).any(axis=1)
        for row in np.flatnonzero(has_no_kmer & (batch != N).any(axis=1)).tolist():
            known = np.flatnonzero(batch[row] != N)
            core = batch[row, known[0] : known[-1] + 1]
            key = min(core.tobytes(), reverse_complement(core).tobytes())
            links.append((first_of.setdefault(key, begin + row), begin + row))
    return np.array(links, dtype=np.int64).reshape(-1, 2).T


def _equal_dinucleotide_counts(codes: Codes) -> Ints:
    """Pairs of sequences with equal counts of the 16 dinucleotides."""
    if codes.shape[1] < MIN_SHUFFLE_LENGTH:
        return np.empty((2, 0), dtype=np.int64)
    weights = _mix(np.arange(1, 17, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    keys, rows = [], []
    for begin, batch in _batches(codes):
        dinucleotides = np.where(has_no_n(batch, 2), kmer_codes(batch, 2), 16)
        cells = dinucleotides + 17 * np.arange(len(batch))[:, np.newaxis]
        counts = np.bincount(cells.ravel(), minlength=17 * len(batch)).reshape(-1, 17)[:, :16]
        long_enough = (batch != N).sum(axis=1) >= MIN_SHUFFLE_LENGTH
        keys.append((counts.astype(np.uint64) * weights).sum(axis=1, dtype=np.uint64)[long_enough])
        rows.append((begin + np.flatnonzero(long_enough)).astype(np.int32))
    return _link_equal(np.concatenate(keys), np.concatenate(rows))
