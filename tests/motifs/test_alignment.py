"""Alignment of motifs, and groups that do not depend on their order."""

from __future__ import annotations

from itertools import islice, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filter_banks import reverse_complement_of
from motifnet.motifs.alignment import (
    MERGE_SIMILARITY,
    MIN_OVERLAP,
    NEAR_COPY,
    align_motifs,
    content_key,
    group_motifs,
    mutual_similarity,
)
from motifnet.motifs.motif import STRANDS, Motif, Strands
from motifnet.sequences.alphabet import one_hot
from strategies import motifs

CREB, EBOX = "TGACGTTACC", "GGCACGTGAC"


def motif_of(kmer: str) -> Motif:
    """A motif of one k-mer, uniform where it is N."""
    counts = one_hot([kmer])[0] * 97.0 + 1
    return Motif(kmer, counts)


def brute_force(query: Motif, target: Motif) -> float:
    """The similarity that `align_motifs` documents, on the forward strand, at the best of all offsets."""
    q, t = query.ppm - 0.25, target.ppm - 0.25
    small_is_query = np.square(q).sum() <= np.square(t).sum()
    best = -1.0
    for offset in range(1 - target.width, query.width):
        columns = range(max(offset, 0), min(query.width, offset + target.width))
        if len(columns) < min(query.width, target.width, MIN_OVERLAP):
            continue
        mine, other = q[:, columns], t[:, [c - offset for c in columns]]
        norms = (q, other) if small_is_query else (mine, t)
        norm = np.sqrt(np.square(norms[0]).sum() * np.square(norms[1]).sum())
        best = max(best, float((mine * other).sum() / norm) if norm > 0 else 0.0)
    return best


@settings(max_examples=50)
@given(motifs(name="q"), motifs(name="t"))
def test_similarity_is_that_of_the_best_offset(query: Motif, target: Motif) -> None:
    found = align_motifs([query], [target], strands="forward")
    assert found.similarity[0, 0] == pytest.approx(brute_force(query, target), abs=1e-6)
    assert not found.is_reverse.any()


@settings(max_examples=25)
@given(st.lists(motifs(name="m"), min_size=2, max_size=5), st.sampled_from(STRANDS))
def test_several_motifs_are_aligned_like_single_ones(bank: list[Motif], strands: Strands) -> None:
    together = align_motifs(bank, bank[::-1], strands=strands).similarity
    alone = [[align_motifs([q], [t], strands=strands).similarity[0, 0] for t in bank[::-1]] for q in bank]
    np.testing.assert_allclose(together, alone, atol=1e-6)


@settings(max_examples=50)
@given(motifs(name="q"), motifs(name="t"))
def test_the_strand_of_a_motif_does_not_matter(query: Motif, target: Motif) -> None:
    ways = [[query, query.reverse_complement()], [target, target.reverse_complement()]]
    similarity = align_motifs(*ways, strands="both").similarity
    np.testing.assert_allclose(similarity, similarity[0, 0], atol=1e-6)
    one_strand = align_motifs([query], [target], strands="forward").similarity[0, 0]
    assert similarity[0, 0] >= one_strand - 1e-9


@pytest.mark.parametrize("shift", [-3, 0, 2])
def test_planted_offsets(shift: int) -> None:
    whole = "AC" + CREB + "TG"
    # A part of the k-mer, from `shift` bp after its start, or with unknown columns before it.
    piece = whole[shift:] if shift >= 0 else "N" * -shift + whole
    query, target = motif_of(whole), motif_of(piece)
    found = align_motifs([query], [target, target.reverse_complement()], strands="both")
    assert found.similarity.min() > 0.99
    assert found.offset.tolist() == [[shift, shift]]
    assert found.is_reverse.tolist() == [[False, True]]
    mirrored = align_motifs([query.reverse_complement()], [target], strands="both")
    assert mirrored.offset[0, 0] == query.width - target.width - shift
    assert mirrored.is_reverse[0, 0]


def test_palindromes_are_on_the_plus_strand() -> None:
    both = [motif_of("GTCACGTGAC"), motif_of("GTCACGTGAC").reverse_complement()]
    assert not align_motifs(both, both, strands="both").is_reverse.any()


