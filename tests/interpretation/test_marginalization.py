"""The marginal effect of a motif: the mean change of the score by a planted site."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import motifnet as mn
from dna_strategies import random_dna
from hand_made import hand_made
from motifnet.interpretation.marginalization import MARGINAL_COLUMNS, site_bases
from motifnet.sequences.alphabet import decode_codes
from pair_models import FIRST, LENGTH, PAIR, motif_of, pair_model
from small_models import WORD

BACKGROUNDS = random_dna(30, LENGTH, seed=0)


def with_site(sequence: str, site: str, start: int) -> str:
    return sequence[:start] + site + sequence[start + len(site) :]


def reverse_complement(site: str) -> str:
    return site[::-1].translate(str.maketrans("ACGT", "TGCA"))


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("position", [None, 0, LENGTH - len(FIRST)])
def test_the_effect_is_the_mean_difference_of_scores(strand: str, position: int | None) -> None:
    model = pair_model(is_dependent=False)
    start = (LENGTH - len(FIRST)) // 2 if position is None else position
    site = FIRST if strand == "+" else reverse_complement(FIRST)
    before = model.scores(BACKGROUNDS)
    effects = model.scores([with_site(own, site, start) for own in BACKGROUNDS]) - before
    found = mn.marginalize(model, motif_of(FIRST), BACKGROUNDS, position=position, strand=strand)  # type: ignore[arg-type]
    assert list(found.columns) == list(MARGINAL_COLUMNS)
    row = found.loc[0]
    assert (row["motif"], row["n"]) == (FIRST, 30)
    assert row["effect"] == pytest.approx(effects.mean(), abs=1e-6)
    assert row["background"] == pytest.approx(before.mean(), abs=1e-6)
    low, high = stats.t.interval(0.95, 29, effects.mean(), stats.sem(effects[:, 0]) or 1e-12)
    assert (row["effect_low"], row["effect_high"]) == pytest.approx((low, high), abs=1e-6)


def test_each_motif_of_a_set_and_each_task_has_a_row() -> None:
    model = hand_made(tasks=("one", "two"))
    found = mn.marginalize(model, mn.MotifSet([motif_of(WORD), motif_of("ACGTACG")]), random_dna(20, 60, seed=1))
    assert found[["motif", "task"]].to_numpy().tolist() == [
        [motif, task] for motif in (WORD, "ACGTACG") for task in ("one", "two")
    ]
    assert (found["effect_low"] <= found["effect"]).all()
    assert (found["effect"] <= found["effect_high"]).all()
    # The planted k-mer is what the last filter detects.
    assert (found.loc[found["motif"] == WORD, "effect_low"] > 1).all()


def test_sites_on_both_strands_alternate() -> None:
    model = pair_model(is_dependent=False)
    both = mn.marginalize(model, motif_of(FIRST), BACKGROUNDS, strand="both").loc[0, "effect"]
    first, second = (
        mn.marginalize(model, motif_of(FIRST), BACKGROUNDS[k::2], strand=strand).loc[0, "effect"]
        for k, strand in ((0, "+"), (1, "-"))
    )
    assert both == pytest.approx((first + second) / 2)
    assert first > second + 0.5


def test_sampled_sites_have_the_frequencies_of_the_motif() -> None:
    motif = mn.Motif("mixed", [[6, 0, 1], [2, 10, 1], [2, 0, 1], [0, 0, 1]])
    bases = site_bases(motif, 20_000, "sampled", np.random.default_rng(0))
    counts = np.stack([(bases == base).mean(axis=0) for base in range(4)])
    np.testing.assert_allclose(counts, motif.ppm, atol=0.015)
    assert decode_codes(site_bases(motif, 1, "consensus", np.random.default_rng(0))[0]) == "ACA"


def test_the_seed_decides_random_positions_and_sites() -> None:
    model = pair_model(is_dependent=False)
    motif = replace(motif_of(FIRST), counts=motif_of(FIRST).counts + 2)
    effects = [
        mn.marginalize(model, motif, BACKGROUNDS, position="random", sites="sampled", seed=seed) for seed in (3, 3, 4)
    ]
    assert effects[0].equals(effects[1])
    assert not effects[0].equals(effects[2])


def test_one_background_has_no_interval() -> None:
    row = mn.marginalize(pair_model(is_dependent=False), FIRST, BACKGROUNDS[:1]).loc[0]
    assert np.isfinite(row["effect"])
    assert np.isnan(row["effect_low"])


@pytest.mark.parametrize(
    "options",
    [
        {"backgrounds": []},
        {"position": LENGTH - len(FIRST) + 1},
        {"position": "centre"},
        {"strand": "forward"},
        {"strand": ""},
        {"part": "kmers"},
        {"sites": "best"},
        {"seed": -1},
    ],
)
def test_wrong_arguments(options: dict[str, object]) -> None:
    with pytest.raises((mn.errors.InputError, mn.errors.ModelError)):
        mn.marginalize(
            pair_model(is_dependent=False),
            PAIR,
            **{"backgrounds": BACKGROUNDS, **options},  # type: ignore[arg-type]
        )
