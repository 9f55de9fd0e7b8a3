"""Files and folders that are written whole or not at all: made beside their place, then renamed into it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from motifnet.errors import InputError

#: A folder that holds this file was written by motifnet, so ``--force`` may replace it.
PROVENANCE = "provenance.json"


@contextmanager
def output_file(path: str | Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; it takes the place of `path` when the block ends without an error.

    Raises
    ------
    InputError
        If the folder does not exist or cannot be written, `path` is a folder, or the disk is full.
    """
    target = Path(path)
    if target.is_dir():
        raise InputError(f"{path}: is a folder, a file was expected", hint="Name a file inside it.")
    check_parent(target)
    partial = target.with_name(f".{target.name}.partial-{os.getpid()}")
    try:
        with writing(target):
            yield partial
            os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def check_folder(path: str | Path, *, force: bool) -> Path:
    """Say before the work starts whether a folder of results can be written there.

    Raises
    ------
    InputError
        If something is there already that may not be replaced, or the place cannot be written.
    """
    target = Path(path)
    if target.is_dir():
        if any(target.iterdir()) and not (force and (target / PROVENANCE).is_file()):
            hint = (
                f"--force replaces only an empty folder or one that motifnet wrote (with {PROVENANCE}); name another."
                if force
                else "Name another folder, or add --force to replace results that motifnet wrote."
            )
            raise InputError(f"{path}: the folder exists and is not empty", hint=hint)
    elif target.exists() or target.is_symlink():
        raise InputError(f"{path}: is a file, a folder was expected", hint="Name another place.")
    check_parent(target)
    return target


@contextmanager
def output_folder(path: str | Path, *, force: bool = False) -> Iterator[Path]:
    """Yield an empty folder beside `path`; it takes the place of `path` when the block ends without an error.

    When the block fails, what it wrote stays in the sibling folder, and a note on the error names it.

    Raises
    ------
    InputError
        As `check_folder`, before and after the work; or if the disk is full.
    """
    target = check_folder(path, force=force)
    partial = target.with_name(f"{target.name}.partial-{os.getpid()}")
    with writing(target):
        partial.mkdir()
    try:
        with writing(target):
            yield partial
        check_folder(target, force=force)
        with writing(target):
            if target.is_dir():
                _remove(target)
            os.replace(partial, target)
    except BaseException as error:
        if any(partial.iterdir()):
            error.add_note(f"What was done so far is in {partial}")
        else:
            partial.rmdir()
        raise


def check_parent(target: Path) -> None:
    """Make the folders above `target`, and say if nothing can be written there."""
    parent = target.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{parent}: cannot be made: {error.strerror}", hint="Name another place.") from None
    if not os.access(parent, os.W_OK | os.X_OK):
        raise InputError(f"{parent}: cannot be written: Permission denied", hint="Name another place.")


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """Turn the operating system's refusal to write (no space, no permission) into an InputError that names `target`."""
    try:
        yield
    except OSError as error:
        if error.errno is None:  # h5py reports a full disk without one
            raise InputError(f"{target}: cannot be written: {error}", hint="Is there space on the disk?") from error
        raise InputError(
            f"{target}: cannot be written: {os.strerror(error.errno)}", hint="Free some space, or name another place."
        ) from error


def _remove(folder: Path) -> None:
    # Renamed away first: an interruption leaves the old results or none under the name, never a part of them.
    old = folder.with_name(f"{folder.name}.old-{os.getpid()}")
    os.replace(folder, old)
    shutil.rmtree(old)
