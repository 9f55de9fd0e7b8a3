"""Attributions with planted sites, without a network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from motifnet.interpretation.attribution.contributions import Attributions
from motifnet.sequences.alphabet import one_hot_codes
from motifnet.sequences.sequence_set import SequenceSet

LENGTH = 80


def attributions_of(codes: np.ndarray, observed: np.ndarray, *, task: str = "bound") -> Attributions:
    """Hypothetical contributions whose observed ones are given, with small ones at the other bases."""
    sequences = SequenceSet([f"s{i}" for i in range(len(codes))], codes)
    one_hot = one_hot_codes(codes)
    values = (one_hot - 0.25) * observed[:, np.newaxis] / 0.75
    return Attributions(sequences, values.astype(np.float32), (task,), np.zeros((len(codes), 1)), "ism", "model")


def noise(n: int, *, seed: int, length: int = LENGTH) -> Attributions:
    rng = np.random.default_rng(seed)
    return attributions_of(rng.integers(0, 4, (n, length), dtype=np.uint8), rng.normal(0, 0.1, (n, length)))


def planted(
    n: int, words: Sequence[str], heights: Sequence[float], *, seed: int, both_strands: bool = False
) -> tuple[Attributions, np.ndarray, np.ndarray]:
    """Attributions with one of the k-mers in each sequence, its index, and its start."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, (n, LENGTH), dtype=np.uint8)
    observed = rng.normal(0, 0.1, (n, LENGTH))
    which = rng.integers(0, len(words), n)
    starts = np.array([rng.integers(0, LENGTH - len(words[k]) + 1) for k in which])
    for row, (k, start) in enumerate(zip(which.tolist(), starts.tolist(), strict=True)):
        word = np.array(["ACGT".index(letter) for letter in words[k]], dtype=np.uint8)
        if both_strands and rng.random() < 0.5:
            word = 3 - word[::-1]
        codes[row, start : start + len(word)] = word
        observed[row, start : start + len(word)] += heights[k]
    return attributions_of(codes, observed), which, starts
