"""Motifs of a model with their tables: in order, and nothing chosen on the test split."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from filter_banks import word_filters
from motifnet.interpretation.motif_tables import (
    FILTER_COLUMNS,
    MOTIF_COLUMNS,
    SITE_COLUMNS,
    MotifTables,
    tabulate_motifs,
)
from motifnet.models.cnn import build
from motifnet.models.spec import Block, ModelSpec
from motifnet.models.trained import TrainedModel
from motifnet.motifs.scanning import separation
from motifnet.motifs.spec import ExtractionSpec
from motifnet.sequences.sequence_set import Dataset, SequenceSet
from small_models import LENGTH, WORD, planted

OTHER = "CCTTGAGC"
EXACT = ExtractionSpec("every", 0.9, min_sites=5)
TRAIN, VALID, TEST = planted(40, 40, seed=1), planted(10, 10, seed=2), planted(10, 10, seed=3)


def joined(*parts: Dataset) -> Dataset:
    sequences = SequenceSet.concatenate([part.sequences for part in parts])
    labels = np.concatenate([part.labels for part in parts])
    return Dataset(sequences, labels, parts[0].tasks, np.arange(len(sequences)))


def hand_made(tasks: tuple[str, ...] = ("positive",)) -> TrainedModel:
    """A model whose filters are a word that nothing holds, the planted word, and another word."""
    spec = ModelSpec(LENGTH, (Block(3, 8),), tasks=tasks)
    network = build(spec, seed=0)
    filters = word_filters(["GGGGGGCC", OTHER, WORD])
    network.get_layer("conv_1").set_weights([filters.weights.transpose(1, 2, 0)[:, :, None, :], np.zeros(3)])
    splits: dict[str, str] = {}
    for part, data in {"train": TRAIN, "valid": VALID, "test": TEST}.items():
        splits |= dict.fromkeys(data.sequences.strand_digests(), part)
    return TrainedModel(spec, network, splits, pd.DataFrame())


@pytest.fixture(scope="module")
def data() -> Dataset:
    """Train, validation and test, in this order."""
    return joined(TRAIN, VALID, TEST)


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    return hand_made()


def test_the_tables_of_a_planted_word(model: TrainedModel, data: Dataset) -> None:
    found = tabulate_motifs(model, data, how=EXACT)
    assert found.motifs.names == (f"f02_{WORD}",)
    assert list(found.table.columns) == list(MOTIF_COLUMNS)
    assert list(found.sites.columns) == list(SITE_COLUMNS)
    assert list(found.filters.columns) == list(FILTER_COLUMNS)
    row = found.table.iloc[0]
    assert (row["filter"], row["consensus"], row["width"], row["task"]) == ("f02", WORD, 8, "positive")
    assert row["nsites"] >= 40
    assert row["auroc"] > 0.95
    assert found.filters["status"].tolist() == ["inactive", "inactive", "motif"]
    assert found.filters["motif"].tolist() == ["", "", f"f02_{WORD}"]


def test_sites_are_counted_on_train_and_placed_everywhere(model: TrainedModel, data: Dataset) -> None:
    found = tabulate_motifs(model, data, how=EXACT)
    counts = found.sites["split"].value_counts()
    assert counts["train"] == found.table["nsites"].iloc[0]
    assert counts["valid"] >= 10
    assert counts["test"] >= 10
    assert (data.labels[found.sites["sequence_index"], 0] == 1).all()


def test_the_figures_are_those_of_their_split(model: TrainedModel, data: Dataset) -> None:
    found = tabulate_motifs(model, data, how=EXACT)
    splits = np.array(model.split_of(data.sequences))
    seen = separation(found.motifs, data.take(np.isin(splits, ["train", "valid"])))
    unseen = separation(found.motifs, data.take(splits == "test"))
    assert found.table["auroc"].tolist() == seen[:, 0].tolist()
    assert found.table["auroc_test"].tolist() == unseen[:, 0].tolist()


def test_nothing_is_chosen_on_the_test_split(model: TrainedModel, data: Dataset) -> None:
    how = ExtractionSpec("every", 0.6, min_sites=1)
    labels = data.labels.copy()
    labels[-20:] = 1 - labels[-20:]  # TEST comes last
    flipped = replace(data, labels=labels)
    here, there = (tabulate_motifs(model, d, how=how) for d in (data, flipped))
    assert here.motifs.names == there.motifs.names
    assert [m.counts.tolist() for m in here.motifs] == [m.counts.tolist() for m in there.motifs]
    assert here.table.drop(columns="auroc_test").equals(there.table.drop(columns="auroc_test"))
    np.testing.assert_allclose(there.table["auroc_test"], 1 - here.table["auroc_test"])


def test_motifs_stand_in_the_order_of_their_separation(model: TrainedModel, data: Dataset) -> None:
    found = tabulate_motifs(model, data, how=ExtractionSpec("every", 0.6, min_sites=1))
    assert len(found.motifs) == 3
    assert found.table["motif"].tolist() == list(found.motifs.names)
    assert found.table["auroc"].is_monotonic_decreasing
    assert found.table["filter"].iloc[0] == "f02"
    ranks = found.sites["motif"].map({name: i for i, name in enumerate(found.motifs.names)})
    assert ranks.is_monotonic_increasing


def test_test_sequences_of_their_own(model: TrainedModel) -> None:
    own = planted(15, 15, seed=7)
    found = tabulate_motifs(model.with_test(own), joined(TRAIN, VALID), test=own, how=EXACT)
    assert found.table["auroc_test"].tolist() == separation(found.motifs, own)[:, 0].tolist()
    in_test = found.sites.query("split == 'test'")
    assert set(in_test["sequence_index"]) == set(range(15))  # indices among the test sequences
    assert [own.sequences.names[i] for i in in_test["sequence_index"]] == in_test["name"].tolist()


def test_sequences_that_the_model_has_not_met(model: TrainedModel) -> None:
    found = tabulate_motifs(model, planted(20, 20, seed=8), how=EXACT)
    assert found.table["auroc"].iloc[0] > 0.9
    assert found.table["auroc_test"].isna().all()
    assert set(found.sites["split"]) == {""}


def test_a_class_that_the_model_has_not_met(model: TrainedModel) -> None:
    # The positives are those that it was trained on; the negatives are new.
    fresh = planted(0, 40, seed=9)
    found = tabulate_motifs(model, joined(TRAIN.take(np.arange(40)), fresh), how=ExtractionSpec("rate", 0.05))
    assert found.table["filter"].iloc[0] == "f02"
    assert found.table["auroc"].iloc[0] > 0.9


def test_the_task_of_a_motif_is_the_one_that_it_separates_best(data: Dataset) -> None:
    coin = np.random.default_rng(0).integers(0, 2, len(data))
    tasks = ("coin", "word", "unknown")
    labels = np.stack([coin, data.labels[:, 0], np.full(len(data), np.nan)], axis=1)
    labelled = Dataset(data.sequences, labels, tasks, data.groups)
    found = tabulate_motifs(hand_made(tasks), labelled, how=EXACT)
    assert found.table["task"].tolist() == ["word"]
    assert found.table["auroc"].iloc[0] > 0.9


def test_files_come_back(model: TrainedModel, data: Dataset, tmp_path: Path) -> None:
    found = tabulate_motifs(model, data, how=EXACT)
    found.write_files(tmp_path)
    back = MotifTables.read(tmp_path)
    assert back.motifs.names == found.motifs.names
    pd.testing.assert_frame_equal(back.table, found.table, check_dtype=False, rtol=1e-5)
    pd.testing.assert_frame_equal(back.sites, found.sites, check_dtype=False, rtol=1e-5)
    pd.testing.assert_frame_equal(back.filters, found.filters, check_dtype=False, rtol=1e-5)


def test_no_motif_at_all_is_told_and_written_too(model: TrainedModel, data: Dataset, tmp_path: Path) -> None:
    found = tabulate_motifs(model, data, how=replace(EXACT, min_sites=10_000))
    assert (len(found.motifs), len(found.table), len(found.sites)) == (0, 0, 0)
    assert found.filters["status"].tolist() == ["inactive"] * 3
    found.write_files(tmp_path)
    back = MotifTables.read(tmp_path)
    assert len(back.motifs) == 0
    assert list(back.table.columns) == list(MOTIF_COLUMNS)
    assert list(back.sites.columns) == list(SITE_COLUMNS)
