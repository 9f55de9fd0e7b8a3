"""Words are counted as a plain loop counts them."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motifnet.errors import InputError
from motifnet.sequences.alphabet import decode_codes, encode_letters, reverse_complement
from motifnet.sequences.kmers import kmer_counts, kmer_words
from motifnet.sequences.sequence_set import SequenceSet

SETS = st.integers(1, 30).flatmap(lambda n: st.lists(st.text("ACGTN", min_size=n, max_size=n), min_size=1, max_size=4))


def other_strand(word: str) -> str:
    return decode_codes(reverse_complement(encode_letters(word.encode())[0]))


def plain_counts(sequence: str, k: int, strands: str) -> Counter[str]:
    words = [sequence[i : i + k] for i in range(len(sequence) - k + 1)]
    words = [word for word in words if "N" not in word]
    return Counter(min(word, other_strand(word)) if strands == "both" else word for word in words)


@given(SETS, st.integers(1, 6), st.sampled_from(["both", "forward"]))
def test_counts_are_those_of_a_loop(strings: list[str], k: int, strands: str) -> None:
    counts = kmer_counts(SequenceSet.from_strings(strings), k, strands=strands)
    names = kmer_words(k, strands=strands)
    assert counts.shape == (len(strings), len(names))
    for string, row in zip(strings, counts.toarray(), strict=True):
        assert {name: n for name, n in zip(names, row, strict=True) if n} == plain_counts(string, k, strands)


@given(SETS, st.integers(1, 6))
def test_both_strands_have_the_same_counts(strings: list[str], k: int) -> None:
    sequences = SequenceSet.from_strings(strings)
    assert np.array_equal(kmer_counts(sequences, k).toarray(), kmer_counts(sequences.reverse_complement(), k).toarray())


@pytest.mark.parametrize(("k", "both"), [(1, 2), (2, 10), (4, 136), (5, 512), (6, 2080)])
def test_each_word_has_one_column(k: int, both: int) -> None:
    assert len(kmer_words(k, strands="forward")) == 4**k
    assert len(kmer_words(k)) == both
    assert kmer_words(k) == sorted(set(kmer_words(k)))


@pytest.mark.parametrize(
    ("k", "strands", "message"),
    [
        (0, "both", "k must be from 1 to 12. Got 0 instead"),
        (13, "both", "k must be from 1 to 12. Got 13 instead"),
        (4, "reverse", "strands must be 'both' or 'forward'. Got 'reverse' instead"),
    ],
)
def test_what_makes_no_sense_is_told(k: int, strands: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        kmer_counts(SequenceSet.from_strings(["ACGT"]), k, strands=strands)
