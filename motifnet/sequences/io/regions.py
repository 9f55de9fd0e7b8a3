"""Files of genomic regions: BED, narrowPeak, GFF, HOMER peaks and others, recognised by content.

The formats are declared in `region_format` and `region_header`. Comments (``#``), ``track`` and ``browser`` lines,
blank lines, CRLF, and spaces instead of tabs are accepted. In `Peaks`, starts are always 0-based and ends exclusive.
"""

from __future__ import annotations

import logging
import re
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from motifnet.errors import FormatError, counted, listed
from motifnet.sequences.io.peaks import Peaks, Texts
from motifnet.sequences.io.region_format import BED, FORMATS, INTERVAL_LIST, Cells, RegionFormat, split_columns
from motifnet.sequences.io.region_header import header_format, is_header
from motifnet.sequences.io.region_line import bounds_of, line_error
from motifnet.sequences.io.text import TextSource

logger = logging.getLogger("motifnet")

#: Maximum number of intervals: each takes 0.1 to 0.3 kB of memory.
MAX_INTERVALS = 20_000_000
#: Maximum number of rows that decide the format, of their characters, and of characters of comments before them.
_N_ROWS, _ROW_CHARS, _HEAD_CHARS = 100, 1 << 16, 1 << 24
#: Number of comments before the first row that may be the names of columns.
_N_HEADERS = 3
#: First characters of lines that may have to be skipped.
_SKIPPED = frozenset("#tb@").union(char for char in map(chr, range(0x3001)) if char.isspace())
_SAM_HEADER = re.compile(r"@[A-Z][A-Z]\t")
_TRACK_TYPE = re.compile(r"\s(type=\w+)")
_TEXTS = ("name", "score", "signal")


def region_format(source: TextSource) -> RegionFormat | None:
    """The format of a file of regions, including formats that are refused; None if it is none of these."""
    comments, rows = _head(source)
    first = rows[0][1] if rows else ""
    if first.startswith((">", "@")):
        return None
    if any(comment.startswith("@") for _, comment in comments):  # else the alignments of a SAM file
        return INTERVAL_LIST if any(INTERVAL_LIST.matches(split_columns(line)) for _, line in rows) else None
    body = [line for _, line in rows]
    for number, comment in comments[: -1 - _N_HEADERS : -1]:
        if table := header_format(comment, number, body):
            return table
    header_line = 0
    if rows and is_header(first):
        header_line = rows[0][0]
        del body[0]
        if table := header_format(first, header_line, body):
            return table
    marked = [line for _, line in (*comments, *rows[:1])]
    for known in FORMATS:
        if any(line.startswith(known.marks) for line in marked if known.marks):
            return known
    cells = [split_columns(row) for row in body]
    if not cells:
        return replace(BED, header_line=header_line) if header_line else None
    common = _common_format(cells)
    if common is None:
        return None
    found = replace(common, header_line=header_line)
    if not common.is_rectangular:
        return found
    n_columns = Counter(map(len, cells)).most_common(1)[0][0]
    return replace(found, n_least=n_columns, n_most=n_columns)


def _common_format(rows: Sequence[Cells]) -> RegionFormat | None:
    """The first format that at least half of the rows have; of two without a common row, that of the first row."""
    matching = [known for known in FORMATS if 2 * sum(map(known.matches, rows)) >= len(rows)]
    if not matching or matching[0].matches(rows[0]):
        return matching[0] if matching else None
    others = (known for known in matching if known.matches(rows[0]))
    apart = (known for known in others if not any(known.matches(row) and matching[0].matches(row) for row in rows))
    return next(apart, matching[0])


