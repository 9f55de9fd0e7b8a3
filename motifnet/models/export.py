"""Export of a model as one ``.keras`` file that Keras opens without motifnet; equal models give equal bytes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from motifnet.models.keras_file import write_keras
from motifnet.models.kmer_regression import KmerRegression
from motifnet.models.network.builder import logits_network, number_operations
from motifnet.models.network.spec import ModelSpec
from motifnet.models.runtime import keras
from motifnet.models.storage import check_keras_name


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
    """Weighted sum of k-mer weights: a convolution computes the code of each k-mer, an embedding looks up its weight.

    Windows that begin at the same position have one channel per pattern. The codes of patterns of fewer bases are
    smaller; a window with an N has the code ``4 ** most``, and no weight.
    """
    layers, float32 = keras.layers, {"dtype": "float32"}
    tables = regression.tables
    most, span = max(map(len, tables)), 1 + max(pattern[-1] for pattern in tables)
    digits, unknown = (np.zeros((4, span, 1, len(tables))) for _ in range(2))
    for channel, pattern in enumerate(tables):
        digits[:, pattern, 0, channel] = np.arange(4)[:, np.newaxis] * 4.0 ** np.arange(len(pattern))[::-1]
        # In a convolution of its own, since GPUs may round kernels to ten bits (TF32): a digit needs two, this one.
        unknown[:, pattern, 0, channel] = -(4.0 ** (most + 1))
    padded = layers.ZeroPadding2D(((0, 0), (0, span - 1)), name="kmer_ends", data_format="channels_last", **float32)
    code, penalty = (
        layers.Conv2D(len(tables), (4, span), trainable=False, name=name, data_format="channels_last", **float32)
        for name in ("kmer_codes", "kmer_unknown")
    )
    ends = padded(inputs)
    both = layers.Add(name="kmer_sums", **float32)([code(ends), penalty(ends)])
    codes = layers.ReLU(max_value=4**most, name="kmer_known", **float32)(both)
    code.set_weights([digits, np.zeros(len(tables))])
    penalty.set_weights([unknown, -unknown.sum(axis=(0, 1, 2)) / 4])
    total = layers.Dense(n_tasks, name="kmers", **float32)
    sums = []
    middle = None if math.isinf(regression.half_life) else _middle(inputs)
    for channel, (pattern, table) in enumerate(tables.items()):
        weights = layers.Embedding(4**most + 1, n_tasks, name=f"kmer_weights_{channel}", **float32)
        found = weights(codes[:, 0, :, channel])
        if middle is not None:
            found = found * _nearness(found, middle, span=pattern[-1] + 1, half_life=regression.half_life)
        sums.append(keras.ops.sum(found, axis=1))
        weights.set_weights([np.pad(table, ((0, 4**most + 1 - len(table)), (0, 0)))])
    logits = total(layers.Add(name="kmers_sum", **float32)(sums))
    total.set_weights([np.diag(regression.kmer_weights), regression.intercepts * regression.kmer_weights])
    return logits


def _middle(inputs: Any) -> Any:
    """`gapped_kmers.middles` of one-hot DNA ``(n, 4, L, 1)`` in Keras: ``(n, 1, 1)``."""
    ops, length = keras.ops, inputs.shape[2]
    is_known = ops.max(inputs, axis=(1, 3))
    n_before, n_after = (
        length - ops.sum(ops.minimum(ops.cumsum(ends, axis=1), 1.0), axis=1, keepdims=True)
        for ends in (is_known, ops.flip(is_known, axis=1))
    )
    return ops.expand_dims((length - 1 + n_before - n_after) / 2, axis=2)


def _nearness(found: Any, middle: Any, *, span: int, half_life: float) -> Any:
    """`gapped_kmers.nearness` in Keras, of windows that begin at all positions: ``(n, L, 1)``."""
    ops = keras.ops
    starts = ops.cumsum(ops.ones_like(found[:, :, :1]), axis=1) - 1
    return ops.exp(ops.absolute(starts + (span - 1) / 2 - middle) * (-math.log(2) / half_life))
