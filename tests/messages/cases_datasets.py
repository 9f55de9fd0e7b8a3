"""Messages about sequence sets, datasets, splits, negatives and simulations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import motifnet as mn
from dna_strategies import random_dna
from motifnet.sequences.alphabet import decode
from motifnet.sequences.io.genome import open_genome
from motifnet.sequences.io.intervals import Intervals
from motifnet.sequences.kmers import kmer_counts
from motifnet.sequences.negatives.gc_matched import sample_pool, sample_windows
from motifnet.sequences.splits.related import group_sequences
from motifnet.simulation.scenarios import known_motifs

PAIR = mn.MotifSet([mn.Motif(name, np.eye(4)[:, columns]) for name, columns in (("a", [0, 1, 2]), ("b", [3, 3]))])
TWO = mn.SequenceSet.from_strings(["ACGT", "GGCC"])


def _data(n: int = 20, names: list[str] | None = None) -> mn.Dataset:
    sequences = mn.SequenceSet.from_strings(random_dna(n, 60, seed=1), names)
    return mn.Dataset.from_labels(sequences, np.arange(n) % 2, ("bound",))


ON_CHROMOSOMES = _data(names=[f"chr{1 + i % 4}:{100 * i}-{100 * i + 60}" for i in range(20)])


def _other_genome() -> None:
    Path("genome.fa").write_text(">chr1\nACGTACGTACGT\n>chr2\nACGT\n")
    avoid = Intervals.forward(np.array(["IV"], dtype=object), np.array([5]), np.array([9]))
    sample_windows(TWO, open_genome("genome.fa"), avoid=avoid, margin=0)


def _split_of(text: str) -> None:
    Path("splits.tsv").write_text(text)
    mn.split_data(_data(), mn.SplitSpec(split="splits.tsv"))


def _split_twice() -> None:
    data = _data()
    given = mn.Dataset(data.sequences, data.labels, data.tasks, given=np.repeat(["train", "test"], 10))
    mn.split_data(given, mn.SplitSpec(split="chromosomes"))


def _simulated(**changes: Any) -> None:
    mn.simulation.simulate(**{"motifs": PAIR, "n": 5, "length": 60, **changes})


def _scenario(name: str, **settings: Any) -> None:
    mn.simulation.simulate_scenario(name, PAIR, spec=mn.simulation.ScenarioSpec(**settings))


def _related() -> None:
    sequences = mn.SequenceSet.from_strings(["ACGT" * 15] * 4)
    mn.Dataset.from_labels(sequences, [0, 1, 0, 1], ("bound",)).split(valid=0.3)


CASES: dict[str, Callable[[], object]] = {
    "invalid letter in a string": lambda: mn.one_hot(["ACGT", "ACG-"]),
    "strings of unequal lengths": lambda: mn.one_hot(["ACGT", "ACG"]),
    "unknown layout": lambda: mn.one_hot(["ACGT"], layout="LN4"),  # type: ignore[arg-type]
    "array of another shape": lambda: decode(np.zeros((2, 5, 4))),
    "array that is not one-hot": lambda: decode(np.full((1, 4, 1), 0.25)),
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
    "split of other sequences": lambda: _split_of(f"digest\tsplit\n{'0' * 64}\ttest\n"),
    "split of another format": lambda: _split_of("a\tb\n"),
    "unknown part": lambda: _split_of(f"digest\tsplit\n{'0' * 64}\tmaybe\n"),
    "no motifs to plant": lambda: _simulated(motifs=mn.MotifSet([])),
    "number of sites": lambda: _simulated(per_sequence=(3, 2)),
    "background": lambda: _simulated(background=[1, 1, 1]),
    "sites do not fit": lambda: _simulated(length=8),
    "motif name in BED": lambda: mn.simulation.simulate(
        mn.MotifSet([mn.Motif("a\tb", np.eye(4))]), n=2, length=20, per_sequence=(1, 1)
    ).write("set"),
    "unknown scenario": lambda: _scenario("none"),
    "setting of another scenario": lambda: _scenario("multi-motif", negatives="shuffled"),
    "negatives of another scenario": lambda: _scenario("single-motif", negatives="apart"),
    "motifs to swap": lambda: _scenario("single-motif", negatives="swapped"),
    "counts in the wrong order": lambda: _scenario("single-motif", min_motif_counts=2, max_motif_counts=1),
    "setting out of range": lambda: _scenario("single-motif", num_pos=0),
    "GC content of a scenario": lambda: _scenario("koo-12", gc_fraction=1),
    "two kinds of positions": lambda: _scenario("single-motif", center_size=50, position_sd=5),
    "counts of negatives": lambda: _scenario("density", neg_counts=(3, 2)),
    "central window": lambda: _scenario("single-motif", center_size=2),
    "overlapping positions": lambda: _scenario("single-motif", position_sd=1, max_motif_counts=9, num_pos=1),
    "more sites than motifs": lambda: _scenario("multi-motif", max_motif_counts=3),
    "pair of three motifs": lambda: mn.simulation.simulate_scenario(
        "heterodimer", mn.MotifSet([*PAIR, mn.Motif("c", np.eye(4))])
    ),
    "motif that JASPAR lacks": lambda: known_motifs(["CTCX"]),
    "order of a background": lambda: mn.simulation.learn_background([], order=4),
    "background without known bases": lambda: mn.simulation.learn_background([], order=1),
}
