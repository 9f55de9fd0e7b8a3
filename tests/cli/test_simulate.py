"""``motifnet simulate``, where TensorFlow cannot be imported: files that the other commands read."""

from __future__ import annotations

from pathlib import Path

import pytest

from command import EarlyCommand
from motifnet.sequences.io.fasta import read_fasta
from motifnet.sequences.io.labels import read_data

pytestmark = pytest.mark.slow


def test_two_classes(early: EarlyCommand, tmp_path: Path) -> None:
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


def test_labels_on_a_learned_background(early: EarlyCommand, tmp_path: Path) -> None:
    arguments = ("--scenario", "multi-motif", "--num-seqs", "40", "--background", "pos.fa", "--order", "2")
    early("simulate", *arguments, "--output", "multi")
    data = read_data(tmp_path / "multi.fa", labels=tmp_path / "multi.labels.tsv")
    assert data.tasks == ("CTCF", "Spi1", "Irf1")
    assert len(data) == 40
    assert set(data.labels.ravel().tolist()) == {0.0, 1.0}


def test_what_it_refuses(early: EarlyCommand) -> None:
    assert early.refuses("simulate", "--scenario", "dense", "--output", "x")[0] == "there is no scenario 'dense'"
    lines = early.refuses("simulate", "--output", "x", "--background", "pos.fa", "--gc-fraction", "0.4")
    assert lines[0] == "--background and --gc-fraction contradict each other"
    lines = early.refuses("simulate", "--output", "x", "--motifs", "pos.fa", "--jaspar", "CTCF")
    assert lines[0] == "--motifs and --jaspar contradict each other"
    assert early.refuses("simulate", "--output", "x", "--jaspar", "CTCG") == [
        "JASPAR 2026 CORE holds no motif 'CTCG'",
        "  Near names: CTCF, CTCFL, CT.",
    ]
    assert "jaspar.elixir.no lists them" in early.refuses("simulate", "--output", "x", "--jaspar", "NOPENOPE")[1]
    assert early.refuses("simulate", "--output", "no/x")[0].startswith("no/x.truth.bed: cannot be written")
