"""In-silico mutagenesis equals the scores of the mutants, for every design of a network."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import numpy as np
import pytest

from motifnet.errors import ModelError
from motifnet.interpretation.attribution import ism
from motifnet.interpretation.attribution.ism import mutation_effects
from motifnet.interpretation.attribution.local_network import ACTIVATION_FUNCTIONS, LocalNetwork, is_local
from motifnet.models.keras_model import KerasModel
from motifnet.models.network.block import ACTIVATIONS, Block
from motifnet.models.network.presets import PRESETS
from motifnet.models.network.spec import ModelSpec
from motifnet.models.sequence_model import SequenceModel
from motifnet.models.trained import TrainedModel
from motifnet.sequences.alphabet import Codes, reverse_complement
from motifnet.sequences.sequence_set import SequenceSet
from network_designs import codes_with_n, model_of, network_of, random_design, score_of
from small_models import by_tier

DEFAULT = ModelSpec.preset("default", length=80, tasks=("first", "second"))


def sequences_of(codes: Codes) -> SequenceSet:
    return SequenceSet([f"s{i}" for i in range(len(codes))], codes)


def naive_effects(model: SequenceModel, codes: Codes) -> np.ndarray:
    """Effects ``(N, T, 4, L)`` from the scores of all mutants."""
    n, length = codes.shape
    mutants = np.repeat(codes, 4 * length, axis=0).reshape(n, 4, length, length)
    for base in range(4):
        mutants[:, base, np.arange(length), np.arange(length)] = base
    scores = score_of(model, mutants.reshape(-1, length)).reshape(n, 4, length, -1)
    return np.moveaxis(scores - score_of(model, codes)[:, np.newaxis, np.newaxis], 3, 1)


def check_effects(model: SequenceModel, codes: Codes) -> None:
    """Effects equal those of the mutants, up to the rounding of float32 logits."""
    expected, found = naive_effects(model, codes), mutation_effects(model, sequences_of(codes))
    scale = max(1.0, np.abs(score_of(model, codes)).max(), np.abs(expected).max())
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * scale)
    assert np.abs(expected).max() > 1e-4


@pytest.mark.parametrize("name", by_tier(PRESETS))
def test_presets(name: str) -> None:
    length = 200 if name == "basset" else 100
    spec = ModelSpec.preset(name, length=length, tasks=("first", "second"))
    blocks = tuple(replace(block, filters=min(block.filters, 12)) for block in spec.blocks)
    spec = replace(spec, blocks=blocks, hidden=tuple(min(n, 12) for n in spec.hidden))
    check_effects(model_of(replace(spec, recurrent_units=spec.recurrent_units and 3)), codes_with_n(spec))


@pytest.mark.parametrize("seed", range(20))
def test_random_designs(seed: int) -> None:
    spec = random_design(seed)
    check_effects(model_of(spec, seed, has_kmers=seed % 3 == 0), codes_with_n(spec, seed=seed))


def test_recurrent_layers_are_computed_as_a_whole() -> None:
    spec = random_design(3, recurrent=True)
    assert not is_local(spec)
    check_effects(model_of(spec), codes_with_n(spec, 2))


@pytest.mark.parametrize("seed", range(20))
def test_local_recomputation_is_exact(seed: int) -> None:
    """In float64 the effects are those of the whole sequences to 12 digits."""
    spec = next(filter(is_local, (random_design(100 * tried + seed) for tried in count(1))))
    local = LocalNetwork(spec, network_of(spec), dtype=np.float64)
    codes = np.random.default_rng(seed).integers(0, 4, (3, spec.length)).astype(np.uint8)
    references = local.references(codes)
    before = references["logits"].maps
    for position in range(spec.length):
        bases = (codes[:, position, np.newaxis] + np.arange(1, 4)) % 4
        mutants = np.repeat(codes[:, np.newaxis], 3, axis=1)
        mutants[:, :, position] = bases
        after = local.references(mutants.reshape(-1, spec.length))["logits"].maps.reshape(3, 3, -1)
        effects = local.substitutions(references, position, bases)
        np.testing.assert_allclose(effects, after - before, rtol=0, atol=1e-12 * max(1, np.abs(before).max()))


def test_every_activation_is_known() -> None:
    assert set(ACTIVATION_FUNCTIONS) == set(ACTIVATIONS)


@pytest.mark.parametrize("strands", ["both", "shared"])
def test_reverse_complements_have_reverse_complementary_effects(strands: str) -> None:
    model = model_of(replace(DEFAULT, strands=strands), has_kmers=True)  # type: ignore[arg-type]
    codes = codes_with_n(DEFAULT)
    forward = mutation_effects(model, sequences_of(codes))
    backward = mutation_effects(model, sequences_of(reverse_complement(codes)))
    np.testing.assert_allclose(backward, forward[..., ::-1, ::-1], rtol=0, atol=1e-5)


def test_the_observed_base_has_no_effect_and_n_has_four() -> None:
    codes = codes_with_n(DEFAULT)
    effects = mutation_effects(model_of(DEFAULT, has_kmers=True), sequences_of(codes))
    is_observed = np.arange(4)[:, np.newaxis] == codes[:, np.newaxis]
    assert (effects.transpose(0, 2, 3, 1)[is_observed] == 0).all()
    assert (effects[1, :, :, 40] != 0).all()


@pytest.mark.parametrize("recurrent", [False, True])
def test_effects_of_bases_instead_of_n_can_be_left_out(recurrent: bool) -> None:
    spec = replace(DEFAULT, length=50, final="flatten", recurrent="gru", recurrent_units=2) if recurrent else DEFAULT
    model, codes = model_of(spec, has_kmers=True), codes_with_n(spec)
    effects = mutation_effects(model, sequences_of(codes), at_n=False)
    expected = mutation_effects(model, sequences_of(codes)) * (codes < 4)[:, np.newaxis, np.newaxis]
    np.testing.assert_allclose(effects, expected, rtol=0, atol=1e-5)


def test_effects_do_not_depend_on_threads_and_the_other_sequences(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(DEFAULT, has_kmers=True)
    codes = np.concatenate([codes_with_n(DEFAULT), np.random.default_rng(1).integers(0, 4, (140, 80), dtype=np.uint8)])
    together = mutation_effects(model, sequences_of(codes))
    monkeypatch.setattr(ism, "threads", lambda: 3)
    np.testing.assert_allclose(mutation_effects(model, sequences_of(codes)), together, rtol=0, atol=1e-5)
    for rows in (slice(0, 2), slice(130, 133)):
        np.testing.assert_allclose(
            mutation_effects(model, sequences_of(codes[rows])), together[rows], rtol=0, atol=1e-5
        )


@pytest.mark.parametrize("final", ["global_max_average", "conv_max", "conv_attention"])
def test_one_task_equals_its_part_of_all(final: str) -> None:
    model, codes = model_of(replace(DEFAULT, final=final), has_kmers=True), codes_with_n(DEFAULT)
    together = mutation_effects(model, sequences_of(codes))
    one = mutation_effects(model, sequences_of(codes), "second")
    np.testing.assert_allclose(one, together[:, 1], rtol=0, atol=1e-5)
    with pytest.raises(ModelError):
        mutation_effects(model, sequences_of(codes), "third")


def test_other_lengths() -> None:
    spec = ModelSpec(60, (Block(4, 7, padding="same", pool=2), Block(4, 5)), final="global_average")
    model, longer = model_of(spec), codes_with_n(replace(spec, length=75))
    found = mutation_effects(model, sequences_of(longer))
    np.testing.assert_allclose(found, naive_effects(model.for_length(75), longer), atol=1e-5)


@pytest.mark.parametrize("strands", ["forward", "both"])
def test_keras_models_are_computed_as_a_whole(strands: str) -> None:
    network = network_of(replace(DEFAULT, strands="forward"))
    model = KerasModel(network, "N4L1", tasks=DEFAULT.tasks, strands=strands)  # type: ignore[arg-type]
    codes = np.random.default_rng(1).integers(0, 4, (2, 80), dtype=np.uint8)
    spec = replace(DEFAULT, strands=strands)  # type: ignore[arg-type]
    expected = mutation_effects(TrainedModel(spec, network), sequences_of(codes))
    np.testing.assert_allclose(mutation_effects(model, sequences_of(codes)), expected, atol=1e-5)


def test_strings_and_no_sequences() -> None:
    model = model_of(DEFAULT)
    assert mutation_effects(model, ["ACGT" * 20]).shape == (1, 2, 4, 80)
    none = SequenceSet([], np.empty((0, 80), dtype=np.uint8))
    assert mutation_effects(model, none, "first").shape == (0, 4, 80)
