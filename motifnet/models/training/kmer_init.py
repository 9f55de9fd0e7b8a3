"""First-layer filters that start as enriched k-mers: on few sequences a random filter may never learn anything."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from motifnet.models.network.spec import ModelSpec
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.kmers import KMER_LENGTH, enriched_kmers

#: Filters per k-mer, on average; those of one k-mer start slightly different.
_FILTERS_PER_KMER = 4
#: Standard deviation of the noise added to each weight, relative to that of the weights of a random filter.
_NOISE = 0.1


def init_from_kmers(network: Any, spec: ModelSpec, data: Dataset, *, seed: int) -> int:
    """Set the filters of the first convolution to k-mers that are enriched in the training sequences.

    A filter is the log odds of a k-mer and its flanks, on either strand if both count, with the mean norm of a random
    filter. Without enriched k-mers (rare in real data) the filters stay random.

    Parameters
    ----------
    network : keras.Model
        Changed in place.
    spec : ModelSpec
    data : Dataset
    seed : int
        For the strands and the noise.

    Returns
    -------
    int
        Number of k-mers.
    """
    block, layer = spec.blocks[0], network.get_layer("conv_1")
    if block.width < KMER_LENGTH or spec.length < block.width:
        return 0
    kmers, z_scores = enriched_kmers(
        data.sequences.codes,
        data.labels,
        width=block.width,
        at_most=max(1, block.filters // _FILTERS_PER_KMER),
        is_double_stranded=spec.is_double_stranded,
        seed=seed,
    )
    if not len(kmers):
        return 0
    rng = np.random.default_rng(seed)
    kernel, *bias = layer.get_weights()
    spread = np.sqrt(2 / (4 * block.width))  # of the weights of random filters (He et al. 2015, ICCV)
    for i, chosen in enumerate(_allot(z_scores, block.filters)):
        kmer = kmers[chosen]
        if spec.is_double_stranded and rng.random() < 0.5:
            kmer = kmer[::-1, ::-1]
        start = kmer / max(np.linalg.norm(kmer), 1e-6) * spread * np.sqrt(4 * block.width)
        kernel[:, :, 0, i] = start + _NOISE * spread * rng.normal(size=start.shape)
    layer.set_weights([kernel, *bias])
    return len(kmers)


def _allot(z_scores: NDArray[np.float64], n: int) -> list[int]:
    """Index of the k-mer of each of `n` filters, in proportion to the z-scores (D'Hondt's method)."""
    counts = np.zeros(len(z_scores), dtype=np.int64)
    chosen = []
    for _ in range(n):
        chosen.append(int((z_scores / (counts + 1)).argmax()))
        counts[chosen[-1]] += 1
    return chosen
