"""Files and folders that are written whole or not at all: made beside their place, then renamed into it."""

from __future__ import annotations

import csv
import errno
import gzip
import io
import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from motifnet.errors import FormatError, InputError

if TYPE_CHECKING:
    import pandas as pd

STDIO = "-"
#: A folder that holds this file was written by motifnet, so ``--force`` may replace it.
PROVENANCE = "provenance.json"
#: What a folder of results says about its data.
DATA = "data.json"
_MATCH_TEXTS = ("match", "match_name", "match_family", "match_class", "match_kind", "match_others", "orientation")
#: Columns of any table that hold text, whatever the text looks like.
TEXT_COLUMNS = (
    *("name", "motif", "filter", "filters", "consensus", "strand", "split", "status", "task"),
    *("chrom", "genome_strand", "replicates", "before", "matched_sequence", "after", *_MATCH_TEXTS),
)


@contextmanager
def output_file(path: str | Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; it takes the place of `path` when the block ends without an error.

    Devices and pipes are written directly, and links stay links.

    Raises
    ------
    FormatError
        If the folder does not exist or cannot be written, `path` is a folder, or the disk is full.
    """
    target = Path(path)
    if target.exists() and not target.is_file() and not target.is_dir():
        with _named_failures(path):
            yield target
        return
    target = Path(os.path.realpath(target))
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with _named_failures(path):
            yield partial
            os.replace(partial, target)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def check_file(path: str | Path) -> None:
    """Say before the work starts whether a file can be written there.

    Raises
    ------
    FormatError
        If it is a folder, or its folder does not exist or cannot be written.
    """
    target = Path(os.path.realpath(path))
    folder = target.parent
    with _named_failures(path):
        if str(path) == STDIO or (target.exists() and not target.is_file() and not target.is_dir()):
            return
        if target.is_dir():
            raise _refusal(errno.EISDIR)
        if not folder.is_dir():
            raise _refusal(errno.ENOTDIR if folder.exists() else errno.ENOENT)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise _refusal(errno.EACCES)


@contextmanager
def write_text(path: str | Path) -> Iterator[TextIO]:
    """Write a text file whole or not at all.

    Parameters
    ----------
    path : str or Path
        ``-`` is standard output; a name that ends in ``.gz`` is written as gzip, without date or name, so that the same
        text gives the same bytes.

    Raises
    ------
    FormatError
        As `output_file`.
    """
    if str(path) == STDIO:
        with _named_failures("standard output"):
            yield sys.stdout
            sys.stdout.flush()
        return
    with output_file(path) as partial, partial.open("wb") as raw, _packed(raw, pack=Path(path).suffix == ".gz") as text:
        yield text


@contextmanager
def _packed(raw: BinaryIO, *, pack: bool) -> Iterator[TextIO]:
    if not pack:
        with io.TextIOWrapper(raw, encoding="utf-8", newline="\n") as handle:
            yield handle
        return
    with (
        gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="\n") as handle,
    ):
        yield handle


def check_folder(path: str | Path, *, force: bool, inputs: Iterable[str | Path | None] = ()) -> Path:
    """Say before the work starts whether a folder of results can be written there.

    Parameters
    ----------
    path : str or Path
    force : bool
        A folder that motifnet wrote may be replaced.
    inputs : iterable of str or Path
        What the work reads: never replaced. None and ``-`` are passed over.

    Returns
    -------
    Path
        The place itself, behind any links.

    Raises
    ------
    InputError
        If something is there already that may not be replaced, or the place cannot be written.
    """
    # A link to a folder stays a link; other paths stay as the user wrote them, for the messages.
    target = Path(os.path.realpath(path)) if Path(path).is_symlink() and Path(path).is_dir() else Path(path)
    real = Path(os.path.realpath(path))
    if real == Path.cwd():
        raise InputError(f"{path}: this is the folder you are in", hint="Name a new folder, e.g. results.")
    if target.is_dir():
        for given in inputs:
            if given is not None and real in (own := Path(os.path.realpath(given)), *own.parents):
                raise InputError(f"{path}: holds {given}, which this command reads", hint="Name another folder.")
        if any(target.iterdir()) and not (force and _is_ours(target)):
            hint = (
                f"--force replaces only an empty folder or one that motifnet wrote (with {PROVENANCE}); name another."
                if force
                else "Name another folder, or add --force to replace results that motifnet wrote."
            )
            raise InputError(f"{path}: the folder exists and is not empty", hint=hint)
    elif target.exists() or target.is_symlink():
        raise InputError(f"{path}: is a file, a folder was expected", hint="Name another place.")
    _check_parent(target)
    return target


@contextmanager
def output_folder(path: str | Path, *, force: bool = False, inputs: Iterable[str | Path | None] = ()) -> Iterator[Path]:
    """Yield an empty folder beside `path`; it takes the place of `path` when the block ends without an error.

    When the block fails, what it wrote stays in the sibling folder, and a note on the error names it.

    Raises
    ------
    InputError
        As `check_folder`, before and after the work; or if the disk is full, or the sibling folder is there already.
    """
    target = check_folder(path, force=force, inputs=inputs)
    partial = target.with_name(f"{target.name}.partial-{os.getpid()}")
    is_ours = True
    try:
        with _named_failures(path):
            try:
                partial.mkdir()
            except FileExistsError:
                is_ours = False  # two containers give the same number to processes
                hint = "Another run writes it now; or an earlier one left it: move or remove it."
                raise InputError(f"{partial}: the folder exists", hint=hint) from None
            yield partial
        check_folder(target, force=force)
        with _named_failures(path):
            if target.is_dir():
                _remove(target)
            os.replace(partial, target)
    except BaseException as error:
        if not is_ours or not partial.is_dir():
            raise  # another's, or already renamed
        if any(partial.iterdir()):
            error.add_note(f"What was done so far is in {partial}")
        else:
            partial.rmdir()
        raise


def _is_ours(folder: Path) -> bool:
    try:
        return bool(json.loads((folder / PROVENANCE).read_text())["written_by"] == "motifnet")
    except (OSError, ValueError, LookupError, TypeError):
        return False


def _check_parent(target: Path) -> None:
    """Make the folders above a folder of results, and say if nothing can be written there."""
    parent = target.parent
    with _named_failures(parent):
        try:
            parent.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise _refusal(errno.ENOTDIR) from None
        if not os.access(parent, os.W_OK | os.X_OK):
            raise _refusal(errno.EACCES)


def _refusal(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@contextmanager
def _named_failures(path: str | Path) -> Iterator[None]:
    """Turn the operating system's refusal to write (no space, no permission) into an error that names `path`."""
    try:
        yield
    except BrokenPipeError:
        raise  # nobody reads any more, which is no fault
    except OSError as error:
        # h5py's own words go over many lines.
        reason = os.strerror(error.errno) if error.errno else str(error).partition("\n")[0]
        hint = "Check the folder, its permissions and the disk."
        named = FormatError(path, f"cannot be written: {reason}", hint=hint)
        for note in getattr(error, "__notes__", ()):
            named.add_note(note)
        raise named from error


def _remove(folder: Path) -> None:
    # Renamed away first: an interruption leaves the old results or none under the name, never a part of them.
    old = folder.with_name(f"{folder.name}.old-{os.getpid()}")
    os.replace(folder, old)
    shutil.rmtree(old)


def write_table(table: pd.DataFrame, path: str | Path, *, header: bool = True) -> None:
    """Write a tab-separated table with a header and six significant digits; ``-`` is standard output.

    Raises
    ------
    FormatError
        As `output_file`.
    """
    write_tables([table], path, header=header)


def write_tables(tables: Iterable[pd.DataFrame], path: str | Path, *, header: bool = True) -> None:
    """Write tables of the same columns as one, each as it comes.

    Raises
    ------
    FormatError
        As `output_file`.
    """
    with write_text(path) as handle:
        for number, table in enumerate(tables):
            table.to_csv(
                handle,
                sep="\t",
                index=False,
                header=header and number == 0,
                float_format="%.6g",
                lineterminator="\n",
                quoting=csv.QUOTE_NONE,
            )


def write_json(document: Mapping[str, Any], path: str | Path) -> None:
    """Write a JSON document, indented.

    Raises
    ------
    FormatError
        As `output_file`.
    """
    with write_text(path) as handle:
        handle.write(json.dumps(document, indent=2) + "\n")


def read_table(path: str | Path) -> pd.DataFrame:
    """Back from `write_table`: `TEXT_COLUMNS` stay text (an empty cell, an empty string), other empty cells are NaN."""
    import pandas as pd

    types = dict.fromkeys(TEXT_COLUMNS, str)
    table = pd.read_csv(path, sep="\t", keep_default_na=False, na_values=[""], dtype=types)
    texts = [column for column in table.columns if column in TEXT_COLUMNS]
    return table.fillna(dict.fromkeys(texts, ""))
