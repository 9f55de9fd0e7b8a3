"""JSON documents and tables: what motifnet wrote is read, and damaged files are errors with file and line."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from motifnet.documents import MAX_CHARACTERS, MAX_DEPTH, check_structure, read_json, read_table
from motifnet.errors import FormatError
from motifnet.outputs import write_json, write_table

#: Damaged documents, and the line of the fault where it is known.
BROKEN: dict[str, tuple[str, int | None]] = {
    "empty": ("", 1),
    "cut": ('{\n"a": [1, 2', 2),
    "nested lists": ("[" * 3000 + "]" * 3000, None),
    "nested objects": ('{"a":' * 3000 + "1" + "}" * 3000, None),
    "lists open": ("[" * 100_000, None),
    "one level too many": ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), None),
    "NaN": ('{"a": NaN}', None),
    "infinity": ("[-Infinity]", None),
    "a float that overflows": ("[1e999]", None),
    "an integer of 5,000 digits": (f"[{'9' * 5000}]", None),
    "an integer of 19 digits": (f"[{'9' * 19}]", None),
    "a repeated key": ('{"a": 1, "b": 2, "a": 1}', None),
    "half of a surrogate pair": (r'["\ud800"]', None),
    "a raw control character": ('["a\x01b"]', 1),
    "too long": (f'["{"a" * MAX_CHARACTERS}"]', None),
}


@pytest.mark.parametrize(("text", "line"), BROKEN.values(), ids=BROKEN)
def test_a_damaged_document_is_an_error(text: str, line: int | None, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(FormatError) as error:
        read_json(path)
    assert (error.value.path, error.value.line) == (str(path), line)
    assert len(str(error.value)) < 300 + len(str(path))


def test_bytes_that_are_not_text_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'["\xff"]')
    with pytest.raises(FormatError):
        read_json(path)


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_only_regular_files_are_read(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)  # opening it would wait for a writer
    with pytest.raises(FormatError):
        read_json(path)


def test_documents_are_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    document = {"a": [1, 2.5, None, True, "\U0001f9ec \x1b"], "b": {"c": [[]]}, "d": (math.nan, -math.inf)}
    write_json(document, path)
    assert read_json(path) == document | {"d": [None, None]}
    assert "NaN" not in path.read_text()


TEMPLATE: dict[str, Any] = {"*": float, "name": str, "rows": [{"n": int}], "is_new": bool, "own": {"*": {"*": float}}}


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ([], "the document"),
        ({"other": "1"}, "other"),
        ({"other": True}, "other"),
        ({"name": 1}, "name"),
        ({"rows": {}}, "rows"),
        ({"rows": [{"n": 1}, {"n": 1.5}]}, "rows[1].n"),
        ({"rows": [{"n": False}]}, "rows[0].n"),
        ({"rows": [3]}, "rows[0]"),
        ({"rows": [{}, None]}, "rows[1]"),
        ({"is_new": 1}, "is_new"),
        ({"own": {"a b": {"c": []}}}, "own.'a b'.c"),
    ],
)
def test_values_of_other_types_are_errors_with_their_place(document: Any, place: str) -> None:
    with pytest.raises(FormatError) as error:
        check_structure("a.json", document, TEMPLATE)
    assert error.value.message.startswith(f"a.json: {place} must")


def test_missing_keys_and_null_are_accepted() -> None:
    for document in (None, {}, dict.fromkeys(TEMPLATE), {"rows": [{"n": 2, "more": object()}], "a": 1, "is_new": True}):
        check_structure("a.json", document, TEMPLATE)


# --- tables ---

COLUMNS = ("motif", "start", "score")
TABLE = "motif\tstart\tscore\nm01\t1\t0.5\nm02\t2\t\n"


def _read(folder: Path, content: str | bytes, **options: Any) -> pd.DataFrame:
    path = folder / "a.tsv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path, COLUMNS, key=("motif",), filled=("start",), **options)


def test_a_table_is_read_by_its_declaration(tmp_path: Path) -> None:
    table = _read(tmp_path, TABLE.replace("\n", "\tmore\n"))
    assert table.columns.tolist() == list(COLUMNS)
    assert table["start"].tolist() == [1, 2]
    assert table["score"].tolist() == pytest.approx([0.5, math.nan], nan_ok=True)
    assert _read(tmp_path, "motif\tstart\tscore\n").empty
    pd.testing.assert_frame_equal(_read(tmp_path, TABLE.replace("\n", "\r\n")), _read(tmp_path, TABLE))


def test_quotes_are_characters_of_a_name(tmp_path: Path) -> None:
    table = pd.DataFrame({"motif": ['"', 'a"b', "'"], "start": [1, 2, 3], "score": [0.5, 1.0, 2.0]})
    write_table(table, tmp_path / "a.tsv")
    pd.testing.assert_frame_equal(read_table(tmp_path / "a.tsv", COLUMNS), table)


WRONG: dict[str, tuple[str | bytes, int | None]] = {
    "empty": ("", 1),
    "a missing column": ("motif\tstart\nm01\t1\n", 1),
    "a repeated column": ("motif\tstart\tscore\tstart\nm01\t1\t2\t3\n", 1),
    "too few cells": ("motif\tstart\tscore\nm01\t1\t2\nm02\t1\n", 3),
    "too many cells": ("motif\tstart\tscore\nm01\t1\t2\t3\n", 2),
    "a blank line": ("motif\tstart\tscore\n\nm01\t1\t2\n", 2),
    "text instead of a number": ("motif\tstart\tscore\nm01\t1\t2\nm02\t1\tx\n", 3),
    "true instead of a number": ("motif\tstart\tscore\nm01\t1\tTrue\n", 2),
    "5,000 digits": (f"motif\tstart\tscore\nm01\t{'9' * 5000}\t1\n", 2),
    "an integer above 2^63": ("motif\tstart\tscore\nm01\t1\t1\nm02\t9300000000000000000\t1\n", 3),
    "a megabyte of text": (f"motif\tstart\tscore\nm01\t1\t{'x' * 10**6}\n", 2),
    "an empty cell": ("motif\tstart\tscore\nm01\t1\t1\nm02\t\t1\n", 3),
    "a number that is too large": ("motif\tstart\tscore\nm01\t1e308\t1\n", 2),
    "infinity": ("motif\tstart\tscore\nm01\tinf\t1\n", 2),
    "a repeated key": ("motif\tstart\tscore\nm01\t1\t1\nm02\t1\t1\nm01\t2\t2\n", 4),
    "a carriage return in a name": ("motif\tstart\tscore\nm\r1\t1\t1\n", 2),
    "a zero byte": (b"motif\tstart\tscore\nm\x001\t1\t1\n", 2),
    "not UTF-8": (b"motif\tstart\tscore\n\xff\t1\t1\n", None),
    "a header of a million columns": ("\t" * 10**6 + "\n", 1),
}


@pytest.mark.parametrize(("content", "line"), WRONG.values(), ids=WRONG)
def test_a_damaged_table_is_an_error_with_its_line(content: str | bytes, line: int | None, tmp_path: Path) -> None:
    with pytest.raises(FormatError) as error:
        _read(tmp_path, content)
    assert (error.value.path, error.value.line) == (str(tmp_path / "a.tsv"), line)
    assert len(str(error.value)) < 400 + len(str(tmp_path))


def test_a_table_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tsv")
    for path in (tmp_path, tmp_path / "none.tsv", tmp_path / "pipe.tsv"):
        with pytest.raises(FormatError):
            read_table(path)


def test_any_value_of_json_is_a_document(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for document in ([10**18 - 1], 5, None, "text", True, []):
        path.write_text(json.dumps(document))
        assert read_json(path) == document
