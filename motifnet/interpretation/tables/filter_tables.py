"""Tables of the sources of the motifs: filters.tsv, patterns.tsv, contributions of patterns, and importance.tsv."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd

from motifnet.interpretation.importance import importance
from motifnet.interpretation.readout import Readout, sample_rows
from motifnet.interpretation.site_importance import site_importance
from motifnet.interpretation.tables.columns import (
    CONTRIBUTION_COLUMNS,
    FILTER_COLUMNS,
    IMPORTANCE_COLUMNS,
    PATTERN_COLUMNS,
)
from motifnet.models.sequence_model import SequenceModel
from motifnet.motifs.alignment import align_motifs
from motifnet.motifs.learned.clustering import MAX_SHIFT
from motifnet.motifs.learned.extraction import MotifInstances
from motifnet.motifs.learned.sites import FilterBank, WindowScan
from motifnet.motifs.motif import Floats, Motif, Strands
from motifnet.motifs.scanning.pwm import best_sites
from motifnet.motifs.statistics.contrast import is_high, rank_correlation, sample
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet

logger = logging.getLogger("motifnet")

#: From this fraction of the family's motif, by information, in its own columns, a filter has the complete motif.
COMPLETE = 0.8
#: Held-out sequences on which importance is measured, at most: the network reads each several hundred times.
MAX_MEASURED = 20_000


def filter_table(filters: FilterBank, readout: Readout) -> pd.DataFrame:
    """One row per filter: the columns `FILTER_COLUMNS`."""
    instances = tuple(each for each in readout.instances if not each.is_pattern)
    fidelities = np.full(len(instances), np.nan)
    if readout.held_out is not None:
        fidelities = fidelity(filters, instances, readout.held_out.data.sequences)
    completenesses = completeness(readout)
    rows = []
    for index, each in enumerate(instances):
        motif = ("inactive", "", "", np.nan)
        if each.motif is not None:
            motif = ("motif", _motifs_of(readout, index), each.motif.consensus, each.motif.total_information)
        rows.append((each.source, *motif, len(each.sites), each.threshold, fidelities[index], completenesses[index]))
    return pd.DataFrame(rows, columns=list(FILTER_COLUMNS))


def _motifs_of(readout: Readout, index: int) -> str:
    """Names of the motifs of the families of a filter or pattern."""
    named = zip(readout.motifs.names, readout.families, strict=True)
    return ", ".join(name for name, family in named if index in family.members)


def pattern_tables(readout: Readout) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per pattern, `PATTERN_COLUMNS`, and one per column of each, `CONTRIBUTION_COLUMNS`."""
    completenesses, rows, matrices = completeness(readout), [], []
    for index, each in enumerate(readout.instances):
        if each.motif is None or each.contributions is None or each.hypothetical is None:
            continue
        motif = _motifs_of(readout, index), each.motif.consensus, each.motif.total_information
        total = float(each.contributions.sum())
        rows.append((each.source, each.task, *motif, len(each.sites), total, each.threshold, completenesses[index]))
        values = np.concatenate([each.contributions, each.hypothetical]).T
        columns = pd.DataFrame(values, columns=list(CONTRIBUTION_COLUMNS)[2:])
        columns.insert(0, "position", np.arange(len(values)))
        columns.insert(0, "pattern", each.source)
        matrices.append(columns)
    table = pd.DataFrame(rows, columns=list(PATTERN_COLUMNS))
    return table, pd.concat(matrices) if matrices else pd.DataFrame(columns=list(CONTRIBUTION_COLUMNS))


def fidelity(filters: FilterBank, instances: tuple[MotifInstances, ...], sequences: SequenceSet) -> Floats:
    """Spearman correlation, over held-out sequences, of each filter's unrefined PWM with the filter itself.

    Of the PWM's best score with the filter's best pre-activation; a correlation of exponential activations would depend
    on a few sequences.

    Parameters
    ----------
    filters : FilterBank of F filters
    instances : sequence of F MotifInstances
    sequences : SequenceSet

    Returns
    -------
    float64 array of shape (F,)
        NaN for inactive filters.
    """
    result = np.full(len(instances), np.nan)
    active = {index: each.motif for index, each in enumerate(instances) if each.motif is not None}
    if len(sequences) < 3 or not active:
        return result
    by_pwm = best_sites(list(active.values()), sequences, strands=filters.strands).score
    by_filter = WindowScan(filters, sequences).best.score
    for column, index in enumerate(active):
        known = np.isfinite(by_pwm[:, column]) & np.isfinite(by_filter[:, index])
        result[index] = rank_correlation(by_pwm[known, column], by_filter[known, index])
    return result


