"""A convolution as a bank of filters: batch norm folded in, pre-activations of codes, in batches of one size."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motifnet.models.runtime import tf
from motifnet.models.spec import ModelSpec, Strands
from motifnet.sequences.alphabet import Codes

#: One size for every call: another batch size could give other last digits, and another compiled function.
BATCH = 256


@dataclass(frozen=True, eq=False)
class ConvolutionFilters:
    """The first convolution of a network; satisfies `motifnet.motifs.sites.FilterBank`.

    Parameters
    ----------
    weights : float32 array of shape (F, 4, width)
        With batch norm folded in. Rows are A, C, G, T.
    bias : float32 array of shape (F,)
    strands : {"both", "forward"}
    floor : float
        Pre-activation at which the activation falls silent: 0 for ReLU, minus infinity where it never does.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    strands: Strands = "both"
    floor: float = -math.inf

    @property
    def width(self) -> int:
        """Positions that one activation sees."""
        return int(self.weights.shape[2])

    @property
    def names(self) -> tuple[str, ...]:
        """``f00``, ``f01``, ..., as wide as the last one needs."""
        digits = max(2, len(str(len(self.weights) - 1)))
        return tuple(f"f{i:0{digits}d}" for i in range(len(self.weights)))

    def activations(self, codes: Codes) -> NDArray[np.float32]:
        """Pre-activations on the forward strand: activation ``p`` scores the site ``[p, p + width)``.

        Parameters
        ----------
        codes : uint8 array of shape (n, L)

        Returns
        -------
        float32 array of shape (n, F, L - width + 1)
        """
        n_positions = codes.shape[1] - self.width + 1
        if n_positions < 1:
            return np.empty((len(codes), len(self.weights), 0), dtype=np.float32)
        return map_batches(self._compiled, codes, (len(self.weights), n_positions))

    @cached_property
    def _compiled(self) -> Callable[[Any], Any]:
        kernel = tf.constant(self.weights.transpose(1, 2, 0)[:, :, np.newaxis, :])

        @tf.function(input_signature=[tf.TensorSpec((None, None), tf.uint8)], jit_compile=False, autograph=False)
        def pre_activations(codes: Any) -> Any:
            z = tf.nn.conv2d(one_hot_tensor(codes), kernel, strides=1, padding="VALID") + self.bias
            return tf.transpose(z[:, 0], (0, 2, 1))

        return pre_activations


def first_layer(network: Any, spec: ModelSpec) -> ConvolutionFilters:
    """The first convolution of a network, with the batch norm behind it folded in (its gamma can be negative)."""
    convolution = network.get_layer("conv_1")
    kernel = convolution.kernel.numpy()[:, :, 0, :]
    bias = convolution.bias.numpy() if convolution.use_bias else np.zeros(kernel.shape[-1], dtype=np.float32)
    if spec.blocks[0].batch_norm:
        norm = network.get_layer("norm_1")
        scale = norm.gamma.numpy() / np.sqrt(norm.moving_variance.numpy() + norm.epsilon)
        bias = (bias - norm.moving_mean.numpy()) * scale + norm.beta.numpy()
        kernel = kernel * scale
    weights = np.ascontiguousarray(kernel.transpose(2, 0, 1), dtype=np.float32)
    floor = 0.0 if spec.blocks[0].activation == "relu" else -math.inf
    return ConvolutionFilters(weights, bias.astype(np.float32), spec.strands, floor)


def one_hot_tensor(codes: Any) -> Any:
    """Codes ``(n, L)`` as a float32 tensor ``(n, 4, L, 1)`` in a TensorFlow function; N (4) is out of range: zeros."""
    return tf.transpose(tf.one_hot(codes, 4, dtype=tf.float32), (0, 2, 1))[..., tf.newaxis]


def map_batches(function: Callable[[Any], Any], codes: Codes, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Apply a function to codes ``(N, L)`` in batches of `BATCH`, the last one padded: float32 ``(N, *shape)``."""
    result = np.empty((len(codes), *shape), dtype=np.float32)
    for start in range(0, len(codes), BATCH):
        batch = codes[start : start + BATCH]
        padded = np.pad(batch, ((0, BATCH - len(batch)), (0, 0)))
        result[start : start + BATCH] = function(padded).numpy()[: len(batch)]
    return result
