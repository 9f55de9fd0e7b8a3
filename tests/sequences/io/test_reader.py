"""What reading tells of files and their classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dna_strategies import random_dna
from motifnet.errors import InputError, SequenceError
from motifnet.sequences.io.reader import as_sequences, read_classes
from motifnet.sequences.sequence_set import LengthRule, SequenceSet


def test_repeats_of_one_class_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    for name, masked in (("pos.fa", 10), ("neg.fa", 40)):
        strings = random_dna(20, 100, seed=masked)
        (tmp_path / name).write_text(
            "".join(f">{i}\n{s[:masked].lower()}{s[masked:]}\n" for i, s in enumerate(strings))
        )
    read_classes(tmp_path / "pos.fa", tmp_path / "neg.fa")
    assert "10 % of the letters are soft-masked" in caplog.text
    assert "10 % of the letters of the positives are soft-masked repeats, of the negatives 40 %" in caplog.text
    caplog.clear()
    (tmp_path / "lower.fa").write_text((tmp_path / "pos.fa").read_text().lower())
    read_classes(tmp_path / "lower.fa", tmp_path / "neg.fa")
    assert "lower.fa: 20 sequences" in caplog.text
    assert "positives are soft-masked" not in caplog.text


# --- as_sequences ---


@pytest.mark.parametrize(
    "kind",
    [list, tuple, np.array, pd.Series, SequenceSet.from_strings],
    ids=["list", "tuple", "array", "Series", "set"],
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


@pytest.mark.parametrize("given", [None, 3, b"ACGT", pd.DataFrame({"s": ["ACGT"]}), [b"ACGT"], ["ACGT", None]])
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
