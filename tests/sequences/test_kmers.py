"""Codes and counts of k-mers, compared with plain Python."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dna_strategies import sequence_sets
from motifnet.errors import InputError
from motifnet.sequences.alphabet import decode_codes, encode_letters, reverse_complement
from motifnet.sequences.kmers import (
    has_no_n,
    kmer_bases,
    kmer_codes,
    kmer_counts,
    kmer_names,
    over_windows,
    reverse_complement_kmers,
)
from motifnet.sequences.sequence_set import SequenceSet

SETS = sequence_sets(max_length=30, max_count=4)


def other_strand(kmer: str) -> str:
    return decode_codes(reverse_complement(encode_letters(kmer.encode())[0]))


def kmers_of(sequence: str, k: int) -> list[str]:
    return [sequence[i : i + k] for i in range(len(sequence) - k + 1)]


@given(SETS, st.integers(1, 31))
def test_codes_are_those_of_the_kmers_at_all_positions(sequences: SequenceSet, k: int) -> None:
    codes, known = kmer_codes(sequences.codes, k), has_no_n(sequences.codes, k)
    for string, own, is_known in zip(sequences, codes, known, strict=True):
        kmers = kmers_of(string, k)
        assert is_known.tolist() == ["N" not in kmer for kmer in kmers]
        assert [decode_codes(bases) for bases in kmer_bases(own[is_known], k)] == [k for k in kmers if "N" not in k]
        assert own[is_known].tolist() == [
            int(k.translate(str.maketrans("ACGT", "0123")), 4) for k in kmers if "N" not in k
        ]


def test_a_kmer_fills_the_integer_type() -> None:
    codes = encode_letters(b"TTTTTTTTA" * 4)[0]
    assert kmer_codes(codes, 8, np.uint16)[:2].tolist() == [2**16 - 1, 2**16 - 4]
    assert kmer_codes(codes[:32], 32, np.uint64)[0] == sum(int(b) << 2 * (31 - i) for i, b in enumerate(codes[:32]))


@given(st.integers(1, 8).flatmap(lambda k: st.tuples(st.just(k), st.integers(0, 4**k - 1))))
def test_the_reverse_complement_of_a_code(kmer: tuple[int, int]) -> None:
    k, code = kmer
    (other,) = reverse_complement_kmers(np.array([code]), k)
    np.testing.assert_array_equal(kmer_bases(np.array(other), k), reverse_complement(kmer_bases(np.array(code), k)))


@given(st.lists(st.integers(-9, 9), max_size=20), st.integers(1, 9))
def test_windows_are_combined_as_in_a_loop(values: list[int], size: int) -> None:
    expected = [min(values[i : i + size]) for i in range(len(values) - size + 1)]
    assert over_windows(np.array(values), size, np.minimum).tolist() == expected


@given(SETS, st.integers(1, 6), st.sampled_from(["both", "forward"]))
def test_counts_are_those_of_a_loop(sequences: SequenceSet, k: int, strands: str) -> None:
    counts, names = kmer_counts(sequences, k, strands=strands), kmer_names(k, strands=strands)
    assert counts.shape == (len(sequences), len(names))
    for string, row in zip(sequences, counts.toarray(), strict=True):
        kmers = [kmer for kmer in kmers_of(string, k) if "N" not in kmer]
        expected = Counter(min(kmer, other_strand(kmer)) if strands == "both" else kmer for kmer in kmers)
        assert {name: n for name, n in zip(names, row, strict=True) if n} == expected


@pytest.mark.parametrize(("k", "both"), [(1, 2), (2, 10), (4, 136), (5, 512), (6, 2080)])
def test_a_kmer_and_its_reverse_complement_share_a_column(k: int, both: int) -> None:
    assert len(kmer_names(k, strands="forward")) == 4**k
    assert len(kmer_names(k)) == both
    assert kmer_names(k) == sorted(set(kmer_names(k)))


@pytest.mark.parametrize(("k", "strands", "option"), [(0, "both", "k"), (13, "both", "k"), (4, "reverse", "strands")])
def test_invalid_arguments(k: int, strands: str, option: str) -> None:
    with pytest.raises(InputError, match=f"^{option} must be"):
        kmer_counts(SequenceSet.from_strings(["ACGT"]), k, strands=strands)
