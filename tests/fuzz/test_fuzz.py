"""The fuzzer finds no fault, and finds those that are planted."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import REPOSITORY
from fuzz.cases import Case, read
from fuzz.targets import TARGETS


def _fuzz(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "tests.fuzz", *arguments, "--keep", str(folder)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_text_readers_have_no_fault(tmp_path: Path) -> None:
    table = _fuzz(tmp_path, "60", "--only", "fasta", "bed6", "narrowPeak")
    assert table.splitlines()[-2].split()[:2] == ["total", "60"]


@pytest.mark.nightly
def test_no_reader_has_a_fault(tmp_path: Path) -> None:
    table = _fuzz(tmp_path, "500", "--seed", "1")
    assert table.splitlines()[-2].split()[:2] == ["total", "500"]


@pytest.mark.parametrize(
    "name", ["fasta", "genome", "bed6", "narrowPeak", "bedgraph", "interval_list", "meme", "jaspar", "homer", "labels"]
)
def test_a_wrong_value_is_a_fault(name: str, tmp_path: Path) -> None:
    files = Case(name, 0, 0).files()
    for path, data in files.items():
        (tmp_path / path).write_bytes(data)
    target = TARGETS[name]
    right = read(target, files, tmp_path)
    wrong = read(replace(target, read=lambda folder: _shifted(target.read(folder))), files, tmp_path)
    assert (right.outcome, wrong.outcome) == ("accepted", "fault")


def _shifted(value: object) -> object:
    """The same values in another order, or one less."""
    if isinstance(value, tuple):
        return (value[0], value[1], 1 - value[2])
    assert isinstance(value, list)
    return value[1:]


def test_an_exception_is_a_fault(tmp_path: Path) -> None:
    def fail(folder: Path) -> object:
        raise KeyError(folder)

    assert read(replace(TARGETS["fasta"], read=fail), {}, tmp_path).outcome == "fault"
