"""Thresholds and sites by every rule, with filters of plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dna_strategies import random_dna, sequence_sets
from filter_banks import (
    NumpyFilters,
    kmer_filters,
    random_filters,
    reverse_complement_of,
    with_kmers,
    with_unknown,
)
from motifnet.errors import InputError
from motifnet.motifs.extraction_spec import SITE_RULES, SiteRule, SiteRuleName
from motifnet.motifs.learned.sites import Sites, WindowScan, count_bases, find_sites
from motifnet.motifs.motif import STRANDS, Strands
from motifnet.sequences.alphabet import N, decode_codes
from motifnet.sequences.sequence_set import SequenceSet

WORD = "GATTACA"
#: A value of each rule at which some windows of random sequences are sites, but not all.
VALUES: dict[SiteRuleName, float] = {"every": 0.5, "best": 0.6, "top": 25, "rate": 0.1}


def random_set(n: int, length: int, *, seed: int) -> SequenceSet:
    return SequenceSet.from_strings(random_dna(n, length, seed=seed))


def naive_windows(filters: NumpyFilters, sequences: SequenceSet) -> dict[tuple[int, int, int], tuple[float, bool]]:
    """(filter, sequence, start) -> (score, is on the reverse strand) of every window without N, base by base."""
    found = {}
    for i, sequence in enumerate(sequences):
        for p in range(len(sequence) - filters.width + 1):
            kmer = sequence[p : p + filters.width]
            if "N" in kmer:
                continue
            for f, weights in enumerate(filters.weights):
                forward = sum(float(weights["ACGT".index(c), k]) for k, c in enumerate(kmer)) + filters.bias
                other = reverse_complement_of(kmer)
                backward = sum(float(weights["ACGT".index(c), k]) for k, c in enumerate(other)) + filters.bias
                is_reverse = filters.strands == "both" and backward > forward
                found[f, i, p] = (backward if is_reverse else forward, is_reverse)
    return found


def windows_of(sites: list[Sites]) -> list[tuple[int, int, int]]:
    """(filter, sequence, start) of every site."""
    return [
        (f, i, p) for f, own in enumerate(sites) for i, p in zip(own.sequence.tolist(), own.start.tolist(), strict=True)
    ]


def above(
    filters: NumpyFilters, sequences: SequenceSet, thresholds: NDArray[np.floating], *, is_best_only: bool = False
) -> list[Sites]:
    scan = WindowScan(filters, sequences)
    return scan.best_sites(thresholds) if is_best_only else scan.all_sites(thresholds)


def count(sites: list[Sites]) -> int:
    return sum(map(len, sites))


def test_there_is_a_value_for_every_rule() -> None:
    assert list(VALUES) == list(SITE_RULES)


@pytest.mark.parametrize("strands", STRANDS)
@pytest.mark.parametrize("name", SITE_RULES)
def test_the_contract_of_every_rule(name: SiteRuleName, strands: Strands) -> None:
    filters = random_filters(3, 6, strands=strands, floor=2.0)
    positives, negatives = with_unknown(random_set(40, 50, seed=1)), random_set(60, 50, seed=2)
    rule = SiteRule(name, VALUES[name])
    thresholds, sites = find_sites(filters, positives, negatives=negatives, rule=rule)
    windows = naive_windows(filters, positives)

    assert thresholds.shape == (3,)
    assert (thresholds >= filters.floor).all()
    assert 0 < count(sites) < len(windows)
    found = windows_of(sites)
    assert found == sorted(set(found))
    for threshold, own in zip(thresholds, sites, strict=True):
        assert own.width == filters.width
        assert (own.score >= threshold).all()
    scores, strands_found = (np.concatenate([getattr(own, name) for own in sites]) for name in ("score", "is_reverse"))
    assert (scores > filters.floor).all()
    assert [windows[window] for window in found] == list(zip(scores, strands_found, strict=True))  # none contains N
    passing = {window for window, (score, _) in windows.items() if score >= thresholds[window[0]] and score > 2.0}
    if rule.is_best_only:
        assert len(found) == len({window[:2] for window in passing})
        best = WindowScan(filters, positives).best.score
        assert scores.tolist() == [best[i, f] for f, i, _ in found]
    else:
        assert set(found) == passing


@pytest.mark.parametrize("name", ["every", "best"])
def test_a_fraction_of_the_maximum(name: SiteRuleName) -> None:
    filters = random_filters(3, 6)
    positives = random_set(30, 50, seed=1)
    thresholds, _ = find_sites(filters, positives, rule=SiteRule(name, 0.5))
    highest = WindowScan(filters, positives).best.score.max(axis=0)
    assert (highest > 0).all()
    assert thresholds.tolist() == (highest / 2).tolist()


@pytest.mark.parametrize("name", ["every", "best"])
def test_a_filter_with_a_maximum_below_zero_has_no_sites(name: SiteRuleName) -> None:
    filters = NumpyFilters(np.ones((1, 4, 5), dtype=np.float32), bias=-6)
    positives = random_set(5, 20, seed=1)
    thresholds, sites = find_sites(filters, positives, rule=SiteRule(name))
    assert thresholds.tolist() == [np.inf]
    assert count(sites) == 0


def test_ties_with_the_last_top_window_are_sites() -> None:
    filters = kmer_filters([WORD])
    positives = with_kmers([WORD] * 7)
    thresholds, sites = find_sites(filters, positives, rule=SiteRule("top", 3))
    assert thresholds.tolist() == [len(WORD)]
    assert count(sites) == 7


def test_the_top_windows_over_more_sequences_than_a_batch() -> None:
    filters = random_filters(2, 4)
    positives = with_unknown(random_set(1100, 12, seed=3))
    windows = naive_windows(filters, positives)
    thresholds, _ = find_sites(filters, positives, rule=SiteRule("top", 100))
    for f in range(2):
        scores = sorted((score for window, (score, _) in windows.items() if window[0] == f), reverse=True)
        assert thresholds[f] == scores[99]


def test_more_top_windows_than_there_are() -> None:
    filters = random_filters(2, 4)
    positives = with_unknown(random_set(3, 12, seed=3))
    _, sites = find_sites(filters, positives, rule=SiteRule("top", 10_000))
    assert windows_of(sites) == sorted(naive_windows(filters, positives))


@pytest.mark.parametrize("rate", [0.0, 0.05, 0.5])
def test_the_rate_limits_the_fraction_of_negatives_with_a_site(rate: float) -> None:
    generator = np.random.default_rng(1)
    filters = NumpyFilters(generator.normal(size=(4, 4, 12)).astype(np.float32))  # no ties
    negatives = random_set(100, 30, seed=2)
    thresholds, _ = find_sites(filters, random_set(5, 30, seed=1), negatives=negatives, rule=SiteRule("rate", rate))
    passing = above(filters, negatives, thresholds, is_best_only=True)
    assert [len(own) for own in passing] == [round(100 * rate)] * 4


def test_ties_at_the_rate_do_not_pass() -> None:
    filters = kmer_filters([WORD])
    negatives = with_kmers([WORD] * 50 + ["AAAAAAA"] * 50)
    thresholds, _ = find_sites(filters, negatives, negatives=negatives, rule=SiteRule("rate", 0.1))
    assert thresholds[0] > len(WORD)


@pytest.mark.parametrize("negatives", [None, SequenceSet((), np.empty((0, 30), np.uint8))], ids=["none", "empty"])
def test_the_rate_needs_negatives(negatives: SequenceSet | None) -> None:
    with pytest.raises(InputError, match="'rate'"):
        find_sites(random_filters(1, 4), random_set(5, 30, seed=1), negatives=negatives, rule=SiteRule("rate"))


def test_windows_at_the_floor_are_no_sites() -> None:
    # The output of a ReLU is 0 up to a pre-activation of 0.
    filters = NumpyFilters(np.zeros((1, 4, 3), dtype=np.float32), floor=0.0)
    positives = random_set(4, 10, seed=1)
    assert count(find_sites(filters, positives, rule=SiteRule("top", 5))[1]) == 0


@given(sequence_sets(min_length=3), st.sampled_from(STRANDS), st.booleans())
def test_windows_with_n_are_no_sites_at_any_threshold(
    sequences: SequenceSet, strands: Strands, is_best_only: bool
) -> None:
    filters = random_filters(2, 3, strands=strands)
    sites = above(filters, sequences, np.full(2, -np.inf), is_best_only=is_best_only)
    windows = naive_windows(filters, sequences)
    found = windows_of(sites)
    assert len(found) == len({window[:2] for window in windows} if is_best_only else windows)
    scores = [pair for own in sites for pair in zip(own.score, own.is_reverse, strict=True)]
    assert scores == [windows[window] for window in found]


def test_of_equal_windows_the_first_is_the_best() -> None:
    sequences = SequenceSet.from_strings(["GATTACACGATTACA"])
    sites = above(kmer_filters([WORD], strands="forward"), sequences, np.array([7.0]), is_best_only=True)
    assert windows_of(sites) == [(0, 0, 0)]


def test_a_palindrome_counts_once_on_the_plus_strand() -> None:
    sequences = SequenceSet.from_strings(["TTTTCACGTGTTTT"])
    sites = above(kmer_filters(["CACGTG"]), sequences, np.array([6.0]))
    assert (windows_of(sites), sites[0].is_reverse.tolist()) == ([(0, 0, 4)], [False])


def test_a_site_on_the_reverse_strand_has_forward_coordinates() -> None:
    sequences = SequenceSet.from_strings(["CC" + reverse_complement_of(WORD) + "CCCC"])
    sites = above(kmer_filters([WORD]), sequences, np.array([7.0]))
    (own,) = sites
    assert (own.start.tolist(), own.end.tolist(), own.is_reverse.tolist()) == ([2], [9], [True])
    assert [decode_codes(kmer) for kmer in own.subsequences(sequences)] == [WORD]
    forward = kmer_filters([WORD], strands="forward")
    assert count(above(forward, sequences, np.array([7.0]))) == 0


@given(sequence_sets(min_length=5))
def test_subsequences_are_the_bases_at_the_site(sequences: SequenceSet) -> None:
    strings = list(sequences)
    for own in above(random_filters(2, 5), sequences, np.zeros(2)):
        kmers = [decode_codes(kmer) for kmer in own.subsequences(sequences)]
        forward = [reverse_complement_of(k) if r else k for k, r in zip(kmers, own.is_reverse, strict=True)]
        assert forward == [strings[i][p : p + 5] for i, p in zip(own.sequence, own.start, strict=True)]
        flanked = own.subsequences(sequences, flank=2)
        assert flanked[:, 2:-2].tolist() == own.subsequences(sequences).tolist()
        beyond = own.start < 2  # a flank beyond the end of the sequence is N
        assert (flanked[beyond & ~own.is_reverse, 0] == N).all()
        assert (flanked[beyond & own.is_reverse, -1] == N).all()


def test_moved_sites_stay_on_their_strand() -> None:
    columns = (np.zeros(2, dtype=np.int64), np.array([10, 10]), np.array([False, True]), np.zeros(2, np.float32))
    moved = Sites(8, *columns).moved(1, 5)  # columns 1 to 5 of 8, as trimming keeps them
    assert moved.start.tolist() == [11, 12]
    assert moved.end.tolist() == [16, 17]


@given(sequence_sets(min_length=6))
def test_sites_of_the_reverse_complement_are_on_the_other_strand(sequences: SequenceSet) -> None:
    filters, other = random_filters(2, 6), sequences.reverse_complement()
    forward_scores = [filters.activations(part.codes) for part in (sequences, other)]
    thresholds = np.zeros(2)
    for f, (here, there) in enumerate(
        zip(*(above(filters, part, thresholds) for part in (sequences, other)), strict=True)
    ):
        assert len(here) == len(there)
        there = there.take(np.lexsort((sequences.length - there.end, there.sequence)))
        assert (sequences.length - there.end).tolist() == here.start.tolist()
        assert there.score.tolist() == here.score.tolist()
        # If both strands score the same, the site is on + both times.
        is_tied = forward_scores[0][here.sequence, f, here.start] == forward_scores[1][there.sequence, f, there.start]
        assert (there.is_reverse[~is_tied] != here.is_reverse[~is_tied]).all()
        assert not here.is_reverse[is_tied].any()
        ours, theirs = here.take(~is_tied).subsequences(sequences), there.take(~is_tied).subsequences(other)
        assert ours.tolist() == theirs.tolist()


def test_sites_do_not_depend_on_batches() -> None:
    filters = random_filters(2, 6)
    sequences = with_unknown(random_set(1100, 20, seed=4))
    sites = above(filters, sequences, np.full(2, 5.0))
    windows = naive_windows(filters, sequences)
    assert windows_of(sites) == sorted(window for window, (score, _) in windows.items() if score >= 5)


def test_sequences_shorter_than_the_filters_have_no_windows() -> None:
    filters = random_filters(2, 9)
    short, negatives = random_set(3, 8, seed=1), random_set(4, 8, seed=2)
    assert [scores.shape for _, scores, _ in WindowScan(filters, short).batches()] == [(3, 2, 0)]
    for name in SITE_RULES:
        assert count(find_sites(filters, short, negatives=negatives, rule=SiteRule(name))[1]) == 0


def test_no_sequences_have_no_sites() -> None:
    nothing = SequenceSet((), np.empty((0, 20), dtype=np.uint8))
    sites = above(random_filters(2, 6), nothing, np.zeros(2), is_best_only=True)
    assert [own.subsequences(nothing).shape for own in sites] == [(0, 6)] * 2


def test_subsequences_beyond_the_ends_are_n() -> None:
    sequences = SequenceSet.from_strings(["AACCGGTTAC", "TTTTTGGGGG"])
    rows, starts, is_reverse = np.array([0, 0, 1, 1]), np.array([2, -2, 8, -9]), np.array([False, True, True, False])
    kmers = Sites(4, rows, starts, is_reverse, np.zeros(4, np.float32)).subsequences(sequences)
    assert [decode_codes(row) for row in kmers] == ["CCGG", "TTNN", "NNCC", "NNNN"]
    assert count_bases(kmers).tolist() == [[0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 1, 1], [1, 1, 0, 0]]
