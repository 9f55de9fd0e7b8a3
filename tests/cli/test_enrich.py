"""``motifnet enrich``, where TensorFlow cannot be imported: the planted motifs of the simulated data are found."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest

from command import EarlyCommand
from dna_strategies import random_dna
from motifnet.motifs.io.files import write_motifs
from motifnet.motifs.known.known_enrichment import KNOWN_COLUMNS
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.motifs.statistics.enrichment import TOO_FEW
from motifnet.sequences.io.fasta import write_fasta
from motifnet.sequences.sequence_set import SequenceSet

pytestmark = pytest.mark.slow

DATA = Path(__file__).resolve().parents[2] / "data"
PLANTED = str(DATA / "simulated.motifs.meme")
POSITIVES, NEGATIVES = str(DATA / "simulated.positives.fa"), str(DATA / "simulated.negatives.fa")
FOUR = {"CTCF", "FOXA1", "SRF", "USF1"}


def test_planted_motifs_against_negatives(early: EarlyCommand) -> None:
    said = early("enrich", PLANTED, POSITIVES, "--negatives", NEGATIVES)
    table = pd.read_csv(io.StringIO(said.stdout), sep="\t")
    assert list(table) == list(KNOWN_COLUMNS)
    assert set(table["motif"]) == FOUR
    assert set(table["status"]) == {"significant"}
    assert set(table["direction"]) == {"positive"}
    assert (table["n_positive"] == 500).all()
    count, best = said.stderr.splitlines()[-2:]
    assert count.startswith(f"4 of 4 motifs of {PLANTED} ")
    assert all(motif in best for motif in FOUR)


def test_a_shipped_database_against_shuffles(early: EarlyCommand) -> None:
    arguments = ("enrich", "fungi", POSITIVES, "--output", "table.tsv", "--seed", "1", "--length", "100")
    said = early(*arguments)
    assert said.stdout == ""
    assert "1000" in said.stderr  # shuffled positives
    first = (early.folder / "table.tsv").read_bytes()
    table = pd.read_csv(io.BytesIO(first), sep="\t")
    # CACGTG of USF1 is also bound by Cbf1 and Pho4 of yeast.
    assert "bHLH" in table.loc[0, "family"]
    early(*arguments)
    assert (early.folder / "table.tsv").read_bytes() == first


def test_too_few_sequences_for_a_test(early: EarlyCommand) -> None:
    for seed, name in enumerate(("few_pos", "few_neg")):
        write_fasta(SequenceSet.from_strings(random_dna(4, 60, seed=seed)), early.folder / f"{name}.fa")
    said = early("enrich", PLANTED, "few_pos.fa", "--negatives", "few_neg.fa")
    assert said.stderr.splitlines()[-2].startswith("0 of 4 motifs")
    assert set(pd.read_csv(io.StringIO(said.stdout), sep="\t")["status"]) == {TOO_FEW}


def test_motifs_from_a_pipe(early: EarlyCommand) -> None:
    said = early("enrich", "-", "pos.fa", "--negatives", "neg.fa", stdin=Path(PLANTED).read_bytes())
    assert len(pd.read_csv(io.StringIO(said.stdout), sep="\t")) == 4
    assert "0 of 4 motifs of - are significant" in said.stderr


def test_too_few_sequences_to_split(early: EarlyCommand) -> None:
    (early.folder / "one.fa").write_text(">a\n" + "ACGTTGCA" * 8 + "\n")
    assert early.refuses("enrich", PLANTED, "one.fa")


def test_enrichment_against_windows_of_the_genome(early: EarlyCommand) -> None:
    genome = random_dna(1, 90_000, seed=6)[0]
    starts = range(1000, 61_000, 400)
    for start in starts:
        genome = genome[: start + 20] + "TGACTCATTACG" + genome[start + 32 :]
    (early.folder / "genome.fa").write_text(f">chr1\n{genome}\n")
    (early.folder / "peaks.bed").write_text("".join(f"chr1\t{start}\t{start + 60}\n" for start in starts))
    counts = [[97.0 * (a == b) + 1 for b in "TGACTCATTACG"] for a in "ACGT"]
    write_motifs(MotifSet([Motif("motif", counts)]), early.folder / "m.meme")
    windows = ("--genome", "genome.fa", "--negatives-from", "genome", "--margin", "50")
    table = pd.read_csv(io.StringIO(early("enrich", "m.meme", "peaks.bed", *windows).stdout), sep="\t")
    assert table["status"].tolist() == ["significant"]
