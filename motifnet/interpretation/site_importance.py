"""Importance of sites: increase of the loss on held-out sequences if the bases of the sites of a motif are shuffled.

This is for motifs from attributions; `importance` is for motifs from filters. The bases of the best site of the motif
in each sequence are permuted, and the network predicts the changed sequence. For comparison, windows of the same width
at random positions of the same sequences, which do not overlap the site, are permuted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.interpretation.importance import RANDOM_GROUPS, Predictions, measure
from motifnet.models.sequence_model import SequenceModel
from motifnet.progress import report
from motifnet.sequences.alphabet import Codes
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet

Ints = NDArray[np.int64]


def site_importance(
    model: SequenceModel,
    data: Dataset,
    sites: Sequence[tuple[Ints, Ints, int]],
    *,
    draws: int = 5,
    seed: int = 0,
) -> pd.DataFrame:
    """Measure the increase of the loss of the network without the sites of motifs.

    Parameters
    ----------
    model : SequenceModel
    data : Dataset
        Held-out sequences with the tasks of the model.
    sites : sequence of G tuples
        For each motif: rows of the sequences with a site, the start of the site in each, and the width of the motif.
    draws : int
        Number of permutations of each site; results are averaged over them.
    seed : int
        Seed of permutations, random positions and resamples.

    Returns
    -------
    DataFrame
        As that of `importance`; the columns of random groups are those of random positions.
    """
    rng, codes = np.random.default_rng(seed), data.sequences.codes
    whole = model.predict(data.sequences, part="network")

    def without(rows: Ints, starts: Ints, width: int) -> Predictions:
        """Predictions ``(N, T)`` with permuted windows in some sequences."""
        predictions = whole.copy()
        if len(rows):
            changed = _permuted(codes[rows], starts, width, rng)
            predictions[rows] = model.predict(SequenceSet([""] * len(rows), changed), part="network")
        return predictions

    shuffled, random = [np.stack([whole] * draws)], []
    for done, (rows, starts, width) in enumerate(sites, start=1):
        shuffled.append(np.stack([without(rows, starts, width) for _ in range(draws)]))
        for _ in range(RANDOM_GROUPS):
            elsewhere = _elsewhere(starts, width, codes.shape[1], rng)
            random.append(without(rows, elsewhere, width)[np.newaxis])
        report("importance", done, len(sites))
    after, after_random = np.stack(shuffled), np.stack(random)
    random_of_group = RANDOM_GROUPS * np.arange(len(sites))[:, np.newaxis] + np.arange(RANDOM_GROUPS)
    tables = []
    for task, name in enumerate(data.tasks):
        ours = after[..., task], after_random[..., task]
        measured = measure(ours, random_of_group, data.labels[:, task], data.groups, model.spec.outputs, seed)
        tables.append(pd.DataFrame({"group": np.arange(len(sites)), "task": name, **measured}))
    return pd.concat(tables).sort_values("group", kind="stable", ignore_index=True)


def _permuted(codes: Codes, starts: Ints, width: int, rng: np.random.Generator) -> Codes:
    """Sequences ``(n, L)`` with the letters of a window of each permuted."""
    changed, columns = codes.copy(), starts[:, np.newaxis] + np.arange(width)
    rows = np.arange(len(codes))[:, np.newaxis]
    changed[rows, columns] = rng.permuted(changed[rows, columns], axis=1)
    return changed


def _elsewhere(starts: Ints, width: int, length: int, rng: np.random.Generator) -> Ints:
    """Random starts of windows that do not overlap those given; any start where no such window fits."""
    n_before = np.maximum(starts - width + 1, 0)
    n_after = np.maximum(length - 2 * width + 1 - starts, 0)
    n_free = n_before + n_after
    chosen = rng.integers(0, np.maximum(n_free, 1))
    beside = np.where(chosen < n_before, chosen, starts + width + chosen - n_before)
    return np.where(n_free > 0, beside, rng.integers(0, length - width + 1, len(starts)))
