"""Labels from tables and from headers of records."""

from __future__ import annotations

import csv
import gzip
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dna_strategies import ODD_NAMES, random_dna
from motifnet.documents import read_table
from motifnet.errors import FormatError, InputError
from motifnet.models.evaluation import scores_table
from motifnet.outputs import write_table
from motifnet.sequences.input_spec import LabelSpec
from motifnet.sequences.io import label_table
from motifnet.sequences.io.labels import read_data
from motifnet.sequences.sequence_set import SequenceSet

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
    Path(name).write_text(text, encoding="utf-8")
    return name


def table(*rows: str) -> str:
    return write("l.tsv", "\n".join(rows) + "\n")


# --- a table ---


def test_labels_are_matched_by_name(caplog: pytest.LogCaptureFixture) -> None:
    labels = table("id\tup\tdown", "s5\t2.5\t", "s1\t-1\tNA", "x\t7\t7", "s3\t\tnan", "s0\t0\t1e-3")
    data = read_data("s.fa", labels=labels)
    assert data.tasks == ("up", "down")
    assert list(data.sequences) == [STRINGS[0], STRINGS[1], STRINGS[5]]
    np.testing.assert_array_equal(data.labels, np.float32([[0, 1e-3], [-1, NAN], [2.5, NAN]]))
    assert "l.tsv: 1 name is not in s.fa" in caplog.messages
    assert "s.fa: removed 9 sequences without a label" in caplog.messages


def test_tasks_are_chosen_and_commas_and_gzip_are_read() -> None:
    Path("l.csv.gz").write_bytes(gzip.compress(b"id,gene,up,down\ns0,geneA,1,2\ns1,geneB,3,4\n"))
    for labels, tasks in ((LabelSpec(labels=Path("l.csv.gz"), tasks=("down", "up")), ()), ("l.csv.gz", ["down", "up"])):
        data = read_data("s.fa", labels=labels, tasks=tasks)
        assert data.tasks == ("down", "up")
        assert data.labels.tolist() == [[2, 1], [4, 3]]


def test_records_with_one_name_have_the_same_label() -> None:
    write("twice.fa", "".join(f">same\n{letters}\n" for letters in STRINGS[:2]))
    assert read_data("twice.fa", labels=table("id\tup", "same\t4")).labels.tolist() == [[4], [4]]


def test_columns_that_are_not_learned_may_have_any_name() -> None:
    labels = write("l.tsv", ",7,7,up,\ns0,a,b,1,c\ns1,a,b,2\n")
    assert read_data("s.fa", labels=labels, tasks=["up"]).labels.tolist() == [[1], [2]]
    assert read_data("s.fa", labels=table("id\t24", "s0\t1")).tasks == ("24",)


