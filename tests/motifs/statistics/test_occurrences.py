"""Occurrences: the best site of each motif in each sequence, in memory or in files; histograms of their scores."""

from __future__ import annotations

import numpy as np
import pytest

from dna_strategies import random_dna
from motifnet.motifs.motif import Motif
from motifnet.motifs.scanning.pwm import best_sites
from motifnet.motifs.statistics import occurrences as occurrences_module
from motifnet.motifs.statistics.occurrences import Occurrences, independent, score_counts
from motifnet.sequences import store
from motifnet.sequences.alphabet import one_hot
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet

MOTIFS = [Motif(kmer, one_hot([kmer])[0] * 50.0) for kmer in ("TGACTCA", "CACGTG", "GGAA")]


def random_data(n: int = 100, *, seed: int = 1) -> Dataset:
    strings = [*random_dna(n - 1, 40, seed=seed), "N" * 40]
    labels = np.random.default_rng(seed).integers(0, 2, (n, 1))
    return Dataset(SequenceSet.from_strings(strings), labels, ("positive",), np.arange(n))


def test_the_best_sites_are_those_of_one_scan() -> None:
    data = random_data()
    found = Occurrences.find(MOTIFS, data, strands="both")
    expected = best_sites(MOTIFS, data.sequences, strands="both")
    for name in ("score", "start", "is_reverse"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert (found.score.dtype, found.start.dtype, found.is_reverse.dtype) == (np.float32, np.int32, np.bool_)
    assert np.isneginf(found.score[-1]).all()
    assert np.isfinite(found.finite_score()).all()
    assert (found.finite_score()[:-1] == found.score[:-1]).all()


def test_large_arrays_in_files_have_the_same_values(monkeypatch: pytest.MonkeyPatch) -> None:
    data = random_data()
    expected = Occurrences.find(MOTIFS, data, strands="both").take_motifs([2, 0])
    monkeypatch.setattr(store, "LARGE", 1)
    monkeypatch.setattr(store, "BLOCK", 64)
    monkeypatch.setattr(occurrences_module, "_ROWS", 7)
    found = Occurrences.find(MOTIFS, data, strands="both").take_motifs([2, 0])
    assert isinstance(found.score, np.memmap)
    for name in ("score", "start", "is_reverse"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_selected_sequences_and_motifs() -> None:
    data = random_data()
    whole = Occurrences.find(MOTIFS, data, strands="forward", part="valid", rows=np.arange(500, 600))
    some = whole.take(data.labels[:, 0] == 1)
    assert some.index.tolist() == (500 + np.flatnonzero(data.labels[:, 0] == 1)).tolist()
    assert (some.data.labels == 1).all()
    assert (some.part, len(some)) == ("valid", len(some.score))
    renamed = whole.take_motifs([1, 0], [Motif("a", MOTIFS[1].counts), Motif("b", MOTIFS[0].counts)])
    assert renamed.names == ("a", "b")
    assert renamed.widths.tolist() == [6, 7]
    np.testing.assert_array_equal(renamed.score, whole.score[:, [1, 0]])
    assert Occurrences.find(MOTIFS, data, strands="forward").index.tolist() == list(range(100))


def test_has_site_compares_with_the_threshold_of_each_motif() -> None:
    found = Occurrences.find(MOTIFS, random_data(), strands="both")
    thresholds = np.array([5.0, np.inf, -1000.0])
    has_site = found.has_site(thresholds)
    assert (has_site == (found.score >= thresholds)).all()
    assert not has_site[-1].any()


def test_copies_are_not_independent_but_a_positive_and_its_shuffle_are() -> None:
    pairs = Dataset(SequenceSet.from_strings(["ACGT"] * 5), [[1], [1], [0], [0], [np.nan]], ("t",), [0, 1, 0, 0, 9])
    assert independent(pairs, pairs.labels[:, 0]).tolist() == [0, 1, 2]
    assert independent(pairs, np.array([0.3, 0.7, 0.1, 0.2, np.nan])).tolist() == [0, 1]


def test_every_sequence_is_in_one_bin_and_the_threshold_is_an_edge() -> None:
    data = random_data()
    found = Occurrences.find(MOTIFS, data, strands="both")
    thresholds = np.array([3.0, 1.25, np.inf])
    table = score_counts(found, thresholds=thresholds, tasks=np.zeros(3, dtype=np.int64))
    for motif, (name, own) in enumerate(table.groupby("motif", sort=False)):
        assert name == found.names[motif]
        assert own[["n_positive", "n_negative"]].sum().tolist() == [data.labels.sum(), len(data) - data.labels.sum()]
        np.testing.assert_allclose(own["bin_end"].iloc[:-1], own["bin_start"].iloc[1:])
        if np.isfinite(thresholds[motif]):
            above = own[own["bin_start"] >= thresholds[motif] - 1e-9]
            assert above["bin_start"].iloc[0] == thresholds[motif]
            n_sites = above["n_positive"].sum() + above["n_negative"].sum()
            assert n_sites == found.has_site(thresholds)[:, motif].sum()


def test_histograms_of_equal_scores_and_of_no_motifs() -> None:
    same = Dataset(SequenceSet.from_strings(["ACGTACGT"] * 2), [[1], [0]], ("t",), np.arange(2))
    found = Occurrences.find(MOTIFS, same, strands="both")
    table = score_counts(found, thresholds=np.zeros(3), tasks=np.zeros(3, dtype=np.int64))
    assert table.groupby("motif")[["n_positive", "n_negative"]].sum().to_numpy().tolist() == [[1, 1]] * 3
    assert len(score_counts(found.take_motifs([]), thresholds=np.zeros(0), tasks=np.zeros(0, dtype=np.int64))) == 0
