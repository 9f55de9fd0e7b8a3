"""Numbers, lengths and composition of the sequences."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from motifnet.interpretation.data_summary import summarise_data
from motifnet.sequences.dataset import Dataset, Split
from motifnet.sequences.quality import check_data
from motifnet.sequences.sequence_set import LengthRule, SequenceSet
from small_models import planted

STRINGS = ["GGCC", "GCAT", "ANNT", "AATT", "TTTT"]
DATA = Dataset(SequenceSet.from_strings(STRINGS), np.array([[1], [1], [0], [0], [np.nan]]), ("bound",), np.arange(5))
SPLIT = Split.from_parts(DATA, [0, 2, 0, 1, 2])


def rows(table: list[dict[str, Any]], *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in table]


def all_train(data: Dataset) -> Split:
    return Split.from_parts(data, np.zeros(len(data)))


def test_parts_and_classes() -> None:
    found = summarise_data(SPLIT)
    assert rows(found["parts"], "task", "class", "split", "n") == [
        ("bound", "positive", "train", 1),
        ("bound", "positive", "test", 1),
        ("bound", "negative", "train", 1),
        ("bound", "negative", "valid", 1),
        ("bound", "unknown", "test", 1),
    ]
    assert rows(found["classes"], "class", "n", "gc", "n_fraction") == [
        ("positive", 2, 0.75, 0.0),
        ("negative", 2, 0.0, 0.25),
        ("unknown", 1, 0.0, 0.0),
    ]
    assert found["lengths"] == {"min": 4, "median": 4.0, "max": 4, "used": 4}
    assert (found["negatives"], found["length_rule"], found["findings"]) == (None, None, [])


def test_lengths_are_those_of_records_and_padding_is_not_counted() -> None:
    sequences = SequenceSet.from_strings(["NGCN", "ACGT"])
    rule = LengthRule(4, "center")
    padded = SequenceSet(sequences.names, sequences.codes, rule, np.array([2, 7]))
    found = summarise_data(all_train(Dataset(padded, np.array([[1], [0]]), ("t",), np.arange(2))))
    assert rows(found["classes"], "gc", "n_fraction") == [(1.0, 0.0), (0.5, 0.0)]
    assert found["lengths"] == {"min": 2, "median": 4.5, "max": 7, "used": 4}
    assert found["length_rule"] == {"length": 4, "anchor": "center"}


def test_values_are_summarised_by_thirds() -> None:
    labels = np.stack([np.arange(9), [0, 1] * 4 + [np.nan]], axis=1)
    data = Dataset(planted(9, 0, seed=1).sequences, labels, ("level", "bound"), np.arange(9))
    found = summarise_data(all_train(data))
    assert rows(found["classes"], "task", "class", "n") == [
        ("level", "upper third", 3),
        ("level", "lower third", 3),
        ("level", "between or unknown", 3),
        ("bound", "positive", 4),
        ("bound", "negative", 4),
        ("bound", "unknown", 1),
    ]


def test_test_sequences_of_another_file_are_a_part() -> None:
    data, test = planted(6, 4, seed=1), planted(3, 2, seed=2, length=80)
    findings = check_data(data, test=test)
    found = summarise_data(all_train(data), test=test, findings=findings, negatives={"made": "file"})
    assert rows(found["parts"], "class", "split", "n") == [
        ("positive", "train", 6),
        ("positive", "test", 3),
        ("negative", "train", 4),
        ("negative", "test", 2),
    ]
    assert found["lengths"] == {"min": 60, "median": 60.0, "max": 80, "used": 60}
    assert found["negatives"] == {"made": "file"}
    assert rows(found["findings"], "check", "verdict") == [(f.check, f.verdict) for f in findings]
    assert json.loads(json.dumps(found)) == found
