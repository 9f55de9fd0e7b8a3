"""Running a network over sequences: one-hot tensors, batches of one size, both strands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motifnet.models.network.block import Strands
from motifnet.models.network.keras_spec import KerasSpec
from motifnet.models.network.spec import ModelSpec
from motifnet.models.runtime import tf
from motifnet.sequences.alphabet import Codes, flush_left, reverse_complement
from motifnet.sequences.store import blocks

#: One batch size for all calls: others could change the last digits, and would compile another function.
BATCH = 256


def one_hot_tensor(codes: Any) -> Any:
    """Codes ``(n, L)`` as a float32 tensor ``(n, 4, L, 1)``, in a TensorFlow function. N (4) is a zero column."""
    return tf.transpose(tf.one_hot(codes, 4, dtype=tf.float32), (0, 2, 1))[..., tf.newaxis]


def batch_size(length: int) -> int:
    """Sequences of `length` bp per batch: `BATCH`, or fewer if they are long."""
    max_bases = 1 << 17  # maps of 64 filters take 256 bytes per base
    return int(min(BATCH, max(1, max_bases // max(length, 1))))


def pad_batch(codes: Codes, size: int) -> Codes:
    """Codes ``(n, L)`` with rows of A added, up to `size` rows."""
    return np.pad(codes, ((0, size - len(codes)), (0, 0)))


def map_batches(
    function: Callable[[Codes], NDArray[np.float32]], codes: Codes, shape: tuple[int, ...]
) -> NDArray[np.float32]:
    """Apply a function to codes ``(N, L)`` in batches of one size, the last one padded: float32 ``(N, *shape)``."""
    result = np.empty((len(codes), *shape), dtype=np.float32)
    size = batch_size(codes.shape[1])
    for start, batch in blocks(codes, rows=size):
        result[start : start + size] = function(pad_batch(batch, size))[: len(batch)]
    return result


def strands_of(codes: Codes, spec: ModelSpec | KerasSpec) -> list[Codes]:
    """Codes ``(n, L)`` as input of a network, and their reverse complements if it reads both strands.

    For a network that ignores padding, N at the start is moved to the end, where it is padding without effect.
    """
    strands = [codes, reverse_complement(codes)] if spec.is_double_stranded else [codes]
    return [flush_left(strand) for strand in strands] if spec.ignores_padding else strands


def over_strands(logits: NDArray[np.float32], strands: Strands) -> NDArray[np.float64]:
    """Combine logits for each strand ``(N, S, T)`` into scores ``(N, T)``: the maximum if "shared", else the mean."""
    scores: NDArray[np.float64] = logits.astype(np.float64)
    return scores.max(axis=1) if strands == "shared" else scores.mean(axis=1)
