"""The files that DragoNN published: an architecture (JSON) and weights (HDF5), in a format older than Keras 1.

What Theano did otherwise is settled here: kernels ``(filters, channels, rows, columns)`` that the convolution flips
both ways, and a flattened head whose inputs run over the positions of one filter after the other. No TensorFlow.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
from numpy.typing import NDArray

from motifnet.errors import FormatError, SpecError
from motifnet.models.network.block import Block
from motifnet.models.network.spec import ModelSpec
from motifnet.sequences.io.text import TextSource

Array = NDArray[np.float32]
Layer = Mapping[str, Any]

_LAYOUT_HINT = (
    "DragoNN's SequenceDNN can be imported: Convolution2D, Activation, Dropout, once or more; then MaxPooling2D, "
    "Flatten, Dense, Activation. Its recurrent variant (use_RNN) cannot."
)
_ORDER_HINT = "Give the architecture (JSON) first, then the weights (HDF5)."
_KERAS_HINT = (
    "Files older than Keras 1 are read, as DragoNN published them; open this one with the Keras that wrote it."
)
_COPY_HINT = "Copy or download it again."
#: Fields that decide what a layer computes, and the only value of each that a ModelSpec can say.
_FIXED: dict[str, dict[str, Any]] = {
    "Convolution2D": {"border_mode": "valid", "subsample": [1, 1], "dim_ordering": "th", "activation": "linear"},
    "MaxPooling2D": {"border_mode": "valid", "dim_ordering": "th"},
    "Dense": {"activation": "linear"},
}


class Published(NamedTuple):
    """A network as `motifnet.build` makes it, and kernel and bias of its layers by their name there."""

    spec: ModelSpec
    weights: dict[str, tuple[Array, Array]]


def read_published(architecture: str | Path, weights: str | Path) -> Published:
    """Read the two files of a model that DragoNN saved.

    Parameters
    ----------
    architecture : str or Path
        JSON with ``layers``, a list of flat layers.
    weights : str or Path
        HDF5 with ``layer_N/param_M``.

    Returns
    -------
    Published

    Raises
    ------
    FormatError
        If a file is not what it should be, comes from a newer Keras, holds a layer that cannot be imported, or the
        weights belong to another architecture.
    """
    layers = _read_layers(architecture)
    spec = _Reader(architecture, layers).spec()
    kinds = [layer["name"] for layer in layers]
    arrays = _read_arrays(weights, kinds, _shapes(spec, kinds))
    return Published(spec, _as_built(spec, [kernel_and_bias for kernel_and_bias in arrays if kernel_and_bias]))


def _read_layers(path: str | Path) -> list[Layer]:
    if h5py.is_hdf5(path):
        raise FormatError(path, "this is an HDF5 file; the architecture (JSON) was expected", hint=_ORDER_HINT)
    source = TextSource(path)
    source.head()
    try:
        with source.text() as handle:
            document = json.load(handle)
    except json.JSONDecodeError as error:
        raise FormatError(path, f"not JSON: {error.msg}", line=error.lineno, hint=_ORDER_HINT) from None
    layers = document.get("layers") if isinstance(document, dict) else None
    if isinstance(layers, list) and layers and all(isinstance(layer, dict) and "name" in layer for layer in layers):
        return layers
    if isinstance(document, dict) and "config" in document:
        version = document.get("keras_version") or ("3" if "module" in document else "1 or newer")
        raise FormatError(path, f"saved by Keras {version}", hint=_KERAS_HINT)
    raise FormatError(path, "this JSON holds no list of layers with their names", hint=_LAYOUT_HINT)


class _Reader:
    """Takes the layers of an architecture one after the other, and says which one cannot be imported."""

    def __init__(self, path: str | Path, layers: list[Layer]) -> None:
        self._path = path
        self._layers = layers
        self._next = 0

    def spec(self) -> ModelSpec:
        """The whole network."""
        length = self._length()
        blocks = [self._block(rows=4)]
        while self._kind() == "Convolution2D":
            blocks.append(self._block(rows=1))
        pool_width = self._pool_width()
        self._take("Flatten")
        units = self._integer(self._take("Dense"), "output_dim")
        self._activation("sigmoid")
        if self._next < len(self._layers):
            raise self._wrong(f"is {self._kind()}, after the end of the network", self._next)
        tasks = ("positive",) if units == 1 else tuple(f"task_{t}" for t in range(1, units + 1))
        try:
            return ModelSpec(length, tuple(blocks), "max", pool_width, strands="forward", tasks=tasks)
        except SpecError as error:
            raise FormatError(self._path, error.message, hint=_COPY_HINT) from None

    def _length(self) -> int:
        shape = self._layers[0].get("input_shape")
        if not (isinstance(shape, list) and len(shape) == 3 and shape[:2] == [1, 4] and isinstance(shape[2], int)):
            raise self._wrong(f"has input_shape {shape}; [1, 4, length] was expected", 0)
        return shape[2]

    def _block(self, *, rows: int) -> Block:
        layer = self._take("Convolution2D")
        self._check(layer, "nb_row", rows)
        filters, width = self._integer(layer, "nb_filter"), self._integer(layer, "nb_col")
        self._activation("relu")
        dropout = self._number(self._take("Dropout"), "p") if self._kind() == "Dropout" else 0.0
        try:
            return Block(filters, width, dropout=dropout)
        except SpecError as error:
            raise self._wrong(f"cannot be imported: {error.message}") from None

    def _pool_width(self) -> int:
        layer = self._take("MaxPooling2D")
        size = layer.get("pool_size")
        if not (isinstance(size, list) and len(size) == 2 and size[0] == 1 and isinstance(size[1], int)):
            raise self._wrong(f"has pool_size {size}; [1, width] was expected")
        if layer.get("strides") is not None:
            self._check(layer, "strides", size)
        return size[1]

    def _activation(self, wanted: str) -> None:
        self._check(self._take("Activation"), "activation", wanted)

    def _kind(self) -> str | None:
        return self._layers[self._next]["name"] if self._next < len(self._layers) else None

    def _take(self, kind: str) -> Layer:
        if self._kind() is None:
            raise FormatError(self._path, f"the layers end where {kind} was expected", hint=_LAYOUT_HINT)
        if self._kind() != kind:
            raise self._wrong(f"is {self._kind()}, where {kind} was expected", self._next)
        layer = self._layers[self._next]
        self._next += 1
        for field, value in _FIXED.get(kind, {}).items():
            if field in layer:
                self._check(layer, field, value)
        return layer

    def _check(self, layer: Layer, field: str, wanted: object) -> None:
        if layer.get(field) != wanted:
            found = json.dumps(layer.get(field))
            raise self._wrong(f"({layer['name']}) has {field} {found}; only {json.dumps(wanted)} can be imported")

    def _integer(self, layer: Layer, field: str) -> int:
        value = layer.get(field)
        if not isinstance(value, int) or value < 1:
            raise self._wrong(f"({layer['name']}) has {field} {json.dumps(value)}; a positive number was expected")
        return value

    def _number(self, layer: Layer, field: str) -> float:
        value = layer.get(field)
        if not isinstance(value, int | float):
            raise self._wrong(f"({layer['name']}) has {field} {json.dumps(value)}; a number was expected")
        return float(value)

    def _wrong(self, what: str, number: int | None = None) -> FormatError:
        number = self._next - 1 if number is None else number
        return FormatError(self._path, f"layer {number} {what}", hint=_LAYOUT_HINT)


def _shapes(spec: ModelSpec, kinds: list[str]) -> list[list[tuple[int, ...]]]:
    """Shapes of the arrays that each layer of the published network has, in Theano's order."""
    kernels: list[tuple[int, ...]] = []
    channels, rows = 1, 4
    for block in spec.blocks:
        kernels.append((block.filters, channels, rows, block.width))
        channels, rows = block.filters, 1
    kernels.append((channels * _pooled_positions(spec), len(spec.tasks)))
    sizes = {"Convolution2D": 0, "Dense": 1}  # the axis of the kernel that a bias belongs to
    rest = iter(kernels)
    return [[kernel := next(rest), (kernel[sizes[kind]],)] if kind in sizes else [] for kind in kinds]


