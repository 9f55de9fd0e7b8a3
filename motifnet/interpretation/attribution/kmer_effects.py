"""Effects of substitutions on a regression on k-mer counts: only the k-mers that contain the position change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from motifnet.models.export import weight_tables
from motifnet.models.kmer_regression import KmerRegression
from motifnet.sequences.alphabet import Codes, N
from motifnet.sequences.kmers import kmer_codes

Floats = NDArray[np.float64]


class KmerEffects:
    """Effects on the logits of some tasks of a regression."""

    def __init__(self, regression: KmerRegression, tasks: list[int]) -> None:
        self._tables = {k: table[:, tasks].astype(np.float64) for k, table in weight_tables(regression).items()}
        self._n_tasks = len(tasks)

    def __call__(self, codes: Codes) -> Floats:
        """Effect of each base at each position of codes ``(n, L)``, ``(n, T, 4, L)``; 0 at the observed base."""
        n, length = codes.shape
        totals = np.zeros((n, 4, length, self._n_tasks))
        for k, table in self._tables.items():
            totals += _window_weights(codes, k, table)
        before = np.take_along_axis(totals, np.minimum(codes, 3)[:, np.newaxis, :, np.newaxis], axis=1)
        before[(codes == N)[:, np.newaxis]] = 0
        return np.moveaxis(totals - before, 3, 1)


def _window_weights(codes: Codes, k: int, table: Floats) -> Floats:
    """Sum of the weights of the k-mers over a position, for each base there: ``(n, 4, L, T)``.

    `table` has the weight of each k-mer, by its code.
    """
    n, length = codes.shape
    sums = np.zeros((n, 4, length, table.shape[1]))
    n_windows = length - k + 1
    if n_windows < 1:
        return sums
    kmers, is_n = kmer_codes(codes, k), codes == N
    n_unknown = np.lib.stride_tricks.sliding_window_view(is_n, k, axis=1).sum(axis=2)
    for offset in range(k):
        own = slice(offset, offset + n_windows)
        digit = 4 ** (k - 1 - offset)
        others = kmers - (codes[:, own] & 3).astype(np.int64) * digit
        is_known = n_unknown - is_n[:, own] == 0
        for base in range(4):
            sums[:, base, own] += np.where(is_known[..., np.newaxis], table[others + base * digit], 0)
    return sums
