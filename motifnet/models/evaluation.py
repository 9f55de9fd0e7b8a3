"""`evaluate`: metrics of a trained model on labelled sequences; `predict_table` and tables of its predictions."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from motifnet.arguments import check_type
from motifnet.cluster import cluster_blocks, file_paths
from motifnet.errors import InputError, listed
from motifnet.models.metrics import check_labels, metrics_table
from motifnet.models.sequence_model import SequenceModel
from motifnet.models.storage import find_model, read_header
from motifnet.models.trained import as_model, load_model
from motifnet.outputs import check_table, write_table
from motifnet.parts import BLOCK, Results, checked, n_blocks
from motifnet.progress import report
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.input_spec import IntervalSpec
from motifnet.sequences.io.reader import AnySequences
from motifnet.sequences.sequence_set import SequenceSet

if TYPE_CHECKING:
    from distributed import Client

logger = logging.getLogger("motifnet")


def evaluate(model: SequenceModel, data: Dataset | AnySequences, labels: ArrayLike | None = None) -> pd.DataFrame:
    """Compute the metrics of a model on labelled sequences.

    A warning is logged if the model was trained on some of them.

    Parameters
    ----------
    model : SequenceModel
    data : Dataset
        With the tasks of the model; or, with `labels`, any sequences that `SequenceModel.predict` accepts.
    labels : array-like of shape (N,) or (N, T), optional
        Labels of the sequences.

    Returns
    -------
    DataFrame
        One row per task: ``auroc``, ``auprc``, ... for classes; ``pearson``, ``spearman``, ``mse``, ... for values and
        counts.

    Raises
    ------
    InputError
        If the tasks differ, or the outputs of the model do not allow a label.
    ModelError
        If the model does not accept the length of the sequences.
    """
    check_type("model", model, SequenceModel)
    if labels is not None:
        data = Dataset.from_labels(model.as_sequences(data), labels, model.spec.tasks)
    check_type("data", data, Dataset)
    assert isinstance(data, Dataset)
    if data.tasks != model.spec.tasks:
        what = f"the tasks of the model are {listed(model.spec.tasks)}. Got {listed(data.tasks)} instead"
        raise InputError(what, hint="Give labels for all tasks, in this order, e.g. --labels TABLE.")
    warn_if_seen(model, data)
    check_labels(data, model.spec.outputs)
    return metrics_table(data, model.predict(data.sequences), model.spec.outputs)


def warn_if_seen(model: SequenceModel, data: Dataset) -> None:
    """Log a warning if some sequences are training or validation sequences of the model."""
    n_seen = sum(split in ("train", "valid") for split in model.split_of(data.sequences))
    if n_seen:
        logger.warning("the model was trained on %d of %d sequences: metrics on them are optimistic", n_seen, len(data))


def scores_table(sequences: SequenceSet, predictions: NDArray[np.floating], tasks: tuple[str, ...]) -> pd.DataFrame:
    """Table of predictions ``(N, T)``: ``sequence_index``, ``name``, and a column for each task."""
    columns = {task: predictions[:, t] for t, task in enumerate(tasks)}
    return pd.DataFrame({"sequence_index": np.arange(len(sequences)), "name": list(sequences.names), **columns})


def predictions_table(data: Dataset, predictions: NDArray[np.floating], *, index: ArrayLike) -> pd.DataFrame:
    """`scores_table` with a column ``label_<task>`` before each task, for the rows of a larger dataset in `index`."""
    table = scores_table(data.sequences, predictions, data.tasks).assign(sequence_index=np.asarray(index))
    for t, task in enumerate(data.tasks):
        table.insert(2 + 2 * t, f"label_{task}", data.labels[:, t])
    return table


def predict_table(
    model: SequenceModel | str | Path, sequences: str | Path, output: str | Path, *,
    intervals: IntervalSpec = IntervalSpec(), client: Client | None = None,
) -> None:  # fmt: skip
    """Write the predictions for the sequences of a file, as `motifnet predict` does.

    Parameters
    ----------
    model : TrainedModel, KerasModel, or path of the folder of a model
    sequences : str or Path
        FASTA file, or with a genome a file of regions.
    output : str or Path
        Table to write.
    intervals : IntervalSpec
        Genome and filters of regions.
    client : distributed.Client, optional
        Predict on the workers of a Dask cluster, which read the files; the model must be a path.

    Raises
    ------
    InputError
        If the sequences cannot be read, or the table cannot be written.
    ModelError
        If the model does not accept the length of the sequences.
    """
    check_table(output)
    if client is None:
        model = as_model(model)
        data, tasks = model.read_sequences(sequences, intervals=intervals), model.spec.tasks
        results = block_predictions(model, data)
    else:
        folder, path = file_paths(model=model, sequences=sequences)
        header = read_header(folder)
        data, tasks = header.read_sequences(path, intervals=intervals), header.spec.tasks
        results = cluster_predictions(client, n_blocks(len(data)), folder, path, intervals)
    write_table(stream_predictions(data, tasks, results), output)


def cluster_predictions(
    client: Client, n_blocks: int, model: str | Path, sequences: str | Path, intervals: IntervalSpec
) -> Results:
    """`block_predictions` on the workers of a cluster."""
    inputs = find_model(model), sequences, intervals.genome, intervals.blacklist
    prepare = partial(_file_predictions, model, sequences, intervals)
    return cluster_blocks(client, prepare, n_blocks=n_blocks, inputs=inputs)


def _file_predictions(model: str | Path, sequences: str | Path, intervals: IntervalSpec) -> Results:
    loaded = load_model(model)
    return block_predictions(loaded, loaded.read_sequences(sequences, intervals=intervals))


def block_predictions(model: SequenceModel, sequences: SequenceSet) -> Results:
    """Function that predicts a block of sequences: ``predictions`` float32 ``(n, T)``."""
    model = model.for_length(sequences.length)  # once, not for each block
    return lambda block: {"predictions": model.predict(sequences.take(_rows(block, len(sequences))))}


def stream_predictions(sequences: SequenceSet, tasks: tuple[str, ...], results: Results) -> Iterator[pd.DataFrame]:
    """Yield the `scores_table` of each block of sequences; without sequences, one empty table.

    Raises
    ------
    InputError
        If the results are those of other sequences or tasks.
    """
    if not len(sequences):
        yield scores_table(sequences, np.empty((0, len(tasks))), tasks)
    for block in range(n_blocks(len(sequences))):
        rows = _rows(block, len(sequences))
        found = checked(results(block), "predictions", (len(rows), len(tasks)))
        table = scores_table(sequences.take(rows), found, tasks)
        yield table.assign(sequence_index=rows)
        report("predicting", int(rows[-1]) + 1, len(sequences))


def _rows(block: int, n: int) -> NDArray[np.int64]:
    return np.arange(block * BLOCK, min((block + 1) * BLOCK, n))
