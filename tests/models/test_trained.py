"""TrainedModel: filters that are what they say, predictions, and other lengths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dna_strategies import random_dna
from motifnet.errors import InputError, ModelError, SpecError
from motifnet.models.filters import ConvolutionFilters
from motifnet.models.network.block import Block
from motifnet.models.network.builder import build
from motifnet.models.network.fields import STRANDS, Strands
from motifnet.models.network.spec import ModelSpec
from motifnet.models.runtime import keras
from motifnet.models.trained import TrainedModel
from motifnet.motifs.learned.sites import best_windows
from motifnet.sequences.alphabet import N, one_hot, one_hot_codes
from motifnet.sequences.io.fasta import write_fasta
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


def of_whole_numbers(strands: Strands) -> ConvolutionFilters:
    """Filters with exact scores, so that ties are frequent; the first is its own reverse complement."""
    weights = np.random.default_rng(5).integers(-2, 3, size=(4, 4, 6)).astype(np.float32)
    weights[0] += weights[0, ::-1, ::-1]
    return ConvolutionFilters(weights, np.zeros(4, dtype=np.float32), strands)


class Plain:
    """A bank that cannot find best windows itself."""

    def __init__(self, filters: ConvolutionFilters) -> None:
        self.width, self.names, self.strands = filters.width, filters.names, filters.strands
        self.slack, self.floor, self.activations = filters.slack, filters.floor, filters.activations


@pytest.mark.parametrize("strands", STRANDS)
@pytest.mark.parametrize(("n", "length"), [(600, 30), (30, 5000), (3, 6)], ids=["batches", "long", "one window"])
def test_best_windows_are_those_of_the_activations(strands: Strands, n: int, length: int) -> None:
    filters = of_whole_numbers(strands)
    codes = np.random.default_rng(n).integers(0, 4, (n, length)).astype(np.uint8)
    codes[1::3, :5] = codes[2, :] = N
    sequences = SequenceSet([f"{i}" for i in range(n)], codes)
    found, expected = best_windows(filters, sequences), best_windows(Plain(filters), sequences)
    has_window = np.isfinite(expected.score)
    assert (found.score == expected.score).all()
    assert not has_window[2].any()
    for ours, theirs in ((found.start, expected.start), (found.is_reverse, expected.is_reverse)):
        assert (ours == theirs)[has_window].all()
    assert not found.is_reverse[:, 0].any()  # a palindrome is on +
    if n > 3:
        assert found.is_reverse.any() == (strands == "both")


def test_best_windows_where_there_is_nothing_to_look_at() -> None:
    filters = of_whole_numbers("both")
    short = best_windows(filters, SequenceSet(("a", "b"), np.zeros((2, 5), dtype=np.uint8)))
    assert (short.score == -np.inf).all()
    assert short.score.shape == short.start.shape == short.is_reverse.shape == (2, 4)
    assert best_windows(filters, SequenceSet((), np.zeros((0, 30), dtype=np.uint8))).score.shape == (0, 4)


def test_a_layer_that_is_not_there(model: TrainedModel, fixed: TrainedModel) -> None:
    with pytest.raises(SpecError, match="layer"):
        model.layer(1)
    with pytest.raises(SpecError, match="layer"):
        fixed.layer(-1)


# --- deeper layers ---

#: Pools of every kind in front of a third convolution, and batch norm with gammas of both signs.
DEEP = ModelSpec(
    90,
    (
        Block(6, 7, activation="exponential", batch_norm=True, pool=3),
        Block(5, 4, activation="gelu", dropout=0.3, pool=2),
        Block(4, 3, batch_norm=True),
        Block(3, 2),
    ),
)


@pytest.fixture(scope="module")
def deep(model: TrainedModel) -> TrainedModel:
    network = build(DEEP, seed=4)
    rng = np.random.default_rng(0)
    for name in ("norm_1", "norm_3"):
        n = network.get_layer(name).gamma.shape[0]
        gamma = rng.uniform(0.2, 0.5, n) * np.where(np.arange(n) % 2, 1, -1)
        network.get_layer(name).set_weights([gamma, rng.normal(size=n), rng.normal(size=n), rng.uniform(1, 3, n)])
    return replace(model, spec=DEEP, network=network)


def pre_activations_inside(model: TrainedModel, k: int, codes: np.ndarray) -> np.ndarray:
    """What the network itself computes before the activation of convolution k: (n, F, positions)."""
    name = f"norm_{k + 1}" if model.spec.blocks[k].batch_norm else f"conv_{k + 1}"
    inside = keras.Model(model.network.input, model.network.get_layer(name).output)
    return np.array(inside(one_hot_codes(codes)[..., np.newaxis], training=False))[:, 0].transpose(0, 2, 1)


@pytest.mark.parametrize(("k", "width", "stride", "slack"), [(0, 7, 1, 0), (1, 18, 3, 2), (2, 33, 6, 5), (3, 39, 6, 5)])
def test_a_deeper_unit_at_every_offset(deep: TrainedModel, k: int, width: int, stride: int, slack: int) -> None:
    filters = deep.layer(k)
    codes = planted(5, 5, seed=3, length=90).sequences.codes.copy()
    codes[0, 40:44] = 4
    activations = filters.activations(codes)
    assert (filters.width, filters.slack) == (width, slack)
    assert activations.shape == (10, DEEP.blocks[k].filters, 90 - width + 1)
    # Where the network's own pools stand it is what the network computes ...
    inside = pre_activations_inside(deep, k, codes)
    scale = np.abs(inside).max()
    own = activations[:, :, ::stride][:, :, : inside.shape[2]]
    np.testing.assert_allclose(own, inside, rtol=1e-4, atol=1e-5 * scale)
    # ... and anywhere it is the network on that window alone.
    spec = replace(DEEP, length=width, blocks=(*DEEP.blocks[:k], replace(DEEP.blocks[k], pool=1)))
    alone = replace(deep, spec=spec, network=build(spec, seed=0))
    for layer in alone.network.layers:
        if layer.name.startswith(("conv", "norm")):
            layer.set_weights(deep.network.get_layer(layer.name).get_weights())
    for p in (0, 1, 7, 90 - width):
        window = pre_activations_inside(alone, k, codes[:, p : p + width])
        np.testing.assert_allclose(activations[:, :, p], window[:, :, 0], rtol=1e-4, atol=1e-5 * scale)


def test_deeper_filters_know_their_names_and_floor(deep: TrainedModel) -> None:
    assert deep.layer(1).names == ("l1f00", "l1f01", "l1f02", "l1f03", "l1f04")
    assert [deep.layer(k).floor for k in range(4)] == [-np.inf, -np.inf, 0.0, 0.0]
    assert deep.layer(2).strands == "both"
    assert deep.layer(1).activations(np.zeros((3, 17), dtype=np.uint8)).shape == (3, 5, 0)


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
    mean = (forward.predict_network(SEQUENCES) + forward.predict_network(SEQUENCES.reverse_complement())) / 2
    assert np.array_equal(model.predict_network(SEQUENCES), mean)


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
    with pytest.raises(ModelError, match="10 bp"):
        model.predict(planted(2, 2, seed=5, length=10).sequences)


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
    data = model.read_data(path)
    assert (data.tasks, data.sequences.length, len(data)) == (("positive",), LENGTH, 2)


def test_what_was_written_as_fasta_predicts_the_same(model: TrainedModel, tmp_path: Path) -> None:
    write_fasta(SEQUENCES, tmp_path / "a.fa")
    assert np.array_equal(model.predict(model.read_sequences(tmp_path / "a.fa")), model.predict(SEQUENCES))
