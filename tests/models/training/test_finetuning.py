"""Training that starts from a model: what is taken over, what stays frozen, what is remembered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motifnet.errors import SpecError
from motifnet.models.network.block import Block
from motifnet.models.network.spec import ModelSpec
from motifnet.models.trained import TrainedModel
from motifnet.models.training.finetuning import Start
from motifnet.models.training.loop import train
from motifnet.sequences.dataset import Dataset
from small_models import LENGTH, QUICK, planted

SPEC = ModelSpec(LENGTH, (Block(6, 9, batch_norm=True, pool=2), Block(5, 3, batch_norm=True)), hidden=(4,))
FEW = replace(QUICK, max_steps=4, check_every=2, kmer_init=False, kmers=False)
DATA, VALID = planted(40, 40, seed=1), planted(10, 10, seed=2)


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
def test_frozen_blocks_stay_to_the_bit_and_the_others_learn(parent: TrainedModel) -> None:
    model = train(SPEC, planted(40, 40, seed=4), valid=planted(10, 10, seed=5), training=FEW, start=Start(parent, 1))
    for prefix in ("conv_1", "norm_1"):
        assert same(arrays(model, prefix), arrays(parent, prefix))
    for prefix in ("conv_2", "norm_2", "dense_1", "logits"):
        assert not same(arrays(model, prefix), arrays(parent, prefix))
    # An exported or loaded model is trainable again.
    assert all(layer.trainable for layer in model.network.layers)


@pytest.mark.slow
def test_all_frozen_only_the_head_learns(parent: TrainedModel) -> None:
    model = train(SPEC, DATA, valid=VALID, training=FEW, start=Start(parent, 2))
    assert same(arrays(model, "conv"), arrays(parent, "conv"))
    assert same(arrays(model, "norm"), arrays(parent, "norm"))
    assert not same(arrays(model, "logits"), arrays(parent, "logits"))


@pytest.mark.slow
@pytest.mark.parametrize("outputs", ["classes", "values", "counts"])
def test_the_same_tasks_go_on_where_the_model_stood(outputs: str) -> None:
    data, valid = as_task(DATA, "t", 1.0), as_task(VALID, "t", 1.0)
    spec = replace(SPEC, tasks=("t",), outputs=outputs)
    before = train(spec, data, valid=valid, training=FEW)
    still = replace(FEW, max_steps=1, learning_rate=1e-12)
    after = train(spec, data, valid=valid, training=still, start=Start(before, 2))
    np.testing.assert_allclose(after.predict(valid.sequences), before.predict(valid.sequences), rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_other_tasks_get_a_new_head_and_other_lengths_are_taken(parent: TrainedModel) -> None:
    data, valid = (as_task(planted(20, 20, seed=s, length=80), "other", 7.5) for s in (4, 5))
    spec = replace(SPEC, length=80, tasks=("other",), outputs="values")
    model = train(spec, data, valid=valid, training=FEW, start=Start(parent, 2))
    assert same(arrays(model, "conv"), arrays(parent, "conv"))
    assert model.predict(valid.sequences).shape == (40, 1)


@pytest.mark.slow
def test_what_the_model_was_trained_on_stays_so(parent: TrainedModel, caplog: pytest.LogCaptureFixture) -> None:
    new = planted(20, 20, seed=4)
    model = train(SPEC, new, valid=DATA.take(np.arange(30, 50)), training=FEW, start=Start(parent)).with_test(DATA)
    assert set(model.split_of(DATA.sequences)) == {"train"}
    assert set(model.split_of(new.sequences)) == {"train"}
    assert set(model.split_of(VALID.sequences)) == {"valid"}
    assert "20 of 20 validation sequences trained the model that this one starts from" in caplog.text


@pytest.mark.slow
def test_the_origin_is_remembered_on_disk(parent: TrainedModel, tmp_path: Path) -> None:
    model = train(SPEC, DATA, valid=VALID, training=FEW, start=Start(parent, 1))
    assert model.origin is not None
    assert (model.origin.frozen, len(model.origin.weights)) == (1, 64)
    model.save(tmp_path / "model")
    assert TrainedModel.load(tmp_path / "model").origin == model.origin
    assert parent.origin is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "freeze", "message"),
    [
        (lambda s: replace(s, blocks=s.blocks[:1]), 0,
         "the network has 1 blocks, the model to start from 2\n"
         "  Leave the blocks as they are there; strands, dropout, penalties, tasks and head may change."),
        (lambda s: replace(s, blocks=(replace(s.blocks[0], width=11, pool=1), s.blocks[1])), 0,
         "block 1 is not that of the model to start from: width is 11, not 9, pool is 1, not 2\n"
         "  Leave the blocks as they are there; strands, dropout, penalties, tasks and head may change."),
        (lambda s: s, 3, "freeze must be a number of blocks, 0 to 2. Got 3 instead"),
    ],
)  # fmt: skip
def test_what_cannot_start_there(
    parent: TrainedModel, change: Callable[[ModelSpec], ModelSpec], freeze: int, message: str
) -> None:
    with pytest.raises(SpecError) as error:
        train(change(SPEC), DATA, valid=VALID, training=FEW, start=Start(parent, freeze))
    assert str(error.value) == message
