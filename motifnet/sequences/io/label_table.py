"""Labels of records: from a table with one row per record, or from their headers.

Both functions return labels of N records, float32 ``(N, T)`` with NaN where unknown, and the names of the T tasks.
Tables are read row by row: memory depends on the number of records and tasks, not on the size of the table.
"""

from __future__ import annotations

import csv
import json
import logging
import math
import re
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.documents import split_row
from motifnet.errors import FormatError, InputError, counted, listed, quoted
from motifnet.sequences.dataset import task_problem
from motifnet.sequences.input_spec import LabelSpec
from motifnet.sequences.io.text import TextSource
from motifnet.sequences.ragged import RaggedSequences

Floats = NDArray[np.float32]
Parts = NDArray[np.str_]
Rows = Iterator[tuple[int, list[str]]]

logger = logging.getLogger("motifnet")

#: Column of the parts of a split, and names of the parts, in lower case.
SPLIT_COLUMN = "split"
_PARTS = {
    **dict.fromkeys(("", "train", "training"), "train"),
    **dict.fromkeys(("valid", "val", "validation", "dev"), "valid"),
    **dict.fromkeys(("test", "testing"), "test"),
}
#: Cells of an unknown label, in lower case.
_UNKNOWN = frozenset(("", "na", "nan", "n/a", "none", "null", "."))
#: Words for the labels 1 and 0, in lower case.
_WORDS = (
    *(("true", "false"), ("t", "f"), ("yes", "no"), ("y", "n"), ("positive", "negative"), ("pos", "neg")),
    *(("bound", "unbound"), ("active", "inactive"), ("present", "absent"), ("open", "closed")),
)
_VALUE_OF = {word: 1.0 - number for pair in _WORDS for number, word in enumerate(pair)}
#: Separators of columns, most likely first. R writes spaces.
_SEPARATORS = ("\t", ",", ";", " ")
#: First cells of a header that are names of the column of names; tables of R have none.
_NAME_COLUMNS = frozenset(("", "id", "name", "names", "sequence", "sequence_name", "seq", "record", "region", "peak"))
#: Names of a column of row numbers, in lower case: in a table of R or pandas, and after pandas or readr have read it.
_ROW_NUMBERS = frozenset(("", "unnamed: 0", "...1"))
#: Largest label, which is a float32.
_LARGEST = 3.4028235e38
_SHAPE_HINT = "Separate the columns by tabs or commas; the first row must be a header."


@dataclass(frozen=True)
class _Table:
    """A table of labels: names of the columns, and an iterator over line numbers and cells, as many as columns.

    Cells are without quotes and white space around them.
    """

    path: Path
    header: list[str]
    rows: Rows

    def column(self, name: str) -> int:
        """Index of the column of this name, of which there must be one."""
        numbers = [i for i, own in enumerate(self.header) if own == name and i]
        if len(numbers) > 1 or not name:
            wrong = f"{len(numbers)} columns have the name {quoted(name)}"
            wrong = wrong if name else f"column {numbers[0] + 1} has no name"
            raise FormatError(self.path, wrong, line=1, hint="Give each column a different name.")
        return numbers[0]


def labels_from_table(records: RaggedSequences, labels: LabelSpec) -> tuple[Floats, tuple[str, ...], Parts | None]:
    """Read labels from the table `labels.labels`, matched by name, and the column "split" (N,) if there is one.

    Raises InputError if no record is in the table, a task is missing, or (`FormatError`) the table is invalid.
    """
    assert labels.labels is not None
    numbers, names = pd.factorize(np.array(records.names, dtype=object))
    row_of = {name: row for row, name in enumerate(names)}
    table = _read_table(labels.labels, row_of)
    if table.header[0] in row_of:
        what = f"the first row is not a header: {quoted(table.header[0])} is a record of {records.source}"
        raise FormatError(table.path, what, line=1, hint="Insert a row of column names, such as: name, task.")
    tasks = _choose_tasks([name for name in table.header[1:] if name != SPLIT_COLUMN], labels.tasks, table.path)
    for task in tasks:
        if problem := task_problem(task, tasks):
            hint = "Give the column another name, or choose other columns with --tasks."
            raise FormatError(table.path, problem, line=1, hint=hint)
    columns = [_Labels(task) for task in tasks]
    parts = _Parts() if SPLIT_COLUMN in table.header[1:] else None
    values = _fill(table, row_of, [*columns, *([] if parts is None else [parts])], records)
    for column in columns:
        column.report(table.path)
    given = None if parts is None else np.array(list(parts.names))[values[:, -1].astype(np.intp)]
    found = values[:, : len(tasks)][numbers]
    return found, tasks, None if given is None else given[numbers]


