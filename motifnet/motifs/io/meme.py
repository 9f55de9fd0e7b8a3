"""The MEME motif format (minimal, version 4): ``read(handle)`` and ``write(motifs, handle)``.

A round trip keeps: the order of the motifs, their names, ``ppm`` to 6 decimals (each row of the file sums to exactly
1), ``nsites``, ``e_value`` to 2 digits, the background to 5 decimals, ``strands``, and ``alt_name`` with ``_`` for
space and ``=``. It does not keep: ``counts`` as such (they come back as ``ppm * nsites``), an unknown ``nsites``
(written as 20, the value that MEME itself assumes, and so read as 20), and an ``e_value`` of exactly 0 (the format's
word for "unknown").

The reader also takes what other tools write: complete text output of MEME, DREME and STREME, versions 3 to 5, custom
alphabet blocks that are DNA, no ALPHABET, strands or background lines, ``alength=4`` without a space, log-odds
matrices beside the probabilities (skipped), CRLF, URL lines, no newline at the end.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import numpy as np

from motifnet.errors import FormatError
from motifnet.motifs.io.common import (
    DEFAULT_NSITES,
    Line,
    as_word,
    check_names,
    check_words,
    counts_of_rows,
    read_lines,
    read_probabilities,
    round_to_one,
)
from motifnet.motifs.motif import BASES, Floats, Motif, MotifSet, Strands

#: What separates key and value, so no identifier holds it.
_FORBIDDEN = "="
_DNA_ONLY = "motifnet knows DNA only, neither protein nor modified bases."

_MOTIF = re.compile(r"[ \t]*MOTIF(?:[ \t]|$)")
_MATRIX = re.compile(r"[ \t]*letter-probability matrix[ \t]*:?")
_LOG_ODDS = re.compile(r"[ \t]*log-odds matrix")
_KEY = re.compile(r"(\w+)[ \t]*=[ \t]*([^\s=]+)")


def write(motifs: MotifSet, handle: TextIO) -> None:
    """Write motifs in minimal MEME format, version 4.

    Parameters
    ----------
    motifs : MotifSet
        Names may hold neither white space nor ``=``.
    handle : text file
        Nothing is written to it when a name is not allowed.

    Raises
    ------
    InputError
        If a name cannot be a MEME identifier.
    """
    check_words(motifs, "MEME", forbidden=_FORBIDDEN)
    background = _background_texts(motifs)
    pairs = "".join(f"{base} {share} " for base, share in zip(BASES, background, strict=True))
    handle.write("MEME version 4\n\nALPHABET= ACGT\n\n")
    handle.write(f"strands: {'+ -' if motifs.strands == 'both' else '+'}\n\n")
    handle.write(f"Background letter frequencies\n{pairs}\n\n")
    for motif in motifs:
        _write_motif(motif, handle)


def as_written(motifs: MotifSet) -> MotifSet:
    """The motifs as they are read from a MEME file of them.

    Thresholds and sites of motifs that have been rounded like this hold exactly for the motifs of the file.
    """
    text = io.StringIO()
    write(motifs, text)
    text.seek(0)
    return read(text)


def _background_texts(motifs: MotifSet) -> list[str]:
    """Five decimals that sum to 1; with both strands, A is as frequent as T, and C as G, after rounding too."""
    if motifs.strands == "forward":
        return round_to_one(motifs.background, digits=5, smallest=1)
    a = int(np.clip(np.rint(motifs.background[0] * 100_000), 1, 49_999))
    return [f"0.{units:05d}" for units in (a, 50_000 - a, 50_000 - a, a)]


def _write_motif(motif: Motif, handle: TextIO) -> None:
    alt_name = as_word(motif.alt_name.strip(), forbidden=_FORBIDDEN)
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


def read(handle: TextIO, *, path: str | Path | None = None) -> MotifSet:
    """Read motifs in MEME format.

    Parameters
    ----------
    handle : text file
    path : str or Path, optional
        What messages call the file; default its own name.

    Returns
    -------
    MotifSet
        ``counts`` are ``ppm * nsites``. Where the file does not give ``nsites`` (or gives 0), it is None and the
        counts are those of 20 sites. ``E= 0`` means unknown: None.

    Raises
    ------
    FormatError
        If it is a file of another kind, is not DNA, or a motif in it is damaged; with the line.
    """
    lines, where = read_lines(handle, path, "meme")
    starts = [i for i, line in enumerate(lines) if _MOTIF.match(line.text)]
    header = lines[: starts[0]] if starts else lines
    for line in header:
        if _MATRIX.match(line.text):
            raise FormatError(where, "a matrix stands before the first MOTIF line", line=line.number)
    _check_alphabet(header, where)
    background = _read_background(header, where)
    bounds = zip(starts, [*starts, len(lines)][1:], strict=True)
    motifs = [_read_motif(lines[start:end], where, background) for start, end in bounds]
    check_names([lines[start] for start in starts], motifs, where)
    return MotifSet(motifs, _read_strands(header), background)


def _read_strands(header: Sequence[Line]) -> Strands:
    """Of the ``strands:`` line; without one, MEME presumes both."""
    for line in header:
        if line.text.lower().startswith("strands:"):
            return "both" if "-" in line.text else "forward"
    return "both"


def _check_alphabet(header: Sequence[Line], where: str | Path) -> None:
    """DNA or RNA, as ``ALPHABET= ACGT`` or as a block of definitions; without either, MEME presumes DNA."""
    for index, line in enumerate(header):
        if not line.text.startswith("ALPHABET"):
            continue
        given = line.text.removeprefix("ALPHABET").strip()
        letters = set(given[1:].strip().upper()) if given.startswith("=") else _core_letters(header[index + 1 :])
        if letters not in (set("ACGT"), set("ACGU")):
            raise FormatError(
                where,
                f"the alphabet is {''.join(sorted(letters)) or 'empty'}; ACGT was expected",
                line=line.number,
                hint=_DNA_ONLY,
            )
        return


def _core_letters(block: Sequence[Line]) -> set[str]:
    """Letters that ``A "Adenine" CC0000 ~ T "Thymine" 008000`` and the like define; ``N = ACGT`` is no column."""
    letters: set[str] = set()
    for line in block:
        if line.text.startswith("END ALPHABET"):
            break
        unquoted = re.sub(r'"[^"]*"', "", line.text).strip()
        if unquoted and "=" not in unquoted:
            letters.update(part.strip()[0] for part in unquoted.split("~"))
    return letters


def _read_background(header: Sequence[Line], where: str | Path) -> Floats:
    """The four frequencies after the ``Background`` line, on one line or several; uniform without one."""
    at = next((i for i, line in enumerate(header) if line.text.startswith("Background letter frequencies")), None)
    if at is None:
        return np.full(4, 0.25)
    words: list[str] = []
    for line in header[at + 1 :]:
        if len(words) >= 8 or (words and not line.text.strip()):
            break
        words += line.text.split()
    try:
        frequencies = np.array([float(word) for word in words[1:8:2]])
    except ValueError:
        frequencies = np.array([])
    letters = "".join(words[0:8:2]).upper().replace("U", "T")
    if letters != BASES or len(frequencies) != 4 or not ((frequencies > 0) & (frequencies < np.inf)).all():
        raise FormatError(
            where,
            f"the background is {' '.join(words[:8])!r}; four positive frequencies were expected",
            line=header[at].number,
            hint="The line after it reads like: A 0.25 C 0.25 G 0.25 T 0.25",
        )
    return frequencies


def _read_motif(block: Sequence[Line], where: str | Path, background: Floats) -> Motif:
    name, alt_name = _read_name(block[0], where)
    at = [i for i, line in enumerate(block) if _MATRIX.match(line.text)]
    if len(at) != 1:
        log_odds = any(_LOG_ODDS.match(line.text) for line in block)
        raise FormatError(
            where,
            f"motif {name!r} has {'no' if not at else len(at)} letter-probability matri{'x' if not at else 'ces'}",
            line=block[0].number,
            hint="Its log-odds matrix is not enough: write the file with probabilities." if log_odds else None,
        )
    matrix = block[at[0]]
    width, nsites, e_value = _read_keys(matrix, where)
    rows = read_probabilities(block[at[0] + 1 :], name, where)
    if not len(rows) or (width is not None and len(rows) != width):
        raise FormatError(
            where,
            f"motif {name!r} has {len(rows)} rows; {'at least 1' if width is None else f'w= {width:g}'} was expected",
            line=matrix.number,
            hint="The file may be cut off, or a row damaged.",
        )
    return Motif(name, counts_of_rows(rows, nsites), nsites, background, alt_name, e_value)


def _read_name(line: Line, where: str | Path) -> tuple[str, str]:
    """Identifier and alternate name; MEME's own output goes on with ``width =  14  sites = 20 ...``."""
    words = re.split(r"\bwidth[ \t]*=", line.text, maxsplit=1)[0].split()[1:]
    if not words:
        raise FormatError(where, "a MOTIF line without an identifier", line=line.number)
    return words[0], " ".join(words[1:])


