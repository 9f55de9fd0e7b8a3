"""Seqlets: planted sites, symmetry, the null, and which of them have p-values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from interpretation.made_attributions import LENGTH, attributions_of, noise, planted
from motifnet.errors import InputError
from motifnet.interpretation.attribution.contributions import Attributions
from motifnet.interpretation.seqlets import Seqlets, find_seqlets
from motifnet.sequences.alphabet import reverse_complement

CONTROLS = noise(200, seed=9)


def reversed_attributions(attributions: Attributions) -> Attributions:
    codes = reverse_complement(attributions.sequences.codes)
    sequences = replace(attributions.sequences, codes=codes)
    return replace(attributions, sequences=sequences, values=attributions.values[..., ::-1, ::-1].copy())


def coordinates(seqlets: Seqlets, *, mirrored: bool = False) -> list[tuple[int, int, int, int]]:
    start, end = (LENGTH - seqlets.end, LENGTH - seqlets.start) if mirrored else (seqlets.start, seqlets.end)
    return sorted(zip(*(column.tolist() for column in (seqlets.sequence, start, end, seqlets.sign)), strict=True))


def test_planted_sites_are_found_whole() -> None:
    attributions, _, starts = planted(100, ["GATTACAGG"], [1.0], seed=0)
    found = find_seqlets(attributions, controls=CONTROLS)
    positive = found.take(found.sign > 0)
    best = positive.take([np.flatnonzero(positive.sequence == row)[0] for row in range(100)])
    for difference in (best.start - starts, best.end - starts - 9):
        assert np.mean(np.abs(difference) <= 2) >= 0.9
    # 5 % of the seqlets may be false
    assert len(found) <= 115


def test_positive_and_negative_seqlets_are_separate() -> None:
    attributions, which, _ = planted(120, ["GATTACAGG", "CCCTTTCCC"], [1.0, -1.0], seed=1)
    found = find_seqlets(attributions, controls=CONTROLS)
    for sign, word in ((1, 0), (-1, 1)):
        rows = found.sequence[found.sign == sign]
        assert set(np.flatnonzero(which == word)) <= set(rows.tolist())
    assert np.allclose(np.sign(found.contribution), found.sign)
    assert np.allclose(found.mean * found.width, found.contribution)


@pytest.mark.parametrize("seed", range(5))
def test_seqlets_of_reversed_attributions_are_reversed(seed: int) -> None:
    attributions, *_ = planted(60, ["GATTACAGG", "CCCTTTCCC", "TGAC"], [0.8, -0.5, 0.4], seed=seed)
    forward = find_seqlets(attributions, controls=CONTROLS, held_out=True)
    reverse = find_seqlets(reversed_attributions(attributions), controls=reversed_attributions(CONTROLS), held_out=True)
    assert len(forward) > 40
    assert coordinates(forward) == coordinates(reverse, mirrored=True)
    assert np.allclose(np.sort(forward.contribution), np.sort(reverse.contribution))


def test_symmetric_sites_give_symmetric_seqlets() -> None:
    """A site that is symmetric around the middle of its sequence: no lean to one side."""
    observed = np.zeros((50, 81))
    heights = np.array([0.2, 0.4, 0.3, 0.9, 1.0, 0.9, 0.3, 0.4, 0.2])
    observed[:, 36:45] = heights
    codes = np.random.default_rng(0).integers(0, 4, (50, 81), dtype=np.uint8)
    found = find_seqlets(attributions_of(codes, observed), controls=noise(50, seed=2, length=81))
    assert len(found) == 50
    assert (found.start + found.end == 81).all()


def test_on_null_data_seqlets_are_rare() -> None:
    """At a false discovery rate of 5 %, about one data set in twenty has any seqlet."""
    n_any = sum(
        len(find_seqlets(noise(100, seed=seed), controls=noise(100, seed=1000 + seed), held_out=True)) > 0
        for seed in range(60)
    )
    assert n_any <= 60 * 2 * 0.05 + 2 * np.sqrt(60 * 2 * 0.05)  # two families of tests: positive, negative


def test_p_values_of_null_regions_are_uniform() -> None:
    found = find_seqlets(noise(1500, seed=3), controls=noise(1500, seed=4), held_out=True, fdr=1.0)
    p_values = found.p_value[found.sign > 0]
    for level in (0.1, 0.3, 0.5, 0.8):
        assert (p_values <= level).mean() == pytest.approx(level, abs=0.05)


def test_only_held_out_seqlets_have_p_values() -> None:
    attributions, *_ = planted(40, ["GATTACAGG", "CCCTTTCCC"], [1.0, -1.0], seed=5)
    is_held_out = np.arange(40) >= 20
    assert np.isnan(find_seqlets(attributions, controls=CONTROLS).p_value).all()
    found = find_seqlets(attributions, controls=CONTROLS, held_out=is_held_out)
    is_tested = is_held_out[found.sequence] & (found.sign > 0)
    assert np.array_equal(~np.isnan(found.p_value), is_tested)
    assert np.array_equal(~np.isnan(found.q_value), is_tested)
    both = find_seqlets(attributions, controls=CONTROLS, negative_controls=CONTROLS, held_out=is_held_out)
    assert np.array_equal(~np.isnan(both.p_value), is_held_out[both.sequence])
    assert coordinates(both) == coordinates(found)


def test_sequences_without_contributions_have_no_seqlets() -> None:
    empty = noise(5, seed=0)
    empty = replace(empty, values=np.zeros_like(empty.values))
    assert len(find_seqlets(empty, controls=empty)) == 0
    assert len(find_seqlets(empty.take([]), controls=CONTROLS)) == 0


@pytest.mark.parametrize(
    "controls", [CONTROLS.take([]), replace(CONTROLS, method="gradient"), replace(CONTROLS, part="network")]
)
def test_controls_must_fit(controls: Attributions) -> None:
    with pytest.raises(InputError):
        find_seqlets(noise(5, seed=0), controls=controls)


@pytest.mark.parametrize("fdr", [0.0, -1.0, 1.5, float("nan"), True, "0.05", None])
def test_fdr_is_a_fraction(fdr: float) -> None:
    with pytest.raises(InputError):
        find_seqlets(noise(5, seed=0), controls=CONTROLS, fdr=fdr)


@pytest.mark.parametrize("held_out", [[True, False], [0, 1, 2, 3, 4], ["no"] * 5])
def test_held_out_is_a_mask(held_out: object) -> None:
    with pytest.raises(InputError):
        find_seqlets(noise(5, seed=0), controls=CONTROLS, held_out=held_out)  # type: ignore[arg-type]


def test_negative_controls_are_attributions() -> None:
    with pytest.raises(InputError):
        find_seqlets(noise(5, seed=0), controls=CONTROLS, negative_controls=[0.0])  # type: ignore[arg-type]
