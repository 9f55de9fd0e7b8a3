"""What the parts of a network compute: against numpy, against each other, and in training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from motifnet.errors import ModelError
from motifnet.models.filters import convolution_filters
from motifnet.models.network.block import RECURRENT, Block
from motifnet.models.network.builder import build, build_twin, copy_weights, output_weights
from motifnet.models.network.presets import PRESETS
from motifnet.models.network.spec import ModelSpec
from motifnet.models.runtime import keras, tf
from motifnet.models.trained import TrainedModel
from motifnet.models.training.loop import train
from motifnet.models.training.train_spec import TrainSpec
from motifnet.sequences.alphabet import Codes, one_hot_codes, reverse_complement
from motifnet.sequences.sequence_set import SequenceSet
from small_models import LENGTH, by_tier, layer_output, planted

FAST = TrainSpec(max_steps=6, check_every=3)
CODES: Codes = planted(6, 6, seed=1, length=LENGTH).sequences.codes


# --- parts ---


@pytest.mark.parametrize("activation", ["relu", "exponential"])
def test_a_fused_activation_gives_equal_outputs(activation: str) -> None:
    separate = ModelSpec(LENGTH, (Block(5, 9, activation=activation, pool=2), Block(4, 3, activation=activation)))
    fused = replace(separate, blocks=tuple(replace(block, fused=True) for block in separate.blocks))
    networks = [build(spec, seed=3) for spec in (separate, fused)]
    x = one_hot_codes(CODES)[..., np.newaxis]
    first, second = (np.array(network(x)) for network in networks)
    assert np.array_equal(first, second)
    assert [layer.name for layer in networks[1].layers if "activation" in layer.name] == []


def test_average_pooling_and_strides_against_numpy() -> None:
    pooled = ModelSpec(LENGTH, (Block(3, 5, pool=4, pool_kind="average"),))
    network = build(pooled, seed=1)
    activations = layer_output(network, "activation_1", CODES)
    n = activations.shape[2] // 4
    means = activations[:, :, : 4 * n].reshape(*activations.shape[:2], n, 4).mean(axis=3)
    np.testing.assert_allclose(layer_output(network, "pool_1", CODES), means, rtol=1e-5, atol=1e-6)
    strided = build(ModelSpec(LENGTH, (Block(3, 5, stride=4),)), seed=1)
    strided.get_layer("conv_1").set_weights(network.get_layer("conv_1").get_weights())
    np.testing.assert_allclose(
        layer_output(strided, "activation_1", CODES), activations[:, :, ::4], rtol=1e-5, atol=1e-6
    )


def test_a_residual_block_adds_the_middle_of_its_input() -> None:
    spec = ModelSpec(LENGTH, (Block(4, 5), Block(4, 3, dilation=3, residual=True)))
    network = build(spec, seed=1)
    before, branch = layer_output(network, "activation_1", CODES), layer_output(network, "activation_2", CODES)
    np.testing.assert_allclose(
        layer_output(network, "residual_2", CODES), branch + before[:, :, 3:-3], rtol=1e-5, atol=1e-6
    )


def test_same_padding_keeps_the_number_of_positions_and_the_scores() -> None:
    spec = ModelSpec(LENGTH, (Block(4, 8, padding="same"),))
    network = build(spec, seed=1)
    padded = layer_output(network, "conv_1", CODES)
    assert padded.shape[2] == LENGTH
    np.testing.assert_allclose(
        padded[:, :, 3:-4], convolution_filters(network, spec, 0).activations(CODES), rtol=1e-5, atol=1e-5
    )


def test_parallel_branches_are_centred_on_one_another() -> None:
    """With kernels that have a single 1 in the middle, each branch passes its input through, at the same positions."""
    block = Block(2, 5, parallel_widths=(3, 1), parallel_pool=3, bottleneck=2, fused=False, activation="linear")
    spec = ModelSpec(LENGTH, (Block(2, 1), block))
    network = build(spec, seed=1)
    for layer in network.layers:
        if layer.name.startswith(("compress_2", "conv_2")):
            kernel = np.zeros(layer.kernel.shape)
            kernel[0, kernel.shape[1] // 2] = np.eye(2)
            layer.set_weights([kernel, np.zeros(2)])
    before, after = layer_output(network, "activation_1", CODES), layer_output(network, "beside_2", CODES)
    middle = before[:, :, 2:-2]
    for branch in range(3):
        np.testing.assert_allclose(after[:, 2 * branch : 2 * branch + 2], middle, rtol=1e-6, atol=1e-6)
    pooled = np.maximum(np.maximum(before[:, :, 1:-3], middle), before[:, :, 3:-1])
    np.testing.assert_allclose(after[:, 6:], pooled, rtol=1e-6, atol=1e-6)
    assert after.shape[1] == block.n_maps == 8


@pytest.mark.parametrize("name", by_tier(PRESETS))
def test_the_training_twin_has_the_logits_and_gradients_of_the_network(name: str) -> None:
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
        transposed = other if own.shape == other.shape else other.transpose(2, 1, 0, 3)
        np.testing.assert_allclose(transposed, own, rtol=1e-3, atol=1e-4 * (1e-3 + np.abs(own).max()))


# --- strands ---


def untrained(spec: ModelSpec, seed: int = 0) -> TrainedModel:
    data = planted(20, 20, seed=2, length=spec.length)
    split = data.split(valid=0.2, seed=0)
    training = TrainSpec(max_steps=1, check_every=1, seed=seed)
    return train(replace(spec, tasks=data.tasks), split.train, valid=split.valid, training=training)


@pytest.mark.parametrize("strands", ["both", "shared"])
def test_predictions_of_reverse_complements_are_equal(strands: str) -> None:
    model = untrained(ModelSpec(LENGTH, (Block(6, 9),), hidden=(5,), strands=strands))  # type: ignore[arg-type]
    sequences = SequenceSet([f"s{i}" for i in range(len(CODES))], CODES)
    other = SequenceSet(sequences.names, reverse_complement(CODES))
    assert np.array_equal(model.predict(sequences), model.predict(other))
    one = replace(model, spec=replace(model.spec, strands="forward"))
    forward, backward = one.scores(sequences), one.scores(other)
    over = np.maximum(forward, backward) if strands == "shared" else (forward + backward) / 2
    assert np.array_equal(model.scores(sequences), over)
    assert not np.array_equal(forward, backward)


def test_shared_strands_learn_a_planted_motif_and_export(tmp_path: Path) -> None:
    data = planted(200, 200, seed=5, length=LENGTH)
    split = data.split(valid=0.2, seed=0)
    spec = ModelSpec(LENGTH, (Block(8, 11, activation="exponential", batch_norm=True),), strands="shared")
    model = train(spec, split.train, valid=split.valid, training=TrainSpec(max_steps=150, check_every=50))
    assert model.history["valid_auroc"].max() > 0.7
    model.export(tmp_path / "shared.keras")
    exported = keras.models.load_model(tmp_path / "shared.keras")
    np.testing.assert_allclose(
        exported(one_hot_codes(split.valid.sequences.codes)[..., np.newaxis]),
        model.predict(split.valid.sequences),
        atol=1e-6,
    )


# --- presets and heads ---


def smaller(spec: ModelSpec) -> ModelSpec:
    """The same network with few filters and units, for speed."""
    blocks = tuple(replace(block, filters=min(block.filters, 12)) for block in spec.blocks)
    hidden, units = tuple(min(n, 12) for n in spec.hidden), spec.recurrent_units and 4
    return replace(spec, blocks=blocks, hidden=hidden, recurrent_units=units)


@pytest.mark.parametrize("name", by_tier(PRESETS))
def test_every_preset_trains_is_saved_and_handles_other_lengths(name: str, tmp_path: Path) -> None:
    data = planted(12, 12, seed=2, length=400)
    split = data.split(valid=0.25, seed=0)
    spec = smaller(ModelSpec.preset(name, length=400))
    model = train(spec, split.train, valid=split.valid, training=replace(FAST, max_steps=2, check_every=2))
    probabilities = model.predict(data.sequences)
    assert np.isfinite(probabilities).all()
    longer = planted(2, 2, seed=2, length=420).sequences
    if spec.is_length_fixed:
        with pytest.raises(ModelError, match="400 bp"):
            model.predict(longer)
    else:
        assert model.predict(longer).shape == (4, 1)
    model.save(tmp_path / "model")
    assert np.array_equal(TrainedModel.load(tmp_path / "model").predict(data.sequences), probabilities)


@pytest.mark.parametrize("kind", RECURRENT)
def test_every_recurrent_layer_reads_the_positions(kind: str) -> None:
    spec = ModelSpec(LENGTH, (Block(4, 9, pool=4),), final="flatten", recurrent=kind, recurrent_units=3)
    first, second = build(spec, seed=1), build(spec, seed=1)
    assert all(np.array_equal(a, b) for a, b in zip(first.get_weights(), second.get_weights(), strict=True))
    states = 3 * (2 if kind.startswith("bidirectional") else 1)
    assert first.get_layer("recurrent_maps").output.shape[1:] == (1, 13, states)


@pytest.mark.nightly
def test_training_with_a_recurrent_layer_is_reproducible() -> None:
    data = planted(16, 16, seed=2, length=LENGTH)
    split = data.split(valid=0.25, seed=0)
    spec = ModelSpec(
        LENGTH, (Block(4, 9, pool=4),), final="flatten", recurrent="gru", recurrent_units=3, hidden_dropout=0.2
    )
    runs = [train(spec, split.train, valid=split.valid, training=FAST) for _ in range(2)]
    assert np.array_equal(*(run.predict(data.sequences) for run in runs))


def test_both_directions_of_a_recurrent_layer_are_aligned() -> None:
    spec = ModelSpec(LENGTH, (Block(4, 9, pool=4),), final="flatten", recurrent="bidirectional_gru", recurrent_units=3)
    network = build(spec, seed=0)
    recurrent = network.get_layer("recurrent")
    weights = recurrent.get_weights()
    half = len(weights) // 2
    recurrent.set_weights(weights[:half] * 2)  # the same cell both ways
    x = np.random.default_rng(0).normal(size=(2, 13, 4)).astype(np.float32)
    there, back = np.array(recurrent(x)), np.array(recurrent(x[:, ::-1]))
    np.testing.assert_allclose(there[:, :, :3], back[:, ::-1, 3:], rtol=1e-5, atol=1e-6)


def test_a_convolutional_head_pools_its_task_maps_and_starts_at_the_prevalence() -> None:
    data = planted(10, 90, seed=2, length=LENGTH)
    split = data.split(valid=0.2, seed=0)
    for final, pool in (("conv_average", np.mean), ("conv_max", np.max)):
        spec = ModelSpec(LENGTH, (Block(4, 9),), final=final)
        model = train(spec, split.train, valid=split.valid, training=replace(FAST, max_steps=1, learning_rate=1e-9))
        assert output_weights(model.network).bias.numpy()[0] == pytest.approx(np.log(1 / 9), abs=0.05)
        inside = layer_output(model.network, "task_maps", CODES)
        logits = keras.Model(model.network.input, model.network.get_layer("logits").output)
        np.testing.assert_allclose(
            logits(one_hot_codes(CODES)[..., np.newaxis]), pool(inside, axis=2), rtol=1e-5, atol=1e-6
        )
        assert model.predict(planted(2, 2, seed=2, length=LENGTH + 9).sequences).shape == (4, 1)
