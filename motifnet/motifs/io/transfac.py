"""The TRANSFAC matrix format: ``read(handle)`` and ``write(motifs, handle)``.

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
the sum of their column. It does not keep: ``nsites`` (read as the largest column sum), ``e_value``, the background
(uniform on reading), ``strands`` (``both`` on reading), and counts that are not whole and whose columns all sum to 1:
they are read as probabilities, of 20 sites. A set without motifs is an empty file.

Files of other tools are read too: PO for P0, bases in any order and case, rows from 00, 1 or 01, no consensus, tabs, a
version header, no ``//`` at the end. The name is the first available of AC, ID, NA and DE, the alternate name the next
of NA, ID and DE that differs; a matrix without any is named motif_1, ...
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import TextIO

import numpy as np

from motifnet.errors import quoted
from motifnet.motifs.io.common import (
    CUT_HINT,
    Line,
    as_identifier,
    check_identifiers,
    check_unique,
    count_texts,
    motif_of_counts,
    read_counts,
    read_lines,
)
from motifnet.motifs.motif import BASES, Floats, Motif, MotifSet

_MATRIX = re.compile(r"P[0O]\s", re.IGNORECASE)
_ROW = re.compile(r"\s*[0-9]")


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


def read(handle: TextIO, *, path: str | Path | None = None) -> MotifSet:
    """Read motifs in TRANSFAC format.

    ``nsites`` is the largest column sum. If the file has probabilities, it is None and the counts are those of 20
    sites.
    """
    records = [record for record in _split(read_lines(handle, path, "transfac")) if _is_motif(record)]
    motifs = [_read_motif(record, f"motif_{i}") for i, record in enumerate(records, start=1)]
    check_unique((record[0] for record in records), motifs)
    return MotifSet(motifs)


def _split(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Split lines into records, which end with ``//``; without blank lines."""
    record: list[Line] = []
    for line in lines:
        if line.text.startswith("//"):
            yield record
            record = []
        elif line.text.strip():
            record.append(line)
    yield record


def _is_motif(record: Sequence[Line]) -> bool:
    """Whether a record has a matrix or an identifier; headers (VV, CC) have neither."""
    return any(_MATRIX.match(line.text) or line.text[:2] in ("AC", "ID") for line in record)


def _read_motif(record: Sequence[Line], fallback: str) -> Motif:
    title = _read_title(record, fallback)
    at = [i for i, line in enumerate(record) if _MATRIX.match(line.text)]
    if len(at) != 1:
        raise record[at[1] if at else 0].error(
            f"motif {quoted(title[0])} must have one matrix (line P0). Got {len(at)}",
            "Add a line // between the motifs." if at else "The file may be truncated.",
        )
    return motif_of_counts(title, _read_matrix(record[at[0] :], title[0]), record[at[0]])


def _read_title(record: Sequence[Line], fallback: str) -> tuple[str, str]:
    fields = {line.text[:2]: line.text[2:].strip() for line in reversed(record)}  # the first of each is used
    known = [key for key in ("AC", "ID", "NA", "DE") if fields.get(key)]
    name = fields[known[0]] if known else fallback
    # NA is always an alternate name; ID and DE may repeat the name.
    others = [fields[key] for key in ("NA", "ID", "DE") if key in known[1:] and (key == "NA" or fields[key] != name)]
    return as_identifier(name), " ".join(" ".join(others[:1]).split())


def _read_matrix(lines: Sequence[Line], name: str) -> Floats:
    """Read counts ``(4, w)`` from the line ``P0`` on, up to the first line that does not begin with a digit."""
    letters = "".join(lines[0].text.split()[1:5]).upper().replace("U", "T")
    if sorted(letters) != list(BASES):
        raise lines[0].error(f"motif {quoted(name)}: the columns must be A, C, G and T. Got {quoted(letters)}")
    body = list(takewhile(lambda line: _ROW.match(line.text), lines[1:]))
    stray = next((line for line in lines[len(body) + 1 :] if _ROW.match(line.text)), None)
    if not body or stray:
        problem = "a row after the matrix" if stray else "no rows after P0"
        raise (stray or lines[0]).error(f"motif {quoted(name)} has {problem}", CUT_HINT)
    first = 0 if not body[0].text.split()[0].strip("0") else 1
    rows = [_read_row(line, position, name) for position, line in enumerate(body, start=first)]
    return np.array(rows)[:, [letters.index(base) for base in BASES]].T


def _read_row(line: Line, position: int, name: str) -> list[float]:
    number, *fields = line.text.split()
    if not number.isdecimal() or int(number) != position:
        raise line.error(f"expected row {position:02d} of motif {quoted(name)}. Got {quoted(number)}", CUT_HINT)
    if len(fields) == 5 and fields[4].isalpha():  # the consensus
        fields.pop()
    return read_counts(fields, 4, f"row {position:02d} of motif {quoted(name)}", line)
