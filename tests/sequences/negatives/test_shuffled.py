"""Shuffles keep every k-let, are uniform, and repeat with their seed."""

from __future__ import annotations

from collections import Counter
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from dna_strategies import dna, random_dna, sequence_sets
from motifnet.errors import InputError
from motifnet.sequences.io.fasta import read_fasta
from motifnet.sequences.negatives import shuffled as negatives
from motifnet.sequences.negatives.shuffled import shuffle, shuffled_negatives
from motifnet.sequences.sequence_set import LengthRule, SequenceSet


def klets(sequence: str, k: int) -> Counter[str]:
    return Counter(sequence[i : i + k] for i in range(len(sequence) - k + 1))


@given(sequence_sets(max_length=120), st.sampled_from([1, 2, 3]), st.integers(0, 2**32))
def test_klets_and_the_places_of_n_are_kept(sequences: SequenceSet, k: int, seed: int) -> None:
    shuffled = shuffle(sequences, k=k, seed=seed)
    assert shuffled.names == sequences.names
    for before, after in zip(sequences, shuffled, strict=True):
        for size in range(1, k + 1):
            assert klets(after, size) == klets(before, size)
        for run_before, run_after in zip(before.split("N"), after.split("N"), strict=True):
            assert klets(run_before, k) == klets(run_after, k)
            assert (run_before[: k - 1], run_before[-k:][1:]) == (run_after[: k - 1], run_after[-k:][1:])


@pytest.mark.parametrize(
    ("k", "sequence"), [(1, "AACGT"), (2, "ACACGATA"), (2, "AACAGCAT"), (3, "ACACGACA"), (3, "ACACGACACA")]
)
def test_every_shuffle_is_equally_likely(k: int, sequence: str) -> None:
    shuffles = shuffle(SequenceSet.from_strings([sequence] * 20_000), k=k, seed=7)
    seen = Counter(shuffles)
    if len(sequence) <= 8:
        words = {"".join(letters) for letters in permutations(sequence)}
        ends = (sequence[: k - 1], sequence[-k:][1:])
        possible = {w for w in words if klets(w, k) == klets(sequence, k) and (w[: k - 1], w[-k:][1:]) == ends}
        assert set(seen) == possible
    assert len(seen) > 1
    assert chisquare(list(seen.values())).pvalue > 0.01


@given(dna("ACGT", min_size=30))
def test_the_seed_decides(sequence: str) -> None:
    sequences = SequenceSet.from_strings([sequence] * 3)
    assert list(shuffle(sequences, seed=1)) == list(shuffle(sequences, seed=1))


def test_other_seeds_give_other_shuffles() -> None:
    sequences = SequenceSet.from_strings(random_dna(20, 100, seed=0))
    first, second = shuffle(sequences, seed=1), shuffle(sequences, seed=2)
    assert (first.codes != second.codes).any(axis=1).all()
    assert (first.codes != sequences.codes).any(axis=1).all()


def test_many_chunks_do_as_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    sequences = SequenceSet.from_strings(random_dna(50, 30, seed=0))
    monkeypatch.setattr(negatives, "_BATCH_BASES", 100)
    for before, after in zip(sequences, shuffle(sequences, seed=0), strict=True):
        assert klets(before, 2) == klets(after, 2)


def test_rule_is_kept_and_the_original_is_not_touched() -> None:
    codes = SequenceSet.from_strings(random_dna(3, 40, seed=0)).codes
    sequences = SequenceSet(["a", "b", "c"], codes, LengthRule(40))
    before = codes.copy()
    assert shuffle(sequences, seed=0).rule == LengthRule(40)
    np.testing.assert_array_equal(codes, before)


@pytest.mark.parametrize("strings", [[], ["", ""], ["A"], ["N", "A"], ["NNNN"]])
def test_nothing_to_shuffle(strings: list[str]) -> None:
    for k in (1, 2, 3):
        assert list(shuffle(SequenceSet.from_strings(strings), k=k, seed=0)) == strings


def test_k_must_be_one_of_three() -> None:
    with pytest.raises(InputError) as error:
        shuffle(SequenceSet.from_strings(["ACGT"]), k=4, seed=0)
    assert str(error.value) == "k must be 1, 2 or 3. Got 4 instead"


def test_negatives_leave_out_what_cannot_be_shuffled() -> None:
    strings = [*random_dna(2, 60, seed=0), "ACACAC" * 10, "A" * 60]
    shuffled, rows = shuffled_negatives(SequenceSet.from_strings(strings, list("abcd")), seed=0)
    assert shuffled.names == ("a", "b")
    assert rows.tolist() == [0, 1]
    assert not set(shuffled) & set(strings)


@pytest.mark.shared
def test_published_peaks_keep_their_dinucleotides(shared_data: Path) -> None:
    peaks = read_fasta(shared_data / "tf" / "encode_USF1_HepG2" / "train.pos.fa.gz")
    shuffled = shuffle(peaks, seed=0)
    assert all(klets(a, 2) == klets(b, 2) for a, b in zip(peaks, shuffled, strict=True))
    assert (shuffled.codes == peaks.codes).mean() < 0.35


def test_ratio_and_words() -> None:
    positives = SequenceSet.from_strings(random_dna(20, 60, seed=3))
    found, rows = shuffled_negatives(positives, k=3, ratio=3, seed=1)
    assert rows.tolist() == [*range(20)] * 3
    assert len(set(found)) == 60
    assert list(found)[:20] == list(shuffle(positives, k=3, seed=1))
    for string, row in zip(found, rows, strict=True):
        words = [sorted(s[i : i + 3] for i in range(58)) for s in (string, list(positives)[row])]
        assert words[0] == words[1]


def test_a_shuffle_that_is_nearly_its_sequence_is_left_out() -> None:
    # Only the one G can move, and it moves by pairs of letters.
    string = "CA" * 10 + "CAGA" + "CA" * 10
    found, _ = shuffled_negatives(SequenceSet.from_strings([string] * 30), seed=1)
    same = [sum(a == b for a, b in zip(other, string, strict=True)) / len(string) for other in found]
    assert max(same, default=0) < 0.9
