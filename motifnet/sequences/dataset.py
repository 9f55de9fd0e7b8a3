"""`Dataset`: labelled sequences and groups of related ones; `Split`: its training, validation and test parts."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motifnet.arguments import check_integer, check_type, tuple_of
from motifnet.errors import InputError, listed, quoted
from motifnet.html import summary_html, table_html
from motifnet.sequences.sequence_set import SequenceSet, rows_at
from motifnet.sequences.splits.random import PARTS, assign_folds, complete_parts, remove_related
from motifnet.sequences.splits.related import group_sequences

if TYPE_CHECKING:
    import pandas as pd

Ints = NDArray[np.int64]

#: Other columns of the tables in which each task has a column: predictions and k-mers.
RESERVED = frozenset(("name", "index", "sequence_index", "split", "(k-mer)"))
_LABEL = "label_"
#: Unicode categories of characters that names of tasks cannot have.
_CONTROLS = frozenset(("Cc", "Cs", "Zl", "Zp"))


class Grouping:
    """Groups of related sequences, computed when first needed: `find` returns the group of each sequence, (N,)."""

    def __init__(self, find: Callable[[], Ints]) -> None:
        self._find = find

    @cached_property
    def groups(self) -> Ints:
        """Group of each sequence, int64 array of shape (N,), read-only."""
        groups = np.array(self._find(), dtype=np.int64)
        groups.flags.writeable = False
        return groups

    def take(self, rows: Ints) -> Grouping:
        """Groups of these sequences, as they are in the whole."""
        is_known = "groups" in vars(self)  # then the sequences of the whole need not be kept
        return Grouping(partial(np.take, self.groups, rows) if is_known else partial(_groups_at, self, rows))


def _groups_at(whole: Grouping, rows: Ints) -> Ints:
    return whole.groups[rows]


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Labelled sequences.

    Parameters
    ----------
    sequences : SequenceSet of N sequences
    labels : float array of shape (N, T)
        0 or 1, real values, or NaN for unknown. Made read-only.
    tasks : sequence of str, of length T
        Different names; not those of other columns in tables of predictions (`RESERVED`).
    grouping : int array of shape (N,), optional
        Group of each sequence; sequences of one group stay in one part of a split. By default all sequences are
        compared to find related ones (`group_sequences`), when groups are first needed.
    given : str array of shape (N,), optional
        "train", "valid" or "test": the split that was read with the data, which `split` keeps.

    Raises
    ------
    InputError
        If an array has another shape, a label is infinite, a part of the given split is unknown, or two tasks have the
        same name or one has an invalid name.
    """

    sequences: SequenceSet
    labels: NDArray[np.float32]
    tasks: tuple[str, ...]
    grouping: Grouping | ArrayLike | None = None
    given: NDArray[np.str_] | None = None

    def __post_init__(self) -> None:
        check_type("sequences", self.sequences, SequenceSet)
        tasks, n = _checked_tasks(self.tasks), len(self.sequences)
        grouping, given = self.grouping, self.given
        if grouping is None:
            grouping = Grouping(partial(group_sequences, self.sequences))
        elif not isinstance(grouping, Grouping):
            groups = np.asarray(grouping, dtype=np.int64)
            if groups.shape != (n,):
                raise InputError(f"groups must have shape ({n},). Got {groups.shape} instead")
            grouping = Grouping(partial(np.asarray, groups))
        if given is not None:
            given = np.array(given, dtype=np.str_)
            if given.shape != (n,) or not np.isin(given, PARTS).all():
                raise InputError(f"given must be {n} names of parts: {', '.join(PARTS)}")
            given.flags.writeable = False
        labels = _checked_labels(self.labels, self.sequences, tasks)
        for name, value in {"tasks": tasks, "labels": labels, "grouping": grouping, "given": given}.items():
            object.__setattr__(self, name, value)

    @classmethod
    def from_labels(
        cls, sequences: SequenceSet, labels: ArrayLike, tasks: Sequence[str], *, links: ArrayLike | None = None
    ) -> Dataset:
        """Make a dataset from labels.

        Parameters
        ----------
        sequences : SequenceSet of N sequences
        labels : float array-like of shape (N, T), or (N,) for one task
        tasks : sequence of str, of length T
        links : int array-like of shape (2, n), optional
            Pairs of sequences that are known to be related; see `group_sequences`.
        """
        check_type("sequences", sequences, SequenceSet)
        tasks = _checked_tasks(tasks)
        array = np.asarray(labels, dtype=np.float32)
        if array.shape == (len(sequences),) and len(tasks) == 1:
            array = array[:, np.newaxis]
        return cls(sequences, array, tasks, Grouping(partial(group_sequences, sequences, links=links)))

    @classmethod
    def from_classes(
        cls,
        positives: SequenceSet,
        negatives: SequenceSet,
        *,
        task: str = "positive",
        shuffle_of: ArrayLike | None = None,
    ) -> Dataset:
        """Make a dataset of one binary task: positives are labelled 1, negatives 0.

        Parameters
        ----------
        positives, negatives : SequenceSet
        task : str
        shuffle_of : int array-like of shape (len(negatives),), optional
            Row of the positive that each negative is a shuffle of, to keep both in one part of a split. By default
            shuffles of at least 41 known bases are recognised by their dinucleotide counts.

        Raises
        ------
        InputError
            If a class is empty, or their lengths differ.
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
        """Make a dataset from a table.

        Parameters
        ----------
        frame : DataFrame
        sequence : str
            Column of the sequences.
        tasks : sequence of str
            Columns of the labels.
        name : str, optional
            Column of the sequences' names; the index by default.

        Raises
        ------
        InputError
            If a column is missing, a label is not a number, or the sequences differ in length.
        """
        tasks = _checked_tasks(tasks)
        used = [sequence, *tasks, *([name] if name else [])]
        missing = [column for column in used if column not in frame.columns]
        if missing:
            raise InputError(
                f"the table has no column {', '.join(map(quoted, missing))}",
                hint=f"Its columns are: {listed(frame.columns)}.",
            )
        try:
            labels = frame[list(tasks)].to_numpy(dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise InputError(f"a label in {listed(map(quoted, tasks))} is not a number: {error}") from None
        if n_missing := int(frame[sequence].isna().sum()):
            raise InputError(f"column {quoted(sequence)} is empty in {n_missing} of {len(frame)} rows")
        names = map(str, frame[name] if name else frame.index)
        return cls.from_labels(SequenceSet.from_strings(list(map(str, frame[sequence])), list(names)), labels, tasks)

    def __len__(self) -> int:
        return len(self.sequences)

    def __repr__(self) -> str:
        counts = zip(self.tasks, self.class_counts(), strict=True)
        tasks = ", ".join(f"{task}: {ones} of 1, {zeros} of 0" for task, (zeros, ones) in counts)
        return f"<Dataset: {len(self)} sequences of {self.sequences.length} bp; {tasks}>"

    def _repr_html_(self) -> str:
        facts = {"sequences": f"{len(self):,}", "length": f"{self.sequences.length:,} bp", "tasks": len(self.tasks)}
        known = self.labels[~np.isnan(self.labels)]
        are_classes = bool(np.isin(known, (0, 1)).all())
        columns = ("task", "1", "0", "unknown") if are_classes else ("task", "mean", "from", "to", "unknown")
        rows = self._count_rows() if are_classes else self._range_rows()
        return summary_html("Dataset", facts, table_html(columns, rows, n_rows=len(self.tasks)))

    def _count_rows(self) -> Iterator[tuple[str, ...]]:
        for task, (zeros, ones) in zip(self.tasks, self.class_counts(), strict=True):
            yield task, f"{ones:,}", f"{zeros:,}", f"{len(self) - zeros - ones:,}"

    def _range_rows(self) -> Iterator[tuple[str, ...]]:
        for task, labels in zip(self.tasks, self.labels.T, strict=True):
            known = labels[~np.isnan(labels)]
            values = [f"{f(known):.4g}" for f in (np.mean, np.min, np.max)] if len(known) else ["", "", ""]
            yield task, *values, f"{len(labels) - len(known):,}"

    def __getitem__(self, index: slice | Sequence[int] | NDArray[Any]) -> Dataset:
        return self.take(index)

    @property
    def groups(self) -> Ints:
        """Group of each sequence, int64 array of shape (N,): related sequences have the same group."""
        assert isinstance(self.grouping, Grouping)
        return self.grouping.groups

    def take(self, index: ArrayLike | slice) -> Dataset:
        """Select rows by indices, a slice or a mask, in that order; the same as ``data[index]``."""
        assert isinstance(self.grouping, Grouping)
        rows = rows_at(len(self), index)
        given = None if self.given is None else self.given[rows]
        return Dataset(self.sequences.take(rows), self.labels[rows], self.tasks, self.grouping.take(rows), given)

    def class_counts(self) -> Ints:
        """Number of sequences labelled 0 and 1 in each task: int array of shape (T, 2)."""
        return np.stack([(self.labels == 0).sum(axis=0), (self.labels == 1).sum(axis=0)], axis=1)

    def split(self, *, valid: float = 0.1, test: float = 0.0, seed: int = 0) -> Split:
        """Split at random into training, validation and test sequences.

        Related sequences stay in one part, and the classes of each task have the same fractions in each part (see
        `assign_groups`). A split that was read with the data is kept; only parts that it lacks are random. `split_data`
        also splits by chromosome, or like an earlier model.

        Parameters
        ----------
        valid, test : float
            Fractions of the sequences, each in [0, 1), with a sum below 1.
        seed : int
            Same seed, same data: same split.

        Raises
        ------
        InputError
            If the fractions are invalid, or a part with a fraction above 0 would lack a class of a task.
        """
        check_integer("seed", seed, at_least=0)
        part = np.zeros(len(self), dtype=np.int64)
        if self.given is not None:
            part = remove_related(np.select([self.given == name for name in PARTS], range(len(PARTS))), self.groups)
        fractions = (valid, test)
        part = complete_parts(part, self.labels, self.groups, fractions=fractions, seed=seed, tasks=self.tasks)
        return Split.from_parts(self, part)

    def folds(self, k: int = 5, *, seed: int = 0) -> tuple[Split, ...]:
        """Split for k-fold cross-validation: each sequence is in the test part of one of k splits.

        Related sequences stay in one fold, and the classes of each task have the same fractions in each fold. The
        validation parts are empty.

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
        check_integer("seed", seed, at_least=0)
        fold = assign_folds(self.labels, self.groups, k=k, seed=seed, tasks=self.tasks)
        test = PARTS.index("test")
        return tuple(Split.from_parts(self, np.where(fold == number, test, 0)) for number in range(k))