def _pooled_positions(spec: ModelSpec) -> int:
    *_, last = spec.positions()
    return last // (spec.pool_width or 1)


def _read_arrays(path: str | Path, kinds: list[str], shapes: list[list[tuple[int, ...]]]) -> list[list[Array]]:
    if not h5py.is_hdf5(path):
        is_json = TextSource(path).head().lstrip().startswith("{")
        what = "this is JSON" if is_json else "this is not HDF5"
        raise FormatError(path, f"{what}; the weights (HDF5) were expected", hint=_ORDER_HINT)
    try:
        with h5py.File(path) as file:
            _check_format(path, file)
            found = [_layer_arrays(file, number) for number in range(int(file.attrs["nb_layers"]))]
    except FormatError:
        raise
    except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise FormatError(path, f"damaged: {reason}", hint=_COPY_HINT) from None
    hint = "These weights belong to another architecture; DragoNN gave both files of a model the same name."
    if len(found) != len(kinds):
        raise FormatError(path, f"weights of {len(found)} layers; the architecture has {len(kinds)}", hint=hint)
    for number, (kind, arrays, wanted) in enumerate(zip(kinds, found, shapes, strict=True)):
        if (stored := [array.shape for array in arrays]) != wanted:
            what = f"layer {number} ({kind}) has {_shapes_text(stored)}; the architecture asks for"
            raise FormatError(path, f"{what} {_shapes_text(wanted)}", hint=hint)
        if not all(np.isfinite(array).all() for array in arrays):
            raise FormatError(path, f"layer {number} ({kind}) has weights that are not numbers", hint=_COPY_HINT)
    return found


