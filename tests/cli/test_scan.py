"""``motifnet scan`` where TensorFlow cannot be imported: its hits are those of the library."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest

from command import Command, EarlyCommand
from dna_strategies import ODD_NAMES, random_dna
from filter_banks import reverse_complement_of
from motifnet.documents import read_table
from motifnet.motifs.io.files import write_motifs
from motifnet.motifs.known.databases import read_database
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.motifs.scanning.hits import HIT_COLUMNS
from motifnet.motifs.scanning.scanners import scan
from motifnet.sequences.alphabet import one_hot
from motifnet.sequences.io.fasta import parse_fasta

SITE = "TGACGTTAC"


@pytest.fixture
def genome(early: EarlyCommand) -> EarlyCommand:
    """A folder with ``m.meme`` and ``peaks.fa``, pieces of a chromosome, the first with a planted site."""
    motifs = [Motif("creb", one_hot([SITE])[0] * 50), Motif("short", one_hot(["ACG"])[0] * 9)]
    write_motifs(MotifSet(motifs, background=[0.3, 0.2, 0.2, 0.3]), early.folder / "m.meme")  # type: ignore[arg-type]
    first, *others = random_dna(4, 90, seed=6)
    strings = [first[:20] + SITE + first[20:], *others]
    starts = [1000, 2000, 3000, 4000]
    records = [f">chr2:{a}-{a + len(s[i:])}\n{s[i:]}\n" for i, (a, s) in enumerate(zip(starts, strings, strict=True))]
    (early.folder / "peaks.fa").write_text("".join(records))
    return early


def test_the_table_is_that_of_the_library(genome: EarlyCommand) -> None:
    genome("scan", "m.meme", "peaks.fa", "--output", "hits.tsv", "--p-value", "0.001")
    table = read_table(genome.folder / "hits.tsv")
    assert list(table.columns) == list(HIT_COLUMNS)
    found = scan(genome.folder / "m.meme", genome.folder / "peaks.fa", p_value=0.001).to_frame()
    pd.testing.assert_frame_equal(table, found, rtol=1e-5, check_dtype=False)
    best = table.loc[table["p_value"].idxmin(), ["motif", "sequence_index", "start", "end", "strand"]]
    assert best.tolist() == ["creb", 0, 20, 29, "+"]


def test_the_best_hits_above_the_thresholds_of_a_run_are_its_sites(results: Path, here: Command, place: Path) -> None:
    files = ("results/motifs.meme", "pos.fa", "--thresholds", "results/motifs.tsv")
    here("scan", *files, "--output", "hits.tsv")
    hits, sites, motifs = (read_table(place / name) for name in ("hits.tsv", "results/sites.tsv", "results/motifs.tsv"))
    thresholds = motifs.set_index("motif")["threshold"]
    assert (hits["score"] >= hits["motif"].map(thresholds)).all()
    # Sites of motifs of the negatives are in the negatives.
    positive = motifs.loc[motifs["direction"] == "positive", "motif"]
    assert len(positive)
    columns = ["motif", "sequence_index", "name", "start", "end", "strand", "score"]
    best = hits.loc[hits.groupby(["motif", "sequence_index"])["score"].idxmax(), columns]
    best = best[best["motif"].isin(positive)].sort_values(["motif", "sequence_index"], ignore_index=True)
    expected = sites[sites["motif"].isin(positive)].sort_values(["motif", "sequence_index"], ignore_index=True)
    assert len(best) > 100
    pd.testing.assert_frame_equal(best, expected[columns], check_exact=True)


def test_names_of_any_characters_survive(genome: EarlyCommand) -> None:
    (genome.folder / "odd.fa").write_text("".join(f">{name} x\nACG{SITE}ACG\n" for name in ODD_NAMES))
    genome("scan", "m.meme", "odd.fa", "--output", "hits.tsv", "--p-value", "0.001")
    genome("scan", "m.meme", "odd.fa", "--output", "counts.tsv", "--matrix", "counts")
    assert tuple(read_table(genome.folder / "hits.tsv")["name"].unique()) == ODD_NAMES
    assert tuple(read_table(genome.folder / "counts.tsv")["name"]) == ODD_NAMES


def test_standard_output_and_input(genome: EarlyCommand) -> None:
    to_file = genome("scan", "m.meme", "peaks.fa", "--output", "hits.tsv")
    assert to_file.stdout == ""
    peaks = (genome.folder / "peaks.fa").read_bytes()
    assert genome("scan", "m.meme", "-", stdin=peaks).stdout == (genome.folder / "hits.tsv").read_text()


def test_bed_has_genomic_coordinates(genome: EarlyCommand) -> None:
    genome("scan", "m.meme", "peaks.fa", "--output", "hits.bed")
    row = (genome.folder / "hits.bed").read_text().splitlines()[0].split("\t")
    assert row[:4] == ["chr2", "1020", "1029", "creb"]
    assert 400 <= int(row[4]) <= 1000
    assert (row[5], row[9], row[10]) == ("+", SITE, "chr2:1000-1099")


def test_bed_of_sequences_without_coordinates(genome: EarlyCommand) -> None:
    (genome.folder / "plain.fa").write_text(f">peak 7\nGG{reverse_complement_of(SITE)}A\n")
    genome("scan", "m.meme", "plain.fa", "--output", "hits.bed")
    assert (genome.folder / "hits.bed").read_text().split("\t")[:4] == ["peak", "2", "11", "creb"]
    forward = genome("scan", "m.meme", "plain.fa", "--strands", "forward")
    assert forward.stdout == "\t".join(HIT_COLUMNS) + "\n"


def test_q_values_and_backgrounds_change_the_hits(genome: EarlyCommand) -> None:
    for name, options in {"all": (), "few": ("--q-value", "0.01")}.items():
        genome("scan", "m.meme", "peaks.fa", "--output", f"{name}.tsv", "--p-value", "0.01", *options)
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
    assert list(table.columns) == ["sequence_index", "name", "creb", "short"]
    assert table["name"].tolist() == list(parse_fasta(genome.folder / "peaks.fa").names)
    assert table["creb"].idxmax() == 0
    assert (table["creb"] > 0).tolist() == [True] + [False] * 3 if values == "counts" else table["creb"][0] > 10


@pytest.mark.parametrize(
    "arguments",
    [
        ("m.meme", "peaks.fa", "--p-value", "0"),
        ("m.meme", "peaks.fa", "--q-value", "2"),
        ("m.meme", "peaks.fa", "--pseudocount", "0"),
        ("m.meme", "peaks.fa", "--matrix"),
        ("m.meme", "peaks.fa", "--matrix", "best", "--output", "a.bed"),
        ("m.meme", "peaks.fa", "--thresholds", "none.tsv"),
        ("m.meme", "peaks.fa", "--thresholds", "t.tsv"),  # no threshold of the motif "short"
        ("m.meme", "peaks.fa", "--thresholds", "t.tsv", "--pseudocount", "0.1"),
        ("m.meme", "peaks.fa", "--thresholds", "t.tsv", "--p-value", "0.01"),
        ("m.meme", "peaks.fa", "--thresholds", "t.tsv", "--background", "uniform"),
        ("m.meme", "m.meme"),
        ("peaks.fa", "m.meme"),
        ("m.meme", "peaks.fa", "--output", "no/hits.tsv"),
    ],
)
def test_options_and_files_that_cannot_be_used(genome: EarlyCommand, arguments: tuple[str, ...]) -> None:
    (genome.folder / "t.tsv").write_text("motif\tthreshold\ncreb\t3.5\n")
    before = set(Path(genome.folder).iterdir())
    genome.refuses("scan", *arguments)
    assert set(Path(genome.folder).iterdir()) == before


def test_the_motifs_of_a_database(genome: EarlyCommand) -> None:
    genome("scan", "fungi", "peaks.fa", "--output", "known.tsv")
    hits = pd.read_csv(genome.folder / "known.tsv", sep="\t")
    assert len(hits) > 0
    assert set(hits["motif"]) <= set(read_database("fungi").names)


def test_a_file_is_preferred_to_a_database_of_its_name(genome: EarlyCommand) -> None:
    expected = genome("scan", "m.meme", "peaks.fa").stdout
    (genome.folder / "m.meme").rename(genome.folder / "plants")
    found = genome("scan", "plants", "peaks.fa")
    assert found.stdout == expected
    assert found.stderr.startswith("warning: plants: ")


def test_a_consensus(genome: EarlyCommand) -> None:
    table = pd.read_csv(io.StringIO(genome("scan", SITE, "peaks.fa").stdout), sep="\t")
    assert table["matched_sequence"].tolist() == [SITE]
    (genome.folder / "list.txt").write_text(f"{SITE} creb\nTGACGTNAC\n")
    table = pd.read_csv(io.StringIO(genome("scan", "list.txt", "peaks.fa").stdout), sep="\t")
    assert set(table["motif"]) == {"creb", "TGACGTNAC"}
    assert genome("compare", SITE, "m.meme").stdout.count("creb") == 1
    genome("logo", SITE, "logo.svg")
    assert (genome.folder / "logo.svg").is_file()
    assert "TGACG" in genome("enrich", "TGACG", "pos.fa", "--negatives", "neg.fa").stdout


def test_thresholds_of_the_motif_file(genome: EarlyCommand) -> None:
    rows = "".join("\t".join("0.97" if base == letter else "0.01" for base in "ACGT") + "\n" for letter in SITE)
    (genome.folder / "creb.motif").write_text(f">{SITE}\tcreb\t11.5\t-9\t0\tT:5000\n{rows}")
    found = genome("scan", "creb.motif", "peaks.fa", "--thresholds", "motifs").stdout
    assert pd.read_csv(io.StringIO(found), sep="\t")["matched_sequence"].tolist() == [SITE]
    genome.refuses("scan", "m.meme", "peaks.fa", "--thresholds", "motifs")


def test_the_summary_counts_hits_motifs_sequences_and_bases(genome: EarlyCommand) -> None:
    (genome.folder / "one.fa").write_text(f">a\n{SITE}\n")
    assert genome("scan", SITE, "one.fa").stderr == f"1 hit of 1 of 1 motif in 1 sequence ({len(SITE)} bp)\n"
    (genome.folder / "none.fa").write_text(">a\n" + "A" * 38 + "\n>b\n" + "A" * 120_000 + "\n")
    assert genome("scan", SITE, "none.fa").stderr == "no hits of 1 motif in 2 sequences (0.12 Mb)\n"


def test_no_motifs(genome: EarlyCommand) -> None:
    write_motifs(MotifSet([]), genome.folder / "empty.meme")
    # A pipeline goes on where no motif was found.
    assert genome("scan", "empty.meme", "peaks.fa").stdout == "\t".join(HIT_COLUMNS) + "\n"
