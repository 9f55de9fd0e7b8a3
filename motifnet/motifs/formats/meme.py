"""The MEME motif format (minimal, version 4): ``read(handle)`` and ``write(motifs, handle)``.

A round trip keeps: the order of the motifs, their names, ``ppm`` to 6 decimals (each row of the file sums to exactly
1), ``nsites``, ``evalue`` to 2 digits, the background to 5 decimals, ``strands``, and ``alt_name`` with ``_`` for
space and ``=``. It does not keep: ``counts`` as such (they come back as ``ppm * nsites``), an unknown ``nsites``
(written as 20, the value that MEME itself assumes, and so read as 20), and an ``evalue`` of exactly 0 (the format's
word for "unknown").

The reader also takes what other tools write: complete text output of MEME, DREME and STREME, versions 3 to 5, custom
alphabet blocks that are DNA, no ALPHABET, strands or background lines, ``alength=4`` without a space, log-odds
matrices beside the probabilities (skipped), CRLF, URL lines, no newline at the end.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np

from motifnet.errors import FormatError, InputError
from motifnet.motifs.formats.recognise import recognise, wrong_kind
from motifnet.motifs.motif import BASES, Floats, Motif, MotifSet, Strands

#: What MEME's own programs assume when ``nsites`` is missing.
DEFAULT_NSITES = 20
#: Rows may be off by their rounding: four values of one decimal can miss 1 by 0.1.
_ROW_SUM_TOLERANCE = 0.1
_DNA_ONLY = "motifnet knows DNA only, neither protein nor modified bases."

_MOTIF = re.compile(r"[ \t]*MOTIF(?:[ \t]|$)")
_MATRIX = re.compile(r"[ \t]*letter-probability matrix[ \t]*:?")
_LOG_ODDS = re.compile(r"[ \t]*log-odds matrix")
_KEY = re.compile(r"(\w+)[ \t]*=[ \t]*([^\s=]+)")


class _Line(NamedTuple):
    number: int  # 1-based
    text: str


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
    for motif in motifs:
        word = _as_word(motif.name)
        if word != motif.name:
            raise InputError(
                f"motif {motif.name!r}: a MEME identifier holds no white space and no '='",
                hint=f"Rename it, e.g. {word!r}; free text fits into alt_name.",
            )
    background = _round_to_one(motifs.background, digits=5, smallest=1)
    pairs = "".join(f"{base} {share} " for base, share in zip(BASES, background, strict=True))
    handle.write("MEME version 4\n\nALPHABET= ACGT\n\n")
    handle.write(f"strands: {'+ -' if motifs.strands == 'both' else '+'}\n\n")
    handle.write(f"Background letter frequencies\n{pairs}\n\n")
    for motif in motifs:
        _write_motif(motif, handle)


def _write_motif(motif: Motif, handle: TextIO) -> None:
    alt_name = _as_word(motif.alt_name.strip())
    nsites = DEFAULT_NSITES if motif.nsites is None else motif.nsites
    handle.write(f"MOTIF {motif.name}{' ' if alt_name else ''}{alt_name}\n")
    handle.write(
        f"letter-probability matrix: alength= 4 w= {motif.width} nsites= {nsites} E= {_e_text(motif.evalue)}\n"
    )
    for column in motif.ppm.T:
        handle.write(f" {' '.join(_round_to_one(column, digits=6))}\n")
    handle.write("\n")


def _as_word(text: str) -> str:
    return re.sub(r"[\s=]+", "_", text)


def _round_to_one(shares: Floats, *, digits: int, smallest: int = 0) -> list[str]:
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


def _e_text(evalue: float | None) -> str:
    """``1.2e-031``, with an exponent of three digits as MEME writes it; ``0`` when unknown."""
    if not evalue:
        return "0"
    mantissa, exponent = f"{evalue:.1e}".split("e")
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
    where = path if path is not None else getattr(handle, "name", "<motifs>")
    text = handle.read()
    kind = recognise(text)
    if kind != "meme":
        raise wrong_kind(where, kind, "a MEME motif file")
    lines = [_Line(i, line.rstrip("\r")) for i, line in enumerate(text.lstrip("\ufeff").split("\n"), start=1)]
    starts = [i for i, line in enumerate(lines) if _MOTIF.match(line.text)]
    header = lines[: starts[0]] if starts else lines
    for line in header:
        if _MATRIX.match(line.text):
            raise FormatError(where, "a matrix stands before the first MOTIF line", line=line.number)
    _check_alphabet(header, where)
    background = _read_background(header, where)
    bounds = zip(starts, [*starts, len(lines)][1:], strict=True)
    motifs = [_read_motif(lines[start:end], where, background) for start, end in bounds]
    _check_names([lines[start] for start in starts], motifs, where)
    return MotifSet(motifs, _read_strands(header), background)


def _check_names(lines: Sequence[_Line], motifs: Sequence[Motif], where: str | Path) -> None:
    first_at: dict[str, int] = {}
    for line, motif in zip(lines, motifs, strict=True):
        if first_at.setdefault(motif.name, line.number) != line.number:
            raise FormatError(
                where,
                f"motif {motif.name!r} is in the file twice, first at line {first_at[motif.name]}",
                line=line.number,
                hint="Rename one of them: identifiers are unique.",
            )


def _read_strands(header: Sequence[_Line]) -> Strands:
    """Of the ``strands:`` line; without one, MEME presumes both."""
    for line in header:
        if line.text.lower().startswith("strands:"):
            return "both" if "-" in line.text else "forward"
    return "both"


def _check_alphabet(header: Sequence[_Line], where: str | Path) -> None:
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


def _core_letters(block: Sequence[_Line]) -> set[str]:
    """Letters that ``A "Adenine" CC0000 ~ T "Thymine" 008000`` and the like define; ``N = ACGT`` is no column."""
    letters: set[str] = set()
    for line in block:
        if line.text.startswith("END ALPHABET"):
            break
        unquoted = re.sub(r'"[^"]*"', "", line.text).strip()
        if unquoted and "=" not in unquoted:
            letters.update(part.strip()[0] for part in unquoted.split("~"))
    return letters


def _read_background(header: Sequence[_Line], where: str | Path) -> Floats:
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


def _read_motif(block: Sequence[_Line], where: str | Path, background: Floats) -> Motif:
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
    width, nsites, evalue = _read_keys(matrix, where)
    rows = _read_rows(block[at[0] + 1 :], name, where)
    if not len(rows) or (width is not None and len(rows) != width):
        raise FormatError(
            where,
            f"motif {name!r} has {len(rows)} rows; {'at least 1' if width is None else f'w= {width:g}'} was expected",
            line=matrix.number,
            hint="The file may be cut off, or a row damaged.",
        )
    ppm = rows.T / rows.T.sum(axis=0)
    return Motif(name, ppm * (nsites or DEFAULT_NSITES), nsites, background, alt_name, evalue)


def _read_name(line: _Line, where: str | Path) -> tuple[str, str]:
    """Identifier and alternate name; MEME's own output goes on with ``width =  14  sites = 20 ...``."""
    words = re.split(r"\bwidth[ \t]*=", line.text, maxsplit=1)[0].split()[1:]
    if not words:
        raise FormatError(where, "a MOTIF line without an identifier", line=line.number)
    return words[0], " ".join(words[1:])


