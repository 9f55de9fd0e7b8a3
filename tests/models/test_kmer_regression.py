"""The k-mer regression: what it computes, its files, and its predictions combined with those of a network."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score

from motifnet.errors import ModelError
from motifnet.models.kmer_regression import KmerRegression, choose_kmers, fit_kmers, inverse_link
from motifnet.models.runtime import keras
from motifnet.models.storage import KMERS, SPEC, model_file
from motifnet.models.trained import TrainedModel
from motifnet.models.training.loop import train
from motifnet.models.training.train_spec import TrainSpec
from motifnet.sequences.alphabet import decode_codes, encode_letters, one_hot_codes, reverse_complement
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.gapped_kmers import PATTERNS, column_names, n_columns
from motifnet.sequences.sequence_set import SequenceSet
from small_models import SPEC as SMALL
from small_models import planted

DATA, VALID = planted(200, 200, seed=1), planted(50, 50, seed=2)
SITE = encode_letters(b"TTGACGCA")[0]
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
    names = column_names(np.arange(n_columns(strands)), strands)
    weights = dict(zip(names, regression.weights[:, 0].tolist(), strict=True))
    some = with_n(VALID.sequences).take([0, 1, 2])
    for codes, value in zip(some.codes, regression.logits(some)[:, 0], strict=True):
        bases, total = decode_codes(codes), float(regression.intercepts[0])
        for pattern in PATTERNS:
            for start in range(len(bases) - pattern[-1]):
                kmer = ["N"] * (pattern[-1] + 1)
                for offset in pattern:
                    kmer[offset] = bases[start + offset]
                either = "".join(kmer), "".join(kmer).translate(str.maketrans("ACGT", "TGCA"))[::-1]
                has_n = "N" in (bases[start + offset] for offset in pattern)
                assert has_n or strands == "forward" or either[0] in weights or either[1] in weights
                total += 0 if has_n else weights.get(either[0], weights.get(either[1], 0.0))
        assert value == pytest.approx(total, abs=1e-6)


def test_strongest_kmers_are_those_of_the_planted_site() -> None:
    regression = fit()
    table = regression.strongest(10)
    assert (np.diff(table["weight"].abs()) <= 0).all()
    assert table["weight"].abs().iloc[0] == pytest.approx(np.abs(regression.weights).max())
    assert (table["weight"] > 0).mean() > 0.5


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


def test_batches_do_not_change_the_regression(monkeypatch: pytest.MonkeyPatch) -> None:
    regression = fit()
    logits = regression.logits(VALID.sequences)
    monkeypatch.setattr("motifnet.sequences.kmers._BATCH_BASES", 60)
    assert np.array_equal(fit().weights, regression.weights)
    assert np.array_equal(regression.logits(VALID.sequences), logits)
    assert regression.logits(VALID.sequences.take([])).shape == (0, 1)


def test_the_sample_is_smaller_for_long_sequences_and_many_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fit().weights
    for name in ("MAX_KMERS", "MAX_KMERS_OF_TASKS"):
        with monkeypatch.context() as patch:
            patch.setattr(f"motifnet.models.kmer_regression.{name}", 50 * len(PATTERNS) * DATA.sequences.length)
            assert np.count_nonzero(fit().weights) < np.count_nonzero(whole) / 2


def test_sequences_shorter_than_a_kmer() -> None:
    short = SequenceSet.from_strings(["ACG", "CCG", "GTA", "TTA"])
    data = Dataset.from_labels(short, np.array([[1], [1], [0], [0]]), ("bound",))
    regression = fit(data)
    assert not regression.weights.any()
    np.testing.assert_allclose(regression.logits(short), regression.intercepts[0])


# --- together with a network ---


def test_the_prevalence_counts_once() -> None:
    """If k-mers are uninformative, the combined predictions are those of the network."""
    uneven, valid = (planted(100, 900, seed=seed, word="A") for seed in (4, 5))
    network = np.full((len(uneven), 1), logit(0.1))
    uninformative = fit(uneven)
    assert abs(float(uninformative.logits(valid.sequences).mean())) < 0.7
    stacked = uninformative.stacked(valid, network, "classes")
    assert expit(stacked.combined(network, uneven.sequences)).mean() == pytest.approx(0.1, abs=0.01)


def test_odds_are_multiplied() -> None:
    regression, some = fit(), VALID.sequences.take([0])
    half = replace(regression, kmer_weights=np.full(1, 0.5, np.float32))
    both = expit(half.combined(np.array([[logit(0.2)]]), some)[0, 0])
    ratio = np.exp(regression.logits(some)[0, 0])
    assert both / (1 - both) == pytest.approx(0.2 / 0.8 * ratio**0.5)


def test_a_useful_regression_of_classes_has_a_weight_near_1_and_a_useless_one_near_0() -> None:
    regression, rng = fit(), np.random.default_rng(0)
    n = len(VALID)
    for n_known, useless in ((n, 0.05), (40, 0.7)):
        labels = VALID.labels.copy()
        labels[np.arange(n) * n_known // n == np.arange(1, n + 1) * n_known // n] = np.nan
        own = replace(VALID, labels=labels)
        network = np.where(VALID.labels == 1, 1.0, -1.0) + rng.normal(0, 1.5, VALID.labels.shape)
        assert 0.5 < regression.stacked(own, network, "classes").kmer_weights[0] < 2
        mixed = replace(own, labels=rng.permutation(labels))
        found = regression.stacked(mixed, network[rng.permutation(n)], "classes")
        assert 0 <= found.kmer_weights[0] < useless
        assert found.network_weights[0] == 1


def test_kmers_are_weighted_by_their_distance_from_the_middle_if_that_is_better() -> None:
    rng, scores = np.random.default_rng(0), np.zeros((200, 1))
    is_positive = np.arange(600) % 2 == 0
    for decoy, expected in ((4, 50.0), (None, math.inf)):
        codes = rng.integers(0, 4, (600, 120)).astype(np.uint8)
        starts = np.full(600, 56) if decoy else rng.integers(0, 112, 600)
        starts[~is_positive] = decoy or 0
        sites = starts[:, np.newaxis] + np.arange(8)
        chosen = np.flatnonzero(is_positive | bool(decoy))[:, np.newaxis]
        codes[chosen, sites[chosen[:, 0]]] = SITE
        sequences = SequenceSet([f"s{i}" for i in range(600)], codes)
        data = Dataset.from_labels(sequences, is_positive[:, np.newaxis].astype(float), ("bound",))
        valid = data.take(np.arange(400, 600))
        found = choose_kmers(data.take(np.arange(400)), valid, scores, outputs="classes", strands="both")
        assert found.half_life == expected
        assert roc_auc_score(valid.labels[:, 0], found.logits(valid.sequences)[:, 0]) > 0.9
        opposite = SequenceSet(valid.sequences.names, reverse_complement(valid.sequences.codes))
        np.testing.assert_allclose(found.logits(opposite), found.logits(valid.sequences), rtol=1e-5, atol=1e-5)


def test_a_regression_of_classes_has_a_weight_where_labels_do_not_decide() -> None:
    regression = fit()
    for labels in (np.full_like(VALID.labels, np.nan), np.ones_like(VALID.labels)):
        valid = replace(VALID, labels=labels)
        assert regression.stacked(valid, np.zeros(labels.shape), "classes").kmer_weights[0] == pytest.approx(0.8)


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
    """A correct network gets most of the weight, in any unit, and if most counts are 0; unknown labels give 0.5."""
    rng = np.random.default_rng(0)
    for outputs, unit in (("values", 1e-6), ("values", 1e6), ("counts", 1.0)):
        right = np.where(VALID.labels == 1, 2.0, 0.2).astype(np.float32) * np.float32(unit)
        labels = rng.poisson(right) if outputs == "counts" else right + rng.normal(0, unit / 10, right.shape)
        both = np.concatenate([labels, np.full_like(right, np.nan)], axis=1)
        valid = Dataset(VALID.sequences, both, ("a", "b"), VALID.groups)
        level = np.full(2, np.log(right.mean()) if outputs == "counts" else right.mean())
        constant = KmerRegression(np.zeros((n_columns("both"), 2)), level, np.ones(2), np.ones(2), "both")
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


def test_a_file_of_another_model_is_refused(model: TrainedModel, tmp_path: Path) -> None:
    assert model.kmers is not None
    model.kmers.write(tmp_path / KMERS)
    for spec in (replace(SMALL, tasks=("a", "b")), replace(SMALL, strands="forward")):
        with pytest.raises(ModelError, match=KMERS), model_file(tmp_path / KMERS) as file:
            KmerRegression.read(file, spec)


def _edit(change: Callable[[h5py.File], object]) -> Callable[[Path], object]:
    def edit(path: Path) -> None:
        with h5py.File(path, "r+") as file:
            change(file)

    return edit


def _replace(file: h5py.File, name: str, values: object, **options: object) -> None:
    del file[name]
    file.create_dataset(name, data=values, **options)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-5000]),
        lambda path: path.write_bytes(b"not HDF5"),
        lambda path: path.write_bytes(b""),
        _edit(lambda file: file.__delitem__("intercepts")),
        _edit(lambda file: file.create_dataset("other", data=np.zeros(1, "f4"))),
        _edit(lambda file: file.create_group("other").create_dataset("weights", data=np.zeros(1, "f4"))),
        _edit(lambda file: file["half_life"].__setitem__((), 0)),
        _edit(lambda file: file["half_life"].__setitem__((), np.nan)),
        _edit(lambda file: file["weights"].__setitem__((9, 0), np.nan)),
        _edit(lambda file: file["kmer_weights"].__setitem__(0, np.inf)),
        _edit(lambda file: _replace(file, "intercepts", np.zeros(1))),
        _edit(lambda file: _replace(file, "intercepts", np.zeros(1, "i4"))),
        _edit(lambda file: _replace(file, "intercepts", np.zeros((1, 1), "f4"))),
        _edit(lambda file: _replace(file, "weights", np.zeros((n_columns("both"), 1), "f4"), compression="gzip")),
        _edit(lambda file: _replace(file, "weights", h5py.Empty("f4"))),
    ],
)
def test_a_damaged_file_is_an_error(damage: Callable[[Path], object], model: TrainedModel, tmp_path: Path) -> None:
    assert model.kmers is not None
    path = tmp_path / KMERS
    model.kmers.write(path)
    damage(path)
    with pytest.raises(ModelError, match=KMERS), model_file(path) as file:
        KmerRegression.read(file, model.spec)


@pytest.mark.parametrize("outputs", ["values", "counts"])
def test_an_exported_model_of_values_or_counts_predicts_the_same(outputs: str, tmp_path: Path) -> None:
    amount = 5 + 3 * DATA.labels
    data = Dataset(DATA.sequences, np.concatenate([amount, 10 * amount], axis=1), ("a", "b"), DATA.groups)
    spec = replace(SMALL, tasks=data.tasks, outputs=outputs)
    model = train(spec, data.take(np.arange(0, 400, 2)), valid=data.take(np.arange(1, 400, 8)), training=TRAINING)
    model.export(tmp_path / "model.keras")
    predictions = model.predict(VALID.sequences)
    exported = keras.models.load_model(tmp_path / "model.keras")(one_hot_codes(VALID.sequences.codes)[..., np.newaxis])
    np.testing.assert_allclose(exported, predictions, rtol=1e-5)
    model.save(tmp_path / "model")
    assert np.array_equal(TrainedModel.load(tmp_path / "model").predict(VALID.sequences), predictions)


@pytest.mark.parametrize("strands", ["both", "shared", "forward"])
@pytest.mark.parametrize("half_life", [math.inf, 20.0])
def test_an_exported_model_of_classes_predicts_the_same(
    model: TrainedModel, strands: str, half_life: float, tmp_path: Path
) -> None:
    spec = replace(model.spec, strands=strands)  # type: ignore[arg-type]
    kmers = fit_kmers(DATA, outputs="classes", strands=spec.motif_strands, half_life=half_life)
    model = replace(model, spec=spec, kmers=replace(kmers, kmer_weights=np.full(1, 0.7, np.float32)))
    model.export(tmp_path / "model.keras")
    sequences, exported = with_n(VALID.sequences), keras.models.load_model(tmp_path / "model.keras")
    predictions = exported(one_hot_codes(sequences.codes)[..., np.newaxis])
    np.testing.assert_allclose(predictions, model.predict(sequences), atol=2e-6)
    # GPUs may round kernels to ten bits after the first: the codes of k-mers stay exact.
    kernels = [layer.kernel.numpy() for layer in exported.layers if layer.name in ("kmer_codes", "kmer_unknown")]
    assert len(kernels) == 2
    assert not any((kernel.view(np.uint32) & 0x1FFF).any() for kernel in kernels)
