"""``motifnet doctor``: all is well here, and what is wrong elsewhere is named with what mends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from command import Command, EarlyCommand
from motifnet.cli.checkup import Check, _numbers, _writable, databases, versions
from motifnet.motifs.extraction_spec import DATABASES


@pytest.mark.slow
def test_all_is_well(motifnet: Command) -> None:
    said = motifnet("doctor")
    lines = said.stdout.splitlines()
    assert lines[-1] == "all is well"
    assert [line for line in lines[:-1] if line[0] != " "] == [
        "versions",
        "devices",
        "places",
        "known motifs",
        "self-test",
    ]
    assert not any(line.startswith("  ✗") for line in lines)
    assert (
        sum(line.startswith(("  ✓ training: a network", "  ✓ MEME: ", "  ✓ Tomtom: CTCF is found")) for line in lines)
        == 3
    )
    assert said.stderr == ""
    assert list(motifnet.folder.iterdir()) == []


@pytest.mark.slow
def test_what_is_broken_is_named_and_the_rest_is_still_looked_at(early: EarlyCommand) -> None:
    said = early("doctor", code=2)
    lines = said.stdout.splitlines()
    assert any(line.startswith("  ✗ devices: cannot be looked at: ModuleNotFoundError") for line in lines)
    assert any(line.startswith("  ✗ training: cannot be looked at: ") for line in lines)
    assert any(line.startswith("  ✓ Tomtom: CTCF is found") for line in lines)
    assert said.stderr.splitlines() == ["motifnet: wrong: devices, training", "  What mends it stands above."]


def test_versions_too_old_or_missing() -> None:
    found = {check.name: check for check in versions(["numpy>=99.1", "h5py>=3", "no-such-thing>=1.0"])}
    assert found["h5py"].is_ok
    assert (found["numpy"].is_ok, found["numpy"].advice) == (False, "pip install --upgrade 'numpy>=99.1'")
    assert found["numpy"].finding.endswith("(at least 99.1)")
    assert (found["no-such-thing"].is_ok, found["no-such-thing"].finding) == (False, "is not installed")


def test_every_requirement_of_the_package_is_looked_at() -> None:
    names = [check.name for check in versions()]
    assert names[:2] == ["python", "motifnet"]
    assert {"tensorflow", "keras", "biopython", "numpy"} < set(names)


@pytest.mark.parametrize(
    ("version", "numbers"), [("2.21.0", (2, 21)), ("3.0rc1", (3,)), ("1.2.3+cu12", (1, 2, 3)), ("2.19", (2, 19))]
)
def test_versions_as_numbers(version: str, numbers: tuple[int, ...]) -> None:
    assert _numbers(version) == numbers


def test_a_place_that_is_not_writable(tmp_path: Path) -> None:
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
