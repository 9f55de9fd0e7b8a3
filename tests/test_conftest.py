"""Settings of the tests: with CI set, tests on the shared data must run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")
TESTS = """
import pytest

@pytest.mark.parametrize("n", [1, 2])
def test_with_data(shared_data, n):
    assert (shared_data / "a.txt").is_file()

def test_without():
    pass
"""


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("environment", "has_data", "code", "lines"),
    [
        ({"CI": "true"}, True, 0, ["tests on the shared data: 2 ran, 0 skipped"]),
        ({"CI": ""}, False, 0, ["tests on the shared data: 0 ran, 2 skipped"]),
        (
            {"CI": "true"},
            False,
            1,
            ["tests on the shared data: 0 ran, 2 skipped", "FAILED: with CI set, tests on the shared data must run"],
        ),
    ],
    ids=["CI with data", "without data", "CI without data"],
)
def test_shared_tests_are_counted_and_must_run_in_ci(
    tmp_path: Path, environment: dict[str, str], has_data: bool, code: int, lines: list[str]
) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST.read_text())
    (tmp_path / "test_it.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = shared: needs data\n")
    if has_data:
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "a.txt").write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path, env={**os.environ, "MOTIFNET_SHARED": str(tmp_path), **environment},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == code, done.stdout
    for line in lines:
        assert line in done.stdout
    assert done.stdout.count("must run") == code
