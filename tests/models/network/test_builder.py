"""The network of a spec: its layers, their shapes, and its sources of randomness."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from motifnet.models.network.block import ACTIVATIONS, FINALS, POOLS, Block
from motifnet.models.network.builder import build, output_weights
from motifnet.models.network.spec import ModelSpec, SpecChanges

SMALL = ModelSpec(40, (Block(3, 9), Block(5, 4)), hidden=(6,), tasks=("a", "b"))


def test_names_and_shapes_of_layers() -> None:
    blocks = (Block(3, 9, batch_norm=True, dropout=0.1, pool=2), Block(5, 4))
    network = build(ModelSpec(40, blocks, final="max", pool_width=3, hidden=(6,)))
    assert [layer.name for layer in network.layers] == [
        "sequence",
        *("conv_1", "norm_1", "activation_1", "dropout_1", "pool_1"),
        *("conv_2", "activation_2"),
        *("final_pool", "flatten", "dense_1", "dense_activation_1", "logits", "probability"),
    ]
    shapes = {layer.name: tuple(layer.output.shape[1:]) for layer in network.layers}
    assert shapes["sequence"] == (4, 40, 1)
    assert shapes["conv_1"] == (1, 32, 3)
    assert shapes["pool_1"] == (1, 16, 3)
    assert shapes["conv_2"] == (1, 13, 5)
    assert shapes["final_pool"] == (1, 4, 5)
    assert shapes["flatten"] == (20,)
    assert shapes["logits"] == shapes["probability"] == (1,)
    assert network.get_layer("conv_1").kernel.shape == (4, 9, 1, 3)
    assert network.get_layer("conv_2").kernel.shape == (1, 4, 3, 5)


@pytest.mark.parametrize("final", FINALS)
def test_every_final_pooling(final: str) -> None:
    spec = ModelSpec(40, (Block(3, 9),), final=final, pool_width=4 if final in POOLS else None)
    units = output_weights(build(spec)).kernel.shape[-2]
    others = {"flatten": 32 * 3, "global_max_average": 2 * 3, "pyramid_max": 7 * 3}
    assert units == others.get(final, 8 * 3 if final in POOLS else 3)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_is_a_layer_of_its_own(activation: str) -> None:
    network = build(ModelSpec(40, (Block(3, 9, activation=activation),)))
    assert network.get_layer("activation_1").get_config()["activation"] == activation
    assert network.get_layer("conv_1").get_config()["activation"] == "linear"


def test_number_of_parameters_of_dragonn() -> None:
    length, n, width, pool = 500, 15, 15, 35
    first = n * (4 * width) + n
    later = n * (n * width) + n
    positions = length - 3 * (width - 1)
    head = n * (positions // pool) + 1
    assert build(ModelSpec.preset("dragonn", length=length)).count_params() == first + 2 * later + head


def test_initialisers_penalties_and_dropout() -> None:
    network = build(ModelSpec.preset("dragonn", length=200, changes=SpecChanges(l1=1e-3, dropout=0.1)))
    for number in (1, 2, 3):
        conv = network.get_layer(f"conv_{number}")
        assert type(conv.kernel_initializer).__name__ == "HeNormal"
        for penalty in (conv.kernel_regularizer, conv.bias_regularizer):
            assert float(penalty(np.full((2,), 10.0, dtype=np.float32))) == pytest.approx(20 * 1e-3)
        assert network.get_layer(f"dropout_{number}").rate == 0.1
    assert network.get_layer("logits").kernel_regularizer is None
    assert len(network.losses) == 6
    assert build(SMALL).losses == []
    squared = build(ModelSpec(40, (Block(3, 9, l2=0.5),))).get_layer("conv_1").bias_regularizer
    assert float(squared(np.full((2,), 3.0, dtype=np.float32))) == pytest.approx(9.0)


def test_batch_norm_replaces_the_bias() -> None:
    network = build(ModelSpec(40, (Block(3, 9, batch_norm=True), Block(2, 3))))
    assert not network.get_layer("conv_1").use_bias
    assert network.get_layer("conv_2").use_bias


def test_the_seed_determines_the_weights() -> None:
    first, again, other = (build(SMALL, seed=seed).get_weights() for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    kernels = [i for i, w in enumerate(first) if w.ndim > 1]
    assert not any(np.array_equal(first[i], other[i]) for i in kernels)
    assert len({first[i].ravel()[0] for i in kernels}) == len(kernels)  # no two layers start from equal numbers


def test_the_seed_determines_the_dropout() -> None:
    spec = ModelSpec(40, (Block(8, 9, dropout=0.5),))
    x = np.random.default_rng(0).random((2, 4, 40, 1)).astype(np.float32)
    runs = [
        [np.array(network(x, training=True)) for _ in range(2)] for network in (build(spec, seed=s) for s in (1, 1))
    ]
    assert np.array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0][0], runs[0][1])


HOSTILE = {"floatx": "float16", "image_data_format": "channels_first", "epsilon": 0.1, "backend": "jax"}
PROBE = """
import numpy as np
from motifnet.models.network.builder import build
from motifnet.models.runtime import keras
from motifnet.models.network.block import Block
from motifnet.models.network.spec import ModelSpec
from motifnet.models.training.train_spec import TrainSpec
from motifnet.models.training.loop import train
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet
codes = np.random.default_rng(1).integers(0, 4, (20, 40)).astype(np.uint8)
data = Dataset(SequenceSet(range(20), codes), np.arange(20)[:, None] % 2, ("positive",), np.arange(20))
blocks = (Block(3, 9, batch_norm=True, dropout=0.1, pool=2), Block(5, 4))
for final, width in (("max", 3), ("global_max_average", None)):
    network_spec = ModelSpec(40, blocks, final=final, pool_width=width, hidden=(4,))
    network = build(network_spec, seed=5)
    x = np.random.default_rng(0).random((2, 4, 40, 1)).astype(np.float32)
    print([(w.dtype, w.shape, float(np.abs(w.numpy()).sum())) for w in network.weights])
    print(network(x).numpy().dtype, network(x).numpy().ravel().tolist())
    trained = train(network_spec, data, valid=data, training=TrainSpec(max_steps=3, learning_rate=0.0123))
    print([w.tobytes().hex() for w in trained.network.get_weights()], trained.history.to_csv())
print("floatx", keras.config.floatx())
"""


@pytest.mark.nightly
def test_settings_in_keras_json_have_no_effect(tmp_path: Path) -> None:
    (tmp_path / "keras.json").write_text(json.dumps(HOSTILE))
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"} | {"KERAS_HOME": str(tmp_path)}
    command = [sys.executable, "-c", PROBE]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=240)
    with contextlib.redirect_stdout(io.StringIO()) as here:
        exec(PROBE, {})
    *hostile, floatx = done.stdout.splitlines()
    *plain, own_floatx = here.getvalue().splitlines()
    assert (floatx, own_floatx) == ("floatx float16", "floatx float32")
    assert hostile == plain
    assert len(plain) > 4
