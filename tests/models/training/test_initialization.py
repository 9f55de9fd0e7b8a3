"""Weights that training starts from: enriched k-mers, or those of a model, with frozen blocks and new heads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import small_models
from motifnet.errors import SpecError
from motifnet.models.network.block import Block
from motifnet.models.network.builder import build
from motifnet.models.network.spec import ModelSpec
from motifnet.models.trained import TrainedModel
from motifnet.models.training.initialization import _allot, init_from_kmers
from motifnet.models.training.loop import train
from motifnet.sequences.alphabet import LETTERS
from motifnet.sequences.dataset import Dataset
from small_models import LENGTH, QUICK, WORD, planted

SPEC = ModelSpec(LENGTH, (Block(6, 9, batch_norm=True, pool=2), Block(5, 3, batch_norm=True)), hidden=(4,))
FEW = replace(QUICK, max_steps=4, check_every=2, kmer_init=False, kmers=False)
DATA, VALID = planted(40, 40, seed=1), planted(10, 10, seed=2)
OTHER_STRAND = WORD[::-1].translate(str.maketrans("ACGT", "TGCA"))

# --- enriched k-mers ---


def test_filters_are_allotted_in_proportion_to_the_z_scores() -> None:
    counts = np.bincount(_allot(np.array([30.0, 10.0, 10.0, 3.0]), 16))
    assert counts[0] in (9, 10)
    assert counts[1] == counts[2]
    assert counts.sum() == 16


def test_filters_start_as_kmers_with_the_norm_of_random_filters() -> None:
    network = build(small_models.SPEC, seed=0)
    random = network.get_layer("conv_1").kernel.numpy()
    assert init_from_kmers(network, small_models.SPEC, planted(300, 300, seed=1), seed=0) >= 1
    kernel = network.get_layer("conv_1").kernel.numpy()
    norms = np.linalg.norm(kernel.reshape(-1, kernel.shape[-1]), axis=0)
    assert norms.mean() == pytest.approx(np.linalg.norm(random.reshape(-1, random.shape[-1]), axis=0).mean(), rel=0.3)
    found = ["".join(LETTERS[base] for base in kernel[:, :, 0, i].argmax(axis=0)) for i in range(kernel.shape[-1])]
    assert sum(any(kmer in each for kmer in (WORD, OTHER_STRAND)) for each in found) >= 2
    assert len({kernel[:, :, 0, i].tobytes() for i in range(kernel.shape[-1])}) == kernel.shape[-1]


def test_filters_narrower_than_a_kmer_stay_random() -> None:
    spec = ModelSpec(LENGTH, (replace(small_models.SPEC.blocks[0], width=4),))
    network = build(spec, seed=0)
    before = network.get_layer("conv_1").kernel.numpy()
    assert init_from_kmers(network, spec, planted(300, 300, seed=1), seed=0) == 0
    assert np.array_equal(network.get_layer("conv_1").kernel.numpy(), before)


# --- a trained model ---


def as_task(data: Dataset, name: str, scale: float = 1.0) -> Dataset:
    return Dataset(data.sequences, scale * data.labels, (name,), data.groups)


@pytest.fixture(scope="module")
def parent() -> TrainedModel:
    return train(SPEC, DATA, valid=VALID, training=FEW).with_test(planted(5, 5, seed=3))


def arrays(model: TrainedModel, prefix: str) -> list[Any]:
    return [w for layer in model.network.layers if layer.name.startswith(prefix) for w in layer.get_weights()]


def same(ours: list[Any], theirs: list[Any]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.slow
def test_frozen_blocks_do_not_change_and_the_others_are_trained(parent: TrainedModel) -> None:
    model = train(SPEC, planted(40, 40, seed=4), valid=planted(10, 10, seed=5), training=FEW, start=parent, freeze=1)
    for prefix in ("conv_1", "norm_1"):
        assert same(arrays(model, prefix), arrays(parent, prefix))
    for prefix in ("conv_2", "norm_2", "dense_1", "logits"):
        assert not same(arrays(model, prefix), arrays(parent, prefix))
    # All layers of the result are trainable again.
    assert all(layer.trainable for layer in model.network.layers)


@pytest.mark.slow
def test_with_all_blocks_frozen_only_the_head_is_trained(parent: TrainedModel) -> None:
    model = train(SPEC, DATA, valid=VALID, training=FEW, start=parent, freeze=2)
    assert same(arrays(model, "conv"), arrays(parent, "conv"))
    assert same(arrays(model, "norm"), arrays(parent, "norm"))
    assert not same(arrays(model, "logits"), arrays(parent, "logits"))


@pytest.mark.slow
@pytest.mark.parametrize("outputs", ["classes", "values", "counts"])
def test_with_the_same_tasks_predictions_start_as_those_of_the_model(outputs: str) -> None:
    data, valid = as_task(DATA, "t", 1.0), as_task(VALID, "t", 1.0)
    spec = replace(SPEC, tasks=("t",), outputs=outputs)
    before = train(spec, data, valid=valid, training=FEW)
    still = replace(FEW, max_steps=1, learning_rate=1e-12)
    after = train(spec, data, valid=valid, training=still, start=before, freeze=2)
    np.testing.assert_allclose(after.predict(valid.sequences), before.predict(valid.sequences), rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_other_tasks_have_a_new_head_and_other_lengths_are_possible(parent: TrainedModel) -> None:
    data, valid = (as_task(planted(20, 20, seed=s, length=80), "other", 7.5) for s in (4, 5))
    spec = replace(SPEC, length=80, tasks=("other",), outputs="values")
    model = train(spec, data, valid=valid, training=FEW, start=parent, freeze=2)
    assert same(arrays(model, "conv"), arrays(parent, "conv"))
    assert model.predict(valid.sequences).shape == (40, 1)


@pytest.mark.slow
def test_training_sequences_stay_training_sequences(parent: TrainedModel, caplog: pytest.LogCaptureFixture) -> None:
    new = planted(20, 20, seed=4)
    model = train(SPEC, new, valid=DATA.take(np.arange(30, 50)), training=FEW, start=parent).with_test(DATA)
    assert set(model.split_of(DATA.sequences)) == {"train"}
    assert set(model.split_of(new.sequences)) == {"train"}
    assert set(model.split_of(VALID.sequences)) == {"valid"}
    assert "20 of 20 validation sequences" in caplog.text


@pytest.mark.slow
def test_the_origin_is_saved(parent: TrainedModel, tmp_path: Path) -> None:
    model = train(SPEC, DATA, valid=VALID, training=FEW, start=parent, freeze=1)
    assert model.origin is not None
    assert (model.origin["frozen"], len(str(model.origin["weights"]))) == (1, 64)
    model.save(tmp_path / "model")
    assert TrainedModel.load(tmp_path / "model").origin == model.origin
    assert parent.origin is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "freeze", "part"),
    [
        (lambda s: replace(s, blocks=s.blocks[:1]), 0, "blocks"),
        (lambda s: replace(s, blocks=(replace(s.blocks[0], width=11, pool=1), s.blocks[1])), 0, "block 1"),
        (lambda s: s, 3, "freeze"),
        (lambda s: s, -1, "freeze"),
    ],
)
def test_other_blocks_and_other_numbers_of_blocks_are_an_error(
    parent: TrainedModel, change: Callable[[ModelSpec], ModelSpec], freeze: int, part: str
) -> None:
    with pytest.raises(SpecError) as error:
        train(change(SPEC), DATA, valid=VALID, training=FEW, start=parent, freeze=freeze)
    assert part in error.value.message


def test_freezing_needs_a_model() -> None:
    with pytest.raises(SpecError):
        train(SPEC, DATA, valid=VALID, training=FEW, freeze=1)