def _read_keys(line: _Line, where: str | Path) -> tuple[float | None, int | None, float | None]:
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
    return numbers.get("w"), nsites, _evalue(keys.get("E", "0"), numbers.get("E", 0))


def _evalue(text: str, number: float) -> float | None:
    """None for 0 and for what is no number. MEME writes 1e-400 too, no zero: it becomes the smallest float above 0."""
    if not 0 <= number < math.inf or not re.search("[1-9]", text.lower().split("e")[0]):
        return None
    return number or math.ulp(0.0)


def _read_rows(lines: Sequence[_Line], name: str, where: str | Path) -> Floats:
    """Rows of probabilities ``(w, 4)``, up to the first line that does not begin with a number."""
    rows: list[list[float]] = []
    for line in lines:
        words = line.text.split()
        if not words or not _is_number(words[0]):
            break
        wrong = next((word for word in words if not _is_number(word)), None)
        row = f"row {len(rows) + 1} of motif {name!r}"
        if wrong is not None:
            raise FormatError(where, f"{row}: {wrong!r} is not a number", line=line.number)
        if len(words) != 4:
            raise FormatError(where, f"{row} has {len(words)} numbers; 4 were expected (A, C, G, T)", line=line.number)
        values = [float(word) for word in words]
        if min(values) < 0 or not abs(sum(values) - 1) <= _ROW_SUM_TOLERANCE + 1e-9:
            raise FormatError(
                where,
                f"{row} is not made of probabilities: it sums to {sum(values):.4g}",
                line=line.number,
                hint="Each row holds four numbers from 0 to 1 that sum to 1; counts have to be divided by their sum.",
            )
        rows.append(values)
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