def _read_keys(line: Line, where: str | Path) -> tuple[float | None, int | None, float | None]:
    """Width, nsites and E-value of a ``letter-probability matrix:`` line; None for each that is not there."""
    keys = dict(_KEY.findall(_MATRIX.sub("", line.text)))
    numbers: dict[str, float] = {}
    for key in ("alength", "w", "nsites", "E"):
        if key in keys:
            try:
                numbers[key] = float(keys[key])
            except ValueError:
                numbers[key] = -1.0
            if key != "E" and not 0 <= numbers[key] < math.inf:
                raise FormatError(where, f"{key}= {keys[key]} is not a number of at least 0", line=line.number)
    if numbers.get("alength", 4) != 4:
        raise FormatError(
            where,
            f"the matrix has {keys['alength']} letters a row (alength); 4 were expected",
            line=line.number,
            hint=_DNA_ONLY,
        )
    # Some tools write an average, which is no integer; 0 means that they did not know.
    nsites = round(numbers.get("nsites", 0)) or None
    return numbers.get("w"), nsites, _e_value(keys.get("E", "0"), numbers.get("E", 0))


def _e_value(text: str, number: float) -> float | None:
    """None for 0 and for what is no number. MEME writes 1e-400 too, no zero: it becomes the smallest float above 0."""
    if not 0 <= number < math.inf or not re.search("[1-9]", text.lower().split("e")[0]):
        return None
    return number or math.ulp(0.0)
