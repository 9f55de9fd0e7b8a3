"""Labelled data from positives and negatives, tables, headers, and a file per class."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dna_strategies import random_dna
from motifnet.errors import InputError
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.input_spec import LabelSpec, NegativeSpec
from motifnet.sequences.io.labels import read_data
from motifnet.sequences.sequence_set import LengthRule, SequenceSet

NAN = float("nan")
STRINGS = random_dna(12, 60, seed=0)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Path:
    """An empty folder with ``s.fa``: records s0 to s11, each with an activity and a kind in its header."""
    monkeypatch.chdir(tmp_path)
    caplog.set_level("INFO", logger="motifnet")
    records = (f">s{i} activity={i / 2} kind={'ab'[i % 2]}\n{letters}\n" for i, letters in enumerate(STRINGS))
    write("s.fa", "".join(records))
    return tmp_path


def write(name: str, text: str) -> str:
    Path(name).write_text(text)
    return name


def fasta(name: str, strings: list[str]) -> str:
    return write(name, "".join(f">{i}\n{letters}\n" for i, letters in enumerate(strings)))


def table(*rows: str) -> str:
    return write("l.tsv", "\n".join(rows) + "\n")


def letters_of(data: Dataset) -> list[str]:
    return list(data.sequences)


# --- positives and negatives ---


def test_two_files_are_two_classes() -> None:
    data = read_data("s.fa", fasta("n.fa", random_dna(3, 60, seed=1)), tasks=["bound"])
    assert data.tasks == ("bound",)
    assert data.labels[:, 0].tolist() == [1] * 12 + [0] * 3
    assert letters_of(data)[:12] == STRINGS


def test_positives_are_shuffled_if_there_are_no_negatives() -> None:
    data = read_data("s.fa", seed=3)
    assert (data.tasks, data.labels[:, 0].tolist()) == (("positive",), [1] * 12 + [0] * 12)
    counts = data.sequences.composition()
    assert (counts[:12] == counts[12:]).all()
    assert letters_of(read_data("s.fa", NegativeSpec(), seed=3)) == letters_of(data)
    assert letters_of(read_data("s.fa", seed=4)) != letters_of(data)
    assert (data.groups[:12] == data.groups[12:]).all()
    assert len(read_data("s.fa", NegativeSpec(ratio=2))) == 36
    with pytest.raises(InputError, match=r"r\.fa"):
        read_data(fasta("r.fa", ["A" * 60]))


def test_negatives_can_be_sampled_from_a_pool() -> None:
    pool = fasta("pool.fa", [*STRINGS[:2], *random_dna(400, 60, seed=2)])
    data = read_data("s.fa", NegativeSpec(negatives_from=pool))
    assert 0 < (data.labels == 0).sum() <= 12
    assert not set(letters_of(data)[12:]) & set(STRINGS)


@pytest.mark.parametrize(("length", "expected"), [("auto", LengthRule(80)), (50, LengthRule(50))])
def test_all_files_get_one_length(length: Any, expected: LengthRule) -> None:
    data = read_data("s.fa", fasta("n.fa", random_dna(3, 60, seed=1) + random_dna(3, 80, seed=1)), length=length)
    assert data.sequences.rule == expected
    assert data.sequences.length == expected.length


def test_classes_of_two_lengths_are_an_error_unless_a_length_is_given(caplog: pytest.LogCaptureFixture) -> None:
    short = fasta("n.fa", random_dna(9, 50, seed=1))
    for length in ("auto", None):
        with pytest.raises(InputError, match=r"n\.fa 50 bp"):
            read_data("s.fa", short, length=length)
        with pytest.raises(InputError, match=r"n\.fa 50 bp"):
            read_data("s.fa", labels=LabelSpec(class_files=(short,)), length=length)
    assert not [record for record in caplog.records if record.levelname == "WARNING"]
    assert read_data("s.fa", short, length=50, anchor="end").sequences[0] == STRINGS[0][10:]
    read_data("s.fa", fasta("n.fa", random_dna(8, 50, seed=1) + random_dna(1, 60, seed=1)))
    assert [record.levelname for record in caplog.records].count("WARNING") == 1


def test_soft_masked_fractions_that_differ_are_reported(caplog: pytest.LogCaptureFixture) -> None:
    for name, masked in (("pos.fa", 10), ("neg.fa", 40)):
        fasta(name, [s[:masked].lower() + s[masked:] for s in random_dna(20, 100, seed=masked)])
    read_data("pos.fa", "neg.fa")
    (warning,) = (record.getMessage() for record in caplog.records if record.levelname == "WARNING")
    assert "10 %" in warning
    assert "40 %" in warning
    caplog.clear()
    write("lower.fa", Path("pos.fa").read_text().lower())
    read_data("lower.fa", "neg.fa")
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


def test_sequences_of_only_n_are_removed(caplog: pytest.LogCaptureFixture) -> None:
    data = read_data(fasta("p.fa", ["N" * 60, STRINGS[0], "n" * 60]), "s.fa")
    assert data.sequences.names[0] == "1"
    assert data.labels.sum() == 1
    assert "p.fa: removed 2 sequences of only N" in caplog.messages
    none = fasta("n.fa", ["N" * 60, "R" * 60])
    for call in (
        lambda: read_data(none),
        lambda: read_data("s.fa", none),
        lambda: read_data(none, labels=table("id\tup", "0\t1")),
        lambda: read_data(none, labels=LabelSpec(class_files=(fasta("m.fa", ["N" * 60]),))),
    ):
        with pytest.raises(InputError, match=r"n\.fa"):
            call()


def test_sequences_of_both_classes_are_reported(caplog: pytest.LogCaptureFixture) -> None:
    other_strand = list(SequenceSet.from_strings(STRINGS[:2]).reverse_complement())
    read_data("s.fa", fasta("n.fa", [*other_strand, *random_dna(3, 60, seed=1)]))
    (warning,) = (record.getMessage() for record in caplog.records if record.levelname == "WARNING")
    assert warning.startswith("2 sequences")


def headers(pattern: str, **options: Any) -> LabelSpec:
    return LabelSpec(label_pattern=pattern, **options)


# --- a file per class ---


def test_a_sequence_in_two_files_has_both_labels(caplog: pytest.LogCaptureFixture) -> None:
    shared = list(SequenceSet.from_strings(STRINGS[1:2]).reverse_complement())
    for name, own in (("A", STRINGS[:3]), ("B", [*shared, STRINGS[5]]), ("C", [STRINGS[6], "N" * 60])):
        fasta(f"{name}.fa", own)
    data = read_data("A.fa", labels=LabelSpec(class_files=("B.fa", "C.fa")))
    assert data.tasks == ("A", "B", "C")
    assert letters_of(data) == [*STRINGS[:3], STRINGS[5], STRINGS[6]]
    assert data.labels.tolist() == [[1, 0, 0], [1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert "1 sequences are in more than one file and have the label of each" in caplog.messages
    assert read_data("A.fa", labels=LabelSpec(class_files=("B.fa",)), tasks=["x", "y"]).tasks == ("x", "y")


# --- errors ---


@pytest.mark.parametrize(
    "make",
    [
        lambda: table("id\tup", "a\t1"),
        lambda: table("id\tup\tdown", "s0\tnan\t", "s1\tNA\t."),
        lambda: table("id\tsplit", "s0\ttrain"),
        lambda: "none.tsv",
        lambda: LabelSpec(labels=Path(table("id\tup", "s0\t1")), tasks=("down",)),
        lambda: headers(r"score=(\S+)"),
        lambda: headers("activity"),
        lambda: headers("("),
        lambda: headers("(kind)"),
        lambda: headers(r"kind=(\w)", tasks=("c",)),
        lambda: LabelSpec(class_files=("s.fa",)),
        lambda: LabelSpec(class_files=("s.fa",), tasks=("x",)),
        lambda: LabelSpec(labels=Path("l.tsv"), label_pattern="(x)"),
        lambda: LabelSpec(tasks=("up",)),
        lambda: LabelSpec(labels=Path("l.tsv"), tasks=("up", "up")),
    ],
)
def test_labels_that_cannot_be_used(make: Callable[[], str | LabelSpec]) -> None:
    with pytest.raises(InputError):
        read_data("s.fa", labels=make())


def test_options_that_contradict_each_other() -> None:
    for options in (
        {"negatives": "s.fa", "labels": headers(r"kind=(\w)")},
        {"tasks": ["up", "down"]},
        {"negatives": NegativeSpec(negatives_from="genome")},
        {"genome": 5},
        {"seed": -1},
    ):
        with pytest.raises(InputError):
            read_data("s.fa", **options)  # type: ignore[arg-type]
