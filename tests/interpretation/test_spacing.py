"""Interactions of two motifs: none if their effects add up; at the planted distance and orientation otherwise."""

from __future__ import annotations

import numpy as np
import pytest

import motifnet as mn
from dna_strategies import random_dna
from hand_made import hand_made
from motifnet.interpretation.tables.columns import SPACING_COLUMNS
from motifnet.motifs.statistics.pairs import ORIENTATIONS
from pair_models import FIRST, GAP, LENGTH, PAIR, SECOND, motif_of, pair_model
from small_models import WORD

BACKGROUNDS = random_dna(24, LENGTH, seed=0)


def test_independent_effects_have_no_interaction() -> None:
    found = mn.spacing_effects(pair_model(is_dependent=False), PAIR, BACKGROUNDS)
    assert list(found.columns) == list(SPACING_COLUMNS)
    np.testing.assert_allclose(found["interaction"], 0, atol=1e-5)
    # The model reads one strand, on which the first motif is planted.
    is_same = found["orientation"].str.endswith("same strand")
    np.testing.assert_allclose(found["effect"], np.where(is_same, 2, 1), atol=1e-5)


@pytest.mark.parametrize("is_first", [True, False])
def test_dependent_effects_interact_at_their_distance(is_first: bool) -> None:
    motifs = PAIR if is_first else mn.MotifSet(PAIR.motifs[::-1])
    found = mn.spacing_effects(pair_model(is_dependent=True), motifs, BACKGROUNDS)
    orientation = "downstream, same strand" if is_first else "upstream, same strand"
    is_planted = (found["orientation"] == orientation) & (found["gap"] == GAP)
    assert is_planted.sum() == 1
    assert found.loc[is_planted, "interaction"].item() == pytest.approx(1, abs=0.05)
    assert found.loc[is_planted, "interaction_low"].item() > 0
    assert found.loc[~is_planted, "interaction"].abs().max() < 0.1


def test_an_interaction_is_that_of_four_scores() -> None:
    """Independent computation, with strings, for one arrangement: the second motif upstream on the other strand."""
    model, gap = hand_made((SECOND, WORD)), 7
    backgrounds = random_dna(6, 60, seed=5)
    found = mn.spacing_effects(model, [motif_of(WORD), motif_of(SECOND)], backgrounds, max_gap=gap)
    row = found[(found["orientation"] == ORIENTATIONS[3]) & (found["gap"] == gap)].iloc[0]
    start = (60 - 8) // 2
    swap = str.maketrans("ACGT", "TGCA")
    expected, joint = [], []
    for number, sequence in enumerate(backgrounds):
        is_reverse = number % 2 == 1
        first, second = (WORD[::-1].translate(swap), SECOND) if is_reverse else (WORD, SECOND[::-1].translate(swap))
        sites = ((start, first), (start + 8 + gap if is_reverse else start - 8 - gap, second))
        made = []
        for chosen in ((), (0,), (1,), (0, 1)):
            own = sequence
            for at, site in (sites[k] for k in chosen):
                own = own[:at] + site + own[at + 8 :]
            made.append(own)
        none, one, other, both = model.scores(made)[:, 0]
        expected.append(both - one - other + none)
        joint.append(both - none)
    assert row["interaction"] == pytest.approx(np.mean(expected), abs=1e-6)
    assert row["effect"] == pytest.approx(np.mean(joint), abs=1e-6)


def test_observed_spacings_are_counted() -> None:
    strings = random_dna(40, LENGTH, seed=2)
    start = 10
    sequences = [
        own[:start] + FIRST + own[start + 8 : start + 8 + GAP] + SECOND + own[start + 16 + GAP :] for own in strings
    ]
    found = mn.spacing_effects(pair_model(is_dependent=True), PAIR, BACKGROUNDS, sequences=sequences)
    is_planted = (found["orientation"] == "downstream, same strand") & (found["gap"] == GAP)
    assert found.loc[is_planted, "n_observed"].item() == 40
    assert found["n_observed"].sum() == 40
    assert found["expected"].sum() == pytest.approx(40)
    alone = mn.spacing_effects(pair_model(is_dependent=True), PAIR, BACKGROUNDS)
    assert alone["n_observed"].isna().all()
    assert alone.drop(columns=["n_observed", "expected"]).equals(found.drop(columns=["n_observed", "expected"]))


def test_each_pair_and_task_has_all_gaps_and_orientations() -> None:
    motifs = [motif_of(WORD), motif_of(SECOND), motif_of("ACGTACG")]
    found = mn.spacing_effects(hand_made(tasks=("one", "two")), motifs, random_dna(4, 60, seed=1), max_gap=3)
    assert len(found) == 3 * 2 * 4 * 4
    assert not found.duplicated(["motif", "other", "task", "orientation", "gap"]).any()


def test_by_default_all_gaps_that_fit() -> None:
    found = mn.spacing_effects(pair_model(is_dependent=False), PAIR, BACKGROUNDS[:2])
    assert found["gap"].max() == (LENGTH - 8) // 2 - 8


@pytest.mark.parametrize(
    "options",
    [
        {"motifs": PAIR[:1]},
        {"max_gap": 40},
        {"max_gap": -1},
        {"backgrounds": []},
        {"motifs": [motif_of("A" * 30), motif_of("C" * 30)]},
    ],
)
def test_wrong_arguments(options: dict[str, object]) -> None:
    values = {"motifs": PAIR, "backgrounds": BACKGROUNDS, **options}
    with pytest.raises(mn.errors.InputError):
        mn.spacing_effects(pair_model(is_dependent=False), **values)  # type: ignore[arg-type]


def test_the_plot_has_a_line_for_each_orientation_and_bars_of_counts() -> None:
    model = pair_model(is_dependent=True)
    table = mn.spacing_effects(model, PAIR, BACKGROUNDS, sequences=BACKGROUNDS, max_gap=5)
    upper, lower = mn.plot_spacing(table).child_axes
    lines = [line.get_ydata() for line in upper.get_lines() if len(line.get_xdata()) == 6]
    expected = [table.loc[table["orientation"] == name, "interaction"].tolist() for name in ORIENTATIONS]
    np.testing.assert_allclose(lines, expected)
    assert len(lower.patches) == 24
    (only,) = mn.plot_spacing(table.assign(n_observed=np.nan), (FIRST, SECOND), task=table["task"][0]).child_axes
    assert only.get_xlabel() == "gap (bp)"


@pytest.mark.parametrize(
    ("options", "without"),
    [
        ({"pair": ("a", "b")}, []),
        ({"pair": "ab"}, []),
        ({"pair": (FIRST,)}, []),
        ({"pair": 1}, []),
        ({"task": "none"}, []),
        ({}, ["gap"]),
    ],
)
def test_a_plot_needs_a_pair_of_the_table(options: dict[str, object], without: list[str]) -> None:
    table = mn.spacing_effects(pair_model(is_dependent=False), PAIR, BACKGROUNDS[:2], max_gap=1)
    with pytest.raises(mn.errors.InputError):
        mn.plot_spacing(table.drop(columns=without), **options)  # type: ignore[arg-type]
    with pytest.raises(mn.errors.InputError):
        mn.plot_spacing(table[:0])
    with pytest.raises(mn.errors.InputError):
        mn.plot_spacing("spacing.tsv")  # type: ignore[arg-type]
