"""Matrices without a title, one or several in a file: ``read(text)``; not written.

::

    0 3 79 40 66 48
    94 75 4 3 1 2
    1 0 3 4 1 0
    2 19 11 50 29 47

Rows are bases or positions (see `orientation.orient`), as in files of MOODS and in lists of position frequency
matrices; they may begin with their base. Matrices are separated by blank lines, or follow each other in groups of four
rows. The name of a single matrix is that of the file; of several motif_1, ...
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from motifnet.motifs.io.common import CUT_HINT, Line, MotifText, are_numbers, motif_of_counts
from motifnet.motifs.io.orientation import LETTERS_ROW, ROW, has_equal_sums, is_row, read_matrix
from motifnet.motifs.motif import Motif, MotifSet

LINE = re.compile(rf"#|{ROW.pattern}|{LETTERS_ROW.pattern}", re.IGNORECASE)


def begins(lines: Sequence[Line], index: int) -> bool:
    """Whether a matrix begins at a line."""
    return is_row(lines[index])


def read(text: MotifText) -> MotifSet:
    """Read matrices without titles."""
    records = [matrix for block in _blocks(text.without_comments()) for matrix in _matrices(block)]

    def read_motif(record: Sequence[Line], fallback: str) -> Motif:
        name = fallback if len(records) > 1 else text.stem
        return motif_of_counts((name, ""), read_matrix(record, name, record[0], text.orientation))

    return MotifSet(text.collect(records, read_motif))


def _blocks(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Lines without a blank line or a comment between them."""
    block: list[Line] = []
    for line in lines:
        if block and line.number != block[-1].number + 1:
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _matrices(block: list[Line]) -> Iterator[list[Line]]:
    """Matrices of a block: all rows if they are positions or fewer than 8; else groups of four."""
    fields = [line.text.split() for line in block]
    if len(block) <= 4 or LETTERS_ROW.match(block[0].text):
        yield block
        return
    groups = [block[start : start + 4] for start in range(0, len(block), 4)]
    is_square = all(len(row) == 4 and are_numbers(row) for row in fields)
    if is_square and not _are_stacked(fields):
        yield block
    elif len(block) % 4:
        raise block[0].error(f"a matrix must have 4 rows or 4 columns (A, C, G, T). Got {len(block)} rows", CUT_HINT)
    else:
        yield from groups


def _are_stacked(fields: Sequence[Sequence[str]]) -> bool:
    """Whether rows of four numbers are 4 x 4 matrices with bases as rows, since the sums of their columns are equal."""
    if len(fields) % 4:
        return False
    numbers = np.array(fields, dtype=np.float64)
    return not has_equal_sums(numbers.T) and all(map(has_equal_sums, np.split(numbers, len(numbers) // 4)))
