"""`Genome`: windows of the chromosomes of a FASTA file.

Plain and bgzip files are read through their index (``.fai`` and ``.gzi``, as of samtools). An index that is missing,
outdated or of another genome is made beside the file, or in a cache if that folder is read-only. Plain gzip has no
random access: such files are read into memory if they are small enough.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from motifnet.errors import FormatError, InputError, SequenceError, listed, quoted
from motifnet.outputs import STDIO
from motifnet.sequences.alphabet import Codes, encode_letters
from motifnet.sequences.io.fasta import check_fasta, stream_fasta
from motifnet.sequences.io.genome_index import fits, index_folders, is_current, make_index
from motifnet.sequences.io.text import TextSource

logger = logging.getLogger("motifnet")

#: Maximum size in bytes of compressed (about 500 Mb of sequence) and of plain files that are read into memory.
MAX_GZIP, MAX_PLAIN = 150_000_000, 500_000_000
#: Windows whose starts are up to _GAP bp apart are read together, in regions of about _REGION bp at most.
_GAP, _REGION = 5_000, 1_000_000


@dataclass(frozen=True, eq=False, repr=False)
class Genome:
    """Chromosomes of a genome, opened with `open_genome`.

    Parameters
    ----------
    name : str
        File name for messages.
    lengths : mapping of str to int
        Length of each chromosome in bp, in the order of the file.
    read : callable
        ``read(chrom, start, length)`` returns the codes of a region.
    """

    name: str
    lengths: Mapping[str, int]
    read: Callable[[str, int, int], Codes]

    def __repr__(self) -> str:
        return f"<Genome {self.name}: {len(self.lengths)} chromosomes, {sum(self.lengths.values())} bp>"

    def fetch(self, chrom: str, starts: ArrayLike, length: int) -> Codes:
        """Read windows of one length on the forward strand of a chromosome.

        Parameters
        ----------
        chrom : str
        starts : int array-like of shape (n,)
            First base of each window, 0-based.
        length : int
            Window length in bp.

        Returns
        -------
        uint8 array of shape (n, length)
            0-3 = A, C, G, T, soft-masked or not; 4 = N.

        Raises
        ------
        InputError
            If there is no such chromosome, a window extends beyond it, or a character is not DNA (`FormatError`).
        """
        if chrom not in self.lengths:
            known = ", ".join(list(self.lengths)[:3])
            raise InputError(f"{self.name}: no chromosome {quoted(chrom)}", hint=f"Its chromosomes: {known}, ...")
        first = np.asarray(starts, dtype=np.int64)
        if length < 1:
            raise InputError(f"length must be at least 1 bp. Got {length} instead")
        outside = (first < 0) | (first + length > self.lengths[chrom])
        if outside.any():
            start = int(first[outside][0])
            what = f"{chrom}:{start}-{start + length} extends beyond the chromosome ({self.lengths[chrom]} bp)"
            raise InputError(f"{self.name}: {what}")
        order = np.argsort(first, kind="stable")
        ordered = first[order]
        codes = np.empty((len(first), length), dtype=np.uint8)
        # Reading a region once is faster than seeking each of its windows.
        is_far = (np.diff(ordered) > _GAP) | (np.diff(ordered // _REGION) > 0)
        for rows in np.split(np.arange(len(first)), np.flatnonzero(is_far) + 1) if len(first) else ():
            begin, last = int(ordered[rows[0]]), int(ordered[rows[-1]])
            region = self.read(chrom, begin, last - begin + length)
            codes[order[rows]] = sliding_window_view(region, length)[ordered[rows] - begin]
        return codes


def open_genome(path: str | Path) -> Genome:
    """Open a genome in FASTA format.

    Parameters
    ----------
    path : str or Path
        Plain, bgzip or gzip. Plain gzip, standard input (``-``), pipes and files with lines of unequal lengths are read
        into memory, with one byte per base.

    Returns
    -------
    Genome

    Raises
    ------
    FormatError
        If it is missing, unreadable, empty or not FASTA, or has no random access and is too large.
    """
    file = Path(path)
    if str(path) == STDIO or (file.exists() and not file.is_file() and not file.is_dir()):
        return _load(path)
    source = TextSource(path)
    check_fasta(source)
    with file.open("rb") as handle:
        magic = handle.read(14)
    is_bgzip = magic.startswith(b"\x1f\x8b\x08\x04") and magic[12:14] == b"BC"
    if magic.startswith(b"\x1f\x8b") and not is_bgzip:
        command = f"gunzip -c {file} | bgzip > {file.with_suffix('.bgz')}"
        if file.stat().st_size > MAX_GZIP:
            what = "plain gzip has no random access, and the file is too large for memory"
            raise FormatError(path, what, hint=f"Compress it with bgzip (part of htslib): {command}")
        logger.info("%s: plain gzip, read into memory; to avoid this: %s", path, command)
        return _load(path)
    return _open_indexed(file, is_bgzip=is_bgzip)


def _load(path: str | Path) -> Genome:
    chromosomes: dict[str, Codes] = {}
    for batch in stream_fasta(path):
        for index, name in enumerate(batch.names):
            if name in chromosomes:
                raise FormatError(path, f"two chromosomes have the name {quoted(name)}", hint="Remove one of them.")
            chromosomes[name] = batch.flat[batch.offsets[index] : batch.offsets[index + 1]]
    lengths = {name: len(codes) for name, codes in chromosomes.items()}
    return Genome(str(path), lengths, lambda chrom, start, length: chromosomes[chrom][start : start + length])


def _read_region(handle: Any, name: str, chrom: str, start: int, length: int) -> Codes:
    """Codes of a region, from a file with an index."""
    try:
        letters = handle.fetch(chrom, start, start + length)
    except (OSError, ValueError) as error:
        what = f"{listed([chrom])}:{start}-{start + length} cannot be read: {error}"
        raise FormatError(name, what, hint="Check whether the file is damaged.") from None
    if len(letters) != length:
        what = f"the file ends before {listed([chrom])}:{start}-{start + length}"
        raise FormatError(name, what, hint="Copy the genome again and delete its index.")
    try:
        return encode_letters(letters.encode("ascii", "replace"))[0]
    except SequenceError as error:
        what = f"invalid letter {quoted(letters[error.position])} at {listed([f'{chrom}:{start + error.position}'])}"
        raise FormatError(name, what, hint=error.hint) from None


def _open_indexed(file: Path, *, is_bgzip: bool) -> Genome:
    import pysam

    quiet = pysam.set_verbosity(0)
    try:
        for folder in index_folders(file):
            index = [folder / f"{file.name}{suffix}" for suffix in ((".fai", ".gzi") if is_bgzip else (".fai",))]
            if not is_current(index, file):
                if not make_index(index, file):
                    continue
                if not fits(index, file):
                    raise ValueError("two records may have one name")
            options = zip(("filepath_index", "filepath_index_compressed"), map(str, index), strict=False)
            handle = pysam.FastaFile(str(file), **dict(options))
            lengths = dict(zip(handle.references, handle.lengths, strict=True))
            return Genome(str(file), lengths, partial(_read_region, handle, str(file)))
    except (pysam.SamtoolsError, OSError, ValueError) as error:
        if file.stat().st_size > (MAX_GZIP if is_bgzip else MAX_PLAIN):
            hint = "Names must differ, and all lines of a record but the last have one length: 'seqtk seq -l 60'."
            raise FormatError(file, f"cannot be indexed: {str(error).strip()}", hint=hint) from None
        logger.info("%s: cannot be indexed (lines of unequal lengths?), read into memory", file)
        return _load(file)
    finally:
        pysam.set_verbosity(quiet)
    hint = "Run samtools faidx, or set XDG_CACHE_HOME to a writable folder."
    raise FormatError(file, "no folder for its index is writable", hint=hint)
