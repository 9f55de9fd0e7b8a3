"""Random splits: whole groups of related sequences are assigned to training, validation and test, or to folds."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import InputError, quoted

logger = logging.getLogger("motifnet")

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Labels = NDArray[np.float32]

PARTS = ("train", "valid", "test")
_GROUPS_HINT = "Related sequences (duplicates, a shared 40-mer, a sequence and its shuffle) stay in one part. "


def assign_groups(
    labels: Labels,
    groups: Ints,
    *,
    fractions: Sequence[float],
    seed: int,
    tasks: Sequence[str],
    parts: Sequence[str] = ("training part", "validation part", "test part"),
) -> Ints:
    """Assign whole groups to training, validation and test, stratified by the classes of all tasks.

    Groups are assigned greedily, the largest first, those of equal size in random order, each to the part where it most
    reduces the sum of (count - target)^2 / target over the number of sequences and all classes of all tasks. The target
    of a part is at least one sequence of each class, however small its fraction. Classes are the labels 0 and 1 of a
    task, or all known labels of a task with other values.

    Takes labels ``(N, T)``, groups ``(N,)`` from `group_sequences`, and the fractions of training (above 0), validation
    and test, with sum 1; `tasks` and `parts` are names for messages. Returns indices into `PARTS`, ``(N,)``. Raises
    InputError if the fractions are invalid, or a part with a fraction above 0 would be empty or lack a class of a task.
    """
    shares = _checked_fractions(fractions)
    names, classes = _classes(labels, tasks)
    used = np.flatnonzero(shares > 0)
    group, members = _group_members(groups, classes)
    totals = classes.sum(axis=0)
    # At least one sequence of a class in each part, if there are enough; training yields the rest.
    targets = np.maximum(shares[used, np.newaxis] * totals, np.minimum(1, totals / len(used)))
    targets[0] = np.maximum(totals - targets[1:].sum(axis=0), np.minimum(1, totals / len(used)))
    part: Ints = used[_assign(members, targets, np.random.default_rng(seed))][group].astype(np.int64)
    for index in used:
        counts = classes[part == index].sum(axis=0)
        if not counts.all():
            lacking = int(counts.argmin())
            raise InputError(
                f"the {parts[int(index)]} would have no {names[lacking]} ({int(totals[lacking])} in the data; "
                f"{len(part)} sequences in {len(members)} group{'s' * (len(members) != 1)})",
                hint=_GROUPS_HINT + "Add sequences, change the fractions, or provide test files.",
            )
    return part


def assign_folds(labels: Labels, groups: Ints, *, k: int, seed: int, tasks: Sequence[str]) -> Ints:
    """Assign whole groups to k folds of equal size, stratified as in `assign_groups`: folds from 0, shape (N,).

    Raises InputError if k is below 2, or a fold would lack a class of a task.
    """
    if k < 2:
        raise InputError(f"k must be at least 2. Got {k} instead")
    names, classes = _classes(labels, tasks)
    group, members = _group_members(groups, classes)
    targets = np.tile(np.maximum(classes.sum(axis=0), 1) / k, (k, 1))
    fold = _assign(members, targets, np.random.default_rng(seed))[group].astype(np.int64)
    for index in range(k):
        counts = classes[fold == index].sum(axis=0)
        if not counts.all():
            raise InputError(
                f"fold {index} of {k} would have no {names[int(counts.argmin())]}",
                hint=_GROUPS_HINT + "Use fewer folds, or add sequences.",
            )
    return fold


def remove_related(part: Ints, groups: Ints) -> Ints:
    """Remove from each part the sequences that are related to a sequence of a later part; their number is logged.

    `part` has indices into `PARTS`, shape (N,); it is returned with -1 for the sequences removed.
    """
    latest = np.full(int(groups.max(initial=-1)) + 1, -1)
    np.maximum.at(latest, groups, part)
    is_removed = part < latest[groups]
    if is_removed.any():
        logger.info(
            "removed %d training or validation sequences that are related to validation or test sequences (duplicates "
            "on either strand, a shared 40-mer)",
            is_removed.sum(),
        )
    return np.where(is_removed, -1, part)


def complete_parts(
    part: Ints, labels: Labels, groups: Ints, *, fractions: tuple[float, float], seed: int, tasks: Sequence[str]
) -> Ints:
    """Assign groups of training sequences to validation and test if these parts are empty; see `assign_groups`.

    `part` has indices into `PARTS`, or -1, shape (N,). `fractions` are those of validation and test.
    """
    valid, test = (0.0 if (part == k).any() else fraction for k, fraction in enumerate(fractions, start=1))
    rows, completed = np.flatnonzero(part == 0), part.copy()
    if len(rows):
        shares = (1.0 - valid - test, valid, test)
        completed[rows] = assign_groups(labels[rows], groups[rows], fractions=shares, seed=seed, tasks=tasks)
    return completed


def _checked_fractions(fractions: Sequence[float]) -> Floats:
    shares = np.array(fractions, dtype=np.float64)
    shares[np.abs(shares) < 1e-9] = 0.0  # rounding error of 1 - valid - test
    if shares.shape != (3,) or not (shares >= 0).all() or shares[0] <= 0 or abs(shares.sum() - 1) > 1e-6:
        raise InputError(
            "valid and test must be fractions of at least 0 with a sum below 1. "
            f"Got {', '.join(f'{name} {share:g}' for name, share in zip(PARTS, shares, strict=False))} instead"
        )
    return shares


def _classes(labels: Labels, tasks: Sequence[str]) -> tuple[list[str], Floats]:
    """Names of all classes present, and membership ``(N, classes)``, 0 or 1; the first class is all sequences."""
    names, columns = ["sequences"], [np.ones(len(labels))]
    for task, own in zip(tasks, labels.T, strict=True):
        known = np.isfinite(own)
        if not np.isin(own[known], (0, 1)).all():
            names.append(f"sequences with a label of task {quoted(task)}")
            columns.append(known.astype(np.float64))
            continue
        for value in (0, 1):
            names.append(f"sequences labelled {value} in task {quoted(task)}")
            columns.append((own == value).astype(np.float64))
    classes = np.stack(columns, axis=1)
    present = np.flatnonzero(classes.any(axis=0))
    return [names[column] for column in present], classes[:, present]


def _group_members(groups: Ints, classes: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Group number of each sequence, from 0, and the sequences of each class in each group ``(groups, classes)``."""
    found, group = np.unique(groups, return_inverse=True)
    members = np.zeros((len(found), classes.shape[1]))
    np.add.at(members, group, classes)
    return group, members


def _assign(members: Floats, targets: Floats, rng: np.random.Generator) -> NDArray[np.intp]:
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
