"""Kill this process at one of its file operations.

    install(folder, at=12)

counts the operations of Python on files below a folder, and sends SIGKILL to this process before the twelfth. Writes
are those that reach the kernel; what libraries in C write (HDF5) counts as one operation, when the file is created.
"""

from __future__ import annotations

import builtins
import io
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: Audit events of operations on files, and the arguments that are the path and the descriptor of its folder, if any.
_EVENTS = {
    "os.rename": (1, 3),
    "os.remove": (0, 1),
    "os.mkdir": (0, 2),
    "os.rmdir": (0, 1),
    "os.truncate": (0, None),
    "os.link": (1, 3),
    "os.symlink": (1, 2),
}
#: File of the operations: number, operation and path, separated by tabs.
OPERATIONS = "operations.tsv"
_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class _Counter:
    def __init__(self, folder: Path, at: int, record: Path | None, log: Path | None) -> None:
        self._folder, self._at, self._n = os.path.realpath(folder), at, 0
        self._record = record
        log = record / OPERATIONS if record is not None else log
        self._log = -1 if log is None else os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def is_inside(self, path: Any) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):
            return False
        real = os.path.abspath(os.fsdecode(path))
        return real.startswith(self._folder + os.sep)

    def operation(self, name: str, path: Any) -> None:
        """Count an operation, or kill this process before it."""
        if not self.is_inside(path):
            return
        self._n += 1
        if self._record is not None:
            shutil.copytree(self._folder, self._record / str(self._n))
        if self._log >= 0:
            relative = os.path.relpath(os.path.abspath(os.fsdecode(path)), self._folder)
            os.write(self._log, f"{self._n}\t{name}\t{relative}\n".encode())
        if self._n == self._at:
            os.kill(os.getpid(), signal.SIGKILL)


def install(folder: Path, *, at: int = 0, record: Path | None = None, log: Path | None = None) -> None:
    """Count from now on.

    Parameters
    ----------
    folder : Path
    at : int
        Number of the operation before which the process is killed; 0: it is not killed.
    record : Path, optional
        Folder for the file `OPERATIONS`, with number, operation and path of each, and for a copy of `folder` before
        each operation: what SIGKILL would leave, since it only drops what has not reached the kernel.
    log : Path, optional
        File for the operations alone, without copies.
    """
    counter = _Counter(folder, at, record, log)

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            if (mode and set(mode) & set("wax+")) or (flags or 0) & _WRITE:
                counter.operation("open", path)
        elif event in _EVENTS:
            path, folder = (None if k is None else arguments[k] for k in _EVENTS[event])
            if isinstance(folder, int) and folder >= 0:  # shutil.rmtree
                path = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), os.fsdecode(path))
            counter.operation(event.removeprefix("os."), path)

    sys.addaudithook(audit)
    _count_writes(counter)
    _count_calls(counter)


def _count_writes(counter: _Counter) -> None:
    """Replace `open` by one whose files count each write to the kernel."""
    plain = io.open

    class CountedFile(io.FileIO):
        def write(self, data: Any, /) -> Any:
            counter.operation("write", self.name)
            return super().write(data)

    def opened(file: Any, mode: str = "r", buffering: int = -1, *rest: Any, **named: Any) -> Any:
        if not counter.is_inside(file) or not set(mode) & set("wax+") or "+" in mode:
            return plain(file, mode, buffering, *rest, **named)
        raw = CountedFile(os.fspath(file), mode.replace("b", "").replace("t", ""))
        if buffering == 0:
            return raw
        buffered = io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *rest, **named)

    builtins.open = io.open = opened  # type: ignore[assignment]


def _count_calls(counter: _Counter) -> None:
    """Count operations that raise no audit event: fsync, the exchange of two folders, HDF5 files."""
    import h5py

    from motifnet import partial_folder

    def counted(name: str, function: Callable[..., Any], path: Callable[[Any], Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            counter.operation(name, path(arguments[0]))
            return function(*arguments, **named)

        return call

    os.fsync = counted("fsync", os.fsync, lambda descriptor: os.readlink(f"/proc/self/fd/{descriptor}"))
    partial_folder.exchange = counted("exchange", partial_folder.exchange, lambda path: path)
    h5py.h5f.create = counted("hdf5", h5py.h5f.create, lambda path: path)
