"""`evaluate`, and tables of predictions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from motifnet import parts
from motifnet.errors import InputError
from motifnet.models import evaluation
from motifnet.models.evaluation import block_predictions, evaluate, predictions_table, stream_predictions
from motifnet.models.metrics import metrics_table
from motifnet.models.trained import TrainedModel
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.io.fasta import write_fasta
from small_models import planted

DATA = planted(10, 30, seed=4)


def test_metrics_are_those_of_the_predictions(model: TrainedModel, tmp_path: Path) -> None:
    expected = metrics_table(DATA, model.predict(DATA.sequences))
    assert expected.loc["positive", "prevalence"] == 0.25
    assert evaluate(model, DATA).equals(expected)
    write_fasta(DATA.sequences, tmp_path / "a.fa")
    for given in (DATA.sequences, list(DATA.sequences), tmp_path / "a.fa"):
        for labels in (DATA.labels, DATA.labels[:, 0], DATA.labels[:, 0].tolist()):
            assert evaluate(model, given, labels).equals(expected)


def test_data_without_suitable_labels_are_an_error(model: TrainedModel) -> None:
    other_task = Dataset(DATA.sequences, DATA.labels, ("bound",))
    for given in (other_task, DATA.sequences, Dataset(DATA.sequences, DATA.labels + 0.5, DATA.tasks)):
        with pytest.raises(InputError):
            evaluate(model, given)
    with pytest.raises(InputError):
        evaluate(model, DATA.sequences, [1, 0])


def test_metrics_on_training_sequences_are_reported_as_optimistic(
    model: TrainedModel, caplog: pytest.LogCaptureFixture
) -> None:
    evaluate(model, DATA)
    assert not caplog.records
    evaluate(model, planted(20, 20, seed=1))
    assert "40 of 40" in caplog.text


def test_predictions_in_parts_are_one_table(model: TrainedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (evaluation, parts):
        monkeypatch.setattr(module, "BLOCK", 15)
    results = block_predictions(model, DATA.sequences)
    tables = list(stream_predictions(DATA.sequences, DATA.tasks, results))
    assert [len(table) for table in tables] == [15, 15, 10]
    table = pd.concat(tables)
    assert table["sequence_index"].tolist() == list(range(40))
    assert table["name"].tolist() == list(DATA.sequences.names)
    assert np.array_equal(table[["positive"]].to_numpy(), model.predict(DATA.sequences))
    (empty,) = stream_predictions(DATA.sequences.take([]), DATA.tasks, results)
    assert (len(empty), list(empty)) == (0, ["sequence_index", "name", "positive"])


def test_a_table_of_predictions_and_labels() -> None:
    table = predictions_table(DATA.take([3, 12]), np.array([[0.5], [0.25]]), index=[3, 12])
    assert list(table) == ["sequence_index", "name", "label_positive", "positive"]
    assert table.to_numpy().tolist() == [[3, "s3", 1.0, 0.5], [12, "s12", 0.0, 0.25]]
