"""Sets of sequences: selecting, joining, composition, digests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from sklearn.model_selection import train_test_split

from dna_strategies import sequence_sets
from motifnet.errors import InputError
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import LengthRule, SequenceSet


def test_names_may_repeat() -> None:
    sequences = SequenceSet.from_strings(["AC", "GT"], ["peak", "peak"])
    assert sequences.names == ("peak", "peak")
    assert list(sequences.take([1])) == ["GT"]


def test_arrays_are_read_only() -> None:
    codes = np.zeros((1, 2), dtype=np.uint8)
    sequences = SequenceSet(["a"], codes, LengthRule(2), np.array([3]))
    assert sequences.lengths is not None
    assert not sequences.codes.flags.writeable
    assert not sequences.lengths.flags.writeable
    codes[0, 0] = 1  # the caller's array is not changed


def test_selecting_keeps_names_and_the_length_rule() -> None:
    sequences = SequenceSet(["a", "b", "c"], np.arange(6, dtype=np.uint8).reshape(3, 2) % 4, LengthRule(2))
    for taken in (sequences.take([2, 0]), sequences.take(np.array([True, False, True])).take([1, 0])):
        assert taken.names == ("c", "a")
        assert list(taken) == ["AC", "AC"]
        assert taken.rule == LengthRule(2)


def test_an_integer_selects_a_string_and_other_indices_a_set() -> None:
    sequences = SequenceSet.from_strings(["AC", "GT", "TT"], ["a", "b", "c"])
    assert [sequences[0], sequences[-1], sequences[np.int64(1)]] == ["AC", "TT", "GT"]
    for index in (slice(1, None), [1, 2], np.array([False, True, True]), [False, True, True]):
        assert (sequences[index].names, list(sequences[index])) == (("b", "c"), ["GT", "TT"])
        assert sequences.take(index).names == ("b", "c")
    assert list(sequences[::-1]) == ["TT", "GT", "AC"]
    data = Dataset.from_labels(sequences, [1, 0, np.nan], ("y",))
    for index in (slice(2), [0, 1], np.array([True, True, False])):
        assert (data[index].labels[:, 0].tolist(), data[index].sequences.names) == ([1, 0], ("a", "b"))
    with pytest.raises(IndexError):
        sequences[3]
    with pytest.raises(IndexError, match="boolean index did not match"):
        sequences[np.array([True])]


@pytest.mark.parametrize("index", [0, 1.5, [0.5], [["a"]], None])
def test_an_index_of_another_type_is_an_error(index: Any) -> None:
    data = Dataset.from_labels(SequenceSet.from_strings(["AC", "GT"]), [1, 0], ("y",))
    with pytest.raises(InputError, match="index"):
        data[index]
    with pytest.raises(InputError, match="'chr1'"):
        data.sequences["chr1"]  # type: ignore[call-overload]


def test_scikit_learn_can_split_a_set() -> None:
    sequences = SequenceSet.from_strings(["AC", "GT", "TT", "CC"])
    some, others, labels, _ = train_test_split(sequences, [0, 1, 2, 3], test_size=0.25, random_state=0)
    assert [sequences[label] for label in labels] == some
    assert sorted([*some, *others]) == sorted(sequences)


def test_an_empty_selection() -> None:
    sequences = SequenceSet.from_strings(["AC", "GT"])
    data = Dataset.from_classes(sequences, SequenceSet.from_strings(["TT"]))
    for nothing in ([], np.zeros(0, dtype=int)):
        assert sequences.take(nothing).codes.shape == (0, 2)
        assert len(data.take(nothing)) == 0


def test_sets_of_equal_length_are_joined_in_order() -> None:
    first, second = SequenceSet.from_strings(["AC"], ["x"]), SequenceSet.from_strings(["GT", "TT"], ["y", "x"])
    both = SequenceSet.concatenate([first, second])
    assert (both.names, list(both)) == (("x", "y", "x"), ["AC", "GT", "TT"])
    with pytest.raises(InputError, match="2 and 3 bp"):
        SequenceSet.concatenate([first, SequenceSet.from_strings(["ACG"])])


@given(sequence_sets())
def test_gc_content_is_that_of_biopython(sequences: SequenceSet) -> None:
    from Bio.SeqUtils import gc_fraction

    np.testing.assert_allclose(sequences.gc_content(), [gc_fraction(string, "remove") for string in sequences])
    unknown = [not string.strip("N") for string in sequences]
    assert (sequences.gc_content(if_unknown=0.5)[unknown] == 0.5).all()


def test_the_background_is_that_of_the_known_bases() -> None:
    assert SequenceSet.from_strings(["AACN"]).background().tolist() == [2 / 3, 1 / 3, 0, 0]
    assert SequenceSet.from_strings(["NN"]).background().tolist() == [0.25] * 4


@given(sequence_sets())
def test_strand_digests_are_those_of_the_reverse_complement(sequences: SequenceSet) -> None:
    assert sequences.strand_digests() == sequences.reverse_complement().strand_digests()


def test_the_digest_depends_on_names_and_sequences() -> None:
    digests = {
        SequenceSet.from_strings(*given).digest() for given in ((["AC"], ["a"]), (["AC"], ["b"]), (["AG"], ["a"]))
    }
    assert len(digests) == 3
    assert SequenceSet.from_strings(["ac"], ["a"]).digest() in digests


@pytest.mark.parametrize(
    ("names", "codes"),
    [
        (["a"], np.zeros((1, 2))),
        (["a"], np.zeros(2, np.uint8)),
        (["a", "b"], np.zeros((1, 2), np.uint8)),
        (["a", "b"], np.array([[0, 4], [3, 7]], np.uint8)),
    ],
)
def test_codes_that_are_not_a_set_of_sequences(names: list[str], codes: np.ndarray) -> None:
    with pytest.raises(InputError):
        SequenceSet(names, codes)


def test_an_invalid_code_in_a_large_array_on_disk(tmp_path: Path) -> None:
    codes = np.memmap(tmp_path / "codes", dtype=np.uint8, mode="w+", shape=(5000, 1000))
    codes[4999, 3] = 5
    with pytest.raises(InputError, match="'4999'"):
        SequenceSet([str(i) for i in range(5000)], codes)


@pytest.mark.parametrize(("length", "anchor"), [("9", "center"), (0, "center"), (5, "middle")])
def test_an_invalid_length_rule(length: int, anchor: str) -> None:
    with pytest.raises(InputError, match=r"length|anchor"):
        LengthRule(length, anchor)  # type: ignore[arg-type]
