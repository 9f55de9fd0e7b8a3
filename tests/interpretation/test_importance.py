"""Importance: of the decisive filter, of filters without effect, and of all filters."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dna_strategies import random_dna
from motifnet.errors import InputError, SpecError
from motifnet.interpretation.importance import IMPORTANCE_COLUMNS
from motifnet.interpretation.importance import importance as importance_table
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
    """Filter 0 matches the planted k-mer; the second block and the output pass it on, with weak noise."""
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


def importance(model: TrainedModel, data: Dataset, groups: list[list[int]], **values: Any) -> dict[str, np.ndarray]:
    """The columns of the table, each of shape (groups, tasks)."""
    table = importance_table(model, data, groups, **values)
    assert list(table) == ["group", *(name for name in IMPORTANCE_COLUMNS if name != "motif")]
    assert table["task"].tolist() == list(data.tasks) * len(groups)
    assert table["group"].tolist() == [k for k in range(len(groups)) for _ in data.tasks]
    return {name: table[name].to_numpy().reshape(len(groups), len(data.tasks)) for name in table.columns[2:]}


@pytest.mark.parametrize("spec", [ONE, TWO, FIXED], ids=["one block", "two blocks", "fixed head"])
def test_the_decisive_filter_is_important_and_others_are_not(spec: ModelSpec) -> None:
    model = hand_made(spec)
    found = importance(model, DATA, [[0], [1, 2, 3, 4, 5], list(range(N_FILTERS))], donors=DONORS)
    whole = evaluate(model, DATA).loc["positive"]
    assert whole["auroc"] > 0.95
    alone, others, everything = range(3)
    assert found["loss"].shape == (3, 1)
    assert found["loss_low"][alone, 0] > 5 * abs(found["loss"][others, 0])
    assert found["auroc_low"][alone, 0] > 0.3
    assert abs(found["auroc"][others, 0]) < 0.05
    # Without all filters, on both strands, the predictions are random.
    assert whole["auroc"] - found["auroc"][everything, 0] == pytest.approx(0.5, abs=0.06)
    # Random groups of one filter are rarely the decisive filter.
    assert found["random_loss"][alone, 0] < 0.6 * found["loss"][alone, 0]
    # Random groups of all filters are all filters; those of five of six usually have the decisive one.
    assert found["random_auroc"][everything, 0] == pytest.approx(found["auroc"][everything, 0], abs=0.03)
    assert found["random_auroc"][others, 0] > found["auroc"][others, 0]
    for name in ("loss", "auroc"):
        low, middle, high = (found[name + end] for end in ("_low", "", "_high"))
        assert ((low <= middle) & (middle <= high)).all()
        assert (found[f"random_{name}"] <= found[f"random_{name}_high"] + 1e-9).all()


@pytest.mark.parametrize("strands", ["both", "forward"])
def test_a_filter_without_effect_has_no_importance(strands: Any) -> None:
    model = hand_made(replace(TWO, strands=strands))
    kernel, bias = model.network.get_layer("conv_2").get_weights()
    kernel[:, :, 3] = 0
    model.network.get_layer("conv_2").set_weights([kernel, bias])
    found = importance(model, DATA, [[3], [3, 4]], donors=DONORS)
    for name in ("loss", "auroc"):
        assert [found[name + end][0, 0] for end in ("", "_low", "_high")] == [0, 0, 0]
    assert found["loss"][1, 0] != 0


def test_deeper_filters() -> None:
    found = importance(hand_made(TWO), DATA, [[0], [1], [2], [3]], donors=DONORS, layer=1)
    assert found["loss_low"][0, 0] > 10 * np.abs(found["loss"][1:, 0]).max()


def test_the_same_seed_gives_the_same_result() -> None:
    model, groups = hand_made(ONE), [[0], [1, 2]]
    first, again, other = (importance(model, DATA, groups, donors=DONORS, seed=seed) for seed in (3, 3, 4))
    for name, values in first.items():
        assert np.array_equal(values, again[name])
    assert not np.array_equal(first["loss"], other["loss"])
    # Fewer draws estimate the same value.
    fewer = importance(model, DATA, groups, donors=DONORS, draws=1)
    assert fewer["loss"][0, 0] == pytest.approx(first["loss"][0, 0], rel=0.3)


def test_sequences_of_another_length_with_progress(caplog: pytest.LogCaptureFixture) -> None:
    longer, donors = planted(60, 60, seed=6, length=90), planted(0, 9, seed=7, length=90).sequences
    with caplog.at_level(logging.DEBUG, logger="motifnet.progress"):
        found = importance(hand_made(TWO), longer, [[0]], donors=donors, draws=3)
    assert found["auroc_low"][0, 0] > 0.3
    steps = [record.args[:3] for record in caplog.records if isinstance(record.args, tuple)]
    assert steps == [("importance", done, 3) for done in (1, 2, 3)]


def test_more_sequences_than_a_batch() -> None:
    model, one_donor = hand_made(ONE), DONORS.take([0])  # with one donor, all draws are equal
    many = planted(200, 200, seed=8)
    found = importance(model, many, [[0]], donors=one_donor, draws=1)
    halves = [
        importance(model, many.take(rows), [[0]], donors=one_donor, draws=1) for rows in np.split(np.arange(400), 2)
    ]
    np.testing.assert_allclose(found["loss"], (halves[0]["loss"] + halves[1]["loss"]) / 2, rtol=1e-5)


def test_unknown_labels_and_tasks_without_a_class() -> None:
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
        np.testing.assert_allclose(found[name][:, 1], alone[name][:, 1], rtol=1e-4, atol=1e-7)
    assert np.isfinite(found["loss"][:, :3]).all()
    assert np.isfinite(found["auroc"][:, :2]).all()
    for values in (found["auroc"], found["auroc_low"], found["random_auroc_high"]):
        assert np.isnan(values[:, 2:]).all()
    assert np.isnan(found["loss"][:, 3]).all()
    assert np.isnan(found["loss_high"][:, 3]).all()


def test_no_groups() -> None:
    found = importance(hand_made(ONE), DATA.take([0, 200]), [], donors=DONORS, draws=1)
    assert {values.shape for values in found.values()} == {(0, 1)}


@pytest.mark.parametrize(
    "values",
    [
        {"groups": [[0], [2, 6]]},
        {"groups": [[-1]]},
        {"groups": [[]]},
        {"draws": 0},
        {"donors": SequenceSet.from_strings(random_dna(3, 50, seed=1))},
        {"donors": DONORS.take([])},
        {"data": DATA.take([])},
        {"data": replace(DATA, tasks=("other",))},
    ],
    ids=["filter", "negative filter", "empty group", "draws", "length", "no donors", "no data", "tasks"],
)
def test_bad_input(values: dict[str, Any]) -> None:
    given = {"data": DATA, "groups": [[0]], "donors": DONORS, **values}
    with pytest.raises(InputError):
        importance_table(hand_made(ONE), **given)


def test_a_missing_layer() -> None:
    with pytest.raises(SpecError, match="layer"):
        importance_table(hand_made(ONE), DATA, [[0]], donors=DONORS, layer=1)
