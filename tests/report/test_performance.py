"""Intervals of metrics cover the truth; curves are those of scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from motifnet.report.performance import _rates, auroc_interval, correlation_interval


def test_the_interval_of_an_auroc_covers_the_truth() -> None:
    """Coverage over 400 samples of normal scores with a known auROC; 95 % is nominal."""
    rng = np.random.default_rng(0)
    truth, covered = 0.921, 0  # Phi(2 / sqrt(2))
    for _ in range(400):
        positive, negative = rng.normal(2, 1, 30), rng.normal(0, 1, 40)
        auroc = float((positive[:, np.newaxis] > negative).mean())
        low, high = auroc_interval(auroc, 30, 40)
        assert low <= auroc <= high
        covered += low <= truth <= high
    assert covered / 400 >= 0.92


def test_intervals_of_extreme_values() -> None:
    low, high = auroc_interval(1.0, 10, 10)
    assert low < 0.9
    assert high == pytest.approx(1, abs=1e-3)
    assert correlation_interval(0.5, 3) == (-1.0, 1.0)
    low, high = correlation_interval(0.5, 100)
    assert -1 < low < 0.5 < high < 1


def test_curves_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    labels, scores = rng.integers(0, 2, 200).astype(float), rng.integers(0, 30, 200).astype(float)  # with ties
    fpr, tpr, precision = _rates(labels, scores)
    expected_fpr, expected_tpr, _ = metrics.roc_curve(labels, scores, drop_intermediate=False)
    np.testing.assert_allclose([fpr, tpr], [expected_fpr, expected_tpr])
    np.testing.assert_allclose(precision, metrics.precision_recall_curve(labels, scores)[0][::-1])