@dataclass(frozen=True, eq=False, repr=False)
class Split:
    """Training, validation and test sequences; related sequences are in one part only.

    Iterating gives the three parts: ``train, valid, test = split``.

    Parameters
    ----------
    train, valid, test : Dataset
        Any of them may be empty.
    rows : tuple of three int64 arrays, optional
        Rows of the original dataset in each part; by default each part is a dataset of its own, with rows from 0.
    """

    train: Dataset
    valid: Dataset
    test: Dataset
    rows: tuple[Ints, ...] = ()

    def __post_init__(self) -> None:
        rows = tuple(np.array(own) for own in self.rows or (np.arange(len(part)) for part in self))
        for own in rows:
            own.flags.writeable = False
        object.__setattr__(self, "rows", rows)

    @classmethod
    def from_parts(cls, data: Dataset, part: ArrayLike) -> Split:
        """Divide a dataset.

        Parameters
        ----------
        data : Dataset of N sequences
        part : int array-like of shape (N,)
            0, 1 or 2 for training, validation and test; other sequences are left out.
        """
        rows = tuple(np.flatnonzero(np.asarray(part) == k) for k in range(len(PARTS)))
        train, valid, test = (replace(data.take(own), given=None) for own in rows)
        return cls(train, valid, test, rows)

    def __iter__(self) -> Iterator[Dataset]:
        return iter((self.train, self.valid, self.test))

    def __repr__(self) -> str:
        return f"<Split: {', '.join(f'{len(part)} {name}' for name, part in zip(PARTS, self, strict=True))}>"

    def with_test(self, test: Dataset) -> Split:
        """The same training and validation sequences with test sequences of another dataset."""
        return Split(self.train, self.valid, test, (*self.rows[:2], np.arange(len(test))))


