"""Thresholds and directions of motifs, chosen on training sequences."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from motifnet.motifs.motif import Floats
from motifnet.motifs.statistics.contrast import is_binary, rank_correlation


def site_threshold(scores: NDArray[np.floating], classes: NDArray[np.floating]) -> float:
    """The threshold at which one of two classes is most enriched in sequences with a site.

    Parameters
    ----------
    scores : array of shape (N,)
        Best score of each sequence; minus infinity for a sequence without a window.
    classes : array of shape (N,)
        1, 0, or NaN for sequences that are left out.

    Returns
    -------
    float
        In the direction with the larger log likelihood ratio (`best_cut`); infinite without sequences.
    """
    high, low = scores[classes == 1], scores[classes == 0]
    return max(best_cut(high, low), best_cut(low, high), key=lambda cut: cut[1])[0]


def best_cut(enriched: NDArray[np.floating], others: NDArray[np.floating]) -> tuple[float, float]:
    """The threshold on the best score of a sequence at which a class is most enriched.

    Parameters
    ----------
    enriched, others : arrays of shape (n,), (m,)
        Best scores of the class in which the motif should be enriched, and of the other class.

    Returns
    -------
    threshold : float
        Between two scores, so that the rounding of scores in a file changes no site.
    gain : float
        Log likelihood ratio of the 2 x 2 table (half of the G statistic), in nats; 0 without enrichment at any
        threshold.
    """
    scores = np.concatenate([enriched, others]).astype(np.float64)
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    is_enriched = (order < len(enriched)).astype(np.int64)
    above, above_others = np.cumsum(is_enriched), np.cumsum(1 - is_enriched)
    is_last = np.append(ranked[1:] < ranked[:-1], True) & np.isfinite(ranked)
    gains = np.where(is_last, likelihood_ratio(above, len(enriched), above_others, len(others)), 0.0)
    best = int(gains.argmax()) if len(gains) else 0
    if not len(gains) or not np.isfinite(ranked[best]):
        return np.inf, 0.0
    has_next = best + 1 < len(ranked) and np.isfinite(ranked[best + 1])
    lower = ranked[best + 1] if has_next else ranked[best] - 1e-3
    return float((ranked[best] + lower) / 2), float(gains[best])


def likelihood_ratio(a: NDArray[np.integer], n: int, b: NDArray[np.integer], m: int) -> Floats:
    """Log likelihood ratio of a of n against b of m, in nats; 0 unless the fraction of `a` is larger."""
    if not n or not m:
        return np.zeros(np.shape(a))
    ratio = _log_likelihood(a, n) + _log_likelihood(b, m) - _log_likelihood(a + b, n + m)
    return np.where(a * m > b * n, ratio, 0.0)


def _log_likelihood(k: NDArray[np.integer], n: int) -> Floats:
    """Maximum log likelihood of k of n."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(k > 0, k * np.log(k / n), 0.0) + np.where(k < n, (n - k) * np.log1p(-k / n), 0.0)


def directions(scores: NDArray[np.floating], thresholds: NDArray[np.floating], labels: NDArray[np.floating]) -> Floats:
    """The class in which each motif is enriched.

    Parameters
    ----------
    scores : array of shape (N, M)
        Best score of each motif in each training sequence.
    thresholds : array of shape (M,) or (M, T)
    labels : array of shape (N, T)
        0/1, real values, or NaN for unknown.

    Returns
    -------
    float64 array of shape (M, T)
        1 for the positives (or high labels), -1 for the negatives (or low labels).
    """
    signs = np.ones((scores.shape[1], labels.shape[1]))
    cuts = np.broadcast_to(thresholds if thresholds.ndim == 2 else thresholds[:, np.newaxis], signs.shape)
    for task, own in enumerate(labels.T):
        known = ~np.isnan(own)
        if is_binary(own):
            has_site = scores[known] >= cuts[:, task]
            is_positive = own[known] == 1
            fractions = [has_site[part].sum(axis=0) / max(part.sum(), 1) for part in (is_positive, ~is_positive)]
            signs[:, task] = np.where(fractions[0] >= fractions[1], 1, -1)
        else:
            correlations = np.array([rank_correlation(column[known], own[known]) for column in scores.T])
            signs[:, task] = np.where(np.nan_to_num(correlations) >= 0, 1, -1)
    return signs
