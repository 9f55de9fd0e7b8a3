"""Importance: what decides is important, what nothing reads is not, and nothing is left without all filters."""

from __future__ import annotations

import logging
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from dna_strategies import random_dna
from motifnet.errors import InputError, SpecError
from motifnet.interpretation.importance import Importance, importance
from motifnet.models.evaluation import evaluate
from motifnet.models.network.block import Block
from motifnet.models.network.builder import build
from motifnet.models.network.spec import ModelSpec
from motifnet.models.trained import TrainedModel
from motifnet.sequences.alphabet import one_hot
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet
from small_models import LENGTH, WORD, planted

DATA = planted(120, 120, seed=4)
DONORS = planted(0, 80, seed=5).sequences
N_FILTERS = 6


def hand_made(spec: ModelSpec) -> TrainedModel:
    """Filter 0 fires on the planted word alone; the second block and the output pass on what it says, and noise."""
    network = build(spec, seed=1)
    kernel, bias = network.get_layer("conv_1").get_weights()
    kernel[:, :, 0, 0] = 2 * one_hot([WORD])[0] - 1
    bias[0] = 3 - len(WORD)
    network.get_layer("conv_1").set_weights([kernel, bias])
    if len(spec.blocks) > 1:
        kernel, bias = network.get_layer("conv_2").get_weights()
        kernel *= 0.02
        kernel[:, :, 0, 0] = 1
        network.get_layer("conv_2").set_weights([kernel, bias])
    kernel, bias = network.get_layer("logits").get_weights()
    kernel *= 0.05
    kernel[:: spec.blocks[-1].filters] = 2
    network.get_layer("logits").set_weights([kernel, bias - 3])
    return TrainedModel(spec, network)


ONE = ModelSpec(LENGTH, (Block(N_FILTERS, len(WORD)),))
TWO = ModelSpec(LENGTH, (Block(N_FILTERS, len(WORD), dropout=0.1, pool=3), Block(4, 3)), final="global_max_average")
FIXED = replace(ONE, blocks=(ONE.blocks[0], Block(4, 3)), final="max", pool_width=10, strands="forward")


def arrays(result: Importance) -> dict[str, np.ndarray]:
    return {field.name: getattr(result, field.name) for field in fields(result)}


@pytest.mark.parametrize("spec", [ONE, TWO, FIXED], ids=["one block", "two blocks", "fixed head"])
def test_the_decisive_filter_is_important_and_others_are_not(spec: ModelSpec) -> None:
    model = hand_made(spec)
    found = importance(model, DATA, [[0], [1, 2, 3, 4, 5], list(range(N_FILTERS))], donors=DONORS)
    whole = evaluate(model, DATA).loc["positive"]
    assert whole["auroc"] > 0.95
    alone, others, everything = range(3)
    assert found.loss.shape == (3, 1)
    assert found.loss_low[alone, 0] > 5 * abs(found.loss[others, 0])
    assert found.auroc_low[alone, 0] > 0.3
    assert abs(found.auroc[others, 0]) < 0.05
    # Without any of its filters the network knows nothing: were one strand left alone, it still did.
    assert whole["auroc"] - found.auroc[everything, 0] == pytest.approx(0.5, abs=0.06)
    # The random groups of one filter are rarely the decisive one.
    assert found.random_loss[alone, 0] < 0.6 * found.loss[alone, 0]
    # As many as all filters are all filters; one of six is left out of five.
    assert found.random_auroc[everything, 0] == pytest.approx(found.auroc[everything, 0], abs=0.03)
    assert found.random_auroc[others, 0] > found.auroc[others, 0]
    for name in ("loss", "auroc"):
        low, middle, high = (arrays(found)[name + end] for end in ("_low", "", "_high"))
        assert ((low <= middle) & (middle <= high)).all()
        assert (arrays(found)[f"random_{name}"] <= arrays(found)[f"random_{name}_high"] + 1e-9).all()


@pytest.mark.parametrize("strands", ["both", "forward"])
def test_a_filter_that_nothing_reads_has_no_importance_at_all(strands: Any) -> None:
    model = hand_made(replace(TWO, strands=strands))
    kernel, bias = model.network.get_layer("conv_2").get_weights()
    kernel[:, :, 3] = 0
    model.network.get_layer("conv_2").set_weights([kernel, bias])
    found = importance(model, DATA, [[3], [3, 4]], donors=DONORS)
    for name in ("loss", "auroc"):
        assert [arrays(found)[name + end][0, 0] for end in ("", "_low", "_high")] == [0, 0, 0]
    assert found.loss[1, 0] != 0


def test_deeper_filters() -> None:
    found = importance(hand_made(TWO), DATA, [[0], [1], [2], [3]], donors=DONORS, layer=1)
    assert found.loss_low[0, 0] > 10 * np.abs(found.loss[1:, 0]).max()


