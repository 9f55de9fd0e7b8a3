"""The motifs of a trained model, in order, with a table of each of: motifs, their sites, and all filters."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.models.trained import TrainedModel
from motifnet.motifs.extraction import Extraction, extract, motif_sites
from motifnet.motifs.files import read_motifs, write_motifs
from motifnet.motifs.logo import write_logos
from motifnet.motifs.motif import MotifSet
from motifnet.motifs.scanning import separation
from motifnet.motifs.spec import ExtractionSpec
from motifnet.outputs import read_table, write_table
from motifnet.sequences.sequence_set import Dataset, SequenceSet

logger = logging.getLogger("motifnet")

#: Columns of motifs.tsv, and what they are.
MOTIF_COLUMNS = {
    "motif": "name, as in motifs.meme: the filter and the consensus",
    "filter": "the first-layer filter it was read from",
    "consensus": "IUPAC consensus (Cavener's rule)",
    "width": "columns after trimming",
    "bits": "information: relative entropy to the background, summed over the columns",
    "nsites": "training sites that were counted",
    "threshold": "pre-activation from which a window is a site",
    "task": "the task that it separates best",
    "auroc": "auROC of a sequence's best log-odds score, train and validation; below 0.5: a motif of the negatives",
    "auroc_test": "the same on the test split",
}
#: Columns of sites.tsv, and what they are.
SITE_COLUMNS = {
    "motif": "name, as in motifs.meme",
    "sequence_index": "0-based index of the sequence among those read (records of only N are not)",
    "name": "name of the sequence (may repeat)",
    "start": "0-based start of the site on the forward strand",
    "end": "end, exclusive",
    "strand": "+ or -",
    "score": "pre-activation of the filter",
    "split": "train, valid, test, or empty for a sequence that the model has not met",
}
#: Columns of filters.tsv, and what they are.
FILTER_COLUMNS = {
    "filter": "name of the first-layer filter",
    "status": "motif, or inactive: too few training sites for one",
    "motif": "the motif it became, if any",
    "nsites": "training sites",
    "threshold": "pre-activation from which a window is a site",
}
_FILES = {"table": "motifs.tsv", "sites": "sites.tsv", "filters": "filters.tsv"}


@dataclass(frozen=True, eq=False)
class MotifTables:
    """Motifs in order of their separation on train and validation, and the tables that go with them.

    Parameters
    ----------
    motifs : MotifSet
    table, sites, filters : DataFrame
        With the columns `MOTIF_COLUMNS` (rows as in `motifs`), `SITE_COLUMNS` and `FILTER_COLUMNS`.
    """

    motifs: MotifSet
    table: pd.DataFrame
    sites: pd.DataFrame
    filters: pd.DataFrame

    def write_files(self, folder: str | Path) -> None:
        """Write motifs.meme, motifs.tsv, sites.tsv, filters.tsv and logos/ into a folder that is there already."""
        path = Path(folder)
        write_motifs(self.motifs, path / "motifs.meme")
        for attribute, file in _FILES.items():
            write_table(getattr(self, attribute), path / file)
        write_logos(self.motifs, path / "logos")

    @classmethod
    def read(cls, folder: str | Path) -> MotifTables:
        """Back from `write_files`; numbers have the digits that the files carry."""
        path = Path(folder)
        tables = {attribute: read_table(path / file) for attribute, file in _FILES.items()}
        return cls(read_motifs(path / "motifs.meme"), **tables)


def tabulate_motifs(
    model: TrainedModel, data: Dataset, *, test: Dataset | None = None, how: ExtractionSpec | None = None
) -> MotifTables:
    """Read motifs off the first layer, order them, and place their sites in the positives.

    Sites are counted in the positives that the model was trained on, with thresholds from these and the negatives that
    it was trained on; of a class of which it was trained on fewer than `min_sites`, those that it has not met count
    too. Motifs are ordered by `separation` on train and validation. Nothing is chosen on the test split.

    Parameters
    ----------
    model : TrainedModel
    data : Dataset
        How it was split is known from the model.
    test : Dataset, optional
        Test sequences of their own; by default those of `data` that the model knows as "test".
    how : ExtractionSpec, optional

    Returns
    -------
    MotifTables
    """
    how = how or ExtractionSpec()
    splits = np.array(model.split_of(data.sequences))
    counted = data.take(_rows_seen(data, splits, ("train",), at_least=how.min_sites))
    is_positive = _is_positive(counted)
    positives, negatives = counted.sequences.take(is_positive), counted.sequences.take(~is_positive)
    logger.info("counting sites in %d of %d positives", is_positive.sum(), _is_positive(data).sum())
    extraction = extract(model.layer(0), positives, negatives=negatives, how=how)
    aurocs = separation(extraction.motifs, data.take(_rows_seen(data, splits, ("train", "valid"), at_least=1)))
    order = np.argsort(-_at_best_task(aurocs, aurocs), kind="stable")
    if test is None and not (splits == "test").any():
        logger.info("none of these sequences is in the model's test split: auroc_test stays empty")
    in_test = separation(extraction.motifs, data.take(splits == "test") if test is None else test)
    table = _motif_table(extraction, aurocs, in_test, data.tasks).iloc[order].reset_index(drop=True)
    motifs = MotifSet(
        [extraction.motifs[int(i)] for i in order], extraction.motifs.strands, extraction.motifs.background
    )
    sites = [_site_table(model, part, extraction, how) for part in ([data] if test is None else [data, test])]
    rank = {name: position for position, name in enumerate(motifs.names)}
    ordered = pd.concat(sites).sort_values("motif", key=lambda names: names.map(rank), kind="stable")
    return MotifTables(motifs, table, ordered.reset_index(drop=True), _filter_table(extraction))


def _rows_seen(data: Dataset, splits: NDArray[np.str_], wanted: tuple[str, ...], *, at_least: int) -> NDArray[np.bool_]:
    """The rows in the wanted splits; of a class (positives, others) with too few of them, also those of no split."""
    rows = np.isin(splits, wanted)
    for members in (_is_positive(data), ~_is_positive(data)):
        if rows[members].sum() < at_least:
            rows |= members & (splits == "")
        if not rows[members].any():
            rows |= members
    return rows


def _is_positive(data: Dataset) -> NDArray[np.bool_]:
    """Whether a sequence is a positive of any task."""
    return (data.labels == 1).any(axis=1)


def _at_best_task(aurocs: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of values ``(M, T)`` those at the task that each motif separates best: shape (M,)."""
    return np.take_along_axis(values, _best_task(aurocs)[:, np.newaxis], axis=1)[:, 0]


