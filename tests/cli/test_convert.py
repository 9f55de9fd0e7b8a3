"""``motifnet convert``, where TensorFlow cannot be imported."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from Bio import motifs as bio_motifs
from numpy.testing import assert_allclose

from command import Command, EarlyCommand, tree
from motifnet.motifs.extraction_spec import FORMATS
from motifnet.motifs.io.files import read_motifs, write_motifs
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
def test_there_and_back(known: EarlyCommand, format: str) -> None:
    said = known("convert", "known.meme", f"out.{format}")
    assert (said.stdout, said.stderr) == ("", f"out.{format}: 2 motifs ({format})\n")
    known("convert", f"out.{format}", "back.meme")
    back = read_motifs(known.folder / "back.meme")
    assert [(m.name, m.alt_name, m.nsites) for m in back] == [(m.name, m.alt_name, m.nsites) for m in MOTIFS]
    for ours, theirs in zip(MOTIFS, back, strict=True):
        assert_allclose(theirs.ppm, ours.ppm, rtol=0, atol=1e-5)


def test_pipes_and_gzip(known: EarlyCommand) -> None:
    said = known("convert", "known.meme", "-", "--to", "jaspar")
    assert said.stderr == "standard output: 2 motifs (jaspar)\n"
    (known.folder / "x").write_text(said.stdout)
    with (known.folder / "x").open() as handle:
        records = bio_motifs.parse(handle, "jaspar")
    assert np.array_equal([records[0].counts[base] for base in "ACGT"], MOTIFS[0].counts)
    known("convert", "-", "out.transfac.gz", "--from", "jaspar", stdin=gzip.compress(said.stdout.encode()))
    assert read_motifs(known.folder / "out.transfac.gz").names == MOTIFS.names
    assert known("convert", "-", "-", "--to", "jaspar", stdin=said.stdout.encode()).stdout == said.stdout


def test_what_is_not_kept_is_said(known: EarlyCommand) -> None:
    rich = MotifSet([Motif("m", [[1, 2], [2, 2], [2, 1], [0, 1]], e_value=1e-9)], background=[0.3, 0.2, 0.2, 0.3])
    write_motifs(rich, known.folder / "rich.meme")
    assert known("convert", "rich.meme", "out.homer").stderr == (
        "out.homer: 1 motif (homer); not kept: the E-values of 1, the background\n"
    )
    known("convert", "out.homer", "out.pfm")
    (known.folder / "shares.pfm").write_text(">m\n0.5\n0.5\n0\n0\n")
    assert known("convert", "shares.pfm", "out.meme").stderr == (
        "out.meme: 1 motif (meme); not kept: unknown nsites of 1 (written as 20)\n"
    )


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("known.meme", "-"), "-"),
        (("known.meme", "out.jaspar", "--to", "jaspr"), "'jaspr'"),
        (("known.meme", "out.jaspar", "--from", "homer"), "known.meme"),
        (("known.meme", "link.meme"), "link.meme"),
        (("pos.fa", "out.meme"), "pos.fa"),
        (("known.mem", "out.meme"), "known.mem"),
        (("known.meme", "nowhere/out.homer"), "nowhere/out.homer"),
        (("equals.jaspar", "out.meme"), "'a=b'"),
        (("cut.jaspar", "out.meme"), "cut.jaspar:1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_files_that_cannot_be_converted(known: EarlyCommand, arguments: tuple[str, ...], named: str) -> None:
    (known.folder / "link.meme").symlink_to("known.meme")
    (known.folder / "equals.jaspar").write_text(">a=b\nA [ 1 ]\nC [ 1 ]\nG [ 1 ]\nT [ 1 ]\n")
    (known.folder / "cut.jaspar").write_text(">a\nA [ 1 ]\nC [ 1 ]\nG [ 1 ]\n")
    (known.folder / "out.homer").write_text("old")
    before = tree(known.folder)
    assert named in known.refuses("convert", *arguments)[0]
    assert tree(known.folder) == before


@pytest.mark.slow
def test_in_a_process_of_its_own(motifnet: Command) -> None:
    write_motifs(MOTIFS, motifnet.folder / "known.meme")
    assert motifnet("convert", "known.meme", "-", "--to", "homer").stdout.startswith(">CAC\tMA0004.1 Arnt\t")
