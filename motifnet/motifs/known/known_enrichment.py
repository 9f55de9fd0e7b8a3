"""Enrichment of known motifs in labelled sequences, as in HOMER and in SEA of the MEME Suite.

A known motif has no threshold. The threshold that separates the classes best, and the class in which the motif is
enriched, are chosen on one half of the sequences and tested on the other. The halves do not share groups (copies,
overlapping windows, a sequence and its shuffle).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.arguments import check_integer, check_type
from motifnet.errors import InputError
from motifnet.motifs.extraction_spec import EVALUE
from motifnet.motifs.known.databases import AnyMotifs, as_motifs, factors_of
from motifnet.motifs.motif import Floats, MotifSet
from motifnet.motifs.scanning.pwm import best_sites
from motifnet.motifs.statistics.contrast import is_binary
from motifnet.motifs.statistics.enrichment import ENRICHMENT_COLUMNS, enrichment_table
from motifnet.motifs.statistics.thresholds import directions, site_threshold
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.splits.random import assign_groups

#: Columns of `enrich` and their descriptions: those of the enrichment of learned motifs, with name and family.
KNOWN_COLUMNS = {
    "motif": ENRICHMENT_COLUMNS["motif"],
    "name": "transcription factor or alternate name of the motif",
    "family": "structural family of the factor, if it is in JASPAR",
    **{column: what for column, what in ENRICHMENT_COLUMNS.items() if column != "motif"},
}


def enrich(motifs: AnyMotifs, data: Dataset, *, e_value: float = EVALUE, seed: int = 0) -> pd.DataFrame:
    """Test which known motifs are enriched in one class of sequences.

    Sites are scored against the background of the sequences, on the strands of the motif set. The test is that of
    `enrichment_table` (Fisher's exact test on sequences with a site, as in SEA: Bailey & Grant 2021, bioRxiv
    2021.08.23.457422), on the half of the sequences without influence on the thresholds.

    Parameters
    ----------
    motifs : MotifSet of M motifs, list of Bio.motifs.Motif, str or Path
        A set, a motif file, or a database such as "vertebrates". Do not use motifs learned from these sequences.
    data : Dataset
        Labelled sequences with T tasks; real labels are tested by rank.
    e_value : float
        Maximum E-value of a significant motif.
    seed : int
        Seed of the division into halves.

    Returns
    -------
    DataFrame
        Columns `KNOWN_COLUMNS`, one row per motif and task, by p-value. The E-value is the p-value times M times T.

    Raises
    ------
    InputError
        If the sequences cannot be divided into halves with both classes, or `e_value` is not above 0.

    Examples
    --------
    >>> import motifnet as mn
    >>> data = mn.read_data("data/simulated.positives.fa", "data/simulated.negatives.fa")
    >>> table = mn.enrich(mn.read_motifs("data/simulated.motifs.meme"), data)
    >>> sorted(table["name"][table["status"] == "significant"])
    ['CTCF', 'FOXA1', 'SRF', 'USF1']
    """
    if not e_value > 0:
        raise InputError(f"e_value must be above 0. Got {e_value} instead")
    check_type("data", data, Dataset)
    check_integer("seed", seed, at_least=0)
    motifs = as_motifs(motifs)
    factors = factors_of(motifs)
    is_tested = _halves(data, seed)
    background = data.sequences.background() + 1e-6  # no frequency may be 0
    own = MotifSet(motifs.motifs, motifs.strands, background)
    scores = best_sites(own.motifs, data.sequences, strands=own.strands, progress="known motifs").score
    learned = data.labels[~is_tested]
    thresholds = _thresholds(scores[~is_tested], learned)
    signs = directions(scores[~is_tested], thresholds, learned)
    table = enrichment_table(
        own, data.take(is_tested), scores[is_tested], thresholds=thresholds, signs=signs, e_value=e_value
    )
    table["name"] = [factors[name].name for name in table["motif"]]
    table["family"] = [factors[name].family for name in table["motif"]]
    return table.sort_values("p_value", kind="stable", ignore_index=True)[list(KNOWN_COLUMNS)]


def _halves(data: Dataset, seed: int) -> NDArray[np.bool_]:
    """Mask of the half that is tested; thresholds are chosen on the other half."""
    halves, parts = (0.5, 0.5, 0.0), ("first half", "second half", "")
    try:
        part = assign_groups(data.labels, data.groups, fractions=halves, seed=seed, tasks=data.tasks, parts=parts)
        return part == 1
    except InputError as error:
        raise InputError(
            f"the sequences cannot be divided into two halves, for thresholds and for the test: {error.message}",
            hint="Give more sequences; duplicates, and a sequence and its shuffle, are always in one half.",
        ) from None


def _thresholds(scores: NDArray[np.float32], labels: NDArray[np.float32]) -> Floats:
    """Thresholds that separate the classes best, in either direction: ``(M, T)``; 0 for real labels."""
    thresholds = np.zeros((scores.shape[1], labels.shape[1]))
    for task, y in enumerate(labels.T):
        if is_binary(y):
            thresholds[:, task] = [site_threshold(column, y) for column in scores.T]
    return thresholds
