"""`read_motifs` and `write_motifs`: motif files by name, in any format of ``FORMATS``."""

from __future__ import annotations

import importlib
import io
from pathlib import Path
from typing import Protocol, TextIO, cast

from motifnet.arguments import check_type
from motifnet.errors import FormatError, InputError
from motifnet.motifs.extraction_spec import DATABASES, FORMATS, SUFFIXES
from motifnet.motifs.io.recognition import recognise, wrong_kind
from motifnet.motifs.motif import MotifSet
from motifnet.outputs import write_text
from motifnet.sequences.io.text import TextSource


class Format(Protocol):
    """What a module of a format holds."""

    def read(self, handle: TextIO, *, path: str | Path | None = None) -> MotifSet: ...
    def write(self, motifs: MotifSet, handle: TextIO) -> None: ...


def read_motifs(path: str | Path, *, format: str | None = None) -> MotifSet:
    """Read a file of motifs, plain or gzipped (told by its content, not by its name).

    Parameters
    ----------
    path : str or Path
        ``-`` is standard input.
    format : str, optional
        One of ``FORMATS``; default: told by the content.

    Returns
    -------
    MotifSet

    Raises
    ------
    FormatError
        If the file cannot be read, or its content is not what it should be; with the line.
    InputError
        If the format does not exist.
    """
    reader = None if format is None else format_named(format)
    if str(path) in DATABASES and not Path(path).exists():
        raise FormatError(
            path,
            "there is no such file, but a database of known motifs",
            hint="`motifnet scan`, `enrich` and, as the second, `compare` take its name; read_database in Python.",
        )
    source = TextSource(path)
    source.head()  # says so when the file is empty or binary
    with source.text() as handle:
        text = handle.read()
    if reader is None:
        kind = recognise(text)
        if kind not in FORMATS:
            raise wrong_kind(source.name, kind, f"a motif file ({', '.join(FORMATS)})")
        reader = format_named(kind)
    return reader.read(io.StringIO(text), path=source.name)


def write_motifs(motifs: MotifSet, path: str | Path, *, format: str | None = None) -> None:
    """Write motifs to a file, whole or not at all.

    Parameters
    ----------
    motifs : MotifSet
    path : str or Path
        Replaced if it is there; its folder must exist. ``-`` is standard output; ``.gz`` at the end packs it.
    format : str, optional
        One of ``FORMATS``; default: by the suffix of ``path`` (a name of ``FORMATS``, or one of ``SUFFIXES``). The
        format's module says what a round trip keeps.

    Raises
    ------
    FormatError
        If the file cannot be written.
    InputError
        If the format cannot be told or does not exist, or a name does not fit it.
    """
    check_type("motifs", motifs, MotifSet)
    writer = format_named(format_of(path) if format is None else format)
    with write_text(path) as handle:
        writer.write(motifs, handle)


def format_of(path: str | Path) -> str:
    """Name of the format that the suffix of a file tells; ``.gz`` is passed over.

    Raises
    ------
    InputError
        If it tells none.
    """
    plain = Path(path).with_suffix("") if Path(path).suffix == ".gz" else Path(path)
    suffix = plain.suffix.removeprefix(".").lower()
    if suffix not in (*FORMATS, *SUFFIXES):
        raise InputError(
            f"{path}: the name does not tell the format",
            hint="Give it (format=, on the command line --to), or a name that ends in "
            f".{', .'.join([*FORMATS, *SUFFIXES])}.",
        )
    return SUFFIXES.get(suffix, suffix)


def format_named(name: str) -> Format:
    """Module of a format, imported now.

    Raises
    ------
    InputError
        If there is no such format.
    """
    if name not in FORMATS:
        raise InputError(f"format must be one of {', '.join(FORMATS)}. Got {name!r} instead")
    return cast(Format, importlib.import_module(FORMATS[name]))
