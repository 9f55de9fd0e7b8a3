"""The partial folder of an output: its files until it is complete, and the lock of the process that writes it.

::

    NAME.partial/       beside the output NAME, and removed when NAME is complete
        lock            locked by the process that writes NAME; the kernel releases the lock when the process ends
        setup           locked while one of several processes that share NAME prepares it
        results         becomes NAME (of a file: with its suffixes)
        checkpoint/     from which an interrupted command continues
        replaced        the old NAME, until it is removed

A process can be killed, or the power can fail, between any two operations. The next process that writes NAME then finds
a folder whose lock is free, and continues from its checkpoint or removes it.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import cache
from itertools import count
from pathlib import Path

from motifnet.errors import InputError

logger = logging.getLogger("motifnet")

SUFFIX = ".partial"
LOCK, RESULTS, CHECKPOINT, REPLACED = "lock", "results", "checkpoint", "replaced"
#: Lock file of one of several processes that prepares what they share.
SETUP = "setup"
#: Errors of `flock` on file systems without locks.
_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL)
#: Attempts to create a folder that another process removes meanwhile, or that the file system does not allow.
_MOST_ATTEMPTS = 100
#: Arguments of Linux' renameat2: relative to the current folder; exchange both paths.
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


@contextmanager
def locked(target: Path, *, resume: bool = False, share: bool = False) -> Iterator[Path]:
    """Create and lock the partial folder of an output; it is removed at the end.

    If the block fails, a folder with results or a checkpoint is kept. Files of an interrupted process are removed and
    logged; with `resume`, its checkpoint is kept. With `share`, several processes may hold the lock, each with
    `share`; the last one removes the folder.

    Raises
    ------
    InputError
        If another process holds the lock, or the folder was not made by motifnet.
    OSError
        If the folder cannot be written.
    """
    folder = target.with_name(target.name + SUFFIX)
    lock = _lock(folder, target, share=share)
    try:
        with exclusive(folder / SETUP) if share else nullcontext():
            _complete_replacement(folder, target)
            _remove_leftovers(folder, resume=resume)
        yield folder
    except BaseException:
        if not _has_content(folder) and _is_alone(lock):
            _remove_all(folder)
        raise
    else:
        if _is_alone(lock):
            _remove_all(folder)
    finally:
        unlock(lock)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Lock a file, which is created if it is missing; wait while another process holds the lock."""
    lock = lock_file(path, wait=True)
    try:
        yield
    finally:
        if lock is not None:
            unlock(lock)


def lock_file(path: Path, *, wait: bool, create: bool = True) -> int | None:
    """Lock a file and return its descriptor for `unlock`.

    Returns None if another process holds the lock and `wait` is false, or if there is no file and `create` is false.
    The kernel releases the lock when the process ends. Between hosts, the file system must support locks, as NFS does.
    """
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), 0o666)
        except FileNotFoundError:
            if create:
                raise
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                os.close(descriptor)
                raise
            _log_no_locks()
        except BaseException:
            os.close(descriptor)
            raise
        if _is_file(descriptor, path):
            return descriptor
        os.close(descriptor)  # another process has removed it meanwhile


def unlock(descriptor: int) -> None:
    """Release a lock and close its file."""
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # also for processes that were forked meanwhile
    os.close(descriptor)


def _has_content(folder: Path) -> bool:
    """Whether a partial folder has results or a checkpoint, which are kept when a command fails."""
    return folder.is_dir() and any(not path.is_dir() or any(path.iterdir()) for path in _content(folder))


def put_in_place(results: Path, target: Path) -> None:
    """Rename complete results, in the partial folder of `target`, to `target`.

    All data are flushed to the disk first. A folder that is replaced is exchanged with the new one, so that the name
    exists at any time.
    """
    _sync_all(results)
    replaced = results.with_name(REPLACED)
    if not (target.is_dir() and any(target.iterdir())):
        os.replace(results, target)
    elif exchange(results, target):
        os.replace(results, replaced)
    else:
        os.replace(target, replaced)
        try:
            os.replace(results, target)
        except OSError:
            os.replace(replaced, target)
            raise
    _sync(target.parent)
    with suppress(OSError):
        _remove(replaced)


def exchange(one: Path, other: Path) -> bool:
    """Exchange two paths in one operation; return False if the system or the file system does not support it."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    return bool(rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0)


def _lock(folder: Path, target: Path, *, share: bool) -> int:
    """Lock the file in a partial folder, which is created if it is missing; return the descriptor of the file."""
    for attempt in count():
        try:
            with suppress(FileExistsError):
                folder.mkdir()
                _sync(folder.parent)  # after a power failure, the folder must still have its name
            _check_ours(folder)
            descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:
            if folder.parent.is_dir() and attempt < _MOST_ATTEMPTS:
                continue  # another process has removed its folder meanwhile
            raise
        except BaseException:
            with suppress(OSError):
                folder.rmdir()  # fails unless it is empty
            raise
        try:
            _flock(descriptor, target, share=share)
            if _is_file(descriptor, folder / LOCK):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # another process has removed it meanwhile
    raise AssertionError


def _check_ours(folder: Path) -> None:
    """Check that a folder is empty or has a lock file, which is the first file of each partial folder."""
    names = os.listdir(folder) if folder.is_dir() else [""]
    if names and LOCK not in names:
        hint = "Move or rename it, or give another output."
        raise InputError(f"{folder}: exists, and was not written by motifnet", hint=hint)


def _flock(descriptor: int, target: Path, *, share: bool) -> None:
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if share else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        hint = "Wait until it has finished, or give another output."
        raise InputError(f"{target}: another process is writing it", hint=hint) from None
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        _log_no_locks()


def _is_alone(descriptor: int) -> bool:
    """Whether no other process holds the lock, which this process then holds alone."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


@cache
def _log_no_locks() -> None:
    logger.warning("this file system has no locks: do not write the same output with two processes")


def _is_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _complete_replacement(folder: Path, target: Path) -> None:
    """Complete `put_in_place` of a process that ended between its two renames."""
    replaced, results = folder / REPLACED, folder / RESULTS
    if not replaced.exists() or target.exists():
        return
    os.replace(results if results.exists() else replaced, target)
    logger.info("%s: restored from %s, after an interruption", target, folder)


def _remove_leftovers(folder: Path, *, resume: bool) -> None:
    found = _content(folder)
    kept = folder / CHECKPOINT
    for path in found:
        if not (resume and path == kept):
            _remove(path)
    if found and not (resume and kept in found):
        logger.info("%s: removed, left by an interrupted process", folder)


def _remove_all(folder: Path) -> None:
    """Remove a partial folder if possible; its lock file last, since `_check_ours` requires it."""
    with suppress(OSError):
        for path in _content(folder):
            _remove(path)
        (folder / SETUP).unlink(missing_ok=True)
        (folder / LOCK).unlink()
        folder.rmdir()


def _content(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name not in (LOCK, SETUP))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _sync_all(path: Path) -> None:
    """Flush a file, or a folder with all its files, to the disk."""
    for folder, _, files in os.walk(path):
        for name in files:
            _sync(Path(folder) / name)
        _sync(Path(folder))
    if not path.is_dir():
        _sync(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if not (path.is_dir() and error.errno in (errno.EINVAL, errno.EBADF)):  # some file systems: not for folders
            raise
    finally:
        os.close(descriptor)
