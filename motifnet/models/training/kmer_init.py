"""Filters that start as enriched words: on few sequences a random filter can stay the noise that it began as."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from motifnet.models.network.spec import ModelSpec
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.kmers import KMER_LENGTH, enriched_kmers

#: For so many filters one word is looked for; those of a word each start a little differently.
_COPIES = 4
#: Standard deviation of what is added to each weight of a word, as a share of that of a random filter's.
_NOISE = 0.1
#: A word gets filters in proportion to this power of its z: weak words are often variants of strong ones.
_POWER = 1.0


def begin_with_words(network: Any, spec: ModelSpec, data: Dataset, *, seed: int) -> int:
    """Set the filters of the first convolution to enriched words of the training data, in turns, on either strand.

    A filter is the log odds of a word and of what stands around it, with the mean norm of random ones. Where
    no k-mer is enriched (on real sequences one nearly always is) the filters stay random.

    Returns
    -------
    int
        Number of words.
    """
    block, layer = spec.blocks[0], network.get_layer("conv_1")
    if block.width < KMER_LENGTH or spec.length < block.width:
        return 0
    words, strengths = enriched_kmers(
        data.sequences.codes,
        data.labels,
        width=block.width,
        at_most=max(1, block.filters // _COPIES),
        is_double_stranded=spec.is_double_stranded,
        seed=seed,
    )
    if not len(words):
        return 0
    rng = np.random.default_rng(seed)
    kernel, *bias = layer.get_weights()
    spread = np.sqrt(2 / (4 * block.width))  # He et al. 2015, as cnn.build draws them
    for i, chosen in enumerate(_shared_out(strengths, block.filters)):
        word = words[chosen]
        turned = word[::-1, ::-1] if spec.is_double_stranded and rng.random() < 0.5 else word
        start = turned / max(np.linalg.norm(turned), 1e-6) * spread * np.sqrt(4 * block.width)
        kernel[:, :, 0, i] = start + _NOISE * spread * rng.normal(size=start.shape)
    layer.set_weights([kernel, *bias])
    return len(words)


def _shared_out(strengths: NDArray[np.float64], n: int) -> list[int]:
    """Which word each of `n` filters gets: in proportion to their strengths (D'Hondt's method)."""
    copies = np.zeros(len(strengths), dtype=np.int64)
    turns = []
    for _ in range(n):
        turns.append(int((strengths**_POWER / (copies + 1)).argmax()))
        copies[turns[-1]] += 1
    return turns
