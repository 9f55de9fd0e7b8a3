"""Refined seeds: a planted motif comes back whole, on any strand, and nothing gets worse on the training sequences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency
from sklearn.metrics import roc_auc_score

from dna_strategies import random_dna
from motifnet.motifs.alignment import align
from motifnet.motifs.extraction_spec import ExtractionSpec
from motifnet.motifs.learned.refinement import MAX_WIDTH, best_cut, likelihood_ratio
from motifnet.motifs.learned.refinement import refine as refine_with_separation
from motifnet.motifs.motif import Motif, MotifSet, Strands
from motifnet.motifs.scanning.pwm import best_sites
from motifnet.sequences.alphabet import codes_of, one_hot
from motifnet.sequences.sequence_set import SequenceSet

CREB, PAX = "TGACGTCATC", "GGAACCATTAG"
HOW = ExtractionSpec()


def as_motif(word: str, *, blur: float = 0.0) -> Motif:
    """Each column the letter, but for a share of `blur`."""
    return Motif(f"m_{word}", (one_hot([word])[0] * (1 - blur) + blur / 4) * 100 + 0.25, nsites=100)


def planted(words: Sequence[str], *, n: int = 200, share: float = 0.6, seed: int = 0) -> SequenceSet:
    """Each word, with a wrong letter in every tenth place, somewhere in a share of the sequences."""
    rng = np.random.default_rng(seed)
    codes = codes_of(random_dna(n, 60, seed=seed))
    for word in words:
        for row in np.flatnonzero(rng.random(n) < share):
            site = codes_of([word])[0]
            wrong = rng.random(len(word)) < 0.1
            site[wrong] = rng.integers(4, size=int(wrong.sum()))
            start = rng.integers(60 - len(word) + 1)
            codes[row, start : start + len(word)] = site
    return SequenceSet(tuple(map(str, range(n))), codes)


def auroc(motif: Motif, marked: SequenceSet, others: SequenceSet) -> float:
    scores = [best_sites(MotifSet([motif]), part).score[:, 0] for part in (marked, others)]
    return float(roc_auc_score(np.repeat([1, 0], [len(marked), len(others)]), np.concatenate(scores)))


def refine(
    motifs: Sequence[Motif], marked: SequenceSet, others: SequenceSet, *, strands: Strands, how: ExtractionSpec
) -> list[Motif]:
    """The motifs alone; what they separate is what is told."""
    refined = refine_with_separation(motifs, marked, others, strands=strands, how=how)
    for motif, separation in refined:
        if len(marked) and len(others) and strands == "both":
            assert separation == pytest.approx(auroc(motif, marked, others), abs=1e-6)
    return [motif for motif, _ in refined]


def similarity(motif: Motif, word: str) -> float:
    return float(align([motif], [as_motif(word, blur=0.1)], strands="both").similarity[0, 0])


MARKED, OTHERS = planted([CREB], seed=1), planted([], seed=2)
SEEDS = {
    "blurred": as_motif(CREB, blur=0.6),
    "shifted": as_motif("NN" + CREB[:-2], blur=0.2),
    "a piece": as_motif(CREB[1:8], blur=0.2),
    "too long": as_motif("NNNN" + CREB + "NNNN", blur=0.4),
    "reversed": as_motif(CREB, blur=0.4).reverse_complement(),
}


@pytest.mark.parametrize("seed", SEEDS.values(), ids=SEEDS)
def test_a_planted_motif_comes_back(seed: Motif) -> None:
    (refined,) = refine([seed], MARKED, OTHERS, strands="both", how=HOW)
    assert similarity(refined, CREB) > 0.95
    assert abs(refined.width - len(CREB)) <= 2
    assert refined.nsites is not None
    assert 60 <= refined.nsites <= 200
    assert auroc(refined, MARKED, OTHERS) > auroc(seed, MARKED, OTHERS)


def test_never_worse_on_training() -> None:
    seeds = [as_motif(CREB[first:last], blur=blur) for first, last in ((0, 6), (3, 9)) for blur in (0.1, 0.5)]
    refined = refine(seeds, MARKED, OTHERS, strands="both", how=HOW)
    for before, after in zip(seeds, refined, strict=True):
        assert auroc(after, MARKED, OTHERS) >= auroc(before, MARKED, OTHERS) - 1e-9


def test_noise_stays_a_motif() -> None:
    rng = np.random.default_rng(0)
    seeds = [Motif(f"r{i}", rng.dirichlet([0.4] * 4, 8 * (i + 1)).T * 100) for i in range(4)]
    refined = refine(seeds, OTHERS, planted([], seed=3), strands="both", how=HOW)
    assert len(refined) == 4
    assert all(1 <= after.width <= max(MAX_WIDTH, before.width) for before, after in zip(seeds, refined, strict=True))


def test_two_motifs_are_kept_apart() -> None:
    marked = planted([CREB, PAX], seed=3)
    seeds = [as_motif(CREB[2:], blur=0.4), as_motif(PAX[1:9], blur=0.4), as_motif(CREB[:7], blur=0.2)]
    refined = refine(seeds, marked, OTHERS, strands="both", how=HOW)
    assert [similarity(motif, word) > 0.9 for motif, word in zip(refined, (CREB, PAX, CREB), strict=True)] == [True] * 3
    # Two that became one end as the same.
    assert refined[0] is refined[2]


def test_the_reverse_complement_of_all_sequences_gives_the_same_motif() -> None:
    seed = SEEDS["a piece"]
    (forward,) = refine([seed], MARKED, OTHERS, strands="both", how=HOW)
    turned = MARKED.reverse_complement(), OTHERS.reverse_complement()
    (reverse,) = refine([seed], *turned, strands="both", how=HOW)
    assert align([forward], [reverse], strands="both").similarity[0, 0] > 0.95
    on_one_strand = refine([seed.reverse_complement()], *turned, strands="forward", how=HOW)[0]
    assert similarity(on_one_strand, CREB) > 0.95


def test_the_order_of_the_seeds_does_not_matter() -> None:
    seeds = list(SEEDS.values())
    one_way = refine(seeds, MARKED, OTHERS, strands="both", how=HOW)
    other_way = refine(seeds[::-1], MARKED, OTHERS, strands="both", how=HOW)[::-1]
    for a, b in zip(one_way, other_way, strict=True):
        np.testing.assert_allclose(a.counts, b.counts)


def test_what_nothing_helps_comes_back_as_it_was() -> None:
    seed = as_motif(CREB)
    few = SequenceSet.from_strings(random_dna(5, 60, seed=1))
    assert refine([seed], few, few, strands="both", how=HOW)[0].counts.tolist() == seed.counts.tolist()
    assert refine([], MARKED, OTHERS, strands="both", how=HOW) == []


@pytest.mark.parametrize("empty", ["marked", "others", "both"])
def test_a_class_without_sequences(empty: str) -> None:
    nothing = MARKED.take([])
    marked, others = (nothing if empty in (name, "both") else MARKED for name in ("marked", "others"))
    seed = as_motif(CREB)
    assert refine([seed], marked, others, strands="both", how=HOW)[0].counts.tolist() == seed.counts.tolist()


scores = st.lists(st.integers(-3, 6).map(float) | st.just(-np.inf), max_size=12).map(np.array)


@given(scores, scores)
def test_the_best_cut_is_that_of_brute_force(marked: np.ndarray, others: np.ndarray) -> None:
    cut = best_cut(marked, others)
    found = {-1.0: 0.0}
    for score in {*marked.tolist(), *others.tolist()} - {-np.inf}:
        counts = [np.array((part >= score).sum()) for part in (marked, others)]
        found[score] = float(likelihood_ratio(counts[0], len(marked), counts[1], len(others)))
    assert cut.gain == pytest.approx(max(found.values()), abs=1e-9)
    if cut.gain > 0:
        counts = [np.array((part >= cut.threshold).sum()) for part in (marked, others)]
        assert float(likelihood_ratio(counts[0], len(marked), counts[1], len(others))) == pytest.approx(cut.gain)
        # Between two scores, so that no rounding moves one over the line; above those without a site.
        assert not np.isin(cut.threshold, np.concatenate([marked, others]))
        assert np.isfinite(cut.threshold)


def test_cuts_that_are_known() -> None:
    assert best_cut(np.array([3.0, 2.0, 2.0]), np.array([1.0, 0.0])).threshold == 1.5
    assert best_cut(np.array([0.0]), np.array([1.0])).gain == 0
    assert best_cut(np.array([]), np.array([])) == (np.inf, 0.0)
    assert best_cut(np.array([-np.inf, -np.inf]), np.array([-np.inf])) == (np.inf, 0.0)
    # Equal scores are on one side.
    assert best_cut(np.array([1.0, 1.0]), np.array([1.0, 0.0, 0.0])).threshold == 0.5


@given(st.integers(0, 20), st.integers(1, 20), st.integers(0, 20), st.integers(1, 20))
def test_the_gain_is_half_of_g(a: int, n: int, b: int, m: int) -> None:
    a, b = min(a, n), min(b, m)
    ratio = float(likelihood_ratio(np.array(a), n, np.array(b), m))
    if a * m <= b * n:
        assert ratio == 0
    else:
        g = chi2_contingency([[a, n - a], [b, m - b]], correction=False, lambda_="log-likelihood").statistic
        assert 2 * ratio == pytest.approx(g, abs=1e-9)
