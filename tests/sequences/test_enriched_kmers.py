"""Enriched k-mers: planted ones are found on either strand, for any kind of labels."""

from __future__ import annotations

import numpy as np
import pytest

from dna_strategies import random_dna
from motifnet.sequences.alphabet import LETTERS, reverse_complement
from motifnet.sequences.kmers import enriched_kmers
from motifnet.sequences.sequence_set import SequenceSet

KMER, OTHER = "GGATTACA", "CCGGAAGT"
N = 300


def planted(kmer: str, *, seed: int) -> np.ndarray:
    """Codes of 300 random sequences with the k-mer and of 300 without: (600, 60)."""
    strings = random_dna(2 * N, 60, seed=seed)
    starts = np.random.default_rng(seed).integers(0, 60 - len(kmer) + 1, N)
    with_kmer = [s[:start] + kmer + s[start + len(kmer) :] for s, start in zip(strings, starts, strict=False)]
    return SequenceSet.from_strings(with_kmer + strings[N:]).codes


CODES = planted(KMER, seed=1)
LABELS = np.repeat([1.0, 0.0], N)[:, np.newaxis]


def consensus(log_odds: np.ndarray) -> str:
    return "".join(LETTERS[i] for i in log_odds.argmax(axis=0))


def other_strand(kmer: str) -> str:
    return kmer[::-1].translate(str.maketrans("ACGT", "TGCA"))


def has(kmer: str, log_odds: np.ndarray) -> bool:
    return any(each in consensus(log_odds) for each in (kmer, other_strand(kmer)))


@pytest.mark.parametrize("is_reverse", [False, True])
def test_the_planted_kmer_is_the_first(is_reverse: bool) -> None:
    codes = CODES.copy()
    if is_reverse:
        codes[::2] = reverse_complement(codes[::2])
    log_odds, z_scores = enriched_kmers(codes, LABELS, width=12, at_most=4)
    assert z_scores[0] > 15
    assert has(KMER, log_odds[0])
    assert (np.diff(z_scores) <= 0).all()
    np.testing.assert_allclose(log_odds.mean(axis=1), 0, atol=1e-9)


def test_strands_are_distinguished_if_only_one_counts() -> None:
    log_odds, _ = enriched_kmers(reverse_complement(CODES), LABELS, width=12, at_most=1, is_double_stranded=False)
    assert other_strand(KMER) in consensus(log_odds[0])


def test_values_and_unknown_labels() -> None:
    values = 100 + 5 * LABELS + np.random.default_rng(0).normal(size=LABELS.shape)
    values[::7] = np.nan
    log_odds, z_scores = enriched_kmers(CODES, values, width=12, at_most=1)
    assert z_scores[0] > 10
    assert has(KMER, log_odds[0])


def test_each_task_has_its_kmer_unless_its_labels_are_constant() -> None:
    codes = np.concatenate([CODES, planted(OTHER, seed=5)])
    labels = np.full((4 * N, 3), np.nan)
    labels[: 2 * N, 0], labels[2 * N :, 2] = LABELS[:, 0], LABELS[:, 0]
    labels[:, 1] = 1
    log_odds, _ = enriched_kmers(codes, labels, width=12, at_most=2)
    assert has(KMER, log_odds[0])
    assert has(OTHER, log_odds[1])


def test_random_labels_have_no_strongly_enriched_kmer() -> None:
    labels = np.random.default_rng(0).permutation(LABELS)
    log_odds, z_scores = enriched_kmers(planted("A", seed=9), labels, width=12, at_most=8)
    assert len(log_odds) == len(z_scores)
    assert (z_scores < 6).all()
    none, _ = enriched_kmers(CODES, np.ones((2 * N, 1)), width=12, at_most=8)
    assert none.shape == (0, 4, 12)
