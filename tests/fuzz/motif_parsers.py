"""Independent parsers of motif files in plain Python, written from the descriptions of the formats (see `parsers`)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from itertools import takewhile
from typing import NamedTuple

from .parsers import Unreadable, is_number, number, whole


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
    return bool(line.split()) and is_number(line.split()[0])


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
    for lines in _records(text, "MOTIF"):
        record = [line for line in lines if not line.startswith("#")]
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
        if len(cells) != 4 or not all(cells):
            raise Unreadable
        if len({row[0].upper() for row in cells} & set("ACGT")) == 4:
            cells.sort(key=lambda row: row[0].upper())
        cells = [row[row[0].upper() == base :] for row, base in zip(cells, "ACGT", strict=True)]
        columns = [[number(cell) for cell in row] for row in cells]
        if len({len(row) for row in columns}) > 1:
            raise Unreadable
        name = (record[0][1:].split() or [f"motif_{len(found) + 1}"])[0]
        found.append(Matrix(name, _scaled([list(row) for row in zip(*columns, strict=True)])))
    return found


def _transfac(text: str) -> list[Matrix]:
    """TRANSFAC, with its bases in the order A, C, G, T."""
    found = []
    for record in re.split(r"\n//|\n(?=AC\s)", text):
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
        if order and is_number(cells[0]):
            rows.append([_numbers(line)[1:][k] for k in order])
            continue
        if rows:
            found.append(Matrix(facts.get("motif"), _scaled(rows)))
            facts, order, rows = {}, [], []
        if cells[0].lower() == "pos":
            order = ["".join(cells[1:]).upper().index(base) for base in "ACGT"]
        elif "\t" in line:
            key, value = line.split("\t", 1)
            facts |= {key.lower(): "_".join(value.split())} if value.split() else {}
    return found


def _uniprobe(text: str) -> list[Matrix]:
    found = []
    lines = [line for line in text.split("\n") if line.strip()]
    start = 0
    for k in range(len(lines)):
        rows = lines[k : k + 4]
        if sorted(row[:2].upper() for row in rows) == ["A:", "C:", "G:", "T:"] and k >= start:
            start = k + 4
            rows.sort(key=str.upper)
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
        if are_positions is None:  # groups of four rows of four are turned if their columns have equal sums
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
