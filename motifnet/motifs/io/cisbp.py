"""CIS-BP tables, one matrix per file or with information on the factor before each: ``read(text)``; not written.

::

    TF	T000676_1.02
    TF Name	ANT
    Motif	M2364_1.02
    Pos	A	C	G	T
    1	0.18	0.12	0.35	0.35
    2	0.15	0.21	0.38	0.26

The name is that of the motif (Motif), the alternate name that of the factor (TF Name); without a Motif line it is the
name of the file, or motif_1, ... in a file of several. ``nsites`` is None and the counts are those of 20 sites, unless
the table has counts. Tables without rows, which CIS-BP has for matrices under a licence, are invalid motifs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from motifnet.errors import quoted
from motifnet.motifs.io.common import (
    CUT_HINT,
    NUMBER_START,
    Line,
    MotifText,
    as_identifier,
    letter_order,
    motif_of_counts,
    motif_of_probabilities,
    read_counts,
)
from motifnet.motifs.motif import Floats, Motif, MotifSet

_KEY = re.compile(r"(TF[ _]Name|TF|Gene|Motif|Family|Species|DBID|Source)\t", re.IGNORECASE)
_POS = re.compile(r"Pos(?:ition)?\s++[ACGTU]\s", re.IGNORECASE)
LINE = re.compile(rf"#|{_KEY.pattern}|{_POS.pattern}|\s*+{NUMBER_START}", re.IGNORECASE)


def begins(lines: Sequence[Line], index: int) -> bool:
    """Whether a CIS-BP table begins at a line: the names of its columns, or information on the factor before them."""
    for line in lines[index : index + 20]:
        if _POS.match(line.text):
            return True
        if not _KEY.match(line.text):
            return False
    return False


def read(text: MotifText) -> MotifSet:
    """Read CIS-BP tables."""
    records = list(_split(text.without_comments()))

    def read_motif(record: Sequence[Line], fallback: str) -> Motif:
        return _read_motif(record, fallback if len(records) > 1 else text.stem)

    return MotifSet(text.collect(records, read_motif))


def _split(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Split lines into records, which end before the next table or the information on its factor."""
    record: list[Line] = []
    has_table = False
    for line in lines:
        if has_table and (_KEY.match(line.text) or _POS.match(line.text)):
            yield record
            record, has_table = [], False
        record.append(line)
        has_table = has_table or _POS.match(line.text) is not None
    if record:
        yield record


def _read_motif(record: Sequence[Line], fallback: str) -> Motif:
    at = next((i for i, line in enumerate(record) if _POS.match(line.text)), None)
    if at is None or any(not _KEY.match(line.text) for line in record[:at]):
        raise record[0].error("a motif without a line of column names (Pos A C G T)", CUT_HINT)
    facts = {}
    for line in record[:at]:
        key, _, value = line.text.partition("\t")
        facts[key.lower().replace("_", " ")] = " ".join(value.split())
    name = as_identifier(facts.get("motif", "")) or fallback
    alt_name = facts.get("tf name") or facts.get("tf", "")
    matrix = _read_table(record[at:], name)
    if (matrix % 1).any():
        return motif_of_probabilities((name, alt_name), matrix, record[at])
    return motif_of_counts((name, alt_name), matrix)


def _read_table(lines: Sequence[Line], name: str) -> Floats:
    header, *rows = lines
    order = letter_order(header.text.split()[1:])
    if order is None:
        raise header.error(f"motif {quoted(name)}: the columns must be Pos and A, C, G, T")
    if not rows:
        raise header.error(f"motif {quoted(name)} has no rows", CUT_HINT)
    matrix = []
    for position, line in enumerate(rows, start=1):
        number, *fields = line.text.split()
        if number.lstrip("0") != str(position):
            raise line.error(f"expected row {position} of motif {quoted(name)}. Got {quoted(number)}", CUT_HINT)
        matrix.append(read_counts(fields, 4, f"row {position} of motif {quoted(name)}", line))
    return np.array(matrix)[:, order].T
