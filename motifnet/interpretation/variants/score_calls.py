"""Scores of alleles in parts: the calls of the model for blocks of alleles are distributed over the parts in turn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import InputError
from motifnet.parts import WHOLE, Part, Parts

Floats = NDArray[np.float64]


class ScoreCalls:
    """Computes the scores of all blocks of alleles or only those of one part, or reads the scores of all parts.

    Parameters
    ----------
    part : Part
        Call k is computed if ``k % total == number - 1``; other scores are 0.
    stored : Parts, optional
        Read the scores from these parts instead.

    Attributes
    ----------
    results : dict of str to float64 array
        Scores of a part, by the number of the call.
    """

    def __init__(self, part: Part = WHOLE, stored: Parts | None = None) -> None:
        self._part, self._stored, self._n_calls = part, stored, 0
        self.results: dict[str, Floats] = {}

    def __call__(self, compute: Callable[[], Floats], shape: tuple[int, ...]) -> Floats:
        """The scores of the next block, of this shape; raise InputError if the parts do not have them."""
        number = self._n_calls
        self._n_calls += 1
        if self._stored is not None:
            found = self._stored.array(number % self._stored.n_blocks, str(number))
            if found.shape != shape:
                raise InputError("a part has the scores of other alleles", hint="Compute the parts again.")
            return found
        if number % self._part.total != self._part.number - 1:
            return np.zeros(shape)
        found = compute()
        if self._part != WHOLE:
            self.results[str(number)] = found
        return found
