"""Every design that a ModelSpec can say: what its parts compute, against numpy, against each other, and in training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motifnet.errors import ModelError, SpecError
from motifnet.models.filters import convolution_filters
from motifnet.models.network.block import Block
from motifnet.models.network.builder import build, build_twin, copy_weights, output_weights
from motifnet.models.network.presets import PRESETS
from motifnet.models.network.spec import RECURRENT, ModelSpec
from motifnet.models.runtime import keras, tf
from motifnet.models.trained import TrainedModel
from motifnet.models.training.loop import train
from motifnet.models.training.train_spec import TrainSpec
from motifnet.sequences.alphabet import Codes, one_hot_codes, reverse_complement
from motifnet.sequences.sequence_set import SequenceSet
from small_models import LENGTH, by_tier, planted

FAST = TrainSpec(max_steps=6, check_every=3)
CODES: Codes = planted(6, 6, seed=1, length=LENGTH).sequences.codes


def maps(network: Any, layer: str, codes: Codes) -> np.ndarray:
    """What a layer gives: (n, maps, positions)."""
    inside = keras.Model(network.input, network.get_layer(layer).output)
    return np.array(inside(one_hot_codes(codes)[..., np.newaxis], training=False))[:, 0].transpose(0, 2, 1)


def shuffle_weights(network: Any, seed: int = 0) -> None:
    """Biases, gammas and moving statistics as after a training, so that each of them counts."""
    rng = np.random.default_rng(seed)
    for layer in network.layers:
        if layer.name.startswith("norm"):
            n = layer.gamma.shape[0]
            layer.set_weights([rng.uniform(-1, 1, n), rng.normal(size=n), rng.normal(size=n), rng.uniform(1, 2, n)])
        elif layer.name.startswith("conv") and layer.use_bias:
            layer.bias.assign(rng.normal(size=layer.bias.shape))


# --- parts ---


@pytest.mark.parametrize("activation", ["relu", "exponential"])
def test_an_activation_inside_the_convolution_is_the_same(activation: str) -> None:
    apart = ModelSpec(LENGTH, (Block(5, 9, activation=activation, pool=2), Block(4, 3, activation=activation)))
    inside = replace(apart, blocks=tuple(replace(block, fused=True) for block in apart.blocks))
    networks = [build(spec, seed=3) for spec in (apart, inside)]
    x = one_hot_codes(CODES)[..., np.newaxis]
    first, second = (np.array(network(x)) for network in networks)
    assert np.array_equal(first, second)
    assert [layer.name for layer in networks[1].layers if "activation" in layer.name] == []


def test_widths_side_by_side_are_centred_and_read_as_one_bank() -> None:
    spec = ModelSpec(LENGTH, (Block(4, 12, beside=(7, 3), batch_norm=True, activation="exponential"),))
    network = build(spec, seed=1)
    shuffle_weights(network)
    filters = convolution_filters(network, spec, 0)
    assert (filters.width, len(filters.names)) == (12, 12)
    np.testing.assert_allclose(filters.activations(CODES), maps(network, "norm_1", CODES), rtol=1e-4, atol=1e-5)
    # The narrower ones stand between columns of zeros.
    assert np.array_equal(np.flatnonzero(np.abs(filters.weights[4:8]).max(axis=(0, 1))), np.arange(2, 9))


def test_average_pool_and_stride_are_what_numpy_says() -> None:
    pooled = ModelSpec(LENGTH, (Block(3, 5, pool=4, pool_kind="average"),))
    network = build(pooled, seed=1)
    activations = maps(network, "activation_1", CODES)
    n = activations.shape[2] // 4
    means = activations[:, :, : 4 * n].reshape(*activations.shape[:2], n, 4).mean(axis=3)
    np.testing.assert_allclose(maps(network, "pool_1", CODES), means, rtol=1e-5, atol=1e-6)
    strided = build(ModelSpec(LENGTH, (Block(3, 5, stride=4),)), seed=1)
    strided.get_layer("conv_1").set_weights(network.get_layer("conv_1").get_weights())
    np.testing.assert_allclose(maps(strided, "activation_1", CODES), activations[:, :, ::4], rtol=1e-5, atol=1e-6)


def test_a_residual_block_adds_the_middle_of_what_comes_in() -> None:
    spec = ModelSpec(LENGTH, (Block(4, 5), Block(4, 3, dilation=3, residual=True)))
    network = build(spec, seed=1)
    before, branch = maps(network, "activation_1", CODES), maps(network, "activation_2", CODES)
    np.testing.assert_allclose(maps(network, "residual_2", CODES), branch + before[:, :, 3:-3], rtol=1e-5, atol=1e-6)


def test_same_padding_keeps_the_number_of_positions_and_the_scores() -> None:
    spec = ModelSpec(LENGTH, (Block(4, 8, padding="same"),))
    network = build(spec, seed=1)
    padded = maps(network, "conv_1", CODES)
    assert padded.shape[2] == LENGTH
    np.testing.assert_allclose(
        padded[:, :, 3:-4], convolution_filters(network, spec, 0).activations(CODES), rtol=1e-5, atol=1e-5
    )


def test_branches_with_compression_and_a_pool_line_up() -> None:
    """A branch whose kernel is a single 1 in its middle hands its input on: each branch must do so in step."""
    block = Block(2, 5, beside=(3, 1), pool_beside=3, compress=2, fused=False, activation="linear")
    spec = ModelSpec(LENGTH, (Block(2, 1), block))
    network = build(spec, seed=1)
    for layer in network.layers:
        if layer.name.startswith(("compress_2", "conv_2")):
            kernel = np.zeros(layer.kernel.shape)
            kernel[0, kernel.shape[1] // 2] = np.eye(2)
            layer.set_weights([kernel, np.zeros(2)])
    before, after = maps(network, "activation_1", CODES), maps(network, "beside_2", CODES)
    middle = before[:, :, 2:-2]
    for branch in range(3):
        np.testing.assert_allclose(after[:, 2 * branch : 2 * branch + 2], middle, rtol=1e-6, atol=1e-6)
    pooled = np.maximum(np.maximum(before[:, :, 1:-3], middle), before[:, :, 3:-1])
    np.testing.assert_allclose(after[:, 6:], pooled, rtol=1e-6, atol=1e-6)
    assert after.shape[1] == block.n_maps == 8


@pytest.mark.parametrize("name", by_tier(PRESETS))
def test_the_twin_that_trains_is_the_network(name: str) -> None:
    """The same logits, the same gradients."""
    spec = smaller(ModelSpec.preset(name, length=400))
    network, twin = build(spec, seed=1), build_twin(spec, seed=2)
    copy_weights(network, twin)
    x = one_hot_codes(planted(3, 3, seed=1, length=400).sequences.codes)
    logits = keras.Model(network.input, network.get_layer("logits").output)
    tapes = []
    for model, array in ((logits, x[..., np.newaxis]), (twin, x.transpose(0, 2, 1)[:, np.newaxis])):
        with tf.GradientTape() as tape:
            values = model(array, training=False)
        gradients = tape.gradient(values, model.trainable_variables)
        tapes.append((values.numpy(), [g.numpy() for g in gradients]))
    (ours, our_gradients), (theirs, their_gradients) = tapes
    np.testing.assert_allclose(theirs, ours, rtol=1e-4, atol=1e-5)
    for own, other in zip(our_gradients, their_gradients, strict=True):
        turned = other if own.shape == other.shape else other.transpose(2, 1, 0, 3)
        np.testing.assert_allclose(turned, own, rtol=1e-3, atol=1e-4 * (1e-3 + np.abs(own).max()))


# --- layers behind them, read at every offset ---

BEHIND = ModelSpec(
    250,
    (
        Block(6, 7, activation="exponential", batch_norm=True, pool=3, pool_kind="average"),
        Block(3, 4, beside=(3,), stride=2, batch_norm=True, pool=2, pool_place="first"),
        Block(6, 2, dilation=2, residual=True, pool=2),
        Block(4, 3, dilation=2),
    ),
)


@pytest.mark.parametrize(("k", "stride"), [(0, 1), (1, 6), (2, 12), (3, 24)])
def test_a_unit_behind_any_of_them_at_every_offset(k: int, stride: int) -> None:
    network = build(BEHIND, seed=4)
    shuffle_weights(network)
    codes = planted(4, 4, seed=3, length=250).sequences.codes
    activations = convolution_filters(network, BEHIND, k).activations(codes)
    inside = maps(network, f"norm_{k + 1}" if BEHIND.blocks[k].batch_norm else f"conv_{k + 1}", codes)
    if k == 1:  # pooled already: what lies in front of it
        norm = network.get_layer("norm_2")
        inside = np.array(norm(maps(network, "beside_2", codes).transpose(0, 2, 1)[:, np.newaxis]))[:, 0].transpose(
            0, 2, 1
        )
    own = activations[:, :, ::stride][:, :, : inside.shape[2]]
    assert own.shape == inside.shape
    np.testing.assert_allclose(own, inside, rtol=1e-3, atol=1e-5 * np.abs(inside).max())


def test_filters_behind_branches_are_not_read() -> None:
    spec = ModelSpec.preset("inception", length=200)
    assert len(convolution_filters(build(spec, seed=0), spec, 0).names) == 72
    with pytest.raises(SpecError, match="layer 1 lies behind block 2, whose parallel branches") as error:
        spec.check_layer(1)
    assert error.value.hint == "Read a layer in front of it: 0 to 0."


# --- strands ---


def untrained(spec: ModelSpec, seed: int = 0) -> TrainedModel:
    data = planted(20, 20, seed=2, length=spec.length)
    split = data.split(valid=0.2, seed=0)
    training = TrainSpec(max_steps=1, check_every=1, seed=seed)
    return train(replace(spec, tasks=data.tasks), split.train, valid=split.valid, training=training)


@pytest.mark.parametrize("strands", ["both", "shared"])
def test_a_sequence_and_its_reverse_complement_score_the_same(strands: str) -> None:
    model = untrained(ModelSpec(LENGTH, (Block(6, 9),), hidden=(5,), strands=strands))  # type: ignore[arg-type]
    sequences = SequenceSet([f"s{i}" for i in range(len(CODES))], CODES)
    other = SequenceSet(sequences.names, reverse_complement(CODES))
    assert np.array_equal(model.predict(sequences), model.predict(other))
    one = replace(model, spec=replace(model.spec, strands="forward"))
    forward, backward = one.predict_network(sequences), one.predict_network(other)
    over = np.maximum(forward, backward) if strands == "shared" else (forward + backward) / 2
    assert np.array_equal(model.predict_network(sequences), over)
    assert not np.array_equal(forward, backward)


def test_shared_filters_learn_a_word_on_either_strand_as_one(tmp_path: Path) -> None:
    data = planted(200, 200, seed=5, length=LENGTH)
    split = data.split(valid=0.2, seed=0)
    spec = ModelSpec(LENGTH, (Block(8, 11, activation="exponential", batch_norm=True),), strands="shared")
    model = train(spec, split.train, valid=split.valid, training=TrainSpec(max_steps=150, check_every=50))
    assert model.history["valid_auroc"].max() > 0.9
    model.export(tmp_path / "shared.keras")
    exported = keras.models.load_model(tmp_path / "shared.keras")
    np.testing.assert_allclose(
        exported(one_hot_codes(split.valid.sequences.codes)[..., np.newaxis]),
        model.predict(split.valid.sequences),
        atol=1e-6,
    )


# --- every preset, every end ---


def smaller(spec: ModelSpec) -> ModelSpec:
    """The same layout with few filters and units: basset has millions of weights, danq's LSTM takes its time."""
    blocks = tuple(replace(block, filters=min(block.filters, 12)) for block in spec.blocks)
    hidden, units = tuple(min(n, 12) for n in spec.hidden), spec.recurrent_units and 4
    return replace(spec, blocks=blocks, hidden=hidden, recurrent_units=units)


