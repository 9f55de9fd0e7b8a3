"""Codes, columns and names of gapped k-mers, compared with strings."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dna_strategies import random_dna
from motifnet.sequences.alphabet import reverse_complement
from motifnet.sequences.gapped_kmers import (
    GAPPED,
    PATTERNS,
    SHORT,
    column_names,
    columns,
    gapped_codes,
    middles,
    n_columns,
    nearness,
    window_columns,
)
from motifnet.sequences.sequence_set import SequenceSet


def with_gaps(window: str, pattern: tuple[int, ...]) -> str:
    return "".join(base if i in pattern else "N" for i, base in enumerate(window))


def opposite(kmer: str) -> str:
    return kmer.translate(str.maketrans("ACGT", "TGCA"))[::-1]


def test_patterns_are_those_of_four_to_six_bases_and_of_seven_within_nine() -> None:
    assert [len(pattern) for pattern in SHORT] == [4, 5, 6]
    assert len(set(GAPPED)) == len(GAPPED) == 28
    assert {len(pattern) for pattern in GAPPED} == {7}
    assert {pattern[-1] for pattern in GAPPED} == {6, 7, 8}
    assert {tuple(pattern[-1] - offset for offset in reversed(pattern)) for pattern in PATTERNS} == set(PATTERNS)


@pytest.mark.parametrize("strands", ["both", "forward"])
def test_columns_of_windows_have_the_names_of_their_kmers(strands: str) -> None:
    strings = [*random_dna(3, 25, seed=1), "ACGTNACGTACGTTTNACGTAACGT"]
    found = window_columns(SequenceSet.from_strings(strings).codes, strands)
    names = [*column_names(np.arange(n_columns(strands)), strands), ""]
    for own, string in zip(found.tolist(), strings, strict=True):
        windows = iter(own)
        for pattern in PATTERNS:
            for start in range(25 - pattern[-1]):
                window = string[start : start + pattern[-1] + 1]
                name, kmer = names[next(windows)], with_gaps(window, pattern)
                if any(window[offset] == "N" for offset in pattern):
                    assert name == ""
                else:
                    assert name == kmer or (strands == "both" and name == opposite(kmer))
        assert next(windows, None) is None


def test_names_are_different_kmers() -> None:
    forward, both = (column_names(np.arange(n_columns(strands)), strands) for strands in ("forward", "both"))
    assert len(set(forward)) == len(forward) == sum(4 ** len(pattern) for pattern in PATTERNS)
    assert len({min(name, opposite(name)) for name in both}) == len(both)
    assert {min(name, opposite(name)) for name in forward} == {min(name, opposite(name)) for name in both}
    assert all(len(own) == 4 ** len(pattern) for own, pattern in zip(columns("both"), PATTERNS, strict=True))


def test_a_sequence_and_its_reverse_complement_have_the_same_columns() -> None:
    codes = SequenceSet.from_strings(random_dna(5, 40, seed=2)).codes
    found, other = (np.sort(window_columns(own, "both"), axis=1) for own in (codes, reverse_complement(codes)))
    np.testing.assert_array_equal(found, other)


def test_sequences_shorter_than_a_pattern_have_no_codes() -> None:
    codes = SequenceSet.from_strings(["ACGTA"]).codes
    assert gapped_codes(codes, GAPPED[-1]).shape == (1, 0)
    assert window_columns(codes, "both").shape == (1, 3)


def test_nearness_is_halved_with_each_half_life_from_the_middle_of_the_known_bases() -> None:
    codes = SequenceSet.from_strings(["ACGTACGTA", "NNACGTANN", "NNNNNNACG"]).codes
    assert middles(codes).tolist() == [4, 4, 7]
    near = nearness(middles(codes), 9, 3, 2.0)
    np.testing.assert_allclose(near[0], 0.5 ** (np.abs(np.arange(7) - 3) / 2))
    np.testing.assert_allclose(near[2], 0.5 ** (np.abs(np.arange(7) - 6) / 2))
    assert (nearness(middles(codes), 9, 3, math.inf) == 1).all()
    assert nearness(middles(codes[:2]), 9, 3, 2.0).shape == (1, 7)
