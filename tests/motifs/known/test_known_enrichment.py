"""Enrichment of known motifs: thresholds from one half of the sequences, tests on the other."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest

from dna_strategies import random_dna
from motifnet.errors import InputError
from motifnet.motifs.known import known_enrichment
from motifnet.motifs.known.databases import read_database
from motifnet.motifs.known.known_enrichment import KNOWN_COLUMNS, enrich
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.motifs.scanning import pwm
from motifnet.motifs.statistics.enrichment import SIGNIFICANT, TOO_FEW
from motifnet.sequences.alphabet import one_hot
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet

CREB, PAX = "TGACGTCA", "GGAACCATTAG"


def collection(n_random: int = 5) -> MotifSet:
    rng = np.random.default_rng(0)
    known = [Motif(f"MA{i:04d}.1", one_hot([word])[0] * 50, alt_name=word) for i, word in enumerate((CREB, PAX))]
    return MotifSet([*known, *(Motif(f"r{i}", rng.dirichlet([0.3] * 4, 8).T * 50) for i in range(n_random))])


def labelled(n: int = 100, *, seed: int = 0) -> Dataset:
    """CREB in half of the positives, PAX in half of the negatives."""
    strings = random_dna(2 * n, 60, seed=seed)
    for first, word in ((0, CREB), (n, PAX)):
        for row in range(first, first + n // 2):
            strings[row] = strings[row][:30] + word + strings[row][30 + len(word) :]
    return Dataset.from_labels(SequenceSet.from_strings(strings), np.repeat([1, 0], n), ("bound",))


def test_planted_motifs_are_significant_in_their_class() -> None:
    table = enrich(collection(), labelled())
    assert list(table) == list(KNOWN_COLUMNS)
    assert set(table["motif"][:2]) == {"MA0000.1", "MA0001.1"}
    planted = table[:2].set_index("motif")
    assert planted.loc["MA0000.1", "direction"] == "positive"
    assert planted.loc["MA0001.1", "direction"] == "negative"
    assert (table["status"] == SIGNIFICANT).tolist() == [True] * 2 + [False] * 5
    assert table["p_value"].is_monotonic_increasing
    np.testing.assert_allclose(table["e_value"], 7 * table["p_value"])
    # Half of the sequences are tested.
    assert (table[["n_positive", "n_negative"]] == 50).all(axis=None)


def test_the_result_depends_on_the_seed_and_not_on_batches(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    table = enrich(collection(), labelled(), seed=1)
    monkeypatch.setattr(pwm, "_MOTIF_BATCH", 3)
    with caplog.at_level(logging.DEBUG, logger="motifnet.progress"):
        again = enrich(collection(), labelled(), seed=1)
    pd.testing.assert_frame_equal(again, table)
    reports = [message.rstrip() for message in caplog.messages if message.startswith("known motifs")]
    assert reports == [f"known motifs: {done} of 7" for done in (3, 6, 7)]
    assert not enrich(collection(), labelled(), seed=2).equals(table)


def test_directions_are_chosen_on_the_other_half() -> None:
    """With the labels of the tested half exchanged, directions are unchanged, and nothing is significant."""
    data = labelled()
    is_tested = known_enrichment._halves(data, seed=0)
    labels = data.labels.copy()
    labels[is_tested] = 1 - labels[is_tested]
    exchanged = Dataset(data.sequences, labels, data.tasks, data.groups)
    table = enrich(collection(), exchanged)
    planted = table.set_index("motif").loc[["MA0000.1", "MA0001.1"]]
    assert planted["direction"].tolist() == ["positive", "negative"]
    assert (planted["p_value"] > 0.99).all()


def test_permuted_labels_are_rarely_significant() -> None:
    data, rng = labelled(60), np.random.default_rng(0)
    motifs, found = collection(), 0
    for seed in range(40):
        labels = rng.permutation(data.labels)
        table = enrich(motifs, Dataset(data.sequences, labels, data.tasks, data.groups), seed=seed)
        found += int((table["status"] == SIGNIFICANT).any())
    assert found <= 40 * 0.05 + 2 * np.sqrt(40 * 0.05 * 0.95)


def test_groups_are_in_one_half() -> None:
    data = labelled(40)
    groups = np.arange(len(data)) // 4
    is_tested = known_enrichment._halves(Dataset(data.sequences, data.labels, data.tasks, groups), seed=0)
    assert all(len(set(is_tested[groups == group].tolist())) == 1 for group in range(20))
    assert is_tested.sum() == 40


def test_each_task_has_its_threshold() -> None:
    data = labelled()
    rng = np.random.default_rng(1)
    labels = np.concatenate([data.labels, rng.normal(size=(200, 1)) + 3 * data.labels], axis=1)
    table = enrich(collection(0), Dataset(data.sequences, labels, ("bound", "signal"), data.groups))
    assert set(table["test"]) == {"fisher", "rank"}
    np.testing.assert_allclose(table["e_value"], 4 * table["p_value"])
    assert set(table.loc[table["task"] == "signal", "direction"]) == {"high", "low"}


def test_factors_have_a_name_and_a_family() -> None:
    known = read_database("vertebrates")
    ctcf = next(motif for motif in known if motif.alt_name == "CTCF")
    row = enrich(MotifSet([ctcf]), labelled(20)).loc[0]
    assert row["name"] == "CTCF"
    assert "zinc" in row["family"]


def test_few_sequences() -> None:
    assert set(enrich(collection(), labelled(4))["status"]) == {TOO_FEW}
    one_group = Dataset(labelled(4).sequences, labelled(4).labels, ("bound",), np.zeros(8))
    with pytest.raises(InputError):
        enrich(collection(), one_group)
    with pytest.raises(InputError, match="e_value"):
        enrich(collection(), labelled(4), e_value=0)


def test_no_motifs() -> None:
    assert list(enrich(MotifSet([]), labelled(20))) == list(KNOWN_COLUMNS)


def test_sequences_without_some_of_the_bases() -> None:
    strings = [s.replace("G", "A").replace("C", "T") for s in random_dna(40, 60, seed=0)]
    data = Dataset.from_labels(SequenceSet.from_strings(strings), np.repeat([1, 0], 20), ("bound",))
    assert (enrich(collection(), data)["status"] != SIGNIFICANT).all()
