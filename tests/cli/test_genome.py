"""BED on a genome through the commands: what is read, what is refused, and that sites lie on the genome."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from command import Command, EarlyCommand
from dna_strategies import random_dna
from filter_banks import reverse_complement_of
from motifnet.documents import read_table
from motifnet.motifs.io.files import write_motifs
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.sequences.alphabet import one_hot
from plain_regions import FORMATS, Peak

WORD = "GGATTACA"
#: Where the word stands in chrI, on either strand, and the places that surround it.
PLANTED = {start: "+-"[start // 150 % 2] for start in range(300, 9000, 150)}
COMMANDS = {
    "discover": ("discover", "p.bed", "--output", "out"),
    "train": ("train", "p.bed", "--output", "out"),
    "tune": ("tune", "p.bed", "--output", "out"),
    "check": ("check", "p.bed"),
    "enrich": ("enrich", "m.meme", "p.bed"),
    "scan": ("scan", "m.meme", "p.bed"),
}


def make(folder: Path) -> dict[str, str]:
    """Write ``g.fa``, ``p.bed`` (around the words), ``n.bed`` (elsewhere) and ``m.meme``; gives the chromosomes."""
    first, second = random_dna(2, 10_000, seed=4)
    for start, strand in PLANTED.items():
        word = WORD if strand == "+" else reverse_complement_of(WORD)
        first = first[:start] + word + first[start + len(WORD) :]
    genome = {"chrI": first, "chrII": second}
    (folder / "g.fa").write_text("".join(f">{name}\n{letters}\n" for name, letters in genome.items()))
    points = np.array(list(PLANTED)) + np.random.default_rng(0).integers(-15, 20, len(PLANTED))
    (folder / "p.bed").write_text("".join(f"chrI\t{p}\t{p + 1}\tp{i}\t{i}\t.\n" for i, p in enumerate(points)))
    (folder / "n.bed").write_text("".join(f"chrII\t{p}\t{p + 1}\n" for p in points))
    write_motifs(MotifSet([Motif("word", one_hot([WORD])[0] * 50)]), folder / "m.meme")
    return genome


def word_at(genome: dict[str, str], chrom: str, start: int, end: int, strand: str) -> str:
    letters = genome[chrom][start:end]
    return letters if strand == "+" else reverse_complement_of(letters)


def test_a_scan_of_places_gives_the_words_of_the_genome(early: EarlyCommand) -> None:
    genome = make(early.folder)
    said = early("scan", "m.meme", "p.bed", "--genome", "g.fa", "--length", "60", "--output", "h.bed")
    hits = pd.read_csv(early.folder / "h.bed", sep="\t", header=None)
    assert {(row[1], row[5]) for row in hits.itertuples(index=False) if row[9] == WORD} == set(PLANTED.items())
    for row in hits.itertuples(index=False):
        assert word_at(genome, row[0], row[1], row[2], row[5]) == row[9]
    assert "58 sequences (3,480 bp)" in said.stderr


def test_enrichment_of_places_against_places(early: EarlyCommand) -> None:
    make(early.folder)
    genome = ("--genome", "g.fa", "--length", "60")
    said = early("enrich", "m.meme", "p.bed", "--negatives", "n.bed", *genome, "--output", "e.tsv")
    assert read_table(early.folder / "e.tsv")["status"].tolist() == ["significant"]
    assert "n.bed: 58 sequences of 60 bp" in said.stderr


def test_places_through_a_pipe(early: EarlyCommand) -> None:
    make(early.folder)
    places = (early.folder / "p.bed").read_bytes()
    arguments = ("--genome", "g.fa", "--length", "60", "--top", "10", "--output", "e.tsv")
    said = early("enrich", "m.meme", "-", *arguments, stdin=places)
    assert "standard input: removed 48 of 58 intervals" in said.stderr


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_what_is_wrong_is_said_before_the_work(early: EarlyCommand, arguments: tuple[str, ...]) -> None:
    make(early.folder)
    message, hint = early.refuses(*arguments)
    assert message.startswith("p.bed: ")
    assert "--genome" in hint
    message, hint = early.refuses(*arguments, "--top", "5")
    assert "--top" in message
    assert "--genome" in hint
    text = (early.folder / "p.bed").read_text()
    (early.folder / "p.bed").write_text(text.replace("chrI\t", "chr1\t"))
    message, hint = early.refuses(*arguments, "--genome", "g.fa")
    assert message.startswith("p.bed: ")
    assert "chrI" in hint
    (early.folder / "p.bed").write_text(text + "chrI\t7\n")
    message, _ = early.refuses(*arguments, "--genome", "g.fa")
    assert message.startswith("p.bed:59: ")
    assert not (early.folder / "out").exists()


def test_a_genome_beside_fasta_is_not_needed(early: EarlyCommand) -> None:
    make(early.folder)
    said = early("enrich", "m.meme", "pos.fa", "--negatives", "neg.fa", "--genome", "g.fa", "--output", "e.tsv")
    assert "the genome is not used" in said.stderr


@pytest.mark.slow
def test_from_places_to_sites_on_the_genome(motifnet: Command, tmp_path: Path) -> None:
    genome = make(tmp_path)
    places = ("p.bed", "--negatives", "n.bed", "--genome", "g.fa")
    network = ("--num-filters", "4", "--conv-width", "8", "--no-kmers", "--database", "none", "--no-importance")
    budget = ("--max-steps", "60", "--check-every", "20", "--threads", "1", "--site-rule", "best", "--min-sites", "5")
    said = motifnet("discover", *places, "--length", "60", "--output", "out", *network, *budget)
    assert "p.bed: 58 sequences of 60 bp" in said.stderr
    sites = read_table(tmp_path / "out" / "sites.tsv")
    words = words_of(tmp_path / "out" / "sites.bed", genome)
    assert len(words) == len(sites)
    assert set(sites["chrom"]) <= {"chrI", "chrII"}
    first = words[words["motif"] == read_table(tmp_path / "out" / "motifs.tsv")["motif"].iloc[0]]
    assert first["word"].str.contains("ATTAC|GTAAT").mean() > 0.8
    # So do the examples of the report.
    page = (tmp_path / "out" / "report.html").read_text()
    for row in read_table(tmp_path / "out" / "examples.tsv").itertuples():
        assert word_at(genome, row.chrom, row.genome_start, row.genome_end, row.genome_strand) == row.matched_sequence
        assert f"{row.chrom}:{row.genome_start}-{row.genome_end} {row.genome_strand}<" in page
    # The model takes windows of its own length, whatever the file holds.
    (tmp_path / "wide.bed").write_text("chrI\t1000\t1300\nchrII\t0\t500\n")
    motifnet("predict", "out", "wide.bed", "--genome", "g.fa", "--output", "scores.tsv", "--threads", "1")
    assert read_table(tmp_path / "scores.tsv")["name"].tolist() == ["chrI:1120-1180", "chrII:220-280"]


def words_of(bed: Path, genome: dict[str, str]) -> pd.DataFrame:
    table = pd.read_csv(bed, sep="\t", names=["chrom", "start", "end", "motif", "score", "strand"])
    table["word"] = [word_at(genome, row.chrom, row.start, row.end, row.strand) for row in table.itertuples()]
    return table


TABLE_COMMANDS = {
    "predict": ("predict", "model", "p.bed"),
    "scan": ("scan", "m.meme", "p.bed"),
    "enrich": ("enrich", "m.meme", "p.bed"),
    "compare": ("compare", "m.meme", "m.meme"),
    "check": ("check", "p.bed"),
    "describe": ("describe", "default"),
}


@pytest.mark.parametrize("name", ["tile.bw", "tile.bedGraph.gz"])
@pytest.mark.parametrize("command", TABLE_COMMANDS)
def test_no_table_is_written_under_the_name_of_a_track(command: str, name: str, early: EarlyCommand) -> None:
    make(early.folder)
    before = sorted(path.name for path in early.folder.iterdir())
    assert name in early.refuses(*TABLE_COMMANDS[command], "--output", name)[0]
    assert sorted(path.name for path in early.folder.iterdir()) == before


def test_regions_of_any_format_give_the_same_hits(early: EarlyCommand) -> None:
    make(early.folder)
    peaks = [
        Peak("chrI", start - 30, start + 40, start + 4, f"p{start}", start / 7, strand)
        for start, strand in PLANTED.items()
    ]
    found = {}
    for name in ("narrowPeak", "narrowPeak of idr", "MACS2 xls", "MACS1.4 xls", "UCSC table"):
        (early.folder / "p").write_text(FORMATS[name][1](peaks))
        arguments = ("--genome", "g.fa", "--length", "20", "--top", "30", "--output", "h.bed")
        early("scan", "m.meme", "p", *arguments)
        found[name] = (early.folder / "h.bed").read_text()
    assert len(set(found.values())) == 1
    assert len(found["narrowPeak"].splitlines()) == 30


@pytest.mark.parametrize("command", COMMANDS)
def test_variants_are_refused_by_name_where_regions_are_expected(command: str, early: EarlyCommand) -> None:
    make(early.folder)
    (early.folder / "p.bed").write_text("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\nchrI\t9\t.\tA\tG\n")
    assert "VCF" in early.refuses(*COMMANDS[command], "--genome", "g.fa")[0]
    assert "VCF" in early.refuses(*COMMANDS[command])[0]


@pytest.mark.parametrize("start", ["--5", "²", "7" * 5000, str(2**63)])
@pytest.mark.parametrize("command", ["discover", "scan"])
def test_starts_that_are_no_positions_are_located(command: str, start: str, early: EarlyCommand) -> None:
    make(early.folder)
    (early.folder / "p.bed").write_text(f"chrI\t{start}\t900\n")
    said = early.refuses(*COMMANDS[command], "--genome", "g.fa")
    assert said[0].startswith("p.bed:1: ")
    assert len("".join(said)) < 400


def test_an_old_index_of_the_genome_is_made_again(early: EarlyCommand) -> None:
    make(early.folder)
    scan = ("scan", "m.meme", "p.bed", "--genome", "g.fa", "--length", "60", "--output")
    early(*scan, "before.bed")
    text = (early.folder / "g.fa").read_text()
    swapped = text.replace("chrII", "chrX").replace("chrI\n", "chrII\n").replace("chrX", "chrI")
    (early.folder / "g.fa").write_text(swapped)
    os.utime(early.folder / "g.fa", (1, 1))
    early(*scan, "after.bed")
    assert (early.folder / "before.bed").read_text().count(WORD) >= len(PLANTED)
    assert WORD not in (early.folder / "after.bed").read_text()
