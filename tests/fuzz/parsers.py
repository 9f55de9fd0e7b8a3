"""Independent parsers in plain Python, written from the descriptions of the formats.

They are stricter than the readers of motifnet: each raises `Unreadable` for text that the description does not cover.
If both read a file, the values must be equal.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from functools import partial
from itertools import takewhile
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
    start, _, end = span.replace(",", "").partition("-")
    return _region(chrom, whole(start) - 1, whole(end))


_REGION_ROWS: dict[str, Callable[[list[str]], Region]] = {
    "bed": _bed,
    "damaged BED": _bed,
    "narrowPeak": _narrow_peak,
    "damaged narrowPeak": _peak,
    "homer_peaks": _homer,
    "gff": _gff,
    "coordinates": _list,
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


# --- motifs ---


class Matrix(NamedTuple):
    """A motif: its name (None: any), and for each position four probabilities."""

    name: str | None
    rows: list[list[float]]


def _scaled(rows: list[list[float]]) -> list[list[float]]:
    if not rows or any(len(row) != 4 or min(row) < 0 or not 0 < sum(row) < 1e300 for row in rows):
        raise Unreadable
    return [[value / sum(row) for value in row] for row in rows]


def _numbers(line: str) -> list[float]:
    return [number(cell) for cell in line.split()]


def _is_numeric(line: str) -> bool:
    return bool(line.split()) and bool(_NUMBER.fullmatch(line.split()[0]))


def _records(text: str, start: str) -> list[list[str]]:
    """Lines from each line that begins with a word, without blank lines."""
    records: list[list[str]] = []
    for line in text.split("\n"):
        if line.startswith(start):
            records.append([line])
        elif records and line.strip():
            records[-1].append(line)
    return records


def _meme(text: str) -> list[Matrix]:
    """MEME format."""
    found = []
    for record in _records(text, "MOTIF"):
        at = [i for i, line in enumerate(record) if line.lstrip().startswith("letter-probability matrix")]
        if len(at) != 1 or len(record[0].split()) < 2:
            raise Unreadable
        keys = dict(re.findall(r"(\w+)= *(\S+)", record[at[0]]))
        rows = [_numbers(line) for line in takewhile(_is_numeric, record[at[0] + 1 :])]
        if number(keys.get("w", str(len(rows)))) != len(rows):
            raise Unreadable
        found.append(Matrix(record[0].split()[1], _scaled(rows)))
    return found


def _jaspar(text: str) -> list[Matrix]:
    """JASPAR, with or without bases and brackets."""
    found = []
    for record in _records(text, ">"):
        lines = [line for line in record[1:] if not line.startswith("#")]
        cells = [re.sub(r"[\[\]]", " ", line).split() for line in lines]
        if len(cells) != 4 or len(record[0].split()) < 1 or not all(cells):
            raise Unreadable
        cells = [row[row[0].upper() == base :] for row, base in zip(cells, "ACGT", strict=True)]
        columns = [[number(cell) for cell in row] for row in cells]
        if len({len(row) for row in columns}) > 1:
            raise Unreadable
        fields = record[0][1:].split()
        if not fields:
            raise Unreadable
        found.append(Matrix(fields[0], _scaled([list(row) for row in zip(*columns, strict=True)])))
    return found


def _transfac(text: str) -> list[Matrix]:
    """TRANSFAC, with its bases in the order A, C, G, T."""
    found = []
    for record in text.split("\n//"):
        lines = _without_comments(record)
        at = [i for i, line in enumerate(lines) if re.match(r"P[0O]\s", line, re.IGNORECASE)]
        if not at:
            continue
        if len(at) != 1 or "".join(lines[at[0]].split()[1:5]).upper() != "ACGT":
            raise Unreadable
        names = [line[2:].split() for key in ("AC", "ID", "NA", "DE") for line in lines if line.startswith(key)]
        name = next(filter(None, names), [f"motif_{len(found) + 1}"])
        body = [line.split() for line in takewhile(lambda line: line.lstrip()[:1].isdigit(), lines[at[0] + 1 :])]
        if [whole(row[0]) for row in body] != list(range(1, len(body) + 1)):
            raise Unreadable
        found.append(Matrix("_".join(name), _scaled([[number(cell) for cell in row[1:5]] for row in body])))
    return found


def _homer(text: str) -> list[Matrix]:
    """HOMER."""
    found = []
    for record in _records(text, ">"):
        fields = record[0][1:].split("\t")
        if len(fields) < 3 or not fields[1].split():
            raise Unreadable
        number(fields[2])
        body = [line for line in record[1:] if not line.startswith("#")]
        found.append(Matrix(fields[1].split()[0], _scaled([_numbers(line) for line in body])))
    return found


def _positions(text: str) -> list[Matrix]:
    """Matrices below a ``>`` line, with positions as rows."""
    found = []
    for record in _records(text, ">"):
        rows = [_numbers(line) for line in record[1:] if not line.startswith("#")]
        if len(rows) == 4 and not _has_equal_sums(rows):
            raise Unreadable
        name = (record[0][1:].split() or [f"motif_{len(found) + 1}"])[0]
        found.append(Matrix(name, _scaled(rows)))
    return found


def _has_equal_sums(rows: list[list[float]]) -> bool:
    sums = [sum(row) for row in rows]
    return max(sums) - min(sums) < 0.05 * max(sums)


def _cisbp(text: str) -> list[Matrix]:
    found: list[Matrix] = []
    facts: dict[str, str] = {}
    order: list[int] = []
    rows: list[list[float]] = []
    for line in [*_without_comments(text), "pos A C G T"]:
        cells = line.split()
        is_number = bool(order) and _NUMBER.fullmatch(cells[0])
        if is_number:
            rows.append([_numbers(line)[1:][k] for k in order])
            continue
        if rows:
            found.append(Matrix(facts.get("motif"), _scaled(rows)))
            facts, order, rows = {}, [], []
        if cells[0].lower() == "pos":
            order = ["".join(cells[1:]).upper().index(base) for base in "ACGT"]
        elif "\t" in line:
            key, value = line.split("\t", 1)
            facts[key.lower()] = "_".join(value.split())
    return found


def _uniprobe(text: str) -> list[Matrix]:
    found = []
    lines = [line for line in text.split("\n") if line.strip()]
    for k, line in enumerate(lines):
        rows = lines[k : k + 4]
        if re.match("A:", line, re.IGNORECASE) and "".join(row[:2] for row in rows).upper() == "A:C:G:T:":
            title = re.match(r"#?\s*protein\s*:\s*(\S+)", lines[k - 1] if k else "", re.IGNORECASE)
            columns = [_numbers(row[2:]) for row in rows]
            name = title[1] if title else None
            found.append(Matrix(name, _scaled([list(row) for row in zip(*columns, strict=True)])))
    return found


def _untitled(text: str, *, are_positions: bool | None = None) -> list[Matrix]:
    """Matrices without titles; of rows of four numbers, those with equal sums are positions."""
    text = re.sub(r"^#.*$|^[ACGT]  |[\[\]]", "", text, flags=re.MULTILINE)
    blocks = [[_numbers(line) for line in b.split("\n")] for b in re.split(r"\n(?:\s*\n)+", text.strip("\n\t "))]
    matrices = []
    for rows in blocks:
        turned = not are_positions
        if are_positions is None:  # groups of four rows of four are transposed if their columns have equal sums
            columns = [list(zip(*rows[k : k + 4], strict=True)) for k in range(0, len(rows), 4)]
            is_stacked = len(rows) % 4 == 0 and all(map(_has_equal_sums, columns))
            turned = is_stacked or any(len(row) != 4 for row in rows)
        groups = [rows[k : k + 4] for k in range(0, len(rows), 4)] if turned else [rows]
        matrices += [[list(row) for row in zip(*group, strict=True)] if turned else group for group in groups]
    names = ["input"] if len(matrices) == 1 else [f"motif_{k}" for k, _ in enumerate(matrices, start=1)]
    return [Matrix(name, _scaled(rows)) for name, rows in zip(names, matrices, strict=True)]


def _without_comments(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip() and not line.startswith("#")]


_LETTERS = {"A": "A", "C": "C", "G": "G", "T": "T", "U": "T", "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT"}
_LETTERS |= {"M": "AC", "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT"}


def _consensus(text: str) -> list[Matrix]:
    found = []
    for line in text.split("\n"):
        fields = line.split()
        if fields and not line.startswith("#"):
            rows = [[float(base in _LETTERS[letter]) for base in "ACGT"] for letter in fields[0]]
            found.append(Matrix(fields[min(1, len(fields) - 1)], _scaled(rows)))
    return found


_MOTIF_PARSERS: dict[str, Callable[[str], list[Matrix]]] = {
    "meme": _meme,
    "jaspar": _jaspar,
    "transfac": _transfac,
    "homer": _homer,
    "positions": _positions,
    "cisbp": _cisbp,
    "uniprobe": _uniprobe,
    "matrix": _untitled,
    "matrix of positions": partial(_untitled, are_positions=True),
    "matrix of bases": partial(_untitled, are_positions=False),
    "consensus": _consensus,
}
#: Kinds of motif files.
MOTIF_KINDS = tuple(_MOTIF_PARSERS)


def motifs(kind: str, text: str) -> list[Matrix]:
    """The motifs of a file of one kind."""
    try:
        found = _MOTIF_PARSERS[kind](text)
    except (IndexError, KeyError, ValueError):
        raise Unreadable from None
    if not found:
        raise Unreadable
    return found
