"""`evaluate`: how well predictions match labels, task by task, in the figures of each kind of label."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats
from sklearn import metrics as sklearn_metrics

from motifnet.arguments import check_type
from motifnet.errors import InputError
from motifnet.sequences.dataset import Dataset

if TYPE_CHECKING:
    from motifnet.models.trained import TrainedModel

logger = logging.getLogger("motifnet")

#: False discovery rates at which recall is told, and the keys of `METRICS` for them.
FDRS = {0.05: "recall_at_fdr_05", 0.10: "recall_at_fdr_10", 0.25: "recall_at_fdr_25", 0.50: "recall_at_fdr_50"}
#: Columns of `evaluate` and keys of metrics.json for classes, and what they are.
METRICS = {
    "auroc": "area under the receiver operating characteristic",
    "auprc": "average precision; compare with the prevalence",
    "prevalence": "share of sequences labelled 1: the auPRC of a coin",
    "accuracy": "share predicted right at probability 0.5",
    "f1": "harmonic mean of precision and recall at probability 0.5",
    "log_loss": "mean negative log likelihood, in nats",
    **{
        key: f"largest recall at which at most {fdr:.0%} of what is called positive is not" for fdr, key in FDRS.items()
    },
    "brier": "mean squared difference between probability and label",
    "calibration_error": "mean difference between probability and share of positives, over ten bins of equal counts",
    "n_positive": "sequences labelled 1",
    "n_negative": "sequences labelled 0",
}
#: The same for real values.
VALUE_METRICS = {
    "pearson": "Pearson's correlation of labels and predictions",
    "spearman": "Spearman's rank correlation",
    "mse": "mean squared error, in squared units of the label",
    "n": "sequences with a label",
}
#: The same for counts.
COUNT_METRICS = {
    "pearson": VALUE_METRICS["pearson"],
    "spearman": VALUE_METRICS["spearman"],
    "mse": VALUE_METRICS["mse"],
    "poisson_deviance": "mean deviance of the counts from what is expected",
    "n": VALUE_METRICS["n"],
}
#: Columns of `calibration`, and what they are.
CALIBRATION_COLUMNS = {
    "low": "lowest probability in the bin",
    "high": "highest probability in the bin",
    "predicted": "mean probability",
    "observed": "share of sequences labelled 1",
    "n": "sequences",
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
    bins = calibration(y, p)
    return {
        "auroc": float(sklearn_metrics.roc_auc_score(y, p)) if has_both else math.nan,
        "auprc": float(sklearn_metrics.average_precision_score(y, p)) if n_positive else math.nan,
        "prevalence": n_positive / len(y) if len(y) else math.nan,
        "accuracy": float(np.mean((p >= 0.5) == y)) if len(y) else math.nan,
        "f1": float(sklearn_metrics.f1_score(y, p >= 0.5, zero_division=0)) if n_positive else math.nan,
        "log_loss": float(sklearn_metrics.log_loss(y, p, labels=[0, 1])) if len(y) else math.nan,
        **{key: _recall_at_fdr(y, p, fdr) if n_positive else math.nan for fdr, key in FDRS.items()},
        "brier": float(np.mean((p - y) ** 2)) if len(y) else math.nan,
        "calibration_error": float(np.average((bins["predicted"] - bins["observed"]).abs(), weights=bins["n"]))
        if len(y)
        else math.nan,
        "n_positive": n_positive,
        "n_negative": len(y) - n_positive,
    }


def _recall_at_fdr(labels: NDArray[np.integer], probabilities: NDArray[np.floating], fdr: float) -> float:
    """The largest recall at a precision of at least 1 - `fdr`, as DragoNN reports it (in percent)."""
    precision, recall, _ = sklearn_metrics.precision_recall_curve(labels, probabilities)
    return float(recall[precision >= 1 - fdr].max())


def calibration(labels: ArrayLike, probabilities: ArrayLike, *, bins: int = 10) -> pd.DataFrame:
    """Probabilities beside what came true, in bins of as equal counts as ties allow (Naeini et al. 2015, AAAI).

    Parameters
    ----------
    labels, probabilities : array-like of shape (N,)
        Unknown labels (NaN) are left out.
    bins : int
        How many, at most: equal probabilities share one.

    Returns
    -------
    DataFrame
        One row a bin, from low to high; the columns of `CALIBRATION_COLUMNS`.
    """
    y, p = np.asarray(labels, dtype=np.float64), np.asarray(probabilities, dtype=np.float64)
    known = ~np.isnan(y)
    table = pd.DataFrame({"label": y[known], "probability": p[known]})
    number = ((stats.rankdata(table["probability"]) - 0.5) * bins / max(len(table), 1)).astype(int)
    groups = table.groupby(number)
    probability = groups["probability"]
    return pd.DataFrame(
        {
            "low": probability.min(),
            "high": probability.max(),
            "predicted": probability.mean(),
            "observed": groups["label"].mean(),
            "n": groups.size(),
        },
        columns=list(CALIBRATION_COLUMNS),
    ).reset_index(drop=True)


def value_metrics(labels: NDArray[np.floating], values: NDArray[np.floating]) -> dict[str, float]:
    """The figures of `VALUE_METRICS` for one task; unknown labels (NaN) are left out, what is undefined is NaN.

    Parameters
    ----------
    labels, values : arrays of shape (N,)
    """
    known = ~np.isnan(labels)
    y, x = labels[known].astype(np.float64), values[known].astype(np.float64)
    return {
        "pearson": pearson(y, x),
        "spearman": pearson(stats.rankdata(y), stats.rankdata(x)),
        "mse": float(np.mean((y - x) ** 2)) if len(y) else math.nan,
        "n": len(y),
    }


def count_metrics(labels: NDArray[np.floating], expected: NDArray[np.floating]) -> dict[str, float]:
    """The figures of `COUNT_METRICS` for one task, likewise."""
    known = ~np.isnan(labels)
    deviance = poisson_deviance(labels[known], expected[known]) if known.any() else math.nan
    return value_metrics(labels, expected) | {"poisson_deviance": deviance}


def pearson(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Pearson's correlation of two arrays of shape (N,); NaN where either does not vary."""
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return math.nan
    return float(np.corrcoef(a.astype(np.float64), b.astype(np.float64))[0, 1])


