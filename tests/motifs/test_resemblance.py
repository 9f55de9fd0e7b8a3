"""Motifs that resemble an earlier one: parts, longer motifs, other spacings."""

from __future__ import annotations

import numpy as np
import pytest

from filter_banks import reverse_complement_of
from motifnet.motifs.motif import Motif
from motifnet.motifs.resemblance import KINDS, resembled
from motifnet.sequences.alphabet import one_hot

DIMER = "AGGTCATGACCT"


def motif_of(kmer: str) -> Motif:
    """A motif of one k-mer, uniform where it is N."""
    return Motif(kmer, one_hot([kmer])[0] * 97.0 + 1)


def with_gap(gap: int, kmer: str = "AGGTCANNNTGGACA") -> str:
    """The two halves at another distance: the example has 3 bp between them."""
    return kmer[:6] + "N" * gap + kmer[9:]


@pytest.mark.parametrize(
    ("earlier", "own", "kind"),
    [
        (DIMER, DIMER, "similar"),
        ("GGCACGTGAC", "GCACGTGACN", "similar"),
        ("AGGTCANNNTGGACA", "AGGTCA", "part"),
        ("AGGTCA", "AGGTCANNNTGGACA", "longer"),
        *((with_gap(3), with_gap(gap), "spacing") for gap in (0, 2, 4, 8)),
        (with_gap(8), with_gap(2), "spacing"),
        (DIMER, DIMER[:6] + "N" + DIMER[6:], "spacing"),
    ],
)
def test_the_kind_of_a_variant(earlier: str, own: str, kind: str) -> None:
    assert kind in KINDS
    for kmer in (own, reverse_complement_of(own)):
        assert resembled([motif_of(earlier), motif_of(kmer)], strands="both") == [(-1, ""), (0, kind)]


@pytest.mark.parametrize("own", ["CCATTGGA", "AGGTAA" + "CTAGGC", "TTTTTTTT", "CATTT"])
def test_other_motifs_are_no_variants(own: str) -> None:
    assert resembled([motif_of(DIMER), motif_of(own)], strands="both")[1] == (-1, "")


def test_of_several_the_most_similar_earlier_one() -> None:
    near, far = motif_of("GGCACGTGAC"), motif_of("CATTTGCATA")
    noisy = motif_of("GGCACGTGAA")
    assert [index for index, _ in resembled([noisy, far, near, near], strands="both")] == [-1, -1, 0, 2]
    assert resembled([], strands="both") == []


def test_on_one_strand_the_reverse_complement_is_another_motif() -> None:
    motifs = [motif_of("GGCACTTGAC"), motif_of(reverse_complement_of("GGCACTTGAC"))]
    assert [kind for _, kind in resembled(motifs, strands="both")] == ["", "similar"]
    assert [kind for _, kind in resembled(motifs, strands="forward")] == ["", ""]


def test_flat_motifs_resemble_nothing() -> None:
    flat = Motif("flat", np.full((4, 8), 5.0))
    assert resembled([flat, flat, motif_of(DIMER)], strands="both") == [(-1, "")] * 3
