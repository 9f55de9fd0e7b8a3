"""Any Keras network as a model: input layouts, outputs before the last activation, filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import expit, logit, logsumexp, softmax

import keras_networks as networks
from dna_strategies import random_dna
from motifnet.errors import ModelError, SpecError
from motifnet.interpretation.attribution.attributions import attribute
from motifnet.models.keras_model import KerasModel
from motifnet.models.runtime import keras
from motifnet.sequences.alphabet import one_hot
from motifnet.sequences.sequence_set import LengthRule, SequenceSet

LENGTH = 60
SEQUENCES = SequenceSet.from_strings(random_dna(20, LENGTH, seed=3))
ONE_HOT = one_hot(SEQUENCES)  # (N, 4, L)


def made(build: Callable[..., Any], **options: Any) -> Any:
    return networks.spread(build(**options))


def rotated_image() -> Any:
    return networks.image(bases_first=False)


def test_layouts_and_orders_of_bases_give_the_output_of_the_network() -> None:
    for build, layout, alphabet, inputs in (
        (networks.basset, "NL4", "ACGT", ONE_HOT.transpose(0, 2, 1)),
        (networks.danq, "NL4", "AGCT", ONE_HOT[:, [0, 2, 1, 3]].transpose(0, 2, 1)),
        (networks.image, "N4L1", "ACGT", ONE_HOT[..., np.newaxis]),
        (rotated_image, "NL41", "TGCA", ONE_HOT[:, ::-1].transpose(0, 2, 1)[..., np.newaxis]),
    ):  # fmt: skip
        network = made(build)
        model = KerasModel(network, layout, alphabet=alphabet)
        np.testing.assert_allclose(model.predict(SEQUENCES), network.predict(inputs, verbose=0), rtol=1e-4)


def test_unknown_bases_are_zero() -> None:
    network = made(networks.basset)
    sequences = SequenceSet.from_strings(["N" * LENGTH])
    assert np.allclose(KerasModel(network).predict(sequences), network.predict(np.zeros((1, LENGTH, 4)), verbose=0))


def test_scores_are_log_odds_before_a_sigmoid() -> None:
    for build in (networks.basset, networks.danq, networks.image):
        network = made(build)
        layout = "N4L1" if build is networks.image else "NL4"
        model = KerasModel(network, layout)
        assert model.spec.outputs == "classes"
        np.testing.assert_allclose(model.scores(SEQUENCES), logit(model.predict(SEQUENCES)), atol=1e-3)


def test_scores_of_a_softmax_are_the_log_odds_of_each_class() -> None:
    network = made(networks.crested, activation="softmax")
    probabilities = network.predict(ONE_HOT.transpose(0, 2, 1), verbose=0)
    model = KerasModel(network, tasks=["B", "T", "NK"])
    np.testing.assert_allclose(expit(model.scores(SEQUENCES)), probabilities, rtol=1e-4)
    np.testing.assert_allclose(model.predict(SEQUENCES), probabilities, rtol=1e-4)


def test_scores_of_other_activations_are_the_output_or_its_logarithm() -> None:
    inputs = ONE_HOT.transpose(0, 2, 1)
    soft, exponential = (made(networks.crested, activation=name) for name in ("softplus", "exponential"))
    model = KerasModel(soft)
    assert model.spec.outputs == "values"
    np.testing.assert_allclose(model.scores(SEQUENCES), soft.predict(inputs, verbose=0), rtol=1e-5)
    counts = KerasModel(exponential)
    assert counts.spec.outputs == "counts"
    np.testing.assert_allclose(counts.scores(SEQUENCES), np.log(exponential.predict(inputs, verbose=0)), atol=1e-4)
    linear = KerasModel(made(networks.crested, activation="linear"), logits=True)
    np.testing.assert_allclose(linear.predict(SEQUENCES), expit(linear.scores(SEQUENCES)), rtol=1e-6)


def test_a_profile_is_scored_by_its_weighted_centred_logits() -> None:
    network = made(networks.profile)
    outputs = network.predict(ONE_HOT.transpose(0, 2, 1), verbose=0)
    logits = outputs["profile"][..., 0].astype(np.float64)
    expected = (softmax(logits, axis=1) * (logits - logits.mean(axis=1, keepdims=True))).sum(axis=1)
    model = KerasModel(network, output="profile")
    np.testing.assert_allclose(model.scores(SEQUENCES)[:, 0], expected, rtol=1e-4)
    assert np.allclose(KerasModel(network, output="counts").scores(SEQUENCES), outputs["counts"], atol=1e-5)


def test_both_strands_are_averaged_and_the_reverse_complement_scores_the_same() -> None:
    model = KerasModel(made(networks.basset), strands="both")
    logits = model.logits(SEQUENCES)
    assert logits.shape == (len(SEQUENCES), 2, 3)
    np.testing.assert_allclose(model.scores(SEQUENCES), logits.mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(model.scores(SEQUENCES.reverse_complement()), model.scores(SEQUENCES), rtol=1e-5)


def test_nested_models_may_have_layers_of_one_name() -> None:
    def tower() -> Any:
        x = keras.Input((LENGTH, 4))
        return keras.Model(x, keras.layers.GlobalMaxPooling1D(name="pool")(keras.layers.Conv1D(3, 5, name="conv")(x)))

    x = keras.Input((LENGTH, 4))
    towers = [tower()(x), keras.layers.GlobalMaxPooling1D(name="pool")(x), tower()(x)]
    network = keras.Model(x, keras.layers.Dense(1, activation="sigmoid")(keras.layers.Concatenate()(towers)))
    expected = network.predict(ONE_HOT.swapaxes(1, 2), verbose=0)
    np.testing.assert_allclose(KerasModel(network).predict(SEQUENCES), expected, atol=1e-6)


def test_nested_models_are_the_same_model() -> None:
    trunk = made(networks.crested, activation="linear")
    inputs = keras.Input((LENGTH, 4))
    nested = keras.Model(inputs, keras.layers.Activation("sigmoid")(trunk(inputs)))
    model = KerasModel(nested)
    np.testing.assert_allclose(model.scores(SEQUENCES), KerasModel(trunk).scores(SEQUENCES), rtol=1e-6)
    assert len(model.layer().weights) == 14


@pytest.mark.parametrize(
    ("build", "layout", "n"),
    [
        (networks.basset, "NL4", 12),
        (networks.danq, "NL4", 10),
        (networks.crested, "NL4", 14),
        (networks.image, "N4L1", 6),
        (rotated_image, "NL41", 6),
    ],
    ids=["basset", "danq", "crested", "image", "rotated image"],
)
def test_filters_score_windows_as_the_first_layer_does(build: Callable[..., Any], layout: str, n: int) -> None:
    """Batch norm is folded in; padding is left out."""
    network = made(build)
    filters = KerasModel(network, layout, alphabet="GATC").layer()
    assert len(filters.weights) == n
    first = next(layer for layer in network.layers if layer.name.startswith(("conv", "motifs", "basenji")))
    kernel = first.kernel.numpy()
    kernel = kernel[:, :, 0].swapaxes(0, 1) if layout == "N4L1" else kernel.reshape(-1, 4, n)  # (w, 4, F)
    scale, shift = np.ones(n), first.bias.numpy() if first.use_bias else np.zeros(n)
    if build in (networks.basset, networks.crested):
        norm = next(layer for layer in network.layers if "normalization" in layer.name)
        scale = norm.gamma.numpy() / np.sqrt(norm.moving_variance.numpy() + norm.epsilon)
        shift = norm.beta.numpy() - norm.moving_mean.numpy() * scale
    windows = sliding_window_view(ONE_HOT[:, [2, 0, 3, 1]], len(kernel), axis=2)  # GATC
    expected = np.einsum("nbpw,wbf->npf", windows, kernel) * scale + shift
    np.testing.assert_allclose(filters.activations(SEQUENCES.codes).transpose(0, 2, 1), expected, atol=1e-4)


def test_a_cut_network_gives_the_logits() -> None:
    for build in (networks.basset, networks.danq, networks.crested):
        model = KerasModel(made(build))
        front, rest = model.cut(0)
        maps = front(ONE_HOT.transpose(0, 2, 1))
        np.testing.assert_allclose(np.asarray(rest(maps)), model.logits(SEQUENCES)[:, 0], atol=1e-4)


def test_networks_that_cannot_be_read_are_refused() -> None:
    class Subclassed(keras.Model):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return x

    two = keras.Input((LENGTH, 4)), keras.Input((LENGTH, 4))
    double = keras.Model(two, keras.layers.Dense(1)(keras.layers.Flatten()(keras.layers.Add()(two))))
    for network, options in (
        (Subclassed(), {}),
        (double, {}),
        (networks.basset(), {"layout": "N4L"}),
        (networks.image(), {"layout": "NL4"}),
        (networks.profile(), {}),
        (networks.profile(), {"output": "missing"}),
        (networks.basset(), {"tasks": ["one"]}),
    ):
        with pytest.raises(ModelError):
            KerasModel(network, **options)
    for options in ({"layout": "NL5"}, {"alphabet": "ACGU"}, {"strands": "shared"}):
        with pytest.raises(SpecError):
            KerasModel(networks.basset(), **options)
    with pytest.raises(ModelError):
        KerasModel(networks.basset()).predict(SequenceSet.from_strings(["ACGT" * 20]))
    with pytest.raises(ModelError):
        KerasModel(networks.basset(), length_rule=LengthRule(LENGTH - 1))


def test_sequences_that_are_too_short_for_the_network_are_refused() -> None:
    layers = keras.layers
    first = layers.Conv1D(4, 9), layers.MaxPooling1D(4), layers.GlobalMaxPooling1D(), layers.Dense(1)
    network = keras.Sequential([keras.Input((None, 4)), *first])
    model = KerasModel(network)
    assert model.predict(["ACGT" * 3]).shape == (1, 1)
    for call in (model.predict, model.for_length(LENGTH).predict, lambda x: attribute(model, x)):
        with pytest.raises(ModelError):
            call(["ACGTACGTACG"])
    with pytest.raises(ModelError):
        KerasModel(network, length_rule=LengthRule(11))


def test_filters_that_do_not_score_every_window_are_refused() -> None:
    layers = keras.layers

    def network(*first: Any) -> Any:
        return keras.Sequential([keras.Input((LENGTH, 4)), *first, layers.Flatten(), layers.Dense(1)])

    for first in (
        (layers.Conv1D(4, 5, strides=2),),
        (layers.Conv1D(4, 5, dilation_rate=2),),
        (layers.Conv1D(4, 5, groups=2),),
        (layers.Dense(4),),
        (layers.Reshape((4, LENGTH)), layers.Permute((2, 1)), layers.Conv1D(4, 5)),
    ):
        with pytest.raises(SpecError):
            KerasModel(network(*first)).layer()
    assert len(KerasModel(network(layers.Conv1D(4, 5, padding="causal"))).layer().weights) == 4


def test_log_odds_of_large_logits_are_finite() -> None:
    logits = np.array([[500.0, -500.0, 0.0]])
    others = [logsumexp(np.delete(logits[0], i)) for i in range(3)]
    from motifnet.models.keras_model import LogOdds

    np.testing.assert_allclose(np.asarray(LogOdds()(logits))[0], logits[0] - others, rtol=1e-6)
