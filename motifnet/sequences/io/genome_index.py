"""Indexes of genomes in the formats of samtools: ``.fai``, and ``.gzi`` for bgzip files.

An index is used if it is not older than the genome and matches it: each record has its ``>`` line with its name before
its offset, records follow each other, the last one ends at the end of the file, and the blocks of bgzip are at the
offsets in the ``.gzi``. Format: http://www.htslib.org/doc/faidx.html, http://www.htslib.org/doc/bgzip.html
"""

from __future__ import annotations

import hashlib
import logging
import os
import struct
import tempfile
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

import numpy as np

T = TypeVar("T")

logger = logging.getLogger("motifnet")

#: Maximum number of records and of blocks that are checked; if there are more, those at both ends.
_MAX_CHECKED = 20_000
#: Maximum size of the text in bytes for which all lines are checked.
_MAX_SCANNED = 1 << 24
#: Bytes of a header, of the lines of a record and of a line end that are read.
_MAX_HEADER, _MAX_LINE, _MAX_LINE_END = 1 << 20, 1 << 16, 64
_BLOCK_HEADER = 18


@dataclass(frozen=True)
class _Record:
    """A line of ``.fai``: name, length in bp, offset of the first base, bases and bytes of a line."""

    name: bytes
    length: int
    offset: int
    bases: int
    width: int

    @property
    def end(self) -> int:
        """Offset after the line end of the last line."""
        n_lines, rest = divmod(self.length, self.bases) if self.bases else (0, 0)
        return self.offset + n_lines * self.width + (rest + self.width - self.bases if rest else 0)


class _Text(Protocol):
    """Random access to the text of a genome."""

    size: int

    def read(self, offset: int, size: int) -> bytes: ...


def index_folders(file: Path) -> Iterator[Path]:
    """Folders for the index: that of the file, the user's cache, that of temporary files."""
    yield file.parent
    stat = file.stat()
    state = f"{os.path.realpath(file)}\n{stat.st_size}\n{stat.st_mtime_ns}"
    own = hashlib.sha256(state.encode()).hexdigest()[:16]
    yield cache_folder() / own
    # The folder of temporary files is shared between users.
    yield Path(tempfile.gettempdir()) / f"motifnet-{os.getuid()}" / "motifnet" / own


def cache_folder() -> Path:
    """Folder for the indexes of genomes in read-only folders."""
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")) / "motifnet"


def make_index(index: Sequence[Path], file: Path) -> bool:
    """Write the index, completely or not at all; return False if the folder is not writable."""
    import pysam

    folder = index[0].parent
    # The superuser could write to a read-only folder, but should not.
    if folder.is_dir() and not folder.stat().st_mode & 0o222:
        return False
    parts = [path.with_name(f".{path.name}.{os.getpid()}.part") for path in index]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        parts[0].touch()
    except OSError:
        return False
    options = zip(("--fai-idx", "--gzi-idx"), map(str, parts), strict=False)
    try:
        pysam.faidx(*(argument for option in options for argument in option), str(file))
        for part, path in zip(parts, index, strict=True):
            os.replace(part, path)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
    logger.info("%s: index made (%s)", file, index[0])
    return True


def is_current(index: Sequence[Path], file: Path) -> bool:
    """Whether an index (``.fai``, for bgzip also ``.gzi``) exists, is not older than its genome, and matches it."""
    made = file.stat().st_mtime_ns
    if not all(part.is_file() and part.stat().st_mtime_ns >= made for part in index):
        return False
    if fits(index, file):
        return True
    logger.warning("%s: the index %s does not match the genome and is made again", file, index[0])
    return False


def fits(index: Sequence[Path], file: Path) -> bool:
    """Whether the records and blocks of an index are those of a genome; raises OSError if one cannot be read."""
    try:
        with file.open("rb") as handle:
            text = _Blocks(handle, index[1].read_bytes()) if len(index) > 1 else _Plain(handle)
            return _fits(_records(index[0]), text)
    except (ValueError, struct.error, zlib.error, EOFError):
        return False


def _fits(records: Sequence[_Record], text: _Text) -> bool:
    starts = [0, *(record.end for record in records)]
    chained = list(zip(starts, records, strict=False))
    if not records or not all(_has_header(start, record, text) for start, record in _ends(chained)):
        return False
    left = text.size - starts[-1]
    return left <= 0 or (left <= _MAX_HEADER and not text.read(starts[-1], left).strip())


