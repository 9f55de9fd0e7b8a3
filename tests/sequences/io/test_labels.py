"""Labels from a table, from headers, from a file for each class: who gets which, and what is told of the others."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dna_strategies import random_dna
from motifnet.errors import InputError
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.input_spec import LabelSpec
from motifnet.sequences.io.labels import read_data, read_labelled
from motifnet.sequences.sequence_set import SequenceSet

NAN = float("nan")
STRINGS = random_dna(12, 60, seed=0)


@pytest.fixture(autouse=True)
def _told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="motifnet")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with ``s.fa``: records s0 to s11, each with an activity and a kind in its header."""
    monkeypatch.chdir(tmp_path)
    write(
        "s.fa", "".join(f">s{i} activity={i / 2} kind={'ab'[i % 2]}\n{letters}\n" for i, letters in enumerate(STRINGS))
    )
    return tmp_path


def write(name: str, text: str) -> Path:
    Path(name).write_text(text)
    return Path(name)


def table(*rows: str) -> LabelSpec:
    return LabelSpec(labels=write("l.tsv", "\n".join(rows) + "\n"))


def letters_of(data: Dataset) -> list[str]:
    return list(data.sequences)


# --- a table ---


def test_labels_go_to_the_records_of_their_name(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = read_labelled(
        "s.fa", table("id\tup\tdown", "s5\t2.5\t", "s1\t-1\tNA", "x\t7\t7", "s3\t\tnan", "s0\t0\t1e-3")
    )
    assert data.tasks == ("up", "down")
    assert letters_of(data) == [STRINGS[0], STRINGS[1], STRINGS[5]]
    np.testing.assert_array_equal(data.labels, np.float32([[0, 1e-3], [-1, NAN], [2.5, NAN]]))
    assert "l.tsv: 1 names are not in s.fa" in caplog.messages
    assert "s.fa: 9 sequences have no label and are left out" in caplog.messages


def test_columns_are_chosen_and_commas_and_gzip_are_read(place: Path) -> None:
    Path("l.csv.gz").write_bytes(gzip.compress(b"id,gene,up,down\ns0,geneA,1,2\ns1,geneB,3,4\n"))
    data = read_labelled("s.fa", LabelSpec(labels=Path("l.csv.gz"), tasks=("down", "up")))
    assert data.tasks == ("down", "up")
    assert data.labels.tolist() == [[2, 1], [4, 3]]


def test_records_of_one_name_get_the_same_label(place: Path) -> None:
    write("twice.fa", "".join(f">same\n{letters}\n" for letters in STRINGS[:2]))
    assert read_labelled("twice.fa", table("id\tup", "same\t4")).labels.tolist() == [[4], [4]]


def test_columns_that_are_not_learned_may_be_called_anything(place: Path) -> None:
    labels = LabelSpec(labels=write("l.tsv", ",7,7,up,\ns0,a,b,1,c\ns1,a,b,2\n"), tasks=("up",))
    assert read_labelled("s.fa", labels).labels.tolist() == [[1], [2]]
    assert read_labelled("s.fa", table("id\t24", "s0\t1")).tasks == ("24",)


def test_a_split_that_comes_with_the_labels_is_kept(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    names = ["train", "val", "TEST"]
    data = read_labelled("s.fa", table("id\tsplit\tup", *(f"s{i}\t{names[i % 3]}\t{i}" for i in range(12))))
    assert data.tasks == ("up",)
    split = data.split(valid=0.4, test=0.4, seed=3)
    assert [part.labels[:, 0].tolist() for part in split] == [[0, 3, 6, 9], [1, 4, 7, 10], [2, 5, 8, 11]]
    assert "split read with the data: 4 train, 4 valid, 4 test" in caplog.messages


def test_a_part_that_the_split_does_not_have_is_taken_from_training(place: Path) -> None:
    data = read_labelled("s.fa", table("id\tsplit\tup", *(f"s{i}\t{'test' if i < 4 else ''}\t{i}" for i in range(12))))
    split = data.split(valid=0.25, test=0.25)
    assert split.test.labels[:, 0].tolist() == [0, 1, 2, 3]
    assert (len(split.train), len(split.valid)) == (6, 2)


def test_sequences_that_know_a_later_part_leave(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    other_strand = list(SequenceSet.from_strings(STRINGS[:2]).reverse_complement())
    write("s.fa", "".join(f">s{i}\n{letters}\n" for i, letters in enumerate([*STRINGS[:8], *other_strand])))
    parts = ["train", "valid", *["train"] * 3, *["valid"] * 2, "test", "valid", "test"]
    data = read_labelled("s.fa", table("id\tsplit\tup", *(f"s{i}\t{part}\t{i}" for i, part in enumerate(parts))))
    # s0 is the other strand of s8 (train and valid), s1 of s9 (valid and test).
    assert data.labels[:, 0].tolist() == [2, 3, 4, 5, 6, 7, 8, 9]
    assert any(m.startswith("2 training or validation sequences are related") for m in caplog.messages)


@pytest.mark.shared
def test_both_strands_of_a_position_are_on_one_side(shared_data: Path) -> None:
    folder = shared_data / "regr_deepstarr_sample"
    labels = LabelSpec(labels=folder / "labels.tsv.gz")
    data = read_labelled(folder / "seqs.fa.gz", labels)
    assert data.given is not None
    assert data.tasks == ("Dev_log2_enrichment", "Hk_log2_enrichment")
    places: dict[str, set[tuple[int, str]]] = {}
    for name, group, part in zip(data.sequences.names, data.groups.tolist(), data.given.tolist(), strict=True):
        places.setdefault("_".join(name.partition("|")[2].split("_")[:3]), set()).add((group, part))
    assert max(len(own) for own in places.values()) == 1
    assert len(places) < len(data)


# --- headers ---


def test_numbers_in_headers_are_values(place: Path) -> None:
    data = read_labelled("s.fa", LabelSpec(label_pattern=r"activity=(?P<act>\S+)"))
    assert data.tasks == ("act",)
    assert data.labels[:, 0].tolist() == [i / 2 for i in range(12)]
    assert read_labelled("s.fa", LabelSpec(label_pattern=r"activity=(\S+)")).tasks == ("label",)


def test_names_in_headers_are_classes(place: Path) -> None:
    data = read_labelled("s.fa", LabelSpec(label_pattern=r"kind=(\w)"))
    assert data.tasks == ("a", "b")
    assert data.labels[:3].tolist() == [[1, 0], [0, 1], [1, 0]]
    assert read_labelled("s.fa", LabelSpec(label_pattern=r"kind=(\w)", tasks=("b",))).labels[:3, 0].tolist() == [
        0,
        1,
        0,
    ]


def test_a_header_without_the_pattern_has_no_label(place: Path) -> None:
    data = read_labelled("s.fa", LabelSpec(label_pattern=r"activity=(\d\.0)"))
    assert data.labels[:, 0].tolist() == [0, 1, 2, 3, 4, 5]


# --- a file for each class ---


def test_a_sequence_in_two_files_has_both_labels(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    shared = list(SequenceSet.from_strings(STRINGS[1:2]).reverse_complement())
    for name, own in (("A", STRINGS[:3]), ("B", [*shared, STRINGS[5]]), ("C", [STRINGS[6], "N" * 60])):
        write(f"{name}.fa", "".join(f">{name}{i}\n{letters}\n" for i, letters in enumerate(own)))
    data = read_labelled("A.fa", LabelSpec(class_files=("B.fa", "C.fa")))
    assert data.tasks == ("A", "B", "C")
    assert letters_of(data) == [*STRINGS[:3], STRINGS[5], STRINGS[6]]
    assert data.labels.tolist() == [[1, 0, 0], [1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert "1 sequences are in more than one file and have the label of each" in caplog.messages
    assert read_labelled("A.fa", LabelSpec(class_files=("B.fa",), tasks=("x", "y"))).tasks == ("x", "y")


# --- what cannot be ---

HEADERS = "Separate the columns by tabs or commas."


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: table("id\tup", "a\t1"),
         "l.tsv: none of its names is in s.fa\n  The first column ('id') must hold the first words of the FASTA "
         "headers, such as 's0'; it begins with 'a'."),
        (lambda: table("id\tup", "s0\t1", "s1\thigh"),
         "l.tsv:3: 'high' in column 'up' is not a number\n"
         "  Leave unknown labels empty; choose the columns to learn with --tasks."),
        (lambda: table("id\tup", "s0\t1", "s1\t2", "s0\t3"), "l.tsv:4: two rows are called 's0'\n  Leave one out."),
        (lambda: table("id\tsplit\tup", "s0\t2\t1"),
         "l.tsv:2: '2' in column 'split' is none of train, valid and test\n"
         "  Rename the column if it holds something else."),
        (lambda: table("s0 1", "s1 2"),
         "l.tsv: a table of labels has a row of column names, names first, and labels below; this has 1 columns and "
         "1 rows of labels\n  Separate the columns by tabs or commas."),
        (lambda: table("id\tup", "s0\t1\t5", "s1\t2\t5"),
         "l.tsv:2: 3 cells, the row of column names has 2\n  Every row needs as many cells."),
        (lambda: table("id\tup\tdown", "s0\tnan\t", "s1\tNA\t."),
         "l.tsv: no sequence of s.fa has a label\n"
         "  Every value of up, down is unknown (empty, NA or nan); choose others with --tasks."),
        (lambda: table("s0\t1", "s1\t2"),
         "l.tsv:1: where column names are expected, there is a record of s.fa: 's0'\n"
         "  Put a row of column names above the labels, such as: name, task."),
        (lambda: table("id\tup\tup", "s0\t1\t2"),
         "l.tsv:1: 2 columns are called 'up'\n  Give each column a name of its own."),
        (lambda: table("id\tup\t", "s0\t1\t2"),
         "l.tsv:1: column 3 has no name\n  Give each column a name of its own."),
        (lambda: LabelSpec(labels=write("l.tsv", "id\tup\ns0\t1\n"), tasks=("down",)),
         "l.tsv: there is no label 'down'\n  There are: up (choose with --tasks)."),
        (lambda: LabelSpec(labels=Path("none.tsv")),
         "none.tsv: there is no such file\n  No file in that folder has a similar name."),
        (lambda: LabelSpec(label_pattern=r"score=(\S+)"),
         "s.fa: no header holds the pattern 'score=(\\\\S+)'\n  The first header is 's0 activity=0.0 kind=a'."),
        (lambda: LabelSpec(label_pattern="activity"),
         "--label-pattern must have one group, the label. Got 0 in 'activity'\n"
         "  Put brackets around the label, e.g. 'activity=(\\S+)'."),
        (lambda: LabelSpec(label_pattern="("),
         "--label-pattern '(' is no regular expression: missing ), unterminated subpattern at position 0"),
        (lambda: LabelSpec(label_pattern="(kind)"),
         "s.fa: every header has the label 'kind'\n  Two are needed to tell apart."),
        (lambda: LabelSpec(class_files=("s.fa",)),
         "2 files of classes are called s, s\n  Each needs a name of its own: give --tasks one for each file."),
        (lambda: LabelSpec(class_files=(str(write("short.fa", ">a\nACGT\n")),)),
         "each class has a length of its own: s.fa 60 bp, short.fa 4 bp\n"
         "  Length alone would tell them apart: crop all to 4 bp (--length)."),
        (lambda: LabelSpec(labels=Path("l.tsv"), label_pattern="(x)"),
         "--labels and --label-pattern contradict each other\n  Labels come from one place."),
        (lambda: LabelSpec(tasks=("up",)),
         "--tasks chooses among labels, and none are given\n  Give --labels TABLE."),
        (lambda: LabelSpec(labels=Path("l.tsv"), tasks=("up", "up")),
         "--tasks must be different names. Got up up instead"),
        (LabelSpec, "no labels are given\n  Name a table, a pattern, or files of classes."),
    ],
)  # fmt: skip
def test_labels_that_cannot_be_used(place: Path, make: Callable[[], LabelSpec], message: str) -> None:
    with pytest.raises(InputError) as error:
        read_labelled("s.fa", make())
    assert str(error.value) == message


def test_labels_of_nothing_but_n(place: Path) -> None:
    write("n.fa", f">s0\n{'N' * 60}\n>x\n{STRINGS[0]}\n")
    for labels in (table("id\tup", "s0\t1"), LabelSpec(class_files=(str(write("m.fa", f">a\n{'N' * 60}\n")),))):
        with pytest.raises(InputError, match="every sequence that has a label is all N\n  Was the genome hard-masked"):
            read_labelled("n.fa" if labels.labels else str(write("o.fa", f">b\n{'N' * 60}\n")), labels)


def test_labels_and_negatives_contradict_each_other(place: Path) -> None:
    labels: Any = LabelSpec(label_pattern=r"kind=(\w)")
    with pytest.raises(InputError, match="--negatives goes with positives, and the labels are given otherwise"):
        read_data("s.fa", "s.fa", labels)
    assert read_data("s.fa", None, labels).tasks == ("a", "b")
    assert read_data("s.fa", None, LabelSpec()).tasks == ("positive",)
