"""Layers that recompute only the positions affected by a mutation, one class per kind of layer.

The output of a layer is ``(n, P, C)``: sequences, positions, maps. That of a mutant differs from that of its sequence
(the reference) only in a window of positions, whose values are ``(n, B, W, C)`` for B mutants of each sequence. Each
class computes the window and the values of the output from those of the inputs; linear layers compute the effect of
the difference.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


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
    extra: tuple[Array, ...] = ()  # further results of `LocalLayer.full`, each (n, P + 1, C)
    rows: Array | None = None  # the sequences that are mutated; None for all

    def at(self, window: Window) -> Array:
        """Maps ``(n, 1, W, C)`` in a window."""
        return _take(self.maps, self.rows, window.columns)[:, np.newaxis]

    def extra_at(self, index: int, position: int) -> Array:
        """One of the extra arrays at a position, ``(n, 1, 1, C)``."""
        return _take(self.extra[index], self.rows, slice(position, position + 1))[:, np.newaxis]

    def is_inside(self, window: Window) -> Array | None:
        """As `mask_of`."""
        return mask_of(self.inside if self.inside is None or self.rows is None else self.inside[self.rows], window)


def _take(array: Array, rows: Array | None, columns: slice) -> Array:
    return array[:, columns] if rows is None else array[rows, columns]


def mask_of(inside: Array | None, window: Window) -> Array | None:
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
        """Changed values minus the reference."""
        return np.subtract(self.values[:, :, self.changed.within(self.held)], self.reference.at(self.changed), out=out)


def reached_windows(window: Window, width: int, stride: int, n_positions: int) -> Window:
    """Outputs of windows of `width` positions that touch a window of positions."""
    if not window:
        return EMPTY
    return Window(-((width - 1 - window.start) // stride), (window.stop - 1) // stride + 1).clipped(n_positions)


class LocalLayer(ABC):
    """Base class of the layers; here, the output at a position depends on the inputs at the same position."""

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

    @abstractmethod
    def full(self, inputs: Sequence[Array], inside: Array | None) -> Reference:
        """The output for the sequences without mutation, from maps ``(n, P, C)``."""

    @abstractmethod
    def local(self, inputs: Sequence[Part], held: Window, changed: Window, reference: Reference) -> Array:
        """The output for mutants at the held positions, ``(n, B, W, C)``."""


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
        is_inside = mask_of(inside, Window(0, self.n_positions))
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
        self.before = before

    def reached(self, *changed: Window) -> Window:
        return changed[0].moved(-self.before).clipped(self.n_positions) if changed[0] else EMPTY

    def needed(self, held: Window) -> Window:
        return held.moved(self.before)

    def full(self, inputs: Sequence[Array], inside: Array | None) -> Reference:
        maps = inputs[0]
        out = np.zeros((len(maps), self.n_positions, maps.shape[2]), maps.dtype)
        source = Window(0, self.n_positions).moved(self.before).clipped(maps.shape[1])
        out[:, source.moved(-self.before).columns] = maps[:, source.columns]
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


class Combination(LocalLayer):
    """Sum, product or ratio of two inputs."""

    def __init__(self, n_positions: int, combine: np.ufunc) -> None:
        super().__init__(n_positions)
        self._combine = combine

    def full(self, inputs: Sequence[Array], inside: Array | None) -> Reference:
        return Reference(self._combine(inputs[0], inputs[1]))

    def local(self, inputs: Sequence[Part], held: Window, changed: Window, reference: Reference) -> Array:
        first, second = (part.values[:, :, held.within(part.held)] for part in inputs)
        combined: Array = self._combine(first, second, out=self.buffer(first.shape, first))
        return combined


class Concatenation(LocalLayer):
    """Maps of several inputs beside one another."""

    def full(self, inputs: Sequence[Array], inside: Array | None) -> Reference:
        return Reference(np.concatenate(inputs, axis=2))

    def local(self, inputs: Sequence[Part], held: Window, changed: Window, reference: Reference) -> Array:
        values = [part.values[:, :, held.within(part.held)] for part in inputs]
        out = self.buffer((*values[0].shape[:3], reference.maps.shape[2]), values[0])
        return np.concatenate(values, axis=3, out=out)
