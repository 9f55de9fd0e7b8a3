"""`read_motifs` and `write_motifs`: motif files by name, in any format of ``FORMATS``."""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TextIO, cast

import numpy as np

from motifnet.arguments import check_type
from motifnet.errors import FormatError, InputError, quoted
from motifnet.motifs.extraction_spec import DATABASES, FORMATS, SUFFIXES
from motifnet.motifs.io.common import recognise, wrong_kind
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.outputs import write_text
from motifnet.sequences.io.text import TextSource


class Format(Protocol):
    """The functions that the module of each format has."""

    def read(self, handle: TextIO, *, path: str | Path | None = None) -> MotifSet:
        """Read motifs; `path` is the name of the file in error messages (default: that of the handle)."""

    def write(self, motifs: MotifSet, handle: TextIO) -> None:
        """Write motifs, or nothing if a name is not an identifier of the format (InputError)."""


def read_motifs(path: str | Path, *, format: str | None = None) -> MotifSet:
    """Read a motif file, plain or gzip (recognised by the content).

    Parameters
    ----------
    path : str or Path
        ``-`` is standard input.
    format : str, optional
        One of ``FORMATS`` (meme, jaspar, transfac, homer); by default recognised by the content.

    Returns
    -------
    MotifSet

    Raises
    ------
    FormatError
        If the file cannot be read or is damaged.
    InputError
        If the format is unknown.
    """
    reader = None if format is None else format_named(format)
    if str(path) in DATABASES and not Path(path).exists():
        hint = "Use read_database; on the command line, scan, enrich and compare accept its name."
        raise FormatError(path, "this is a database, not a file", hint=hint)
    source = TextSource(path)
    source.head()  # an error if the file is empty or binary
    with source.text() as handle:
        text = handle.read()
    if reader is None:
        kind = recognise(text)
        if kind not in FORMATS:
            raise wrong_kind(source.name, kind, f"a motif file ({', '.join(FORMATS)})")
        reader = format_named(kind)
    return reader.read(io.StringIO(text), path=source.name)


def write_motifs(motifs: MotifSet, path: str | Path, *, format: str | None = None) -> None:
    """Write a motif file, completely or not at all.

    Parameters
    ----------
    motifs : MotifSet
    path : str or Path
        Replaced if it exists; its folder must exist. ``-`` is standard output; a file is compressed if its name ends
        in ``.gz``.
    format : str, optional
        One of ``FORMATS`` (meme, jaspar, transfac, homer); by default that of the suffix. The modules in
        ``motifnet.motifs.io`` describe what each format stores.

    Raises
    ------
    FormatError
        If the file cannot be written.
    InputError
        If the format is unknown, or a name is not allowed in it.
    """
    check_type("motifs", motifs, MotifSet)
    writer = format_named(format_of(path) if format is None else format)
    with write_text(path) as handle:
        writer.write(motifs, handle)


def format_of(path: str | Path) -> str:
    """Name of the format for the suffix of a file, before any ``.gz``; InputError if there is none."""
    plain = Path(path).with_suffix("") if Path(path).suffix == ".gz" else Path(path)
    suffix = plain.suffix.removeprefix(".").lower()
    if suffix not in (*FORMATS, *SUFFIXES):
        raise InputError(
            f"{path}: unknown suffix of a motif file",
            hint=f"Set the format (format=, on the command line --to), or use .{', .'.join([*FORMATS, *SUFFIXES])}.",
        )
    return SUFFIXES.get(suffix, suffix)


def format_named(name: str) -> Format:
    """Import the module of a format; InputError if there is no such format."""
    if name not in FORMATS:
        raise InputError(f"format must be one of {', '.join(FORMATS)}. Got {quoted(name)} instead")
    return cast(Format, importlib.import_module(f"motifnet.motifs.io.{name}"))


def losses(motifs: MotifSet, *, format: str) -> tuple[str, ...]:
    """What a format does not store of these motifs, e.g. ``"the E-values of 12"``, found by writing and reading them.

    Raises InputError if the format is unknown or a name is not allowed in it.
    """
    module = format_named(format)
    text = io.StringIO()
    module.write(motifs, text)
    if not len(motifs):
        return ()
    text.seek(0)
    back = module.read(text)
    fields: dict[str, Callable[[Motif, Motif], bool]] = {
        "the alternate names": lambda ours, theirs: ours.alt_name == theirs.alt_name,
        "the E-values": _keeps_e_value,
        "nsites": lambda ours, theirs: ours.nsites is None or ours.nsites == theirs.nsites,
        "the counts (not the probabilities)": _keeps_counts,
    }
    lost = []
    for what, is_kept in fields.items():
        n = sum(not is_kept(ours, theirs) for ours, theirs in zip(motifs, back, strict=True))
        lost += [f"{what} of {n}"] * (n > 0)
    if not np.allclose(motifs.background, back.background, rtol=0, atol=2e-5):  # 5 digits
        lost.append("the background")
    if motifs.strands != back.strands:
        lost.append(f"strands: {motifs.strands}")
    assumed = [b.nsites for a, b in zip(motifs, back, strict=True) if a.nsites is None and b.nsites is not None]
    if assumed:
        values = f"{min(assumed)}" if len(set(assumed)) == 1 else f"{min(assumed)} to {max(assumed)}"
        lost.append(f"unknown nsites of {len(assumed)} (written as {values})")
    return tuple(lost)


def _keeps_counts(ours: Motif, theirs: Motif) -> bool:
    tolerance = 1e-5 * ours.counts.sum(axis=0).max()  # probabilities have 6 digits
    return np.allclose(ours.counts, theirs.counts, rtol=0, atol=tolerance)


def _keeps_e_value(ours: Motif, theirs: Motif) -> bool:
    if ours.e_value is None or theirs.e_value is None:
        return ours.e_value is theirs.e_value
    return bool(np.isclose(ours.e_value, theirs.e_value, rtol=0.1, atol=0))
