"""Filters that start as enriched words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from motifnet.models.network.builder import build
from motifnet.models.network.spec import ModelSpec
from motifnet.models.training.kmer_init import _shared_out, begin_with_words
from motifnet.models.training.train_spec import TrainSpec
from motifnet.sequences.alphabet import LETTERS, reverse_complement
from motifnet.sequences.kmers import enriched_kmers
from small_models import LENGTH, SPEC, WORD, planted

DATA = planted(300, 300, seed=1)


def read(log_odds: np.ndarray) -> str:
    return "".join(LETTERS[i] for i in log_odds.argmax(axis=0))


def other_strand(word: str) -> str:
    return word[::-1].translate(str.maketrans("ACGT", "TGCA"))


@pytest.mark.parametrize("is_turned", [False, True])
def test_the_planted_word_is_the_first(is_turned: bool) -> None:
    codes = DATA.sequences.codes.copy()
    if is_turned:
        codes[::2] = reverse_complement(codes[::2])
    log_odds, z = enriched_kmers(codes, DATA.labels, width=12, at_most=4)
    assert z[0] > 15
    assert any(word in read(log_odds[0]) for word in (WORD, other_strand(WORD)))
    assert (np.diff(z) <= 0).all()  # one task: from strong to weak
    np.testing.assert_allclose(log_odds.mean(axis=1), 0, atol=1e-9)


def test_on_one_strand_the_other_is_another_word() -> None:
    codes = reverse_complement(DATA.sequences.codes)
    log_odds, _ = enriched_kmers(codes, DATA.labels, width=12, at_most=1, is_double_stranded=False)
    assert other_strand(WORD) in read(log_odds[0])


def test_any_label_will_do() -> None:
    rng = np.random.default_rng(0)
    values = 100 + 5 * DATA.labels + rng.normal(size=DATA.labels.shape)
    values[::7] = np.nan
    log_odds, z = enriched_kmers(DATA.sequences.codes, values, width=12, at_most=1)
    assert z[0] > 10
    assert any(word in read(log_odds[0]) for word in (WORD, other_strand(WORD)))


def test_tasks_take_turns_and_those_without_a_word_drop_out() -> None:
    more = planted(300, 300, seed=5, word="CCGGAAGT")
    codes = np.concatenate([DATA.sequences.codes, more.sequences.codes])
    n = len(DATA)
    labels = np.full((2 * n, 3), np.nan)
    labels[:n, 0], labels[n:, 2] = DATA.labels[:, 0], more.labels[:, 0]
    labels[:, 1] = 1  # never differs
    log_odds, _ = enriched_kmers(codes, labels, width=12, at_most=2)
    first, second = (read(each) for each in log_odds)
    assert any(word in first for word in (WORD, other_strand(WORD)))
    assert any(word in second for word in ("CCGGAAGT", other_strand("CCGGAAGT")))


def test_noise_has_no_words() -> None:
    labels = np.random.default_rng(0).permutation(DATA.labels)
    log_odds, z = enriched_kmers(planted(300, 300, seed=9, word="A").sequences.codes, labels, width=12, at_most=8)
    assert len(log_odds) == len(z)
    assert (z < 6).all()
    nothing, _ = enriched_kmers(DATA.sequences.codes, np.ones((len(DATA), 1)), width=12, at_most=8)
    assert nothing.shape == (0, 4, 12)


def test_filters_are_shared_out_by_strength() -> None:
    counts = np.bincount(_shared_out(np.array([30.0, 10.0, 10.0, 3.0]), 16))
    assert counts[0] in (9, 10)
    assert counts[1] == counts[2]
    assert counts.sum() == 16


def test_filters_begin_as_words_with_the_norm_of_random_ones() -> None:
    network = build(SPEC, seed=0)
    random = network.get_layer("conv_1").kernel.numpy()
    assert begin_with_words(network, SPEC, DATA, seed=0) >= 1
    kernel = network.get_layer("conv_1").kernel.numpy()
    norms = np.linalg.norm(kernel.reshape(-1, kernel.shape[-1]), axis=0)
    assert norms.mean() == pytest.approx(np.linalg.norm(random.reshape(-1, random.shape[-1]), axis=0).mean(), rel=0.3)
    found = [read(kernel[:, :, 0, i]) for i in range(kernel.shape[-1])]
    assert sum(any(word in each for word in (WORD, other_strand(WORD))) for each in found) >= 2
    assert len({kernel[:, :, 0, i].tobytes() for i in range(kernel.shape[-1])}) == kernel.shape[-1]


def test_filters_too_narrow_for_a_word_stay_random() -> None:
    spec = ModelSpec(LENGTH, (replace(SPEC.blocks[0], width=4),))
    network = build(spec, seed=0)
    before = network.get_layer("conv_1").kernel.numpy()
    assert begin_with_words(network, spec, DATA, seed=0) == 0
    assert np.array_equal(network.get_layer("conv_1").kernel.numpy(), before)


def test_the_budget_of_steps() -> None:
    training = TrainSpec(max_steps=1200, max_epochs=20, batch_size=64)
    assert [training.steps(n) for n in (30, 640, 1920, 6400)] == [400, 400, 600, 1200]
    assert replace(training, max_steps=50).steps(10_000) == 50
