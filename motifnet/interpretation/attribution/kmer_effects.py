"""Effects of substitutions on a regression on k-mer counts: only the k-mers that contain the position change."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from motifnet.models.kmer_regression import KmerRegression
from motifnet.sequences.alphabet import Codes, N
from motifnet.sequences.gapped_kmers import Pattern, gapped_codes
from motifnet.sequences.sequence_set import SequenceSet

Floats = NDArray[np.float64]


class KmerEffects:
    """Effects on the weighted logits of some tasks of a regression."""

    def __init__(self, regression: KmerRegression, tasks: list[int]) -> None:
        self._patterns = {
            pattern: [_by_other_bases(table[:-1, tasks], digit) for digit in range(len(pattern))]
            for pattern, table in regression.tables.items()
        }
        self._regression, self._tasks = regression, tasks
        self._weights = regression.kmer_weights[tasks].astype(np.float64)

    @property
    def depends_on_middle(self) -> bool:
        """Whether k-mers are weighted by their distance from the middle of the sequence."""
        return not math.isinf(self._regression.half_life)

    def scores(self, codes: Codes) -> Floats:
        """Weighted logits of sequences: codes ``(n, L)`` give ``(n, T)``."""
        logits = self._regression.logits(SequenceSet([""] * len(codes), codes))
        return logits[:, self._tasks] * self._weights

    def __call__(self, codes: Codes) -> Floats:
        """Effect of each base at each position of codes ``(n, L)``, ``(n, T, 4, L)``; 0 at the observed base.

        Effects in the padding of a sequence are invalid if `depends_on_middle`: a base there moves the middle.
        """
        n, length = codes.shape
        near = self._regression.nearness(codes)
        totals = np.zeros((n, length, 4, len(self._weights)))
        for pattern, tables in self._patterns.items():
            _add_windows(totals, codes, pattern, tables, None if near is None else near[pattern[-1]])
        before = np.take_along_axis(totals, np.minimum(codes, 3)[..., np.newaxis, np.newaxis], axis=2)
        before[codes == N] = 0
        return np.moveaxis((totals - before) * self._weights, (1, 2, 3), (3, 2, 1))


def _by_other_bases(table: NDArray[np.float32], digit: int) -> NDArray[np.float32]:
    """Weights by the code of the bases but one and by the base at this digit: ``(4 ** (k - 1) + 1, 4, T)``; 0 for N."""
    weights = np.moveaxis(table.reshape(4**digit, 4, -1, table.shape[1]), 1, 2).reshape(-1, 4, table.shape[1])
    return np.pad(weights, ((0, 1), (0, 0), (0, 0)))


def _add_windows(
    totals: Floats, codes: Codes, pattern: Pattern, tables: list[NDArray[np.float32]], near: NDArray[np.float32] | None
) -> None:
    """Add the weights of the k-mers over each position, for each base there, to ``(n, L, 4, T)``.

    `near` are the weights ``(n, w)`` or ``(1, w)`` of the windows.
    """
    for digit, (offset, table) in enumerate(zip(pattern, tables, strict=True)):
        others = pattern[:digit] + pattern[digit + 1 :]
        kmers = gapped_codes(codes, others, span=pattern[-1] + 1)
        found = table[kmers] if near is None else table[kmers] * near[..., np.newaxis, np.newaxis]
        totals[:, offset : offset + kmers.shape[1]] += found
