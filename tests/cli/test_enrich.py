"""``motifnet enrich``, where TensorFlow cannot be imported: the planted motifs of the simulated data are found."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest

from command import EarlyCommand
from dna_strategies import random_dna
from motifnet.motifs.known.known_enrichment import KNOWN_COLUMNS
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
    assert count == f"4 of 4 motifs of {PLANTED} are significant (E-value at most 0.05)"
    assert best.startswith("best: ")
    assert best.count("positives") == 4


def test_a_shipped_database_against_shuffles(early: EarlyCommand) -> None:
    arguments = ("enrich", "fungi", POSITIVES, "--output", "table.tsv", "--seed", "1", "--length", "100")
    said = early(*arguments)
    assert said.stdout == ""
    assert "made 1000 by shuffling the positives, dinucleotide counts kept" in said.stderr
    first = (early.folder / "table.tsv").read_bytes()
    table = pd.read_csv(io.BytesIO(first), sep="\t")
    # CACGTG of USF1 is yeast's Cbf1 and Pho4 too.
    assert "bHLH" in table.loc[0, "family"]
    early(*arguments)
    assert (early.folder / "table.tsv").read_bytes() == first


def test_too_few_sequences_are_said_to_be_too_few(early: EarlyCommand) -> None:
    for seed, name in enumerate(("few_pos", "few_neg")):
        write_fasta(SequenceSet.from_strings(random_dna(4, 60, seed=seed)), early.folder / f"{name}.fa")
    said = early("enrich", PLANTED, "few_pos.fa", "--negatives", "few_neg.fa")
    assert said.stderr.splitlines()[-2:] == [
        f"0 of 4 motifs of {PLANTED} are significant (E-value at most 0.05)",
        "too few held-out sequences to tell",
    ]


def test_motifs_from_a_pipe(early: EarlyCommand) -> None:
    said = early("enrich", "-", "pos.fa", "--negatives", "neg.fa", stdin=Path(PLANTED).read_bytes())
    assert len(pd.read_csv(io.StringIO(said.stdout), sep="\t")) == 4
    assert "0 of 4 motifs of - are significant" in said.stderr


def test_what_it_refuses(early: EarlyCommand) -> None:
    assert early.refuses("enrich", "mammals", "pos.fa")[0] == "mammals: neither a database nor a file"
    assert early.refuses("enrich", "pos.fa", "pos.fa")[0].startswith("pos.fa: this is a FASTA file of sequences")
    assert early.refuses("enrich", PLANTED, PLANTED)[0].endswith("a MEME motif file, not FASTA")
    assert early.refuses("enrich", PLANTED, "no.fa")[0].startswith("no.fa: ")
    assert early.refuses("enrich", PLANTED, "pos.fa", "--e-value", "0") == ["--e-value must be above 0. Got 0 instead"]
    assert early.refuses("enrich", PLANTED, "pos.fa", "--output", "no/table.tsv")[0].startswith("no/table.tsv: cannot")
    (early.folder / "one.fa").write_text(">a\n" + "ACGTTGCA" * 8 + "\n")
    lines = early.refuses("enrich", PLANTED, "one.fa")
    assert lines[0].startswith("half of the sequences choose thresholds and the other half is tested, but the ")
    assert lines[1].startswith("  Groups (duplicates, a shared 40-mer, a sequence and its shuffle) are never divided")
