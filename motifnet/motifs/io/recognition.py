"""What kind of file a text is, so that a wrong one is called by its name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from motifnet.errors import FormatError

Kind = Literal["meme", "jaspar", "transfac", "homer", "fasta", "html", "xml", "empty", "binary", "unknown"]

_MEME = re.compile(r"^[ \t]*(MEME version|letter-probability matrix)", re.MULTILINE)
_TRANSFAC = re.compile(r"^P[0O][ \t]+[ACGTU](?:[ \t]+[ACGTU]){3}\b", re.MULTILINE | re.IGNORECASE)
_JASPAR_ROW = re.compile(r"[ACGTU][ \t]*(?:[\[|:]|[ \t][-+.0-9])", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?[0-9.]+(?:e[-+]?[0-9]+)?(?=\s|$)", re.IGNORECASE)
_LEAVE_OUT = "Leave the format out (format=, on the command line --from): it is told by the content."
_TEXT_BESIDE = "Give the text file that the MEME programs write beside it (meme.txt, streme.txt)."

#: Each kind in words, and what to do when it stands where a motif file was expected.
_WORDS: dict[Kind, tuple[str, str | None]] = {
    "meme": ("this is a MEME motif file", _LEAVE_OUT),
    "jaspar": ("this is a JASPAR motif file", _LEAVE_OUT),
    "transfac": ("this is a TRANSFAC motif file", _LEAVE_OUT),
    "homer": ("this is a HOMER motif file", _LEAVE_OUT),
    "fasta": ("this is a FASTA file of sequences", "Give a file of motifs; sequences are read by read_fasta."),
    "html": ("this is an HTML page", _TEXT_BESIDE),
    "xml": ("this is an XML file", _TEXT_BESIDE),
    "empty": ("the file is empty", None),
    "binary": ("this is a binary file, not text", None),
    "unknown": ("no known kind of motif file", None),
}


def recognise(text: str) -> Kind:
    """Tell what kind of file ``text`` is, by its content."""
    text = text.lstrip("\ufeff")
    if not text.strip():
        return "empty"
    if "\0" in text:
        return "binary"
    lines = [line for line in text[:10_000].splitlines() if line.strip() and not line.startswith("#")]
    first = lines[0].lstrip() if lines else ""
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
    body = body.lstrip()
    if _NUMBER.match(body):
        fields = header.split("\t")
        return "homer" if len(fields) > 2 and _NUMBER.fullmatch(fields[2].strip()) else "jaspar"
    return "jaspar" if _JASPAR_ROW.match(body) else "fasta"


def kind_in_words(kind: Kind) -> str:
    """What a message calls a file of this kind: ``a JASPAR motif file``."""
    return _WORDS[kind][0].removeprefix("this is ")


def wrong_kind(path: str | Path, kind: Kind, wanted: str) -> FormatError:
    """The error for a file of ``kind`` where one of ``wanted`` (a format, in words) was expected."""
    words, hint = _WORDS[kind]
    return FormatError(path, f"{words}; {wanted} was expected", hint=hint)
