"""``motifnet simulate``, where TensorFlow cannot be imported: files that the other commands read."""

from __future__ import annotations

from pathlib import Path

import pytest

from command import EarlyCommand
from motifnet.sequences.io.fasta import read_fasta
from motifnet.sequences.io.labels import read_data

pytestmark = pytest.mark.slow


def test_positives_and_negatives(early: EarlyCommand, tmp_path: Path) -> None:
    arguments = ("simulate", "--scenario", "heterodimer", "--jaspar", "SPI1", "MA0050.4", "--num-pos", "30")
    said = early(*arguments, "--num-neg", "20", "--output", "pair")
    assert said.stdout == ""
    assert "50 sequences of 500 bp; sites: 50 " in said.stderr
    positives, negatives = (read_fasta(tmp_path / f"pair.{kind}.fa") for kind in ("positives", "negatives"))
    assert (len(positives), len(negatives)) == (30, 20)
    rows = [line.split("\t") for line in (tmp_path / "pair.truth.bed").read_text().splitlines()]
    assert len(rows) == 100
    assert {row[0] for row in rows} == {*positives.names, *negatives.names}
    first = {path.name: path.read_bytes() for path in tmp_path.glob("pair.*")}
    early(*arguments, "--num-neg", "20", "--output", "pair")
    assert {path.name: path.read_bytes() for path in tmp_path.glob("pair.*")} == first


def test_labels_with_an_estimated_background(early: EarlyCommand, tmp_path: Path) -> None:
    arguments = ("--scenario", "multi-motif", "--num-seqs", "40", "--background", "pos.fa", "--order", "2")
    early("simulate", *arguments, "--output", "multi")
    data = read_data(tmp_path / "multi.fa", labels=tmp_path / "multi.labels.tsv")
    assert data.tasks == ("CTCF", "Spi1", "Irf1")
    assert len(data) == 40
    assert set(data.labels.ravel().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        (("--scenario", "dense", "--output", "x"), "'dense'"),
        (("--output", "x", "--background", "pos.fa", "--gc-fraction", "0.4"), "--gc-fraction"),
        (("--output", "x", "--motifs", "pos.fa", "--jaspar", "CTCF"), "--jaspar"),
        (("--output", "x", "--jaspar", "CTCG"), "'CTCG'"),
        (("--output", "no/x"), "no/x.truth.bed"),
    ],
)
def test_invalid_options(options: tuple[str, ...], shown: str, early: EarlyCommand) -> None:
    assert shown in early.refuses("simulate", *options)[0]
