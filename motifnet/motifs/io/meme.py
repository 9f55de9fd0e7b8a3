"""The MEME motif format (minimal, version 4): ``read(text)`` and ``write(motifs, handle)``.

A round trip keeps: the order of the motifs, their names, ``ppm`` to 6 decimals (each row of the file sums to exactly
1), ``nsites``, ``e_value`` to 2 digits, the background to 5 decimals, ``strands``, and ``alt_name`` with ``_`` for
space and ``=``. It does not keep: ``counts`` (read as ``ppm * nsites``), an unknown ``nsites`` (written as 20, the
value that MEME assumes, and so read as 20), an ``e_value`` of exactly 0 ("unknown" in the format), and ``threshold``.

Files of other tools are read too: complete text output of MEME, DREME and STREME, versions 3 to 5, custom DNA alphabet
blocks, no ALPHABET, strands or background lines, ``alength=4`` without a space, log-odds matrices beside the
probabilities (skipped), CRLF, URL lines, no newline at the end. Between the motifs, minimal files have only these
lines; anything else is an error, since it could be a motif that is not read.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TextIO

import numpy as np

from motifnet.errors import quoted
from motifnet.motifs.io.common import (
    CUT_HINT,
    DEFAULT_NSITES,
    NUMBER_START,
    TEXT_NAME,
    Line,
    MotifText,
    are_numbers,
    as_identifier,
    check_contiguous,
    check_identifiers,
    is_number,
    motif_of_rows,
    read_count,
    read_probabilities,
    round_to_one,
)
from motifnet.motifs.motif import BASES, Floats, Motif, MotifSet, Strands

_DNA_ONLY = "Only DNA is supported, not protein or modified bases."
#: No frequency of the background may be below this.
_LOWEST_FREQUENCY = 1e-9

_MOTIF = re.compile(r"[ \t]*+MOTIF(?:[ \t]|$)")
_MATRIX = re.compile(r"[ \t]*+letter-probability matrix[ \t]*+:?")
_LOG_ODDS = re.compile(r"[ \t]*+log-odds matrix")
_ROW = re.compile(rf"[ \t]*+{NUMBER_START}")
_KEY = re.compile(r"\b(\w++)[ \t]*+=[ \t]*+([^\s=]++)")
_BEGINS = re.compile(
    r"[ \t]*+(?:MEME version|ALPHABET|strands:|Background letter|MOTIF(?:[ \t]|$)|letter-probability matrix|\*{20})"
)
#: Complete output of MEME and STREME has rules of asterisks, and text and tables between the motifs.
_RULE = re.compile(r"\*{20}")
#: Lines of a minimal file, beside motifs and matrices.
_MINIMAL = re.compile(r"[ \t]*+(?:URL(?:[ \t]|$)|[-*=]++[ \t]*+$|(?:Time|FINALTIME|CPU|Stopping|Running)\b)")
#: No line that other formats begin with.
LINE = re.compile(
    r"(?![>;<]|(?:AC|ID|NA|DE|VV|XX)(?:\s\s|\t|$)|P[0O]\s++A\s|//\s*+$|Pos\s++A\s|TF\t|(?:Protein|Gene)\s*+:"
    r"|[ACGTU]\s*+[\[|]|[ACGTU]:\s)",
    re.IGNORECASE,
)


def begins(lines: Sequence[Line], index: int) -> bool:
    """Whether MEME format begins at a line."""
    return _BEGINS.match(lines[index].text) is not None


def has_version(lines: Sequence[Line]) -> bool:
    """Whether any line is MEME's version; other text may precede it."""
    return any(line.text.lstrip().startswith("MEME version") for line in lines)


def write(motifs: MotifSet, handle: TextIO) -> None:
    """Write motifs in minimal MEME format, version 4; names must not contain white space or ``=``."""
    check_identifiers(motifs, "MEME", forbidden="=")
    background = _background_texts(motifs)
    pairs = "".join(f"{base} {frequency} " for base, frequency in zip(BASES, background, strict=True))
    handle.write("MEME version 4\n\nALPHABET= ACGT\n\n")
    handle.write(f"strands: {'+ -' if motifs.strands == 'both' else '+'}\n\n")
    handle.write(f"Background letter frequencies\n{pairs}\n\n")
    for motif in motifs:
        _write_motif(motif, handle)


def as_written(motifs: MotifSet) -> MotifSet:
    """Write motifs and read them back, so that thresholds and sites are exact for the motifs of the file."""
    text = io.StringIO()
    write(motifs, text)
    return read(MotifText.of(text.getvalue(), TEXT_NAME))


