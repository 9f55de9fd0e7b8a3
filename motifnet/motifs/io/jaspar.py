"""The JASPAR motif format, and position frequency matrices of four rows: ``read(handle)``, ``write(motifs, handle)``.

::

    >MA0004.1	Arnt
    A  [  4  19   0   0   0   0 ]
    C  [ 16   0  20   0   0   0 ]
    G  [  0   1   0  20   0  20 ]
    T  [  0   0   0   0  20   0 ]

A round trip keeps: the order of the motifs, their names and alternate names, and ``counts`` to 1e-6 of the sum of their
column. It does not keep: ``nsites`` (read as the largest column sum), ``e_value``, the background (uniform on reading),
``strands`` (``both`` on reading), and counts that are not whole and whose columns all sum to 1: they are read as
probabilities, of 20 sites. A set without motifs is an empty file.

Files of other tools are read too: rows without base or brackets, with ``|`` or ``:``, in any order of the bases, U for
T; probabilities; comments (``#``); records without a name (named motif_1, ...); Biopython's ``>None NAME`` for a motif
without identifier.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
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
    is_number,
    motif_of_counts,
    read_counts,
    read_lines,
    split_records,
    split_title,
)
from motifnet.motifs.motif import BASES, Floats, Motif, MotifSet

#: Base, counts, and any text after them.
_ROW = re.compile(r"\s*(?:([ACGTU])(?=[\s\[|:]))?\s*[\[|:]?([^\]]*)\]?(.*)", re.IGNORECASE)


def write(motifs: MotifSet, handle: TextIO) -> None:
    """Write motifs in JASPAR format; names must not contain white space."""
    check_identifiers(motifs, "JASPAR")
    for motif in motifs:
        title = "\t".join([motif.name, " ".join(motif.alt_name.split())])
        handle.write(f">{title.rstrip()}\n")
        columns = [count_texts(column) for column in motif.counts.T]
        widths = [max(map(len, column)) for column in columns]
        for base, row in zip(BASES, zip(*columns, strict=True), strict=True):
            counts = " ".join(f"{count:>{width}}" for count, width in zip(row, widths, strict=True))
            handle.write(f"{base}  [ {counts} ]\n")


def read(handle: TextIO, *, path: str | Path | None = None) -> MotifSet:
    """Read motifs in JASPAR format.

    ``nsites`` is the largest column sum. If the file has probabilities, it is None and the counts are those of 20
    sites.
    """
    records = split_records(read_lines(handle, path, "jaspar"))
    motifs = [_read_motif(record, f"motif_{i}") for i, record in enumerate(records, start=1)]
    check_unique((record[0] for record in records), motifs)
    return MotifSet(motifs)


def _read_motif(record: Sequence[Line], fallback: str) -> Motif:
    title, *body = record
    name, alt_name = split_title(title.text[1:])
    if name == "None":  # written by Biopython for an unknown identifier or name
        name, alt_name = "" if alt_name == "None" else alt_name, ""
    name = as_identifier(name) or fallback
    if len(body) != 4:
        rows = [line.text.split() for line in body]
        is_transposed = len(rows) > 1 and all(len(row) == 4 and is_number(row[0]) for row in rows)
        raise title.error(
            f"motif {quoted(name)} must have 4 rows (A, C, G, T). Got {len(body)}",
            "Rows are bases in this format: transpose the matrix." if is_transposed else CUT_HINT,
        )
    return motif_of_counts((name, alt_name), _read_rows(body, name), title)


def _read_rows(body: Sequence[Line], name: str) -> Floats:
    rows: dict[str, list[float]] = {}
    width = 0
    for line, expected in zip(body, BASES, strict=True):
        given, counts, rest = _ROW.findall(line.text)[0]
        base = (given or expected).upper().replace("U", "T")
        fields = [*counts.split(), *rest.split()]
        row = f"row {base} of motif {quoted(name)}"
        if base in rows:
            raise line.error(f"motif {quoted(name)} has a second row {base}")
        rows[base] = read_counts(fields, len(fields), row, line)
        if not fields or len(fields) != (width or len(fields)):
            expected_n = f"{width} counts" if width else "at least 1 count"
            raise line.error(f"{row} must have {expected_n}. Got {len(fields)}", CUT_HINT)
        width = len(fields)
    return np.array([rows[base] for base in BASES])
