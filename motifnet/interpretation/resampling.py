"""Bootstrap intervals over groups of sequences, by weighted metrics."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def bootstrap_weights(groups: ArrayLike, *, resamples: int, seed: int, chunk: int = 100) -> Iterator[Floats]:
    """How often each sequence is in each resample; whole groups are drawn with replacement.

    Parameters
    ----------
    groups : int array-like of shape (N,)
        As `Dataset.groups`.
    resamples : int
    seed : int
    chunk : int
        Resamples whose weights are in memory at once.

    Yields
    ------
    float64 array of shape (N, at most `chunk`)
        `resamples` columns in all.
    """
    units, unit = np.unique(np.asarray(groups), return_inverse=True)
    rng = np.random.default_rng(seed)
    for first in range(0, resamples, chunk):
        size = min(chunk, resamples - first)
        counts = rng.multinomial(len(units), np.full(len(units), 1 / len(units)), size=size)
        yield counts.T[unit].astype(np.float64)


def weighted_auroc(is_positive: NDArray[np.bool_], scores: NDArray[np.floating], weights: Floats) -> Floats:
    """Area under the receiver operating characteristic for many weightings of the same sequences.

    Parameters
    ----------
    is_positive, scores : arrays of shape (N,)
    weights : float64 array of shape (N, R)

    Returns
    -------
    float64 array of shape (R,)
        Weighted fraction of pairs in which the positive scores higher, ties counting half; NaN if a class has no
        weight.
    """
    order = np.argsort(scores)
    ranked, is_positive, weights = scores[order], is_positive[order, np.newaxis], weights[order]
    positive, negative = np.where(is_positive, weights, 0.0), np.where(is_positive, 0.0, weights)
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    if len(starts) < len(ranked):
        positive, negative = (np.add.reduceat(side, starts, axis=0) for side in (positive, negative))
    below = np.cumsum(negative, axis=0) - negative / 2
    pairs = positive.sum(axis=0) * negative.sum(axis=0)
    wins: Floats = np.einsum("nr,nr->r", positive, below)
    return np.divide(wins, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)


def weighted_pearson(labels: NDArray[np.floating], scores: NDArray[np.floating], weights: Floats) -> Floats:
    """Pearson's correlation for many weightings of the same sequences, shape (R,); NaN if either does not vary.

    Parameters
    ----------
    labels, scores : arrays of shape (N,)
    weights : float64 array of shape (N, R)
    """
    both = np.stack([labels, scores]).astype(np.float64)
    x, y = both - both.mean(axis=1, keepdims=True)
    total = weights.sum(axis=0)
    mean_x, mean_y = x @ weights / total, y @ weights / total
    covariance = (x * y) @ weights / total - mean_x * mean_y
    variances = ((x**2) @ weights / total - mean_x**2) * ((y**2) @ weights / total - mean_y**2)
    result = np.full(len(total), np.nan)
    return np.divide(covariance, np.sqrt(np.maximum(variances, 0)), out=result, where=variances > 0)


def interval(values: Floats, *, level: float = 0.95) -> Floats:
    """Percentile interval over the last axis, ``(2, ...)``; ignores NaN, of resamples that lack a class."""
    tail = 50 * (1 - level)
    bounds = np.full((2, *values.shape[:-1]), np.nan)
    is_known = ~np.isnan(values).all(axis=-1)
    if is_known.any():
        bounds[:, is_known] = np.nanpercentile(values[is_known], [tail, 100 - tail], axis=-1)
    return bounds
