"""Parts of a long computation: each part computes some blocks, and `motifnet merge` writes the output.

A computation on many sequences is divided into blocks, e.g. of `BLOCK` sequences. A part is one file with the
results of some of the blocks. The results of a block do not depend on the number of parts, so the output of
`motifnet merge` is byte-identical to that of the command without parts.

The file is a ZIP archive without compression, with ``part.json`` and one array in NumPy's format per block and result.
It contains no code.
"""

from __future__ import annotations

import json
import math
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tokenize import TokenError
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from motifnet.documents import MAX_CHARACTERS, check_structure, parse_json
from motifnet.errors import FormatError, InputError, quoted
from motifnet.outputs import output_file
from motifnet.progress import report
from motifnet.provenance import fingerprints, versions

#: Number of sequences or windows of a block.
BLOCK = 4096
#: Results of a block by its index: arrays by name.
Results = Callable[[int], Mapping[str, NDArray[Any]]]

#: Files of parts that are open at the same time.
_MOST_OPEN = 100
_PART = "part.json"
_STRUCTURE = {
    "motifnet": str,
    "command": [str],
    "inputs": [{"path": str, "bytes": int, "sha256": str}],
    "part": [int],
    "n_blocks": int,
}
#: Entries that are equal in all parts, and their names in messages.
_SHARED = {"motifnet": "version of motifnet", "inputs": "content of the inputs", "n_blocks": "number of blocks"}
_HINT = "Compute this part again."


