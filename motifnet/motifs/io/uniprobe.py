"""UniPROBE matrices, and output of its Seed-and-Wobble: ``read(text)``; not written.

::

    Protein: Zif268	Seed k-mer: GCGTGGGC	Enrichment Score: 0.49
    A:	0.18	0.21	0.18
    C:	0.27	0.22	0.21
    G:	0.38	0.35	0.34
    T:	0.17	0.22	0.27

The name is that after ``Protein:``, ``Gene:`` or ``Motif:``, else the title line; without a title it is the name of the
file. Of Seed-and-Wobble's matrices (enrichment scores, energies, probabilities) the probabilities are read. ``nsites``
is None and the counts are those of 20 sites.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from motifnet.errors import quoted
from motifnet.motifs.io.common import CUT_HINT, Line, MotifText, as_identifier, motif_of_probabilities
from motifnet.motifs.io.orientation import read_matrix
from motifnet.motifs.motif import Motif, MotifSet

_ROW = re.compile(r"[ACGTU]:", re.IGNORECASE)
_NAME = re.compile(r"#?\s*+(?:Protein|Gene|Motif)\s*+:\s*+([^\s]++)", re.IGNORECASE)
_SECTION = re.compile(r"(enrichment score|energy|probability) matrix", re.IGNORECASE)
#: Rank, k-mer and score of a seed; the positions above an energy matrix.
_OTHER = re.compile(r"(?:[0-9]++|PO)\t", re.IGNORECASE)
#: No line of another format.
LINE = re.compile(
    r"(?!>|<|//|MEME version|MOTIF\s|letter-prob|ALPHABET|(?:AC|ID|NA|DE|VV|XX)(?:\s\s|\t|$)|P[0O]\s++A\s|Pos\s++A\s"
    r"|(?:TF|TF Name|Motif)\t|[ACGTU]\s*+[\[|])"
)


@dataclass
class _Record:
    """Title of a motif, the rows of its probabilities, and the kind of the current matrix."""

    title: Line
    rows: list[Line] = field(default_factory=list)
    section: str = ""


def begins(lines: Sequence[Line], index: int) -> bool:
    """Whether a UniPROBE motif begins at a line: four rows ``A:`` to ``T:``, or a title before them."""
    if lines[index].text.startswith(">"):
        return False
    after = lines[index + 1 : index + 5]
    if _ROW.match(lines[index].text):
        return sum(_ROW.match(line.text) is not None for line in after[:3]) == 3
    has_rows = len(after) == 4 and all(_ROW.match(line.text) for line in after)
    return has_rows or (_NAME.match(lines[index].text) is not None and any(_SECTION.match(line.text) for line in after))


def read(text: MotifText) -> MotifSet:
    """Read UniPROBE matrices."""
    records: list[_Record] = []
    for line in text.lines:
        if not _ROW.match(line.text):
            if section := _SECTION.match(line.text):
                if records:
                    records[-1].section = section[1].lower()
            elif not _OTHER.match(line.text):
                records.append(_Record(line))
            continue
        if not records:
            records.append(_Record(line))
        if records[-1].section in ("", "probability"):
            records[-1].rows.append(line)
    for record in records:
        if not record.rows:
            message = f"no matrix (rows A: to T:) after the title {quoted(record.title.text.strip())}"
            raise record.title.error(message, CUT_HINT)
    by_line = {record.title.number: record for record in records}

    def read_motif(title: Sequence[Line], fallback: str) -> Motif:
        record = by_line[title[0].number]
        name = _name_of(record.title) or (fallback if len(records) > 1 else text.stem)
        return motif_of_probabilities((name, ""), read_matrix(record.rows, name, record.title, None), record.title)

    return MotifSet(text.collect([[record.title] for record in records], read_motif))


def _name_of(title: Line) -> str:
    if _ROW.match(title.text):
        return ""
    found = _NAME.match(title.text)
    return found[1] if found else as_identifier(title.text.lstrip("# ").strip())
