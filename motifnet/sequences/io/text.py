"""Text files: plain or gzip (recognised by content), and ``-`` for standard input.

Errors of the operating system and of decompression are raised as `FormatError`, with the name of the file.
"""

from __future__ import annotations

import difflib
import gzip
import io
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from motifnet.arguments import check_type
from motifnet.errors import FormatError
from motifnet.outputs import STDIO

_GZIP_MAGIC, _HDF5_MAGIC = b"\x1f\x8b", b"\x89HDF\r\n\x1a\n"
_OTHER_MAGIC = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip"}
#: Maximum number of bytes of standard input that are kept in memory.
_KEPT = 1 << 26
#: Maximum number of characters of a line in files other than FASTA.
MAX_LINE = 1 << 24
#: The character that replaces bytes that are not UTF-8.
REPLACEMENT = "\ufffd"


class TextSource:
    """A text file, or standard input (``-``), that can be read several times; `name` is its name in messages.

    Standard input and pipes, such as ``<(zcat peaks.fa.gz)``, are kept in memory, or in a temporary file from 64 MB on.
    Raises FormatError if the file is missing, a folder, or cannot be read.
    """

    def __init__(self, path: str | Path) -> None:
        check_type("path", path, str, Path)
        self.name = "standard input" if str(path) == STDIO else str(path)
        self._path = Path(path)
        self._kept: bytes | None = None
        self._open: io.BufferedReader | None = None
        if str(path) == STDIO:
            if sys.stdin is None:
                raise FormatError(self.name, "is closed", hint="Give a file, or redirect standard input.")
            with _as_format_error(self.name):
                self._keep(sys.stdin.buffer)
            return
        with _as_format_error(self.name):
            if self._path.is_dir():
                raise FormatError(path, "this is a folder, not a file", hint=_folder_hint(self._path))
            if not self._path.exists():
                raise FormatError(path, "there is no such file", hint=_near_names(self._path))
            if not self._path.is_file():
                with self._path.open("rb") as pipe:
                    self._keep(pipe)

    def _keep(self, stream: BinaryIO) -> None:
        """Keep a stream in memory, or in a temporary file if it is large."""
        start = stream.read(_KEPT)
        if len(start) < _KEPT:
            self._kept = start
            return
        if b"\0" in start[:4096] and not start.startswith(_GZIP_MAGIC):  # such as /dev/zero, which has no end
            raise self._is_binary()
        self._copy = tempfile.NamedTemporaryFile(prefix="motifnet-")  # noqa: SIM115  # removed with this object
        self._path = Path(self._copy.name)
        self._copy.write(start)
        shutil.copyfileobj(stream, self._copy)
        self._copy.flush()

    @contextmanager
    def text(self) -> Iterator[TextIO]:
        """Open the file from its start as UTF-8, decompressed, with universal line ends; invalid bytes become U+FFFD.

        Raises FormatError, also within the ``with`` block, if it is unreadable, truncated, damaged, or compressed with
        another method than gzip.
        """
        with _as_format_error(self.name), self._raw() as raw:
            self._open = raw
            magic = raw.peek(6)
            for other, tool in _OTHER_MAGIC.items():
                if magic.startswith(other):
                    what = f"{tool} compression is not supported"
                    raise FormatError(self.name, what, hint="Decompress the file, or use gzip.")
            binary = gzip.GzipFile(fileobj=raw) if magic.startswith(_GZIP_MAGIC) else raw
            with io.TextIOWrapper(binary, encoding="utf-8-sig", errors="replace") as handle:
                yield handle

    def lines(self) -> Iterator[tuple[int, str]]:
        """Yield the number (from 1) and the text, with its line end, of each line, in bounded memory.

        Raises FormatError as in `text`, and for a line of more than `MAX_LINE` characters.
        """
        with self.text() as handle:
            number = 0
            while line := handle.readline(MAX_LINE + 1):
                number += 1
                if len(line) > MAX_LINE:
                    what = f"the line has more than {MAX_LINE:,} characters"
                    raise FormatError(self.name, what, line=number, hint="Check the step that wrote the file.")
                yield number, line

    def is_hdf5(self) -> bool:
        """Whether the file begins as HDF5 files do."""
        with _as_format_error(self.name), self._raw() as raw:
            return raw.peek(8).startswith(_HDF5_MAGIC)

    def head(self) -> str:
        """The first few thousand characters; raises FormatError as in `text`, and if the file is binary or empty."""
        with self.text() as handle:
            head = handle.read(4096)
        if any(char < " " and not char.isspace() for char in head):
            raise self._utf16_error(head) or self._is_binary()
        if not head.strip():
            raise FormatError(self.name, "the file is empty", hint="Check the step that wrote it.")
        return head

    def _utf16_error(self, head: str) -> FormatError | None:
        """The error for text in UTF-16, in which every second byte is 0 for ASCII; None for other content."""
        text = head.removeprefix(2 * REPLACEMENT)  # the byte order mark
        for parity, encoding in enumerate(("UTF-16BE", "UTF-16LE")):
            zeros, letters = text[parity::2], text[1 - parity :: 2]
            is_text = all(char.isprintable() or char.isspace() for char in letters)
            if is_text and zeros.count("\0") > 0.9 * len(zeros):
                hint = f"Convert it to UTF-8: iconv -f {encoding if text == head else 'UTF-16'} -t UTF-8 OLD > NEW"
                return FormatError(self.name, "this is text in UTF-16, not UTF-8", hint=hint)
        return None

    def _is_binary(self) -> FormatError:
        return FormatError(self.name, "this is a binary file, not text", hint="Give a plain or gzip text file.")

    def bytes_read(self) -> tuple[int, int]:
        """Number of bytes that the last `text` has read, and size of the file."""
        size = len(self._kept) if self._kept is not None else self._path.stat().st_size
        return self._open.tell() if self._open is not None else 0, size

    def _raw(self) -> io.BufferedReader:
        if self._kept is not None:
            return io.BufferedReader(io.BytesIO(self._kept))
        return self._path.open("rb")


@contextmanager
def _as_format_error(name: str) -> Iterator[None]:
    try:
        yield
    except EOFError:
        raise FormatError(name, "the gzip file is truncated", hint="Copy or download it again.") from None
    except (gzip.BadGzipFile, zlib.error):
        raise FormatError(name, "the gzip file is damaged", hint="Copy or download it again.") from None
    except OSError as error:
        hint = "Check its permissions (ls -l) and the disk."
        raise FormatError(name, f"cannot be read: {error.strerror or error}", hint=hint) from None


def _names_in(folder: Path) -> list[str]:
    """Sorted names of the files and folders in a folder; none if it cannot be read."""
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return []


def _folder_hint(folder: Path) -> str:
    files = [name for name in _names_in(folder) if (folder / name).is_file()]
    return f"Give a file in it, e.g. {folder / files[0]}." if files else "It is empty."


def _near_names(path: Path) -> str:
    if not path.parent.is_dir():
        return f"The folder {path.parent} does not exist."
    near = difflib.get_close_matches(path.name, _names_in(path.parent))
    if near:
        return f"Did you mean {' or '.join(str(path.parent / name) for name in near)}?"
    return "Check the path."
