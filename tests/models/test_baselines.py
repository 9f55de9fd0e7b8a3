"""Baselines find what they can find, and nothing else."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dna_strategies import random_dna
from motifnet.errors import InputError
from motifnet.models.baselines import baselines, baselines_json, baselines_table
from motifnet.models.evaluation import METRICS
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.io.labels import read_data
from motifnet.sequences.negatives.shuffled import shuffle
from motifnet.sequences.sequence_set import SequenceSet
from small_models import planted

TRAIN, TEST = planted(150, 150, seed=1), planted(80, 60, seed=2)


def figures(table: pd.DataFrame, baseline: str, figure: str = "auroc") -> list[float]:
    """A figure of a baseline, task by task."""
    return table.loc[table["baseline"] == baseline, figure].tolist()


def unrelated(count: int, *, gc: float, seed: int) -> SequenceSet:
    share = [(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2]
    codes = np.random.default_rng(seed).choice(4, p=share, size=(count, 60))
    return SequenceSet([f"s{i}" for i in range(count)], codes.astype(np.uint8))


def test_a_planted_word_is_found_by_words_and_not_by_gc() -> None:
    table = baselines(TRAIN, TEST)
    assert table.columns.tolist() == ["task", "baseline", *METRICS]
    assert table["baseline"].tolist() == ["kmer_logistic", "gc"]
    assert figures(table, "kmer_logistic")[0] > 0.9
    assert abs(figures(table, "gc")[0] - 0.5) < 0.15
    assert table[["n_positive", "n_negative"]].to_numpy().tolist() == [[80, 60]] * 2


def test_gc_is_found_by_gc_and_shuffles_hide_it() -> None:
    rich, poor = unrelated(200, gc=0.6, seed=1), unrelated(200, gc=0.4, seed=2)
    data = Dataset.from_classes(rich, poor)
    test = Dataset.from_classes(unrelated(100, gc=0.6, seed=3), unrelated(100, gc=0.4, seed=4))
    assert figures(baselines(data, test), "gc")[0] > 0.95
    shuffled = Dataset.from_classes(rich, shuffle(rich, seed=1))
    table = baselines(shuffled, Dataset.from_classes(poor, shuffle(poor, seed=1)))
    assert figures(table, "gc") == [0.5]


def test_the_strand_means_nothing_unless_it_does() -> None:
    turned = replace(TEST, sequences=TEST.sequences.reverse_complement())
    assert baselines(TRAIN, TEST).equals(baselines(TRAIN, turned))
    sighted = [figures(baselines(TRAIN, test, strands="forward"), "kmer_logistic")[0] for test in (TEST, turned)]
    assert sighted[0] > 0.9 > 0.7 > sighted[1]


def test_the_same_seed_gives_the_same_figures() -> None:
    assert baselines(TRAIN, TEST).equals(baselines(TRAIN, TEST))


def test_of_many_sequences_some_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("motifnet.models.baselines.MOST", 100)
    few = [baselines(TRAIN, TEST, seed=seed) for seed in (0, 1)]
    assert not few[0].equals(few[1])


def test_the_penalty_is_chosen_with_copies_on_one_side() -> None:
    """Noise that comes ten times over: only a heavy penalty does no harm, which copies on both sides would hide."""
    strings, rng = random_dna(61, 60, seed=1), np.random.default_rng(1)
    labels = np.tile(rng.integers(0, 2, 61), 10)[:, np.newaxis]
    copies = Dataset(SequenceSet.from_strings(strings * 10), labels, ("positive",), np.tile(np.arange(61), 10))
    fresh = planted(100, 100, seed=2, word="")
    honest = figures(baselines(copies, fresh), "kmer_logistic", "log_loss")[0]
    flattered = figures(baselines(replace(copies, grouping=np.arange(610)), fresh), "kmer_logistic", "log_loss")[0]
    assert honest < 0.75 < 0.85 < flattered


def test_unknown_labels_are_left_out_and_a_task_without_two_classes_has_no_row() -> None:
    unknown = np.where(np.arange(300) % 3 == 0, np.nan, TRAIN.labels[:, 0])
    labels = np.stack([TRAIN.labels[:, 0], unknown, np.ones(300)], axis=1)
    train = replace(TRAIN, labels=labels, tasks=("all", "some", "ones"))
    test = replace(TEST, labels=np.repeat(TEST.labels, 3, axis=1), tasks=train.tasks)
    table = baselines(train, test)
    assert table["task"].tolist() == ["all", "all", "some", "some"]
    assert min(figures(table, "kmer_logistic")) > 0.9
    assert baselines(replace(train, labels=np.ones((300, 3))), test).empty


@pytest.mark.parametrize(("outputs", "name"), [("values", "kmer_ridge"), ("counts", "kmer_poisson")])
def test_values_and_counts_that_a_word_decides(outputs: str, name: str) -> None:
    rng = np.random.default_rng(1)
    train, test = (replace(data, labels=rng.poisson(1 + 9 * data.labels)) for data in (planted(300, 300, seed=1), TEST))
    table = baselines(train, test, outputs=outputs)
    assert table["baseline"].tolist() == [name, "gc"]
    assert figures(table, name, "pearson")[0] > 0.6 > 0.3 > figures(table, "gc", "pearson")[0]
    assert figures(table, name, "mse")[0] < figures(table, "gc", "mse")[0] < 1.1 * test.labels.var()
    back = baselines_table(baselines_json(table))
    pd.testing.assert_frame_equal(back[table.columns], table, check_dtype=False)


def test_labels_must_be_of_their_kind() -> None:
    with pytest.raises(InputError, match="task 'positive' has a label -1; labels that are counts are 0 or more"):
        baselines(TRAIN, replace(TEST, labels=TEST.labels - 1), outputs="counts")


def test_two_sequences_suffice() -> None:
    table = baselines(planted(1, 1, seed=1), planted(1, 1, seed=2))
    assert not math.isnan(figures(table, "kmer_logistic")[0])


def test_other_tasks_are_told() -> None:
    with pytest.raises(InputError, match="the training data have the tasks positive, the test data bound"):
        baselines(TRAIN, replace(TEST, tasks=("bound",)))


@pytest.mark.shared
def test_words_reach_what_the_field_knows(shared_data: Path) -> None:
    folder = shared_data / "tf" / "yeast_Fkh1"
    train, test = (read_data(folder / f"{part}.pos.fa.gz", folder / f"{part}.neg.fa.gz") for part in ("train", "test"))
    table = baselines(train, test)
    assert figures(table, "kmer_logistic")[0] > 0.8
    assert figures(table, "gc")[0] < 0.6
