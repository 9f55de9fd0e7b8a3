"""The JASPAR motif format, and position frequency matrices of four rows: ``read(handle)``, ``write(motifs, handle)``.

::

    >MA0004.1	Arnt
    A  [  4  19   0   0   0   0 ]
    C  [ 16   0  20   0   0   0 ]
    G  [  0   1   0  20   0  20 ]
    T  [  0   0   0   0  20   0 ]

A round trip keeps: the order of the motifs, their names and alternate names, and ``counts`` to 1e-6 of the sum of their
column. It does not keep: ``nsites`` (it comes back as the largest column sum), ``e_value``, the background
(uniform on reading), ``strands`` (``both`` on reading), and counts whose columns all sum to 1 without being whole:
they are read as probabilities, of 20 sites. A set without motifs is an empty file.

The reader also takes what other tools write: rows without letter or brackets, with ``|`` or ``:``, in any order of the
letters, U for T; probabilities; comments (``#``); records without a name (they are called motif_1, ...); Biopython's
``>None NAME`` for a motif without identifier.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import numpy as np

from motifnet.errors import FormatError
from motifnet.motifs.io.common import (
    Line,
    as_word,
    check_names,
    check_words,
    count_texts,
    counted_motif,
    is_number,
    read_counts,
    read_lines,
    split_records,
    split_title,
)
from motifnet.motifs.motif import BASES, Floats, Motif, MotifSet

_CUT = "The file may be cut off, or a row damaged."
#: Base, counts, and what should not be there.
_ROW = re.compile(r"\s*(?:([ACGTU])(?=[\s\[|:]))?\s*[\[|:]?([^\]]*)\]?(.*)", re.IGNORECASE)


def write(motifs: MotifSet, handle: TextIO) -> None:
    """Write motifs in JASPAR format.

    Parameters
    ----------
    motifs : MotifSet
        Names may hold no white space.
    handle : text file
        Nothing is written to it when a name is not allowed.

    Raises
    ------
    InputError
        If a name cannot be a JASPAR identifier.
    """
    check_words(motifs, "JASPAR")
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

    Parameters
    ----------
    handle : text file
    path : str or Path, optional
        What messages call the file; default its own name.

    Returns
    -------
    MotifSet
        ``nsites`` is the largest column sum. Where the file holds probabilities, it is None and the counts are those
        of 20 sites.

    Raises
    ------
    FormatError
        If it is a file of another kind, or a motif in it is damaged; with the line.
    """
    lines, where = read_lines(handle, path, "jaspar")
    records = split_records(lines, where)
    motifs = [_read_motif(record, f"motif_{i}", where) for i, record in enumerate(records, start=1)]
    check_names([record[0] for record in records], motifs, where)
    return MotifSet(motifs)


def _read_motif(record: Sequence[Line], fallback: str, where: str | Path) -> Motif:
    title, *body = record
    name, alt_name = split_title(title.text[1:])
    if name == "None":  # Biopython's word for an identifier, or a name, that it does not know
        name, alt_name = "" if alt_name == "None" else alt_name, ""
    name = as_word(name) or fallback
    if len(body) != 4:
        rows = [line.text.split() for line in body]
        is_turned = len(rows) > 1 and all(len(row) == 4 and is_number(row[0]) for row in rows)
        raise FormatError(
            where,
            f"motif {name!r} has {len(body)} rows; 4 were expected (A, C, G, T)",
            line=title.number,
            hint="Its rows are positions, and in this format they are bases: turn the matrix." if is_turned else _CUT,
        )
    return counted_motif((name, alt_name), _read_rows(body, name, where), title, where)


def _read_rows(body: Sequence[Line], name: str, where: str | Path) -> Floats:
    rows: dict[str, list[float]] = {}
    width = 0
    for line, expected in zip(body, BASES, strict=True):
        base, words = _split_row(line, expected)
        row = f"row {base} of motif {name!r}"
        if base in rows:
            raise FormatError(where, f"motif {name!r} has a second row {base}", line=line.number)
        rows[base] = read_counts(words, len(words), row, line, where)
        if not words or len(words) != (width or len(words)):
            expectation = f"the row above it {width}" if width else "at least 1 was expected"
            raise FormatError(where, f"{row} has {len(words)} counts, {expectation}", line=line.number, hint=_CUT)
        width = len(words)
    return np.array([rows[base] for base in BASES])


def _split_row(line: Line, expected: str) -> tuple[str, list[str]]:
    """The base of a row (where no letter stands, the next of A, C, G, T) and its counts as words."""
    base, counts, rest = re.findall(_ROW, line.text)[0]
    return (base or expected).upper().replace("U", "T"), [*counts.split(), *rest.split()]
