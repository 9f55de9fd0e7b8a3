"""k-mers enriched by label, as matrices to initialise filters with.

Count k-mers, choose the most enriched, count the bases around it and its neighbours, mask them, and repeat. A window
with an N, or masked, has the code ``4 ** k`` ("no k-mer").
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from motifnet.sequences.alphabet import Codes, N, reverse_complement
from motifnet.sequences.kmers import has_no_n, kmer_codes, over_windows, reverse_complement_kmers

KMER_LENGTH = 6
_NO_KMER = 4**KMER_LENGTH
#: z-score that a k-mer must reach. Some of the 2,080 k-mers reach it by chance; they get few filters and do no harm.
_MIN_Z = 3.0
#: Bases in which k-mers are counted, at most: a random sample of the sequences.
_MAX_BASES = 1_000_000
_PSEUDOCOUNT = 5.0

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def enriched_kmers(
    codes: Codes,
    labels: NDArray[np.floating],
    *,
    width: int,
    at_most: int,
    is_double_stranded: bool = True,
    seed: int = 0,
) -> tuple[Floats, Floats]:
    """Log odds of the k-mers that are enriched by label, the most enriched first; tasks take turns.

    The k-mer whose presence is most correlated with a task's label is chosen. It and all k-mers with one mismatch are
    found in the sequences whose label is above the mean, and the bases in windows of `width` around them are counted,
    as for the seeds of STREME (Bailey 2021, Bioinformatics 37:2834). These k-mers are then masked, and the next is
    chosen, until none has a z-score of 3.

    Parameters
    ----------
    codes : uint8 array of shape (N, L)
    labels : float array of shape (N, T)
        Classes, values or counts; NaN for unknown.
    width : int
        Columns of each matrix, at least `KMER_LENGTH`; the k-mer is in the middle.
    at_most : int
        Number of k-mers.
    is_double_stranded : bool
        Whether a k-mer and its reverse complement are the same.
    seed : int
        For the sample of sequences, if there are very many.

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
        kmers = np.where(_overlapping(is_forward | is_reverse), _NO_KMER, kmers)
    return np.array(found).reshape(-1, 4, width), np.array(strengths)


def _sample(codes: Codes, labels: NDArray[np.floating], seed: int) -> tuple[Codes, NDArray[np.floating]]:
    """Sequences with a known label, at most `_MAX_BASES` of them."""
    most = max(1, _MAX_BASES // max(codes.shape[1], 1))
    rows = np.flatnonzero(~np.isnan(labels).all(axis=1))
    if len(rows) > most:
        rows = np.sort(rows[np.random.default_rng(seed).permutation(len(rows))[:most]])
    return codes[rows], labels[rows]


def _strand_tables(is_double_stranded: bool) -> tuple[Ints, Ints]:
    """Canonical code and reverse complement of each code, and of "no k-mer"; a single strand has no reverse."""
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
    for place in 4 ** np.arange(KMER_LENGTH):
        base = kmer // place % 4
        is_near[kmer + (np.arange(4) - base) * place] = True
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
    counts = np.stack([(windows == base).sum(axis=0) for base in range(4)]) + _PSEUDOCOUNT * background[:, np.newaxis]
    log_odds = np.log(counts / counts.sum(axis=0) / background[:, np.newaxis])
    centred: Floats = log_odds - log_odds.mean(axis=0)
    return centred


def _overlapping(hits: Bools) -> Bools:
    """Which positions have a k-mer that overlaps one of the hits."""
    reach = KMER_LENGTH - 1
    return over_windows(np.pad(hits, ((0, 0), (reach, reach))), 2 * reach + 1, np.logical_or)
