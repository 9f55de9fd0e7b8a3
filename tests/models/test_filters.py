"""Filters of a convolution at every position of a sequence, against the layers of the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from motifnet.errors import SpecError
from motifnet.models.filters import ConvolutionFilters, convolution_filters
from motifnet.models.network.block import STRANDS, Block, Strands
from motifnet.models.network.builder import build
from motifnet.models.network.spec import ModelSpec
from motifnet.models.trained import TrainedModel
from motifnet.motifs.learned.sites import WindowScan
from motifnet.sequences.alphabet import N, one_hot, one_hot_codes
from motifnet.sequences.sequence_set import SequenceSet
from small_models import LENGTH, SEQUENCES, layer_output, planted

CODES = planted(6, 6, seed=1).sequences.codes
#: Every feature of a block that a deeper filter depends on.
DEEP = ModelSpec(
    250,
    (
        Block(6, 7, activation="exponential", batch_norm=True, pool=3, pool_kind="average"),
        Block(3, 4, parallel_widths=(3,), stride=2, batch_norm=True, pool=2, pool_place="first"),
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
    spec = ModelSpec(LENGTH, (Block(4, 12, parallel_widths=(7, 3), batch_norm=True, activation="exponential"),))
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


# --- trained models ---


def naive_pre_activations(weights: np.ndarray, bias: np.ndarray, encoded: np.ndarray) -> np.ndarray:
    """Cross-correlation of filters (F, 4, w) with one-hot (N, 4, L), in float64."""
    width = weights.shape[2]
    positions = range(encoded.shape[2] - width + 1)
    windows = np.stack([encoded[:, :, p : p + width] for p in positions], axis=1).astype(np.float64)
    return np.einsum("npbw,fbw->nfp", windows, weights.astype(np.float64)) + bias[:, np.newaxis]


def negative_gamma(model: TrainedModel) -> TrainedModel:
    """The model with random batch norm parameters and gammas of both signs."""
    network = build(model.spec, seed=0)
    network.set_weights(model.network.get_weights())
    rng = np.random.default_rng(0)
    n = model.spec.blocks[0].filters
    gamma = rng.uniform(0.5, 2, n) * np.where(np.arange(n) % 2, 1, -1)
    network.get_layer("norm_1").set_weights([gamma, rng.normal(size=n), rng.normal(size=n), rng.uniform(0.1, 3, n)])
    return replace(model, network=network)


@pytest.mark.parametrize("change", [lambda m: m, negative_gamma], ids=["as trained", "negative gamma"])
def test_pre_activations_equal_a_cross_correlation_with_batch_norm_folded_in(
    model: TrainedModel, change: Callable[[TrainedModel], TrainedModel]
) -> None:
    changed = change(model)
    filters = changed.layer(0)
    codes = SEQUENCES.codes.copy()
    codes[0, 5:9] = 4
    activations = filters.activations(codes)
    assert activations.shape == (12, 8, LENGTH - 11 + 1)
    assert activations.dtype == np.float32
    encoded = one_hot_codes(codes)
    expected = naive_pre_activations(filters.weights, filters.bias, encoded)
    np.testing.assert_allclose(activations, expected, rtol=0, atol=1e-5)
    # The same values as between batch norm and activation in the network.
    inside = layer_output(changed.network, "norm_1", codes)
    np.testing.assert_allclose(activations, inside, rtol=0, atol=1e-5)


def test_pre_activations_without_batch_norm(fixed: TrainedModel) -> None:
    filters = fixed.layer(0)
    encoded = one_hot(SEQUENCES)
    inside = layer_output(fixed.network, "conv_1", SEQUENCES.codes)
    np.testing.assert_allclose(filters.activations(SEQUENCES.codes), inside, rtol=0, atol=1e-5)
    np.testing.assert_allclose(naive_pre_activations(filters.weights, filters.bias, encoded), inside, rtol=0, atol=1e-5)


def test_names_width_strands_and_floor_of_filters(model: TrainedModel, fixed: TrainedModel) -> None:
    filters = model.layer(0)
    assert (filters.width, filters.strands, filters.floor) == (11, "both", 0.0)
    assert filters.names == tuple(f"f0{i}" for i in range(8))
    assert replace(filters, weights=np.zeros((101, 4, 3), dtype=np.float32)).names[7] == "f007"
    exponential = ModelSpec(LENGTH, (Block(2, 5, activation="exponential"),), strands="forward")
    other = replace(fixed, spec=exponential, network=build(exponential, seed=0)).layer(0)
    assert (other.floor, other.strands) == (-np.inf, "forward")


def test_sequences_shorter_than_the_filters_have_no_activations(model: TrainedModel) -> None:
    assert model.layer(0).activations(SEQUENCES.codes[:, :10]).shape == (12, 8, 0)


def integer_filters(strands: Strands) -> ConvolutionFilters:
    """Filters with integer weights, so that ties are frequent; the first is its own reverse complement."""
    weights = np.random.default_rng(5).integers(-2, 3, size=(4, 4, 6)).astype(np.float32)
    weights[0] += weights[0, ::-1, ::-1]
    return ConvolutionFilters(weights, np.zeros(4, dtype=np.float32), strands)


class Plain:
    """A FilterBank without `best_windows`."""

    def __init__(self, filters: ConvolutionFilters) -> None:
        self.width, self.names, self.strands = filters.width, filters.names, filters.strands
        self.slack, self.floor, self.activations = filters.slack, filters.floor, filters.activations


@pytest.mark.parametrize("strands", STRANDS)
@pytest.mark.parametrize(("n", "length"), [(600, 30), (30, 5000), (3, 6)], ids=["batches", "long", "one window"])
def test_best_windows_equal_the_maximum_of_the_activations(strands: Strands, n: int, length: int) -> None:
    filters = integer_filters(strands)
    codes = np.random.default_rng(n).integers(0, 4, (n, length)).astype(np.uint8)
    codes[1::3, :5] = codes[2, :] = N
    sequences = SequenceSet([f"{i}" for i in range(n)], codes)
    found, expected = WindowScan(filters, sequences).best, WindowScan(Plain(filters), sequences).best
    has_window = np.isfinite(expected.score)
    assert (found.score == expected.score).all()
    assert not has_window[2].any()
    for ours, theirs in ((found.start, expected.start), (found.is_reverse, expected.is_reverse)):
        assert (ours == theirs)[has_window].all()
    assert not found.is_reverse[:, 0].any()  # a palindromic site is on +
    if n > 3:
        assert found.is_reverse.any() == (strands == "both")


def test_best_windows_without_sequences_or_positions() -> None:
    filters = integer_filters("both")
    short = WindowScan(filters, SequenceSet(("a", "b"), np.zeros((2, 5), dtype=np.uint8))).best
    assert (short.score == -np.inf).all()
    assert short.score.shape == short.start.shape == short.is_reverse.shape == (2, 4)
    assert WindowScan(filters, SequenceSet((), np.zeros((0, 30), dtype=np.uint8))).best.score.shape == (0, 4)


def test_a_missing_layer_is_an_error(model: TrainedModel, fixed: TrainedModel) -> None:
    for trained, k in ((model, 1), (fixed, -1), (fixed, 2)):
        with pytest.raises(SpecError):
            trained.layer(k)


# --- deeper layers ---

#: Convolutions behind pools, and batch norm with gammas of both signs.
POOLED = ModelSpec(
    90,
    (
        Block(6, 7, activation="exponential", batch_norm=True, pool=3),
        Block(5, 4, activation="gelu", dropout=0.3, pool=2),
        Block(4, 3, batch_norm=True),
        Block(3, 2),
    ),
)


@pytest.fixture(scope="module")
def deep(model: TrainedModel) -> TrainedModel:
    network = build(POOLED, seed=4)
    rng = np.random.default_rng(0)
    for name in ("norm_1", "norm_3"):
        n = network.get_layer(name).gamma.shape[0]
        gamma = rng.uniform(0.2, 0.5, n) * np.where(np.arange(n) % 2, 1, -1)
        network.get_layer(name).set_weights([gamma, rng.normal(size=n), rng.normal(size=n), rng.uniform(1, 3, n)])
    return replace(model, spec=POOLED, network=network)


def pre_activations_inside(model: TrainedModel, k: int, codes: np.ndarray) -> np.ndarray:
    """Values in the network before the activation of convolution k: (n, F, positions)."""
    return layer_output(model.network, f"norm_{k + 1}" if model.spec.blocks[k].batch_norm else f"conv_{k + 1}", codes)


@pytest.mark.parametrize(("k", "width", "stride", "slack"), [(0, 7, 1, 0), (1, 18, 3, 2), (2, 33, 6, 5), (3, 39, 6, 5)])
def test_deeper_activations_at_any_position(deep: TrainedModel, k: int, width: int, stride: int, slack: int) -> None:
    filters = deep.layer(k)
    codes = planted(5, 5, seed=3, length=90).sequences.codes.copy()
    codes[0, 40:44] = 4
    activations = filters.activations(codes)
    assert (filters.width, filters.slack) == (width, slack)
    assert activations.shape == (10, POOLED.blocks[k].filters, 90 - width + 1)
    # At the positions of the network's pools, the values of the network ...
    inside = pre_activations_inside(deep, k, codes)
    scale = np.abs(inside).max()
    own = activations[:, :, ::stride][:, :, : inside.shape[2]]
    np.testing.assert_allclose(own, inside, rtol=1e-4, atol=1e-5 * scale)
    # ... and at any position, the values of the network for that window alone.
    spec = replace(POOLED, length=width, blocks=(*POOLED.blocks[:k], replace(POOLED.blocks[k], pool=1)))
    alone = replace(deep, spec=spec, network=build(spec, seed=0))
    for layer in alone.network.layers:
        if layer.name.startswith(("conv", "norm")):
            layer.set_weights(deep.network.get_layer(layer.name).get_weights())
    for p in (0, 1, 7, 90 - width):
        window = pre_activations_inside(alone, k, codes[:, p : p + width])
        np.testing.assert_allclose(activations[:, :, p], window[:, :, 0], rtol=1e-4, atol=1e-5 * scale)


def test_names_and_floor_of_deeper_filters(deep: TrainedModel) -> None:
    assert deep.layer(1).names == ("l1f00", "l1f01", "l1f02", "l1f03", "l1f04")
    assert [deep.layer(k).floor for k in range(4)] == [-np.inf, -np.inf, 0.0, 0.0]
    assert deep.layer(2).strands == "both"
    assert deep.layer(1).activations(np.zeros((3, 17), dtype=np.uint8)).shape == (3, 5, 0)
