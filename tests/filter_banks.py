"""A bank of filters in plain numpy, and sequences with planted words: what sites and motifs are tested with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dna_strategies import random_dna
from motifnet.motifs.motif import Strands
from motifnet.sequences.alphabet import Codes, one_hot, one_hot_codes
from motifnet.sequences.sequence_set import SequenceSet


@dataclass(frozen=True, eq=False)
class NumpyFilters:
    """Weights ``(F, 4, w)`` that are slid along one-hot sequences: a `FilterBank`."""

    weights: NDArray[np.float32]
    strands: Strands = "both"
    floor: float = -math.inf
    bias: float = 0.0
    slack: int = 0

    @property
    def width(self) -> int:
        return int(self.weights.shape[2])

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"f{i:02d}" for i in range(len(self.weights)))

    def activations(self, codes: Codes) -> NDArray[np.float32]:
        encoded = one_hot_codes(codes)
        n_positions = max(codes.shape[1] - self.width + 1, 0)
        scores = np.empty((len(codes), len(self.weights), n_positions), dtype=np.float32)
        for p in range(n_positions):
            scores[:, :, p] = np.einsum("nbw,fbw->nf", encoded[:, :, p : p + self.width], self.weights) + self.bias
        return scores


def word_filters(words: Sequence[str], *, strands: Strands = "both", floor: float = -math.inf) -> NumpyFilters:
    """A filter for each word: a letter that agrees scores 1, another -1, so only the word itself scores its length."""
    return NumpyFilters(2 * one_hot(words) - 1, strands, floor)


def random_filters(n: int, width: int, *, strands: Strands = "both", floor: float = -math.inf) -> NumpyFilters:
    """Filters of small random whole numbers, so that scores are exact and ties are frequent."""
    weights = np.random.default_rng(5).integers(-3, 4, size=(n, 4, width)).astype(np.float32)
    return NumpyFilters(weights, strands, floor)


def with_words(words: Sequence[str], *, length: int = 60, start: int = 20, seed: int = 0) -> SequenceSet:
    """A random sequence for each word, which stands at `start` (and perhaps, by chance, elsewhere too)."""
    sequences = random_dna(len(words), length, seed=seed)
    planted = [s[:start] + word + s[start + len(word) :] for s, word in zip(sequences, words, strict=True)]
    return SequenceSet.from_strings(planted)


def words_alone(words: Sequence[str]) -> SequenceSet:
    """Each word between Ns: the only window of its width in its sequence."""
    return SequenceSet.from_strings([f"NNNNN{word}NNN" for word in words])


def with_unknown(sequences: SequenceSet, *, share: float = 0.1, seed: int = 0) -> SequenceSet:
    """The same sequences with letters turned into N at random; the last one is all N."""
    codes = sequences.codes.copy()
    codes[np.random.default_rng(seed).random(codes.shape) < share] = 4
    codes[-1] = 4
    return SequenceSet(sequences.names, codes)


def reverse_complement_of(word: str) -> str:
    """The word on the other strand."""
    return word[::-1].translate(str.maketrans("ACGT", "TGCA"))
