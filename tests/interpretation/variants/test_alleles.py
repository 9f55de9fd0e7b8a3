"""Trimmed alleles and their windows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dna_strategies import dna
from motifnet.interpretation.variants.alleles import Alleles, encode, flank_lengths, trim, windows
from motifnet.sequences.alphabet import decode_codes, reverse_complement

BASES = dna("ACGT", max_size=12)


def alleles_of(left: str, ref: str, alt: str, right: str) -> Alleles:
    return Alleles(*map(encode, (left, right, ref, alt)))


def strings(codes: np.ndarray) -> list[str]:
    return [decode_codes(row) for row in codes]


@given(BASES, BASES)
def test_trimming_removes_what_both_alleles_share(ref: str, alt: str) -> None:
    prefix, short_ref, short_alt = trim(ref, alt)
    suffix = len(ref) - prefix - len(short_ref)
    assert ref == ref[:prefix] + short_ref + ref[len(ref) - suffix :]
    assert alt == ref[:prefix] + short_alt + ref[len(ref) - suffix :]
    if short_ref and short_alt:
        assert short_ref[0] != short_alt[0]
        assert short_ref[-1] != short_alt[-1]


def test_windows_by_hand() -> None:
    left, right = "AACCGG", "TTGGCA"
    ref, alt = windows(alleles_of(left, "A", "C", right), 8)  # at (8 - 1) // 2
    assert strings(ref) == ["CGGATTGG"]
    assert strings(alt) == ["CGGCTTGG"]
    ref, alt = windows(alleles_of(left, "", "CAT", right), 8)  # k = (8 - 3) // 2 = 2
    assert strings(ref) == ["GGTTGGCA", "AACCGGTT"]
    assert strings(alt) == ["GGCATTTG", "CGGCATTT"]
    ref, alt = windows(alleles_of(left, "AC", "GT", right), 8)
    assert strings(ref) == ["CGGACTTG", "CGGACTTG"]


@given(st.integers(4, 15), dna("ACGT", max_size=4), dna("ACGT", max_size=4), st.integers(0, 1 << 30))
def test_windows_of_swapped_and_of_reverse_complemented_alleles(length: int, ref: str, alt: str, seed: int) -> None:
    left, right = np.random.default_rng(seed).integers(0, 4, (2, length)).astype(np.uint8)
    own = Alleles(left, right, encode(ref), encode(alt))
    before, after = flank_lengths(*own.kind, length)
    own = own._replace(left=left[length - before :], right=right[:after])
    windows_ref, windows_alt = windows(own, length)
    assert windows_ref.shape == windows_alt.shape
    swapped = windows(own._replace(ref=own.alt, alt=own.ref), length)
    np.testing.assert_array_equal(swapped[0], windows_alt)
    np.testing.assert_array_equal(swapped[1], windows_ref)
    if own.kind == (1, 1) and length % 2 == 0:
        return  # one window, with the base left of its middle
    flipped = Alleles(*map(reverse_complement, (own.right, own.left, own.ref, own.alt)))
    for found, expected in zip(windows(flipped, length), (windows_ref, windows_alt), strict=True):
        assert sorted(strings(found)) == sorted(strings(reverse_complement(expected)))


@pytest.mark.parametrize(("ref", "alt"), [("A", "C"), ("", "CAT"), ("ACG", ""), ("AC", "GTA"), ("", "")])
@pytest.mark.parametrize("length", [8, 9])
def test_flanks_are_just_long_enough(ref: str, alt: str, length: int) -> None:
    before, after = flank_lengths(len(ref), len(alt), length)
    left, right = "CA" + "A" * (before - 1), "C" * (after - 1) + "AC"
    found = np.concatenate(windows(alleles_of(left[1:], ref, alt, right[:-1]), length))
    assert found.shape[1] == length
    marked = np.concatenate(windows(alleles_of("T" + left[2:], ref, alt, right[:-2] + "G"), length))
    assert (marked[:, 0] == 3).any()
    assert (marked[:, -1] == 2).any()
