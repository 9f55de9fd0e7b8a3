"""Labels of any kind as two classes, for all that compares two classes: sites, refinement, thresholds, motif order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

Floats = NDArray[np.float64]


def is_binary(labels: NDArray[np.floating]) -> bool:
    """Whether all known labels are 0 or 1."""
    return bool(np.isin(labels[~np.isnan(labels)], (0, 1)).all())


def contrast(labels: NDArray[np.floating]) -> Floats:
    """The two classes of one task: its labels; for real values and counts, the upper and the lower third.

    Parameters
    ----------
    labels : array of shape (N,)
        NaN where unknown.

    Returns
    -------
    float64 array of shape (N,)
        1 in the upper class, 0 in the lower class, NaN for sequences in neither. Equal labels are in one class: if most
        counts are 0, the lower class is all of these.
    """
    if is_binary(labels):
        return labels.astype(np.float64)
    lower, upper = np.nanquantile(labels, [1 / 3, 2 / 3])
    classes = np.full(len(labels), np.nan)
    classes[labels <= lower] = 0
    classes[(labels >= upper) & (labels > lower)] = 1
    return classes


def is_high(labels: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which sequences are positives of any of several tasks.

    Parameters
    ----------
    labels : array of shape (N, T)

    Returns
    -------
    bool array of shape (N,)
        Positives of any task; for real values and counts, the third of the sequences with the highest rank in any task.
    """
    if is_binary(labels):
        return np.asarray((labels == 1).any(axis=1))
    best = np.stack([_ranks(task) for task in labels.T], axis=1).max(axis=1)
    return np.asarray(contrast(np.where(best < 0, np.nan, best)) == 1)


def _ranks(labels: NDArray[np.floating]) -> Floats:
    """Fraction of the known labels that are lower, ties counting half; -1 for unknown labels."""
    known = ~np.isnan(labels)
    ordered = np.sort(labels[known])
    ranks = np.full(len(labels), -1.0)
    below = np.searchsorted(ordered, labels[known], "left") + np.searchsorted(ordered, labels[known], "right")
    ranks[known] = below / (2 * max(len(ordered), 1))
    return ranks


def sample(rows: NDArray[np.int64], largest: int, *, seed: int) -> NDArray[np.int64]:
    """A random sample of at most `largest` rows, in order."""
    if len(rows) <= largest:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, largest, replace=False))


def task_aurocs(scores: NDArray[np.floating], labels: NDArray[np.floating]) -> Floats:
    """AuROC of each score as a classifier of each task.

    Parameters
    ----------
    scores : array of shape (N, M)
        Finite.
    labels : array of shape (N, T)
        Real values and counts are compared as upper and lower third (`contrast`).

    Returns
    -------
    float64 array of shape (M, T)
        NaN where a task lacks a class.
    """
    aurocs = np.full((scores.shape[1], labels.shape[1]), np.nan)
    for task, own in enumerate(labels.T):
        classes = contrast(own)
        known = ~np.isnan(classes)
        if len(np.unique(classes[known])) == 2:
            aurocs[:, task] = [roc_auc_score(classes[known], column[known]) for column in scores.T]
    return aurocs


def rank_correlation(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Spearman correlation; NaN if either does not vary."""
    if len(np.unique(a)) < 2 or len(np.unique(b)) < 2:
        return float("nan")
    return float(spearmanr(a, b).statistic)
