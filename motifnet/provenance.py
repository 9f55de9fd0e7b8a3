"""What made a folder of results: the only place for times, commands and paths, so that all other files can repeat."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

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
