"""Losses of values and counts: units, unknown labels, weights of tasks; predictions have the units of the labels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.optimize

from motifnet.models.evaluation import evaluate
from motifnet.models.metrics import poisson_deviance
from motifnet.models.trained import TrainedModel
from motifnet.models.training.loop import train
from motifnet.models.training.losses import Objective
from motifnet.sequences.dataset import Dataset
from small_models import QUICK, SPEC, planted

NAN = float("nan")
#: The network alone, with random filters.
ALONE = replace(QUICK, kmer_init=False, kmers=False)
RNG = np.random.default_rng(0)


def labelled(labels: Any, tasks: tuple[str, ...] | None = None) -> Dataset:
    array = np.asarray(labels, dtype=np.float32)
    data = planted(len(array) // 2, len(array) - len(array) // 2, seed=1)
    return Dataset(data.sequences, array, tasks or tuple(f"t{i}" for i in range(array.shape[1])), data.groups)


def real(n: int, *, seed: int) -> Dataset:
    """Values of 100, or 120 with the planted motif, with noise; those of a second task decrease, in thousandths."""
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
def test_predicting_the_mean_has_a_loss_of_1(outputs: str) -> None:
    data = labelled(RNG.poisson([[3, 500]], (200, 2)))
    objective = Objective.of(outputs, data)
    logits = np.tile(objective.bias, (200, 1))
    predictions = np.exp(logits) if outputs == "counts" else logits
    assert loss_of(objective, data.labels, logits) == pytest.approx(1, rel=1e-4)
    assert objective.validate(data, predictions)[0] == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize("outputs", ["values", "counts"])
def test_tasks_have_equal_weight_in_any_unit_and_with_any_number_of_labels(outputs: str) -> None:
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
    """Outputs of a network that predicts all labels."""
    known = np.nan_to_num(data.labels, nan=1)
    return (known - objective.center) / objective.scale if outputs == "values" else np.log(known)


def test_the_poisson_loss_is_lowest_at_the_counts() -> None:
    data = labelled([[0.0], [4.0], [9.0], [1.0]])
    objective = Objective.of("counts", data)
    for row, count in enumerate((0, 4, 9, 1)):
        one = data.labels[[row]]
        found = scipy.optimize.minimize_scalar(lambda z, y=one: loss_of(objective, y, [[z]]), bounds=(-9, 4))
        assert np.exp(found.x) == pytest.approx(count, abs=0.01)
    assert poisson_deviance(np.array([3.0, 0.0]), np.array([3.0, 0.0])) == 0


def test_the_poisson_loss_of_huge_outputs_is_finite_and_rises() -> None:
    """Outputs of a new network can be in the hundreds, and their exponential overflows."""
    data = labelled([[0.0], [4.0], [9.0], [1.0]])
    objective = Objective.of("counts", data)
    losses = [loss_of(objective, data.labels, np.full((4, 1), z)) for z in (3.0, 5.0, 50.0, 500.0, 5000.0)]
    assert np.isfinite(losses).all()
    assert (np.diff(losses) > 0).all()
    # below the limit it is the deviance in units of that of the mean
    expected = np.full(4, np.exp(3.0))
    mean = poisson_deviance(data.labels[:, 0], np.full(4, 3.5))
    assert losses[0] == pytest.approx(poisson_deviance(data.labels[:, 0], expected) / mean, rel=1e-4)


@pytest.mark.parametrize("outputs", ["classes", "values", "counts"])
def test_unknown_labels_have_no_weight(outputs: str) -> None:
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
def test_predictions_have_the_units_of_the_labels(final: str, strands: Any) -> None:
    spec = replace(SPEC, final=final, strands=strands, tasks=("up", "down"), outputs="values")
    model = train(
        spec, real(300, seed=1), valid=real(100, seed=2), training=replace(ALONE, max_steps=20, check_every=10)
    )
    metrics = evaluate(model, real(100, seed=2))
    assert tuple(model.history.columns) == ("step", "epoch", "loss", "valid_loss", "valid_pearson")
    variances = real(300, seed=1).labels.var(axis=0, dtype=np.float64)
    assert (metrics["mse"] / variances).mean() == pytest.approx(model.history["valid_loss"].min(), rel=1e-3)


@pytest.mark.slow
def test_values_are_learned() -> None:
    spec = replace(SPEC, tasks=("up", "down"), outputs="values")
    model = train(spec, real(600, seed=1), valid=real(100, seed=2), training=replace(ALONE, max_steps=200))
    held_out = real(200, seed=3)
    metrics = evaluate(model, held_out)
    assert metrics["pearson"].min() > 0.4
    assert (metrics["mse"] / held_out.labels.var(axis=0)).max() < 0.8


@pytest.fixture(scope="module")
def counter() -> TrainedModel:
    spec = replace(SPEC, tasks=("reads",), outputs="counts")
    return train(spec, counted(300, seed=1), valid=counted(100, seed=2), training=replace(ALONE, max_steps=100))


@pytest.mark.slow
def test_counts_are_learned(counter: TrainedModel) -> None:
    held_out = counted(200, seed=3)
    metrics = evaluate(counter, held_out).loc["reads"]
    assert metrics["pearson"] > 0.25
    assert metrics["poisson_deviance"] / poisson_deviance(held_out.labels, held_out.labels.mean()) < 0.9
    assert counter.predict(held_out.sequences).mean() == pytest.approx(held_out.labels.mean(), rel=0.5)