def completeness(readout: Readout) -> Floats:
    """Fraction of the information of its family's motif in the own columns of each filter and pattern.

    The largest over its families; 0 for one whose motif changed too much in refinement (`MAX_SHIFT`); NaN for
    inactive filters.
    """
    result = np.full(len(readout.instances), np.nan)
    for family in readout.families:
        for index in family.members:
            own = readout.instances[index].motif
            assert own is not None  # members have a motif
            fraction = 0.0
            if family.shift <= MAX_SHIFT:
                fraction = covered_fraction(family.motif, own, strands=readout.motifs.strands)
            result[index] = np.nanmax([result[index], fraction])
    return result


def covered_fraction(whole: Motif, part: Motif, *, strands: Strands) -> float:
    """Fraction of the information of a motif in the columns that another one covers."""
    first = int(align_motifs([whole], [part], strands=strands).offset[0, 0])
    columns = slice(max(first, 0), max(first + part.width, 0))
    information = whole.information()
    return float(information[columns].sum() / max(information.sum(), 1e-12))


def importance_table(model: SequenceModel, readout: Readout, train: Dataset, *, layer: int) -> pd.DataFrame:
    """Importance of each family that has filters or patterns, for each task: the columns `IMPORTANCE_COLUMNS`.

    Empty without held-out sequences. Families with filters also need negatives in `train`, whose maps replace those of
    the filters; for families that have only patterns, the letters of their sites are shuffled.
    """
    parts = [_filter_importance(model, readout, train, layer=layer), _pattern_importance(model, readout)]
    table = pd.concat([part for part in parts if len(part)]) if any(map(len, parts)) else parts[0]
    order = table["motif"].map(readout.motifs.names.index)
    return table.iloc[np.argsort(order.to_numpy(), kind="stable")].reset_index(drop=True)


def _filters_of(readout: Readout, members: Sequence[int]) -> list[int]:
    """The filters among the members of a family."""
    return [index for index in members if not readout.instances[index].is_pattern]


def _pattern_importance(model: SequenceModel, readout: Readout) -> pd.DataFrame:
    rows = [
        index
        for index, family in enumerate(readout.families)
        if family.members and not _filters_of(readout, family.members)
    ]
    if readout.held_out is None or not rows:
        return pd.DataFrame(columns=list(IMPORTANCE_COLUMNS))
    seed = model.training.seed
    held_out = readout.held_out.take(sample(np.arange(len(readout.held_out)), MAX_MEASURED, seed=seed))
    has_site, widths = held_out.has_site(readout.thresholds), held_out.widths
    sites = [(np.flatnonzero(has_site[:, m]), held_out.start[has_site[:, m], m], int(widths[m])) for m in rows]
    logger.info("importance of %d families: shuffling their sites in %d sequences", len(rows), len(held_out))
    table = site_importance(model, held_out.data, sites, seed=seed)
    table["motif"] = [readout.motifs.names[rows[group]] for group in table["group"]]
    return table[list(IMPORTANCE_COLUMNS)]


def _filter_importance(model: SequenceModel, readout: Readout, train: Dataset, *, layer: int) -> pd.DataFrame:
    members = [_filters_of(readout, family.members) for family in readout.families]
    rows = [index for index, own in enumerate(members) if own]
    seed = model.training.seed
    counted = sample_rows(train.labels, seed=seed)
    negatives = train.sequences.take(counted[~is_high(train.labels[counted])])
    if rows and not len(negatives):
        logger.warning("importance is not measured: there are no negative training sequences to replace maps by")
    if readout.held_out is None or not rows or not len(negatives):
        return pd.DataFrame(columns=list(IMPORTANCE_COLUMNS))
    data = readout.held_out.data
    data = data.take(sample(np.arange(len(data)), MAX_MEASURED, seed=seed))
    logger.info("importance of %d families: ablating their filters on %d sequences", len(rows), len(data))
    groups = [members[index] for index in rows]
    table = importance(model, data, groups, donors=negatives, layer=layer, seed=seed)
    table["motif"] = [readout.motifs.names[rows[group]] for group in table["group"]]
    return table[list(IMPORTANCE_COLUMNS)]