def _background_texts(motifs: MotifSet) -> list[str]:
    """Five decimals that sum to 1; with both strands, A and T remain equal after rounding, as do C and G."""
    if motifs.strands == "forward":
        return round_to_one(motifs.background, digits=5, smallest=1)
    a = int(np.clip(np.rint(motifs.background[0] * 100_000), 1, 49_999))
    return [f"0.{units:05d}" for units in (a, 50_000 - a, 50_000 - a, a)]


def _write_motif(motif: Motif, handle: TextIO) -> None:
    alt_name = as_identifier(motif.alt_name.strip(), forbidden="=")
    nsites = DEFAULT_NSITES if motif.nsites is None else motif.nsites
    handle.write(f"MOTIF {motif.name}{' ' if alt_name else ''}{alt_name}\n")
    handle.write(
        f"letter-probability matrix: alength= 4 w= {motif.width} nsites= {nsites} E= {_e_text(motif.e_value)}\n"
    )
    for column in motif.ppm.T:
        handle.write(f" {' '.join(round_to_one(column, digits=6))}\n")
    handle.write("\n")


def _e_text(e_value: float | None) -> str:
    """``1.2e-031``, with an exponent of three digits as MEME writes it; ``0`` when unknown."""
    if not e_value:
        return "0"
    mantissa, exponent = f"{e_value:.1e}".split("e")
    return f"{mantissa}e{exponent[0]}{int(exponent[1:]):03d}"


@dataclass
class _Block:
    """Lines of a motif: its MOTIF line, and each probability matrix with its rows."""

    title: Line
    matrices: list[tuple[Line, list[Line]]] = field(default_factory=list)
    has_log_odds: bool = False


def read(text: MotifText) -> MotifSet:
    """Read motifs in MEME format.

    ``counts`` are ``ppm * nsites``. Without ``nsites`` in the file (or with 0), it is None and the counts are those of
    20 sites. ``E= 0`` means unknown: None.
    """
    lines = text.without_comments()
    first = next((i for i, line in enumerate(lines) if _MOTIF.match(line.text)), len(lines))
    header = lines[:first]
    for line in header:
        if _MATRIX.match(line.text) or _has_only_numbers(line):
            raise line.error("a matrix before the first MOTIF line")
    _check_alphabet(header)
    background = _read_background(header)
    blocks = {block.title.number: block for block in _split(lines[first:], is_output=_is_output(lines))}
    motifs = text.collect(
        [[block.title] for block in blocks.values()],
        lambda record, _: _read_motif(blocks[record[0].number], background),
    )
    return MotifSet(motifs, _read_strands(header), background)


def _is_output(lines: Sequence[Line]) -> bool:
    return any(_RULE.match(line.text) for line in lines)


def _is_matrix_row(line: Line) -> bool:
    fields = line.text.split(maxsplit=4)
    return len(fields) == 4 and are_numbers(fields)


def _has_only_numbers(line: Line) -> bool:
    """Whether a line has at least four numbers and nothing else, as matrices of any orientation have."""
    fields = line.text.split()
    return len(fields) > 3 and are_numbers(fields)


def _split(lines: Sequence[Line], *, is_output: bool) -> list[_Block]:
    """Blocks of the motifs; FormatError for a row outside a matrix, and for other text in a minimal file."""
    blocks: list[_Block] = []
    rows: list[Line] | None = None  # of the current matrix
    for line in lines:
        if _MOTIF.match(line.text):
            blocks.append(_Block(line))
            rows = None
        elif _MATRIX.match(line.text):
            rows = []
            blocks[-1].matrices.append((line, rows))
        elif _LOG_ODDS.match(line.text):
            rows, blocks[-1].has_log_odds = [], True
        elif rows is not None and _ROW.match(line.text):
            rows.append(line)
        elif _is_matrix_row(line) or not (is_output or _MINIMAL.match(line.text)):
            hint = f"{CUT_HINT} Comments begin with #."
            raise line.error(f"this line is not part of a motif: {quoted(line.text.strip())}", hint)
        else:
            rows = None
    return blocks


def _read_strands(header: Sequence[Line]) -> Strands:
    """Read the ``strands:`` line; without one, MEME assumes both."""
    for line in header:
        if line.text.lower().startswith("strands:"):
            return "both" if "-" in line.text else "forward"
    return "both"


