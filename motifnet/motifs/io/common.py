"""Shared by the motif formats: recognition of the format, lines, names, rows of numbers, and motifs from counts."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, TextIO

import numpy as np

from motifnet.errors import FormatError, InputError, listed, quoted
from motifnet.motifs.motif import Floats, Motif

Kind = Literal["meme", "jaspar", "transfac", "homer", "fasta", "html", "xml", "empty", "binary", "unknown"]

#: Number of sites that the MEME programs assume where ``nsites`` is missing.
DEFAULT_NSITES = 20
#: Tolerance of the sum of four probabilities: rounded to one decimal they can miss 1 by 0.1.
_ROW_SUM_TOLERANCE = 0.1 + 1e-9
CUT_HINT = "The file may be truncated or a row damaged."

_TRANSFAC = re.compile(r"^P[0O][ \t]+[ACGTU](?:[ \t]+[ACGTU]){3}\b", re.MULTILINE | re.IGNORECASE)
_JASPAR_ROW = re.compile(r"[ACGTU][ \t]*(?:[\[|:]|[ \t][-+.0-9])", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?[0-9.]+(?:e[-+]?[0-9]+)?(?=\s|$)", re.IGNORECASE)
#: Description of each kind of file that is not a motif file, and a hint.
_OTHER_KINDS: dict[Kind, tuple[str, str | None]] = {
    "fasta": ("a FASTA file of sequences", "Give a file of motifs."),
    "html": ("an HTML page", "Give the text file that the MEME programs write beside it (meme.txt, streme.txt)."),
    "xml": ("an XML file", "Give the text file that the MEME programs write beside it (meme.txt, streme.txt)."),
    "empty": ("an empty file", None),
    "binary": ("a binary file", None),
    "unknown": ("not a known motif format", None),
}


class Line(NamedTuple):
    """A line of a file, with its 1-based number."""

    path: str | Path
    number: int
    text: str

    def error(self, message: str, hint: str | None = None) -> FormatError:
        """Make an error that names this line."""
        return FormatError(self.path, message, line=self.number, hint=hint)


# --- the format ---


def recognise(text: str) -> Kind:
    """Recognise the kind of a file by its content."""
    text = text.lstrip("\ufeff")
    if not text.strip():
        return "empty"
    if "\0" in text:
        return "binary"
    lines = [line for line in text[:10_000].splitlines() if line.strip() and not line.startswith("#")]
    first, second = [line.lstrip() for line in [*lines, "", ""][:2]]
    if first.startswith("<"):
        return "xml" if first.startswith("<?xml") else "html"
    if re.search(r"^[ \t]*(MEME version|letter-probability matrix)", text, re.MULTILINE):
        return "meme"
    if _TRANSFAC.search(text):
        return "transfac"
    if not first.startswith(">"):
        return "unknown"
    if _NUMBER.match(second):  # HOMER has a threshold in the third field
        fields = first.split("\t")
        return "homer" if len(fields) > 2 and _NUMBER.fullmatch(fields[2].strip()) else "jaspar"
    return "jaspar" if _JASPAR_ROW.match(second) else "fasta"


def wrong_kind(path: str | Path, kind: Kind, expected: str) -> FormatError:
    """Make the error for a file of one kind where another was expected."""
    found, hint = _OTHER_KINDS.get(kind) or (
        f"a {kind.upper()} motif file",
        "Leave out the format (format=, on the command line --from); it is recognised by the content.",
    )
    return FormatError(path, f"expected {expected}, but this is {found}", hint=hint)


def read_lines(handle: TextIO, path: str | Path | None, kind: Kind) -> list[Line]:
    """Read the lines of a file; FormatError if it is of another kind. `path` is its name in messages."""
    path = path if path is not None else getattr(handle, "name", "<motifs>")
    text = handle.read()
    found = recognise(text)
    if found != kind:
        raise wrong_kind(path, found, f"a {kind.upper()} motif file")
    lines = text.lstrip("\ufeff").split("\n")
    return [Line(path, number, line.rstrip("\r")) for number, line in enumerate(lines, start=1)]


def split_records(lines: Sequence[Line]) -> list[list[Line]]:
    """Split lines into records that begin with ``>``, without blank lines and comments (``#``)."""
    records: list[list[Line]] = []
    for line in lines:
        if line.text.startswith(">"):
            records.append([line])
        elif line.text.strip() and not line.text.startswith("#"):
            if not records:
                raise line.error("a line before the first motif ('>')")
            records[-1].append(line)
    return records


# --- names ---


def as_identifier(text: str, *, forbidden: str = "") -> str:
    """Replace white space and forbidden characters by ``_``."""
    return re.sub(rf"[\s{re.escape(forbidden)}]+", "_", text)


def check_identifiers(motifs: Iterable[Motif], format: str, *, forbidden: str = "") -> None:
    """Raise InputError if a name contains white space or a forbidden character."""
    for motif in motifs:
        identifier = as_identifier(motif.name, forbidden=forbidden)
        if identifier != motif.name:
            others = "".join(f" or {quoted(character)}" for character in forbidden)
            raise InputError(
                f"motif {quoted(motif.name)}: {format} identifiers must not contain white space{others}",
                hint=f"Rename it, e.g. {quoted(identifier)}; alt_name may be any text.",
            )


def split_title(title: str) -> tuple[str, str]:
    """Split a title into identifier (up to the first white space) and alternate name; both can be empty."""
    fields = title.split()
    return " ".join(fields[:1]), " ".join(fields[1:])


def check_unique(lines: Iterable[Line], motifs: Sequence[Motif]) -> None:
    """Raise FormatError if two motifs of a file have one name; `lines` are those where the motifs begin."""
    first_at: dict[str, int] = {}
    for line, motif in zip(lines, motifs, strict=True):
        if first_at.setdefault(motif.name, line.number) != line.number:
            message = f"a second motif {quoted(motif.name)}; the first is at line {first_at[motif.name]}"
            raise line.error(message, "Rename one of them: identifiers must be unique.")


# --- numbers ---


def is_number(text: str) -> bool:
    """Whether Python reads it as a float."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _read_numbers(fields: Sequence[str], n: int, row: str, line: Line) -> list[float]:
    wrong = next((field for field in fields if not is_number(field)), None)
    if wrong is not None:
        raise line.error(f"{row}: {quoted(wrong)} is not a number")
    if len(fields) != n:
        bases = " (A, C, G, T)" if n == 4 else ""
        raise line.error(f"{row} must have {n} numbers{bases}. Got {len(fields)}")
    return [float(field) for field in fields]


def read_probabilities(lines: Sequence[Line], name: str) -> Floats:
    """Read rows of four probabilities ``(w, 4)``, up to the first line that does not begin with a number."""
    rows: list[list[float]] = []
    for line in lines:
        fields = line.text.split()
        if not fields or not is_number(fields[0]):
            break
        row = f"row {len(rows) + 1} of motif {quoted(name)}"
        values = _read_numbers(fields, 4, row, line)
        if min(values) < 0 or not abs(sum(values) - 1) <= _ROW_SUM_TOLERANCE:
            message = f"{row} must be four probabilities that sum to 1. Got {listed(fields[:8], ' ')}"
            raise line.error(message, "Divide counts by their sum.")
        rows.append(values)
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


def read_counts(fields: Sequence[str], n: int, row: str, line: Line) -> list[float]:
    """Read ``n`` counts; ``row`` is the name of the row in messages."""
    values = _read_numbers(fields, n, row, line)
    for field, value in zip(fields, values, strict=True):
        if not 0 <= value < 1e15:  # far above any count
            raise line.error(f"{row}: {field} is not a count", "Give counts or probabilities, not log odds.")
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


def motif_of_counts(title: tuple[str, str], counts: Floats, line: Line) -> Motif:
    """Make a motif from counts ``(4, w)`` of a file that does not give the number of sites.

    ``nsites`` is the largest column sum, rounded (in some columns a site may have no base). If every column sums to 1
    and not all counts are whole, they are probabilities: then nsites is None and the counts are those of 20 sites.
    `title` is the name and the alternate name, `line` where the motif begins.
    """
    name, alt_name = title
    totals = counts.sum(axis=0)
    if (np.abs(totals - 1) <= _ROW_SUM_TOLERANCE).all() and (counts % 1).any():
        return motif_of_rows(name, counts.T, None, alt_name=alt_name)
    try:
        return Motif(name, counts, round(float(totals.max())) or None, alt_name=alt_name)
    except InputError as error:
        raise line.error(error.message, error.hint) from None
