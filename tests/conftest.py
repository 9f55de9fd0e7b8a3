"""Fixtures and settings that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parents[1]

# No deadline: on a busy machine the first example (imports, fonts) may take a second.
settings.register_profile("motifnet", deadline=None)
settings.load_profile("motifnet")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the public data sets that are not in the repository; without it, what needs them is skipped."""
    folder = Path(os.environ.get("MOTIFNET_SHARED", REPOSITORY / ".." / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"no data sets in {folder}; set MOTIFNET_SHARED to the folder that holds data/")
    return folder
