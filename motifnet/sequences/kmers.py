"""k-mers as integers, their counts per sequence, and k-mers that are enriched by label.

The code of a k-mer has its bases as digits in base 4 (A = 0, C = 1, G = 2, T = 3), the first base in the highest digit:
codes are in the alphabetical order of the k-mers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import DTypeLike, NDArray

from motifnet.errors import InputError, quoted
from motifnet.sequences.alphabet import Bools, Codes, Floats, HasCodes, Ints, N, decode_codes, reverse_complement
from motifnet.sequences.sequence_set import SequenceSet

if TYPE_CHECKING:
    from scipy.sparse import csr_array

T = TypeVar("T", bound=np.generic)

#: Bases whose k-mers are counted at once: bounds the working memory to about 100 MB.
_BATCH_BASES = 1 << 20
#: Length of the k-mers of `enriched_kmers`, and the code of a window with an N, or masked.
KMER_LENGTH = 6
_NO_KMER = 4**KMER_LENGTH
#: z-score that an enriched k-mer must reach. Some of the 2,080 k-mers reach it by chance; they get few filters.
_MIN_Z = 3.0


def kmer_codes(codes: Codes, k: int, dtype: DTypeLike = np.int64) -> NDArray[Any]:
    """Codes of the k-mers at all positions: bases ``(..., L)`` give ``(..., L - k + 1)``.

    A dtype with 2 k bits suffices. Codes are arbitrary where the k-mer has an N (see `has_no_n`).

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


def has_no_n(codes: Codes, k: int) -> Bools:
    """Whether the k-mer at each position is free of N: codes ``(..., L)`` give ``(..., L - k + 1)``."""
    return over_windows(codes != N, k, np.logical_and)


def over_windows(values: NDArray[T], size: int, combine: Callable[..., NDArray[T]]) -> NDArray[T]:
    """Combine the values in each window of `size` columns with ``np.minimum`` or another idempotent function."""
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


