"""Arrays and texts that may be larger than memory: large ones are memory-mapped temporary files.

Mapped memory that was read or written counts for the process until it is released. Large arrays are therefore
processed in blocks (`blocks`, `fill_blocks`), each of which is released afterwards. The files are in the folder of
temporary files (``TMPDIR``); they have no name and disappear with the process.
"""

from __future__ import annotations

import errno
import math
import mmap
import os
import shutil
import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from motifnet.errors import InputError

#: Minimum size in bytes of arrays in files, and size of a block.
LARGE, BLOCK = 1 << 26, 1 << 22
#: Texts that are str objects at one time.
_TEXT_BLOCK = 100_000

Ints = NDArray[np.int64]


def allocate(shape: tuple[int, ...], dtype: DTypeLike = np.uint8) -> NDArray[Any]:
    """Make an uninitialised array in memory, or in a temporary file if it has `LARGE` bytes or more.

    Raises InputError if the disk is too small.
    """
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    if n_bytes < LARGE:
        return np.empty(shape, dtype)
    with _temporary_file() as file, _disk_of(n_bytes):
        _reserve(file, n_bytes)
        return np.memmap(file, dtype=dtype, mode="r+", shape=shape)


def release(array: NDArray[Any]) -> None:
    """Free the memory of a mapped array; its contents stay in the file. Does nothing for other arrays."""
    owner: Any = array
    while isinstance(owner, np.ndarray) and not isinstance(owner, np.memmap):
        owner = owner.base
    mapped = getattr(owner, "_mmap", None)  # numpy has no public access to it
    # Changes of a private mapping (mode "c") are not in a file, and would be lost.
    if mapped is not None and owner.mode != "c" and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def blocks(array: NDArray[Any], *, rows: int | None = None) -> Iterator[tuple[int, NDArray[Any]]]:
    """Iterate over blocks of an array: index of the first row, and the rows. Each block is released afterwards."""
    size = rows or max(1, BLOCK // max(1, math.prod(array.shape[1:]) * array.itemsize))
    for begin in range(0, len(array), size):
        yield begin, array[begin : begin + size]
        release(array)


def fill_blocks(shape: tuple[int, ...], rows_of: Callable[[slice], NDArray[Any]]) -> NDArray[np.uint8]:
    """Make an array of codes block by block; `rows_of` computes the rows of a slice."""
    filled = allocate(shape)
    for begin, block in blocks(filled):
        block[:] = rows_of(slice(begin, begin + len(block)))
    return filled


class ByteBuffer:
    """Bytes to which more can be appended, in a temporary file if they are large.

    `n_buffers` buffers that are filled together keep up to `LARGE` bytes in memory in all.
    """

    def __init__(self, *, n_buffers: int = 1) -> None:
        self._large = LARGE // n_buffers
        self._kept: list[bytes] = []
        self._file: BinaryIO | None = None
        self.size = 0

    def append(self, data: bytes | memoryview) -> None:
        """Append bytes."""
        self.size += len(data)
        if self._file is None and self.size < self._large:
            self._kept.append(bytes(data))
            return
        with _disk_of(self.size):
            if self._file is None:
                self._file = _temporary_file()
                self._file.writelines(self._kept)
                self._kept.clear()
            self._file.write(data)

    def finish(self) -> NDArray[np.uint8]:
        """Return all bytes as a read-only array of shape (size,)."""
        if self._file is None:
            return np.frombuffer(b"".join(self._kept), dtype=np.uint8)
        with _disk_of(self.size), self._file as file:
            file.flush()
            return np.memmap(file, dtype=np.uint8, mode="r", shape=(self.size,))


class PackedTexts(Sequence[str]):
    """Many short texts, such as names, in one array of UTF-8: text ``i`` is ``flat[begin[i]:end[i]]``."""

    def __init__(self, flat: NDArray[np.uint8], begin: Ints, end: Ints) -> None:
        self._flat, self._begin, self._end = flat, begin, end

    def __len__(self) -> int:
        return len(self._begin)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> PackedTexts: ...
    def __getitem__(self, index: int | slice) -> str | PackedTexts:
        if isinstance(index, slice):
            return PackedTexts(self._flat, self._begin[index], self._end[index])
        return bytes(self._flat[self._begin[index] : self._end[index]]).decode("utf-8", "replace")

    def __iter__(self) -> Iterator[str]:
        for begin, block in blocks(self._begin, rows=_TEXT_BLOCK):
            for start, end in zip(block.tolist(), self._end[begin : begin + len(block)].tolist(), strict=True):
                yield bytes(self._flat[start:end]).decode("utf-8", "replace")
            release(self._flat)

    def take(self, rows: Ints) -> PackedTexts:
        """The texts at these indices."""
        return PackedTexts(self._flat, self._begin[rows], self._end[rows])


class TextBuffer:
    """Texts to which more can be appended."""

    def __init__(self) -> None:
        self._flat, self._lengths = ByteBuffer(), array("q")

    def extend(self, texts: Iterable[str]) -> None:
        """Append texts."""
        data = [text.encode("utf-8", "replace") for text in texts]
        self._flat.append(b"".join(data))
        self._lengths.extend(map(len, data))

    def finish(self) -> Sequence[str]:
        """Return all texts: a tuple, or `PackedTexts` if they are large."""
        lengths = np.frombuffer(self._lengths, dtype=np.int64)
        ends = np.cumsum(lengths)
        texts = PackedTexts(self._flat.finish(), ends - lengths, ends)
        # Short str objects take about four times the memory of their texts.
        return texts if self._flat.size + lengths.nbytes >= LARGE // 4 else tuple(texts)


def take_texts(texts: Sequence[str], rows: Ints) -> Sequence[str]:
    """The texts at these indices, packed if `texts` are."""
    return texts.take(rows) if isinstance(texts, PackedTexts) else tuple(texts[i] for i in rows)


def join_texts(parts: Sequence[Sequence[str]]) -> Sequence[str]:
    """Join several sequences of texts."""
    joined = TextBuffer()
    for part in parts:
        for row in range(0, len(part), _TEXT_BLOCK):
            joined.extend(part[row : row + _TEXT_BLOCK])
    return joined.finish()


def _temporary_file() -> BinaryIO:
    return tempfile.TemporaryFile(prefix="motifnet-")


def _reserve(file: BinaryIO, n_bytes: int) -> None:
    """Reserve all space now: writing to a mapping on a full disk kills the process without a message."""
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, n_bytes)
            return
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):  # not supported by the file system
            raise
    if shutil.disk_usage(tempfile.gettempdir()).free < n_bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    file.truncate(n_bytes)


@contextmanager
def _disk_of(n_bytes: int) -> Iterator[None]:
    """Raise InputError with folder and size if the disk is full."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{tempfile.gettempdir()}: no space for {n_bytes / 1e9:.1f} GB of sequences: {error.strerror}",
            hint="Set another folder for temporary files: TMPDIR=/path motifnet ...",
        ) from error
