"""Training: it learns, it repeats, it keeps the best weights, and its probabilities mean what they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from motifnet.errors import InputError, SpecError
from motifnet.models.evaluation import evaluate
from motifnet.models.network.block import Block
from motifnet.models.network.spec import ModelSpec
from motifnet.models.trained import TrainedModel
from motifnet.models.training.loop import HISTORY_COLUMNS, Progress, _batches, train
from motifnet.sequences.dataset import Dataset
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


# --- it learns ---


@pytest.mark.slow
def test_it_learns_a_planted_word(model: TrainedModel) -> None:
    figures = evaluate(model, planted(100, 100, seed=3)).loc["positive"]
    assert figures["auroc"] > 0.8
    assert figures["accuracy"] > 0.75
    assert model.history["valid_auroc"].max() > 0.8
    assert model.history["valid_loss"].min() < 0.6


@pytest.mark.slow
def test_the_history_has_a_row_for_each_look(model: TrainedModel) -> None:
    history = model.history
    assert tuple(history.columns) == HISTORY_COLUMNS
    assert history["step"].tolist() == list(range(25, 151, 25))
    np.testing.assert_allclose(history["epoch"], history["step"] * 64 / 600)
    assert history.notna().all(axis=None)


def meaningless(seed: int) -> Dataset:
    """Random sequences under random labels: after a while the validation loss can only rise."""
    labels = np.random.default_rng(seed).permutation(np.arange(80) % 2)
    return relabelled(planted(0, 80, seed=seed), labels[:, np.newaxis])


@pytest.mark.slow
def test_the_best_weights_are_restored() -> None:
    training = replace(QUICK, learning_rate=0.02, max_steps=60, check_every=3, patience=100)
    valid = meaningless(2)
    model = train(SPEC, meaningless(1), valid=valid, training=replace(training, kmers=False))
    losses = model.history["valid_loss"]
    assert len(losses) == 20
    assert losses.iloc[-1] - losses.min() > 0.05
    assert evaluate(model, valid).loc["positive", "log_loss"] == losses.min()


@pytest.mark.slow
def test_early_stop_obeys_the_patience() -> None:
    training = replace(QUICK, learning_rate=0.02, max_steps=500, check_every=3, patience=4)
    history = train(SPEC, meaningless(1), valid=meaningless(2), training=training).history
    assert len(history) - 1 - history["valid_loss"].idxmin() == 4
    assert history["step"].iloc[-1] < 500


# --- it repeats ---


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    spec = replace(SPEC, blocks=(replace(SPEC.blocks[0], dropout=0.2),))
    data, valid = planted(60, 60, seed=1), planted(20, 20, seed=2)
    first, again, other = (train(spec, data, valid=valid, training=replace(FEW, seed=seed)) for seed in (7, 7, 8))
    assert weight_bytes(first) == weight_bytes(again)
    assert first.history.equals(again.history)
    assert weight_bytes(first)[0] != weight_bytes(other)[0]


@pytest.mark.slow
def test_progress_and_models_elsewhere_change_nothing() -> None:
    data, valid = planted(60, 60, seed=1), planted(20, 20, seed=2)
    told: list[Progress] = []
    first = train(SPEC, data, valid=valid, training=replace(FEW, max_steps=25))
    again = train(SPEC, data, valid=valid, training=replace(FEW, max_steps=25), progress=told.append)
    assert weight_bytes(first) == weight_bytes(again)
    assert [now.step for now in told] == [10, 20, 25]
    assert {now.max_steps for now in told} == {25}
    assert told[-1].valid_loss == again.history["valid_loss"].iloc[-1]


# --- probabilities ---


@pytest.mark.slow
def test_probabilities_match_the_prevalence_of_unbalanced_classes() -> None:
    # Balanced weights alone would give a mean of 0.3 to 0.5; the prior correction brings it to a tenth.
    data, valid, held_out = planted(60, 540, seed=1), planted(20, 180, seed=2), planted(40, 360, seed=3)
    model = train(SPEC, data, valid=valid, training=QUICK)
    assert evaluate(model, held_out).loc["positive", "auroc"] > 0.8
    assert model.predict(held_out.sequences).mean() == pytest.approx(0.1, abs=0.08)


@pytest.mark.slow
@pytest.mark.parametrize("strands", ["both", "forward"])
def test_an_untrained_start_predicts_the_prevalence(strands: Any) -> None:
    data, valid = planted(20, 180, seed=1), planted(5, 45, seed=2)
    training = replace(QUICK, max_steps=1, learning_rate=1e-9)
    spec = ModelSpec(LENGTH, (Block(4, 9, l2=0.0),), strands=strands)
    model = train(spec, data, valid=valid, training=training)
    logits = np.log(p := model.predict(valid.sequences)) - np.log(1 - p)
    # The bias holds the log odds of the classes: log(1/9) = -2.2, plus what random filters say.
    assert logits.mean() == pytest.approx(np.log(1 / 9), abs=1.2)
    assert model.network.get_layer("logits").bias.numpy()[0] == pytest.approx(np.log(1 / 9), abs=1e-4)


# --- unknown labels ---


@pytest.mark.slow
def test_what_stands_beside_an_unknown_label_teaches_nothing() -> None:
    # Sequences with no known label may be anything at all: the weights come out the same.
    data, valid = planted(40, 40, seed=1), planted(20, 20, seed=2)
    labels = data.labels.copy()
    labels[::2] = np.nan
    unknown = relabelled(data, labels)
    spec = ModelSpec(LENGTH, (Block(4, 9),))  # no batch norm, which sees every sequence
    codes = unknown.sequences.codes.copy()
    codes[::2] = (codes[::2] + 1) % 4
    changed = Dataset(SequenceSet(data.sequences.names, codes), labels, data.tasks, data.groups)
    models = [train(spec, d, valid=valid, training=FEW) for d in (unknown, changed)]
    assert weight_bytes(models[0]) == weight_bytes(models[1])
    assert all(np.isfinite(w).all() for w in models[0].network.get_weights())
    known = train(spec, data, valid=valid, training=FEW)
    assert weight_bytes(known) != weight_bytes(models[0])


@pytest.mark.slow
def test_each_task_learns_from_its_own_labels() -> None:
    data, valid = planted(40, 40, seed=1), planted(20, 20, seed=2)
    tasks = ("a", "b")
    half = np.where(np.arange(80)[:, None] % 2, data.labels, np.nan)
    spec = ModelSpec(LENGTH, (Block(4, 9),), tasks=tasks)
    both = relabelled(data, np.concatenate([data.labels, half], axis=1), tasks)
    both_valid = relabelled(valid, np.concatenate([valid.labels, np.full((40, 1), np.nan)], axis=1), tasks)
    model = train(spec, both, valid=both_valid, training=FEW)
    assert model.predict(valid.sequences).shape == (40, 2)
    assert model.history.notna().all(axis=None)  # the task without validation labels is left out of the means


# --- strands ---


@pytest.mark.slow
def test_both_strands_are_one() -> None:
    model = train(SPEC, planted(40, 40, seed=1), valid=planted(20, 20, seed=2), training=FEW)
    sequences = planted(20, 20, seed=3).sequences
    assert np.array_equal(model.predict(sequences), model.predict(sequences.reverse_complement()))


@pytest.mark.slow
def test_forward_is_forward() -> None:
    spec = replace(SPEC, strands="forward")
    model = train(spec, planted(40, 40, seed=1), valid=planted(20, 20, seed=2), training=FEW)
    sequences = planted(20, 20, seed=3).sequences
    assert np.abs(model.predict(sequences) - model.predict(sequences.reverse_complement())).max() > 1e-4


# --- batches ---


def drawn(data: Dataset, n: int, *, strands: bool = False, **values: Any) -> list[tuple[np.ndarray, np.ndarray]]:
    spec = replace(SPEC, strands="both" if strands else "forward")
    batches = _batches(data, replace(QUICK, **values), spec)
    return [next(batches) for _ in range(n)]


def test_every_sequence_is_seen_once_an_epoch_under_its_own_label() -> None:
    data = planted(10, 14, seed=1)
    batches = drawn(data, 8, batch_size=6)
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


def test_batches_are_of_one_size_and_carry_over() -> None:
    sizes = [len(codes) for codes, _ in drawn(planted(3, 4, seed=1), 5, batch_size=5)]
    assert sizes == [5] * 5
    assert [len(codes) for codes, _ in drawn(planted(3, 4, seed=1), 2, batch_size=50)] == [7, 7]


def test_either_strand_is_seen() -> None:
    data = planted(1, 1, seed=1).take([0])
    seen = {codes[0].tobytes() for codes, _ in drawn(data, 20, strands=True)}
    strands = {data.sequences.codes[0].tobytes(), data.sequences.reverse_complement().codes[0].tobytes()}
    assert seen == strands
    assert {codes[0].tobytes() for codes, _ in drawn(data, 20)} == {data.sequences.codes[0].tobytes()}


def test_shifts_are_small_and_leave_n_behind() -> None:
    data = planted(1, 1, seed=1).take([0])
    letters = next(iter(data.sequences))
    padded = "N" * 3 + letters + "N" * 3
    expected = {padded[k : k + LENGTH] for k in range(7)}
    seen = {next(iter(SequenceSet(("a",), codes))) for codes, _ in drawn(data, 100, shift=3)}
    assert seen == expected


# --- what a model remembers ---


@pytest.mark.slow
def test_a_model_remembers_what_it_has_seen() -> None:
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


# --- errors ---

DATA = planted(6, 6, seed=1)


@pytest.mark.parametrize(
    ("make", "error_type", "message"),
    [
        (
            lambda: train(SPEC, relabelled(DATA, np.ones((12, 1))), valid=DATA),
            InputError,
            "task 'positive' has 12 sequences labelled 1 and 0 labelled 0 to learn from\n  Both classes are needed.",
        ),
        (
            lambda: train(SPEC, relabelled(DATA, np.full((12, 1), np.nan)), valid=DATA),
            InputError,
            "task 'positive' has 0 sequences labelled 1 and 0 labelled 0 to learn from\n  Both classes are needed.",
        ),
        (
            lambda: train(replace(SPEC, tasks=("bound", "open")), DATA, valid=DATA),
            SpecError,
            "the network has the tasks bound, open, the data positive\n  Make the spec with tasks=data.tasks.",
        ),
        (
            lambda: train(replace(SPEC, length=61), DATA, valid=DATA),
            SpecError,
            "the network is for sequences of 61 bp, the data have 60 bp\n"
            "  Make the spec with length=data.sequences.length.",
        ),
        (
            lambda: train(SPEC, DATA, valid=planted(3, 3, seed=1, length=61)),
            SpecError,
            "the network is for sequences of 60 bp, the data have 61 bp\n"
            "  Make the spec with length=data.sequences.length.",
        ),
        (
            lambda: train(SPEC, DATA, valid=DATA.take([])),
            InputError,
            "there are no validation sequences\n"
            "  Set some aside: data.split(valid=0.1), or --valid-fraction 0.1 in a command.",
        ),
        (
            lambda: train(SPEC, DATA, valid=relabelled(DATA, np.full((12, 1), np.nan))),
            InputError,
            "none of the validation sequences has a known label\n  They decide when to stop.",
        ),
        (
            lambda: train(SPEC, relabelled(DATA, np.linspace(0, 1, 12)[:, None]), valid=DATA),
            InputError,
            "task 'positive' has a label 0.0909091; labels of classes are 0, 1, or NaN for unknown\n"
            "  Learn values (--outputs values; counts from 0 up: --outputs counts), or make classes with a threshold.",
        ),
    ],
    ids=["one class", "no labels", "tasks", "length", "length of valid", "no valid", "valid unknown", "values"],
)
def test_what_cannot_be_trained(make: Callable[[], Any], error_type: type[Exception], message: str) -> None:
    with pytest.raises(error_type) as error:
        make()
    assert type(error.value) is error_type
    assert str(error.value) == message


@pytest.mark.slow
def test_training_that_runs_away_is_said() -> None:
    spec = ModelSpec(LENGTH, (Block(4, 9, activation="exponential"), Block(4, 5, activation="exponential")))
    training = replace(QUICK, max_steps=50, learning_rate=1e6, check_every=10)
    with pytest.raises(SpecError, match=r"^training ran away: not a number at step \d+\n  Lower the learning rate\.$"):
        train(spec, planted(40, 40, seed=1), valid=planted(20, 20, seed=2), training=training)
