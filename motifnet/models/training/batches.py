"""Batches of training sequences: their order, strands and shifts are random, and their state can be stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motifnet.models.network.spec import ModelSpec
from motifnet.models.training.train_spec import TrainSpec
from motifnet.sequences.alphabet import Codes, N, flush_left, reverse_complement
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.store import release


class Batches:
    """Endless batches of codes ``(B, L)`` and labels ``(B, T)``, all of one size; a new permutation for each epoch.

    Parameters
    ----------
    data : Dataset
    training : TrainSpec
        Batch size, shift and seed.
    spec : ModelSpec
        Strands, and whether its length is fixed.
    rows : callable, optional
        Returns the rows of a batch, of which the size is given, that this worker uses; by default all.

    Attributes
    ----------
    order : int array
        Rows of `data` that remain in this epoch.
    """

    def __init__(
        self, data: Dataset, training: TrainSpec, spec: ModelSpec, rows: Callable[[int], slice] = slice
    ) -> None:
        self._data, self._spec = data, spec
        self._size = min(training.batch_size, len(data))
        self._own = rows(self._size)
        self._shift = min(training.shift, data.sequences.length // 10)
        self._rng = np.random.default_rng(training.seed)
        self.order: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    def __iter__(self) -> Batches:
        return self

    def __next__(self) -> tuple[Codes, NDArray[np.float32]]:
        while len(self.order) < self._size:
            self.order = np.concatenate([self.order, self._rng.permutation(len(self._data))])
        rows, self.order = self.order[: self._size], self.order[self._size :]
        rows = rows[self._own]
        codes = self._data.sequences.codes[rows]
        release(self._data.sequences.codes)
        if self._spec.strands == "both":
            flip = (self._rng.random(self._size) < 0.5)[self._own]
            codes[flip] = reverse_complement(codes[flip])
        if not self._spec.is_length_fixed:
            codes = flush_left(codes)
        if self._shift:
            codes = _shifted(codes, self._rng.integers(-self._shift, self._shift + 1, self._size)[self._own])
        return codes, self._data.labels[rows]

    @property
    def random_state(self) -> dict[str, Any]:
        """State of the random generator, for JSON."""
        return dict(self._rng.bit_generator.state)

    def restore(self, order: NDArray[np.int64], random_state: dict[str, Any]) -> None:
        """Continue with the stored `order` and `random_state`."""
        self.order, self._rng.bit_generator.state = order, random_state


def _shifted(codes: Codes, shifts: NDArray[np.int64]) -> Codes:
    """Shift each row of codes ``(B, L)`` to the right by its number of positions, filled with N."""
    length = codes.shape[1]
    margin = int(np.abs(shifts).max(initial=0))
    padded = np.pad(codes, ((0, 0), (margin, margin)), constant_values=N)
    columns = np.arange(length) + margin - shifts[:, np.newaxis]
    return np.take_along_axis(padded, columns, axis=1)
