"""Places as windows of a genome: which bases, which peaks, what is told; files of both kinds side by side."""

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
from motifnet.errors import InputError
from motifnet.sequences.alphabet import decode_codes, encode_letters, reverse_complement
from motifnet.sequences.input_spec import IntervalSpec, LabelSpec
from motifnet.sequences.io.bed import Peaks
from motifnet.sequences.io.coordinates import coordinates_of
from motifnet.sequences.io.genome import Genome, open_genome
from motifnet.sequences.io.intervals import choose_windows, read_intervals
from motifnet.sequences.io.labels import read_labelled
from motifnet.sequences.io.reader import read_classes, read_sequences, stream_file
from motifnet.sequences.sequence_set import LengthRule

CHROMOSOMES = dict(zip(("chr1", "chr2", "chrM"), random_dna(3, 2000, seed=9), strict=True))
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Write:
    """Write rows of a file, as BED; the genome ``g.fa`` lies beside it."""
    caplog.set_level(logging.INFO, logger="motifnet")
    monkeypatch.chdir(tmp_path)
    Path("g.fa").write_text("".join(f">{name}\n{letters}\n" for name, letters in CHROMOSOMES.items()))

    def rows(*lines: str, name: str = "p.bed") -> Path:
        Path(name).write_text("".join("\t".join(line.split()) + "\n" for line in lines))
        return Path(name)

    return rows


def spec(**options: Any) -> IntervalSpec:
    return IntervalSpec(genome=Path("g.fa"), **options)


def letters_at(name: str) -> str:
    """The bases that a name tells of."""
    found = coordinates_of([name], [int(name.split("-")[1].split("(")[0]) - int(name.split(":")[1].split("-")[0])])
    assert found is not None
    letters = CHROMOSOMES[found.chrom[0]][found.start[0] : found.end[0]]
    return decode_codes(reverse_complement(encode_letters(letters.encode())[0])) if found.is_reverse[0] else letters


