"""Tests on held-out sequences: equal to those of scipy, and valid under the null hypothesis."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest
from numpy.typing import ArrayLike
from scipy import stats

from dna_strategies import random_dna
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.motifs.scanning.pwm import best_sites
from motifnet.motifs.statistics.enrichment import (
    ENRICHMENT_COLUMNS,
    NOT_SIGNIFICANT,
    SIGNIFICANT,
    TOO_FEW,
    crop_to_common,
    enrichment_table,
    have_same_lengths,
)
from motifnet.motifs.statistics.thresholds import directions
from motifnet.sequences.alphabet import N, one_hot
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet

CREB, EBOX = "TGACGTTA", "GGCACGTG"
MOTIFS = MotifSet([Motif(word, one_hot([word])[0] * 50) for word in (CREB, EBOX)])
#: At most one mismatch.
THRESHOLD = 10.0


def dataset(sequences: SequenceSet, labels: ArrayLike, groups: ArrayLike | None = None) -> Dataset:
    columns = np.asarray(labels, dtype=np.float32).reshape(len(sequences), -1)
    tasks = tuple(f"t{i}" for i in range(columns.shape[1]))
    return Dataset(sequences, columns, tasks, np.arange(len(sequences)) if groups is None else np.asarray(groups))


def planted(shares: tuple[float, float], *, n: int = 120, length: int = 60, seed: int = 0) -> Dataset:
    """n positives and n negatives, the k-mer in a fraction of each."""
    strings = random_dna(2 * n, length, seed=seed)
    for first, share in zip((0, n), shares, strict=True):
        for row in range(first, first + round(share * n)):
            strings[row] = strings[row][:20] + CREB + strings[row][20 + len(CREB) :]
    return dataset(SequenceSet.from_strings(strings), np.repeat([1, 0], n))


def scores_of(data: Dataset, motifs: MotifSet = MOTIFS) -> np.ndarray:
    return best_sites(motifs.motifs, data.sequences, strands=motifs.strands).score


def table_of(data: Dataset, *, signs: float | ArrayLike = 1.0, motifs: MotifSet = MOTIFS) -> pd.DataFrame:
    shaped = np.broadcast_to(np.asarray(signs, dtype=np.float64), (len(motifs), len(data.tasks)))
    thresholds = np.full(len(motifs), THRESHOLD)
    return enrichment_table(motifs, data, scores_of(data, motifs), thresholds=thresholds, signs=shaped)


@pytest.mark.parametrize("sign", [1, -1])
def test_p_values_are_those_of_fishers_test(sign: int) -> None:
    data = planted((0.4, 0.15))
    table = table_of(data, signs=sign)
    assert list(table) == list(ENRICHMENT_COLUMNS)
    has_site = scores_of(data) >= THRESHOLD
    for row, found in zip(table.itertuples(), has_site.T, strict=True):
        a, b = int(found[:120].sum()), int(found[120:].sum())
        assert (row.sites_positive, row.n_positive, row.sites_negative, row.n_negative) == (a, 120, b, 120)
        expected = stats.fisher_exact([[a, 120 - a], [b, 120 - b]], "greater" if sign > 0 else "less").pvalue
        assert row.p_value == pytest.approx(expected, rel=1e-9)
        assert row.test == "fisher"
    np.testing.assert_allclose(table["e_value"], 2 * table["p_value"])
    np.testing.assert_allclose(table["q_value"], stats.false_discovery_control(table["p_value"]))
    assert set(table["direction"]) == {"positive" if sign > 0 else "negative"}
    assert table["status"][0] == (SIGNIFICANT if sign > 0 else NOT_SIGNIFICANT)
    assert table["status"][1] != SIGNIFICANT
    assert (table["enrichment"][0] > 2) == (sign > 0)


def test_the_direction_comes_from_training() -> None:
    train, held_out = planted((0.1, 0.5), seed=1), planted((0.5, 0.1), seed=2)
    scores = scores_of(train)
    signs = directions(scores, np.array([THRESHOLD] * 2), train.labels)
    assert signs[0, 0] == -1
    # The test is one-sided: enrichment in the other direction is not significant.
    assert table_of(held_out, signs=signs)["p_value"][0] > 0.99
    assert table_of(train, signs=signs)["status"][0] == SIGNIFICANT


def test_unknown_labels_are_ignored() -> None:
    data = planted((0.4, 0.1))
    labels = data.labels.copy()
    labels[100:140] = np.nan
    unknown, without = dataset(data.sequences, labels), data.take(np.r_[0:100, 140:240])
    pd.testing.assert_frame_equal(table_of(unknown), table_of(without))
    nothing = table_of(dataset(data.sequences, np.full(240, np.nan)))
    assert nothing["p_value"].tolist() == [1, 1]
    assert nothing["status"].tolist() == [TOO_FEW] * 2


def test_copies_count_once() -> None:
    data = planted((0.4, 0.1))
    copied = np.r_[0:240, np.repeat(np.arange(20), 10)]
    groups = np.r_[0:240, np.repeat(np.arange(20), 10)]
    with_copies = dataset(data.sequences.take(copied), data.labels[copied], groups)
    pd.testing.assert_frame_equal(table_of(with_copies), table_of(data))


def test_each_task_is_tested_on_its_labels() -> None:
    data = planted((0.5, 0.1))
    labels = np.stack([data.labels[:, 0], 1 - data.labels[:, 0], np.tile([0, 1], 120)], axis=1)
    table = table_of(dataset(data.sequences, labels), signs=[[1, -1, 1], [1, 1, 1]])
    assert table["task"].tolist() == ["t0"] * 2 + ["t1"] * 2 + ["t2"] * 2
    assert table["motif"].tolist() == list(MOTIFS.names) * 3
    np.testing.assert_allclose(table["e_value"], 6 * table["p_value"])
    assert table["p_value"][2] == pytest.approx(table["p_value"][0], rel=1e-9)
    assert (table["status"] == SIGNIFICANT).tolist() == [True, False, True, False, False, False]


@pytest.mark.parametrize(("n", "status"), [(2, TOO_FEW), (3, TOO_FEW), (4, SIGNIFICANT)])
def test_too_few_sequences(n: int, status: str) -> None:
    # The smallest p of n against n is 1 in 6, 20, 70; two motifs are tested.
    table = table_of(planted((1.0, 0.0), n=n))
    assert table["p_value"][0] == pytest.approx(1 / stats.binom.pmf(n, 2 * n, 0.5) / 4**n)
    assert table["status"][0] == status


def test_sites_everywhere_are_not_too_few() -> None:
    table = table_of(planted((1.0, 1.0)))
    assert table["p_value"][0] == 1
    assert table["status"][0] == NOT_SIGNIFICANT


def test_no_site_at_all() -> None:
    data = planted((0.5, 0.1))
    thresholds = np.array([np.inf, THRESHOLD])
    table = enrichment_table(MOTIFS, data, scores_of(data), thresholds=thresholds, signs=np.ones((2, 1)))
    assert (table["p_value"][0], table["status"][0], table["enrichment"][0]) == (1, TOO_FEW, 1)


def of_lengths(lengths: ArrayLike, rate: float, *, seed: int) -> tuple[SequenceSet, np.ndarray]:
    """Sequences padded with N, with the k-mer planted at this rate per position."""
    rng = np.random.default_rng(seed)
    longest, strings = int(np.max(lengths)), []
    for length in np.asarray(lengths).tolist():
        string = random_dna(1, length, seed=int(rng.integers(2**31)))[0]
        for start in sorted(rng.choice(length - 8, rng.poisson(rate * length))):
            string = string[:start] + CREB + string[start + len(CREB) :]
        strings.append("N" * ((longest - length) // 2) + string + "N" * (longest - length - (longest - length) // 2))
    return SequenceSet.from_strings(strings), np.asarray(lengths)


def test_classes_of_different_lengths_are_compared_by_positions() -> None:
    lengths = np.repeat([150, 50], 200)
    sequences, _ = of_lengths(lengths, 0.001, seed=1)
    table = table_of(dataset(sequences, lengths == 150))
    assert table["test"].tolist() == ["binomial"] * 2
    # More sites in longer sequences are not an enrichment; Fisher's test would be significant.
    counts = table.loc[0, ["sites_positive", "sites_negative"]].to_numpy(dtype=int)
    assert counts[0] > 1.5 * counts[1]
    assert table["p_value"][0] > 0.01
    rich, _ = of_lengths(lengths, 0.001, seed=1)
    codes = rich.codes.copy()
    codes[200:300, 70:78] = one_hot([CREB])[0].argmax(axis=0)
    assert table_of(dataset(SequenceSet(rich.names, codes), lengths == 50))["status"][0] == SIGNIFICANT


@pytest.mark.parametrize("is_short_enriched", [True, False])
def test_the_binomial_test_is_valid_for_frequent_sites(is_short_enriched: bool) -> None:
    lengths = np.repeat([100, 40], 80)
    rng = np.random.default_rng(0)
    motif, has_site = MOTIFS[:1], 12.0 * np.ones((160, 1))
    data = dataset(SequenceSet.from_strings(["A" * n + "N" * (100 - n) for n in lengths]), lengths == 100)
    p = []
    for _ in range(200):
        sites = rng.random((160, 1)) < -np.expm1(-0.006 * (lengths - 7))[:, np.newaxis]
        signs = np.array([[-1.0 if is_short_enriched else 1.0]])
        p.append(
            enrichment_table(motif, data, np.where(sites, has_site, 0), thresholds=np.array([10]), signs=signs)[
                "p_value"
            ][0]
        )
    assert np.mean(np.array(p) <= 0.05) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)


def test_frequent_sites_in_different_lengths_are_counted_in_the_middle(caplog: pytest.LogCaptureFixture) -> None:
    lengths = np.repeat([200, 120], 60)
    sequences, _ = of_lengths(lengths, 0.01, seed=3)
    with caplog.at_level(logging.WARNING, logger="motifnet"):
        table = table_of(dataset(sequences, lengths == 200), motifs=MOTIFS[:1])
    assert table["test"].tolist() == ["cropped"]
    assert table["p_value"][0] > 0.001
    assert [(record.levelname, record.args) for record in caplog.records] == [("WARNING", (1, 1, CREB, 120))]


def test_crop_to_common() -> None:
    codes = np.full((3, 10), N, np.uint8)
    codes[0, :] = np.arange(10) % 4
    codes[1, 2:8] = [3, 2, 1, 0, 3, 2]
    codes[2, 4:5] = 0
    cropped, kept = crop_to_common(np.repeat(codes, [5, 14, 1], axis=0))
    assert cropped.shape == (19, 6)
    assert kept.tolist() == list(range(19))
    assert cropped[0].tolist() == [2, 3, 0, 1, 2, 3]
    assert cropped[5].tolist() == [3, 2, 1, 0, 3, 2]


def test_similar_lengths() -> None:
    rng = np.random.default_rng(0)
    assert have_same_lengths(np.full(50, 101), np.full(90, 101))
    assert not have_same_lengths(np.full(50, 101), np.full(90, 110))
    same_mean = np.repeat([50, 150], 100), np.full(200, 100)
    assert not have_same_lengths(*same_mean)
    assert have_same_lengths(*(rng.integers(195, 206, 1000) for _ in range(2)))
    assert have_same_lengths(np.array([]), np.array([3]))


def test_real_labels_are_tested_by_rank() -> None:
    data = planted((1.0, 0.0), n=60)
    rng = np.random.default_rng(0)
    scores = scores_of(data)
    labels = scores[:, 0] + rng.normal(0, 4, 120)
    table = table_of(dataset(data.sequences, labels))
    expected = stats.spearmanr(scores[:, 0], labels.astype(np.float32), alternative="greater").pvalue
    assert table["p_value"][0] == pytest.approx(expected)
    assert table.loc[0, ["test", "direction", "status"]].tolist() == ["rank", "high", SIGNIFICANT]
    against = table_of(dataset(data.sequences, -labels), signs=directions(scores, np.zeros(2), -labels[:, np.newaxis]))
    assert against.loc[0, ["direction", "status"]].tolist() == ["low", SIGNIFICANT]
    assert against["p_value"][0] == pytest.approx(expected)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_the_p_value_of_few_real_labels_is_at_least_one_order_of_all(n: int) -> None:
    data = planted((1.0, 0.0), n=10)
    scores = np.arange(20.0)[:, np.newaxis]
    labels = np.where(np.arange(20) < n, np.arange(20) + 0.5, np.nan)
    table = enrichment_table(
        MOTIFS[:1], dataset(data.sequences, labels), scores, thresholds=np.zeros(1), signs=np.ones((1, 1))
    )
    assert table["p_value"][0] >= 1 / [1, 1, 2, 6, 24][n]
    assert table["status"][0] == (TOO_FEW if n < 4 else SIGNIFICANT)


@pytest.mark.parametrize("is_real", [False, True])
def test_the_type_1_error_is_at_most_the_level(is_real: bool) -> None:
    """P(p <= a) <= a for motifs that were fixed in advance."""
    data = planted((0.6, 0.2), n=60)
    scores = scores_of(data)
    rng = np.random.default_rng(0)
    p, runs = [], 200
    for _ in range(runs):
        labels = rng.normal(size=120) if is_real else rng.permutation(data.labels[:, 0])
        permuted = dataset(data.sequences, labels)
        table = enrichment_table(MOTIFS, permuted, scores, thresholds=np.array([THRESHOLD, 5.0]), signs=np.ones((2, 1)))
        p.append(table["p_value"].to_numpy())
    for level in (0.01, 0.05, 0.2):
        assert (np.array(p) <= level).mean(axis=0).max() <= level + 3 * np.sqrt(level * (1 - level) / runs)


def test_p_is_never_zero() -> None:
    labels = np.repeat([1, 0], 2000)
    data = dataset(SequenceSet.from_strings(["ACGTACGT"] * 4000), labels)
    scores = np.where(labels == 1, 12.0, 0.0)[:, np.newaxis]
    table = enrichment_table(MOTIFS[:1], data, scores, thresholds=np.array([10]), signs=np.ones((1, 1)))
    assert 0 < table["p_value"][0] < 1e-300


def test_no_motifs() -> None:
    table = table_of(planted((0.5, 0.1)), motifs=MotifSet([]))
    assert list(table) == list(ENRICHMENT_COLUMNS)
    assert len(table) == 0
