"""What a network makes of a sequence's two strands, in predictions: one place for training, prediction, export."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from motifnet.models.spec import Strands


def over_strands(forward: NDArray[np.float32], backward: NDArray[np.float32], strands: Strands) -> NDArray[np.float32]:
    """One prediction from those of both strands, same shape: the higher one if "shared", else the mean."""
    if strands == "shared":
        return np.maximum(forward, backward)
    mean: NDArray[np.float32] = (forward + backward) / np.float32(2)
    return mean
