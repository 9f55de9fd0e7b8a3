"""Labels of any kind as two classes, for what compares two: sites, refinement, thresholds, the order of motifs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def is_binary(labels: NDArray[np.floating]) -> bool:
    """Whether all known labels are 0 or 1."""
    return bool(np.isin(labels[~np.isnan(labels)], (0, 1)).all())


def contrast(labels: NDArray[np.floating]) -> Floats:
    """The two classes of one task: its labels, or of real values and counts the upper third against the lower one.

    Parameters
    ----------
    labels : array of shape (N,)
        NaN where unknown.

    Returns
    -------
    float64 array of shape (N,)
        1 in the upper class, 0 in the lower one, NaN where a label is in neither. Equal labels are in one class, so
        that of counts that are mostly 0 the lower class is all of these.
    """
    if is_binary(labels):
        return labels.astype(np.float64)
    lower, upper = np.nanquantile(labels, [1 / 3, 2 / 3])
    classes = np.full(len(labels), np.nan)
    classes[labels <= lower] = 0
    classes[(labels >= upper) & (labels > lower)] = 1
    return classes


def is_high(labels: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which sequences are positives of several tasks at once.

    Parameters
    ----------
    labels : array of shape (N, T)

    Returns
    -------
    bool array of shape (N,)
        Positives of any task; of real values and counts the third with the highest rank in any task.
    """
    if is_binary(labels):
        return np.asarray((labels == 1).any(axis=1))
    best = np.stack([_ranks(task) for task in labels.T], axis=1).max(axis=1)
    return np.asarray(contrast(np.where(best < 0, np.nan, best)) == 1)


def _ranks(labels: NDArray[np.floating]) -> Floats:
    """Share of the known labels that are lower, ties counting half; -1 for unknown ones."""
    known = ~np.isnan(labels)
    ordered = np.sort(labels[known])
    ranks = np.full(len(labels), -1.0)
    below = np.searchsorted(ordered, labels[known], "left") + np.searchsorted(ordered, labels[known], "right")
    ranks[known] = below / (2 * max(len(ordered), 1))
    return ranks
