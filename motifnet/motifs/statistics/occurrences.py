"""`Occurrences`: the best site of each motif in each sequence, found once; sites and statistics derive from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from motifnet.motifs.motif import Floats, Motif, Strands
from motifnet.motifs.scanning.pwm import best_sites, lowest_scores
from motifnet.motifs.statistics.contrast import contrast, is_binary
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import rows_at
from motifnet.sequences.store import allocate, blocks, release

#: Columns of score_counts.tsv.
SCORE_COLUMNS = {
    "motif": "name, as in motifs.meme",
    "task": "task that the PWM classifies best, as in motifs.tsv",
    "bin_start": "start of the bin, in bits of log odds; the motif's threshold is the start of a bin",
    "bin_end": "end of the bin",
    "n_positive": "held-out positives with a best score in the bin (for values: upper third; copies count once)",
    "n_negative": "held-out negatives with a best score in the bin (for values: lower third)",
}
#: Sequences that are scanned at a time.
_ROWS = 1 << 14


@dataclass(frozen=True, eq=False)
class Occurrences:
    """The best site of each of M motifs in each of N sequences.

    Large arrays are in temporary files (`store`): 9 bytes per motif and sequence.

    Parameters
    ----------
    motifs : tuple of M Motif
    data : Dataset of N sequences
    score : float32 array of shape (N, M)
        PWM score in bits; minus infinity if every window of the sequence contains N.
    start : int32 array of shape (N, M)
        0-based start on the forward strand.
    is_reverse : bool array of shape (N, M)
        Whether the site is on the ``-`` strand.
    part : str
        "train", "valid" or "test": the part of a split that the sequences are.
    rows : int64 array of shape (N,), optional
        Rows of the sequences in the data that were split; by default their own.
    """

    motifs: tuple[Motif, ...]
    data: Dataset
    score: NDArray[np.float32]
    start: NDArray[np.int32]
    is_reverse: NDArray[np.bool_]
    part: str = "test"
    rows: NDArray[np.int64] | None = None

    @classmethod
    def find(
        cls,
        motifs: Sequence[Motif],
        data: Dataset,
        *,
        strands: Strands,
        part: str = "test",
        rows: NDArray[np.int64] | None = None,
    ) -> Occurrences:
        """Scan each sequence once with all motifs."""
        shape = len(data), len(motifs)
        score, start, is_reverse = (allocate(shape, kind) for kind in (np.float32, np.int32, np.bool_))
        for first, block in blocks(score, rows=_ROWS):
            here = slice(first, first + len(block))
            block[:], start[here], is_reverse[here] = best_sites(motifs, data.sequences.take(here), strands=strands)
            release(start)
            release(is_reverse)
        return cls(tuple(motifs), data, score, start, is_reverse, part, rows)

    def __len__(self) -> int:
        return len(self.score)

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each motif."""
        return tuple(motif.name for motif in self.motifs)

    @property
    def widths(self) -> NDArray[np.int64]:
        """Width of each motif, in bp: shape (M,)."""
        return np.array([motif.width for motif in self.motifs], dtype=np.int64)

    @property
    def index(self) -> NDArray[np.int64]:
        """Index of each sequence in the data that were split: shape (N,)."""
        return np.arange(len(self)) if self.rows is None else self.rows

    def finite_score(self, rows: NDArray[np.int64] | slice = slice(None)) -> NDArray[np.float32]:
        """`score` of some sequences, with the lowest possible score of the motif instead of minus infinity."""
        return np.maximum(self.score[rows], lowest_scores(self.motifs))

    def has_site(self, thresholds: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Whether the best score reaches the motif's threshold: shape (N, M)."""
        return np.asarray(self.score >= thresholds)

    def take(self, rows: ArrayLike) -> Occurrences:
        """Select sequences by indices or a mask."""
        index = rows_at(len(self), rows)
        return replace(
            self,
            data=self.data.take(index),
            score=self.score[index],
            start=self.start[index],
            is_reverse=self.is_reverse[index],
            rows=self.index[index],
        )

    def take_motifs(self, index: Sequence[int] | NDArray[np.int64], motifs: Sequence[Motif] = ()) -> Occurrences:
        """Select motifs by indices, in that order; `motifs` are the same motifs with other names."""
        return replace(
            self,
            motifs=tuple(motifs) or tuple(self.motifs[int(i)] for i in index),
            score=_take_columns(self.score, index),
            start=_take_columns(self.start, index),
            is_reverse=_take_columns(self.is_reverse, index),
        )


def _take_columns(array: NDArray[Any], index: Sequence[int] | NDArray[np.int64]) -> NDArray[Any]:
    taken = allocate((len(array), len(index)), array.dtype)
    for first, block in blocks(array):
        taken[first : first + len(block)] = block[:, index]
        release(taken)
    return taken


def scores_at(parts: Sequence[Occurrences], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Finite scores in some sequences of several parts; `rows`, in order, count through all parts."""
    bounds = np.cumsum([0, *map(len, parts)])
    by_part = np.split(rows, np.searchsorted(rows, bounds[1:-1]))
    return np.concatenate([own.finite_score(r - start) for own, r, start in zip(parts, by_part, bounds, strict=False)])


def independent(data: Dataset, labels: NDArray[np.floating]) -> NDArray[np.int64]:
    """Rows with a known label, one per group and class: copies are not independent evidence."""
    known = np.flatnonzero(~np.isnan(labels))
    classes = labels[known] if is_binary(labels) else np.zeros(len(known))
    _, first = np.unique(np.stack([data.groups[known], classes]), axis=1, return_index=True)
    return np.sort(known[first])


def score_counts(held_out: Occurrences, *, thresholds: Floats, tasks: NDArray[np.int64]) -> pd.DataFrame:
    """Histograms of the best score of each held-out sequence, in both classes of each motif's task.

    Parameters
    ----------
    held_out : Occurrences of M motifs
    thresholds : float64 array of shape (M,)
    tasks : int64 array of shape (M,)
        Index of the task of each motif.

    Returns
    -------
    DataFrame
        The columns `SCORE_COLUMNS`.
    """
    data, scores = held_out.data, held_out.finite_score().astype(np.float64)
    rows_of_task = {task: independent(data, data.labels[:, task]) for task in np.unique(tasks)}
    parts = [pd.DataFrame(columns=list(SCORE_COLUMNS))][: not len(tasks)]
    for index, (name, task) in enumerate(zip(held_out.names, tasks, strict=True)):
        rows = rows_of_task[task]
        own, classes = scores[rows, index], contrast(data.labels[rows, task])
        edges = _edges(own, float(thresholds[index]))
        counts = [np.histogram(own[classes == value], edges)[0] for value in (1, 0)]
        columns = (name, data.tasks[task], edges[:-1], edges[1:], *counts)
        parts.append(pd.DataFrame(dict(zip(SCORE_COLUMNS, columns, strict=True))))
    return pd.concat(parts, ignore_index=True)


def _edges(scores: Floats, threshold: float, n_bins: int = 24) -> Floats:
    """Edges of bins of one width over all scores, the threshold among them, so that sites fill whole bins."""
    lowest, highest = (float(scores.min()), float(scores.max())) if len(scores) else (0.0, 0.0)
    width = (highest - lowest) / (n_bins - 1) or 1.0
    if not np.isfinite(threshold):
        threshold = lowest
    first, last = np.floor((lowest - threshold) / width), np.floor((highest - threshold) / width) + 1
    return np.asarray(threshold + width * np.arange(first, last + 1))
