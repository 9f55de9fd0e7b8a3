"""Thresholds and sites, with filters of plain numpy: every rule is walked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dna_strategies import random_dna, sequence_sets
from filter_banks import (
    NumpyFilters,
    random_filters,
    reverse_complement_of,
    with_unknown,
    with_words,
    word_filters,
)
from motifnet.errors import InputError
from motifnet.motifs.extraction_spec import SITE_RULES, SiteRule, SiteRuleName
from motifnet.motifs.learned.sites import (
    Sites,
    best_windows,
    count_bases,
    find_sites,
    scan_windows,
    site_thresholds,
    subsequences,
)
from motifnet.motifs.motif import STRANDS, Strands
from motifnet.sequences.alphabet import codes_of, decode_codes
from motifnet.sequences.sequence_set import SequenceSet

WORD = "GATTACA"
#: A value of each rule that gives some sites and not all in random sequences.
VALUES: dict[SiteRuleName, float] = {"every": 0.5, "best": 0.6, "top": 25, "rate": 0.1}


def random_set(n: int, length: int, *, seed: int) -> SequenceSet:
    return SequenceSet.from_strings(random_dna(n, length, seed=seed))


def naive_windows(filters: NumpyFilters, sequences: SequenceSet) -> dict[tuple[int, int, int], tuple[float, bool]]:
    """(filter, sequence, start) -> (score, is on the reverse strand) of every window without N, letter by letter."""
    found = {}
    for i, sequence in enumerate(sequences):
        for p in range(len(sequence) - filters.width + 1):
            word = sequence[p : p + filters.width]
            if "N" in word:
                continue
            for f, weights in enumerate(filters.weights):
                forward = sum(float(weights["ACGT".index(c), k]) for k, c in enumerate(word)) + filters.bias
                other = reverse_complement_of(word)
                backward = sum(float(weights["ACGT".index(c), k]) for k, c in enumerate(other)) + filters.bias
                is_reverse = filters.strands == "both" and backward > forward
                found[f, i, p] = (backward if is_reverse else forward, is_reverse)
    return found


def places(sites: Sites) -> list[tuple[int, int, int]]:
    return list(zip(sites.filter.tolist(), sites.sequence.tolist(), sites.start.tolist(), strict=True))


def test_values_walks_every_rule() -> None:
    assert list(VALUES) == list(SITE_RULES)


@pytest.mark.parametrize("strands", STRANDS)
@pytest.mark.parametrize("name", SITE_RULES)
def test_the_contract_of_every_rule(name: SiteRuleName, strands: Strands) -> None:
    filters = random_filters(3, 6, strands=strands, floor=2.0)
    positives, negatives = with_unknown(random_set(40, 50, seed=1)), random_set(60, 50, seed=2)
    rule = SiteRule(name, VALUES[name])
    thresholds = site_thresholds(filters, positives, negatives=negatives, rule=rule)
    sites = find_sites(filters, positives, thresholds, is_best_only=rule.is_best_only)
    windows = naive_windows(filters, positives)

    assert thresholds.shape == (3,)
    assert (thresholds >= filters.floor).all()
    assert 0 < len(sites) < len(windows)
    assert places(sites) == sorted(set(places(sites)))
    assert (sites.end - sites.start == filters.width).all()
    assert (sites.score >= thresholds[sites.filter]).all()
    assert (sites.score > filters.floor).all()
    for place, score, is_reverse in zip(places(sites), sites.score, sites.is_reverse, strict=True):
        assert windows[place] == (score, is_reverse)  # none holds an N
    passing = {place for place, (score, _) in windows.items() if score >= thresholds[place[0]] and score > 2.0}
    if rule.is_best_only:
        assert len(sites) == len({place[:2] for place in passing})
        best = best_windows(filters, positives).score
        assert (sites.score == best[sites.sequence, sites.filter]).all()
    else:
        assert set(places(sites)) == passing


@pytest.mark.parametrize("name", ["every", "best"])
def test_a_fraction_of_the_maximum(name: SiteRuleName) -> None:
    filters = random_filters(3, 6)
    positives = random_set(30, 50, seed=1)
    thresholds = site_thresholds(filters, positives, rule=SiteRule(name, 0.5))
    highest = best_windows(filters, positives).score.max(axis=0)
    assert (highest > 0).all()
    assert thresholds.tolist() == (highest / 2).tolist()


@pytest.mark.parametrize("name", ["every", "best"])
def test_a_filter_that_is_never_above_zero_has_no_fraction_of_its_maximum(name: SiteRuleName) -> None:
    filters = NumpyFilters(np.ones((1, 4, 5), dtype=np.float32), bias=-6)
    positives = random_set(5, 20, seed=1)
    thresholds = site_thresholds(filters, positives, rule=SiteRule(name))
    assert thresholds.tolist() == [np.inf]
    assert len(find_sites(filters, positives, thresholds, is_best_only=False)) == 0


def test_the_top_windows_come_with_all_that_equal_the_last() -> None:
    filters = word_filters([WORD])
    positives = with_words([WORD] * 7)
    thresholds = site_thresholds(filters, positives, rule=SiteRule("top", 3))
    assert thresholds.tolist() == [len(WORD)]
    assert len(find_sites(filters, positives, thresholds, is_best_only=False)) == 7


def test_the_top_windows_over_more_sequences_than_a_batch() -> None:
    filters = random_filters(2, 4)
    positives = with_unknown(random_set(1100, 12, seed=3))
    windows = naive_windows(filters, positives)
    thresholds = site_thresholds(filters, positives, rule=SiteRule("top", 100))
    for f in range(2):
        scores = sorted((score for place, (score, _) in windows.items() if place[0] == f), reverse=True)
        assert thresholds[f] == scores[99]


def test_more_top_windows_than_there_are() -> None:
    filters = random_filters(2, 4)
    positives = with_unknown(random_set(3, 12, seed=3))
    thresholds = site_thresholds(filters, positives, rule=SiteRule("top", 10_000))
    sites = find_sites(filters, positives, thresholds, is_best_only=False)
    assert places(sites) == sorted(naive_windows(filters, positives))


@pytest.mark.parametrize("rate", [0.0, 0.05, 0.5])
def test_the_rate_is_the_share_of_negatives_that_pass_at_most(rate: float) -> None:
    generator = np.random.default_rng(1)
    filters = NumpyFilters(generator.normal(size=(4, 4, 12)).astype(np.float32))  # no ties
    negatives = random_set(100, 30, seed=2)
    thresholds = site_thresholds(filters, random_set(5, 30, seed=1), negatives=negatives, rule=SiteRule("rate", rate))
    passing = find_sites(filters, negatives, thresholds, is_best_only=True)
    assert np.bincount(passing.filter, minlength=4).tolist() == [round(100 * rate)] * 4


def test_ties_at_the_rate_do_not_pass() -> None:
    filters = word_filters([WORD])
    negatives = with_words([WORD] * 50 + ["AAAAAAA"] * 50)
    thresholds = site_thresholds(filters, negatives, negatives=negatives, rule=SiteRule("rate", 0.1))
    assert thresholds[0] > len(WORD)


@pytest.mark.parametrize("negatives", [None, SequenceSet((), np.empty((0, 30), np.uint8))], ids=["none", "empty"])
def test_the_rate_needs_negatives(negatives: SequenceSet | None) -> None:
    with pytest.raises(InputError) as error:
        site_thresholds(random_filters(1, 4), random_set(5, 30, seed=1), negatives=negatives, rule=SiteRule("rate"))
    assert str(error.value) == "site rule 'rate' needs negative sequences\n  Give negatives, or use rule 'best'."


def test_at_the_floor_a_filter_is_silent() -> None:
    # A ReLU passes what is above 0; a window that scores 0 exactly is none of its sites.
    filters = NumpyFilters(np.zeros((1, 4, 3), dtype=np.float32), floor=0.0)
    positives = random_set(4, 10, seed=1)
    thresholds = site_thresholds(filters, positives, rule=SiteRule("top", 5))
    assert len(find_sites(filters, positives, thresholds, is_best_only=False)) == 0


@given(sequence_sets(min_length=3), st.sampled_from(STRANDS), st.booleans())
def test_windows_with_n_are_no_sites_however_low_the_threshold(
    sequences: SequenceSet, strands: Strands, is_best_only: bool
) -> None:
    filters = random_filters(2, 3, strands=strands)
    sites = find_sites(filters, sequences, np.full(2, -np.inf), is_best_only=is_best_only)
    windows = naive_windows(filters, sequences)
    if is_best_only:
        assert len(sites) == len({place[:2] for place in windows})
    assert {place: (s, r) for place, s, r in zip(places(sites), sites.score, sites.is_reverse, strict=True)} == {
        place: windows[place] for place in (places(sites) if is_best_only else windows)
    }


def test_of_equal_windows_the_first_is_the_best() -> None:
    sequences = SequenceSet.from_strings(["GATTACACGATTACA"])
    sites = find_sites(word_filters([WORD], strands="forward"), sequences, np.array([7.0]), is_best_only=True)
    assert places(sites) == [(0, 0, 0)]


def test_a_palindrome_counts_once_on_the_plus_strand() -> None:
    sequences = SequenceSet.from_strings(["TTTTCACGTGTTTT"])
    sites = find_sites(word_filters(["CACGTG"]), sequences, np.array([6.0]), is_best_only=False)
    assert (places(sites), sites.is_reverse.tolist()) == ([(0, 0, 4)], [False])


def test_a_word_on_the_other_strand_is_placed_on_the_forward_one_and_read_on_its_own() -> None:
    sequences = SequenceSet.from_strings(["CC" + reverse_complement_of(WORD) + "CCCC"])
    sites = find_sites(word_filters([WORD]), sequences, np.array([7.0]), is_best_only=False)
    assert (places(sites), sites.end.tolist(), sites.is_reverse.tolist()) == ([(0, 0, 2)], [9], [True])
    assert [decode_codes(word) for word in sites.words(sequences)] == [WORD]
    forward = word_filters([WORD], strands="forward")
    assert len(find_sites(forward, sequences, np.array([7.0]), is_best_only=False)) == 0


@given(sequence_sets(min_length=5))
def test_words_are_the_letters_at_the_site(sequences: SequenceSet) -> None:
    filters = random_filters(2, 5)
    sites = find_sites(filters, sequences, np.zeros(2), is_best_only=False)
    strings = list(sequences)
    expected = []
    for _, i, start in places(sites):
        expected.append(strings[i][start : start + 5])
    words = [decode_codes(word) for word in sites.words(sequences)]
    turned = [
        reverse_complement_of(word) if is_reverse else word
        for word, is_reverse in zip(words, sites.is_reverse, strict=True)
    ]
    assert turned == expected


@given(sequence_sets(min_length=6))
def test_the_other_strand_of_the_input_gives_the_same_sites_on_the_other_strand(sequences: SequenceSet) -> None:
    filters = random_filters(2, 6)
    here = find_sites(filters, sequences, np.zeros(2), is_best_only=False)
    there = find_sites(filters, sequences.reverse_complement(), np.zeros(2), is_best_only=False)
    assert len(here) == len(there)
    mirrored = np.lexsort((sequences.length - there.end, there.sequence, there.filter))
    there = there.take(mirrored)
    assert (sequences.length - there.end).tolist() == here.start.tolist()
    assert there.score.tolist() == here.score.tolist()
    # Where both strands score the same the site is on + both times: there the word may be another, as good.
    is_tied = _forward_scores(filters, sequences, here) == _forward_scores(filters, sequences, here, reverse=True)
    assert (there.is_reverse[~is_tied] != here.is_reverse[~is_tied]).all()
    assert not here.is_reverse[is_tied].any()
    assert there.take(~is_tied).words(sequences.reverse_complement()).tolist() == (
        here.take(~is_tied).words(sequences).tolist()
    )


def _forward_scores(
    filters: NumpyFilters, sequences: SequenceSet, sites: Sites, *, reverse: bool = False
) -> NDArray[np.float32]:
    strand = sequences.reverse_complement() if reverse else sequences
    start = sequences.length - sites.end if reverse else sites.start
    return filters.activations(strand.codes)[sites.sequence, sites.filter, start]


def test_batches_change_nothing() -> None:
    filters = random_filters(2, 6)
    sequences = with_unknown(random_set(1100, 20, seed=4))
    sites = find_sites(filters, sequences, np.full(2, 5.0), is_best_only=False)
    windows = naive_windows(filters, sequences)
    assert places(sites) == sorted(place for place, (score, _) in windows.items() if score >= 5)


def test_sequences_shorter_than_the_filters_have_no_windows() -> None:
    filters = random_filters(2, 9)
    short, negatives = random_set(3, 8, seed=1), random_set(4, 8, seed=2)
    assert [windows.scores.shape for windows in scan_windows(filters, short)] == [(3, 2, 0)]
    for name in SITE_RULES:
        thresholds = site_thresholds(filters, short, negatives=negatives, rule=SiteRule(name))
        assert len(find_sites(filters, short, thresholds, is_best_only=SiteRule(name).is_best_only)) == 0


def test_no_sequences_have_no_sites() -> None:
    nothing = SequenceSet((), np.empty((0, 20), dtype=np.uint8))
    sites = find_sites(random_filters(2, 6), nothing, np.zeros(2), is_best_only=True)
    assert len(sites) == 0
    assert sites.words(nothing).shape[0] == 0


def test_subsequences_beyond_the_ends_are_n() -> None:
    sequences = SequenceSet.from_strings(["AACCGGTTAC", "TTTTTGGGGG"])
    kmers = subsequences(
        sequences, np.array([0, 0, 1, 1]), np.array([2, -2, 8, -9]), np.array([False, True, True, False]), 4
    )
    assert [decode_codes(row) for row in kmers] == ["CCGG", "TTNN", "NNCC", "NNNN"]
    np.testing.assert_array_equal(kmers[0], codes_of(["CCGG"])[0])
    assert count_bases(kmers).tolist() == [[0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 1, 1], [1, 1, 0, 0]]
