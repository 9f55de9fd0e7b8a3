"""DeepLIFT's rule for each kind of layer (Shrikumar et al. 2017, ICML 70:3145; rescale rule).

A rule computes the output of a step for the sequences and replaces its gradient by multipliers: the sum of multiplier
times (input minus input of the reference) is the output minus the output of the reference.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from motifnet.models.network.builder import KNOWN_LENGTH
from motifnet.models.network.graph import PASSING, Step
from motifnet.models.runtime import tf

Arguments = tuple[tuple[Any, ...], dict[str, Any]]
Rule = Callable[[Step, Arguments, Arguments], Any]

#: Steps whose output counts as constant: comparisons, and values that depend only on the shape.
_CONSTANT = (
    "LessEqual",
    "Less",
    "Greater",
    "GreaterEqual",
    "Equal",
    "NotEqual",
    "OnesLike",
    "ZerosLike",
    "Floor",
    "Shape",
)
_LINEAR = (
    *PASSING,
    *(f"{kind}{d}D" for d in (1, 2) for kind in ("Conv", "AveragePooling", "GlobalAveragePooling", "Cropping")),
    *(f"{kind}{d}D" for d in (1, 2) for kind in ("ZeroPadding", "UpSampling", "DepthwiseConv", "SeparableConv")),
    *("Dense", "BatchNormalization", "Rescaling", "Flatten", "Reshape", "Permute", "RepeatVector", "Concatenate"),
    *("Add", "Subtract", "Average", "ExpandDims", "Squeeze", "Transpose", "Moveaxis", "Swapaxes", "Flip", "GetItem"),
    *("Mean", "Sum", "Pad", "Negative", "Stack", "Tile", "Cumsum"),
)
_ELEMENTWISE = (
    *("Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Celu", "Gelu"),
    *(
        "Silu",
        "Sigmoid",
        "HardSigmoid",
        "HardSilu",
        "LogSigmoid",
        "Tanh",
        "Softplus",
        "Softsign",
        "Mish",
        "Exp",
        "Expm1",
    ),
    *("Clip", "Log", "Log1p", "Log2", "Sqrt", "Square", "Absolute", "Abs", "Erf"),
)
_MAXIMUM = tuple(f"{kind}{d}D" for d in (1, 2) for kind in ("MaxPooling", "GlobalMaxPooling"))
#: Activations that mix values, for which there is no rule.
_MIXING = ("softmax", "log_softmax", "sparsemax", "glu", "sparse_plus")
#: Nodes of the integral along the straight path, for the log-sum-exp.
_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(64)


def is_constant(step: Step) -> bool:
    """Whether the output of a step counts as constant, such as the mask of padding."""
    return step.kind in _CONSTANT or getattr(step.operation, "name", "") == KNOWN_LENGTH


def rule_of(step: Step) -> Rule | None:
    """The rule for a step; None if there is none."""
    if step.kind in _RULES:
        return _RULES[step.kind]
    activation = getattr(getattr(step.operation, "activation", None), "__name__", "")
    if activation in _MIXING:
        return None
    if step.kind in _ELEMENTWISE:
        return _elementwise
    if step.kind in _MAXIMUM:
        return _maximum
    return _linear if step.kind in _LINEAR else None


def _linear(step: Step, own: Arguments, reference: Arguments) -> Any:
    return step.operation(*own[0], **own[1])


def _elementwise(step: Step, own: Arguments, reference: Arguments) -> Any:
    return _rescaled(step.operation, own[0][0], reference[0][0])


def _rescaled(function: Callable[[Any], Any], x: Any, baseline: Any) -> Any:
    """Elementwise function: the multiplier is the ratio of the differences, or the derivative where these are tiny."""
    smallest = 1e-9 if x.dtype == tf.float64 else 1e-5

    @tf.custom_gradient
    def apply(x: Any) -> Any:
        y, change = function(x), x - baseline
        is_tiny = tf.abs(change) < smallest * (1 + tf.abs(x))
        middle = (x + baseline) / 2
        slope = _routed(function, middle, tf.ones_like(middle))
        ratio = (y - function(baseline)) / tf.where(is_tiny, tf.ones_like(change), change)
        # Outside the function below, so that it is computed once for all tasks.
        multiplier = tf.where(is_tiny, slope, ratio)
        return y, lambda upstream: upstream * multiplier

    return apply(x)


def _maximum(step: Step, own: Arguments, reference: Arguments) -> Any:
    """Maximum over windows: the change is assigned to the maxima of the sequence and of the reference.

    The part of the change up to the higher of both maxima belongs to the maximum of the sequence, the rest to that of
    the reference, as in Lundberg & Lee's implementation (2017, NIPS). Contributions of overlapping windows are added.
    """
    (baseline,) = reference[0]

    @tf.custom_gradient
    def apply(x: Any) -> Any:
        y, y_baseline = step.operation(x), step.operation(baseline)

        def multiplied(upstream: Any) -> Any:
            higher, change = tf.maximum(y, y_baseline), x - baseline
            routed = _routed(step.operation, x, upstream * (higher - y_baseline))
            routed += _routed(step.operation, baseline, upstream * (y - higher))
            is_same = tf.equal(change, 0)
            ratio = routed / tf.where(is_same, tf.ones_like(change), change)
            return tf.where(is_same, tf.zeros_like(change), ratio)

        return y, multiplied

    return apply(own[0][0])


def _routed(function: Callable[[Any], Any], x: Any, amounts: Any) -> Any:
    """Gradient of the sum of outputs times amounts; for a maximum, the amounts at the inputs that are the maxima."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    return tape.gradient(y, x, output_gradients=amounts)


