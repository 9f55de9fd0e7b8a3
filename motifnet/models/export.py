"""Export of a model as one ``.keras`` file that Keras opens without motifnet; equal models give equal bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motifnet.models.keras_file import write_keras
from motifnet.models.kmer_regression import KMER_LENGTHS, KmerRegression, kmer_columns
from motifnet.models.network.builder import logits_network, number_operations
from motifnet.models.network.spec import ModelSpec
from motifnet.models.runtime import keras
from motifnet.models.storage import check_keras_name
from motifnet.sequences.kmers import kmer_names, reverse_complement_kmers


def export_network(network: Any, path: str | Path, *, spec: ModelSpec, regression: KmerRegression | None) -> None:
    """Write a network from ``(N, 4, L, 1)`` to predictions that includes both strands and the k-mer regression.

    Gradients with respect to the input are those of the network alone: k-mer counts have none. Errors are those of
    `TrainedModel.export`.
    """
    check_keras_name(path)
    is_complete = spec.strands == "forward" and regression is None and spec.is_length_fixed
    exported = network if is_complete else _whole(network, spec, regression)
    write_keras(exported, path)


def _whole(network: Any, spec: ModelSpec, regression: KmerRegression | None) -> Any:
    """The network on both strands and the k-mer regression, in layers and operations of Keras."""
    inputs = keras.Input(network.input_shape[1:], name="sequence", dtype="float32")
    scores = _over_strands(logits_network(network), inputs, spec)
    if regression is not None:
        scores = _with_kmers(scores, inputs, regression, spec)
    inverse_link = {"classes": keras.ops.sigmoid, "values": lambda scores: scores, "counts": keras.ops.exp}
    return number_operations(keras.Model(inputs, inverse_link[spec.outputs](scores), name="motifnet"))


def _over_strands(network: Any, inputs: Any, spec: ModelSpec) -> Any:
    """`inference.strands_of` and `inference.over_strands` in Keras."""
    reverse = keras.ops.flip(keras.ops.flip(inputs, axis=1), axis=2)
    strands = [inputs, reverse] if spec.is_double_stranded else [inputs]
    outputs = [network(strand if spec.is_length_fixed else _flushed_left(strand)) for strand in strands]
    kind = keras.layers.Maximum if spec.strands == "shared" else keras.layers.Average
    return kind(name="both_strands", dtype="float32")(outputs) if spec.is_double_stranded else outputs[0]


def _flushed_left(inputs: Any) -> Any:
    """`alphabet.flush_left` of one-hot DNA ``(n, 4, L, 1)`` in Keras."""
    ops, length = keras.ops, inputs.shape[2]
    has_begun = ops.minimum(ops.cumsum(ops.max(inputs, axis=1, keepdims=True), axis=2), 1.0)
    first = length - ops.sum(has_begun, axis=2, keepdims=True)
    columns = (ops.cumsum(ops.ones_like(has_begun), axis=2) - 1 + first) % length
    return ops.take_along_axis(inputs, ops.tile(ops.cast(columns, "int32"), (1, 4, 1, 1)), axis=2)


def _with_kmers(scores: Any, inputs: Any, regression: KmerRegression, spec: ModelSpec) -> Any:
    """`KmerRegression.combined` in Keras."""
    logits = _kmer_logits(inputs, regression, len(spec.tasks))
    weighted = keras.layers.Dense(len(spec.tasks), use_bias=False, name="network_weight", dtype="float32")
    combined = weighted(scores) + logits
    weighted.set_weights([np.diag(regression.network_weights)])
    return combined


def _kmer_logits(inputs: Any, regression: KmerRegression, n_tasks: int) -> Any:
    """Sum of k-mer weights: a convolution computes the code of each k-mer, an embedding looks up its weights."""
    layers, float32 = keras.layers, {"dtype": "float32"}
    sums = []
    for k, table in weight_tables(regression).items():
        # Each N raises the code above those of all k-mers, where the weight is 0. In a convolution of its own, since
        # GPUs may round kernels to ten bits (TF32): the codes need two bits and the penalty one.
        penalty = 4.0 ** (k + 1)
        digits = np.arange(4)[:, np.newaxis] * 4.0 ** np.arange(k)[::-1]
        code, unknown = (
            layers.Conv2D(1, (4, k), trainable=False, name=f"{name}_{k}", data_format="channels_last", **float32)
            for name in ("kmer", "unknown")
        )
        both = layers.Add(name=f"code_{k}", **float32)([code(inputs), unknown(inputs)])
        codes = layers.ReLU(max_value=4**k, name=f"known_{k}", **float32)(both)
        code.set_weights([digits[:, :, np.newaxis, np.newaxis], np.zeros(1)])
        unknown.set_weights([np.full((4, k, 1, 1), -penalty), np.array([k * penalty])])
        n_positions = codes.shape[2]
        weights = layers.Embedding(4**k + 1, n_tasks, name=f"weights_{k}", **float32)
        found = weights(layers.Reshape((n_positions,), name=f"positions_{k}", **float32)(codes))
        weights.set_weights([table])
        # Names like "sum_4" would collide with those that Keras gives to operations.
        mean = layers.GlobalAveragePooling1D(name=f"kmers_mean_{k}", data_format="channels_last", **float32)(found)
        sums.append(layers.Rescaling(n_positions, name=f"kmers_sum_{k}", **float32)(mean))
    total = layers.Dense(n_tasks, name="kmers", **float32)
    logits = total(layers.Concatenate(name="sums", **float32)(sums))
    total.set_weights([np.tile(np.eye(n_tasks), (len(sums), 1)), regression.intercepts])
    return logits


def weight_tables(regression: KmerRegression) -> dict[int, NDArray[np.float32]]:
    """Weights of all k-mers on the forward strand in the order of their codes, and a row of 0: ``(4 ** k + 1, T)``."""
    rows = {kmer: row for row, kmer in enumerate(kmer_columns(regression.strands))}
    tables = {}
    for k in KMER_LENGTHS:
        names = kmer_names(k, strands="forward")
        opposite = reverse_complement_kmers(np.arange(4**k), k)
        own = [rows[name] if name in rows else rows[names[other]] for name, other in zip(names, opposite, strict=True)]
        tables[k] = np.pad(regression.weights[own], ((0, 1), (0, 0)))
    return tables
