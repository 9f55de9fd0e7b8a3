"""What the formats have in common: numbered lines, names, rows of numbers, and motifs made of them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np

from motifnet.errors import FormatError, InputError
from motifnet.motifs.io.recognition import Kind, kind_in_words, recognise, wrong_kind
from motifnet.motifs.motif import Floats, Motif

#: What MEME's own programs assume when ``nsites`` is missing.
DEFAULT_NSITES = 20
#: Rows may be off by their rounding: four values of one decimal can miss 1 by 0.1.
_ROW_SUM_TOLERANCE = 0.1 + 1e-9
#: A count this close to a whole number, as a share of its column's sum, is one: counts that were read as six decimals
#: of a probability come out as they went in.
_WHOLE = 1e-6
#: Far above any count, and far below what a sum of floats holds.
_MOST = 1e15


class Line(NamedTuple):
    """A line of a file."""

    number: int  # 1-based
    text: str


def read_lines(handle: TextIO, path: str | Path | None, kind: Kind) -> tuple[list[Line], str | Path]:
    """Lines of a file of this kind, and what messages call the file.

    Raises
    ------
    FormatError
        If it is a file of another kind.
    """
    where = path if path is not None else getattr(handle, "name", "<motifs>")
    text = handle.read()
    found = recognise(text)
    if found != kind:
        raise wrong_kind(where, found, kind_in_words(kind))
    return [Line(i, line.rstrip("\r")) for i, line in enumerate(text.lstrip("\ufeff").split("\n"), start=1)], where


def is_number(word: str) -> bool:
    """Whether Python reads a float there."""
    try:
        float(word)
    except ValueError:
        return False
    return True


def split_records(lines: Sequence[Line], where: str | Path) -> list[list[Line]]:
    """Records that begin with ``>``, without blank lines and comments (``#``).

    Raises
    ------
    FormatError
        If anything stands before the first of them.
    """
    records: list[list[Line]] = []
    for line in lines:
        if line.text.startswith(">"):
            records.append([line])
        elif line.text.strip() and not line.text.startswith("#"):
            if not records:
                raise FormatError(where, "this line stands before the first motif ('>')", line=line.number)
            records[-1].append(line)
    return records


# --- names ---


def as_word(text: str, *, forbidden: str = "") -> str:
    """`text` with ``_`` for white space and for the forbidden characters."""
    return re.sub(rf"[\s{re.escape(forbidden)}]+", "_", text)


def check_words(motifs: Iterable[Motif], kind: str, *, forbidden: str = "") -> None:
    """Say before anything is written which name is no identifier of the format.

    Raises
    ------
    InputError
        If a name holds white space or one of the forbidden characters.
    """
    for motif in motifs:
        word = as_word(motif.name, forbidden=forbidden)
        if word != motif.name:
            besides = "".join(f" and no {letter!r}" for letter in forbidden)
            raise InputError(
                f"motif {motif.name!r}: a {kind} identifier holds no white space{besides}",
                hint=f"Rename it, e.g. {word!r}; free text fits into alt_name.",
            )


def split_title(title: str) -> tuple[str, str]:
    """Identifier (the first word) and alternate name (the rest) of a title; both can be empty."""
    words = title.split()
    return " ".join(words[:1]), " ".join(words[1:])


def check_names(lines: Sequence[Line], motifs: Sequence[Motif], where: str | Path) -> None:
    """Refuse a name that stands in a file twice.

    Parameters
    ----------
    lines : sequence of Line
        Where each motif begins.
    motifs : sequence of Motif, as many
    where : str or Path

    Raises
    ------
    FormatError
    """
    first_at: dict[str, int] = {}
    for line, motif in zip(lines, motifs, strict=True):
        if first_at.setdefault(motif.name, line.number) != line.number:
            raise FormatError(
                where,
                f"motif {motif.name!r} is in the file twice, first at line {first_at[motif.name]}",
                line=line.number,
                hint="Rename one of them: identifiers are unique.",
            )


# --- probabilities: one row a position ---


def read_probabilities(lines: Sequence[Line], name: str, where: str | Path) -> Floats:
    """Rows of four probabilities, up to the first line that does not begin with a number.

    Returns
    -------
    float array of shape (w, 4)
        As they stand in the file: each row sums to about 1.

    Raises
    ------
    FormatError
        If a row is no such row.
    """
    rows: list[list[float]] = []
    for line in lines:
        words = line.text.split()
        if not words or not is_number(words[0]):
            break
        values = read_numbers(words, 4, f"row {len(rows) + 1} of motif {name!r}", line, where)
        if min(values) < 0 or not abs(sum(values) - 1) <= _ROW_SUM_TOLERANCE:
            raise FormatError(
                where,
                f"row {len(rows) + 1} of motif {name!r} is not made of probabilities: it sums to {sum(values):.4g}",
                line=line.number,
                hint="Each row holds four numbers from 0 to 1 that sum to 1; counts have to be divided by their sum.",
            )
        rows.append(values)
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


def counts_of_rows(rows: Floats, nsites: int | None) -> Floats:
    """Counts ``(4, w)`` of so many sites (20 when unknown) from rows of probabilities ``(w, 4)``, scaled to 1."""
    ppm = rows.T / rows.T.sum(axis=0)
    counts: Floats = ppm * (nsites or DEFAULT_NSITES)
    return counts


def read_numbers(words: Sequence[str], n: int, row: str, line: Line, where: str | Path) -> list[float]:
    """``n`` numbers, where ``row`` names the row in messages.

    Raises
    ------
    FormatError
        If a word is no number, or there are more or fewer.
    """
    wrong = next((word for word in words if not is_number(word)), None)
    if wrong is not None:
        raise FormatError(where, f"{row}: {wrong!r} is not a number", line=line.number)
    if len(words) != n:
        raise FormatError(
            where,
            f"{row} has {len(words)} numbers; {n} were expected{' (A, C, G, T)' * (n == 4)}",
            line=line.number,
        )
    return [float(word) for word in words]


def round_to_one(shares: Floats, *, digits: int, smallest: int = 0) -> list[str]:
    """Decimals that sum to exactly 1: what rounding down leaves over goes to the largest remainders.

    No share comes out below ``smallest`` units of the last digit (a background of 0 would stop every reader).
    """
    scale = 10**digits
    units = np.floor(shares * scale).astype(np.int64)
    left_over = scale - int(units.sum())
    units[np.argsort(units - shares * scale, kind="stable")[:left_over]] += 1
    raised = np.maximum(units, smallest)
    raised[raised.argmax()] -= raised.sum() - scale
    return [f"{unit // scale}.{unit % scale:0{digits}d}" for unit in raised.tolist()]


# --- counts ---


def read_counts(words: Sequence[str], n: int, row: str, line: Line, where: str | Path) -> list[float]:
    """``n`` counts, as `read_numbers`.

    Raises
    ------
    FormatError
        Also if a number is negative or not finite.
    """
    values = read_numbers(words, n, row, line, where)
    for word, value in zip(words, values, strict=True):
        if not 0 <= value < _MOST:
            hint = "Log-odds are not enough: give counts or probabilities."
            raise FormatError(where, f"{row}: {word} is not a count", line=line.number, hint=hint)
    return values


def counted_motif(title: tuple[str, str], counts: Floats, line: Line, where: str | Path) -> Motif:
    """A motif of counts ``(4, w)`` as a file gives them, without a word on the number of sites.

    ``nsites`` is the largest column sum, rounded (in some columns a site may have no base). When every column sums to
    1 and not all are whole, the file holds probabilities: then nsites is None and the counts are those of 20 sites.

    Parameters
    ----------
    title : tuple of str
        Name and alternate name.
    counts : float array of shape (4, w)
    line : Line
        Where the motif begins.
    where : str or Path

    Raises
    ------
    FormatError
        If a column is empty.
    """
    name, alt_name = title
    totals = counts.sum(axis=0)
    if not totals.all():
        position = int(np.flatnonzero(totals == 0)[0])
        raise FormatError(
            where,
            f"motif {name!r}: the counts at position {position} sum to 0",
            line=line.number,
            hint="Leave the column out, or fill it with the background if nothing is known about it.",
        )
    if (np.abs(totals - 1) <= _ROW_SUM_TOLERANCE).all() and (counts % 1).any():
        return Motif(name, counts_of_rows(counts.T, None), None, alt_name=alt_name)
    return Motif(name, counts, round(float(totals.max())) or None, alt_name=alt_name)


def count_texts(column: Floats) -> list[str]:
    """Counts of a column to seven digits of its largest; whole numbers where they are within 1e-6 of its sum of one."""
    whole = np.round(column)
    values = np.where(np.abs(column - whole) <= _WHOLE * column.sum(), whole, column)
    decimals = max(0, 6 - math.floor(math.log10(column.max())))
    texts = [f"{value:.{decimals}f}" for value in values.tolist()]
    return [text.rstrip("0").rstrip(".") if decimals else text for text in texts]
