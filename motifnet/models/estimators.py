"""`MotifClassifier` and `MotifRegressor`: `train` behind scikit-learn's methods.

They go into ``cross_val_score``, ``GridSearchCV`` and ``Pipeline``. scikit-learn divides sequences one by one: give it
groups where sequences are related, ``GroupKFold`` with ``Dataset.from_labels(...).groups``.
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
from motifnet.models.network.spec import ModelSpec
from motifnet.models.network.spec_changes import SpecChanges
from motifnet.models.trained import TrainedModel
from motifnet.models.training.loop import train
from motifnet.models.training.train_spec import TrainSpec
from motifnet.sequences.alphabet import decode
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet

#: What the estimators' sequences may be.
DNA = Sequence[str] | NDArray[Any] | SequenceSet
_HOW = TrainSpec()


class _MotifEstimator(BaseEstimator):  # type: ignore[misc]
    """What both estimators share: parameters, training, and pickling by the files of a model's folder."""

    # scikit-learn reads the parameters off this signature: as many as people search over.
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
        seed: int = _HOW.seed,
        max_steps: int = _HOW.max_steps,
        patience: int = _HOW.patience,
        batch_size: int = _HOW.batch_size,
        learning_rate: float = _HOW.learning_rate,
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

    def _train(self, X: SequenceSet, labels: NDArray[np.float32], tasks: Sequence[str], outputs: str) -> TrainedModel:
        data = Dataset.from_labels(X, labels, tasks)
        training = TrainSpec(**self._given(TrainSpec))
        spec = ModelSpec.preset(self.preset, length=data.sequences.length, tasks=tasks)
        spec = replace(spec.changed(SpecChanges(**self._given(SpecChanges))), outputs=outputs)
        split = data.split(valid=self.valid_fraction, seed=training.seed)
        return train(spec, split.train, valid=split.valid, training=training)

    def _given(self, spec_type: type) -> dict[str, Any]:
        own = self.get_params(deep=False)
        return {field.name: own[field.name] for field in fields(spec_type) if field.name in own}

    def _outputs(self, X: DNA) -> NDArray[np.float32]:
        check_is_fitted(self, "model_")
        model: TrainedModel = self.model_
        return model.predict(_sequence_set(X))

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
    """A network that tells classes of sequences apart, as a scikit-learn estimator.

    Parameters
    ----------
    preset : str
        One of `PRESETS`.
    num_filters, conv_width, block_pool, activation, dropout, l2, final, hidden, strands : optional
        What is changed in the preset: see `SpecChanges`.
    seed, max_steps, patience, batch_size, learning_rate
        See `TrainSpec`.
    valid_fraction : float
        Share of the sequences given to `fit` that decides when to stop; related ones stay together.

    Attributes
    ----------
    model_ : TrainedModel
        From here on as anywhere in motifnet, e.g. ``extract_motifs(classifier.model_, sequences)``.
    classes_ : array of shape (n_classes,)

    Examples
    --------
    >>> MotifClassifier(num_filters=(16,), conv_width=(11,)).get_params()["conv_width"]
    (11,)
    """

    def fit(self, X: DNA, y: ArrayLike) -> Self:
        """Train on sequences and their classes.

        Parameters
        ----------
        X : list or array of N strings, SequenceSet, or one-hot array of shape (N, 4, L)
        y : array-like of shape (N,) or (N, T)
            A label each; of two, the second in order is what the network predicts, of more, each is a task of its own.
            Or T tasks, 0 or 1 (NaN: unknown).

        Raises
        ------
        InputError, SpecError
            As `train` does; or if X and y differ in length, or there are fewer than two classes.
        """
        sequences, labels = _labelled(X, np.asarray(y))
        self._is_multilabel = labels.ndim == 2
        if self._is_multilabel:
            self.classes_ = np.arange(labels.shape[1])
            self.model_ = self._train(
                sequences, labels.astype(np.float32), [f"task_{t}" for t in self.classes_], "classes"
            )
            return self
        self.classes_ = np.unique(labels)
        if len(self.classes_) < 2:
            raise InputError(f"y must hold at least two classes. Got {len(self.classes_)} instead")
        own = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        self.model_ = self._train(sequences, labels[:, np.newaxis] == own, [str(label) for label in own], "classes")
        return self

    def predict_proba(self, X: DNA) -> NDArray[np.float64]:
        """Probability of each class, shape (N, n_classes); of several tasks, of each being 1, shape (N, T).

        Of more than two classes each has a sigmoid output; these are divided by their sum.
        """
        probabilities = self._outputs(X).astype(np.float64)
        if self._is_multilabel:
            return probabilities
        if len(self.classes_) == 2:
            return np.concatenate([1 - probabilities, probabilities], axis=1)
        return probabilities / probabilities.sum(axis=1, keepdims=True)

    def predict(self, X: DNA) -> NDArray[Any]:
        """The likeliest class of each sequence, shape (N,); or whether each task is likelier 1 than not, (N, T)."""
        probabilities = self.predict_proba(X)
        if self._is_multilabel:
            return (probabilities > 0.5).astype(int)
        return self.classes_[probabilities.argmax(axis=1)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


class MotifRegressor(RegressorMixin, _MotifEstimator):  # type: ignore[misc]
    """A network that predicts values of sequences, as a scikit-learn estimator.

    Parameters and ``model_`` are those of `MotifClassifier`.

    Examples
    --------
    >>> MotifRegressor(preset="dragonn", learning_rate=0.001).get_params()["preset"]
    'dragonn'
    """

    def fit(self, X: DNA, y: ArrayLike) -> Self:
        """Train on sequences (see `MotifClassifier.fit`) and their values, of shape (N,) or (N, T); NaN is unknown.

        Raises
        ------
        InputError, SpecError
            As `train` does.
        """
        sequences, values = _labelled(X, np.asarray(y, dtype=np.float32))
        self._is_flat = values.ndim == 1
        table = values[:, np.newaxis] if self._is_flat else values
        self.model_ = self._train(sequences, table, [f"task_{t}" for t in range(table.shape[1])], "values")
        return self

    def predict(self, X: DNA) -> NDArray[np.float32]:
        """Predicted values, of the shape that `y` had."""
        values = self._outputs(X)
        return values[:, 0] if self._is_flat else values

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _labelled(X: DNA, y: NDArray[Any]) -> tuple[SequenceSet, NDArray[Any]]:
    sequences = _sequence_set(X)
    if y.ndim not in (1, 2) or len(y) != len(sequences):
        raise InputError(
            f"y must hold a label (or a row of them) for each of the {len(sequences)} sequences of X. "
            f"Got an array of shape {y.shape} instead"
        )
    return sequences, y


def _sequence_set(X: DNA) -> SequenceSet:
    if isinstance(X, SequenceSet):
        return X
    array = np.asarray(X)
    if array.ndim == 3:
        return SequenceSet.from_strings(decode(array))
    if array.ndim == 2 and array.shape[1] == 1:  # a table of one column
        array = array[:, 0]
    if array.ndim != 1 or not all(isinstance(sequence, str) for sequence in array):
        raise InputError(
            f"X must be DNA strings, a SequenceSet, or a one-hot array (N, 4, L). Got an array of {array.dtype}, shape "
            f"{array.shape} instead"
        )
    return SequenceSet.from_strings(array.tolist())
