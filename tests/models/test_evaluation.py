"""The figures of `evaluate`, computed by hand beside."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from motifnet.errors import InputError
from motifnet.models.evaluation import (
    CALIBRATION_COLUMNS,
    COUNT_METRICS,
    FDRS,
    MEASURES,
    METRICS,
    VALUE_METRICS,
    binary_metrics,
    calibration,
    check_labels,
    count_metrics,
    evaluate,
    metrics_json,
    metrics_table,
    value_metrics,
)
from motifnet.models.trained import TrainedModel
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet
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
        ([0.0, 0.0], {"auroc", "auprc", "f1", *FDRS.values()}),
        ([NAN, NAN], set(METRICS) - {"n_positive", "n_negative"}),
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
        check_labels(Dataset(SequenceSet.from_strings(["A", "C"]), [[NAN], [0.5]], ("t",), [0, 1]), "classes")
    assert str(error.value) == (
        "task 't' has a label 0.5; labels of classes are 0, 1, or NaN for unknown\n"
        "  Learn values (--outputs values; counts from 0 up: --outputs counts), or make classes with a threshold."
    )


# --- recall at a false discovery rate, calibration ---


def test_recall_at_a_false_discovery_rate_by_hand() -> None:
    figures = binary_metrics(LABELS, PROBABILITIES)
    # Called from the top: right, wrong, right, wrong, right: precisions 1, 1/2, 2/3, 1/2 and 3/5.
    assert figures["recall_at_fdr_05"] == pytest.approx(1 / 3)
    assert figures["recall_at_fdr_25"] == pytest.approx(1 / 3)
    assert figures["recall_at_fdr_50"] == 1
    worst = binary_metrics(np.array([0.0, 0.0, 0.0, 1.0]), np.array([0.9, 0.8, 0.7, 0.1]))
    assert [worst[key] for key in FDRS.values()] == [0, 0, 0, 0]


def test_calibration_of_what_is_calibrated_and_what_is_not() -> None:
    rng = np.random.default_rng(0)
    probabilities = rng.uniform(size=20_000)
    labels = (rng.uniform(size=20_000) < probabilities).astype(float)
    table = calibration(labels, probabilities)
    assert table.columns.tolist() == list(CALIBRATION_COLUMNS)
    assert table["n"].tolist() == [2000] * 10
    assert binary_metrics(labels, probabilities)["calibration_error"] < 0.02
    assert binary_metrics(labels, probabilities**3)["calibration_error"] > 0.1
    assert binary_metrics(labels, probabilities)["brier"] == pytest.approx(1 / 6, abs=0.01)


def test_equal_probabilities_share_a_bin_whatever_the_order_of_the_sequences() -> None:
    labels = np.repeat([1.0, 0.0], 50)
    table = calibration(labels, np.full(100, 0.5))
    assert table.to_numpy().tolist() == [[0.5, 0.5, 0.5, 0.5, 100]]
    assert binary_metrics(labels, np.full(100, 0.5))["calibration_error"] == 0


# --- values and counts ---


def test_values_by_hand() -> None:
    labels, values = np.array([1.0, 2.0, 3.0, NAN]), np.array([10.0, 30.0, 20.0, 99.0])
    figures = value_metrics(labels, values)
    assert list(figures) == list(VALUE_METRICS)
    assert figures["pearson"] == pytest.approx(0.5)
    assert figures["spearman"] == pytest.approx(0.5)
    assert figures["mse"] == pytest.approx((81 + 784 + 289) / 3)
    assert figures["n"] == 3
    constant = value_metrics(labels, np.zeros(4))
    assert math.isnan(constant["pearson"])
    assert math.isnan(constant["spearman"])


def test_counts_by_hand() -> None:
    figures = count_metrics(np.array([0.0, 4.0]), np.array([1.0, 2.0]))
    assert figures["poisson_deviance"] == pytest.approx((2 * 1 + 2 * (4 * math.log(2) - 2)) / 2)
    assert set(figures) == set(COUNT_METRICS)
    nothing = count_metrics(np.array([NAN]), np.array([1.0]))
    assert [math.isnan(nothing[name]) for name in COUNT_METRICS] == [True] * 4 + [False]


@pytest.mark.parametrize("outputs", MEASURES)
def test_the_table_of_each_kind_of_output_goes_into_json(outputs: str) -> None:
    data = Dataset(SequenceSet.from_strings(["A", "C"]), [[0.0], [1.0]], ("t",), [0, 1])
    table = metrics_table(data, np.array([[0.5], [0.5]]), outputs)
    assert table.columns.tolist() == list(MEASURES[outputs].names)
    document = json.loads(json.dumps(metrics_json(table), allow_nan=False))["t"]
    assert list(document) == list(MEASURES[outputs].names)
    assert [name for name, value in document.items() if isinstance(value, int)] == [n for n in document if n[:1] == "n"]
