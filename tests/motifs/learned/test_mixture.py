"""Words of one motif stay together, words of two are divided."""

from __future__ import annotations

import numpy as np
import pytest

from dna_strategies import random_dna
from motifnet.motifs.learned.mixture import two_words
from motifnet.sequences.alphabet import Codes, N, codes_of

FIRST, SECOND = "TGACGTTACC", "ATTTGCATAA"


def sloppy(word: str, n: int, *, seed: int, wrong: float = 0.15) -> Codes:
    """Copies of a word with some letters at random."""
    codes = codes_of([word] * n)
    noise = codes_of(random_dna(n, len(word), seed=seed))
    return np.where(np.random.default_rng(seed).random(codes.shape) < wrong, noise, codes).astype(np.uint8)


def divided(words: Codes, *, min_sites: int = 10) -> list[np.ndarray]:
    return two_words(words, background=np.full(4, 0.25), min_sites=min_sites)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_two_words_are_told_apart(share: float) -> None:
    n = int(300 * share)
    words = np.concatenate([sloppy(FIRST, n, seed=1), sloppy(SECOND, 300 - n, seed=2)])
    order = np.random.default_rng(3).permutation(300)
    is_first = (np.arange(300) < n)[order]
    parts = divided(words[order])
    assert len(parts) == 2
    assert (parts[0] ^ parts[1]).all()
    assert parts[0].sum() >= parts[1].sum()
    right = max((part == is_first).mean() for part in parts)
    assert right > 0.97


@pytest.mark.parametrize("seed", range(5))
def test_one_word_is_not_divided(seed: int) -> None:
    parts = divided(sloppy(FIRST, 300, seed=seed, wrong=0.4))
    assert [part.all() for part in parts] == [True]


def test_a_word_with_a_free_letter_is_one_word() -> None:
    words = np.concatenate([sloppy(w, 100, seed=5) for w in ("TGACGTTACC", "TGACCTTACC")])
    assert len(divided(words)) == 1


def test_one_word_at_two_places_is_two_words_as_they_lie() -> None:
    shifted = ("GGTGACGTTACC", "TGACGTTACCGG")
    assert len(divided(np.concatenate([sloppy(word, 100, seed=6) for word in shifted]))) == 2


def test_too_few_of_the_second_word() -> None:
    words = np.concatenate([sloppy(FIRST, 90, seed=1), sloppy(SECOND, 9, seed=2)])
    assert len(divided(words)) == 1
    equal = np.concatenate([sloppy(FIRST, 30, seed=1), sloppy(SECOND, 30, seed=2)])
    assert len(divided(equal)) == 2
    assert len(divided(equal, min_sites=31)) == 1


@pytest.mark.parametrize("words", [codes_of([FIRST] * 50), np.full((50, 8), N, np.uint8), codes_of([FIRST])[:0]])
def test_words_without_any_difference(words: Codes) -> None:
    assert [part.sum() for part in divided(words)] == [len(words)]


def test_unknown_letters_count_for_nothing() -> None:
    words = np.concatenate([sloppy(FIRST, 150, seed=1), sloppy(SECOND, 150, seed=2)])
    words[np.random.default_rng(0).random(words.shape) < 0.1] = N
    parts = divided(words)
    assert len(parts) == 2
    assert max((part == (np.arange(300) < 150)).mean() for part in parts) > 0.95
