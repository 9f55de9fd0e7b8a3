"""Metrics, compared with values computed by hand."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from motifnet.errors import InputError
from motifnet.models.metrics import (
    CALIBRATION_COLUMNS,
    METRICS,
    calibration,
    check_labels,
    metrics_json,
    metrics_table,
    task_metrics,
)
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet

NAN = math.nan
LABELS = np.array([1, 0, 1, 1, 0, 0, 0], dtype=np.float32)
PROBABILITIES = np.array([0.9, 0.8, 0.7, 0.4, 0.5, 0.1, 0.1], dtype=np.float32)
RECALLS = {name for name in METRICS["classes"] if name.startswith("recall_at_fdr_")}


def labelled(labels: list[float]) -> Dataset:
    return Dataset(SequenceSet.from_strings(["A"] * len(labels)), np.array(labels)[:, np.newaxis], ("t",))


def test_metrics_of_classes() -> None:
    values = task_metrics(LABELS, PROBABILITIES)
    # Pairs of a positive and a negative in the right order: 4 with 0.9, 3 with 0.7, 2 with 0.4, of 12.
    assert values["auroc"] == pytest.approx(9 / 12)
    # Precision at the rank of each positive: 1/1, 2/3, 3/5.
    assert values["auprc"] == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)
    assert values["prevalence"] == pytest.approx(3 / 7)
    # At 0.5: two true and two false positives, one false negative.
    assert values["accuracy"] == pytest.approx(4 / 7)
    assert values["f1"] == pytest.approx(2 * 2 / (2 * 2 + 2 + 1))
    chances = [0.9, 0.2, 0.7, 0.4, 0.5, 0.9, 0.9]
    assert values["log_loss"] == pytest.approx(-sum(map(math.log, chances)) / 7, rel=1e-6)
    assert (values["n_positive"], values["n_negative"]) == (3, 4)
    assert list(values) == list(METRICS["classes"])


def test_unknown_labels_are_ignored() -> None:
    labels, probabilities = np.insert(LABELS, [0, 4], np.nan), np.insert(PROBABILITIES, [0, 4], 0.99)
    assert task_metrics(labels, probabilities) == task_metrics(LABELS, PROBABILITIES)


def test_ties_count_one_half() -> None:
    values = task_metrics(np.array([1.0, 0.0]), np.array([0.3, 0.3]))
    assert (values["auroc"], values["auprc"], values["prevalence"]) == (0.5, 0.5, 0.5)


def test_the_auprc_of_constant_predictions_is_the_prevalence() -> None:
    labels = (np.arange(200) % 10 == 0).astype(float)
    values = task_metrics(labels, np.full(200, 0.1))
    assert (values["auprc"], values["prevalence"]) == (0.1, 0.1)


@pytest.mark.parametrize(
    ("labels", "missing"),
    [
        ([1.0, 1.0], {"auroc"}),
        ([0.0, 0.0], {"auroc", "auprc", "f1", *RECALLS}),
        ([NAN, NAN], set(METRICS["classes"]) - {"n_positive", "n_negative"}),
    ],
)
def test_metrics_that_need_both_classes_are_nan_and_null(labels: list[float], missing: set[str]) -> None:
    values = task_metrics(np.array(labels), np.array([0.2, 0.9]))
    assert {name for name, value in values.items() if math.isnan(value)} == missing
    document = metrics_json(metrics_table(labelled(labels), np.array([[0.2], [0.9]])))
    assert {name for name, value in document["t"].items() if value is None} == missing
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_the_log_loss_of_wrong_predictions_of_0_and_1_is_finite() -> None:
    assert math.isfinite(task_metrics(np.array([1.0, 0.0]), np.array([0.0, 1.0]))["log_loss"])


def test_the_table_has_one_row_per_task() -> None:
    labels = np.stack([LABELS, 1 - LABELS], axis=1)
    data = Dataset(SequenceSet.from_strings(["A"] * 7), labels, ("bound", "free"), np.arange(7))
    table = metrics_table(data, np.stack([PROBABILITIES] * 2, axis=1))
    assert table.index.tolist() == ["bound", "free"]
    assert table.columns.tolist() == list(METRICS["classes"])
    assert table["auroc"].tolist() == pytest.approx([0.75, 0.25])
    assert table["n_positive"].tolist() == [3, 4]
    document = metrics_json(table)
    assert list(document) == ["bound", "free"]
    assert type(document["bound"]["n_positive"]) is int


def test_labels_that_the_outputs_do_not_allow_are_an_error() -> None:
    for outputs, label in (("classes", 0.5), ("counts", -1.0)):
        with pytest.raises(InputError) as error:
            check_labels(labelled([NAN, label]), outputs)
        assert f"{label:g}" in error.value.message
    for outputs, label in (("classes", 1.0), ("counts", 7.0), ("values", -0.5)):
        check_labels(labelled([NAN, label]), outputs)


# --- recall at a false discovery rate, calibration ---


def test_recall_at_a_false_discovery_rate() -> None:
    values = task_metrics(LABELS, PROBABILITIES)
    # By decreasing probability: true, false, true, false, ...: precisions 1, 1/2, 2/3, 1/2 and 3/5.
    assert values["recall_at_fdr_05"] == pytest.approx(1 / 3)
    assert values["recall_at_fdr_25"] == pytest.approx(1 / 3)
    assert values["recall_at_fdr_50"] == 1
    worst = task_metrics(np.array([0.0, 0.0, 0.0, 1.0]), np.array([0.9, 0.8, 0.7, 0.1]))
    assert [worst[name] for name in RECALLS] == [0, 0, 0, 0]


def test_calibration_error_of_calibrated_and_of_biased_probabilities() -> None:
    rng = np.random.default_rng(0)
    probabilities = rng.uniform(size=20_000)
    labels = (rng.uniform(size=20_000) < probabilities).astype(float)
    table = calibration(labels, probabilities)
    assert table.columns.tolist() == list(CALIBRATION_COLUMNS)
    assert table["n"].tolist() == [2000] * 10
    assert task_metrics(labels, probabilities)["calibration_error"] < 0.02
    assert task_metrics(labels, probabilities**3)["calibration_error"] > 0.1
    assert task_metrics(labels, probabilities)["brier"] == pytest.approx(1 / 6, abs=0.01)


def test_equal_probabilities_are_in_one_bin() -> None:
    labels = np.repeat([1.0, 0.0], 50)
    table = calibration(labels, np.full(100, 0.5))
    assert table.to_numpy().tolist() == [[0.5, 0.5, 0.5, 0.5, 100]]
    assert task_metrics(labels, np.full(100, 0.5))["calibration_error"] == 0


# --- values and counts ---


def test_metrics_of_values() -> None:
    labels, values = np.array([1.0, 2.0, 3.0, NAN]), np.array([10.0, 30.0, 20.0, 99.0])
    values = task_metrics(labels, values, "values")
    assert list(values) == list(METRICS["values"])
    assert values["pearson"] == pytest.approx(0.5)
    assert values["spearman"] == pytest.approx(0.5)
    assert values["mse"] == pytest.approx((81 + 784 + 289) / 3)
    assert values["n"] == 3
    constant = task_metrics(labels, np.zeros(4), "values")
    assert math.isnan(constant["pearson"])
    assert math.isnan(constant["spearman"])


def test_metrics_of_counts() -> None:
    values = task_metrics(np.array([0.0, 4.0]), np.array([1.0, 2.0]), "counts")
    assert values["poisson_deviance"] == pytest.approx((2 * 1 + 2 * (4 * math.log(2) - 2)) / 2)
    assert set(values) == set(METRICS["counts"])
    nothing = task_metrics(np.array([NAN]), np.array([1.0]), "counts")
    assert [math.isnan(nothing[name]) for name in METRICS["counts"]] == [True] * 4 + [False]


@pytest.mark.parametrize("outputs", METRICS)
def test_the_table_of_each_kind_of_output_as_json(outputs: str) -> None:
    table = metrics_table(labelled([0.0, 1.0]), np.array([[0.5], [0.5]]), outputs)
    assert table.columns.tolist() == list(METRICS[outputs])
    document = json.loads(json.dumps(metrics_json(table), allow_nan=False))["t"]
    assert list(document) == list(METRICS[outputs])
    assert [name for name, value in document.items() if isinstance(value, int)] == [n for n in document if n[:1] == "n"]
