"""Characters, codes, one-hot arrays and the reverse complement."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given

from dna_strategies import dna, sequence_sets
from motifnet.errors import InputError, SequenceError
from motifnet.sequences.alphabet import decode, encode_letters, one_hot, reverse_complement
from motifnet.sequences.sequence_set import SequenceSet


@given(sequence_sets())
def test_decode_inverts_one_hot_in_both_layouts(sequences: SequenceSet) -> None:
    assert decode(one_hot(sequences)) == list(sequences)
    assert decode(one_hot(sequences, layout="NL4"), layout="NL4") == list(sequences)


@given(sequence_sets())
def test_reverse_complement_twice_is_the_sequence(sequences: SequenceSet) -> None:
    assert list(sequences.reverse_complement().reverse_complement()) == list(sequences)


@given(sequence_sets())
def test_reverse_complement_of_one_hot_is_both_axes_reversed(sequences: SequenceSet) -> None:
    np.testing.assert_array_equal(one_hot(sequences.reverse_complement()), one_hot(sequences)[..., ::-1, ::-1])


@given(dna())
def test_reverse_complement_agrees_with_biopython(sequence: str) -> None:
    from Bio.Seq import Seq

    ours = reverse_complement(encode_letters(sequence.encode())[0])
    assert decode(one_hot([sequence])[..., ::-1, ::-1]) == [str(Seq(sequence).reverse_complement())]
    np.testing.assert_array_equal(ours, encode_letters(str(Seq(sequence).reverse_complement()).encode())[0])


def test_rows_are_acgt_and_n_is_a_column_of_zeros() -> None:
    encoded = one_hot(["ACGTN"])
    assert encoded.shape == (1, 4, 5)
    assert encoded.dtype == np.float32
    np.testing.assert_array_equal(encoded[0, :, :4], np.eye(4))
    assert not encoded[0, :, 4].any()
    np.testing.assert_array_equal(one_hot(["ACGTN"], layout="NL4"), encoded.transpose(0, 2, 1))


def test_lower_case_u_and_iupac_codes() -> None:
    assert decode(one_hot(["acgun", "ACGTR"])) == ["ACGTN", "ACGTN"]
    codes, n_ambiguous = encode_letters(b"AnNRyB")
    assert codes.tolist() == [0, 4, 4, 4, 4, 4]
    assert n_ambiguous == 3


def test_one_hot_of_no_sequences_and_of_one_string() -> None:
    assert decode(one_hot([])) == []
    assert one_hot("ACG").shape == (1, 4, 3)


@pytest.mark.parametrize(("bad", "letter"), [("ACGX", "X"), ("ACG-", "-"), ("ACGä", "ä"), ("ACG ", " ")])
def test_an_invalid_letter_is_reported_with_its_position(bad: str, letter: str) -> None:
    with pytest.raises(SequenceError, match=re.escape(repr(letter))) as error:
        one_hot(["ACGT", bad])
    assert (error.value.record, error.value.position) == ("1", 3)


def test_strings_of_unequal_length_are_an_error() -> None:
    with pytest.raises(InputError, match="2 to 3 bp"):
        one_hot(["ACG", "AC"])


def test_an_unknown_layout_is_an_error() -> None:
    with pytest.raises(InputError, match="layout"):
        one_hot(["ACG"], layout="LN4")  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(4, 5), (2, 5, 4), (2, 4)])
def test_an_array_of_another_shape_cannot_be_decoded(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="layout N4L"):
        decode(np.zeros(shape))


@pytest.mark.parametrize("column", [[0.5, 0.5, 0, 0], [1, 1, 0, 0], [-1, 1, 1, 0], [np.nan, 0, 0, 0]])
def test_an_array_that_is_not_one_hot_cannot_be_decoded(column: list[float]) -> None:
    with pytest.raises(InputError, match="one-hot"):
        decode(np.array(column).reshape(1, 4, 1))
