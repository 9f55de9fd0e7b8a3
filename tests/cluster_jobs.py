"""Functions that workers of a cluster run in tests."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from motifnet.cluster import worker_threads
from motifnet.errors import InputError
from motifnet.parts import Results


def squares(path: str) -> Results:
    """Blocks of the number in a file times the square of the block; block 5 ends its process the first time."""
    factor = int(Path(path).read_text())

    def compute(block: int) -> dict[str, np.ndarray]:
        killed = Path("killed")
        if block == 5 and not killed.exists():
            killed.touch()
            os.kill(os.getpid(), 9)
        return {"values": np.array([factor * block**2]), "threads": np.array(worker_threads())}

    return compute


def refused() -> Results:
    raise InputError("no", hint="yes")


def deadly() -> Results:
    os.kill(os.getpid(), 9)
    raise AssertionError
