"""Models in the format of DragoNN (Keras 0.3 on Theano): a writer, and their predictions in numpy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from motifnet.sequences.alphabet import one_hot
from motifnet.sequences.sequence_set import SequenceSet


def layers_of(
    blocks: Sequence[tuple[int, int]], *, length: int, pool_width: int, n_tasks: int = 1
) -> list[dict[str, Any]]:
    """The layers of an architecture; blocks are (filters, width)."""
    layers: list[dict[str, Any]] = []
    for number, (filters, width) in enumerate(blocks):
        convolution = {"name": "Convolution2D", "custom_name": "convolution2d", "nb_filter": filters, "nb_col": width}
        convolution |= {"nb_row": 1 if number else 4, "subsample": [1, 1], "border_mode": "valid", "dim_ordering": "th"}
        convolution |= {"activation": "linear", "W_regularizer": {"name": "WeightRegularizer", "l1": 0, "l2": 0.0}}
        layers += [convolution, {"name": "Activation", "activation": "relu"}, {"name": "Dropout", "p": 0.2}]
    layers[0]["input_shape"] = [1, 4, length]
    pool = {"name": "MaxPooling2D", "pool_size": [1, pool_width], "strides": [1, pool_width], "border_mode": "valid"}
    dense = {"name": "Dense", "output_dim": n_tasks, "activation": "linear", "input_dim": None}
    return [*layers, pool, {"name": "Flatten"}, dense, {"name": "Activation", "activation": "sigmoid"}]


def random_weights(layers: Sequence[dict[str, Any]], *, seed: int = 0) -> list[list[np.ndarray]]:
    """Random kernel and bias of each layer that has them, in Theano's order."""
    rng = np.random.default_rng(seed)
    weights: list[list[np.ndarray]] = []
    channels, columns = 1, layers[0]["input_shape"][2]
    for layer in layers:
        shape: tuple[int, ...] = ()
        if layer["name"] == "Convolution2D":
            shape = (layer["nb_filter"], channels, layer["nb_row"], layer["nb_col"])
            channels, columns = layer["nb_filter"], columns - layer["nb_col"] + 1
        elif layer["name"] == "MaxPooling2D":
            columns //= layer["pool_size"][1]
        elif layer["name"] == "Dense":
            shape = (channels * columns, layer["output_dim"])
        n_biases = shape[0 if len(shape) == 4 else -1] if shape else 0
        arrays = [rng.normal(size=shape) / 3, rng.normal(size=n_biases)] if shape else []
        weights.append([array.astype(np.float32) for array in arrays])
    return weights


def write_dragonn(
    folder: Path, layers: Sequence[dict[str, Any]], weights: Sequence[Sequence[np.ndarray]]
) -> tuple[Path, Path]:
    """Write ``model.arch.json`` and ``model.weights.h5``."""
    architecture, stored = folder / "model.arch.json", folder / "model.weights.h5"
    document = {"layers": layers, "name": "Sequential", "loss": "binary_crossentropy", "sample_weight_mode": None}
    architecture.write_text(json.dumps(document))
    with h5py.File(stored, "w") as file:
        file.attrs["nb_layers"] = len(weights)
        for number, arrays in enumerate(weights):
            group = file.create_group(f"layer_{number}")
            group.attrs["nb_params"] = len(arrays)
            for k, array in enumerate(arrays):
                group[f"param_{k}"] = array
    return architecture, stored


def dragonn_predictions(architecture: Path, weights: Path, sequences: SequenceSet) -> np.ndarray:
    """Predictions of DragoNN, ``(N, T)``: convolutions flip their kernels, and flattening keeps channels first."""
    x = one_hot(sequences)[:, np.newaxis].astype(np.float64)
    with h5py.File(weights) as file:
        for number, layer in enumerate(json.loads(architecture.read_text())["layers"]):
            group = file[f"layer_{number}"]
            x = _apply(layer, [group[f"param_{k}"][:].astype(np.float64) for k in range(len(group))], x)
    return x


def _apply(layer: dict[str, Any], arrays: list[np.ndarray], x: np.ndarray) -> np.ndarray:
    match layer["name"], layer.get("activation"):
        case "Convolution2D", _:
            kernel, bias = arrays
            windows = sliding_window_view(x, kernel.shape[2:], axis=(2, 3))  # (N, channels, rows, P, row, column)
            # A convolution flips its kernel.
            maps = np.tensordot(windows[..., ::-1, ::-1], kernel, axes=([1, 4, 5], [1, 2, 3]))
            return np.moveaxis(maps + bias, -1, 1)
        case "Activation", "relu":
            return np.maximum(x, 0)
        case "Activation", "sigmoid":
            return 1 / (1 + np.exp(-x))
        case "Dropout", _:
            return x
        case "MaxPooling2D", _:
            width = layer["pool_size"][1]
            n_pools = x.shape[3] // width
            return x[..., : n_pools * width].reshape(*x.shape[:3], n_pools, width).max(axis=-1)
        case "Flatten", _:
            return x.reshape(len(x), -1)
        case "Dense", _:
            return x @ arrays[0] + arrays[1]
    raise AssertionError(layer)
