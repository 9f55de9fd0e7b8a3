"""Forward selection of motifs as predictors of the classes.

A sequence is described by the best score of each motif; classes are predicted by logistic regression. The motif with
the highest score statistic (Rao's test of one more coefficient) is selected next, as long as the statistic is
significant among all motifs that could be selected. These p-values stop the selection; they are not reported, since
motifs and selection depend on the same sequences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from motifnet.motifs.alignment import NEAR_COPY
from motifnet.motifs.motif import Floats

#: Maximum number of selected motifs.
MAX_SELECTED = 10
#: Largest p-value of a selected motif, times the number of motifs that could be selected.
_ALPHA = 0.05


@dataclass(frozen=True, eq=False)
class Regression:
    """Logistic regression of the classes on the scores of K motifs, with which other motifs are compared.

    Parameters
    ----------
    design : float64 array of shape (N, K + 1)
        Ones and standardised scores.
    residuals : float64 array of shape (N,)
        Class less its probability.
    weights : float64 array of shape (N,)
        Variance of the class.
    """

    design: Floats
    residuals: Floats
    weights: Floats

    @classmethod
    def fit(cls, scores: NDArray[np.floating], classes: NDArray[np.floating]) -> Regression:
        """Fit scores ``(N, K)`` to classes ``(N,)``, which are 1 or 0 and not all equal."""
        columns = _standardised(scores, scores)
        probability = _fit(columns, classes).predict_proba(columns)[:, 1]
        design = np.column_stack([np.ones(len(columns)), columns])
        return cls(design, classes - probability, probability * (1 - probability))

    def score_tests(self, scores: NDArray[np.floating]) -> Floats:
        """Rao's score test of each of M further motifs: scores ``(N, M)`` give z-scores ``(M,)``.

        Above 0 if a motif has higher scores in the class 1 than the regression explains; 0 for a combination of its
        motifs.
        """
        columns = _standardised(scores, scores)
        weights = self.weights[:, np.newaxis]
        cross = self.design.T @ (weights * columns)
        explained = (cross * np.linalg.lstsq(self.design.T @ (weights * self.design), cross)[0]).sum(axis=0)
        information = (weights * columns**2).sum(axis=0) - explained
        is_new = information > 1e-6 * self.weights.sum()
        z_scores = columns.T @ self.residuals / np.sqrt(np.where(is_new, information, 1.0))
        return np.asarray(np.where(is_new, z_scores, 0.0))


def select_motifs(
    scores: NDArray[np.floating], classes: NDArray[np.floating], similarity: Floats, first: int
) -> list[int]:
    """Select motifs by forward selection, starting from the first one.

    Parameters
    ----------
    scores : array of shape (N, M)
        Best score of each motif in each sequence; finite.
    classes : array of shape (N,)
        1 or 0.
    similarity : float64 array of shape (M, M)
        See `alignment.mutual_similarity`; near-copies of a selected motif are not selected.
    first : int
        Index of the motif that is selected first.

    Returns
    -------
    list of int
        At most `MAX_SELECTED` indices, in the order of selection.
    """
    selected = [first]
    is_open = np.ones(scores.shape[1], dtype=np.bool_)
    while len(selected) < MAX_SELECTED:
        is_open &= similarity[selected[-1]] < NEAR_COPY
        is_open[selected] = False
        if not is_open.any():
            break
        statistics = np.where(
            is_open, np.square(Regression.fit(scores[:, selected], classes).score_tests(scores)), -1.0
        )
        best = int(statistics.argmax())
        if not is_significant(statistics[best], int(is_open.sum())):
            break
        selected.append(best)
    return selected


def is_significant(statistic: float, n_tests: int) -> bool:
    """Whether the largest of several score statistics (squared z-scores) is significant; their number is given."""
    return bool(chi2.sf(statistic, 1) * n_tests <= _ALPHA)


def added_aurocs(
    scores: NDArray[np.floating], classes: NDArray[np.floating], selected: list[int], *, is_train: NDArray[np.bool_]
) -> Floats:
    """Increase of the auROC when a motif is added to the selected motifs before it.

    Logistic regressions are fitted on training sequences and compared on the others.

    Parameters
    ----------
    scores, classes : arrays of shapes (N, M) and (N,)
    selected : list of int
        See `select_motifs`. Other motifs are added to all selected ones.
    is_train : bool array of shape (N,)

    Returns
    -------
    float64 array of shape (M,)
        For the first motif, its auROC minus 0.5. NaN if a class is missing.
    """
    added = np.full(scores.shape[1], np.nan)
    if any(len(np.unique(classes[part])) < 2 for part in (is_train, ~is_train)):
        return added
    columns = _standardised(scores, scores[is_train])

    def auroc_of(chosen: list[int]) -> float:
        fitted = _fit(columns[is_train][:, chosen], classes[is_train])
        return float(roc_auc_score(classes[~is_train], fitted.decision_function(columns[~is_train][:, chosen])))

    before = 0.5
    for count, motif in enumerate(selected, start=1):
        after = auroc_of(selected[:count])
        added[motif], before = after - before, after
    for motif in set(range(len(added))) - set(selected):
        added[motif] = auroc_of([*selected, motif]) - before
    return added


def _standardised(scores: NDArray[np.floating], reference: NDArray[np.floating]) -> Floats:
    """Scores with the means and standard deviations of a reference as units."""
    spread = reference.std(axis=0, dtype=np.float64)
    return np.asarray((scores - reference.mean(axis=0, dtype=np.float64)) / np.where(spread > 0, spread, 1.0))


def _fit(columns: Floats, classes: NDArray[np.floating]) -> Any:
    return LogisticRegression().fit(columns, classes)
