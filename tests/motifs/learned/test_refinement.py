"""Refined seeds: planted motifs are recovered on either strand, and no motif becomes worse on training sequences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from dna_strategies import random_dna
from motifnet.motifs.alignment import align_motifs
from motifnet.motifs.extraction_spec import ExtractionSpec
from motifnet.motifs.learned.refinement import MAX_WIDTH
from motifnet.motifs.learned.refinement import refine as refined_candidates
from motifnet.motifs.motif import Motif, Strands
from motifnet.motifs.scanning.pwm import best_sites
from motifnet.sequences.alphabet import codes_of, one_hot
from motifnet.sequences.sequence_set import SequenceSet

CREB, PAX = "TGACGTCATC", "GGAACCATTAG"


def as_motif(kmer: str, *, blur: float = 0.0) -> Motif:
    """Each column the base, except for a fraction `blur`."""
    return Motif(f"m_{kmer}", (one_hot([kmer])[0] * (1 - blur) + blur / 4) * 100 + 0.25, nsites=100)


def planted(words: Sequence[str], *, n: int = 200, fraction: float = 0.6, seed: int = 0) -> SequenceSet:
    """Each k-mer, with a tenth of its bases at random, in a fraction of the sequences."""
    rng = np.random.default_rng(seed)
    codes = codes_of(random_dna(n, 60, seed=seed))
    for kmer in words:
        for row in np.flatnonzero(rng.random(n) < fraction):
            site = codes_of([kmer])[0]
            wrong = rng.random(len(kmer)) < 0.1
            site[wrong] = rng.integers(4, size=int(wrong.sum()))
            start = rng.integers(60 - len(kmer) + 1)
            codes[row, start : start + len(kmer)] = site
    return SequenceSet(tuple(map(str, range(n))), codes)


def auroc(motif: Motif, enriched: SequenceSet, others: SequenceSet) -> float:
    scores = [best_sites([motif], part, strands="both").score[:, 0] for part in (enriched, others)]
    return float(roc_auc_score(np.repeat([1, 0], [len(enriched), len(others)]), np.concatenate(scores)))


def refine(
    motifs: Sequence[Motif], enriched: SequenceSet, others: SequenceSet, *, strands: Strands = "both"
) -> list[Motif]:
    """The refined motifs; checks their auROC."""
    refined = refined_candidates(motifs, enriched, others, strands=strands, extraction=ExtractionSpec())
    for candidate in refined:
        if len(enriched) and len(others) and strands == "both":
            assert candidate.auroc == pytest.approx(auroc(candidate.motif, enriched, others), abs=1e-6)
    return [candidate.motif for candidate in refined]


def similarity(motif: Motif, kmer: str) -> float:
    return float(align_motifs([motif], [as_motif(kmer, blur=0.1)], strands="both").similarity[0, 0])


ENRICHED, OTHERS = planted([CREB], seed=1), planted([], seed=2)
SEEDS = {
    "blurred": as_motif(CREB, blur=0.6),
    "shifted": as_motif("NN" + CREB[:-2], blur=0.2),
    "a piece": as_motif(CREB[1:8], blur=0.2),
    "too long": as_motif("NNNN" + CREB + "NNNN", blur=0.4),
    "reversed": as_motif(CREB, blur=0.4).reverse_complement(),
}


@pytest.mark.parametrize("seed", SEEDS.values(), ids=SEEDS)
def test_a_planted_motif_is_recovered(seed: Motif) -> None:
    (refined,) = refine([seed], ENRICHED, OTHERS)
    assert similarity(refined, CREB) > 0.95
    assert abs(refined.width - len(CREB)) <= 2
    assert refined.nsites is not None
    assert 60 <= refined.nsites <= 200
    assert auroc(refined, ENRICHED, OTHERS) > auroc(seed, ENRICHED, OTHERS)


def test_the_auroc_on_training_sequences_never_decreases() -> None:
    seeds = [as_motif(CREB[first:last], blur=blur) for first, last in ((0, 6), (3, 9)) for blur in (0.1, 0.5)]
    refined = refine(seeds, ENRICHED, OTHERS)
    for before, after in zip(seeds, refined, strict=True):
        assert auroc(after, ENRICHED, OTHERS) >= auroc(before, ENRICHED, OTHERS) - 1e-9


def test_random_seeds_give_valid_motifs() -> None:
    rng = np.random.default_rng(0)
    seeds = [Motif(f"r{i}", rng.dirichlet([0.4] * 4, 8 * (i + 1)).T * 100) for i in range(4)]
    refined = refine(seeds, OTHERS, planted([], seed=3))
    assert len(refined) == 4
    assert all(1 <= after.width <= max(MAX_WIDTH, before.width) for before, after in zip(seeds, refined, strict=True))


def test_two_motifs_stay_different() -> None:
    enriched = planted([CREB, PAX], seed=3)
    seeds = [as_motif(CREB[2:], blur=0.4), as_motif(PAX[1:9], blur=0.4), as_motif(CREB[:7], blur=0.2)]
    refined = refine(seeds, enriched, OTHERS)
    assert [similarity(motif, kmer) > 0.9 for motif, kmer in zip(refined, (CREB, PAX, CREB), strict=True)] == [True] * 3
    # Seeds that converge have the same motif.
    assert refined[0] is refined[2]


def test_the_reverse_complement_of_all_sequences_gives_the_same_motif() -> None:
    seed = SEEDS["a piece"]
    (forward,) = refine([seed], ENRICHED, OTHERS)
    reversed_classes = ENRICHED.reverse_complement(), OTHERS.reverse_complement()
    (reverse,) = refine([seed], *reversed_classes)
    assert align_motifs([forward], [reverse], strands="both").similarity[0, 0] > 0.95
    on_one_strand = refine([seed.reverse_complement()], *reversed_classes, strands="forward")[0]
    assert similarity(on_one_strand, CREB) > 0.95


def test_the_order_of_the_seeds_does_not_matter() -> None:
    seeds = list(SEEDS.values())
    one_way = refine(seeds, ENRICHED, OTHERS)
    other_way = refine(seeds[::-1], ENRICHED, OTHERS)[::-1]
    for a, b in zip(one_way, other_way, strict=True):
        np.testing.assert_allclose(a.counts, b.counts)


def test_a_motif_that_no_round_improves_is_unchanged() -> None:
    seed = as_motif(CREB)
    few = SequenceSet.from_strings(random_dna(5, 60, seed=1))
    assert refine([seed], few, few)[0].counts.tolist() == seed.counts.tolist()
    assert refine([], ENRICHED, OTHERS) == []


@pytest.mark.parametrize("empty", ["enriched", "others", "both"])
def test_a_class_without_sequences(empty: str) -> None:
    nothing = ENRICHED.take([])
    enriched, others = (nothing if empty in (name, "both") else ENRICHED for name in ("enriched", "others"))
    seed = as_motif(CREB)
    assert refine([seed], enriched, others)[0].counts.tolist() == seed.counts.tolist()
