"""Filters of a convolution at every position of a sequence, against the layers of the network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from motifnet.errors import SpecError
from motifnet.models.filters import convolution_filters
from motifnet.models.network.block import Block
from motifnet.models.network.builder import build
from motifnet.models.network.spec import ModelSpec
from small_models import LENGTH, layer_output, planted

CODES = planted(6, 6, seed=1).sequences.codes
#: Every feature of a block that a deeper filter depends on.
DEEP = ModelSpec(
    250,
    (
        Block(6, 7, activation="exponential", batch_norm=True, pool=3, pool_kind="average"),
        Block(3, 4, beside=(3,), stride=2, batch_norm=True, pool=2, pool_place="first"),
        Block(6, 2, dilation=2, residual=True, pool=2),
        Block(4, 3, dilation=2),
    ),
)


def randomise_weights(network: Any) -> None:
    """Set random biases, gammas and moving statistics, so that each has an effect."""
    rng = np.random.default_rng(0)
    for layer in network.layers:
        if layer.name.startswith("norm"):
            n = layer.gamma.shape[0]
            layer.set_weights([rng.uniform(-1, 1, n), rng.normal(size=n), rng.normal(size=n), rng.uniform(1, 2, n)])
        elif layer.name.startswith("conv") and layer.use_bias:
            layer.bias.assign(rng.normal(size=layer.bias.shape))


def test_parallel_convolutions_are_centred_and_form_one_bank() -> None:
    spec = ModelSpec(LENGTH, (Block(4, 12, beside=(7, 3), batch_norm=True, activation="exponential"),))
    network = build(spec, seed=1)
    randomise_weights(network)
    filters = convolution_filters(network, spec, 0)
    assert (filters.width, len(filters.names)) == (12, 12)
    np.testing.assert_allclose(filters.activations(CODES), layer_output(network, "norm_1", CODES), rtol=1e-4, atol=1e-5)
    # The narrower filters are between columns of zeros.
    assert np.array_equal(np.flatnonzero(np.abs(filters.weights[4:8]).max(axis=(0, 1))), np.arange(2, 9))


@pytest.mark.parametrize(("k", "stride"), [(0, 1), (1, 6), (2, 12), (3, 24)])
def test_deeper_filters_at_every_position_include_those_of_the_network(k: int, stride: int) -> None:
    network = build(DEEP, seed=4)
    randomise_weights(network)
    codes = planted(4, 4, seed=3, length=250).sequences.codes
    activations = convolution_filters(network, DEEP, k).activations(codes)
    inside = layer_output(network, f"norm_{k + 1}" if DEEP.blocks[k].batch_norm else f"conv_{k + 1}", codes)
    if k == 1:  # norm_2 follows the pool; it is applied to the maps before the pool instead
        maps = layer_output(network, "beside_2", codes).transpose(0, 2, 1)[:, np.newaxis]
        inside = np.array(network.get_layer("norm_2")(maps))[:, 0].transpose(0, 2, 1)
    own = activations[:, :, ::stride][:, :, : inside.shape[2]]
    assert own.shape == inside.shape
    np.testing.assert_allclose(own, inside, rtol=1e-3, atol=1e-5 * np.abs(inside).max())


def test_filters_after_parallel_branches_are_not_readable() -> None:
    spec = ModelSpec.preset("inception", length=200)
    assert len(convolution_filters(build(spec), spec, 0).names) == 72
    for layer in (1, 2):
        with pytest.raises(SpecError, match=f"{layer}"):
            spec.check_layer(layer)
