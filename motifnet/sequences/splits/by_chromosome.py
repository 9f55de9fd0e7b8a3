"""Splits by chromosome, read from the names of sequences."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import InputError
from motifnet.sequences.input_spec import SplitSpec
from motifnet.sequences.splits.random import PARTS, assign_groups

logger = logging.getLogger("motifnet")

Ints = NDArray[np.int64]


def assign_chromosomes(
    chrom: NDArray[np.object_],
    labels: NDArray[np.float32],
    splits: SplitSpec,
    *,
    fractions: tuple[float, float],
    seed: int,
    tasks: Sequence[str],
) -> Ints:
    """Assign whole chromosomes to training, validation and test.

    Parameters
    ----------
    chrom : str array of shape (N,)
        Chromosome of each sequence.
    labels : float array of shape (N, T)
    splits : SplitSpec
        Names chromosomes, or sets ``split="chromosomes"``: then chromosomes of the parts that it does not name are
        chosen as `assign_groups` chooses groups.
    fractions : (float, float)
        Fractions of validation and test for that choice.
    seed : int
    tasks : sequence of str, of length T

    Returns
    -------
    int64 array of shape (N,)
        Index into `PARTS`.

    Raises
    ------
    InputError
        If no sequence is on a chromosome that the spec names, or a part would lack a class of a task.
    """
    present, number = np.unique(chrom.astype(str), return_inverse=True)
    for name in (*splits.test_chromosomes, *splits.valid_chromosomes):
        if name not in present:
            shown = " ".join(present[:8]) + (" ..." if len(present) > 8 else "")
            raise InputError(f"no sequence is on chromosome {name!r}", hint=f"Chromosomes in the names: {shown}.")
    part = np.zeros(len(chrom), dtype=np.int64)
    part[np.isin(chrom, splits.valid_chromosomes)] = 1
    part[np.isin(chrom, splits.test_chromosomes)] = 2
    if splits.split == "chromosomes":
        valid, test = (0.0 if (part == k).any() else fraction for k, fraction in enumerate(fractions, start=1))
        rows = np.flatnonzero(part == 0)
        if len(rows) and valid + test > 0:
            shares = (1 - valid - test, valid, test)
            part[rows] = assign_groups(labels[rows], number[rows], fractions=shares, seed=seed, tasks=tasks)
    chosen = {name: " ".join(present[np.unique(number[part == k])]) for k, name in enumerate(PARTS[1:], start=1)}
    logger.info("chromosomes of %s", "; ".join(f"{name}: {names}" for name, names in chosen.items() if names))
    return part
