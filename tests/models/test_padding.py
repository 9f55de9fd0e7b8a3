"""N at the ends of a sequence is padding: its number and side do not change predictions."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dna_strategies import random_dna
from motifnet.models.kmer_regression import KmerRegression
from motifnet.models.network.block import Block
from motifnet.models.network.builder import build
from motifnet.models.network.presets import PRESETS
from motifnet.models.network.spec import ModelSpec
from motifnet.models.runtime import keras
from motifnet.models.trained import TrainedModel
from motifnet.sequences.alphabet import one_hot
from motifnet.sequences.gapped_kmers import n_columns
from motifnet.sequences.sequence_set import SequenceSet
from small_models import by_tier

LENGTH = 200
#: Few distinct lengths, since each needs a compilation.
LENGTHS = (LENGTH, 151, 90, LENGTH, 151, 90)
REAL = [string[:n] for string, n in zip(random_dna(6, LENGTH, seed=3), LENGTHS, strict=True)]
SAME = Block(4, 5, padding="same")
OTHERS = {
    "same padding": ModelSpec(
        LENGTH, (Block(4, 7, padding="same", pool=2), Block(4, 5, padding="same")), final="global_max"
    ),
    "strides": ModelSpec(LENGTH, (Block(4, 7, stride=3), Block(4, 3, dilation=2)), final="conv_average"),
    "residual": ModelSpec(
        LENGTH, (Block(4, 7), Block(4, 5, padding="same", residual=True)), final="global_max_average"
    ),
    "recurrent": ModelSpec(
        LENGTH, (Block(4, 7, pool=4),), final="global_max_average", recurrent="bidirectional_gru", recurrent_units=3
    ),
    "forward": ModelSpec(LENGTH, (Block(4, 7, pool=3),), final="global_average", strands="forward"),
}
SPECS = {
    **{name: spec for name in PRESETS if not (spec := ModelSpec.preset(name, length=LENGTH)).is_length_fixed},
    **OTHERS,
}


def model_of(spec: ModelSpec, *, half_life: float | None = None) -> TrainedModel:
    network = build(spec, seed=1)
    rng = np.random.default_rng(2)
    # With initial biases and batch norms, padding would have hardly any effect.
    network.set_weights([w + 0.2 * rng.normal(size=w.shape) * (w.ndim == 1) for w in network.get_weights()])
    for layer in network.layers:
        if layer.name.startswith(("norm", "dense_norm")):
            gamma, beta, mean, variance = layer.get_weights()
            layer.set_weights([gamma, beta, mean, np.abs(variance) + 0.5])
    model = TrainedModel(spec, network)
    if half_life is None:
        return model
    weights = rng.normal(size=(n_columns("both"), 1)).astype(np.float32) / 20
    one = np.ones(1, np.float32)
    return replace(model, kmers=KmerRegression(weights, 0 * one, one, one, "both", half_life))


def padded(before: list[int], length: int) -> SequenceSet:
    return SequenceSet.from_strings([("N" * n + real).ljust(length, "N") for n, real in zip(before, REAL, strict=True)])


def predictions(model: TrainedModel) -> list[np.ndarray]:
    behind, more_behind = padded([0] * 6, LENGTH), padded([0] * 6, 330)
    in_front = padded([LENGTH - len(real) for real in REAL], LENGTH)
    around = padded([11, 32, 53, 71, 94, 5], 330)
    return [model.predict(s) for s in (behind, more_behind, in_front, around)]


@pytest.mark.parametrize("name", by_tier(SPECS))
def test_padding_changes_no_prediction(name: str) -> None:
    model = model_of(SPECS[name])
    first, *others = predictions(model)
    assert np.ptp(first) > 1e-3
    for other in others:
        np.testing.assert_allclose(other, first, atol=1e-5)
    alone = [model.predict(SequenceSet.from_strings([real]))[0] for real in REAL[:2]]
    np.testing.assert_allclose(first[:2], alone, atol=1e-5)


@pytest.mark.parametrize("half_life", [math.inf, 30.0])
def test_padding_changes_no_prediction_with_kmers(half_life: float) -> None:
    first, *others = predictions(model_of(SPECS["default"], half_life=half_life))
    for other in others:
        np.testing.assert_allclose(other, first, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "half_life"),
    [("default", None), ("deepbind", None), ("forward", None), ("default", math.inf), ("default", 30.0)],
)
def test_padding_in_an_exported_network(name: str, half_life: float | None, tmp_path: Path) -> None:
    model = model_of(SPECS[name], half_life=half_life)
    model.export(tmp_path / "model.keras")
    exported = keras.models.load_model(tmp_path / "model.keras")
    around = padded([0, 32, 53, 0, 40, 5], LENGTH)
    ours = exported.predict(one_hot(around)[..., np.newaxis], verbose=0)
    np.testing.assert_allclose(ours, model.predict(around), atol=1e-5)


def test_a_sequence_shorter_than_the_filters_has_a_prediction() -> None:
    model = model_of(SPECS["default"])
    short = SequenceSet.from_strings(["ACGTACG" + "N" * 193, "N" * 200, "N" * 193 + "ACGTACG"])
    first, unknown, last = model.predict(short)
    assert np.isfinite([first, unknown]).all()
    np.testing.assert_allclose(first, last, atol=1e-5)
