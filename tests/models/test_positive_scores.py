"""Scores of validation positives: those of the whole model, and quantiles among them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from motifnet.errors import FormatError
from motifnet.models.positive_scores import MAX_SCORES, PositiveScores
from motifnet.models.trained import TrainedModel
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet
from small_models import planted


def of_labels(*columns: list[float]) -> Dataset:
    labels = np.array(columns).T
    sequences = SequenceSet.from_strings(["ACGT"] * len(labels))
    return Dataset(sequences, labels, tuple(f"t{t}" for t in range(len(columns))), np.arange(len(labels)))


def test_training_keeps_the_scores_of_the_whole_model(model: TrainedModel) -> None:
    assert model.positives is not None
    assert model.kmers is not None
    valid = planted(8, 8, seed=2).sequences.take(slice(0, 8))
    np.testing.assert_array_equal(model.positives.values[:, 0], np.sort(model.scores(valid)[:, 0]).astype(np.float32))
    assert np.abs(model.scores(valid) - model.scores(valid, part="network")).max() > 1e-3


def test_quantiles_are_fractions_of_the_positives_of_each_task() -> None:
    data = of_labels([1, 1, 0, 1, np.nan], [0, 0, 1, np.nan, 0], [0, 0, 0, 0, np.nan])
    scores = np.array([[3, 0, 0], [1, 0, 0], [9, 5, 0], [2, 0, 0], [7, 0, 0]], dtype=np.float64)
    found = PositiveScores.of(data, scores).quantiles(np.array([[0.5, 4, 1], [1, 5, 1], [2.5, 6, 1], [3, 7, 1]]))
    np.testing.assert_allclose(found, [[0, 0, np.nan], [1 / 3, 1, np.nan], [2 / 3, 1, np.nan], [1, 1, np.nan]])


def test_many_scores_are_kept_as_quantiles() -> None:
    n = 20 * MAX_SCORES
    scores = np.random.default_rng(0).normal(size=(n, 1))
    positives = PositiveScores.of(of_labels([1.0] * n), scores)
    assert len(positives.values) == MAX_SCORES
    np.testing.assert_allclose(
        positives.quantiles(scores)[:, 0], scores[:, 0].argsort().argsort() / n, atol=2 / MAX_SCORES
    )


def test_tables_are_read_back_exactly(tmp_path: Path) -> None:
    data = of_labels([1, 1, 0, 1], [0, 0, 1, 0], [0, 0, 0, 0])
    positives = PositiveScores.of(data, np.random.default_rng(0).normal(size=(4, 3)))
    positives.write(tmp_path / "positives.tsv", data.tasks)
    np.testing.assert_array_equal(PositiveScores.read(tmp_path / "positives.tsv", data.tasks).values, positives.values)
    none = PositiveScores.of(of_labels([0.0, 0.0]), np.zeros((2, 1)))
    none.write(tmp_path / "none.tsv", ("t0",))
    assert PositiveScores.read(tmp_path / "none.tsv", ("t0",)).values.shape == (0, 1)


@pytest.mark.parametrize(
    ("text", "line"),
    [("other\n1\n", 1), ("t0\n1\n0.5\n", 3), ("t0\n1\ninf\n", 3), ("t0\tu\n1\t1\n\t2\n3\t3\n", 4), ("t0\nx\n", 2)],
)
def test_damaged_tables_are_refused(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "positives.tsv"
    path.write_text(text)
    with pytest.raises(FormatError) as caught:
        PositiveScores.read(path, ("t0",))
    assert (caught.value.path, caught.value.line) == (str(path), line)
