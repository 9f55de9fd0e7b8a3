"""Tables of regions with a header row: MACS ``_peaks.xls``, HOMER annotations, data frames of R, UCSC tables, SAF.

Columns are found by their names. Starts are 1-based if the column of widths shows it (end - start + 1), or if the names
are those of a program that writes 1-based starts; else 0-based, as in BED.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from motifnet.sequences.io.region_format import HOMER, Cells, RegionFormat, is_integer, is_like_position

#: Names of columns, in lower case.
_NAMES = {
    "chrom": ("chrom", "chr", "chromosome", "seqnames", "seqname", "seqid", "contig"),
    "start": ("start", "chromstart", "chrom_start", "begin"),
    "end": ("end", "chromend", "chrom_end", "stop"),
    "name": ("name", "peakid", "peak_id", "geneid", "id"),
    "score": ("score", "peak score", "normalized tag count"),
    "strand": ("strand",),
    "signal": ("fold_enrichment", "signalvalue", "signal"),
    "width": ("length", "width"),
    "abs_summit": ("abs_summit",),
    "summit": ("summit",),
    "peak": ("peak",),
}
_BOUNDS = {"chrom", "start", "end"}
#: Those that are fields of `RegionFormat` as they are.
_FIELDS = _BOUNDS | {"name", "score", "strand", "signal", "width"}
#: Columns of programs that write 1-based starts: GRanges of R, MACS, HOMER, featureCounts.
_ONE_BASED = frozenset(("seqnames", "abs_summit", "peakid", "geneid", "normalized tag count", "peak score"))


def is_header(row: str) -> bool:
    """Whether a row has names of columns: a start in column 2, or chromosome, start and end anywhere."""
    names = [_plain(name) for name in split_table(row, separator=_separator(row))]
    return any(name in _NAMES["start"] for name in names[1:2]) or len(_columns(names).keys() & _BOUNDS) == len(_BOUNDS)


def header_format(header: str, line: int, rows: Sequence[str]) -> RegionFormat | None:
    """The format of a table with a header in a line, if its first rows agree with the names; otherwise None."""
    split = partial(split_table, separator=_separator(header))
    names = [_plain(name) for name in split(header.lstrip("#"))]
    columns = _columns(names)
    if names[:4] == ["peakid", "chr", "start", "end"]:
        return replace(HOMER, header_line=line)
    cells = [split(row) for row in rows]
    if (
        not columns.keys() >= _BOUNDS
        or not cells
        or (header.startswith("#") and columns["chrom"] and "\t" not in header)
    ):
        return None
    n_cells = Counter(map(len, cells))
    if 2 * n_cells[len(names)] < len(cells):  # in most rows, not each column has a name
        if 2 * n_cells[len(names) + 1] < len(cells) or _with_positions(cells, columns):
            return None
        # R writes the names of rows without a name in the header.
        columns = {key: column + 1 for key, column in columns.items()}
    cells = _with_positions(cells, columns)
    if 2 * len(cells) < len(rows):
        return None
    fields: dict[str, Any] = {key: column for key, column in columns.items() if key in _FIELDS}
    fields |= {"title": _title(names), "first": int(not _ONE_BASED.isdisjoint(names))}
    fields |= _by_width(cells, columns) | _summit(cells, columns)
    return RegionFormat(strands={"*": "."}, header_line=line, split=split, **fields)


def _separator(header: str) -> str | None:
    return "\t" if "\t" in header else "," if "," in header else None


def _columns(names: Sequence[str]) -> dict[str, int]:
    """Column of each field, by the first of its names that is there."""
    return {key: names.index(own) for key, known in _NAMES.items() for own in known[::-1] if own in names}


def _with_positions(cells: Sequence[Cells], columns: dict[str, int]) -> list[Cells]:
    """The rows that have a start and an end."""
    start, end = columns["start"], columns["end"]
    long_enough = [row for row in cells if len(row) > max(start, end, columns["chrom"])]
    return [row for row in long_enough if is_like_position(row[start]) and is_like_position(row[end])]


def split_table(line: str, *, separator: str | None) -> Cells:
    """Columns of a line, without quotes; `separator` is a tab, a comma, or None for white space."""
    text = line.rstrip("\r\n")
    if separator == "," and '"' in text:
        try:
            return next(csv.reader([text]), [])
        except csv.Error:
            pass  # the line is reported for its columns
    cells = text.split(separator)
    return [cell.strip('"') for cell in cells] if '"' in text else cells


def _plain(name: str) -> str:
    plain = name.strip().lstrip("#").strip().lower()
    return "peakid" if plain.startswith("peakid ") else plain


def _title(names: Sequence[str]) -> str:
    return "a table of MACS peaks" if "fold_enrichment" in names else "a table of regions"


def _integers(cells: Sequence[Cells], *columns: int) -> list[tuple[int, ...]]:
    """The numbers in these columns, of the rows in which they are whole numbers."""
    chosen = [[row[column] for column in columns] for row in cells if len(row) > max(columns)]
    return [tuple(map(int, own)) for own in chosen if all(is_integer(text) and len(text) < 19 for text in own)]


def _by_width(cells: Sequence[Cells], columns: dict[str, int]) -> dict[str, Any]:
    """Fields that follow from the column of widths: none if it has another meaning."""
    if "width" not in columns:
        return {}
    rows = _integers(cells, columns["start"], columns["end"], columns["width"])
    excess = Counter(width - (end - start) for start, end, width in rows)
    first, n = excess.most_common(1)[0] if excess else (-1, 0)
    return {"first": first} if first in (0, 1) and 2 * n > len(rows) else {"width": None}


def _summit(cells: Sequence[Cells], columns: dict[str, int]) -> dict[str, Any]:
    """Fields for the column of summits, if there is one."""
    if "abs_summit" in columns:
        return {"summit": columns["abs_summit"], "is_summit_absolute": True}
    if "peak" in columns and "signal" in columns:  # as in narrowPeak
        return {"summit": columns["peak"]}
    if "summit" not in columns:
        return {}
    rows = _integers(cells, columns["start"], columns["end"], columns["summit"])
    # MACS 1.4 counts from 1 at the start of the peak; other programs from the start of the chromosome.
    if rows and all(1 <= summit <= end - start + 1 for start, end, summit in rows):
        return {"summit": columns["summit"], "summit_first": 1}
    if rows and all(start <= summit <= end for start, end, summit in rows):
        return {"summit": columns["summit"], "is_summit_absolute": True}
    return {"title": "a table with summits outside its regions", "refusal": "Correct or rename the column 'summit'."}
