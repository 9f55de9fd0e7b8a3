"""``motifnet doctor``: all checks pass here, and a failed check has advice."""

from __future__ import annotations

from pathlib import Path

import pytest

from command import Command, EarlyCommand
from motifnet.cli.doctor import Check, _numbers, _writable, databases, versions
from motifnet.motifs.extraction_spec import DATABASES

SELF_TESTS = ("training", "MEME", "Tomtom")


@pytest.mark.slow
def test_all_checks_pass(motifnet: Command) -> None:
    said = motifnet("doctor")
    lines = said.stdout.splitlines()
    assert [line for line in lines if line[0] != " "][:-1] == [
        *("versions", "devices", "folders", "known motifs", "self-test")
    ]
    assert not any(line.startswith("  ✗") for line in lines)
    assert all(any(line.startswith(f"  ✓ {name}: ") for line in lines) for name in SELF_TESTS)
    assert said.stderr == ""
    assert list(motifnet.folder.iterdir()) == []


@pytest.mark.slow
def test_other_checks_run_after_one_has_failed(early: EarlyCommand) -> None:
    said = early("doctor", code=2)
    lines = said.stdout.splitlines()
    assert any(line.startswith("  ✗ devices: ") and "ModuleNotFoundError" in line for line in lines)
    assert any(line.startswith("  ✗ training: ") for line in lines)
    assert any(line.startswith("  ✓ Tomtom: ") for line in lines)
    assert "devices, training" in said.stderr


def test_versions_too_old_or_missing() -> None:
    found = {check.name: check for check in versions(["numpy>=99.1", "h5py>=3", "no-such-thing>=1.0"])}
    assert found["h5py"].is_ok
    assert (found["numpy"].is_ok, found["numpy"].advice) == (False, "pip install --upgrade 'numpy>=99.1'")
    assert found["numpy"].finding.endswith("(at least 99.1)")
    assert (found["no-such-thing"].is_ok, found["no-such-thing"].finding) == (False, "is not installed")


def test_every_requirement_of_the_package_is_checked() -> None:
    names = [check.name for check in versions()]
    assert names[:2] == ["python", "motifnet"]
    assert {"tensorflow", "keras", "biopython", "numpy"} < set(names)


@pytest.mark.parametrize(
    ("version", "numbers"), [("2.21.0", (2, 21)), ("3.0rc1", (3,)), ("1.2.3+cu12", (1, 2, 3)), ("2.19", (2, 19))]
)
def test_versions_as_numbers(version: str, numbers: tuple[int, ...]) -> None:
    assert _numbers(version) == numbers


def test_a_folder_that_is_not_writable(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert _writable("cache", tmp_path / "not" / "yet", advice="").is_ok
    assert _writable("cache", file / "in", advice="Elsewhere.") == Check(
        "cache", f"{file / 'in'} is not writable", is_ok=False, advice="Elsewhere."
    )
    assert _writable("cache", file / "in", advice="", is_needed=False).is_ok is None


def test_known_motifs_are_counted() -> None:
    found = {check.name: check.finding for check in databases()}
    assert set(DATABASES) < set(found)
    assert found["vertebrates"] == "1019 motifs"