def reverse_complement_kmers(kmers: Ints, k: int) -> Ints:
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
        "both": a k-mer and its reverse complement have one column; each occurrence is counted once.

    Returns
    -------
    sparse int32 array of shape (N, W)
        Columns as in `kmer_names`. Windows with N are not counted.

    >>> kmer_names(1), kmer_counts(SequenceSet.from_strings(["AATCN"]), 1).toarray().tolist()
    (['A', 'C'], [[3, 1]])
    """
    from scipy.sparse import coo_array  # slow to import, and not needed for codes

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
    if not 1 <= k <= 12:
        raise InputError(f"k must be from 1 to 12. Got {k} instead")
    if strands not in ("both", "forward"):
        raise InputError(f"strands must be 'both' or 'forward'. Got {quoted(strands)} instead")
    kmers = np.arange(4**k)
    if strands == "both":
        kmers = np.minimum(kmers, reverse_complement_kmers(kmers, k))
    columns: NDArray[np.int32] = np.unique(kmers, return_inverse=True)[1].astype(np.int32)
    columns.flags.writeable = False
    return columns


def enriched_kmers(
    codes: Codes,
    labels: NDArray[np.floating],
    *,
    width: int,
    at_most: int,
    is_double_stranded: bool = True,
    seed: int = 0,
) -> tuple[Floats, Floats]:
    """Log odds around the k-mers that are enriched by label, the most enriched first; tasks take turns.

    The k-mer whose presence is most correlated with a task's label is chosen. It and all k-mers with one mismatch are
    found in the sequences whose label is above the mean, and the bases in windows of `width` around them are counted,
    as for the seeds of STREME (Bailey 2021, Bioinformatics 37:2834). These k-mers are then masked, and the next is
    chosen, until none has a z-score of 3.

    Parameters
    ----------
    codes, labels : arrays of shapes (N, L) and (N, T)
        Labels are classes, values or counts; NaN for unknown.
    width : int
        Columns of each matrix, at least `KMER_LENGTH`; the k-mer is in the middle.
    at_most : int
        Maximum number of k-mers.
    is_double_stranded : bool
        Whether a k-mer and its reverse complement are the same.
    seed : int
        For a random sample of the sequences, if they have more than about 10^6 bases.

    Returns
    -------
    log_odds : float64 array of shape (n, 4, width), n from 0 to `at_most`
        To the background of the sequences, in nats, each column with mean 0.
    z : float64 array of shape (n,)
        Enrichment of each k-mer by the label of its task, in standard errors.
    """
    codes, labels = _sample(codes, labels, seed)
    counts = np.bincount(codes.ravel(), minlength=N + 1)[:N] + 1.0
    background = (counts + counts[::-1] if is_double_stranded else counts) / counts.sum()
    background /= background.sum()
    kmers = np.where(has_no_n(codes, KMER_LENGTH), kmer_codes(codes, KMER_LENGTH), _NO_KMER)
    canonical, reverse = _strand_tables(is_double_stranded)
    scores = _standardised(labels)
    open_tasks = list(range(labels.shape[1]))
    found: list[Floats] = []
    strengths: list[float] = []
    while open_tasks and len(found) < at_most:
        task = open_tasks.pop(0)
        z = _enrichment(canonical[kmers], scores[:, task])
        best = int(z.argmax())
        if z[best] < _MIN_Z:
            continue
        open_tasks.append(task)
        is_near = _neighbours(best)
        is_forward = is_near[kmers]
        is_reverse = is_near[reverse[kmers]] & ~is_forward
        windows = _windows(codes, is_forward, is_reverse, scores[:, task] > 0, width)
        found.append(_log_odds(windows, background))
        strengths.append(float(z[best]))
        around = np.pad(is_forward | is_reverse, ((0, 0), (KMER_LENGTH - 1, KMER_LENGTH - 1)))
        kmers = np.where(over_windows(around, 2 * KMER_LENGTH - 1, np.logical_or), _NO_KMER, kmers)  # masks overlaps
    return np.array(found).reshape(-1, 4, width), np.array(strengths)


def _sample(codes: Codes, labels: NDArray[np.floating], seed: int) -> tuple[Codes, NDArray[np.floating]]:
    """Sequences with a known label; a random sample of about 10^6 bases if there are more."""
    most = max(1, 1_000_000 // max(codes.shape[1], 1))
    rows = np.flatnonzero(~np.isnan(labels).all(axis=1))
    if len(rows) > most:
        rows = np.sort(rows[np.random.default_rng(seed).permutation(len(rows))[:most]])
    return codes[rows], labels[rows]


def _strand_tables(is_double_stranded: bool) -> tuple[Ints, Ints]:
    """Canonical code and reverse complement of each code, ``_NO_KMER`` included; a single strand has no reverse."""
    own = np.arange(_NO_KMER + 1)
    if not is_double_stranded:
        return own, np.full_like(own, _NO_KMER)
    reverse = np.append(reverse_complement_kmers(own[:-1], KMER_LENGTH), _NO_KMER)
    return np.minimum(own, reverse), reverse


def _standardised(labels: NDArray[np.floating]) -> Floats:
    """Known labels of each task with mean 0 and variance 1; NaN where unknown, or in a task without variance."""
    known = labels.astype(np.float64)
    spread = np.array([np.nanstd(column) if (column == column).any() else 0.0 for column in known.T])
    scores: Floats = np.full_like(known, np.nan)
    varied = spread > 0
    scores[:, varied] = (known[:, varied] - np.nanmean(known[:, varied], axis=0)) / spread[varied]
    return scores


def _enrichment(kmers: Ints, scores: Floats) -> Floats:
    """z-score of each k-mer: mean label of the sequences that contain it, against a random sample of sequences."""
    is_known = ~np.isnan(scores)
    ordered, known = np.sort(kmers[is_known], axis=1), scores[is_known]
    rows, columns = np.nonzero(np.diff(ordered, axis=1, prepend=-1) > 0)  # each k-mer once per sequence
    present, n = ordered[rows, columns], max(len(known), 1)
    sums = np.bincount(present, weights=known[rows], minlength=_NO_KMER + 1)[:_NO_KMER]
    counts = np.bincount(present, minlength=_NO_KMER + 1)[:_NO_KMER]
    z: Floats = sums / np.sqrt(np.maximum(counts * (1 - counts / n), 1))
    return z


def _neighbours(kmer: int) -> Bools:
    """Mask of the codes with at most one mismatch to a k-mer."""
    is_near = np.zeros(_NO_KMER + 1, dtype=np.bool_)
    for power in 4 ** np.arange(KMER_LENGTH):
        base = kmer // power % 4
        is_near[kmer + (np.arange(4) - base) * power] = True
    return is_near


def _windows(codes: Codes, is_forward: Bools, is_reverse: Bools, is_positive: Bools, width: int) -> Codes:
    """Codes ``(m, width)`` around the k-mers of positives, read on the k-mer's strand; N beyond the sequence ends."""
    before = (width - KMER_LENGTH) // 2
    after = width - KMER_LENGTH - before
    padded = np.pad(codes, ((0, 0), (after, after)), constant_values=N)
    windows = sliding_window_view(padded, width, axis=1)
    forward, reverse = (np.nonzero(hits & is_positive[:, np.newaxis]) for hits in (is_forward, is_reverse))
    return np.concatenate(
        [windows[forward[0], forward[1] + after - before], reverse_complement(windows[reverse[0], reverse[1]])]
    )


def _log_odds(windows: Codes, background: Floats) -> Floats:
    """Log odds of the bases to the background, with a pseudocount of 5, each column with mean 0."""
    counts = np.stack([(windows == base).sum(axis=0) for base in range(4)]) + 5.0 * background[:, np.newaxis]
    log_odds = np.log(counts / counts.sum(axis=0) / background[:, np.newaxis])
    centred: Floats = log_odds - log_odds.mean(axis=0)
    return centred
