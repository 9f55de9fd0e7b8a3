"""Coordinates of one line of a file of regions, and the error if they are invalid."""

from __future__ import annotations

from math import isfinite

from motifnet.errors import FormatError, quoted
from motifnet.sequences.io.region_format import FORMATS, Cells, RegionFormat, is_like_position, is_number, split_columns

#: Largest position, so that sums of positions fit into 64 bits.
_MAX_POSITION = 1 << 60
_INVALID = -(1 << 62)
_UNKNOWN_SUMMITS = ("-1", ".", "NA")
#: How regions are counted, by the number of the first base.
_COUNTS = (
    "BED starts are 0-based and ends are exclusive: the first base of a chromosome is 0 to 1.",
    "Starts are 1-based and ends are inclusive: the first base of a chromosome is 1 to 1.",
)


def bounds_of(cells: Cells, known: RegionFormat) -> tuple[int, int, int] | None:
    """Start (0-based), end (exclusive) and summit (on the chromosome; -1 if unknown); None if the line is invalid."""
    if len(cells) < known.n_required or (known.n_most and len(cells) > known.n_most) or not cells[known.chrom].strip():
        return None
    start_text, end_text = cells[known.start], cells[known.end]
    both = start_text + end_text
    if both.isdecimal() and both.isascii() and len(both) < 20 and start_text and end_text:
        start, end = int(start_text) - known.first, int(end_text)
    else:
        start, end = as_position(start_text) - known.first, as_position(end_text)
    if not 0 <= start < end <= _MAX_POSITION:
        return None
    if known.width is not None and as_position(cells[known.width]) != end - start:
        return None
    if known.is_strand_checked and _damaged_column(cells, known) is not None:
        return None
    if known.summit is None or cells[known.summit] in _UNKNOWN_SUMMITS:
        return start, end, -1
    summit = as_position(cells[known.summit])
    summit += -known.first if known.is_summit_absolute else start - known.summit_first
    return (start, end, summit) if start <= summit < end else None


def _damaged_column(cells: Cells, known: RegionFormat) -> int | None:
    """0-based index of the first column whose content does not fit the format."""
    if known.strand is not None:
        strand = cells[known.strand]
        if strand not in ("+", "-", ".") and strand not in known.strands:
            return known.strand
    first, stop = known.numbers
    texts = cells[first:stop]
    try:
        total = sum(map(float, texts))
        if isfinite(total) and (joined := "".join(texts)).isascii() and "_" not in joined:
            return None
    except ValueError:
        pass
    wrong = (first + i for i, text in enumerate(texts) if not is_number(text))
    return next(wrong, None)


def as_position(text: str) -> int:
    """A whole number of at most 19 ASCII digits; less than -1 if the text is something else."""
    if text.isdecimal() and text.isascii() and len(text) < 20:
        return int(text)
    stripped = text.strip()
    return as_position(stripped) if len(stripped) < len(text) else _INVALID


def line_error(text: str, known: RegionFormat, *, source: str, line: int) -> FormatError:
    """The error for a line without valid coordinates."""
    other = _other_format(text, known)
    if other is None:
        what, hint = _fault(known.split(text), known)
    else:
        what = f"this line is like {other.title}, but the file is read as {known.title}"
        hint = "Write all lines in one format."
    return FormatError(source, what, line=line, hint=hint)


def _other_format(text: str, known: RegionFormat) -> RegionFormat | None:
    """The format of a line without start and end in the columns of the file, if it has another format."""
    cells = known.split(text)
    if any(column < len(cells) and is_like_position(cells[column]) for column in (known.start, known.end)):
        return None
    cells = split_columns(text)
    own = (known.chrom, known.start, known.end, known.split)
    others = (other for other in FORMATS if (other.chrom, other.start, other.end, other.split) != own)
    return next((other for other in others if other.matches(cells)), None)


def _fault(cells: Cells, known: RegionFormat) -> tuple[str, str | None]:
    if len(cells) < known.n_required or len(cells) > (known.n_most or len(cells)):
        limit = f"at least {known.n_required}" if len(cells) < known.n_required else f"at most {known.n_most}"
        limit = f"{known.n_least}, as most lines of this file" if known.is_rectangular else limit
        what = f"{len(cells)} column{'s' * (len(cells) != 1)}; {known.title} has {limit}"
        return what, "Separate the columns by tabs and start comments with #."
    if not cells[known.chrom].strip():
        return f"the chromosome (column {known.chrom + 1}) is missing", None
    for column in (known.start, known.end):
        if as_position(cells[column]) < 0:
            return _wrong_position(cells[column], known)
    start, end = as_position(cells[known.start]), as_position(cells[known.end])
    if start < known.first:
        return f"start {start}, but positions in {known.title} count from 1", "If starts are 0-based, write BED."
    if end > _MAX_POSITION:
        return f"end {end} is not a position on a chromosome", None
    if end <= start - known.first:
        return f"end {end} is not greater than start {start}", _COUNTS[known.first]
    width = end - start + known.first
    if known.width is not None and as_position(cells[known.width]) != width:
        what = f"column {known.width + 1} is {quoted(cells[known.width])}, but the region has {width} bp"
        return what, "In the first lines, this column is the width of the region."
    damaged = _damaged_column(cells, known) if known.is_strand_checked else None
    if damaged is not None:
        kind = "strand" if damaged == known.strand else "number"
        return (
            f"{quoted(cells[damaged])} in column {damaged + 1} is not a {kind}",
            f"The file is read as {known.title}.",
        )
    return _wrong_summit(cells, known, width)


def _wrong_position(text: str, known: RegionFormat) -> tuple[str, str | None]:
    if text.strip().startswith("-") and as_position(text.strip()[1:]) >= 0:
        return f"position {text.strip()} is negative", f"The first base of a chromosome is {known.first}."
    hint = known.position_hint or f"Columns {known.start + 1} and {known.end + 1} must be start and end, whole numbers."
    if "e" in text.lower() and is_like_position(text):
        hint += " In R, set options(scipen = 999) to avoid numbers such as 1e+05."
    return f"{quoted(text)} is not a position", hint


def _wrong_summit(cells: Cells, known: RegionFormat, width: int) -> tuple[str, str | None]:
    assert known.summit is not None
    column, text = known.summit + 1, cells[known.summit]
    if as_position(text) < 0:
        return f"the summit (column {column}) is {quoted(text)}", "It must be a whole number, or -1 if unknown."
    if known.is_summit_absolute:
        return (
            f"the summit (column {column}), {text.strip()}, is outside the region",
            "Summits are counted as starts and ends are.",
        )
    what = f"the summit (column {column}) is {text.strip()} bp from the start of a peak of {width} bp"
    return what, "The summit is counted from the start of the peak; -1 if unknown."