def _power(step: Step, own: Arguments, reference: Arguments) -> Any:
    """Power with a constant exponent."""
    base, exponent = _flat(own)
    return _rescaled(lambda x: step.operation(x, exponent), base, _flat(reference)[0])


def _product(step: Step, own: Arguments, reference: Arguments) -> Any:
    """Product of values: the change of each times the mean of the other, which is exact."""
    factors, baselines = _flat(own), _flat(reference)
    product, baseline = factors[0], baselines[0]
    for factor, other in zip(factors[1:], baselines[1:], strict=True):
        product, baseline = _multiplied(product, factor, baseline, other), _with_dtype(baseline, other)
        baseline = baseline[0] * baseline[1]
    return product


def _multiplied(left: Any, right: Any, left_baseline: Any, right_baseline: Any) -> Any:
    left, right = _with_dtype(left, right)
    left_baseline, right_baseline = _with_dtype(left_baseline, right_baseline)

    @tf.custom_gradient
    def apply(left: Any, right: Any) -> Any:
        def multiplied(upstream: Any) -> Any:
            with tf.GradientTape(persistent=True) as tape:
                tape.watch([left, right])
                by_left = left * ((right + right_baseline) / 2)
                by_right = ((left + left_baseline) / 2) * right
            return tape.gradient(by_left, left, upstream), tape.gradient(by_right, right, upstream)

        return left * right, multiplied

    return apply(left, right)


def _with_dtype(*values: Any) -> list[Any]:
    """Numbers and tensors as tensors of the widest float type among them."""
    wide = any(getattr(value, "dtype", None) == tf.float64 for value in values)
    return [tf.cast(value, tf.float64 if wide else tf.float32) for value in values]


def _quotient(step: Step, own: Arguments, reference: Arguments) -> Any:
    """Product of the numerator and of the reciprocal of the denominator."""
    (top, bottom), (top_baseline, bottom_baseline) = _with_dtype(*_flat(own)), _with_dtype(*_flat(reference))
    reciprocal = _rescaled(tf.math.reciprocal, bottom, bottom_baseline)
    return _multiplied(top, reciprocal, top_baseline, tf.math.reciprocal(bottom_baseline))


def _larger(step: Step, own: Arguments, reference: Arguments) -> Any:
    """Elementwise maximum of several values: that over windows of a new axis."""
    values, baselines = (tf.stack(tf.nest.flatten(_flat(arguments)), axis=-1) for arguments in (own, reference))
    stacked = Step(lambda x: tf.reduce_max(x, axis=-1), (), {}, None)
    return _maximum(stacked, ((values,), {}), ((baselines,), {}))


def _log_odds(step: Step, own: Arguments, reference: Arguments) -> Any:
    return _integrated(step.operation, own[0][0], reference[0][0])


def _profile_score(step: Step, own: Arguments, reference: Arguments) -> Any:
    """Here the weights change too; with constant weights the sum would not be the difference of the scores."""

    def score(logits: Any) -> Any:
        return step.operation.weighted(logits, tf.nn.softmax(logits, axis=1))

    return _integrated(score, own[0][0], reference[0][0])


def _integrated(function: Callable[[Any], Any], x: Any, baseline: Any) -> Any:
    """Any smooth function of few values: gradients along the straight path from the reference (Aumann & Shapley 1974).

    The sum is corrected for the error of the quadrature.
    """

    @tf.custom_gradient
    def apply(x: Any) -> Any:
        y, change = function(x), x - baseline

        def multiplied(upstream: Any) -> Any:
            nodes, weights = (tf.constant(values, x.dtype) for values in ((_NODES + 1) / 2, _NODE_WEIGHTS / 2))
            # All points of the path as one batch.
            points = baseline + tf.tensordot(nodes, change, axes=0)
            flat = tf.reshape(points, (-1, *x.shape[1:]))
            slopes = _routed(function, flat, tf.tile(upstream, (len(_NODES), 1)))
            total = tf.tensordot(weights, tf.reshape(slopes, tf.shape(points)), axes=1)
            axes = list(range(1, len(x.shape)))
            wanted = tf.reduce_sum(upstream * (y - function(baseline)), axis=1)
            missing = wanted - tf.reduce_sum(total * change, axis=axes)
            size = tf.reduce_sum(change**2, axis=axes)
            rate = tf.where(size > 0, missing / tf.where(size > 0, size, tf.ones_like(size)), tf.zeros_like(size))
            return total + change * tf.reshape(rate, (-1, *([1] * len(axes))))

        return y, multiplied

    return apply(x)


def _flat(arguments: Arguments) -> list[Any]:
    """The arguments of an operation or a merging layer."""
    (first, *others), _ = arguments
    return list(first) if isinstance(first, (list, tuple)) else [first, *others]


_RULES: dict[str, Rule] = {
    "Multiply": _product,
    "Power": _power,
    "TrueDivide": _quotient,
    "Divide": _quotient,
    "Maximum": _larger,
    "LogOdds": _log_odds,
    "ProfileScore": _profile_score,
}
