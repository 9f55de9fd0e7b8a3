"""``motifnet check``, where TensorFlow cannot be imported."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd

from command import EarlyCommand
from motifnet.sequences.io.fasta import read_fasta
from motifnet.sequences.quality import FINDING_COLUMNS


def test_text_table_and_json(early: EarlyCommand) -> None:
    classes = ("check", "pos.fa", "--negatives", "neg.fa")
    text = early(*classes).stdout
    assert "problem  size" in text
    table = pd.read_csv(io.StringIO(early(*classes, "--output", "-").stdout), sep="\t")
    assert list(table) == list(FINDING_COLUMNS)
    assert all(finding in text for finding in table["finding"])
    early("check", "pos.fa", "--output", "found.json")
    found = json.loads((early.folder / "found.json").read_text())
    assert "GC" not in {finding["check"] for finding in found}  # with one class there is nothing to compare


def test_classes_of_different_lengths_are_a_finding(early: EarlyCommand) -> None:
    (early.folder / "short.fa").write_text("".join(f">{i}\n{'ACGTTGCA' * 4}\n" for i in range(20)))
    said = early("check", "pos.fa", "--negatives", "short.fa", "--output", "-")
    table = pd.read_csv(io.StringIO(said.stdout), sep="\t").set_index("check")
    assert table.loc["length", "value"] == 1.0
    assert table.loc["length", "verdict"] == "problem"


def test_labels_from_a_table(early: EarlyCommand) -> None:
    rows = [f"{name}\t{i % 2}\t{i}" for i, name in enumerate(read_fasta(early.folder / "pos.fa").names)]
    (early.folder / "l.tsv").write_text("\n".join(["name\topen\tlevel", *rows]))
    said = early("check", "pos.fa", "--labels", "l.tsv", "--output", "-")
    table = pd.read_csv(io.StringIO(said.stdout), sep="\t").set_index(["task", "check"])
    assert table.loc[("open", "class balance"), "value"] == 0.5
    assert table.loc[("level", "size"), "value"] == 30
    assert ("level", "GC") not in table.index  # values are no classes
    text = early("check", "pos.fa", "--labels", "l.tsv").stdout
    assert "open: " in text
    assert "level: " in text


def test_gaps_are_removed_on_request(early: EarlyCommand) -> None:
    text = (early.folder / "pos.fa").read_text()
    (early.folder / "gaps.fa").write_text(text.replace("A\n", "-.-A*\n"))
    assert "--ungap" in early.refuses("check", "gaps.fa", "--negatives", "neg.fa")[-1]
    said = early("check", "gaps.fa", "--negatives", "neg.fa", "--ungap")
    assert said.stdout == early("check", "pos.fa", "--negatives", "neg.fa").stdout
    n_gaps = 3 * text.count("A\n")
    assert f"gaps.fa: removed {n_gaps} gaps" in said.stderr
    (early.folder / "gap.fa").write_text(">a\nAC-GT\n")
    assert "gap.fa: removed 1 gap and" in early("check", "gap.fa", "--ungap").stderr


def test_one_problem_is_not_plural(early: EarlyCommand) -> None:
    table = pd.read_csv(io.StringIO(early("check", "pos.fa", "--output", "-").stdout), sep="\t")
    early("check", "pos.fa", "--output", "found.tsv")
    n = table["verdict"].value_counts()
    expected = [f"{n.get(kind, 0)} {kind}{'' if n.get(kind, 0) == 1 else 's'}" for kind in ("problem", "warning")]
    assert ", ".join([*expected, f"{n.get('ok', 0)} ok"]) in early("check", "pos.fa").stderr


def test_a_table_with_one_class_is_a_problem_as_in_training(early: EarlyCommand) -> None:
    names = read_fasta(early.folder / "pos.fa").names
    (early.folder / "l.tsv").write_text("\n".join(["name\tup", *(f"{name}\t1" for name in names)]))
    table = pd.read_csv(io.StringIO(early("check", "pos.fa", "--labels", "l.tsv", "--output", "-").stdout), sep="\t")
    assert table.set_index("check").loc["labels", "verdict"] == "problem"
    # Positives alone are no task: training shuffles them for negatives.
    table = pd.read_csv(io.StringIO(early("check", "pos.fa", "--output", "-").stdout), sep="\t")
    assert table["task"].isna().all()
    assert "labels" not in set(table["check"])


def test_overlapping_windows_and_leakage_in_a_published_data_set(early: EarlyCommand, shared_data: Path) -> None:
    folder = shared_data / "tf" / "dragonn_example_CTCF"
    files = {name: str(folder / f"{name}.fa.gz") for name in ("train.pos", "train.neg", "test.pos", "test.neg")}
    test = ("--test-positives", files["test.pos"], "--test-negatives", files["test.neg"])
    said = early("check", files["train.pos"], "--negatives", files["train.neg"], *test, "--output", "-")
    table = pd.read_csv(io.StringIO(said.stdout), sep="\t").set_index("check")
    assert table.loc["overlapping windows", "verdict"] == "problem"
    assert table.loc["test in training", "verdict"] == "problem"
