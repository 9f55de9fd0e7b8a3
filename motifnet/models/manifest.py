"""manifest.json: size and SHA-256 of every file of a model, to detect damage and changes before files are read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from motifnet.documents import read_json
from motifnet.errors import FormatError, ModelError, quoted
from motifnet.outputs import write_json
from motifnet.provenance import fingerprints

MANIFEST = "manifest.json"
_STRUCTURE = {"format_version": int, "files": {"*": {"bytes": int, "sha256": str}}}
_HINT = "The file is damaged or was changed: use a copy of the folder, or train the model again."


def write_manifest(folder: Path, names: Iterable[str], *, version: int) -> None:
    """Write the manifest of the files in `names` that a folder has, with the format version of the folder."""
    found = fingerprints(folder / name for name in sorted(names) if (folder / name).exists())
    files = {Path(row["path"]).name: {"bytes": row["bytes"], "sha256": row["sha256"]} for row in found}
    write_json({"format_version": version, "files": files}, folder / MANIFEST)


def manifest_version(folder: Path) -> int:
    """The format version in a manifest; 0 without a manifest. Raises ModelError if the manifest is damaged."""
    return _read(folder)[0] if (folder / MANIFEST).exists() else 0


def check_manifest(folder: Path, names: Iterable[str]) -> None:
    """Check the files of a folder against its manifest.

    Parameters
    ----------
    folder : Path
    names : iterable of str
        Every file that a model can have. Other files in the folder are not read and not checked.

    Raises
    ------
    ModelError
        If the manifest is damaged, or one of these files is missing, has other content, or is not listed.
    """
    _, listed = _read(folder)
    if foreign := sorted(set(listed) - set(names)):
        what = f"lists {quoted(foreign[0])}, which is not a file of a model"
        raise ModelError(f"{folder / MANIFEST}: {what}", hint=_HINT)
    for name in names:
        path = folder / name
        if name not in listed:
            if path.exists():
                raise ModelError(f"{path}: not a file of this model: {MANIFEST} does not list it", hint=_HINT)
            continue
        (found,) = fingerprints([path])
        if found["bytes"] is None:
            raise ModelError(f"{path}: is missing or cannot be read; {MANIFEST} lists it", hint=_HINT)
        for key, what in (("bytes", "size"), ("sha256", "SHA-256")):
            if found[key] != listed[name].get(key):
                raise ModelError(f"{path}: its {what} differs from that in {MANIFEST}", hint=_HINT)


def _read(folder: Path) -> tuple[int, dict[str, dict[str, int | str]]]:
    """Format version, and size and SHA-256 by name."""
    try:
        document = read_json(folder / MANIFEST, _STRUCTURE)
        files = document.get("files") or {}
        if document.get("format_version") is None or None in files.values():
            raise FormatError(folder / MANIFEST, "format_version or a file is missing")
    except FormatError as error:
        raise ModelError(error.message, hint=_HINT) from None
    return document["format_version"], files
