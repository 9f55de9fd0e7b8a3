"""Filters of a convolution as scanners: batch norm folded in, pre-activations at every position of a sequence."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from motifnet.models.inference import batch_size, map_batches, one_hot_tensor, pad_batch
from motifnet.models.network.block import SHARPNESS, Block
from motifnet.models.network.builder import POOLINGS, transform
from motifnet.models.network.layers import MEANS, SMALLEST_WEIGHT
from motifnet.models.network.spec import ModelSpec
from motifnet.models.runtime import keras, tf
from motifnet.sequences.alphabet import Codes, N, reverse_complement
from motifnet.sequences.store import blocks


class Stage(NamedTuple):
    """An earlier convolution, with batch norm folded in; its block states what follows it.

    `is_decreasing` ``(F,)``: the batch norm of a filter has a negative gamma. Other shapes as in `ConvolutionFilters`.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    is_decreasing: NDArray[np.bool_]
    block: Block
    pool_weights: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class ConvolutionFilters:
    """Filters of one convolution; satisfies `motifnet.motifs.learned.sites.FilterBank`.

    A deeper convolution is evaluated at every position, not only at those that the pools of the network keep: pools
    move in steps of 1, and what follows them is dilated by their strides ("à trous"; Giusti et al. 2013, ICIP).

    Parameters
    ----------
    weights : float32 array of shape (F, C, w)
        With batch norm folded in. The C rows are A, C, G, T, or the filters of the previous convolution.
    bias : float32 array of shape (F,)
    strands : {"both", "forward"}
    floor : float
        Pre-activation below which the activation is zero: 0 for ReLU, minus infinity for all others.
    before : tuple of Stage
        Earlier convolutions; empty for the first.
    dilation : int
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    strands: Literal["both", "forward"] = "both"
    floor: float = -math.inf
    before: tuple[Stage, ...] = ()
    dilation: int = 1

    @property
    def width(self) -> int:
        """Receptive field of one activation, in bp."""
        stages = zip([*(stage.weights for stage in self.before), self.weights], self._steps(), strict=True)
        return 1 + self.slack + sum(step * (weights.shape[2] - 1) for weights, (step, _) in stages)

    @property
    def slack(self) -> int:
        """Positions that a site can move within the receptive field without an effect on any pool."""
        return sum((stage.block.pool - 1) * step for stage, (_, step) in zip(self.before, self._steps(), strict=False))

    def _steps(self) -> Iterator[tuple[int, int]]:
        """For each convolution, bp between neighbouring weights of a filter, and between its outputs in the network."""
        step = 1
        for block in (stage.block for stage in self.before):
            yield step * block.dilation, step * block.stride
            step *= block.stride * block.pool_step
        yield step * self.dilation, step

    @property
    def names(self) -> tuple[str, ...]:
        """``f00``, ``f01``, ..., with as many digits as the last needs; ``l1f00``, ... for the second convolution."""
        digits = max(2, len(str(len(self.weights) - 1)))
        prefix = f"l{len(self.before)}f" if self.before else "f"
        return tuple(f"{prefix}{i:0{digits}d}" for i in range(len(self.weights)))

    def activations(self, codes: Codes) -> NDArray[np.float32]:
        """Pre-activations of codes ``(n, L)`` on the forward strand, ``(n, F, L - width + 1)``.

        Activation ``p`` scores the site ``[p, p + width)``.
        """
        n_positions = codes.shape[1] - self.width + 1
        if n_positions < 1:
            return np.empty((len(codes), len(self.weights), 0), dtype=np.float32)
        return map_batches(
            lambda batch: tf.transpose(self._maps(batch), (0, 2, 1)).numpy(), codes, (len(self.weights), n_positions)
        )

    def best_windows(self, codes: Codes) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.bool_]]:
        """Best window of each sequence of codes ``(n, L)``, on one or both strands.

        Returns scores, starts, and whether windows are on the ``-`` strand, each ``(n, F)``. Of equal scores, the
        leftmost counts, then the ``+`` strand. Windows with N are skipped; without others the score is minus infinity.
        """
        size = batch_size(codes.shape[1])
        parts = [self._best_of_batch(batch, size) for _, batch in blocks(codes, rows=size)]
        score, start, is_reverse = zip(*parts, strict=True)
        return np.concatenate(score), np.concatenate(start), np.concatenate(is_reverse)

    def _best_of_batch(self, codes: Codes, size: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.bool_]]:
        # In the layout of the network, (n, P, F): to transpose it would take as long as the convolution.
        forward = self._maps(pad_batch(codes, size)).numpy()[: len(codes)]
        reverse = forward
        if self.strands == "both":
            reverse = self._maps(pad_batch(reverse_complement(codes), size)).numpy()[: len(codes), ::-1]
        scores = np.maximum(forward, reverse)
        if (codes == N).any():
            scores[sliding_window_view(codes == N, self.width, axis=1).any(axis=2)] = -np.inf
        start = scores.argmax(axis=1)[:, np.newaxis]
        score = np.take_along_axis(scores, start, axis=1)
        is_reverse = score > np.take_along_axis(forward, start, axis=1)
        return score[:, 0], start[:, 0], is_reverse[:, 0]

    @cached_property
    def _maps(self) -> Callable[[Any], Any]:
        """Function from codes ``(n, L)`` to pre-activations on the forward strand, ``(n, P, F)``."""

        @tf.function(input_signature=[tf.TensorSpec((None, None), tf.uint8)], jit_compile=False, autograph=False)
        def pre_activations(codes: Any) -> Any:
            x = one_hot_tensor(codes)
            for stage, (weight_step, step) in zip(self.before, self._steps(), strict=False):
                x = _apply(stage, x, weight_step, step)
            *_, (weight_step, _) = self._steps()
            return _convolve(x, self.weights, self.bias, weight_step)[:, 0]

        return pre_activations


def _convolve(x: Any, weights: NDArray[np.float32], bias: NDArray[np.float32], step: int) -> Any:
    """Filters ``(F, C, w)``, dilated by `step`, on DNA ``(n, 4, L, 1)`` or on maps ``(n, 1, P, C)``."""
    is_first = x.shape[3] == 1 and x.shape[1] == 4
    kernel = weights.transpose(1, 2, 0)[:, :, np.newaxis] if is_first else weights.transpose(2, 1, 0)[np.newaxis]
    return tf.nn.conv2d(x, tf.constant(kernel), strides=1, padding="VALID", dilations=(1, step)) + bias


def _apply(stage: Stage, x: Any, weight_step: int, step: int) -> Any:
    """Apply a block at every position of maps ``(n, 1, P, C)``; its pools cover positions `step` apart."""
    block, maps = stage.block, _convolve(x, stage.weights, stage.bias, weight_step)
    activate = keras.activations.get(block.activation)
    if block.pool_place == "first":
        # Pooling comes before the batch norm, which can reverse the order of its input.
        sign = np.where(stage.is_decreasing, -1, 1).astype(np.float32)
        return activate(sign * _pool(sign * maps, block, step))
    maps = activate(maps)
    if block.residual:
        start = (block.span - 1) // 2 * step
        maps += x[:, :, start : start + tf.shape(maps)[2]]
    return _pool(maps, block, step, stage.pool_weights)


def _pool(x: Any, block: Block, step: int, weights: NDArray[np.float32] | None = None) -> Any:
    def plain(x: Any, kind: str) -> Any:
        n_positions = tf.shape(x)[2] - (block.pool - 1) * step
        return POOLINGS[kind].shifted([x[:, :, i * step : i * step + n_positions] for i in range(block.pool)])

    if block.pool == 1 or block.pool_kind in POOLINGS:
        return plain(x, block.pool_kind if block.pool > 1 else "max")
    if block.pool_kind in ("attention", "stochastic"):
        if block.pool_kind == "stochastic":
            factors = transform(x, "positive", SMALLEST_WEIGHT)
        else:
            factors = transform(tf.nn.conv2d(x, weights, strides=1, padding="VALID"), "exponential", 1.0)
        return plain(x * factors, "average") / plain(factors, "average")
    before, after = MEANS[block.pool_kind]
    sharpness = block.pool_sharpness or SHARPNESS[block.pool_kind]
    return transform(plain(transform(x, before, sharpness), "average"), after, sharpness)


def convolution_filters(network: Any, spec: ModelSpec, k: int) -> ConvolutionFilters:
    """Return the filters of convolution `k` of a network, counted from 0; errors are those of `TrainedModel.layer`.

    Padding is left out: sites that reach beyond an end of the sequence are not scored.
    """
    spec.check_layer(k)
    before = tuple(
        Stage(*_folded(network, spec, i), block, _pool_weights(network, i, block))
        for i, block in enumerate(spec.blocks[:k])
    )
    block = spec.blocks[k]
    floor = 0.0 if block.activation == "relu" else -math.inf
    weights, bias, _ = _folded(network, spec, k)
    return ConvolutionFilters(weights, bias, spec.motif_strands, floor, before, block.dilation)


def _pool_weights(network: Any, k: int, block: Block) -> NDArray[np.float32] | None:
    if block.pool_kind != "attention" or block.pool == 1:
        return None
    weights: NDArray[np.float32] = network.get_layer(f"pool_{k + 1}_scores").kernel.numpy()
    return weights


def _folded(
    network: Any, spec: ModelSpec, k: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """Weights ``(F, C, w)``, bias and `Stage.is_decreasing` of a block, its batch norm folded into the convolutions.

    Narrower parallel convolutions get columns of zeros on both sides, as they are centred in the network.
    """
    block = spec.blocks[k]
    kernels, biases = [], []
    for width in block.widths:
        convolution = network.get_layer(f"conv_{k + 1}" + ("" if width == block.width else f"_w{width}"))
        kernel = convolution.kernel.numpy()
        kernel = kernel[0].swapaxes(0, 1) if k else kernel[:, :, 0]
        surplus = max(block.widths) - width
        kernels.append(np.pad(kernel, ((0, 0), (surplus // 2, surplus - surplus // 2), (0, 0))))
        biases.append(convolution.bias.numpy() if convolution.use_bias else np.zeros(block.filters, dtype=np.float32))
    kernel, bias = np.concatenate(kernels, axis=2), np.concatenate(biases)
    is_decreasing = np.zeros(len(bias), dtype=np.bool_)
    if block.batch_norm:
        norm = network.get_layer(f"norm_{k + 1}")
        scale = norm.gamma.numpy() / np.sqrt(norm.moving_variance.numpy() + norm.epsilon)
        bias = (bias - norm.moving_mean.numpy()) * scale + norm.beta.numpy()
        kernel, is_decreasing = kernel * scale, scale < 0
    return np.ascontiguousarray(kernel.transpose(2, 0, 1), dtype=np.float32), bias.astype(np.float32), is_decreasing
