"""Pictures of a network's training and of what it predicts: learning, ROC and precision-recall curves. No Keras."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn import metrics as sklearn_metrics

from motifnet.arguments import check_type
from motifnet.errors import InputError
from motifnet.models.baselines import BASELINES
from motifnet.sequences.dataset import Dataset

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from motifnet.models.trained import TrainedModel

_SIZE = (3.6, 3.4)


def plot_history(model: TrainedModel, ax: Axes | None = None) -> Axes:
    """Draw how the training and validation loss fell, and where the weights were kept that the model has.

    Parameters
    ----------
    model : TrainedModel
    ax : matplotlib Axes, optional
        Drawn into these axes; default: a picture of its own, which a notebook shows.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        If the model has no record of a training (it came from DragoNN, or was made by hand).
    """
    from motifnet.figures import add_legend, axes_of

    if not hasattr(model, "history"):
        from motifnet.models.trained import TrainedModel  # with TensorFlow: only when it has to be named

        check_type("model", model, TrainedModel)
    history = model.history
    if not len(history):
        raise InputError("the model has no record of its training", hint="Only a model that `train` made has one.")
    losses = history[["loss", "valid_loss"]].to_numpy(dtype=np.float64)
    with axes_of(ax, 4.0, 2.4) as axes:
        lines = [axes.plot(history["step"], loss, marker=".")[0] for loss in losses.T]
        kept = history["step"].iloc[int(np.nanargmin(losses[:, 1]))]
        lines.append(axes.axvline(kept, color="0.5", linestyle=":"))
        if (losses > 0).all() and losses.max() > 10 * losses.min():
            axes.set_yscale("log")
        axes.set_xlabel("step")
        axes.set_ylabel("loss")
        add_legend(axes, lines, ["training", "validation", "weights kept"])
    return axes


def plot_roc(
    data: Dataset, scores: Mapping[str, ArrayLike], ax: Axes | None = None, *, task: str | None = None
) -> Axes:
    """Draw ROC curves: the share of positives found against the share of negatives taken for positives.

    Parameters
    ----------
    data : Dataset
        Sequences with labels 0, 1, or unknown, none of which a model has seen.
    scores : mapping of str to array-like of shape (N, T) or (N,)
        What each model makes of them, by a name for the legend: `TrainedModel.predict`, `baseline_predictions`.
    ax : matplotlib Axes, optional
        Drawn into these axes; default: a picture of its own, which a notebook shows.
    task : str, optional
        Default: the first.

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
    >>> [text.get_text() for text in plot_roc(test, {"gc": [0.5, 1, 0]}).get_legend().get_texts()]
    ['GC alone: auROC 1.000', 'chance: 0.5']
    """
    labels, curves = _curves(data, scores, task)
    names, lines = [], []
    with _square(ax, "share of negatives called", "share of positives found") as axes:
        for name, values in curves:
            called, found, _ = sklearn_metrics.roc_curve(labels, values)
            lines.append(axes.plot(called, found)[0])
            names.append(f"{name}: auROC {sklearn_metrics.roc_auc_score(labels, values):.3f}")
        lines.append(axes.plot([0, 1], [0, 1], color="0.6", linestyle=":")[0])
        _legend(axes, lines, [*names, "chance: 0.5"])
    return axes


def plot_pr(data: Dataset, scores: Mapping[str, ArrayLike], ax: Axes | None = None, *, task: str | None = None) -> Axes:
    """Draw precision-recall curves; a coin's precision is the prevalence, the share of positives in the data.

    Parameters
    ----------
    data, scores, ax, task
        As for `plot_roc`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InputError
        If a label is neither 0 nor 1, a class is missing, or scores are not finite or have another shape.
    """
    labels, curves = _curves(data, scores, task)
    names, lines = [], []
    with _square(ax, "recall", "precision") as axes:
        for name, values in curves:
            precision, recall, _ = sklearn_metrics.precision_recall_curve(labels, values)
            lines.append(axes.step(recall, precision, where="post")[0])
            names.append(f"{name}: auPRC {sklearn_metrics.average_precision_score(labels, values):.3f}")
        lines.append(axes.axhline(labels.mean(), color="0.6", linestyle=":"))
        _legend(axes, lines, [*names, f"prevalence: {labels.mean():.3f}"])
    return axes


def _curves(
    data: Dataset, scores: Mapping[str, ArrayLike], task: str | None
) -> tuple[NDArray[np.int64], list[tuple[str, NDArray[np.float64]]]]:
    """The known labels of a task, and for each name its scores of the same sequences."""
    check_type("data", data, Dataset)
    if task is not None and task not in data.tasks:
        raise InputError(f"no task is named {task!r}", hint=f"The tasks are: {', '.join(data.tasks)}.")
    column = 0 if task is None else data.tasks.index(task)
    labels = data.labels[:, column]
    known = ~np.isnan(labels)
    others = set(labels[known].tolist()) - {0.0, 1.0}
    if others or len(np.unique(labels[known])) < 2:
        found = "other labels are among its own" if others else "one class is missing"
        raise InputError(f"task {data.tasks[column]!r} needs sequences labelled 0 and 1 for a curve: {found}")
    chosen = [(name, values[known]) for name, values in _columns(scores, column, len(data), len(data.tasks))]
    for name, values in chosen:
        if not np.isfinite(values).all():
            raise InputError(
                f"scores of {name!r} must be finite numbers. Got {values[~np.isfinite(values)][0]} instead"
            )
    return labels[known].astype(np.int64), chosen


def _columns(
    scores: Mapping[str, ArrayLike], column: int, n: int, n_tasks: int
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    check_type("scores", scores, Mapping)
    for name, given in scores.items():
        values = np.asarray(given, dtype=np.float64)
        if values.shape not in ((n,), (n, n_tasks)):
            raise InputError(
                f"scores of {name!r} must have shape ({n}, {n_tasks}) or ({n},). Got {values.shape} instead"
            )
        yield BASELINES.get(name, name), values if values.ndim == 1 else values[:, column]


@contextmanager
def _square(ax: Axes | None, x: str, y: str) -> Iterator[Axes]:
    """Axes from 0 to 1 both ways."""
    from motifnet.figures import axes_of

    with axes_of(ax, *_SIZE) as axes:
        axes.set_aspect("equal")
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.02, 1.02)
        axes.set_xlabel(x)
        axes.set_ylabel(y)
        yield axes


def _legend(axes: Axes, lines: Sequence[Any], names: Sequence[str]) -> None:
    from motifnet.figures import add_legend

    add_legend(axes, lines, names)
