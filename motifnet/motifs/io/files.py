"""`read_motifs` and `write_motifs`: motif files by name, in any of ``READ_FORMATS`` and ``FORMATS``."""

from __future__ import annotations

import importlib
import io
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Protocol, TextIO, cast

import numpy as np

from motifnet.arguments import check_type
from motifnet.errors import FormatError, InputError, quoted
from motifnet.motifs.extraction_spec import (
    DATABASES,
    FORMATS,
    MODISCO,
    ORIENTATIONS,
    READ_FORMATS,
    SUFFIXES,
    Orientation,
)
from motifnet.motifs.io import homer, meme, uniprobe
from motifnet.motifs.io.common import TEXT_NAME, Line, MotifText
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.outputs import write_text
from motifnet.sequences.io.text import TextSource

#: Maximum number of characters of a motif file: more than in any collection of motifs, and few enough for memory.
_MOST_CHARACTERS = 100_000_000
#: Description of each kind of file that is not a motif file, and a hint.
_OTHER_KINDS = {
    "fasta": ("a FASTA file of sequences", "Give a file of motifs."),
    "html": ("an HTML page", "Give the text file that the MEME programs write beside it (meme.txt, streme.txt)."),
    "xml": ("an XML file", "Give the text file that the MEME programs write beside it (meme.txt, streme.txt)."),
    "empty": ("an empty file", None),
    "unknown": ("not a known motif format", None),
}


class Format(Protocol):
    """Interface of the module of each format; formats that are only read have no `write`."""

    LINE: re.Pattern[str]
    """Matches each line of a file, and nothing that is certainly of another format."""

    def begins(self, lines: Sequence[Line], index: int) -> bool:
        """Whether the format begins at a line."""

    def read(self, text: MotifText) -> MotifSet:
        """Read motifs; FormatError with the line if one is invalid."""

    def write(self, motifs: MotifSet, handle: TextIO) -> None:
        """Write motifs, or nothing if a name is not an identifier of the format (InputError)."""


def read_motifs(
    path: str | Path,
    *,
    format: str | None = None,
    orientation: Orientation | None = None,
    skip_invalid: bool = False,
) -> MotifSet:
    """Read a motif file, plain or gzip, or the HDF5 report of TF-MoDISco (recognised by the content).

    Parameters
    ----------
    path : str or Path
        ``-`` is standard input.
    format : str, optional
        One of ``READ_FORMATS`` (meme, jaspar, transfac, homer, cisbp, uniprobe, matrix, consensus), or "modisco"; by
        default recognised by the content.
    orientation : {"bases", "positions"}, optional
        Rows of matrices without letters; by default decided by the shape and, for 4 x 4 matrices, by the sums.
    skip_invalid : bool
        Leave out motifs that are invalid, such as those with a column of zeros, without a matrix, or with the name of
        another, and log their number.

    Returns
    -------
    MotifSet

    Raises
    ------
    FormatError
        If the file cannot be read, is damaged, or has several formats; if a motif is invalid and `skip_invalid` is
        False; or if all are invalid.
    InputError
        If the format or the orientation is unknown.
    """
    if str(path) in DATABASES and not Path(path).exists():
        raise FormatError(path, "this is a database, not a file", hint="Use read_database.")
    formats = (*READ_FORMATS, MODISCO)
    if format is not None and format not in formats:
        raise InputError(f"format must be one of {', '.join(formats)}. Got {quoted(format)} instead")
    source = TextSource(path)
    if format == MODISCO or source.is_hdf5():
        if format not in (None, MODISCO):
            raise FormatError(source.name, f"expected a {format.upper()} motif file, but this is an HDF5 file")
        if not Path(path).is_file():
            raise FormatError(source.name, "HDF5 files cannot be read from a pipe", hint="Give the name of the file.")
        from motifnet.motifs.io.modisco import read_modisco  # h5py is imported only for HDF5 files

        return read_modisco(path, skip_invalid=skip_invalid).motifs
    source.head()  # an error if the file is empty or binary
    with source.text() as handle:
        text = handle.read(_MOST_CHARACTERS + 1)
    if len(text) > _MOST_CHARACTERS:
        message = f"this is not a motif file: it has more than {_MOST_CHARACTERS:,} characters"
        raise FormatError(source.name, message, hint="Give a file of motifs, or split it.")
    return parse_motifs(text, path=source.name, format=format, orientation=orientation, skip_invalid=skip_invalid)


