"""A genome: chromosomes by name, from which windows are taken.

A FASTA file that is plain or packed by bgzip is read through its index (``.fai``, ``.gzi``; samtools, through pysam),
window by window. The index is used where it is beside the file and not older, else made there, or in a cache where that
folder is read-only. Plain gzip cannot be read from the middle: such a file is held in memory, if it is small enough.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from motifnet.errors import FormatError, InputError, SequenceError
from motifnet.outputs import STDIO
from motifnet.sequences.alphabet import Codes, encode_letters
from motifnet.sequences.io.fasta import refuse_other_formats, stream_fasta
from motifnet.sequences.io.text import TextSource

logger = logging.getLogger("motifnet")

#: Plain gzip up to this many bytes (about 500 Mb of sequence) is held in memory.
MOST_PACKED = 150_000_000
#: The same for text that cannot be indexed.
MOST_PLAIN = 500_000_000
#: Starts of windows up to this far apart, in bp, are read together, in stretches of at most about so many bp.
_GAP, _STRETCH = 5_000, 1_000_000
_BGZIP_MAGIC = b"\x1f\x8b\x08\x04"
_GZIP_MAGIC = b"\x1f\x8b"
#: What pysam calls ``.fai`` and ``.gzi``.
_INDEX_OPTIONS = ("filepath_index", "filepath_index_compressed")


class _Reader(Protocol):
    def windows(self, chrom: str, starts: NDArray[np.int64], length: int) -> Codes: ...


@dataclass(frozen=True, eq=False, repr=False)
class Genome:
    """Chromosomes by name; `open_genome` makes one of a file.

    Parameters
    ----------
    name : str
        What messages call it: the file.
    lengths : mapping of str to int
        Length of each chromosome in bp, in the order of the file.
    reader : object
        Takes windows from the file or from memory.
    """

    name: str
    lengths: Mapping[str, int]
    reader: _Reader

    def __repr__(self) -> str:
        return f"<Genome {self.name}: {len(self.lengths)} chromosomes, {sum(self.lengths.values())} bp>"

    def fetch(self, chrom: str, starts: ArrayLike, length: int) -> Codes:
        """Windows of one length from one chromosome, forward strand.

        Parameters
        ----------
        chrom : str
        starts : int array-like of shape (n,)
            First base of each window, 0-based.
        length : int
            Of every window, in bp.

        Returns
        -------
        uint8 array of shape (n, length)
            0-3 = A, C, G, T, soft-masked or not; 4 = N.

        Raises
        ------
        InputError
            If there is no such chromosome, a window leaves it, or it holds what is not DNA.
        """
        if chrom not in self.lengths:
            named = ", ".join(list(self.lengths)[:3])
            raise InputError(f"{self.name}: has no chromosome {chrom!r}", hint=f"It has {named}, ...")
        first = np.asarray(starts, dtype=np.int64)
        if length < 1:
            raise InputError(f"length must be at least 1 bp. Got {length} instead")
        outside = (first < 0) | (first + length > self.lengths[chrom])
        if outside.any():
            start = int(first[outside][0])
            raise InputError(
                f"{self.name}: {chrom}:{start}-{start + length} leaves the chromosome, which has "
                f"{self.lengths[chrom]} bp"
            )
        if not len(first):
            return np.empty((0, length), dtype=np.uint8)
        return self.reader.windows(chrom, first, length)


def open_genome(path: str | Path) -> Genome:
    """Open a genome in FASTA format.

    Parameters
    ----------
    path : str or Path
        Plain, packed by bgzip (whatever the suffix), or by gzip; the last is held in memory, at one byte a base. So is
        what has no index: standard input (``-``), a pipe, lines of unequal length.

    Returns
    -------
    Genome

    Raises
    ------
    FormatError
        If it is missing, unreadable, empty or not FASTA, or too large to be held in memory.
    """
    file = Path(path)
    if str(path) == STDIO or (file.exists() and not file.is_file() and not file.is_dir()):
        return _hold(path)
    source = TextSource(path)
    refuse_other_formats(source)
    with file.open("rb") as handle:
        magic = handle.read(14)
    is_bgzip = magic.startswith(_BGZIP_MAGIC) and magic[12:14] == b"BC"
    if magic.startswith(_GZIP_MAGIC) and not is_bgzip:
        mend = f"`gunzip -c {file} | bgzip > {file.with_suffix('.bgz')}`"
        if file.stat().st_size > MOST_PACKED:
            raise FormatError(
                path,
                "plain gzip, which cannot be read from the middle, and too large to be held in memory",
                hint=f"Pack it with bgzip (of htslib, beside samtools) and give that: {mend}",
            )
        logger.info("%s: plain gzip, held in memory; %s makes one that is read by its index", path, mend)
        return _hold(path)
    return _open_indexed(file, is_bgzip=is_bgzip)


# --- held in memory ---


@dataclass(frozen=True, eq=False)
class _Held:
    chromosomes: Mapping[str, Codes]

    def windows(self, chrom: str, starts: NDArray[np.int64], length: int) -> Codes:
        return np.asarray(sliding_window_view(self.chromosomes[chrom], length)[starts])


def _hold(path: str | Path) -> Genome:
    chromosomes: dict[str, Codes] = {}
    for batch in stream_fasta(path):
        for index, name in enumerate(batch.names):
            if name in chromosomes:
                raise FormatError(path, f"two chromosomes are called {name!r}", hint="Leave one out.")
            chromosomes[name] = batch.flat[batch.offsets[index] : batch.offsets[index + 1]]
    return Genome(str(path), {name: len(codes) for name, codes in chromosomes.items()}, _Held(chromosomes))


# --- read through an index ---


@dataclass(frozen=True, eq=False)
class _Indexed:
    handle: object
    name: str

    def windows(self, chrom: str, starts: NDArray[np.int64], length: int) -> Codes:
        order = np.argsort(starts, kind="stable")
        ordered = starts[order]
        codes = np.empty((len(starts), length), dtype=np.uint8)
        # Neighbours are read together: what lies between them costs less than to look for each.
        is_far = (np.diff(ordered) > _GAP) | (np.diff(ordered // _STRETCH) > 0)
        for rows in np.split(np.arange(len(starts)), np.flatnonzero(is_far) + 1):
            first, last = int(ordered[rows[0]]), int(ordered[rows[-1]])
            stretch = self._codes(chrom, first, last - first + length)
            codes[order[rows]] = sliding_window_view(stretch, length)[ordered[rows] - first]
        return codes

    def _codes(self, chrom: str, start: int, length: int) -> Codes:
        try:
            letters = self.handle.fetch(chrom, start, start + length)  # type: ignore[attr-defined]
        except (OSError, ValueError) as error:
            raise FormatError(
                self.name, f"{chrom}:{start}-{start + length} cannot be read: {error}", hint="Is the file damaged?"
            ) from None
        if len(letters) != length:
            raise FormatError(
                self.name, f"ends before {chrom}:{start}-{start + length}", hint="Copy the genome again, without index."
            )
        try:
            return encode_letters(letters.encode("ascii", "replace"))[0]
        except SequenceError as error:
            place, letter = start + error.position, letters[error.position]
            raise FormatError(self.name, f"letter {letter!r} at {chrom}:{place}", hint=error.hint) from None


def _open_indexed(file: Path, *, is_bgzip: bool) -> Genome:
    import pysam

    quiet = pysam.set_verbosity(0)
    try:
        for folder in _index_folders(file):
            index = [folder / f"{file.name}{suffix}" for suffix in ((".fai", ".gzi") if is_bgzip else (".fai",))]
            if not all(_is_fresh(part, file) for part in index) and not _made(index, file):
                continue
            handle = pysam.FastaFile(str(file), **dict(zip(_INDEX_OPTIONS, map(str, index), strict=False)))
            lengths = dict(zip(handle.references, handle.lengths, strict=True))
            return Genome(str(file), lengths, _Indexed(handle, str(file)))
    except (pysam.SamtoolsError, OSError, ValueError) as error:
        if file.stat().st_size > (MOST_PACKED if is_bgzip else MOST_PLAIN):
            raise FormatError(
                file,
                f"cannot be indexed: {str(error).strip()}",
                hint="All lines of a record but its last must be equally long: seqtk seq -l 60 makes them so.",
            ) from None
        logger.info("%s: cannot be indexed (are its lines equally long?), held in memory", file)
        return _hold(file)
    finally:
        pysam.set_verbosity(quiet)
    raise FormatError(file, "no place for its index", hint="Make one beside it: samtools faidx, or set XDG_CACHE_HOME.")


def _index_folders(file: Path) -> Iterator[Path]:
    """Where its index may be: beside it, in the user's cache, in the folder for temporary files."""
    yield file.parent
    stat = file.stat()
    state = f"{os.path.realpath(file)}\n{stat.st_size}\n{stat.st_mtime_ns}"
    own = hashlib.sha256(state.encode()).hexdigest()[:16]
    yield cache_folder() / own
    # Others may write to the temporary folder too: each user has a name of their own there.
    yield Path(tempfile.gettempdir()) / f"motifnet-{os.getuid()}" / "motifnet" / own


def cache_folder() -> Path:
    """Where indexes are kept of genomes that lie in folders of others."""
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")) / "motifnet"


def _is_fresh(index: Path, file: Path) -> bool:
    return index.is_file() and index.stat().st_mtime_ns >= file.stat().st_mtime_ns


def _made(index: Sequence[Path], file: Path) -> bool:
    """Make the index, whole or not at all; False where it cannot be written."""
    import pysam

    folder = index[0].parent
    # Nobody may write there: not even the superuser, who could.
    if folder.is_dir() and not folder.stat().st_mode & 0o222:
        return False
    parts = [place.with_name(f".{place.name}.{os.getpid()}.part") for place in index]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        parts[0].touch()
    except OSError:
        return False
    options = zip(("--fai-idx", "--gzi-idx"), map(str, parts), strict=False)
    try:
        pysam.faidx(*(word for option in options for word in option), str(file))
        for part, place in zip(parts, index, strict=True):
            os.replace(part, place)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
    logger.info("%s: index made (%s)", file, index[0])
    return True
