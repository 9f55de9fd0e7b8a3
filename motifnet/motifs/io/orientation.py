"""Matrices of a file as counts of A, C, G, T by position: by their letters, or by the sums of rows and columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from motifnet.errors import FormatError, quoted
from motifnet.motifs.extraction_spec import Orientation
from motifnet.motifs.io.common import CUT_HINT, NUMBER_START, Line, check_contiguous, letter_order, read_counts
from motifnet.motifs.motif import BASES, Floats

#: Base, numbers, and any text after them. Every part may be empty, so that it matches in linear time.
_ROW = re.compile(r"\s*+(?:([ACGTU])(?=[\s\[|:]))?\s*+[\[|:]?([^\]]*+)\]?(.*+)", re.IGNORECASE | re.DOTALL)
#: A row of a matrix: a base or a number first; or the letters above the columns.
ROW = re.compile(rf"\s*+(?:[ACGTUacgtu](?=\s*+[\[|:]|\s++{NUMBER_START})|[\[|]?\s*+{NUMBER_START})")
LETTERS_ROW = re.compile(r"\s*+[ACGTU]\s++[ACGTU]\s++[ACGTU]\s++[ACGTU]\s*+$", re.IGNORECASE)

#: Sums of columns that are counts of the same sites differ by less (relative; from rounding), others by more.
_EQUAL, _UNEQUAL = 0.02, 0.1


def is_row(line: Line) -> bool:
    """Whether a line looks like a row of a matrix, or the letters above its columns."""
    return bool(ROW.match(line.text) or LETTERS_ROW.match(line.text))


def read_matrix(rows: Sequence[Line], name: str, title: Line, orientation: Orientation | None) -> Floats:
    """Read a matrix of counts or probabilities: ``(4, w)``.

    Rows with a base (``A [ 1 2 ]``, ``A | 1 2``, ``A: 1 2``) may come in any order; a first row of four letters names
    the columns. A matrix without letters is oriented by `orient`.

    Parameters
    ----------
    rows : sequence of Line
    name : str
        Name of the motif in messages.
    title : Line
        Line of errors that belong to the whole matrix.
    orientation : {"bases", "positions"}, optional
        Rows of a matrix without letters; None: decided by shape and sums.

    Returns
    -------
    float64 array of shape (4, w)

    Raises
    ------
    FormatError
        If rows are missing, damaged or of different lengths, or the orientation is ambiguous.
    """
    order = letter_order(rows[0].text.split()) if rows else None
    if order is not None:
        return _numbers(rows[1:], name, title)[:, order].T if len(rows) > 1 else _numbers([], name, title)
    bases = [_ROW.match(row.text)[1] for row in rows]  # type: ignore[index]  # matches any text
    if not any(bases):
        check_contiguous(rows, name)
        return orient(_numbers(rows, name, title), name, title, orientation)
    if len(rows) != 4:
        raise (rows[4] if len(rows) > 4 else title).error(
            f"motif {quoted(name)} must have 4 rows (A, C, G, T). Got {len(rows)}", CUT_HINT
        )
    seen: list[str] = []
    for row, given, expected in zip(rows, bases, BASES, strict=True):
        base = (given or expected).upper().replace("U", "T")
        if base in seen:
            raise row.error(f"motif {quoted(name)} has a second row {base}")
        seen.append(base)
    return _numbers(rows, name, title)[[seen.index(base) for base in BASES]]


def orient(matrix: Floats, name: str, title: Line, orientation: Orientation | None) -> Floats:
    """Return a matrix without letters with bases as rows: ``(4, w)``.

    Four rows of another length than 4 are bases; rows of length 4, of another number than 4, are positions. Of 4 x 4
    matrices the sums decide: each position has the same sum, since its numbers are counts of the same sites.

    Raises
    ------
    FormatError
        If there are neither 4 rows nor 4 columns, or the sums of 4 x 4 numbers do not decide.
    """
    n_rows, n_columns = matrix.shape
    if n_rows != 4 and n_columns != 4:
        message = f"motif {quoted(name)} must have 4 rows or 4 columns (A, C, G, T). Got {n_rows} x {n_columns}"
        raise title.error(message, CUT_HINT)
    chosen = orientation or _by_shape(matrix)
    if chosen is None:
        raise title.error(
            f"motif {quoted(name)}: the rows of this 4 x 4 matrix may be bases or positions",
            "Set --orientation (in Python orientation=) to bases or positions, e.g. with `motifnet convert`.",
        )
    if (n_rows if chosen == "bases" else n_columns) != 4:
        other = "positions" if chosen == "bases" else "bases"
        message = f"motif {quoted(name)}: the rows cannot be {chosen}, since the matrix is {n_rows} x {n_columns}"
        raise title.error(message, f"Omit the orientation, or set it to {other}.")
    return matrix if chosen == "bases" else matrix.T


def spread(sums: Floats) -> float:
    """Relative difference of the largest and the smallest of sums of counts; 0: all are equal."""
    highest = float(sums.max())
    return (highest - float(sums.min())) / highest if highest > 0 else 0.0


def _by_shape(matrix: Floats) -> Orientation | None:
    if matrix.shape != (4, 4):
        return "bases" if matrix.shape[0] == 4 else "positions"
    of_rows, of_columns = spread(matrix.sum(axis=1)), spread(matrix.sum(axis=0))
    if of_columns <= _EQUAL and of_rows >= _UNEQUAL:
        return "bases"
    return "positions" if of_rows <= _EQUAL and of_columns >= _UNEQUAL else None


def has_equal_sums(matrix: Floats) -> bool:
    """Whether the columns of a matrix have equal sums, within rounding."""
    return spread(matrix.sum(axis=0)) <= _EQUAL


def _numbers(rows: Sequence[Line], name: str, title: Line) -> Floats:
    """Read rows of equal lengths, with or without a base at the start."""
    matrix: list[list[float]] = []
    for number, row in enumerate(rows, start=1):
        base, counts, rest = _ROW.match(row.text).groups()  # type: ignore[union-attr]  # matches any text
        fields = [*counts.split(), *rest.split()]
        what = f"row {base.upper() if base else number} of motif {quoted(name)}"
        matrix.append(read_counts(fields, len(fields), what, row))
        if not fields or len(fields) != len(matrix[0]):
            raise _wrong_length(row, what, len(matrix[0]), len(fields))
    if not matrix:
        raise title.error(f"motif {quoted(name)} has no rows", CUT_HINT)
    return np.array(matrix)


def _wrong_length(row: Line, what: str, expected: int, found: int) -> FormatError:
    expected_n = f"{expected} counts" if expected else "at least 1 count"
    return row.error(f"{what} must have {expected_n}. Got {found}", CUT_HINT)
