"""Motifs against sequences: the best log-odds score of each in each, and how well it tells labels apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from motifnet.arguments import check_type
from motifnet.motifs.motif import MotifSet
from motifnet.motifs.scanning.placement import place
from motifnet.motifs.statistics.contrast import contrast
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet


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
    check_type("motifs", motifs, MotifSet)
    check_type("sequences", sequences, SequenceSet)
    scores = place(motifs, sequences, pseudocount=pseudocount).score
    lowest = [motif.pwm(pseudocount).min(axis=0).sum() for motif in motifs]
    return np.maximum(scores, np.array(lowest, dtype=np.float32))


def separation(motifs: MotifSet, data: Dataset) -> NDArray[np.float64]:
    """How well the best site of each motif tells the labels of each task apart: auROC, ``(M, T)``.

    0.5 is nothing, 1 a motif of the positives, 0 a motif of the negatives; NaN where a task lacks a class. Real values
    and counts are compared as upper and lower third (`contrast`).
    """
    check_type("data", data, Dataset)
    scores = best_scores(motifs, data.sequences)
    aurocs = np.full((len(motifs), len(data.tasks)), np.nan)
    for task, labels in enumerate(data.labels.T):
        classes = contrast(labels)
        known = ~np.isnan(classes)
        if len(np.unique(classes[known])) == 2:
            aurocs[:, task] = [roc_auc_score(classes[known], scores[known, m]) for m in range(len(motifs))]
    return aurocs
