"""Scenarios: what distinguishes the classes is in the truth, and nothing else is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from motifnet.errors import InputError
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.sequences.alphabet import encode_letters
from motifnet.sequences.io.fasta import RaggedSequences
from motifnet.simulation.backgrounds import learn_background
from motifnet.simulation.planting import Simulation
from motifnet.simulation.scenario_spec import SCENARIOS, ScenarioSpec
from motifnet.simulation.scenarios import LabelledSimulation, known_motifs, simulate_scenario

LEFT = Motif("left", 9.0 * np.eye(4)[:, [0, 0, 1, 2, 3]])
RIGHT = Motif("right", 9.0 * np.eye(4)[:, [2, 2, 0, 1, 3, 3]])
PAIR = MotifSet([LEFT, RIGHT])
SMALL = {"num_pos": 200, "num_neg": 150, "seq_length": 120}


def classes(scenario: str, motifs: MotifSet = PAIR, swapped: MotifSet | None = None, **spec: object) -> Simulation:
    given = ScenarioSpec(**{**SMALL, **spec})  # type: ignore[arg-type]
    made = simulate_scenario(scenario, motifs, spec=given, swapped=swapped, seed=1)
    assert isinstance(made, Simulation)
    assert (len(made.positives), len(made.negatives), made.positives.length) == (200, 150, 120)
    return made


def parts(made: Simulation) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The truth of the positives and of the negatives, after a look at what stands there."""
    is_positive = made.truth["name"].str.startswith("positive")
    both = made.truth[is_positive], made.truth[~is_positive]
    for truth, sequences in zip(both, (made.positives, made.negatives), strict=True):
        words = {"left": "AACGT", "right": "GGACTT"}
        forward, backward = list(sequences), list(sequences.reverse_complement())
        for row in truth[truth["motif"].isin(words)].itertuples():
            on_plus = row.strand == "+"
            string = (forward if on_plus else backward)[row.sequence_index]
            start = row.start if on_plus else len(string) - row.end
            assert string[start : start + len(row.word)] == row.word == words[row.motif]
        gaps = truth["start"] - truth["end"].shift()
        assert (gaps[truth["sequence_index"].diff() == 0] >= 0).all()
    return both


def test_density_is_the_number_of_sites() -> None:
    positive, negative = parts(classes("density"))
    assert positive.groupby("sequence_index").size().between(3, 5).all()
    assert negative.groupby("sequence_index").size().between(1, 2).all()
    assert positive["sequence_index"].nunique() == 200


def test_localised_sites_are_in_the_middle_of_positives_only() -> None:
    positive, negative = parts(classes("density-localised", center_size=40))
    assert positive["start"].min() >= 40
    assert positive["end"].max() <= 80
    assert negative["start"].min() < 20
    assert negative["end"].max() > 100


def test_sites_around_the_middle() -> None:
    positive, _ = parts(classes("single-motif", position_sd=10, max_motif_counts=3))
    middle = (positive["start"] + positive["end"]) / 2
    assert abs(middle.mean() - 60) < 3
    assert middle.std() < 25


@pytest.mark.parametrize("orientation", ["any", "fixed"])
def test_a_pair_has_its_spacing(orientation: str) -> None:
    positive, negative = parts(
        classes("heterodimer", min_spacing=2, max_spacing=4, orientation=orientation, center_size=60)
    )
    first, second = positive[::2].reset_index(), positive[1::2].reset_index()
    assert (first["name"] == second["name"]).all()
    assert set(second["start"] - first["end"]) == {2, 3, 4}
    assert {frozenset(pair) for pair in zip(first["motif"], second["motif"], strict=True)} == {frozenset(PAIR.names)}
    strands = set(zip(first["motif"], first["strand"], second["strand"], strict=True))
    fixed = {("left", "+", "+"), ("right", "-", "-")}
    assert strands == fixed if orientation == "fixed" else len(strands) == 8
    # Both motifs are in every negative too, so that only the spacing tells.
    assert (negative.groupby("sequence_index")["motif"].nunique() == 2).all()


def test_mismatched_negatives() -> None:
    _, missing = parts(classes("heterodimer", negatives="one-missing"))
    assert missing.groupby("sequence_index").size().tolist() == [1] * 150
    assert set(missing["motif"]) == {"left", "right"}
    _, shuffled = parts(classes("single-motif", negatives="shuffled"))
    assert set(shuffled["motif"]) == {"shuffled_left", "shuffled_right"}
    assert {tuple(sorted(word)) for word in shuffled["word"]} <= {tuple(sorted(w)) for w in ("AACGT", "GGACTT")}
    others = MotifSet([Motif("other", 9.0 * np.eye(4)[:, [3, 0, 3, 0]])])
    _, swapped = parts(classes("single-motif", MotifSet([LEFT]), others))
    assert set(swapped["word"]) == {"TATA"}