def _fill(table: _Table, row_of: Mapping[str, int], columns: Sequence[_Column], records: RaggedSequences) -> Floats:
    """Values of some columns for each name of `row_of`, float32; the default for names that the table lacks."""
    indices = [table.column(column.name) for column in columns]
    values = np.empty((len(row_of), len(columns)), dtype=np.float32)
    values[:] = [column.default for column in columns]
    line_of = np.zeros(len(row_of), dtype=np.int64)
    n_unused, first = 0, None
    for line, cells in table.rows:
        name = cells[0]
        first = name if first is None else first
        row = row_of.get(name, -1)
        if row >= 0 and line_of[row]:
            what = f"lines {line_of[row]} and {line} have the name {quoted(name)}"
            raise FormatError(table.path, what, line=line, hint="Remove one of them.")
        found = [column[cells[i]] for column, i in zip(columns, indices, strict=True)]
        for value, column, i in zip(found, columns, indices, strict=True):
            if value is None:
                raise column.error(cells[i], table.path, line)
        if row < 0:
            n_unused += 1
            continue
        values[row], line_of[row] = found, line
    if not line_of.any():
        hint = f"The first column ({quoted(table.header[0])}) must contain names of sequences, "
        hint += f"such as {quoted(records.names[0])}. Its first name is {quoted(first)}."
        raise InputError(f"{table.path}: none of the names is in {records.source}", hint=hint)
    if n_unused:
        are_missing = f"{counted(n_unused, 'name')} {'is' if n_unused == 1 else 'are'} not in"
        logger.info("%s: %s %s", table.path, are_missing, records.source)
    return values


class _Column(dict[str, float | None], ABC):
    """Values of the cells of a column, by their text, computed when first needed; None if a cell is invalid."""

    #: Different texts that are kept.
    _N_KEPT = 1 << 16
    name: str
    default: float

    def __missing__(self, cell: str) -> float | None:
        if len(self) >= self._N_KEPT:
            self.clear()
        value = self[cell] = self.value(cell.strip().lower())
        return value

    @abstractmethod
    def value(self, cell: str) -> float | None:
        """The value of a cell in lower case."""

    @abstractmethod
    def error(self, cell: str, path: Path, line: int) -> FormatError:
        """The error for a cell without a value."""


class _Labels(_Column):
    """Labels of a task: all of them numbers, or one pair of `_WORDS`."""

    default = math.nan

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.words: set[str] = set()
        self.has_numbers = False

    def value(self, cell: str) -> float | None:
        """NaN for an unknown label; None if it is neither a number nor a word of the same pair as those before."""
        if cell in _UNKNOWN:
            return math.nan
        if cell in _VALUE_OF:
            self.words.add(cell)
            is_pair = any(self.words <= set(pair) for pair in _WORDS)
            return _VALUE_OF[cell] if is_pair and not self.has_numbers else None
        self.has_numbers = True
        return None if self.words else _number(cell)

    def error(self, cell: str, path: Path, line: int) -> FormatError:
        """The error for a cell that is neither a number nor a word, or for a mixture of them."""
        what = f"{quoted(cell)} in column {quoted(self.name)} is not a number"
        hint = "Leave unknown labels empty; select columns of labels with --tasks."
        if self.words:
            what = f"{quoted(cell)} in column {quoted(self.name)} is not of the same kind as the labels before it"
            hint = "Use 0 and 1, or one pair of words such as TRUE and FALSE or bound and unbound."
        elif re.fullmatch(r"[+-]?\d+,\d+", cell.strip()):
            hint = "Write decimal points, not commas."
        return FormatError(path, what, line=line, hint=hint)

    def report(self, path: Path) -> None:
        """Log how words were read."""
        if self.words:
            words = sorted(self.words, key=_VALUE_OF.__getitem__)
            read = " and ".join(f"{word} as {_VALUE_OF[word]:g}" for word in words)
            logger.info("%s: column %s: read %s", path, quoted(self.name), read)


