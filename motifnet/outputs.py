"""Output files and folders, written completely or not at all: in a partial folder beside them, then renamed."""

from __future__ import annotations

import csv
import errno
import gzip
import io
import json
import math
import os
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from motifnet.documents import SPECIAL, escape_cell
from motifnet.errors import FormatError, InputError
from motifnet.partial_folder import CHECKPOINT, RESULTS, locked, put_in_place
from motifnet.provenance import PROVENANCE, is_written_by_motifnet

if TYPE_CHECKING:
    import pandas as pd

STDIO = "-"
#: Suffixes of formats that are not tables, by which other programs recognise them.
_OTHER_FORMATS = {
    "bigWig": (".bw", ".bigwig"),
    "bigBed": (".bb", ".bigbed"),
    "bedGraph": (".bedgraph", ".bdg"),
    "wiggle": (".wig",),
    "BED": (".bed", ".narrowpeak", ".broadpeak"),
    "GFF": (".gff", ".gff3", ".gtf"),
    "VCF": (".vcf", ".bcf"),
    "alignments": (".bam", ".sam", ".cram"),
    "FASTA": (".fa", ".fasta"),
    "JSON": (".json",),
    "Excel": (".xlsx", ".xls"),
    "Parquet": (".parquet", ".feather"),
    "HDF5": (".h5", ".hdf5"),
    "NumPy arrays": (".npy", ".npz"),
}
#: Summary of the data in a folder of results.
DATA = "data.json"


@contextmanager
def output_file(path: str | Path) -> Iterator[Path]:
    """Yield a path in a folder beside `path`; it is renamed to `path` when the block ends without an error.

    Devices and pipes are written directly. If `path` is a symbolic link, its target is replaced.

    Raises
    ------
    FormatError
        If the folder does not exist or is not writable, `path` is a folder, or the disk is full.
    InputError
        If another process is writing it.
    """
    target = Path(path)
    if target.exists() and not target.is_file() and not target.is_dir():
        with write_errors(path):
            yield target
        return
    target = Path(os.path.realpath(target))
    with write_errors(path), locked(target) as partial:
        results = partial / f"{RESULTS}{''.join(target.suffixes)}"
        try:
            yield results
            put_in_place(results, target)
        finally:
            with suppress(OSError):
                results.unlink(missing_ok=True)


def check_file(path: str | Path) -> None:
    """Check that a file can be written, before a computation starts.

    Raises
    ------
    FormatError
        If it is a folder, or its folder does not exist or is not writable.
    """
    target = Path(os.path.realpath(path))
    folder = target.parent
    with write_errors(path):
        if str(path) == STDIO or (target.exists() and not target.is_file() and not target.is_dir()):
            return
        if target.is_dir():
            raise _os_error(errno.EISDIR)
        if not folder.is_dir():
            raise _os_error(errno.ENOTDIR if folder.exists() else errno.ENOENT)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise _os_error(errno.EACCES)


def check_distinct(outputs: Iterable[str | Path | None], *, inputs: Iterable[str | Path | None]) -> None:
    """Check, before a computation starts, that no output replaces an input or another output.

    None, ``-`` and devices are skipped.

    Raises
    ------
    InputError
        If an output is an input, or two outputs are the same file.
    """

    def named(paths: Iterable[str | Path | None]) -> Iterator[tuple[str, str]]:
        for path in paths:
            if path is not None and str(path) != STDIO and (Path(path).is_file() or not Path(path).exists()):
                yield os.path.realpath(path), str(path)

    read, written = {real for real, _ in named(inputs)}, set[str]()
    for real, path in named(outputs):
        if real in read:
            raise InputError(f"{path}: the output is an input file", hint="Give another file.")
        if real in written:
            raise InputError(f"{path}: two outputs have this name", hint="Use a different name for each output.")
        written.add(real)


def file_stems(names: Iterable[str]) -> list[str]:
    """Names of files without suffix: characters that not every file system allows become ``_``.

    Names that then are equal, apart from case, are numbered.
    """
    stems: dict[str, str] = {}
    for name in names:
        stem = wanted = re.sub(r"[^\w.+-]|^\.", "_", name[:60])  # file systems allow 255 bytes
        number = 1
        while stem.lower() in stems:
            number += 1
            stem = f"{wanted}_{number}"
        stems[stem.lower()] = stem
    return list(stems.values())


