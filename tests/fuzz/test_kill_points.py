"""Commands that are killed at a file operation lose no result."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import REPOSITORY

_WRITE = """
from pathlib import Path
from tests.fuzz.kill import install
from motifnet.outputs import write_text
folder = Path({folder!r})
install(folder, at={at}, log=folder.parent / "log")
with write_text(folder / "new.txt") as handle:
    handle.write("new")
"""


def test_a_process_is_killed_before_the_operation(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()

    def write(at: int) -> int:
        code = _WRITE.format(folder=str(folder), at=at)
        return subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False).returncode

    assert write(0) == 0
    operations = [line.split("\t")[1] for line in (tmp_path / "log").read_text().splitlines()]
    assert {"mkdir", "open", "write", "fsync", "rename", "remove", "rmdir"} == set(operations)
    (folder / "new.txt").unlink()
    assert write(operations.index("rename") + 1) == -signal.SIGKILL
    assert not (folder / "new.txt").exists()
    assert [path.read_text() for path in folder.rglob("results*")] == ["new"]


@pytest.mark.nightly
@pytest.mark.parametrize("command", ["train", "discover", "tune", "scan", "motifs"])
def test_no_result_is_lost(command: str, tmp_path: Path) -> None:
    arguments = ["tests.fuzz.kill_points", command, "--every", "12", "--table", str(tmp_path / "table.tsv")]
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].split()[-1] == "0"
