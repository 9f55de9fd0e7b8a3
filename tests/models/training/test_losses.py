"""Losses of values and counts: units, masks, weights of tasks; what was learned comes back in the labels' units."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.optimize

from motifnet.errors import InputError
from motifnet.models.evaluation import evaluate
from motifnet.models.metrics import poisson_deviance
from motifnet.models.network.spec import ModelSpec
from motifnet.models.trained import TrainedModel
from motifnet.models.training.loop import train
from motifnet.models.training.losses import Objective
from motifnet.sequences.dataset import Dataset
from small_models import QUICK, SPEC, planted

NAN = float("nan")
#: The network as it is, nothing beside it.
ALONE = replace(QUICK, kmer_init=False, kmers=False)
RNG = np.random.default_rng(0)


def labelled(labels: Any, tasks: tuple[str, ...] | None = None) -> Dataset:
    array = np.asarray(labels, dtype=np.float32)
    data = planted(len(array) // 2, len(array) - len(array) // 2, seed=1)
    return Dataset(data.sequences, array, tasks or tuple(f"t{i}" for i in range(array.shape[1])), data.groups)


def real(n: int, *, seed: int) -> Dataset:
    """Values that the planted word raises by 20 about 100, with noise of 2; a second task, in thousandths, falls."""
    data = planted(n // 2, n // 2, seed=seed)
    noise = np.random.default_rng(seed).normal(0, 2, n)
    labels = 100 + 20 * data.labels[:, 0] + noise
    return Dataset(data.sequences, np.stack([labels, -labels / 1000], axis=1), ("up", "down"), data.groups)


def counted(n: int, *, seed: int) -> Dataset:
    data = planted(n // 2, n // 2, seed=seed)
    counts = np.random.default_rng(seed).poisson(3 + 30 * data.labels[:, :1])
    return Dataset(data.sequences, counts, ("reads",), data.groups)


def loss_of(objective: Objective, labels: Any, logits: Any) -> float:
    return float(objective.loss(np.asarray(labels, np.float32), np.asarray(logits, np.float32)))


@pytest.mark.parametrize("outputs", ["values", "counts"])
def test_the_mean_alone_has_a_loss_of_1_in_training_and_validation(outputs: str) -> None:
    data = labelled(RNG.poisson([[3, 500]], (200, 2)))
    objective = Objective.of(outputs, data)
    # What the output layer gives where the maps say nothing, before what makes predictions of logits.
    logits = np.tile(objective.start, (200, 1))
    predictions = np.exp(logits) if outputs == "counts" else logits
    assert loss_of(objective, data.labels, logits) == pytest.approx(1, rel=1e-4)
    assert objective.validate(data, predictions)[0] == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize("outputs", ["values", "counts"])
def test_tasks_weigh_the_same_in_any_unit_and_with_any_number_of_labels(outputs: str) -> None:
    labels = RNG.poisson(100, (400, 1)).astype(np.float64)
    few = labels.copy()
    few[100:] = NAN
    data = labelled(np.hstack([labels, few]))
    objective = Objective.of(outputs, data)
    right = _best(outputs, data, objective)
    rises = []
    for task in (0, 1):
        wrong = right.copy()
        wrong[:, task] += 0.1
        rises.append(loss_of(objective, data.labels, wrong) - loss_of(objective, data.labels, right))
    assert rises[0] == pytest.approx(rises[1], rel=0.2)
    assert rises[0] > 0


def _best(outputs: str, data: Dataset, objective: Objective) -> Any:
    known = np.nan_to_num(data.labels, nan=1)
    """What the network gives where it is right."""
    return (known - objective.center) / objective.scale if outputs == "values" else np.log(known)


def test_the_poisson_loss_is_lowest_at_the_counts() -> None:
    data = labelled([[0.0], [4.0], [9.0], [1.0]])
    objective = Objective.of("counts", data)
    for row, count in enumerate((0, 4, 9, 1)):
        one = data.labels[[row]]
        found = scipy.optimize.minimize_scalar(lambda z, y=one: loss_of(objective, y, [[z]]), bounds=(-9, 4))
        assert np.exp(found.x) == pytest.approx(count, abs=0.01)
    assert poisson_deviance(np.array([3.0, 0.0]), np.array([3.0, 0.0])) == 0


@pytest.mark.parametrize("outputs", ["classes", "values", "counts"])
def test_unknown_labels_weigh_nothing(outputs: str) -> None:
    labels = np.array([[1, NAN], [0, 1], [NAN, 0], [1, NAN]])
    objective = Objective.of(outputs, labelled(labels))
    logits = RNG.normal(size=(4, 2))
    moved = logits + np.where(np.isnan(labels), 50, 0)
    assert loss_of(objective, labels, logits) == pytest.approx(loss_of(objective, labels, moved))
    predictions = 1 / (1 + np.exp(-logits))
    again = np.where(np.isnan(labels), 0.5, predictions)
    assert objective.validate(labelled(labels), predictions) == objective.validate(labelled(labels), again)
    assert loss_of(objective, np.full((4, 2), NAN), logits) == 0


@pytest.mark.slow
@pytest.mark.parametrize("final", ["global_max", "conv_max", "conv_average"])
@pytest.mark.parametrize("strands", ["both", "shared"])
def test_values_come_back_in_the_units_of_the_labels(final: str, strands: Any) -> None:
    spec = replace(SPEC, final=final, strands=strands, tasks=("up", "down"), outputs="values")
    model = train(
        spec, real(300, seed=1), valid=real(100, seed=2), training=replace(ALONE, max_steps=20, check_every=10)
    )
    figures = evaluate(model, real(100, seed=2))
    assert tuple(model.history.columns) == ("step", "epoch", "loss", "valid_loss", "valid_pearson")
    variances = real(300, seed=1).labels.var(axis=0, dtype=np.float64)
    assert (figures["mse"] / variances).mean() == pytest.approx(model.history["valid_loss"].min(), rel=1e-3)


@pytest.mark.slow
def test_values_are_learned() -> None:
    spec = replace(SPEC, tasks=("up", "down"), outputs="values")
    model = train(spec, real(600, seed=1), valid=real(100, seed=2), training=replace(ALONE, max_steps=200))
    held_out = real(200, seed=3)
    figures = evaluate(model, held_out)
    assert figures["pearson"].min() > 0.5
    assert (figures["mse"] / held_out.labels.var(axis=0)).max() < 0.8


@pytest.fixture(scope="module")
def counter() -> TrainedModel:
    spec = replace(SPEC, tasks=("reads",), outputs="counts")
    return train(spec, counted(300, seed=1), valid=counted(100, seed=2), training=replace(ALONE, max_steps=100))


@pytest.mark.slow
def test_counts_are_learned(counter: TrainedModel) -> None:
    held_out = counted(200, seed=3)
    figures = evaluate(counter, held_out).loc["reads"]
    assert figures["pearson"] > 0.4
    assert figures["poisson_deviance"] / poisson_deviance(held_out.labels, held_out.labels.mean()) < 0.85
    assert counter.predict(held_out.sequences).mean() == pytest.approx(held_out.labels.mean(), rel=0.5)


@pytest.mark.parametrize(
    ("outputs", "labels", "message"),
    [
        ("counts", [[1.0], [-1.0]],
         "task 't0' has a label -1; labels that are counts are 0 or more, or NaN for unknown\n"
         "  Learn values (--outputs values)."),
        ("values", [[2.5], [2.5]], "task 't0' has fewer than two different labels to learn from"),
    ],
)  # fmt: skip
def test_labels_that_do_not_fit(outputs: str, labels: Any, message: str) -> None:
    data = labelled(labels)
    spec = ModelSpec(data.sequences.length, SPEC.blocks, tasks=data.tasks, outputs=outputs)
    with pytest.raises(InputError) as error:
        train(spec, data, valid=data)
    assert str(error.value) == message