def check_table(path: str | Path, *, others: Collection[str] = ()) -> None:
    """Check, before a computation starts, that a table can be written and that its suffix is not that of another
    format.

    `others` are suffixes, such as ``.bed``, of other formats that are written instead of a table.

    Raises
    ------
    FormatError
        As `check_file`, or if the suffix is that of another format, such as ``.bw``.
    """
    suffix = Path(str(path).lower().removesuffix(".gz")).suffix
    name = next((name for name, own in _OTHER_FORMATS.items() if suffix in own and suffix not in others), None)
    if name is not None:
        hint = "Give the name of a .tsv" + "".join(f" or {other}" for other in others) + " file."
        raise FormatError(path, f"this command writes a table, not {name}", hint=hint)
    check_file(path)


@contextmanager
def write_text(path: str | Path) -> Iterator[TextIO]:
    """Open a text file that is written completely or not at all.

    Parameters
    ----------
    path : str or Path
        ``-`` is standard output. A name that ends in ``.gz`` is compressed with gzip, without file name and time in the
        header, so that the same text gives the same bytes.

    Raises
    ------
    FormatError
        As `output_file`.
    """
    if str(path) == STDIO:
        with write_errors("standard output"):
            if sys.stdout is None:
                raise _os_error(errno.EBADF)
            yield sys.stdout
            sys.stdout.flush()
        return
    is_gzip = Path(path).suffix == ".gz"
    with output_file(path) as partial, partial.open("wb") as raw, _text_handle(raw, is_gzip=is_gzip) as handle:
        yield handle


@contextmanager
def _text_handle(raw: BinaryIO, *, is_gzip: bool) -> Iterator[TextIO]:
    if not is_gzip:
        with io.TextIOWrapper(raw, encoding="utf-8", newline="\n") as handle:
            yield handle
        return
    with (
        gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0) as compressed,
        io.TextIOWrapper(compressed, encoding="utf-8", newline="\n") as handle,
    ):
        yield handle


def resolve_folder(path: str | Path) -> Path:
    """The target of a symbolic link to a folder; other paths as they are, since messages show them."""
    return Path(os.path.realpath(path)) if Path(path).is_symlink() and Path(path).is_dir() else Path(path)


def check_folder(path: str | Path, *, force: bool, inputs: Iterable[str | Path | None] = ()) -> Path:
    """Check that a folder of results can be written, before a computation starts.

    Parameters
    ----------
    path : str or Path
    force : bool
        Allow to replace a folder that motifnet wrote.
    inputs : iterable of str, Path or None
        Files and folders that the computation reads, which are never replaced. None and ``-`` are skipped.

    Returns
    -------
    Path
        The folder, with a symbolic link to a folder resolved.

    Raises
    ------
    InputError
        If something exists there that may not be replaced, or the folder above it is not writable.
    """
    target = resolve_folder(path)
    real = Path(os.path.realpath(path))
    if real == Path.cwd():
        raise InputError(f"{path}: is the current folder", hint="Give the name of a new folder, e.g. results.")
    if target.is_dir():
        for given in inputs:
            if given is not None and real in (own := Path(os.path.realpath(given)), *own.parents):
                raise InputError(f"{path}: contains the input {given}", hint="Give another folder.")
        if any(target.iterdir()) and not (force and is_written_by_motifnet(target)):
            hint = (
                f"--force replaces only empty folders and those that motifnet wrote (with {PROVENANCE}). "
                "Give another folder."
                if force
                else "Give another folder, or use --force (in Python force=True) to replace results of motifnet."
            )
            raise InputError(f"{path}: the folder exists and is not empty", hint=hint)
    elif target.exists() or target.is_symlink():
        raise InputError(f"{path}: is a file, not a folder", hint="Give another folder.")
    _make_parent(target)
    return target


@contextmanager
def output_folder(
    path: str | Path, *, force: bool = False, inputs: Iterable[str | Path | None] = (), resume: bool = False
) -> Iterator[Path]:
    """Yield an empty folder in the partial folder of `path`; it is renamed to `path` when the block ends without an
    error.

    If the block fails, the files written so far stay there (`motifnet.partial_folder`), and their folder is added to
    the error as a note.

    Parameters
    ----------
    path, force, inputs
        As for `check_folder`.
    resume : bool
        Keep the checkpoint of an interrupted process, in the folder `checkpoint_beside`.

    Raises
    ------
    InputError
        As `check_folder`, before and after the block; if another process is writing the folder, or the disk is full.
    """
    target = check_folder(path, force=force, inputs=inputs)
    with write_errors(path), locked(target, resume=resume) as partial:
        results = partial / RESULTS
        try:
            check_folder(target, force=force, inputs=inputs)  # another process may have written it meanwhile
            results.mkdir()
            yield results
            check_folder(target, force=force)
            put_in_place(results, target)
        except BaseException as error:
            _note_what_is_kept(error, partial)
            raise