def test_the_seed_decides() -> None:
    model, groups = hand_made(ONE), [[0], [1, 2]]
    first, again, other = (importance(model, DATA, groups, donors=DONORS, seed=seed) for seed in (3, 3, 4))
    for name, values in arrays(first).items():
        assert np.array_equal(values, arrays(again)[name])
    assert not np.array_equal(first.loss, other.loss)
    # Of fewer draws the figure is rougher, but of the same thing.
    fewer = importance(model, DATA, groups, donors=DONORS, draws=1)
    assert fewer.loss[0, 0] == pytest.approx(first.loss[0, 0], rel=0.3)


def test_sequences_of_another_length_and_progress(caplog: pytest.LogCaptureFixture) -> None:
    longer, donors = planted(60, 60, seed=6, length=90), planted(0, 9, seed=7, length=90).sequences
    with caplog.at_level(logging.DEBUG, logger="motifnet.progress"):
        found = importance(hand_made(TWO), longer, [[0]], donors=donors, draws=3)
    assert found.auroc_low[0, 0] > 0.3
    assert [message for message in caplog.messages if "importance" in message] == [
        f"importance: {done} of 3" for done in (1, 2, 3)
    ]


def test_more_sequences_than_a_batch() -> None:
    model, one_donor = hand_made(ONE), DONORS.take([0])  # with one donor no draw matters
    many = planted(200, 200, seed=8)
    found = importance(model, many, [[0]], donors=one_donor, draws=1)
    halves = [
        importance(model, many.take(rows), [[0]], donors=one_donor, draws=1) for rows in np.split(np.arange(400), 2)
    ]
    np.testing.assert_allclose(found.loss, (halves[0].loss + halves[1].loss) / 2, rtol=1e-5)


def test_unknown_labels_are_left_out_and_tasks_lack_classes() -> None:
    tasks = ("known", "some", "ones", "none")
    spec = replace(ONE, tasks=tasks)
    network = build(spec, seed=1)
    labels = np.repeat(DATA.labels, 4, axis=1)
    labels[::3, 1] = np.nan
    labels[labels[:, 2] == 0, 2] = np.nan
    labels[:, 3] = np.nan
    data = Dataset(DATA.sequences, labels, tasks, DATA.groups)
    model, donor = TrainedModel(spec, network), DONORS.take([0])
    found = importance(model, data, [[0, 1], [2]], donors=donor, draws=1)
    alone = importance(model, data.take(~np.isnan(labels[:, 1])), [[0, 1], [2]], donors=donor, draws=1)
    for name in ("loss", "loss_low", "auroc", "auroc_high"):
        np.testing.assert_allclose(arrays(found)[name][:, 1], arrays(alone)[name][:, 1], rtol=1e-4, atol=1e-7)
    assert np.isfinite(found.loss[:, :3]).all()
    assert np.isfinite(found.auroc[:, :2]).all()
    for values in (found.auroc, found.auroc_low, found.random_auroc_high):
        assert np.isnan(values[:, 2:]).all()
    assert np.isnan(found.loss[:, 3]).all()
    assert np.isnan(found.loss_high[:, 3]).all()


def test_no_groups_is_no_rows() -> None:
    found = importance(hand_made(ONE), DATA.take([0, 200]), [], donors=DONORS, draws=1)
    assert {values.shape for values in arrays(found).values()} == {(0, 1)}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"groups": [[0], [2, 6]]}, "group 1 holds filter 6; the layer has the filters 0 to 5"),
        ({"groups": [[-1]]}, "group 0 holds filter -1; the layer has the filters 0 to 5"),
        ({"groups": [[]]}, "group 0 holds no filters; the layer has the filters 0 to 5"),
        ({"draws": 0}, "draws must be at least 1. Got 0 instead"),
        (
            {"donors": SequenceSet.from_strings(random_dna(3, 50, seed=1))},
            "the donors are 50 bp long, the sequences 60 bp\n  Read both with the same length.",
        ),
        (
            {"donors": DONORS.take([])},
            "there are no donors to replace maps by\n  Give held-out sequences; negatives are donors.",
        ),
        (
            {"data": DATA.take([])},
            "there are no sequences to measure importance on\n  Give held-out sequences; negatives are donors.",
        ),
        ({"data": replace(DATA, tasks=("other",))}, "the model has the tasks positive, the data other"),
    ],
)
def test_bad_input(values: dict[str, Any], message: str) -> None:
    given = {"data": DATA, "groups": [[0]], "donors": DONORS, **values}
    with pytest.raises(InputError) as error:
        importance(hand_made(ONE), **given)
    assert str(error.value) == message


def test_a_layer_that_is_not_there() -> None:
    with pytest.raises(SpecError, match="layer"):
        importance(hand_made(ONE), DATA, [[0]], donors=DONORS, layer=1)