@pytest.mark.parametrize("name", by_tier(PRESETS))
def test_every_preset_trains_and_meets_another_length_as_it_says(name: str, tmp_path: Path) -> None:
    data = planted(12, 12, seed=2, length=400)
    split = data.split(valid=0.25, seed=0)
    spec = smaller(ModelSpec.preset(name, length=400))
    model = train(spec, split.train, valid=split.valid, training=replace(FAST, max_steps=2, check_every=2))
    probabilities = model.predict(data.sequences)
    assert np.isfinite(probabilities).all()
    longer = planted(2, 2, seed=2, length=420).sequences
    if spec.is_length_fixed:
        with pytest.raises(ModelError, match="trained on sequences of 400 bp"):
            model.predict(longer)
    else:
        assert model.predict(longer).shape == (4, 1)
    model.save(tmp_path / "model")
    assert np.array_equal(TrainedModel.load(tmp_path / "model").predict(data.sequences), probabilities)


@pytest.mark.parametrize("kind", RECURRENT)
def test_recurrent_layers_go_over_the_positions(kind: str) -> None:
    spec = ModelSpec(LENGTH, (Block(4, 9, pool=4),), final="flatten", recurrent=kind, recurrent_units=3)
    first, second = build(spec, seed=1), build(spec, seed=1)
    assert all(np.array_equal(a, b) for a, b in zip(first.get_weights(), second.get_weights(), strict=True))
    states = 3 * (2 if kind.startswith("bidirectional") else 1)
    assert first.get_layer("recurrent_maps").output.shape[1:] == (1, 13, states)


