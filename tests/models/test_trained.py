"""TrainedModel: predictions for any kind of sequences and other lengths, and its summary in a notebook."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import motifnet as mn
from dna_strategies import random_dna
from motifnet.errors import InputError, ModelError
from motifnet.models.network.block import Block
from motifnet.models.network.builder import build
from motifnet.models.network.presets import PRESETS
from motifnet.models.network.spec import ModelSpec
from motifnet.models.trained import TrainedModel
from motifnet.sequences.alphabet import one_hot
from motifnet.sequences.dataset import Dataset, Split
from motifnet.sequences.io.fasta import write_fasta
from motifnet.sequences.sequence_set import SequenceSet
from small_models import LENGTH, RULE, SEQUENCES, SPEC, planted


def test_predictions_do_not_depend_on_the_batch(model: TrainedModel) -> None:
    many = planted(150, 150, seed=8).sequences
    together = model.predict(many)
    assert together.shape == (300, 1)
    assert together.dtype == np.float32
    assert np.array_equal(together[250:270], model.predict(many.take(np.arange(250, 270))))
    assert model.predict(many.take([])).shape == (0, 1)


def test_the_score_of_the_network_is_the_mean_of_the_logits_of_both_strands(model: TrainedModel) -> None:
    forward = replace(model, spec=replace(model.spec, strands="forward"), kmers=None)
    odds = [forward.predict(own).astype(np.float64) for own in (SEQUENCES, SEQUENCES.reverse_complement())]
    mean = np.mean([np.log(p / (1 - p)) for p in odds], axis=0)
    np.testing.assert_allclose(model.scores(SEQUENCES, part="network"), mean, atol=1e-4)
    logits = model.logits(SEQUENCES)
    assert np.array_equal(logits[:, 1], model.logits(SEQUENCES.reverse_complement())[:, 0])
    assert np.array_equal(model.scores(SEQUENCES, part="network"), logits.astype(np.float64).mean(axis=1))


# --- sequences of other types ---


def test_sequences_of_any_type_have_the_same_predictions(model: TrainedModel, tmp_path: Path) -> None:
    write_fasta(SEQUENCES, tmp_path / "a.fa")
    strings = list(SEQUENCES)
    expected, splits = model.predict(SEQUENCES), model.split_of(SEQUENCES)
    for given in (
        Dataset(SEQUENCES, np.zeros((12, 1)), ("t",)),
        strings,
        tuple(strings),
        np.array(strings),
        pd.Series(strings),
        one_hot(SEQUENCES),
        tmp_path / "a.fa",
        str(tmp_path / "a.fa"),
    ):
        assert np.array_equal(model.predict(given), expected)
        assert model.split_of(given) == splits


@pytest.mark.parametrize("given", [None, 3, ["ACGT", 1], [b"ACGT"]])
def test_wrong_types_are_an_error(model: TrainedModel, given: Any) -> None:
    with pytest.raises(InputError):
        model.predict(given)


def test_the_length_rule_of_the_model_is_applied(model: TrainedModel, fixed: TrainedModel, tmp_path: Path) -> None:
    bases = random_dna(1, 80, seed=1)[0]
    records, path = [bases, bases[:50]], tmp_path / "a.fa"
    path.write_text(f">a\n{records[0]}\n>b\n{records[1]}\n")
    free = replace(model, length_rule=None)
    for given in (path, records):
        ruled = model.as_sequences(given)
        assert list(ruled) == [bases[:60], bases[:50] + "N" * 10]
        assert ruled.rule == RULE
        # Without a rule, sequences are padded to the longest one ...
        assert list(free.as_sequences(given)) == [bases, "N" * 15 + bases[:50] + "N" * 15]
        # ... unless the head fixes the length.
        with pytest.raises(InputError):
            fixed.predict(given)
    path.write_text(f">a\n{bases}\n")
    with pytest.raises(ModelError):
        fixed.read_sequences(path)
    data = model.read_data(path)
    assert (data.tasks, data.sequences.length, len(data)) == (("positive",), LENGTH, 2)


# --- other lengths ---


def test_a_global_head_accepts_other_lengths(model: TrainedModel) -> None:
    longer = planted(4, 4, seed=5, length=90).sequences
    assert model.predict(longer).shape == (8, 1)
    # The maximum over N, whose pre-activation is the bias, changes little.
    codes = np.pad(SEQUENCES.codes, ((0, 0), (0, 11)), constant_values=4)
    bare = ModelSpec(LENGTH, (Block(4, 11),))
    same = TrainedModel(bare, build(bare, seed=3))
    padded = same.predict(SequenceSet(SEQUENCES.names, codes))
    assert (np.abs(padded - same.predict(SEQUENCES)) < 0.2).all()
    assert model.for_length(LENGTH) is model
    assert model.for_length(90).for_length(LENGTH).predict(SEQUENCES).tobytes() == model.predict(SEQUENCES).tobytes()


def test_unsupported_lengths_are_an_error(model: TrainedModel, fixed: TrainedModel) -> None:
    for trained, length in ((model, 10), (fixed, 90)):
        with pytest.raises(ModelError):
            trained.predict(planted(2, 2, seed=5, length=length).sequences)


# --- splits, equality, summary ---


def test_a_split_is_stored_as_digests_of_its_sequences() -> None:
    split = Split(planted(3, 3, seed=1), planted(2, 2, seed=2), planted(1, 1, seed=3))
    made = TrainedModel(SPEC, build(SPEC, seed=0), split)
    for part, name in zip(split, ("train", "valid", "test"), strict=True):
        assert made.split_of(part) == [name] * len(part)
    assert made.split_of(planted(1, 1, seed=9)) == ["", ""]
    assert TrainedModel(SPEC, made.network).split_of(split.train) == [""] * 6


def test_models_are_equal_only_to_themselves(model: TrainedModel) -> None:
    assert model == model
    assert replace(model) != model
    assert len({model, replace(model)}) == 2


def test_the_summary_has_training_splits_and_receptive_fields() -> None:
    spec = ModelSpec.preset("default", length=200)
    history = pd.DataFrame({"step": [10, 20], "loss": [1, 1], "valid_loss": [0.5, 0.7], "valid_auroc": [0.8, 0.7]})
    split = Split(planted(1, 1, seed=1), planted(1, 1, seed=1).take([]), planted(0, 1, seed=2))
    page = TrainedModel(spec, None, split, history)._repr_html_()
    for fact in ("19 bp", "38 bp", "best step: 10", "validation auroc: 0.800", "train: 2 sequences", "test: 1 seq"):
        assert fact in page
    assert "best step" not in TrainedModel(spec, None)._repr_html_()


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_has_a_summary_without_markup_in_names(preset: str) -> None:
    spec = ModelSpec.preset(preset, length=1000, tasks=("<script>",))
    page = TrainedModel(spec, None)._repr_html_()
    assert "conv_1" in page
    assert "<script>" not in page


def test_public_names_of_this_package() -> None:
    for name in ("TrainedModel", "TrainSpec", "Progress", "train", "evaluate", "tune", "Tuning", "set_threads"):
        assert name in mn.__all__
