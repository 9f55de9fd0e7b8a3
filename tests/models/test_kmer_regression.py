"""The k-mer regression: what it computes, its files, and its predictions combined with those of a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score

from dna_strategies import random_dna
from motifnet.errors import FormatError, ModelError
from motifnet.models.kmer_regression import (
    KMER_LENGTHS,
    KmerRegression,
    _standard_deviation,
    count_kmers,
    fit_kmers,
    inverse_link,
    kmer_columns,
)
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
TRAINING = TrainSpec(max_steps=20, check_every=10)


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    return train(SMALL, DATA, valid=VALID, training=TRAINING)


def fit(data: Dataset = DATA, outputs: str = "classes", strands: str = "both") -> KmerRegression:
    return fit_kmers(data, outputs=outputs, strands=strands)


def with_n(sequences: SequenceSet) -> SequenceSet:
    codes = sequences.codes.copy()
    codes[::2, 10:14] = 4
    return SequenceSet(sequences.names, codes)


# --- the regression ---


@pytest.mark.parametrize("strands", ["both", "forward"])
def test_logits_are_sums_of_the_weights_of_all_kmers(strands: str) -> None:
    regression = fit(strands=strands)
    weights = dict(zip(kmer_columns(strands), regression.weights[:, 0], strict=True))
    some = with_n(VALID.sequences).take([0, 1, 2])
    for codes, value in zip(some.codes, regression.logits(some)[:, 0], strict=True):
        bases = decode_codes(codes)
        found = [bases[i : i + k] for k in KMER_LENGTHS for i in range(len(bases) - k + 1)]
        opposite = [kmer.translate(str.maketrans("ACGT", "TGCA"))[::-1] for kmer in found]
        either = (weights.get(a, weights.get(b, 0.0)) for a, b in zip(found, opposite, strict=True))
        assert value == pytest.approx(sum(either) + regression.intercepts[0], abs=1e-4)


def test_the_regression_learns_and_both_strands_have_the_same_logits() -> None:
    logits = fit().logits(VALID.sequences)
    assert roc_auc_score(VALID.labels[:, 0], logits[:, 0]) > 0.8
    opposite = SequenceSet(VALID.sequences.names, reverse_complement(VALID.sequences.codes))
    np.testing.assert_allclose(fit().logits(opposite), logits, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("outputs", ["values", "counts"])
def test_values_and_counts_have_the_mean_of_the_labels(outputs: str) -> None:
    rng = np.random.default_rng(0)
    amount = np.where(DATA.labels == 1, 8.0, 3.0) + rng.poisson(2, DATA.labels.shape)
    data = Dataset(DATA.sequences, np.concatenate([amount, 10 * amount], axis=1), ("a", "b"), DATA.groups)
    logits = fit(data, outputs).logits(DATA.sequences)
    level = np.exp(logits) if outputs == "counts" else logits
    np.testing.assert_allclose(level.mean(axis=0), data.labels.mean(axis=0), rtol=0.05)
    assert np.corrcoef(logits[:, 0], DATA.labels[:, 0])[0, 1] > 0.6
    assert np.corrcoef(logits[:, 0], logits[:, 1])[0, 1] > 0.99


@pytest.mark.parametrize("outputs", ["classes", "values", "counts"])
def test_a_task_without_labels_in_the_sample_has_only_its_mean(outputs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("motifnet.models.kmer_regression.MAX_SEQUENCES", 20)
    rare = np.full_like(DATA.labels, np.nan)
    rare[[0, -1], 0] = 1, 0
    data = Dataset(DATA.sequences, np.concatenate([DATA.labels, rare], axis=1), ("often", "rarely"), DATA.groups)
    regression = fit(data, outputs)
    assert regression.weights[:, 0].any()
    assert not regression.weights[:, 1].any()
    assert regression.intercepts[1] == pytest.approx({"classes": 0, "values": 0.5, "counts": np.log(0.5)}[outputs])
    assert not np.array_equal(regression.weights, fit_kmers(data, outputs=outputs, strands="both", seed=1).weights)


def test_batches_do_not_change_counts_or_logits(monkeypatch: pytest.MonkeyPatch) -> None:
    sequences, regression = SequenceSet.from_strings(random_dna(7, 30, seed=5)), fit()
    counts, logits = count_kmers(sequences, "both").toarray(), regression.logits(VALID.sequences)
    monkeypatch.setattr("motifnet.sequences.kmers._BATCH_BASES", 60)
    np.testing.assert_array_equal(count_kmers(sequences, "both").toarray(), counts)
    assert np.array_equal(regression.logits(VALID.sequences), logits)
    assert count_kmers(sequences.take([]), "both").shape == (0, counts.shape[1])


def test_counts_of_fifty_thousand_do_not_overflow() -> None:
    np.testing.assert_allclose(_standard_deviation(csr_array(np.array([[50_000], [0]], dtype=np.int32))), [25_000])


# --- together with a network ---


def test_the_prevalence_counts_once() -> None:
    """If k-mers are uninformative, the combined predictions are those of the network."""
    uneven = planted(100, 900, seed=4, word="A")
    uninformative = fit(uneven)
    assert abs(float(uninformative.logits(uneven.sequences).mean())) < 0.2
    network = np.full((len(uneven), 1), logit(0.1))
    assert expit(uninformative.combined(network, uneven.sequences)).mean() == pytest.approx(0.1, abs=0.03)


def test_odds_are_multiplied() -> None:
    regression, some = fit(), VALID.sequences.take([0])
    both = expit(regression.combined(np.array([[logit(0.2)]]), some)[0, 0])
    ratio = np.exp(regression.logits(some)[0, 0])
    assert both / (1 - both) == pytest.approx(0.2 / 0.8 * ratio)


@pytest.mark.parametrize("outputs", ["values", "counts"])
def test_stacking_gives_the_better_part_more_weight(outputs: str) -> None:
    rng = np.random.default_rng(0)
    amount = (np.where(VALID.labels == 1, 8.0, 3.0) + rng.poisson(2, VALID.labels.shape)).astype(np.float32)
    valid = Dataset(VALID.sequences, amount, VALID.tasks, VALID.groups)
    learned = Dataset(DATA.sequences, np.where(DATA.labels == 1, 10.0, 5.0), DATA.tasks, DATA.groups)
    regression = fit(learned, outputs)
    link = np.log if outputs == "counts" else np.asarray
    right = regression.stacked(valid, link(amount), outputs)
    assert right.network_weights[0] == pytest.approx(1, abs=0.02)
    np.testing.assert_allclose(inverse_link(right.combined(link(amount), valid.sequences), outputs), amount, rtol=0.1)
    assert regression.stacked(valid, link(rng.permutation(amount)), outputs).network_weights[0] < 0.4
    noisy = amount + 4 * rng.normal(size=amount.shape).astype(np.float32).clip(-0.7)
    assert 0 < regression.stacked(valid, link(noisy), outputs).network_weights[0] < 1


def test_stacking_does_not_depend_on_units_low_counts_or_unknown_labels() -> None:
    """A correct network gets all the weight, in any unit and if most counts are 0; 0.5 if all labels are unknown."""
    rng = np.random.default_rng(0)
    for outputs, unit in (("values", 1e-6), ("values", 1e6), ("counts", 1.0)):
        right = np.where(VALID.labels == 1, 2.0, 0.2).astype(np.float32) * np.float32(unit)
        labels = rng.poisson(right) if outputs == "counts" else right + rng.normal(0, unit / 10, right.shape)
        both = np.concatenate([labels, np.full_like(right, np.nan)], axis=1)
        valid = Dataset(VALID.sequences, both, ("a", "b"), VALID.groups)
        level = np.full(2, np.log(right.mean()) if outputs == "counts" else right.mean())
        constant = KmerRegression(np.zeros((len(kmer_columns("both")), 2)), level, np.ones(2), "both")
        scores = np.repeat(np.log(right) if outputs == "counts" else right, 2, axis=1)
        weights = constant.stacked(valid, scores, outputs).network_weights
        np.testing.assert_allclose(weights, [1, 0.5], atol=0.15)


def test_a_model_predicts_with_both_parts(model: TrainedModel) -> None:
    assert model.kmers is not None
    network = model.scores(VALID.sequences, part="network")
    both = model.kmers.combined(network, VALID.sequences)
    assert np.array_equal(model.scores(VALID.sequences), both)
    assert np.array_equal(model.predict(VALID.sequences), expit(both).astype(np.float32))
    assert np.array_equal(network, replace(model, kmers=None).scores(VALID.sequences))
    without = train(SMALL, DATA, valid=VALID, training=replace(TRAINING, kmers=False))
    assert without.kmers is None
    assert np.array_equal(without.scores(VALID.sequences), network)


# --- files ---


def test_the_regression_is_saved_with_the_model(model: TrainedModel, tmp_path: Path) -> None:
    model.save(tmp_path / "model")
    sequences = with_n(VALID.sequences)
    assert np.array_equal(TrainedModel.load(tmp_path / "model").predict(sequences), model.predict(sequences))
    (tmp_path / "model" / KMERS).unlink()
    with pytest.raises(ModelError, match=KMERS):
        TrainedModel.load(tmp_path / "model")
    replace(model, kmers=None).save(tmp_path / "without")
    assert '"kmers": false' in (tmp_path / "without" / SPEC).read_text()
    assert not (tmp_path / "without" / KMERS).exists()
    assert TrainedModel.load(tmp_path / "without").kmers is None


def test_a_table_of_another_model_is_refused(model: TrainedModel, tmp_path: Path) -> None:
    assert model.kmers is not None
    model.kmers.write(tmp_path / KMERS, ("other",))
    with pytest.raises(FormatError, match=KMERS):
        KmerRegression.read(tmp_path / KMERS, model.spec)


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (lambda lines: [*lines, lines[-1]], None),  # a repeated row
        (lambda lines: [*lines[:5], lines[6], lines[5], *lines[7:]], 6),
        (lambda lines: [*lines[:9], lines[9].replace("\t", "\tnan"), *lines[10:]], 10),
        (lambda lines: [*lines[:9], "AAAA\t", *lines[10:]], 10),
        (lambda lines: [*lines[:9], "AAAA\tinf", *lines[10:]], 10),
        (lambda lines: [*lines[:9], lines[9].split("\t")[0] + "\t1e39", *lines[10:]], 10),
        (lambda lines: [*lines[:9], lines[9] + "\t1", *lines[10:]], 10),
        (lambda lines: lines[:-1], None),
    ],
)
def test_a_damaged_table_is_an_error_with_its_line(
    damage: Callable[[list[str]], list[str]], line: int | None, model: TrainedModel, tmp_path: Path
) -> None:
    assert model.kmers is not None
    path = tmp_path / KMERS
    model.kmers.write(path, model.spec.tasks)
    path.write_text("\n".join(damage(path.read_text().splitlines())) + "\n")
    with pytest.raises(FormatError) as error:
        KmerRegression.read(path, model.spec)
    assert (error.value.path, error.value.line) == (str(path), line)


@pytest.mark.parametrize("outputs", ["values", "counts"])
def test_an_exported_model_of_values_or_counts_predicts_the_same(outputs: str, tmp_path: Path) -> None:
    amount = 5 + 3 * DATA.labels
    data = Dataset(DATA.sequences, np.concatenate([amount, 10 * amount], axis=1), ("a", "b"), DATA.groups)
    spec = replace(SMALL, tasks=data.tasks, outputs=outputs)
    model = train(spec, data.take(np.arange(0, 400, 2)), valid=data.take(np.arange(1, 400, 8)), training=TRAINING)
    model.export(tmp_path / "model.keras")
    predictions = model.predict(VALID.sequences)
    exported = keras.models.load_model(tmp_path / "model.keras")(one_hot_codes(VALID.sequences.codes)[..., np.newaxis])
    np.testing.assert_allclose(exported, predictions, rtol=1e-4)
    model.save(tmp_path / "model")
    assert np.array_equal(TrainedModel.load(tmp_path / "model").predict(VALID.sequences), predictions)


@pytest.mark.parametrize("strands", ["both", "shared", "forward"])
def test_an_exported_model_of_classes_predicts_the_same(model: TrainedModel, strands: str, tmp_path: Path) -> None:
    spec = replace(model.spec, strands=strands)  # type: ignore[arg-type]
    model = replace(model, spec=spec, kmers=fit(strands=spec.motif_strands))
    model.export(tmp_path / "model.keras")
    sequences, exported = with_n(VALID.sequences), keras.models.load_model(tmp_path / "model.keras")
    predictions = exported(one_hot_codes(sequences.codes)[..., np.newaxis])
    np.testing.assert_allclose(predictions, model.predict(sequences), atol=2e-6)
    # GPUs may round kernels to ten bits after the first: the codes of k-mers stay exact.
    kernels = [layer.kernel.numpy() for layer in exported.layers if layer.name.startswith(("kmer_", "unknown_"))]
    assert len(kernels) == 2 * len(KMER_LENGTHS)
    assert not any((kernel.view(np.uint32) & 0x1FFF).any() for kernel in kernels)