class _Parts(_Column):
    """Parts of a split: indices of `names`."""

    name, default = SPLIT_COLUMN, 0.0
    names = ("train", "valid", "test")

    def value(self, cell: str) -> float | None:
        """Index of a part, by any of its names."""
        return float(self.names.index(_PARTS[cell])) if cell in _PARTS else None

    def error(self, cell: str, path: Path, line: int) -> FormatError:
        """The error for a cell that is not the name of a part."""
        what = f"{quoted(cell)} in column {quoted(SPLIT_COLUMN)} is not train, valid or test"
        return FormatError(path, what, line=line, hint="Rename the column if it has another meaning.")


def _number(cell: str) -> float | None:
    try:
        # Python reads 1_000 and digits of other scripts.
        value = float(cell) if cell.isascii() and "_" not in cell else math.nan
    except ValueError:
        return None
    return value if abs(value) <= _LARGEST else None


def _choose_tasks(known: Sequence[str], chosen: tuple[str, ...], source: str | Path) -> tuple[str, ...]:
    missing = [name for name in chosen if name not in known]
    if missing or not known:
        what = f"no task {quoted(missing[0])}" if missing else f"no column of labels besides {quoted(SPLIT_COLUMN)}"
        hint = f"Choose --tasks from: {listed(known)}." if known else "Add a column for each task."
        raise InputError(f"{source}: {what}", hint=hint)
    return chosen or tuple(known)


# --- the table ---


def _read_table(path: Path, known: Mapping[str, int]) -> _Table:
    """Open a table, and recognise its separator, and whether the column of names has a name (it has none in R)."""
    source = TextSource(path)
    source.head()  # raises errors for binary and empty files
    lines = ((number, line.rstrip("\r\n")) for number, line in source.lines() if line.strip())
    (_, head), *first = islice(lines, 3)
    separator = _separator(head, first[0][1] if first else "")
    header = _cells(head, separator)
    rows = [_cells(line, separator) for _, line in first]
    is_longer = all(len(row) == len(header) + 1 for row in rows) and any(row[-1] for row in rows)
    has_numbers = bool(rows) and all(row[0].isdecimal() and row[0] not in known for row in rows)
    if is_longer and (has_numbers or header[0].lower() not in _NAME_COLUMNS):
        header.insert(0, "")
    if len(header) < 2 or not first:
        what = "a table of labels needs at least two columns and two rows"
        raise FormatError(path, what, hint=_SHAPE_HINT)
    all_rows = _rows(chain(first, lines), path, separator, len(header), known)
    if has_numbers and header[0].lower() in _ROW_NUMBERS and (names := _column_of_names(header, rows, known)):
        logger.info("%s: names are in column %s; column 1 has row numbers", path, quoted(header[names]))
        header = _without_numbers(header, names)
        all_rows = ((number, _without_numbers(cells, names)) for number, cells in all_rows)
    return _Table(path, header, all_rows)


def _column_of_names(header: Sequence[str], rows: Sequence[Sequence[str]], known: Mapping[str, int]) -> int | None:
    """Index of a column with the title of a column of names; None if there is none.

    Of several, the first one with a known name in these rows, if there is one.
    """
    titled = [i for i, name in enumerate(header) if i and name and name.lower() in _NAME_COLUMNS]
    return next((i for i in titled if any(i < len(row) and row[i] in known for row in rows)), next(iter(titled), None))


def _without_numbers(cells: list[str], names: int) -> list[str]:
    """Cells of a table of R or pandas without the row number, which is the first; those of column `names` are first."""
    return [cells[names], *cells[1:names], *cells[names + 1 :]]


def _separator(header: str, row: str) -> str:
    """The separator that gives the same number of columns, at least two, in the first two lines (in R, one more)."""
    counts = {each: (len(_cells(header, each)), len(_cells(row, each))) for each in _SEPARATORS}
    regular = [each for each, (first, second) in counts.items() if second > 1 and second - first in (0, 1)]
    likely = [each for each, (first, _) in counts.items() if first > 1 and each != " "]
    return next(iter([*(each for each in regular if each in likely), *likely, *regular]), "\t")


