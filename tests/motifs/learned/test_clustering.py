"""Filters of one motif become one family, whose sites are counted once."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from filter_banks import kmer_filters, reverse_complement_of, with_kmers
from motifnet.motifs.alignment import NEAR_COPY, align_motifs, mutual_similarity
from motifnet.motifs.extraction_spec import ExtractionSpec
from motifnet.motifs.learned import clustering
from motifnet.motifs.learned.clustering import (
    MAX_SHIFT,
    Family,
    complement_families,
    find_families,
    merge,
    refinement_classes,
    settle,
)
from motifnet.motifs.learned.complements import ROUNDS
from motifnet.motifs.learned.extraction import base_frequencies, extract
from motifnet.motifs.learned.refinement import Candidate
from motifnet.motifs.learned.sites import FilterBank
from motifnet.motifs.motif import Motif
from motifnet.sequences.alphabet import codes_of, one_hot
from motifnet.sequences.sequence_set import SequenceSet

LONG, OTHER = "CATGACGTTACCAG", "GGATTTGCATAA"
CREB, POU = "TGACGTTACC", "GGCATTTGCA"
#: Parts of one long k-mer, one on the other strand, and of another one.
FILTERS = (LONG[:10], LONG[2:12], LONG[4:], reverse_complement_of(LONG[2:12]), OTHER[:10], OTHER[2:])
#: Only k-mers with at most one mismatch are sites.
SPEC = ExtractionSpec(site_rule="every", site_value=0.8, min_sites=10)


def planted() -> SequenceSet:
    return with_kmers([LONG] * 80 + [OTHER + "AC"] * 60, length=60, seed=1)


def families_of(filters: FilterBank, sequences: SequenceSet, spec: ExtractionSpec = SPEC) -> list[Family]:
    background = base_frequencies([sequences], filters.strands)
    instances = extract(filters, sequences, negatives=None, background=background, extraction=spec)
    return merge(instances, sequences, strands=filters.strands, extraction=spec)


def contains(motif: Motif, kmer: str) -> bool:
    return kmer in motif.consensus or kmer in motif.reverse_complement().consensus


def as_motif(kmer: str, *, nsites: int = 100) -> Motif:
    return Motif(f"{kmer}", one_hot([kmer])[0] * nsites + 1.0, nsites=nsites)


def refined(*motifs: Motif) -> list[Candidate]:
    return [Candidate(motif, auroc=0.5 + (motif.nsites or 0) / 1000) for motif in motifs]


def test_parts_of_a_motif_are_one_family() -> None:
    families = families_of(kmer_filters(FILTERS), planted())
    assert [family.members for family in families] == [(0, 1, 2, 3), (4, 5)]
    assert [contains(family.motif, kmer) for family, kmer in zip(families, (LONG, OTHER), strict=True)] == [True] * 2
    # One site in each sequence with the k-mer, whatever the number of filters with a site there; a few by chance.
    assert [80, 60] <= [family.motif.nsites or 0 for family in families] <= [84, 64]
    for family in families:
        assert family.shift == 0
        assert family.motif.counts.sum(axis=0).max() == pytest.approx(family.motif.nsites)


@pytest.mark.parametrize("order", [*permutations(range(6))][::131])
def test_the_order_of_the_filters_does_not_matter(order: tuple[int, ...]) -> None:
    sequences = planted()
    reference = families_of(kmer_filters(FILTERS), sequences)
    permuted = families_of(kmer_filters([FILTERS[i] for i in order]), sequences)
    expected = {frozenset(family.members): family for family in reference}
    assert {frozenset(order[m] for m in family.members) for family in permuted} == set(expected)
    for family in permuted:
        same = expected[frozenset(order[m] for m in family.members)]
        assert family.motif.nsites == same.motif.nsites
        np.testing.assert_allclose(family.motif.counts, same.motif.counts)


def test_both_strands_of_the_sequences_give_the_same_families() -> None:
    sequences = planted()
    forward, reverse = (
        families_of(kmer_filters(FILTERS), given) for given in (sequences, sequences.reverse_complement())
    )
    assert [family.members for family in forward] == [family.members for family in reverse]
    for ours, theirs in zip(forward, reverse, strict=True):
        assert ours.motif.nsites == theirs.motif.nsites
        assert align_motifs([ours.motif], [theirs.motif], strands="both").similarity[0, 0] > 0.999


def test_sites_at_the_end_of_a_sequence_count_in_known_columns() -> None:
    strings = [*with_kmers([LONG] * 40, length=60, seed=2), *(LONG[2:] + "ACGGTCATTGC" * 5 for _ in range(40))]
    sequences = SequenceSet.from_strings([s[:60] for s in strings])
    motif = families_of(kmer_filters(FILTERS[:4]), sequences)[0].motif
    assert motif.nsites is not None
    assert motif.nsites >= 80
    columns = motif.counts.sum(axis=0).round()
    # The first two columns are beyond the start of half of the sequences.
    assert sorted(columns)[:2] == pytest.approx([motif.nsites - 40] * 2)


def test_a_filter_of_two_motifs_is_in_two_families() -> None:
    first, second = "TTGACGTCACCA", "AAGCATTTGCTT"
    sequences = with_kmers([first] * 60 + [second] * 50, length=60, seed=3)
    both = kmer_filters([first])
    both.weights[0] += kmer_filters([second]).weights[0] + 1
    families = families_of(both, sequences, ExtractionSpec(site_rule="every", site_value=0.9))
    assert [family.members for family in families] == [(0,), (0,)]
    assert [(family.motif.nsites or 0) // 10 for family in families] == [6, 5]  # a site by chance
    assert contains(families[0].motif, first)
    assert contains(families[1].motif, second)


def test_no_motifs_no_families() -> None:
    assert families_of(kmer_filters(FILTERS), planted().take([0])) == []
    assert settle([], [], strands="both") == []


def test_refined_motifs_are_taken_with_their_shift() -> None:
    kmer, longer = as_motif(LONG[2:12]), as_motif(LONG)
    (family,) = settle([Family((0, 3), kmer)], refined(longer), strands="both")
    assert family.members == (0, 3)
    assert family.motif is longer
    assert 0 <= family.shift < 0.01


def test_a_motif_with_a_large_shift_is_a_family_without_members() -> None:
    kmers, shifted = [as_motif(LONG), as_motif(OTHER)], as_motif("GGGCGGGGCC")
    families = [Family((0,), kmers[0]), Family((1, 2), kmers[1])]
    settled = settle(families, refined(kmers[0], shifted), strands="both")
    assert [family.members for family in settled] == [(0,), (1, 2), ()]
    # The filters keep their own motif.
    assert settled[1].motif is kmers[1]
    assert settled[1].shift > MAX_SHIFT
    assert settled[2].motif is shifted
    assert np.isnan(settled[2].shift)
    assert 1 - align_motifs([kmers[1]], [shifted], strands="both").similarity[0, 0] > MAX_SHIFT


def test_families_that_became_one_are_merged() -> None:
    kmers = [as_motif(LONG[:10]), as_motif(LONG[4:], nsites=50), as_motif(OTHER)]
    families = [Family((index,), kmer) for index, kmer in enumerate(kmers)]
    strong = as_motif(LONG, nsites=200)
    settled = settle(families, refined(strong, strong.reverse_complement(), kmers[2]), strands="both")
    assert [family.members for family in settled] == [(0, 1), (2,)]
    assert settled[0].motif is strong
    on_one_strand = settle(families, refined(strong, strong.reverse_complement(), kmers[2]), strands="forward")
    assert len(on_one_strand) > 2


def test_two_shifts_to_one_new_motif_give_one_family() -> None:
    kmers = [as_motif(LONG), as_motif(OTHER)]
    new = as_motif("GGGCGGGGCC")
    settled = settle([Family((i,), w) for i, w in enumerate(kmers)], refined(new, new), strands="both")
    assert [family.members for family in settled] == [(0,), (1,), ()]


def test_a_shift_to_the_motif_of_another_family_joins_it() -> None:
    kmers = [as_motif(LONG), as_motif(OTHER)]
    settled = settle([Family((i,), w) for i, w in enumerate(kmers)], refined(kmers[0], kmers[0]), strands="both")
    assert [family.members for family in settled] == [(0,), (1,)]
    assert settled[0].motif is kmers[0]


# --- with refinement ---


def test_each_family_is_refined_in_the_class_in_which_it_is_enriched() -> None:
    # The first k-mer is in the positives, the second one in the negatives; filters have a part of them.
    sequences = SequenceSet.concatenate([with_kmers([kmer] * 60, seed=k) for k, kmer in enumerate((CREB, POU))])
    classes = np.repeat([[1.0], [0.0]], 60, axis=0)
    spec = ExtractionSpec("every", 0.9)
    filters = kmer_filters([CREB[2:8], POU[2:8]])
    background = base_frequencies([sequences], "both")
    instances = extract(filters, sequences, negatives=None, background=background, extraction=spec)
    found = find_families(instances, sequences, sequences, classes, strands="both", extraction=spec)
    by_member = {family.members: family for family in found if not family.is_optional}
    assert set(by_member) == {(0,), (1,)}
    for member, kmer in ((0, CREB), (1, POU)):
        family = by_member[(member,)]
        assert kmer in family.motif.consensus
        assert family.auroc > 0.95
        assert family.shift < 0.3


def test_motifs_that_refinement_changed_are_kept_beside_the_refined_ones() -> None:
    # Refinement extends the core of one k-mer to the whole; the other one is whole from the beginning.
    sequences = SequenceSet.concatenate([with_kmers([CREB, POU] * 60, seed=0), with_kmers(["A"] * 120, seed=1)])
    classes = np.repeat([[1.0], [0.0]], 120, axis=0)
    spec = ExtractionSpec("every", 0.9)
    filters = kmer_filters([CREB[2:8], POU[:6]])
    positives = sequences.take(np.arange(120))
    background = base_frequencies([sequences], "both")
    instances = extract(filters, positives, negatives=None, background=background, extraction=spec)
    found = find_families(instances, positives, sequences, classes, strands="both", extraction=spec)
    kept = [family for family in found if family.is_optional]
    refined = [family.motif for family in found if not family.is_optional]
    before = merge(instances, positives, strands="both", extraction=spec)
    copies = mutual_similarity([family.motif for family in before], refined, strands="both").max(axis=1) >= NEAR_COPY
    assert [family.motif.counts.tolist() for family in kept] == [
        family.motif.counts.tolist() for family, is_copy in zip(before, copies, strict=True) if not is_copy
    ]
    assert kept
    assert found[-len(kept) :] == kept


def test_a_motif_without_a_source_is_an_optional_family_without_members() -> None:
    # One k-mer in most positives has a filter, the other one, in a quarter, has none.
    codes = np.random.default_rng(0).integers(0, 4, (1200, 60), dtype=np.uint8)
    for row, kmer in enumerate([CREB, CREB, CREB, POU] * 150):
        codes[row, 20:30] = codes_of([kmer])[0]
    sequences = SequenceSet(("",) * 1200, codes)
    classes = np.repeat([[1.0], [0.0]], 600, axis=0)
    spec = ExtractionSpec("every", 0.9)
    positives, background = sequences.take(np.arange(600)), base_frequencies([sequences], "both")
    instances = extract(kmer_filters([CREB]), positives, negatives=None, background=background, extraction=spec)
    families = find_families(instances, positives, sequences, classes, strands="both", extraction=spec)
    found = complement_families(families, sequences, classes, strands="both", extraction=spec)
    assert all(family.is_optional for family in found)
    assert contains(found[0].motif, POU)
    assert (found[0].members, found[0].is_from_kmer, np.isnan(found[0].shift)) == ((), True, True)
    many_tasks = np.repeat(classes, ROUNDS + 1, axis=1)
    assert complement_families(families, sequences, many_tasks, strands="both", extraction=spec) == []


def test_refinement_uses_a_sample_of_each_class_of_each_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clustering, "MAX_REFINED", 20)
    labels = np.zeros((200, 2), dtype=np.float32)
    labels[:100, 0] = labels[::13, 1] = 1
    classes = refinement_classes(labels, seed=0)
    assert [[(own == value).sum() for value in (1, 0)] for own in classes.T] == [[20, 20], [16, 20]]
    assert ((classes == labels) | np.isnan(classes)).all()