@pytest.mark.nightly
def test_recurrent_layers_train_and_repeat() -> None:
    data = planted(16, 16, seed=2, length=LENGTH)
    split = data.split(valid=0.25, seed=0)
    spec = ModelSpec(
        LENGTH, (Block(4, 9, pool=4),), final="flatten", recurrent="gru", recurrent_units=3, hidden_dropout=0.2
    )
    runs = [train(spec, split.train, valid=split.valid, training=FAST) for _ in range(2)]
    assert np.array_equal(*(run.predict(data.sequences) for run in runs))


def test_a_bidirectional_layer_has_both_directions_in_step() -> None:
    spec = ModelSpec(LENGTH, (Block(4, 9, pool=4),), final="flatten", recurrent="bidirectional_gru", recurrent_units=3)
    network = build(spec, seed=0)
    recurrent = network.get_layer("recurrent")
    weights = recurrent.get_weights()
    half = len(weights) // 2
    recurrent.set_weights(weights[:half] * 2)  # the same cell both ways
    x = np.random.default_rng(0).normal(size=(2, 13, 4)).astype(np.float32)
    there, back = np.array(recurrent(x)), np.array(recurrent(x[:, ::-1]))
    np.testing.assert_allclose(there[:, :, :3], back[:, ::-1, 3:], rtol=1e-5, atol=1e-6)


