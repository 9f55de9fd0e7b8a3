"""Shared by the motif formats: the lines of a file, names, numbers, and motifs from counts."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from motifnet.errors import FormatError, InputError, quoted
from motifnet.motifs.extraction_spec import Orientation
from motifnet.motifs.motif import BASES, Floats, Motif

logger = logging.getLogger("motifnet")

#: Number of sites that the MEME programs assume where ``nsites`` is missing.
DEFAULT_NSITES = 20
#: Counts and numbers of sites are below this, far above any experiment.
HIGHEST_COUNT = 1e15
CUT_HINT = "The file may be truncated or a row damaged."
SKIP_NOTE = "Use --skip-invalid (skip_invalid=True) to leave out motifs that are invalid."

#: Name in messages of a text that is not from a file.
TEXT_NAME = "<motifs>"
#: Tolerance of the sum of four probabilities: rounded to one decimal they can miss 1 by 0.1.
_ROW_SUM_TOLERANCE = 0.1 + 1e-9
#: Maximum number of lines that are not blank, and of characters of a line: more than in any collection of motifs, and
#: few enough for memory.
_MOST_LINES = _LONGEST_LINE = 1_000_000
#: Names in messages of sources that are not files.
_NO_FILES = (TEXT_NAME, "standard input")
# Possessive quantifiers, so that a long line is matched in linear time.
#: A line that is not blank.
_TEXT = re.compile(r"^[^\S\n]*+\S[^\n]*+", re.MULTILINE)
#: The start of a number, or of what other programs read as one, which is then an error with its line.
NUMBER_START = r"(?:[-+.]?[\d²³¹]|[-+]?(?i:nan|inf)\b)"
_NUMBER = re.compile(r"[-+]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][-+]?[0-9]++)?")


class Line(NamedTuple):
    """A line of a file, with its 1-based number."""

    path: str
    number: int
    text: str

    def error(self, message: str, hint: str | None = None) -> FormatError:
        """Make an error that names this line."""
        return FormatError(self.path, message, line=self.number, hint=hint)


@dataclass(frozen=True)
class MotifText:
    """The lines of a motif file that are not blank, and how they are read.

    Parameters
    ----------
    path : str
        Name of the file in messages.
    lines : sequence of Line
    orientation : {"bases", "positions"}, optional
        Rows of matrices without letters; None: decided by their shape and sums.
    skip_invalid : bool
        Leave out motifs that are invalid, and log their number; otherwise they are an error.
    """

    path: str
    lines: Sequence[Line]
    orientation: Orientation | None = None
    skip_invalid: bool = False

    @classmethod
    def of(
        cls, text: str, path: str | Path, *, orientation: Orientation | None = None, skip_invalid: bool = False
    ) -> MotifText:
        """Split a text into lines; FormatError if there are too many, or one is too long."""
        lines = []
        text = text.removeprefix("\ufeff")
        number, end = 1, 0
        for found in _TEXT.finditer(text):
            number, end = number + text.count("\n", end, found.start()), found.start()
            lines.append(Line(str(path), number, found[0].rstrip("\r")))
            if len(lines) > _MOST_LINES:
                raise lines[-1].error(f"a motif file has at most {_MOST_LINES:,} lines", "Split the file.")
            if found.end() - found.start() > _LONGEST_LINE:
                message = f"a line of a motif file has at most {_LONGEST_LINE:,} characters"
                raise lines[-1].error(message, "Check that this is a file of motifs.")
        return cls(str(path), lines, orientation, skip_invalid)

    @property
    def stem(self) -> str:
        """Name of the file without folder and suffix, motif_1 without a file: the name of a motif that has no other."""
        if self.path in _NO_FILES:
            return "motif_1"
        name = Path(self.path).name.removesuffix(".gz")
        return as_identifier(name.rpartition(".")[0] or name) or "motif_1"

    def without_comments(self) -> list[Line]:
        """The lines that do not begin with ``#``."""
        return [line for line in self.lines if not line.text.startswith("#")]

    def collect(self, records: Iterable[Sequence[Line]], read: Callable[[Sequence[Line], str], Motif]) -> list[Motif]:
        """Read the motif of each record.

        Parameters
        ----------
        records : iterable of sequences of Line
            The lines of each motif, the title first.
        read : callable
            Makes a motif of the lines and of ``motif_1``, ..., the name of a motif that has no other.

        Returns
        -------
        list of Motif

        Raises
        ------
        FormatError
            If a motif is invalid or has the name of another, unless invalid motifs are left out; or if all are invalid.
        """
        records = list(records)
        first_at: dict[str, int] = {}
        motifs: list[Motif] = []
        invalid: list[FormatError] = []
        for number, record in enumerate(records, start=1):
            try:
                motif = _read_unique(record, read, f"motif_{number}", first_at)
            except FormatError as error:
                if not self.skip_invalid:
                    if len(records) > 1:
                        error.add_note(SKIP_NOTE)
                    raise
                invalid.append(error)
            else:
                motifs.append(motif)
        if invalid and not motifs:
            raise invalid[0]
        if invalid:
            n, total = len(invalid), len(invalid) + len(motifs)
            logger.warning("%d of %d motifs are invalid and left out; the first: %s", n, total, invalid[0].message)
        return motifs


