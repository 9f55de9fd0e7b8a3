"""Windows of a genome at the intervals of BED files: bases, filters, and labels by file."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dna_strategies import random_dna
from motifnet.errors import FormatError, InputError
from motifnet.sequences.alphabet import decode_codes, encode_letters, reverse_complement
from motifnet.sequences.input_spec import IntervalSpec, LabelSpec
from motifnet.sequences.io.genome import Genome, open_genome
from motifnet.sequences.io.intervals import parse_coordinates
from motifnet.sequences.io.labels import read_data
from motifnet.sequences.io.peaks import Peaks
from motifnet.sequences.io.reader import read_intervals, read_sequences, stream_sequences
from motifnet.sequences.io.windows import label_union
from motifnet.sequences.sequence_set import LengthRule

CHROMOSOMES = dict(zip(("chr1", "chr2", "chrM"), random_dna(3, 2000, seed=9), strict=True))
NAN = float("nan")
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Write:
    """A function that writes rows as BED, in a folder with the genome ``g.fa``."""
    caplog.set_level(logging.INFO, logger="motifnet")
    monkeypatch.chdir(tmp_path)
    Path("g.fa").write_text("".join(f">{name}\n{letters}\n" for name, letters in CHROMOSOMES.items()))

    def rows(*lines: str, name: str = "p.bed") -> Path:
        Path(name).write_text("".join("\t".join(line.split()) + "\n" for line in lines))
        return Path(name)

    return rows


def spec(**options: Any) -> IntervalSpec:
    return IntervalSpec(genome=Path("g.fa"), **options)


def bases_at(name: str) -> str:
    """The bases of the genome at the coordinates in a name."""
    start, end = (int(number) for number in name.partition(":")[2].partition("(")[0].split("-"))
    found = parse_coordinates([name], [end - start])
    assert found is not None
    letters = CHROMOSOMES[found.chrom[0]][start:end]
    return decode_codes(reverse_complement(encode_letters(letters.encode())[0])) if found.is_reverse[0] else letters


def test_windows_are_centred_on_the_summit_or_the_midpoint(write: Write) -> None:
    bed = write("chr1 500 600 a 0 . 1 1 1 20", "chr2 500 601 b 0 . 1 1 1 -1")
    for length in (20, 21):
        found = read_intervals(bed, spec(), length=length)
        for letters, chrom, center in zip(found, ("chr1", "chr2"), (520, 550), strict=True):
            assert letters[length // 2 :] == CHROMOSOMES[chrom][center : center + len(letters[length // 2 :])]
        assert [bases_at(name) for name in found.names] == list(found)
        assert found.rule == LengthRule(length)
    whole = read_intervals(write("chr1 7 107", "chr1 30 130"), spec(), length=100)
    assert whole.names == ("chr1:7-107", "chr1:30-130")


def test_names_and_bases_agree_on_both_strands(write: Write) -> None:
    bed = write(*(f"chr{1 + i % 2} {100 + 7 * i} {101 + 7 * i} p {i} {'+-.'[i % 3]}" for i in range(30)))
    found = read_intervals(bed, spec(stranded=True), length=25)
    assert found.names[:3] == ("chr1:88-113(+)", "chr2:95-120(-)", "chr1:102-127(+)")
    assert [bases_at(name) for name in found.names] == list(found)
    plain = read_intervals(bed, "g.fa", length=25)
    assert plain.names[:2] == ("chr1:88-113", "chr2:95-120")
    assert list(plain) == [bases_at(name) for name in plain.names]


def test_the_genome_is_a_path_a_genome_or_a_spec(write: Write) -> None:
    bed = write("chr1 500 550")
    expected = read_intervals(bed, spec()).digest()
    for genome in ("g.fa", Path("g.fa"), open_genome("g.fa")):
        assert read_intervals(bed, genome).digest() == expected
    for wrong in (IntervalSpec(), None):
        with pytest.raises(InputError):
            read_intervals(bed, wrong)  # type: ignore[arg-type]


def test_windows_fetched_in_batches_are_the_same(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    bed = write(*(f"chr{1 + i % 2} {1500 - 7 * i} {1501 - 7 * i} p {i} {'+-.'[i % 3]}" for i in range(60)))
    whole = read_intervals(bed, spec(stranded=True), length=25)
    monkeypatch.setattr("motifnet.sequences.io.windows._BATCH_BASES", 100)
    monkeypatch.setattr("motifnet.sequences.store.LARGE", 1)
    assert read_intervals(bed, spec(stranded=True), length=25).digest() == whole.digest()


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        (["chr1 500 501"], ("chr1:400-600",)),
        (["chr1 500 550 a 0 . 1 1 1 9"], ("chr1:409-609",)),
        (["chr1 500 550", "chr1 600 650"], ("chr1:500-550", "chr1:600-650")),
        (["chr1 500 550", "chr1 600 691"], ("chr1:425-625", "chr1:545-745")),
    ],
    ids=["single bases", "summits", "one width", "several widths"],
)
def test_default_length_is_the_common_width_of_intervals_without_summits(
    rows: list[str], names: tuple[str, ...], write: Write
) -> None:
    assert read_intervals(write(*rows), spec()).names == names


def test_windows_beyond_the_ends_of_chromosomes_are_removed(write: Write, caplog: pytest.LogCaptureFixture) -> None:
    bed = write("chr1 49 50", "chr1 50 51", "chr1 1950 1951", "chr1 1951 1952")
    assert read_intervals(bed, spec(), length=100).names == ("chr1:0-100", "chr1:1900-2000")
    assert {record.levelname for record in caplog.records} == {"INFO"}
    read_intervals(write("chr1 50 51", "chr1 3000 3001"), spec(), length=100)
    assert "p.bed:2: chr1:3000-3001" in caplog.records[-2].getMessage()
    assert caplog.records[-2].levelname == "WARNING"


def test_every_filter_reports_what_it_removes(write: Write, caplog: pytest.LogCaptureFixture) -> None:
    blacklist = write("chr2 1000 1050", "chr2 900 1501", "chr1 10 20", name="bad.bed")
    bed = write(
        "chr1 500 501 a 5 .",
        "chr1 599 600 b 9 .",  # overlaps a, and is stronger
        "chr1 698 699 c 7 .",  # overlaps b, which is kept
        "chrM 500 501 d 99 .",
        "chr2 1551 1552 e 1 .",  # starts where an interval of the blacklist ends
        "chr2 1550 1551 f 99 .",
        "chr2 300 301 g 2 .",
    )
    filters = spec(blacklist=blacklist, standard_chromosomes=True, merge_overlaps=True, top=2)
    assert read_intervals(bed, filters, length=100).names == ("chr1:549-649", "chr2:250-350")
    removed = [message.split(": ")[1] for message in caplog.messages if message.startswith("p.bed: removed")]
    assert removed == [f"removed {n} of {total} intervals" for n, total in ((1, 7), (1, 6), (2, 5), (1, 3))]
    with pytest.raises(InputError):
        read_intervals(write("chr2 1000 1001"), filters, length=100)


def test_top_needs_peaks_that_can_be_ranked(write: Write) -> None:
    bed = write("chr1 500 501 a 5", "chr1 900 901 b 5")
    with pytest.raises(FormatError) as error:
        read_intervals(bed, spec(top=1), length=100)
    assert error.value.path == "p.bed"
    assert len(read_intervals(bed, spec(top=2), length=100)) == 2


@pytest.mark.parametrize(
    "options", [{"top": 0, "genome": Path("g.fa")}, {"top": 5}, {"merge_overlaps": True}, {"blacklist": Path("b.bed")}]
)
def test_filters_need_a_genome_and_sensible_values(options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        IntervalSpec(**options)


def test_yeast_peaks_contain_the_reb1_motif(shared_data: Path) -> None:
    yeast = shared_data / "yeast_sacCer3"
    intervals = IntervalSpec(genome=yeast / "sacCer3.fa.gz", merge_overlaps=True)
    found = read_intervals(yeast / "bed" / "Reb1.bed", intervals, length=41)
    # Reb1 binds TTACCCG: one window in 230 contains it by chance.
    assert np.mean(["TTACCCG" in letters or "CGGGTAA" in letters for letters in found]) > 0.3
    with pytest.raises(InputError, match="chrXIV"):
        read_intervals(yeast / "bed" / "Reb1.chrN.orig.bed", intervals, length=41)
    assert sum(open_genome(yeast / "sacCer3.fa.gz").lengths.values()) == 12_157_105


# --- with FASTA, labels, and as a stream ---


def test_bed_files_and_fasta_files_can_be_combined(write: Write) -> None:
    positives = write("chr1 500 501", "chr1 900 901")
    negatives = write("chr2 500 520", "chr2 800 835", name="n.bed")
    data = read_data(positives, negatives, genome=spec())
    assert data.labels[:, 0].tolist() == [1, 1, 0, 0]
    assert data.sequences.rule == LengthRule(200)
    Path("n.fa").write_text("".join(f">{i}\n{letters}\n" for i, letters in enumerate(random_dna(2, 60, seed=1))))
    data = read_data(positives, "n.fa", genome="g.fa")
    assert data.sequences.names == ("chr1:470-530", "chr1:870-930", "0", "1")
    assert read_data(positives, "n.fa", genome="g.fa", length=50).sequences.length == 50
    assert read_data(positives, genome="g.fa", length=50).labels.sum() == 2
    assert read_sequences(positives, length=30, genome=spec()).length == 30


def test_bed_needs_a_genome(write: Write) -> None:
    with pytest.raises(FormatError, match="--genome"):
        read_data(write("chr1 500 501"))


def test_labels_are_found_in_the_columns_of_bed_or_by_the_names_of_windows(write: Write) -> None:
    bed = write("chr1 500 501 a 5", "chr1 900 901 b 7")
    data = read_data(bed, labels=LabelSpec(label_pattern=r"score=(\d+)"), genome=spec(), length=40)
    assert data.labels.tolist() == [[5], [7]]
    Path("l.tsv").write_text("name\tup\nchr1:880-920\t3\nchr1:480-520\t2\n")
    data = read_data(bed, labels="l.tsv", genome=spec(), length=40)
    assert data.labels.tolist() == [[2], [3]]


def test_a_stream_has_the_intervals_as_they_are(write: Write) -> None:
    bed = write("chr1 500 550 a 0 -", "chr2 7 107 b 0 +")
    (batch,) = stream_sequences(bed, genome=spec(stranded=True))
    assert batch.names == ("chr1:500-550(-)", "chr2:7-107(+)")
    assert decode_codes(batch.flat) == bases_at(batch.names[0]) + bases_at(batch.names[1])
    (batch,) = stream_sequences(bed, length=30, genome=spec())
    assert batch.lengths.tolist() == [30, 30]
    (batch,) = stream_sequences(write("chr1 500 501"), genome=spec())
    assert batch.lengths.tolist() == [200]
    assert [len(part) for part in stream_sequences("g.fa", genome=spec())] == [3]


# --- several files as tasks ---


def peaks_at(*centers: tuple[str, int]) -> Peaks:
    chrom = np.array([chrom for chrom, _ in centers], dtype=object)
    start = np.array([center for _, center in centers], dtype=np.int64)
    none, text = np.zeros(len(centers), np.bool_), np.full(len(centers), "", dtype=object)
    return Peaks(chrom, start, start + 1, none, start, none, *[text] * 4, np.arange(len(centers)), "p")


def union(*files: Peaks, length: int = 10) -> tuple[list[str], list[list[float]]]:
    genome = Genome("g", {"a": 2000, "b": 2000}, lambda chrom, start, length: np.zeros(length, dtype=np.uint8))
    sequences, labels = label_union(files, genome, IntervalSpec(genome=Path("g")), length=length)
    return list(sequences.names), labels.tolist()


def test_labels_depend_on_half_of_the_window() -> None:
    names, labels = union(
        peaks_at(("a", 100), ("a", 200), ("a", 300)), peaks_at(("a", 105), ("a", 206), ("b", 300), ("a", 301))
    )
    assert names == ["a:95-105", "a:195-205", "a:295-305", "a:100-110", "a:201-211", "b:295-305"]
    # 100 and 105 share half of their windows: both labels are 1. 200 and 206 share less: unknown.
    np.testing.assert_array_equal(labels, [[1, 1], [1, NAN], [1, 1], [1, 1], [NAN, 1], [0, 1]])


centers = st.lists(st.tuples(st.sampled_from("ab"), st.integers(50, 250)), min_size=1, max_size=12)


@given(st.lists(centers, min_size=1, max_size=3), st.sampled_from([1, 2, 11, 40]))
def test_every_peak_is_labelled_1_in_some_window(files: list[list[tuple[str, int]]], length: int) -> None:
    names, labels = union(*(peaks_at(*own) for own in files), length=length)
    found = [(name.split(":")[0], int(name.split(":")[1].split("-")[0]) + length // 2) for name in names]
    assert set(found) <= {center for own in files for center in own}
    for task, own in enumerate(files):
        for chrom, center in own:
            near = [i for i, (c, p) in enumerate(found) if c == chrom and 2 * abs(p - center) <= length]
            assert near
            assert all(labels[i][task] == 1 for i in near)
        for i, (chrom, center) in enumerate(found):
            distance = min((abs(p - center) for c, p in own if c == chrom), default=10**6)
            expected = 1 if 2 * distance <= length else NAN if distance < length else 0
            np.testing.assert_equal(labels[i][task], expected)
    for i, (chrom, center) in enumerate(found):
        assert all(abs(p - center) >= length // 2 for c, p in found[:i] if c == chrom)


def test_peak_files_become_tasks_of_a_dataset(write: Write) -> None:
    write("chr1 500 501 x 3", "chr1 520 521 y 8", "chr1 1500 1501 z 1", name="Cbf1.bed")
    write("chr2 1900 1990 x 3 . 1 1 1 7", "chr1 1490 1520 x 3 . 1 1 1 8", name="Reb1.narrowPeak")
    labels = LabelSpec(class_files=("Reb1.narrowPeak",))
    data = read_data("Cbf1.bed", labels=labels, genome=spec(), length=100)
    assert data.tasks == ("Cbf1", "Reb1")
    assert data.sequences.names == ("chr1:470-570", "chr1:1450-1550", "chr2:1857-1957")  # the stronger of 500 and 520
    assert data.labels.tolist() == [[1, 0], [1, 1], [0, 1]]
    assert data.sequences.rule == LengthRule(100)
    assert read_data("Cbf1.bed", labels=labels, genome=spec()).sequences.length == 200
    data = read_data("Cbf1.bed", "Reb1.narrowPeak", genome=spec(), length=60)
    assert data.labels[:, 0].tolist() == [1, 1, 1, 0, 0]
