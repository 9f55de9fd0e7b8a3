"""BED files: BED3 to BED6, BED with more columns, and narrowPeak with its summits.

Comments (``#``), ``track`` and ``browser`` lines, blank lines, a header row, CRLF, and spaces instead of tabs are
accepted. Starts are 0-based and ends exclusive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from motifnet.errors import FormatError, quoted
from motifnet.outputs import write_table
from motifnet.sequences.io.intervals import Bools, Intervals, Ints
from motifnet.sequences.io.text import TextSource

#: Indices of columns; signal and summit (distance from the start, -1 if unknown) are those of narrowPeak (ENCODE).
_NAME, _SCORE, _STRAND, _SIGNAL, _SUMMIT = 3, 4, 5, 6, 9


@dataclass(frozen=True, eq=False)
class Peaks(Intervals):
    """Intervals of a BED file, with its other columns; intervals without a strand are on ``+``.

    Parameters
    ----------
    chrom, start, end, is_reverse
        As in `Intervals`.
    center : int64 array of shape (N,)
        Base on which a window is centred: the summit if known, else the midpoint.
    has_summit : bool array of shape (N,)
    rows : object array of shape (N,)
        All columns as text, a tuple per interval.
    lines : int64 array of shape (N,)
        1-based line numbers.
    source : str
        File name for messages.
    """

    center: Ints
    has_summit: Bools
    rows: NDArray[np.object_]
    lines: Ints
    source: str

    @classmethod
    def concatenate(cls, sets: Sequence[Peaks]) -> Peaks:
        """Join the peaks of several files, in order."""
        names = [field.name for field in fields(cls) if field.name != "source"]
        columns: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in sets]) for name in names}
        return cls(**columns, source=" and ".join(part.source for part in sets))

    def windows(self, length: int | None) -> Intervals:
        """Windows of this length, with the centre at index ``length // 2``; None: the intervals themselves."""
        if length is None:
            return Intervals(self.chrom, self.start, self.end, self.is_reverse)
        start = self.center - length // 2
        return Intervals(self.chrom, start, start + length, self.is_reverse)

    @property
    def descriptions(self) -> tuple[str, ...]:
        """``name=... score=... signal=...`` per peak, if known: the text that `label_pattern` searches."""
        columns = (("name", _NAME), ("score", _SCORE), ("signal", _SIGNAL))
        known = columns if self._is_narrow_peak else columns[:2]
        return tuple(" ".join(f"{key}={row[i]}" for key, i in known if i < len(row)) for row in self.rows)

    @property
    def _is_narrow_peak(self) -> bool:
        return len(self) > 0 and _is_narrow_peak(self.rows[0])

    def check_strands(self) -> None:
        """Raise FormatError for the first line without ``+``, ``-`` or ``.`` in column 6."""
        for row, line in zip(self.rows, self.lines, strict=True):
            if len(row) <= _STRAND or row[_STRAND] not in ("+", "-", "."):
                found = f"column 6 is {quoted(row[_STRAND])}" if len(row) > _STRAND else f"only {len(row)} columns"
                hint = "With --stranded, column 6 must be +, - or a dot."
                raise FormatError(self.source, f"no strand: {found}", line=int(line), hint=hint)

    def strengths(self) -> NDArray[np.float64] | None:
        """Signals of narrowPeak, else scores, shape (N,); None if all are equal. Raises FormatError if not numbers."""
        for column in (_SIGNAL, _SCORE) if self._is_narrow_peak else (_SCORE,):
            values = self._numbers(column)
            if values is not None and (values != values[:1]).any():
                return values
        return None

    def by_strength(self) -> Ints:
        """Indices of the peaks, strongest first; ties in the order of the file."""
        strengths = self.strengths()
        return np.arange(len(self)) if strengths is None else np.argsort(-strengths, kind="stable")

    def _numbers(self, column: int) -> NDArray[np.float64] | None:
        values = np.zeros(len(self))
        for i, row in enumerate(self.rows):
            if len(row) <= column:
                return None
            try:
                values[i] = float("-inf") if row[column] == "." else float(row[column])
            except ValueError:
                what = f"{quoted(row[column])} in column {column + 1} is not a number"
                hint = "Peaks are ranked by column 5 (score) of BED or column 7 (signal) of narrowPeak."
                raise FormatError(self.source, what, line=int(self.lines[i]), hint=hint) from None
        return values


def is_bed(lines: Iterable[str]) -> bool:
    """Whether a file that begins with these lines is BED."""
    rows = [_cells(line) for line in lines if not _is_skipped(line)]
    if rows and _is_header(rows[0]):
        rows = rows[1:]
    return bool(rows) and len(rows[0]) >= 3 and rows[0][0][:1] != ">" and all(cell.isdigit() for cell in rows[0][1:3])


