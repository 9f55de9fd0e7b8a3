"""What is linked, on which strand, and what is not: words, shuffles, N."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dna_strategies import dna, random_dna, sequence_sets
from motifnet.errors import InputError
from motifnet.sequences.negatives.shuffled import shuffle
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.splits import related as groups
from motifnet.sequences.splits.related import SHUFFLE_MIN_LETTERS, group_sequences


def groups_of(*strings: str, k: int = 40) -> list[int]:
    return group_sequences(SequenceSet.from_strings(strings), k=k).tolist()


def flipped(string: str) -> str:
    return next(iter(SequenceSet.from_strings([string]).reverse_complement()))


A, B, C = random_dna(3, 100, seed=11)


@pytest.mark.parametrize("turn", [str, flipped], ids=["same strand", "other strand"])
@pytest.mark.parametrize(("shared", "linked"), [(39, False), (40, True), (60, True)])
def test_forty_shared_letters_link_on_either_strand(turn: type[str], shared: int, linked: bool) -> None:
    # The letter on each side of the shared word differs, so that it is exactly that long.
    word = A[20 : 20 + shared]
    other = B[:30] + flipped(flipped(A[19])).translate(str.maketrans("ACGT", "CGTA")) + word
    other += A[20 + shared].translate(str.maketrans("ACGT", "CGTA")) + B[: 68 - shared]
    assert groups_of(A, C, turn(other)) == ([0, 1, 0] if linked else [0, 1, 2])


def test_of_too_many_words_some_are_compared_and_long_stretches_still_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "_MOST_WORDS", 10)
    rng = np.random.default_rng(5)
    linked = dict.fromkeys((30, 45, 60), 0)
    for _ in range(60):
        first, second, other = random_dna(3, 150, seed=int(rng.integers(2**31)))
        for shared in linked:
            begin, place = rng.integers(0, 150 - shared, 2)
            joined = second[:place] + first[begin : begin + shared] + second[place + shared :]
            linked[shared] += groups_of(first, other, flipped(joined)) == [0, 1, 0]
    assert linked[60] == 60
    assert linked[30] == 0
    assert 10 < linked[45] < 60


def test_links_pass_through_others_and_numbers_go_by_first_appearance() -> None:
    chain = [A[:100], A[60:] + B[:60], B[20:] + C[:20]]
    assert groups_of(C[::-1], *chain, B[::-1]) == [0, 1, 1, 1, 2]


def test_a_word_with_n_does_not_link() -> None:
    assert groups_of(A[:39] + "N" + A[40:79], B[:79], A[:39] + "N" + flipped(A[40:79])) == [0, 1, 2]


def test_padding_does_not_link() -> None:
    padding = "N" * 60
    assert groups_of(A[:40] + padding, B[:40] + padding, "N" * 100, "N" * 100) == [0, 1, 2, 3]


def test_poly_a_of_forty_links_as_any_word_does() -> None:
    assert groups_of("A" * 40 + A[:60], B[:60] + "T" * 40, "A" * 39 + "C" + C[:60]) == [0, 0, 1]


@given(dna("ACGTN", min_size=1, max_size=39).filter(lambda s: s.strip("N")))
def test_short_duplicates_are_linked_on_either_strand_and_wherever_they_are_padded(word: str) -> None:
    padded = [word.ljust(45, "N"), word.rjust(45, "N"), flipped(word).center(45, "N")]
    assert groups_of(*padded) == [0, 0, 0]
    assert groups_of(word, flipped(word)) == [0, 0]


@given(sequence_sets("ACGTN", min_length=41, max_length=90, max_count=4), st.integers(0, 99), st.sampled_from([2, 3]))
def test_a_sequence_and_its_shuffle_are_together(sequences: SequenceSet, seed: int, k: int) -> None:
    both = SequenceSet.concatenate([sequences, shuffle(sequences, k=k, seed=seed)])
    long_enough = (sequences.codes != 4).sum(axis=1) >= SHUFFLE_MIN_LETTERS
    groups = group_sequences(both).reshape(2, -1)
    np.testing.assert_array_equal(groups[0][long_enough], groups[1][long_enough])


@given(sequence_sets("ACGT", min_length=4, max_length=30), st.integers(1, 12))
def test_shared_words_link_as_in_plain_python(sequences: SequenceSet, k: int) -> None:
    strings = list(sequences)
    words = [{one[i : i + k] for one in (s, flipped(s)) for i in range(len(s) - k + 1)} for s in strings]
    expected = list(range(len(strings)))
    for _ in strings:
        for i, mine in enumerate(words):
            for j, theirs in enumerate(words):
                if mine & theirs or strings[i] in (strings[j], flipped(strings[j])):
                    expected[i] = expected[j] = min(expected[i], expected[j])
    numbers = {group: number for number, group in enumerate(dict.fromkeys(expected))}
    assert group_sequences(sequences, k=k).tolist() == [numbers[group] for group in expected]


def test_rounds_and_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    strings = random_dna(60, 90, seed=1)
    strings += [flipped(s[20:70]) + s[:40] for s in strings[:30]] + list(
        shuffle(SequenceSet.from_strings(strings), seed=2)
    )
    sequences = SequenceSet.from_strings(strings)
    expected = group_sequences(sequences)
    assert expected.max() == 59
    monkeypatch.setattr(groups, "_CHUNK_LETTERS", 500)
    monkeypatch.setattr(groups, "_CHUNK_HASHES", 1000)
    np.testing.assert_array_equal(group_sequences(sequences), expected)


def test_groups_of_nothing_and_a_senseless_k() -> None:
    assert groups_of() == []
    with pytest.raises(InputError, match=r"^k must be at least 1. Got 0 instead$"):
        groups_of("ACGT", k=0)
