"""Labels of records: from a table with one row per record, or from their headers.

Both functions return labels of N records, float32 ``(N, T)`` with NaN where unknown, and the names of the T tasks.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.errors import FormatError, InputError, listed, quoted
from motifnet.sequences.input_spec import LabelSpec
from motifnet.sequences.io.fasta import RaggedSequences
from motifnet.sequences.io.text import TextSource

Floats = NDArray[np.float32]
Parts = NDArray[np.str_]

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
#: Error of pandas for a row that is longer than the header.
_LONG_ROW = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")


def labels_from_table(records: RaggedSequences, labels: LabelSpec) -> tuple[Floats, tuple[str, ...], Parts | None]:
    """Read labels from the table `labels.labels`, matched by name, and the column "split" (N,) if there is one.

    Raises InputError if no record is in the table, a task is missing, or (`FormatError`) the table is invalid.
    """
    assert labels.labels is not None
    path = labels.labels
    table = _read_table(path)
    names, columns = table.iloc[:, 0], table.iloc[:, 1:]
    rows = _match_rows(records, names, path)
    tasks = _choose_tasks([name for name in columns if name != SPLIT_COLUMN], labels.tasks, path)
    values = np.stack([_numbers(_column(columns, task, path), path) for task in tasks], axis=1)
    values = np.where((rows >= 0)[:, np.newaxis], values[rows], np.nan).astype(np.float32)
    given = _parts(_column(columns, SPLIT_COLUMN, path), path)[rows] if SPLIT_COLUMN in columns else None
    return values, tasks, given


def labels_from_headers(records: RaggedSequences, labels: LabelSpec) -> tuple[Floats, tuple[str, ...]]:
    """Search headers for `labels.label_pattern`: numbers are labels of one task, other texts are binary tasks.

    Raises InputError if no header matches, or there is one class only.
    """
    pattern = labels.pattern()
    matches = [pattern.search(header) for header in records.headers]
    found = np.array([(match.group(1) or "") if match else "" for match in matches], dtype=np.str_)
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


def _match_rows(records: RaggedSequences, names: pd.Series, path: str | Path) -> NDArray[np.intp]:
    """Row of the table for each record; -1 if there is none."""
    repeated = names[names.duplicated()]
    if len(repeated):
        line = int(repeated.index[0]) + 2
        raise FormatError(
            path, f"two rows have the name {quoted(repeated.iloc[0])}", line=line, hint="Remove one of them."
        )
    rows = pd.Index(names).get_indexer(pd.Index(records.names))
    if (rows < 0).all():
        hint = f"The first column ({quoted(names.name)}) must contain names of sequences, "
        hint += f"such as {quoted(records.names[0])}. Its first name is {quoted(names.iloc[0])}."
        raise InputError(f"{path}: none of the names is in {records.source}", hint=hint)
    if names.name in records.names:
        what = f"the first row is not a header: {quoted(names.name)} is a record of {records.source}"
        raise FormatError(path, what, line=1, hint="Insert a row of column names, such as: name, task.")
    n_unused = len(names) - len(np.unique(rows[rows >= 0]))
    if n_unused:
        logger.info("%s: %d names are not in %s", path, n_unused, records.source)
    return rows


def _read_table(path: str | Path) -> pd.DataFrame:
    """All cells as text; column names may repeat."""
    source = TextSource(path)
    separator = "\t" if "\t" in source.head().partition("\n")[0] else ","
    try:
        # Without a header: pandas would use the first column of longer rows as an index, and rename columns.
        with source.text() as handle:
            table = pd.read_csv(
                handle, sep=separator, header=None, dtype=str, keep_default_na=False, skipinitialspace=True
            )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        found = _LONG_ROW.search(str(error))
        what = f"{found[3]} cells, but {found[1]} column names" if found else f"not a table: {str(error).strip()}"
        hint = "Every row must have one cell per column name."
        raise FormatError(path, what, line=int(found[2]) if found else None, hint=hint) from None
    if len(table.columns) < 2 or len(table) < 2:
        what = f"a table of labels needs at least two columns and two rows. Got {len(table.columns)} and {len(table)}"
        raise FormatError(path, what, hint="Separate the columns by tabs or commas; the first row must be a header.")
    table = table.fillna("")
    return table[1:].reset_index(drop=True).set_axis(table.iloc[0].tolist(), axis=1)


def _column(columns: pd.DataFrame, name: str, path: str | Path) -> pd.Series:
    numbers = np.flatnonzero(columns.columns == name)
    if len(numbers) > 1 or not name:
        wrong = (
            f"{len(numbers)} columns have the name {quoted(name)}" if name else f"column {numbers[0] + 2} has no name"
        )
        raise FormatError(path, wrong, line=1, hint="Give each column a different name.")
    return columns.iloc[:, numbers[0]]


def _choose_tasks(known: Sequence[str], chosen: tuple[str, ...], source: str | Path) -> tuple[str, ...]:
    missing = [name for name in chosen if name not in known]
    if missing or not known:
        what = f"no task {quoted(missing[0])}" if missing else f"no column of labels besides {quoted(SPLIT_COLUMN)}"
        hint = f"Choose --tasks from: {listed(known)}." if known else "Add a column for each task."
        raise InputError(f"{source}: {what}", hint=hint)
    return chosen or tuple(known)


def _numbers(column: pd.Series, path: str | Path) -> Floats:
    is_unknown = column.str.strip().str.lower().isin(_UNKNOWN)
    numbers = pd.to_numeric(column.where(~is_unknown), errors="coerce")
    wrong = np.flatnonzero(numbers.isna() & ~is_unknown)
    if len(wrong):
        what = f"{quoted(column.iloc[wrong[0]])} in column {quoted(column.name)} is not a number"
        hint = "Leave unknown labels empty; select columns of labels with --tasks."
        raise FormatError(path, what, line=int(wrong[0]) + 2, hint=hint)
    return numbers.to_numpy(dtype=np.float32)


def _parts(column: pd.Series, path: str | Path) -> Parts:
    names = column.str.strip().str.lower()
    wrong = np.flatnonzero(~names.isin(_PARTS))
    if len(wrong):
        what = f"{quoted(column.iloc[wrong[0]])} in column {quoted(SPLIT_COLUMN)} is not train, valid or test"
        hint = "Rename the column if it has another meaning."
        raise FormatError(path, what, line=int(wrong[0]) + 2, hint=hint)
    return names.map(_PARTS).to_numpy(dtype=np.str_)
