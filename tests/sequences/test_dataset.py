"""Datasets: labels, tasks, groups, and selecting rows."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dna_strategies import random_dna
from motifnet.errors import InputError
from motifnet.sequences import dataset as module
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet

TWO = SequenceSet.from_strings(["AC", "GT"])


def test_from_classes_labels_positives_1_and_negatives_0() -> None:
    data = Dataset.from_classes(SequenceSet.from_strings(["AC", "AG"]), SequenceSet.from_strings(["TT"]), task="CTCF")
    assert (data.labels.tolist(), data.tasks, list(data.sequences)) == ([[1], [1], [0]], ("CTCF",), ["AC", "AG", "TT"])
    assert data.class_counts().tolist() == [[1, 2]]
    assert data.groups.tolist() == [0, 1, 2]


@pytest.mark.parametrize(("positives", "negatives", "kind"), [([], ["AC"], "positive"), (["AC"], [], "negative")])
def test_an_empty_class_is_an_error(positives: list[str], negatives: list[str], kind: str) -> None:
    with pytest.raises(InputError, match=kind):
        Dataset.from_classes(SequenceSet.from_strings(positives), SequenceSet.from_strings(negatives))


def test_from_dataframe_reads_tasks_names_and_unknown_labels() -> None:
    frame = pd.DataFrame({"seq": ["AC", "gt"], "a": [1, 0], "b": [0.5, None], "id": [7, 8]})
    data = Dataset.from_dataframe(frame, sequence="seq", tasks=("a", "b"), name="id")
    np.testing.assert_array_equal(data.labels, [[1, 0.5], [0, np.nan]])
    assert (data.tasks, data.sequences.names, list(data.sequences)) == (("a", "b"), ("7", "8"), ["AC", "GT"])


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"seq": ["AC"], "label": [1]}, "'sequence'"),
        ({"sequence": ["AC"], "label": ["bound"]}, "'label'"),
        ({"sequence": [None], "label": [1]}, "'sequence'"),
    ],
)
def test_a_dataframe_that_cannot_be_used(columns: dict[str, list[object]], name: str) -> None:
    with pytest.raises(InputError, match=name):
        Dataset.from_dataframe(pd.DataFrame(columns), tasks=("label",))


@pytest.mark.parametrize(
    ("labels", "groups", "given"),
    [
        (np.zeros((2, 2)), [0, 1], None),
        (np.zeros((2, 1)), [0], None),
        ([[0], [np.inf]], [0, 1], None),
        (np.zeros((2, 1)), [0, 1], ["train"]),
        (np.zeros((2, 1)), [0, 1], ["train", "dev"]),
    ],
)
def test_arrays_that_do_not_fit_the_sequences(labels: Any, groups: Any, given: Any) -> None:
    with pytest.raises(InputError):
        Dataset(TWO, labels, ("label",), groups, given)


@pytest.mark.parametrize("tasks", [("x", "x"), "xy", (1, 2)])
def test_tasks_must_be_different_names(tasks: Any) -> None:
    frame = pd.DataFrame({"sequence": ["AC"], "x": [0], "y": [1]})
    for make in (
        lambda: Dataset(TWO, np.zeros((2, 2), np.float32), tasks, np.arange(2)),
        lambda: Dataset.from_labels(TWO, np.zeros((2, 2)), tasks),
        lambda: Dataset.from_dataframe(frame, tasks=tasks),
    ):
        with pytest.raises(InputError, match="tasks"):
            make()


def test_arrays_are_read_only() -> None:
    data = Dataset(TWO, np.zeros((2, 1)), ("a",), np.arange(2), np.array(["train", "test"]))
    assert data.given is not None
    assert not any(array.flags.writeable for array in (data.labels, data.groups, data.given))


def test_groups_are_computed_once_when_first_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def find(sequences: SequenceSet, *, links: object) -> np.ndarray:
        sizes.append(len(sequences))
        return np.arange(len(sequences)) // 2

    monkeypatch.setattr(module, "group_sequences", find)
    sequences = SequenceSet.from_strings(["AC", "AG", "TT", "TC"])
    data = Dataset.from_labels(sequences, [1, 1, 0, 0], ("a",))
    part = replace(data, labels=1 - data.labels).take([3, 1]).take([0])
    assert (part.class_counts().tolist(), repr(data)[:25], sizes) == ([[0, 1]], "<Dataset: 4 sequences of ", [])
    # Groups of a selection are those of the whole dataset.
    assert part.groups.tolist() == [1]
    assert data.groups.tolist() == data.take([0, 1, 2, 3]).groups.tolist() == [0, 0, 1, 1]
    assert sizes == [4]


def test_a_pickled_dataset_has_the_same_groups() -> None:
    data = Dataset.from_labels(SequenceSet.from_strings(["AC", "GT", "CC"]), [1, 0, 0], ("a",)).take([2, 1, 0])
    assert pickle.loads(pickle.dumps(data)).groups.tolist() == data.groups.tolist() == [1, 0, 0]


def test_a_split_assigns_each_sequence_to_one_part() -> None:
    sequences = SequenceSet.from_strings(random_dna(40, 50, seed=0))
    data = Dataset.from_classes(sequences.take(range(20)), sequences.take(range(20, 40)))
    parts = data.split(valid=0.2, test=0.3, seed=1)
    assert sorted(s for part in parts for s in part.sequences) == sorted(sequences)
    assert [part.class_counts().tolist() for part in parts] == [[[10, 10]], [[4, 4]], [[6, 6]]]
    assert repr(parts) == "<Split: 20 train, 8 valid, 12 test>"
