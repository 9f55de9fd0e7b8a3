"""Labels of any kind for sequences: from a table beside them, from their headers, or a file for each class.

What cannot be paired is left out and counted (logger ``motifnet``); nothing is guessed by order.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.arguments import check_type, plain_number
from motifnet.errors import FormatError, InputError
from motifnet.sequences.checks import MASKED, has_letters
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.input_spec import PART_NAMES, SPLIT_COLUMN, IntervalSpec, LabelSpec, NegativeSpec
from motifnet.sequences.io.bed import is_bed, read_bed
from motifnet.sequences.io.fasta import RaggedSequences
from motifnet.sequences.io.reader import Length, fit_told, open_intervals, read_classes, read_files, settle_length
from motifnet.sequences.io.text import TextSource
from motifnet.sequences.io.windows import default_length, label_union
from motifnet.sequences.sequence_set import Anchor, LengthRule, SequenceSet
from motifnet.sequences.splits.partition import keep_split

logger = logging.getLogger("motifnet")

#: Cells of a table, in lower case, that say that a label is not known.
UNKNOWN = frozenset(("", "na", "nan", "n/a", "none", "null", "."))
#: How pandas says that a row is longer than the header.
_LONG_ROW = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")
#: What a number in a header is called unless the group of the pattern has a name.
HEADER_TASK = "label"

Floats = NDArray[np.float32]


class _Labels(NamedTuple):
    """Labels ``(N, T)`` of the records of a file, NaN where unknown, and the part that each is given to."""

    values: Floats
    tasks: tuple[str, ...]
    given: NDArray[np.str_] | None = None


def read_data(
    sequences: str | Path,
    negatives: str | Path | NegativeSpec | None,
    labels: LabelSpec,
    *,
    size: tuple[Length, Anchor] = ("auto", "center"),
    intervals: IntervalSpec = IntervalSpec(),
    seed: int = 0,
    task: str = "positive",
) -> Dataset:
    """`read_labelled` if labels are given, else `read_classes`, as the commands read; `size`: length and anchor."""
    length, anchor = size
    if labels:
        labels.check_alone({"negatives": None if negatives is None else str(negatives)})
        return read_labelled(sequences, labels, length=length, anchor=anchor, intervals=intervals)
    return read_classes(sequences, negatives, length=length, anchor=anchor, seed=seed, task=task, intervals=intervals)


def read_labelled(
    path: str | Path,
    labels: LabelSpec,
    *,
    length: Length = "auto",
    anchor: Anchor = "center",
    intervals: IntervalSpec = IntervalSpec(),
) -> Dataset:
    """Read sequences with labels that come from a table, from their headers, or from the file that they are in.

    Parameters
    ----------
    path : str or Path
        FASTA, plain or gzip; ``-`` is standard input. Or BED, if a genome is given: a table names its windows
        ``chr:start-end``, and a pattern searches ``name=... score=... signal=...`` (narrowPeak).
    labels : LabelSpec
        A table: its first column holds the names of the records, the first word of each header; each other column
        is a task. A pattern: where all that it finds are numbers they are labels, else each name that it finds is a
        binary task of its own. Files of classes: each file is a binary task; a sequence in two files is in both;
        of BED files, the windows of their union (`windows.label_union`).
    length, anchor, intervals
        As in `read_classes`.

    Returns
    -------
    Dataset
        In the order of the file(s). Sequences without any label, and those of only N, are left out. A column "split"
        of the table decides `Dataset.split`; sequences of training (or validation) that belong together with test
        (or validation) sequences are left out.

    Raises
    ------
    InputError
        If a file cannot be used (`FormatError`), no sequence has a label, or a task is not there.

    Examples
    --------
    ``read_labelled("enhancers.fa", LabelSpec(labels="activity.tsv", tasks=("Dev", "Hk")))``
    """
    check_type("labels", labels, LabelSpec)
    length = plain_number(length)
    if not labels:
        raise InputError("no labels are given", hint="Name a table, a pattern, or files of classes.")
    if labels.class_files:
        return _read_class_files([str(path), *labels.class_files], labels.tasks, (length, anchor), intervals)
    (ragged,), length = read_files([path], length=length, intervals=intervals)
    found = _from_headers(ragged, labels) if labels.label_pattern else _from_table(ragged, labels)
    sequences = fit_told(ragged, settle_length([ragged], length, anchor))
    has_label, is_known = ~np.isnan(found.values).all(axis=1), has_letters(sequences)
    if not has_label.any():
        raise InputError(
            f"{labels.labels or ragged.source}: no sequence of {ragged.source} has a label",
            hint=f"Every value of {', '.join(found.tasks)} is unknown (empty, NA or nan); choose others with --tasks.",
        )
    for count, what in ((~has_label, "have no label"), (has_label & ~is_known, "hold only N")):
        if count.any():
            logger.info("%s: %d sequences %s and are left out", ragged.source, count.sum(), what)
    kept = has_label & is_known
    data = _labelled(sequences, kept, found.values, found.tasks)
    return data if found.given is None else keep_split(data, found.given[kept])


def _labelled(sequences: SequenceSet, kept: NDArray[np.bool_], values: Floats, tasks: tuple[str, ...]) -> Dataset:
    if not kept.any():
        raise InputError("every sequence that has a label is all N", hint=MASKED)
    return Dataset.from_labels(sequences.take(kept), values[kept], tasks)


# --- a table beside the sequences ---


def _from_table(ragged: RaggedSequences, labels: LabelSpec) -> _Labels:
    assert labels.labels is not None
    path = labels.labels
    table = _read_table(path)
    names, columns = table.iloc[:, 0], table.iloc[:, 1:]
    rows = _rows_of(ragged, names, path)
    tasks = _chosen(tuple(columns), labels.tasks, path)
    values = np.stack([_numbers(_column(columns, task, path), path) for task in tasks], axis=1)
    values = np.where((rows >= 0)[:, np.newaxis], values[rows], np.nan).astype(np.float32)
    given = _parts(_column(columns, SPLIT_COLUMN, path), path)[rows] if SPLIT_COLUMN in columns else None
    return _Labels(values, tasks, given)


def _rows_of(ragged: RaggedSequences, names: pd.Series, path: str | Path) -> NDArray[np.intp]:
    """The row of the table that each record is named in; -1 where none does."""
    repeated = names[names.duplicated()]
    if len(repeated):
        raise FormatError(
            path, f"two rows are called {repeated.iloc[0]!r}", line=int(repeated.index[0]) + 2, hint="Leave one out."
        )
    rows = pd.Index(names).get_indexer(pd.Index(ragged.names))
    if (rows < 0).all():
        raise InputError(
            f"{path}: none of its names is in {ragged.source}",
            hint=f"The first column ({names.name!r}) must hold the first words of the FASTA headers, such as "
            f"{ragged.names[0]!r}; it begins with {names.iloc[0]!r}.",
        )
    if names.name in ragged.names:
        raise FormatError(
            path,
            f"where column names are expected, there is a record of {ragged.source}: {names.name!r}",
            line=1,
            hint="Put a row of column names above the labels, such as: name, task.",
        )
    n_unused = len(names) - len(np.unique(rows[rows >= 0]))
    if n_unused:
        logger.info("%s: %d names are not in %s", path, n_unused, ragged.source)
    return rows


def _read_table(path: str | Path) -> pd.DataFrame:
    """All cells as text; names of columns may repeat."""
    source = TextSource(path)
    separator = "\t" if "\t" in source.head().partition("\n")[0] else ","
    try:
        # Without a header: pandas would take the first column of longer rows for something else, and rename columns.
        with source.text() as handle:
            table = pd.read_csv(
                handle, sep=separator, header=None, dtype=str, keep_default_na=False, skipinitialspace=True
            )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        if found := _LONG_ROW.search(str(error)):
            n_names, line, n_cells = found.groups()
            raise FormatError(
                path,
                f"{n_cells} cells, the row of column names has {n_names}",
                line=int(line),
                hint="Every row needs as many cells.",
            ) from None
        raise FormatError(path, f"no table: {str(error).strip()}", hint="Every row needs as many cells.") from None
    if len(table.columns) < 2 or len(table) < 2:
        raise FormatError(
            path,
            f"a table of labels has a row of column names, names first, and labels below; this has "
            f"{len(table.columns)} columns and {len(table) - 1} rows of labels",
            hint="Separate the columns by tabs or commas.",
        )
    table = table.fillna("")
    return table[1:].reset_index(drop=True).set_axis(table.iloc[0].tolist(), axis=1)


def _column(columns: pd.DataFrame, name: str, path: str | Path) -> pd.Series:
    places = np.flatnonzero(columns.columns == name)
    if len(places) > 1 or not name:
        wrong = f"{len(places)} columns are called {name!r}" if name else f"column {places[0] + 2} has no name"
        raise FormatError(path, wrong, line=1, hint="Give each column a name of its own.")
    return columns.iloc[:, places[0]]


def _chosen(there: Sequence[str], wanted: tuple[str, ...], source: str | Path) -> tuple[str, ...]:
    if not wanted:
        return tuple(name for name in there if name != SPLIT_COLUMN)
    missing = [name for name in wanted if name not in there]
    if missing:
        raise InputError(
            f"{source}: there is no label {missing[0]!r}", hint=f"There are: {', '.join(there)} (choose with --tasks)."
        )
    return wanted


def _numbers(column: pd.Series, path: str | Path) -> Floats:
    is_unknown = column.str.strip().str.lower().isin(UNKNOWN)
    numbers = pd.to_numeric(column.where(~is_unknown), errors="coerce")
    wrong = np.flatnonzero(numbers.isna() & ~is_unknown)
    if len(wrong):
        raise FormatError(
            path,
            f"{column.iloc[wrong[0]]!r} in column {column.name!r} is not a number",
            line=int(wrong[0]) + 2,
            hint="Leave unknown labels empty; choose the columns to learn with --tasks.",
        )
    return numbers.to_numpy(dtype=np.float32)


def _parts(column: pd.Series, path: str | Path) -> NDArray[np.str_]:
    names = column.str.strip().str.lower()
    wrong = np.flatnonzero(~names.isin(PART_NAMES))
    if len(wrong):
        raise FormatError(
            path,
            f"{column.iloc[wrong[0]]!r} in column {SPLIT_COLUMN!r} is none of train, valid and test",
            line=int(wrong[0]) + 2,
            hint="Rename the column if it holds something else.",
        )
    return names.map(PART_NAMES).to_numpy(dtype=np.str_)


# --- headers ---


def _from_headers(ragged: RaggedSequences, labels: LabelSpec) -> _Labels:
    pattern = labels.pattern()
    matches = [pattern.search(header) for header in ragged.headers]
    found = np.array([(match.group(1) or "") if match else "" for match in matches], dtype=np.str_)
    is_found = found != ""
    if not is_found.any():
        raise InputError(
            f"{ragged.source}: no header holds the pattern {labels.label_pattern!r}",
            hint=f"The first header is {ragged.headers[0]!r}.",
        )
    numbers = pd.to_numeric(pd.Series(found).where(is_found), errors="coerce").to_numpy(dtype=np.float32)
    if not np.isnan(numbers[is_found]).any():
        name = next(iter(pattern.groupindex), HEADER_TASK)
        return _Labels(numbers[:, np.newaxis], labels.tasks[:1] or (name,))
    classes = sorted(set(found[is_found].tolist()))
    if len(classes) < 2 and not labels.tasks:
        raise InputError(
            f"{ragged.source}: every header has the label {classes[0]!r}", hint="Two are needed to tell apart."
        )
    tasks = labels.tasks or tuple(classes)
    if not set(tasks) & set(classes):
        _chosen(classes, tasks, ragged.source)
    values = (found[:, np.newaxis] == np.array(tasks)).astype(np.float32)
    values[~is_found] = np.nan
    return _Labels(values, tasks)


# --- a file for each class ---


def _read_class_files(
    paths: list[str], names: tuple[str, ...], size: tuple[Length, Anchor], intervals: IntervalSpec
) -> Dataset:
    tasks = names or tuple(_stem(path) for path in paths)
    if len(tasks) != len(paths) or len(set(tasks)) < len(tasks):
        raise InputError(
            f"{len(paths)} files of classes are called {', '.join(tasks)}",
            hint="Each needs a name of its own: give --tasks one for each file.",
        )
    sources = [TextSource(path) for path in paths]
    if intervals and all(is_bed(source.head().splitlines()) for source in sources):
        return _read_peak_tasks(sources, tasks, size, intervals)
    parts, length = read_files(sources, length=size[0], intervals=intervals)
    rule = settle_length(parts, length, size[1])
    if rule is None or length == "auto":
        _check_lengths(parts)
    members = [fit_told(part, rule) for part in parts]
    digests = [sequences.strand_hashes() for sequences in members]
    # What an earlier file holds is there already, with both labels.
    rows = [~np.isin(own, np.concatenate([own[:0], *digests[:i]])) for i, own in enumerate(digests)]
    sequences = SequenceSet.concatenate([part.take(new) for part, new in zip(members, rows, strict=True)])
    hashes = sequences.strand_hashes()
    values = np.stack([np.isin(hashes, own) for own in digests], axis=1).astype(np.float32)
    if n_shared := int((values.sum(axis=1) > 1).sum()):
        logger.info("%d sequences are in more than one file and have the label of each", n_shared)
    return _labelled(sequences, has_letters(sequences), values, tasks)


def _read_peak_tasks(
    sources: list[TextSource], tasks: tuple[str, ...], size: tuple[Length, Anchor], intervals: IntervalSpec
) -> Dataset:
    """Peaks do not repeat to the base: places are compared, not sequences."""
    files = [read_bed(source) for source in sources]
    length = size[0] if isinstance(size[0], int) else default_length(files[0])
    ragged, values = label_union(files, *open_intervals(intervals), length=length)
    sequences = fit_told(ragged, LengthRule(length, size[1]))
    return _labelled(sequences, has_letters(sequences), values, tasks)


def _stem(path: str) -> str:
    return Path(path.removesuffix(".gz")).stem


def _check_lengths(parts: list[RaggedSequences]) -> None:
    """Length alone must not give the class away."""
    lengths = [np.unique(part.lengths) for part in parts]
    if all(len(own) == 1 for own in lengths) and len({int(own[0]) for own in lengths}) > 1:
        each = ", ".join(f"{part.source} {own[0]} bp" for part, own in zip(parts, lengths, strict=True))
        raise InputError(
            f"each class has a length of its own: {each}",
            hint=f"Length alone would tell them apart: crop all to {min(own[0] for own in lengths)} bp (--length).",
        )
