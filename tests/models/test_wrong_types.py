"""What is of the wrong type is told before a network is built, trained or asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import motifnet as mn
from small_models import SEQUENCES, SPEC, planted

DATA = planted(4, 4, seed=1)

FASTA = "Make one: SequenceSet.from_strings(strings), or read_fasta(path)."
LABELS = (
    "Make one: Dataset.from_classes(positives, negatives), Dataset.from_labels(sequences, labels, tasks), "
    "or read_data(path)."
)
TRAINED = "Make one: train(spec, data, valid=...), or TrainedModel.load(folder)."
PRESET = "Make one: ModelSpec.preset('default', length=..., tasks=...)."


@pytest.mark.parametrize(
    ("call", "message", "hint"),
    [
        (lambda: mn.discover("pos.fa"), "data must be a Dataset. Got 'pos.fa' instead", LABELS),
        (lambda: mn.discover(DATA, test=SEQUENCES), "test must be a Dataset. Got a SequenceSet instead", LABELS),
        (lambda: mn.discover(DATA, spec="deep"), "spec must be a ModelSpec. Got 'deep' instead", PRESET),
        (lambda: mn.train("default", DATA, valid=DATA), "spec must be a ModelSpec. Got 'default' instead", PRESET),
        (lambda: mn.train(SPEC, SEQUENCES, valid=DATA), "data must be a Dataset. Got a SequenceSet instead", LABELS),
        (lambda: mn.train(SPEC, DATA, valid=DATA.split(valid=0.5)), "valid must be a Dataset. Got a Split instead",
         "Give one of its parts: split.train, split.valid or split.test."),
        (lambda: mn.build("default", seed=0), "spec must be a ModelSpec. Got 'default' instead", PRESET),
        (lambda: mn.tune(DATA, valid=DATA, start=SPEC), "start must be a ModelHeader. Got a ModelSpec instead",
         "Make one: motifnet.models.storage.ModelHeader(spec, TrainSpec())."),
        (lambda: mn.evaluate("model", DATA), "model must be a TrainedModel. Got 'model' instead", TRAINED),
        (lambda: mn.tabulate_motifs(None, DATA), "model must be a TrainedModel. Got None instead", TRAINED),
        (lambda: mn.importance(SPEC, DATA, [], donors=SEQUENCES),
         "model must be a TrainedModel. Got a ModelSpec instead", TRAINED),
        (lambda: mn.plot_history(None), "model must be a TrainedModel. Got None instead", TRAINED),
    ],
)  # fmt: skip
def test_a_wrong_type_is_told_with_how_to_make_the_right_one(call: Callable[[], Any], message: str, hint: str) -> None:
    with pytest.raises(mn.InputError) as error:
        call()
    assert (error.value.message, error.value.hint) == (message, hint)


@pytest.mark.parametrize(
    ("sequences", "got", "hint"),
    [
        (["ACGT"], "a list of str", FASTA),
        (np.zeros((1, 4, 60), np.float32), "an array of float32, shape (1, 4, 60),", FASTA),
        (DATA, "a Dataset", "Give its sequences: data.sequences."),
    ],
)
def test_a_model_takes_a_sequence_set(model: mn.TrainedModel, sequences: Any, got: str, hint: str) -> None:
    for call in (model.predict, model.split_of, lambda given: mn.extract_motifs(model, given)):
        with pytest.raises(mn.InputError) as error:
            call(sequences)
        assert (error.value.message, error.value.hint) == (
            f"sequences must be a SequenceSet. Got {got} instead", hint,
        )  # fmt: skip
    with pytest.raises(mn.InputError, match=r"^data must be a Dataset\. Got a SequenceSet instead\n"):
        mn.evaluate(model, SEQUENCES)


@pytest.mark.parametrize("y", [np.ones(5), [], np.ones((5, 2)), 1])
@pytest.mark.parametrize("estimator", [mn.MotifClassifier(), mn.MotifRegressor()], ids=["classes", "values"])
def test_an_estimator_wants_a_label_for_each_sequence(estimator: Any, y: Any) -> None:
    with pytest.raises(mn.InputError) as error:
        estimator.fit(list(SEQUENCES), y)
    assert str(error.value) == (
        "y must hold a label (or a row of them) for each of the 12 sequences of X. "
        f"Got an array of shape {np.shape(y)} instead"
    )


def test_a_network_trained_with_numbers_of_numpy_is_saved(tmp_path: Any) -> None:
    four, nine = np.array([4, 9])
    changes = mn.SpecChanges(num_filters=(four,), conv_width=(nine,), pool_width=nine, dropout=np.float32(0.25))
    spec = mn.ModelSpec.preset("dragonn", length=np.int64(60), changes=changes)
    training = mn.TrainSpec(
        max_steps=np.int64(2), batch_size=np.int64(8), check_every=2, kmers=False, kmer_init=np.bool_(False)
    )
    model = mn.train(spec, DATA, valid=DATA, training=training)
    model.save(tmp_path / "model")
    assert mn.TrainedModel.load(tmp_path / "model").spec == spec
