"""Splits by chromosome, by the table of an earlier split, and folds: no part knows another."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from dna_strategies import random_dna
from motifnet.errors import FormatError, InputError
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.input_spec import Fractions, SplitSpec
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.splits.by_chromosome import divide, places_of

FRACTIONS = Fractions(0.2, 0.2)
CHROMOSOMES = [f"chr{1 + i % 10}" for i in range(200)]


def dataset(names: list[str] | None = None, strings: list[str] | None = None) -> Dataset:
    strings = strings or random_dna(200, 60, seed=3)
    names = names or [f"{chrom}:{100 * i}-{100 * i + 60}" for i, chrom in enumerate(CHROMOSOMES)]
    return Dataset.from_labels(SequenceSet.from_strings(strings, names), np.arange(200) % 3 == 0, ("t",))


def chromosomes(data: Dataset) -> set[str]:
    return {name.partition(":")[0] for name in data.sequences.names}


def test_named_chromosomes_are_set_aside_and_the_rest_is_drawn() -> None:
    how = SplitSpec(test_chromosomes=("chr8", "chr9"))
    split = divide(dataset(), how, FRACTIONS, seed=1).split(valid=0.1, test=0.1, seed=1)
    assert chromosomes(split.test) == {"chr8", "chr9"}
    assert len(split.test) == 40
    assert len(split.valid) == pytest.approx(16, abs=2)
    assert not chromosomes(split.train) & {"chr8", "chr9"}


def test_chromosomes_are_chosen_to_hit_the_fractions() -> None:
    for how in (SplitSpec(split="chromosomes"), SplitSpec(split="chromosomes", valid_chromosomes=("chr3",))):
        split = divide(dataset(), how, FRACTIONS, seed=1).split(valid=0.2, test=0.2, seed=1)
        parts = [chromosomes(part) for part in split]
        assert not any(a & b for a, b in ((parts[0], parts[1]), (parts[0], parts[2]), (parts[1], parts[2])))
        assert len(split.test) == 40
    assert parts[1] == {"chr3"}


def test_what_would_let_a_part_know_another_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    strings = random_dna(200, 60, seed=3)
    strings[0] = strings[7][:50] + strings[0][50:]  # a stretch of chr8 on chr1
    with caplog.at_level(logging.INFO, "motifnet"):
        data = divide(dataset(strings=strings), SplitSpec(test_chromosomes=("chr8",)), FRACTIONS, seed=1)
    assert len(data) == 199
    assert "chr1:0-60" not in data.sequences.names
    assert "1 sequences of training or validation belong together" in caplog.text


@pytest.mark.parametrize("name", ["chr1:5-65", "p7_chr1:5-65", "peak::chr1:5-65(-)"])
def test_names_hold_places(name: str) -> None:
    places = places_of(SequenceSet.from_strings(["A" * 60], [name]))
    assert places is not None
    assert (places.chrom.tolist(), places.start.tolist(), places.end.tolist()) == (["chr1"], [5], [65])


def test_a_split_is_given_back(tmp_path: Path) -> None:
    data = dataset()
    split = data.split(valid=0.1, test=0.2, seed=5)
    rows = [
        (digest, part)
        for part, own in zip(("train", "valid", "test"), split, strict=True)
        for digest in own.sequences.strand_digests()
    ]
    (tmp_path / "splits.tsv").write_text("digest\tsplit\n" + "".join(f"{a}\t{b}\n" for a, b in rows))
    for path in (tmp_path, tmp_path / "splits.tsv"):
        again = divide(data, SplitSpec(splits=path), FRACTIONS, seed=1).split(seed=9)
        assert [part.sequences.names for part in again] == [part.sequences.names for part in split]
    # The other strand is the same sequence; one that the table does not know is trained on.
    other = SequenceSet.from_strings([*data.sequences.reverse_complement(), *random_dna(1, 60, seed=9)])
    more = divide(Dataset.from_labels(other, np.arange(201) % 2, ("t",)), SplitSpec(splits=tmp_path), FRACTIONS, seed=1)
    assert more.given is not None
    assert (more.given == "test").sum() == len(split.test)
    assert more.given[-1] == "train"


def test_folds_test_every_sequence_once_and_never_divide_a_group() -> None:
    strings = random_dna(190, 60, seed=3)
    data = dataset(strings=[*strings, *strings[:10]])
    folds = data.folds(4, seed=2)
    assert sorted(name for fold in folds for name in fold.test.sequences.names) == sorted(data.sequences.names)
    for fold in folds:
        assert len(fold.train) + len(fold.test) == 200
        assert not set(fold.train.groups) & set(fold.test.groups)
        assert fold.test.labels.mean() == pytest.approx(1 / 3, abs=0.03)
    assert [fold.test.sequences.names for fold in data.folds(4, seed=2)] == [f.test.sequences.names for f in folds]


def test_what_it_refuses(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no sequence lies on chromosome 'chr80'\n  Chromosomes of the names: chr1 "):
        divide(dataset(), SplitSpec(test_chromosomes=("chr80",)), FRACTIONS, seed=1)
    unnamed = dataset(names=[f"p{i}" for i in range(200)])
    with pytest.raises(InputError, match="names without coordinates tell no chromosomes: the first is 'p0'"):
        divide(unnamed, SplitSpec(split="chromosomes"), FRACTIONS, seed=1)
    table = tmp_path / "splits.tsv"
    table.write_text("digest\tsplit\nabc\ttest\n")
    with pytest.raises(InputError, match="knows none of these 200 sequences"):
        divide(unnamed, SplitSpec(splits=table), FRACTIONS, seed=1)
    table.write_text("digest\tsplit\nabc\tmaybe\n")
    with pytest.raises(FormatError, match=r"splits.tsv:2: the part is none of train, valid, test"):
        divide(unnamed, SplitSpec(splits=table), FRACTIONS, seed=1)
    table.write_text("a\n")
    with pytest.raises(FormatError, match="has the columns digest and split"):
        divide(unnamed, SplitSpec(splits=table), FRACTIONS, seed=1)
    given = divide(dataset(), SplitSpec(test_chromosomes=("chr1",)), FRACTIONS, seed=1)
    with pytest.raises(InputError, match="the labels hold a split already"):
        divide(given, SplitSpec(split="chromosomes"), FRACTIONS, seed=1)
    with pytest.raises(InputError, match="'chr1' is in both"):
        SplitSpec(test_chromosomes=("chr1",), valid_chromosomes=("chr1",))
    with pytest.raises(InputError, match="--splits names every sequence's part"):
        SplitSpec(splits=table, split="chromosomes")
    with pytest.raises(InputError, match="--test-positives names the test sequences"):
        SplitSpec(test_chromosomes=("chr1",)).check_alone("test.fa")
    with pytest.raises(InputError, match=r"k must be at least 2 folds\. Got 1"):
        dataset().folds(1)
    with pytest.raises(InputError, match=r"fold \d+ of 80 would have no sequences labelled 1"):
        dataset().folds(80)
