"""Training losses and validation metrics for classes, values and counts.

Unknown labels (NaN) have no weight. The losses of values and counts are 1 for a model that always predicts the mean
label of a task, and 0 for perfect predictions, so that tasks have equal weight whatever their units.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sklearn_metrics

from motifnet.models.metrics import pearson, poisson_deviance
from motifnet.models.runtime import tf
from motifnet.sequences.dataset import Dataset

#: The loss of counts is linear where the expected count is above the highest label by this factor, as a logarithm.
_ABOVE_HIGHEST = 2.0

Floats = NDArray[np.floating]

#: Score that is reported beside the validation loss, by `ModelSpec.outputs`.
SCORES = {"classes": "auroc", "values": "pearson", "counts": "pearson"}


class Objective(NamedTuple):
    """Training loss and validation metrics of a network with T tasks on one dataset.

    Networks are trained in standardized units: a label is `center` + `scale` x the output. The output layer is
    converted to the units of the labels after training.

    Parameters
    ----------
    loss : callable
        From labels and logits, tensors of shape (B, T), to the mean training loss.
    measure : callable
        From a task, its known labels and predictions, arrays of shape (n,), to validation loss and score (`SCORES`).
    bias : float array of shape (T,)
        Added to the bias of the output layer before training.
    center, scale : float arrays of shape (T,)
    null : float array of shape (T,)
        Prediction from the training labels alone, in the units of `measure`.
    """

    loss: Callable[[Any, Any], Any]
    measure: Callable[[int, Floats, Floats], tuple[float, float]]
    bias: Floats
    center: Floats
    scale: Floats
    null: Floats

    @classmethod
    def of(cls, outputs: str, data: Dataset) -> Objective:
        """The objective for a kind of output (`ModelSpec.outputs`) and training data."""
        return {"classes": _classes, "values": _values, "counts": _counts}[outputs](data)

    def validate(self, data: Dataset, predictions: Floats) -> tuple[float, float]:
        """Loss and score of predictions ``(N, T)``: means over the tasks with known labels."""
        known = ~np.isnan(data.labels)
        results = [
            self.measure(t, data.labels[known[:, t], t], predictions[known[:, t], t])
            for t in range(len(data.tasks))
            if known[:, t].any()
        ]
        losses, scores = zip(*results, strict=True) if results else ((), ())
        return _nan_mean(losses), _nan_mean(scores)

    def init_output(self, output: Any) -> None:
        """Set the bias of a new output layer."""
        kernel, bias = output.get_weights()
        output.set_weights([kernel, bias + self.bias])

    def standardize_output(self, output: Any) -> None:
        """Convert an output layer from the units of the labels to standardized units."""
        kernel, bias = output.get_weights()
        output.set_weights([kernel / self.scale, (bias - self.center) / self.scale])

    def unstandardize_output(self, output: Any) -> None:
        """Convert an output layer to the units of the labels.

        Scales are not negative, so that means and maxima over positions and strands behind the layer stay the same.
        """
        kernel, bias = output.get_weights()
        output.set_weights([kernel * self.scale, bias * self.scale + self.center])


def _classes(data: Dataset) -> Objective:
    counts = data.class_counts().astype(np.float64)
    # Classes of a task have equal weight, with a mean over known labels of 1.
    weights = (counts.sum(axis=1, keepdims=True) / (2 * counts)).astype(np.float32)
    offset = np.log(weights[:, 1] / weights[:, 0]).astype(np.float32)

    def loss(labels: Any, logits: Any) -> Any:
        return balanced_log_loss(labels, logits, weights, offset)

    def measure(_: int, labels: Floats, probabilities: Floats) -> tuple[float, float]:
        y, p = labels.astype(int), probabilities.astype(np.float64)
        score = float(sklearn_metrics.roc_auc_score(y, p)) if len(np.unique(y)) > 1 else math.nan
        return float(sklearn_metrics.log_loss(y, p, labels=[0, 1])), score

    return Objective(
        loss, measure, -offset, np.zeros_like(offset), np.ones_like(offset), counts[:, 1] / counts.sum(axis=1)
    )


def _values(data: Dataset) -> Objective:
    labels = data.labels.astype(np.float64)
    center, scale = (np.asarray(f(labels, axis=0), dtype=np.float32) for f in (np.nanmean, np.nanstd))
    weights = _task_weights(data)

    def loss(labels: Any, logits: Any) -> Any:
        return masked_mean(labels, lambda known: ((known - center) / scale - logits) ** 2, weights)

    def measure(task: int, labels: Floats, standardized: Floats) -> tuple[float, float]:
        errors = (labels - center[task]) / scale[task] - standardized
        return float(np.mean(errors.astype(np.float64) ** 2)), pearson(labels, standardized)

    return Objective(loss, measure, np.zeros_like(center), center, scale, np.zeros_like(center))


def _counts(data: Dataset) -> Objective:
    means = np.asarray(np.nanmean(data.labels.astype(np.float64), axis=0))
    nulls = np.array([poisson_deviance(y[~np.isnan(y)], m) for y, m in zip(data.labels.T, means, strict=True)])
    weights = (_task_weights(data) / nulls).astype(np.float32)
    limits = (np.log(np.nanmax(data.labels, axis=0)) + _ABOVE_HIGHEST).astype(np.float32)

    def loss(labels: Any, logits: Any) -> Any:
        return masked_mean(labels, lambda known: _deviances(known, logits, limits), weights)

    def measure(task: int, labels: Floats, expected: Floats) -> tuple[float, float]:
        return poisson_deviance(labels, expected) / nulls[task], pearson(labels, expected)

    bias = np.log(means).astype(np.float32)
    return Objective(loss, measure, bias, np.zeros_like(bias), np.ones_like(bias), means)


def masked_mean(labels: Any, losses: Callable[[Any], Any], weights: Floats) -> Any:
    """Weighted mean of losses ``(B, T)`` over known labels; `losses` gets 0 for unknown labels."""
    known = tf.math.logical_not(tf.math.is_nan(labels))
    weighted = tf.where(known, weights * losses(tf.where(known, labels, 0.0)), 0.0)
    return tf.reduce_sum(weighted) / tf.maximum(tf.reduce_sum(tf.cast(known, tf.float32)), 1.0)


def balanced_log_loss(labels: Any, logits: Any, weights: Floats, offset: Floats) -> Any:
    """Weighted mean log loss of ``logits + offset``, the log odds for balanced classes, over known labels."""
    known = tf.math.logical_not(tf.math.is_nan(labels))
    targets = tf.where(known, labels, 0.0)
    weight = tf.where(known, tf.where(targets > 0.5, weights[:, 1], weights[:, 0]), 0.0)
    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=logits + offset)
    return tf.reduce_sum(weight * losses) / tf.maximum(tf.reduce_sum(tf.cast(known, tf.float32)), 1.0)


def _deviances(labels: Any, logits: Any, limits: Floats) -> Any:
    """Poisson deviance of each count from ``exp(logits)``, continued along its tangent above the limits.

    New networks can have logits whose exponential overflows. All labels are below the limits, so that the minimum is
    the same.
    """
    below = tf.minimum(logits, limits)
    expected = tf.exp(below) * (1 + logits - below)
    return 2 * (tf.math.xlogy(labels, labels) - labels * logits - labels + expected)


def _task_weights(data: Dataset) -> Floats:
    """Weights (T,) that balance tasks with different numbers of known labels; their mean over these labels is 1."""
    n_known = (~np.isnan(data.labels)).sum(axis=0)
    weights: Floats = (n_known.sum() / (len(n_known) * n_known)).astype(np.float32)
    return weights


def _nan_mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return float(np.mean(known)) if known else math.nan
