"""Motifs of Biopython: accepted wherever motifs are, and made from ours."""

from __future__ import annotations

import io

import numpy as np
import pytest
from Bio import motifs as bio_motifs
from Bio.Seq import Seq
from hypothesis import given, settings
from pandas.testing import assert_frame_equal

from motifnet.errors import InputError
from motifnet.motifs.io import jaspar, meme, transfac
from motifnet.motifs.io.files import parse_motifs
from motifnet.motifs.known.comparison import compare
from motifnet.motifs.known.databases import as_motifs, read_database
from motifnet.motifs.motif import PSEUDOCOUNT, Motif, MotifSet
from motifnet.motifs.scanning.scanners import scan
from strategies import motif_sets


@settings(max_examples=50)
@given(motifs=motif_sets())
def test_motifs_are_the_same_after_a_round_trip(motifs: MotifSet) -> None:
    back = MotifSet([motif.to_biopython() for motif in motifs], motifs.strands, motifs.background)
    for ours, again in zip(motifs, back, strict=True):
        assert (again.name, again.nsites, again.e_value) == (ours.name, ours.nsites, ours.e_value)
        assert again.alt_name == ("" if ours.alt_name == ours.name else ours.alt_name)
        assert np.array_equal(again.counts, ours.counts)
        assert np.array_equal(again.background, ours.background)


@settings(max_examples=50)
@given(motifs=motif_sets())
def test_scores_of_biopython_are_those_of_the_pwm(motifs: MotifSet) -> None:
    for motif in motifs:
        pssm = motif.to_biopython().pssm
        scores = [pssm[base] for base in "ACGT"]
        np.testing.assert_allclose(scores, motif.pwm(PSEUDOCOUNT), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("name", "module"), [("minimal", meme), ("jaspar", jaspar), ("transfac", transfac)])
def test_files_read_by_biopython_and_by_us_give_equal_motifs(name: str, module) -> None:
    written = MotifSet([Motif("MA1.1", [[4, 0], [3, 7], [0, 0], [0, 0]], 7, alt_name="Arnt"), Motif("x", [[9]] * 4)])
    text = io.StringIO()
    module.write(written, text)
    ours, theirs = parse_motifs(text.getvalue()), bio_motifs.parse(io.StringIO(text.getvalue()), name)
    for expected, found in zip(ours, as_motifs(theirs), strict=True):
        assert found.name == expected.name
        np.testing.assert_allclose(found.ppm, expected.ppm, atol=2e-6)
        if name != "minimal":  # in which Biopython does not read the alternate name
            assert found.alt_name == expected.alt_name


def test_aligned_sites_are_a_motif() -> None:
    motif = bio_motifs.create([Seq("CACGTG"), Seq("CACGTG"), Seq("CATGTG")])
    (found,) = as_motifs(motif)
    assert (found.name, found.nsites, found.consensus) == ("motif_1", 3, "CACGTG")
    assert found.counts.sum() == 18


def test_motifs_of_biopython_are_scanned_and_compared() -> None:
    ours = read_database("vertebrates")[:3]
    theirs = [motif.to_biopython() for motif in ours]
    assert_frame_equal(compare(theirs, ours), compare(ours, ours))
    site = ours[0].consensus.replace("N", "A")
    assert scan(theirs[0], ["TT" + site]).start.tolist() == scan(ours[:1], ["TT" + site]).start.tolist()


def test_rna_letters_are_read_as_dna() -> None:
    (found,) = as_motifs(bio_motifs.Motif("ACGU", counts={"A": [1], "C": [2], "G": [3], "U": [4]}))
    assert found.counts[:, 0].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "motif",
    [bio_motifs.Motif(), bio_motifs.Motif("ACDE", counts={letter: [1] for letter in "ACDE"}), 5],
    ids=["no counts", "protein", "another type"],
)
def test_motifs_that_are_not_dna_are_refused(motif: object) -> None:
    with pytest.raises(InputError):
        as_motifs([motif])
