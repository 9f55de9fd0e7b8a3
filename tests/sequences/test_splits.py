"""Groups hold together what must not be on two sides of a split, and splits keep the shares of every class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dna_strategies import dna, random_dna, sequence_sets
from motifnet.errors import InputError
from motifnet.sequences import splits
from motifnet.sequences.fasta import read_fasta
from motifnet.sequences.negatives import shuffle, shuffled_negatives
from motifnet.sequences.sequence_set import Dataset, SequenceSet
from motifnet.sequences.splits import assign_groups, group_sequences


def groups_of(*strings: str, k: int = 40) -> list[int]:
    return group_sequences(SequenceSet.from_strings(strings), k=k).tolist()


def flipped(string: str) -> str:
    return next(iter(SequenceSet.from_strings([string]).reverse_complement()))


A, B, C = random_dna(3, 100, seed=11)


# --- groups ---


@pytest.mark.parametrize("turn", [str, flipped], ids=["same strand", "other strand"])
@pytest.mark.parametrize(("shared", "linked"), [(39, False), (40, True), (60, True)])
def test_forty_shared_letters_link_on_either_strand(turn: type[str], shared: int, linked: bool) -> None:
    # The letter on each side of the shared word differs, so that it is exactly that long.
    word = A[20 : 20 + shared]
    other = B[:30] + flipped(flipped(A[19])).translate(str.maketrans("ACGT", "CGTA")) + word
    other += A[20 + shared].translate(str.maketrans("ACGT", "CGTA")) + B[: 68 - shared]
    assert groups_of(A, C, turn(other)) == ([0, 1, 0] if linked else [0, 1, 2])


def test_of_too_many_words_some_are_compared_and_long_stretches_still_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splits, "_MOST_WORDS", 10)
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
    long_enough = (sequences.codes != 4).sum(axis=1) >= splits.SHUFFLE_MIN_LETTERS
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
    monkeypatch.setattr(splits, "_CHUNK_LETTERS", 500)
    monkeypatch.setattr(splits, "_CHUNK_HASHES", 1000)
    np.testing.assert_array_equal(group_sequences(sequences), expected)


def test_groups_of_nothing_and_a_senseless_k() -> None:
    assert groups_of() == []
    with pytest.raises(InputError, match=r"^k must be at least 1. Got 0 instead$"):
        groups_of("ACGT", k=0)


# --- splits ---


def dataset(labels: list[list[float]] | np.ndarray, groups: list[int] | np.ndarray) -> Dataset:
    labels = np.array(labels, dtype=float).reshape(len(groups), -1)
    sequences = SequenceSet(list(map(str, range(len(groups)))), np.zeros((len(groups), 5), np.uint8))
    return Dataset(sequences, labels, tuple(f"t{i}" for i in range(labels.shape[1])), np.array(groups))


@given(
    st.lists(st.integers(1, 4), min_size=30, max_size=80),
    st.floats(0.1, 0.3),
    st.floats(0.1, 0.3),
    st.integers(0, 1000),
)
def test_groups_stay_whole_and_class_shares_are_kept(sizes: list[int], valid: float, test: float, seed: int) -> None:
    groups = np.repeat(np.arange(len(sizes)), sizes)
    labels = np.random.default_rng(seed).permutation(np.arange(len(groups)) % 2)
    part = assign_groups(dataset(labels, groups), fractions=(1 - valid - test, valid, test), seed=seed)
    assert all(len(set(part[groups == group])) == 1 for group in range(len(sizes)))
    for label in (0, 1):
        counts = np.bincount(part[labels == label], minlength=3)
        targets = np.array([1 - valid - test, valid, test]) * counts.sum()
        assert (np.abs(counts - targets) <= 4).all()  # no further off than the largest group


@pytest.mark.parametrize(
    ("n", "valid", "test", "expected"),
    [
        (28, 0.1, 0.0, [25, 3, 0]),
        (4, 0.1, 0.0, [3, 1, 0]),
        (2, 0.1, 0.0, [1, 1, 0]),
        (3, 0.1, 0.2, [1, 1, 1]),
        (500, 0.1, 0.2, [350, 50, 100]),
    ],
)
def test_small_sets_of_positives_and_their_shuffles(n: int, valid: float, test: float, expected: list[int]) -> None:
    positives = SequenceSet.from_strings(random_dna(n, 60, seed=n))
    data = Dataset.from_classes(positives, shuffled_negatives(positives, seed=0)[0])
    parts = data.split(valid=valid, test=test, seed=3)
    assert [part.class_counts()[0].tolist() for part in parts] == [[count, count] for count in expected]


def test_a_giant_group_goes_to_train() -> None:
    groups = [0] * 60 + list(range(1, 41))
    part = assign_groups(dataset([[i % 2] for i in range(100)], groups), fractions=(0.7, 0.1, 0.2), seed=0)
    assert set(part[:60]) == {0}
    assert np.bincount(part).tolist() == [70, 10, 20]


def test_rare_tasks_unknown_labels_and_real_labels_are_shared_out() -> None:
    rng = np.random.default_rng(0)
    rare = (np.arange(200) < 10).astype(float)
    half_known = np.where(np.arange(200) % 4 < 2, np.nan, np.arange(200) % 2)
    real = np.where(np.arange(200) < 40, np.nan, rng.normal(size=200))
    data = dataset(np.stack([rare, half_known, real], axis=1), np.arange(200))
    part = assign_groups(data, fractions=(0.8, 0.1, 0.1), seed=0)
    assert np.bincount(part[rare == 1]).tolist() == [8, 1, 1]
    for there in (half_known == 0, half_known == 1, np.isfinite(real), np.ones(200, bool)):
        np.testing.assert_allclose(np.bincount(part[there]) / there.sum(), [0.8, 0.1, 0.1], atol=0.03)


def test_the_seed_decides() -> None:
    data = dataset([[i % 2] for i in range(60)], list(range(60)))
    first, again, other = (assign_groups(data, fractions=(0.5, 0.5, 0), seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize(
    ("valid", "test", "got"),
    [
        (0.5, 0.5, "train 0, valid 0.5, test 0.5"),
        (0.7, 0.6, "train -0.3, valid 0.7, test 0.6"),
        (-0.1, 0.0, "train 1.1, valid -0.1, test 0"),
        (float("nan"), 0.0, "train nan, valid nan, test 0"),
    ],
)
def test_senseless_fractions(valid: float, test: float, got: str) -> None:
    with pytest.raises(InputError) as error:
        dataset([[0], [1]], [0, 1]).split(valid=valid, test=test)
    assert str(error.value) == (
        f"valid and test must be fractions from 0 to 1 that leave something to train on. Got {got} instead"
    )


HINT = (
    "\n  Groups (duplicates, a shared 40-mer, a sequence and its shuffle) are never divided: give more sequences, "
    "or larger or fewer fractions, or held-out files of your own."
)


@pytest.mark.parametrize(
    ("labels", "groups", "message"),
    [
        (
            [[0], [1], [0], [1]],
            [0, 0, 0, 0],
            "the valid part would have no sequences: there are 4 among 4 sequences in 1 groups",
        ),
        (
            [[1], [1], [0], [0], [0]],
            [0, 0, 1, 2, 3],
            "the valid part would have no sequences labelled 1 in task 't0': there are 2 among 5 sequences in 4 groups",
        ),
    ],
)
def test_a_part_that_would_lack_a_class(labels: list[list[float]], groups: list[int], message: str) -> None:
    with pytest.raises(InputError) as error:
        dataset(labels, groups).split(valid=0.3)
    assert str(error.value) == message + HINT


def test_no_fractions_is_all_train() -> None:
    parts = dataset([[0], [1]], [0, 0]).split(valid=0.0)
    assert [len(part) for part in parts] == [2, 0, 0]


# --- published files ---


@pytest.mark.shared
def test_published_shuffles_are_linked_to_their_originals(shared_data: Path) -> None:
    folder = shared_data / "tf" / "encode_USF1_HepG2"
    positives, negatives = (read_fasta(folder / f"train.{kind}.fa.gz") for kind in ("pos", "neg"))
    data = Dataset.from_classes(positives, negatives)
    of_positives, of_negatives = data.groups[: len(positives)], data.groups[len(positives) :]
    assert np.isin(of_negatives, of_positives).all()
    assert np.bincount(data.groups).max() < 20
    parts = data.split(valid=0.1, test=0.2, seed=0)
    assert [part.class_counts()[0].tolist() for part in parts] == [[2240, 2240], [320, 320], [640, 640]]


def test_a_short_sequence_and_its_shuffle_stay_together_when_told() -> None:
    positives = SequenceSet.from_strings(random_dna(50, 30, seed=3))
    negatives, rows = shuffled_negatives(positives, seed=0)
    data = Dataset.from_classes(positives, negatives, shuffle_of=rows)
    assert np.array_equal(data.groups[: len(positives)][rows], data.groups[len(positives) :])
    assert len(np.unique(data.groups)) == len(positives)
