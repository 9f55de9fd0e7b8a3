"""`describe`, which knows no Keras, against the networks that Keras makes."""

from __future__ import annotations

import doctest
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from motifnet.errors import SpecError
from motifnet.models.network import description
from motifnet.models.network.block import Block
from motifnet.models.network.builder import KNOWN_LENGTH
from motifnet.models.network.description import DESCRIPTION_COLUMNS, check_size, dense_parameters, dense_share, describe
from motifnet.models.network.presets import PRESETS
from motifnet.models.network.spec import ModelSpec

#: What no preset has.
DESIGNS = {
    "dilated residual": ModelSpec(
        150, (Block(6, 9, pool=3), Block(6, 4, dilation=3, residual=True), Block(6, 3, dilation=2, residual=True))
    ),
    "residual, padded": ModelSpec(
        150,
        (Block(6, 9, pool=3, padding="same"), Block(6, 4, padding="same", residual=True, batch_norm=True)),
        final="flatten",
        tasks=("a", "b"),
    ),
    "side by side, strided": ModelSpec(
        150,
        (Block(4, 8, beside=(3, 5), dilation=2), Block(3, 2, beside=(7, 1), pool_beside=4, compress=5, stride=3)),
        final="conv_max",
        tasks=("a", "b", "c"),
        outputs="counts",
    ),
    "a wider pool beside": ModelSpec(
        150, (Block(4, 8, fused=True), Block(3, 2, pool_beside=7, batch_norm=True)), final="average", pool_width=20
    ),
    "GRU": ModelSpec(
        150,
        (Block(4, 8, pool=4, pool_kind="average"),),
        final="max",
        pool_width=5,
        recurrent="gru",
        recurrent_units=7,
        outputs="values",
    ),
    "LSTM": ModelSpec(150, (Block(4, 8, pool=20),), recurrent="lstm", recurrent_units=7, final="conv_average"),
    "two GRUs": ModelSpec(
        150,
        (Block(4, 8, pool=20),),
        final="flatten",
        recurrent="bidirectional_gru",
        recurrent_units=7,
        hidden=(9, 5),
        hidden_dropout=0.2,
        hidden_batch_norm=True,
    ),
    "even pools, odd rest": ModelSpec(97, (Block(5, 6, pool=4, stride=2), Block(5, 3, pool=2)), "max", 2),
}
SPECS = {name: ModelSpec.preset(name, length=320) for name in PRESETS} | DESIGNS


def network_of(spec: ModelSpec) -> Any:
    from motifnet.models.network.builder import build

    return build(spec, seed=0)


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_layers_shapes_and_parameters_are_those_of_the_network(spec: ModelSpec) -> None:
    network = network_of(spec)
    table = describe(spec).set_index("layer")
    # How long each sequence is goes past the layers, to the head.
    layers = [layer for layer in network.layers if layer.name != KNOWN_LENGTH]
    assert sorted(table.index) == sorted(layer.name for layer in layers)
    assert table["parameters"].sum() == network.count_params()
    for layer in layers:
        # The four rows of DNA count as maps until the first convolution has read them.
        rows, positions, maps = (1, 1, 1, *layer.output.shape[1:])[-3:]
        expected = (positions, rows * maps, layer.count_params())
        assert tuple(table.loc[layer.name, ["positions", "maps", "parameters"]]) == expected, layer.name
    assert table["share"].sum() == pytest.approx(1)


def narrow(spec: ModelSpec) -> ModelSpec:
    """The same shape along the sequence, with few filters and units: what a position sees does not depend on them."""
    blocks = [replace(block, filters=4, compress=min(block.compress, 4)) for block in spec.blocks]
    units = None if spec.recurrent_units is None else 4
    return replace(spec, blocks=tuple(blocks), hidden=(4,) * len(spec.hidden), recurrent_units=units)


def make_monotone(network: Any) -> None:
    """Weights of which each counts and none can silence another: whatever a unit sees, raises it."""
    for layer in network.layers:
        weights = layer.get_weights()
        if "Normalization" in type(layer).__name__:
            continue  # as initialised: gamma 1, beta 0, mean 0, variance 1
        layer.set_weights([np.full_like(w, 1 / w.shape[-2] ** 0.5 / 4) if w.ndim > 1 else 0 * w for w in weights])


def seen_by(network: Any, length: int) -> dict[str, np.ndarray]:
    """For each layer, which base (L) moves which position (P), found by moving each base of an empty sequence."""
    import keras

    inside = keras.Model(network.input, {layer.name: layer.output for layer in network.layers})
    # Weights of a position are all alike, so that 1 - 1 is empty to them; and yet it is no padding.
    moved = np.tile(np.array([1, -1, 0, 0], dtype=np.float32)[:, None, None], (length + 1, 1, length, 1))
    moved[np.arange(length), :, np.arange(length)] += 1
    given = {name: np.array(value) for name, value in inside(moved, training=False).items() if name != KNOWN_LENGTH}
    flat = {name: value.reshape(length + 1, *((-1, 1, 1, *value.shape[1:])[-3:])) for name, value in given.items()}
    # The last digit may depend on the place in the batch.
    return {
        name: (abs(value[:-1] - value[-1]) > 1e-6 * abs(value[-1])).any(axis=(1, 3)) for name, value in flat.items()
    }


def span(bases: np.ndarray) -> np.ndarray:
    """The first base seen, and the end of the last one."""
    return np.flatnonzero(bases)[[0, -1]] + [0, 1]


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_receptive_fields_and_strides_by_perturbation(spec: ModelSpec) -> None:
    spec = narrow(spec)
    network = network_of(spec)
    make_monotone(network)
    seen = seen_by(network, spec.length)
    for row in describe(spec).itertuples():
        bases = seen[row.layer]
        # Of a recurrent layer that goes one way, only the last state has seen everything.
        position = row.positions // 2 if row.stride else row.positions - 1
        start, end = span(bases[:, position])
        assert end - start == row.field, row.layer
        if row.stride:
            # One of its ends may stand at an end of the sequence.
            assert max(span(bases[:, position]) - span(bases[:, position - 1])) == row.stride, row.layer


def test_the_documents_arithmetic() -> None:
    assert dense_parameters(22 * 22 * 64, 512, has_bias=False) == 30_976 * 512 == 15_859_712
    assert dense_parameters(22 * 22 * 64, 512) == 15_860_224
    assert doctest.testmod(description).failed == 0


def test_what_a_flattened_head_takes() -> None:
    flat = describe(ModelSpec.preset("basset", length=600))
    assert dense_share(flat) > 0.7
    by_layer = flat.set_index("layer")
    heads = by_layer.loc[["dense_1", "dense_norm_1", "dense_2", "dense_norm_2", "logits"], "parameters"].sum()
    assert dense_share(flat) == pytest.approx(heads / flat["parameters"].sum())
    assert dense_share(describe(ModelSpec.preset("all-conv", length=600))) == 0
    assert isinstance(flat, pd.DataFrame)
    assert list(flat.columns) == list(DESCRIPTION_COLUMNS)


def test_a_network_that_no_memory_holds() -> None:
    with pytest.raises(SpecError) as error:
        check_size(ModelSpec(60, (Block(8, 11), Block(10**9, 5))))
    assert str(error.value) == (
        "the network has 42,000,000,361 parameters, 41,000,000,000 of them in conv_2: at most 1,000,000,000 are "
        "possible\n  Give fewer or narrower filters (--num-filters, --conv-width), or a smaller hidden layer."
    )
    check_size(ModelSpec(60, (Block(2000, 11),), hidden=(2000,)))
