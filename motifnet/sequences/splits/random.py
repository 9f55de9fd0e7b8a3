"""How whole groups of sequences are divided into train, validation and test, or into folds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import InputError

if TYPE_CHECKING:
    from motifnet.sequences.dataset import Dataset

Ints = NDArray[np.int64]

PARTS = ("train", "valid", "test")


def assign_groups(data: Dataset, *, fractions: Sequence[float], seed: int) -> Ints:
    """Divide whole groups into train, validation and test, each with its share of every class.

    The largest groups are placed first, so that a giant one goes to train; those of one size in random order. Each goes
    where it brings the counts nearest to what was asked: the squared distance over all classes of all tasks and over
    the number of sequences, each relative to its target. A part that was asked for is meant to get at least one
    sequence of every class, however small its fraction.

    Parameters
    ----------
    data : Dataset
    fractions : three floats
        Shares of train, validation and test: none negative, train above 0, together 1.
    seed : int
        Same seed, same data: same parts.

    Returns
    -------
    int64 array of shape (N,)
        0, 1 or 2: train, validation or test.

    Raises
    ------
    InputError
        If the fractions make no sense, or a part that was asked for would be empty or lack a class (0 or 1) of a task.
    """
    shares = _checked_fractions(fractions)
    names, classes = _classes(data)
    asked = np.flatnonzero(shares > 0)
    groups, group = np.unique(data.groups, return_inverse=True)
    members = np.zeros((len(groups), len(names)))
    np.add.at(members, group, classes)
    totals = classes.sum(axis=0)
    # Each part's target is at least one sequence of a class (if there is one for every part); train yields the rest.
    targets = np.maximum(shares[asked, None] * totals, np.minimum(1, totals / len(asked)))
    targets[0] = np.maximum(totals - targets[1:].sum(axis=0), np.minimum(1, totals / len(asked)))
    part_of_group = asked[_place(members, targets, np.random.default_rng(seed))]
    part = part_of_group[group].astype(np.int64)
    _check_parts(part, asked, names, classes, n_groups=len(groups))
    return part


def assign_folds(data: Dataset, *, k: int, seed: int) -> Ints:
    """Divide whole groups into k folds of one size, each with its share of every class, as `assign_groups` does.

    Parameters
    ----------
    data : Dataset
    k : int
        At least 2.
    seed : int

    Returns
    -------
    int64 array of shape (N,)
        Fold of each sequence, from 0.

    Raises
    ------
    InputError
        If k is below 2, or a fold would lack a class (0 or 1) of a task.
    """
    if k < 2:
        raise InputError(f"k must be at least 2 folds. Got {k} instead")
    names, classes = _classes(data)
    group = np.unique(data.groups, return_inverse=True)[1]
    members = np.zeros((int(group.max(initial=-1)) + 1, len(names)))
    np.add.at(members, group, classes)
    targets = np.tile(np.maximum(classes.sum(axis=0), 1) / k, (k, 1))
    fold = _place(members, targets, np.random.default_rng(seed))[group].astype(np.int64)
    for index in range(k):
        counts = classes[fold == index].sum(axis=0)
        if (counts == 0).any():
            raise InputError(
                f"fold {index} of {k} would have no {names[int(counts.argmin())]}",
                hint="Groups (duplicates, a shared 40-mer, a sequence and its shuffle) are never divided: ask for "
                "fewer folds, or give more sequences.",
            )
    return fold


def crosses(groups: Ints, given: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Which sequences of a given split belong together with one of a later part, of `PARTS`.

    Parameters
    ----------
    groups : int array of shape (N,)
        As in `Dataset`.
    given : str array of shape (N,)
        "train", "valid" or "test".

    Returns
    -------
    bool array of shape (N,)
    """
    part = np.array([PARTS.index(name) for name in given.tolist()], dtype=np.int64)
    last = np.zeros(int(groups.max(initial=-1)) + 1, dtype=np.int64)
    np.maximum.at(last, groups, part)
    return np.asarray(part < last[groups])


def complete_parts(data: Dataset, *, valid: float, test: float, seed: int) -> Ints:
    """`assign_groups` where the split is given: what it lacks, validation or test, is taken from its train part."""
    assert data.given is not None
    part = np.array([PARTS.index(name) for name in data.given.tolist()], dtype=np.int64)
    valid, test = (0.0 if (part == k).any() else share for k, share in ((1, valid), (2, test)))
    train = np.flatnonzero(part == 0)
    if len(train) and valid + test > 0:
        part[train] = assign_groups(data.take(train), fractions=(1.0 - valid - test, valid, test), seed=seed)
    return part


def _checked_fractions(fractions: Sequence[float]) -> NDArray[np.float64]:
    shares = np.array(fractions, dtype=np.float64)
    shares[np.abs(shares) < 1e-9] = 0.0  # 1 - valid - test leaves rounding behind
    if shares.shape != (3,) or not (shares >= 0).all() or shares[0] <= 0 or abs(shares.sum() - 1) > 1e-6:
        raise InputError(
            "valid and test must be fractions from 0 to 1 that leave something to train on. "
            f"Got {', '.join(f'{name} {share:g}' for name, share in zip(PARTS, shares, strict=False))} instead"
        )
    return shares


def _classes(data: Dataset) -> tuple[list[str], NDArray[np.float64]]:
    """What is counted in each part: names of the columns, and a 0/1 array (N, columns), the first of all sequences."""
    names, columns = ["sequences"], [np.ones(len(data))]
    for task, labels in zip(data.tasks, data.labels.T, strict=True):
        known = np.isfinite(labels)
        if not np.isin(labels[known], (0, 1)).all():
            names.append(f"sequences with a label of task {task!r}")
            columns.append(known.astype(np.float64))
            continue
        for value in (0, 1):
            names.append(f"sequences labelled {value} in task {task!r}")
            columns.append((labels == value).astype(np.float64))
    classes = np.stack(columns, axis=1)
    present = np.flatnonzero(classes.any(axis=0))
    return [names[column] for column in present], classes[:, present]


def _place(members: NDArray[np.float64], targets: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.intp]:
    """Part of each group, by greedy descent of the sum of (count - target)^2 / target."""
    order = rng.permutation(len(members))
    order = order[np.argsort(-members[order, 0], kind="stable")]
    part = np.zeros(len(members), dtype=np.intp)
    need = targets.copy()
    for index in order:
        group = members[index]
        best = int((group * (group - 2 * need) / targets).sum(axis=1).argmin())
        part[index] = best
        need[best] -= group
    return part


def _check_parts(
    part: Ints, asked: NDArray[np.intp], names: list[str], classes: NDArray[np.float64], *, n_groups: int
) -> None:
    for index in asked:
        counts = classes[part == index].sum(axis=0)
        lacking = np.flatnonzero(counts == 0)
        if len(lacking):
            raise InputError(
                f"the {PARTS[index]} part would have no {names[lacking[0]]}: there are "
                f"{int(classes[:, lacking[0]].sum())} among {len(part)} sequences in {n_groups} groups",
                hint="Groups (duplicates, a shared 40-mer, a sequence and its shuffle) are never divided: give more "
                "sequences, or larger or fewer fractions, or held-out files of your own.",
            )
