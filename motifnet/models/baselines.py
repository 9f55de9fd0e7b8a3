"""Baselines: models without a network, for comparison.

GC content alone shows how much the base composition of the classes differs, the k-mer regression how much short k-mers
predict. The third baseline of `discover`, the best single motif, is computed with the motifs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logit
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge

from motifnet.arguments import check_type
from motifnet.errors import InputError, listed
from motifnet.models.kmer_regression import KmerRegression, fit_kmers, inverse_link
from motifnet.models.metrics import check_labels, is_count, metrics_table
from motifnet.sequences.dataset import Dataset

#: Every baseline by name, with its label in summaries and plots.
BASELINES = {
    "network": "network alone",
    "kmer_logistic": "k-mer logistic regression",
    "kmer_ridge": "k-mer ridge regression",
    "kmer_poisson": "k-mer Poisson regression",
    "best_pwm": "first motif alone",
    "gc": "GC alone",
}
_KMER_BASELINES = {"classes": "kmer_logistic", "values": "kmer_ridge", "counts": "kmer_poisson"}
#: Columns of baselines.tsv: one row per sequence, task and baseline. `sequence_index` is as in predictions.tsv.
PREDICTION_COLUMNS = ("sequence_index", "task", "baseline", "prediction")
#: Columns that identify a row of a table of baselines; the others are those of `evaluate`.
_KEYS = ("task", "baseline")
#: GC content is a single feature: hardly any penalty.
_PENALTY = 1e-6


def baselines(
    train: Dataset, test: Dataset, *, outputs: str = "classes", strands: str = "both", seed: int = 0
) -> pd.DataFrame:
    """Fit baselines on training sequences and evaluate them on test sequences, with the metrics of `evaluate`.

    ``kmer_logistic`` is a regression on the counts of all 4- to 6-mers and gapped 7-mers (for values ``kmer_ridge``,
    for counts ``kmer_poisson``): the same as the regression that `train` adds to a network, alone. ``gc`` is a
    regression on GC content.

    Parameters
    ----------
    train, test : Dataset
        With the same tasks. Of more than 20,000 training sequences, the regression on k-mers uses a random sample.
    outputs : {"classes", "values", "counts"}
        Kind of labels, as in `ModelSpec`.
    strands : {"both", "forward"}
        "both": a sequence and its reverse complement have the same counts.
    seed : int
        Random seed of the sample.

    Returns
    -------
    DataFrame
        One row per task and baseline: ``task``, ``baseline``, and the columns of `evaluate`. Tasks with a single
        training label are left out.

    Raises
    ------
    InputError
        If the tasks differ, or a label does not fit `outputs`.
    """
    predictions = baseline_predictions(train, test, outputs=outputs, strands=strands, seed=seed)
    return measure_baselines(predictions, test, outputs=outputs)


def baseline_predictions(
    train: Dataset,
    test: Dataset,
    *,
    outputs: str = "classes",
    strands: str = "both",
    seed: int = 0,
    kmers: KmerRegression | None = None,
) -> dict[str, NDArray[np.float64]]:
    """Predictions of `baselines` for test sequences, e.g. for `plot_roc`.

    Parameters
    ----------
    train, test, outputs, strands, seed
        As for `baselines`.
    kmers : KmerRegression, optional
        Of a model trained on `train`, instead of a new fit.

    Returns
    -------
    dict of str to float64 array of shape (N, T)
        By the name of the baseline; NaN for a task with a single training label.

    Raises
    ------
    InputError
        If the tasks differ, or a label does not fit `outputs`.
    """
    for name, part in (("train", train), ("test", test)):
        check_type(name, part, Dataset)
        check_labels(part, outputs)
    if train.tasks != test.tasks:
        raise InputError(f"training and test data have different tasks: {listed(train.tasks)} and {listed(test.tasks)}")
    learnable = [t for t, labels in enumerate(train.labels.T) if len(np.unique(labels[~np.isnan(labels)])) > 1]
    predictions = {name: np.full(test.labels.shape, np.nan) for name in (_KMER_BASELINES[outputs], "gc")}
    if learnable:
        regression = kmers or fit_kmers(train, outputs=outputs, strands=strands, seed=seed)
        logits = regression.logits(test.sequences)[:, learnable]
        if outputs == "classes":
            logits += logit(np.nanmean(train.labels[:, learnable], axis=0, dtype=np.float64))
        predictions[_KMER_BASELINES[outputs]][:, learnable] = inverse_link(logits, outputs)
    for t in learnable:
        predictions["gc"][:, t] = _gc_predictions(train, test, t, outputs)
    return predictions


def _gc_predictions(train: Dataset, test: Dataset, task: int, outputs: str) -> NDArray[np.float64]:
    known = ~np.isnan(train.labels[:, task])
    labels = train.labels[known, task].astype(np.float64)
    learned, new = (data.sequences.gc_content(if_unknown=0.5)[:, np.newaxis] for data in (train, test))
    if outputs == "classes":
        return LogisticRegression(C=1 / _PENALTY, max_iter=1000).fit(learned[known], labels).predict_proba(new)[:, 1]
    kind = Ridge(_PENALTY) if outputs == "values" else PoissonRegressor(alpha=_PENALTY / len(labels), max_iter=1000)
    return kind.fit(learned[known], labels).predict(new)


def measure_baselines(predictions: Mapping[str, NDArray[np.floating]], test: Dataset, *, outputs: str) -> pd.DataFrame:
    """Make the table of `baselines` from predictions ``(N, T)``; a task without predictions (NaN) has no row."""
    tables = [pd.DataFrame(columns=list(_KEYS))]
    for name, values in predictions.items():
        known = np.flatnonzero(~np.isnan(values).any(axis=0))
        if not len(known):
            continue
        tasks = tuple(test.tasks[t] for t in known)
        part = Dataset(test.sequences, test.labels[:, known], tasks, np.arange(len(test)))
        table = metrics_table(part, values[:, known], outputs).reset_index()
        table.insert(1, "baseline", name)
        tables.append(table)
    together = pd.concat(tables[1:] or tables, ignore_index=True)
    return together.sort_values("task", key=lambda task: task.map(test.tasks.index), kind="stable", ignore_index=True)


def prediction_rows(
    predictions: Mapping[str, NDArray[np.floating]], tasks: Sequence[str], *, index: NDArray[np.int64]
) -> pd.DataFrame:
    """Predictions ``(N, T)`` of each baseline as a table with `PREDICTION_COLUMNS`; NaN is left out."""
    rows = [
        pd.DataFrame({"sequence_index": index, "task": task, "baseline": name, "prediction": values[:, t]})
        for t, task in enumerate(tasks)
        for name, values in predictions.items()
    ]
    table = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
    return table.reindex(columns=list(PREDICTION_COLUMNS)).dropna(ignore_index=True)


def baselines_json(table: pd.DataFrame) -> dict[str, dict[str, dict[str, float | int]]]:
    """``{task: {baseline: {"auroc": ...}}}``, as in metrics.json, without missing values."""
    document: dict[str, dict[str, dict[str, float | int]]] = {}
    for row in table.to_dict("records"):
        known = {str(name): value for name, value in row.items() if name not in _KEYS and not math.isnan(value)}
        numbers = {name: int(value) if is_count(name) else float(value) for name, value in known.items()}
        document.setdefault(row["task"], {})[row["baseline"]] = numbers
    return document


def baselines_table(document: Mapping[str, Mapping[str, Mapping[str, float]]]) -> pd.DataFrame:
    """Inverse of `baselines_json`."""
    rows = [
        {"task": task, "baseline": baseline, **(metrics or {})}
        for task, by_baseline in document.items()
        for baseline, metrics in by_baseline.items()
    ]
    return pd.DataFrame(rows, columns=None if rows else list(_KEYS))