@pytest.mark.parametrize(
    ("rows", "tasks"),
    [
        (["id;up;down", "s0;1;0", "s1;0;1"], ("up", "down")),
        (["id, up, down", "s0, 1, 0", "s1, 0, 1"], ("up", "down")),
        (['"id";"up, or not";"down"', '"s0";1;0', '"s1";0;1'], ("up, or not", "down")),
        (["id\tup;a\tdown,b", "s0\t1\t0", "s1\t0\t1"], ("up;a", "down,b")),
        (["id\tup\tdown\t", "s0\t1\t0\t", "s1\t0\t1\t"], None),
        (["id,up,down", "s0,1,0,", "s1,0,1,"], ("up", "down")),
        # R: write.table(), with sep = "\\t", with quote = FALSE, and write.csv()
        (['"up" "down"', '"s0" 1 0', '"s1" 0 1'], ("up", "down")),
        (['"up"\t"down"', '"s0"\t1\t0', '"s1"\t0\t1'], ("up", "down")),
        (["up\tdown", "s0\t1\t0", "s1\t0\t1"], ("up", "down")),
        (['"","up","down"', '"s0",1,0', '"s1",0,1'], ("up", "down")),
        (["\ufeffid\tup\tdown\r", "s0\t1\t0\r", "s1\t0\t1\r"], ("up", "down")),
        # R and pandas: row numbers beside a column of names
        (['"","name","up","down"', '"1","s0",1,0', '"2","s1",0,1'], ("up", "down")),
        (['"","up","ID","down"', '"17",1,"s0",0', '"4",0,"s1",1'], ("up", "down")),
        (['"name" "up" "down"', '"1" "s0" 1 0', '"2" "s1" 0 1'], ("up", "down")),
        (["name\tup\tdown", "1\ts0\t1\t0", "2\ts1\t0\t1"], ("up", "down")),
        ([",name,up,down", "0,s0,1,0", "1,s1,0,1"], ("up", "down")),
        (["Unnamed: 0,name,up,down", "0,s0,1,0", "1,s1,0,1"], ("up", "down")),
        (["...1\tname\tup\tdown", "1\ts0\t1\t0", "2\ts1\t0\t1"], ("up", "down")),
        ([",region,name,up,down", "0,s0,x,1,0", "1,s1,y,0,1"], None),
        ([",name,up,split,down", "0,s0,1,,0", "1,s1,0,,1"], ("up", "down")),
        # Words
        (["id\tup\tdown", "s0\tTRUE\tunbound", "s1\tFALSE\tbound"], ("up", "down")),
        (["id\tup\tdown", "s0\tT\tNo", "s1\tF\tYES", "s2\tNA\t"], ("up", "down")),
        (["id\tup\tdown", "s0\tpositive\tinactive", "s1\tnegative\tactive"], ("up", "down")),
    ],
)
def test_tables_of_other_programs(rows: list[str], tasks: tuple[str, ...] | None) -> None:
    data = read_data("s.fa", labels=table(*rows), tasks=("up", "down") if tasks is None else ())
    assert data.tasks == (tasks or ("up", "down"))
    assert list(data.sequences) == STRINGS[:2]
    assert data.labels.tolist() == [[1, 0], [0, 1]]


def test_that_row_numbers_are_ignored_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    read_data("s.fa", labels=table(",name,up", "1,s0,1", "2,s1,0"))
    assert any("row numbers" in message for message in caplog.messages)


def test_a_first_column_of_labels_is_not_one_of_row_numbers() -> None:
    with pytest.raises(InputError):
        read_data("s.fa", labels=table("up,name,down", "1,s0,1", "0,s1,0"), tasks=["down"])


def test_names_of_records_may_be_numbers() -> None:
    write("n.fa", "".join(f">{i}\n{letters}\n" for i, letters in enumerate(STRINGS[:3], start=1)))
    for labels in (table(",up,name", "1,4,2", "2,5,3"), table("name,up", "1,4", "2,5"), table(",up", "1,4", "2,5")):
        data = read_data("n.fa", labels=labels, tasks=["up"])
        assert data.sequences.names == ("1", "2")
        assert data.labels.tolist() == [[4], [5]]


def test_how_words_are_read_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    read_data("s.fa", labels=table("id\tup", "s0\tbound", "s1\tunbound"))
    assert any("unbound as 0" in message for message in caplog.messages)


def test_names_with_quotes_and_escapes_are_matched() -> None:
    write("odd.fa", "".join(f">{name}\n{s}\n" for name, s in zip(ODD_NAMES, cycle(STRINGS), strict=False)))
    frame = pd.DataFrame({"name": ODD_NAMES, "up": range(len(ODD_NAMES))})
    write_table(frame, "own.tsv")
    frame.to_csv("quoted.csv", index=False)
    frame.to_csv("semicolons.csv", index=False, sep=";", quoting=csv.QUOTE_ALL)
    for labels in ("own.tsv", "quoted.csv", "semicolons.csv"):
        data = read_data("odd.fa", labels=labels)
        assert tuple(data.sequences.names) == ODD_NAMES
        assert data.labels[:, 0].tolist() == list(range(len(ODD_NAMES)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=12, max_size=12))