def test_labels_are_what_was_planted() -> None:
    made = simulate_scenario("koo-12", spec=ScenarioSpec(num_seqs=60), seed=2)
    assert isinstance(made, LabelledSimulation)
    assert made.data.sequences.length == 200
    assert len(made.data.tasks) == 12
    planted = made.truth.groupby("sequence_index")["motif"].agg(set)
    tasks = np.array(made.data.tasks)
    assert [set(tasks[row == 1]) for row in made.data.labels] == planted.tolist()
    apart = simulate_scenario(
        "multi-motif", spec=ScenarioSpec(num_seqs=60, min_motif_counts=3, max_motif_counts=3), seed=2
    )
    assert apart.truth.groupby("sequence_index")["motif"].nunique().tolist() == [3] * 60


def test_jaspar_by_identifier_and_by_factor() -> None:
    motifs = known_motifs(["ma0139", "reb1"])
    assert motifs.names == ("CTCF", "REB1")
    with pytest.raises(InputError, match="holds no motif 'nobody'"):
        known_motifs(["nobody"])


@pytest.mark.parametrize("order", [0, 1, 3])
def test_background_has_the_words_of_the_sequences(order: int) -> None:
    rng = np.random.default_rng(0)
    # A after C, always: on the other strand G comes after T.
    letters = "".join(rng.choice(["CA", "G", "T", "A"], size=20_000))
    flat = encode_letters(letters.encode())[0]
    chain = learn_background([RaggedSequences(("a",), flat, np.array([0, len(flat)]), 0, "x")], order=order)
    drawn = chain.draw(500, 100, rng)
    shares = np.bincount(drawn.ravel(), minlength=4) / drawn.size
    both = np.bincount(flat, minlength=4) / len(flat)
    assert np.abs(shares - (both + both[::-1]) / 2).max() < 0.02
    if order:
        after_c = drawn[:, 1:][drawn[:, :-1] == 1]
        told = np.bincount(flat[1:] + 4 * flat[:-1], minlength=16).reshape(4, 4)
        expected = told[1] + told[::-1, 2]  # CX, and X'G on the other strand
        assert np.abs(np.bincount(after_c, minlength=4) / len(after_c) - expected / expected.sum()).max() < 0.05


def test_no_word_goes_over_the_end_of_a_record() -> None:
    flat = encode_letters(b"AAAATTTT")[0]
    chain = learn_background([RaggedSequences(("a", "b"), flat, np.array([0, 4, 8]), 0, "x")], order=1)
    assert np.allclose(chain.letters[0], [7 / 10, 1 / 10, 1 / 10, 1 / 10])


def test_same_seed_same_sequences() -> None:
    for scenario in SCENARIOS:
        spec = ScenarioSpec(num_seqs=20) if SCENARIOS[scenario].spec.num_seqs else ScenarioSpec(num_pos=20, num_neg=20)
        one, two = (simulate_scenario(scenario, spec=spec, seed=3) for _ in range(2))
        pd.testing.assert_frame_equal(one.truth, two.truth)


@pytest.mark.parametrize(
    ("scenario", "spec", "message"),
    [
        ("none", {}, "there is no scenario 'none'"),
        ("single-motif", {"num_seqs": 9}, "scenario 'single-motif' has no use for num_seqs"),
        ("koo-12", {"negatives": "shuffled"}, "has no use for negatives"),
        ("single-motif", {"negatives": "apart"}, "negatives 'apart' go with a pair"),
        ("single-motif", {"negatives": "swapped"}, "motifs are swapped for as many others. Got 0 instead"),
        ("single-motif", {"min_motif_counts": 2}, "min_motif_counts must not be above max_motif_counts"),
        ("single-motif", {"seq_length": 4}, "do not fit into sequences of 4 bp"),
        ("single-motif", {"center_size": 5}, "do not fit into the middle 5 of 500 bp"),
        ("single-motif", {"position_sd": 1, "max_motif_counts": 9}, "find no place with a standard deviation of 1 bp"),
        ("multi-motif", {"max_motif_counts": 3}, "3 motifs in a sequence are more than the 2"),
        ("koo-12", {"gc_fraction": 1}, "gc_fraction must be between 0 and 1"),
    ],
)
def test_what_it_refuses(scenario: str, spec: dict[str, int], message: str) -> None:
    with pytest.raises(InputError) as error:
        simulate_scenario(scenario, PAIR, spec=ScenarioSpec(**spec), seed=0)  # type: ignore[arg-type]
    assert message in str(error.value)
