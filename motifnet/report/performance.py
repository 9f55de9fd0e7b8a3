"""Accuracy on held-out sequences: metrics, comparison with simpler models, and curves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from motifnet.models.baselines import BASELINES
from motifnet.models.metrics import METRICS, calibration
from motifnet.report import charts
from motifnet.report.formatting import count, finite, fixed, number
from motifnet.report.results_folder import Results, Row

Floats = NDArray[np.float64]

#: Number of tasks with charts; all tasks have metrics.
_MOST_TASKS = 6
#: With fewer held-out sequences per class, metrics are unreliable.
_FEW = 20
#: Label of the network without the k-mer regression.
_NETWORK = "network without k-mers"
#: Names of metrics that are not their key.
_METRIC_NAMES = {
    "auroc": "auROC", "auprc": "auPRC", "f1": "F1", "brier": "Brier score", "mse": "mean squared error",
    "pearson": "Pearson’s correlation", "spearman": "Spearman’s correlation",
}  # fmt: skip


class Chart(NamedTuple):
    """A chart, the key of its explanation, and its legend: the `names` of "lines", or "both" classes."""

    explanation: str
    title: str
    svg: Markup
    colours: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class TaskView:
    """The performance of the model on one task.

    `score` is the name of the main metric, with its `value` and 95 % `interval`; `metrics` has the name, value and
    definition of each metric, `baselines` the names and scores of simpler models, the best first. `sizes` is the number
    of held-out sequences as text; `is_few`: too few for reliable metrics.
    """

    name: str
    score: str
    value: float | None
    interval: tuple[float, float] | None
    sizes: str
    is_few: bool
    metrics: tuple[tuple[str, str, str], ...]
    baselines: tuple[tuple[str, float], ...]
    charts: tuple[Chart, ...] = ()


def views(results: Results) -> tuple[TaskView, ...]:
    """Every task of metrics.json, with charts for the first `_MOST_TASKS`."""
    return tuple(
        _view(results, task, metrics, has_charts=position < _MOST_TASKS)
        for position, (task, metrics) in enumerate(results.metrics.items())
        if isinstance(metrics, dict)
    )


def is_few(sizes: Sequence[float]) -> bool:
    """Whether these numbers of held-out sequences per class are too few for reliable metrics."""
    return min(sizes) < _FEW


def auroc_interval(auroc: float, n_positive: float, n_negative: float) -> tuple[float, float]:
    """95 % interval of an auROC by its score method: Newcombe 2006 (Stat Med 25:559), method 5.

    Unlike the interval of Hanley & McNeil, its width is not zero for a perfect auROC.
    """
    truth = np.linspace(0.0005, 0.9995, 2000)
    half = (n_positive + n_negative) / 2 - 1
    spread = truth * (1 - truth) * (1 + half * (1 - truth) / (2 - truth) + half * truth / (1 + truth))
    inside = truth[np.abs(truth - auroc) <= 1.96 * np.sqrt(spread / (n_positive * n_negative))]
    return (float(min(inside.min(), auroc)), float(max(inside.max(), auroc))) if len(inside) else (auroc, auroc)


def correlation_interval(r: float, n: float) -> tuple[float, float]:
    """95 % interval of Spearman's correlation by Fisher's z (Bonett & Wright 2000, Psychometrika 65:23)."""
    if n <= 3:
        return -1.0, 1.0
    z, half = math.atanh(min(max(r, -0.9999), 0.9999)), 1.96 * math.sqrt((1 + r * r / 2) / (n - 3))
    return math.tanh(z - half), math.tanh(z + half)


def _view(results: Results, task: str, metrics: dict[str, Any], *, has_charts: bool) -> TaskView:
    are_classes = "auroc" in metrics or "auprc" in metrics
    score = "auroc" if are_classes else "spearman"
    sizes = {"n_positive": "positives", "n_negative": "negatives"} if are_classes else {"n": "sequences"}
    counts = [finite(metrics.get(key)) or 0.0 for key in sizes]
    value = finite(metrics.get(score))
    interval = None if value is None else _interval(value, counts)
    baselines = _baselines(metrics, score)
    drawn = _charts(results, task, are_classes=are_classes) if has_charts else []
    if has_charts and value is not None and baselines:
        drawn.append(_comparison((("this model", value), *baselines), counts))
    return TaskView(
        task,
        _METRIC_NAMES[score],
        value,
        interval,
        sizes=" and ".join(f"{count(n)} {name}" for n, name in zip(counts, sizes.values(), strict=True)),
        is_few=is_few(counts),
        metrics=_metrics(metrics, "classes" if are_classes else results.outputs),
        baselines=tuple(pair for pair in baselines if pair[0] != _NETWORK),
        charts=tuple(drawn),
    )


def _interval(value: float, counts: Sequence[float]) -> tuple[float, float] | None:
    """The interval of an auROC (counts of two classes) or of a correlation (one count)."""
    if len(counts) == 1:
        return correlation_interval(value, counts[0])
    return auroc_interval(value, *counts) if min(counts) else None


def _metrics(metrics: Mapping[str, Any], outputs: str) -> tuple[tuple[str, str, str], ...]:
    """Name, value and definition of the metrics that are shown."""
    meanings = METRICS[outputs]
    hidden = ("n", "n_positive", "n_negative", "prevalence")
    shown = [key for key in meanings if key not in hidden and not key.startswith("recall_at_fdr")]
    text = fixed if outputs == "classes" else number  # squared errors are of any size
    return tuple(
        (_METRIC_NAMES.get(key, key.replace("_", " ")), text(metrics.get(key)), meanings[key]) for key in shown
    )


def _baselines(metrics: Mapping[str, Any], score: str) -> tuple[tuple[str, float], ...]:
    """Names and scores of the simpler models, the best first."""
    others = metrics.get("baselines") or {}
    found = [
        (name, value)
        for key, name in (BASELINES | {"network": _NETWORK}).items()
        if (value := finite((others.get(key) or {}).get(score))) is not None
    ]
    return tuple(sorted(found, key=lambda pair: -pair[1]))


def _charts(results: Results, task: str, *, are_classes: bool) -> list[Chart]:
    table = results.predictions
    if table is None or task not in table or f"label_{task}" not in table:
        return []
    values = table[[f"label_{task}", task]].to_numpy(dtype=np.float64)
    labels, predicted = values[np.isfinite(values).all(axis=1)].T
    if are_classes and 0 < labels.sum() < len(labels):
        return _class_charts(results, task, labels, predicted)
    if not are_classes and len(labels) > 1:
        return [Chart("scatter", "Measured and predicted", _scatter(labels, predicted))]
    return []


def _class_charts(results: Results, task: str, labels: Floats, predicted: Floats) -> list[Chart]:
    rates = {"model": _rates(labels, predicted), **_simpler_rates(results, task)}
    names, prevalence = tuple(rates), float(labels.mean())
    roc = charts.curves(
        [_line(fpr, tpr, f"{name}: false positive rate {{x}}, true positive rate {{y}}")
         for name, (fpr, tpr, _) in rates.items()],
        "ROC", titles=("false positive rate", "true positive rate"), chance=[(0.0, 0.0), (1.0, 1.0)],
    )  # fmt: skip
    pr = charts.curves(
        [_line(tpr[1:], precision[1:], f"{name}: recall {{x}}, precision {{y}}")
         for name, (_, tpr, precision) in rates.items()],
        "Precision and recall", titles=("recall", "precision"), chance=[(0.0, prevalence), (1.0, prevalence)],
    )  # fmt: skip
    binned = calibration(labels, predicted)
    reliability = list(zip(*(binned[column].tolist() for column in ("predicted", "observed", "n")), strict=True))
    return [
        Chart("roc", "ROC", roc, "lines", names),
        Chart("pr", "Precision and recall", pr, "lines", names),
        Chart("calibration", "Calibration", charts.reliability(reliability, "calibration")),
        Chart("predicted", "Predictions", _histogram(labels, predicted), "both"),
    ]


def _simpler_rates(results: Results, task: str) -> dict[str, tuple[Floats, Floats, Floats]]:
    """`_rates` of the simpler models whose predictions are in the folder."""
    found = {}
    motif = _motif_rates(results, task)
    if motif is not None:
        found[BASELINES["best_pwm"]] = motif
    table, predictions = results.baselines, results.predictions
    if table is None or predictions is None:
        return found
    labels = predictions.set_index("sequence_index")[f"label_{task}"].dropna()
    for key in ("kmer_logistic", "gc"):
        rows = table[(table["task"] == task) & (table["baseline"] == key)].set_index("sequence_index")["prediction"]
        rows = rows[rows.index.isin(labels.index)]
        if len(rows):
            found[BASELINES[key]] = _rates(labels.loc[rows.index].to_numpy(float), rows.to_numpy(float))
    return found


def _motif_rates(results: Results, task: str) -> tuple[Floats, Floats, Floats] | None:
    """`_rates` of the first motif of a task as a classifier, from the counts of its scores."""
    first = next((row for row in results.rows if row["task"] == task), None)
    if first is None:
        return None
    bins = [row for row in results.of_motif("score_counts", first["motif"]) if row["task"] == task]
    counts = np.array([[row["n_positive"] or 0, row["n_negative"] or 0] for row in bins], dtype=np.float64)
    if not len(bins) or not counts.sum(axis=0).all():
        return None
    # A motif enriched in negatives predicts a positive where it is absent.
    return _rates_of_counts(*np.cumsum(counts[::-1] if first["direction"] == "positive" else counts, axis=0).T)


def _rates(labels: Floats, scores: Floats) -> tuple[Floats, Floats, Floats]:
    """False positive rate, true positive rate and precision at each threshold, from the highest score on."""
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.diff(scores[order]) != 0, True)
    return _rates_of_counts(np.cumsum(labels[order])[last], np.cumsum(1 - labels[order])[last])


def _rates_of_counts(positive: Floats, negative: Floats) -> tuple[Floats, Floats, Floats]:
    """The same from the numbers of positives and negatives at or above each threshold."""
    positive, negative = np.append(0.0, positive), np.append(0.0, negative)
    precision = positive / np.maximum(positive + negative, 1)
    precision[0] = 1.0
    return negative / max(negative[-1], 1), positive / max(positive[-1], 1), precision


def _line(x: Floats, y: Floats, text: str) -> list[charts.Point]:
    """At most 150 points of a curve; about 25 of them have a tooltip."""
    kept = np.unique(np.linspace(0, len(x) - 1, min(len(x), 150)).astype(int))
    step = max(len(kept) // 25, 1)
    return [
        (float(x[at]), float(y[at]), "" if k % step else text.format(x=f"{x[at]:.0%}", y=f"{y[at]:.0%}"))
        for k, at in enumerate(kept)
    ]


def _histogram(labels: Floats, predicted: Floats) -> Markup:
    edges = np.linspace(0, 1, 21)
    positive, negative = (np.histogram(predicted[labels == kind], edges)[0] for kind in (1, 0))
    bins = [
        charts.Bin(float(a), float(b), float(p), float(n), f"{a:.2f} to {b:.2f}: {p} positives, {n} negatives")
        for a, b, p, n in zip(edges[:-1], edges[1:], positive, negative, strict=True)
    ]
    return charts.mirrored(
        bins, "predicted probabilities", x_title="predicted probability", y_title="sequences", size=(250, 250)
    )


def _scatter(labels: Floats, predicted: Floats) -> Markup:
    """One point per sequence, or a heat map of 40 x 40 cells for more than 500."""
    if len(labels) <= 500:
        return charts.scatter(list(zip(labels.tolist(), predicted.tolist(), strict=True)), "measured and predicted")
    counts, xs, ys = np.histogram2d(labels, predicted, bins=40)
    cells = [
        (float(xs[i]), float(xs[i + 1]), float(ys[j]), float(ys[j + 1]), int(counts[i, j]))
        for i, j in zip(*np.nonzero(counts), strict=True)
    ]
    return charts.heat(cells, "measured and predicted")


def _comparison(scores: Sequence[tuple[str, float]], counts: Sequence[float]) -> Chart:
    """Scores of the model and of simpler models, with intervals."""
    rows = []
    for name, value in scores:
        low, high = _interval(value, counts) or (value, value)
        rows.append(
            charts.Range(name, value, low, high, None, f"{name}: {fixed(value)} ({fixed(low)} to {fixed(high)})")
        )
    score, zero = ("Spearman’s correlation", 0.0) if len(counts) == 1 else ("auROC", 0.5)
    x_title = f"{score}, with its 95 % interval"
    drawn = charts.ranges(rows, "the model and simpler models", x_title=x_title, zero=zero)
    return Chart("baselines", "Comparison with simpler models", drawn)


def learning_charts(history: pd.DataFrame | None) -> tuple[Markup, ...]:
    """Loss and validation score during training; the kept step is marked."""
    if history is None or not {"step", "loss", "valid_loss"} <= set(history):
        return ()
    numbers = history.astype(float)
    table = numbers.where(np.isfinite(numbers)).dropna(subset=["loss", "valid_loss"])
    if len(table) < 2:
        return ()
    best = float(table.loc[table["valid_loss"].idxmin(), "step"])
    losses = [_steps(table, "loss", "training loss"), _steps(table, "valid_loss", "validation loss")]
    drawn = [charts.learning(losses, "loss during training", y_title="loss", marked=best)]
    for column, name in {"valid_auroc": "validation auROC", "valid_pearson": "validation Pearson’s r"}.items():
        if column in table and table[column].notna().any():
            drawn.append(charts.learning([_steps(table, column, name)], name, y_title=name, marked=best))
    return tuple(drawn)


def _steps(table: pd.DataFrame, column: str, name: str) -> list[charts.Point]:
    """The points of a column of history.tsv."""
    known = table.dropna(subset=[column])
    steps = zip(known["step"].tolist(), known[column].tolist(), strict=True)
    return [(x, y, f"step {count(x)}: {name} {number(y)}") for x, y in steps]


def importance_chart(rows: Sequence[Row], names: Sequence[str], outputs: str) -> Markup | None:
    """Importance of at most 40 motifs with intervals, and the 95th percentile of random groups of filters."""
    columns = ("importance", "importance_low", "importance_high", "importance_random")
    ranges = []
    for row, name in zip(rows, names, strict=True):
        value, low, high, reference = (row[column] for column in columns)
        if finite(value) is not None and finite(low) is not None:
            text = f"{number(value)} ({number(low)} to {number(high)}); random groups up to {number(reference)}"
            ranges.append(charts.Range(name, value, low, high, reference, f"{name}: {text}"))
    if not ranges:
        return None
    rise = {"classes": "log loss (nats)", "values": "squared error", "counts": "deviance"}[outputs]
    return charts.ranges(ranges[:40], "importance of the motifs", x_title=f"rise of the {rise} without it")
