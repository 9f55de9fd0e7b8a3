"""Thresholds and directions that are chosen on training sequences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from motifnet.motifs.statistics.thresholds import best_cut, directions, likelihood_ratio, site_threshold

scores = st.lists(st.integers(-3, 6).map(float) | st.just(-np.inf), max_size=12).map(np.array)


@given(scores, scores)
def test_the_best_cut_has_the_largest_gain_of_all(enriched: np.ndarray, others: np.ndarray) -> None:
    cut = best_cut(enriched, others)
    found = {-1.0: 0.0}
    for score in {*enriched.tolist(), *others.tolist()} - {-np.inf}:
        counts = [np.array((part >= score).sum()) for part in (enriched, others)]
        found[score] = float(likelihood_ratio(counts[0], len(enriched), counts[1], len(others)))
    assert cut[1] == pytest.approx(max(found.values()), abs=1e-9)
    if cut[1] > 0:
        counts = [np.array((part >= cut[0]).sum()) for part in (enriched, others)]
        assert float(likelihood_ratio(counts[0], len(enriched), counts[1], len(others))) == pytest.approx(cut[1])
        # Between two finite scores.
        assert not np.isin(cut[0], np.concatenate([enriched, others]))
        assert np.isfinite(cut[0])


def test_known_cuts() -> None:
    assert best_cut(np.array([3.0, 2.0, 2.0]), np.array([1.0, 0.0]))[0] == 1.5
    assert best_cut(np.array([0.0]), np.array([1.0]))[1] == 0
    assert best_cut(np.array([]), np.array([])) == (np.inf, 0.0)
    assert best_cut(np.array([-np.inf, -np.inf]), np.array([-np.inf])) == (np.inf, 0.0)
    # Equal scores are on the same side.
    assert best_cut(np.array([1.0, 1.0]), np.array([1.0, 0.0, 0.0]))[0] == 0.5


@given(st.integers(0, 20), st.integers(1, 20), st.integers(0, 20), st.integers(1, 20))
def test_the_gain_is_half_the_g_statistic(a: int, n: int, b: int, m: int) -> None:
    a, b = min(a, n), min(b, m)
    ratio = float(likelihood_ratio(np.array(a), n, np.array(b), m))
    if a * m <= b * n:
        assert ratio == 0
    else:
        g = chi2_contingency([[a, n - a], [b, m - b]], correction=False, lambda_="log-likelihood").statistic
        assert 2 * ratio == pytest.approx(g, abs=1e-9)


def test_a_threshold_is_that_of_the_better_direction() -> None:
    scores = np.array([9.0, 8.0, 7.0, 1.0, 1.0, 5.0])
    classes = np.array([0.0, 0.0, 0.0, 1.0, 1.0, np.nan])
    assert site_threshold(scores, classes) == best_cut(scores[:3], scores[3:5])[0] == 4
    assert site_threshold(scores, np.full(6, np.nan)) == np.inf


def test_directions_of_tasks_without_one_class() -> None:
    scores = np.array([[12.0], [0.0], [12.0]])
    labels = np.array([[1, np.nan], [1, 0], [np.nan, 0]], dtype=np.float64)
    assert directions(scores, np.array([10.0]), labels).tolist() == [[1, -1]]
    assert directions(scores, np.array([[10.0, 13.0]]), labels).tolist() == [[1, 1]]


def test_directions_of_real_labels_are_those_of_the_rank_correlation() -> None:
    scores = np.stack([np.arange(5.0), -np.arange(5.0), np.zeros(5)], axis=1)
    labels = np.array([[0.1], [0.2], [5.0], [7.0], [np.nan]])
    assert directions(scores, np.zeros(3), labels)[:, 0].tolist() == [1, -1, 1]
