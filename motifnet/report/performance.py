"""Accuracy on held-out sequences: metrics, comparison with simpler models, and curves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from motifnet.models.baselines import BASELINES
from motifnet.models.metrics import METRICS, calibration
from motifnet.report import charts
from motifnet.report.charts import Curve, Range
from motifnet.report.histograms import Bin, Titles, mirrored
from motifnet.report.results_folder import Results, Row
from motifnet.report.wording import count, figure, fixed, number_of

Floats = NDArray[np.float64]

#: Number of tasks with charts; all tasks have metrics.
MOST_TASKS = 6
#: With fewer held-out sequences per class, metrics are unreliable.
FEW = 20
#: A scatter plot of more points is drawn as a heat map with this number of cells per axis.
_MOST_POINTS, _CELLS = 500, 40
#: Points drawn per curve, and points with a tooltip.
_DRAWN, _TOOLTIPS = 150, 25
#: Label of the network without the k-mer regression.
_NETWORK = "network without k-mers"
_SHOWN = ("auroc", "auprc", "accuracy", "f1", "log_loss", "brier", "calibration_error")


class Chart(NamedTuple):
    """A chart, the key of its explanation, and its legend: the `names` of "lines", or "both" classes."""

    explanation: str
    title: str
    picture: Markup
    colours: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Figure:
    """A metric of a task: its name, its value as text, and its definition."""

    name: str
    text: str
    meaning: str


@dataclass(frozen=True, eq=False)
class TaskView:
    """One task in the report."""

    name: str
    score: str
    value: float | None
    interval: tuple[float, float] | None
    sizes: str
    is_few: bool
    figures: tuple[Figure, ...]
    baselines: tuple[tuple[str, float], ...]
    charts: tuple[Chart, ...] = ()


def views(results: Results) -> tuple[TaskView, ...]:
    """Every task of metrics.json, with charts for the first `MOST_TASKS`."""
    return tuple(
        _view(results, task, figures, is_drawn=number < MOST_TASKS)
        for number, (task, figures) in enumerate(results.metrics.items())
        if isinstance(figures, dict)
    )


def auroc_interval(auroc: float, n_positive: float, n_negative: float) -> tuple[float, float]:
    """95 % interval of an auROC by its score method: Newcombe 2006 (Stat Med 25:559), method 5.

    Unlike the interval of Hanley & McNeil, its width is not zero for a perfect auROC.

    Parameters
    ----------
    auroc : float
    n_positive, n_negative : float
        Sequences of each class.

    Returns
    -------
    tuple of float
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


def _view(results: Results, task: str, figures: dict[str, Any], *, is_drawn: bool) -> TaskView:
    are_classes = "auroc" in figures or "auprc" in figures
    score = "auroc" if are_classes else "spearman"
    value = number_of(figures.get(score))
    sizes = [number_of(figures.get(key)) or 0.0 for key in (("n_positive", "n_negative") if are_classes else ("n",))]
    interval = None
    if value is not None:
        interval = auroc_interval(value, *sizes) if are_classes and min(sizes) else None
        interval = interval if are_classes else correlation_interval(value, sizes[0])
    words = ("positives", "negatives") if are_classes else ("sequences",)
    return TaskView(
        task,
        "auROC" if are_classes else "Spearman’s correlation",
        value,
        interval,
        " and ".join(f"{count(n)} {word}" for n, word in zip(sizes, words, strict=True)),
        min(sizes) < FEW,
        _figures(figures, results.outputs if not are_classes else "classes"),
        tuple((name, value) for name, value in _baselines(figures, score) if name != _NETWORK),
        _charts(results, task, figures, are_classes=are_classes) if is_drawn else (),
    )


def _figures(figures: dict[str, Any], outputs: str) -> tuple[Figure, ...]:
    meanings = METRICS[outputs]
    shown = _SHOWN if outputs == "classes" else tuple(key for key in meanings if key != "n")
    names = {"auroc": "auROC", "auprc": "auPRC", "f1": "F1", "brier": "Brier score", "mse": "mean squared error"}
    written = fixed if outputs == "classes" else figure  # squared errors are of any size
    names |= {"pearson": "Pearson’s correlation", "spearman": "Spearman’s correlation"}
    return tuple(
        Figure(names.get(key, key.replace("_", " ")), written(figures.get(key)), meanings[key]) for key in shown
    )


def _baselines(figures: dict[str, Any], score: str) -> tuple[tuple[str, float], ...]:
    """Names and scores of the simpler models, the best first."""
    others = figures.get("baselines") or {}
    found = [
        (words, value)
        for name, words in (BASELINES | {"network": _NETWORK}).items()
        if (value := number_of((others.get(name) or {}).get(score))) is not None
    ]
    return tuple(sorted(found, key=lambda pair: -pair[1]))


