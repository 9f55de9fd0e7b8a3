"""Scenarios: positives and negatives differ in their sites as documented."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from motifnet.errors import InputError
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.sequences.alphabet import encode_letters
from motifnet.sequences.ragged import RaggedSequences
from motifnet.simulation.backgrounds import learn_background
from motifnet.simulation.planting import Simulation
from motifnet.simulation.scenario_spec import SCENARIOS, ScenarioSpec
from motifnet.simulation.scenarios import known_motifs, simulate_scenario

LEFT = Motif("left", 9.0 * np.eye(4)[:, [0, 0, 1, 2, 3]])
RIGHT = Motif("right", 9.0 * np.eye(4)[:, [2, 2, 0, 1, 3, 3]])
PAIR = MotifSet([LEFT, RIGHT])
SMALL = {"num_pos": 200, "num_neg": 150, "seq_length": 120}


def classes(
    scenario: str, motifs: MotifSet = PAIR, negative_motifs: MotifSet | None = None, **settings: object
) -> Simulation:
    spec = ScenarioSpec(**{**SMALL, **settings})  # type: ignore[arg-type]
    simulation = simulate_scenario(scenario, motifs, spec=spec, negative_motifs=negative_motifs, seed=1)
    assert simulation.has_classes
    assert (len(simulation.positives), len(simulation.negatives), simulation.positives.length) == (200, 150, 120)
    return simulation


def sites(simulation: Simulation) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sites of the positives and of the negatives, after comparison with the sequences."""
    is_positive = simulation.truth["name"].str.startswith("positive")
    both = simulation.truth[is_positive], simulation.truth[~is_positive]
    for truth, sequences in zip(both, (simulation.positives, simulation.negatives), strict=True):
        consensus = {"left": "AACGT", "right": "GGACTT"}
        forward, backward = list(sequences), list(sequences.reverse_complement())
        for row in truth[truth["motif"].isin(consensus)].itertuples():
            on_plus = row.strand == "+"
            string = (forward if on_plus else backward)[row.sequence_index]
            start = row.start if on_plus else len(string) - row.end
            site = string[start : start + len(row.matched_sequence)]
            assert site == row.matched_sequence == consensus[row.motif]
        gaps = truth["start"] - truth["end"].shift()
        assert (gaps[truth["sequence_index"].diff() == 0] >= 0).all()
    return both


def test_density_differs_between_classes() -> None:
    positive, negative = sites(classes("density"))
    assert positive.groupby("sequence_index").size().between(3, 5).all()
    assert negative.groupby("sequence_index").size().between(1, 2).all()
    assert positive["sequence_index"].nunique() == 200


def test_localised_sites_are_in_the_center_of_positives_only() -> None:
    positive, negative = sites(classes("density-localised", center_size=40))
    assert positive["start"].min() >= 40
    assert positive["end"].max() <= 80
    assert negative["start"].min() < 20
    assert negative["end"].max() > 100


def test_normally_distributed_positions() -> None:
    positive, _ = sites(classes("single-motif", position_sd=10, max_motif_counts=3))
    middle = (positive["start"] + positive["end"]) / 2
    assert abs(middle.mean() - 60) < 3
    assert middle.std() < 25


@pytest.mark.parametrize("orientation", ["any", "fixed"])
def test_a_pair_has_its_spacing(orientation: str) -> None:
    positive, negative = sites(
        classes("heterodimer", min_spacing=2, max_spacing=4, orientation=orientation, center_size=60)
    )
    first, second = positive[::2].reset_index(), positive[1::2].reset_index()
    assert (first["name"] == second["name"]).all()
    assert set(second["start"] - first["end"]) == {2, 3, 4}
    assert {frozenset(pair) for pair in zip(first["motif"], second["motif"], strict=True)} == {frozenset(PAIR.names)}
    strands = set(zip(first["motif"], first["strand"], second["strand"], strict=True))
    fixed = {("left", "+", "+"), ("right", "-", "-")}
    assert strands == fixed if orientation == "fixed" else len(strands) == 8
    # Both motifs are also in each negative: only the spacing differs.
    assert (negative.groupby("sequence_index")["motif"].nunique() == 2).all()


def test_negatives_with_one_missing_shuffled_or_swapped_motifs() -> None:
    _, missing = sites(classes("heterodimer", negatives="one-missing"))
    assert missing.groupby("sequence_index").size().tolist() == [1] * 150
    assert set(missing["motif"]) == {"left", "right"}
    _, shuffled = sites(classes("single-motif", negatives="shuffled"))
    assert set(shuffled["motif"]) == {"shuffled_left", "shuffled_right"}
    assert {tuple(sorted(site)) for site in shuffled["matched_sequence"]} <= {
        tuple(sorted(site)) for site in ("AACGT", "GGACTT")
    }
    others = MotifSet([Motif("other", 9.0 * np.eye(4)[:, [3, 0, 3, 0]])])
    _, swapped = sites(classes("single-motif", MotifSet([LEFT]), others))
    assert set(swapped["matched_sequence"]) == {"TATA"}