def test_numbers_are_read_as_pandas_reads_them(values: list[float]) -> None:
    names = [f"s{i}" for i in range(12)]
    pd.DataFrame({"id": names, "up": np.float32(values)}).to_csv("l.csv", index=False)
    data = read_data("s.fa", labels="l.csv")
    np.testing.assert_array_equal(data.labels[:, 0], np.float32(values))


def test_columns_of_other_tables_are_names_of_tasks() -> None:
    names = ("motif", "strand", "before", "label_up", "task", "5' UTR", "motif\\")
    data = read_data("s.fa", labels=table("\t".join(("id", *names)), *(f"s{i}" + f"\t{i % 2}" * 7 for i in range(12))))
    assert data.tasks == names
    scores = scores_table(data.sequences, data.labels, names)
    write_table(scores, "scores.tsv")
    back = read_table("scores.tsv", texts=("name",))
    assert back.columns.tolist() == ["sequence_index", "name", *names]
    np.testing.assert_array_equal(back[list(names)].to_numpy(), data.labels)


def test_a_split_in_the_table_is_kept() -> None:
    names = ["train", "val", "TEST"]
    data = read_data("s.fa", labels=table("id\tsplit\tup", *(f"s{i}\t{names[i % 3]}\t{i}" for i in range(12))))
    assert data.tasks == ("up",)
    split = data.split(valid=0.4, test=0.4, seed=3)
    assert [part.labels[:, 0].tolist() for part in split] == [[0, 3, 6, 9], [1, 4, 7, 10], [2, 5, 8, 11]]


def test_a_part_missing_in_the_table_is_taken_from_training() -> None:
    data = read_data(
        "s.fa", labels=table("id\tsplit\tup", *(f"s{i}\t{'test' if i < 4 else ''}\t{i}" for i in range(12)))
    )
    split = data.split(valid=0.25, test=0.25)
    assert split.test.labels[:, 0].tolist() == [0, 1, 2, 3]
    assert (len(split.train), len(split.valid)) == (6, 2)


def test_sequences_related_to_a_later_part_are_removed() -> None:
    other_strand = list(SequenceSet.from_strings(STRINGS[:2]).reverse_complement())
    write("s.fa", "".join(f">s{i}\n{letters}\n" for i, letters in enumerate([*STRINGS[:8], *other_strand])))
    parts = ["train", "valid", *["train"] * 3, *["valid"] * 2, "test", "valid", "test"]
    data = read_data("s.fa", labels=table("id\tsplit\tup", *(f"s{i}\t{part}\t{i}" for i, part in enumerate(parts))))
    # s0 is the other strand of s8 (train and valid), s1 of s9 (valid and test).
    assert data.labels[:, 0].tolist() == [2, 3, 4, 5, 6, 7, 8, 9]


@pytest.mark.shared
def test_both_strands_of_a_region_are_in_one_part(shared_data: Path) -> None:
    sample = shared_data / "regr_deepstarr_sample"
    data = read_data(sample / "seqs.fa.gz", labels=sample / "labels.tsv.gz")
    assert data.given is not None
    assert data.tasks == ("Dev_log2_enrichment", "Hk_log2_enrichment")
    regions: dict[str, set[tuple[int, str]]] = {}
    for name, group, part in zip(data.sequences.names, data.groups.tolist(), data.given.tolist(), strict=True):
        regions.setdefault("_".join(name.partition("|")[2].split("_")[:3]), set()).add((group, part))
    assert max(len(own) for own in regions.values()) == 1
    assert len(regions) < len(data)


# --- headers ---


def headers(pattern: str, **options: Any) -> LabelSpec:
    return LabelSpec(label_pattern=pattern, **options)


def test_numbers_in_headers_are_values() -> None:
    data = read_data("s.fa", labels=headers(r"activity=(?P<act>\S+)"))
    assert data.tasks == ("act",)
    assert data.labels[:, 0].tolist() == [i / 2 for i in range(12)]
    assert read_data("s.fa", labels=headers(r"activity=(\S+)")).tasks == ("label",)


