"""`evaluate`: how well predictions match labels, task by task."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn import metrics as sklearn_metrics

from motifnet.errors import InputError
from motifnet.sequences.sequence_set import Dataset

if TYPE_CHECKING:
    from motifnet.models.trained import TrainedModel

logger = logging.getLogger("motifnet")

#: Columns of `evaluate` and keys of metrics.json, and what they are.
METRICS = {
    "auroc": "area under the receiver operating characteristic",
    "auprc": "average precision; compare with the prevalence",
    "prevalence": "share of sequences labelled 1: the auPRC of a coin",
    "accuracy": "share predicted right at probability 0.5",
    "f1": "harmonic mean of precision and recall at probability 0.5",
    "log_loss": "mean negative log likelihood, in nats",
    "n_positive": "sequences labelled 1",
    "n_negative": "sequences labelled 0",
}


def binary_metrics(labels: NDArray[np.floating], probabilities: NDArray[np.floating]) -> dict[str, float]:
    """The figures of `METRICS` for one task; unknown labels (NaN) are left out.

    Parameters
    ----------
    labels, probabilities : arrays of shape (N,)

    Returns
    -------
    dict of str to float
        NaN where a figure needs a class that is not there.
    """
    known = ~np.isnan(labels)
    y, p = labels[known].astype(int), probabilities[known].astype(np.float64)
    n_positive = int(y.sum())
    has_both = 0 < n_positive < len(y)
    return {
        "auroc": float(sklearn_metrics.roc_auc_score(y, p)) if has_both else math.nan,
        "auprc": float(sklearn_metrics.average_precision_score(y, p)) if n_positive else math.nan,
        "prevalence": n_positive / len(y) if len(y) else math.nan,
        "accuracy": float(np.mean((p >= 0.5) == y)) if len(y) else math.nan,
        "f1": float(sklearn_metrics.f1_score(y, p >= 0.5, zero_division=0)) if n_positive else math.nan,
        "log_loss": float(sklearn_metrics.log_loss(y, p, labels=[0, 1])) if len(y) else math.nan,
        "n_positive": n_positive,
        "n_negative": len(y) - n_positive,
    }


def evaluate(model: TrainedModel, data: Dataset) -> pd.DataFrame:
    """Measure a trained model on labelled sequences that it has not seen.

    Parameters
    ----------
    model : TrainedModel
    data : Dataset
        With the tasks of the model.

    Returns
    -------
    DataFrame
        One row a task, the columns of `METRICS`.

    Raises
    ------
    InputError
        If the tasks differ, or a label is neither 0, 1 nor unknown.
    ModelError
        If the sequences have a length that the model cannot take.
    """
    if data.tasks != model.spec.tasks:
        raise InputError(f"the model has the tasks {', '.join(model.spec.tasks)}, the data {', '.join(data.tasks)}")
    tell_if_seen(model, data)
    check_classes(data)
    return metrics_table(data, model.predict(data.sequences))


def check_classes(data: Dataset) -> None:
    """The networks predict classes.

    Raises
    ------
    InputError
        If a label is neither 0, 1 nor unknown.
    """
    for task, labels in zip(data.tasks, data.labels.T, strict=True):
        other = labels[~np.isnan(labels) & (labels != 0) & (labels != 1)]
        if len(other):
            raise InputError(
                f"task {task!r} has a label {other[0]:g}; labels are 0, 1, or NaN for unknown",
                hint="Turn values into classes first, e.g. with a threshold.",
            )


def tell_if_seen(model: TrainedModel, data: Dataset) -> None:
    """Warn (logger ``motifnet``) that figures flatter, when the model was made with some of these sequences."""
    n_seen = sum(split in ("train", "valid") for split in model.split_of(data.sequences))
    if n_seen:
        logger.warning("%d of %d sequences took part in training the model: figures on them flatter", n_seen, len(data))


def metrics_table(data: Dataset, probabilities: NDArray[np.floating]) -> pd.DataFrame:
    """`evaluate` for predictions ``(N, T)`` that are there already."""
    rows = [binary_metrics(data.labels[:, t], probabilities[:, t]) for t in range(len(data.tasks))]
    frame = pd.DataFrame(rows, index=pd.Index(data.tasks, name="task"), columns=list(METRICS))
    return frame.astype({"n_positive": int, "n_negative": int})


def metrics_json(table: pd.DataFrame) -> dict[str, dict[str, float | int | None]]:
    """``{task: {"auroc": ...}}`` with None where a figure does not exist, as in metrics.json."""
    return {
        str(task): {
            name: None if math.isnan(row[name]) else int(row[name]) if name.startswith("n_") else float(row[name])
            for name in METRICS
        }
        for task, row in table.iterrows()
    }
