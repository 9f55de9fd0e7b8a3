"""PWM scores and best sites equal a loop over windows; p-values are exact over all k-mers."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memelite.fimo import _pwm_to_mapping
from scipy.stats import false_discovery_control

from dna_strategies import random_dna, sequence_sets
from filter_banks import with_unknown
from motifnet.errors import InputError
from motifnet.motifs.motif import Motif, MotifSet, Strands
from motifnet.motifs.scanning import pwm as pwm_module
from motifnet.motifs.scanning.pwm import (
    ScoreDistribution,
    best_sites,
    lowest_scores,
    q_values,
    score_matrix,
)
from motifnet.sequences.alphabet import N, one_hot
from motifnet.sequences.sequence_set import SequenceSet
from strategies import backgrounds, motif_sets, motifs

KMER = "TGACGTTA"
KMERS = np.array(list(product(range(4), repeat=5)))


def motifs_of(widths: tuple[int, ...], *, strands: Strands, seed: int = 0) -> MotifSet:
    rng = np.random.default_rng(seed)
    drawn = [Motif(f"m{i}", rng.dirichlet([0.5] * 4, width).T * 50) for i, width in enumerate(widths)]
    return MotifSet(drawn, strands, np.array([0.3, 0.2, 0.2, 0.3]))


def motif_of(kmer: str, n: int = 20) -> Motif:
    return Motif(kmer, one_hot([kmer])[0] * n, nsites=n)


def window_scores(motif: Motif, codes: np.ndarray, strands: Strands) -> np.ndarray:
    """Score of every window without N, `-inf` for the others: strands x starts."""
    matrix = score_matrix(motif)
    matrices = [matrix, matrix[::-1, ::-1]] if strands == "both" else [matrix]
    scores = np.full((len(matrices), len(codes)), -np.inf)
    for strand, own in enumerate(matrices):
        for start in range(len(codes) - motif.width + 1):
            kmer = codes[start : start + motif.width]
            if (kmer != N).all():
                scores[strand, start] = own[kmer, np.arange(motif.width)].sum()
    return scores


# --- best sites ---


@settings(max_examples=60)
@given(motif_sets(), sequence_sets(max_length=30))
def test_best_sites_are_those_of_a_loop_over_windows(motifs: MotifSet, sequences: SequenceSet) -> None:
    found = best_sites(motifs.motifs, sequences, strands=motifs.strands)
    assert found.score.shape == found.start.shape == found.is_reverse.shape == (len(sequences), len(motifs))
    for row, codes in enumerate(sequences.codes):
        for column, motif in enumerate(motifs):
            scores = window_scores(motif, codes, motifs.strands)
            assert found.score[row, column] == scores.max(initial=-np.inf)
            if np.isfinite(found.score[row, column]):
                start = int(scores.max(axis=0).argmax())  # the leftmost
                assert found.start[row, column] == start
                assert found.is_reverse[row, column] == bool(scores[:, start].argmax())  # + on equal strands


def test_batches_of_motifs_and_sequences_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    motifs = motifs_of((5, 12, 1, 9, 5, 50), strands="both")  # the last one is wider than the sequences
    sequences = with_unknown(SequenceSet.from_strings(random_dna(20, 40, seed=1)), fraction=0.1)
    whole = best_sites(motifs.motifs, sequences, strands=motifs.strands)
    monkeypatch.setattr(pwm_module, "_SEQUENCE_BATCH", 7)
    monkeypatch.setattr(pwm_module, "_MOTIF_BATCH", 2)
    for ours, theirs in zip(best_sites(motifs.motifs, sequences, strands=motifs.strands), whole, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert np.isneginf(whole.score[:, 5]).all()
    assert np.isneginf(whole.score[-1]).all()  # the last sequence is all N


@pytest.mark.parametrize("length", [48, 61, 101])
def test_ties_go_to_the_leftmost_site_and_the_plus_strand(length: int) -> None:
    motifs = motifs_of((9, 6, 13), strands="forward")
    palindromes = MotifSet([Motif("p", m.counts + m.counts[::-1, ::-1]) for m in motifs[:1]])
    period = random_dna(1, 12, seed=3)[0]
    sequences = SequenceSet.from_strings([(period * 20)[:length]] * 300)
    assert best_sites(motifs.motifs, sequences, strands=motifs.strands).start.max() < len(period)
    found = best_sites(palindromes.motifs, sequences, strands=palindromes.strands)
    assert found.start.max() < len(period)
    assert not found.is_reverse.any()


def test_best_sites_of_the_reverse_complement_are_mirrored() -> None:
    motifs = motifs_of((8, 11), strands="both")
    sequences = SequenceSet.from_strings(random_dna(50, 60, seed=2))
    forward, reverse = (
        best_sites(motifs.motifs, sequences, strands=motifs.strands),
        best_sites(motifs.motifs, sequences.reverse_complement(), strands=motifs.strands),
    )
    np.testing.assert_array_equal(forward.score, reverse.score)
    widths = np.array([m.width for m in motifs])
    np.testing.assert_array_equal(reverse.start, 60 - widths - forward.start)
    np.testing.assert_array_equal(reverse.is_reverse, ~forward.is_reverse)


@pytest.mark.parametrize("n_motifs", [0, 1])
@pytest.mark.parametrize("n_sequences", [0, 2])
def test_no_motifs_or_no_sequences(n_motifs: int, n_sequences: int) -> None:
    sequences = SequenceSet.from_strings(random_dna(2, 12, seed=1)).take(np.arange(n_sequences))
    motifs = MotifSet([motif_of(KMER)][:n_motifs])
    assert best_sites(motifs.motifs, sequences, strands=motifs.strands).score.shape == (n_sequences, n_motifs)


def test_scores_are_within_half_a_step_per_column_of_the_pwm() -> None:
    motifs = motifs_of((5, 12, 30), strands="both")
    for motif in motifs:
        assert np.abs(score_matrix(motif) - motif.pwm()).max() <= 0.5 / pwm_module.STEPS_PER_BIT


@settings(max_examples=20)
@given(motifs())
def test_no_kmer_scores_below_the_lowest_score(motif: Motif) -> None:
    motif = Motif("m", np.tile(motif.counts, (1, 5))[:, :5], background=motif.background)
    assert lowest_scores([motif])[0] == score_matrix(motif)[KMERS, np.arange(5)].sum(axis=1).min()


# --- p-values and q-values ---


@settings(max_examples=30)
@given(motifs(), backgrounds(), st.sampled_from([0.1, 1.0]))
def test_p_values_are_exact_over_all_kmers(motif: Motif, background: np.ndarray, pseudocount: float) -> None:
    motif = Motif("m", np.tile(motif.counts, (1, 5))[:, :5], background=background)
    distribution = ScoreDistribution.of(motif, pseudocount)
    scores = distribution.steps[KMERS, np.arange(5)].sum(axis=1)
    probabilities = motif.background[KMERS].prod(axis=1)
    for score in np.unique(scores):
        assert distribution.tail[score] == pytest.approx(probabilities[scores >= score].sum(), rel=1e-9)
    assert distribution.tail[0] == pytest.approx(1)
    exact = motif.pwm(pseudocount)[KMERS, np.arange(5)].sum(axis=1)
    np.testing.assert_allclose(distribution.bits(scores), exact, atol=2.5 / distribution.steps_per_bit + 1e-9)


def test_a_long_motif_keeps_its_smallest_p_value() -> None:
    distribution = ScoreDistribution.of(Motif("a", np.eye(4)[:, np.arange(30) % 4] * 100))
    assert distribution.tail[-1] == pytest.approx(0.25**30)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_p_values_are_memelites_within_the_rounding(seed: int) -> None:
    rng = np.random.default_rng(seed)
    motif = Motif("m", rng.dirichlet(np.full(4, 0.3), size=9).T * 100 + 0.5)
    ours = ScoreDistribution.of(motif, 0.1)
    step = 0.002
    smallest, log_tail = _pwm_to_mapping(motif.pwm(0.1), step)
    scores = ours.steps[rng.integers(0, 4, (200, 9)), np.arange(9)].sum(axis=1)
    slack = 9 / 2 * (1 / ours.steps_per_bit + step) + step
    bins = ((ours.bits(scores)[:, np.newaxis] + [slack, 0, -slack]) / step - smallest).astype(int)
    low, theirs, high = (2.0 ** log_tail[np.clip(column, 0, len(log_tail) - 1)] for column in bins.T)
    p = ours.tail[scores]
    assert np.all((p >= low * (1 - 1e-9)) & (p <= high * (1 + 1e-9)))
    assert np.median(np.abs(np.log(p / theirs))) < 0.1


def test_the_cutoff_is_the_lowest_score_that_passes() -> None:
    distribution = ScoreDistribution.of(Motif("a", np.eye(4) * 20))
    for p_value in (1.0, 0.3, 1e-2, 4.0**-4, 1e-9):
        cutoff = distribution.cutoff(p_value)
        assert (distribution.tail[cutoff:] <= p_value).all()
        assert (distribution.tail[:cutoff] > p_value).all()


def test_a_motif_without_information_has_p_one() -> None:
    assert ScoreDistribution.of(Motif("flat", np.ones((4, 3)))).tail.tolist() == [1.0]


def test_p_values_need_a_pseudocount() -> None:
    with pytest.raises(InputError):
        ScoreDistribution.of(Motif("a", np.eye(4)), pseudocount=0)


@given(st.lists(st.integers(0, 30), min_size=2, max_size=30).filter(any))
def test_q_values_are_benjamini_and_hochbergs(counts: list[int]) -> None:
    tail = np.linspace(1, 0, len(counts), endpoint=False)
    windows = np.repeat(np.arange(len(counts)), counts)
    q = q_values(tail, np.array(counts))
    np.testing.assert_allclose(q[windows], false_discovery_control(tail[windows]), rtol=1e-12)