def test_texts_in_headers_are_classes() -> None:
    data = read_data("s.fa", labels=headers(r"kind=(\w)"))
    assert data.tasks == ("a", "b")
    assert data.labels[:3].tolist() == [[1, 0], [0, 1], [1, 0]]
    assert read_data("s.fa", labels=headers(r"kind=(\w)", tasks=("b",))).labels[:3, 0].tolist() == [0, 1, 0]


def test_a_pattern_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_table, "_SECONDS", 1.0)
    write("slow.fa", f">s0 {'a' * 40}!\nACGT\n")
    with pytest.raises(InputError):
        read_data("slow.fa", labels=headers("(a+)+$"))
    assert read_data("s.fa", labels=headers(r"(?:a+)+ctivity=(\S+)")).labels[:, 0].tolist() == [
        i / 2 for i in range(12)
    ]


@pytest.mark.parametrize("pattern", ["(" * 5000 + ")" * 5000, "(a{99999999999})", "(", "a", "(a)(b)", "(?<=a+)(b)"])
def test_invalid_patterns(pattern: str) -> None:
    with pytest.raises(InputError):
        headers(pattern)


def test_headers_of_any_characters_are_searched() -> None:
    names = [name for name in ODD_NAMES if '"' not in name]
    write("odd.fa", "".join(f">{name}=1\n{s}\n" for name, s in zip(names, cycle(STRINGS), strict=False)))
    assert set(read_data("odd.fa", labels=headers("^(.+)=1$")).tasks) == set(names)


def test_sequences_whose_header_does_not_match_are_removed() -> None:
    data = read_data("s.fa", labels=headers(r"activity=(\d\.0)"))
    assert data.labels[:, 0].tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (["id\tup", "s0\t1", "s1\thigh"], 3),
        (["id\tup", "s0\t1", "s1\t2", "s0\t3"], 4),
        (["id\tsplit\tup", "s0\t2\t1"], 2),
        (["s0 1", "s1 2"], 1),
        (["id", "s0"], None),
        (["id\tup"], None),
        # Labels that are neither numbers nor one pair of words, and more columns in some rows only.
        (["id\tup", "s0\tbound", "s1\tunbound", "s2\t1"], 4),
        (["id\tup", "s0\t1", "s1\tTRUE"], 3),
        (["id\tup", "s0\tTRUE", "s1\tno"], 3),
        (["id;up", "s0;1,5", "s1;2"], 2),
        (["id\tup", "s0\t1_0"], 2),
        (["id\tup", "s0\t1e999"], 2),
        (["id\tup", "", "s0\t1e39"], 3),
        (["up", "s0\t1", "s1\t1", "s2\t1\t2"], 4),
        # Names of tasks.
        (["id\tname", "s0\t1"], 1),
        (["id\tindex", "s0\t1"], 1),
        (["id\tsequence_index", "s0\t1"], 1),
        (["id\tup\tlabel_up", "s0\t1\t0"], 1),
        (["id\t(k-mer)", "s0\t1"], 1),
        (["id\ta\x7fb", "s0\t1"], 1),
        (["id\ta\u2028b", "s0\t1"], 1),
        (['id,"a', 'b"', "s0,1"], 1),
        (['id,"a ""b"""', "s0,1"], 1),
        (["id\tup", "s0\t1\t5", "s1\t2\t5"], 2),
        (["s0\t1", "s1\t2"], 1),
        (["id\tup\tup", "s0\t1\t2"], 1),
        (["id\tup\t", "s0\t1\t2"], 1),
    ],
)
def test_an_invalid_table_is_reported_with_its_line(rows: list[str], line: int | None) -> None:
    with pytest.raises(FormatError) as error:
        read_data("s.fa", labels=table(*rows))
    assert (error.value.path, error.value.line) == ("l.tsv", line)
