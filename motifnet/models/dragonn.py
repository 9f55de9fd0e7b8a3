"""`read_dragonn`: models that DragoNN published, as architecture (JSON) and weights (HDF5) of Keras 0.3 on Theano.

Theano's conventions are converted here: kernels ``(filters, channels, rows, columns)`` that the convolution flips in
both directions, and flattening that goes through the positions of one filter after another. Only `read_dragonn` starts
TensorFlow.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
from numpy.typing import NDArray

from motifnet.errors import FormatError, SpecError
from motifnet.models.network.block import Block
from motifnet.models.network.spec import ModelSpec
from motifnet.sequences.io.text import TextSource
from motifnet.sequences.sequence_set import Anchor, LengthRule

if TYPE_CHECKING:
    from motifnet.models.trained import TrainedModel

Array = NDArray[np.float32]
Layer = Mapping[str, Any]

_LAYOUT_HINT = (
    "Only DragoNN's SequenceDNN without use_RNN can be imported: blocks of Convolution2D, Activation and Dropout, then "
    "MaxPooling2D, Flatten, Dense, Activation."
)
_ORDER_HINT = "Give the architecture (JSON) first, then the weights (HDF5)."
_KERAS_HINT = "Only files of Keras before version 1 can be imported; open this one with the Keras that wrote it."
_COPY_HINT = "Copy or download it again."
_OTHER_HINT = "The weights belong to another architecture; DragoNN gave both files of a model the same name."
#: Fields that affect what a layer computes, with the only value of each that can be imported.
_REQUIRED: dict[str, dict[str, Any]] = {
    "Convolution2D": {"border_mode": "valid", "subsample": [1, 1], "dim_ordering": "th", "activation": "linear"},
    "MaxPooling2D": {"border_mode": "valid", "dim_ordering": "th"},
    "Dense": {"activation": "linear"},
}


def read_dragonn(architecture: str | Path, weights: str | Path, *, anchor: Anchor | None = None) -> TrainedModel:
    """Read a model that DragoNN published.

    DragoNN predicted from the strand given, and its weights fit only that one: the model has ``strands="forward"``, and
    `TrainedModel.predict` equals DragoNN's ``SequenceDNN.predict``. The files do not record the training sequences:
    splits and history are empty. Source of the format: https://github.com/kundajelab/dragonn (``paper_supplement``).

    Parameters
    ----------
    architecture : str or Path
        JSON (``*.arch.json``).
    weights : str or Path
        HDF5 (``*.weights.h5``).
    anchor : {"center", "start", "end"}, optional
        Crop or pad sequences of other lengths around this position when they are read for the model. By default other
        lengths are an error, since the flattened head depends on positions.

    Returns
    -------
    TrainedModel
        With the task "positive", or tasks "task_1", "task_2" and so on.

    Raises
    ------
    FormatError
        If a file has another format or comes from a newer Keras, a layer cannot be imported, or the weights belong to
        another architecture.
    """
    from motifnet.models.network.builder import build
    from motifnet.models.trained import TrainedModel

    spec, arrays = read_published(architecture, weights)
    network = build(spec)
    for name, kernel_and_bias in arrays.items():
        network.get_layer(name).set_weights(kernel_and_bias)
    rule = None if anchor is None else LengthRule(spec.length, anchor)
    return TrainedModel(spec, network, length_rule=rule)


def read_published(architecture: str | Path, weights: str | Path) -> tuple[ModelSpec, dict[str, tuple[Array, Array]]]:
    """Return the network as a spec, and kernel and bias of its layers by name, without starting TensorFlow.

    Raises FormatError as `read_dragonn` does.
    """
    layers = _read_layers(architecture)
    spec = _Parser(architecture, layers).spec()
    kinds = [layer["name"] for layer in layers]
    arrays = _read_arrays(weights, kinds, _shapes(spec, kinds))
    return spec, _converted(spec, [kernel_and_bias for kernel_and_bias in arrays if kernel_and_bias])


# --- architecture ---


def _read_layers(path: str | Path) -> list[Layer]:
    if h5py.is_hdf5(path):
        raise FormatError(path, "expected the architecture (JSON), found HDF5", hint=_ORDER_HINT)
    source = TextSource(path)
    source.head()
    try:
        with source.text() as handle:
            document = json.load(handle)
    except json.JSONDecodeError as error:
        raise FormatError(path, f"invalid JSON: {error.msg}", line=error.lineno, hint=_ORDER_HINT) from None
    layers = document.get("layers") if isinstance(document, dict) else None
    if isinstance(layers, list) and layers and all(isinstance(layer, dict) and "name" in layer for layer in layers):
        return layers
    if isinstance(document, dict) and "config" in document:
        version = document.get("keras_version") or ("3" if "module" in document else "1 or newer")
        raise FormatError(path, f"written by Keras {version}", hint=_KERAS_HINT)
    raise FormatError(path, "the JSON has no list 'layers' with the name of each layer", hint=_LAYOUT_HINT)


class _Parser:
    """Parses the layers of an architecture in order; errors state the number of the layer."""

    def __init__(self, path: str | Path, layers: list[Layer]) -> None:
        self._path = path
        self._layers = layers
        self._next = 0

    def spec(self) -> ModelSpec:
        length = self._length()
        blocks = [self._block(rows=4)]
        while self._kind() == "Convolution2D":
            blocks.append(self._block(rows=1))
        pool_width = self._pool_width()
        self._take("Flatten")
        units = self._integer(self._take("Dense"), "output_dim")
        self._activation("sigmoid")
        if self._next < len(self._layers):
            raise self._error(f"is {self._kind()}, after the end of the network", self._next)
        tasks = ("positive",) if units == 1 else tuple(f"task_{t}" for t in range(1, units + 1))
        try:
            return ModelSpec(length, tuple(blocks), "max", pool_width, strands="forward", tasks=tasks)
        except SpecError as error:
            raise FormatError(self._path, error.message, hint=_COPY_HINT) from None

    def _length(self) -> int:
        shape = self._layers[0].get("input_shape")
        if not (isinstance(shape, list) and len(shape) == 3 and shape[:2] == [1, 4] and isinstance(shape[2], int)):
            raise self._error(f"has input_shape {shape}; must be [1, 4, length]", 0)
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
            raise self._error(f"cannot be imported: {error.message}") from None

    def _pool_width(self) -> int:
        layer = self._take("MaxPooling2D")
        size = layer.get("pool_size")
        if not (isinstance(size, list) and len(size) == 2 and size[0] == 1 and isinstance(size[1], int)):
            raise self._error(f"has pool_size {size}; must be [1, width]")
        if layer.get("strides") is not None:
            self._check(layer, "strides", size)
        return size[1]

    def _activation(self, required: str) -> None:
        self._check(self._take("Activation"), "activation", required)

    def _kind(self) -> str | None:
        return self._layers[self._next]["name"] if self._next < len(self._layers) else None

    def _take(self, kind: str) -> Layer:
        """Return the next layer, which must be of this kind."""
        if self._kind() is None:
            raise FormatError(self._path, f"the layers end before {kind}", hint=_LAYOUT_HINT)
        if self._kind() != kind:
            raise self._error(f"is {self._kind()}; must be {kind}", self._next)
        layer = self._layers[self._next]
        self._next += 1
        for field, value in _REQUIRED.get(kind, {}).items():
            if field in layer:
                self._check(layer, field, value)
        return layer

    def _check(self, layer: Layer, field: str, required: object) -> None:
        if layer.get(field) != required:
            found = json.dumps(layer.get(field))
            raise self._error(f"({layer['name']}) has {field} {found}; must be {json.dumps(required)}")

    def _integer(self, layer: Layer, field: str) -> int:
        value = layer.get(field)
        if not isinstance(value, int) or value < 1:
            raise self._error(f"({layer['name']}) has {field} {json.dumps(value)}; must be a positive integer")
        return value

    def _number(self, layer: Layer, field: str) -> float:
        value = layer.get(field)
        if not isinstance(value, int | float):
            raise self._error(f"({layer['name']}) has {field} {json.dumps(value)}; must be a number")
        return float(value)

    def _error(self, what: str, number: int | None = None) -> FormatError:
        number = self._next - 1 if number is None else number
        return FormatError(self._path, f"layer {number} {what}", hint=_LAYOUT_HINT)


# --- weights ---


def _shapes(spec: ModelSpec, kinds: list[str]) -> list[list[tuple[int, ...]]]:
    """Shapes of the arrays of each layer, in the order of Theano."""
    kernels: list[tuple[int, ...]] = []
    channels, rows = 1, 4
    for block in spec.blocks:
        kernels.append((block.filters, channels, rows, block.width))
        channels, rows = block.filters, 1
    kernels.append((channels * _pooled_positions(spec), len(spec.tasks)))
    axes = {"Convolution2D": 0, "Dense": 1}  # axis of the kernel with one bias per entry
    rest = iter(kernels)
    return [[kernel := next(rest), (kernel[axes[kind]],)] if kind in axes else [] for kind in kinds]


def _pooled_positions(spec: ModelSpec) -> int:
    *_, last = spec.positions()
    return last // (spec.pool_width or 1)


def _read_arrays(path: str | Path, kinds: list[str], shapes: list[list[tuple[int, ...]]]) -> list[list[Array]]:
    if not h5py.is_hdf5(path):
        found = "JSON" if TextSource(path).head().lstrip().startswith("{") else "another format"
        raise FormatError(path, f"expected the weights (HDF5), found {found}", hint=_ORDER_HINT)
    try:
        with h5py.File(path) as file:
            _check_format(path, file)
            layers = [_layer_arrays(file, number) for number in range(int(file.attrs["nb_layers"]))]
    except FormatError:
        raise
    except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise FormatError(path, f"damaged: {reason}", hint=_COPY_HINT) from None
    if len(layers) != len(kinds):
        raise FormatError(path, f"has {len(layers)} layers, the architecture {len(kinds)}", hint=_OTHER_HINT)
    for number, (kind, arrays, expected) in enumerate(zip(kinds, layers, shapes, strict=True)):
        if (stored := [array.shape for array in arrays]) != expected:
            what = f"weights of layer {number} ({kind}) have shape {_text(stored)}, in the architecture"
            raise FormatError(path, f"{what} {_text(expected)}", hint=_OTHER_HINT)
        if not all(np.isfinite(array).all() for array in arrays):
            raise FormatError(path, f"layer {number} ({kind}) has weights that are not finite", hint=_COPY_HINT)
    return layers


def _check_format(path: str | Path, file: Any) -> None:
    if "nb_layers" in file.attrs:
        return
    if "layer_names" in file.attrs or "keras_version" in file.attrs:
        version = file.attrs.get("keras_version", "1 or newer")
        version = version.decode() if isinstance(version, bytes) else version
        raise FormatError(path, f"written by Keras {version}", hint=_KERAS_HINT)
    raise FormatError(path, "the HDF5 file has no weights of layers (attribute nb_layers)", hint=_ORDER_HINT)


def _layer_arrays(file: Any, number: int) -> list[Array]:
    layer = file[f"layer_{number}"]
    return [np.asarray(layer[f"param_{k}"], dtype=np.float32) for k in range(len(layer))]


def _text(shapes: list[tuple[int, ...]]) -> str:
    return " and ".join("x".join(map(str, shape)) for shape in shapes) or "none"


def _converted(spec: ModelSpec, layers: list[list[Array]]) -> dict[str, tuple[Array, Array]]:
    """Kernel and bias of each layer of `build`, by its name."""
    named = {}
    for number, (kernel, bias) in enumerate(layers[:-1], start=1):
        # Theano flips kernels before it correlates them; Keras has the channels last.
        named[f"conv_{number}"] = (kernel[:, :, ::-1, ::-1].transpose(2, 3, 1, 0), bias)
    kernel, bias = layers[-1]
    by_filter = kernel.reshape(spec.blocks[-1].filters, _pooled_positions(spec), len(spec.tasks))
    named["logits"] = (by_filter.swapaxes(0, 1).reshape(kernel.shape), bias)
    return named
