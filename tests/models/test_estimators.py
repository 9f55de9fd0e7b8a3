"""The scikit-learn estimators: parameters, fitting, pickling, cross-validation."""

from __future__ import annotations

import pickle
import pickletools
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupShuffleSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from motifnet.errors import InputError, SpecError
from motifnet.models.estimators import MotifClassifier, MotifRegressor, _task_order
from motifnet.models.network.spec import SpecChanges
from motifnet.models.training.train_spec import TrainSpec
from motifnet.sequences.alphabet import one_hot
from motifnet.sequences.dataset import Dataset
from small_models import planted

NETWORK: dict[str, Any] = {"num_filters": (8,), "conv_width": (11,), "block_pool": (1,), "activation": "relu"}
SMALL: dict[str, Any] = {**NETWORK, "dropout": 0.0, "max_steps": 150, "learning_rate": 0.01, "seed": 1}
SHORT: dict[str, Any] = {**SMALL, "max_steps": 4}
DATA, TEST = planted(200, 200, seed=1), planted(60, 60, seed=2)
X, Y = list(DATA.sequences), DATA.labels[:, 0].astype(int)


def test_parameters_are_set_and_cloned() -> None:
    for estimator in (MotifClassifier(**SMALL), MotifRegressor(**SMALL)):
        parameters = estimator.get_params()
        assert clone(estimator).get_params() == parameters
        assert estimator.set_params(dropout=0.2).get_params() == {**parameters, "dropout": 0.2}
        assert "num_filters=(8,)" in repr(estimator)
    with pytest.raises(ValueError, match="droput"):
        MotifClassifier().set_params(droput=0.2)


def test_parameters_and_defaults_are_those_of_the_specs() -> None:
    known = {field.name for spec in (SpecChanges, TrainSpec) for field in fields(spec)}
    parameters = MotifClassifier().get_params()
    assert set(parameters) - known == {"preset", "valid_fraction"}
    assert all(parameters[field.name] == field.default for field in fields(TrainSpec) if field.name in parameters)


def test_predicting_before_fitting_is_an_error() -> None:
    for method in (MotifClassifier().predict, MotifClassifier().predict_proba, MotifRegressor().predict):
        with pytest.raises(NotFittedError):
            method(X)


@pytest.mark.parametrize(
    ("sequences", "labels"),
    [
        (X, np.ones(400)),
        (np.ones((400, 60)), Y),
        (["ACGT", "ACG"], [0, 1]),
        (X[:1] + X[:10], [0] + [1] * 10),
        (X, np.arange(5)),
        (X, []),
    ],
    ids=["one class", "numbers", "lengths", "no negatives for validation", "other number of labels", "no labels"],
)
def test_unsuitable_data_are_an_error(sequences: Any, labels: Any) -> None:
    with pytest.raises(InputError):
        MotifClassifier(**SHORT).fit(sequences, labels)


def test_labels_of_the_wrong_shape_are_an_error() -> None:
    for y in (np.ones(5), [], np.ones((5, 2)), 1):
        with pytest.raises(InputError):
            MotifRegressor().fit(X, y)


def test_invalid_parameters_are_an_error_in_fit() -> None:
    with pytest.raises(SpecError):
        MotifClassifier(preset="defualt").fit(X, Y)


@pytest.fixture(scope="module")
def fitted() -> MotifClassifier:
    return MotifClassifier(**SMALL).fit(X, np.where(Y == 1, "bound", "free"))


@pytest.mark.slow
def test_two_named_classes_are_learned(fitted: MotifClassifier) -> None:
    assert fitted.classes_.tolist() == ["bound", "free"]
    probabilities = fitted.predict_proba(list(TEST.sequences))
    assert probabilities.shape == (120, 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    named = np.where(TEST.labels[:, 0] == 1, "bound", "free")
    assert fitted.score(list(TEST.sequences), named) > 0.75
    assert set(fitted.predict(list(TEST.sequences))) == {"bound", "free"}
    assert np.array_equal(fitted.model_.predict(TEST.sequences)[:, 0], probabilities[:, 0].astype(np.float32))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("renamed", "labels"),
    [
        ((("bound", "free"), ("site", "free"), ("free", "bound"), ("b", "a")), Y),
        ((("a", "b"), ("name", ""), ('"\n', "b")), np.arange(400) < 150),
        ((("a", "b", "c"), ("b", "c", "a"), ("c", "a", "b"), (2, 1, 0)), np.where(np.arange(400) % 3 == 0, 2, Y)),
    ],
    ids=["two of one size", "two", "three"],
)
def test_names_of_classes_do_not_change_the_model(renamed: tuple[tuple[Any, ...], ...], labels: NDArray[Any]) -> None:
    first: NDArray[np.float64] | None = None
    for names in renamed:
        own = np.array(names[::-1] if len(names) == 2 else names)
        fitted = MotifClassifier(**SHORT).fit(X, own[labels.astype(int)])
        assert fitted.classes_.tolist() == sorted(names)
        found = fitted.predict_proba(X)[:, np.argsort(np.argsort(own))]
        first = found if first is None else first
        np.testing.assert_array_equal(found, first)