def test_a_window_has_the_summit_or_the_middle_in_its_middle(write: Write) -> None:
    bed = write("chr1 500 600 a 0 . 1 1 1 20", "chr2 500 601 b 0 . 1 1 1 -1")
    for length in (20, 21):
        found = read_intervals(bed, spec(), length=length)
        for letters, chrom, point in zip(found, ("chr1", "chr2"), (520, 550), strict=True):
            assert letters[length // 2 :] == CHROMOSOMES[chrom][point : point + len(letters[length // 2 :])]
        assert [letters_at(name) for name in found.names] == list(found)
        assert found.rule == LengthRule(length)
    whole = read_intervals(write("chr1 7 107", "chr1 30 130"), spec(), length=100)
    assert whole.names == ("chr1:7-107", "chr1:30-130")


def test_names_and_bases_agree_on_both_strands(write: Write) -> None:
    bed = write(*(f"chr{1 + i % 2} {100 + 7 * i} {101 + 7 * i} p {i} {'+-.'[i % 3]}" for i in range(30)))
    found = read_intervals(bed, spec(stranded=True), length=25)
    assert found.names[:3] == ("chr1:88-113(+)", "chr2:95-120(-)", "chr1:102-127(+)")
    assert [letters_at(name) for name in found.names] == list(found)
    plain = read_intervals(bed, spec(), length=25)
    assert plain.names[:2] == ("chr1:88-113", "chr2:95-120")
    assert list(plain) == [letters_at(name) for name in plain.names]


def test_windows_that_are_taken_in_pieces_are_the_same(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    bed = write(*(f"chr{1 + i % 2} {1500 - 7 * i} {1501 - 7 * i} p {i} {'+-.'[i % 3]}" for i in range(60)))
    whole = read_intervals(bed, spec(stranded=True), length=25)
    monkeypatch.setattr("motifnet.sequences.io.intervals._LETTERS", 100)
    monkeypatch.setattr("motifnet.sequences.store.LARGE", 1)
    assert read_intervals(bed, spec(stranded=True), length=25).digest() == whole.digest()


@pytest.mark.parametrize(
    ("row", "length"),
    [("chr1 500 501", 200), ("chr1 500 550 a 0 . 1 1 1 9", 200), ("chr1 500 550", 50), ("chr1 500 550 a 0 .", 50)],
)
def test_length_that_is_not_asked_for(row: str, length: int, write: Write, caplog: pytest.LogCaptureFixture) -> None:
    assert read_intervals(write(row), spec()).length == length
    assert ("(--length to change)" in caplog.text) == (length == 200)
    assert read_intervals(write(row, "chr1 700 780 a 0 . 1 1 1 9"[: len(row)]), spec(), length=31).length == 31


def test_intervals_of_many_widths_become_windows_around_their_middles(write: Write) -> None:
    assert read_intervals(write("chr1 500 550", "chr1 600 691"), spec()).names == ("chr1:425-625", "chr1:545-745")


def test_windows_off_the_end_are_left_out_and_counted(write: Write, caplog: pytest.LogCaptureFixture) -> None:
    bed = write("chr1 49 50", "chr1 50 51", "chr1 1950 1951", "chr1 1951 1952")
    assert read_intervals(bed, spec(), length=100).names == ("chr1:0-100", "chr1:1900-2000")
    assert "p.bed: 2 of 4 places reach over the end of their chromosome and are left out" in caplog.text
    assert "assembly" not in caplog.text
    read_intervals(write("chr1 50 51", "chr1 3000 3001"), spec(), length=100)
    assert "p.bed:2: chr1:3000-3001 ends behind its chromosome, which has 2000 bp in g.fa, as do 1 of 2" in caplog.text


def test_hygiene_is_told_step_by_step(write: Write, caplog: pytest.LogCaptureFixture) -> None:
    bad = write("chr2 1000 1050", "chr2 900 1501", "chr1 10 20", name="bad.bed")
    bed = write(
        "chr1 500 501 a 5 .",
        "chr1 599 600 b 9 .",  # overlaps a, and is stronger
        "chr1 698 699 c 7 .",  # overlaps b, which is kept
        "chrM 500 501 d 99 .",
        "chr2 1551 1552 e 1 .",  # begins where a place of the blacklist ends
        "chr2 1550 1551 f 99 .",
        "chr2 300 301 g 2 .",
    )
    how = spec(blacklist=bad, standard_chromosomes=True, merge_overlaps=True, top=2)
    found = read_intervals(bed, how, length=100)
    assert found.names == ("chr1:549-649", "chr2:250-350")
    assert (
        caplog.messages[-5:]
        == [
            "p.bed: 1 of 7 places are not on standard chromosomes and are left out",
            "p.bed: 1 of 6 places overlap bad.bed and are left out",
            "p.bed: 2 of 5 places overlap a stronger one and are left out",
            "p.bed: 1 of 3 places are weaker than the top 2 and are left out",
        ][-5:]
        or len(caplog.messages) == 5
    )
    with pytest.raises(InputError, match="none of its 1 places is left"):
        read_intervals(write("chr2 1000 1001"), how, length=100)


def test_top_needs_ranks(write: Write) -> None:
    bed = write("chr1 500 501 a 5", "chr1 900 901 b 5")
    with pytest.raises(InputError, match=r"p.bed: has nothing that ranks peaks: no scores, or all alike"):
        read_intervals(bed, spec(top=1), length=100)
    assert len(read_intervals(bed, spec(top=2), length=100)) == 2


class _Blank:
    def windows(self, chrom: str, starts: Any, length: int) -> Any:
        return np.zeros((len(starts), length), dtype=np.uint8)


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(0, 150), st.integers(1, 40), st.integers(0, 9)),
        min_size=1,
        max_size=25,
    ),
    st.sampled_from([None, 1, 12]),
)
def test_what_merging_keeps_never_overlaps_and_what_it_drops_overlaps_a_stronger_one(
    places: list[tuple[str, int, int, int]], length: int | None
) -> None:
    chrom, start, width, score = (np.array(column) for column in zip(*places, strict=True))
    rows = tuple((c, str(s), str(s + w), "p", str(x)) for c, s, w, x in places)
    start = start + 20
    end = start + width
    n = len(places)
    peaks = Peaks("p.bed", chrom.astype(object), start, end, (start + end) // 2, np.zeros(n, bool), rows, np.arange(n))
    genome = Genome("g", {"a": 500, "b": 500}, _Blank())
    kept, _ = choose_windows(peaks, genome, IntervalSpec(genome=Path("g"), merge_overlaps=True), length=length)
    _, windows = choose_windows(peaks, genome, IntervalSpec(genome=Path("g")), length=length)
    is_kept = np.isin(np.arange(n), kept.lines)
    for i in range(n):
        hits = (windows.chrom == windows.chrom[i]) & (windows.start < windows.end[i]) & (windows.end > windows.start[i])
        hits[i] = False
        rivals = score[hits & is_kept]
        assert not len(rivals) if is_kept[i] else (rivals >= score[i]).any()


# --- beside FASTA, and with labels ---


def test_bed_beside_bed_and_beside_fasta(write: Write) -> None:
    positives = write("chr1 500 501", "chr1 900 901")
    negatives = write("chr2 500 520", "chr2 800 835", name="n.bed")
    data = read_classes(positives, negatives, intervals=spec())
    assert data.sequences.length == 200
    assert data.sequences.rule == LengthRule(200)
    Path("n.fa").write_text("".join(f">{i}\n{letters}\n" for i, letters in enumerate(random_dna(2, 60, seed=1))))
    data = read_classes(positives, "n.fa", intervals=spec())
    assert data.sequences.names == ("chr1:470-530", "chr1:870-930", "0", "1")
    assert read_classes(positives, "n.fa", length=50, intervals=spec()).sequences.length == 50
    assert read_classes(positives, length=50, intervals=spec()).labels.sum() == 2
    assert read_sequences(positives, length=30, intervals=spec()).length == 30


def test_bed_without_a_genome_is_told_what_is_missing(write: Write) -> None:
    with pytest.raises(InputError, match=r"p.bed: not FASTA but a BED file\n  Give the genome .*--genome genome.fa"):
        read_classes(write("chr1 500 501"))


def test_labels_come_from_the_columns_of_the_file(write: Write) -> None:
    bed = write("chr1 500 501 a 5", "chr1 900 901 b 7")
    data = read_labelled(bed, LabelSpec(label_pattern=r"score=(\d+)"), length=40, intervals=spec())
    assert data.labels.tolist() == [[5], [7]]
    Path("l.tsv").write_text("name\tup\nchr1:880-920\t3\nchr1:480-520\t2\n")
    data = read_labelled(bed, LabelSpec(labels=Path("l.tsv")), length=40, intervals=spec())
    assert data.labels.tolist() == [[2], [3]]


def test_a_scan_takes_places_as_they_stand(write: Write) -> None:
    bed = write("chr1 500 550 a 0 -", "chr2 7 107 b 0 +")
    (batch,) = stream_file(bed, spec(stranded=True))
    assert batch.names == ("chr1:500-550(-)", "chr2:7-107(+)")
    assert decode_codes(batch.flat) == letters_at(batch.names[0]) + letters_at(batch.names[1])
    (batch,) = stream_file(bed, spec(), length=30)
    assert batch.lengths.tolist() == [30, 30]
    (batch,) = stream_file(write("chr1 500 501"), spec())
    assert batch.lengths.tolist() == [200]
    assert [len(part) for part in stream_file("g.fa", spec())] == [3]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"top": 0, "genome": Path("g.fa")}, "--top must be at least 1"),
        ({"top": 5}, "--top is for places on a genome\n  Give --genome"),
        ({"merge_overlaps": True}, "--merge-overlaps is for places"),
        ({"blacklist": Path("b.bed")}, "--blacklist is for places"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        IntervalSpec(**options)


def test_yeast_peaks_are_where_they_were_found(shared_data: Path) -> None:
    yeast = shared_data / "yeast_sacCer3"
    how = IntervalSpec(genome=yeast / "sacCer3.fa.gz", merge_overlaps=True)
    found = read_intervals(yeast / "bed" / "Reb1.bed", how, length=41)
    # Reb1 binds TTACCCG: one window of 230 would hold it by chance.
    assert np.mean(["TTACCCG" in letters or "CGGGTAA" in letters for letters in found]) > 0.3
    with pytest.raises(InputError, match=r"chr14, chr6, chr7, .*chrI, chrII, .*\n.*Roman numerals: chr14 is chrXIV"):
        read_intervals(yeast / "bed" / "Reb1.chrN.orig.bed", how, length=41)
    genome = open_genome(yeast / "sacCer3.fa.gz")
    assert sum(genome.lengths.values()) == 12_157_105
