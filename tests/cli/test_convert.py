"""``motifnet convert``, where TensorFlow cannot be imported."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from Bio import motifs as bio_motifs
from numpy.testing import assert_allclose

from command import Command, EarlyCommand, tree
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
        "out.meme: 1 motif (meme); not kept: that nsites of 1 is unknown (written as 20)\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("known.meme", "-"),
            [
                "-: the name does not tell the format",
                "  Give it (format=, on the command line --to), or a name that ends in "
                ".meme, .jaspar, .transfac, .homer, .pfm, .tf, .motif, .motifs.",
            ],
        ),
        (
            ("known.meme", "out.jaspar", "--to", "jaspr"),
            ["format must be one of meme, jaspar, transfac, homer. Got 'jaspr' instead"],
        ),
        (
            ("known.meme", "out.jaspar", "--from", "homer"),
            [
                "known.meme: this is a MEME motif file; a HOMER motif file was expected",
                "  Leave the format out (format=, on the command line --from): it is told by the content.",
            ],
        ),
        (
            ("known.meme", "link.meme"),
            ["link.meme: is the file that this command reads", "  Name another file."],
        ),
        (
            ("pos.fa", "out.meme"),
            [
                "pos.fa: this is a FASTA file of sequences; a motif file (meme, jaspar, transfac, homer) was expected",
                "  Give a file of motifs; sequences are read by read_fasta.",
            ],
        ),
        (
            ("known.mem", "out.meme"),
            ["known.mem: there is no such file", "  Did you mean known.meme?"],
        ),
        (
            ("known.meme", "nowhere/out.homer"),
            [
                "nowhere/out.homer: cannot be written: No such file or directory",
                "  Check the folder, its permissions and the disk.",
            ],
        ),
        (
            ("equals.jaspar", "out.meme"),
            [
                "motif 'a=b': a MEME identifier holds no white space and no '='",
                "  Rename it, e.g. 'a_b'; free text fits into alt_name.",
            ],
        ),
        (
            ("cut.jaspar", "out.meme"),
            [
                "cut.jaspar:1: motif 'a' has 3 rows; 4 were expected (A, C, G, T)",
                "  The file may be cut off, or a row damaged.",
            ],
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done(known: EarlyCommand, arguments: tuple[str, ...], message: list[str]) -> None:
    (known.folder / "link.meme").symlink_to("known.meme")
    (known.folder / "equals.jaspar").write_text(">a=b\nA [ 1 ]\nC [ 1 ]\nG [ 1 ]\nT [ 1 ]\n")
    (known.folder / "cut.jaspar").write_text(">a\nA [ 1 ]\nC [ 1 ]\nG [ 1 ]\n")
    (known.folder / "out.homer").write_text("old")
    before = tree(known.folder)
    assert known.refuses("convert", *arguments) == message
    assert tree(known.folder) == before


@pytest.mark.slow
def test_in_a_process_of_its_own(motifnet: Command) -> None:
    write_motifs(MOTIFS, motifnet.folder / "known.meme")
    assert motifnet("convert", "known.meme", "-", "--to", "homer").stdout.startswith(">CAC\tMA0004.1 Arnt\t")