def test_the_positive_class() -> None:
    for y, tasks in (
        (["free", "free", "bound"], ["bound", "free"]),
        (["free", "bound", "bound"], ["free", "bound"]),
        (["free", "bound"], ["free", "bound"]),
        ([0, 1, 1, 1], [1, 0]),
        ([True, False], [True, False]),
        ([3, 1, 1, 2, 3], [2, 3, 1]),
    ):
        assert np.unique(y)[_task_order(np.array(y))].tolist() == tasks


@pytest.mark.slow
def test_sequences_of_any_type_have_the_same_predictions(fitted: MotifClassifier) -> None:
    expected = fitted.predict_proba(TEST.sequences)
    strings = list(TEST.sequences)
    for same in (strings, np.array(strings), pd.Series(strings), pd.DataFrame({"dna": strings}), one_hot(strings)):
        assert np.array_equal(fitted.predict_proba(same), expected)


@pytest.mark.slow
def test_the_seed_determines_the_result() -> None:
    def predictions(estimator: MotifClassifier) -> NDArray[np.float64]:
        return estimator.fit(X, Y).predict_proba(X)

    estimator = MotifClassifier(**SHORT)
    first = predictions(clone(estimator))
    assert not np.array_equal(predictions(estimator.set_params(seed=2)), first)
    assert np.array_equal(predictions(estimator.set_params(seed=1)), first)


@pytest.mark.slow
def test_a_pickle_has_the_fitted_model_without_keras_objects(fitted: MotifClassifier) -> None:
    back = pickle.loads(pickle.dumps(fitted))
    assert back.get_params() == fitted.get_params()
    assert np.array_equal(back.predict_proba(X), fitted.predict_proba(X))
    names = {word for _, word, _ in pickletools.genops(pickle.dumps(fitted)) if isinstance(word, str)}
    assert "motifnet.models.estimators" in names
    assert not any(name.split(".")[0] in ("keras", "tensorflow") for name in names)
    assert pickle.loads(pickle.dumps(MotifClassifier(**SMALL))).get_params() == MotifClassifier(**SMALL).get_params()


@pytest.mark.slow
def test_several_classes_and_several_tasks_are_learned() -> None:
    other = np.where(np.arange(400) % 3 == 0, 2, Y)
    several = MotifClassifier(**SHORT).fit(X, other)
    probabilities = several.predict_proba(X)
    assert several.classes_.tolist() == [0, 1, 2]
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert np.array_equal(several.predict(X), probabilities.argmax(axis=1))

    tasks = np.stack([Y, 1 - Y], axis=1).astype(float)
    tasks[::5, 1] = np.nan
    both = MotifClassifier(**SMALL).fit(X, tasks)
    assert both.predict_proba(X).shape == both.predict(X).shape == (400, 2)
    assert (both.predict(X)[:, 0] == Y).mean() > 0.75
    assert (both.predict(X)[:, 1] == 1 - Y).mean() > 0.75


@pytest.mark.slow
def test_values_are_learned() -> None:
    values = 5 * Y + np.random.default_rng(1).normal(size=400)
    one = MotifRegressor(**SMALL).fit(X, values)
    truth = 5 * TEST.labels[:, 0]
    assert one.predict(TEST.sequences).shape == (120,)
    assert one.score(TEST.sequences, truth) > 0.25
    two = MotifRegressor(**SHORT).fit(X, np.stack([values, -values], axis=1))
    assert two.predict(TEST.sequences).shape == (120, 2)


@pytest.mark.slow
def test_cross_validation_grid_search_and_pipeline() -> None:
    groups = Dataset.from_labels(DATA.sequences, DATA.labels, DATA.tasks).groups
    once = GroupShuffleSplit(1, test_size=0.5, random_state=0)
    scores = cross_val_score(MotifClassifier(**SHORT), X, Y, cv=once, groups=groups, scoring="roc_auc")
    assert scores.shape == (1,)
    assert np.isfinite(scores).all()
    grid = GridSearchCV(MotifClassifier(**SHORT), {"learning_rate": [1e-9, 0.01]}, cv=once).fit(X, Y, groups=groups)
    scores = grid.cv_results_["mean_test_score"]
    assert grid.best_params_ == grid.cv_results_["params"][scores.argmax()]
    assert grid.best_estimator_.predict(X).shape == (400,)
    upper = FunctionTransformer(lambda sequences: [sequence.upper() for sequence in sequences])
    lower = [sequence.lower() for sequence in X]
    assert make_pipeline(upper, MotifClassifier(**SHORT)).fit(lower, Y).predict(lower).shape == (400,)
