"""Groups of related sequences: shared k-mers on either strand, duplicates, shuffles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dna_strategies import dna, random_dna, sequence_sets
from motifnet.errors import InputError
from motifnet.sequences.negatives.shuffled import shuffle
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.splits import related
from motifnet.sequences.splits.related import MIN_SHUFFLE_LENGTH, group_sequences


def groups_of(*strings: str, k: int = 40) -> list[int]:
    return group_sequences(SequenceSet.from_strings(strings), k=k).tolist()


def flipped(string: str) -> str:
    return next(iter(SequenceSet.from_strings([string]).reverse_complement()))


A, B, C = random_dna(3, 100, seed=11)


@pytest.mark.parametrize("on_strand", [str, flipped], ids=["same strand", "other strand"])
@pytest.mark.parametrize(("shared", "linked"), [(39, False), (40, True), (60, True)])
def test_a_shared_40_mer_links_on_either_strand(on_strand: type[str], shared: int, linked: bool) -> None:
    # The bases on both sides of the shared subsequence differ, so that it has exactly this length.
    before, after = (base.translate(str.maketrans("ACGT", "CGTA")) for base in (A[19], A[20 + shared]))
    other = B[:30] + before + A[20 : 20 + shared] + after + B[: 68 - shared]
    assert groups_of(A, C, on_strand(other)) == ([0, 1, 0] if linked else [0, 1, 2])


def test_with_minimizers_long_shared_subsequences_are_always_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(related, "_MAX_KMERS", 10)
    rng = np.random.default_rng(5)
    linked = dict.fromkeys((30, 45, 60), 0)
    for _ in range(60):
        first, second, other = random_dna(3, 150, seed=int(rng.integers(2**31)))
        for shared in linked:
            begin, position = rng.integers(0, 150 - shared, 2)
            joined = second[:position] + first[begin : begin + shared] + second[position + shared :]
            linked[shared] += groups_of(first, other, flipped(joined)) == [0, 1, 0]
    assert linked[60] == 60
    assert linked[30] == 0
    assert 10 < linked[45] < 60


def test_groups_are_connected_components_numbered_by_first_appearance() -> None:
    chain = [A[:100], A[60:] + B[:60], B[20:] + C[:20]]
    assert groups_of(C[::-1], *chain, B[::-1]) == [0, 1, 1, 1, 2]


def test_a_kmer_with_n_does_not_link() -> None:
    assert groups_of(A[:39] + "N" + A[40:79], B[:79], A[:39] + "N" + flipped(A[40:79])) == [0, 1, 2]


def test_padding_does_not_link() -> None:
    padding = "N" * 60
    assert groups_of(A[:40] + padding, B[:40] + padding, "N" * 100, "N" * 100) == [0, 1, 2, 3]


def test_a_poly_a_of_40_bp_links_as_any_40_mer() -> None:
    assert groups_of("A" * 40 + A[:60], B[:60] + "T" * 40, "A" * 39 + "C" + C[:60]) == [0, 0, 1]


@given(dna("ACGTN", min_size=1, max_size=39).filter(lambda s: s.strip("N")))
def test_short_duplicates_are_linked_on_either_strand_and_with_any_padding(string: str) -> None:
    padded = [string.ljust(45, "N"), string.rjust(45, "N"), flipped(string).center(45, "N")]
    assert groups_of(*padded) == [0, 0, 0]
    assert groups_of(string, flipped(string)) == [0, 0]


@given(sequence_sets("ACGTN", min_length=41, max_length=90, max_count=4), st.integers(0, 99), st.sampled_from([2, 3]))
def test_a_sequence_and_its_shuffle_are_in_one_group(sequences: SequenceSet, seed: int, k: int) -> None:
    both = SequenceSet.concatenate([sequences, shuffle(sequences, k=k, seed=seed)])
    long_enough = (sequences.codes != 4).sum(axis=1) >= MIN_SHUFFLE_LENGTH
    groups = group_sequences(both).reshape(2, -1)
    np.testing.assert_array_equal(groups[0][long_enough], groups[1][long_enough])


@given(sequence_sets("ACGT", min_length=4, max_length=30), st.integers(1, 12))
def test_shared_kmers_link_as_in_plain_python(sequences: SequenceSet, k: int) -> None:
    strings = list(sequences)
    kmers = [{one[i : i + k] for one in (s, flipped(s)) for i in range(len(s) - k + 1)} for s in strings]
    expected = list(range(len(strings)))
    for _ in strings:
        for i, mine in enumerate(kmers):
            for j, theirs in enumerate(kmers):
                if mine & theirs or strings[i] in (strings[j], flipped(strings[j])):
                    expected[i] = expected[j] = min(expected[i], expected[j])
    numbers = {group: number for number, group in enumerate(dict.fromkeys(expected))}
    assert group_sequences(sequences, k=k).tolist() == [numbers[group] for group in expected]


def test_batches_do_not_change_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    strings = random_dna(60, 90, seed=1)
    strings += [flipped(s[20:70]) + s[:40] for s in strings[:30]] + list(
        shuffle(SequenceSet.from_strings(strings), seed=2)
    )
    sequences = SequenceSet.from_strings(strings)
    expected = group_sequences(sequences)
    assert expected.max() == 59
    monkeypatch.setattr(related, "_BATCH_BASES", 500)
    monkeypatch.setattr(related, "_BATCH_HASHES", 1000)
    np.testing.assert_array_equal(group_sequences(sequences), expected)


def test_no_sequences_and_an_invalid_k() -> None:
    assert groups_of() == []
    with pytest.raises(InputError, match="k must be"):
        groups_of("ACGT", k=0)
