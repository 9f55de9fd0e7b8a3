"""Weighted metrics are those of repeated sequences; the bootstrap draws whole groups."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from motifnet.interpretation.resampling import bootstrap_weights, interval, weighted_auroc, weighted_pearson


@pytest.mark.parametrize("n_values", [3, 10_000], ids=["ties", "no ties"])
def test_a_weighted_auroc_is_that_of_repeated_sequences(n_values: int) -> None:
    rng = np.random.default_rng(0)
    scores = rng.integers(n_values, size=60) / n_values
    is_positive = rng.random(60) < 0.4
    weights = rng.integers(0, 4, size=(60, 5)).astype(np.float64)
    expected = [
        roc_auc_score(np.repeat(is_positive, column), np.repeat(scores, column)) for column in weights.T.astype(int)
    ]
    np.testing.assert_allclose(weighted_auroc(is_positive, scores, weights), expected, rtol=1e-12)


def test_a_class_without_weight_has_no_auroc() -> None:
    weights = np.array([[1.0, 0], [1, 2]])
    found = weighted_auroc(np.array([True, False]), np.array([0.7, 0.2]), weights)
    assert found[0] == 1
    assert math.isnan(found[1])
    assert np.isnan(weighted_auroc(np.array([True, True]), np.array([0.7, 0.2]), weights)).all()


def test_whole_groups_are_drawn() -> None:
    groups = np.array([5, 5, 5, 2, 9, 9])
    weights = np.concatenate(list(bootstrap_weights(groups, resamples=250, seed=1)), axis=1)
    assert weights.shape == (6, 250)
    assert (weights[0] == weights[1]).all()
    assert (weights[4] == weights[5]).all()
    assert (weights[[0, 3, 4]].sum(axis=0) == 3).all()
    np.testing.assert_allclose(weights.mean(axis=1), 1, atol=0.2)
    again = np.concatenate(list(bootstrap_weights(groups, resamples=250, seed=1)), axis=1)
    assert np.array_equal(weights, again)


def test_an_interval_ignores_missing_values() -> None:
    values = np.array([[*range(1, 100), math.nan], [math.nan] * 100])
    low, high = interval(values, level=0.9)
    assert (round(low[0]), round(high[0])) == (6, 94)
    assert np.isnan([low[1], high[1]]).all()


def test_weighted_pearson_is_that_of_repeated_sequences() -> None:
    rng = np.random.default_rng(0)
    labels, scores = 1000 + rng.normal(size=(2, 40))
    weights = rng.integers(0, 4, (40, 3)).astype(np.float64)
    expected = [np.corrcoef(np.repeat([labels, scores], w.astype(int), axis=1))[0, 1] for w in weights.T]
    np.testing.assert_allclose(weighted_pearson(labels, scores, weights), expected, rtol=1e-9)
    assert np.isnan(weighted_pearson(labels, np.ones(40), weights)).all()