def parse_motifs(
    text: str,
    *,
    path: str | Path = TEXT_NAME,
    format: str | None = None,
    orientation: Orientation | None = None,
    skip_invalid: bool = False,
) -> MotifSet:
    """Read the text of a motif file; `path` is its name in messages. Otherwise as `read_motifs`."""
    if orientation not in (None, *ORIENTATIONS):
        raise InputError(f"orientation must be one of {', '.join(ORIENTATIONS)}. Got {quoted(orientation)} instead")
    motif_text = MotifText.of(text, path, orientation=orientation, skip_invalid=skip_invalid)
    kind = recognise(motif_text)
    if kind not in READ_FORMATS or format not in (None, kind):
        expected = f"a {format.upper()} motif file" if format else f"a motif file ({', '.join(READ_FORMATS)})"
        raise _wrong_kind(path, kind, expected)
    _check_lines(motif_text, kind)
    return _module(kind).read(motif_text)


def recognise(text: MotifText) -> str:
    """Recognise the kind of a file by its first lines: one of ``READ_FORMATS``, or a kind of other file."""
    lines = text.without_comments()
    if not lines:
        return "unknown" if text.lines else "empty"
    first = lines[0].text.lstrip()
    if first.startswith("<"):
        return "xml" if first.startswith("<?xml") else "html"
    if uniprobe.begins(text.lines, 0):  # its titles may be comments
        return "uniprobe"
    # Titles without a matrix may precede the first complete motif.
    start = next((i for i, (line, after) in enumerate(pairwise(lines)) if not _are_titles(line, after)), 0)
    found = _format_at(lines, start)
    if found is None and meme.has_version(lines):
        found = "meme"
    return found or ("fasta" if first.startswith(">") else "unknown")


def _are_titles(*lines: Line) -> bool:
    return all(line.text.startswith(">") for line in lines)


def _format_at(lines: Sequence[Line], index: int, *, but: str = "") -> str | None:
    """The format that begins at a line, other than `but`; None if there is none."""
    return next((name for name in READ_FORMATS if name != but and _module(name).begins(lines, index)), None)


def _check_lines(text: MotifText, name: str) -> None:
    """Raise FormatError for the first line that is not of the format of the file: no motif is dropped silently."""
    module, lines = _module(name), text.lines
    for index, line in enumerate(lines):
        fits = module.LINE.match(line.text) is not None
        if fits and (not _are_titles(line) or module.begins(lines, index)):
            continue
        other = _format_at(lines, index, but=name)
        if other is not None:
            message = f"{other.upper()} format begins here, but the lines above are in {name.upper()} format"
            raise line.error(message, "Split the file: all motifs of a file must have one format.")
        if not fits:
            raise line.error(f"this line is not part of a {name.upper()} motif file: {quoted(line.text.strip())}")


def _wrong_kind(path: str | Path, kind: str, expected: str) -> FormatError:
    """Make the error for a file of one kind where another was expected."""
    found, hint = _OTHER_KINDS.get(kind) or (
        f"a {kind.upper()} motif file",
        "Leave out the format (format=, on the command line --from); it is recognised by the content.",
    )
    return FormatError(path, f"expected {expected}, but this is {found}", hint=hint)


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
    """Import the module of a format that is written; InputError if there is no such format."""
    if name not in FORMATS:
        raise InputError(f"format must be one of {', '.join(FORMATS)}. Got {quoted(name)} instead")
    return _module(name)


def _module(name: str) -> Format:
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
    back = module.read(MotifText.of(text.getvalue(), TEXT_NAME))
    fields: dict[str, Callable[[Motif, Motif], bool]] = {
        "the alternate names": lambda ours, theirs: ours.alt_name == theirs.alt_name,
        "the E-values": _keeps_e_value,
        "the thresholds": _keeps_threshold,
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


def _keeps_threshold(ours: Motif, theirs: Motif) -> bool:
    if ours.threshold is None or homer.has_default_threshold(ours):
        return True
    return theirs.threshold is not None and abs(ours.threshold - theirs.threshold) < 1e-5  # 6 digits in HOMER's scale


def _keeps_e_value(ours: Motif, theirs: Motif) -> bool:
    if ours.e_value is None or theirs.e_value is None:
        return ours.e_value is theirs.e_value
    return bool(np.isclose(ours.e_value, theirs.e_value, rtol=0.1, atol=0))
