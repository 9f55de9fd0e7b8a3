"""The Dockerfile, without a container engine: the files it copies exist and suffice for an installation."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from motifnet.cli.main import COMMANDS

pytestmark = pytest.mark.nightly
REPOSITORY = Path(__file__).resolve().parents[1]
RECIPE = (REPOSITORY / "Dockerfile").read_text()
COPIED = [name for line in re.findall(r"^COPY (?!--from)(.*) \S+$", RECIPE, re.MULTILINE) for name in line.split()]


def test_copied_files_exist() -> None:
    assert {"pyproject.toml", "constraints.txt", "motifnet"} <= set(COPIED)
    assert all((REPOSITORY / name).exists() for name in COPIED)


def test_the_commands_it_runs_exist() -> None:
    ran = re.findall(r"(?:RUN|&&) motifnet (\S+)", RECIPE)
    assert ran
    assert set(ran) <= set(COMMANDS)


def test_copied_files_suffice_for_an_installation(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in COPIED:
        copy = shutil.copytree if (REPOSITORY / name).is_dir() else shutil.copy
        copy(REPOSITORY / name, source / name)
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=280)
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("motifnet-*.whl"))) == 1
