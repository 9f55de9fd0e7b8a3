"""Indexes of genomes: one that does not fit is made again, whatever its time."""

from __future__ import annotations

import logging
import os
import struct
from pathlib import Path

import numpy as np
import pysam
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motifnet.errors import FormatError
from motifnet.sequences.alphabet import decode_codes
from motifnet.sequences.io.genome import open_genome
from motifnet.sequences.io.genome_index import fits

Records = list[tuple[str, str]]
BASES = "".join(np.random.default_rng(3).choice(list("ACGT"), 400_000))


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


def fasta(records: Records, *, width: int = 60, end: str = "\n") -> str:
    lines = [
        f">{name} x{end}" + "".join(s[i : i + width] + end for i in range(0, len(s), width)) for name, s in records
    ]
    return "".join(lines)


def write(folder: Path, text: str, *, is_bgzip: bool) -> Path:
    """The genome of this text; files beside it stay."""
    plain = folder / "g.fa"
    plain.write_bytes(text.encode())
    if not is_bgzip:
        return plain
    pysam.tabix_compress(str(plain), str(folder / "g.fa.gz"), force=True)
    return folder / "g.fa.gz"


def indexes(path: Path) -> list[Path]:
    return [Path(f"{path}{suffix}") for suffix in (".fai", ".gzi") if Path(f"{path}{suffix}").exists()]


def make_newer(path: Path) -> None:
    """Set the time of the genome to one before that of its index, as `cp -p` and rsync may."""
    os.utime(path, (1, 1))


def sequences_of(path: Path) -> Records:
    genome = open_genome(path)
    return [(name, decode_codes(genome.fetch(name, [0], n)[0]) if n else "") for name, n in genome.lengths.items()]


A, B = ("chr1", BASES[:500]), ("chr2", BASES[500:900])


@pytest.mark.parametrize("is_bgzip", [False, True])
@pytest.mark.parametrize(
    ("records", "width", "end"),
    [
        ([("chr2", A[1]), ("chr1", B[1])], 60, "\n"),  # names swapped: the same size
        ([("chr1", B[1]), ("chr2", A[1])], 60, "\n"),
        ([("chr1", BASES[:499]), ("chr2", BASES[499:900])], 60, "\n"),
        ([A], 60, "\n"),
        ([A, B, ("chr3", "ACGT")], 60, "\n"),
        ([A, B], 50, "\n"),
        ([A, B], 60, "\r\n"),
        ([("chr1", A[1]), ("chrX", B[1])], 60, "\n"),
    ],
)
def test_an_index_of_another_genome_is_made_again(
    records: Records, width: int, end: str, is_bgzip: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    open_genome(write(tmp_path, fasta([A, B]), is_bgzip=is_bgzip))
    path = write(tmp_path, fasta(records, width=width, end=end), is_bgzip=is_bgzip)
    make_newer(path)
    with caplog.at_level(logging.WARNING, logger="motifnet"):
        assert sequences_of(path) == records
    assert len(caplog.records) == 1
    assert sequences_of(path) == records
    assert len(caplog.records) == 1
    assert fits(indexes(path), path)


def test_the_index_in_a_read_only_folder_is_replaced_by_one_in_the_cache(tmp_path: Path, cache: Path) -> None:
    open_genome(write(tmp_path, fasta([A, B]), is_bgzip=False))
    swapped = [("chr2", A[1]), ("chr1", B[1])]
    path = write(tmp_path, fasta(swapped), is_bgzip=False)
    make_newer(path)
    before = indexes(path)[0].read_bytes()
    tmp_path.chmod(0o555)
    try:
        assert sequences_of(path) == swapped
    finally:
        tmp_path.chmod(0o755)
    assert indexes(path)[0].read_bytes() == before
    assert [file.name for file in cache.rglob("*.fai")] == ["g.fa.fai"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "chr1",
        "chr1\t500\t8\t60\n",
        "chr1\t-5\t8\t60\t61\n",
        "chr1\t500\t8\t0\t61\n",
        "chr1\t500\t8\t60\t59\n",
        f"chr1\t{10**18}\t8\t60\t61\n",
        f"chr1\t500\t{10**18}\t60\t61\n",
        f"chr1\t500\t8\t60\t{10**17}\n",
        "chr1\t" + "9" * 5000 + "\t8\t60\t61\n",
        "chr1\t²\t8\t60\t61\n",
    ],
)
def test_a_damaged_index_is_made_again(text: str, tmp_path: Path) -> None:
    for is_bgzip in (False, True):
        path = write(tmp_path, fasta([A, B]), is_bgzip=is_bgzip)
        open_genome(path)
        indexes(path)[0].write_text(text)
        make_newer(path)
        assert sequences_of(path) == [A, B]


