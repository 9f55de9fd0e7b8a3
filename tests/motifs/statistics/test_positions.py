"""Where sites lie: histograms around the middle, centrality, motifs a sequence."""

from __future__ import annotations

import numpy as np
import pytest

from motifnet.errors import InputError
from motifnet.motifs.learned.sites import Sites
from motifnet.motifs.statistics.positions import (
    best_sites,
    centrality,
    motifs_per_sequence,
    offsets,
    position_histogram,
)

LENGTH = 101


def sites_of(motif: list[int], sequence: list[int], start: list[int], width: int = 11, score: float = 1.0) -> Sites:
    begin = np.array(start, dtype=np.int64)
    return Sites(
        np.array(motif, dtype=np.int64),
        np.array(sequence, dtype=np.int64),
        begin,
        begin + width,
        np.zeros(len(start), dtype=bool),
        np.full(len(start), score, dtype=np.float32),
    )


def spread(rng: np.random.Generator, n: int, deviation: float) -> Sites:
    starts = np.clip(np.rint(rng.normal(45, deviation, n)), 0, 90).astype(int)
    return sites_of([0] * n, list(range(n)), starts.tolist())


def test_the_best_site_is_the_highest_and_then_the_leftmost() -> None:
    sites = sites_of([0, 0, 0, 1, 0], [0, 0, 0, 0, 1], [5, 9, 2, 7, 30])
    scores = np.array([1, 3, 3, 0, -1], dtype=np.float32)
    best = best_sites(Sites(*sites.columns()[:5], scores))
    assert list(zip(best.filter, best.sequence, best.start, strict=True)) == [(0, 0, 2), (0, 1, 30), (1, 0, 7)]


def test_positions_are_told_from_the_middle() -> None:
    sites = sites_of([0, 0, 1, 1], [0, 1, 0, 1], [45, 0, 90, 50])
    assert offsets(sites, LENGTH).tolist() == [0, -45, 45, 5]
    for bin_width in (1, 10, 11, 300):
        edges, counts = position_histogram(sites, n_motifs=2, length=LENGTH, bin_width=bin_width)
        np.testing.assert_array_equal(edges, -edges[::-1])
        assert len(edges) == counts.shape[1] + 1
        assert counts.sum(axis=1).tolist() == [2, 2]
        mirrored = sites_of([0, 0, 1, 1], [0, 1, 0, 1], [45, 90, 0, 40])
        np.testing.assert_array_equal(
            position_histogram(mirrored, n_motifs=2, length=LENGTH, bin_width=bin_width)[1], counts[:, ::-1]
        )
    edges, counts = position_histogram(sites, n_motifs=2, length=LENGTH, bin_width=11)
    middles = (edges[:-1] + edges[1:]) / 2
    assert [middles[row > 0].tolist() for row in counts] == [[-44, 0], [0, 44]]


def test_bins_need_a_width() -> None:
    with pytest.raises(InputError, match=r"bin_width must be at least 1 bp. Got 0 instead"):
        position_histogram(sites_of([], [], []), n_motifs=1, length=10, bin_width=0)


def test_central_sites_are_told_from_spread_ones() -> None:
    rng = np.random.default_rng(1)
    found = centrality(spread(rng, 80, 8), spread(rng, 60, 40), n_motifs=2, length=LENGTH)
    assert (found.n_positive.tolist(), found.n_negative.tolist()) == ([80, 0], [60, 0])
    assert found.p[0] < 1e-4
    assert found.effect[0] > 0.7
    assert np.isnan(found.p[1])
    backwards = centrality(spread(rng, 60, 40), spread(rng, 80, 8), n_motifs=1, length=LENGTH)
    assert backwards.p[0] > 0.5 > backwards.effect[0]


def test_by_chance_centrality_keeps_its_level() -> None:
    rng = np.random.default_rng(2)
    p = [centrality(spread(rng, 20, 20), spread(rng, 9, 20), n_motifs=1, length=LENGTH).p[0] for _ in range(400)]
    assert np.mean(np.array(p) <= 0.05) <= 0.05 + 2 * np.sqrt(0.05 / 400)


def test_motifs_of_a_sequence_are_counted_once_each() -> None:
    sites = sites_of([0, 0, 1, 2, 1], [0, 0, 0, 0, 3], [1, 5, 9, 20, 4])
    assert motifs_per_sequence(sites, n_motifs=3, n_sequences=5).tolist() == [3, 1, 0, 1]
    assert motifs_per_sequence(sites_of([], [], []), n_motifs=2, n_sequences=4).tolist() == [4, 0, 0]
