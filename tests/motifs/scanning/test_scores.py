"""Motifs against sequences: as a loop over windows would score them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dna_strategies import random_dna, sequence_sets
from filter_banks import reverse_complement_of, with_words
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.motifs.scanning.scores import best_scores, separation
from motifnet.sequences.alphabet import one_hot
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet
from strategies import motif_sets

WORD = "TGACGTTA"


def word_motif(word: str, n: int = 20) -> Motif:
    return Motif(word, one_hot([word])[0] * n, nsites=n)


def naive_best(motif: Motif, sequence: str, *, both: bool, pseudocount: float) -> float:
    """Best log-odds score by a loop over windows and letters; the lowest possible score where there is no window."""
    pwm = motif.pwm(pseudocount)
    scores = [float(pwm.min(axis=0).sum())]
    for p in range(len(sequence) - motif.width + 1):
        word = sequence[p : p + motif.width]
        if "N" in word:
            continue
        for strand in (word, reverse_complement_of(word)) if both else (word,):
            scores.append(sum(float(pwm["ACGT".index(letter), k]) for k, letter in enumerate(strand)))
    return max(scores)


@settings(max_examples=40)
@given(motif_sets(), sequence_sets(max_length=30), st.sampled_from([0.1, 1.0, 4.0]))
def test_scores_are_those_of_a_loop(motifs: MotifSet, sequences: SequenceSet, pseudocount: float) -> None:
    scores = best_scores(motifs, sequences, pseudocount=pseudocount)
    expected = [
        [naive_best(m, s, both=motifs.strands == "both", pseudocount=pseudocount) for m in motifs] for s in sequences
    ]
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, np.reshape(expected, scores.shape), rtol=1e-4, atol=1e-3)


def test_motifs_of_several_widths_come_in_their_order() -> None:
    motifs = MotifSet([word_motif(WORD), word_motif("CACGTG"), word_motif("TTGCGCAA")])
    scores = best_scores(motifs, SequenceSet.from_strings(["A" + WORD + "A", "AACACGTGAA", "TTTGCGCAAT"]))
    assert scores.argmax(axis=1).tolist() == [0, 1, 2]


def test_without_a_pseudocount_a_base_never_seen_forbids_the_window() -> None:
    motifs = MotifSet([word_motif(WORD)], strands="forward")
    sequences = SequenceSet.from_strings(["A" + WORD, "A" + reverse_complement_of(WORD), "N" * 9])
    assert best_scores(motifs, sequences, pseudocount=0)[:, 0].tolist() == [16, -math.inf, -math.inf]


@settings(max_examples=40)
@given(motif_sets(), sequence_sets(min_length=3))
def test_the_strand_of_the_input_does_not_matter_on_both_strands(motifs: MotifSet, sequences: SequenceSet) -> None:
    motifs = MotifSet(motifs.motifs, "both", motifs.background)
    here, there = best_scores(motifs, sequences), best_scores(motifs, sequences.reverse_complement())
    np.testing.assert_allclose(here, there, rtol=1e-5, atol=1e-4)


def test_batches_change_nothing() -> None:
    motifs = MotifSet([word_motif(WORD)])
    sequences = SequenceSet.from_strings(random_dna(1100, 12, seed=1))
    one_by_one = [best_scores(motifs, sequences.take([i]))[0, 0] for i in range(1100)]
    np.testing.assert_allclose(best_scores(motifs, sequences)[:, 0], one_by_one, rtol=1e-6)


@pytest.mark.parametrize("n_motifs", [0, 1])
@pytest.mark.parametrize("n_sequences", [0, 2])
def test_nothing_to_scan(n_motifs: int, n_sequences: int) -> None:
    sequences = SequenceSet.from_strings(random_dna(2, 12, seed=1)).take(np.arange(n_sequences))
    motifs = MotifSet([word_motif(WORD)][:n_motifs])
    assert best_scores(motifs, sequences).shape == (n_sequences, n_motifs)
    data = Dataset(sequences, np.ones((n_sequences, 1)), ("a",), np.arange(n_sequences))
    assert separation(motifs, data).shape == (n_motifs, 1)


def test_separation_knows_the_direction_and_the_task() -> None:
    sequences = with_words([WORD] * 10 + ["CACGTGCA"] * 10 + ["AAAAAAAA"] * 10)
    first = np.repeat([1.0, 0.0, 0.0], 10)
    second = np.repeat([0.0, 1.0, np.nan], 10)
    third = np.repeat([1.0, np.nan, np.nan], 10)
    data = Dataset(sequences, np.stack([first, second, third], axis=1), ("a", "b", "c"), np.arange(30))
    motifs = MotifSet([word_motif(WORD), word_motif("CACGTGCA"), replace(word_motif("CCCCCCCC"), name="other")])
    aurocs = separation(motifs, data)
    assert aurocs.shape == (3, 3)
    assert (aurocs[0, 0], aurocs[0, 1]) == pytest.approx((1.0, 0.0))  # of the second task's negatives
    assert aurocs[1, 1] == 1.0
    assert 0.1 < aurocs[2, 0] < 0.9
    assert np.isnan(aurocs[:, 2]).all()  # one class only
