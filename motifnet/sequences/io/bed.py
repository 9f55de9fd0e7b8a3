"""BED files of places on a genome, read: BED3 to BED6, more columns, and narrowPeak with its summits.

Lines of comment (``#``), ``track`` and ``browser`` lines, blank lines, a first line of column names, CRLF, and white
space in place of tabs are taken as they come. Starts are 0-based and ends exclusive.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motifnet.errors import FormatError
from motifnet.sequences.io.text import TextSource

Ints = NDArray[np.int64]

#: Columns of narrowPeak (ENCODE): signal is the 7th; the 10th is the summit's distance from the start, -1 if unknown.
_NARROW_PEAK_COLUMNS = 10
_NAME, _SCORE, _STRAND, _SIGNAL, _SUMMIT = 3, 4, 5, 6, 9
_START_HEADERS = ("start", "chromstart", "chrom_start", "begin")
_SKIPPED = ("#", "track", "browser")


@dataclass(frozen=True, eq=False)
class Peaks:
    """Places that a BED file lists.

    Parameters
    ----------
    source : str
        Where they come from, as messages call it.
    chrom : object array of shape (N,)
    start, end : int64 arrays of shape (N,)
        0-based, half-open.
    point : int64 array of shape (N,)
        The base that a window is laid around: the summit where it is known, else the middle.
    has_summit : bool array of shape (N,)
    rows : tuple of N tuples of str
        All columns as they were written.
    lines : int64 array of shape (N,)
        Where each stands in the file, from 1.
    """

    source: str
    chrom: NDArray[np.object_]
    start: Ints
    end: Ints
    point: Ints
    has_summit: NDArray[np.bool_]
    rows: tuple[tuple[str, ...], ...]
    lines: Ints

    @classmethod
    def concatenate(cls, sets: Sequence[Peaks]) -> Peaks:
        """Peaks of several files together, in order."""
        return cls(
            " and ".join(part.source for part in sets),
            np.concatenate([part.chrom for part in sets]),
            np.concatenate([part.start for part in sets]),
            np.concatenate([part.end for part in sets]),
            np.concatenate([part.point for part in sets]),
            np.concatenate([part.has_summit for part in sets]),
            tuple(row for part in sets for row in part.rows),
            np.concatenate([part.lines for part in sets]),
        )

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, index: ArrayLike) -> Peaks:
        """The peaks at these indices (or where a mask is True), in that order."""
        chosen = np.arange(len(self))[np.asarray(index)]
        return Peaks(
            self.source,
            self.chrom[chosen],
            self.start[chosen],
            self.end[chosen],
            self.point[chosen],
            self.has_summit[chosen],
            tuple(self.rows[i] for i in chosen),
            self.lines[chosen],
        )

    @property
    def widths(self) -> Ints:
        """Length of each interval, in bp, shape (N,)."""
        return self.end - self.start

    @property
    def headers(self) -> tuple[str, ...]:
        """Name, score and signal of each as far as the file has them: what `LabelSpec.label_pattern` searches."""
        labels = (("name", _NAME), ("score", _SCORE), ("signal", _SIGNAL))
        shown = labels if self.is_narrow_peak else labels[:2]
        return tuple(" ".join(f"{key}={row[i]}" for key, i in shown if i < len(row)) for row in self.rows)

    @property
    def is_narrow_peak(self) -> bool:
        """Whether the columns are those of narrowPeak."""
        return bool(self.rows) and _is_narrow_peak(self.rows[0])

    def is_reverse(self) -> NDArray[np.bool_]:
        """Which lie on the ``-`` strand (column 6), shape (N,); those of strand ``.`` do not.

        Raises
        ------
        FormatError
            If a line has no strand.
        """
        for row, line in zip(self.rows, self.lines, strict=True):
            if len(row) <= _STRAND or row[_STRAND] not in ("+", "-", "."):
                found = f"column 6 is {row[_STRAND]!r}" if len(row) > _STRAND else f"there are {len(row)} columns"
                raise FormatError(
                    self.source,
                    f"has no strand: {found}",
                    line=int(line),
                    hint="Column 6 must be +, - or . for --stranded.",
                )
        return np.array([row[_STRAND] == "-" for row in self.rows], dtype=np.bool_)

    def strengths(self) -> NDArray[np.float64] | None:
        """How strong each peak is: the signal of narrowPeak, or else the score; None where all are alike.

        Raises
        ------
        FormatError
            If one is not a number.
        """
        for column in (_SIGNAL, _SCORE) if self.is_narrow_peak else (_SCORE,):
            values = self._numbers(column)
            if values is not None and (values != values[:1]).any():
                return values
        return None

    def _numbers(self, column: int) -> NDArray[np.float64] | None:
        values = np.zeros(len(self))
        for i, row in enumerate(self.rows):
            if len(row) <= column:
                return None
            try:
                values[i] = float("-inf") if row[column] == "." else float(row[column])
            except ValueError:
                raise FormatError(
                    self.source,
                    f"{row[column]!r} in column {column + 1} is not a number, and peaks are ranked by it",
                    line=int(self.lines[i]),
                    hint="Column 5 of BED is the score, column 7 of narrowPeak the signal.",
                ) from None
        return values


def is_bed(lines: Iterable[str]) -> bool:
    """Whether lines are those that a BED file begins with."""
    rows = [_cells(line) for line in lines if not _is_skipped(line)]
    if rows and _is_header(rows[0]):
        rows = rows[1:]
    return bool(rows) and len(rows[0]) >= 3 and rows[0][0][:1] != ">" and all(cell.isdigit() for cell in rows[0][1:3])


def read_peaks(path: str | Path | TextSource) -> Peaks:
    """Read a BED or narrowPeak file.

    Parameters
    ----------
    path : str, Path or TextSource
        Plain or gzip; ``-`` is standard input.

    Returns
    -------
    Peaks
        In the order of the file.

    Raises
    ------
    FormatError
        If it cannot be read or lists no place, with the line that is wrong, if there is one.
    """
    source = path if isinstance(path, TextSource) else TextSource(path)
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    with source.text() as handle:
        for number, line in enumerate(handle, start=1):
            if _is_skipped(line):
                continue
            cells = _cells(line)
            if not rows and _is_header(cells):
                continue
            start, end = _interval(cells, source.name, number)
            rows.append(cells)
            lines.append(number)
            starts.append(start)
            ends.append(end)
    if not rows:
        raise FormatError(source.name, "lists no places", hint="The step that wrote it may have found no peaks.")
    start_array, end_array = np.array(starts, dtype=np.int64), np.array(ends, dtype=np.int64)
    summit = _summits(rows, start_array, end_array, lines, source.name)
    point = np.where(summit >= 0, start_array + summit, (start_array + end_array) // 2)
    chrom = np.array([row[0] for row in rows], dtype=object)
    return Peaks(source.name, chrom, start_array, end_array, point, summit >= 0, tuple(rows), np.array(lines))


def _is_skipped(line: str) -> bool:
    return not line.strip() or line.startswith("#") or line.split(None, 1)[0] in _SKIPPED


def _cells(line: str) -> tuple[str, ...]:
    return tuple(line.rstrip("\r\n").split("\t") if "\t" in line else line.split())


def _is_header(cells: tuple[str, ...]) -> bool:
    return len(cells) >= 3 and cells[1].strip().lower() in _START_HEADERS


def _interval(cells: tuple[str, ...], source: str, line: int) -> tuple[int, int]:
    if len(cells) < 3:
        raise FormatError(
            source,
            f"has {len(cells)} columns; BED has at least three: chromosome, start, end",
            line=line,
            hint="Separate them by tabs; put # before lines of comment.",
        )
    try:
        start, end = int(cells[1]), int(cells[2])
    except ValueError:
        wrong = next(cell for cell in cells[1:3] if not cell.strip().lstrip("-").isdigit())
        hint = "Columns 2 and 3 are start and end, whole numbers."
        if "e" in wrong.lower():
            hint += " R writes 1e+05 unless options(scipen = 999) is set."
        raise FormatError(source, f"{wrong!r} is not a position", line=line, hint=hint) from None
    if not cells[0].strip():
        raise FormatError(source, "the chromosome is missing", line=line, hint="It is column 1.")
    if start < 0:
        raise FormatError(source, f"the start {start} is below 0", line=line, hint="BED counts from 0.")
    if end <= start:
        raise FormatError(
            source,
            f"the end {end} is not behind the start {start}",
            line=line,
            hint="BED counts from 0 and the end is exclusive: the first base of a chromosome is 0 to 1.",
        )
    return start, end


def _is_narrow_peak(row: tuple[str, ...]) -> bool:
    """BED12 and others have a tenth column too: here strand, three figures and a whole number must stand in place."""
    if len(row) != _NARROW_PEAK_COLUMNS or row[_STRAND] not in ("+", "-", "."):
        return False
    try:
        _ = [float(cell) for cell in row[_SIGNAL:_SUMMIT]]
        return int(row[_SUMMIT]) >= -1
    except ValueError:
        return False


def _summits(rows: list[tuple[str, ...]], start: Ints, end: Ints, lines: list[int], source: str) -> Ints:
    """Distance of each summit from its start; -1 where there is none."""
    if not _is_narrow_peak(rows[0]):
        return np.full(len(rows), -1, dtype=np.int64)
    found = np.empty(len(rows), dtype=np.int64)
    for i, row in enumerate(rows):
        if not _is_narrow_peak(row):
            raise FormatError(
                source,
                "is no line of narrowPeak, and the first one is",
                line=lines[i],
                hint="10 columns: chromosome, start, end, name, score, strand, signal, p-value, q-value, summit.",
            )
        found[i] = int(row[_SUMMIT])
        if found[i] >= end[i] - start[i]:
            raise FormatError(
                source,
                f"the summit (column 10) is {found[i]} bp behind the start of a peak of {end[i] - start[i]} bp",
                line=lines[i],
                hint="It counts from the start of the peak; -1 where there is none.",
            )
    return found
