"""Interactions in the model of pairs of motifs that occur together or have a preferred spacing: spacing.tsv."""

from __future__ import annotations

import numpy as np
import pandas as pd

from motifnet.interpretation.readout import Readout
from motifnet.interpretation.spacing import fitting_gap, pair_bases, spacing_table
from motifnet.interpretation.tables.columns import SPACING_COLUMNS
from motifnet.models.sequence_model import SequenceModel
from motifnet.motifs.extraction_spec import EVALUE
from motifnet.motifs.statistics.contrast import is_high
from motifnet.motifs.statistics.pairs import spacing_counts

#: Maximum number of pairs in spacing.tsv and of background sequences, and largest gap in bp. For each pair,
#: MOST_BACKGROUNDS * (8 * (LARGEST_GAP + 1) + 2) sequences are predicted: three pairs take less than 3 % of the CPU
#: time of `discover` on 6,400 sequences of 101 bp.
MOST_PAIRS = 3
MOST_BACKGROUNDS = 12
LARGEST_GAP = 20


def spacing_of_pairs(model: SequenceModel, found: Readout, pairs: pd.DataFrame) -> pd.DataFrame:
    """Interactions of the most significant pairs of `pairs` (pairs.tsv), at most `MOST_PAIRS`.

    Motifs are planted into held-out negatives. Sites are counted in held-out positives.

    Returns
    -------
    DataFrame
        The columns `SPACING_COLUMNS`, for the tasks of both motifs; empty without significant pairs or negatives.
    """
    empty = pd.DataFrame(columns=list(SPACING_COLUMNS))
    best = pairs[["e_value", "spacing_e_value"]].min(axis=1).astype(np.float64)
    chosen = pairs[best <= EVALUE].iloc[best[best <= EVALUE].argsort(kind="stable")][:MOST_PAIRS]
    held_out = found.held_out
    if held_out is None or not len(chosen):
        return empty
    is_positive = is_high(held_out.data.labels)
    rng = np.random.default_rng(model.training.seed)
    negatives = rng.permutation(np.flatnonzero(~is_positive))[:MOST_BACKGROUNDS]
    codes = held_out.data.sequences.take(np.sort(negatives)).codes
    if not len(codes):
        return empty
    model = model.for_length(codes.shape[1])
    positives, has_site = held_out.take(is_positive), held_out.has_site(found.thresholds)[is_positive]
    tables = [empty]
    for names in zip(chosen["motif"], chosen["other"], strict=True):
        first, second = (found.motifs.names.index(name) for name in names)
        motifs = found.motifs[first], found.motifs[second]
        max_gap = min(fitting_gap(motifs, codes.shape[1]), LARGEST_GAP)
        if max_gap < 0:
            continue
        counts = spacing_counts(positives, has_site, (first, second), max_gap=max_gap)
        table = spacing_table(model, names, pair_bases(motifs, len(codes)), codes, max_gap=max_gap, counts=counts)
        tasks = {model.spec.tasks[found.tasks[index]] for index in (first, second)}
        tables.append(table[table["task"].isin(tasks)])
    return pd.concat(tables[len(tables) > 1 :], ignore_index=True)
