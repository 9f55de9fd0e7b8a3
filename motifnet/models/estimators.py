"""`MotifClassifier` and `MotifRegressor`: `train` as scikit-learn estimators.

They work with ``cross_val_score``, ``GridSearchCV`` and ``Pipeline``. For related sequences, pass groups to
scikit-learn's splitters: ``GroupKFold`` with ``Dataset.from_labels(...).groups``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from motifnet.errors import InputError
from motifnet.models.network.spec import ModelSpec, SpecChanges
from motifnet.models.trained import TrainedModel
from motifnet.models.training.loop import train
from motifnet.models.training.train_spec import TrainSpec
from motifnet.sequences.dataset import Dataset, task_problem
from motifnet.sequences.io.reader import AnySequences, as_sequences

_DEFAULTS = TrainSpec()


class _MotifEstimator(BaseEstimator):  # type: ignore[misc]
    """Parameters, training and pickling of both estimators. A pickle contains the files of the model's folder."""

    # scikit-learn takes the parameters of an estimator from this signature.
    def __init__(
        self,
        *,
        preset: str = "default",
        num_filters: tuple[int, ...] | None = None,
        conv_width: tuple[int, ...] | None = None,
        block_pool: tuple[int, ...] | None = None,
        activation: str | None = None,
        dropout: float | None = None,
        l2: float | None = None,
        final: str | None = None,
        hidden: tuple[int, ...] | None = None,
        strands: str | None = None,
        seed: int = _DEFAULTS.seed,
        max_steps: int = _DEFAULTS.max_steps,
        patience: int = _DEFAULTS.patience,
        batch_size: int = _DEFAULTS.batch_size,
        learning_rate: float = _DEFAULTS.learning_rate,
        valid_fraction: float = 0.1,
    ) -> None:
        self.preset = preset
        self.num_filters = num_filters
        self.conv_width = conv_width
        self.block_pool = block_pool
        self.activation = activation
        self.dropout = dropout
        self.l2 = l2
        self.final = final
        self.hidden = hidden
        self.strands = strands
        self.seed = seed
        self.max_steps = max_steps
        self.patience = patience
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.valid_fraction = valid_fraction

    def _train(self, X: AnySequences, labels: NDArray[Any], tasks: Sequence[str], outputs: str) -> TrainedModel:
        training = TrainSpec(**self._values_of(TrainSpec))
        data = Dataset.from_labels(as_sequences(X), labels, tasks)
        spec = ModelSpec.preset(self.preset, length=data.sequences.length, tasks=tasks)
        spec = replace(spec.changed(SpecChanges(**self._values_of(SpecChanges))), outputs=outputs)
        return train(spec, data.split(valid=self.valid_fraction, seed=training.seed), training=training)

    def _values_of(self, spec_type: type) -> dict[str, Any]:
        """Parameters that are fields of a spec."""
        parameters = self.get_params(deep=False)
        return {field.name: parameters[field.name] for field in fields(spec_type) if field.name in parameters}

    def _outputs(self, X: AnySequences) -> NDArray[np.float32]:
        check_is_fitted(self, "model_")
        model: TrainedModel = self.model_
        return model.predict(X)

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        if "model_" not in state:
            return state
        with tempfile.TemporaryDirectory() as folder:
            state["model_"].write_files(Path(folder))
            return state | {"model_": {file.name: file.read_bytes() for file in sorted(Path(folder).iterdir())}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "model_" in state:
            with tempfile.TemporaryDirectory() as folder:
                for name, content in state["model_"].items():
                    (Path(folder) / name).write_bytes(content)
                state = state | {"model_": TrainedModel.load(folder)}
        super().__setstate__(state)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = tags.input_tags.three_d_array = True
        tags.input_tags.two_d_array = False
        return tags


class MotifClassifier(ClassifierMixin, _MotifEstimator):  # type: ignore[misc]
    """A network that classifies sequences, as a scikit-learn estimator.

    Parameters
    ----------
    preset : str
        Name of a preset (`PRESETS`).
    num_filters, conv_width, block_pool, activation, dropout, l2, final, hidden, strands : optional
        Changes to the preset: see `SpecChanges`.
    seed, max_steps, patience, batch_size, learning_rate
        See `TrainSpec`.
    valid_fraction : float
        Fraction of the sequences given to `fit` that is used for validation; related sequences stay together.

    Attributes
    ----------
    model_ : TrainedModel
        For use with the rest of motifnet, e.g. ``extract_motifs(classifier.model_, sequences)``.
    classes_ : array of shape (n_classes,)
        In sorted order.

    Notes
    -----
    Predictions do not depend on the names of the classes. Of two classes, the smaller one is the positive class and the
    task of ``model_``; if both have the same size, it is the class of the first sequence. Of two numbers, such as 0 and
    1, the larger one is the positive class.

    Examples
    --------
    >>> MotifClassifier(num_filters=(16,), conv_width=(11,)).get_params()["conv_width"]
    (11,)
    """

    def fit(self, X: AnySequences, y: ArrayLike) -> Self:
        """Train on sequences and their classes.

        Parameters
        ----------
        X : sequence of N str, SequenceSet, one-hot array of shape (N, 4, L), or path of a FASTA file
            All of one length.
        y : array-like of shape (N,) or (N, T)
            The class of each sequence; more than two classes become one task each. Or the labels of T tasks: 0, 1 or
            NaN for unknown.

        Raises
        ------
        InputError, SpecError
            As `train`; or if X and y differ in length, or y has fewer than two classes.
        """
        labels = np.atleast_1d(np.asarray(y))
        self._is_multilabel = labels.ndim == 2
        if self._is_multilabel:
            self.classes_ = np.arange(labels.shape[1])
            self.model_ = self._train(X, labels, [f"task_{t}" for t in self.classes_], "classes")
            return self
        try:
            self.classes_ = np.unique(labels)
        except TypeError as error:
            raise InputError(f"the classes in y cannot be compared: {error}", hint="Use strings or numbers.") from None
        if len(self.classes_) < 2:
            raise InputError(f"y must have at least two classes. Got {len(self.classes_)} instead")
        self._order = _task_order(labels)
        own = self.classes_[self._order[:1] if len(self.classes_) == 2 else self._order]
        tasks = [str(label) for label in own]
        if len(set(tasks)) < len(tasks) or any(task_problem(task, tasks) for task in tasks):
            tasks = [f"class_{k}" for k in self._order[: len(own)]]
        self.model_ = self._train(X, labels[:, np.newaxis] == own, tasks, "classes")
        return self

    def predict_proba(self, X: AnySequences) -> NDArray[np.float64]:
        """Probability of each class, shape (N, n_classes), or of label 1 of each task, shape (N, T).

        With more than two classes, each has a sigmoid output; these are divided by their sum.
        """
        probabilities = self._outputs(X).astype(np.float64)
        if self._is_multilabel:
            return probabilities
        if len(self.classes_) == 2:
            probabilities = np.concatenate([probabilities, 1 - probabilities], axis=1)
        else:
            probabilities /= probabilities.sum(axis=1, keepdims=True)
        return probabilities[:, np.argsort(self._order)]

    def predict(self, X: AnySequences) -> NDArray[Any]:
        """The most probable class of each sequence, shape (N,), or the label of each task, shape (N, T)."""
        probabilities = self.predict_proba(X)
        if self._is_multilabel:
            return (probabilities > 0.5).astype(int)
        return self.classes_[probabilities.argmax(axis=1)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def _task_order(labels: NDArray[Any]) -> NDArray[np.intp]:
    """Indices of the classes in the order of the tasks, which does not depend on their names: the smallest class first.

    Classes of one size are in the order of the sequences. Of two numbers, the larger one is the first.
    """
    classes, first, counts = np.unique(labels, return_index=True, return_counts=True)
    if len(classes) == 2 and classes.dtype.kind in "biuf":
        return np.array([1, 0])
    return np.lexsort((first, counts))


class MotifRegressor(RegressorMixin, _MotifEstimator):  # type: ignore[misc]
    """A network that predicts values of sequences, as a scikit-learn estimator.

    Parameters and ``model_`` are those of `MotifClassifier`.

    Examples
    --------
    >>> MotifRegressor(preset="dragonn", learning_rate=0.001).get_params()["preset"]
    'dragonn'
    """

    def fit(self, X: AnySequences, y: ArrayLike) -> Self:
        """Train on sequences (see `MotifClassifier.fit`) and their values, shape (N,) or (N, T); NaN is unknown.

        Raises
        ------
        InputError, SpecError
            As `train`; or if X and y differ in length.
        """
        values = np.atleast_1d(np.asarray(y, dtype=np.float32))
        self._is_flat = values.ndim == 1
        table = values[:, np.newaxis] if self._is_flat else values
        self.model_ = self._train(X, table, [f"task_{t}" for t in range(table.shape[1])], "values")
        return self

    def predict(self, X: AnySequences) -> NDArray[np.float32]:
        """Predicted values, in the shape of `y`."""
        values = self._outputs(X)
        return values[:, 0] if self._is_flat else values

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
