"""Patterns: planted motifs are recovered from seqlets, whole, on both strands and apart."""

from __future__ import annotations

import numpy as np
import pytest

from interpretation.made_attributions import noise, planted
from motifnet.interpretation.patterns import find_patterns, observed_matrices
from motifnet.interpretation.seqlets import find_seqlets
from motifnet.motifs.alignment import align_motifs
from motifnet.motifs.learned.extraction import MotifInstances
from motifnet.motifs.motif import Motif

CONTROLS = noise(200, seed=9)
UNIFORM = np.full(4, 0.25)
WORDS = ["GATTACAGG", "CCGTAACCTGC", "TGACTCAAT"]


def patterns_of(words: list[str], heights: list[float], *, strands: str = "both", n: int = 150) -> list[MotifInstances]:
    attributions, *_ = planted(n, words, heights, seed=1, both_strands=strands == "both")
    seqlets = find_seqlets(attributions, controls=CONTROLS)
    return find_patterns(attributions, seqlets, background=UNIFORM, strands=strands)  # type: ignore[arg-type]


def _motif(word: str) -> Motif:
    counts = np.full((4, len(word)), 0.1)
    counts[["ACGT".index(letter) for letter in word], np.arange(len(word))] = 100
    return Motif(word, counts, nsites=100, background=UNIFORM)


@pytest.mark.parametrize("strands", ["both", "forward"])
def test_planted_motifs_are_recovered_whole(strands: str) -> None:
    found = patterns_of(WORDS, [1.0, 0.8, 0.6], strands=strands)
    motifs = [each.motif for each in found if each.motif is not None]
    similarity = align_motifs([_motif(word) for word in WORDS], motifs).similarity
    assert len(found) == len(WORDS)
    assert sorted(similarity.argmax(axis=1).tolist()) == [0, 1, 2]
    for word, motif in zip(WORDS, (motifs[k] for k in similarity.argmax(axis=1)), strict=True):
        assert motif.total_information >= 1.8 * len(word)
    assert [each.source for each in found] == ["p00", "p01", "p02"]


def test_signs_are_not_mixed() -> None:
    """One k-mer that raises the score in some sequences and lowers it in others: two patterns."""
    found = patterns_of(["GATTACAGG", "GATTACAGG"], [1.0, -1.0])
    assert len(found) == 2
    totals = [each.contributions.sum() for each in found if each.contributions is not None]
    assert totals[0] > 0 > totals[1]


def test_matrices_are_means_over_the_sites() -> None:
    attributions, *_ = planted(80, WORDS[:1], [1.0], seed=3, both_strands=True)
    seqlets = find_seqlets(attributions, controls=CONTROLS)
    (found,) = find_patterns(attributions, seqlets, background=UNIFORM)
    assert found.motif is not None
    assert found.contributions is not None
    assert found.hypothetical is not None
    assert found.contributions.shape == found.hypothetical.shape == found.motif.counts.shape
    expected = np.zeros_like(found.contributions)
    for sequence, start, is_reverse in zip(
        found.sites.sequence, found.sites.start, found.sites.is_reverse, strict=True
    ):
        codes, values = attributions.sequences.codes[sequence], attributions.values[sequence]
        one_hot = (codes == np.arange(4)[:, np.newaxis]) * values
        window = np.pad(one_hot, ((0, 0), (40, 40)))[:, start + 40 : start + 40 + found.motif.width]
        expected += window[::-1, ::-1] if is_reverse else window
    assert np.allclose(found.contributions, expected / len(found.sites), atol=1e-6)
    assert np.allclose(observed_matrices(attributions, found.sites).mean(axis=0), found.contributions, atol=1e-6)


def test_few_seqlets_give_no_pattern() -> None:
    assert patterns_of(WORDS[:1], [1.0], n=8) == []