def _checked_labels(labels: ArrayLike, sequences: SequenceSet, tasks: Sequence[str]) -> NDArray[np.float32]:
    array = np.array(labels, dtype=np.float32)
    if array.shape != (len(sequences), len(tasks)):
        raise InputError(
            f"labels must have shape ({len(sequences)}, {len(tasks)}), sequences x tasks. Got {array.shape} instead"
        )
    infinite = np.argwhere(np.isinf(array))
    if len(infinite):
        row, task = infinite[0]
        raise InputError(
            f"sequence {quoted(sequences.names[row])} (row {row}) has label {array[row, task]:g} "
            f"in task {quoted(tasks[task])}",
            hint="Labels must be finite, or NaN for unknown.",
        )
    array.flags.writeable = False
    return array


def _checked_tasks(tasks: Sequence[str]) -> tuple[str, ...]:
    names = tuple_of("tasks", tasks, str)
    if len(set(names)) < len(names):
        repeated = next(name for name in names if names.count(name) > 1)
        raise InputError(f"two tasks are named {quoted(repeated)}", hint="Give each task a different name.")
    for name in names:
        if problem := task_problem(name, names):
            raise InputError(problem, hint="Give the task another name.")
    return names


def task_problem(name: str, tasks: Collection[str]) -> str | None:
    """Why a name cannot be that of one of these tasks, for which tables have columns; None if it can."""
    if not name.strip():
        return "a task must have a name"
    if name in RESERVED or (name.startswith(_LABEL) and name.removeprefix(_LABEL) in tasks):
        return f"a task cannot have the name {quoted(name)}: tables of predictions have another column of this name"
    if '"' in name or any(unicodedata.category(char) in _CONTROLS for char in name):
        return f"the name of task {quoted(name)} has a quotation mark, a line break or another control character"
    return None
