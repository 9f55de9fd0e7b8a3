"""Pairs of motifs: the error of the tests is at most their level, given GC and density; planted pairs are found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact, hypergeom

from made_occurrences import occurrences_at
from motifnet.motifs.statistics import pairs as pairs_module
from motifnet.motifs.statistics.pairs import PAIR_COLUMNS, pair_table

WIDTH, LENGTH = 10, 200


def pairs_of(
    starts: np.ndarray, is_reverse: np.ndarray | bool = False, gc: np.ndarray | float = 0.5, **bins: int
) -> pd.DataFrame:
    widths = [WIDTH] * starts.shape[1]
    return pair_table(*occurrences_at(starts, is_reverse, widths=widths, length=LENGTH, gc=gc), **bins)


def independent(rng: np.random.Generator, *, n: int, n_motifs: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Starts, strands and GC of sites that are independent given GC: most motifs increase with it; central."""
    gc = rng.beta(20, 20, size=n)
    slopes = rng.normal(8, 4, n_motifs)
    rates = rng.uniform(0.1, 0.5, n_motifs) * np.exp(np.outer(gc - 0.5, slopes))
    starts = np.clip(rng.normal(LENGTH / 2, 40, rates.shape), 0, LENGTH - WIDTH).astype(int)
    return np.where(rng.random(rates.shape) < -np.expm1(-rates), starts, -1), rng.random(rates.shape) < 0.5, gc


def test_the_type_1_errors_are_at_most_the_level() -> None:
    rng = np.random.default_rng(0)
    found = [pairs_of(*independent(rng, n=400, n_motifs=4)) for _ in range(50)]
    for column in ("p_value", "spacing_e_value"):
        # Of the spacing, the p-value corrected for all gaps and orientations: the E-value is for 6 pairs.
        p = np.concatenate([f[column] / (6 if column == "spacing_e_value" else 1) for f in found])
        for level in (0.01, 0.05, 0.2):
            assert (p <= level).mean() <= level + 2 * np.sqrt(level / len(p))
    for column in ("e_value", "spacing_e_value"):
        assert np.mean([(f[column] < 0.05).any() for f in found]) <= 0.05 + 2 * np.sqrt(0.05 / 50)


def test_without_strata_the_error_is_larger() -> None:
    rng = np.random.default_rng(0)
    made = [independent(rng, n=500, n_motifs=4) for _ in range(20)]
    p = np.concatenate([pairs_of(*own, gc_bins=1, site_bins=1)["p_value"] for own in made])
    assert (p <= 0.05).mean() > 0.2


@pytest.mark.parametrize("is_reverse", [False, True])
@pytest.mark.parametrize("is_opposite", [False, True])
def test_a_planted_pair_and_its_spacing_are_found(is_reverse: bool, is_opposite: bool) -> None:
    orientation = ("upstream" if is_reverse else "downstream") + f", {'opposite' if is_opposite else 'same'} strand"
    for seed in range(5):
        rng = np.random.default_rng(seed)
        starts, strands, gc = independent(rng, n=400, n_motifs=4)
        starts[:80, 0] = rng.integers(0, LENGTH - 2 * WIDTH - 7, 80)
        starts[:80, 2] = starts[:80, 0] + WIDTH + 7
        strands[:80, 0], strands[:80, 2] = is_reverse, is_reverse != is_opposite
        found = pairs_of(starts, strands, gc).set_index(["motif", "other"])
        pair = found.loc[("m0", "m2")]
        assert pair["e_value"] < 0.05
        assert pair["n_both"] > pair["expected"] + 10
        assert (pair["gap"], pair["orientation"]) == (7, orientation)
        assert pair["spacing_e_value"] < 1e-6
        assert pair["n_spaced"] > 20
        assert (found.drop(index=("m0", "m2"))["spacing_e_value"] > 0.01).all()


def test_overlapping_sites_are_no_pair() -> None:
    starts, strands, gc = independent(np.random.default_rng(3), n=400, n_motifs=1)
    shifted = np.where(starts >= 0, starts + 4, -1)
    found = pairs_of(np.hstack([starts, shifted]), np.hstack([strands, ~strands]), gc)
    assert found.loc[0, ["n_both", "e_value", "gap", "orientation", "spacing_e_value"]].tolist() == [0, 1, -1, "", 1]


def test_one_stratum_is_fishers_exact_test() -> None:
    starts = np.full((40, 2), -1)
    starts[:20, 0], starts[10:34, 1] = 20, 60
    found = pairs_of(starts).loc[0]
    assert found["p_value"] == pytest.approx(fisher_exact([[10, 10], [14, 6]], alternative="greater").pvalue)
    assert (found["n_both"], found["expected"]) == (10, pytest.approx(20 * 24 / 40))


@pytest.mark.parametrize(("n", "k", "m"), [(10, 3, 4), (10, 8, 7), (5, 0, 3), (5, 5, 2), (3000, 900, 1200)])
def test_the_hypergeometric_distribution_is_that_of_scipy(n: int, k: int, m: int) -> None:
    smallest, p = pairs_module._hypergeometric(n, k, m)
    np.testing.assert_allclose(p, hypergeom.pmf(smallest + np.arange(len(p)), n, k, m), rtol=1e-7, atol=1e-250)
    assert p.sum() == pytest.approx(1)


@pytest.mark.parametrize("n_motifs", [1, 3])
def test_no_sequences(n_motifs: int) -> None:
    found = pairs_of(np.empty((0, n_motifs)))
    assert list(found.columns) == list(PAIR_COLUMNS)
    assert len(found) == n_motifs * (n_motifs - 1) // 2
    assert (found["p_value"] == 1).all()