def _has_header(start: int, record: _Record, text: _Text) -> bool:
    """Whether the record has its header, after a line end, at an offset, and then lines of its length."""
    begin = max(start - 1, 0)
    if not 0 < record.offset - start <= _MAX_HEADER:
        return False
    before, *headers, rest = (b"\n" * (start == 0) + text.read(begin, record.offset - begin)).split(b"\n")
    # samtools leaves out records without a sequence: several headers may follow each other.
    headers = [header for header in headers if header.strip()]
    if before or rest or not headers or not all(header.startswith(b">") for header in headers):
        return False
    return headers[-1][1:].split(None, 1)[:1] == [record.name] and _has_lines(record, text)


def _has_lines(record: _Record, text: _Text) -> bool:
    """Whether lines end where they should: all of them in small files, otherwise the first ones."""
    size = record.end - record.offset
    if text.size > _MAX_SCANNED:
        size = min(size, _MAX_LINE)
    letters = np.frombuffer(text.read(record.offset, size), dtype=np.uint8)
    # The line end at the end of the file may be missing.
    n_missing = size - len(letters)
    if n_missing and (n_missing > record.width - record.bases or record.offset + len(letters) != text.size):
        return False
    ends = np.arange(record.width, size, record.width) - 1 if record.width else np.empty(0, dtype=np.int64)
    if not n_missing and size == record.end - record.offset:
        ends = np.append(ends, size - 1)
    return np.array_equal(np.flatnonzero(letters == ord("\n")), ends)


def _ends(items: Sequence[T]) -> Sequence[T]:
    half = _MAX_CHECKED // 2
    return items if len(items) <= _MAX_CHECKED else (*items[:half], *items[-half:])


def _records(path: Path) -> list[_Record]:
    """Records of a ``.fai`` file; raises ValueError if it is damaged."""
    records = []
    for line in path.read_bytes().splitlines():
        name, *numbers = line.split(b"\t")
        if len(numbers) != 4 or not all(number.isdigit() and len(number) < 19 for number in numbers):
            raise ValueError
        record = _Record(name, *map(int, numbers))
        if not 0 <= record.width - record.bases <= _MAX_LINE_END or (record.length and not record.bases):
            raise ValueError
        records.append(record)
    return records


class _Plain:
    """The text of a plain file."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self.size = handle.seek(0, 2)

    def read(self, offset: int, size: int) -> bytes:
        self._handle.seek(min(offset, self.size))
        return self._handle.read(min(size, self.size))


class _Blocks:
    """The text of a bgzip file, found through its ``.gzi``; raises ValueError where a block is not as indexed."""

    def __init__(self, handle: BinaryIO, gzi: bytes) -> None:
        (n,) = struct.unpack_from("<Q", gzi)
        if len(gzi) != 8 + 16 * n:
            raise ValueError
        entries = [(0, 0), *struct.iter_unpack("<QQ", gzi[8:])]
        self._handle = handle
        self._compressed, self._starts = ([entry[side] for entry in entries] for side in (0, 1))
        self._kept = (-1, b"")
        for (here, start), (there, next_start) in _ends(list(pairwise(entries))):
            if self._sizes(here) != (there - here, next_start - start):
                raise ValueError
        here, self.size = entries[-1]
        end = handle.seek(0, 2)
        while here < end:
            compressed, size = self._sizes(here)
            here, self.size = here + compressed, self.size + size
        if here != end:
            raise ValueError

    def read(self, offset: int, size: int) -> bytes:
        parts = []
        while size > 0 and offset < self.size:
            number = bisect_right(self._starts, offset) - 1
            begin = offset - self._starts[number]
            part = self._block(number)[begin : begin + size]
            if not part:
                raise ValueError
            parts.append(part)
            offset, size = offset + len(part), size - len(part)
        return b"".join(parts)

    def _block(self, number: int) -> bytes:
        if self._kept[0] != number:
            here = self._compressed[number]
            compressed, _ = self._sizes(here)
            self._handle.seek(here)
            self._kept = (number, zlib.decompress(self._handle.read(compressed), wbits=31))
        return self._kept[1]

    def _sizes(self, offset: int) -> tuple[int, int]:
        """Bytes of a block, compressed and not."""
        self._handle.seek(offset)
        header = self._handle.read(_BLOCK_HEADER)
        if header[:4] != b"\x1f\x8b\x08\x04" or header[12:14] != b"BC":
            raise ValueError
        (last,) = struct.unpack_from("<H", header, 16)
        self._handle.seek(offset + last - 3)
        (size,) = struct.unpack("<I", self._handle.read(4))
        return last + 1, size
