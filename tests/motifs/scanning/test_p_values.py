"""P-values of scores: exact on all words, as others compute them; q-values as their definition says."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memelite.fimo import _pwm_to_mapping
from scipy.stats import false_discovery_control

from motifnet.errors import InputError
from motifnet.motifs.motif import Motif
from motifnet.motifs.scanning.p_values import integer_matrix, q_values
from strategies import backgrounds, motifs

WORDS = np.array(list(product(range(4), repeat=5)))


@settings(max_examples=30)
@given(motifs(), backgrounds())
def test_the_tail_is_that_of_all_words(motif: Motif, background: np.ndarray) -> None:
    counts = np.tile(motif.counts, (1, 5))[:, :5]
    matrix = integer_matrix(Motif("m", counts, background=background))
    scores = matrix.steps[WORDS, np.arange(5)].sum(axis=1)
    chances = background[WORDS].prod(axis=1)
    for score in np.unique(scores):
        assert matrix.tail[score] == pytest.approx(chances[scores >= score].sum(), rel=1e-9)
    assert matrix.tail[0] == pytest.approx(1)
    exact = Motif("m", counts, background=background).pwm(0.1)[WORDS, np.arange(5)].sum(axis=1)
    np.testing.assert_allclose(matrix.bits(scores), exact, atol=5 * 0.5 / matrix.scale + 1e-9)


def test_a_long_motif_keeps_its_smallest_p_value() -> None:
    matrix = integer_matrix(Motif("a", np.eye(4)[:, np.arange(30) % 4] * 100))
    assert matrix.tail[-1] == pytest.approx(0.25**30)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_p_values_are_memelites_within_the_rounding(seed: int) -> None:
    rng = np.random.default_rng(seed)
    motif = Motif("m", rng.dirichlet(np.full(4, 0.3), size=9).T * 100 + 0.5)
    ours = integer_matrix(motif)
    step = 0.002
    smallest, log_tail = _pwm_to_mapping(motif.pwm(0.1), step)
    scores = ours.steps[rng.integers(0, 4, (200, 9)), np.arange(9)].sum(axis=1)
    slack = 9 / 2 * (1 / ours.scale + step) + step
    bins = ((ours.bits(scores)[:, np.newaxis] + [slack, 0, -slack]) / step - smallest).astype(int)
    low, theirs, high = (2.0 ** log_tail[np.clip(column, 0, len(log_tail) - 1)] for column in bins.T)
    p = ours.tail[scores]
    assert np.all((p >= low * (1 - 1e-9)) & (p <= high * (1 + 1e-9)))
    assert np.median(np.abs(np.log(p / theirs))) < 0.1


def test_cutoff_is_the_lowest_score_that_passes() -> None:
    matrix = integer_matrix(Motif("a", np.eye(4) * 20))
    for threshold in (1.0, 0.3, 1e-2, 4.0**-4, 1e-9):
        cutoff = matrix.cutoff(threshold)
        assert (matrix.tail[cutoff:] <= threshold).all()
        assert (matrix.tail[:cutoff] > threshold).all()


def test_a_motif_that_says_nothing_has_p_one() -> None:
    assert integer_matrix(Motif("flat", np.ones((4, 3)))).tail.tolist() == [1.0]


def test_without_a_pseudocount_there_is_no_table() -> None:
    with pytest.raises(InputError, match=r"pseudocount must be positive for p-values. Got 0 instead\n.* FIMO adds 0.1"):
        integer_matrix(Motif("a", np.eye(4)), pseudocount=0)


@given(st.lists(st.integers(0, 30), min_size=2, max_size=30).filter(any))
def test_q_values_are_benjamini_and_hochbergs(counts: list[int]) -> None:
    tail = np.linspace(1, 0, len(counts), endpoint=False)
    windows = np.repeat(np.arange(len(counts)), counts)
    q = q_values(tail, np.array(counts))
    np.testing.assert_allclose(q[windows], false_discovery_control(tail[windows]), rtol=1e-12)
