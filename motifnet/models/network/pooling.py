"""Kinds of pooling. To add one, add it to `POOLINGS` and its name to `fields.POOLS`."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, NamedTuple

from motifnet.models.runtime import keras, tf

#: Larger than any activation.
_HUGE = 1e9


class FastMaxPooling(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Max-pooling of ``(n, 1, P, C)`` whose gradient is found by comparison: three times as fast on CPUs.

    All positions equal to the maximum get the gradient. After a ReLU these can be several only at 0, where its own
    gradient is 0.
    """

    def __init__(self, width: int, name: str) -> None:
        super().__init__(name=name, dtype="float32")
        self._width = width

    def call(self, x: Any) -> Any:
        width, n_maps = self._width, x.shape[3]

        @tf.custom_gradient
        def pool(x: Any) -> Any:
            highest = tf.nn.max_pool2d(x, (1, width), (1, width), "VALID")
            n = highest.shape[2]

            def gradient(upstream: Any) -> Any:
                windows = tf.reshape(x[:, 0, : n * width], (-1, width, n_maps))
                is_highest = tf.equal(windows, tf.reshape(highest, (-1, 1, n_maps)))
                passed = tf.where(is_highest, tf.reshape(upstream, (-1, 1, n_maps)), 0.0)
                rest = x.shape[2] - n * width
                return tf.pad(tf.reshape(passed, (-1, 1, n * width, n_maps)), ((0, 0), (0, 0), (0, rest), (0, 0)))

            return highest, gradient

        return pool(x)

    def compute_output_shape(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        return (*shape[:2], shape[2] // self._width, shape[3])


class Pooling(NamedTuple):
    """One kind of pooling of maps ``(n, 1, P, C)``."""

    windows: Any  # Keras layer for windows of positions
    everywhere: Any  # Keras layer for all positions
    #: Maps, and 1 or 0 for positions inside and outside each sequence, to maps that `everywhere` pools over the
    #: positions inside alone. Without positions outside, the result is the same to the bit.
    masked: Callable[[Any, Any], Any]
    shifted: Callable[[list[Any]], Any]  # pools over maps that are shifted against one another
    fast: Any = None  # layer that replaces `windows` in training


POOLINGS = {
    "max": Pooling(
        keras.layers.MaxPooling2D,
        keras.layers.GlobalMaxPooling2D,
        lambda x, inside: x * inside + (inside - 1) * _HUGE,
        lambda maps: reduce(tf.maximum, maps),
        FastMaxPooling,
    ),
    "average": Pooling(
        keras.layers.AveragePooling2D,
        keras.layers.GlobalAveragePooling2D,
        lambda x, inside: x * (inside / keras.ops.mean(inside, axis=2, keepdims=True)),
        lambda maps: tf.add_n(maps) / len(maps),
    ),
}
