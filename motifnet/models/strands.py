"""What a network makes of a sequence's two strands, in predictions: one place for training, prediction, export."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from motifnet.models.network.spec import ModelSpec, Strands
from motifnet.sequences.alphabet import Codes, flush_left, reverse_complement


def strands_of(codes: Codes, spec: ModelSpec) -> list[Codes]:
    """Codes ``(n, L)`` as a network sees them, and those of their other strand if it counts.

    Where the length is not fixed by the head, N in front is padding, and is moved behind: there it changes nothing.
    """
    strands = [codes, reverse_complement(codes)] if spec.is_double_stranded else [codes]
    return strands if spec.is_length_fixed else [flush_left(strand) for strand in strands]


def over_strands(forward: NDArray[np.float32], backward: NDArray[np.float32], strands: Strands) -> NDArray[np.float32]:
    """One prediction from those of both strands, same shape: the higher one if "shared", else the mean."""
    if strands == "shared":
        return np.maximum(forward, backward)
    mean: NDArray[np.float32] = (forward + backward) / np.float32(2)
    return mean