def _read_unique(
    record: Sequence[Line], read: Callable[[Sequence[Line], str], Motif], fallback: str, first_at: dict[str, int]
) -> Motif:
    title = record[0]
    try:
        motif = read(record, fallback)
    except FormatError:
        raise
    except InputError as error:
        raise title.error(error.message, error.hint) from None
    if motif.name in first_at:
        message = f"a second motif {quoted(motif.name)}; the first is at line {first_at[motif.name]}"
        raise title.error(message, "Rename one of them: identifiers must be unique.")
    first_at[motif.name] = title.number
    return motif


def split_records(lines: Sequence[Line]) -> list[list[Line]]:
    """Split lines into records that begin with ``>``."""
    records: list[list[Line]] = []
    for line in lines:
        if line.text.startswith(">"):
            records.append([line])
        elif not records:
            raise line.error("a line before the first motif ('>')")
        else:
            records[-1].append(line)
    return records


def check_contiguous(rows: Sequence[Line], name: str) -> None:
    """Raise FormatError for a row after a blank line or a comment: it may belong to another matrix."""
    for row, after in pairwise(rows):
        if after.number != row.number + 1:
            raise after.error(f"a row after a blank line or a comment in the matrix of motif {quoted(name)}", CUT_HINT)


# --- names ---


def as_identifier(text: str, *, forbidden: str = "") -> str:
    """Replace white space and forbidden characters by ``_``."""
    return re.sub(rf"[\s{re.escape(forbidden)}]+", "_", text)


def check_identifiers(motifs: Iterable[Motif], format: str, *, forbidden: str = "") -> None:
    """Raise InputError if a name contains white space or a forbidden character."""
    for motif in motifs:
        identifier = as_identifier(motif.name, forbidden=forbidden)
        if identifier != motif.name:
            others = "".join(f" or {character!r}" for character in forbidden)
            raise InputError(
                f"motif {quoted(motif.name)}: {format} identifiers must not contain white space{others}",
                hint=f"Rename it, e.g. {quoted(identifier)}; alt_name may be any text.",
            )


def split_title(title: str) -> tuple[str, str]:
    """Split a title into identifier (up to the first white space) and alternate name; both can be empty."""
    fields = title.split()
    return " ".join(fields[:1]), " ".join(fields[1:])


# --- numbers ---


def is_number(text: str) -> bool:
    """Whether it is a decimal number in ASCII; not ``nan``, ``inf``, ``1_000`` or ``²``."""
    return _NUMBER.fullmatch(text) is not None


def are_numbers(fields: Iterable[str]) -> bool:
    """Whether all are numbers."""
    return all(map(is_number, fields))


def read_count(text: str, what: str, line: Line) -> float:
    """Read a number from 0 to `HIGHEST_COUNT`; ``what`` is its name in messages."""
    value = float(text) if is_number(text) else math.nan
    if not 0 <= value < HIGHEST_COUNT:
        raise line.error(f"{what} must be a number from 0 to 1e15. Got {quoted(text)}")
    return value


def letter_order(fields: Sequence[str]) -> list[int] | None:
    """The columns of A, C, G and T, given the four letters above them; None if they are anything else."""
    letters = [field.upper().replace("U", "T") for field in fields]
    return [letters.index(base) for base in BASES] if sorted(letters) == list(BASES) else None


def _read_numbers(fields: Sequence[str], n: int, row: str, line: Line) -> list[float]:
    wrong = next((field for field in fields if not is_number(field)), None)
    if wrong is not None:
        raise line.error(f"{row}: {quoted(wrong)} is not a number")
    if len(fields) != n:
        bases = " (A, C, G, T)" if n == 4 else ""
        raise line.error(f"{row} must have {n} numbers{bases}. Got {len(fields)}")
    return [float(field) for field in fields]


