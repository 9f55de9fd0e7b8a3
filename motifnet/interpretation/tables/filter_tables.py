"""Tables of the filters behind the motifs: what became of each, and how much the network needs them."""

from __future__ import annotations

import logging
from dataclasses import fields
from typing import NamedTuple

import numpy as np
import pandas as pd

from motifnet.interpretation.fidelity import completeness, fidelity
from motifnet.interpretation.importance import Importance, importance
from motifnet.interpretation.readout import Parts, Reading, drawn, is_positive
from motifnet.models.trained import TrainedModel
from motifnet.motifs.extraction_spec import ExtractionSpec

logger = logging.getLogger("motifnet")

#: Held-out sequences that importance is measured on, drawn as they come, so that the classes keep their shares: the
#: network reads each some hundred times.
MOST_MEASURED = 20_000
#: Columns of filters.tsv, and what they are.
FILTER_COLUMNS = {
    "filter": "name of the filter",
    "status": "motif, or inactive: too few training sites for one",
    "motif": "the motifs of motifs.meme whose family it is in",
    "consensus": "of the filter's own words, unmerged and unrefined",
    "bits": "information of its own words",
    "nsites": "training sites",
    "threshold": "pre-activation from which a window is a site",
    "fidelity": "rank correlation of its own PWM's best score with its best pre-activation, held-out sequences",
    "completeness": "share of its family's motif (by information) within its own columns; whole from 0.8",
}
#: Columns of importance.tsv, and what they are.
IMPORTANCE_COLUMNS = {
    "motif": "name, as in motifs.meme",
    "task": "task of the network",
    "loss": "rise of the held-out log loss, in nats (of values: squared error, of counts: Poisson deviance), when the "
    "maps of the family's filters are those of negatives",
    "loss_low": "lower end of its 95 % bootstrap interval over groups of sequences",
    "loss_high": "upper end",
    "auroc": "fall of the held-out auROC (of values and counts: of Pearson's correlation), likewise",
    "auroc_low": "lower end of its interval",
    "auroc_high": "upper end",
    "random_loss": "mean rise of the log loss over random groups of as many filters",
    "random_loss_high": "95th percentile over them",
    "random_auroc": "mean fall of the auROC over them",
    "random_auroc_high": "95th percentile over them",
}


class Measured(NamedTuple):
    """Importance of the families that have filters: the indices of their motifs, and the figures."""

    rows: list[int]
    figures: Importance


def measure(model: TrainedModel, reading: Reading, parts: Parts, *, how: ExtractionSpec) -> Measured | None:
    """Importance of every family that has filters, on held-out sequences; None where it cannot be measured."""
    rows = [index for index, family in enumerate(reading.families) if family.members]
    donors = parts.train.sequences.take(~is_positive(parts.train))
    if not len(donors):
        logger.warning(
            "importance is not measured: every training sequence is a positive, and maps come from negatives"
        )
    if parts.held_out is None or not rows or not len(donors):
        return None
    data = parts.held_out.take(drawn(np.arange(len(parts.held_out)), MOST_MEASURED, seed=model.training.seed))
    logger.info("importance of %d families: the network without them, on %d sequences", len(rows), len(data))
    groups = [reading.filters_of(index) for index in rows]
    figures = importance(model, data, groups, donors=donors, layer=how.layer, seed=model.training.seed)
    return Measured(rows, figures)


def importance_table(reading: Reading, measured: Measured | None, tasks: tuple[str, ...]) -> pd.DataFrame:
    """One row for each motif that has filters, and task: the columns `IMPORTANCE_COLUMNS`."""
    if measured is None:
        return pd.DataFrame(columns=list(IMPORTANCE_COLUMNS))
    names = np.array(reading.motifs.names, dtype=object)[measured.rows]
    columns = {"motif": np.repeat(names, len(tasks)), "task": np.tile(np.array(tasks, dtype=object), len(names))}
    figures = {field.name: getattr(measured.figures, field.name).ravel() for field in fields(Importance)}
    return pd.DataFrame(columns | figures, columns=list(IMPORTANCE_COLUMNS))


def filter_table(model: TrainedModel, reading: Reading, parts: Parts, *, how: ExtractionSpec) -> pd.DataFrame:
    """One row for each filter: the columns `FILTER_COLUMNS`."""
    records = reading.extraction.records
    names: list[list[str]] = [[] for _ in records]
    for index, motif in enumerate(reading.motifs.names):
        for filter_index in reading.filters_of(index):
            names[filter_index].append(motif)
    faithful = np.full(len(records), np.nan)
    if parts.held_out is not None:
        faithful = fidelity(model.layer(how.layer), reading.extraction, parts.held_out.sequences)
    columns = {
        "filter": [record.filter for record in records],
        "status": ["inactive" if record.motif is None else "motif" for record in records],
        "motif": [", ".join(own) for own in names],
        "consensus": ["" if record.motif is None else record.motif.consensus for record in records],
        "bits": [np.nan if record.motif is None else record.motif.total_information for record in records],
        "nsites": [record.nsites for record in records],
        "threshold": [record.threshold for record in records],
        "fidelity": faithful,
        "completeness": completeness(reading),
    }
    return pd.DataFrame(columns, columns=list(FILTER_COLUMNS))
