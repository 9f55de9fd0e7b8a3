"""The TRANSFAC matrix format: ``read(text)`` and ``write(motifs, handle)``.

::

    AC  MA0004.1
    XX
    ID  MA0004.1
    XX
    NA  Arnt
    XX
    P0       A      C      G      T
    01       4     16      0      0      C
    02      19      0      1      0      A
    XX
    //

A round trip keeps: the order of the motifs, their names (AC and ID) and alternate names (NA), and ``counts`` to 1e-6 of
the sum of their column. It does not keep: ``nsites`` (read as the largest column sum), ``e_value``, ``threshold``, the
background (uniform on reading), ``strands`` (``both`` on reading), and counts that are not whole and whose columns all
sum to 1: they are read as probabilities, of 20 sites. A set without motifs is an empty file.

Files of other tools are read too: PO for P0, bases in any order and case, rows from 00, 1 or 01, no consensus, further
columns that the line P0 names, tabs, a version header, no ``//`` at the end or between records. The name is the first
available of AC, ID, NA and DE, the alternate name the next of NA, ID and DE that differs; a matrix without any is named
motif_1, ...
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import TextIO

import numpy as np

from motifnet.errors import quoted
from motifnet.motifs.io.common import (
    CUT_HINT,
    Line,
    MotifText,
    as_identifier,
    check_identifiers,
    count_texts,
    is_number,
    letter_order,
    motif_of_counts,
    read_counts,
)
from motifnet.motifs.motif import BASES, Floats, Motif, MotifSet

LINE = re.compile(r"(?!TF\t)[A-Za-z][A-Za-z0-9](?:\s|$)|//|[#;]|\s*+[\d²³¹]")
_TAG = re.compile(r"(?!TF\t)[A-Z][A-Z](?:\s|$)|P0\s|//")
_MATRIX = re.compile(r"P[0O]\s", re.IGNORECASE)
_ROW = re.compile(r"\s*+[\d²³¹]")
#: Tags that begin a record where ``//`` is missing after a matrix.
_FIRST_TAGS = ("AC", "ID", "NA", "DE", "P0", "PO")


def begins(lines: Sequence[Line], index: int) -> bool:
    """Whether TRANSFAC format begins at a line: a tag, and a line P0 after it."""
    if not _TAG.match(lines[index].text) and not _MATRIX.match(lines[index].text):
        return False
    return any(_MATRIX.match(line.text) for line in lines[index:])


def write(motifs: MotifSet, handle: TextIO) -> None:
    """Write motifs in TRANSFAC format; names must not contain white space."""
    check_identifiers(motifs, "TRANSFAC")
    for motif in motifs:
        handle.write(f"AC  {motif.name}\nXX\nID  {motif.name}\nXX\n")
        if alt_name := " ".join(motif.alt_name.split()):
            handle.write(f"NA  {alt_name}\nXX\n")
        handle.write(f"P0  {'  '.join(f'{base:>6}' for base in BASES)}\n")
        for position, (column, letter) in enumerate(zip(motif.counts.T, motif.consensus, strict=True), start=1):
            counts = "  ".join(f"{count:>6}" for count in count_texts(column))
            handle.write(f"{position:02d}  {counts}      {letter}\n")
        handle.write("XX\n//\n")


def read(text: MotifText) -> MotifSet:
    """Read motifs in TRANSFAC format.

    ``nsites`` is the largest column sum. If the file has probabilities, it is None and the counts are those of 20
    sites.
    """
    lines = [line for line in text.lines if line.text[0] not in "#;"]
    return MotifSet(text.collect(filter(_is_motif, _split(lines)), _read_motif))


def _split(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Split lines into records, which end with ``//``, or where the next begins."""
    record: list[Line] = []
    has_matrix = has_accession = False
    for line in lines:
        tag = line.text[:2].upper()
        if tag == "//" or (has_matrix and tag in _FIRST_TAGS) or (has_accession and tag == "AC"):
            yield record
            record, has_matrix, has_accession = [], False, False
        if tag != "//":
            record.append(line)
            has_matrix = has_matrix or _MATRIX.match(line.text) is not None
            has_accession = has_accession or tag == "AC"
    yield record


def _is_motif(record: Sequence[Line]) -> bool:
    """Whether a record has a matrix, a row or an identifier; headers (VV, CC) have none."""
    return any(_MATRIX.match(line.text) or line.text[:2] in ("AC", "ID") or _ROW.match(line.text) for line in record)


def _read_motif(record: Sequence[Line], fallback: str) -> Motif:
    title = _read_title(record, fallback)
    at = next((i for i, line in enumerate(record) if _MATRIX.match(line.text)), None)
    if at is None:
        raise record[0].error(f"motif {quoted(title[0])} has no matrix (line P0)", "The file may be truncated.")
    return motif_of_counts(title, _read_matrix(record, at, title[0]))


def _read_title(record: Sequence[Line], fallback: str) -> tuple[str, str]:
    fields = {line.text[:2]: line.text[2:].strip() for line in reversed(record)}  # the first of each is used
    known = [key for key in ("AC", "ID", "NA", "DE") if fields.get(key)]
    name = fields[known[0]] if known else fallback
    # NA is always an alternate name; ID and DE may repeat the name.
    others = [fields[key] for key in ("NA", "ID", "DE") if key in known[1:] and (key == "NA" or fields[key] != name)]
    return as_identifier(name), " ".join(" ".join(others[:1]).split())


def _read_matrix(record: Sequence[Line], at: int, name: str) -> Floats:
    """Read counts ``(4, w)`` from the line ``P0`` on; FormatError if there is a row anywhere else."""
    header, lines = record[at], record[at + 1 :]
    letters, further = header.text.split()[1:5], header.text.split()[5:]
    order = letter_order(letters)
    if order is None:
        message = f"motif {quoted(name)}: the columns must be A, C, G and T. Got {quoted(' '.join(letters))}"
        raise header.error(message)
    body = list(takewhile(lambda line: _ROW.match(line.text), lines))
    stray = next((line for line in [*record[:at], *lines[len(body) :]] if _ROW.match(line.text)), None)
    if not body or stray:
        problem = "a row outside the matrix" if stray else "no rows after P0"
        raise (stray or header).error(f"motif {quoted(name)} has {problem}", CUT_HINT)
    first = 0 if not body[0].text.split()[0].strip("0") else 1
    rows = [_read_row(line, position, len(further), name) for position, line in enumerate(body, start=first)]
    return np.array(rows)[:, order].T


def _read_row(line: Line, position: int, n_further: int, name: str) -> list[float]:
    number, *fields = line.text.split()
    if not re.fullmatch("[0-9]{1,9}", number) or int(number) != position:
        raise line.error(f"expected row {position:02d} of motif {quoted(name)}. Got {quoted(number)}", CUT_HINT)
    # The consensus, or the columns that the line P0 names after the bases.
    if 4 < len(fields) <= 4 + n_further or (len(fields) == 5 and not is_number(fields[4])):
        fields = fields[:4]
    return read_counts(fields, 4, f"row {number} of motif {quoted(name)}", line)