def _charts(results: Results, task: str, figures: dict[str, Any], *, are_classes: bool) -> tuple[Chart, ...]:
    drawn: list[Chart] = []
    table = results.predictions
    if table is not None and task in table and f"label_{task}" in table:
        pairs = table[[f"label_{task}", task]].dropna().to_numpy(dtype=np.float64)
        labels, predicted = pairs[:, 0], pairs[:, 1]
        if are_classes and 0 < labels.sum() < len(labels):
            drawn += _class_charts(results, task, labels, predicted)
        elif not are_classes and len(labels) > 1:
            drawn.append(Chart("scatter", "Measured and predicted", _scatter(labels, predicted)))
    compared = _compared(figures, are_classes=are_classes)
    return (*drawn, compared) if compared else tuple(drawn)


def _class_charts(results: Results, task: str, labels: Floats, predicted: Floats) -> list[Chart]:
    prevalence = float(labels.mean())
    by_name = {"model": _rates(labels, predicted), **_simpler_rates(results, task)}
    roc = [
        Curve(name, _curve_points(fpr, tpr, f"{name}: false positive rate {{x}}, true positive rate {{y}}"))
        for name, (fpr, tpr, _) in by_name.items()
    ]
    pr = [
        Curve(name, _curve_points(tpr[1:], precision[1:], f"{name}: recall {{x}}, precision {{y}}"))
        for name, (_, tpr, precision) in by_name.items()
    ]
    binned = calibration(labels, predicted)
    reliability = list(
        zip(binned["predicted"].tolist(), binned["observed"].tolist(), binned["n"].tolist(), strict=True)
    )
    curves = (
        ("roc", "ROC", roc, ("false positive rate", "true positive rate"), [(0.0, 0.0), (1.0, 1.0)]),
        ("pr", "Precision and recall", pr, ("recall", "precision"),
         [(0.0, prevalence), (1.0, prevalence)]),
    )  # fmt: skip
    return [
        *(
            Chart(key, title, charts.curves(lines, title, titles=axes, chance=chance), "lines", tuple(by_name))
            for key, title, lines, axes, chance in curves
        ),
        Chart("calibration", "Calibration", charts.reliability(reliability, "calibration")),
        Chart("predicted", "Predictions", _histogram(labels, predicted), "both"),
    ]


def _simpler_rates(results: Results, task: str) -> dict[str, tuple[Floats, Floats, Floats]]:
    """`_rates` of the simpler models whose predictions are in the folder."""
    found = {}
    motif = _motif_rates(results, task)
    if motif is not None:
        found[BASELINES["best_pwm"]] = motif
    table, given = results.baselines, results.predictions
    if table is None or given is None:
        return found
    labels = given.set_index("sequence_index")[f"label_{task}"].dropna()
    for name in ("kmer_logistic", "gc"):
        own = table[(table["task"] == task) & (table["baseline"] == name)].set_index("sequence_index")["prediction"]
        own = own[own.index.isin(labels.index)]
        if len(own):
            found[BASELINES[name]] = _rates(
                labels.loc[own.index].to_numpy(dtype=np.float64), own.to_numpy(dtype=np.float64)
            )
    return found


def _rates(labels: Floats, scores: Floats) -> tuple[Floats, Floats, Floats]:
    """False positive rate, true positive rate and precision at each cut-off, from the highest score on."""
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.diff(scores[order]) != 0, True)
    return _rates_of_counts(np.cumsum(labels[order])[last], np.cumsum(1 - labels[order])[last])


def _rates_of_counts(positive: Floats, negative: Floats) -> tuple[Floats, Floats, Floats]:
    positive, negative = np.append(0.0, positive), np.append(0.0, negative)
    precision = positive / np.maximum(positive + negative, 1)
    precision[0] = 1.0
    return negative / max(negative[-1], 1), positive / max(positive[-1], 1), precision


def _motif_rates(results: Results, task: str) -> tuple[Floats, Floats, Floats] | None:
    """The same of the first motif of a task as a scanner, from the counts of its scores."""
    first = next((row for row in results.rows if row["task"] == task), None)
    bins = results.of_motif("score_counts", first["motif"]) if first is not None else []
    bins = [row for row in bins if row["task"] == task]
    if first is None or not bins:
        return None
    # A motif enriched in negatives predicts a positive where it is absent.
    order = bins[::-1] if first["direction"] == "positive" else bins
    counts = np.array([[row["n_positive"] or 0, row["n_negative"] or 0] for row in order], dtype=np.float64)
    if not counts.sum(axis=0).all():
        return None
    return _rates_of_counts(*np.cumsum(counts, axis=0).T)


