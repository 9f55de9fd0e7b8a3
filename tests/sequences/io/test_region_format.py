"""Formats of regions: each gives the peaks it was written from, or is refused by its name."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motifnet.errors import FormatError
from motifnet.sequences.io.fasta import read_fasta
from motifnet.sequences.io.peaks import Peaks
from motifnet.sequences.io.regions import read_regions
from plain_regions import FORMATS, Peak

VCF = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\nchr1\t100\trs1\tA\tG\t.\tPASS\t.\n"
REFUSED = {
    "VCF": VCF,
    "VCF without its header": "chr1\t100\trs1\tA\tG,<DEL>\t.\tPASS\t.\n",
    "wiggle": "fixedStep chrom=chr1 start=1 step=1\n1\n2\n",
    "UCSC table with bins": "585\tchr1\t10\t20\tx\t0\t+\n",
    "stranded names": "chr1:100-200(+)\nchr1:300-400(-)\n",
    "summits outside": "chr\tstart\tend\tsummit\nchr1\t100\t200\t5000\n",
}


def peaks_of(text: str, folder: Path) -> Peaks:
    path = folder / "regions.txt"
    path.write_text(text)
    return read_regions(path)


def expected_peaks(peaks: list[Peak], kept: frozenset[str]) -> list[Peak]:
    lost = {
        field: Peak._field_defaults[field] for field in ("summit", "name", "strength", "strand") if field not in kept
    }
    return [peak._replace(**lost) for peak in peaks]


def found_peaks(peaks: Peaks) -> list[Peak]:
    strengths = peaks.strengths()
    rows = zip(
        *(peaks.chrom.tolist(), peaks.start.tolist(), peaks.end.tolist()),
        *(peaks.center.tolist(), peaks.has_summit.tolist(), peaks.name.tolist()),
        *([None] * len(peaks) if strengths is None else strengths.tolist(), peaks.strand.tolist()),
        strict=True,
    )
    return [
        Peak(chrom, start, end, center if has_summit else -1, name, strength, strand)
        for chrom, start, end, center, has_summit, name, strength, strand in rows
    ]


@st.composite
def peak(draw: st.DrawFn, number: int) -> Peak:
    start = draw(st.integers(0, 2_000_000))
    width = draw(st.integers(2, 3000))
    # Different strengths, because equal ones cannot be ranked.
    strength = number + 1 + draw(st.sampled_from([0.0, 0.25, 0.5]))
    chrom = draw(st.sampled_from(["chr1", "chrII", "X", "NC_000001.11", "scaffold:7"]))
    strand = draw(st.sampled_from("+-."))
    return Peak(chrom, start, start + width, start + draw(st.integers(0, width - 1)), f"p{number}", strength, strand)


@st.composite
def peaks(draw: st.DrawFn) -> list[Peak]:
    return [draw(peak(number)) for number in range(draw(st.integers(2, 9)))]


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=25)
@given(data=st.data())
def test_a_table_of_peaks_is_the_same_in_every_format(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    written = data.draw(peaks())
    kept, write = FORMATS[name]
    found = peaks_of(write(written), tmp_path_factory.mktemp("p"))
    assert found_peaks(found) == expected_peaks(written, kept)
    assert found.is_reverse.tolist() == [p.strand == "-" for p in expected_peaks(written, kept)]


@pytest.mark.parametrize("name", FORMATS)
def test_sequences_are_expected_but_regions_are_given(name: str, tmp_path: Path) -> None:
    written = [Peak("chr1", 100, 200, 120, "a", 1.5, "+"), Peak("chr2", 5, 60, 7, "b", 2.5, "-")]
    (tmp_path / "r").write_text(FORMATS[name][1](written))
    with pytest.raises(FormatError, match="--genome") as error:
        read_fasta(tmp_path / "r")
    assert error.value.path == str(tmp_path / "r")


@pytest.mark.parametrize("name", REFUSED)
def test_formats_that_are_no_regions_are_refused_by_name(name: str, tmp_path: Path) -> None:
    for read in (read_regions, read_fasta):
        (tmp_path / "r").write_text(REFUSED[name])
        with pytest.raises(FormatError) as error:
            read(tmp_path / "r")
        assert error.value.path == str(tmp_path / "r")
        assert error.value.hint


def test_fasta_is_not_a_file_of_regions(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="FASTA"):
        peaks_of(">chr1:100-200\nACGT\n", tmp_path)


def test_summits_of_macs_are_the_centres_of_windows(tmp_path: Path) -> None:
    text = FORMATS["MACS2 xls"][1](
        [
            Peak("chrI", 1000, 1200, 1100, "x_1", 5.1),
            Peak("chrII", 2000, 2200, 2150, "x_2", 9.1),
            Peak("chrIII", 90000, 90200, 90030, "x_3", 3.1),
        ]
    )
    found = peaks_of(text, tmp_path)
    assert found.windows(200).names() == ["chrI:1000-1200", "chrII:2050-2250", "chrIII:89930-90130"]
    assert found.by_strength().tolist() == [1, 0, 2]


def test_further_columns_change_nothing(tmp_path: Path) -> None:
    written = [Peak("chrI", 1000, 1200, 1180, ".", 5.0, "."), Peak("chrII", 2000, 2400, 2020, ".", 9.0, ".")]
    found = peaks_of(FORMATS["narrowPeak of idr"][1](written), tmp_path)
    assert found.windows(100).names() == ["chrI:1130-1230", "chrII:1970-2070"]
    assert found_peaks(found) == found_peaks(peaks_of(FORMATS["narrowPeak"][1](written), tmp_path))


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("chr\tstart\tend\tlength\nchr1\t101\t200\t100\n", (100, 200)),
        ("chr\tstart\tend\tlength\nchr1\t100\t200\t100\n", (100, 200)),
        ("chr\tstart\tend\tlength\nchr1\t100\t200\t7\n", (100, 200)),  # a length of something else
        ("seqnames\tstart\tend\nchr1\t101\t200\n", (100, 200)),
        ("chrom\tchromStart\tchromEnd\nchr1\t100\t200\n", (100, 200)),
        ("#chrom\tstart\tend\tscore\nchr1\t100\t200\t7\n", (100, 200)),
        ("name\tend\tchr\tstart\nx\t200\tchr1\t100\n", (100, 200)),
        ("# columns: chr start end\nchr1\t100\t200\t300\n", (100, 200)),
    ],
)
def test_names_and_widths_of_columns_decide_whether_starts_are_0_based(
    text: str, bounds: tuple[int, int], tmp_path: Path
) -> None:
    found = peaks_of(text, tmp_path)
    assert (found.chrom[0], int(found.start[0]), int(found.end[0])) == ("chr1", *bounds)


def test_columns_without_names_keep_their_meaning(tmp_path: Path) -> None:
    text = "chrom\tstart\tend\nchr1\t100\t200\tp\t0\t.\t5.5\t-1\t-1\t30\nchr1\t300\t400\tq\t0\t.\t7.5\t-1\t-1\t-1\n"
    found = peaks_of(text, tmp_path)
    assert (found.center.tolist(), found.signal.tolist()) == ([130, 350], ["5.5", "7.5"])


def test_the_first_line_alone_does_not_decide_the_format(tmp_path: Path) -> None:
    good = "chr1\t100\t200\tp\t0\t.\t5.5\t-1\t-1\t30\n"
    for damaged in ("chr1\t100\t200\n", good.replace("30\n", "3x\n"), good.replace("30\n", "100\n")):
        with pytest.raises(FormatError) as error:
            peaks_of(damaged + good + good, tmp_path)
        assert error.value.line == 1


@pytest.mark.parametrize("number", ["--5", "²", "7" * 5000, str(2**63), "1_000", "٣", "+5", "5.0", "nan", "", "0x10"])
@pytest.mark.parametrize("name", FORMATS)
def test_positions_that_are_no_whole_numbers_are_located(name: str, number: str, tmp_path: Path) -> None:
    written = [Peak("chr1", 1111, 2222, 1333, "a", 1.5, "+"), Peak("chr2", 5, 60, 7, "b", 2.5, "-")]
    text = FORMATS[name][1](written)
    line = 1 + next(i for i, row in enumerate(text.splitlines()) if "chr1" in row)
    for position in ("1111", "2222", "1112", "1,111", "1,112", "2,222"):
        is_block = "," in position and name == "BED12"
        is_separator = number == "" and "GRanges" in name  # then there is one column less
        if position in text and not is_block and not is_separator:
            with pytest.raises(FormatError) as error:
                peaks_of(text.replace(position, number), tmp_path)
            assert error.value.line == line
            assert len(str(error.value)) < 1000


@pytest.mark.parametrize("number", ["--5", "²", "7" * 5000, str(2**63), "nan", "inf", "1_000", "high"])
def test_summits_and_strengths_that_are_no_numbers_are_located(number: str, tmp_path: Path) -> None:
    row = "chr1\t100\t200\tp\t0\t.\t{}\t-1\t-1\t{}\n"
    text = row.format("5.5", 30) + row.format("7.5", number) + row.format("7.5", 30)
    with pytest.raises(FormatError) as error:
        peaks_of(text, tmp_path)
    assert error.value.line == 2
    text = row.format("5.5", 30) + row.format(number, 30) + row.format("7.5", 30)
    if number == str(2**63):
        assert peaks_of(text, tmp_path).by_strength().tolist() == [1, 2, 0]
        return
    with pytest.raises(FormatError) as error:
        peaks_of(text, tmp_path).strengths()
    assert error.value.line == 2


@pytest.mark.parametrize(
    "text",
    [
        "chr1:0-100\n",
        "##gff-version 3\nchr1\ta\tgene\t0\t9\t.\t+\t.\tID=a\n",
        "chr\tstart\tend\tlength\nchr1\t101\t200\t99\nchr1\t1\t200\t200\nchr1\t1\t20\t20\n",
        "chr1\t9\t20\nchr1\t9\t9\n",
        "chr1:10-9\n",
    ],
)
def test_coordinates_that_contradict_the_format_are_an_error(text: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError) as error:
        peaks_of(text, tmp_path)
    assert error.value.line is not None


def test_sequences_in_gff_are_not_regions_and_kinds_of_features_are_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    features = "".join(f"chr1\ta\t{kind}\t1\t9\t.\t?\t.\tID={kind}1\n" for kind in ("gene", "exon", "exon"))
    with caplog.at_level(logging.WARNING, logger="motifnet"):
        found = peaks_of(f"##gff-version 3\n{features}##FASTA\n>chr1\nACGT\n", tmp_path)
    assert found.strand.tolist() == ["."] * 3
    assert found.name.tolist() == ["gene1", "exon1", "exon1"]
    assert "2 exon, 1 gene" in caplog.text


def test_too_many_regions_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("motifnet.sequences.io.regions.MAX_INTERVALS", 3)
    assert len(peaks_of("chr1\t1\t2\n" * 3, tmp_path)) == 3
    with pytest.raises(FormatError) as error:
        peaks_of("chr1\t1\t2\n" * 4, tmp_path)
    assert error.value.line == 4
