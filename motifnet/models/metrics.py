"""Metrics of predictions for each kind of labels, and tables of them. Imports neither Keras nor TensorFlow."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats
from sklearn import metrics as sklearn_metrics

from motifnet.errors import InputError, quoted
from motifnet.sequences.dataset import Dataset

Floats = NDArray[np.floating]

#: False discovery rates of the metrics ``recall_at_fdr_*``.
_FDRS = (0.05, 0.10, 0.25, 0.50)
#: Names and descriptions of the metrics of each kind of output (`ModelSpec.outputs`): the columns of `evaluate`, and
#: the keys of metrics.json.
METRICS: dict[str, dict[str, str]] = {
    "classes": {
        "auroc": "area under the ROC curve",
        "auprc": "average precision, the area under the precision-recall curve; compare with the prevalence",
        "prevalence": "fraction of sequences labelled 1: the auPRC of random predictions",
        "accuracy": "fraction of correct predictions at probability 0.5",
        "f1": "harmonic mean of precision and recall at probability 0.5",
        "log_loss": "mean negative log likelihood, in nats",
        **{f"recall_at_fdr_{100 * fdr:02.0f}": f"recall at {fdr:.0%} FDR: at precision {1 - fdr:g}" for fdr in _FDRS},
        "brier": "mean squared difference of probability and label",
        "calibration_error": "mean absolute difference of mean probability and fraction of positives, in ten bins with "
        "equal numbers of sequences",
        "n_positive": "number of sequences labelled 1",
        "n_negative": "number of sequences labelled 0",
    },
    "values": {
        "pearson": "Pearson correlation of labels and predictions",
        "spearman": "Spearman rank correlation",
        "mse": "mean squared error, in squared units of the label",
        "n": "number of sequences with a label",
    },
    "counts": {
        "pearson": "Pearson correlation of labels and predictions",
        "spearman": "Spearman rank correlation",
        "mse": "mean squared error",
        "poisson_deviance": "mean Poisson deviance of the counts from the predictions",
        "n": "number of sequences with a label",
    },
}
#: Columns of `calibration`.
CALIBRATION_COLUMNS = {
    "low": "lowest probability in the bin",
    "high": "highest probability in the bin",
    "predicted": "mean probability",
    "observed": "fraction of sequences labelled 1",
    "n": "number of sequences",
}


def task_metrics(labels: Floats, predictions: Floats, outputs: str = "classes") -> dict[str, float]:
    """Metrics of labels and predictions ``(N,)``, with the keys of `METRICS`; unknown labels (NaN) are ignored.

    A metric is NaN where it is not defined: without labels, with one class, or with constant values.
    """
    known = ~np.isnan(labels)
    y, p = labels[known].astype(np.float64), predictions[known].astype(np.float64)
    values = _class_metrics(y, p) if outputs == "classes" else _value_metrics(y, p)
    if outputs == "counts" and len(y):
        values["poisson_deviance"] = poisson_deviance(y, p)
    return {name: values.get(name, math.nan) for name in METRICS[outputs]}


def _class_metrics(y: Floats, p: Floats) -> dict[str, float]:
    n_positive = int(y.sum())
    values: dict[str, float] = {"n_positive": n_positive, "n_negative": len(y) - n_positive}
    if not len(y):
        return values
    bins = calibration(y, p)
    values |= {
        "prevalence": n_positive / len(y),
        "accuracy": float(sklearn_metrics.accuracy_score(y, p >= 0.5)),
        "log_loss": float(sklearn_metrics.log_loss(y, p, labels=[0, 1])),
        "brier": float(sklearn_metrics.mean_squared_error(y, p)),
        "calibration_error": float(np.average((bins["predicted"] - bins["observed"]).abs(), weights=bins["n"])),
    }
    if n_positive:
        precision, recall, _ = sklearn_metrics.precision_recall_curve(y, p)
        values |= {
            "auprc": float(sklearn_metrics.average_precision_score(y, p)),
            "f1": float(sklearn_metrics.f1_score(y, p >= 0.5, zero_division=0)),
            **{f"recall_at_fdr_{100 * fdr:02.0f}": float(recall[precision >= 1 - fdr].max()) for fdr in _FDRS},
        }
    if 0 < n_positive < len(y):
        values["auroc"] = float(sklearn_metrics.roc_auc_score(y, p))
    return values


def _value_metrics(y: Floats, p: Floats) -> dict[str, float]:
    if not len(y):
        return {"n": 0}
    return {
        "pearson": pearson(y, p),
        "spearman": pearson(stats.rankdata(y), stats.rankdata(p)),
        "mse": float(sklearn_metrics.mean_squared_error(y, p)),
        "n": len(y),
    }


def calibration(labels: ArrayLike, probabilities: ArrayLike, *, bins: int = 10) -> pd.DataFrame:
    """Predicted and observed frequencies in bins with equal numbers of sequences (Naeini et al. 2015, AAAI).

    Labels and probabilities are arrays ``(N,)``; unknown labels (NaN) are ignored. Returns one row per bin, by
    increasing probability, with `CALIBRATION_COLUMNS`. There are at most `bins` bins: equal probabilities share one.
    """
    y, p = np.asarray(labels, dtype=np.float64), np.asarray(probabilities, dtype=np.float64)
    known = ~np.isnan(y)
    table = pd.DataFrame({"label": y[known], "probability": p[known]})
    number = ((stats.rankdata(table["probability"]) - 0.5) * bins / max(len(table), 1)).astype(int)
    groups = table.groupby(number)
    probability = groups["probability"]
    columns = (probability.min(), probability.max(), probability.mean(), groups["label"].mean(), groups.size())
    return pd.DataFrame(dict(zip(CALIBRATION_COLUMNS, columns, strict=True))).reset_index(drop=True)


def pearson(a: Floats, b: Floats) -> float:
    """Pearson correlation of two arrays of shape (N,); NaN if one of them is constant."""
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return math.nan
    return float(np.corrcoef(a.astype(np.float64), b.astype(np.float64))[0, 1])


def poisson_deviance(counts: Floats, expected: Floats | float) -> float:
    """Mean Poisson deviance, 2 (k ln(k / e) - k + e), of counts k from expected counts e (0 is allowed)."""
    e = np.asarray(expected, dtype=np.float64)
    k = counts.astype(np.float64)
    return float(np.mean(2 * (special.xlogy(k, k) - special.xlogy(k, e) - k + e)))


def metrics_table(data: Dataset, predictions: Floats, outputs: str = "classes") -> pd.DataFrame:
    """Metrics of predictions ``(N, T)``: one row per task, with the columns of `METRICS`."""
    rows = [task_metrics(data.labels[:, t], predictions[:, t], outputs) for t in range(len(data.tasks))]
    frame = pd.DataFrame(rows, index=pd.Index(data.tasks, name="task"), columns=list(METRICS[outputs]))
    return frame.astype({name: int for name in METRICS[outputs] if is_count(name)})


def metrics_json(table: pd.DataFrame) -> dict[str, dict[str, float | int | None]]:
    """``{task: {"auroc": ...}}`` as in metrics.json, with None for NaN."""
    return {
        str(task): {
            str(name): None if math.isnan(value) else int(value) if is_count(str(name)) else float(value)
            for name, value in row.items()
        }
        for task, row in table.iterrows()
    }


def metrics_from_json(document: Mapping[str, Mapping[str, Any] | None], outputs: str) -> pd.DataFrame:
    """Inverse of `metrics_json`; other keys of a task are ignored, and missing ones are NaN."""
    rows = [[(values or {}).get(name) for name in METRICS[outputs]] for values in document.values()]
    frame = pd.DataFrame(rows, pd.Index(list(document), name="task"), list(METRICS[outputs]), dtype=np.float64)
    return frame.astype({name: int for name in frame if is_count(name) and frame[name].notna().all()})


def is_count(name: str) -> bool:
    """Whether a metric is a number of sequences."""
    return name.partition("_")[0] == "n"


def check_labels(data: Dataset, outputs: str) -> None:
    """Raise InputError unless all known labels are 0 or 1 (classes), finite (values), or finite and not negative."""
    checks: dict[str, tuple[Callable[[Floats], NDArray[np.bool_]], str, str]] = {
        "classes": (
            lambda labels: (labels == 0) | (labels == 1),
            "0, 1",
            "Use --outputs values or --outputs counts, or convert the labels to classes.",
        ),
        "values": (np.isfinite, "finite", "Leave unknown labels empty."),
        "counts": (lambda labels: np.isfinite(labels) & (labels >= 0), "0 or more", "Use --outputs values."),
    }
    is_valid, description, hint = checks[outputs]
    for task, labels in zip(data.tasks, data.labels.T, strict=True):
        other = labels[~np.isnan(labels) & ~is_valid(labels)]
        if len(other):
            raise InputError(
                f"task {quoted(task)} has label {other[0]:g}; "
                f"labels of {outputs} must be {description}, or NaN for unknown",
                hint=hint,
            )


def settle_outputs(data: Dataset, outputs: str | None) -> str:
    """Return the kind of outputs, classes by default; raise InputError if the labels do not fit."""
    check_labels(data, outputs or "classes")
    return outputs or "classes"
