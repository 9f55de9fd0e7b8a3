"""provenance.json: command, inputs, versions and times of a run, apart from the files that are reproducible."""

from __future__ import annotations

import hashlib
import json
import logging
import platform
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from motifnet.documents import read_json
from motifnet.errors import FormatError

logger = logging.getLogger("motifnet")

#: A folder with this file was written by motifnet, so ``--force`` may replace it.
PROVENANCE = "provenance.json"
_LIBRARIES = ("motifnet", "tensorflow", "keras", "numpy", "scipy", "scikit-learn", "pandas", "biopython")


def write_provenance(folder: Path, *, command: Iterable[str] = (), details: Mapping[str, Any] | None = None) -> None:
    """Write provenance.json: time, command, versions, and the caller's details (`RunRecord.details`)."""
    document = {
        "written_by": "motifnet",
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": list(command),
        "python": platform.python_version(),
        "machine": platform.platform(),
        "versions": versions(),
        **(details or {}),
    }
    (folder / PROVENANCE).write_text(json.dumps(document, indent=2) + "\n")


def versions() -> dict[str, str | None]:
    """Versions of motifnet and of the libraries that its results depend on; None if one is not installed."""
    return {name: _version(name) for name in _LIBRARIES}


def is_written_by_motifnet(folder: Path) -> bool:
    """Whether a folder contains a provenance.json of motifnet."""
    try:
        document = read_json(folder / PROVENANCE)
    except FormatError:
        return False
    return isinstance(document, dict) and document.get("written_by") == "motifnet"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


class RunRecord:
    """What provenance.json records about a run: inputs, settings, and the duration of each stage.

    Parameters
    ----------
    inputs : iterable of str, Path or None
        Files that the run reads; None is skipped, and a folder means the files in it. Their size and SHA-256 are taken
        at the end of the first stage, in which they are read.
    settings : int
        Further values to record, e.g. the seed.

    Attributes
    ----------
    start : float
        Time at which the run started, by `time.monotonic`.
    """

    def __init__(self, inputs: Iterable[str | Path | None] = (), **settings: int) -> None:
        self.inputs = tuple(path for path in inputs if path is not None)
        self.start = time.monotonic()
        self._fingerprints: list[dict[str, Any]] | None = None
        self._settings = settings
        self._seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure the duration of the body in seconds, also when it fails; repeated stages add up."""
        start = time.monotonic()
        try:
            yield
            self._fingerprints = self._fingerprints or fingerprints(self.inputs)
        finally:
            duration = time.monotonic() - start
            self._seconds[name] = round(self._seconds.get(name, 0.0) + duration, 1)
            logger.debug("%s: %.1f s", name, duration)

    @property
    def details(self) -> dict[str, Any]:
        """``inputs`` (path, bytes, sha256), the settings, and ``seconds`` per stage."""
        inputs = self._fingerprints or fingerprints(self.inputs)
        return {"inputs": inputs, **self._settings, "seconds": dict(self._seconds)}


def fingerprints(paths: Iterable[str | Path | None]) -> list[dict[str, Any]]:
    """``path``, ``bytes`` and ``sha256`` of files; a folder means the files in it, and None is skipped."""
    return [_fingerprint(file) for path in paths if path is not None for file in _files_of(path)]


def _files_of(path: str | Path) -> list[str | Path]:
    folder = Path(path)
    return sorted(file for file in folder.iterdir() if file.is_file()) if folder.is_dir() else [path]


def _fingerprint(path: str | Path) -> dict[str, Any]:
    """Path, size and SHA-256 of a file; the last two are None for pipes and for files that no longer exist."""
    unknown = {"path": str(path), "bytes": None, "sha256": None}
    if not Path(path).is_file():
        return unknown
    try:
        with Path(path).open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
            return {"path": str(path), "bytes": handle.tell(), "sha256": digest}
    except OSError:
        return unknown