def _rows(
    lines: Iterator[tuple[int, str]], path: Path, separator: str, n_columns: int, known: Mapping[str, int]
) -> Rows:
    for number, line in lines:
        cells = _cells(line, separator)
        if len(cells) < n_columns:
            cells += [""] * (n_columns - len(cells))
        elif len(cells) > n_columns:
            if any(cells[n_columns:]):
                what = f"{len(cells)} cells, but {n_columns} column names"
                raise FormatError(path, what, line=number, hint="Every row must have one cell per column name.")
            del cells[n_columns:]
        if cells[0] not in known and ('"' in line or "\\" in line):
            # A table of motifnet, where cells are not quoted and special characters are escaped.
            own = split_row(line)[0]
            cells[0] = own if own in known else cells[0]
        yield number, cells


def _cells(line: str, separator: str) -> list[str]:
    """Cells of a line without white space around them and without quotes, if these are in pairs."""
    if '"' in line:
        try:
            (cells,) = csv.reader([line], delimiter=separator, skipinitialspace=True, strict=True)
        except (csv.Error, ValueError):  # a quote that is part of a name
            cells = line.split(separator)
    else:
        cells = line.split(None if separator == " " else separator)
    return [cell.strip() for cell in cells]


# --- headers ---

#: Program that searches headers in another process, since a regular expression of Python cannot be stopped.
_SEARCH = """
import json, re, sys
pattern, headers = json.load(sys.stdin)
search = re.compile(pattern).search
json.dump([match.group(1) or "" if (match := search(header)) else "" for header in headers], sys.stdout)
"""
#: Maximum number of headers per process, and its maximum time in seconds.
_N_HEADERS, _SECONDS = 1 << 17, 5.0


def _search(records: RaggedSequences, pattern: str) -> list[str]:
    """What the group of a regular expression matches in each header; empty without a match."""
    found: list[str] = []
    for begin in range(0, len(records), _N_HEADERS):
        document = json.dumps([pattern, list(records.headers[begin : begin + _N_HEADERS])])
        program = [sys.executable, "-I", "-S", "-c", _SEARCH]
        try:
            done = subprocess.run(program, input=document.encode(), capture_output=True, timeout=_SECONDS, check=True)
        except subprocess.SubprocessError as error:
            is_slow = isinstance(error, subprocess.TimeoutExpired)
            what = f"took more than {_SECONDS:g} s" if is_slow else "needs too much memory"
            hint = r"Avoid nested repetitions, such as (a+)+. A pattern such as 'activity=(\S+)' is fast."
            raise InputError(f"{records.source}: --label-pattern {quoted(pattern)} {what}", hint=hint) from None
        found += json.loads(done.stdout)
    return found


def labels_from_headers(records: RaggedSequences, labels: LabelSpec) -> tuple[Floats, tuple[str, ...]]:
    """Search headers for `labels.label_pattern`: numbers are labels of one task, other texts are binary tasks.

    Raises InputError if no header matches, or there is one class only.
    """
    pattern = labels.pattern()
    found = np.array(_search(records, labels.label_pattern or ""), dtype=np.str_)
    is_found = found != ""
    if not is_found.any():
        what = f"{records.source}: no header matches the pattern {quoted(labels.label_pattern)}"
        raise InputError(what, hint=f"The first header is {quoted(records.headers[0])}.")
    numbers = pd.to_numeric(pd.Series(found).where(is_found), errors="coerce").to_numpy(dtype=np.float32)
    if not np.isnan(numbers[is_found]).any():
        name = next(iter(pattern.groupindex), "label")
        return numbers[:, np.newaxis], labels.tasks[:1] or (name,)
    classes = sorted(set(found[is_found].tolist()))
    if len(classes) < 2 and not labels.tasks:
        what = f"{records.source}: all headers have the label {quoted(classes[0])}"
        raise InputError(what, hint="At least two classes are needed.")
    tasks = labels.tasks or tuple(classes)
    if not set(tasks) & set(classes):
        _choose_tasks(classes, tasks, records.source)
    values = (found[:, np.newaxis] == np.array(tasks)).astype(np.float32)
    values[~is_found] = np.nan
    return values, tasks
