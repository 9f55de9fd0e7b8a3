"""Motifs against sequences: the best log-odds score of each in each, and how well it tells labels apart."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from motifnet.motifs.motif import MotifSet
from motifnet.sequences.alphabet import N, one_hot_codes
from motifnet.sequences.sequence_set import Dataset, SequenceSet

_BATCH = 512
_FORBIDDEN = np.float32(-1e30)


def best_scores(motifs: MotifSet, sequences: SequenceSet, *, pseudocount: float = 1.0) -> NDArray[np.float32]:
    """Score of the best site of each motif in each sequence.

    Parameters
    ----------
    motifs : MotifSet of M motifs
        Both strands are looked at if its ``strands`` says so.
    sequences : SequenceSet of N sequences
    pseudocount : float
        See `Motif.pwm`.

    Returns
    -------
    float32 array of shape (N, M)
        In bits. Windows with N are skipped; a sequence without any other window gets the lowest score possible.
    """
    result = np.empty((len(sequences), len(motifs)), dtype=np.float32)
    for width in sorted({motif.width for motif in motifs}):
        chosen = [index for index, motif in enumerate(motifs) if motif.width == width]
        matrices = [motifs[index].pwm(pseudocount) for index in chosen]
        lowest = np.array([matrix.min(axis=0).sum() for matrix in matrices], dtype=np.float32)
        both = np.stack(matrices + [matrix[::-1, ::-1] for matrix in matrices] * (motifs.strands == "both"))
        scores = _best_windows(both.astype(np.float32), sequences)
        by_strand = scores.reshape(len(sequences), len(both) // len(chosen), len(chosen))
        result[:, chosen] = np.maximum(by_strand.max(axis=1), lowest)
    return result


def _best_windows(matrices: NDArray[np.float32], sequences: SequenceSet) -> NDArray[np.float32]:
    """Best window of each matrix ``(M, 4, w)`` in each sequence, forward strand: ``(N, M)``; -inf without one."""
    n_motifs, _, width = matrices.shape
    best = np.full((len(sequences), n_motifs), -np.inf, dtype=np.float32)
    if sequences.length < width:
        return best
    # Minus infinity (a base never seen, no pseudocount) times zero would be NaN.
    flat = np.maximum(matrices.reshape(n_motifs, -1).T, _FORBIDDEN)
    for first in range(0, len(sequences), _BATCH):
        codes = sequences.codes[first : first + _BATCH]
        windows = sliding_window_view(one_hot_codes(codes), width, axis=2)
        scores = windows.transpose(0, 2, 1, 3).reshape(len(codes), -1, 4 * width) @ flat
        unknown = sliding_window_view(codes == N, width, axis=1).any(axis=2)
        scores[unknown] = -np.inf
        best[first : first + _BATCH] = scores.max(axis=1)
    best[best < _FORBIDDEN / 2] = -np.inf
    return best


def separation(motifs: MotifSet, data: Dataset) -> NDArray[np.float64]:
    """How well the best site of each motif tells the labels of each task apart: auROC, ``(M, T)``.

    0.5 is nothing, 1 a motif of the positives, 0 a motif of the negatives; NaN where a task lacks a class.
    """
    scores = best_scores(motifs, data.sequences)
    aurocs = np.full((len(motifs), len(data.tasks)), np.nan)
    for task, labels in enumerate(data.labels.T):
        known = ~np.isnan(labels)
        if len(np.unique(labels[known])) == 2:
            aurocs[:, task] = [roc_auc_score(labels[known], scores[known, m]) for m in range(len(motifs))]
    return aurocs
