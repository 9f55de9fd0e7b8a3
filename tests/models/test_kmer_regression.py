"""The regression on k-mers beside a network: what it computes, that it travels, and what both together predict."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score

from dna_strategies import random_dna
from motifnet.errors import ModelError
from motifnet.models.kmer_regression import LENGTHS, KmerModel, _spread, fit_kmers, word_counts, words
from motifnet.models.network.spec import ModelSpec
from motifnet.models.runtime import keras
from motifnet.models.storage import KMERS, SPEC
from motifnet.models.trained import TrainedModel
from motifnet.models.training.loop import train
from motifnet.models.training.train_spec import TrainSpec
from motifnet.sequences.alphabet import decode_codes, one_hot_codes, reverse_complement
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet
from small_models import SPEC as SMALL
from small_models import planted

DATA, VALID = planted(200, 200, seed=1), planted(50, 50, seed=2)
HOW = TrainSpec(max_steps=20, check_every=10)


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    return train(SMALL, DATA, valid=VALID, training=HOW)


def with_n(sequences: SequenceSet) -> SequenceSet:
    codes = sequences.codes.copy()
    codes[::2, 10:14] = 4
    return SequenceSet(sequences.names, codes)


@pytest.mark.parametrize("strands", ["both", "forward"])
def test_logits_are_the_weights_of_the_words_that_stand_in_a_sequence(strands: str) -> None:
    kmers = fit_kmers(DATA, replace(SMALL, strands=strands), seed=0)  # type: ignore[arg-type]
    weights = dict(zip(words(strands), kmers.weights[:, 0], strict=True))
    some = with_n(VALID.sequences).take([0, 1, 2])
    for codes, value in zip(some.codes, kmers.logits(some)[:, 0], strict=True):
        letters = decode_codes(codes)
        found = [letters[i : i + k] for k in LENGTHS for i in range(len(letters) - k + 1)]
        other = [word.translate(str.maketrans("ACGT", "TGCA"))[::-1] for word in found]
        either = (weights.get(a, weights.get(b, 0.0)) for a, b in zip(found, other, strict=True))
        assert value == pytest.approx(sum(either) + kmers.intercepts[0], abs=1e-4)


def test_it_learns_on_its_own_and_says_the_same_of_both_strands() -> None:
    kmers = fit_kmers(DATA, SMALL, seed=0)
    logits = kmers.logits(VALID.sequences)
    assert roc_auc_score(VALID.labels[:, 0], logits[:, 0]) > 0.8
    other = SequenceSet(VALID.sequences.names, reverse_complement(VALID.sequences.codes))
    np.testing.assert_allclose(kmers.logits(other), logits, rtol=1e-6, atol=1e-6)


def test_the_prevalence_counts_once() -> None:
    """Where words tell nothing, both together say what the network says."""
    uneven = planted(100, 900, seed=4, word="A")
    silent = fit_kmers(uneven, SMALL, seed=0)
    assert abs(float(silent.logits(uneven.sequences).mean())) < 0.2
    network = np.full((len(uneven), 1), 0.1, dtype=np.float32)
    assert silent.together(network, uneven.sequences, "classes").mean() == pytest.approx(0.1, abs=0.03)


def test_odds_are_multiplied_and_never_run_out() -> None:
    kmers = fit_kmers(DATA, SMALL, seed=0)
    some = VALID.sequences.take([0, 1, 2])
    p = np.array([[0.2], [0.0], [1.0]], dtype=np.float32)
    both = kmers.together(p, some, "classes")
    assert both[0, 0] == pytest.approx(expit(logit(0.2) + kmers.logits(some)[0, 0]), rel=1e-5)
    assert np.isfinite(both).all()


@pytest.mark.parametrize("outputs", ["values", "counts"])
def test_the_better_part_weighs_more(outputs: str) -> None:
    """Stacking on the validation sequences: all of a network that is right, little of one that is noise."""
    rng = np.random.default_rng(0)
    amount = (np.where(VALID.labels == 1, 8.0, 3.0) + rng.poisson(2, VALID.labels.shape)).astype(np.float32)
    valid = Dataset(VALID.sequences, amount, VALID.tasks, VALID.groups)
    learned = Dataset(DATA.sequences, np.where(DATA.labels == 1, 10.0, 5.0), DATA.tasks, DATA.groups)
    kmers = fit_kmers(learned, ModelSpec(SMALL.length, SMALL.blocks, outputs=outputs), seed=0)
    right = kmers.weighed(valid, amount, outputs)
    assert right.of_network[0] == pytest.approx(1, abs=0.02)
    np.testing.assert_allclose(right.together(amount, valid.sequences, outputs), amount, rtol=0.1)
    noise = rng.permutation(amount)
    assert kmers.weighed(valid, noise, outputs).of_network[0] < 0.4
    half = kmers.weighed(valid, amount + 4 * rng.normal(size=amount.shape).astype(np.float32).clip(-0.7), outputs)
    assert 0 < half.of_network[0] < 1


@pytest.mark.parametrize("outputs", ["values", "counts"])
def test_values_and_counts(outputs: str) -> None:
    rng = np.random.default_rng(0)
    amount = np.where(DATA.labels == 1, 8.0, 3.0) + rng.poisson(2, DATA.labels.shape)
    data = Dataset(DATA.sequences, np.concatenate([amount, 10 * amount], axis=1), ("a", "b"), DATA.groups)
    kmers = fit_kmers(data, ModelSpec(SMALL.length, SMALL.blocks, tasks=data.tasks, outputs=outputs), seed=0)
    logits = kmers.logits(DATA.sequences)
    level = np.exp(logits) if outputs == "counts" else logits
    np.testing.assert_allclose(level.mean(axis=0), data.labels.mean(axis=0), rtol=0.05)
    assert np.corrcoef(logits[:, 0], DATA.labels[:, 0])[0, 1] > 0.6
    assert np.corrcoef(logits[:, 0], logits[:, 1])[0, 1] > 0.99


def test_shares_do_not_hang_on_units_low_counts_or_unknown_labels() -> None:
    """A network that is right counts alone, in any unit and where most counts are 0; each has half of the unknown."""
    rng = np.random.default_rng(0)
    for outputs, unit in (("values", 1e-6), ("values", 1e6), ("counts", 1.0)):
        right = np.where(VALID.labels == 1, 2.0, 0.2).astype(np.float32) * np.float32(unit)
        labels = rng.poisson(right) if outputs == "counts" else right + rng.normal(0, unit / 10, right.shape)
        both = np.concatenate([labels, np.full_like(right, np.nan)], axis=1)
        valid = Dataset(VALID.sequences, both, ("a", "b"), VALID.groups)
        n_words = len(words("both"))
        level = np.full(2, np.log(right.mean()) if outputs == "counts" else right.mean())
        silent = KmerModel(np.zeros((n_words, 2)), level, np.ones(2), "both")
        shares = silent.weighed(valid, np.repeat(right, 2, axis=1), outputs).of_network
        np.testing.assert_allclose(shares, [1, 0.5], atol=0.15)


@pytest.mark.parametrize("outputs", ["classes", "values", "counts"])
def test_a_task_whose_labels_were_not_drawn_is_left_to_its_mean(outputs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("motifnet.models.kmer_regression.MOST", 20)
    rare = np.full_like(DATA.labels, np.nan)
    rare[[0, -1], 0] = 1, 0
    data = Dataset(DATA.sequences, np.concatenate([DATA.labels, rare], axis=1), ("often", "rarely"), DATA.groups)
    kmers = fit_kmers(data, replace(SMALL, tasks=data.tasks, outputs=outputs), seed=0)
    assert kmers.weights[:, 0].any()
    assert not kmers.weights[:, 1].any()
    expected = {"classes": 0, "values": 0.5, "counts": np.log(0.5)}[outputs]
    assert kmers.intercepts[1] == pytest.approx(expected)


def test_predictions_do_not_hang_on_how_many_are_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    kmers = fit_kmers(DATA, SMALL, seed=0)
    at_once = kmers.logits(VALID.sequences)
    monkeypatch.setattr("motifnet.sequences.kmers._BATCH_BASES", 7 * SMALL.length)
    assert np.array_equal(kmers.logits(VALID.sequences), at_once)


def test_a_model_predicts_with_both_and_has_motifs_of_the_network(model: TrainedModel) -> None:
    assert model.kmers is not None
    network = model.predict_network(VALID.sequences)
    both = model.predict(VALID.sequences)
    assert np.array_equal(both, model.kmers.together(network, VALID.sequences, "classes"))
    assert np.array_equal(network, replace(model, kmers=None).predict(VALID.sequences))
    without = train(SMALL, DATA, valid=VALID, training=replace(HOW, kmers=False))
    assert without.kmers is None
    assert np.array_equal(without.predict(VALID.sequences), network)


def test_it_travels_with_the_model(model: TrainedModel, tmp_path: Path) -> None:
    model.save(tmp_path / "model")
    loaded = TrainedModel.load(tmp_path / "model")
    sequences = with_n(VALID.sequences)
    assert np.array_equal(loaded.predict(sequences), model.predict(sequences))
    (tmp_path / "model" / KMERS).unlink()
    with pytest.raises(ModelError, match=r"kmers.tsv: damaged"):
        TrainedModel.load(tmp_path / "model")


def test_a_model_without_it_says_so_in_its_folder(model: TrainedModel, tmp_path: Path) -> None:
    replace(model, kmers=None).save(tmp_path / "model")
    assert '"kmers": false' in (tmp_path / "model" / SPEC).read_text()
    assert not (tmp_path / "model" / KMERS).exists()
    assert TrainedModel.load(tmp_path / "model").kmers is None


@pytest.mark.parametrize("outputs", ["values", "counts"])
def test_its_share_is_in_the_exported_file(outputs: str, tmp_path: Path) -> None:
    amount = 5 + 3 * DATA.labels
    data = Dataset(DATA.sequences, np.concatenate([amount, 10 * amount], axis=1), ("a", "b"), DATA.groups)
    spec = replace(SMALL, tasks=data.tasks, outputs=outputs)
    model = train(spec, data.take(np.arange(0, 400, 2)), valid=data.take(np.arange(1, 400, 8)), training=HOW)
    model.export(tmp_path / "model.keras")
    exported = keras.models.load_model(tmp_path / "model.keras")(one_hot_codes(VALID.sequences.codes)[..., np.newaxis])
    np.testing.assert_allclose(exported, model.predict(VALID.sequences), rtol=1e-4)
    model.save(tmp_path / "model")
    assert np.array_equal(
        TrainedModel.load(tmp_path / "model").predict(VALID.sequences), model.predict(VALID.sequences)
    )


@pytest.mark.parametrize("strands", ["both", "shared", "forward"])
def test_it_is_in_the_exported_file(model: TrainedModel, strands: str, tmp_path: Path) -> None:
    spec = replace(model.spec, strands=strands)  # type: ignore[arg-type]
    model = replace(model, spec=spec, kmers=fit_kmers(DATA, spec, seed=0))
    model.export(tmp_path / "model.keras")
    sequences = with_n(VALID.sequences)
    exported = keras.models.load_model(tmp_path / "model.keras")(one_hot_codes(sequences.codes)[..., np.newaxis])
    np.testing.assert_allclose(exported, model.predict(sequences), atol=2e-6)
    # GPUs may keep ten bits of the 23 behind the first one: what finds a word's number loses nothing by that.
    for layer in keras.models.load_model(tmp_path / "model.keras").layers:
        if layer.name.startswith(("word_", "lacking_")):
            assert not (layer.kernel.numpy().view(np.uint32) & 0x1FFF).any()


def test_tables_of_another_model_are_refused(model: TrainedModel, tmp_path: Path) -> None:
    assert model.kmers is not None
    model.kmers.write(tmp_path / KMERS, ("other",))
    with pytest.raises(ModelError, match="damaged"):
        KmerModel.read(tmp_path / KMERS, model.spec)


def test_words_counted_in_blocks_are_those_counted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sequences = SequenceSet.from_strings(random_dna(7, 30, seed=5))
    at_once = word_counts(sequences, "both").toarray()
    monkeypatch.setattr("motifnet.sequences.kmers._BATCH_BASES", 60)
    np.testing.assert_array_equal(word_counts(sequences, "both").toarray(), at_once)
    assert word_counts(sequences.take([]), "both").shape == (0, at_once.shape[1])


def test_a_word_may_stand_fifty_thousand_times() -> None:
    np.testing.assert_allclose(_spread(csr_array(np.array([[50_000], [0]], dtype=np.int32))), [25_000])