def checkpoint_beside(results: Path) -> Path:
    """Folder for the checkpoint of a command that writes to `results`, the folder that `output_folder` yields."""
    return results.with_name(CHECKPOINT)


def _note_what_is_kept(error: BaseException, partial: Path) -> None:
    with suppress(OSError):
        if any((partial / CHECKPOINT).glob("*")):
            error.add_note(f"Run the same command again to continue from the checkpoint in {partial}")
        elif any((partial / RESULTS).iterdir()):
            error.add_note(f"The files written so far are in {partial / RESULTS}")


def _make_parent(target: Path) -> None:
    """Make the folders above a folder of results, and check that the last one is writable."""
    parent = target.parent
    with write_errors(parent):
        try:
            parent.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise _os_error(errno.ENOTDIR) from None
        if not os.access(parent, os.W_OK | os.X_OK):
            raise _os_error(errno.EACCES)


def _os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@contextmanager
def write_errors(path: str | Path) -> Iterator[None]:
    """Turn errors of the operating system (no space, no permission) into a FormatError that names `path`."""
    try:
        yield
    except BrokenPipeError:
        raise  # the reader has closed the pipe, which is not an error
    except OSError as error:
        # Messages of h5py have many lines.
        reason = os.strerror(error.errno) if error.errno else str(error).partition("\n")[0]
        hint = "Check the folder, its permissions and the free disk space."
        if error.errno == errno.ENOENT and not (folder := Path(path).parent).exists():
            reason, hint = f"the folder {folder} does not exist", "Create the folder first."
        named = FormatError(path, f"cannot be written: {reason}", hint=hint)
        for note in getattr(error, "__notes__", ()):
            named.add_note(note)
        raise named from error


def write_table(table: pd.DataFrame | Iterable[pd.DataFrame], path: str | Path, *, header: bool = True) -> None:
    """Write a tab-separated table with a header and six significant digits.

    Cells are not quoted, and each row is one line: tabs, line breaks, other control characters and backslashes in texts
    are written as Python escapes (``\\\\t``, ``\\\\n``, ``\\\\x1b``, ``\\\\\\\\``), which `read_table` reads.

    Parameters
    ----------
    table : DataFrame or iterable of DataFrame
        Several parts with the same columns are written one after the other as a single table.
    path : str or Path
        ``-`` is standard output.
    header : bool

    Raises
    ------
    FormatError
        As `output_file`.
    """
    import pandas as pd

    parts = [table] if isinstance(table, pd.DataFrame) else table
    with write_text(path) as handle:
        for number, part in enumerate(parts):
            _escape_texts(part).to_csv(
                handle,
                sep="\t",
                index=False,
                header=header and number == 0,
                float_format="%.6g",
                lineterminator="\n",
                quoting=csv.QUOTE_NONE,
            )


def _escape_texts(table: pd.DataFrame) -> pd.DataFrame:
    """A table with escaped cells and column names; the same table if there is nothing to escape."""
    texts = table.select_dtypes(exclude=["number", "bool"])
    if not any(_has_special(texts.iloc[:, i]) for i in range(texts.shape[1])) and not _has_special(table.columns):
        return table
    escaped = table.copy(deep=False)
    for number, dtype in enumerate(table.dtypes):
        if dtype.kind == "O":  # categories too
            escaped.isetitem(number, table.iloc[:, number].map(escape_cell, na_action="ignore"))
    return escaped.set_axis([escape_cell(str(name)) for name in table.columns], axis=1)


def _has_special(column: Any) -> bool:
    categories = column.cat.categories if str(getattr(column, "dtype", "")) == "category" else column
    return any(isinstance(cell, str) and SPECIAL.search(cell) is not None for cell in categories)


def write_json(document: Mapping[str, Any] | list[Any], path: str | Path) -> None:
    """Write an indented JSON document; numbers that are not finite become null, since JSON has none.

    Errors are those of `output_file`.
    """
    with write_text(path) as handle:
        handle.write(json.dumps(_finite(document), indent=2, allow_nan=False) + "\n")


def _finite(value: Any) -> Any:
    """The value with None for each number in it that is not finite."""
    if isinstance(value, Mapping):
        return {name: _finite(child) for name, child in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(child) for child in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
