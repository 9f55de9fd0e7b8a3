"""Random splits: groups stay whole, and classes keep their fractions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dna_strategies import random_dna
from motifnet.errors import InputError
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.io.fasta import read_fasta
from motifnet.sequences.negatives.shuffled import shuffled_negatives
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.splits.random import assign_groups


def assign(labels: object, groups: object, fractions: tuple[float, ...], *, seed: int = 0) -> np.ndarray:
    array = np.array(labels, dtype=np.float32).reshape(len(np.asarray(groups)), -1)
    tasks = [f"t{i}" for i in range(array.shape[1])]
    return assign_groups(array, np.asarray(groups), fractions=fractions, seed=seed, tasks=tasks)


@given(
    st.lists(st.integers(1, 4), min_size=30, max_size=80),
    st.floats(0.1, 0.3),
    st.floats(0.1, 0.3),
    st.integers(0, 1000),
)
def test_groups_stay_whole_and_classes_keep_their_fractions(
    sizes: list[int], valid: float, test: float, seed: int
) -> None:
    groups = np.repeat(np.arange(len(sizes)), sizes)
    labels = np.random.default_rng(seed).permutation(np.arange(len(groups)) % 2)
    part = assign(labels, groups, (1 - valid - test, valid, test), seed=seed)
    assert all(len(set(part[groups == group])) == 1 for group in range(len(sizes)))
    for label in (0, 1):
        counts = np.bincount(part[labels == label], minlength=3)
        targets = np.array([1 - valid - test, valid, test]) * counts.sum()
        assert (np.abs(counts - targets) <= 4).all()  # at most by the largest group


@pytest.mark.parametrize(
    ("n", "valid", "test", "expected"),
    [
        (28, 0.1, 0.0, [25, 3, 0]),
        (4, 0.1, 0.0, [3, 1, 0]),
        (2, 0.1, 0.0, [1, 1, 0]),
        (3, 0.1, 0.2, [1, 1, 1]),
        (500, 0.1, 0.2, [350, 50, 100]),
    ],
)
def test_small_sets_of_positives_and_their_shuffles(n: int, valid: float, test: float, expected: list[int]) -> None:
    positives = SequenceSet.from_strings(random_dna(n, 60, seed=n))
    data = Dataset.from_classes(positives, shuffled_negatives(positives, seed=0)[0])
    parts = data.split(valid=valid, test=test, seed=3)
    assert [part.class_counts()[0].tolist() for part in parts] == [[count, count] for count in expected]


def test_a_giant_group_is_assigned_to_training() -> None:
    groups = [0] * 60 + list(range(1, 41))
    part = assign([[i % 2] for i in range(100)], groups, (0.7, 0.1, 0.2))
    assert set(part[:60]) == {0}
    assert np.bincount(part).tolist() == [70, 10, 20]


def test_rare_classes_unknown_labels_and_real_labels_keep_their_fractions() -> None:
    rng = np.random.default_rng(0)
    rare = (np.arange(200) < 10).astype(float)
    half_known = np.where(np.arange(200) % 4 < 2, np.nan, np.arange(200) % 2)
    real = np.where(np.arange(200) < 40, np.nan, rng.normal(size=200))
    part = assign(np.stack([rare, half_known, real], axis=1), np.arange(200), (0.8, 0.1, 0.1))
    assert np.bincount(part[rare == 1]).tolist() == [8, 1, 1]
    for rows in (half_known == 0, half_known == 1, np.isfinite(real), np.ones(200, bool)):
        np.testing.assert_allclose(np.bincount(part[rows]) / rows.sum(), [0.8, 0.1, 0.1], atol=0.03)


def test_the_seed_determines_the_split() -> None:
    labels = [[i % 2] for i in range(60)]
    first, again, other = (assign(labels, range(60), (0.5, 0.5, 0), seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize(("valid", "test"), [(0.5, 0.5), (0.7, 0.6), (-0.1, 0.0), (float("nan"), 0.0)])
def test_invalid_fractions(valid: float, test: float) -> None:
    with pytest.raises(InputError, match="valid and test"):
        assign([[0], [1]], [0, 1], (1 - valid - test, valid, test))


@pytest.mark.parametrize(
    ("labels", "groups", "lacking"),
    [([[0], [1], [0], [1]], [0, 0, 0, 0], "sequences"), ([[1], [1], [0], [0], [0]], [0, 0, 1, 2, 3], "'t0'")],
)
def test_a_part_without_a_class_is_an_error(labels: list[list[float]], groups: list[int], lacking: str) -> None:
    with pytest.raises(InputError, match=lacking):
        assign(labels, groups, (0.7, 0.3, 0))


def test_without_fractions_all_sequences_are_for_training() -> None:
    assert assign([[0], [1]], [0, 0], (1.0, 0.0, 0.0)).tolist() == [0, 0]


# --- published files ---


@pytest.mark.shared
def test_published_shuffles_are_in_the_part_of_their_originals(shared_data: Path) -> None:
    folder = shared_data / "tf" / "encode_USF1_HepG2"
    positives, negatives = (read_fasta(folder / f"train.{kind}.fa.gz") for kind in ("pos", "neg"))
    data = Dataset.from_classes(positives, negatives)
    of_positives, of_negatives = data.groups[: len(positives)], data.groups[len(positives) :]
    assert np.isin(of_negatives, of_positives).all()
    assert np.bincount(data.groups).max() < 20
    parts = data.split(valid=0.1, test=0.2, seed=0)
    assert [part.class_counts()[0].tolist() for part in parts] == [[2240, 2240], [320, 320], [640, 640]]


def test_a_short_sequence_is_grouped_with_its_shuffle_by_a_link() -> None:
    positives = SequenceSet.from_strings(random_dna(50, 30, seed=3))
    negatives, rows = shuffled_negatives(positives, seed=0)
    data = Dataset.from_classes(positives, negatives, shuffle_of=rows)
    assert np.array_equal(data.groups[: len(positives)][rows], data.groups[len(positives) :])
    assert len(np.unique(data.groups)) == len(positives)
