"""`split_data`: by chromosome, by the table of an earlier split, or as read with the data; and folds."""

from __future__ import annotations

import logging
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dna_strategies import random_dna
from motifnet.errors import FormatError, InputError
from motifnet.sequences.dataset import Dataset, Split
from motifnet.sequences.input_spec import SplitSpec
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.splits.partition import keep_split, split_data

CHROMOSOMES = [f"chr{1 + i % 10}" for i in range(200)]


def dataset(names: list[str] | None = None, strings: list[str] | None = None) -> Dataset:
    """200 sequences of 60 bp, 20 per chromosome."""
    strings = strings or random_dna(200, 60, seed=3)
    names = names or [f"{chrom}:{100 * i}-{100 * i + 60}" for i, chrom in enumerate(CHROMOSOMES)]
    return Dataset.from_labels(SequenceSet.from_strings(strings, names), np.arange(200) % 3 == 0, ("t",))


def chromosomes(data: Dataset) -> set[str]:
    return {name.partition(":")[0] for name in data.sequences.names}


def assert_rows_are_those_of(data: Dataset, split: Split) -> None:
    for part, rows in zip(split, split.rows, strict=True):
        assert not rows.flags.writeable
        assert list(part.sequences.names) == [data.sequences.names[row] for row in rows]
        assert part.given is None


def test_named_chromosomes_are_test_and_the_rest_is_random() -> None:
    data = dataset()
    split = split_data(data, SplitSpec(test_chromosomes=("chr8", "chr9")), seed=1)
    assert chromosomes(split.test) == {"chr8", "chr9"}
    assert len(split.test) == 40
    assert len(split.valid) == pytest.approx(16, abs=2)
    assert not chromosomes(split.train) & {"chr8", "chr9"}
    assert_rows_are_those_of(data, split)


def test_chromosomes_are_chosen_for_the_fractions() -> None:
    by_chromosome = SplitSpec(0.2, 0.2, split="chromosomes")
    for splits in (by_chromosome, replace(by_chromosome, valid_chromosomes=("chr3",))):
        split = split_data(dataset(), splits, seed=1)
        parts = [chromosomes(part) for part in split]
        assert not any(a & b for a, b in combinations(parts, 2))
        assert len(split.test) == 40
    assert parts[1] == {"chr3"}


def test_training_sequences_related_to_test_sequences_are_removed(caplog: pytest.LogCaptureFixture) -> None:
    strings = random_dna(200, 60, seed=3)
    strings[0] = strings[7][:50] + strings[0][50:]  # a sequence of chr8 on chr1
    data = dataset(strings=strings)
    with caplog.at_level(logging.INFO, "motifnet"):
        split = split_data(data, SplitSpec(test_chromosomes=("chr8",)), seed=1)
    assert sorted(np.concatenate(split.rows)) == list(range(1, 200))
    assert [r.args[0] for r in caplog.records if r.args and r.args[0] == 1]  # the number is logged
    kept = keep_split(data, np.where(np.array(CHROMOSOMES) == "chr8", "test", "train"))
    assert list(kept.sequences.names) == list(data.sequences.names[1:])


def test_a_split_that_was_read_with_the_data_is_kept_and_completed() -> None:
    data = dataset()
    given = Dataset(data.sequences, data.labels, data.tasks, data.groups, np.repeat(["train", "test"], 100))
    split = split_data(given, SplitSpec(0.2, 0.5), seed=1)
    assert split.rows[2].tolist() == list(range(100, 200))
    assert len(split.valid) == 20
    assert_rows_are_those_of(given, split)
    with pytest.raises(InputError):
        split_data(given, SplitSpec(split="chromosomes"))


