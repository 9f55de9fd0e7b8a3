"""Predictions as a table: one row a sequence, by index, since names may repeat."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from motifnet.sequences.sequence_set import Dataset, SequenceSet


def scores_table(sequences: SequenceSet, probabilities: NDArray[np.floating], tasks: tuple[str, ...]) -> pd.DataFrame:
    """``index name <task>...`` for sequences without labels; `probabilities` has shape (N, T)."""
    columns = {task: probabilities[:, t] for t, task in enumerate(tasks)}
    return pd.DataFrame({"index": np.arange(len(sequences)), "name": list(sequences.names), **columns})


def predictions_table(data: Dataset, probabilities: NDArray[np.floating], *, index: ArrayLike) -> pd.DataFrame:
    """``index name label_<task> <task> ...``: what was known beside what was predicted."""
    table = scores_table(data.sequences, probabilities, data.tasks).assign(index=np.asarray(index))
    for t, task in enumerate(data.tasks):
        table.insert(2 + 2 * t, f"label_{task}", data.labels[:, t])
    return table
