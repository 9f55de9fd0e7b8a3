"""`read_dragonn`: models that DragoNN published, as architecture (JSON) and weights (HDF5) of Keras 0.3 on Theano.

Theano's conventions are converted: kernels ``(filters, channels, rows, columns)`` are flipped in both directions, and
flattening lists the positions of one filter after another. Only `read_dragonn` starts TensorFlow.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
from numpy.typing import NDArray

from motifnet.documents import MAX_CHARACTERS, parse_json
from motifnet.errors import FormatError, SpecError, listed
from motifnet.hdf5 import stored_arrays
from motifnet.models.network.block import Block
from motifnet.models.network.spec import ROOMY, ModelSpec
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
_MOST_TASKS = 100_000
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
    """Return the spec of the network, and kernel and bias of its layers by name; errors are those of `read_dragonn`."""
    layers = _read_layers(architecture)
    spec = _parse(architecture, layers)
    kinds = [layer["name"] for layer in layers]
    arrays = _read_arrays(weights, kinds, _shapes(spec, kinds))
    return spec, _converted(spec, [kernel_and_bias for kernel_and_bias in arrays if kernel_and_bias])


# --- architecture ---


def _read_layers(path: str | Path) -> list[Layer]:
    if h5py.is_hdf5(path):
        raise FormatError(path, "expected the architecture (JSON), found HDF5", hint=_ORDER_HINT)
    source = TextSource(path)
    source.head()
    with source.text() as handle:
        text = handle.read(MAX_CHARACTERS + 1)
    document = parse_json(text, path, hint=_ORDER_HINT)
    layers = document.get("layers") if isinstance(document, dict) else None
    if isinstance(layers, list) and layers and all(isinstance(layer, dict) and "name" in layer for layer in layers):
        return layers
    if isinstance(document, dict) and "config" in document:
        version = document.get("keras_version") or ("3" if "module" in document else "1 or newer")
        raise FormatError(path, f"written by Keras {str(version)[:80]}", hint=_KERAS_HINT)
    raise FormatError(path, "the JSON has no list 'layers' with the name of each layer", hint=_LAYOUT_HINT)


def _parse(path: str | Path, layers: list[Layer]) -> ModelSpec:
    """Make the spec of an architecture; errors give the number and field of the layer."""
    kinds = [str(layer["name"]) for layer in layers]
    layout = "(Convolution2D Activation (Dropout )?)+MaxPooling2D Flatten Dense Activation"
    if not re.fullmatch(layout, " ".join(kinds)):
        raise FormatError(path, f"the layers are {listed(kinds)}", hint=_LAYOUT_HINT)

    def value(number: int, field: str, is_valid: Callable[[Any], bool], required: str) -> Any:
        found = layers[number].get(field)
        if not is_valid(found):
            what = f"layer {number} ({kinds[number]}) has {field} {json.dumps(found)[:80]}; must be {required}"
            raise FormatError(path, what, hint=_LAYOUT_HINT)
        return found

    def size(number: int, field: str) -> int:
        return value(number, field, _is_size, "a positive integer")

    def check(number: int, field: str, *allowed: object) -> None:
        value(number, field, allowed.__contains__, json.dumps(allowed[-1]))

    length = value(0, "input_shape", lambda shape: _is_shape(shape, [1, 4]), "[1, 4, length]")[2]
    blocks: list[dict[str, Any]] = []
    for number, kind in enumerate(kinds):
        for field, required in _REQUIRED.get(kind, {}).items():
            check(number, field, None, required)
        match kind:
            case "Convolution2D":
                check(number, "nb_row", 1 if blocks else 4)
                blocks.append({"filters": size(number, "nb_filter"), "width": size(number, "nb_col")})
            case "Activation":
                check(number, "activation", "relu" if number < len(layers) - 1 else "sigmoid")
            case "Dropout":
                blocks[-1]["dropout"] = value(
                    number, "p", lambda p: isinstance(p, int | float) and 0 <= p < 1, "a number in [0, 1)"
                )
            case "MaxPooling2D":
                pool = value(number, "pool_size", lambda shape: _is_shape(shape, [1]), "[1, width]")
                check(number, "strides", None, pool)
            case "Dense":
                units = value(number, "output_dim", lambda n: _is_size(n) and n <= _MOST_TASKS, "a positive integer")
    tasks = ("positive",) if units == 1 else tuple(f"task_{t}" for t in range(1, units + 1))
    try:
        whole = tuple(Block(**block) for block in blocks)
        return ModelSpec(length, whole, "max", pool[1], strands="forward", tasks=tasks)
    except SpecError as error:
        raise FormatError(path, error.message, hint=_COPY_HINT) from None


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= ROOMY


def _is_shape(value: object, start: list[int]) -> bool:
    """Whether the value is a list of these numbers and one size."""
    return isinstance(value, list) and value[:-1] == start and _is_size(value[-1])


# --- weights ---


def _shapes(spec: ModelSpec, kinds: list[str]) -> list[list[tuple[int, ...]]]:
    """Shapes of the arrays of each layer, in Theano's order of axes."""
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
            return _checked_arrays(path, file, kinds, shapes)
    except FormatError:
        raise
    except (OSError, RuntimeError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        reason = str(error).partition("\n")[0]
        raise FormatError(path, f"damaged: {reason}", hint=_COPY_HINT) from None


def _checked_arrays(
    path: str | Path, file: h5py.File, kinds: list[str], shapes: list[list[tuple[int, ...]]]
) -> list[list[Array]]:
    """The arrays of each layer; those of the whole file are compared with the architecture before any is read."""
    stored = stored_arrays(file)
    n_layers = int(file.attrs["nb_layers"])
    if n_layers != len(kinds):
        raise FormatError(path, f"has {n_layers} layers, the architecture {len(kinds)}", hint=_OTHER_HINT)
    if missing := next((name for k in range(n_layers) if (name := f"layer_{k}") not in file), None):
        raise FormatError(path, f"damaged: {missing} is missing", hint=_COPY_HINT)
    by_layer = [[f"layer_{number}/param_{k}" for k in range(len(expected))] for number, expected in enumerate(shapes)]
    for number, (kind, expected) in enumerate(zip(kinds, shapes, strict=True)):
        own = sorted(name for name in stored if name.startswith(f"layer_{number}/"))
        if (found := [stored[name].shape for name in own]) != expected or own != by_layer[number]:
            what = f"weights of layer {number} ({kind}) have shape {_text(found)}, in the architecture"
            raise FormatError(path, f"{what} {_text(expected)}", hint=_OTHER_HINT)
    layers = [[np.asarray(stored[name], dtype=np.float32) for name in names] for names in by_layer]
    for number, (kind, arrays) in enumerate(zip(kinds, layers, strict=True)):
        if not all(np.isfinite(array).all() for array in arrays):
            raise FormatError(path, f"layer {number} ({kind}) has weights that are not finite", hint=_COPY_HINT)
    return layers


def _check_format(path: str | Path, file: Any) -> None:
    if "nb_layers" in file.attrs:
        return
    if "layer_names" in file.attrs or "keras_version" in file.attrs:
        version = file.attrs.get("keras_version", "1 or newer")
        version = version.decode(errors="replace") if isinstance(version, bytes) else str(version)
        raise FormatError(path, f"written by Keras {version[:80]}", hint=_KERAS_HINT)
    raise FormatError(path, "the HDF5 file has no weights of layers (attribute nb_layers)", hint=_ORDER_HINT)


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
