"""Damaged VCF files and text in other encodings are refused, and leave no output."""

from __future__ import annotations

import gzip
from pathlib import Path

import pysam
import pytest

from motifnet.errors import FormatError
from motifnet.sequences.io.variant_output import write_annotated
from motifnet.sequences.io.variant_records import stream_variants
from variant_files import vcf_text

_TEXT = vcf_text([("chr1", pos, "rs1", "A", "C") for pos in range(1, 20_000)])


@pytest.fixture
def bgzip(tmp_path: Path) -> bytes:
    with pysam.BGZFile(str(tmp_path / "whole.vcf.gz"), "wb") as handle:
        handle.write(_TEXT.encode())
    return (tmp_path / "whole.vcf.gz").read_bytes()


def _is_refused(path: Path, data: bytes) -> bool:
    path.write_bytes(data)
    with pytest.raises(FormatError, match=path.name):
        list(stream_variants(path))
    return True


def test_damaged_bgzip_is_refused(bgzip: bytes, tmp_path: Path) -> None:
    path = tmp_path / "damaged.vcf.gz"
    middle = len(bgzip) // 2
    assert _is_refused(path, bgzip[:-28])  # without the last block
    assert _is_refused(path, bgzip[:middle])
    assert _is_refused(path, bgzip[:middle] + bytes(100) + bgzip[middle + 100 :])


def test_gzip_within_gzip_is_refused(tmp_path: Path) -> None:
    assert _is_refused(tmp_path / "twice.vcf.gz", gzip.compress(gzip.compress(_TEXT.encode())))


def test_an_id_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    data = vcf_text([("chr1", 5, "rs1", "A", "C")]).encode().replace(b"rs1", b"r\xa01")
    assert _is_refused(tmp_path / "latin.vcf", data)


def test_a_record_that_is_not_utf8_leaves_no_output(tmp_path: Path) -> None:
    path, out = tmp_path / "latin.vcf", tmp_path / "out.vcf"
    path.write_bytes(vcf_text([("chr1", 5, ".", "A", "C")]).encode().replace(b"DP=7", b"TX=\xe9"))
    with pytest.raises(FormatError, match=path.name):
        write_annotated(path, out, [], keys={"MN_X": "x"}, chromosomes={"chr1": 400})
    assert not out.exists()
