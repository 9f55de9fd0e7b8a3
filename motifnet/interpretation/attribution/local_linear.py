"""Convolutions and dense layers that compute the effect of changes of their input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from motifnet.interpretation.attribution.local_layers import (
    EMPTY,
    Array,
    LocalLayer,
    Part,
    Reference,
    Window,
    reached_windows,
)

#: Number of columns from which a matrix product has about full speed.
_COLUMNS = 64
#: One-hot column of each base minus that of each base and of N.
_SUBSTITUTIONS = (np.eye(4) - np.eye(5, 4)[:, np.newaxis]).reshape(20, 4)
#: Row of `_SUBSTITUTIONS` by its product with `_DIGITS`; negative products count from the end.
_DIGITS = 4.0 ** np.arange(4)
_SUBSTITUTION_OF = np.zeros(128, dtype=np.int64)
_SUBSTITUTION_OF[(_SUBSTITUTIONS @ _DIGITS).astype(np.int64)] = np.arange(20)


class Linear(LocalLayer):
    """A convolution, or a dense layer, which is a convolution as wide as its input.

    Parameters
    ----------
    kernel : array of shape (w, C, F)
    bias : array of shape (F,)
    """

    def __init__(
        self,
        n_positions: int,
        kernel: Array,
        bias: Array | None = None,
        *,
        stride: int = 1,
        dilation: int = 1,
        is_first: bool = False,
    ) -> None:
        super().__init__(n_positions)
        self.kernel = kernel
        self.bias: Array = np.zeros(kernel.shape[2], kernel.dtype) if bias is None else bias
        self.stride, self.dilation = stride, dilation
        #: Whether the input is DNA.
        self.is_first = is_first
        self._span = (len(kernel) - 1) * dilation + 1
        self._matrices: dict[tuple[int, ...], Array] = {}
        self._tables: dict[tuple[int, ...], Array] = {}

    def rescale(self, scale: Array, shift: Array) -> None:
        """Include a batch norm that follows: a factor and a summand of each filter."""
        self.kernel, self.bias = self.kernel * scale, self.bias * scale + shift

    def take_filters(self, indices: Sequence[int]) -> None:
        """Keep only some of the filters."""
        self.kernel, self.bias = self.kernel[..., indices], self.bias[indices]

    def reached(self, *changed: Window) -> Window:
        return reached_windows(changed[0], self._span, self.stride, self.n_positions)

    def needed(self, held: Window) -> Window:
        return EMPTY

    def full(self, inputs: Sequence[Array], inside: Array | None) -> Reference:
        maps = inputs[0]
        out = np.empty((len(maps), self.n_positions, self.kernel.shape[2]), maps.dtype)
        self._multiply(maps, Window(0, maps.shape[1]), out, Window(0, self.n_positions))
        return Reference(out + self.bias)

    def local(self, inputs: Sequence[Part], held: Window, changed: Window, reference: Reference) -> Array:
        (part,) = inputs
        n, n_mutants, _, n_channels = part.values.shape
        out = self.buffer((n, n_mutants, held.size, self.kernel.shape[2]), reference.maps)
        rows = out.reshape(n * n_mutants, held.size, out.shape[3])
        shape = (n, n_mutants, part.changed.size, n_channels)
        difference = part.difference(self.buffer(shape, reference.maps, "difference"))
        difference = difference.reshape(len(rows), part.changed.size, n_channels)
        if self.is_first and part.changed.size == 1:
            self._substitute(difference[:, 0], part.changed, rows, held, changed)
        else:
            self._multiply_within(difference, part.changed, rows, held, changed)
        out += reference.at(held)
        return out

    def _substitute(self, difference: Array, inputs: Window, out: Array, held: Window, changed: Window) -> None:
        """Write the effect of a substitution, which is one of few: differences ``(m, 4)`` of one-hot columns."""
        key = (inputs.start - held.start * self.stride, held.size, *changed.moved(-held.start))
        if key not in self._tables:
            table = np.empty((len(_SUBSTITUTIONS), *out.shape[1:]), out.dtype)
            differences = _SUBSTITUTIONS[:, np.newaxis].astype(out.dtype)
            self._multiply_within(differences, inputs, table, held, changed)
            self._tables[key] = _joined(table)
        rows = _SUBSTITUTION_OF[(difference @ _DIGITS.astype(out.dtype)).astype(np.int64)]
        np.take(self._tables[key], rows, axis=0, out=_joined(out), mode="clip")

    def _multiply_within(self, x: Array, inputs: Window, out: Array, held: Window, changed: Window) -> None:
        """Write the layer without its bias at the held positions; it is 0 where they have not changed."""
        at = changed.within(held) if changed else slice(0, 0)
        out[:, : at.start] = 0
        out[:, at.stop :] = 0
        if changed:
            self._multiply(x, inputs, out[:, at], changed)

    def _multiply(self, x: Array, inputs: Window, out: Array, outputs: Window) -> None:
        """Write the layer without its bias, for inputs ``(m, W, C)`` that are 0 outside their window."""
        size = 1 if self.dilation > 1 else outputs.size
        if inputs.size > 1 and self.dilation == 1:
            size = max(_COLUMNS // self.kernel.shape[2], len(self.kernel) // 4, 1)
        for start in range(outputs.start, outputs.stop, size):
            chunk = Window(start, min(start + size, outputs.stop))
            self._multiply_chunk(x, inputs, out[:, chunk.within(outputs)], chunk)

    def _multiply_chunk(self, x: Array, inputs: Window, out: Array, chunk: Window) -> None:
        """Multiply the inputs that a few outputs read by a banded matrix."""
        first, step = chunk.start * self.stride, self.dilation
        skipped = max(0, -((first - inputs.start) // step))
        start = first + skipped * step
        stop = min((chunk.stop - 1) * self.stride + self._span, inputs.stop)
        if stop <= start:
            out[:] = 0
            return
        matrix = self._matrix(skipped, -((start - stop) // step), chunk.size)
        read = x[:, start - inputs.start : stop - inputs.start : step]
        np.matmul(_joined(read), matrix, out=_joined(out))

    def _matrix(self, skipped: int, n_read: int, n_outputs: int) -> Array:
        """Weights from `n_read` inputs, of which the first is tap `skipped` of the first output, to outputs."""
        key = (skipped, n_read, n_outputs)
        if key not in self._matrices:
            n_taps, n_channels, n_filters = self.kernel.shape
            matrix = np.zeros((n_read, n_channels, n_outputs, n_filters), self.kernel.dtype)
            for i in range(n_read):
                for o in range(n_outputs):
                    tap = skipped + i - o * self.stride
                    if 0 <= tap < n_taps:
                        matrix[i, :, o] = self.kernel[tap]
            self._matrices[key] = matrix.reshape(n_read * n_channels, n_outputs * n_filters)
        return self._matrices[key]


def joined_filters(branches: Sequence[Linear], before: Sequence[int]) -> Linear:
    """One convolution with the filters of several, whose inputs start this many positions later than its own."""
    first = branches[0]
    starts = [position // first.dilation for position in before]
    n_taps = max(start + len(branch.kernel) for start, branch in zip(starts, branches, strict=True))
    kernels = [
        np.pad(branch.kernel, ((start, n_taps - start - len(branch.kernel)), (0, 0), (0, 0)))
        for start, branch in zip(starts, branches, strict=True)
    ]
    return Linear(
        first.n_positions,
        np.concatenate(kernels, axis=2),
        np.concatenate([branch.bias for branch in branches]),
        stride=first.stride,
        dilation=first.dilation,
        is_first=first.is_first,
    )


def _joined(x: Array) -> Array:
    """Positions and maps of ``(m, W, C)`` in one axis: a view if neighbouring positions are contiguous."""
    return x.reshape(len(x), -1)
