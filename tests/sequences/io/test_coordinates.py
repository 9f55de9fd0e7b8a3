"""Coordinates in names: those of bedtools and samtools, checked against the lengths; places found again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dna_strategies import random_dna
from motifnet.sequences.alphabet import decode_codes, encode_letters, reverse_complement
from motifnet.sequences.io.coordinates import coordinates_of, genome_places, write_bed
from motifnet.sequences.io.fasta import RaggedSequences
from motifnet.sequences.sequence_set import ANCHORS, LengthRule

GENOME = random_dna(1, 300, seed=9)[0]


def cut(start: int, end: int, strand: str) -> str:
    """What bedtools getfasta -s writes for a place on `GENOME`."""
    letters = encode_letters(GENOME[start:end].encode())[0]
    return decode_codes(reverse_complement(letters) if strand == "-" else letters)


@pytest.mark.parametrize("name", ["chr1:100-105", "::chr1:100-105", "peak_1::chr1:100-105", "a::b::chr1:100-105(.)"])
def test_names_of_bedtools(name: str) -> None:
    found = coordinates_of([name], [5])
    assert found is not None
    assert (found.chrom[0], found.start[0], found.end[0], found.is_reverse[0]) == ("chr1", 100, 105, False)


@pytest.mark.parametrize(
    "name", ["peak1", "chr1", "chr1:5", "chr1:105-100", "chr1:100-106", "chr1:100-105 x", ":100-105"]
)
def test_other_names_and_other_lengths_are_no_coordinates(name: str) -> None:
    assert coordinates_of([name], [5]) is None
    assert coordinates_of(["chr1:100-105", name], [5, 5]) is None


def test_no_sequences_have_no_coordinates() -> None:
    assert coordinates_of([], []) is None


def test_one_based_names_are_told_by_their_lengths() -> None:
    found = coordinates_of(["chr1:1-10", "HLA:01:3-3"], [10, 1])
    assert found is not None
    assert found.start.tolist() == [0, 2]
    assert found.chrom.tolist() == ["chr1", "HLA:01"]
    assert coordinates_of(["chr1:1-10", "chr1:1-10"], [10, 9]) is None


places = st.tuples(st.integers(0, 250), st.integers(1, 40), st.sampled_from("+-"))


@given(st.lists(places, min_size=1, max_size=5), st.none() | st.integers(1, 60), st.sampled_from(ANCHORS), st.data())
def test_a_place_in_a_sequence_is_the_same_word_on_the_genome(
    spans: list[tuple[int, int, str]], length: int | None, anchor: str, data: st.DataObject
) -> None:
    spans = [(start, min(start + size, 300), strand) for start, size, strand in spans]
    names = tuple(f"p::chr1:{start}-{end}({strand})" for start, end, strand in spans)
    strings = [cut(*span) for span in spans]
    offsets = np.concatenate([[0], np.cumsum([len(s) for s in strings])])
    ragged = RaggedSequences(names, encode_letters("".join(strings).encode())[0], offsets, 0, "test")
    rule = None if length is None else LengthRule(length, anchor)  # type: ignore[arg-type]
    fitted = None if rule is None else ragged.fit(rule)
    held = strings if fitted is None else list(fitted)
    coordinates = coordinates_of(names, [len(s) for s in strings])
    assert coordinates is not None
    index = data.draw(st.integers(0, len(held) - 1))
    begin = data.draw(st.integers(0, len(held[index]) - 1))
    end = data.draw(st.integers(begin + 1, len(held[index])))
    word = held[index][begin:end]
    sequence, in_record = np.array([index]), [np.array([begin]), np.array([end])]
    if fitted is not None:
        in_record = [fitted.in_records(sequence, position) for position in in_record]
    place = genome_places(coordinates, sequence, *in_record, np.array([False]))
    strand = "-" if place.is_reverse[0] else "+"
    if "N" not in word:
        assert cut(int(place.start[0]), int(place.end[0]), strand) == word


def test_bed_is_sorted_and_clipped(tmp_path: Path) -> None:
    arrays = (np.array([1, 0, 0]), np.array([3, 7, 2]), np.array([5, 9, 4]), np.array([False, True, False]))
    places = genome_places(["chr1", "a"], *arrays)
    write_bed(places, tmp_path / "a.bed", names=["x y", "b", "c"], scores=[1.0, 2000, -3], more={"p": [0.5, 1e-9, 1]})
    assert (tmp_path / "a.bed").read_text() == (
        "a\t3\t5\tx_y\t1\t+\t0.5\nchr1\t2\t4\tc\t0\t+\t1\nchr1\t7\t9\tb\t1000\t-\t1e-09\n"
    )
