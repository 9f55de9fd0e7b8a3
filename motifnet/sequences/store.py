"""Room for arrays that may be larger than memory: large ones lie in temporary files, mapped, and are read in blocks.

What is mapped counts for a process only as far as it was touched and not yet given back; so whoever goes through a
large array does so in blocks (`blocks`, `fill`), which give back what they have read, and the resident set stays flat.
The files have no name, and vanish with their last user. They are made in the folder for temporary files (``TMPDIR``).
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

#: Arrays of at least so many bytes lie in files.
LARGE = 1 << 26
#: Bytes of an array in a block.
BLOCK = 1 << 22
#: A short text as an object takes about so many times the room of its letters.
_OBJECT = 4
#: Texts that are objects at one time.
_TEXTS = 100_000

Ints = NDArray[np.int64]


def room(shape: tuple[int, ...], dtype: DTypeLike = np.uint8) -> NDArray[Any]:
    """An array to write to: in memory, or in a temporary file from `LARGE` bytes on.

    Raises
    ------
    InputError
        If the disk has no place for the file.
    """
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    if n_bytes < LARGE:
        return np.empty(shape, dtype)
    with _temporary_file() as file, _disk_of(n_bytes):
        _reserve(file, n_bytes)
        return np.memmap(file, dtype=dtype, mode="r+", shape=shape)


def release(array: NDArray[Any]) -> None:
    """Give back the memory of an array that lies in a file; what was written to it stays.

    A copy of a mapped array, and a mapping that keeps changes to itself (mode "c"), have no file to come back from.
    """
    owner: Any = array
    while isinstance(owner, np.ndarray) and not isinstance(owner, np.memmap):
        owner = owner.base
    mapped = getattr(owner, "_mmap", None)  # numpy gives no other way to it
    if mapped is not None and owner.mode != "c" and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def rows_of_block(array: NDArray[Any]) -> int:
    """How many rows of an array are a block."""
    return max(1, BLOCK // max(1, math.prod(array.shape[1:]) * array.itemsize))


def blocks(array: NDArray[Any], *, rows: int | None = None) -> Iterator[tuple[int, NDArray[Any]]]:
    """Number of the first row, and the rows, of one block after the other; what was read is given back."""
    size = rows or rows_of_block(array)
    for begin in range(0, len(array), size):
        yield begin, array[begin : begin + size]
        release(array)


def fill(shape: tuple[int, ...], of_rows: Callable[[slice], NDArray[Any]]) -> NDArray[np.uint8]:
    """Make an array of codes block by block: `of_rows` gives what belongs into some rows of it."""
    filled = room(shape)
    for begin, block in blocks(filled):
        block[:] = of_rows(slice(begin, begin + len(block)))
    return filled


class Growing:
    """Bytes that are appended to, whose number is not known beforehand; beyond `LARGE` they go to a temporary file.

    Parameters
    ----------
    siblings : int
        Of so many that grow together, each has its share of `LARGE`.
    """

    def __init__(self, *, siblings: int = 1) -> None:
        self._large = LARGE // siblings
        self._kept: list[bytes] = []
        self._file: BinaryIO | None = None
        self.size = 0

    def append(self, data: bytes) -> None:
        """Put more bytes behind the others."""
        self.size += len(data)
        if self._file is None and self.size < self._large:
            self._kept.append(data)
            return
        with _disk_of(self.size):
            if self._file is None:
                self._file = _temporary_file()
                self._file.writelines(self._kept)
                self._kept.clear()
            self._file.write(data)

    def finish(self) -> NDArray[np.uint8]:
        """All bytes, as a read-only array of shape (size,)."""
        if self._file is None:
            return np.frombuffer(b"".join(self._kept), dtype=np.uint8)
        with _disk_of(self.size), self._file as file:
            file.flush()
            return np.memmap(file, dtype=np.uint8, mode="r", shape=(self.size,))


class Texts(Sequence[str]):
    """Many short texts, such as names, without an object for each.

    Parameters
    ----------
    flat : uint8 array
        UTF-8, one after the other, or with anything between them.
    begin, end : int64 arrays of shape (N,)
        Text ``i`` is ``flat[begin[i]:end[i]]``.
    """

    def __init__(self, flat: NDArray[np.uint8], begin: Ints, end: Ints) -> None:
        self._flat, self._begin, self._end = flat, begin, end

    def __len__(self) -> int:
        return len(self._begin)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Texts: ...
    def __getitem__(self, index: int | slice) -> str | Texts:
        if isinstance(index, slice):
            return Texts(self._flat, self._begin[index], self._end[index])
        return bytes(self._flat[self._begin[index] : self._end[index]]).decode("utf-8", "replace")

    def __iter__(self) -> Iterator[str]:
        for begin, block in blocks(self._begin, rows=_TEXTS):
            for start, end in zip(block.tolist(), self._end[begin : begin + len(block)].tolist(), strict=True):
                yield bytes(self._flat[start:end]).decode("utf-8", "replace")
            release(self._flat)

    def take(self, rows: Ints) -> Texts:
        """The texts at these indices."""
        return Texts(self._flat, self._begin[rows], self._end[rows])


class GrowingTexts:
    """Texts that are appended to."""

    def __init__(self) -> None:
        self._flat, self._lengths = Growing(), array("q")

    def extend(self, texts: Iterable[str]) -> None:
        """Put more texts behind the others."""
        data = [text.encode("utf-8", "replace") for text in texts]
        self._flat.append(b"".join(data))
        self._lengths.extend(map(len, data))

    def finish(self) -> Sequence[str]:
        """All texts: a tuple, or `Texts` where they are many."""
        lengths = np.frombuffer(self._lengths, dtype=np.int64)
        ends = np.cumsum(lengths)
        texts = Texts(self._flat.finish(), ends - lengths, ends)
        return texts if self._flat.size + lengths.nbytes >= LARGE // _OBJECT else tuple(texts)


def take_texts(texts: Sequence[str], rows: Ints) -> Sequence[str]:
    """The texts at these indices, as they were kept."""
    return texts.take(rows) if isinstance(texts, Texts) else tuple(texts[i] for i in rows)


def join_texts(parts: Sequence[Sequence[str]]) -> Sequence[str]:
    """All texts of several sequences of them, in order."""
    joined = GrowingTexts()
    for part in parts:
        for rows in range(0, len(part), _TEXTS):
            joined.extend(part[rows : rows + _TEXTS])
    return joined.finish()


def _temporary_file() -> BinaryIO:
    return tempfile.TemporaryFile(prefix="motifnet-")


def _reserve(file: BinaryIO, n_bytes: int) -> None:
    """All of it now: writing to a mapping on a full disk would end the process without a word."""
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, n_bytes)
            return
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):  # which say that the file system has no such call
            raise
    if shutil.disk_usage(tempfile.gettempdir()).free < n_bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    file.truncate(n_bytes)


@contextmanager
def _disk_of(n_bytes: int) -> Iterator[None]:
    """Name the folder and the size when the operating system refuses."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{tempfile.gettempdir()}: cannot hold {n_bytes / 1e9:.1f} GB of sequences: {error.strerror}",
            hint="Name a folder on a larger disk for temporary files: TMPDIR=/path motifnet ...",
        ) from error
