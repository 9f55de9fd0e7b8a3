"""Several BED files as one matrix of labels: every peak has a window, and its label is what overlap says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dna_strategies import random_dna
from motifnet.sequences.input_spec import IntervalSpec, LabelSpec
from motifnet.sequences.io.bed import Peaks
from motifnet.sequences.io.genome import Genome
from motifnet.sequences.io.labels import read_labelled
from motifnet.sequences.io.peak_tasks import label_union
from motifnet.sequences.io.reader import read_classes
from motifnet.sequences.sequence_set import LengthRule

NAN = float("nan")


class _Blank:
    def windows(self, chrom: str, starts: np.ndarray, length: int) -> np.ndarray:
        return np.zeros((len(starts), length), dtype=np.uint8)


def peaks_at(*places: tuple[str, int]) -> Peaks:
    chrom = np.array([place[0] for place in places], dtype=object)
    point = np.array([place[1] for place in places], dtype=np.int64)
    rows = tuple((c, str(p), str(p + 1)) for c, p in places)
    n = len(places)
    return Peaks("p", chrom, point, point + 1, point, np.zeros(n, np.bool_), rows, np.arange(n))


def union(*files: Peaks, length: int = 10) -> tuple[list[str], list[list[float]]]:
    genome = Genome("g", {"a": 2000, "b": 2000}, _Blank())
    sequences, labels = label_union(files, genome, IntervalSpec(genome=Path("g")), length=length)
    return list(sequences.names), labels.tolist()


def test_half_of_the_window_decides() -> None:
    names, labels = union(
        peaks_at(("a", 100), ("a", 200), ("a", 300)), peaks_at(("a", 105), ("a", 206), ("b", 300), ("a", 301))
    )
    assert names == ["a:95-105", "a:195-205", "a:295-305", "a:100-110", "a:201-211", "b:295-305"]
    # 100 and 105 share half: each is the other's too. 200 and 206 share less than half: unknown.
    np.testing.assert_array_equal(labels, [[1, 1], [1, NAN], [1, 1], [1, 1], [NAN, 1], [0, 1]])


places = st.lists(st.tuples(st.sampled_from("ab"), st.integers(50, 250)), min_size=1, max_size=12)


@given(st.lists(places, min_size=1, max_size=3), st.sampled_from([1, 2, 11, 40]))
def test_every_peak_has_a_window_that_says_so(files: list[list[tuple[str, int]]], length: int) -> None:
    names, labels = union(*(peaks_at(*own) for own in files), length=length)
    found = [(name.split(":")[0], int(name.split(":")[1].split("-")[0]) + length // 2) for name in names]
    assert set(found) <= {place for own in files for place in own}
    for task, own in enumerate(files):
        for chrom, point in own:
            near = [i for i, (c, p) in enumerate(found) if c == chrom and 2 * abs(p - point) <= length]
            assert near
            assert all(labels[i][task] == 1 for i in near)
        for i, (chrom, point) in enumerate(found):
            distance = min((abs(p - point) for c, p in own if c == chrom), default=10**6)
            expected = 1 if 2 * distance <= length else NAN if distance < length else 0
            np.testing.assert_equal(labels[i][task], expected)
    for i, (chrom, point) in enumerate(found):
        assert all(abs(p - point) >= length // 2 for c, p in found[:i] if c == chrom)


@pytest.fixture
def genome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> IntervalSpec:
    monkeypatch.chdir(tmp_path)
    (letters,) = random_dna(1, 3000, seed=2)
    Path("g.fa").write_text(f">chr1\n{letters}\n")
    Path("Cbf1.bed").write_text("chr1\t500\t501\tx\t3\nchr1\t520\t521\ty\t8\nchr1\t1500\t1501\tz\t1\n")
    Path("Reb1.narrowPeak").write_text("chr1\t2000\t2100\tx\t3\t.\t1\t1\t1\t7\nchr1\t1490\t1520\tx\t3\t.\t1\t1\t1\t8\n")
    return IntervalSpec(genome=Path("g.fa"))


def test_files_of_peaks_are_tasks(genome: IntervalSpec) -> None:
    labels = LabelSpec(class_files=("Reb1.narrowPeak",))
    data = read_labelled("Cbf1.bed", labels, length=100, intervals=genome)
    assert data.tasks == ("Cbf1", "Reb1")
    assert data.sequences.names == ("chr1:470-570", "chr1:1450-1550", "chr1:1957-2057")  # the stronger of 500 and 520
    assert data.labels.tolist() == [[1, 0], [1, 1], [0, 1]]
    assert data.sequences.rule == LengthRule(100)
    assert read_labelled("Cbf1.bed", labels, intervals=genome).sequences.length == 200


def test_one_factor_against_another(genome: IntervalSpec) -> None:
    data = read_classes("Cbf1.bed", "Reb1.narrowPeak", length=60, intervals=genome)
    assert data.labels[:, 0].tolist() == [1, 1, 1, 0, 0]
