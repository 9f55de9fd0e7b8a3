"""Each kind of pooling against its definition in NumPy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import motifnet as mn
from motifnet.models.network.block import POOLS, SHARPNESS, Block
from motifnet.models.network.builder import RandomPooling, build, build_twin, copy_weights
from motifnet.models.network.spec import ModelSpec, SpecChanges
from motifnet.models.runtime import keras
from motifnet.sequences.alphabet import one_hot_codes
from network_designs import network_of
from small_models import QUICK, planted

Maps = NDArray[np.float64]
LENGTH = 40
CODES = np.random.default_rng(3).integers(0, 4, (5, LENGTH)).astype(np.uint8)
X = one_hot_codes(CODES)[..., np.newaxis].astype(np.float32)


def pooled(x: Maps, kind: str, sharpness: float, kernel: Maps | None = None) -> Maps:
    """Pool maps ``(w, C)`` over their positions."""
    if kind == "max":
        return np.asarray(x.max(axis=0))
    if kind == "lp":
        return np.asarray((np.abs(x) ** sharpness).mean(axis=0) ** (1 / sharpness))
    if kind == "log_average_exp":
        return np.asarray(np.log(np.exp(sharpness * x).mean(axis=0)) / sharpness)
    weights = np.ones_like(x) if kernel is None else np.exp(x @ kernel)
    if kind == "stochastic":
        weights = np.maximum(x, 0) + 1e-3
    return np.asarray((x * weights).sum(axis=0) / weights.sum(axis=0))


def before_and_after(before: str, after: str, network: Any) -> tuple[Maps, Maps]:
    """Outputs of two layers; of the first without the axis of height 1."""
    outputs = [network.get_layer(name).output for name in (before, after)]
    maps, pools = keras.Model(network.input, outputs)(X)
    return maps.numpy().astype(np.float64)[:, 0], pools.numpy().astype(np.float64)


def kernel_of(network: Any, name: str) -> Maps | None:
    names = [layer.name for layer in network.layers]
    return network.get_layer(name).kernel.numpy()[0, 0].astype(np.float64) if name in names else None


@pytest.mark.parametrize("stride", [None, 1, 3])
@pytest.mark.parametrize("kind", POOLS)
def test_pools_of_windows(kind: str, stride: int | None) -> None:
    sharpness = {"lp": 2.5, "log_average_exp": 4.0}.get(kind)
    block = Block(3, 9, pool=4, pool_stride=stride, pool_kind=kind, pool_sharpness=sharpness)
    network = network_of(ModelSpec(LENGTH, (block,)))
    maps, pools = before_and_after("activation_1", "pool_1", network)
    kernel, step = kernel_of(network, "pool_1_scores"), stride or 4
    assert pools.shape[2] == (32 - 4) // step + 1 == block.pooled(32)
    starts = range(0, step * pools.shape[2], step)
    expected = [[pooled(own[p : p + 4], kind, sharpness or 0, kernel) for p in starts] for own in maps]
    np.testing.assert_allclose(pools[:, 0], expected, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("kind", [kind for kind in POOLS if kind != "stochastic"])
def test_pools_of_all_positions(kind: str) -> None:
    network = network_of(ModelSpec(LENGTH, (Block(3, 9),), final=f"global_{kind}"))
    maps, pools = before_and_after("activation_1", "final_pool", network)
    kernel = kernel_of(network, "final_pool_scores")
    expected = [pooled(own, kind, SHARPNESS.get(kind, 0), kernel) for own in maps]
    np.testing.assert_allclose(pools.reshape(5, 3), expected, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize(("kind", "sharpness"), [("lp", (1, 3, 10)), ("log_average_exp", (1e-4, 1, 20))])
def test_pools_go_from_the_average_to_the_maximum(kind: str, sharpness: tuple[float, ...]) -> None:
    def output(own: str, value: float | None = None) -> Maps:
        block = Block(3, 9, pool=2, pool_kind=own, pool_sharpness=value)
        return before_and_after("activation_1", "pool_1", network_of(ModelSpec(LENGTH, (block,))))[1]

    highest, average, found = output("max"), output("average"), [output(kind, value) for value in sharpness]
    np.testing.assert_allclose(found[0], average, atol=2e-3)
    distances = [abs(highest - each).max() for each in (average, *found[1:])]
    assert distances[0] > 1.5 * distances[1] > 3 * distances[2]


def test_attention_starts_as_the_average() -> None:
    outputs = []
    for kind in ("attention", "average"):
        network = build(ModelSpec(LENGTH, (Block(3, 9, pool=4, pool_kind=kind),)))
        network.get_layer("conv_1").set_weights([np.tile(X[0, :, :9, :, np.newaxis], 3), np.zeros(3)])
        outputs.append(before_and_after("activation_1", "pool_1", network)[1])
    np.testing.assert_allclose(*outputs, rtol=1e-6)


def test_a_pyramid_has_the_maxima_of_parts() -> None:
    network = network_of(ModelSpec(LENGTH, (Block(3, 8),), final="pyramid_max"))
    maps, pools = before_and_after("activation_1", "final_pool", network)
    bounds = [(0, 33), (0, 17), (16, 33), (0, 9), (8, 17), (16, 25), (24, 33)]
    for own, found in zip(maps, pools.reshape(5, 7, 3), strict=True):
        np.testing.assert_allclose(found, [own[start:end].max(axis=0) for start, end in bounds], rtol=1e-6)


def test_a_pyramid_ignores_padding() -> None:
    spec = ModelSpec(LENGTH, (Block(3, 8),), final="pyramid_max")
    model, shorter = (mn.TrainedModel(own, network_of(own)) for own in (spec, replace(spec, length=30)))
    shorter.network.set_weights(model.network.get_weights())
    texts = ["".join("ACGT"[code] for code in row[:30]) for row in CODES]
    np.testing.assert_allclose(model.predict([own + "N" * 10 for own in texts]), shorter.predict(texts), rtol=1e-5)


def test_stochastic_pools_draw_in_proportion() -> None:
    x = np.tile(np.array([0.0, 1.0, 3.0, 4.0], np.float32)[:, np.newaxis], (1, 20_000))[np.newaxis, np.newaxis]
    drawn = RandomPooling(4, 4, "draw", seed=0)(x, x + 1e-3).numpy().ravel()
    for value, expected in ((0, 0), (1, 1 / 8), (3, 3 / 8), (4, 1 / 2)):
        assert (drawn == value).mean() == pytest.approx(expected, abs=0.02)


def test_stochastic_pools_predict_the_mean_of_the_draws() -> None:
    blocks = Block(3, 9, pool=4, pool_kind="stochastic", pool_stride=2), Block(2, 3, activation="linear")
    spec = ModelSpec(LENGTH, blocks, final="global_average")  # linear behind the pool
    network, twin = network_of(spec), build_twin(spec)
    copy_weights(network, twin)
    logits = keras.Model(network.input, network.get_layer("logits").output)(X).numpy()
    draws = np.array([twin(X.transpose(0, 3, 2, 1)).numpy() for _ in range(100)])
    assert (draws.std(axis=0) > 0).all()
    assert (abs(draws.mean(axis=0) - logits) < 5 * draws.std(axis=0) / 10).all()


@pytest.mark.slow
@pytest.mark.parametrize("kind", POOLS)
def test_networks_with_each_kind_learn(kind: str) -> None:
    data, valid = planted(200, 200, seed=1), planted(60, 60, seed=2)
    block = Block(8, 11, pool=4, pool_kind=kind, pool_stride=2)
    spec = ModelSpec(data.sequences.length, (block,), tasks=data.tasks)
    model = mn.train(spec, data, valid=valid, training=replace(QUICK, kmers=False, max_steps=200))
    assert model.history["valid_auroc"].max() > 0.8


@pytest.mark.parametrize("kind", POOLS)
def test_presets_that_pool_first_take_every_kind(kind: str) -> None:
    spec = ModelSpec.preset("default", length=100, changes=SpecChanges(pool_kind=kind))
    assert {block.pool_kind for block in spec.blocks} == {kind}
