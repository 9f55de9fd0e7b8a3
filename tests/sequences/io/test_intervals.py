"""Intervals: coordinates in sequence names, conversion to the genome, and overlaps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dna_strategies import random_dna
from motifnet.sequences.alphabet import decode_codes, encode_letters, reverse_complement
from motifnet.sequences.io.intervals import Intervals, parse_coordinates
from motifnet.sequences.ragged import RaggedSequences
from motifnet.sequences.sequence_set import ANCHORS, Anchor, LengthRule

GENOME = random_dna(1, 300, seed=9)[0]


def getfasta(start: int, end: int, strand: str) -> str:
    """The bases that bedtools getfasta -s writes for an interval of `GENOME`."""
    letters = encode_letters(GENOME[start:end].encode())[0]
    return decode_codes(reverse_complement(letters) if strand == "-" else letters)


@pytest.mark.parametrize(
    ("name", "is_reverse"),
    [
        ("chr1:100-105", False),
        ("::chr1:100-105", False),
        ("peak_1::chr1:100-105", False),
        ("a::b::chr1:100-105(.)", False),
        ("peak::chr1:100-105(-)", True),
    ],
)
def test_names_of_bedtools_have_coordinates(name: str, is_reverse: bool) -> None:
    found = parse_coordinates([name], [5])
    assert found is not None
    assert (found.names(), found.is_reverse.tolist()) == (["chr1:100-105"], [is_reverse])
    assert parse_coordinates(found.names(stranded=True), [5]).is_reverse.tolist() == [is_reverse]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "name", ["peak1", "chr1", "chr1:5", "chr1:105-100", "chr1:100-106", "chr1:100-105 x", ":100-105"]
)
def test_other_names_and_lengths_have_no_coordinates(name: str) -> None:
    assert parse_coordinates([name], [5]) is None
    assert parse_coordinates(["chr1:100-105", name], [5, 5]) is None
    assert parse_coordinates([], []) is None


def test_one_based_coordinates_are_recognised_by_the_lengths() -> None:
    found = parse_coordinates(["chr1:1-10", "HLA:01:3-3"], [10, 1])
    assert found is not None
    assert found.names() == ["chr1:0-10", "HLA:01:2-3"]
    assert parse_coordinates(["chr1:1-10", "chr1:1-10"], [10, 9]) is None


def test_a_prefix_is_removed_only_on_request_and_only_in_ucsc_style() -> None:
    for name in ("chr1:5-65", "p7_chr1:5-65", "peak 7 chr1:5-65", "peak::chr1:5-65(-)"):
        found = parse_coordinates([name], [3], allow_prefix=True)
        assert found is not None
        assert found.names() == ["chr1:5-65"]
    assert parse_coordinates(["p7_chr1:5-65"], [60]).chrom.tolist() == ["p7_chr1"]  # type: ignore[union-attr]
    mixed = parse_coordinates(["p7_chr1:5-65", "IV:5-65"], [60, 60], allow_prefix=True)
    assert mixed is not None
    assert mixed.chrom.tolist() == ["p7_chr1", "IV"]


spans = st.tuples(st.integers(0, 250), st.integers(1, 40), st.sampled_from("+-"))


@given(st.lists(spans, min_size=1, max_size=5), st.none() | st.integers(1, 60), st.sampled_from(ANCHORS), st.data())
def test_a_site_in_a_sequence_has_the_same_bases_on_the_genome(
    regions: list[tuple[int, int, str]], length: int | None, anchor: Anchor, data: st.DataObject
) -> None:
    regions = [(start, min(start + size, 300), strand) for start, size, strand in regions]
    names = tuple(f"p::chr1:{start}-{end}({strand})" for start, end, strand in regions)
    strings = [getfasta(*region) for region in regions]
    ragged = RaggedSequences.from_strings(strings, names)
    fitted = None if length is None else ragged.fit(LengthRule(length, anchor))
    sequences = strings if fitted is None else list(fitted)
    coordinates = parse_coordinates(names, ragged.lengths)
    assert coordinates is not None
    index = data.draw(st.integers(0, len(sequences) - 1))
    start = data.draw(st.integers(0, len(sequences[index]) - 1))
    end = data.draw(st.integers(start + 1, len(sequences[index])))
    site = sequences[index][start:end]
    row, in_record = np.array([index]), [np.array([start]), np.array([end])]
    if fitted is not None:
        in_record = [fitted.in_records(row, position) for position in in_record]
    found = coordinates.locate(row, *in_record, np.array([False]))
    if "N" not in site:
        assert getfasta(int(found.start[0]), int(found.end[0]), "-" if found.is_reverse[0] else "+") == site


intervals = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 60), st.integers(1, 20)), min_size=0, max_size=12)


def intervals_of(rows: list[tuple[str, int, int]]) -> Intervals:
    chrom, start, width = ([row[i] for row in rows] for i in range(3))
    first = np.array(start, dtype=np.int64)
    return Intervals.forward(np.array(chrom, dtype=object), first, first + np.array(width, dtype=np.int64))


@given(intervals, intervals)
def test_overlaps_are_those_of_all_pairs(one: list[tuple[str, int, int]], other: list[tuple[str, int, int]]) -> None:
    expected = [any(c == d and s < t + w and t < s + v for d, t, w in other) for c, s, v in one]
    assert intervals_of(one).overlaps(intervals_of(other)).tolist() == expected


@given(intervals, st.randoms())
def test_non_overlapping_keeps_intervals_that_overlap_no_earlier_one(
    rows: list[tuple[str, int, int]], random: object
) -> None:
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]
    found = intervals_of(rows)
    kept = found.non_overlapping(np.array(order, dtype=np.int64))
    better: list[int] = []
    for i in order:
        is_free = not found.take([i]).overlaps(found.take(np.array(better, dtype=np.int64))).any()
        assert kept[i] == is_free
        better += [i] if is_free else []
