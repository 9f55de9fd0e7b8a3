"""Shuffles keep all k-mer counts, are uniform, and are reproducible."""

from __future__ import annotations

from collections import Counter
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from dna_strategies import random_dna, sequence_sets
from motifnet.errors import InputError
from motifnet.sequences.io.fasta import read_fasta
from motifnet.sequences.negatives import shuffled as negatives
from motifnet.sequences.negatives.shuffled import shuffle, shuffled_negatives
from motifnet.sequences.sequence_set import LengthRule, SequenceSet


def kmers(sequence: str, k: int) -> Counter[str]:
    return Counter(sequence[i : i + k] for i in range(len(sequence) - k + 1))


@given(sequence_sets(max_length=120), st.sampled_from([1, 2, 3]), st.integers(0, 2**32))
def test_kmer_counts_and_positions_of_n_are_kept(sequences: SequenceSet, k: int, seed: int) -> None:
    shuffled = shuffle(sequences, k=k, seed=seed)
    assert shuffled.names == sequences.names
    for before, after in zip(sequences, shuffled, strict=True):
        for size in range(1, k + 1):
            assert kmers(after, size) == kmers(before, size)
        for run_before, run_after in zip(before.split("N"), after.split("N"), strict=True):
            assert kmers(run_before, k) == kmers(run_after, k)
            assert (run_before[: k - 1], run_before[-k:][1:]) == (run_after[: k - 1], run_after[-k:][1:])


@pytest.mark.parametrize(
    ("k", "sequence"), [(1, "AACGT"), (2, "ACACGATA"), (2, "AACAGCAT"), (3, "ACACGACA"), (3, "ACACGACACA")]
)
def test_every_shuffle_is_equally_likely(k: int, sequence: str) -> None:
    shuffles = shuffle(SequenceSet.from_strings([sequence] * 20_000), k=k, seed=7)
    seen = Counter(shuffles)
    if len(sequence) <= 8:
        orders = {"".join(bases) for bases in permutations(sequence)}
        ends = (sequence[: k - 1], sequence[-k:][1:])
        possible = {s for s in orders if kmers(s, k) == kmers(sequence, k) and (s[: k - 1], s[-k:][1:]) == ends}
        assert set(seen) == possible
    assert len(seen) > 1
    assert chisquare(list(seen.values())).pvalue > 0.01


def test_the_seed_determines_the_shuffle() -> None:
    sequences = SequenceSet.from_strings(random_dna(20, 100, seed=0))
    first, second = shuffle(sequences, seed=1), shuffle(sequences, seed=2)
    np.testing.assert_array_equal(first.codes, shuffle(sequences, seed=1).codes)
    assert (first.codes != second.codes).any(axis=1).all()
    assert (first.codes != sequences.codes).any(axis=1).all()


def test_batches_keep_kmer_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    sequences = SequenceSet.from_strings(random_dna(50, 30, seed=0))
    monkeypatch.setattr(negatives, "_BATCH_BASES", 100)
    for before, after in zip(sequences, shuffle(sequences, seed=0), strict=True):
        assert kmers(before, 2) == kmers(after, 2)


def test_the_length_rule_is_kept_and_the_original_is_unchanged() -> None:
    codes = SequenceSet.from_strings(random_dna(3, 40, seed=0)).codes
    sequences = SequenceSet(["a", "b", "c"], codes, LengthRule(40))
    before = codes.copy()
    assert shuffle(sequences, seed=0).rule == LengthRule(40)
    np.testing.assert_array_equal(codes, before)


@pytest.mark.parametrize("strings", [[], ["", ""], ["A"], ["N", "A"], ["NNNN"]])
def test_sequences_without_another_shuffle_are_unchanged(strings: list[str]) -> None:
    for k in (1, 2, 3):
        assert list(shuffle(SequenceSet.from_strings(strings), k=k, seed=0)) == strings


def test_k_must_be_1_2_or_3() -> None:
    with pytest.raises(InputError, match="k must be"):
        shuffle(SequenceSet.from_strings(["ACGT"]), k=4, seed=0)


def test_repetitive_sequences_have_no_shuffled_negatives() -> None:
    strings = [*random_dna(2, 60, seed=0), "ACACAC" * 10, "A" * 60]
    shuffled, rows = shuffled_negatives(SequenceSet.from_strings(strings, list("abcd")), seed=0)
    assert shuffled.names == ("a", "b")
    assert rows.tolist() == [0, 1]
    assert not set(shuffled) & set(strings)


@pytest.mark.shared
def test_published_peaks_keep_their_dinucleotides(shared_data: Path) -> None:
    peaks = read_fasta(shared_data / "tf" / "encode_USF1_HepG2" / "train.pos.fa.gz")
    shuffled = shuffle(peaks, seed=0)
    assert all(kmers(a, 2) == kmers(b, 2) for a, b in zip(peaks, shuffled, strict=True))
    assert (shuffled.codes == peaks.codes).mean() < 0.35


def test_several_shuffles_per_positive() -> None:
    positives = SequenceSet.from_strings(random_dna(20, 60, seed=3))
    found, rows = shuffled_negatives(positives, k=3, ratio=3, seed=1)
    assert rows.tolist() == [*range(20)] * 3
    assert len(set(found)) == 60
    assert list(found)[:20] == list(shuffle(positives, k=3, seed=1))
    for string, row in zip(found, rows, strict=True):
        assert kmers(string, 3) == kmers(list(positives)[row], 3)


def test_shuffles_that_are_nearly_identical_are_dropped() -> None:
    # Only the G can move, by an even number of bases.
    string = "CA" * 10 + "CAGA" + "CA" * 10
    found, _ = shuffled_negatives(SequenceSet.from_strings([string] * 30), seed=1)
    same = [sum(a == b for a, b in zip(other, string, strict=True)) / len(string) for other in found]
    assert max(same, default=0) < 0.9
