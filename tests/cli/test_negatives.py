"""Negatives that are made: what `train` and `discover` say of them, where TensorFlow cannot be imported."""

from __future__ import annotations

import numpy as np
import pytest

from command import Command, EarlyCommand
from dna_strategies import random_dna
from motifnet.motifs.io.files import write_motifs
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.sequences.io.fasta import write_fasta
from motifnet.sequences.sequence_set import SequenceSet

pytestmark = pytest.mark.slow


def said_before_training(early: EarlyCommand, *arguments: str) -> str:
    """What a command says until it asks for TensorFlow, which is not there."""
    said = early.run((*arguments, "--output", "out"), b"").stderr.decode()
    assert "import of keras halted" in said
    return said


def test_shuffles_of_other_words_and_more_of_them(early: EarlyCommand) -> None:
    said = said_before_training(early, "train", "pos.fa", "--kmer", "3", "--ratio", "2")
    assert "made 60 by shuffling the positives, trinucleotide counts kept" in said


def test_a_search_makes_them_too(early: EarlyCommand) -> None:
    said = said_before_training(early, "tune", "pos.fa", "--kmer", "1", "--ratio", "2")
    assert "made 60 by shuffling the positives, letter counts kept" in said


def test_from_a_pool(early: EarlyCommand) -> None:
    write_fasta(SequenceSet.from_strings(random_dna(900, 60, seed=5)), early.folder / "pool.fa")
    said = said_before_training(early, "train", "pos.fa", "--negatives-from", "pool.fa")
    assert "pool.fa: 30 negatives, matched in GC (bins of 0.02)" in said


def test_from_the_genome_of_the_peaks(early: EarlyCommand) -> None:
    genome = random_dna(1, 60_000, seed=6)[0]
    (early.folder / "genome.fa").write_text(f">chr1\n{genome}\n")
    starts = range(1000, 13_000, 400)
    (early.folder / "peaks.bed").write_text("".join(f"chr1\t{start}\t{start + 60}\n" for start in starts))
    said = said_before_training(
        early, "discover", "peaks.bed", "--genome", "genome.fa", "--negatives-from", "genome", "--margin", "100"
    )
    assert "genome.fa: 30 negatives, matched in GC (bins of 0.02)" in said
    (early.folder / "peaks.fa").write_text("".join(f">chr1:{a}-{a + 60}\n{genome[a : a + 60]}\n" for a in starts))
    said = said_before_training(early, "train", "peaks.fa", "--genome", "genome.fa", "--negatives-from", "genome")
    assert "genome.fa: 30 negatives, matched in GC (bins of 0.02)" in said
    assert "not used" not in said


def test_what_it_refuses(early: EarlyCommand) -> None:
    lines = early.refuses("train", "pos.fa", "--output", "m", "--negatives-from", "genome")
    assert lines == ["--negatives-from genome needs a genome", "  Give --genome FASTA."]
    lines = early.refuses("train", "pos.fa", "--output", "m", "--negatives", "neg.fa", "--ratio", "2")
    assert lines[0].endswith("make negatives, and --negatives names a file")
    lines = early.refuses("train", "pos.fa", "--output", "m", "--ratio", "0")
    assert "ratio" in lines[0]
    lines = early.refuses("train", "pos.fa", "--output", "m", "--kmer", "4")
    assert "kmer" in lines[0]
    lines = early.refuses("train", "pos.fa", "--output", "m", "--negatives-from", "nowhere")
    assert lines[0].startswith("nowhere: there is no such file")


def test_enrichment_against_windows_of_the_genome(motifnet: Command) -> None:
    genome = random_dna(1, 90_000, seed=6)[0]
    starts = range(1000, 61_000, 400)
    for start in starts:
        genome = genome[: start + 20] + "TGACTCATTACG" + genome[start + 32 :]
    (motifnet.folder / "genome.fa").write_text(f">chr1\n{genome}\n")
    (motifnet.folder / "peaks.bed").write_text("".join(f"chr1\t{start}\t{start + 60}\n" for start in starts))
    word = Motif("word", np.stack([[97.0 * (a == b) + 1 for b in "TGACTCATTACG"] for a in "ACGT"]))
    write_motifs(MotifSet((word,)), motifnet.folder / "m.meme")
    said = motifnet(
        "enrich", "m.meme", "peaks.bed", "--genome", "genome.fa", "--negatives-from", "genome", "--margin", "50"
    )
    assert "150 negatives, matched in GC" in said.stderr
    assert "1 of 1 motifs of m.meme are significant" in said.stderr