def _curve_points(x: Floats, y: Floats, words: str) -> list[tuple[float, float, str]]:
    """Points of a curve, thinned to `_DRAWN`; about `_TOOLTIPS` of them have a tooltip."""
    kept = np.unique(np.linspace(0, len(x) - 1, min(len(x), _DRAWN)).astype(int))
    every = max(len(kept) // _TOOLTIPS, 1)
    return [
        (
            float(x[at]),
            float(y[at]),
            words.format(x=f"{x[at]:.0%}", y=f"{y[at]:.0%}") if number % every == 0 else "",
        )
        for number, at in enumerate(kept)
    ]


def _histogram(labels: Floats, predicted: Floats) -> Markup:
    edges = np.linspace(0, 1, 21)
    counts = [np.histogram(predicted[labels == kind], edges)[0] for kind in (1, 0)]
    bins = [
        Bin(float(a), float(b), float(p), float(n), f"{a:.2f} to {b:.2f}: {p} positives, {n} negatives")
        for a, b, p, n in zip(edges, edges[1:], *counts, strict=False)
    ]
    return mirrored(bins, Titles("predicted probabilities", "predicted probability", "sequences"), size=(250, 250))


def _scatter(labels: Floats, predicted: Floats) -> Markup:
    if len(labels) <= _MOST_POINTS:
        return charts.scatter(list(zip(labels.tolist(), predicted.tolist(), strict=True)), "measured and predicted")
    counts, xs, ys = np.histogram2d(labels, predicted, bins=_CELLS)
    cells = [
        (float(xs[i]), float(xs[i + 1]), float(ys[j]), float(ys[j + 1]), int(counts[i, j]))
        for i, j in zip(*np.nonzero(counts), strict=True)
    ]
    return charts.heat(cells, "measured and predicted")


def _compared(figures: dict[str, Any], *, are_classes: bool) -> Chart | None:
    """Score of the model and of simpler models, with intervals."""
    score = "auroc" if are_classes else "spearman"
    others = _baselines(figures, score)
    value = number_of(figures.get(score))
    if value is None or not others:
        return None
    sizes = [number_of(figures.get(key)) or 0.0 for key in ("n_positive", "n_negative")]
    rows = []
    for name, own in (("this model", value), *others):
        if are_classes:
            low, high = auroc_interval(own, *sizes) if min(sizes) else (own, own)
        else:
            low, high = correlation_interval(own, number_of(figures.get("n")) or 0.0)
        rows.append(Range(name, own, low, high, None, f"{name}: {fixed(own)} ({fixed(low)} to {fixed(high)})"))
    title = "auROC, with its 95 % interval" if are_classes else "Spearman’s correlation, with its 95 % interval"
    drawn = charts.ranges(rows, "the model and simpler models", x_title=title, zero=0.5 if are_classes else 0.0)
    return Chart("baselines", "Comparison with simpler models", drawn)


def learning_charts(history: pd.DataFrame | None) -> tuple[Markup, ...]:
    """Loss and validation score during training; the kept step is marked."""
    if history is None or len(history) < 2 or not {"step", "loss", "valid_loss"} <= set(history):
        return ()
    table = history.dropna(subset=["loss", "valid_loss"])
    if len(table) < 2:
        return ()
    best = float(table.loc[table["valid_loss"].idxmin(), "step"])
    lines = [_line(table, "loss", "training loss"), _line(table, "valid_loss", "validation loss")]
    drawn = [charts.learning(lines, "loss during training", y_title="loss", marked=best)]
    names = {"valid_auroc": "validation auROC", "valid_pearson": "validation Pearson’s r"}
    for column, words in names.items():
        if column in table and table[column].notna().any():
            line = _line(table.dropna(subset=[column]), column, words)
            drawn.append(charts.learning([line], words, y_title=words, marked=best))
    return tuple(drawn)


def _line(table: pd.DataFrame, column: str, words: str) -> Curve:
    points: Sequence[tuple[float, float]] = list(zip(table["step"].tolist(), table[column].tolist(), strict=True))
    return Curve(words, [(x, y, f"step {count(x)}: {words} {figure(y)}") for x, y in points])


def importance_chart(rows: Sequence[Row], names: Sequence[str], outputs: str) -> Markup | None:
    """Importance of the motifs with intervals, and the 95th percentile of random groups of filters."""
    ranges = [
        Range(
            name,
            row["importance"],
            row["importance_low"],
            row["importance_high"],
            row["importance_random"],
            f"{name}: {figure(row['importance'])} ({figure(row['importance_low'])} to "
            f"{figure(row['importance_high'])}); random groups up to {figure(row['importance_random'])}",
        )
        for row, name in zip(rows, names, strict=True)
        if number_of(row["importance"]) is not None and number_of(row["importance_low"]) is not None
    ][: charts.MOST_IMPORTANCES]
    if not ranges:
        return None
    rise = {"classes": "log loss (nats)", "values": "squared error", "counts": "deviance"}[outputs]
    return charts.ranges(ranges, "importance of the motifs", x_title=f"rise of the {rise} without it")
