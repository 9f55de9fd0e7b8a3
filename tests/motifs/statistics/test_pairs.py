"""Pairs of motifs: no more of them than the level allows by chance, GC and density included; planted ones are found."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact, hypergeom

from motifnet.motifs.learned.sites import Sites
from motifnet.motifs.statistics import pairs as pairs_module
from motifnet.motifs.statistics.pairs import ORIENTATIONS, Pairs, find_pairs

WIDTH, LENGTH = 10, 200


def sites_of(rows: list[tuple[int, int, int, bool]], width: int = WIDTH) -> Sites:
    """Sites from rows of motif, sequence, start and strand; scores are all different."""
    rows = sorted(rows)
    motif, sequence, start = (np.array([row[k] for row in rows], dtype=np.int64) for k in range(3))
    is_reverse = np.array([row[3] for row in rows], dtype=bool)
    score = np.random.default_rng(len(rows)).random(len(rows), dtype=np.float32)
    return Sites(motif, sequence, start, start + width, is_reverse, score)


def independent(
    rng: np.random.Generator, *, n: int, n_motifs: int
) -> tuple[list[tuple[int, int, int, bool]], np.ndarray]:
    """Sites placed independently given GC, which makes most motifs more frequent, and clusters them at the middle."""
    gc = rng.beta(20, 20, size=n)
    slopes = rng.normal(8, 4, n_motifs)
    rates = rng.uniform(0.1, 0.5, n_motifs) * np.exp(np.outer(gc - 0.5, slopes))
    counts = np.minimum(rng.poisson(rates), 5)
    rows = []
    for sequence, motif in np.argwhere(counts):
        for _ in range(counts[sequence, motif]):
            start = int(np.clip(rng.normal(LENGTH / 2, 40), 0, LENGTH - WIDTH))
            rows.append((int(motif), int(sequence), start, bool(rng.random() < 0.5)))
    return rows, gc


def test_by_chance_no_more_pairs_than_the_level_allows() -> None:
    rng = np.random.default_rng(0)
    found = [
        find_pairs(sites_of(rows), gc, n_motifs=4)
        for rows, gc in (independent(rng, n=400, n_motifs=4) for _ in range(50))
    ]
    for level in (0.01, 0.05, 0.2):
        for p in (np.concatenate([f.p for f in found]), np.concatenate([f.spacing_p_value for f in found])):
            assert (p <= level).mean() <= level + 2 * np.sqrt(level / len(p))
    any_found = [(f.e_value < 0.05).any() for f in found], [(f.spacing_e_value < 0.05).any() for f in found]
    assert max(map(np.mean, any_found)) <= 0.05 + 2 * np.sqrt(0.05 / 50)


def test_strata_are_needed_for_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs_module, "_GC_BINS", 1)
    monkeypatch.setattr(pairs_module, "_SITE_BINS", 1)
    rng = np.random.default_rng(0)
    p = np.concatenate(
        [
            find_pairs(sites_of(rows), gc, n_motifs=4).p
            for rows, gc in (independent(rng, n=500, n_motifs=4) for _ in range(20))
        ]
    )
    assert (p <= 0.05).mean() > 0.2


def planted(seed: int, *, share: float, gap: int, is_reverse: bool, is_opposite: bool) -> Pairs:
    """Motifs 0 and 2 side by side in a share of the sequences, among independent sites."""
    rng = np.random.default_rng(seed)
    rows, gc = independent(rng, n=400, n_motifs=4)
    for sequence in range(int(400 * share)):
        start = int(rng.integers(0, LENGTH - 2 * WIDTH - gap))
        rows += [(0, sequence, start, is_reverse), (2, sequence, start + WIDTH + gap, is_reverse != is_opposite)]
    return find_pairs(sites_of(rows), gc, n_motifs=4)


@pytest.mark.parametrize("is_reverse", [False, True])
@pytest.mark.parametrize("is_opposite", [False, True])
def test_a_planted_pair_and_its_spacing_are_found(is_reverse: bool, is_opposite: bool) -> None:
    orientation = ("upstream" if is_reverse else "downstream") + f", {'opposite' if is_opposite else 'same'} strand"
    for seed in range(5):
        found = planted(seed, share=0.2, gap=7, is_reverse=is_reverse, is_opposite=is_opposite)
        row = int(np.flatnonzero((found.first == 0) & (found.second == 2))[0])
        assert found.e_value[row] < 0.05
        assert found.n_both[row] > found.expected[row] + 10
        assert found.gap[row] == 7
        assert ORIENTATIONS[found.orientation[row]] == orientation
        assert found.spacing_e_value[row] < 1e-6
        assert found.n_spaced[row] > 20
        others = np.delete(found.spacing_e_value, row)
        assert (others > 0.01).all()


def test_two_readings_of_one_place_are_no_pair() -> None:
    rows, gc = independent(np.random.default_rng(3), n=400, n_motifs=1)
    shifted = [(1, sequence, start + 4, not strand) for _, sequence, start, strand in rows]
    found = find_pairs(sites_of(rows + shifted), gc, n_motifs=2)
    assert found.n_both[0] == 0
    assert found.e_value[0] == 1
    assert (found.gap[0], found.spacing_p_value[0]) == (-1, 1)


def test_one_stratum_is_fishers_exact_test() -> None:
    rows = [(0, s, 20, False) for s in range(20)] + [(1, s, 60, True) for s in range(10, 34)]
    found = find_pairs(sites_of(rows), np.full(40, 0.5), n_motifs=2)
    assert found.p[0] == pytest.approx(fisher_exact([[10, 10], [14, 6]], alternative="greater").pvalue)
    assert (found.n_both[0], found.expected[0]) == (10, pytest.approx(20 * 24 / 40))


@pytest.mark.parametrize(("n", "k", "m"), [(10, 3, 4), (10, 8, 7), (5, 0, 3), (5, 5, 2), (3000, 900, 1200)])
def test_the_hypergeometric_is_scipys(n: int, k: int, m: int) -> None:
    least, chances = pairs_module._hypergeometric(n, k, m)
    np.testing.assert_allclose(chances, hypergeom.pmf(least + np.arange(len(chances)), n, k, m), rtol=1e-7, atol=1e-250)
    assert chances.sum() == pytest.approx(1)


@pytest.mark.parametrize("n_motifs", [0, 1, 3])
def test_without_sites_there_is_nothing(n_motifs: int) -> None:
    found = find_pairs(sites_of([]), np.zeros(0), n_motifs=n_motifs)
    assert len(found) == n_motifs * (n_motifs - 1) // 2
    assert (found.p == 1).all()
