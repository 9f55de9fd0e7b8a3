"""How far motifs stand for the filters they were read from: fidelity and completeness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from motifnet.interpretation.readout import Reading
from motifnet.motifs.alignment import align
from motifnet.motifs.learned.clustering import MAX_SHIFT
from motifnet.motifs.learned.extraction import Extraction
from motifnet.motifs.learned.sites import FilterBank, best_windows
from motifnet.motifs.motif import Floats, Motif
from motifnet.motifs.scanning.pwm import best_sites
from motifnet.sequences.sequence_set import SequenceSet

#: A filter holds its family's motif whole when at least this share of the information lies in the filter's own columns.
WHOLE = 0.8


def fidelity(filters: FilterBank, extraction: Extraction, sequences: SequenceSet) -> Floats:
    """How well each filter's unrefined PWM does the filter's work: Spearman's rank correlation, over sequences.

    Of the PWM's best score with the filter's best pre-activation; ranks, since a few sequences would set the
    correlation of exponential activations.

    Parameters
    ----------
    filters : FilterBank of F filters
    extraction : Extraction
    sequences : SequenceSet
        Held out.

    Returns
    -------
    float64 array of shape (F,)
        NaN for inactive filters.
    """
    result = np.full(len(filters.names), np.nan)
    if len(sequences) < 3 or not len(extraction.motifs):
        return result
    by_pwm, by_filter = best_sites(extraction.motifs, sequences).score, best_windows(filters, sequences).score
    active = [k for k, record in enumerate(extraction.records) if record.motif is not None]
    for column, index in enumerate(active):
        known = np.isfinite(by_pwm[:, column]) & np.isfinite(by_filter[:, index])
        pair = by_pwm[known, column], by_filter[known, index]
        if all(len(np.unique(values)) > 1 for values in pair):
            result[index] = spearmanr(*pair).statistic
    return result


def completeness(reading: Reading) -> Floats:
    """Share of the information of its family's motif that lies within each filter's own columns.

    The largest over its families; 0 for a filter whose words refinement left behind (see `families.MAX_SHIFT`): what
    they became lies elsewhere.

    Parameters
    ----------
    reading : Reading

    Returns
    -------
    float64 array of shape (F,)
        NaN for inactive filters.
    """
    result = np.full(len(reading.extraction.records), np.nan)
    for index, family in enumerate(reading.families):
        for filter_index in reading.filters_of(index):
            own = reading.extraction.records[filter_index].motif
            assert own is not None  # members are motifs
            share = 0.0 if family.shift > MAX_SHIFT else covered_share(family.motif, own, reading)
            result[filter_index] = np.nanmax([result[filter_index], share])
    return result


def covered_share(whole: Motif, part: Motif, reading: Reading) -> float:
    """Share of the information of one motif in the columns that another covers."""
    placed = align([whole], [part], strands=reading.motifs.strands)
    first = int(placed.offset[0, 0])
    columns = slice(max(first, 0), max(first + part.width, 0))
    information: NDArray[np.float64] = whole.information()
    return float(information[columns].sum() / max(information.sum(), 1e-12))
