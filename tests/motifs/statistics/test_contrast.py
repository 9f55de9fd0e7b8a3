"""Labels as two classes."""

from __future__ import annotations

import numpy as np

from motifnet.motifs.statistics.contrast import contrast, is_high, sample, task_aurocs

NAN = float("nan")


def test_classes_are_kept() -> None:
    np.testing.assert_array_equal(contrast(np.array([1.0, 0.0, NAN])), [1, 0, NAN])
    assert is_high(np.array([[0.0, 1.0], [NAN, 0.0], [0.0, 0.0], [1.0, NAN]])).tolist() == [True, False, False, True]


def test_thirds_of_values() -> None:
    values = np.random.default_rng(0).permutation(np.arange(30, dtype=np.float32))
    classes = contrast(np.append(values, np.nan))
    assert set(values[classes[:-1] == 1]) == set(range(20, 30))
    assert set(values[classes[:-1] == 0]) == set(range(10))
    assert np.isnan(classes[-1])
    assert (is_high(np.append(values, np.nan)[:, np.newaxis]) == (classes == 1)).all()


def test_equal_labels_are_in_one_class() -> None:
    counts = np.array([0.0] * 80 + [1, 2, 3, 4, 5] * 4)
    assert (contrast(counts) == (counts > 0)).all()
    assert not (contrast(np.full(5, 2.5)) == 1).any()


def test_a_third_is_high_for_any_number_of_tasks() -> None:
    rng = np.random.default_rng(0)
    labels = rng.normal(size=(300, 40)) * 10.0 ** rng.integers(-3, 3, 40)
    labels[rng.random((300, 40)) < 0.1] = np.nan
    assert is_high(labels).sum() == 100
    labels[7] = np.nan
    labels[7, 3] = 1e9
    labels[8] = np.nan
    assert is_high(labels)[7]
    assert not is_high(labels)[8]


def test_aurocs_of_classes_and_of_thirds() -> None:
    scores = np.stack([np.arange(9.0), -np.arange(9.0), np.zeros(9)], axis=1)
    labels = np.stack([np.arange(9) >= 4, np.arange(9) ** 2, np.full(9, NAN), np.ones(9)], axis=1)
    assert task_aurocs(scores, labels)[:, :2].tolist() == [[1, 1], [0, 0], [0.5, 0.5]]
    assert np.isnan(task_aurocs(scores, labels)[:, 2:]).all()


def test_samples_are_random_and_in_order() -> None:
    rows = sample(np.arange(1000), 500, seed=0)
    assert len(set(rows.tolist())) == 500
    assert (np.diff(rows) > 0).all()
    assert 200 < (rows % 2).sum() < 300
    assert sample(rows, 500, seed=1) is rows