def test_a_convolutional_head_is_a_pool_of_its_task_maps_and_starts_at_the_prevalence() -> None:
    data = planted(10, 90, seed=2, length=LENGTH)
    split = data.split(valid=0.2, seed=0)
    for final, pool in (("conv_average", np.mean), ("conv_max", np.max)):
        spec = ModelSpec(LENGTH, (Block(4, 9),), final=final)
        model = train(spec, split.train, valid=split.valid, training=replace(FAST, max_steps=1, learning_rate=1e-9))
        assert output_weights(model.network).bias.numpy()[0] == pytest.approx(np.log(1 / 9), abs=0.05)
        inside = maps(model.network, "task_maps", CODES)
        logits = keras.Model(model.network.input, model.network.get_layer("logits").output)
        np.testing.assert_allclose(
            logits(one_hot_codes(CODES)[..., np.newaxis]), pool(inside, axis=2), rtol=1e-5, atol=1e-6
        )
        assert model.predict(planted(2, 2, seed=2, length=LENGTH + 9).sequences).shape == (4, 1)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"blocks": (Block(4, 5, compress=2),)}, "block 1 reads DNA: it takes no compress, pool_beside or residual"),
        (
            {"blocks": (Block(4, 5), Block(3, 3, residual=True))},
            "block 2 is residual: it must have as many maps as come in, at stride 1. Got 3 of 4, stride 1",
        ),
        ({"recurrent": "gru"}, "recurrent_units must be at least 1 with recurrent='gru'. Got None instead"),
        ({"recurrent_units": 3}, "recurrent_units must be None with recurrent=None. Got 3 instead"),
        ({"final": "conv_max", "hidden": (5,)}, "hidden must be empty with final='conv_max'. Got (5,) instead"),
        ({"final": "average"}, "pool_width must be at least 1 with final='average'. Got None instead"),
        ({"hidden_dropout": 1.0}, "hidden_dropout must be in [0, 1). Got 1.0 instead"),
    ],
)
def test_what_does_not_go_together(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as error:
        replace(ModelSpec(50, (Block(4, 5),)), **values)
    assert str(error.value) == message


def test_what_does_not_go_together_in_a_block() -> None:
    with pytest.raises(SpecError, match="beside must be different widths, none of them 5"):
        Block(4, 5, beside=(3, 5))
    with pytest.raises(SpecError, match="fused must be False with batch_norm"):
        Block(4, 5, fused=True, batch_norm=True)
    with pytest.raises(SpecError, match="fused must be False with convolutions side by side"):
        Block(4, 5, fused=True, beside=(3,))