def test_the_table_of_an_earlier_split_gives_the_same_split(tmp_path: Path) -> None:
    data = dataset()
    split = split_data(data, SplitSpec(test_fraction=0.2), seed=5)
    rows = [
        (digest, part)
        for part, own in zip(("train", "valid", "test"), split, strict=True)
        for digest in own.sequences.strand_digests()
    ]
    (tmp_path / "splits.tsv").write_text("digest\tsplit\n" + "".join(f"{a}\t{b}\n" for a, b in rows))
    for path in (tmp_path, tmp_path / "splits.tsv"):
        again = split_data(data, SplitSpec(split=path), seed=9)
        assert [rows.tolist() for rows in again.rows] == [rows.tolist() for rows in split.rows]
    # A sequence is recognised on the other strand; one that the table lacks is a training sequence.
    other = SequenceSet.from_strings([*data.sequences.reverse_complement(), *random_dna(1, 60, seed=9)])
    more = split_data(Dataset.from_labels(other, np.arange(201) % 2, ("t",)), SplitSpec(split=tmp_path))
    assert more.rows[2].tolist() == split.rows[2].tolist()
    assert more.rows[0][-1] == 200


def test_each_sequence_is_tested_in_one_fold_and_groups_stay_whole() -> None:
    strings = random_dna(190, 60, seed=3)
    data = dataset(strings=[*strings, *strings[:10]])
    folds = data.folds(4, seed=2)
    assert sorted(np.concatenate([fold.rows[2] for fold in folds])) == list(range(200))
    for fold in folds:
        assert (len(fold.train) + len(fold.test), len(fold.valid)) == (200, 0)
        assert not set(fold.train.groups) & set(fold.test.groups)
        assert fold.test.labels.mean() == pytest.approx(1 / 3, abs=0.03)
    assert [fold.rows[2].tolist() for fold in data.folds(4, seed=2)] == [fold.rows[2].tolist() for fold in folds]


def test_test_sequences_of_another_dataset() -> None:
    split = split_data(dataset(), SplitSpec(test_fraction=0.0), seed=1)
    other = dataset().take([3, 1])
    assert split.with_test(other).test is other
    assert [rows.tolist() for rows in split.with_test(other).rows] == [*(r.tolist() for r in split.rows[:2]), [0, 1]]


@pytest.mark.parametrize(
    "splits",
    [
        SplitSpec(test_chromosomes=("chr80",)),
        SplitSpec(split="chromosomes", valid_chromosomes=("chr0",)),
    ],
)
def test_a_chromosome_without_sequences_is_an_error(splits: SplitSpec) -> None:
    with pytest.raises(InputError, match=r"chr80|chr0"):
        split_data(dataset(), splits)


def test_names_without_coordinates_cannot_be_split_by_chromosome() -> None:
    with pytest.raises(InputError, match="'p0'"):
        split_data(dataset(names=[f"p{i}" for i in range(200)]), SplitSpec(split="chromosomes"))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("digest\tsplit\nabc\tmaybe\n", 2),
        ("digest\tsplit\nabc\n", 2),
        ("a\n", None),
        ("", None),
        ("digest\tsplit\nabc\ttest\n", 2),
        (f"digest\tsplit\n{'0' * 64}\ttest\n{'0' * 64}\tnone\n", 3),
    ],
)
def test_a_damaged_table_of_a_split(text: str, line: int | None, tmp_path: Path) -> None:
    table = tmp_path / "splits.tsv"
    table.write_text(text)
    with pytest.raises(FormatError) as error:
        split_data(dataset(), SplitSpec(split=table))
    assert (error.value.path, error.value.line) == (str(table), line)


def test_a_table_of_other_sequences(tmp_path: Path) -> None:
    (tmp_path / "splits.tsv").write_text(f"digest\tsplit\n{'0' * 64}\ttest\n")
    with pytest.raises(InputError, match=r"splits\.tsv"):
        split_data(dataset(), SplitSpec(split=tmp_path))


@pytest.mark.parametrize("k", [1, 80])
def test_a_number_of_folds_that_cannot_be_made(k: int) -> None:
    with pytest.raises(InputError):
        dataset().folds(k)


@pytest.mark.parametrize(
    "options",
    [
        {"test_chromosomes": ("chr1",), "valid_chromosomes": ("chr1",)},
        {"split": "splits.tsv", "test_chromosomes": ("chr1",)},
    ],
)
def test_a_spec_that_contradicts_itself(options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        SplitSpec(**options)
