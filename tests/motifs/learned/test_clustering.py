"""Filters that speak of one word become one family, whose sites are counted once."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from filter_banks import reverse_complement_of, with_words, word_filters
from motifnet.motifs.alignment import align
from motifnet.motifs.extraction_spec import ExtractionSpec
from motifnet.motifs.learned.clustering import MAX_SHIFT, Family, merge, settle
from motifnet.motifs.learned.extraction import Extraction, extract
from motifnet.motifs.learned.refinement import Refined
from motifnet.motifs.motif import Motif
from motifnet.sequences.alphabet import one_hot
from motifnet.sequences.sequence_set import SequenceSet

LONG, OTHER = "CATGACGTTACCAG", "GGATTTGCATAA"
#: Pieces of one long word, one on the other strand, and another word.
FILTERS = (LONG[:10], LONG[2:12], LONG[4:], reverse_complement_of(LONG[2:12]), OTHER[:10], OTHER[2:])
#: Only words that agree in all letters but one.
HOW = ExtractionSpec(site_rule="every", site_value=0.8, min_sites=10)


def planted() -> SequenceSet:
    return with_words([LONG] * 80 + [OTHER + "AC"] * 60, length=60, seed=1)


def extraction_of(filters: tuple[str, ...], sequences: SequenceSet) -> Extraction:
    return extract(word_filters(filters), sequences, negatives=None, how=HOW)


def found_words(families: list[Family], words: tuple[str, ...]) -> list[list[int]]:
    """For each word the members of the families that hold it, on either strand."""
    return [
        [m for family in families for m in family.members if spells(family.motif, word)]
        for word in words
    ]  # fmt: skip


def spells(motif: Motif, word: str) -> bool:
    return word in motif.consensus or word in motif.reverse_complement().consensus


def as_motif(word: str, *, nsites: int = 100) -> Motif:
    return Motif(f"w_{word}", one_hot([word])[0] * nsites + 1.0, nsites=nsites)


def refined(*motifs: Motif) -> list[Refined]:
    return [Refined(motif, 0.5 + (motif.nsites or 0) / 1000) for motif in motifs]


def test_pieces_of_a_word_are_one_family() -> None:
    sequences = planted()
    families = merge(extraction_of(FILTERS, sequences), sequences, how=HOW)
    assert found_words(families, (LONG, OTHER)) == [[0, 1, 2, 3], [4, 5]]
    assert len(families) == 2
    # One site in each sequence that has the word, however many filters fire there; and what chance adds.
    assert [80, 60] <= [family.motif.nsites or 0 for family in families] <= [84, 64]
    for family in families:
        assert family.words is family.motif
        assert family.shift == 0
        assert family.motif.counts.sum(axis=0).max() == pytest.approx(family.motif.nsites)


@pytest.mark.parametrize("order", [*permutations(range(6))][::131])
def test_the_order_of_the_filters_does_not_matter(order: tuple[int, ...]) -> None:
    sequences = planted()
    reference = merge(extraction_of(FILTERS, sequences), sequences, how=HOW)
    permuted = merge(extraction_of(tuple(FILTERS[i] for i in order), sequences), sequences, how=HOW)
    expected = {frozenset(family.members): family for family in reference}
    assert {frozenset(order[m] for m in family.members) for family in permuted} == set(expected)
    for family in permuted:
        same = expected[frozenset(order[m] for m in family.members)]
        assert family.motif.nsites == same.motif.nsites
        np.testing.assert_allclose(family.motif.counts, same.motif.counts)


def test_both_strands_of_the_sequences_give_the_same_families() -> None:
    sequences = planted()
    forward, reverse = (
        merge(extraction_of(FILTERS, given), given, how=HOW) for given in (sequences, sequences.reverse_complement())
    )
    assert [family.members for family in forward] == [family.members for family in reverse]
    for ours, theirs in zip(forward, reverse, strict=True):
        assert ours.motif.nsites == theirs.motif.nsites
        assert align([ours.motif], [theirs.motif], strands="both").similarity[0, 0] > 0.999


def test_a_site_at_the_end_of_a_sequence_counts_for_what_is_known() -> None:
    strings = [*with_words([LONG] * 40, length=60, seed=2), *(LONG[2:] + "ACGGTCATTGC" * 5 for _ in range(40))]
    sequences = SequenceSet.from_strings([s[:60] for s in strings])
    families = merge(extraction_of(FILTERS[:4], sequences), sequences, how=HOW)
    motif = families[0].motif
    assert motif.nsites is not None
    assert motif.nsites >= 80
    columns = motif.counts.sum(axis=0).round()
    # The first two letters hang over the start of half of the sequences.
    assert sorted(columns)[:2] == pytest.approx([motif.nsites - 40] * 2)


def test_a_filter_of_two_words_is_in_two_families() -> None:
    first, second = "TTGACGTCACCA", "AAGCATTTGCTT"
    sequences = with_words([first] * 60 + [second] * 50, length=60, seed=3)
    both = word_filters([first])
    both.weights[0] += word_filters([second]).weights[0] + 1
    how = ExtractionSpec(site_rule="every", site_value=0.9)
    families = merge(extract(both, sequences, negatives=None, how=how), sequences, how=how)
    assert [family.members for family in families] == [(0,), (0,)]
    assert [(family.motif.nsites or 0) // 10 for family in families] == [6, 5]  # chance adds a site
    assert spells(families[0].motif, first)
    assert spells(families[1].motif, second)


def test_no_motifs_no_families() -> None:
    sequences = planted()
    nothing = extraction_of(FILTERS, sequences.take([0]))
    assert merge(nothing, sequences.take([0]), how=HOW) == []
    assert settle([], [], strands="both") == []


def test_refined_motifs_are_taken_with_their_drift() -> None:
    word, longer = as_motif(LONG[2:12]), as_motif(LONG)
    (family,) = settle([Family((0, 3), word, word)], refined(longer), strands="both")
    assert family.members == (0, 3)
    assert family.words is word
    assert family.motif is longer
    assert 0 <= family.shift < 0.01


def test_what_drifted_too_far_is_a_row_of_its_own() -> None:
    words, drifted = [as_motif(LONG), as_motif(OTHER)], as_motif("GGGCGGGGCC")
    families = [Family((0,), words[0], words[0]), Family((1, 2), words[1], words[1])]
    settled = settle(families, refined(words[0], drifted), strands="both")
    assert [family.members for family in settled] == [(0,), (1, 2), ()]
    # The filters keep their words, and the new one has neither members nor words of filters.
    assert settled[1].motif is words[1]
    assert settled[1].shift > MAX_SHIFT
    assert settled[2].words is None
    assert settled[2].motif is drifted
    assert np.isnan(settled[2].shift)
    assert 1 - align([words[1]], [drifted], strands="both").similarity[0, 0] > MAX_SHIFT


def test_families_that_became_one_are_merged() -> None:
    words = [as_motif(LONG[:10]), as_motif(LONG[4:], nsites=50), as_motif(OTHER)]
    families = [Family((index,), word, word) for index, word in enumerate(words)]
    strong = as_motif(LONG, nsites=200)
    settled = settle(families, refined(strong, strong.reverse_complement(), words[2]), strands="both")
    assert [family.members for family in settled] == [(0, 1), (2,)]
    assert settled[0].words is words[0]
    on_one_strand = settle(families, refined(strong, strong.reverse_complement(), words[2]), strands="forward")
    assert len(on_one_strand) > 2


def test_drift_to_the_same_new_word_gives_one_row() -> None:
    words = [as_motif(LONG), as_motif(OTHER)]
    new = as_motif("GGGCGGGGCC")
    settled = settle([Family((i,), w, w) for i, w in enumerate(words)], refined(new, new), strands="both")
    assert [family.members for family in settled] == [(0,), (1,), ()]


def test_a_drifted_word_that_another_family_has_joins_it() -> None:
    words = [as_motif(LONG), as_motif(OTHER)]
    settled = settle([Family((i,), w, w) for i, w in enumerate(words)], refined(words[0], words[0]), strands="both")
    assert [family.members for family in settled] == [(0,), (1,)]
    assert settled[0].words is words[0]
