"""The figures of `evaluate`, computed by hand beside."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from motifnet.errors import InputError
from motifnet.models.evaluation import METRICS, binary_metrics, check_classes, evaluate, metrics_json, metrics_table
from motifnet.models.trained import TrainedModel
from motifnet.sequences.sequence_set import Dataset, SequenceSet
from small_models import planted

NAN = math.nan
LABELS = np.array([1, 0, 1, 1, 0, 0, 0], dtype=np.float32)
PROBABILITIES = np.array([0.9, 0.8, 0.7, 0.4, 0.5, 0.1, 0.1], dtype=np.float32)


def test_by_hand() -> None:
    figures = binary_metrics(LABELS, PROBABILITIES)
    # Pairs of a positive and a negative ranked right: 0.9 beats 4, 0.7 beats 3, 0.4 beats 2, of 12.
    assert figures["auroc"] == pytest.approx(9 / 12)
    # Precision where each positive is found: 1/1, 2/3, 3/5.
    assert figures["auprc"] == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)
    assert figures["prevalence"] == pytest.approx(3 / 7)
    # At 0.5: two right and two wrong among those called 1, one missed.
    assert figures["accuracy"] == pytest.approx(4 / 7)
    assert figures["f1"] == pytest.approx(2 * 2 / (2 * 2 + 2 + 1))
    chances = [0.9, 0.2, 0.7, 0.4, 0.5, 0.9, 0.9]
    assert figures["log_loss"] == pytest.approx(-sum(map(math.log, chances)) / 7, rel=1e-6)
    assert (figures["n_positive"], figures["n_negative"]) == (3, 4)
    assert list(figures) == list(METRICS)


def test_unknown_labels_are_left_out() -> None:
    labels, probabilities = np.insert(LABELS, [0, 4], np.nan), np.insert(PROBABILITIES, [0, 4], 0.99)
    assert binary_metrics(labels, probabilities) == binary_metrics(LABELS, PROBABILITIES)


def test_ties_count_half() -> None:
    figures = binary_metrics(np.array([1.0, 0.0]), np.array([0.3, 0.3]))
    assert (figures["auroc"], figures["auprc"], figures["prevalence"]) == (0.5, 0.5, 0.5)


def test_chance_has_the_auprc_of_the_prevalence() -> None:
    labels = (np.arange(200) % 10 == 0).astype(float)
    figures = binary_metrics(labels, np.full(200, 0.1))
    assert (figures["auprc"], figures["prevalence"]) == (0.1, 0.1)


@pytest.mark.parametrize(
    ("labels", "missing"),
    [
        ([1.0, 1.0], {"auroc"}),
        ([0.0, 0.0], {"auroc", "auprc", "f1"}),
        ([NAN, NAN], {"auroc", "auprc", "f1", "prevalence", "accuracy", "log_loss"}),
    ],
)
def test_what_one_class_cannot_tell_is_nan_and_null(labels: list[float], missing: set[str]) -> None:
    figures = binary_metrics(np.array(labels), np.array([0.2, 0.9]))
    assert {name for name, value in figures.items() if math.isnan(value)} == missing
    data = Dataset(SequenceSet.from_strings(["A", "C"]), np.array(labels)[:, None], ("t",), np.arange(2))
    document = metrics_json(metrics_table(data, np.array([[0.2], [0.9]])))
    assert {name for name, value in document["t"].items() if value is None} == missing
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_certain_and_wrong_is_finite() -> None:
    assert math.isfinite(binary_metrics(np.array([1.0, 0.0]), np.array([0.0, 1.0]))["log_loss"])


def test_one_row_a_task() -> None:
    labels = np.stack([LABELS, 1 - LABELS], axis=1)
    data = Dataset(SequenceSet.from_strings(["A"] * 7), labels, ("bound", "free"), np.arange(7))
    table = metrics_table(data, np.stack([PROBABILITIES] * 2, axis=1))
    assert table.index.tolist() == ["bound", "free"]
    assert table.columns.tolist() == list(METRICS)
    assert table["auroc"].tolist() == pytest.approx([0.75, 0.25])
    assert table["n_positive"].tolist() == [3, 4]
    document = metrics_json(table)
    assert list(document) == ["bound", "free"]
    assert type(document["bound"]["n_positive"]) is int


def test_evaluate_predicts_and_measures(model: TrainedModel) -> None:
    data = planted(10, 30, seed=4)
    expected = metrics_table(data, model.predict(data.sequences))
    assert evaluate(model, data).equals(expected)
    assert expected.loc["positive", "prevalence"] == 0.25


def test_other_tasks(model: TrainedModel) -> None:
    data = Dataset(SequenceSet.from_strings(["A"]), [[1.0]], ("bound",), [0])
    with pytest.raises(InputError) as error:
        evaluate(model, data)
    assert str(error.value) == "the model has the tasks positive, the data bound"


def test_values_are_no_classes() -> None:
    with pytest.raises(InputError) as error:
        check_classes(Dataset(SequenceSet.from_strings(["A", "C"]), [[NAN], [0.5]], ("t",), [0, 1]))
    assert str(error.value) == (
        "task 't' has a label 0.5; labels are 0, 1, or NaN for unknown\n"
        "  Turn values into classes first, e.g. with a threshold."
    )