def test_labels_are_those_of_the_planted_motifs() -> None:
    made = simulate_scenario("koo-12", spec=ScenarioSpec(num_seqs=60), seed=2)
    assert not made.has_classes
    assert made.data.sequences.length == 200
    assert len(made.data.tasks) == 12
    planted = made.truth.groupby("sequence_index")["motif"].agg(set)
    tasks = np.array(made.data.tasks)
    assert [set(tasks[row == 1]) for row in made.data.labels] == planted.tolist()
    all_three = simulate_scenario(
        "multi-motif", spec=ScenarioSpec(num_seqs=60, min_motif_counts=3, max_motif_counts=3), seed=2
    )
    assert all_three.truth.groupby("sequence_index")["motif"].nunique().tolist() == [3] * 60


def test_jaspar_motifs_by_identifier_and_by_factor() -> None:
    motifs = known_motifs(["ma0139", "reb1"])
    assert motifs.names == ("CTCF", "REB1")
    with pytest.raises(InputError, match="'nobody'"):
        known_motifs(["nobody"])


@pytest.mark.parametrize("order", [0, 1, 3])
def test_the_background_has_the_kmer_frequencies_of_the_sequences(order: int) -> None:
    rng = np.random.default_rng(0)
    # C is always followed by A, and on the other strand T by G.
    letters = "".join(rng.choice(["CA", "G", "T", "A"], size=20_000))
    flat = encode_letters(letters.encode())[0]
    chain = learn_background(RaggedSequences(("a",), flat, np.array([0, len(flat)]), 0, "x"), order=order)
    sampled = chain.sample(500, 100, rng)
    frequencies = np.bincount(sampled.ravel(), minlength=4) / sampled.size
    both = np.bincount(flat, minlength=4) / len(flat)
    assert np.abs(frequencies - (both + both[::-1]) / 2).max() < 0.02
    if order:
        after_c = sampled[:, 1:][sampled[:, :-1] == 1]
        counts = np.bincount(flat[1:] + 4 * flat[:-1], minlength=16).reshape(4, 4)
        expected = counts[1] + counts[::-1, 2]  # CX, and X'G on the other strand
        assert np.abs(np.bincount(after_c, minlength=4) / len(after_c) - expected / expected.sum()).max() < 0.05


def test_kmers_are_not_counted_across_records() -> None:
    flat = encode_letters(b"AAAATTTT")[0]
    chain = learn_background(RaggedSequences(("a", "b"), flat, np.array([0, 4, 8]), 0, "x"), order=1)
    assert np.allclose(chain.transitions[0], [7 / 10, 1 / 10, 1 / 10, 1 / 10])


def test_the_seed_determines_the_sequences() -> None:
    for scenario in SCENARIOS:
        spec = ScenarioSpec(num_seqs=20) if SCENARIOS[scenario].spec.num_seqs else ScenarioSpec(num_pos=20, num_neg=20)
        one, two = (simulate_scenario(scenario, spec=spec, seed=3) for _ in range(2))
        pd.testing.assert_frame_equal(one.truth, two.truth)


@pytest.mark.parametrize(
    ("scenario", "settings", "setting"),
    [
        ("none", {}, "'none'"),
        ("single-motif", {"num_seqs": 9}, "num_seqs"),
        ("koo-12", {"negatives": "shuffled"}, "negatives"),
        ("single-motif", {"negatives": "apart"}, "'apart'"),
        ("single-motif", {"negatives": "swapped"}, "negative_motifs"),
        ("single-motif", {"min_motif_counts": 2}, "min_motif_counts"),
        ("single-motif", {"seq_length": 4}, "4 bp"),
        ("single-motif", {"center_size": 5}, "5 of 500 bp"),
        ("single-motif", {"position_sd": 1, "max_motif_counts": 9}, "position_sd"),
        ("multi-motif", {"max_motif_counts": 3}, "max_motif_counts"),
        ("koo-12", {"gc_fraction": 1}, "gc_fraction"),
    ],
)
def test_settings_that_a_scenario_cannot_have(scenario: str, settings: dict[str, int], setting: str) -> None:
    with pytest.raises(InputError, match=setting):
        simulate_scenario(scenario, PAIR, spec=ScenarioSpec(**settings), seed=0)  # type: ignore[arg-type]
