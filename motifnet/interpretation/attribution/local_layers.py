"""Layers that recompute only the positions that a mutation reaches, one class per kind of layer.

The output of a layer is ``(n, P, C)``: sequences, positions, maps. That of a mutant differs from that of its sequence
(the reference) only in a window of positions, whose values are ``(n, B, W, C)`` for B mutants of each sequence. Each
class computes the window and the values of the output from those of the inputs; linear layers compute the effect of
the difference.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
#: Number of columns of a matrix product that are computed at about full speed.
_COLUMNS = 64
#: One-hot column of each base less that of each base and of N.
_SUBSTITUTIONS = (np.eye(4) - np.eye(5, 4)[:, np.newaxis]).reshape(20, 4)
#: Row of `_SUBSTITUTIONS` by its product with `_DIGITS`; negative products count from the end.
_DIGITS = 4.0 ** np.arange(4)
_SUBSTITUTION_OF = np.zeros(128, dtype=np.int64)
_SUBSTITUTION_OF[(_SUBSTITUTIONS @ _DIGITS).astype(np.int64)] = np.arange(20)


class Window(NamedTuple):
    """Positions from `start` to `stop`, half-open; `EMPTY` without any."""

    start: int
    stop: int

    def __bool__(self) -> bool:
        return self.stop > self.start

    @property
    def size(self) -> int:
        return self.stop - self.start

    @property
    def columns(self) -> slice:
        return slice(self.start, self.stop)

    def moved(self, by: int) -> Window:
        return Window(self.start + by, self.stop + by)

    def clipped(self, n_positions: int) -> Window:
        clipped = Window(max(self.start, 0), min(self.stop, n_positions))
        return clipped if clipped else EMPTY

    def within(self, outer: Window) -> slice:
        """Its columns in an array that starts at `outer`."""
        return slice(self.start - outer.start, self.stop - outer.start)

    def joined(self, other: Window) -> Window:
        """The smallest window with both."""
        if not self or not other:
            return self or other
        return Window(min(self.start, other.start), max(self.stop, other.stop))


EMPTY = Window(0, 0)


class Reference(NamedTuple):
    """Output of a layer for the sequences without mutation."""

    maps: Array  # (n, P, C)
    inside: Array | None = None  # positions within each sequence (n,), before its padding; None if all are
    extra: tuple[Array, ...] = ()  # what `LocalLayer.full` computed besides, each (n, P + 1, C)
    rows: Array | None = None  # the sequences that are mutated; None for all

    def at(self, window: Window) -> Array:
        """Maps ``(n, 1, W, C)`` in a window."""
        return _take(self.maps, self.rows, window.columns)[:, np.newaxis]

    def extra_at(self, index: int, position: int) -> Array:
        """One of the extra arrays at a position, ``(n, 1, 1, C)``."""
        return _take(self.extra[index], self.rows, slice(position, position + 1))[:, np.newaxis]

    def is_inside(self, window: Window) -> Array | None:
        """As `_is_inside`."""
        return _is_inside(self.inside if self.inside is None or self.rows is None else self.inside[self.rows], window)


def _take(array: Array, rows: Array | None, columns: slice) -> Array:
    return array[:, columns] if rows is None else array[rows, columns]


def _is_inside(inside: Array | None, window: Window) -> Array | None:
    """Whether the positions of a window are within each sequence, ``(n, W, 1)``; None if all are."""
    if inside is None or inside.min() >= window.stop:
        return None
    return (np.arange(*window) < inside[:, np.newaxis])[..., np.newaxis]


class Part(NamedTuple):
    """Output of a layer for mutants, at the positions that are held."""

    held: Window
    changed: Window  # part of `held` that can differ from the reference
    reference: Reference
    values: Array  # (n, B, W, C)

    def difference(self, out: Array) -> Array:
        """Changed values less the reference."""
        return np.subtract(self.values[:, :, self.changed.within(self.held)], self.reference.at(self.changed), out=out)


class LocalLayer:
    """A layer whose output at a position depends on its inputs at the same position; base of all others."""

    #: Number of the block whose positions within each sequence the layer needs; 0 if it needs none.
    block = 0

    def __init__(self, n_positions: int) -> None:
        self.n_positions = n_positions  # of the output
        self._buffers: dict[str, Array] = {}

    def buffer(self, shape: tuple[int, ...], like: Array, name: str = "output") -> Array:
        """Uninitialised memory, the same in each call."""
        size = math.prod(shape)
        if name not in self._buffers or self._buffers[name].size < size:
            self._buffers[name] = np.empty(size, like.dtype)
        return self._buffers[name][:size].reshape(shape)

    def reached(self, *changed: Window) -> Window:
        """Positions of the output that depend on changed positions of the inputs."""
        joined = EMPTY
        for window in changed:
            joined = joined.joined(window)
        return joined

    def needed(self, held: Window) -> Window:
        """Positions of the inputs that must be held for the output to be held at these positions."""
        return held

    def full(self, inputs: Sequence[Array], inside: Array | None) -> Reference:
        """The output for the sequences without mutation, from maps ``(n, P, C)``."""
        raise NotImplementedError

    def local(self, inputs: Sequence[Part], held: Window, changed: Window, reference: Reference) -> Array:
        """The output for mutants at the held positions, ``(n, B, W, C)``."""
        raise NotImplementedError


def _reached(window: Window, width: int, stride: int, n_positions: int) -> Window:
    """Outputs of windows of `width` positions that touch a window of positions."""
    if not window:
        return EMPTY
    return Window(-((width - 1 - window.start) // stride), (window.stop - 1) // stride + 1).clipped(n_positions)


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
        self._stride, self._dilation = stride, dilation
        #: Whether the input is DNA.
        self._is_first = is_first
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
        return _reached(changed[0], self._span, self._stride, self.n_positions)

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
        rows = out.reshape(n * n_mutants, held.size, -1)
        shape = (n, n_mutants, part.changed.size, n_channels)
        difference = part.difference(self.buffer(shape, reference.maps, "difference"))
        difference = difference.reshape(len(rows), -1, n_channels)
        if self._is_first and part.changed.size == 1:
            self._substitute(difference[:, 0], part.changed, rows, held, changed)
        else:
            self._multiply_within(difference, part.changed, rows, held, changed)
        out += reference.at(held)
        return out

    def _substitute(self, difference: Array, inputs: Window, out: Array, held: Window, changed: Window) -> None:
        """Write the effect of a substitution, which is one of few: differences ``(m, 4)`` of one-hot columns."""
        key = (inputs.start - held.start * self._stride, held.size, *changed.moved(-held.start))
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
        size = 1 if self._dilation > 1 else outputs.size
        if inputs.size > 1 and self._dilation == 1:
            size = max(_COLUMNS // self.kernel.shape[2], len(self.kernel) // 4, 1)
        for start in range(outputs.start, outputs.stop, size):
            chunk = Window(start, min(start + size, outputs.stop))
            self._multiply_chunk(x, inputs, out[:, chunk.within(outputs)], chunk)

    def _multiply_chunk(self, x: Array, inputs: Window, out: Array, chunk: Window) -> None:
        """Multiply the inputs that a few outputs read by a banded matrix."""
        first, step = chunk.start * self._stride, self._dilation
        skipped = max(0, -((first - inputs.start) // step))
        start = first + skipped * step
        stop = min((chunk.stop - 1) * self._stride + self._span, inputs.stop)
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
                    tap = skipped + i - o * self._stride
                    if 0 <= tap < n_taps:
                        matrix[i, :, o] = self.kernel[tap]
            self._matrices[key] = matrix.reshape(n_read * n_channels, n_outputs * n_filters)
        return self._matrices[key]


def _joined(x: Array) -> Array:
    """Positions and maps of ``(m, W, C)`` in one axis: a view if neighbouring positions are contiguous."""
    return x.reshape(len(x), -1)


class Pool(LocalLayer):
    """Maximum or average over windows of positions."""

    def __init__(self, n_positions: int, pooling: str, width: int, stride: int) -> None:
        super().__init__(n_positions)
        self.pooling, self._width, self._stride = pooling, width, stride

    def reached(self, *changed: Window) -> Window:
        return _reached(changed[0], self._width, self._stride, self.n_positions)

    def needed(self, held: Window) -> Window:
        return Window(held.start * self._stride, (held.stop - 1) * self._stride + self._width) if held else EMPTY

    def full(self, inputs: Sequence[Array], inside: Array | None) -> Reference:
        maps = inputs[0]
        out = np.empty((len(maps), self.n_positions, maps.shape[2]), maps.dtype)
        return Reference(self._pool(maps, out))

    def local(self, inputs: Sequence[Part], held: Window, changed: Window, reference: Reference) -> Array:
        (part,) = inputs
        values = part.values[:, :, self.needed(held).within(part.held)]
        out = self.buffer((*values.shape[:2], held.size, values.shape[3]), reference.maps)
        return self._pool(values, out)

    def _pool(self, x: Array, out: Array) -> Array:
        combine = np.maximum if self.pooling == "max" else np.add
        last = (out.shape[-2] - 1) * self._stride + 1
        shifted = [x[..., i : i + last : self._stride, :] for i in range(self._width)]
        if len(shifted) == 1:
            out[:] = shifted[0]
        else:
            combine(shifted[0], shifted[1], out=out)
        for other in shifted[2:]:
            combine(out, other, out=out)
        if self.pooling == "average":
            out /= self._width
        return out


class GlobalPool(LocalLayer):
    """Maximum or average over the positions within each sequence."""

    def __init__(self, n_positions_before: int, pooling: str, block: int) -> None:
        super().__init__(1)
        self._pooling, self._n_positions, self.block = pooling, n_positions_before, block

    def reached(self, *changed: Window) -> Window:
        return Window(0, 1) if changed[0] else EMPTY

    def needed(self, held: Window) -> Window:
        return EMPTY

    def full(self, inputs: Sequence[Array], inside: Array | None) -> Reference:
        """The output; for a maximum also those over the positions before and from each position, else 1 / number."""
        maps, is_inside = inputs[0], _is_inside(inside, Window(0, self._n_positions))
        if is_inside is not None:
            maps = np.where(is_inside, maps, -np.inf if self._pooling == "max" else 0)
        if self._pooling == "max":
            ends = np.full((len(maps), 1, maps.shape[2]), -np.inf, maps.dtype)
            up_to = np.maximum.accumulate(np.concatenate([ends, maps], axis=1), axis=1)
            after = np.maximum.accumulate(np.concatenate([maps, ends], axis=1)[:, ::-1], axis=1)[:, ::-1]
            return Reference(up_to[:, -1:], inside, (up_to, after))
        number = np.full(len(maps), self._n_positions) if inside is None else inside
        factor = (1 / number).astype(maps.dtype)[:, np.newaxis, np.newaxis]
        return Reference(maps.sum(axis=1, keepdims=True) * factor, inside, (factor,))

    def local(self, inputs: Sequence[Part], held: Window, changed: Window, reference: Reference) -> Array:
        (part,) = inputs
        window = part.changed
        values = part.values[:, :, window.within(part.held)]
        out = self.buffer((*values.shape[:2], 1, values.shape[3]), values)
        before, is_inside = part.reference.at(window), reference.is_inside(window)
        if is_inside is not None:
            outside = -np.inf if self._pooling == "max" else 0
            values, before = (np.where(is_inside[:, np.newaxis], maps, outside) for maps in (values, before))
        if not changed:
            out[:] = reference.at(held)
        elif self._pooling == "max":
            others = np.maximum(reference.extra_at(0, window.start), reference.extra_at(1, window.stop))
            np.maximum(_over_positions(np.maximum, values), others, out=out)
        else:
            np.subtract(_over_positions(np.add, values), _over_positions(np.add, before), out=out)
            out *= reference.extra_at(0, 0)
            out += reference.at(held)
        return out


def _over_positions(combine: np.ufunc, x: Array) -> Array:
    """Combine all positions of ``(n, B, W, C)``, by halves, which is faster than `reduce` for few maps."""
    while (size := x.shape[2]) > 1:
        half = size // 2
        combined = combine(x[:, :, :half], x[:, :, half : 2 * half])
        if size % 2:
            combine(combined[:, :, :1], x[:, :, -1:], out=combined[:, :, :1])
        x = combined
    return x


class Elementwise(LocalLayer):
    """A function of each value: an activation, or batch norm."""

    def __init__(self, n_positions: int, function: Callable[[Array, Array], object]) -> None:
        super().__init__(n_positions)
        self._function = function
        #: Whether no other layer reads its input.
        self.in_place = False

    def full(self, inputs: Sequence[Array], inside: Array | None) -> Reference:
        out = np.empty_like(inputs[0])
        self._function(inputs[0], out)
        return Reference(out)

    def local(self, inputs: Sequence[Part], held: Window, changed: Window, reference: Reference) -> Array:
        (part,) = inputs
        values = part.values[:, :, held.within(part.held)]
        out = values if self.in_place else self.buffer(values.shape, values)
        self._function(values, out)
        return out


class Mask(LocalLayer):
    """Zeros at positions after the end of each sequence."""

    def __init__(self, n_positions: int, block: int) -> None:
        super().__init__(n_positions)
        self.block = block

    def full(self, inputs: Sequence[Array], inside: Array | None) -> Reference:
        is_inside = _is_inside(inside, Window(0, self.n_positions))
        return Reference(inputs[0] if is_inside is None else inputs[0] * is_inside, inside)

    def local(self, inputs: Sequence[Part], held: Window, changed: Window, reference: Reference) -> Array:
        values = inputs[0].values[:, :, held.within(inputs[0].held)]
        is_inside = reference.is_inside(held)
        if is_inside is None:
            return values
        return np.multiply(values, is_inside[:, np.newaxis], out=self.buffer(values.shape, values))


class Shift(LocalLayer):
    """Crop `before` positions at the start, or add zeros if it is negative, up to `n_positions`."""

    def __init__(self, n_positions: int, before: int) -> None:
        super().__init__(n_positions)
        self._before = before

    def reached(self, *changed: Window) -> Window:
        return changed[0].moved(-self._before).clipped(self.n_positions) if changed[0] else EMPTY

    def needed(self, held: Window) -> Window:
        return held.moved(self._before)

    def full(self, inputs: Sequence[Array], inside: Array | None) -> Reference:
        maps = inputs[0]
        out = np.zeros((len(maps), self.n_positions, maps.shape[2]), maps.dtype)
        source = Window(0, self.n_positions).moved(self._before).clipped(maps.shape[1])
        out[:, source.moved(-self._before).columns] = maps[:, source.columns]
        return Reference(out)

    def local(self, inputs: Sequence[Part], held: Window, changed: Window, reference: Reference) -> Array:
        (part,) = inputs
        wanted = self.needed(held)
        source = wanted.clipped(part.reference.maps.shape[1])
        values = part.values[:, :, source.within(part.held)]
        if source == wanted:
            return values
        out = self.buffer((*values.shape[:2], held.size, values.shape[3]), values)
        out[:] = 0
        out[:, :, source.within(wanted)] = values
        return out


class Sum(LocalLayer):
    """Sum of two inputs."""

    def full(self, inputs: Sequence[Array], inside: Array | None) -> Reference:
        return Reference(inputs[0] + inputs[1])

    def local(self, inputs: Sequence[Part], held: Window, changed: Window, reference: Reference) -> Array:
        first, second = (part.values[:, :, held.within(part.held)] for part in inputs)
        return np.add(first, second, out=self.buffer(first.shape, first))


class Concatenation(LocalLayer):
    """Maps of several inputs beside one another."""

    def full(self, inputs: Sequence[Array], inside: Array | None) -> Reference:
        return Reference(np.concatenate(inputs, axis=2))

    def local(self, inputs: Sequence[Part], held: Window, changed: Window, reference: Reference) -> Array:
        values = [part.values[:, :, held.within(part.held)] for part in inputs]
        out = self.buffer((*values[0].shape[:3], reference.maps.shape[2]), values[0])
        return np.concatenate(values, axis=3, out=out)
