"""Files of regions: comments, summits, strands, strengths, and invalid lines. All formats are in test_region_format."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from motifnet.errors import FormatError
from motifnet.sequences.io.peaks import Peaks
from motifnet.sequences.io.regions import read_regions, region_format
from motifnet.sequences.io.text import TextSource


def peaks_of(folder: Path, text: str) -> Peaks:
    (folder / "p.bed").write_bytes(text.encode())
    return read_regions(folder / "p.bed")


def narrow(start: int, end: int, summit: object, *, signal: float = 1, score: int = 0) -> str:
    return f"chr1\t{start}\t{end}\tp\t{score}\t.\t{signal}\t-1\t3.5\t{summit}\n"


def test_comments_headers_blank_lines_and_spaces_are_accepted(tmp_path: Path) -> None:
    text = (
        "browser position chr7:1-2\r\ntrack name=peaks\r\n#chrom\tstart\tend\r\n\r\n"
        "chr2\t5\t9\tb\t7\t-\r\n   \r\nchr1 100 201\r\n# more\r\nchr2\t0\t1\r\n"
    )
    peaks = peaks_of(tmp_path, text)
    assert peaks.names() == ["chr2:5-9", "chr1:100-201", "chr2:0-1"]
    assert peaks.center.tolist() == [7, 150, 0]
    assert peaks.is_reverse.tolist() == [True, False, False]
    assert peaks.lines.tolist() == [5, 7, 9]
    assert not peaks.has_summit.any()


@pytest.mark.parametrize("header", ["chrom\tchromStart\tchromEnd\n", "chr start end name\n", "seqnames\tstart\tend\n"])
def test_a_row_of_column_names_is_skipped(header: str, tmp_path: Path) -> None:
    assert len(peaks_of(tmp_path, header + "chr1\t5\t9\n")) == 1


def test_gzip_is_recognised_by_content(tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(gzip.compress(b"chr1\t5\t9\n"))
    assert read_regions(tmp_path / "p").start.tolist() == [5]


def test_the_centre_is_the_summit_if_known_else_the_midpoint(tmp_path: Path) -> None:
    peaks = peaks_of(tmp_path, narrow(100, 200, 30) + narrow(100, 200, -1) + narrow(100, 200, 0))
    assert peaks.center.tolist() == [130, 150, 100]
    assert peaks.has_summit.tolist() == [True, False, True]
    assert peaks.windows(21).start.tolist() == [120, 140, 90]
    assert peaks.windows(None).names() == ["chr1:100-200"] * 3


def test_the_tenth_column_of_bed12_is_not_a_summit(tmp_path: Path) -> None:
    rows = "chr1\t100\t200\tt\t0\t+\t100\t200\t0\t2\t10,10\t0,90\n", "chr1\t100\t200\tt\t0\t+\t100\t200\t255,0,0\t2\n"
    for row in rows:
        assert peaks_of(tmp_path, row).center.tolist() == [150]


def test_descriptions_have_name_score_and_signal_as_far_as_known(tmp_path: Path) -> None:
    assert peaks_of(tmp_path, narrow(1, 9, 2, signal=4.5, score=7)).descriptions == ("name=p score=7 signal=4.5",)
    assert peaks_of(tmp_path, "chr1\t5\t9\tx\n").descriptions == ("name=x",)
    assert peaks_of(tmp_path, "chr1\t5\t9\n").descriptions == ("",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (narrow(1, 9, 2, signal=4.5, score=7) + narrow(1, 9, 2, signal=5, score=3), [4.5, 5]),
        (narrow(1, 9, 2, score=7) + narrow(1, 9, 2, score=3), [7, 3]),  # equal signals, as from IDR
        ("chr1\t1\t2\ta\t5\nchr1\t1\t2\ta\t.\n", [5, -np.inf]),
        ("chr1\t1\t2\nchr1\t1\t2\n", None),
        ("chr1\t1\t2\ta\t0\nchr1\t1\t2\tb\t0\n", None),
    ],
)
def test_strength_is_the_signal_of_narrow_peak_else_the_score(
    text: str, expected: list[float] | None, tmp_path: Path
) -> None:
    found = peaks_of(tmp_path, text).strengths()
    assert (None if found is None else found.tolist()) == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("chr1\t1\t2\nchr1\t5\n", 2),
        ("chr1\t1\t2\nchr1\t1e+05\t100200\n", 2),
        ("chr1\t1\t2\n\nchr1\t3\t2.5\n", 3),
        ("chr1\t9\t9\n", 1),
        ("chr1\t-3\t9\n", 1),
        ("\t3\t9\n", 1),
        (narrow(100, 200, 100), 1),
        (narrow(100, 200, 5) + narrow(100, 200, "x"), 2),
        (narrow(100, 200, 5) + "chr1\t1\t2\n", 2),
        ("# nothing\ntrack x\n\n", None),
        ("", None),
    ],
)
def test_an_invalid_line_is_reported_with_its_number(text: str, line: int | None, tmp_path: Path) -> None:
    with pytest.raises(FormatError) as error:
        peaks_of(tmp_path, text)
    assert (error.value.path, error.value.line) == (str(tmp_path / "p.bed"), line)


def test_strands_and_scores_are_checked_only_where_they_are_used(tmp_path: Path) -> None:
    peaks = peaks_of(tmp_path, "".join(f"chr1\t1\t2\ta\t0\t{strand}\n" for strand in "+-."))
    peaks.check_strands()
    assert peaks.is_reverse.tolist() == [False, True, False]
    for row in ("chr1\t1\t2\ta\t0\n", "chr1\t1\t2\ta\t0\t1\n"):
        with pytest.raises(FormatError) as error:
            peaks_of(tmp_path, row).check_strands()
        assert error.value.line == 1
    with pytest.raises(FormatError) as error:
        peaks_of(tmp_path, "chr1\t1\t2\ta\t5\nchr1\t1\t2\ta\thigh\n").strengths()
    assert error.value.line == 2


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
def test_regions_are_recognised_by_their_first_lines(head: str, expected: bool, tmp_path: Path) -> None:
    (tmp_path / "p").write_text(head)
    assert (region_format(TextSource(tmp_path / "p")) is not None) is expected
