"""Splits that the user decides, in `train`: whole chromosomes, and the table of an earlier model given back."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from command import BUDGET, NETWORK, Command, EarlyCommand
from motifnet.sequences.io.fasta import write_fasta
from motifnet.sequences.sequence_set import SequenceSet
from small_models import planted

pytestmark = pytest.mark.slow


def write_peaks(path: Path) -> None:
    sequences = planted(100, 100, seed=1).sequences.take(range(100))
    names = [f"chr{1 + i % 5}:{1000 * i}-{1000 * i + sequences.length}" for i in range(100)]
    write_fasta(SequenceSet(names, sequences.codes), path)


def test_chromosomes_are_set_aside_and_the_split_is_given_back(motifnet: Command, tmp_path: Path) -> None:
    write_peaks(tmp_path / "peaks.fa")
    chromosomes = ("--test-chromosomes", "chr5", "--valid-chromosomes", "chr4")
    said = motifnet("train", "peaks.fa", "--output", "model", *chromosomes, *NETWORK, *BUDGET)
    assert "valid: chr4; test: chr5" in said.stderr
    splits = pd.read_csv(tmp_path / "model" / "splits.tsv", sep="\t")
    # A fifth of the positives and of their shuffles each.
    assert splits["split"].value_counts().to_dict() == {"train": 120, "valid": 40, "test": 40}
    again = ("train", "peaks.fa", "--output", "again", "--splits", "model", *NETWORK, *BUDGET)
    assert "120 train, 40 valid, 40 test" in motifnet(*again).stderr
    other = pd.read_csv(tmp_path / "again" / "splits.tsv", sep="\t")
    assert dict(zip(other["digest"], other["split"], strict=True)) == dict(
        zip(splits["digest"], splits["split"], strict=True)
    )


def test_what_it_refuses(early: EarlyCommand) -> None:
    lines = early.refuses("discover", "pos.fa", "--output", "out", "--test-chromosomes", "chr8")
    assert "by chromosome" in lines[0]
    lines = early.refuses("discover", "pos.fa", "--output", "out", "--splits", "no.tsv")
    assert lines[0].startswith("no.tsv: there is no such file")
    lines = early.refuses(
        "discover",
        "pos.fa",
        "--output",
        "out",
        "--test-chromosomes",
        "chr8",
        "--test-positives",
        "neg.fa",
        "--test-negatives",
        "pos.fa",
    )
    assert lines[0].startswith("--test-positives names the test sequences")
