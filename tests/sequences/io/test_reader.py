"""Strings, arrays and files as sequences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from motifnet.errors import InputError, SequenceError
from motifnet.sequences.alphabet import one_hot
from motifnet.sequences.io.reader import as_sequences
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


@pytest.mark.parametrize("given", [None, 3, b"ACGT", pd.DataFrame({"a": ["A"], "b": "T"}), [b"ACGT"], ["ACGT", None]])
def test_other_types_are_no_sequences(given: Any) -> None:
    with pytest.raises(InputError):
        as_sequences(given)


def test_a_letter_that_is_not_dna_is_located() -> None:
    for length in (None, 3):
        with pytest.raises(SequenceError) as error:
            as_sequences(["ACGT", "ACXT"], length=length)
        assert (error.value.record, error.value.position) == ("1", 2)
    with pytest.raises(InputError):
        as_sequences(["ACGT", "AC"])
