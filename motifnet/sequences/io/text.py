"""Opening text files as users have them (plain, gzip whatever the suffix, ``-``).

Every failure of the operating system or of a decompressor becomes one `FormatError` that names the file.
"""

from __future__ import annotations

import difflib
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from motifnet.errors import FormatError
from motifnet.outputs import STDIO

_GZIP_MAGIC = b"\x1f\x8b"
_OTHER_MAGIC = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip"}
_HEAD_CHARS = 4096
#: What bytes that are not UTF-8 become.
NO_LETTER = "\ufffd"


class TextSource:
    """A text file, or standard input, that can be read from its start as often as needed.

    What cannot be read twice (standard input, a pipe such as ``<(zcat peaks.fa.gz)``) is kept in memory.

    Parameters
    ----------
    path : str or Path
        ``-`` is standard input.

    Attributes
    ----------
    name : str
        What messages call it.

    Raises
    ------
    FormatError
        If there is no such file, or it is a folder, or cannot be read.
    """

    def __init__(self, path: str | Path) -> None:
        self.name = "standard input" if str(path) == STDIO else str(path)
        self._path = Path(path)
        self._kept: bytes | None = None
        self._open: io.BufferedReader | None = None
        if str(path) == STDIO:
            self._kept = sys.stdin.buffer.read()
        elif self._path.is_dir():
            raise FormatError(path, "this is a folder, not a file", hint=_folder_hint(self._path))
        elif not self._path.exists():
            raise FormatError(path, "there is no such file", hint=_near_names(self._path))
        elif not self._path.is_file():
            with _named_failures(self.name):
                self._kept = self._path.read_bytes()

    @contextmanager
    def text(self) -> Iterator[TextIO]:
        """Open it from the start, unpacked, as UTF-8 with universal line ends (odd bytes become U+FFFD).

        Raises
        ------
        FormatError
            On opening or while reading in the ``with`` block: compressed by something else than gzip, truncated,
            damaged, unreadable.
        """
        with _named_failures(self.name), self._raw() as raw:
            self._open = raw
            magic = raw.peek(6)
            for other, tool in _OTHER_MAGIC.items():
                if magic.startswith(other):
                    raise FormatError(
                        self.name, f"compressed with {tool}, which is not read", hint="Unpack it, or use gzip."
                    )
            binary = gzip.GzipFile(fileobj=raw) if magic.startswith(_GZIP_MAGIC) else raw
            with io.TextIOWrapper(binary, encoding="utf-8-sig", errors="replace") as handle:
                yield handle

    def head(self) -> str:
        """The first few thousand characters, for recognising the format.

        Raises
        ------
        FormatError
            As in `text`, and if there is nothing but white space, or it is not text.
        """
        with self.text() as handle:
            head = handle.read(_HEAD_CHARS)
        if any(char < " " and not char.isspace() for char in head):
            raise FormatError(self.name, "this is a binary file, not text", hint="Give a plain or gzip text file.")
        if not head.strip():
            raise FormatError(
                self.name, "the file is empty", hint="The step that wrote it may have failed: run it again."
            )
        return head

    def bytes_read(self) -> tuple[int, int]:
        """How many bytes of the file the last `text` has taken, and how many there are."""
        size = len(self._kept) if self._kept is not None else self._path.stat().st_size
        return self._open.tell() if self._open is not None else 0, size

    def _raw(self) -> io.BufferedReader:
        if self._kept is not None:
            return io.BufferedReader(io.BytesIO(self._kept))
        return self._path.open("rb")


@contextmanager
def _named_failures(name: str) -> Iterator[None]:
    try:
        yield
    except EOFError:
        raise FormatError(
            name, "the gzip data end too early: the file is truncated", hint="Copy or download it again."
        ) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise FormatError(name, f"the gzip data are damaged ({error})", hint="Copy or download it again.") from None
    except OSError as error:
        raise FormatError(
            name, f"cannot be read: {error.strerror or error}", hint="Check who may read it (ls -l) and the disk."
        ) from None


def _names_in(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return []


def _folder_hint(folder: Path) -> str:
    files = [name for name in _names_in(folder) if (folder / name).is_file()]
    return f"Name a file in it, e.g. {folder / files[0]}." if files else "It holds no files."


def _near_names(path: Path) -> str:
    if not path.parent.is_dir():
        return f"There is no folder {path.parent} either."
    near = difflib.get_close_matches(path.name, _names_in(path.parent))
    if near:
        return f"Did you mean {' or '.join(str(path.parent / name) for name in near)}?"
    return "No file in that folder has a similar name."
