"""A small task that a small network learns in seconds: a planted k-mer in random sequences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dna_strategies import random_dna
from motifnet.models.network.block import Block
from motifnet.models.network.spec import ModelSpec, SpecChanges
from motifnet.models.runtime import keras
from motifnet.models.trained import TrainedModel
from motifnet.models.training.loop import train
from motifnet.models.training.train_spec import TrainSpec
from motifnet.sequences.alphabet import Codes, one_hot_codes
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import LengthRule, SequenceSet

#: Networks tested in the default suite; the others, which take seconds to build, are tested nightly.
LIGHT = ("default", "dragonn", "deepbind", "same padding", "strides", "residual", "forward")
WORD = "GGATTACA"
LENGTH = 60
#: One layer of filters wider than the k-mer, and a global maximum.
SPEC = ModelSpec(LENGTH, (Block(8, 11, batch_norm=True),), final="global_max")
QUICK = TrainSpec(seed=1, max_steps=150, batch_size=64, check_every=25, patience=10, learning_rate=0.01, shift=0)
#: DragoNN's layout, whose flattened head fixes the length.
FIXED = ModelSpec.preset(
    "dragonn", length=LENGTH, changes=SpecChanges(num_filters=(4, 3), conv_width=(9, 5), pool_width=10, dropout=0.2)
)
RULE = LengthRule(LENGTH, "start")


def by_tier(names: Iterable[str]) -> list[Any]:
    """Parameters for a test of every network; those not in `LIGHT` are marked nightly."""
    return [name if name in LIGHT else pytest.param(name, marks=pytest.mark.nightly) for name in names]


def planted(n_positive: int, n_negative: int, *, seed: int, word: str = WORD, length: int = LENGTH) -> Dataset:
    """Random sequences, the positives with the k-mer at a random position; each sequence is its own group."""
    strings = random_dna(n_positive + n_negative, length, seed=seed)
    starts = np.random.default_rng(seed).integers(0, length - len(word) + 1, n_positive)
    for i, start in enumerate(starts):
        strings[i] = strings[i][:start] + word + strings[i][start + len(word) :]
    labels = np.repeat([1.0, 0.0], [n_positive, n_negative])[:, np.newaxis]
    names = [f"s{i}" for i in range(len(strings))]
    return Dataset(SequenceSet.from_strings(strings, names), labels, ("positive",), np.arange(len(strings)))


def quick_model(spec: ModelSpec = SPEC, training: TrainSpec = QUICK) -> TrainedModel:
    """A model trained on the planted k-mer."""
    return train(spec, planted(300, 300, seed=1), valid=planted(60, 60, seed=2), training=training)


def model_of(spec: ModelSpec, *, rule: LengthRule | None = None) -> TrainedModel:
    """A model trained for a few steps, so that no weight has its initial value."""
    data, valid = planted(20, 20, seed=1), planted(8, 8, seed=2)
    data = replace(data, sequences=replace(data.sequences, rule=rule))
    model = train(spec, data, valid=valid, training=replace(QUICK, max_steps=4, check_every=2))
    return model.with_test(planted(3, 3, seed=3))


#: Sequences to predict.
SEQUENCES = planted(6, 6, seed=3).sequences


def layer_output(network: Any, layer: str, codes: Codes) -> np.ndarray:
    """Output of a layer for codes ``(n, L)``: (n, maps, positions)."""
    inside = keras.Model(network.input, network.get_layer(layer).output)
    return np.array(inside(one_hot_codes(codes)[..., np.newaxis], training=False))[:, 0].transpose(0, 2, 1)