def poisson_deviance(counts: NDArray[np.floating], expected: NDArray[np.floating] | float) -> float:
    """Mean Poisson deviance, 2 (k ln(k / e) - k + e), of counts k from what is expected."""
    e = np.asarray(expected, dtype=np.float64)
    k = counts.astype(np.float64)
    return float(np.mean(2 * (special.xlogy(k, k) - special.xlogy(k, e) - k + e)))


class Measure(NamedTuple):
    """The figures of one kind of output: names with what they are, and what computes them for one task."""

    names: dict[str, str]
    of: Callable[[NDArray[np.floating], NDArray[np.floating]], dict[str, float]]


#: By `ModelSpec.outputs`.
MEASURES = {
    "classes": Measure(METRICS, binary_metrics),
    "values": Measure(VALUE_METRICS, value_metrics),
    "counts": Measure(COUNT_METRICS, count_metrics),
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
        One row a task, the columns of `METRICS`, `VALUE_METRICS` or `COUNT_METRICS`.

    Raises
    ------
    InputError
        If the tasks differ, or a label is none that the model's outputs can be.
    ModelError
        If the sequences have a length that the model cannot take.
    """
    from motifnet.models.trained import TrainedModel

    check_type("model", model, TrainedModel)
    check_type("data", data, Dataset)
    if data.tasks != model.spec.tasks:
        raise InputError(f"the model has the tasks {', '.join(model.spec.tasks)}, the data {', '.join(data.tasks)}")
    tell_if_seen(model, data)
    check_labels(data, model.spec.outputs)
    return metrics_table(data, model.predict(data.sequences), model.spec.outputs)


def check_labels(data: Dataset, outputs: str) -> None:
    """Labels are what the outputs of a network can be.

    Parameters
    ----------
    data : Dataset
    outputs : {"classes", "values", "counts"}
        As in `ModelSpec`.

    Raises
    ------
    InputError
        If a label is infinite, or neither 0, 1 nor unknown with "classes", or below 0 with "counts".
    """
    fits, wanted, hint = _LABELS[outputs]
    for task, labels in zip(data.tasks, data.labels.T, strict=True):
        other = labels[~np.isnan(labels) & ~fits(labels)]
        if len(other):
            raise InputError(
                f"task {task!r} has a label {other[0]:g}; labels {wanted}, or NaN for unknown",
                hint=hint,
            )


def settle_outputs(data: Dataset, outputs: str | None) -> str:
    """What the outputs of a network for these labels are: as asked for, or classes if all labels are 0 or 1.

    Raises
    ------
    InputError
        If the labels do not fit.
    """
    check_labels(data, outputs or "classes")
    return outputs or "classes"


#: Of each kind of output: which labels fit, what they are called, and what to do about others.
_LABELS: dict[str, tuple[Callable[[NDArray[np.floating]], NDArray[np.bool_]], str, str]] = {
    "classes": (
        lambda labels: (labels == 0) | (labels == 1),
        "of classes are 0, 1",
        "Learn values (--outputs values; counts from 0 up: --outputs counts), or make classes with a threshold.",
    ),
    "values": (np.isfinite, "are finite", "Leave it empty if it is unknown."),
    "counts": (
        lambda labels: np.isfinite(labels) & (labels >= 0),
        "that are counts are 0 or more",
        "Learn values (--outputs values).",
    ),
}


def tell_if_seen(model: TrainedModel, data: Dataset) -> None:
    """Warn (logger ``motifnet``) that figures flatter, when the model was made with some of these sequences."""
    n_seen = sum(split in ("train", "valid") for split in model.split_of(data.sequences))
    if n_seen:
        logger.warning("%d of %d sequences took part in training the model: figures on them flatter", n_seen, len(data))


def metrics_table(data: Dataset, predictions: NDArray[np.floating], outputs: str = "classes") -> pd.DataFrame:
    """`evaluate` for predictions ``(N, T)`` that are there already."""
    names, of = MEASURES[outputs]
    rows = [of(data.labels[:, t], predictions[:, t]) for t in range(len(data.tasks))]
    frame = pd.DataFrame(rows, index=pd.Index(data.tasks, name="task"), columns=list(names))
    return frame.astype({name: int for name in names if _is_count(name)})


def metrics_json(table: pd.DataFrame) -> dict[str, dict[str, float | int | None]]:
    """``{task: {"auroc": ...}}`` with None where a figure does not exist, as in metrics.json."""
    return {
        str(task): {
            str(name): None if math.isnan(value) else int(value) if _is_count(str(name)) else float(value)
            for name, value in row.items()
        }
        for task, row in table.iterrows()
    }


def _is_count(name: str) -> bool:
    return name == "n" or name.startswith("n_")
