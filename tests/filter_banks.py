"""Filters in plain numpy, and sequences with planted k-mers, for tests of sites and motifs."""

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
    """A `FilterBank` of weights ``(F, 4, w)`` that are slid along one-hot sequences."""

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


def kmer_filters(kmers: Sequence[str], *, strands: Strands = "both", floor: float = -math.inf) -> NumpyFilters:
    """One filter per k-mer: a match scores 1, a mismatch -1, so that only the k-mer itself scores its length."""
    return NumpyFilters(2 * one_hot(kmers) - 1, strands, floor)


def random_filters(n: int, width: int, *, strands: Strands = "both", floor: float = -math.inf) -> NumpyFilters:
    """Filters of small random integers, so that scores are exact and ties are frequent."""
    weights = np.random.default_rng(5).integers(-3, 4, size=(n, 4, width)).astype(np.float32)
    return NumpyFilters(weights, strands, floor)


def with_kmers(kmers: Sequence[str], *, length: int = 60, start: int = 20, seed: int = 0) -> SequenceSet:
    """One random sequence per k-mer, with the k-mer at `start` (and possibly elsewhere by chance)."""
    sequences = random_dna(len(kmers), length, seed=seed)
    planted = [s[:start] + kmer + s[start + len(kmer) :] for s, kmer in zip(sequences, kmers, strict=True)]
    return SequenceSet.from_strings(planted)


def kmers_alone(kmers: Sequence[str]) -> SequenceSet:
    """Each k-mer between Ns, so that it is the only window of its width without N."""
    return SequenceSet.from_strings([f"NNNNN{kmer}NNN" for kmer in kmers])


def with_unknown(sequences: SequenceSet, *, fraction: float = 0.1, seed: int = 0) -> SequenceSet:
    """The same sequences with random bases replaced by N; the last one is all N."""
    codes = sequences.codes.copy()
    codes[np.random.default_rng(seed).random(codes.shape) < fraction] = 4
    codes[-1] = 4
    return SequenceSet(sequences.names, codes)


def reverse_complement_of(kmer: str) -> str:
    """Reverse complement of a string."""
    return kmer[::-1].translate(str.maketrans("ACGT", "TGCA"))
