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


def test_names_may_repeat_and_are_kept_apart() -> None:
    sequences = SequenceSet.from_strings(["AC", "GT"], ["peak", "peak"])
    assert sequences.names == ("peak", "peak")
    assert list(sequences.take([1])) == ["GT"]


def test_codes_cannot_be_written() -> None:
    codes = np.zeros((1, 2), dtype=np.uint8)
    sequences = SequenceSet(["a"], codes)
    with pytest.raises(ValueError, match="read-only"):
        sequences.codes[0, 0] = 1
    codes[0, 0] = 1  # the caller's own array stays the caller's


def test_take_by_index_and_by_mask_keeps_names_and_rule() -> None:
    sequences = SequenceSet(["a", "b", "c"], np.arange(6, dtype=np.uint8).reshape(3, 2) % 4, LengthRule(2))
    for taken in (sequences.take([2, 0]), sequences.take(np.array([True, False, True])).take([1, 0])):
        assert taken.names == ("c", "a")
        assert list(taken) == ["AC", "AC"]
        assert taken.rule == LengthRule(2)


def test_an_integer_gives_a_string_and_all_else_a_set() -> None:
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
def test_what_chooses_no_rows_is_refused(index: Any) -> None:
    data = Dataset.from_labels(SequenceSet.from_strings(["AC", "GT"]), [1, 0], ("y",))
    with pytest.raises(InputError) as error:
        data[index]
    assert str(error.value) == (
        f"index must be a slice, a list of whole numbers, or a mask. Got {index!r} instead\n"
        "  One row alone is chosen by a list too: [3]."
    )
    with pytest.raises(InputError, match=r"Got 'chr1' instead\n  Names may repeat; look for their rows in `names`\."):
        data.sequences["chr1"]  # type: ignore[call-overload]


def test_scikit_learn_divides_sequences() -> None:
    sequences = SequenceSet.from_strings(["AC", "GT", "TT", "CC"])
    some, others, labels, _ = train_test_split(sequences, [0, 1, 2, 3], test_size=0.25, random_state=0)
    assert [sequences[label] for label in labels] == some
    assert sorted([*some, *others]) == sorted(sequences)


def test_take_nothing() -> None:
    sequences = SequenceSet.from_strings(["AC", "GT"])
    data = Dataset.from_classes(sequences, SequenceSet.from_strings(["TT"]))
    for nothing in ([], np.zeros(0, dtype=int)):
        assert sequences.take(nothing).codes.shape == (0, 2)
        assert len(data.take(nothing)) == 0


def test_concatenate_keeps_order_and_refuses_two_lengths() -> None:
    first, second = SequenceSet.from_strings(["AC"], ["x"]), SequenceSet.from_strings(["GT", "TT"], ["y", "x"])
    both = SequenceSet.concatenate([first, second])
    assert (both.names, list(both)) == (("x", "y", "x"), ["AC", "GT", "TT"])
    with pytest.raises(InputError) as error:
        SequenceSet.concatenate([first, SequenceSet.from_strings(["ACG"])])
    assert str(error.value) == (
        "sets of 2 and 3 bp cannot be joined\n  Read them with the same length, e.g. read_fasta(path, length=N)."
    )


def test_background_leaves_n_out() -> None:
    assert SequenceSet.from_strings(["AACN"]).background().tolist() == [2 / 3, 1 / 3, 0, 0]
    assert SequenceSet.from_strings(["NN"]).background().tolist() == [0.25] * 4


@given(sequence_sets())
def test_strand_digests_do_not_know_the_strand(sequences: SequenceSet) -> None:
    assert sequences.strand_digests() == sequences.reverse_complement().strand_digests()


def test_digest_sees_names_and_letters() -> None:
    digests = {
        SequenceSet.from_strings(*given).digest() for given in ((["AC"], ["a"]), (["AC"], ["b"]), (["AG"], ["a"]))
    }
    assert len(digests) == 3
    assert SequenceSet.from_strings(["ac"], ["a"]).digest() in digests


@pytest.mark.parametrize(
    ("names", "codes", "message"),
    [
        (
            ["a"],
            np.zeros((1, 2)),
            "codes must be a uint8 array of shape (N, L). Got float64 (1, 2) instead\n"
            "  Of strings: SequenceSet.from_strings(strings, names).",
        ),
        (
            ["a"],
            np.zeros(2, np.uint8),
            "codes must be a uint8 array of shape (N, L). Got uint8 (2,) instead\n"
            "  Of strings: SequenceSet.from_strings(strings, names).",
        ),
        (["a", "b"], np.zeros((1, 2), np.uint8), "2 names were given for 1 sequences"),
        (
            ["a", "b"],
            np.array([[0, 4], [3, 7]], np.uint8),
            "sequence 'b' has code 7 at position 1\n"
            "  Codes are 0-3 for A, C, G, T, and 4 for N: SequenceSet.from_strings(strings) makes them.",
        ),
    ],
)
def test_a_set_that_does_not_fit_is_refused(names: list[str], codes: np.ndarray, message: str) -> None:
    with pytest.raises(InputError) as error:
        SequenceSet(names, codes)
    assert str(error.value) == message


def test_a_wrong_code_is_found_in_a_large_array_on_disk(tmp_path: Path) -> None:
    codes = np.memmap(tmp_path / "codes", dtype=np.uint8, mode="w+", shape=(5000, 1000))
    codes[4999, 3] = 5
    with pytest.raises(InputError, match=r"^sequence '4999' has code 5 at position 3\n"):
        SequenceSet([str(i) for i in range(5000)], codes)


@pytest.mark.parametrize(
    ("length", "anchor", "message"),
    [
        ("9", "center", "length must be an int. Got '9' instead"),
        (0, "center", "length must be at least 1 bp. Got 0 instead"),
        (5, "middle", "anchor must be one of center, start, end. Got 'middle' instead"),
    ],
)
def test_a_senseless_length_rule_is_refused(length: int, anchor: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        LengthRule(length, anchor)  # type: ignore[arg-type]
    assert str(error.value) == message
