"""Commands that are killed at a file operation lose no result."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from command import tree
from conftest import REPOSITORY
from fuzz.kill import OPERATIONS

_WRITE = """
from pathlib import Path
from tests.fuzz.kill import install
from motifnet.outputs import write_text
folder = Path({folder!r})
install(folder, at={at}, record={record})
with write_text(folder / "new.txt") as handle:
    handle.write("new")
"""


def test_a_process_is_killed_before_the_operation(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()

    def write(at: int, record: Path | None = None) -> int:
        code = _WRITE.format(folder=str(folder), at=at, record=None if record is None else f"Path({str(record)!r})")
        return subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False).returncode

    (record := tmp_path / "record").mkdir()
    assert write(0, record) == 0
    operations = [line.split("\t")[1] for line in (record / OPERATIONS).read_text().splitlines()]
    assert {"mkdir", "open", "write", "fsync", "rename", "remove", "rmdir"} == set(operations)
    (folder / "new.txt").unlink()
    number = operations.index("rename") + 1
    assert write(number) == -signal.SIGKILL
    assert (
        tree(folder)
        == tree(record / f"{number}")
        == {"new.txt.partial/lock": b"", "new.txt.partial/results.txt": b"new"}
    )


@pytest.mark.nightly
@pytest.mark.parametrize(
    "command", ["train", "discover", "tune", "scan", "motifs", "explain", "variants", "import-keras"]
)
def test_no_result_is_lost(command: str, tmp_path: Path) -> None:
    arguments = ["tests.fuzz.kill_points", command, "--kill-every", "25", "--table", str(tmp_path / "table.tsv")]
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].split()[-1] == "0"
