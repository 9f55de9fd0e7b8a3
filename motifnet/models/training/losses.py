"""What training lowers for each kind of output, and what it watches: losses, their masks, where the output starts.

Whatever the kind, a loss of values or counts is 1 where a network knows no more than the mean label of its task, so
that tasks weigh the same whatever their units, and 0 where it is always right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sklearn_metrics

from motifnet.models.evaluation import pearson, poisson_deviance
from motifnet.models.runtime import tf
from motifnet.sequences.dataset import Dataset

Floats = NDArray[np.floating]

#: What is told beside the validation loss of each kind of output.
SCORES = {"classes": "auroc", "values": "pearson", "counts": "pearson"}


class Objective(NamedTuple):
    """What a network with T tasks learns from one dataset.

    Parameters
    ----------
    loss : callable
        From labels and logits, tensors of shape (B, T), to their loss: a mean over known labels. Unknown ones (NaN)
        weigh nothing.
    look : callable
        From a task, its known labels and what the network gives for them, arrays of shape (n,), to the loss of
        predictions, plain, and the score of `SCORES`.
    start : float array of shape (T,)
        What is added to the bias of the output layer before training.
    center, scale : float arrays of shape (T,)
        A label is `center` + `scale` times what the network learns; see `fold`.
    """

    loss: Callable[[Any, Any], Any]
    look: Callable[[int, Floats, Floats], tuple[float, float]]
    start: Floats
    center: Floats
    scale: Floats

    @classmethod
    def of(cls, outputs: str, data: Dataset) -> Objective:
        """The objective of one of `spec.OUTPUTS` on training data whose labels fit it."""
        return {"classes": _classes, "values": _values, "counts": _counts}[outputs](data)

    def validate(self, data: Dataset, predictions: Floats) -> tuple[float, float]:
        """Loss and score of predictions ``(N, T)``: means over the tasks that have them."""
        known = ~np.isnan(data.labels)
        looks = [
            self.look(t, data.labels[known[:, t], t], predictions[known[:, t], t])
            for t in range(len(data.tasks))
            if known[:, t].any()
        ]
        losses, scores = zip(*looks, strict=True) if looks else ((), ())
        return _known_mean(losses), _known_mean(scores)

    def begin(self, output: Any) -> None:
        """Give the output layer the bias that training starts from."""
        kernel, bias = output.get_weights()
        output.set_weights([kernel, bias + self.start])

    def unfold(self, output: Any) -> None:
        """Go on with an output layer that holds the units of the labels already: `fold`, undone."""
        kernel, bias = output.get_weights()
        output.set_weights([kernel / self.scale, (bias - self.center) / self.scale])

    def fold(self, output: Any) -> None:
        """Put the units of the labels into the output layer; what it gives is taken over positions and strands after.

        Since no scale is negative, means and maxima that lie behind the layer stay what they are.
        """
        kernel, bias = output.get_weights()
        output.set_weights([kernel * self.scale, bias * self.scale + self.center])


def _classes(data: Dataset) -> Objective:
    weights = _class_weights(data)
    offset = np.log(weights[:, 1] / weights[:, 0]).astype(np.float32)

    def loss(labels: Any, logits: Any) -> Any:
        return balanced_log_loss(labels, logits, weights, offset)

    def look(_: int, labels: Floats, probabilities: Floats) -> tuple[float, float]:
        y, p = labels.astype(int), probabilities.astype(np.float64)
        score = float(sklearn_metrics.roc_auc_score(y, p)) if len(np.unique(y)) > 1 else math.nan
        return float(sklearn_metrics.log_loss(y, p, labels=[0, 1])), score

    return Objective(loss, look, -offset, np.zeros_like(offset), np.ones_like(offset))


def _values(data: Dataset) -> Objective:
    labels = data.labels.astype(np.float64)
    center, scale = (np.asarray(f(labels, axis=0), dtype=np.float32) for f in (np.nanmean, np.nanstd))
    weights = _task_weights(data)

    def loss(labels: Any, logits: Any) -> Any:
        return masked_mean(labels, lambda known: ((known - center) / scale - logits) ** 2, weights)

    def look(task: int, labels: Floats, standardised: Floats) -> tuple[float, float]:
        errors = (labels - center[task]) / scale[task] - standardised
        return float(np.mean(errors.astype(np.float64) ** 2)), pearson(labels, standardised)

    return Objective(loss, look, np.zeros_like(center), center, scale)


def _counts(data: Dataset) -> Objective:
    means = np.asarray(np.nanmean(data.labels.astype(np.float64), axis=0))
    nulls = np.array([poisson_deviance(y[~np.isnan(y)], m) for y, m in zip(data.labels.T, means, strict=True)])
    weights = (_task_weights(data) / nulls).astype(np.float32)

    def loss(labels: Any, logits: Any) -> Any:
        return masked_mean(labels, lambda known: _deviances(known, logits), weights)

    def look(task: int, labels: Floats, expected: Floats) -> tuple[float, float]:
        return poisson_deviance(labels, expected) / nulls[task], pearson(labels, expected)

    start = np.log(means).astype(np.float32)
    return Objective(loss, look, start, np.zeros_like(start), np.ones_like(start))


def masked_mean(labels: Any, losses: Callable[[Any], Any], weights: Floats) -> Any:
    """Weighted mean of the losses ``(B, T)`` of known labels; in the place of unknown ones `losses` is given zeros."""
    known = tf.math.logical_not(tf.math.is_nan(labels))
    weighted = tf.where(known, weights * losses(tf.where(known, labels, 0.0)), 0.0)
    return tf.reduce_sum(weighted) / tf.maximum(tf.reduce_sum(tf.cast(known, tf.float32)), 1.0)


def balanced_log_loss(labels: Any, logits: Any, weights: Floats, offset: Floats) -> Any:
    """Mean over known labels of the weighted log loss of ``logits + offset``, the balanced log odds."""
    known = tf.math.logical_not(tf.math.is_nan(labels))
    targets = tf.where(known, labels, 0.0)
    weight = tf.where(known, tf.where(targets > 0.5, weights[:, 1], weights[:, 0]), 0.0)
    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=logits + offset)
    return tf.reduce_sum(weight * losses) / tf.maximum(tf.reduce_sum(tf.cast(known, tf.float32)), 1.0)


def _deviances(labels: Any, logits: Any) -> Any:
    """Poisson deviance of each count, from the logarithm of what is expected."""
    return 2 * (tf.math.xlogy(labels, labels) - labels * logits - labels + tf.exp(logits))


def _class_weights(data: Dataset) -> Floats:
    """Weights (T, 2) that make the classes of each task count the same, their mean over known labels being 1."""
    counts = data.class_counts().astype(np.float64)
    weights = counts.sum(axis=1, keepdims=True) / (2 * counts)
    return weights.astype(np.float32)


def _task_weights(data: Dataset) -> Floats:
    """Weights (T,) that make tasks count the same however many of their labels are known, their mean over these 1."""
    n_known = (~np.isnan(data.labels)).sum(axis=0)
    weights: Floats = (n_known.sum() / (len(n_known) * n_known)).astype(np.float32)
    return weights


def _known_mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return float(np.mean(known)) if known else math.nan
