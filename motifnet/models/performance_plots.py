"""Plots of a training and of predictions: learning, ROC and precision-recall curves. Imports no Keras."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray
from sklearn import metrics as sklearn_metrics

from motifnet.arguments import check_type
from motifnet.errors import InputError, listed, quoted
from motifnet.figures import add_legend, axes_of
from motifnet.models.baselines import BASELINES
from motifnet.sequences.dataset import Dataset

if TYPE_CHECKING:
    from motifnet.models.trained import TrainedModel


def plot_history(model: TrainedModel, ax: Axes | None = None) -> Axes:
    """Plot the training and validation loss by step, and mark the step whose weights were kept.

    Parameters
    ----------
    model : TrainedModel
    ax : matplotlib Axes, optional
        By default a new figure, which a notebook shows.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        If the model has no history: it was imported or not made by `train`.
    """
    history = getattr(model, "history", None)
    if history is None or not len(history):
        raise InputError("the model has no training history", hint="Use a model returned by `train`.")
    losses = history[["loss", "valid_loss"]].to_numpy(dtype=np.float64)
    with axes_of(ax, 4.0, 2.4) as axes:
        lines = [axes.plot(history["step"], loss, marker=".")[0] for loss in losses.T]
        best = history["step"].iloc[int(np.nanargmin(losses[:, 1]))]
        lines.append(axes.axvline(best, color="0.5", linestyle=":"))
        if (losses > 0).all() and losses.max() > 10 * losses.min():
            axes.set_yscale("log")
        axes.set_xlabel("step")
        axes.set_ylabel("loss")
        add_legend(axes, lines, ["training", "validation", "best step"])
    return axes


def plot_roc(
    data: Dataset, scores: Mapping[str, ArrayLike], ax: Axes | None = None, *, task: str | None = None
) -> Axes:
    """Plot ROC curves: true positive rate against false positive rate.

    Parameters
    ----------
    data : Dataset
        Sequences with labels 0, 1 or unknown, on which no model was trained.
    scores : mapping of str to array-like of shape (N, T) or (N,)
        Predictions of each model by its name in the legend: `TrainedModel.predict`, `baseline_predictions`.
    ax : matplotlib Axes, optional
        By default a new figure, which a notebook shows.
    task : str, optional
        By default the first one.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        If a label is neither 0 nor 1, a class is missing, or scores are not finite or have another shape.

    Examples
    --------
    >>> from motifnet.sequences.sequence_set import SequenceSet
    >>> test = Dataset.from_classes(SequenceSet.from_strings(["ACGT", "CGCG"]), SequenceSet.from_strings(["TTTT"]))
    >>> [text.get_text() for text in plot_roc(test, {"model": [0.5, 1, 0]}).get_legend().get_texts()]
    ['model: auROC 1.000', 'chance: 0.5']
    """
    labels, by_name = _task_scores(data, scores, task)
    with _unit_square(ax, "false positive rate", "true positive rate") as (axes, curves):
        for name, values in by_name.items():
            x, y, _ = sklearn_metrics.roc_curve(labels, values)
            auroc = sklearn_metrics.roc_auc_score(labels, values)
            curves[f"{name}: auROC {auroc:.3f}"] = axes.plot(x, y)[0]
        curves["chance: 0.5"] = axes.plot([0, 1], [0, 1], color="0.6", linestyle=":")[0]
    return axes


def plot_pr(data: Dataset, scores: Mapping[str, ArrayLike], ax: Axes | None = None, *, task: str | None = None) -> Axes:
    """Plot precision-recall curves; the precision of random predictions is the prevalence.

    Parameters, return value and errors are those of `plot_roc`.
    """
    labels, by_name = _task_scores(data, scores, task)
    with _unit_square(ax, "recall", "precision") as (axes, curves):
        for name, values in by_name.items():
            precision, recall, _ = sklearn_metrics.precision_recall_curve(labels, values)
            auprc = sklearn_metrics.average_precision_score(labels, values)
            curves[f"{name}: auPRC {auprc:.3f}"] = axes.step(recall, precision, where="post")[0]
        curves[f"prevalence: {labels.mean():.3f}"] = axes.axhline(labels.mean(), color="0.6", linestyle=":")
    return axes


def _task_scores(
    data: Dataset, scores: Mapping[str, ArrayLike], task: str | None
) -> tuple[NDArray[np.int64], dict[str, NDArray[np.float64]]]:
    """Known labels of a task, and the scores of these sequences by name."""
    check_type("data", data, Dataset)
    check_type("scores", scores, Mapping)
    if task is not None and task not in data.tasks:
        raise InputError(f"no task is named {quoted(task)}", hint=f"The tasks are: {listed(data.tasks)}.")
    column = 0 if task is None else data.tasks.index(task)
    labels = data.labels[:, column]
    known = ~np.isnan(labels)
    if set(labels[known].tolist()) != {0.0, 1.0}:
        raise InputError(
            f"the labels of task {quoted(data.tasks[column])} must be 0 and 1, with both classes present, "
            "to plot a curve"
        )
    by_name = {}
    for name, given in scores.items():
        values = np.asarray(given, dtype=np.float64)
        if values.shape not in ((len(data),), data.labels.shape):
            raise InputError(
                f"scores of {quoted(name)} must have shape {data.labels.shape} or ({len(data)},). "
                f"Got {values.shape} instead"
            )
        values = (values if values.ndim == 1 else values[:, column])[known]
        if not np.isfinite(values).all():
            raise InputError(f"scores of {quoted(name)} must be finite. Got {values[~np.isfinite(values)][0]} instead")
        by_name[BASELINES.get(name, name)] = values
    return labels[known].astype(np.int64), by_name


@contextmanager
def _unit_square(ax: Axes | None, x: str, y: str) -> Iterator[tuple[Axes, dict[str, Any]]]:
    """Axes from 0 to 1 in both directions, and a dict for the curves, whose keys become the legend."""
    curves: dict[str, Any] = {}
    with axes_of(ax, 3.6, 3.4) as axes:
        axes.set_aspect("equal")
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.02, 1.02)
        axes.set_xlabel(x)
        axes.set_ylabel(y)
        yield axes, curves
        add_legend(axes, list(curves.values()), list(curves))