def read_bed(path: str | Path | TextSource) -> Peaks:
    """Read a BED or narrowPeak file, plain or gzip; raises FormatError if it has no intervals or an invalid line."""
    source = path if isinstance(path, TextSource) else TextSource(path)
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    bounds: list[tuple[int, int]] = []
    with source.text() as handle:
        for number, line in enumerate(handle, start=1):
            cells = () if _is_skipped(line) else _cells(line)
            if cells and (rows or not _is_header(cells)):
                bounds.append(_bounds(cells, source.name, number))
                rows.append(cells)
                lines.append(number)
    if not rows:
        raise FormatError(source.name, "no intervals in this file", hint="Check the step that wrote it.")
    start, end = np.array(bounds, dtype=np.int64).T
    summit = _summits(rows, end - start, lines, source.name)
    return Peaks(
        np.array([row[0] for row in rows], dtype=object),
        start,
        end,
        np.array([row[_STRAND : _STRAND + 1] == ("-",) for row in rows]),
        np.where(summit >= 0, start + summit, (start + end) // 2),
        summit >= 0,
        np.fromiter(rows, dtype=object, count=len(rows)),
        np.array(lines),
        source.name,
    )


def write_bed(
    intervals: Intervals,
    path: str | Path,
    *,
    names: ArrayLike,
    scores: ArrayLike,
    more: Mapping[str, ArrayLike] | None = None,
) -> None:
    """Write intervals as BED, sorted by chromosome, start and end, without header; `more` are columns after the strand.

    White space in names becomes ``_``; scores are rounded down and clipped to the range of BED, 0 to 1000.
    """
    columns = {
        "chrom": intervals.chrom,
        "start": intervals.start,
        "end": intervals.end,
        "name": ["_".join(str(name).split()) for name in np.asarray(names)],
        "score": np.clip(np.asarray(scores), 0, 1000).astype(np.int64),
        "strand": np.where(intervals.is_reverse, "-", "+"),
        **(more or {}),
    }
    table = pd.DataFrame(columns).sort_values(["chrom", "start", "end"], kind="stable")
    write_table(table, path, header=False)


def _is_skipped(line: str) -> bool:
    return not line.strip() or line.startswith("#") or line.split(None, 1)[0] in ("track", "browser")


def _cells(line: str) -> tuple[str, ...]:
    return tuple(line.rstrip("\r\n").split("\t") if "\t" in line else line.split())


def _is_header(cells: tuple[str, ...]) -> bool:
    return len(cells) >= 3 and cells[1].strip().lower() in ("start", "chromstart", "chrom_start", "begin")


def _bounds(cells: tuple[str, ...], source: str, line: int) -> tuple[int, int]:
    """Start and end, checked."""
    if len(cells) < 3:
        what = f"{len(cells)} column{'s' * (len(cells) != 1)}; BED has at least three: chromosome, start, end"
        raise FormatError(source, what, line=line, hint="Separate the columns by tabs and start comments with #.")
    try:
        start, end = int(cells[1]), int(cells[2])
    except ValueError:
        wrong = next(cell for cell in cells[1:3] if not cell.strip().lstrip("-").isdigit())
        hint = "Columns 2 and 3 must be start and end, whole numbers."
        if "e" in wrong.lower():
            hint += " In R, set options(scipen = 999) to avoid numbers such as 1e+05."
        raise FormatError(source, f"{quoted(wrong)} is not a position", line=line, hint=hint) from None
    if not cells[0].strip():
        raise FormatError(source, "the chromosome (column 1) is missing", line=line)
    if start < 0:
        raise FormatError(source, f"start {start} is negative", line=line, hint="BED coordinates start at 0.")
    if end <= start:
        hint = "BED starts are 0-based and ends are exclusive: the first base of a chromosome is 0 to 1."
        raise FormatError(source, f"end {end} is not greater than start {start}", line=line, hint=hint)
    return start, end


def _is_narrow_peak(row: tuple[str, ...]) -> bool:
    """Whether a row has the strand, numbers and summit of narrowPeak in their columns; BED12 has a tenth column too."""
    if len(row) != 10 or row[_STRAND] not in ("+", "-", "."):
        return False
    try:
        _ = [float(cell) for cell in row[_SIGNAL:_SUMMIT]]
        return int(row[_SUMMIT]) >= -1
    except ValueError:
        return False


def _summits(rows: list[tuple[str, ...]], widths: Ints, lines: list[int], source: str) -> Ints:
    """Distance of each summit from the start of its peak; -1 where unknown."""
    summits = np.full(len(rows), -1, dtype=np.int64)
    if not _is_narrow_peak(rows[0]):
        return summits
    for i, row in enumerate(rows):
        if not _is_narrow_peak(row):
            hint = "Its 10 columns: chromosome, start, end, name, score, strand, signal, p-value, q-value, summit."
            raise FormatError(source, "not a narrowPeak line, but the first line is", line=lines[i], hint=hint)
        summits[i] = int(row[_SUMMIT])
        if summits[i] >= widths[i]:
            what = f"the summit (column 10) is {summits[i]} bp from the start of a peak of {widths[i]} bp"
            hint = "The summit is counted from the start of the peak; -1 if unknown."
            raise FormatError(source, what, line=lines[i], hint=hint)
    return summits