def _head(source: TextSource) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Comments and first rows of a file, with their 1-based line numbers; very long lines are cut."""
    comments: list[tuple[int, str]] = []
    rows: list[tuple[int, str]] = []
    number, n_chars, is_new = 0, 0, True
    with source.text() as handle:
        while n_chars < _HEAD_CHARS and len(rows) < _N_ROWS and (line := handle.readline(_ROW_CHARS)):
            number += is_new
            n_chars += len(line)
            if is_new and not _is_skipped(line):
                rows.append((number, line))
            elif is_new and (line.startswith("#") or _SAM_HEADER.match(line)):
                comments.append((number, line))
            elif is_new and line.startswith("track") and (kind := _TRACK_TYPE.search(line)):
                comments.append((number, f"track {kind[1]}"))
            is_new = line.endswith("\n")
    return comments, rows


def read_regions(path: str | Path | TextSource) -> Peaks:
    """Read a file of regions, plain or gzip.

    Raises
    ------
    FormatError
        If the file has no or too many intervals, an invalid line, or a format that is not read.
    """
    source = path if isinstance(path, TextSource) else TextSource(path)
    if source.head().lstrip().startswith(">"):
        hint = "Give a BED file or another file of regions."
        raise FormatError(source.name, "this is a FASTA file, not a file of regions", hint=hint)
    known = region_format(source) or BED
    if known.refusal:
        raise FormatError(source.name, f"{known.title} is not read as regions", hint=known.refusal)
    peaks = _Reader(source, known).read()
    found = (source.name, known.title, counted(len(peaks), "region"))
    if known.first:
        logger.info("%s: %s, with 1-based starts; %s", *found)
    elif known.header_line and known.width is None:
        logger.info("%s: %s; 0-based starts are assumed (if 1-based: name the chromosomes seqnames); %s", *found)
    return peaks


def _is_skipped(line: str) -> bool:
    if not line.strip() or line.startswith("#") or line.split(None, 1)[0] in ("track", "browser"):
        return True
    return _SAM_HEADER.match(line) is not None


class _Reader:
    """Columns of the intervals of a file, filled line by line."""

    def __init__(self, source: TextSource, known: RegionFormat) -> None:
        self._source, self._known = source, known
        self._chroms: dict[str, str] = {}
        self._chrom: list[str] = []
        self._start, self._end, self._summit, self._lines = (array("q") for _ in range(4))
        self._strand: list[str] = []
        self._texts: dict[str, list[str]] = {key: [] for key in _TEXTS if getattr(known, key) is not None}
        self._columns = [(getattr(known, key), texts.append) for key, texts in self._texts.items()]
        self._kinds: Counter[str] = Counter()

    def read(self) -> Peaks:
        """Read all lines; raises FormatError as `read_regions`."""
        header_line, add = self._known.header_line, self._add
        for number, line in self._source.lines():
            if line[0] in _SKIPPED and _is_skipped(line):
                if line.startswith("##FASTA"):
                    break  # in GFF, the rest of the file is sequences
            elif number != header_line:
                add(line, number)
        if not self._start:
            raise FormatError(self._source.name, "no intervals in this file", hint="Check the step that wrote it.")
        if len(self._kinds) > 1:
            found = listed(f"{n} {kind}" for kind, n in self._kinds.most_common(5))
            logger.warning(
                "%s: features of %d kinds are used (%s, ...). To select some: awk '$3 == \"gene\"'",
                *(self._source.name, len(self._kinds), found),
            )
        return self._peaks()

    def _add(self, text: str, line: int) -> None:
        known = self._known
        cells = known.split(text)
        bounds = bounds_of(cells, known)
        if bounds is None:
            raise line_error(text, known, source=self._source.name, line=line)
        if len(self._chrom) == MAX_INTERVALS:
            hint = "Split the file, or select regions."
            raise FormatError(self._source.name, f"more than {MAX_INTERVALS} regions", line=line, hint=hint)
        start, end, summit = bounds
        chrom = cells[known.chrom]
        self._chrom.append(self._chroms.setdefault(chrom, chrom))
        self._start.append(start)
        self._end.append(end)
        self._lines.append(line)
        if known.summit is not None:
            self._summit.append(summit)
        n = len(cells)
        for column, append in self._columns:
            append(cells[column] if column < n else "")
        if known.strand is not None:
            strand = cells[known.strand] if known.strand < n else ""
            self._strand.append(known.strands.get(strand, strand))
        if known.kind is not None:
            self._kinds[cells[known.kind]] += 1

    def _peaks(self) -> Peaks:
        n = len(self._lines)
        start, end, lines = (np.frombuffer(own, dtype=np.int64) for own in (self._start, self._end, self._lines))
        summit = np.frombuffer(self._summit, dtype=np.int64) if self._summit else np.full(n, -1)
        strand = _column(self._strand, n)
        name, score, signal = (_column(self._texts.get(key, []), n) for key in _TEXTS)
        center = np.where(summit >= 0, summit, (start + end) // 2)
        return Peaks(
            *(_column(self._chrom, n), start, end, strand == "-", center, summit >= 0),
            *(name, score, signal, strand),
            *(lines, self._source.name),
        )


def _column(texts: list[str], n: int) -> Texts:
    """Texts as an array of shape (n,); empty texts if there are none."""
    if not texts:
        return np.broadcast_to(np.array("", dtype=object), n)
    column = np.array(texts, dtype=object)
    texts.clear()
    return column
