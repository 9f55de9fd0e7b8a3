"""``motifnet convert``, where TensorFlow cannot be imported."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from Bio import motifs as bio_motifs
from numpy.testing import assert_allclose

from command import EarlyCommand, tree
from modisco_files import write_report
from motifnet.cli.main import app
from motifnet.motifs.io.files import FORMATS, read_motifs, write_motifs
from motifnet.motifs.motif import Motif, MotifSet

MOTIFS = MotifSet(
    [
        Motif("MA0004.1", [[4, 19, 0], [16, 0, 20], [0, 1, 0], [0, 0, 0]], nsites=20, alt_name="Arnt"),
        Motif("f03", [[9, 1], [1, 9], [1, 1], [1, 1]], nsites=12),
    ]
)


@pytest.fixture
def known(early: EarlyCommand) -> EarlyCommand:
    """A folder with ``known.meme``."""
    write_motifs(MOTIFS, early.folder / "known.meme")
    return early


@pytest.mark.parametrize("format", FORMATS)
def test_a_round_trip_keeps_names_and_probabilities(known: EarlyCommand, format: str) -> None:
    said = known("convert", "known.meme", f"out.{format}")
    assert said.stdout == ""
    known("convert", f"out.{format}", "back.meme")
    back = read_motifs(known.folder / "back.meme")
    assert [(m.name, m.alt_name, m.nsites) for m in back] == [(m.name, m.alt_name, m.nsites) for m in MOTIFS]
    for ours, theirs in zip(MOTIFS, back, strict=True):
        assert_allclose(theirs.ppm, ours.ppm, rtol=0, atol=1e-5)


def test_pipes_and_gzip(known: EarlyCommand) -> None:
    said = known("convert", "known.meme", "-", "--to", "jaspar")
    (known.folder / "x").write_text(said.stdout)
    with (known.folder / "x").open() as handle:
        records = bio_motifs.parse(handle, "jaspar")
    assert np.array_equal([records[0].counts[base] for base in "ACGT"], MOTIFS[0].counts)
    known("convert", "-", "out.transfac.gz", "--from", "jaspar", stdin=gzip.compress(said.stdout.encode()))
    assert read_motifs(known.folder / "out.transfac.gz").names == MOTIFS.names
    assert known("convert", "-", "-", "--to", "jaspar", stdin=said.stdout.encode()).stdout == said.stdout


def test_lost_information_is_listed(known: EarlyCommand) -> None:
    rich = MotifSet([Motif("m", [[1, 2], [2, 2], [2, 1], [0, 1]], e_value=1e-9)], background=[0.3, 0.2, 0.2, 0.3])
    write_motifs(rich, known.folder / "rich.meme")
    lost = known("convert", "rich.meme", "out.homer").stderr
    assert "E-value" in lost
    assert "background" in lost
    assert "E-value" not in known("convert", "out.homer", "out.pfm").stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("known.meme", "-"),
        ("known.meme", "out.jaspar", "--to", "jaspr"),
        ("known.meme", "out.jaspar", "--from", "homer"),
        ("known.meme", "link.meme"),
        ("known.mem", "out.meme"),
        ("equals.jaspar", "out.meme"),
    ],
    ids=" ".join,
)
def test_errors_leave_existing_files(known: EarlyCommand, arguments: tuple[str, ...]) -> None:
    (known.folder / "link.meme").symlink_to("known.meme")
    (known.folder / "equals.jaspar").write_text(">a=b\nA [ 1 ]\nC [ 1 ]\nG [ 1 ]\nT [ 1 ]\n")
    (known.folder / "out.meme").write_text("old")
    before = tree(known.folder)
    assert known.refuses("convert", *arguments)
    assert tree(known.folder) == before


MATRICES = ">TATA\n0 4 2 14\n12 0 0 8\n8 0 1 11\n20 0 0 0\n>either\n4 2 1 3\n1 4 3 2\n3 1 2 4\n2 3 4 1\n"


def test_the_orientation_is_decided_or_chosen(known: EarlyCommand) -> None:
    (known.folder / "four.pfm").write_text(MATRICES)
    known.refuses("convert", "four.pfm", "out.meme")
    known("convert", "four.pfm", "out.meme", "--orientation", "positions")
    assert next(motif.consensus for motif in read_motifs(known.folder / "out.meme")) == "TWWA"
    said = known("convert", "four.pfm", "out.meme", "--skip-invalid").stderr
    assert read_motifs(known.folder / "out.meme").names == ("TATA",)
    assert said.count("warning: ") == 1


def test_thresholds_of_homer_survive(known: EarlyCommand) -> None:
    header = ">TGCA\tx\t5.179177\t-34261.03\t0\tT:22354.0(48.77%)"
    (known.folder / "a.motif").write_text(header + "\n0 0 0 1\n0 0 1 0\n0 1 0 0\n1 0 0 0\n")
    said = known("convert", "a.motif", "b.motif").stderr
    assert "p-values" in said
    assert (known.folder / "b.motif").read_text().split("\t")[2] == "5.179177"
    assert "thresholds" in known("convert", "a.motif", "c.meme").stderr


@pytest.mark.parametrize("command", ["scan", "enrich", "compare", "logo", "convert", "simulate", "discover", "motifs"])
def test_every_command_that_reads_motif_files_can_leave_out_invalid_ones(command: str) -> None:
    options = {name for argument in app[command].assemble_argument_collection() for name in argument.names}
    assert "--skip-invalid" in options


def test_a_report_of_tf_modisco(early: EarlyCommand) -> None:
    write_report(early.folder / "modisco.h5")
    early("convert", "modisco.h5", "motifs.meme")
    found = read_motifs(early.folder / "motifs.meme")
    assert [(motif.name, motif.nsites) for motif in found] == [
        ("pos_patterns.pattern_0", 4),
        ("pos_patterns.pattern_2", 4),
        ("pos_patterns.pattern_10", 4),
        ("neg_patterns.pattern_0", 2),
    ]
    report = (early.folder / "modisco.h5").read_bytes()
    early("convert", "-", "others.meme", stdin=report, code=2)
    assert not (early.folder / "others.meme").exists()
