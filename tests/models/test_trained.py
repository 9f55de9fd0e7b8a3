"""TrainedModel: filters that are what they say, predictions, and other lengths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dna_strategies import random_dna
from motifnet.errors import InputError, ModelError
from motifnet.models.cnn import build
from motifnet.models.runtime import keras
from motifnet.models.spec import Block, ModelSpec
from motifnet.models.trained import TrainedModel
from motifnet.sequences.alphabet import one_hot, one_hot_codes
from motifnet.sequences.fasta import write_fasta
from motifnet.sequences.sequence_set import SequenceSet
from small_models import LENGTH, RULE, SEQUENCES, planted

# --- filters ---


def naive_pre_activations(weights: np.ndarray, bias: np.ndarray, encoded: np.ndarray) -> np.ndarray:
    """Cross-correlation of filters (F, 4, w) with one-hot (N, 4, L), in float64."""
    width = weights.shape[2]
    positions = range(encoded.shape[2] - width + 1)
    windows = np.stack([encoded[:, :, p : p + width] for p in positions], axis=1).astype(np.float64)
    return np.einsum("npbw,fbw->nfp", windows, weights.astype(np.float64)) + bias[:, np.newaxis]


def negative_gamma(model: TrainedModel) -> TrainedModel:
    """The model with a batch norm of every kind of number, gammas of both signs."""
    network = build(model.spec, seed=0)
    network.set_weights(model.network.get_weights())
    rng = np.random.default_rng(0)
    n = model.spec.blocks[0].filters
    gamma = rng.uniform(0.5, 2, n) * np.where(np.arange(n) % 2, 1, -1)
    network.get_layer("norm_1").set_weights([gamma, rng.normal(size=n), rng.normal(size=n), rng.uniform(0.1, 3, n)])
    return replace(model, network=network)


@pytest.mark.parametrize("change", [lambda m: m, negative_gamma], ids=["as trained", "negative gamma"])
def test_pre_activations_are_a_cross_correlation_with_the_folded_filters(
    model: TrainedModel, change: Callable[[TrainedModel], TrainedModel]
) -> None:
    changed = change(model)
    filters = changed.layer(0)
    codes = SEQUENCES.codes.copy()
    codes[0, 5:9] = 4
    activations = filters.activations(codes)
    assert activations.shape == (12, 8, LENGTH - 11 + 1)
    assert activations.dtype == np.float32
    encoded = one_hot_codes(codes)
    expected = naive_pre_activations(filters.weights, filters.bias, encoded)
    np.testing.assert_allclose(activations, expected, rtol=0, atol=1e-5)
    # And they are what stands between batch norm and activation in the network itself.
    norm = keras.Model(changed.network.input, changed.network.get_layer("norm_1").output)
    inside = np.array(norm(encoded[..., np.newaxis], training=False))[:, 0].transpose(0, 2, 1)
    np.testing.assert_allclose(activations, inside, rtol=0, atol=1e-5)


def test_pre_activations_without_batch_norm(fixed: TrainedModel) -> None:
    filters = fixed.layer(0)
    encoded = one_hot(SEQUENCES)
    conv = keras.Model(fixed.network.input, fixed.network.get_layer("conv_1").output)
    inside = np.array(conv(encoded[..., np.newaxis]))[:, 0].transpose(0, 2, 1)
    np.testing.assert_allclose(filters.activations(SEQUENCES.codes), inside, rtol=0, atol=1e-5)
    np.testing.assert_allclose(naive_pre_activations(filters.weights, filters.bias, encoded), inside, rtol=0, atol=1e-5)


def test_filters_know_their_names_width_strands_and_floor(model: TrainedModel, fixed: TrainedModel) -> None:
    filters = model.layer(0)
    assert (filters.width, filters.strands, filters.floor) == (11, "both", 0.0)
    assert filters.names == tuple(f"f0{i}" for i in range(8))
    assert replace(filters, weights=np.zeros((101, 4, 3), dtype=np.float32)).names[7] == "f007"
    exponential = ModelSpec(LENGTH, (Block(2, 5, activation="exponential"),), strands="forward")
    other = replace(fixed, spec=exponential, network=build(exponential, seed=0)).layer(0)
    assert (other.floor, other.strands) == (-np.inf, "forward")


def test_sequences_shorter_than_the_filters_have_no_activations(model: TrainedModel) -> None:
    assert model.layer(0).activations(SEQUENCES.codes[:, :10]).shape == (12, 8, 0)


def test_only_the_first_layer_for_now(model: TrainedModel) -> None:
    with pytest.raises(ModelError) as error:
        model.layer(1)
    assert str(error.value) == "motifs are read from the first convolution, layer 0. Got 1 instead"


# --- predictions ---


def test_batches_change_nothing(model: TrainedModel) -> None:
    many = planted(150, 150, seed=8).sequences
    together = model.predict(many)
    assert together.shape == (300, 1)
    assert together.dtype == np.float32
    assert np.array_equal(together[250:270], model.predict(many.take(np.arange(250, 270))))
    assert model.predict(many.take([])).shape == (0, 1)


def test_predictions_are_the_mean_of_both_strands(model: TrainedModel) -> None:
    forward = replace(model, spec=replace(model.spec, strands="forward"))
    mean = (forward.predict(SEQUENCES) + forward.predict(SEQUENCES.reverse_complement())) / 2
    assert np.array_equal(model.predict(SEQUENCES), mean)


# --- other lengths ---


def test_a_global_head_takes_other_lengths(model: TrainedModel) -> None:
    longer = planted(4, 4, seed=5, length=90).sequences
    assert model.predict(longer).shape == (8, 1)
    # A maximum over more positions that are empty is the same maximum, up to what N adds: nothing but the bias.
    codes = np.pad(SEQUENCES.codes, ((0, 0), (0, 11)), constant_values=4)
    bare = ModelSpec(LENGTH, (Block(4, 11),))
    same = replace(model, spec=bare, network=build(bare, seed=3))
    padded = same.predict(SequenceSet(SEQUENCES.names, codes))
    assert (np.abs(padded - same.predict(SEQUENCES)) < 0.2).all()
    assert model.for_length(LENGTH) is model
    assert model.for_length(90).for_length(LENGTH).predict(SEQUENCES).tobytes() == model.predict(SEQUENCES).tobytes()


def test_too_short_for_the_network(model: TrainedModel) -> None:
    with pytest.raises(ModelError) as error:
        model.predict(planted(2, 2, seed=5, length=10).sequences)
    assert str(error.value) == (
        "sequences of 10 bp are too short for this network: the filters of block 1 are 11 wide\n"
        "  Give longer sequences."
    )


def test_a_flattened_head_fixes_the_length(fixed: TrainedModel) -> None:
    with pytest.raises(ModelError) as error:
        fixed.predict(planted(2, 2, seed=5, length=90).sequences)
    assert str(error.value) == (
        "the model was trained on sequences of 60 bp, and its flattened head fixes that length; these have 90 bp\n"
        "  Crop or pad them to 60 bp, or train with --length N, which then holds here too."
    )


def test_the_length_rule_is_applied_to_what_is_read(model: TrainedModel, fixed: TrainedModel, tmp_path: Path) -> None:
    letters = random_dna(1, 80, seed=1)[0]
    path = tmp_path / "a.fa"
    path.write_text(f">a\n{letters}\n>b\n{letters[:50]}\n")
    read = model.read_sequences(path)
    assert list(read) == [letters[:60], letters[:50] + "N" * 10]
    assert read.rule == RULE
    free = replace(model, length_rule=None)
    assert list(free.read_sequences(path)) == [letters, "N" * 15 + letters[:50] + "N" * 15]
    with pytest.raises(InputError, match="sequences are 50 to 80 bp long"):
        fixed.read_sequences(path)
    path.write_text(f">a\n{letters}\n")
    with pytest.raises(ModelError, match="its flattened head fixes that length; these have 80 bp"):
        fixed.read_sequences(path)
    data = model.read_classes(path)
    assert (data.tasks, data.sequences.length, len(data)) == (("positive",), LENGTH, 2)


def test_what_was_written_as_fasta_predicts_the_same(model: TrainedModel, tmp_path: Path) -> None:
    write_fasta(SEQUENCES, tmp_path / "a.fa")
    assert np.array_equal(model.predict(model.read_sequences(tmp_path / "a.fa")), model.predict(SEQUENCES))
