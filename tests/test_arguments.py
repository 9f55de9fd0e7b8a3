"""What is of the wrong type is told at the door: what was given, what is wanted, and how to make it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import motifnet as mn
from motifnet.arguments import plain_number

SEQUENCES = mn.SequenceSet.from_strings(["ACGTCACGTG", "TTTTCACGTG", "ACGTTTTTTT"])
DATA = mn.Dataset.from_labels(SEQUENCES, [1, 1, 0], ("y",))
MOTIF = mn.Motif("ebox", mn.one_hot(["CACGTG"])[0] * 9.0)
MOTIFS = mn.MotifSet([MOTIF])

STRINGS = "Make one: SequenceSet.from_strings(strings), or read_fasta(path)."
LABELS = (
    "Make one: Dataset.from_classes(positives, negatives), Dataset.from_labels(sequences, labels, tasks), "
    "or read_data(path)."
)
FILES = "Make one: MotifSet([motif, ...]), or read_motifs(path)."
OF_ONE = "Make a set of it: MotifSet([motif])."


@pytest.mark.parametrize(
    ("call", "message", "hint"),
    [
        (lambda: mn.shuffle(["ACGT"], seed=0), "sequences must be a SequenceSet. Got a list of str instead", STRINGS),
        (lambda: mn.write_fasta("ACGT", "x.fa"), "sequences must be a SequenceSet. Got 'ACGT' instead", STRINGS),
        (lambda: mn.Dataset.from_classes("pos.fa", "neg.fa"),
         "positives must be a SequenceSet. Got 'pos.fa' instead", STRINGS),
        (lambda: mn.Dataset.from_labels(["ACGT"], [1], ("y",)),
         "sequences must be a SequenceSet. Got a list of str instead", STRINGS),
        (lambda: mn.SequenceSet.concatenate([SEQUENCES, DATA]),
         "sets[1] must be a SequenceSet. Got a Dataset instead", "Give its sequences: data.sequences."),
        (lambda: mn.SequenceSet.concatenate(SEQUENCES),
         "sets must be a list (or another sequence) of SequenceSet. Got a SequenceSet instead", "Put it into a list."),
        (lambda: mn.one_hot([b"ACG"]), "sequences[0] must be a str. Got b'ACG' instead", None),
        (lambda: mn.one_hot(["ACG", np.nan]), "sequences[1] must be a str. Got nan instead", None),
        (lambda: mn.one_hot(None), "sequences must be a list (or another sequence) of str. Got None instead", None),
        (lambda: mn.MotifSet(MOTIF),
         "motifs must be a list (or another sequence) of Motif. Got a Motif instead", "Put it into a list."),
        (lambda: mn.MotifSet(["a"]), "motifs[0] must be a Motif. Got 'a' instead",
         "Take one of a set, by its index or its name: motifs[0]."),
        (lambda: mn.write_motifs([MOTIF], "x.meme"), "motifs must be a MotifSet. Got a list of Motif instead", FILES),
        (lambda: mn.plot_logo(MOTIFS), "motif must be a Motif. Got a MotifSet instead",
         "Take one of a set, by its index or its name: motifs[0]."),
        (lambda: mn.draw_logos(MOTIF), "motifs must be a MotifSet. Got a Motif instead", OF_ONE),
        (lambda: mn.scan(MOTIF, SEQUENCES), "motifs must be a MotifSet. Got a Motif instead", OF_ONE),
        (lambda: mn.scan(MOTIFS, DATA), "sequences must be a SequenceSet. Got a Dataset instead",
         "Give its sequences: data.sequences."),
        (lambda: mn.enrich(MOTIFS, SEQUENCES), "data must be a Dataset. Got a SequenceSet instead", LABELS),
        (lambda: mn.compare(MOTIF, MOTIFS), "motifs must be a MotifSet. Got a Motif instead", OF_ONE),
        (lambda: mn.compare(MOTIFS, MOTIF), "known motifs must be a MotifSet. Got a Motif instead",
         OF_ONE),
        (lambda: mn.simulate([MOTIF], n=1, length=50, seed=0), "motifs must be a MotifSet. Got a list of Motif instead",
         FILES),
        (lambda: mn.describe("default"), "spec must be a ModelSpec. Got 'default' instead",
         "Make one: ModelSpec.preset('default', length=..., tasks=...)."),
        (lambda: mn.plot_roc(DATA.labels, {}), "data must be a Dataset. Got an array of float32, shape (3, 1), instead",
         LABELS),
        (lambda: mn.plot_roc(DATA, np.zeros(3)), "scores must be a Mapping. Got an array of float64, shape (3,), "
         "instead", "Give them by name: {'network': model.predict(data.sequences)}."),
        (lambda: mn.baselines(DATA, SEQUENCES), "test must be a Dataset. Got a SequenceSet instead", LABELS),
    ],
)  # fmt: skip
def test_a_wrong_type_is_told_with_how_to_make_the_right_one(
    call: Callable[[], Any], message: str, hint: str | None
) -> None:
    with pytest.raises(mn.InputError) as error:
        call()
    assert (error.value.message, error.value.hint) == (message, hint)
    assert isinstance(error.value, ValueError)


# --- numbers of numpy ---


@pytest.mark.parametrize("seed", ["a", -1, 1.5, None, True])
def test_a_seed_is_a_whole_number(seed: Any) -> None:
    for call in (lambda: mn.shuffle(SEQUENCES, seed=seed), lambda: DATA.split(seed=seed)):
        with pytest.raises(mn.InputError) as error:
            call()
        assert str(error.value) == f"seed must be an integer of at least 0. Got {seed!r} instead"
    assert list(mn.shuffle(SEQUENCES, seed=np.int64(3))) == list(mn.shuffle(SEQUENCES, seed=3))


@pytest.mark.parametrize(
    ("ours", "plain"),
    [
        (mn.ModelSpec.preset("default", length=np.int64(100)), mn.ModelSpec.preset("default", length=100)),
        (mn.Block(np.int64(3), np.uint8(5), dropout=np.float32(0.5), beside=(np.int32(9),)),
         mn.Block(3, 5, dropout=0.5, beside=(9,))),
        (mn.TrainSpec(batch_size=np.int64(32), learning_rate=np.float64(0.1), kmer_init=np.bool_(False)),
         mn.TrainSpec(batch_size=32, learning_rate=0.1, kmer_init=False)),
        (mn.LengthRule(np.int64(9)), mn.LengthRule(9)),
        (mn.ExtractionSpec(min_sites=np.int64(3), site_value=np.float32(0.5)),
         mn.ExtractionSpec(min_sites=3, site_value=0.5)),
        (mn.NegativeSpec(ratio=np.int64(2)), mn.NegativeSpec(ratio=2)),
        (mn.ScenarioSpec(num_pos=np.int64(2), neg_counts=(np.int64(0), np.int64(1))),
         mn.ScenarioSpec(num_pos=2, neg_counts=(0, 1))),
    ],
)  # fmt: skip
def test_specs_take_numbers_of_numpy_and_hold_those_of_python(ours: Any, plain: Any) -> None:
    assert ours == plain
    assert json.dumps(dataclasses.asdict(ours)) == json.dumps(dataclasses.asdict(plain))


@pytest.mark.parametrize("value", [np.bool_(True), True, np.float64(3), "3", np.array([3]), None])
def test_a_number_that_is_none_is_refused_still(value: Any) -> None:
    with pytest.raises(mn.SpecError, match=r"^filters must be an integer"):
        mn.Block(value, 5)


def test_files_are_read_with_a_length_of_numpy(tmp_path: Path) -> None:
    path = tmp_path / "a.fa"
    mn.write_fasta(SEQUENCES, path)
    data = mn.read_data(path, length=np.int64(8))
    assert (data.sequences.length, type(data.sequences.rule.length)) == (8, int)


def test_other_values_stay_as_they_are() -> None:
    for value in ("x", None, Path("a"), mn.Fractions(), [np.int64(3)]):
        assert plain_number(value) is value
