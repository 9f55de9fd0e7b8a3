"""A convolution as a bank of filters: batch norm folded in, pre-activations of codes, in batches of one size."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from motifnet.models.network.block import Block
from motifnet.models.network.spec import ModelSpec
from motifnet.models.runtime import keras, tf
from motifnet.sequences.alphabet import Codes, N, reverse_complement
from motifnet.sequences.store import blocks

#: One size for every call: another batch size could give other last digits, and another compiled function.
BATCH = 256
#: Of sequences longer than `_LETTERS` / `BATCH`, so many fewer at once: maps of 64 filters are 256 bytes a letter.
_LETTERS = 1 << 17


class Stage(NamedTuple):
    """A convolution in front of another: batch norm folded in; what follows it is in its block.

    `is_turned` ``(F,)``: the batch norm behind a filter has a negative gamma. Shapes are those of `ConvolutionFilters`.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    is_turned: NDArray[np.bool_]
    block: Block


@dataclass(frozen=True, eq=False)
class ConvolutionFilters:
    """A convolution of a network; satisfies `motifnet.motifs.learned.sites.FilterBank`.

    A deeper one is evaluated at every offset, not only where its pools stand in the network: pools slide by single
    steps, and what comes after them is dilated by their strides (the "a trous" scheme; Giusti et al. 2013, ICIP).

    Parameters
    ----------
    weights : float32 array of shape (F, C, w)
        With batch norm folded in. The C rows are A, C, G, T, or the filters of the convolution before.
    bias : float32 array of shape (F,)
    strands : {"both", "forward"}
    floor : float
        Pre-activation at which the activation falls silent: 0 for ReLU, minus infinity where it never does.
    before : tuple of Stage
        What the sequence goes through first; empty for the first convolution.
    dilation : int
        Positions between two neighbours that a filter sees.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    strands: Literal["both", "forward"] = "both"
    floor: float = -math.inf
    before: tuple[Stage, ...] = ()
    dilation: int = 1

    @property
    def width(self) -> int:
        """Positions that one activation sees: the receptive field, in bp."""
        stages = zip([*(stage.weights for stage in self.before), self.weights], self._steps(), strict=True)
        return 1 + self.slack + sum(step * (weights.shape[2] - 1) for weights, (step, _) in stages)

    @property
    def slack(self) -> int:
        """Positions that a word can move within the receptive field without any pool noticing; 0 without pools."""
        return sum((stage.block.pool - 1) * step for stage, (_, step) in zip(self.before, self._steps(), strict=False))

    def _steps(self) -> Iterator[tuple[int, int]]:
        """For each convolution, how many bp lie between two positions that a filter sees, and between two maps."""
        step = 1
        for block in (stage.block for stage in self.before):
            yield step * block.dilation, step * block.stride
            step *= block.stride * block.pool
        yield step * self.dilation, step

    @property
    def names(self) -> tuple[str, ...]:
        """``f00``, ``f01``, ..., as wide as the last one needs; ``l1f00``, ... for the second convolution."""
        digits = max(2, len(str(len(self.weights) - 1)))
        prefix = f"l{len(self.before)}f" if self.before else "f"
        return tuple(f"{prefix}{i:0{digits}d}" for i in range(len(self.weights)))

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
        return map_batches(
            lambda batch: tf.transpose(self._maps(batch), (0, 2, 1)).numpy(), codes, (len(self.weights), n_positions)
        )

    def best_windows(self, codes: Codes) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.bool_]]:
        """The best window of each sequence, on the strands that count.

        Parameters
        ----------
        codes : uint8 array of shape (n, L)
            At least as long as the filters are wide.

        Returns
        -------
        tuple of float32, int64 and bool arrays of shape (n, F)
            Score, start, and whether the word is read on the ``-`` strand: the leftmost of equals, ``+`` where both
            strands are equal. Windows with N are skipped; minus infinity where there is no other.
        """
        size = batch_size(codes.shape[1])
        parts = [self._best_of_batch(batch, size) for _, batch in blocks(codes, rows=size)]
        score, start, is_reverse = zip(*parts, strict=True)
        return np.concatenate(score), np.concatenate(start), np.concatenate(is_reverse)

    def _best_of_batch(self, codes: Codes, size: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.bool_]]:
        # As the network lays maps out, (n, P, F): turning them to (n, F, P) costs as much as the convolution.
        forward = self._maps(_padded(codes, size)).numpy()[: len(codes)]
        reverse = forward
        if self.strands == "both":
            reverse = self._maps(_padded(reverse_complement(codes), size)).numpy()[: len(codes), ::-1]
        scores = np.maximum(forward, reverse)
        if (codes == N).any():
            scores[sliding_window_view(codes == N, self.width, axis=1).any(axis=2)] = -np.inf
        start = scores.argmax(axis=1)[:, np.newaxis]
        score = np.take_along_axis(scores, start, axis=1)
        is_reverse = score > np.take_along_axis(forward, start, axis=1)
        return score[:, 0], start[:, 0], is_reverse[:, 0]

    @cached_property
    def _maps(self) -> Callable[[Any], Any]:
        """Pre-activations of codes ``(n, L)`` on the forward strand as the network lays them out: ``(n, P, F)``."""

        @tf.function(input_signature=[tf.TensorSpec((None, None), tf.uint8)], jit_compile=False, autograph=False)
        def pre_activations(codes: Any) -> Any:
            x = one_hot_tensor(codes)
            for stage, (seen, step) in zip(self.before, self._steps(), strict=False):
                x = _through(x, stage, seen, step)
            *_, (seen, _) = self._steps()
            return _convolve(x, self.weights, self.bias, seen)[:, 0]

        return pre_activations


def _convolve(x: Any, weights: NDArray[np.float32], bias: NDArray[np.float32], step: int) -> Any:
    """Filters ``(F, C, w)``, dilated by `step`, on DNA ``(n, 4, L, 1)`` or on maps ``(n, 1, P, C)``."""
    is_first = x.shape[3] == 1 and x.shape[1] == 4
    kernel = weights.transpose(1, 2, 0)[:, :, np.newaxis] if is_first else weights.transpose(2, 1, 0)[np.newaxis]
    return tf.nn.conv2d(x, tf.constant(kernel), strides=1, padding="VALID", dilations=(1, step)) + bias


def _through(x: Any, stage: Stage, seen: int, step: int) -> Any:
    """Through a whole block at every offset: positions that a filter sees lie `seen` apart, those of a pool `step`."""
    block, maps = stage.block, _convolve(x, stage.weights, stage.bias, seen)
    activate = keras.activations.get(block.activation)
    if block.pool_place == "first":
        # The pool comes before the batch norm, which may turn the order of what it sees round.
        sign = np.where(stage.is_turned, -1, 1).astype(np.float32)
        return activate(sign * _sliding_pool(sign * maps, block, step))
    maps = activate(maps)
    if block.residual:
        start = (block.span - 1) // 2 * step
        maps += x[:, :, start : start + tf.shape(maps)[2]]
    return _sliding_pool(maps, block, step)


def _sliding_pool(x: Any, block: Block, step: int) -> Any:
    """At every position of ``(n, 1, P, C)`` the pool of a block, over positions that lie `step` apart."""
    n_positions = tf.shape(x)[2] - (block.pool - 1) * step
    moved = [x[:, :, i * step : i * step + n_positions] for i in range(block.pool)]
    return reduce(tf.maximum, moved) if block.pool_kind == "max" else tf.add_n(moved) / block.pool


def convolution_filters(network: Any, spec: ModelSpec, k: int) -> ConvolutionFilters:
    """Convolution `k` of a network, counted from 0, with all that comes before it.

    Padding is left out: at the ends of a sequence, where filters hang over, nothing is scored.

    Raises
    ------
    SpecError
        If there is no such convolution, or none that reads its input directly.
    """
    spec.check_layer(k)
    before = tuple(Stage(*_folded(network, spec, i), block) for i, block in enumerate(spec.blocks[:k]))
    block = spec.blocks[k]
    floor = 0.0 if block.activation == "relu" else -math.inf
    strands: Literal["both", "forward"] = "forward" if spec.strands == "forward" else "both"
    weights, bias, _ = _folded(network, spec, k)
    return ConvolutionFilters(weights, bias, strands, floor, before, block.dilation)


def _folded(
    network: Any, spec: ModelSpec, k: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """Weights ``(F, C, w)``, bias and `Stage.is_turned` of a block's convolutions and the batch norm behind them.

    Convolutions side by side are one bank, the narrower ones between columns of zeros, as they stand in the network.
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
    is_turned = np.zeros(len(bias), dtype=np.bool_)
    if block.batch_norm:
        norm = network.get_layer(f"norm_{k + 1}")
        scale = norm.gamma.numpy() / np.sqrt(norm.moving_variance.numpy() + norm.epsilon)
        bias = (bias - norm.moving_mean.numpy()) * scale + norm.beta.numpy()
        kernel, is_turned = kernel * scale, scale < 0
    return np.ascontiguousarray(kernel.transpose(2, 0, 1), dtype=np.float32), bias.astype(np.float32), is_turned


def one_hot_tensor(codes: Any) -> Any:
    """Codes ``(n, L)`` as a float32 tensor ``(n, 4, L, 1)`` in a TensorFlow function; N (4) is out of range: zeros."""
    return tf.transpose(tf.one_hot(codes, 4, dtype=tf.float32), (0, 2, 1))[..., tf.newaxis]


def map_batches(
    function: Callable[[Codes], NDArray[np.float32]], codes: Codes, shape: tuple[int, ...]
) -> NDArray[np.float32]:
    """Apply a function to codes ``(N, L)`` in batches of one size, the last one padded: float32 ``(N, *shape)``."""
    result = np.empty((len(codes), *shape), dtype=np.float32)
    size = batch_size(codes.shape[1])
    for start, batch in blocks(codes, rows=size):
        result[start : start + size] = function(_padded(batch, size))[: len(batch)]
    return result


def batch_size(length: int) -> int:
    """Sequences of `length` bp in a batch: `BATCH`, or fewer where they are long."""
    return int(min(BATCH, max(1, _LETTERS // max(length, 1))))


def _padded(codes: Codes, size: int) -> Codes:
    """With rows of A behind them, up to a whole batch."""
    return np.pad(codes, ((0, size - len(codes)), (0, 0)))
