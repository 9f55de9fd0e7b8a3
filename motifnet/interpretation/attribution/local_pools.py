"""Pools over windows of positions and over all positions that read only changed positions."""

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
    mask_of,
    reached_windows,
)

#: Width up to which a pool reads all its inputs for each mutant.
_NARROW = 8


class Pool(LocalLayer):
    """Maximum or average over windows of positions."""

    def __init__(self, n_positions: int, pooling: str, width: int, stride: int) -> None:
        super().__init__(n_positions)
        self.pooling, self._width, self._stride = pooling, width, stride
        self._combine = np.maximum if pooling == "max" else np.add
        #: Whether inputs that have not changed are pooled only once for all mutants.
        self._is_wide = width > _NARROW and width == stride

    def reached(self, *changed: Window) -> Window:
        return reached_windows(changed[0], self._width, self._stride, self.n_positions)

    def needed(self, held: Window) -> Window:
        return self._read(held) if held and not self._is_wide else EMPTY

    def _read(self, outputs: Window) -> Window:
        """Positions of the input that these outputs read."""
        return Window(outputs.start * self._stride, (outputs.stop - 1) * self._stride + self._width)

    def full(self, inputs: Sequence[Array], inside: Array | None) -> Reference:
        """The output; for a wide pool also those over the first positions and over the last ones of each window."""
        maps = inputs[0]
        out = self._pool(maps, np.empty((len(maps), self.n_positions, maps.shape[2]), maps.dtype))
        if not self._is_wide:
            return Reference(out)
        windows = maps[:, : self.n_positions * self._width].reshape(len(maps), -1, self._width, maps.shape[2])
        return Reference(out, extra=tuple(x.reshape(len(x), -1, x.shape[3]) for x in _ends(self._combine, windows)))

    def local(self, inputs: Sequence[Part], held: Window, changed: Window, reference: Reference) -> Array:
        (part,) = inputs
        n, n_mutants, _, n_maps = part.values.shape
        out = self.buffer((n, n_mutants, held.size, n_maps), reference.maps)
        if not self._is_wide:
            return self._pool(part.values[:, :, self._read(held).within(part.held)], out)
        for i, position in enumerate(range(*held)):
            self._pool_wide(part, position, out[:, :, i : i + 1], reference)
        return out

    def _pool_wide(self, part: Part, position: int, out: Array, reference: Reference) -> None:
        """Compute the output at one position."""
        window = self._read(Window(position, position + 1))
        own = Window(max(window.start, part.held.start), min(window.stop, part.held.stop))
        if not own:
            out[:] = reference.at(Window(position, position + 1))
            return
        before, after = (position * (self._width + 1) + x - window.start for x in own)
        others = self._combine(reference.extra_at(0, before), reference.extra_at(1, after))
        self._combine(_over_positions(self._combine, part.values[:, :, own.within(part.held)]), others, out=out)
        if self.pooling == "average":
            out /= self._width

    def _pool(self, x: Array, out: Array) -> Array:
        last = (out.shape[-2] - 1) * self._stride + 1
        shifted = [x[..., i : i + last : self._stride, :] for i in range(self._width)]
        if len(shifted) == 1:
            out[:] = shifted[0]
        else:
            self._combine(shifted[0], shifted[1], out=out)
        for other in shifted[2:]:
            self._combine(out, other, out=out)
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
        maps, is_inside = inputs[0], mask_of(inside, Window(0, self._n_positions))
        if is_inside is not None:
            maps = np.where(is_inside, maps, -np.inf if self._pooling == "max" else 0)
        if self._pooling == "max":
            before, after = _ends(np.maximum, maps)
            return Reference(before[:, -1:], inside, (before, after))
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


def _ends(combine: np.ufunc, x: Array) -> tuple[Array, Array]:
    """Combine the positions before each position and those from it on: ``(..., P, C)`` to two ``(..., P + 1, C)``."""
    none = np.full((*x.shape[:-2], 1, x.shape[-1]), -np.inf if combine is np.maximum else 0, x.dtype)
    before = combine.accumulate(np.concatenate([none, x], axis=-2), axis=-2)
    after = combine.accumulate(np.concatenate([x, none], axis=-2)[..., ::-1, :], axis=-2)[..., ::-1, :]
    return before, after


def _over_positions(combine: np.ufunc, x: Array) -> Array:
    """Combine all positions of ``(n, B, W, C)``, by halves, which is faster than `reduce` for few maps."""
    while (size := x.shape[2]) > 1:
        half = size // 2
        combined = combine(x[:, :, :half], x[:, :, half : 2 * half])
        if size % 2:
            combine(combined[:, :, :1], x[:, :, -1:], out=combined[:, :, :1])
        x = combined
    return x
