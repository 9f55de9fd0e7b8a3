"""Strings, arrays and files as sequences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import motifnet as mn
from motifnet.errors import InputError, SequenceError
from motifnet.sequences.alphabet import one_hot
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.io.reader import as_ragged, as_sequences
from motifnet.sequences.sequence_set import LengthRule, SequenceSet


@pytest.mark.parametrize(
    "kind",
    [list, tuple, np.array, pd.Series, pd.DataFrame, one_hot, SequenceSet.from_strings],
    ids=["list", "tuple", "array", "Series", "table", "one-hot", "set"],
)
def test_sequences_of_any_kind_become_a_sequence_set(kind: Any) -> None:
    found = as_sequences(kind(["ACGT", "ggcc"]))
    assert list(found) == ["ACGT", "GGCC"]
    assert found.names == ("0", "1")


def test_a_file_and_ragged_strings_become_sequences_of_one_length(tmp_path: Path) -> None:
    path = tmp_path / "a.fa"
    path.write_text(">x\nACGTA\n>y\nAC\n")
    rule = LengthRule(3, "start")
    for given in (path, str(path), pd.Series(["ACGTA", "AC"], index=["x", "y"])):
        found = as_sequences(given, length=rule)
        assert (list(found), found.names, found.rule) == (["ACG", "ACN"], ("x", "y"), rule)
    assert list(as_sequences(["ACGTA", "AC"], length=3)) == ["CGT", "ACN"]
    assert list(as_sequences(["ACGTA", "AC"], length="auto")) == ["ACGTA", "NACNN"]


def test_sequence_sets_and_datasets_are_returned_unchanged() -> None:
    sequences = SequenceSet.from_strings(["ACGT", "GGCC"])
    assert as_sequences(sequences, length=2) is sequences
    assert as_sequences(Dataset.from_labels(sequences, [0, 1], ("t",))) is sequences
    ragged = as_ragged(sequences)
    assert (ragged.lengths.tolist(), list(ragged.fit(None))) == ([4, 4], ["ACGT", "GGCC"])


def test_a_path_of_another_type_is_an_error() -> None:
    for read in (mn.read_data, mn.read_fasta, lambda path: mn.read_intervals(path, "g.fa")):
        with pytest.raises(InputError):
            read(SequenceSet.from_strings(["ACGT"]))


@pytest.mark.parametrize("given", [None, 3, b"ACGT", pd.DataFrame({"a": ["A"], "b": "T"}), [b"ACGT"], ["ACGT", None]])
def test_other_types_are_not_converted(given: Any) -> None:
    with pytest.raises(InputError):
        as_sequences(given)


def test_a_letter_that_is_not_dna_is_located() -> None:
    for length in (None, 3):
        with pytest.raises(SequenceError) as error:
            as_sequences(["ACGT", "ACXT"], length=length)
        assert (error.value.record, error.value.position) == ("1", 2)
    with pytest.raises(InputError):
        as_sequences(["ACGT", "AC"])
