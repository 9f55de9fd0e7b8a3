"""A network as one ``.keras`` file that Keras opens without motifnet, the same bytes each time."""

from __future__ import annotations

import json
import tempfile
import zipfile
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motifnet.models.kmer_regression import LENGTHS, SMALLEST, KmerModel, words
from motifnet.models.network.builder import number_operations
from motifnet.models.network.spec import ModelSpec
from motifnet.models.runtime import keras
from motifnet.models.storage import KERAS_SUFFIX, check_keras_name
from motifnet.models.weights import saving
from motifnet.outputs import output_file

_COMPLEMENT = str.maketrans("ACGT", "TGCA")
_DATE = (1980, 1, 1, 0, 0, 0)
_KERAS_DATE = "1980-01-01@00:00:00"


def export_network(network: Any, path: str | Path, *, spec: ModelSpec, kmers: KmerModel | None) -> None:
    """Write a network from ``(N, 4, L, 1)`` to predictions, what both strands and k-mers give made part of it.

    Gradients by the input are those of the network's part alone: counting words has none.

    Raises
    ------
    ModelError
        If the file's name does not end in ``.keras``.
    InputError
        If it cannot be written.
    """
    check_keras_name(path)
    is_alone = spec.strands == "forward" and kmers is None and spec.is_length_fixed
    exported = network if is_alone else _whole(network, spec, kmers)
    with output_file(path) as partial, tempfile.TemporaryDirectory() as scratch:
        saved = Path(scratch) / f"model{KERAS_SUFFIX}"
        with saving():
            exported.save(saved)
        _repack(saved, partial)


def _whole(network: Any, spec: ModelSpec, kmers: KmerModel | None) -> Any:
    """The network on both strands, with the regression on k-mers, in layers and operations that Keras has."""
    inputs = keras.Input(network.input_shape[1:], name="sequence", dtype="float32")
    outputs = _on_strands(network, inputs, spec)
    if kmers is not None:
        outputs = _with_kmers(outputs, inputs, kmers, spec)
    return number_operations(keras.Model(inputs, outputs, name="motifnet"))


def _on_strands(network: Any, inputs: Any, spec: ModelSpec) -> Any:
    """`strands.strands_of`, and what the network makes of them."""
    flipped = keras.ops.flip(keras.ops.flip(inputs, axis=1), axis=2)
    strands = [inputs, flipped] if spec.is_double_stranded else [inputs]
    outputs = [network(strand if spec.is_length_fixed else _flushed_left(strand)) for strand in strands]
    kind = keras.layers.Maximum if spec.strands == "shared" else keras.layers.Average
    return kind(name="both_strands", dtype="float32")(outputs) if spec.is_double_stranded else outputs[0]


def _flushed_left(inputs: Any) -> Any:
    """`alphabet.flush_left` of one-hot DNA ``(n, 4, L, 1)``."""
    ops, length = keras.ops, inputs.shape[2]
    has_begun = ops.minimum(ops.cumsum(ops.max(inputs, axis=1, keepdims=True), axis=2), 1.0)
    first = length - ops.sum(has_begun, axis=2, keepdims=True)
    columns = (ops.cumsum(ops.ones_like(has_begun), axis=2) - 1 + first) % length
    return ops.take_along_axis(inputs, ops.tile(ops.cast(columns, "int32"), (1, 4, 1, 1)), axis=2)


def _with_kmers(predictions: Any, inputs: Any, kmers: KmerModel, spec: ModelSpec) -> Any:
    """`KmerModel.together`."""
    ops, logits = keras.ops, _kmer_logits(inputs, kmers, len(spec.tasks))
    share = keras.layers.Dense(len(spec.tasks), use_bias=False, name="of_network", dtype="float32")
    if spec.outputs == "classes":
        certain = ops.clip(predictions, SMALLEST, 1 - SMALLEST)
        outputs = ops.sigmoid(share(ops.log(certain) - ops.log1p(-certain)) + logits)
    elif spec.outputs == "counts":
        outputs = ops.exp(share(ops.log(ops.maximum(predictions, SMALLEST))) + logits)
    else:
        outputs = share(predictions) + logits
    share.set_weights([np.diag(kmers.of_network)])
    return outputs


def _kmer_logits(inputs: Any, kmers: KmerModel, n_tasks: int) -> Any:
    """A convolution finds the number of the word at each place, a table its weights; they are summed over places."""
    layers, float32 = keras.layers, {"dtype": "float32"}
    sums = []
    for k, table in _tables(kmers).items():
        # A place with N is short of a letter: its number is beyond those of all words, and its weight is 0. Apart from
        # the number, since GPUs may round the factors of a convolution to ten bits (TF32): these have two, and one.
        beyond = 4.0 ** (k + 1)
        places = np.arange(4)[:, np.newaxis] * 4.0 ** np.arange(k)[::-1]
        number, lacking = (
            layers.Conv2D(1, (4, k), trainable=False, name=f"{name}_{k}", data_format="channels_last", **float32)
            for name in ("word", "lacking")
        )
        both = layers.Add(name=f"number_{k}", **float32)([number(inputs), lacking(inputs)])
        found = layers.ReLU(max_value=4**k, name=f"known_{k}", **float32)(both)
        number.set_weights([places[:, :, np.newaxis, np.newaxis], np.zeros(1)])
        lacking.set_weights([np.full((4, k, 1, 1), -beyond), np.array([k * beyond])])
        n_places = found.shape[2]
        weights = layers.Embedding(4**k + 1, n_tasks, name=f"weights_{k}", **float32)
        each = weights(layers.Reshape((n_places,), name=f"places_{k}", **float32)(found))
        weights.set_weights([table])
        # Not "sum_4": Keras may have called an operation so.
        mean = layers.GlobalAveragePooling1D(name=f"words_mean_{k}", data_format="channels_last", **float32)(each)
        sums.append(layers.Rescaling(n_places, name=f"words_sum_{k}", **float32)(mean))
    total = layers.Dense(n_tasks, name="kmers", **float32)
    logits = total(layers.Concatenate(name="sums", **float32)(sums))
    total.set_weights([np.tile(np.eye(n_tasks), (len(sums), 1)), kmers.intercepts])
    return logits


def _tables(kmers: KmerModel) -> dict[int, NDArray[np.float32]]:
    """For each length the weights of all words on the forward strand, and a row of zeros: ``(4 ** k + 1, T)``."""
    by_word = dict(zip(words(kmers.strands), kmers.weights, strict=True))
    tables = {}
    for k in LENGTHS:
        table = np.zeros((4**k + 1, kmers.weights.shape[1]), dtype=np.float32)
        for number, letters in enumerate(product("ACGT", repeat=k)):
            word = "".join(letters)
            other = word.translate(_COMPLEMENT)[::-1]
            table[number] = by_word[word if word in by_word else other]
        tables[k] = table
    return tables


def _repack(saved: Path, path: Path) -> None:
    """Copy a Keras archive without its dates."""
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist()):
            content = source.read(name)
            if name == "metadata.json":
                content = json.dumps(json.loads(content) | {"date_saved": _KERAS_DATE}).encode()
            target.writestr(zipfile.ZipInfo(name, _DATE), content, zipfile.ZIP_DEFLATED)