def test_a_part_is_similar_and_another_motif_is_not() -> None:
    found = align_motifs(
        [motif_of(CREB)], [motif_of(CREB[2:8]), motif_of(EBOX), motif_of(CREB[5:] + "GGTTC")], strands="both"
    ).similarity[0]
    assert found[0] > 0.99
    assert found[1] < 0.6
    assert found[2] < MERGE_SIMILARITY  # half of each is not aligned


def test_short_overlaps_are_ignored() -> None:
    ends_with, starts_with = motif_of("CCCCCCTTGA"), motif_of("TTGAGGGGGG")
    assert align_motifs([ends_with], [starts_with], strands="forward").similarity[0, 0] < 0.5
    # All columns of a shorter motif are enough.
    assert align_motifs([ends_with], [motif_of("TTGA")], strands="forward").similarity[0, 0] > 0.99


def test_groups_do_not_depend_on_the_order() -> None:
    bank = [motif_of(w) for w in (CREB, CREB[1:], reverse_complement_of(CREB), EBOX, "A" + EBOX[:-1], "TTTAAATTTCCC")]
    for order in islice(permutations(range(len(bank))), 0, None, 7):  # all orders would take seconds
        groups = group_motifs([bank[i] for i in order], strands="both")
        assert {frozenset(order[i] for i in members) for members in groups} == {
            frozenset(found) for found in ({0, 1, 2}, {3, 4}, {5})
        }
        assert groups == sorted(groups)
    assert len(group_motifs(bank, strands="forward")) == 4


@settings(max_examples=25)
@given(st.data(), st.lists(motifs(name="m"), min_size=2, max_size=7), st.sampled_from(STRANDS), st.floats(0.05, 0.95))
def test_groups_of_any_motifs_do_not_depend_on_the_order(
    data: st.DataObject, given_motifs: list[Motif], strands: Strands, smallest: float
) -> None:
    order = data.draw(st.permutations(range(len(given_motifs))))
    groups = group_motifs(given_motifs, strands=strands, min_similarity=smallest)
    assert sorted(index for members in groups for index in members) == list(range(len(given_motifs)))
    # Equal motifs may be exchanged.
    keys = [content_key(motif, strands) for motif in given_motifs]
    permuted = group_motifs([given_motifs[i] for i in order], strands=strands, min_similarity=smallest)
    assert sorted(sorted(keys[i] for i in members) for members in groups) == sorted(
        sorted(keys[order[i]] for i in members) for members in permuted
    )


@pytest.mark.parametrize("n", [0, 1])
def test_few_motifs(n: int) -> None:
    assert group_motifs([motif_of(CREB)] * n, strands="both") == [(0,)] * n
    assert align_motifs([motif_of(CREB)] * n, [], strands="both").similarity.shape == (n, 0)


# --- similarity of whole motifs ---


@settings(max_examples=50)
@given(motifs(name="q"), motifs(name="t"))
def test_the_mutual_similarity_is_the_cosine_at_the_best_offset(query: Motif, target: Motif) -> None:
    q, t = query.ppm - 0.25, target.ppm - 0.25
    inner = [0.0]
    for offset in range(1 - target.width, query.width):
        columns = range(max(offset, 0), min(query.width, offset + target.width))
        inner.append(float((q[:, columns] * t[:, [c - offset for c in columns]]).sum()))
    norm = np.sqrt(np.square(q).sum() * np.square(t).sum())
    expected = max(inner) / norm if norm > 1e-12 else 0.0
    forward = mutual_similarity([query], [target], strands="forward")[0, 0]
    assert forward == pytest.approx(expected, abs=1e-6)
    both = mutual_similarity([query, target], [target.reverse_complement(), query], strands="both")
    assert both[0, 0] == pytest.approx(both[1, 1], abs=1e-6)
    assert both[0, 0] >= forward - 1e-6


def test_a_half_site_is_no_copy() -> None:
    whole, half = motif_of("NNTGACGTCANN"), motif_of("TGACG")
    similarity = mutual_similarity([whole], [whole.reverse_complement(), whole.trim(0.5), half], strands="both")[0]
    assert (similarity[:2] >= NEAR_COPY).all()
    assert similarity[2] < NEAR_COPY
    assert align_motifs([whole], [half]).similarity[0, 0] > NEAR_COPY
