"""The layer plan and its table, computed without Keras, against the networks that Keras makes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from motifnet.errors import SpecError
from motifnet.models.network.block import Block
from motifnet.models.network.builder import KNOWN_LENGTH, build
from motifnet.models.network.layers import DESCRIPTION_COLUMNS, block_ends, check_size, dense_fraction, describe
from motifnet.models.network.presets import PRESETS
from motifnet.models.network.spec import ModelSpec
from motifnet.models.runtime import keras

PARALLEL = Block(3, 2, parallel_widths=(7, 1), parallel_pool=4, bottleneck=5, stride=3)
#: Features that no preset has.
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
        (
            Block(4, 8, parallel_widths=(3, 5), dilation=2),
            Block(3, 2, parallel_widths=(7, 1), parallel_pool=4, bottleneck=5, stride=3),
        ),
        final="conv_max",
        tasks=("a", "b", "c"),
        outputs="counts",
    ),
    "a wider parallel pool": ModelSpec(
        150, (Block(4, 8, fused=True), Block(3, 2, parallel_pool=7, batch_norm=True)), final="average", pool_width=20
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


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_layers_shapes_and_parameters_are_those_of_the_network(spec: ModelSpec) -> None:
    network = build(spec)
    table = describe(spec).set_index("layer")
    assert list(table.reset_index().columns) == list(DESCRIPTION_COLUMNS)
    layers = [layer for layer in network.layers if layer.name != KNOWN_LENGTH]
    assert sorted(table.index) == sorted(layer.name for layer in layers)
    assert table["parameters"].sum() == network.count_params()
    for layer in layers:
        # The four rows of DNA count as maps before the first convolution.
        rows, positions, maps = (1, 1, 1, *layer.output.shape[1:])[-3:]
        expected = (positions, rows * maps, layer.count_params())
        assert tuple(table.loc[layer.name, ["positions", "maps", "parameters"]]) == expected, layer.name
    assert table["fraction"].sum() == pytest.approx(1)
    ends = table.loc[block_ends(spec), ["positions", "maps"]].to_numpy().tolist()
    assert ends == [[left, block.n_maps] for left, block in zip(spec.positions(), spec.blocks, strict=True)]


def narrow(spec: ModelSpec) -> ModelSpec:
    """The same network with few filters and units, which receptive fields do not depend on."""
    blocks = [replace(block, filters=4, bottleneck=min(block.bottleneck, 4)) for block in spec.blocks]
    units = None if spec.recurrent_units is None else 4
    return replace(spec, blocks=tuple(blocks), hidden=(4,) * len(spec.hidden), recurrent_units=units)


def make_monotone(network: Any) -> None:
    """Set equal positive weights, so that no input of a unit can cancel another."""
    for layer in network.layers:
        weights = layer.get_weights()
        if "Normalization" in type(layer).__name__:
            continue  # as initialised: gamma 1, beta 0, mean 0, variance 1
        layer.set_weights([np.full_like(w, 1 / w.shape[-2] ** 0.5 / 4) if w.ndim > 1 else 0 * w for w in weights])


def dependencies(network: Any, length: int) -> dict[str, np.ndarray]:
    """For each layer, which base (L) changes which position (P), found by changing one base at a time."""
    inside = keras.Model(network.input, {layer.name: layer.output for layer in network.layers})
    # With equal weights 1 - 1 contributes nothing, and yet the column is not zero, as padding would be.
    x = np.tile(np.array([1, -1, 0, 0], dtype=np.float32)[:, None, None], (length + 1, 1, length, 1))
    x[np.arange(length), :, np.arange(length)] += 1
    outputs = {name: np.array(value) for name, value in inside(x, training=False).items() if name != KNOWN_LENGTH}
    flat = {name: value.reshape(length + 1, *((-1, 1, 1, *value.shape[1:])[-3:])) for name, value in outputs.items()}
    # The last digit may depend on the place in the batch.
    return {
        name: (abs(value[:-1] - value[-1]) > 1e-6 * abs(value[-1])).any(axis=(1, 3)) for name, value in flat.items()
    }


def span(bases: np.ndarray) -> np.ndarray:
    """The first base, and the end of the last one."""
    return np.flatnonzero(bases)[[0, -1]] + [0, 1]


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_receptive_fields_and_strides_by_perturbation(spec: ModelSpec) -> None:
    spec = narrow(spec)
    network = build(spec)
    make_monotone(network)
    depends = dependencies(network, spec.length)
    for row in describe(spec).itertuples():
        bases = depends[row.layer]
        # The last state of a recurrent layer in one direction depends on all positions.
        position = row.positions // 2 if row.stride else row.positions - 1
        start, end = span(bases[:, position])
        assert end - start == row.field, row.layer
        if row.stride:
            # The receptive field of the neighbour may be cut off at an end of the sequence.
            assert max(span(bases[:, position]) - span(bases[:, position - 1])) == row.stride, row.layer


def test_fraction_of_parameters_in_dense_layers() -> None:
    table = describe(ModelSpec.preset("basset", length=600))
    heads = ["dense_1", "dense_norm_1", "dense_2", "dense_norm_2", "logits"]
    own = table.set_index("layer").loc[heads, "parameters"].sum()
    assert dense_fraction(table) == pytest.approx(own / table["parameters"].sum())
    assert dense_fraction(describe(ModelSpec.preset("all-conv", length=600))) == 0


def test_a_network_with_too_many_parameters_is_refused() -> None:
    with pytest.raises(SpecError, match="conv_2"):
        check_size(ModelSpec(60, (Block(8, 11), Block(10**9, 5))))
    check_size(ModelSpec(60, (Block(2000, 11),), hidden=(2000,)))