def read_probabilities(lines: Sequence[Line], name: str) -> Floats:
    """Read rows of four probabilities: ``(w, 4)``."""
    rows: list[list[float]] = []
    for line in lines:
        fields = line.text.split()
        row = f"row {len(rows) + 1} of motif {quoted(name)}"
        values = _read_numbers(fields, 4, row, line)
        if min(values) < 0 or not abs(sum(values) - 1) <= _ROW_SUM_TOLERANCE:
            message = f"{row} must be four probabilities that sum to 1. Got {quoted(' '.join(fields))}"
            raise line.error(message, "Divide counts by their sum.")
        rows.append(values)
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


def read_counts(fields: Sequence[str], n: int, row: str, line: Line) -> list[float]:
    """Read ``n`` counts; ``row`` is the name of the row in messages."""
    values = _read_numbers(fields, n, row, line)
    for field, value in zip(fields, values, strict=True):
        if not 0 <= value < HIGHEST_COUNT:
            raise line.error(f"{row}: {quoted(field)} is not a count", "Give counts or probabilities, not log odds.")
    return values


def round_to_one(fractions: Floats, *, digits: int, smallest: int = 0) -> list[str]:
    """Write fractions as decimals that sum to exactly 1, each at least ``smallest`` units of the last digit.

    After rounding down, the rest goes to the largest remainders.
    """
    scale = 10**digits
    units = np.floor(fractions * scale).astype(np.int64)
    rest = scale - int(units.sum())
    units[np.argsort(units - fractions * scale, kind="stable")[:rest]] += 1
    raised = np.maximum(units, smallest)
    raised[raised.argmax()] -= raised.sum() - scale
    return [f"{unit // scale}.{unit % scale:0{digits}d}" for unit in raised.tolist()]


def count_texts(column: Floats) -> list[str]:
    """Write counts of a column to seven digits of the largest, or as whole numbers within 1e-6 of the column sum.

    So whole counts that were read as probabilities of six decimals are written as whole counts. Repeated until nothing
    changes, since rounded counts can be near whole numbers: counts that were read are written unchanged.
    """
    while True:
        whole = np.round(column)
        values = np.where(np.abs(column - whole) <= 1e-6 * column.sum(), whole, column)
        decimals = max(0, 6 - math.floor(math.log10(column.max())))
        texts = [f"{value:.{decimals}f}" for value in values.tolist()]
        rounded = np.array(texts, dtype=np.float64)
        if np.array_equal(rounded, column):
            return [text.rstrip("0").rstrip(".") if decimals else text for text in texts]
        column = rounded


# --- motifs ---


def motif_of_rows(name: str, rows: Floats, nsites: int | None, **others: Any) -> Motif:
    """Make a motif from rows of probabilities ``(w, 4)``, scaled to 1: counts of `nsites` sites, of 20 if unknown."""
    ppm = rows.T / rows.T.sum(axis=0)
    return Motif(name, ppm * (nsites or DEFAULT_NSITES), nsites, **others)


def motif_of_counts(title: tuple[str, str], counts: Floats) -> Motif:
    """Make a motif from counts ``(4, w)`` of a file that does not give the number of sites.

    ``nsites`` is the largest column sum, rounded (in some columns a site may have no base). If every column sums to 1
    and not all counts are whole, they are probabilities: then nsites is None and the counts are those of 20 sites.
    `title` is the name and the alternate name. InputError if a column has no counts.
    """
    name, alt_name = title
    totals = counts.sum(axis=0)
    if (np.abs(totals - 1) <= _ROW_SUM_TOLERANCE).all() and (counts % 1).any():
        return motif_of_rows(name, counts.T, None, alt_name=alt_name)
    return Motif(name, counts, round(float(totals.max())) or None, alt_name=alt_name)


def motif_of_probabilities(title: tuple[str, str], ppm: Floats, line: Line) -> Motif:
    """Make a motif from probabilities ``(4, w)``: counts of 20 sites; FormatError if a column does not sum to 1."""
    wrong = np.flatnonzero(~(np.abs(ppm.sum(axis=0) - 1) <= _ROW_SUM_TOLERANCE))
    if len(wrong):
        total = float(ppm[:, wrong[0]].sum())
        message = f"position {wrong[0] + 1} of motif {quoted(title[0])} must be four probabilities that sum to 1"
        raise line.error(f"{message}. Got a sum of {total:g}", CUT_HINT)
    return motif_of_rows(title[0], ppm.T, None, alt_name=title[1])
