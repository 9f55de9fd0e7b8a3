"""Databases of known motifs: complete, documented, by name or file."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from motifnet.errors import FormatError, InputError
from motifnet.motifs.extraction_spec import DATABASES
from motifnet.motifs.io.files import read_motifs, write_motifs
from motifnet.motifs.known.databases import (
    FACTORS,
    FOLDER,
    Factor,
    as_motifs,
    factors_of,
    known_motifs,
    read_database,
    shipped_database,
)
from motifnet.motifs.motif import Motif, MotifSet

README = (FOLDER / "README.md").read_text()


def test_the_readme_has_the_checksum_of_each_file() -> None:
    digests = {name: digest for digest, name in re.findall(r"^([0-9a-f]{64})  (\S+)$", README, flags=re.MULTILINE)}
    there = {path.name for path in FOLDER.iterdir() if path.name != "README.md"}
    assert set(digests) == there == {FACTORS, *(f"{name}.meme.gz" for name in DATABASES)}
    assert all(hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digests[name] for name in there)
    assert sum((FOLDER / name).stat().st_size for name in there) < 1_500_000
    assert "CC BY 4.0" in README


@pytest.mark.parametrize("name", DATABASES)
def test_each_database(name: str) -> None:
    database = read_database(name)
    counted = re.search(rf"^\| `{name}.meme.gz` \| [^|]+ \| (\d+) \|$", README, flags=re.MULTILINE)
    assert counted
    assert len(database) == int(counted[1])
    factors = factors_of(database)
    assert tuple(factors) == database.names
    assert all(re.fullmatch(r"MA\d{4}\.\d+", identifier) for identifier in database.names)
    assert all(factors[motif.name].name == motif.alt_name for motif in database)
    # One version of each matrix, the newest.
    assert len({identifier.partition(".")[0] for identifier in database.names}) == len(database)
    assert sum(bool(factor.structural_class) for factor in factors.values()) > 0.9 * len(database)


def test_factors_have_a_family_and_a_class() -> None:
    factors = factors_of(read_database("vertebrates"))
    assert factors["MA0139.2"] == Factor("CTCF", "More than 3 adjacent zinc fingers", "C2H2 zinc finger factors")
    dimer = next(f for f in factors.values() if f.name == "FOS::JUN")
    assert dimer.family == "Fos-related::Jun-related"


def test_jaspar_identifiers_of_any_version_have_a_factor(tmp_path: Path) -> None:
    counts = np.eye(4)
    motifs = [
        Motif("MA0139.1", counts, alt_name="anything"),
        Motif("mine", counts, alt_name="MA0148.1"),
        Motif("x", counts, alt_name="REST"),
        Motif("f03", counts),
    ]
    write_motifs(MotifSet(motifs), tmp_path / "known.meme")
    factors = factors_of(read_database(tmp_path / "known.meme")).values()
    assert [factor.name for factor in factors] == ["CTCF", "FOXA1", "REST", "f03"]
    assert [bool(factor.family) for factor in factors] == [True, True, False, False]


def test_the_planted_motifs_in_data_are_those_of_the_database() -> None:
    known = read_database("vertebrates")
    for motif in read_motifs(Path(__file__).parents[3] / "data" / "simulated.motifs.meme"):
        same = known[motif.alt_name]
        np.testing.assert_array_equal(replace(motif, name=same.name).ppm, same.ppm)


def test_neither_a_database_nor_a_motif_file(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        read_database("mammals")
    (tmp_path / "peaks.fa").write_text(">a\nACGT\n")
    with pytest.raises(FormatError) as caught:
        read_database(tmp_path / "peaks.fa")
    assert caught.value.path == str(tmp_path / "peaks.fa")


def test_motifs_are_a_set_a_file_or_a_database(tmp_path: Path) -> None:
    motifs = MotifSet([Motif("mine", np.eye(4))])
    write_motifs(motifs, tmp_path / "known.meme")
    assert as_motifs(motifs) is motifs
    assert as_motifs(tmp_path / "known.meme").names == as_motifs(str(tmp_path / "known.meme")).names == ("mine",)
    assert as_motifs("fungi") is shipped_database("fungi")
    with pytest.raises(InputError):
        as_motifs(motifs[0])  # type: ignore[arg-type]


def test_a_file_that_has_not_changed_is_read_and_reported_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "known.jaspar"
    path.write_text(">a\n1 2\n3 4\n5 6\n7 8\n>empty\n")
    assert known_motifs(path, skip_invalid=True) is known_motifs(str(path), skip_invalid=True)
    assert len(caplog.records) == 1
    with pytest.raises(FormatError):
        known_motifs(path)
    path.write_text(path.read_text().replace(">a\n", ">another\n"))
    assert known_motifs(path, skip_invalid=True).names == ("another",)


def test_a_file_is_preferred_to_a_database_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("plants").mkdir()
    assert read_database("plants") is shipped_database("plants")
    assert not caplog.records
    Path("plants").rmdir()
    write_motifs(MotifSet([Motif("mine", np.eye(4))]), "plants", format="meme")
    assert read_database("plants").names == ("mine",)
    assert [(record.levelname, record.args) for record in caplog.records] == [("WARNING", ("plants",))]
    assert len(shipped_database("plants")) > 1


@pytest.mark.parametrize("name", ["vertebrates", "fungi"])
def test_the_matrices_are_those_of_another_download(name: str, shared_data: Path) -> None:
    ours = read_database(name)
    theirs = {m.name: m for m in read_motifs(shared_data / "motifs" / f"JASPAR2026_CORE_{name}_nr.meme.gz")}
    assert set(ours.names) == set(theirs)
    assert max(np.abs(motif.ppm - theirs[motif.name].ppm).max() for motif in ours) < 2e-6
