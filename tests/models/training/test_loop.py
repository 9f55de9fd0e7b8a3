"""Training learns, is reproducible, keeps the best weights, and predicts calibrated probabilities."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from motifnet.errors import InputError, SpecError
from motifnet.models.evaluation import evaluate
from motifnet.models.network.block import Block
from motifnet.models.network.spec import ModelSpec
from motifnet.models.storage import HISTORY_COLUMNS
from motifnet.models.trained import TrainedModel
from motifnet.models.training.batches import Batches
from motifnet.models.training.loop import train
from motifnet.models.training.train_spec import TrainSpec
from motifnet.progress import Progress
from motifnet.sequences.dataset import Dataset, Split
from motifnet.sequences.sequence_set import LengthRule, SequenceSet
from small_models import LENGTH, QUICK, SPEC, planted, quick_model

FEW = replace(QUICK, max_steps=6, check_every=2)


def weight_bytes(model: TrainedModel) -> list[bytes]:
    return [w.tobytes() for w in model.network.get_weights()]


def relabelled(data: Dataset, labels: Any, tasks: tuple[str, ...] = ("positive",)) -> Dataset:
    return Dataset(data.sequences, np.asarray(labels, dtype=np.float32), tasks, data.groups)


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    return quick_model()


# --- learning ---


@pytest.mark.slow
def test_a_planted_motif_is_learned(model: TrainedModel) -> None:
    metrics = evaluate(model, planted(100, 100, seed=3)).loc["positive"]
    assert metrics["auroc"] > 0.8
    assert metrics["accuracy"] > 0.75
    assert model.history["valid_auroc"].max() > 0.8
    assert model.history["valid_loss"].min() < 0.6


@pytest.mark.slow
def test_the_history_has_one_row_per_validation(model: TrainedModel) -> None:
    history = model.history
    assert list(history.columns) == [*HISTORY_COLUMNS, "valid_auroc"]
    assert history["step"].tolist() == list(range(25, 151, 25))
    np.testing.assert_allclose(history["epoch"], history["step"] * 64 / 600)
    assert history.notna().all(axis=None)


def opposite_labels() -> tuple[Dataset, Dataset]:
    """Training data, and validation data with the opposite labels: learning the motif raises the validation loss."""
    data, valid = planted(40, 40, seed=1), planted(40, 40, seed=2)
    return data, relabelled(valid, 1 - valid.labels)


@pytest.mark.slow
def test_the_best_weights_are_kept() -> None:
    data, valid = opposite_labels()
    training = replace(QUICK, learning_rate=0.02, max_steps=45, check_every=3, patience=100, kmers=False)
    model = train(SPEC, data, valid=valid, training=training)
    losses = model.history["valid_loss"]
    assert len(losses) == 15
    assert losses.iloc[-1] - losses.min() > 0.05
    assert evaluate(model, valid).loc["positive", "log_loss"] == losses.min()


@pytest.mark.slow
def test_training_stops_after_the_patience() -> None:
    data, valid = opposite_labels()
    training = replace(QUICK, learning_rate=0.02, max_steps=500, check_every=3, patience=4)
    history = train(SPEC, data, valid=valid, training=training).history
    assert len(history) - 1 - history["valid_loss"].idxmin() == 4
    assert history["step"].iloc[-1] < 250


# --- reproducibility ---


@pytest.mark.slow
def test_the_seed_determines_the_weights_to_the_bit() -> None:
    spec = replace(SPEC, blocks=(replace(SPEC.blocks[0], dropout=0.2),))
    data, valid = planted(60, 60, seed=1), planted(20, 20, seed=2)
    first, again, other = (train(spec, data, valid=valid, training=replace(FEW, seed=seed)) for seed in (7, 7, 8))
    assert weight_bytes(first) == weight_bytes(again)
    assert first.history.equals(again.history)
    assert weight_bytes(first)[0] != weight_bytes(other)[0]


@pytest.mark.slow
def test_progress_is_reported_and_does_not_change_the_result() -> None:
    data, valid = planted(60, 60, seed=1), planted(20, 20, seed=2)
    reports: list[Progress] = []
    first = train(SPEC, data, valid=valid, training=replace(FEW, max_steps=25))
    again = train(SPEC, data, valid=valid, training=replace(FEW, max_steps=25), progress=reports.append)
    assert weight_bytes(first) == weight_bytes(again)
    assert [now.step for now in reports] == [*range(2, 25, 2), 25]
    assert {now.max_steps for now in reports} == {25}
    assert reports[-1].valid_loss == again.history["valid_loss"].iloc[-1]


# --- probabilities ---


@pytest.mark.slow
def test_probabilities_match_the_prevalence_of_unbalanced_classes() -> None:
    # Equal class weights alone give a mean of 0.3 to 0.5; with prior correction it is 0.1.
    data, valid, held_out = planted(60, 540, seed=1), planted(20, 180, seed=2), planted(40, 360, seed=3)
    model = train(SPEC, data, valid=valid, training=QUICK)
    assert evaluate(model, held_out).loc["positive", "auroc"] > 0.8
    assert model.predict(held_out.sequences).mean() == pytest.approx(0.1, abs=0.08)


@pytest.mark.slow
@pytest.mark.parametrize("strands", ["both", "forward"])
def test_training_starts_at_the_prevalence(strands: Any) -> None:
    data, valid = planted(20, 180, seed=1), planted(5, 45, seed=2)
    training = replace(QUICK, max_steps=1, learning_rate=1e-9)
    spec = ModelSpec(LENGTH, (Block(4, 9, l2=0.0),), strands=strands)
    model = train(spec, data, valid=valid, training=training)
    # The log odds of the classes, log(1/9) = -2.2.
    assert model.network.get_layer("logits").bias.numpy()[0] == pytest.approx(np.log(1 / 9), abs=1e-4)


# --- unknown labels ---


@pytest.mark.slow
def test_sequences_with_unknown_labels_do_not_change_the_weights() -> None:
    data, valid = planted(40, 40, seed=1), planted(20, 20, seed=2)
    labels = data.labels.copy()
    labels[::2] = np.nan
    unknown = relabelled(data, labels)
    spec = ModelSpec(LENGTH, (Block(4, 9),))  # no batch norm, whose statistics include every sequence
    codes = unknown.sequences.codes.copy()
    codes[::2] = (codes[::2] + 1) % 4
    changed = Dataset(SequenceSet(data.sequences.names, codes), labels, data.tasks, data.groups)
    models = [train(spec, d, valid=valid, training=FEW) for d in (unknown, changed)]
    assert weight_bytes(models[0]) == weight_bytes(models[1])
    assert all(np.isfinite(w).all() for w in models[0].network.get_weights())
    known = train(spec, data, valid=valid, training=FEW)
    assert weight_bytes(known) != weight_bytes(models[0])


@pytest.mark.slow
def test_tasks_may_have_labels_for_different_sequences() -> None:
    data, valid = planted(40, 40, seed=1), planted(20, 20, seed=2)
    tasks = ("a", "b")
    half = np.where(np.arange(80)[:, None] % 2, data.labels, np.nan)
    spec = ModelSpec(LENGTH, (Block(4, 9),), tasks=tasks)
    both = relabelled(data, np.concatenate([data.labels, half], axis=1), tasks)
    both_valid = relabelled(valid, np.concatenate([valid.labels, np.full((40, 1), np.nan)], axis=1), tasks)
    model = train(spec, both, valid=both_valid, training=FEW)
    assert model.predict(valid.sequences).shape == (40, 2)
    assert model.history.notna().all(axis=None)  # means over the tasks with validation labels


# --- strands ---


@pytest.mark.slow
def test_both_strands_have_the_same_prediction() -> None:
    model = train(SPEC, planted(40, 40, seed=1), valid=planted(20, 20, seed=2), training=FEW)
    sequences = planted(20, 20, seed=3).sequences
    assert np.array_equal(model.predict(sequences), model.predict(sequences.reverse_complement()))


@pytest.mark.slow
def test_a_forward_model_distinguishes_the_strands() -> None:
    spec = replace(SPEC, strands="forward")
    model = train(spec, planted(40, 40, seed=1), valid=planted(20, 20, seed=2), training=FEW)
    sequences = planted(20, 20, seed=3).sequences
    assert np.abs(model.predict(sequences) - model.predict(sequences.reverse_complement())).max() > 1e-4


# --- batches ---


def sampled(data: Dataset, n: int, *, strands: bool = False, **values: Any) -> list[tuple[np.ndarray, np.ndarray]]:
    spec = replace(SPEC, strands="both" if strands else "forward")
    batches = Batches(data, replace(QUICK, **values), spec)
    return [next(batches) for _ in range(n)]


def test_every_sequence_is_used_once_per_epoch_with_its_label() -> None:
    data = planted(10, 14, seed=1)
    batches = sampled(data, 8, batch_size=6)
    label_of = {
        codes.tobytes(): label.tobytes() for codes, label in zip(data.sequences.codes, data.labels, strict=True)
    }
    orders = []
    for epoch in (batches[:4], batches[4:]):
        rows = [(c.tobytes(), y.tobytes()) for codes, labels in epoch for c, y in zip(codes, labels, strict=True)]
        assert dict(rows) == label_of
        assert len(rows) == 24
        orders.append(rows)
    assert orders[0] != orders[1]


def test_all_batches_have_one_size() -> None:
    sizes = [len(codes) for codes, _ in sampled(planted(3, 4, seed=1), 5, batch_size=5)]
    assert sizes == [5] * 5
    assert [len(codes) for codes, _ in sampled(planted(3, 4, seed=1), 2, batch_size=50)] == [7, 7]


def test_both_strands_are_used() -> None:
    data = planted(1, 1, seed=1).take([0])
    seen = {codes[0].tobytes() for codes, _ in sampled(data, 20, strands=True)}
    strands = {data.sequences.codes[0].tobytes(), data.sequences.reverse_complement().codes[0].tobytes()}
    assert seen == strands
    assert {codes[0].tobytes() for codes, _ in sampled(data, 20)} == {data.sequences.codes[0].tobytes()}


def test_shifts_are_limited_and_filled_with_n() -> None:
    data = planted(1, 1, seed=1).take([0])
    letters = next(iter(data.sequences))
    padded = "N" * 3 + letters + "N" * 3
    expected = {padded[k : k + LENGTH] for k in range(7)}
    seen = {next(iter(SequenceSet(("a",), codes))) for codes, _ in sampled(data, 100, shift=3)}
    assert seen == expected


# --- splits ---


@pytest.mark.slow
def test_the_model_has_the_split_and_the_length_rule() -> None:
    data, valid, other = planted(10, 10, seed=1), planted(5, 5, seed=2), planted(3, 3, seed=3)
    rule = LengthRule(LENGTH, "start")
    sequences = SequenceSet(data.sequences.names, data.sequences.codes, rule)
    model = train(SPEC, replace(data, sequences=sequences), valid=valid, training=FEW).with_test(other)
    assert model.length_rule == rule
    assert model.training == FEW
    assert model.split_of(data.sequences.reverse_complement()) == ["train"] * 20
    assert model.split_of(valid.sequences) == ["valid"] * 10
    assert model.split_of(other.sequences) == ["test"] * 6
    assert model.split_of(planted(1, 1, seed=9).sequences) == ["", ""]
    assert model.with_test(data).split_of(data.sequences) == ["train"] * 20


@pytest.mark.slow
def test_a_split_gives_the_same_model_as_its_parts() -> None:
    split = Split(planted(20, 20, seed=1), planted(10, 10, seed=2), planted(3, 3, seed=3))
    model = train(SPEC, split, training=FEW)
    assert weight_bytes(model) == weight_bytes(train(SPEC, split.train, valid=split.valid, training=FEW))
    assert model.split_of(split.test.sequences) == ["test"] * 6
    whole = train(SPEC, split.train, training=FEW)  # a random tenth of the data
    assert whole.split_of(split.train.sequences).count("valid") == 4
    with pytest.raises(InputError):
        train(SPEC, split, valid=split.valid)


def test_the_budget_is_in_steps_and_epochs() -> None:
    training = TrainSpec(max_steps=1200, max_epochs=20, batch_size=64)
    assert [training.steps(n) for n in (30, 640, 1920, 6400)] == [400, 400, 600, 1200]
    assert replace(training, max_steps=50).steps(10_000) == 50


# --- errors ---

DATA = planted(6, 6, seed=1)
ONES, UNKNOWN = np.ones((12, 1)), np.full((12, 1), np.nan)


@pytest.mark.parametrize(
    ("spec", "data", "valid", "error"),
    [
        (SPEC, relabelled(DATA, ONES), DATA, InputError),
        (SPEC, relabelled(DATA, UNKNOWN), DATA, InputError),
        (SPEC, relabelled(DATA, np.linspace(0, 1, 12)[:, None]), DATA, InputError),
        (SPEC, DATA, DATA.take([]), InputError),
        (SPEC, DATA, relabelled(DATA, UNKNOWN), InputError),
        (replace(SPEC, tasks=("bound", "open")), DATA, DATA, SpecError),
        (replace(SPEC, length=61), DATA, DATA, SpecError),
        (SPEC, DATA, planted(3, 3, seed=1, length=61), SpecError),
        (replace(SPEC, outputs="values"), relabelled(DATA, ONES * 2.5), DATA, InputError),
        (replace(SPEC, outputs="counts"), relabelled(DATA, -DATA.labels), DATA, InputError),
    ],
    ids=["one class", "unknown labels", "values", "no valid", "valid unknown", "tasks", "length", "length of valid",
         "constant values", "negative counts"],
)  # fmt: skip
def test_unsuitable_data_are_an_error(spec: ModelSpec, data: Dataset, valid: Dataset, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        train(spec, data, valid=valid)
    assert type(caught.value) is error


@pytest.mark.slow
def test_diverging_training_is_an_error() -> None:
    spec = ModelSpec(LENGTH, (Block(4, 9, activation="exponential"), Block(4, 5, activation="exponential")))
    training = replace(QUICK, max_steps=50, learning_rate=1e6, check_every=10)
    with pytest.raises(SpecError) as error:
        train(spec, planted(40, 40, seed=1), valid=planted(20, 20, seed=2), training=training)
    assert "learning rate" in str(error.value.hint)
