"""Scores of the validation positives of a model, for quantiles of other scores."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.documents import read_table
from motifnet.errors import FormatError
from motifnet.sequences.dataset import Dataset

#: Maximum number of scores per task; if there are more, this many quantiles are kept.
MAX_SCORES = 1_000


@dataclass(frozen=True, eq=False)
class PositiveScores:
    """Scores of the positives of each task among the validation sequences, of a model of classes.

    Parameters
    ----------
    values : float32 array of shape (n, T)
        Sorted scores of each task, followed by NaN if a task has fewer than n.
    """

    values: NDArray[np.float32]

    @classmethod
    def of(cls, valid: Dataset, scores: NDArray[np.floating]) -> Self:
        """Select the scores ``(N, T)`` of the sequences labelled 1."""
        own = [np.sort(column[labels > 0.5]) for column, labels in zip(scores.T, valid.labels.T, strict=True)]
        kept = [column[_spread(len(column))] for column in own]
        values = np.full((max(map(len, kept)), len(kept)), np.nan, dtype=np.float32)
        for t, column in enumerate(kept):
            values[: len(column), t] = column
        return cls(values)

    def quantiles(self, scores: NDArray[np.floating]) -> NDArray[np.float64]:
        """Fraction of the positives with at most these scores ``(N, T)``, in the same shape; NaN without positives."""
        found = np.full(scores.shape, np.nan)
        for t, column in enumerate(self.values.T):
            known = column[~np.isnan(column)]
            if len(known):
                found[:, t] = np.searchsorted(known, scores[:, t].astype(np.float32), side="right") / len(known)
        return found

    def write(self, path: Path, tasks: tuple[str, ...]) -> None:
        """Write a table: one column per task, its scores in ascending order."""
        table = pd.DataFrame(self.values.astype(np.float64), columns=list(tasks))
        table.to_csv(path, sep="\t", index=False, float_format="%.9g", quoting=csv.QUOTE_NONE)

    @classmethod
    def read(cls, path: Path, tasks: tuple[str, ...]) -> Self:
        """Read the table of a model; raise FormatError if it is damaged, or has other tasks or unsorted scores."""
        values = read_table(path, tasks, texts=()).to_numpy(dtype=np.float32)
        is_out = ~(values[1:] >= values[:-1]) & ~np.isnan(values[1:]) | np.isinf(values[1:])
        if is_out.any():
            line = int(is_out.any(axis=1).argmax()) + 3
            raise FormatError(path, "scores are not in ascending order", line=line, hint="Train the model again.")
        return cls(values)


def _spread(n: int) -> NDArray[np.int64]:
    """Indices of at most `MAX_SCORES` of n values, evenly spaced, with the first and the last one."""
    return np.linspace(0, n - 1, min(n, MAX_SCORES)).round().astype(np.int64)