def test_blocks_of_bgzip_that_are_elsewhere_are_found_again(tmp_path: Path) -> None:
    records = [("chr1", BASES[:150_000]), ("chr2", BASES[150_000:390_000])]
    path = write(tmp_path, fasta(records), is_bgzip=True)
    assert sequences_of(path) == records
    gzi = Path(f"{path}.gzi")
    good = gzi.read_bytes()
    (n,) = struct.unpack_from("<Q", good)
    assert n > 3
    first, second = struct.unpack_from("<QQ", good, 8)
    for damaged in (
        b"",
        good[:-1],
        struct.pack("<Q", 1 << 62) + good[8:],
        struct.pack("<Q", 0),
        good[:8] + struct.pack("<QQ", first + 1, second) + good[24:],
        good[:8] + struct.pack("<QQ", first, second + 7) + good[24:],
        good[:8] + struct.pack("<QQ", 1 << 63, second) + good[24:],
    ):
        gzi.write_bytes(damaged)
        make_newer(path)
        assert sequences_of(path) == records
        assert gzi.read_bytes() == good


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_genomes_and_their_own_indexes_fit(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    sizes = data.draw(st.lists(st.sampled_from([0, 1, 59, 60, 61, 120, 500, 70_000]), max_size=5))
    sizes.append(data.draw(st.sampled_from([1, 60, 500])))  # samtools refuses a last record without a sequence
    records = [(f"c{i}", BASES[i : i + size]) for i, size in enumerate(sizes)]
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    text = fasta(records, width=data.draw(st.sampled_from([1, 60, 1000])) if max(sizes) < 1000 else 60, end=end)
    text = data.draw(st.sampled_from([text, text + "\n\n", text.rstrip("\r\n")]))
    folder = tmp_path_factory.mktemp("g")
    for is_bgzip in (False, True):
        path = write(folder, text, is_bgzip=is_bgzip)
        pysam.faidx(str(path))
        assert fits(indexes(path)[: 1 + is_bgzip], path)


def test_two_chromosomes_of_one_name_are_an_error(tmp_path: Path) -> None:
    for is_bgzip in (False, True):
        path = write(tmp_path, fasta([A, B, A]), is_bgzip=is_bgzip)
        with pytest.raises(FormatError) as error:
            open_genome(path)
        assert error.value.path == str(path)


def test_a_chromosome_without_a_name_has_its_index_as_name(tmp_path: Path) -> None:
    text = fasta([A, B]).replace(">chr2 x", ">")
    for is_bgzip in (False, True):
        assert sequences_of(write(tmp_path, text, is_bgzip=is_bgzip)) == [A, ("1", B[1])]


def test_of_many_records_the_first_and_the_last_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("motifnet.sequences.io.genome_index._MAX_CHECKED", 4)
    records = [(f"c{i}", BASES[i : i + 70]) for i in range(10)]
    path = write(tmp_path, fasta(records), is_bgzip=False)
    open_genome(path)
    for changed in (0, 1, 8, 9):
        others = [(f"d{i}" if i == changed else name, letters) for i, (name, letters) in enumerate(records)]
        write(tmp_path, fasta(others), is_bgzip=False)
        assert not fits(indexes(path), path)


@pytest.mark.parametrize("old", ["\n", "A"])
def test_lines_that_end_elsewhere_are_found(old: str, tmp_path: Path) -> None:
    text = fasta([("chr1", "A" * 500), ("chr2", "A" * 130)])
    path = write(tmp_path, text, is_bgzip=False)
    open_genome(path)
    for position in [i for i, char in enumerate(text) if char == old][::7]:
        changed = text[:position] + ("\n" if old == "A" else "A") + text[position + 1 :]
        write(tmp_path, changed, is_bgzip=False)
        assert not fits(indexes(path), path)
