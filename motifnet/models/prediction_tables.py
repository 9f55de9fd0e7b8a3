"""Predictions as a table: one row a sequence, by index, since names may repeat."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from motifnet.progress import report
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet

if TYPE_CHECKING:
    from motifnet.models.trained import TrainedModel

#: Sequences that are predicted and written at one time.
ROWS = 20_480


def scores_table(sequences: SequenceSet, probabilities: NDArray[np.floating], tasks: tuple[str, ...]) -> pd.DataFrame:
    """``sequence_index name <task>...`` for sequences without labels; `probabilities` has shape (N, T)."""
    columns = {task: probabilities[:, t] for t, task in enumerate(tasks)}
    return pd.DataFrame({"sequence_index": np.arange(len(sequences)), "name": list(sequences.names), **columns})


def predicted_tables(model: TrainedModel, sequences: SequenceSet) -> Iterator[pd.DataFrame]:
    """Predict sequences, however many: tables of `scores_table` that together are one, the first of them even if empty.

    Parameters
    ----------
    model : TrainedModel
    sequences : SequenceSet

    Yields
    ------
    DataFrame
    """
    model = model.for_length(sequences.length)  # once, not for each table
    for begin in range(0, max(len(sequences), 1), ROWS):
        part = sequences.take(np.arange(begin, min(begin + ROWS, len(sequences))))
        table = scores_table(part, model.predict(part), model.spec.tasks)
        yield table.assign(sequence_index=table["sequence_index"] + begin)
        report("predicting", min(begin + ROWS, len(sequences)), len(sequences))


def predictions_table(data: Dataset, probabilities: NDArray[np.floating], *, index: ArrayLike) -> pd.DataFrame:
    """``sequence_index name label_<task> <task> ...``: what was known beside what was predicted."""
    table = scores_table(data.sequences, probabilities, data.tasks).assign(sequence_index=np.asarray(index))
    for t, task in enumerate(data.tasks):
        table.insert(2 + 2 * t, f"label_{task}", data.labels[:, t])
    return table
