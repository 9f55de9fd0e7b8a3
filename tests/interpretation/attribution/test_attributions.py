"""Attributions: sums, symmetries, and equality with plain computations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import keras_networks as networks
from dna_strategies import random_dna
from motifnet.errors import InputError, ModelError, SpecError
from motifnet.interpretation.attribution.attributions import METHODS, attribute
from motifnet.interpretation.attribution.ism import mutation_effects
from motifnet.interpretation.attribution.reference_sequences import REFERENCES, make_references
from motifnet.models.keras_model import KerasModel
from motifnet.models.network.presets import PRESETS
from motifnet.models.network.spec import ModelSpec
from motifnet.models.runtime import tf
from motifnet.models.sequence_model import SequenceModel
from motifnet.sequences.alphabet import N, one_hot_codes, reverse_complement
from motifnet.sequences.kmers import kmer_counts
from motifnet.sequences.sequence_set import SequenceSet
from network_designs import codes_with_n, model_of, random_design
from small_models import by_tier

DEFAULT = ModelSpec.preset("default", length=80, tasks=("first", "second"))


def sequences_of(spec: Any, n: int = 4, seed: int = 0) -> SequenceSet:
    return SequenceSet([f"s{i}" for i in range(n)], codes_with_n(spec, n, seed=seed))


def error_of(model: SequenceModel, sequences: SequenceSet, **options: Any) -> float:
    """Largest completeness error, relative to the largest difference of outputs."""
    found = attribute(model, sequences, **options)
    assert found.reference_outputs is not None
    scale = np.abs(found.outputs - found.reference_outputs).max()
    assert scale > 1e-4
    return float(np.abs(found.completeness_errors()).max() / scale)


@pytest.mark.parametrize("name", by_tier([name for name in PRESETS if name != "danq"]))
def test_contributions_of_deeplift_sum_to_the_difference_for_presets(name: str) -> None:
    spec = ModelSpec.preset(name, length=200 if name == "basset" else 100, tasks=("first", "second"))
    blocks = tuple(replace(block, filters=min(block.filters, 12)) for block in spec.blocks)
    spec = replace(spec, blocks=blocks, hidden=tuple(min(n, 12) for n in spec.hidden))
    model, sequences = model_of(spec), sequences_of(spec)
    assert error_of(model, sequences, method="deeplift", n_references=2, dtype="float64") < 1e-12
    assert error_of(model, sequences, method="deeplift", n_references=2) < 1e-5


@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(3, 20))])
def test_contributions_of_deeplift_sum_to_the_difference_for_random_designs(seed: int) -> None:
    spec = random_design(seed)
    model, sequences = model_of(spec, seed), sequences_of(spec, seed=seed)
    references = REFERENCES[seed % 3]
    options = {"method": "deeplift", "n_references": 2, "references": references}
    assert error_of(model, sequences, dtype="float64", **options) < 1e-12


@pytest.mark.parametrize("build", ["basset", "crested", "softmax", "profile", "image"])
def test_contributions_of_deeplift_sum_to_the_difference_for_other_networks(build: str) -> None:
    made, options = {
        "basset": (networks.basset(), {}),
        "crested": (networks.crested(), {"strands": "both"}),
        "softmax": (networks.crested(activation="softmax"), {}),
        "profile": (networks.profile(), {"output": "profile"}),
        "image": (networks.image(), {"layout": "N4L1"}),
    }[build]
    model = KerasModel(networks.spread(made), **options)  # type: ignore[arg-type]
    sequences = sequences_of(model.spec)
    assert error_of(model, sequences, method="deeplift", n_references=2, dtype="float64") < 1e-12
    found = attribute(model, sequences, method="deeplift", n_references=2)
    np.testing.assert_allclose(found.outputs, model.scores(sequences), rtol=1e-4, atol=1e-4)


def test_contributions_of_a_linear_network_are_its_weights_times_the_differences() -> None:
    keras, layers = networks.keras, networks.layers
    network = keras.Sequential([keras.Input((30, 4)), layers.Flatten(), layers.Dense(1)])
    model = KerasModel(networks.spread(network))
    weights = network.layers[-1].kernel.numpy().reshape(30, 4).T
    sequences = sequences_of(model.spec)
    x = one_hot_codes(sequences.codes)
    for method in ("deeplift", "integrated-gradients"):
        found = attribute(model, sequences, method=method, references="zeros")
        np.testing.assert_allclose(found.values, weights * x.any(axis=1, keepdims=True), atol=1e-5)
    for method in ("ism", "gradient"):
        centred = (weights - weights.mean(axis=0)) * x.any(axis=1, keepdims=True)
        np.testing.assert_allclose(attribute(model, sequences, method=method).values, centred, atol=1e-5)


def test_deeplift_routes_a_maximum_to_the_winners_of_both_inputs() -> None:
    """Maximum over two positions of the indicator of A times 3 and 1."""
    keras, layers = networks.keras, networks.layers
    inputs = keras.Input((2, 4))
    weights = np.zeros((1, 2, 4), dtype=np.float32)
    weights[0, 0, 0], weights[0, 1, 0] = 3, 1
    maps = keras.ops.sum(inputs * weights, axis=2, keepdims=True)
    model = KerasModel(keras.Model(inputs, layers.GlobalMaxPooling1D()(maps)))
    found = attribute(model, ["AA"], method="deeplift", references=SequenceSet.from_strings(["CA"]))
    assert found.outputs[0, 0] == 3
    assert found.reference_outputs is not None
    assert found.reference_outputs[0, 0] == 1
    np.testing.assert_allclose(found.observed(), [[2, 0]], atol=1e-6)


def test_ism_is_the_effect_less_its_mean() -> None:
    model, sequences = model_of(DEFAULT, has_kmers=True), sequences_of(DEFAULT)
    effects = mutation_effects(model, sequences)
    found = attribute(model, sequences, method="ism")
    is_known = (sequences.codes != N)[:, np.newaxis, np.newaxis]
    np.testing.assert_allclose(found.values, (effects - effects.mean(axis=2, keepdims=True)) * is_known, atol=1e-6)
    assert found.part == "model"
    assert attribute(model, sequences.take([0])).method == "ism"
    np.testing.assert_allclose(found.outputs, model.scores(sequences))


def test_gradients_are_those_of_the_network() -> None:
    network = networks.spread(networks.crested(activation="linear"))
    model = KerasModel(network, alphabet="TGAC")
    sequences = sequences_of(model.spec, 3)
    inputs = tf.constant(one_hot_codes(sequences.codes)[:, [3, 2, 0, 1]].transpose(0, 2, 1))
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        output = network(inputs, training=False)[:, 1]
    gradients = tape.gradient(output, inputs).numpy().transpose(0, 2, 1)[:, [2, 3, 1, 0]]
    expected = gradients - gradients.mean(axis=1, keepdims=True)
    expected[np.broadcast_to((sequences.codes == N)[:, np.newaxis], expected.shape)] = 0
    found = attribute(model, sequences, method="gradient").task("task_1").values
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


def test_integrated_gradients_are_nearly_complete() -> None:
    spec = replace(DEFAULT, blocks=tuple(replace(block, activation="softplus") for block in DEFAULT.blocks))
    assert error_of(model_of(spec), sequences_of(spec), method="integrated-gradients") < 0.02
    smooth = KerasModel(networks.spread(networks.danq()), alphabet="AGCT")
    assert error_of(smooth, sequences_of(smooth.spec), method="integrated-gradients") < 0.2


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("strands", ["both", "shared"])
def test_reverse_complements_have_reverse_complementary_attributions(method: str, strands: Any) -> None:
    model, sequences = model_of(replace(DEFAULT, strands=strands), has_kmers=True), sequences_of(DEFAULT)
    forward = attribute(model, sequences, method=method, n_references=3)
    backward = attribute(model, sequences.reverse_complement(), method=method, n_references=3)
    scale = np.abs(forward.values).max()
    np.testing.assert_allclose(backward.values[..., ::-1, ::-1], forward.values, atol=1e-5 * scale)


@pytest.mark.parametrize("method", METHODS)
def test_all_tasks_at_once_are_each_task_and_do_not_depend_on_the_batch(method: str) -> None:
    model, sequences = model_of(DEFAULT, has_kmers=True), sequences_of(DEFAULT, 5)
    together = attribute(model, sequences, method=method, n_references=2)
    assert together.values.shape == (5, 2, 4, 80)
    assert together.observed().shape == (5, 2, 80)
    scale = np.abs(together.values).max()
    for task in DEFAULT.tasks:
        alone = attribute(model, sequences.take([3]), method=method, n_references=2, task=task)
        assert alone.values.shape == (1, 4, 80)
        np.testing.assert_allclose(together.task(task).values[[3]], alone.values, atol=1e-5 * scale)
    assert not together.values[np.broadcast_to((sequences.codes == N)[:, None, None], together.values.shape)].any()


def test_shuffles_keep_dinucleotides_and_depend_on_the_sequence_alone() -> None:
    codes = codes_with_n(DEFAULT, 4)
    shuffles = make_references(codes, "shuffle", n=3, seed=1)
    assert shuffles.shape == (4, 3, 4, 80)
    assert np.array_equal(shuffles[2:3], make_references(codes[2:3], "shuffle", n=3, seed=1))
    assert np.array_equal(make_references(reverse_complement(codes), "shuffle", n=3, seed=1)[..., ::-1, ::-1], shuffles)
    assert not np.array_equal(shuffles, make_references(codes, "shuffle", n=3, seed=2))
    expected = kmer_counts(SequenceSet([""] * 4, codes), 2, strands="forward")
    for i in range(3):
        as_codes = np.where(shuffles[:, i].any(axis=1), shuffles[:, i].argmax(axis=1), N).astype(np.uint8)
        assert abs(kmer_counts(SequenceSet([""] * 4, as_codes), 2, strands="forward") - expected).sum() == 0


def test_composition_is_that_of_each_sequence() -> None:
    codes = codes_with_n(DEFAULT, 4)
    made = make_references(codes, "composition", n=1, seed=0)[:, 0]
    for own, reference in zip(codes, made, strict=True):
        known = own[own != N]
        share = np.bincount(known, minlength=4)[:, np.newaxis] / len(known)
        np.testing.assert_allclose(reference[:, own != N], np.repeat(share, len(known), axis=1), rtol=1e-6)
        assert not reference[:, own == N].any()


def test_given_references_are_those_that_are_used() -> None:
    model, sequences = model_of(DEFAULT), sequences_of(DEFAULT, 3)
    made = make_references(sequences.codes, "shuffle", n=4, seed=0)
    expected = attribute(model, sequences, method="deeplift", n_references=4)
    np.testing.assert_allclose(
        attribute(model, sequences, method="deeplift", references=made).values, expected.values, atol=1e-6
    )
    whole, others = (SequenceSet.from_strings(random_dna(n, 80, seed=n)) for n in (3, 2))
    for_all = attribute(model, whole, method="deeplift", references=others)
    assert for_all.reference_outputs is not None
    mean = model.scores(others, part="network").mean(axis=0)
    np.testing.assert_allclose(for_all.reference_outputs, np.tile(mean, (3, 1)), atol=1e-3)


def test_bad_arguments_are_errors() -> None:
    model, sequences = model_of(DEFAULT), sequences_of(DEFAULT, 2)
    with pytest.raises(SpecError):
        attribute(model, sequences, method="shap")
    with pytest.raises(ModelError):
        attribute(model, sequences, task="third")
    with pytest.raises(SpecError):
        attribute(model, sequences, method="deeplift", references="noise")
    for options in ({"references": np.zeros((2, 4, 7))}, {"n_references": 0}):
        with pytest.raises(InputError):
            attribute(model, sequences, method="deeplift", **options)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        attribute(model, sequences, references="zeros")
    with pytest.raises(ModelError):
        attribute(KerasModel(networks.danq()), ["ACGT" * 15], method="deeplift")
    with pytest.raises(InputError):
        attribute(model, sequences, method="gradient").completeness_errors()
