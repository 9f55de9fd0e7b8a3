"""Sites of one motif stay together, sites of two motifs are split."""

from __future__ import annotations

import numpy as np
import pytest

from dna_strategies import random_dna
from motifnet.motifs.learned.mixture import split_mixture
from motifnet.sequences.alphabet import Codes, N, codes_of

FIRST, SECOND = "TGACGTTACC", "ATTTGCATAA"


def noisy(kmer: str, n: int, *, seed: int, wrong: float = 0.15) -> Codes:
    """Copies of a k-mer with some random bases."""
    codes = codes_of([kmer] * n)
    noise = codes_of(random_dna(n, len(kmer), seed=seed))
    return np.where(np.random.default_rng(seed).random(codes.shape) < wrong, noise, codes).astype(np.uint8)


def split(sites: Codes, *, min_sites: int = 10) -> list[np.ndarray]:
    return split_mixture(sites, background=np.full(4, 0.25), min_sites=min_sites)


@pytest.mark.parametrize("fraction", [0.3, 0.5, 0.7])
def test_two_motifs_are_distinguished(fraction: float) -> None:
    n = int(300 * fraction)
    sites = np.concatenate([noisy(FIRST, n, seed=1), noisy(SECOND, 300 - n, seed=2)])
    order = np.random.default_rng(3).permutation(300)
    is_first = (np.arange(300) < n)[order]
    parts = split(sites[order])
    assert len(parts) == 2
    assert (parts[0] ^ parts[1]).all()
    assert parts[0].sum() >= parts[1].sum()
    right = max((part == is_first).mean() for part in parts)
    assert right > 0.97


@pytest.mark.parametrize("seed", range(5))
def test_one_motif_is_not_split(seed: int) -> None:
    parts = split(noisy(FIRST, 300, seed=seed, wrong=0.4))
    assert [part.all() for part in parts] == [True]


def test_a_motif_with_a_variable_position_is_one_motif() -> None:
    sites = np.concatenate([noisy(w, 100, seed=5) for w in ("TGACGTTACC", "TGACCTTACC")])
    assert len(split(sites)) == 1


def test_one_motif_at_two_positions_of_the_frame_counts_as_two() -> None:
    shifted = ("GGTGACGTTACC", "TGACGTTACCGG")
    assert len(split(np.concatenate([noisy(kmer, 100, seed=6) for kmer in shifted]))) == 2


def test_too_few_sites_of_the_second_motif() -> None:
    sites = np.concatenate([noisy(FIRST, 90, seed=1), noisy(SECOND, 9, seed=2)])
    assert len(split(sites)) == 1
    equal = np.concatenate([noisy(FIRST, 30, seed=1), noisy(SECOND, 30, seed=2)])
    assert len(split(equal)) == 2
    assert len(split(equal, min_sites=31)) == 1


@pytest.mark.parametrize("sites", [codes_of([FIRST] * 50), np.full((50, 8), N, np.uint8), codes_of([FIRST])[:0]])
def test_identical_sites_are_not_split(sites: Codes) -> None:
    assert [part.sum() for part in split(sites)] == [len(sites)]


def test_unknown_bases_are_ignored() -> None:
    sites = np.concatenate([noisy(FIRST, 150, seed=1), noisy(SECOND, 150, seed=2)])
    sites[np.random.default_rng(0).random(sites.shape) < 0.1] = N
    parts = split(sites)
    assert len(parts) == 2
    assert max((part == (np.arange(300) < 150)).mean() for part in parts) > 0.95