@dataclass(frozen=True)
class Part:
    """Part `number` of `total`, counted from 1."""

    number: int
    total: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2/8``; InputError if it is not a part."""
        match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
        if not match or not 1 <= int(match[1]) <= int(match[2]):
            what = f"--part must be I/N, with I from 1 to N. Got {quoted(text)} instead"
            raise InputError(what, hint="Use --part 1/4 for the first of four parts.")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.total}"

    def blocks(self, n_blocks: int) -> range:
        """Blocks of this part."""
        return range((self.number - 1) * n_blocks // self.total, self.number * n_blocks // self.total)


#: The only part.
WHOLE = Part(1, 1)


def n_blocks(n_units: int) -> int:
    """Number of blocks of this many sequences or windows."""
    return math.ceil(n_units / BLOCK)


def checked(results: Mapping[str, NDArray[Any]], name: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """The results of a block of this name; InputError if they are missing or have another shape."""
    found = results.get(name)
    if found is None or found.shape != shape:
        raise InputError(f"a part has no valid {name} for this input", hint="Compute the parts again.")
    return found


def check_inputs(inputs: Iterable[Mapping[str, Any]], what: str, *, hint: str) -> None:
    """Raise InputError with the path and this message if a file is missing or differs from its fingerprint."""
    for own in inputs:
        (found,) = fingerprints([own["path"]])
        if found != own:
            raise InputError(f"{own['path']}: {what}", hint=hint)


def write_part(
    path: str | Path,
    part: Part,
    results: Results,
    *,
    n_blocks: int,
    command: Sequence[str],
    inputs: Iterable[str | Path | None],
) -> None:
    """Compute the blocks of a part and write them; the file is written completely or not at all.

    Parameters
    ----------
    path : str or Path
    part : Part
    results : callable
        Computes a block.
    n_blocks : int
        Number of blocks of all parts.
    command : sequence of str
        The command line, which `motifnet merge` reads.
    inputs : iterable of str, Path or None
        Files and folders that the command reads; they must be the same for all parts.

    Raises
    ------
    FormatError
        If the file cannot be written.
    """
    document = {
        "motifnet": versions()["motifnet"],
        "command": list(command),
        "inputs": fingerprints(inputs),
        "part": [part.number, part.total],
        "n_blocks": n_blocks,
    }
    with output_file(path) as partial, zipfile.ZipFile(partial, "w") as archive:
        archive.writestr(zipfile.ZipInfo(_PART), json.dumps(document, indent=2))
        own = part.blocks(n_blocks)
        for done, block in enumerate(own, start=1):
            for name, array in results(block).items():
                with archive.open(zipfile.ZipInfo(f"{block}/{name}.npy"), "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
            report(f"part {part}: blocks", done, len(own))


@dataclass(frozen=True, eq=False)
class Parts:
    """The parts of one computation, in order: ``parts(k)`` are the results of block k.

    Parameters
    ----------
    paths : list of Path
    documents : list of dict
        part.json of each file.
    """

    paths: list[Path]
    documents: list[dict[str, Any]]
    _archives: dict[Path, zipfile.ZipFile] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def read(cls, paths: Sequence[str | Path]) -> Parts:
        """Read the files of all parts, in any order.

        Raises
        ------
        FormatError
            If a file is not a part, or is damaged.
        InputError
            If the inputs or versions of the parts differ, or a part is missing or repeated.
        """
        found = [(_read_document(Path(path)), Path(path)) for path in paths]
        if not found:
            raise InputError("there are no parts to merge", hint="Give the files of all parts.")
        found.sort(key=lambda pair: pair[0]["part"][0])
        documents, ordered = [document for document, _ in found], [path for _, path in found]
        total = documents[0]["part"][1]
        for own, path in zip(documents, ordered, strict=True):
            differing = [what for key, what in _SHARED.items() if own[key] != documents[0][key]]
            if own["part"][1] != total:
                differing.append("number of parts")
            if differing:
                hint = "Merge parts of the same command on the same files."
                raise InputError(f"{path}: the {differing[0]} differs from that of {ordered[0]}", hint=hint)
        numbers = [document["part"][0] for document in documents]
        for number in range(1, total + 1):
            if numbers.count(number) != 1:
                what = "is missing" if number not in numbers else "is given more than once"
                raise InputError(f"part {number}/{total} {what}", hint="Give the file of each part once.")
        return cls(ordered, documents)

    def check_inputs(self) -> None:
        """Raise InputError if an input of the parts has changed or is missing."""
        what = "was changed or removed after the parts were computed"
        hint = "Run merge in the folder in which the parts were computed, or compute them again."
        check_inputs(self.documents[0]["inputs"], what, hint=hint)

    @property
    def n_blocks(self) -> int:
        """Number of blocks of all parts."""
        return int(self.documents[0]["n_blocks"])

    def _part_of(self, block: int) -> int:
        """Index of the part that contains a block."""
        total = len(self.paths)
        return next(i for i in range(total) if block in Part(i + 1, total).blocks(self.n_blocks))

    def __call__(self, block: int) -> dict[str, NDArray[Any]]:
        return self._read(block, None)

    def array(self, block: int, name: str) -> NDArray[Any]:
        """One array of the results of a block; FormatError if there is none."""
        return self._read(block, name)[name]

    def archive(self, path: Path) -> zipfile.ZipFile:
        """The opened file; some files are kept open, since reading the list of their arrays takes long."""
        if path not in self._archives:
            for other in list(self._archives)[: 1 - _MOST_OPEN]:
                self._archives.pop(other).close()
            self._archives[path] = zipfile.ZipFile(path)
        return self._archives[path]

    def _read(self, block: int, name: str | None) -> dict[str, NDArray[Any]]:
        path, prefix = self.paths[self._part_of(block)], f"{block}/"
        try:
            archive = self.archive(path)
            if name is not None:
                return {name: _read_array(archive, f"{prefix}{name}.npy")}
            names = [member for member in archive.namelist() if member.startswith(prefix)]
            return {own.removeprefix(prefix).removesuffix(".npy"): _read_array(archive, own) for own in names}
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise FormatError(path, f"block {block} cannot be read: {error}", hint=_HINT) from None


def _read_document(path: Path) -> dict[str, Any]:
    """part.json of a file."""
    try:
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo(_PART)
            if info.file_size > MAX_CHARACTERS or info.compress_type != zipfile.ZIP_STORED:
                raise ValueError("part.json is too large")
            text = archive.read(info).decode()
    except FileNotFoundError:
        raise FormatError(path, "there is no such file", hint="Compute this part.") from None
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        hint = "Give the files that a command with --part wrote."
        raise FormatError(path, "is not a file of a part, or is damaged", hint=hint) from None
    document = parse_json(text, path, hint=_HINT)
    check_structure(path, document, _STRUCTURE)
    if set(document) != set(_STRUCTURE) or len(document["part"]) != 2:
        raise FormatError(path, "is not a file of a part, or is damaged", hint=_HINT)
    Part.parse("/".join(map(str, document["part"])))
    return document


def _read_array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """Read an array; ValueError if its size is not that of its file."""
    info = archive.getinfo(name)
    with archive.open(info) as member:
        version = np.lib.format.read_magic(member)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        try:
            shape, fortran_order, dtype = read(member)
        except (SyntaxError, TokenError, TypeError, RecursionError, MemoryError) as error:  # of its parser
            raise ValueError("the header of the array is damaged") from error
        n_bytes = math.prod(shape) * dtype.itemsize
        if dtype.hasobject or fortran_order or info.compress_type != zipfile.ZIP_STORED or n_bytes > info.file_size:
            raise ValueError("the array is damaged")
        data = member.read()
    if len(data) != n_bytes:
        raise ValueError("the array is damaged")
    return np.frombuffer(data, dtype).reshape(shape)
