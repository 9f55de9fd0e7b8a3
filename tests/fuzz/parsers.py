"""Independent parsers in plain Python, written from the descriptions of the formats.

They are stricter than the readers of motifnet: each raises `Unreadable` for text that the description does not cover.
If both read a file, the values must be equal.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from typing import NamedTuple

_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_WHOLE = re.compile(r"\+?[0-9]{1,18}")


class Unreadable(Exception):
    """The parser does not cover this text."""


def text_of(data: bytes) -> str:
    """Decompress if it is gzip, decode, and make all line ends ``\\n``."""
    if data[:2] == b"\x1f\x8b":
        data = _decompressed(data[:3] + bytes([data[3] & 0x1F]) + data[4:])  # reserved flags have no meaning
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decompressed(data: bytes) -> bytes:
    parts = []
    while data.strip(b"\0"):
        member = zlib.decompressobj(31)
        try:
            parts.append(member.decompress(data.lstrip(b"\0") if parts else data))
        except zlib.error:
            raise Unreadable from None
        if not member.eof:
            raise Unreadable
        data = member.unused_data
    return b"".join(parts)


def is_bcf(data: bytes) -> bool:
    """Whether this is a BCF file, or too damaged to be any other."""
    try:
        return data[:2] == b"\x1f\x8b" and text_of(data).startswith("BCF")
    except Unreadable:
        return False


def is_number(text: str) -> bool:
    """Whether a text is a decimal number in ASCII."""
    return _NUMBER.fullmatch(text) is not None


def number(text: str) -> float:
    """A decimal number in ASCII."""
    if not _NUMBER.fullmatch(text.strip()):
        raise Unreadable(text)
    return float(text)


def whole(text: str) -> int:
    """A whole number in ASCII."""
    if not _WHOLE.fullmatch(text.strip()):
        raise Unreadable(text)
    return int(text)


# --- sequences ---

_CODES = {**{c: i for i, c in enumerate("ACGT")}, "U": 3, **dict.fromkeys("NRYKMSWBDHV", 4)}


def fasta(text: str, *, allow_empty: bool = False) -> list[tuple[str, list[int]]]:
    """Names and codes of the records; with `allow_empty`, those without a sequence are left out."""
    records: list[tuple[str, list[int]]] = []
    for line in text.split("\n"):
        if line.startswith(">"):
            fields = line[1:].split()
            records.append((fields[0] if fields else str(len(records)), []))
        elif records:
            try:
                records[-1][1].extend(_CODES[letter] for letter in line.rstrip().replace(" ", "").upper())
            except KeyError:
                raise Unreadable from None
        elif line.strip():
            raise Unreadable
    full = [record for record in records if record[1]]
    if not full or (len(full) < len(records) and not allow_empty):
        raise Unreadable
    return full


# --- regions ---


class Region(NamedTuple):
    """An interval, 0-based and half-open; its summit is a position, None if unknown."""

    chrom: str
    start: int
    end: int
    is_reverse: bool = False
    summit: int | None = None


def _region(chrom: str, start: int, end: int, strand: str = "", summit: int | None = None) -> Region:
    if not chrom.strip() or not 0 <= start < end:
        raise Unreadable
    if summit is not None and not start <= summit < end:
        raise Unreadable
    return Region(chrom, start, end, strand == "-", summit)


def _rows(text: str) -> list[list[str]]:
    """Cells of all lines but comments and track lines."""
    lines = [line for line in text.split("\n") if line.strip() and not line.startswith("#")]
    lines = [line for line in lines if line.split()[0] not in ("track", "browser")]
    return [line.split("\t") if "\t" in line else line.split() for line in lines]


def _bed(row: list[str]) -> Region:
    return _region(row[0], whole(row[1]), whole(row[2]), "".join(row[5:6]))


def _narrow_peak(row: list[str]) -> Region:
    for cell in row[6:9]:
        if cell not in ("nan", "inf", ".", "NA"):
            number(cell)
    return _peak(row)


def _peak(row: list[str]) -> Region:
    region = _bed(row)
    if row[9] in ("-1", ".", "NA", ""):
        return region
    return _region(*region[:3], row[5], region.start + whole(row[9]))


def _homer(row: list[str]) -> Region:
    return _region(row[1], whole(row[2]) - 1, whole(row[3]), {"1": "-"}.get(row[4], row[4]))


def _gff(row: list[str]) -> Region:
    return _region(row[0], whole(row[3]) - 1, whole(row[4]), "".join(row[6:7]))


def _list(row: list[str]) -> Region:
    chrom, _, span = row[0].rpartition(":")
    start, _, end = span.replace(",", "").replace("..", "-").partition("-")
    return _region(chrom, whole(start) - 1, whole(end))


def _bedgraph(row: list[str]) -> Region:
    chrom, start, end, value = row
    number(value)
    return _region(chrom, whole(start), whole(end))


def _interval(row: list[str]) -> Region:
    if len(row) < 5 or row[3] not in ("+", "-", "."):
        raise Unreadable
    return _region(row[0], whole(row[1]) - 1, whole(row[2]), row[3])


_REGION_ROWS: dict[str, Callable[[list[str]], Region]] = {
    "bed": _bed,
    "damaged BED": _bed,
    "narrowPeak": _narrow_peak,
    "damaged narrowPeak": _peak,
    "homer_peaks": _homer,
    "gff": _gff,
    "coordinates": _list,
    "bedgraph": _bedgraph,
    "interval_list": _interval,
}


def _macs(text: str) -> list[Region]:
    """A table whose header names the columns."""
    header, *rows = _rows(text)
    header = [name.strip().lower() for name in header]
    if not {"chr", "start", "end"} <= set(header):
        raise Unreadable
    found = []
    for row in rows:
        cells = dict(zip(header, row, strict=False))
        start, end = whole(cells["start"]) - 1, whole(cells["end"])
        if "length" in cells and whole(cells["length"]) == end - start - 1:
            start += 1
        summit = cells.get("abs_summit", "")
        found.append(_region(cells["chr"], start, end, cells.get("strand", ""), whole(summit) - 1 if summit else None))
    return found


def regions(kind: str, text: str) -> list[Region]:
    """The intervals of a file of one kind; columns that are not used may have anything."""
    try:
        if kind == "macs":
            return _macs(text)
        rows = _without_header(_rows(text))
        if kind == "interval_list":
            rows = [row for row in rows if not re.fullmatch("@[A-Z]{2}", row[0])]
        if kind == "bed" and len({len(row) for row in rows}) > 1:
            raise Unreadable
        found = [_REGION_ROWS[kind](row) for row in rows]
    except (IndexError, KeyError, ValueError):
        raise Unreadable from None
    if not found:
        raise Unreadable
    return found


def _without_header(rows: list[list[str]]) -> list[list[str]]:
    is_header = bool(rows) and "start" in [cell.lower() for cell in rows[0]]
    return rows[1:] if is_header else rows


#: Kinds of files of regions.
REGION_KINDS = ("macs", *_REGION_ROWS)


# --- labels ---

_UNKNOWN = ("", "na", "nan", "n/a", "none", "null", ".")


def labels(text: str) -> tuple[list[str], dict[str, dict[str, float | None]]]:
    """Tasks, and labels by name and task; None where unknown. Cells with quotes have no reading."""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) < 2 or '"' in text:
        raise Unreadable
    separator = next((own for own in "\t,;" if own in lines[0]), None)
    header, *rows = ([cell.strip() for cell in line.split(separator)] for line in lines)
    if not 1 < len(header) == len(set(header)) or any(len(row) != len(header) for row in rows):
        raise Unreadable
    tasks = [name for name in header[1:] if name != "split"]
    found = {}
    for row in rows:
        cells = dict(zip(header, row, strict=True))
        found[row[0]] = {task: _label(cells[task].lower()) for task in tasks}
    return tasks, found


def _label(cell: str) -> float | None:
    words = {"true": 1.0, "false": 0.0}
    return None if cell in _UNKNOWN else words[cell] if cell in words else number(cell)