def _best_task(aurocs: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.nan_to_num(np.abs(aurocs - 0.5), nan=-1.0).argmax(axis=1)


def _motif_table(
    extraction: Extraction, aurocs: NDArray[np.float64], in_test: NDArray[np.float64], tasks: tuple[str, ...]
) -> pd.DataFrame:
    active = [record for record in extraction.records if record.motif is not None]
    columns = {
        "motif": extraction.motifs.names,
        "filter": [record.filter for record in active],
        "consensus": [motif.consensus for motif in extraction.motifs],
        "width": [motif.width for motif in extraction.motifs],
        "bits": [motif.total_information for motif in extraction.motifs],
        "nsites": [motif.nsites for motif in extraction.motifs],
        "threshold": [record.threshold for record in active],
        "task": [tasks[t] for t in _best_task(aurocs)],
        "auroc": _at_best_task(aurocs, aurocs),
        "auroc_test": _at_best_task(aurocs, in_test),
    }
    return pd.DataFrame(columns, columns=list(MOTIF_COLUMNS))


def _site_table(model: TrainedModel, data: Dataset, extraction: Extraction, how: ExtractionSpec) -> pd.DataFrame:
    rows = np.flatnonzero(_is_positive(data))
    positives: SequenceSet = data.sequences.take(rows)
    sites = motif_sites(model.layer(0), positives, extraction, how=how)
    splits = np.array(model.split_of(positives), dtype=object)
    columns = {
        "motif": np.array(extraction.motifs.names, dtype=object)[sites.filter],
        "sequence_index": rows[sites.sequence],
        "name": np.array(positives.names, dtype=object)[sites.sequence],
        "start": sites.start,
        "end": sites.end,
        "strand": np.where(sites.is_reverse, "-", "+"),
        "score": sites.score,
        "split": splits[sites.sequence],
    }
    return pd.DataFrame(columns, columns=list(SITE_COLUMNS))


def _filter_table(extraction: Extraction) -> pd.DataFrame:
    rows = [
        (r.filter, "inactive" if r.motif is None else "motif", r.motif.name if r.motif else "", r.nsites, r.threshold)
        for r in extraction.records
    ]
    return pd.DataFrame(rows, columns=list(FILTER_COLUMNS))
