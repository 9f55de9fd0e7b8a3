"""The benchmarks, which no test runs, use only names that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import motifnet
from warm_python import WarmPython

FOLDER = Path(__file__).with_name("benchmarks")


@pytest.mark.slow
def test_benchmarks_can_be_imported(ready: WarmPython, tmp_path: Path) -> None:
    names = sorted(path.stem for path in FOLDER.glob("*.py"))
    code = f"import sys; sys.path[:0] = {[str(FOLDER), str(FOLDER.parent)]}; import {', '.join(names)}"
    done = ready.run(("-c", code), tmp_path)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_public_names_exist(path: Path) -> None:
    assert set(re.findall(r"\bmn\.(\w+)", path.read_text())) <= set(motifnet.__all__)
