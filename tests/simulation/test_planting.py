"""Planted motifs: the table of sites agrees with the sequences, and sites have the distributions documented."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motifnet.errors import FormatError, InputError
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.sequences.alphabet import one_hot, reverse_complement
from motifnet.sequences.io.fasta import read_fasta
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.simulation.planting import TRUTH_COLUMNS, Simulation, _uniform_starts, simulate
from strategies import motif_sets

SHARP = Motif("sharp", np.array([[7, 1, 1, 1, 0], [1, 7, 1, 1, 10], [1, 1, 7, 1, 0], [1, 1, 1, 7, 0]]))
SOFT = Motif("soft", np.array([[4, 3, 2, 1, 4, 3, 2, 1]] * 4 + 3 * np.eye(4, 8)))
MOTIFS = MotifSet([SHARP, SOFT])


def simulated(**changes: Any) -> Simulation:
    arguments: dict[str, Any] = {"motifs": MOTIFS, "n": 2000, "length": 60, "seed": 1} | changes
    return simulate(arguments.pop("motifs"), **arguments)


def read_sites(sequences: SequenceSet, truth: pd.DataFrame) -> list[str]:
    """Sequences at the sites, on their strands."""
    letters, others = list(sequences), list(SequenceSet(sequences.names, reverse_complement(sequences.codes)))
    return [
        letters[row.sequence_index][row.start : row.end]
        if row.strand == "+"
        else others[row.sequence_index][sequences.length - row.end : sequences.length - row.start]
        for row in truth.itertuples()
    ]


@given(motif_sets().filter(len), st.integers(1, 4), st.integers(0, 2), st.integers(0, 20), st.integers(0, 9))
@settings(max_examples=40)
def test_the_truth_agrees_with_the_sequences(motifs: MotifSet, n: int, more: int, n_free: int, seed: int) -> None:
    length = max(motif.width for motif in motifs) * (1 + more) + n_free
    found = simulate(motifs, n=n, length=length, per_sequence=(1, 1 + more), seed=seed)
    truth = found.truth
    assert list(truth.columns) == list(TRUTH_COLUMNS)
    assert read_sites(found.positives, truth) == truth["matched_sequence"].tolist()
    assert (truth["start"] >= 0).all()
    assert (truth["end"] <= length).all()
    assert [motifs[name].width for name in truth["motif"]] == (truth["end"] - truth["start"]).tolist()
    assert [found.positives.names[i] for i in truth["sequence_index"]] == truth["name"].tolist()
    counts = truth.groupby("sequence_index").size()
    assert counts.index.tolist() == list(range(n))
    assert counts.between(1, 1 + more).all()
    if motifs.strands == "forward":
        assert set(truth["strand"]) == {"+"}


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("motif", [SHARP, SOFT], ids=lambda motif: motif.name)
def test_sites_have_the_base_frequencies_of_their_motif(motif: Motif, strand: str) -> None:
    found = simulated(n=4000)
    truth = found.truth.query("motif == @motif.name and strand == @strand")
    frequencies = one_hot(read_sites(found.positives, truth)).mean(axis=0)
    deviation = np.sqrt(motif.ppm * (1 - motif.ppm) / len(truth))
    assert (np.abs(frequencies - motif.ppm) <= 4.5 * deviation).all()
    assert (frequencies[motif.ppm == 0] == 0).all()


def test_sites_of_a_sequence_do_not_overlap() -> None:
    truth = simulated(length=24).truth  # 3 sites of 8 bp fill a sequence
    is_next = truth["sequence_index"].diff() == 0
    assert (truth["start"] - truth["end"].shift())[is_next].min() == 0


def test_motifs_strands_and_numbers_of_sites_are_uniform() -> None:
    truth = simulated(per_sequence=(1, 4)).truth
    for column in ("motif", "strand"):
        counts = truth[column].value_counts()
        assert len(counts) == 2
        assert abs(counts.iloc[0] - len(truth) / 2) < 4.5 * np.sqrt(len(truth) / 4)
    per_sequence = truth.groupby("sequence_index").size().value_counts()
    assert sorted(per_sequence.index) == [1, 2, 3, 4]
    assert (per_sequence - 500).abs().max() < 4.5 * np.sqrt(500 * 0.75)


def test_every_arrangement_is_equally_likely() -> None:
    rng = np.random.default_rng(0)
    sampled = [tuple(_uniform_starts(np.array([2, 3]), 7, rng)) for _ in range(6000)]
    counts = pd.Series(sampled).value_counts()
    # Two free bases before, between and after the two sites.
    assert sorted(counts.index) == [(0, 2), (0, 3), (0, 4), (1, 3), (1, 4), (2, 4)]
    assert (counts - 1000).abs().max() < 4.5 * np.sqrt(1000 * 5 / 6)


def test_the_background_is_that_of_the_motifs_or_the_argument() -> None:
    at_rich = MotifSet([SHARP], background=[0.4, 0.1, 0.1, 0.4])
    assert simulated(motifs=at_rich).negatives.background() == pytest.approx([0.4, 0.1, 0.1, 0.4], abs=0.01)
    found = simulated(background=[1, 2, 3, 4])
    assert found.negatives.background() == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=0.01)
    planted = np.zeros((2000, 60), dtype=bool)
    for row in found.truth.itertuples():
        planted[row.sequence_index, row.start : row.end] = True
    rest = found.positives.codes[~planted]
    assert np.bincount(rest) / len(rest) == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=0.01)


def test_numbers_and_names_of_sequences() -> None:
    found = simulated(n=3, n_negatives=5)
    assert tuple(found.positives.names) == ("positive_0", "positive_1", "positive_2")
    assert (len(found.negatives), found.negatives.names[4]) == (5, "negative_4")
    assert found.positives.length == found.negatives.length == 60
    assert len(simulated(n=3).negatives) == 3


def test_the_seed_determines_the_sequences() -> None:
    first, again, other = simulated(n=50), simulated(n=50), simulated(n=50, seed=2)
    assert first.positives.digest() == again.positives.digest() != other.positives.digest()
    assert first.negatives.digest() == again.negatives.digest() != other.negatives.digest()
    pd.testing.assert_frame_equal(first.truth, again.truth)


def test_written_files(tmp_path: Path) -> None:
    found = simulated(n=4)
    found.write(tmp_path / "set")
    assert read_fasta(tmp_path / "set.positives.fa").digest() == found.positives.digest()
    assert read_fasta(tmp_path / "set.negatives.fa").digest() == found.negatives.digest()
    rows = [line.split("\t") for line in (tmp_path / "set.truth.bed").read_text().splitlines()]
    expected = found.truth[["name", "start", "end", "motif", "strand"]].astype(str).values.tolist()
    assert [[*row[:4], row[5]] for row in rows] == expected
    assert {row[4] for row in rows} == {"0"}
    assert {len(row) for row in rows} == {6}


def test_a_name_that_bed_cannot_have_and_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a"):
        simulated(motifs=MotifSet([Motif("a\tb", SHARP.counts)]), n=2).write(tmp_path / "set")
    assert not list(tmp_path.iterdir())
    with pytest.raises(FormatError) as error:
        simulated(n=2).write(tmp_path / "nowhere" / "set")
    assert error.value.path == str(tmp_path / "nowhere" / "set.truth.bed")


@pytest.mark.parametrize(
    ("changes", "argument"),
    [
        ({"n": 0}, "n"),
        ({"n": 2.5}, "n"),
        ({"n_negatives": 0}, "n_negatives"),
        ({"length": -1}, "length"),
        ({"seed": -1}, "seed"),
        ({"per_sequence": (0, 1)}, "per_sequence"),
        ({"per_sequence": (3, 2)}, "per_sequence"),
        ({"per_sequence": 2}, "per_sequence"),
        ({"per_sequence": (1, 2, 3)}, "per_sequence"),
        ({"motifs": MotifSet([])}, "motifs"),
        ({"background": [1, 1, 1]}, "background"),
        ({"background": [1, 1, 1, 0]}, "background"),
        ({"background": "ACGT"}, "background"),
    ],
)
def test_invalid_arguments(changes: dict[str, Any], argument: str) -> None:
    with pytest.raises(InputError, match=f"^{argument} must"):
        simulated(**changes)


def test_sites_that_do_not_fit() -> None:
    with pytest.raises(InputError, match="'soft'"):
        simulated(length=23)
