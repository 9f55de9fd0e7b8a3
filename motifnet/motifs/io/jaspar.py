"""The JASPAR motif format, and other matrices below a ``>`` line: ``read(text)``, ``write(motifs, handle)``.

::

    >MA0004.1	Arnt
    A  [  4  19   0   0   0   0 ]
    C  [ 16   0  20   0   0   0 ]
    G  [  0   1   0  20   0  20 ]
    T  [  0   0   0   0  20   0 ]

A round trip keeps: the order of the motifs, their names and alternate names, and ``counts`` to 1e-6 of the sum of their
column. It does not keep: ``nsites`` (read as the largest column sum), ``e_value``, ``threshold``, the background
(uniform on reading), ``strands`` (``both`` on reading), and counts that are not whole and whose columns all sum to 1:
they are read as probabilities, of 20 sites. A set without motifs is an empty file.

Files of other tools are read too: rows without base or brackets, with ``|`` or ``:``, in any order of the bases, U for
T; probabilities; comments (``#``); records without a name (named motif_1, ...); Biopython's ``>None NAME`` for a motif
without identifier. Rows without letters may also be positions, as in Cluster-Buster, GimmeMotifs and HOCOMOCO (see
`orientation.orient`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TextIO

from motifnet.motifs.io import homer
from motifnet.motifs.io.common import (
    NUMBER_START,
    Line,
    MotifText,
    as_identifier,
    check_identifiers,
    count_texts,
    motif_of_counts,
    split_records,
    split_title,
)
from motifnet.motifs.io.orientation import is_row, read_matrix
from motifnet.motifs.motif import BASES, Motif, MotifSet

LINE = re.compile(rf"[>#]|\s*+(?:[ACGTUacgtu](?=[\s\[|:])|[\[|]?\s*+{NUMBER_START})")


def begins(lines: Sequence[Line], index: int) -> bool:
    """Whether a JASPAR motif begins at a line: a ``>`` line without HOMER's threshold, and a row of a matrix."""
    is_title = lines[index].text.startswith(">") and index + 1 < len(lines) and is_row(lines[index + 1])
    return is_title and not homer.begins(lines, index)


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


def read(text: MotifText) -> MotifSet:
    """Read motifs in JASPAR format.

    ``nsites`` is the largest column sum. If the file has probabilities, it is None and the counts are those of 20
    sites.
    """

    def read_motif(record: Sequence[Line], fallback: str) -> Motif:
        title, *rows = record
        name, alt_name = split_title(title.text[1:])
        if name == "None":  # written by Biopython for an unknown identifier or name
            name, alt_name = "" if alt_name == "None" else alt_name, ""
        name = as_identifier(name) or fallback
        return motif_of_counts((name, alt_name), read_matrix(rows, name, title, text.orientation))

    return MotifSet(text.collect(split_records(text.without_comments()), read_motif))