def _check_format(path: str | Path, file: Any) -> None:
    if "nb_layers" in file.attrs:
        return
    if "layer_names" in file.attrs or "keras_version" in file.attrs:
        raise FormatError(path, f"saved by Keras {_keras_version(file.attrs)}", hint=_KERAS_HINT)
    raise FormatError(path, "this HDF5 file holds no weights of layers (nb_layers is missing)", hint=_ORDER_HINT)


def _keras_version(attributes: Any) -> str:
    version = attributes.get("keras_version", "1 or newer")
    return version.decode() if isinstance(version, bytes) else str(version)


def _layer_arrays(file: Any, number: int) -> list[Array]:
    layer = file[f"layer_{number}"]
    return [np.asarray(layer[f"param_{k}"], dtype=np.float32) for k in range(len(layer))]


def _shapes_text(shapes: list[tuple[int, ...]]) -> str:
    return " and ".join("x".join(map(str, shape)) for shape in shapes) or "none"


def _as_built(spec: ModelSpec, layers: list[list[Array]]) -> dict[str, tuple[Array, Array]]:
    """Arrays as the layers of `motifnet.build` hold them, by their names."""
    named = {}
    for number, (kernel, bias) in enumerate(layers[:-1], start=1):
        # Theano convolves: its kernels are read backwards. Keras correlates, and puts the channels last.
        named[f"conv_{number}"] = (kernel[:, :, ::-1, ::-1].transpose(2, 3, 1, 0), bias)
    kernel, bias = layers[-1]
    by_filter = kernel.reshape(spec.blocks[-1].filters, _pooled_positions(spec), len(spec.tasks))
    named["logits"] = (by_filter.swapaxes(0, 1).reshape(kernel.shape), bias)
    return named
