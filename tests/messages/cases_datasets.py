"""Messages about sequence sets, datasets, splits, negatives and simulations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import motifnet as mn
from dna_strategies import random_dna
from motifnet.sequences.io.intervals import Intervals
from motifnet.sequences.kmers import kmer_counts
from motifnet.sequences.negatives.gc_matched import sample_pool, sample_windows
from motifnet.sequences.splits.related import group_sequences

TWO = mn.SequenceSet.from_strings(["ACGT", "GGCC"])


def _data(n: int = 20, names: list[str] | None = None) -> mn.Dataset:
    sequences = mn.SequenceSet.from_strings(random_dna(n, 60, seed=1), names)
    return mn.Dataset.from_labels(sequences, np.arange(n) % 2, ("bound",))


ON_CHROMOSOMES = _data(names=[f"chr{1 + i % 4}:{100 * i}-{100 * i + 60}" for i in range(20)])


def _other_genome() -> None:
    Path("genome.fa").write_text(">chr1\nACGTACGTACGT\n>chr2\nACGT\n")
    avoid = Intervals.forward(np.array(["IV"], dtype=object), np.array([5]), np.array([9]))
    sample_windows(TWO, mn.open_genome("genome.fa"), avoid=avoid, margin=0)


def _split_of(text: str) -> None:
    Path("splits.tsv").write_text(text)
    mn.split_data(_data(), mn.SplitSpec(splits=Path("splits.tsv")))


def _split_twice() -> None:
    data = _data()
    given = mn.Dataset(data.sequences, data.labels, data.tasks, given=np.repeat(["train", "test"], 10))
    mn.split_data(given, mn.SplitSpec(split="chromosomes"))


def _related() -> None:
    sequences = mn.SequenceSet.from_strings(["ACGT" * 15] * 4)
    mn.Dataset.from_labels(sequences, [0, 1, 0, 1], ("bound",)).split(valid=0.3)


CASES: dict[str, Callable[[], object]] = {
    "invalid letter in a string": lambda: mn.one_hot(["ACGT", "ACG-"]),
    "strings of unequal lengths": lambda: mn.one_hot(["ACGT", "ACG"]),
    "unknown layout": lambda: mn.one_hot(["ACGT"], layout="LN4"),  # type: ignore[arg-type]
    "array of another shape": lambda: mn.decode(np.zeros((2, 5, 4))),
    "array that is not one-hot": lambda: mn.decode(np.full((1, 4, 1), 0.25)),
    "codes of another type": lambda: mn.SequenceSet(["a"], np.zeros((1, 2))),
    "invalid code": lambda: mn.SequenceSet(["a", "b"], np.array([[0, 4], [3, 7]], dtype=np.uint8)),
    "number of names": lambda: mn.SequenceSet(["a", "b"], np.zeros((1, 2), np.uint8)),
    "length of a rule": lambda: mn.LengthRule(0),
    "anchor of a rule": lambda: mn.LengthRule(5, "middle"),  # type: ignore[arg-type]
    "sets of unequal lengths": lambda: mn.SequenceSet.concatenate([TWO, mn.SequenceSet.from_strings(["AC"])]),
    "index of another type": lambda: _data()[1.5],  # type: ignore[index]
    "name as index": lambda: TWO["chr1"],  # type: ignore[call-overload]
    "k of a shuffle": lambda: mn.shuffle(TWO, k=4),
    "k of counts": lambda: kmer_counts(TWO, 13),
    "strands of counts": lambda: kmer_counts(TWO, 2, strands="reverse"),
    "k of groups": lambda: group_sequences(TWO, k=0),
    "GC content that a pool lacks": lambda: sample_pool(TWO, mn.SequenceSet.from_strings(["AAAA"]), source="pool.fa"),
    "chromosomes that a genome lacks": _other_genome,
    "labels of another shape": lambda: mn.Dataset(TWO, np.zeros((3, 1)), ("a",)),
    "infinite label": lambda: mn.Dataset(TWO, [[0], [np.inf]], ("a",)),
    "groups of another shape": lambda: mn.Dataset(TWO, np.zeros((2, 1)), ("a",), np.arange(3)),
    "given split of unknown parts": lambda: mn.Dataset(TWO, np.zeros((2, 1)), ("a",), given=np.array(["train", "dev"])),
    "two tasks of one name": lambda: mn.Dataset(TWO, np.zeros((2, 2)), ("a", "a")),
    "no negatives": lambda: mn.Dataset.from_classes(TWO, TWO.take([])),
    "column is missing": lambda: mn.Dataset.from_dataframe(pd.DataFrame({"seq": ["AC"], "positive": [1]})),
    "label is text": lambda: mn.Dataset.from_dataframe(pd.DataFrame({"sequence": ["AC"], "positive": ["yes"]})),
    "sequence is missing": lambda: mn.Dataset.from_dataframe(
        pd.DataFrame({"sequence": ["AC", None], "positive": [1, 0]})
    ),
    "fractions": lambda: _data().split(valid=0.7, test=0.6),
    "too few groups": _related,
    "class is lacking": lambda: mn.Dataset.from_labels(_data().sequences, [1, *[0] * 19], ("bound",)).split(
        valid=0.1, test=0.1
    ),
    "one fold": lambda: _data().folds(1),
    "too many folds": lambda: _data().folds(15),
    "names without coordinates": lambda: mn.split_data(_data(), mn.SplitSpec(split="chromosomes")),
    "unknown chromosome": lambda: mn.split_data(ON_CHROMOSOMES, mn.SplitSpec(test_chromosomes=("chr9",))),
    "second split": _split_twice,
    "split of other sequences": lambda: _split_of("digest\tsplit\nabc\ttest\n"),
    "split of another format": lambda: _split_of("a\tb\n"),
    "unknown part": lambda: _split_of("digest\tsplit\nabc\ttest\nabd\tmaybe\n"),
}
