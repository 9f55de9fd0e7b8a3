"""`Dataset`: sequences and their labels ``(N, T)``; related ones share a group, which no split divides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motifnet.arguments import check_type, check_whole, tuple_of
from motifnet.errors import InputError
from motifnet.sequences.sequence_set import SequenceSet, rows_at

if TYPE_CHECKING:
    import pandas as pd


class Split(NamedTuple):
    """The parts of a dataset, a group in one part only."""

    train: Dataset
    valid: Dataset
    test: Dataset


class Fold(NamedTuple):
    """One of k ways to hold out a part of a dataset, a group on one side only."""

    train: Dataset
    test: Dataset


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Sequences with what is known about them.

    Parameters
    ----------
    sequences : SequenceSet of N sequences
    labels : float array of shape (N, T)
        0 or 1, real values, or NaN for unknown. Made read-only.
    tasks : sequence of str, of length T
        Different names.
    groups : int array of shape (N,)
        Sequences of one group are never on two sides of a split. `from_classes` and `from_dataframe` find them, which
        takes as long as it takes to compare all sequences: when they are first asked for. (Given a function in place of
        the array, a dataset calls it then.)
    given : str array of shape (N,), optional
        "train", "valid" or "test": the split that came with the data, which `split` keeps to.
    """

    sequences: SequenceSet
    labels: NDArray[np.float32]
    tasks: tuple[str, ...]
    groups: NDArray[np.int64]
    given: NDArray[np.str_] | None = None

    def __post_init__(self) -> None:
        check_type("sequences", self.sequences, SequenceSet)
        object.__setattr__(self, "tasks", _checked_tasks(self.tasks))
        labels = np.array(self.labels, dtype=np.float32)
        if labels.shape != (len(self.sequences), len(self.tasks)):
            raise InputError(
                f"labels must have shape ({len(self.sequences)}, {len(self.tasks)}), sequences x tasks. "
                f"Got {labels.shape} instead"
            )
        infinite = np.argwhere(np.isinf(labels))
        if len(infinite):
            row, task = infinite[0]
            raise InputError(
                f"task {self.tasks[task]!r} has a label {labels[row, task]:g}; labels are finite, or NaN for unknown",
                hint=f"It is that of sequence {row}, {self.sequences.names[row]!r}.",
            )
        labels.flags.writeable = False
        object.__setattr__(self, "labels", labels)
        if callable(self.groups):
            object.__setattr__(self, "_find_groups", self.groups)
            object.__delattr__(self, "groups")
        else:
            self._set_groups(self.groups)

    def _set_groups(self, groups: ArrayLike) -> None:
        array = np.array(groups, dtype=np.int64)
        if array.shape != (len(self.sequences),):
            raise InputError(f"groups must have shape ({len(self.sequences)},). Got {array.shape} instead")
        array.flags.writeable = False
        object.__setattr__(self, "groups", array)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            # Python asks here only for what is not there: groups that nobody has needed yet.
            if name != "groups" or "_find_groups" not in self.__dict__:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            self._set_groups(self._find_groups())
            object.__delattr__(self, "_find_groups")
            return self.groups

    @classmethod
    def from_labels(
        cls, sequences: SequenceSet, labels: ArrayLike, tasks: Sequence[str], *, links: ArrayLike | None = None
    ) -> Dataset:
        """Label sequences, and find the groups that must stay together, with `links`: see `groups.group_sequences`."""
        from motifnet.sequences.splits.related import group_sequences

        check_type("sequences", sequences, SequenceSet)
        tasks = _checked_tasks(tasks)
        array = np.asarray(labels, dtype=np.float32)
        if array.shape == (len(sequences),) and len(tasks) == 1:
            array = array[:, np.newaxis]
        groups: Any = partial(group_sequences, sequences, links=links)
        return cls(sequences, array, tasks, groups)

    @classmethod
    def from_classes(
        cls,
        positives: SequenceSet,
        negatives: SequenceSet,
        *,
        task: str = "positive",
        shuffle_of: ArrayLike | None = None,
    ) -> Dataset:
        """One binary task: positives are 1, negatives are 0.

        Parameters
        ----------
        positives, negatives : SequenceSet
        task : str
        shuffle_of : int array-like of shape (len(negatives),), optional
            The positive that each negative is a shuffle of, so that they stay together. Without it a shuffle is known
            by its dinucleotide counts, from 41 known letters on.

        Raises
        ------
        InputError
            If a class is empty, or the two differ in length.
        """
        for kind, members in (("positive", positives), ("negative", negatives)):
            check_type(f"{kind}s", members, SequenceSet)
            if not len(members):
                raise InputError(f"there are no {kind} sequences")
        labels = np.repeat([1.0, 0.0], [len(positives), len(negatives)])
        both = SequenceSet.concatenate([positives, negatives])
        links = None if shuffle_of is None else [np.asarray(shuffle_of), len(positives) + np.arange(len(negatives))]
        return cls.from_labels(both, labels, (task,), links=links)

    @classmethod
    def from_dataframe(
        cls,
        frame: pd.DataFrame,
        *,
        sequence: str = "sequence",
        tasks: Sequence[str] = ("positive",),
        name: str | None = None,
    ) -> Dataset:
        """Take sequences, labels and (optionally) names from the columns of a table.

        Raises
        ------
        InputError
            If a column is missing, a label is not a number, or the sequences differ in length.
        """
        tasks = _checked_tasks(tasks)
        wanted = [sequence, *tasks, *([name] if name else [])]
        missing = [column for column in wanted if column not in frame.columns]
        if missing:
            raise InputError(
                f"the table has no column {', '.join(map(repr, missing))}",
                hint=f"Its columns are: {', '.join(map(str, frame.columns))}.",
            )
        try:
            labels = frame[list(tasks)].to_numpy(dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise InputError(f"a label in {', '.join(map(repr, tasks))} is not a number: {error}") from None
        if frame[sequence].isna().any():
            raise InputError(f"column {sequence!r} lacks {int(frame[sequence].isna().sum())} sequences")
        strings = [str(s) for s in frame[sequence]]
        names = [str(n) for n in frame[name]] if name else [str(n) for n in frame.index]
        return cls.from_labels(SequenceSet.from_strings(strings, names), labels, tasks)

    def __len__(self) -> int:
        return len(self.sequences)

    def __repr__(self) -> str:
        counts = zip(self.tasks, self.class_counts(), strict=True)
        tasks = ", ".join(f"{task}: {ones} of 1, {zeros} of 0" for task, (zeros, ones) in counts)
        return f"<Dataset: {len(self)} sequences of {self.sequences.length} bp; {tasks}>"

    def _repr_html_(self) -> str:
        from motifnet.sequences.summaries import dataset_html

        return dataset_html(self)

    def __getitem__(self, index: slice | Sequence[int] | NDArray[Any]) -> Dataset:
        return self.take(index)

    def take(self, index: ArrayLike | slice) -> Dataset:
        """The rows at these indices (or of a slice, or where a mask is True), in that order; or ``data[index]``."""
        rows = rows_at(len(self), index)
        groups: Any = self.groups[rows] if "groups" in self.__dict__ else partial(_groups_of, self, rows)
        given = None if self.given is None else self.given[rows]
        return Dataset(self.sequences.take(rows), self.labels[rows], self.tasks, groups, given)

    def split(self, *, valid: float = 0.1, test: float = 0.0, seed: int = 0) -> Split:
        """Divide into train, validation and test: groups stay whole, class shares are kept (`splits.assign_groups`).

        A split that came with the data is kept to; fractions decide on parts that it does not have.

        Parameters
        ----------
        valid, test : float
            Fractions of the sequences, each in [0, 1), together below 1.
        seed : int
            Same seed, same data: same split.

        Raises
        ------
        InputError
            If the fractions make no sense, or a part that was asked for would lack a class of a task.
        """
        from motifnet.sequences.splits.random import assign_groups, complete_parts

        check_whole("seed", seed, at_least=0)
        if self.given is None:
            part = assign_groups(self, fractions=(1.0 - valid - test, valid, test), seed=seed)
        else:
            part = complete_parts(self, valid=valid, test=test, seed=seed)
        return Split(*(self.take(part == k) for k in range(3)))

    def folds(self, k: int = 5, *, seed: int = 0) -> tuple[Fold, ...]:
        """k-fold cross-validation: groups stay whole, class shares are kept; every sequence is tested once.

        Parameters
        ----------
        k : int
            At least 2.
        seed : int
            Same seed, same data: same folds.

        Raises
        ------
        InputError
            If k is below 2, or a fold would lack a class of a task.
        """
        from motifnet.sequences.splits.random import assign_folds

        check_whole("seed", seed, at_least=0)
        fold = assign_folds(self, k=k, seed=seed)
        return tuple(Fold(self.take(fold != index), self.take(fold == index)) for index in range(k))

    def class_counts(self) -> NDArray[Any]:
        """Sequences labelled 0 and 1 for each task: int array of shape (T, 2)."""
        return np.stack([(self.labels == 0).sum(axis=0), (self.labels == 1).sum(axis=0)], axis=1)


def _groups_of(data: Dataset, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    return data.groups[rows]


def _checked_tasks(tasks: Sequence[str]) -> tuple[str, ...]:
    names = tuple_of("tasks", tasks, str)
    if len(set(names)) < len(names):
        repeated = next(name for name in names if names.count(name) > 1)
        raise InputError(f"two tasks are named {repeated!r}", hint="Each task has a name of its own.")
    return names
