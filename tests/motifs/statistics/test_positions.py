"""Positions of sites: histograms around the middle, centrality, motifs per sequence."""

from __future__ import annotations

import numpy as np

from made_occurrences import occurrences_at
from motifnet.motifs.statistics.positions import centrality, offsets, per_sequence_table, position_table

LENGTH = 101


def normal_starts(rng: np.random.Generator, n: int, deviation: float) -> np.ndarray:
    """Starts of sites of 11 bp around the middle."""
    return np.clip(np.rint(rng.normal(45, deviation, n)), 0, 90).astype(int)


def central(rng: np.random.Generator, positive: tuple[int, float], negative: tuple[int, float]) -> tuple[float, float]:
    """Effect and p-value of positives and negatives with sites of these numbers and standard deviations."""
    starts = np.concatenate([normal_starts(rng, *positive), normal_starts(rng, *negative)])
    occurrences, has_site = occurrences_at(starts, widths=[11], length=LENGTH)
    effect, p_value = centrality(occurrences, has_site, np.arange(len(starts)) < positive[0])
    return float(effect[0]), float(p_value[0])


def test_positions_are_relative_to_the_middle() -> None:
    starts = [[45, 90], [0, 50], [-1, -1]]
    occurrences, has_site = occurrences_at(starts, widths=[11, 11], length=LENGTH)
    assert offsets(occurrences)[:2].tolist() == [[0, 45], [-45, 5]]
    is_positive = np.array([True, True, False])
    table = position_table(occurrences, has_site, is_positive)
    middles = (table["bin_start"] + table["bin_end"]) / 2
    for name, expected in (("m0", [-44, 0]), ("m1", [0, 44])):
        own = table["motif"] == name
        np.testing.assert_array_equal(table["bin_start"][own], -table["bin_end"][own][::-1])
        assert middles[own & (table["sites_positive"] > 0)].tolist() == expected
    assert table["sites_negative"].sum() == 0


def test_mirrored_sites_give_mirrored_histograms() -> None:
    starts = np.random.default_rng(0).integers(0, 91, (200, 1))
    everything = np.ones(200, dtype=bool)
    here, there = (
        position_table(*occurrences_at(own, widths=[11], length=LENGTH), everything) for own in (starts, 90 - starts)
    )
    assert here["sites_positive"].tolist() == there["sites_positive"].tolist()[::-1]
    assert here["sites_positive"].sum() == 200


def test_central_sites_are_significant() -> None:
    rng = np.random.default_rng(1)
    effect, p_value = central(rng, (80, 8), (60, 40))
    assert p_value < 1e-4
    assert effect > 0.7
    effect, p_value = central(rng, (60, 40), (80, 8))
    assert p_value > 0.5 > effect
    assert np.isnan(central(rng, (9, 8), (0, 8))).all()


def test_the_type_1_error_of_centrality_is_at_most_its_level() -> None:
    rng = np.random.default_rng(2)
    p = [central(rng, (20, 20), (9, 20))[1] for _ in range(400)]
    assert np.mean(np.array(p) <= 0.05) <= 0.05 + 2 * np.sqrt(0.05 / 400)


def test_motifs_per_sequence() -> None:
    has_site = np.array([[1, 1, 1], [0, 0, 0], [0, 1, 0], [0, 0, 0]], dtype=bool)
    table = per_sequence_table(has_site, np.array([True, True, False, False]))
    assert table.to_numpy().tolist() == [[0, 1, 1], [1, 0, 1], [2, 0, 0], [3, 1, 0]]
    assert per_sequence_table(has_site[:, :0], np.ones(4, dtype=bool)).to_numpy().tolist() == [[0, 4, 0]]
