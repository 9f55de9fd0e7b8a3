"""What kind of file a text is, so that a wrong one is called by its name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from motifnet.errors import FormatError

Kind = Literal["meme", "jaspar", "transfac", "homer", "fasta", "html", "xml", "empty", "binary", "unknown"]

_MEME = re.compile(r"^[ \t]*(MEME version|letter-probability matrix)", re.MULTILINE)
_TRANSFAC = re.compile(r"^P[0O][ \t]+A[ \t]+C[ \t]+G[ \t]+T", re.MULTILINE)
_JASPAR_ROW = re.compile(r"[ACGTU][ \t]*[\[|]")
_NUMBER = r"[-+]?[0-9.]+(?:e[-+]?[0-9]+)?"
_NUMBERS = re.compile(rf"[ \t]*{_NUMBER}(?:[ \t]+{_NUMBER})*[ \t]*$", re.IGNORECASE)
_TEXT_BESIDE = "Give the text file that the MEME programs write beside it (meme.txt, streme.txt)."

#: Each kind in words, and what to do when it stands where a motif file was expected.
_WORDS: dict[Kind, tuple[str, str | None]] = {
    "meme": ("this is a MEME motif file", None),
    "jaspar": ("this is a JASPAR motif file", "Convert it, e.g. with jaspar2meme of the MEME Suite."),
    "transfac": ("this is a TRANSFAC motif file", "Convert it, e.g. with transfac2meme of the MEME Suite."),
    "homer": ("this is a HOMER motif file", "Convert it, e.g. with write_meme of the R package universalmotif."),
    "fasta": ("this is a FASTA file of sequences", "Give a file of motifs; sequences are read by read_fasta."),
    "html": ("this is an HTML page", _TEXT_BESIDE),
    "xml": ("this is an XML file", _TEXT_BESIDE),
    "empty": ("the file is empty", None),
    "binary": ("this is a binary file, not text", None),
    "unknown": ("no known kind of motif file", None),
}


def recognise(text: str) -> Kind:
    """Tell what kind of file ``text`` is, by its content."""
    lines = [line for line in text[:10_000].splitlines() if line.strip()]
    if not lines:
        return "empty"
    if "\0" in text:
        return "binary"
    first = lines[0].lstrip("\ufeff \t")
    if first.startswith("<"):
        return "xml" if first.startswith("<?xml") else "html"
    if _MEME.search(text):
        return "meme"
    if _TRANSFAC.search(text):
        return "transfac"
    if first.startswith(">"):
        return _recognise_record(first, lines[1] if len(lines) > 1 else "")
    return "unknown"


def _recognise_record(header: str, body: str) -> Kind:
    """A record under a ``>`` header: JASPAR (rows are bases), HOMER (threshold in the third field) or FASTA."""
    fields = header.split("\t")
    if _NUMBERS.match(body):
        return "homer" if len(fields) > 2 and _NUMBERS.match(fields[2]) else "jaspar"
    return "jaspar" if _JASPAR_ROW.match(body.lstrip()) else "fasta"


def wrong_kind(path: str | Path, kind: Kind, wanted: str) -> FormatError:
    """The error for a file of ``kind`` where one of ``wanted`` (a format, in words) was expected."""
    words, hint = _WORDS[kind]
    return FormatError(path, f"{words}; {wanted} was expected", hint=hint)
