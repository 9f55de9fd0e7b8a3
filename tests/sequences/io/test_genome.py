"""Genomes: windows of plain, bgzip and gzip files, where the index is written, and invalid files."""

from __future__ import annotations

import gzip
import logging
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pysam
import pytest

from motifnet.errors import FormatError, InputError
from motifnet.sequences.alphabet import decode_codes
from motifnet.sequences.io import genome as genome_module
from motifnet.sequences.io.genome import open_genome

RNG = np.random.default_rng(5)
CHROMOSOMES = {name: "".join(RNG.choice(list("ACGTacgtN"), size)) for name, size in (("chrI", 1003), ("chrII", 77))}
TEXT = "".join(
    f">{name} of yeast\n" + "".join(f"{letters[i : i + 60]}\n" for i in range(0, len(letters), 60))
    for name, letters in CHROMOSOMES.items()
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def plain(folder: Path, text: str = TEXT) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "g.fa").write_text(text)
    return folder / "g.fa"


def bgzipped(folder: Path) -> Path:
    pysam.tabix_compress(str(plain(folder)), str(folder / "g.fa.gz"))
    return folder / "g.fa.gz"


def gzipped(folder: Path) -> Path:
    (folder / "g.fa.gz").write_bytes(gzip.compress(plain(folder).read_bytes()))
    return folder / "g.fa.gz"


def ragged_lines(folder: Path) -> Path:
    return plain(folder, "".join(f">{name}\n{s[:9]}\n\n{s[9:40]}\n{s[40:]}\n" for name, s in CHROMOSOMES.items()))


@pytest.mark.parametrize("make", [plain, bgzipped, gzipped, ragged_lines])
def test_windows_have_the_bases_of_the_file(make: Callable[[Path], Path], tmp_path: Path) -> None:
    genome = open_genome(make(tmp_path / "genome"))
    assert dict(genome.lengths) == {name: len(letters) for name, letters in CHROMOSOMES.items()}
    assert list(genome.lengths) == list(CHROMOSOMES)
    for chrom, letters in CHROMOSOMES.items():
        starts = [len(letters) - 20, 0, 33, 33, 51]
        found = [decode_codes(row) for row in genome.fetch(chrom, starts, 20)]
        assert found == [letters[start : start + 20].upper() for start in starts]
        assert decode_codes(genome.fetch(chrom, [0], len(letters))[0]) == letters.upper()
    assert genome.fetch("chrI", [], 7).shape == (0, 7)


@pytest.mark.parametrize("gap", [0, 30, 10_000])
def test_windows_read_together_equal_windows_read_separately(
    gap: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(genome_module, "_GAP", gap)
    monkeypatch.setattr(genome_module, "_REGION", 300)
    genome = open_genome(plain(tmp_path))
    starts = np.random.default_rng(1).integers(0, 1003 - 12, 80)
    found = [decode_codes(row) for row in genome.fetch("chrI", starts, 12)]
    assert found == [CHROMOSOMES["chrI"][start : start + 12].upper() for start in starts]


@pytest.mark.parametrize("make", [bgzipped, gzipped])
def test_windows_beyond_a_chromosome_are_an_error(make: Callable[[Path], Path], tmp_path: Path) -> None:
    genome = open_genome(make(tmp_path / "genome"))
    for start in (-1, 58):
        with pytest.raises(InputError, match=f"chrII:{start}-{start + 20}"):
            genome.fetch("chrII", [0, start], 20)
    with pytest.raises(InputError, match="chr1"):
        genome.fetch("chr1", [0], 20)
    with pytest.raises(InputError):
        genome.fetch("chrI", [0], 0)


@pytest.mark.parametrize(("make", "suffixes"), [(plain, [".fai"]), (bgzipped, [".fai", ".gzi"])])
def test_the_index_is_made_once_beside_the_file(
    make: Callable[[Path], Path], suffixes: list[str], tmp_path: Path, cache: Path
) -> None:
    path = make(tmp_path / "genome")
    before = set(path.parent.iterdir())
    open_genome(path)
    made = sorted(set(path.parent.iterdir()) - before)
    assert [file.name for file in made] == [path.name + suffix for suffix in suffixes]
    times = [file.stat().st_mtime_ns for file in made]
    open_genome(path)
    assert [file.stat().st_mtime_ns for file in made] == times
    assert not cache.exists()


def test_an_index_older_than_its_file_is_made_again(tmp_path: Path) -> None:
    path = plain(tmp_path)
    open_genome(path)
    path.write_text(">chrI\nACGT\n")
    os.utime(tmp_path / "g.fa.fai", (0, 0))
    assert dict(open_genome(path).lengths) == {"chrI": 4}


def test_the_index_of_a_file_in_a_read_only_folder_is_in_the_cache(tmp_path: Path, cache: Path) -> None:
    path = bgzipped(tmp_path / "genome")
    before = set(path.parent.iterdir())
    path.parent.chmod(0o555)
    try:
        assert decode_codes(open_genome(path).fetch("chrII", [3], 9)[0]) == CHROMOSOMES["chrII"][3:12].upper()
        assert set(path.parent.iterdir()) == before
    finally:
        path.parent.chmod(0o755)
    assert sorted(file.name for file in cache.rglob("*.*i")) == ["g.fa.gz.fai", "g.fa.gz.gzi"]


def test_plain_gzip_is_read_into_memory_only_if_it_is_small(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = gzipped(tmp_path)
    command = f"gunzip -c {path} | bgzip > {tmp_path / 'g.fa.bgz'}"
    with caplog.at_level(logging.INFO, logger="motifnet"):
        open_genome(path)
    assert command in caplog.text
    monkeypatch.setattr(genome_module, "MAX_GZIP", 10)
    with pytest.raises(FormatError) as error:
        open_genome(path)
    assert command in str(error.value.hint)


@pytest.mark.parametrize("text", ["", "chrI\t0\t10\n", ">chrI\nAC\n\nGT\n>chrI\nAC\n"])
def test_files_that_are_no_genome(text: str, tmp_path: Path) -> None:
    path = plain(tmp_path, text)
    with pytest.raises(FormatError) as error:
        open_genome(path)
    assert error.value.path == str(path)


def test_a_missing_file_and_an_invalid_letter(tmp_path: Path) -> None:
    with pytest.raises(FormatError):
        open_genome(tmp_path / "g.fa")
    genome = open_genome(plain(tmp_path, ">chrI\nACGTACGTXACGT\n"))
    assert genome.fetch("chrI", [0], 8).shape == (1, 8)
    with pytest.raises(FormatError, match="chrI:8"):
        genome.fetch("chrI", [2], 8)
