"""``motifnet scan``, where TensorFlow cannot be imported: hits on the command line are those of the library."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from command import EarlyCommand
from dna_strategies import random_dna
from filter_banks import reverse_complement_of
from motifnet.motifs.io.files import read_motifs, write_motifs
from motifnet.motifs.known.databases import read_database
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.motifs.scanning.hit_tables import HIT_COLUMNS, hit_table
from motifnet.motifs.scanning.hits import scan
from motifnet.outputs import read_table
from motifnet.sequences.alphabet import one_hot
from motifnet.sequences.io.fasta import parse_fasta

WORD = "TGACGTTAC"


@pytest.fixture
def genome(early: EarlyCommand) -> EarlyCommand:
    """A folder with ``m.meme`` and ``peaks.fa``, pieces of a chromosome, the first with a planted word."""
    motifs = [Motif("creb", one_hot([WORD])[0] * 50), Motif("short", one_hot(["ACG"])[0] * 9)]
    write_motifs(MotifSet(motifs, background=np.array([0.3, 0.2, 0.2, 0.3])), early.folder / "m.meme")
    first, *others = random_dna(4, 90, seed=6)
    strings = [first[:20] + WORD + first[20:], *others]
    starts = [1000, 2000, 3000, 4000]
    records = [f">chr2:{a}-{a + len(s[i:])}\n{s[i:]}\n" for i, (a, s) in enumerate(zip(starts, strings, strict=True))]
    (early.folder / "peaks.fa").write_text("".join(records))
    return early


def test_the_table_is_that_of_the_library(genome: EarlyCommand) -> None:
    said = genome("scan", "m.meme", "peaks.fa", "--output", "hits.tsv", "--threshold", "0.001")
    table = read_table(genome.folder / "hits.tsv")
    assert list(table.columns) == list(HIT_COLUMNS)
    found = scan(read_motifs(genome.folder / "m.meme"), parse_fasta(genome.folder / "peaks.fa"), threshold=0.001)
    pd.testing.assert_frame_equal(table, hit_table(found), rtol=1e-5, check_dtype=False)
    best = table.loc[table["p_value"].idxmin()]
    assert (best["motif"], best["sequence_index"], best["start"], best["end"], best["strand"]) == (
        "creb",
        0,
        20,
        29,
        "+",
    )
    assert best["word"] == WORD
    lines = said.stderr.splitlines()
    assert lines[-2:] == [
        "1 motif is too short or too vague for p <= 0.001 at any word: short",
        f"{len(table)} hits of 1 of 2 motifs in 4 sequences (0.000363 Mb)",
    ]


def test_standard_output_and_input(genome: EarlyCommand) -> None:
    to_file = genome("scan", "m.meme", "peaks.fa", "--output", "hits.tsv")
    assert to_file.stdout == ""
    peaks = (genome.folder / "peaks.fa").read_bytes()
    assert genome("scan", "m.meme", "-", stdin=peaks).stdout == (genome.folder / "hits.tsv").read_text()


def test_bed_is_on_the_genome(genome: EarlyCommand) -> None:
    genome("scan", "m.meme", "peaks.fa", "--output", "hits.bed")
    row = (genome.folder / "hits.bed").read_text().splitlines()[0].split("\t")
    assert row[:4] == ["chr2", "1020", "1029", "creb"]
    assert 400 <= int(row[4]) <= 1000
    assert (row[5], row[9], row[10]) == ("+", WORD, "chr2:1000-1099")


def test_bed_without_coordinates_says_so(genome: EarlyCommand) -> None:
    (genome.folder / "plain.fa").write_text(f">peak 7\nGG{reverse_complement_of(WORD)}A\n")
    said = genome("scan", "m.meme", "plain.fa", "--output", "hits.bed")
    assert "hold no genome coordinates" in said.stderr
    assert (genome.folder / "hits.bed").read_text().split("\t")[:4] == ["peak", "2", "11", "creb"]
    forward = genome("scan", "m.meme", "plain.fa", "--strands", "forward")
    assert forward.stdout == "\t".join(HIT_COLUMNS) + "\n"


def test_q_values_and_backgrounds_change_what_is_kept(genome: EarlyCommand) -> None:
    for name, options in {"all": (), "few": ("--qvalue", "0.01")}.items():
        genome("scan", "m.meme", "peaks.fa", "--output", f"{name}.tsv", "--threshold", "0.01", *options)
    everything, few = read_table(genome.folder / "all.tsv"), read_table(genome.folder / "few.tsv")
    pd.testing.assert_frame_equal(few, everything[everything["q_value"] <= 0.01].reset_index(drop=True))
    assert 0 < len(few) < len(everything)
    lowest = {}
    for background in ("motifs", "sequences", "uniform"):
        genome("scan", "m.meme", "peaks.fa", "--output", "b.tsv", "--background", background)
        lowest[background] = read_table(genome.folder / "b.tsv")["p_value"].min()
    assert lowest["uniform"] == pytest.approx(4.0**-9, rel=1e-5)
    assert len(set(lowest.values())) == 3


@pytest.mark.parametrize("values", ["counts", "best"])
def test_matrices(genome: EarlyCommand, values: str) -> None:
    genome("scan", "m.meme", "peaks.fa", "--matrix", values, "--output", "matrix.tsv")
    table = read_table(genome.folder / "matrix.tsv")
    assert list(table.columns) == ["index", "name", "creb", "short"]
    assert table["name"].tolist() == list(parse_fasta(genome.folder / "peaks.fa").names)
    assert table["creb"].idxmax() == 0
    assert (table["creb"] > 0).tolist() == [True] + [False] * 3 if values == "counts" else table["creb"][0] > 10


FAULTS = {
    "threshold": (
        ("m.meme", "peaks.fa", "--threshold", "0"),
        ["threshold must be a p-value above 0 and at most 1. Got 0.0 instead"],
    ),
    "qvalue": (("m.meme", "peaks.fa", "--qvalue", "2"), ["--qvalue must be above 0 and at most 1. Got 2.0 instead"]),
    "pseudocount": (
        ("m.meme", "peaks.fa", "--pseudocount", "0"),
        [
            "pseudocount must be positive for p-values. Got 0.0 instead",
            "  Without one, a base with no counts scores minus infinity.",
        ],
    ),
    "matrix of nothing": (
        ("m.meme", "peaks.fa", "--matrix"),
        [
            'Command "scan" parameter --matrix requires an argument.',
            "  Choose from: counts, best. See motifnet scan --help.",
        ],
    ),
    "matrix as BED": (
        ("m.meme", "peaks.fa", "--matrix", "best", "--output", "a.bed"),
        ["a.bed: --matrix is a table, not BED", "  Name a .tsv file."],
    ),
    "motifs as sequences": (
        ("m.meme", "m.meme"),
        [
            "m.meme: not FASTA but a MEME motif file",
            "  Give the sequences; motifs belong to the commands that compare or scan.",
        ],
    ),
    "no folder": (
        ("m.meme", "peaks.fa", "--output", "no/hits.tsv"),
        [
            "no/hits.tsv: cannot be written: No such file or directory",
            "  Check the folder, its permissions and the disk.",
        ],
    ),
}


@pytest.mark.parametrize(("arguments", "message"), FAULTS.values(), ids=FAULTS)
def test_what_cannot_be_done_is_said(genome: EarlyCommand, arguments: tuple[str, ...], message: list[str]) -> None:
    before = set(Path(genome.folder).iterdir())
    assert genome.refuses("scan", *arguments) == message
    assert set(Path(genome.folder).iterdir()) == before


def test_known_motifs_by_the_name_of_their_database(genome: EarlyCommand) -> None:
    said = genome("scan", "fungi", "peaks.fa", "--output", "known.tsv")
    hits = pd.read_csv(genome.folder / "known.tsv", sep="\t")
    assert set(hits["motif"]) <= set(read_database("fungi").motifs.names)
    assert f"of {len(read_database('fungi').motifs)} motifs in" in said.stderr


def test_a_file_goes_before_a_database_of_its_name(genome: EarlyCommand) -> None:
    expected = genome("scan", "m.meme", "peaks.fa").stdout
    (genome.folder / "m.meme").rename(genome.folder / "plants")
    said = genome("scan", "plants", "peaks.fa")
    assert said.stdout == expected
    assert said.stderr.startswith("warning: plants: the file of that name is read, not the database\n")


def test_no_motifs(genome: EarlyCommand) -> None:
    write_motifs(MotifSet([]), genome.folder / "empty.meme")
    # A pipeline goes on where no motif was found.
    assert genome("scan", "empty.meme", "peaks.fa").stdout == "\t".join(HIT_COLUMNS) + "\n"


def test_sequences_as_motifs(genome: EarlyCommand) -> None:
    assert genome.refuses("scan", "peaks.fa", "m.meme")[0].startswith("peaks.fa: ")


def test_the_readme_has_the_columns() -> None:
    rows = Path(__file__).parents[2].joinpath("README.md").read_text().splitlines()
    assert all(f"| `{column}` | {what} |" in rows for column, what in HIT_COLUMNS.items())
