"""Baselines: what they can predict, and what they cannot."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from motifnet.errors import InputError
from motifnet.models.baselines import baseline_predictions, baselines, baselines_json, baselines_table
from motifnet.models.kmer_regression import fit_kmers
from motifnet.models.metrics import METRICS
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.io.fasta import read_fasta
from motifnet.sequences.negatives.shuffled import shuffle
from motifnet.sequences.sequence_set import SequenceSet
from small_models import planted

TRAIN, TEST = planted(150, 150, seed=1), planted(80, 60, seed=2)


def metric(table: pd.DataFrame, baseline: str, name: str = "auroc") -> list[float]:
    """A metric of a baseline, for each task."""
    return table.loc[table["baseline"] == baseline, name].tolist()


def random_with_gc(count: int, *, gc: float, seed: int) -> SequenceSet:
    frequencies = [(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2]
    codes = np.random.default_rng(seed).choice(4, p=frequencies, size=(count, 60))
    return SequenceSet([f"s{i}" for i in range(count)], codes.astype(np.uint8))


def test_kmers_detect_a_planted_motif_and_gc_content_does_not() -> None:
    table = baselines(TRAIN, TEST)
    assert table.columns.tolist() == ["task", "baseline", *METRICS["classes"]]
    assert table["baseline"].tolist() == ["kmer_logistic", "gc"]
    assert metric(table, "kmer_logistic")[0] > 0.9
    assert abs(metric(table, "gc")[0] - 0.5) < 0.15
    assert table[["n_positive", "n_negative"]].to_numpy().tolist() == [[80, 60]] * 2
    assert baselines(TRAIN, TEST).equals(table)


def test_gc_content_separates_classes_but_not_shuffled_sequences() -> None:
    rich, poor = random_with_gc(200, gc=0.6, seed=1), random_with_gc(200, gc=0.4, seed=2)
    data = Dataset.from_classes(rich, poor)
    test = Dataset.from_classes(random_with_gc(100, gc=0.6, seed=3), random_with_gc(100, gc=0.4, seed=4))
    assert metric(baselines(data, test), "gc")[0] > 0.95
    shuffled = Dataset.from_classes(rich, shuffle(rich, seed=1))
    table = baselines(shuffled, Dataset.from_classes(poor, shuffle(poor, seed=1)))
    assert metric(table, "gc") == [0.5]


def test_reverse_complements_are_equivalent_unless_strands_are_distinguished() -> None:
    opposite = replace(TEST, sequences=TEST.sequences.reverse_complement())
    both, other = (baselines(TRAIN, test) for test in (TEST, opposite))
    pd.testing.assert_frame_equal(both, other)
    forward = [metric(baselines(TRAIN, test, strands="forward"), "kmer_logistic")[0] for test in (TEST, opposite)]
    assert forward[0] > 0.9 > 0.7 > forward[1]


@pytest.mark.parametrize("outputs", ["classes", "values", "counts"])
def test_the_kmer_baseline_is_the_regression_of_a_model_alone(outputs: str) -> None:
    """The regression of a model, weighted against its network, gives the same baseline as a new fit."""
    rng = np.random.default_rng(0)
    train, test = (
        replace(data, labels=data.labels if outputs == "classes" else rng.poisson(1 + 9 * data.labels))
        for data in (TRAIN, TEST)
    )
    kmers = fit_kmers(train, outputs=outputs, strands="both")
    kmers = kmers.stacked(test, rng.uniform(-1, 1, test.labels.shape), outputs)
    assert (kmers.kmer_weights != 1).all()
    own, of_model = (baseline_predictions(train, test, outputs=outputs, kmers=k) for k in (None, kmers))
    for name, predictions in own.items():
        np.testing.assert_allclose(of_model[name], predictions, rtol=1e-5)


def test_unknown_labels_and_tasks_with_a_single_label_are_left_out() -> None:
    unknown = np.where(np.arange(300) % 3 == 0, np.nan, TRAIN.labels[:, 0])
    labels = np.stack([TRAIN.labels[:, 0], unknown, np.ones(300)], axis=1)
    train = replace(TRAIN, labels=labels, tasks=("all", "some", "ones"))
    test = replace(TEST, labels=np.repeat(TEST.labels, 3, axis=1), tasks=train.tasks)
    table = baselines(train, test)
    assert table["task"].tolist() == ["all", "all", "some", "some"]
    assert min(metric(table, "kmer_logistic")) > 0.9
    assert baselines(replace(train, labels=np.ones((300, 3))), test).empty


@pytest.mark.parametrize(("outputs", "name"), [("values", "kmer_ridge"), ("counts", "kmer_poisson")])
def test_values_and_counts_that_depend_on_a_motif(outputs: str, name: str) -> None:
    rng = np.random.default_rng(1)
    train, test = (replace(data, labels=rng.poisson(1 + 9 * data.labels)) for data in (planted(300, 300, seed=1), TEST))
    table = baselines(train, test, outputs=outputs)
    assert table["baseline"].tolist() == [name, "gc"]
    assert metric(table, name, "pearson")[0] > 0.6 > 0.3 > metric(table, "gc", "pearson")[0]
    assert metric(table, name, "mse")[0] < metric(table, "gc", "mse")[0] < 1.1 * test.labels.var()
    back = baselines_table(baselines_json(table))
    pd.testing.assert_frame_equal(back[table.columns], table, check_dtype=False)


def test_two_sequences_suffice() -> None:
    table = baselines(planted(1, 1, seed=1), planted(1, 1, seed=2))
    assert not math.isnan(metric(table, "kmer_logistic")[0])


def test_labels_and_tasks_must_fit() -> None:
    with pytest.raises(InputError, match="positive"):
        baselines(TRAIN, replace(TEST, labels=TEST.labels - 1), outputs="counts")
    with pytest.raises(InputError, match="bound"):
        baselines(TRAIN, replace(TEST, tasks=("bound",)))


@pytest.mark.shared
def test_kmers_separate_a_yeast_chip_set_and_gc_content_does_not(shared_data: Path) -> None:
    folder = shared_data / "tf" / "yeast_Fkh1"
    train, test = (
        Dataset.from_classes(*(read_fasta(folder / f"{part}.{label}.fa.gz") for label in ("pos", "neg")))
        for part in ("train", "test")
    )
    table = baselines(train, test)
    assert metric(table, "kmer_logistic")[0] > 0.8
    assert metric(table, "gc")[0] < 0.6
