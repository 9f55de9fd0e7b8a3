"""Arguments of the wrong type are refused; numbers of numpy are accepted."""

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


@pytest.mark.parametrize(
    ("call", "value"),
    [
        (lambda: mn.shuffle(["ACGT"], seed=0), "a list of str"),
        (lambda: mn.Dataset.from_classes("pos.fa", "neg.fa"), "'pos.fa'"),
        (lambda: mn.scan(MOTIFS, DATA), "Dataset"),
        (lambda: mn.write_motifs([MOTIF], "x.meme"), "a list of Motif"),
        (lambda: mn.plot_roc(DATA.labels, {}), "an array of float32, shape (3, 1)"),
        (lambda: mn.one_hot(["ACG", np.nan]), "nan"),
    ],
)
def test_a_wrong_type_is_named(call: Callable[[], Any], value: str) -> None:
    with pytest.raises(mn.errors.InputError) as error:
        call()
    assert value in error.value.message
    assert isinstance(error.value, ValueError)


# --- numbers of numpy ---


@pytest.mark.parametrize("seed", ["a", -1, 1.5, None, True])
def test_a_seed_is_an_integer(seed: Any) -> None:
    for call in (lambda: mn.shuffle(SEQUENCES, seed=seed), lambda: DATA.split(seed=seed)):
        with pytest.raises(mn.errors.InputError) as error:
            call()
        assert "seed" in str(error.value)
    assert list(mn.shuffle(SEQUENCES, seed=np.int64(3))) == list(mn.shuffle(SEQUENCES, seed=3))


@pytest.mark.parametrize(
    ("ours", "plain"),
    [
        (mn.ModelSpec.preset("default", length=np.int64(100)), mn.ModelSpec.preset("default", length=100)),
        (mn.Block(np.int64(3), np.uint8(5), dropout=np.float32(0.5), parallel_widths=(np.int32(9),)),
         mn.Block(3, 5, dropout=0.5, parallel_widths=(9,))),
        (mn.TrainSpec(batch_size=np.int64(32), learning_rate=np.float64(0.1), kmer_init=np.bool_(False)),
         mn.TrainSpec(batch_size=32, learning_rate=0.1, kmer_init=False)),
        (mn.LengthRule(np.int64(9)), mn.LengthRule(9)),
        (mn.ExtractionSpec(min_sites=np.int64(3), site_value=np.float32(0.5)),
         mn.ExtractionSpec(min_sites=3, site_value=0.5)),
        (mn.NegativeSpec(ratio=np.int64(2)), mn.NegativeSpec(ratio=2)),
        (mn.simulation.ScenarioSpec(num_pos=np.int64(2), neg_counts=(np.int64(0), np.int64(1))),
         mn.simulation.ScenarioSpec(num_pos=2, neg_counts=(0, 1))),
    ],
)  # fmt: skip
def test_specs_convert_numbers_of_numpy(ours: Any, plain: Any) -> None:
    assert ours == plain
    assert json.dumps(dataclasses.asdict(ours)) == json.dumps(dataclasses.asdict(plain))


@pytest.mark.parametrize("value", [np.bool_(True), True, np.float64(3), "3", np.array([3]), None])
def test_other_values_are_no_integers(value: Any) -> None:
    with pytest.raises(mn.errors.SpecError, match="filters"):
        mn.Block(value, 5)


def test_files_are_read_with_a_length_of_numpy(tmp_path: Path) -> None:
    path = tmp_path / "a.fa"
    mn.write_fasta(SEQUENCES, path)
    data = mn.read_data(path, length=np.int64(8))
    assert (data.sequences.length, type(data.sequences.rule.length)) == (8, int)


def test_other_values_are_unchanged() -> None:
    for value in ("x", None, Path("a"), [np.int64(3)]):
        assert plain_number(value) is value
