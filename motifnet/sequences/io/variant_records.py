"""Variants of VCF files (plain, gzip, bgzip or BCF), read through pysam: one `Variant` per alternative allele."""

from __future__ import annotations

import gzip
import re
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from motifnet.errors import FormatError
from motifnet.outputs import STDIO
from motifnet.sequences.io.text import TextSource

_DNA = re.compile(r"[ACGTacgt]+")
#: Reasons why an allele has no bases that can replace REF in a genome.
NO_ALLELE = "no alternative allele"
OVERLAPPING = "allele * (overlapping deletion)"
SYMBOLIC = "symbolic allele"
BREAKEND = "breakend"
LETTERS = "letters other than A, C, G and T"


class Variant(NamedTuple):
    """One alternative allele of a record.

    Parameters
    ----------
    chrom : str
    pos : int
        1-based position of the first base of `ref`, as in the file.
    id, ref, alt : str
        As in the file; a dot if the record has no ID or no alternative allele.
    record, allele : int
        0-based index of the record in the file, and of the allele in the record.
    """

    chrom: str
    pos: int
    id: str
    ref: str
    alt: str
    record: int = 0
    allele: int = 0

    @property
    def fault(self) -> str | None:
        """Reason why the alleles are not plain DNA; None if they are."""
        if self.alt == ".":
            return NO_ALLELE
        if self.alt == "*":
            return OVERLAPPING
        if self.alt.startswith("<"):
            return SYMBOLIC
        if any(mark in self.alt for mark in "[]") or self.alt.startswith(".") or self.alt.endswith("."):
            return BREAKEND
        return None if _DNA.fullmatch(self.ref) and _DNA.fullmatch(self.alt) else LETTERS


@contextmanager
def variant_file(path: str | Path) -> Iterator[Any]:
    """Open a VCF or BCF file as a `pysam.VariantFile`; standard input (``-``) and pipes are copied to a temporary file.

    Raises
    ------
    FormatError
        If it is missing or no VCF.
    """
    import pysam

    quiet = pysam.set_verbosity(0)
    try:
        with kept_stream(path) as kept, _decompressed(kept, path) as local:
            try:
                opened = pysam.VariantFile(str(local))
            except (OSError, ValueError, NotImplementedError) as error:  # the last for gzip within gzip
                if "EOF" in str(error):
                    what = "the file is truncated: the last block of bgzip is missing"
                    raise FormatError(path, what, hint="Copy it again.") from None
                hint = "Give a VCF file (plain, gzip or bgzip) or a BCF file, with its header."
                raise FormatError(path, "this is not a VCF file", hint=hint) from None
            with _closed(opened, path):
                yield opened
    finally:
        pysam.set_verbosity(quiet)


@contextmanager
def _closed(opened: Any, name: str | Path) -> Iterator[None]:
    """Close a file at the end, which fails if it is damaged; an error that is raised earlier is kept."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            opened.close()
        raise
    try:
        opened.close()
    except OSError:
        raise FormatError(name, "the file is truncated or damaged", hint="Copy it again.") from None


def records_of(opened: Any, name: str | Path) -> Iterator[Any]:
    """Each record of an open `pysam.VariantFile`; raises FormatError, naming the file, for one that is damaged."""
    records, number = iter(opened), 0
    while True:
        try:
            record = next(records)
            _ = record.chrom, record.id, record.ref, record.alts
        except StopIteration:
            return
        except (OSError, ValueError, UnicodeDecodeError):
            what = f"record {number + 1} after the header cannot be read"
            raise FormatError(name, what, hint="Check the file with: bcftools view FILE > /dev/null") from None
        number += 1
        yield record


def variants_of(record: Any, index: int) -> list[Variant]:
    """The alternative alleles of a record; one with the allele ``.`` if it has none."""
    ident, ref = record.id or ".", record.ref or "."
    return [
        Variant(record.chrom, record.pos, ident, ref, alt, index, allele)
        for allele, alt in enumerate(record.alts or (".",))
    ]


def stream_variants(path: str | Path) -> Iterator[Variant]:
    """Read the alleles of all records, in the order of the file.

    Parameters
    ----------
    path : str or Path
        VCF (plain, gzip or bgzip) or BCF; ``-`` is standard input.

    Raises
    ------
    FormatError
        If the file is missing, is no VCF, or has a damaged record.
    """
    with variant_file(path) as opened:
        for index, record in enumerate(records_of(opened, path)):
            yield from variants_of(record, index)


@contextmanager
def kept_stream(path: str | Path) -> Iterator[Path]:
    """Yield a file that can be read several times: the file, or a copy of standard input or of a pipe.

    Raises FormatError if there is no such file.
    """
    file = Path(path)
    if str(path) != STDIO and (not file.exists() or file.is_file() or file.is_dir()):
        TextSource(path)  # a missing file or a folder is refused
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="motifnet-") as folder:
        copy = Path(folder) / "standard_input"
        with copy.open("wb") as handle:
            if str(path) == STDIO:
                shutil.copyfileobj(sys.stdin.buffer, handle)
            else:
                with file.open("rb") as pipe:
                    shutil.copyfileobj(pipe, handle)
        yield copy


@contextmanager
def _decompressed(file: Path, name: str | Path) -> Iterator[Path]:
    """Yield the file, or a decompressed copy if it is plain gzip, which pysam does not read."""
    if not _is_plain_gzip(file):
        yield file
        return
    with tempfile.NamedTemporaryFile(prefix="motifnet-") as copy:
        try:
            with gzip.open(file) as source:
                shutil.copyfileobj(source, copy)
        except (OSError, EOFError, zlib.error):
            raise FormatError(name, "the gzip file is truncated or damaged", hint="Copy it again.") from None
        copy.flush()
        yield Path(copy.name)


def _is_plain_gzip(file: Path) -> bool:
    """Whether a file is gzip, but not bgzip."""
    with file.open("rb") as handle:
        magic = handle.read(14)
    return magic.startswith(b"\x1f\x8b") and not (magic[3] & 4 and magic[12:14] == b"BC")