def _check_alphabet(header: Sequence[Line]) -> None:
    """Check for DNA or RNA: ``ALPHABET= ACGT`` or a block of definitions; without either, MEME assumes DNA."""
    for index, line in enumerate(header):
        if not line.text.startswith("ALPHABET"):
            continue
        given = line.text.removeprefix("ALPHABET").strip()
        letters = set(given[1:].strip().upper()) if given.startswith("=") else _core_letters(header[index + 1 :])
        if letters not in (set("ACGT"), set("ACGU")):
            raise line.error(f"the alphabet must be ACGT. Got {quoted(''.join(sorted(letters)))}", _DNA_ONLY)
        return


def _core_letters(block: Sequence[Line]) -> set[str]:
    """Letters that lines such as ``A "Adenine" CC0000 ~ T "Thymine" 008000`` define; not ambiguous ones (N = ACGT)."""
    letters: set[str] = set()
    for line in block:
        if line.text.startswith("END ALPHABET"):
            break
        unquoted = re.sub(r'"[^"]*"', "", line.text).strip()
        if unquoted and "=" not in unquoted:
            letters.update(part.strip()[:1] for part in unquoted.split("~"))
    return letters


def _read_background(header: Sequence[Line]) -> Floats:
    """Read the four frequencies after the ``Background`` line, on one or several lines; uniform without them."""
    at = next((i for i, line in enumerate(header) if line.text.startswith("Background letter frequencies")), None)
    if at is None:
        return np.full(4, 0.25)
    fields: list[str] = []
    for line in header[at + 1 :]:
        if len(fields) >= 8:
            break
        fields += line.text.split(maxsplit=8)[:8]
    letters = "".join(fields[0:8:2]).upper().replace("U", "T")
    frequencies = [float(text) if is_number(text) else math.nan for text in fields[1:8:2]]
    if (
        letters != BASES
        or len(frequencies) != 4
        or not all(_LOWEST_FREQUENCY <= frequency <= 1 for frequency in frequencies)
        or not 0.9 <= sum(frequencies) <= 1.1
    ):
        raise header[at].error(
            f"the background must have four positive frequencies that sum to 1. Got {quoted(' '.join(fields[:8]))}",
            "Expected on the next line: A 0.25 C 0.25 G 0.25 T 0.25",
        )
    return np.array(frequencies)


def _read_motif(block: _Block, background: Floats) -> Motif:
    # In MEME's output, ``width =  14  sites = 20 ...`` follows the names.
    fields = re.split(r"\bwidth[ \t]*+=", block.title.text, maxsplit=1)[0].split()[1:]
    if not fields:
        raise block.title.error("MOTIF line without an identifier")
    name, alt_name = fields[0], " ".join(fields[1:])
    if len(block.matrices) != 1:
        raise block.title.error(
            f"motif {quoted(name)} must have one letter-probability matrix. Got {len(block.matrices)}",
            "A log-odds matrix is not enough: write the file with probabilities." if block.has_log_odds else None,
        )
    ((matrix, lines),) = block.matrices
    width, nsites, e_value = _read_keys(matrix)
    if width is None:
        check_contiguous(lines, name)
    rows = read_probabilities(lines, name)
    if not len(rows) or (width is not None and len(rows) != width):
        expected = "at least 1 row" if width is None else f"{width:g} rows (w=)"
        raise matrix.error(f"motif {quoted(name)} must have {expected}. Got {len(rows)}", CUT_HINT)
    return motif_of_rows(name, rows, nsites, background=background, alt_name=alt_name, e_value=e_value)


def _read_keys(line: Line) -> tuple[float | None, int | None, float | None]:
    """Read width, nsites and E-value of a ``letter-probability matrix:`` line; None if missing."""
    keys = dict(_KEY.findall(line.text))
    numbers = {key: read_count(keys[key], f"{key}=", line) for key in ("alength", "w", "nsites") if key in keys}
    if numbers.get("alength", 4) != 4:
        raise line.error(f"the matrix must have alength= 4. Got {quoted(keys['alength'])}", _DNA_ONLY)
    # Some tools write an average, which is not an integer; 0 means unknown.
    nsites = round(numbers.get("nsites", 0)) or None
    return numbers.get("w"), nsites, _e_value(keys.get("E", "0"), line)


def _e_value(text: str, line: Line) -> float | None:
    """None for 0, ``nan`` and ``inf``; the smallest float above 0 for 1e-400, which MEME may write."""
    if text.lower().lstrip("+") in ("nan", "-nan", "inf"):
        return None
    if not is_number(text) or text.startswith("-"):
        raise line.error(f"E= must be a number of at least 0. Got {quoted(text)}")
    if not re.search("[1-9]", text.lower().partition("e")[0]):
        return None
    value = float(text)
    return (value or math.ulp(0.0)) if value < math.inf else None
