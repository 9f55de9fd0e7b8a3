"""BED and narrowPeak as tools write them: places, summits, strands, ranks; and lines that are wrong."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from motifnet.errors import FormatError
from motifnet.sequences.io.bed import Peaks, is_bed, read_peaks


def peaks_of(folder: Path, text: str, name: str = "p.bed") -> Peaks:
    (folder / name).write_bytes(text.encode())
    return read_peaks(folder / name)


def narrow(start: int, end: int, summit: object, *, signal: float = 1, score: int = 0) -> str:
    return f"chr1\t{start}\t{end}\tp\t{score}\t.\t{signal}\t-1\t3.5\t{summit}\n"


def test_what_tools_write_around_the_places_is_passed_over(tmp_path: Path) -> None:
    text = (
        "browser position chr7:1-2\r\ntrack name=peaks\r\n#chrom\tstart\tend\r\n\r\n"
        "chr2\t5\t9\tb\t7\t-\r\n   \r\nchr1 100 201\r\n# more\r\nchr2\t0\t1\r\n"
    )
    peaks = peaks_of(tmp_path, text)
    assert peaks.chrom.tolist() == ["chr2", "chr1", "chr2"]
    assert list(zip(peaks.start.tolist(), peaks.end.tolist(), strict=True)) == [(5, 9), (100, 201), (0, 1)]
    assert peaks.point.tolist() == [7, 150, 0]
    assert peaks.lines.tolist() == [5, 7, 9]
    assert not peaks.has_summit.any()


@pytest.mark.parametrize("header", ["chrom\tchromStart\tchromEnd\n", "chr start end name\n", "seqnames\tstart\tend\n"])
def test_a_line_of_column_names_is_passed_over(header: str, tmp_path: Path) -> None:
    assert len(peaks_of(tmp_path, header + "chr1\t5\t9\n")) == 1


def test_gzip_is_told_by_content(tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(gzip.compress(b"chr1\t5\t9\n"))
    assert read_peaks(tmp_path / "p").start.tolist() == [5]


def test_the_summit_is_the_start_and_column_10_or_else_the_middle(tmp_path: Path) -> None:
    peaks = peaks_of(tmp_path, narrow(100, 200, 30) + narrow(100, 200, -1) + narrow(100, 200, 0))
    assert peaks.point.tolist() == [130, 150, 100]
    assert peaks.has_summit.tolist() == [True, False, True]


def test_a_tenth_column_of_bed12_is_no_summit(tmp_path: Path) -> None:
    rows = "chr1\t100\t200\tt\t0\t+\t100\t200\t0\t2\t10,10\t0,90\n", "chr1\t100\t200\tt\t0\t+\t100\t200\t255,0,0\t2\n"
    for row in rows:
        assert peaks_of(tmp_path, row).point.tolist() == [150]


def test_headers_hold_what_a_pattern_may_look_for(tmp_path: Path) -> None:
    assert peaks_of(tmp_path, narrow(1, 9, 2, signal=4.5, score=7)).headers == ("name=p score=7 signal=4.5",)
    assert peaks_of(tmp_path, "chr1\t5\t9\tx\n").headers == ("name=x",)
    assert peaks_of(tmp_path, "chr1\t5\t9\n").headers == ("",)


def test_strengths_are_signals_of_narrow_peak_and_else_scores(tmp_path: Path) -> None:
    def strengths(text: str) -> list[float] | None:
        found = peaks_of(tmp_path, text).strengths()
        return None if found is None else found.tolist()

    assert strengths(narrow(1, 9, 2, signal=4.5, score=7) + narrow(1, 9, 2, signal=5, score=3)) == [4.5, 5]
    # MACS's broad and IDR outputs leave signals alike at times.
    assert strengths(narrow(1, 9, 2, score=7) + narrow(1, 9, 2, score=3)) == [7, 3]
    assert strengths("chr1\t1\t2\ta\t5\nchr1\t1\t2\ta\t.\n") == [5, -np.inf]
    assert strengths("chr1\t1\t2\nchr1\t1\t2\n") is None
    assert strengths("chr1\t1\t2\ta\t0\nchr1\t1\t2\tb\t0\n") is None
    with pytest.raises(FormatError, match=r"p.bed:2: 'high' in column 5 is not a number"):
        strengths("chr1\t1\t2\ta\t5\nchr1\t1\t2\ta\thigh\n")


def test_strands(tmp_path: Path) -> None:
    rows = "".join(f"chr1\t1\t2\ta\t0\t{strand}\n" for strand in "+-.")
    assert peaks_of(tmp_path, rows).is_reverse().tolist() == [False, True, False]
    with pytest.raises(FormatError, match=r"p.bed:1: has no strand: there are 5 columns\n  Column 6"):
        peaks_of(tmp_path, "chr1\t1\t2\ta\t0\n").is_reverse()
    with pytest.raises(FormatError, match=r"p.bed:1: has no strand: column 6 is '1'"):
        peaks_of(tmp_path, "chr1\t1\t2\ta\t0\t1\n").is_reverse()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr1\t1\t2\nchr1\t5\n", r"p.bed:2: has 2 columns; BED has at least three: .*\n  Separate them by tabs"),
        ("chr1\t1\t2\nchr1\t1e+05\t100200\n", r"p.bed:2: '1e\+05' is not a position\n  .*R writes 1e\+05 unless"),
        ("chr1\t1\t2\n\nchr1\t3\t2.5\n", r"p.bed:3: '2.5' is not a position"),
        ("chr1\t9\t9\n", r"p.bed:1: the end 9 is not behind the start 9\n  BED counts from 0"),
        ("chr1\t-3\t9\n", r"p.bed:1: the start -3 is below 0"),
        ("\t3\t9\n", r"p.bed:1: the chromosome is missing"),
        (narrow(100, 200, 100), r"p.bed:1: the summit \(column 10\) is 100 bp behind the start of a peak of 100 bp"),
        (narrow(100, 200, 5) + narrow(100, 200, "x"), r"p.bed:2: is no line of narrowPeak, and the first one is"),
        (narrow(100, 200, 5) + "chr1\t1\t2\n", r"p.bed:2: is no line of narrowPeak"),
        ("# nothing\ntrack x\n\n", r"p.bed: lists no places\n"),
        ("", r"p.bed: lists no places\n"),
    ],
)
def test_lines_that_are_wrong_are_named(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=message):
        peaks_of(tmp_path, text)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("chr1\t5\t9", True),
        ("track\n#x\nchr1 5 9 name", True),
        ("chrom\tstart\tend\nchr1\t5\t9", True),
        (">chr1\t5\t9\nACGT", False),
        ("", False),
        ("track", False),
        ("ACGT", False),
        ("index\tname\tscore", False),
    ],
)
def test_bed_is_known_by_its_first_lines(head: str, expected: bool) -> None:
    assert is_bed(head.splitlines()) is expected
