"""``motifnet check``, where TensorFlow cannot be imported."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pytest

from command import EarlyCommand
from motifnet.sequences.io.fasta import read_fasta
from motifnet.sequences.quality import FINDING_COLUMNS

pytestmark = pytest.mark.slow


def test_table_for_people_and_for_machines(early: EarlyCommand) -> None:
    said = early("check", "pos.fa", "--negatives", "neg.fa")
    assert "problem  size" in said.stdout
    assert "1 problem" in said.stderr
    table = pd.read_csv(
        io.StringIO(early("check", "pos.fa", "--negatives", "neg.fa", "--output", "-").stdout), sep="\t"
    )
    assert list(table) == list(FINDING_COLUMNS)
    early("check", "pos.fa", "--output", "found.json")
    found = json.loads((early.folder / "found.json").read_text())
    assert "GC" not in {finding["check"] for finding in found}  # of one class there is nothing to compare


def test_classes_of_different_length_are_told_not_refused(early: EarlyCommand) -> None:
    (early.folder / "short.fa").write_text("".join(f">{i}\n{'ACGTTGCA' * 4}\n" for i in range(20)))
    said = early("check", "pos.fa", "--negatives", "short.fa")
    assert "length alone tells the classes apart with auROC 1.000 (means 60 and 32)" in said.stdout


def test_labels_from_a_table(early: EarlyCommand) -> None:
    rows = [f"{name}\t{i % 2}\t{i}" for i, name in enumerate(read_fasta(early.folder / "pos.fa").names)]
    (early.folder / "l.tsv").write_text("\n".join(["name\topen\tlevel", *rows]))
    said = early("check", "pos.fa", "--labels", "l.tsv", "--output", "-")
    table = pd.read_csv(io.StringIO(said.stdout), sep="\t").set_index(["task", "check"])
    assert table.loc[("open", "class balance"), "finding"] == "15 positives, 15 negatives"
    assert table.loc[("level", "size"), "finding"] == "30 sequences with a label"
    shown = early("check", "pos.fa", "--labels", "l.tsv").stdout.splitlines()
    sizes = [line.partition(" size ")[2].strip() for line in shown if " size " in line]
    assert sizes == ["open: 15 sequences in the smaller class", "level: 30 sequences with a label"]
    lines = early.refuses("check", "pos.fa", "--labels", "l.tsv", "--negatives", "neg.fa")
    assert lines[0] == "--negatives goes with positives, and the labels are given otherwise"


def test_overlapping_windows_of_the_published_example(early: EarlyCommand, shared_data: Path) -> None:
    folder = shared_data / "tf" / "dragonn_example_CTCF"
    files = {name: str(folder / f"{name}.fa.gz") for name in ("train.pos", "train.neg", "test.pos", "test.neg")}
    test = ("--test-positives", files["test.pos"], "--test-negatives", files["test.neg"])
    said = early("check", files["train.pos"], "--negatives", files["train.neg"], *test, "--output", "-")
    table = pd.read_csv(io.StringIO(said.stdout), sep="\t").set_index("check")
    assert table.loc["overlapping windows", "verdict"] == "problem"
    assert table.loc["test in training", "verdict"] == "problem"


def test_what_it_refuses(early: EarlyCommand) -> None:
    assert early.refuses("check", "no.fa")[0].startswith("no.fa: there is no such file")
    assert early.refuses("check", "pos.fa", "--output", "no/x.tsv")[0].startswith("no/x.tsv: cannot be written")
    lines = early.refuses("check", "pos.fa", "--test-negatives", "neg.fa")
    assert lines[0] == "--test-negatives needs --test-positives"
