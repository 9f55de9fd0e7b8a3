"""What made a folder of results: the only place for times, commands and paths, so that all other files can repeat."""

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

logger = logging.getLogger("motifnet")

_LIBRARIES = ("motifnet", "tensorflow", "keras", "numpy", "scipy", "scikit-learn", "pandas", "biopython")


def provenance(*, command: Iterable[str] = (), details: Mapping[str, Any] | None = None) -> str:
    """The text of provenance.json: when, by which command, with which versions, and what else the caller knows."""
    document = {
        "written_by": "motifnet",
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": list(command),
        "python": platform.python_version(),
        "machine": platform.platform(),
        "versions": {name: _version(name) for name in _LIBRARIES},
        **(details or {}),
    }
    return json.dumps(document, indent=2) + "\n"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def fingerprints(paths: Iterable[str | Path | None]) -> list[dict[str, Any]]:
    """Size and SHA-256 of files that were read, for ``inputs`` of provenance.json.

    Parameters
    ----------
    paths : iterable of str or Path
        None is passed over; a folder stands for the files in it.

    Returns
    -------
    list of dict
        ``path``, ``bytes`` and ``sha256``; the last two are None of what can be read only once (``-``, a pipe) and of
        what is gone.
    """
    return [_fingerprint(file) for path in paths if path is not None for file in _files_of(path)]


def _files_of(path: str | Path) -> list[str | Path]:
    folder = Path(path)
    return sorted(file for file in folder.iterdir() if file.is_file()) if folder.is_dir() else [path]


def _fingerprint(path: str | Path) -> dict[str, Any]:
    nothing = {"path": str(path), "bytes": None, "sha256": None}
    if not Path(path).is_file():
        return nothing
    try:
        with Path(path).open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
            return {"path": str(path), "bytes": handle.tell(), "sha256": digest}
    except OSError:
        return nothing


class Stopwatch:
    """How long each stage of the work took, in the order of the work.

    Attributes
    ----------
    seconds : dict of str to float
        For ``seconds`` of provenance.json; a stage that comes again adds to itself.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the body, also when it fails."""
        start = time.monotonic()
        try:
            yield
        finally:
            took = time.monotonic() - start
            self.seconds[name] = round(self.seconds.get(name, 0.0) + took, 1)
            logger.debug("%s: %.1f s", name, took)
