"""The order of the motifs of a model: the best one first, then by the increase of the auROC over those before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from motifnet.motifs.alignment import mutual_similarity
from motifnet.motifs.learned.clustering import Family, refinement_classes
from motifnet.motifs.motif import Floats, Strands
from motifnet.motifs.statistics.occurrences import Occurrences, scores_at
from motifnet.motifs.statistics.selection import MAX_SELECTED, added_aurocs, select_motifs

Ints = NDArray[np.int64]


def order_motifs(
    families: Sequence[Family],
    occurrences: Sequence[Occurrences],
    strength: Floats,
    tasks: Ints,
    *,
    strands: Strands,
    seed: int,
) -> tuple[Ints, Floats]:
    """Select motifs for each task (`selection`), and omit optional motifs that are not selected.

    The first motif of each task comes first, then the second of each task, and so on; motifs that were not selected
    come last. Among motifs of equal rank, the stronger one is first.

    Parameters
    ----------
    families : sequence of M Family
    occurrences : sequence of Occurrences
        In training and in validation sequences.
    strength : float64 array of shape (M,)
        Difference of the auROC from 0.5.
    tasks : int64 array of shape (M,)
        Index of the task of each motif.
    strands : {"both", "forward"}
    seed : int
        For a sample of large data sets.

    Returns
    -------
    order : int64 array of shape (K,)
        Indices of the motifs of the list.
    added : float64 array of shape (M,)
        See `selection.added_aurocs`; NaN for motifs that are omitted.
    """
    classes = refinement_classes(np.concatenate([own.data.labels for own in occurrences]), seed=seed)
    is_listed = np.array([not family.is_optional for family in families], dtype=np.bool_)
    ranks, added = np.full(len(families), MAX_SELECTED), np.full(len(families), np.nan)
    for task in np.unique(tasks[is_listed]).tolist():
        rows = np.flatnonzero(~np.isnan(classes[:, task]))
        known, is_train = classes[rows, task], rows < len(occurrences[0])
        own = np.flatnonzero(tasks == task)
        first = int(np.where(is_listed[own], strength[own], -np.inf).argmax())
        scores, selected = scores_at(occurrences, rows)[:, own], [first]
        if len(np.unique(known)) == 2:
            motifs = [families[index].motif for index in own.tolist()]
            similarity = mutual_similarity(motifs, motifs, strands=strands)
            selected = select_motifs(scores, known, similarity, first)
        ranks[own[selected]] = np.arange(len(selected))
        is_listed[own[selected]] = True
        kept = np.flatnonzero(is_listed[own])
        at = np.searchsorted(kept, selected).tolist()
        added[own[kept]] = added_aurocs(scores[:, kept], known, at, is_train=is_train)
    order = np.lexsort((-strength, ranks))
    return order[is_listed[order]], added
