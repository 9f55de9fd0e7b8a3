"""`extract_motifs`: the sites of each filter are counted into a PFM, trimmed and named.

After Koo & Eddy 2019 (PLoS Comput Biol 15:e1007560) and Kelley et al. 2016 (Basset, Genome Res 26:990); the faults of
the field's scripts are avoided: the background sums to 1, windows with N are skipped rather than counted as a quarter
each, ``nsites`` is the number of sites, and a filter without sites is reported.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import InputError
from motifnet.motifs.motif import Floats, Motif, MotifSet
from motifnet.motifs.sites import FilterBank, Sites, find_sites, site_thresholds
from motifnet.motifs.spec import ExtractionSpec
from motifnet.sequences.sequence_set import SequenceSet


class HasLayers(Protocol):
    """A model whose layers are filter banks, such as `TrainedModel`."""

    def layer(self, k: int = 0) -> FilterBank: ...


class FilterRecord(NamedTuple):
    """What became of one filter: `motif` is None when it was inactive. Trim bounds are columns of the filter."""

    filter: str
    threshold: float
    nsites: int
    motif: Motif | None
    start: int
    end: int


class Extraction(NamedTuple):
    """Motifs, for every filter, active or not, where its sites come from, and the sites of the motifs.

    `sites` are those that were counted, trimmed as the motifs are; `Sites.filter` counts motifs, not filters.
    """

    motifs: MotifSet
    records: tuple[FilterRecord, ...]
    sites: Sites

    @property
    def inactive(self) -> tuple[str, ...]:
        """Names of the filters that gave no motif."""
        return tuple(record.filter for record in self.records if record.motif is None)


def extract_motifs(
    model: HasLayers | FilterBank,
    sequences: SequenceSet,
    *,
    negatives: SequenceSet | None = None,
    how: ExtractionSpec | None = None,
) -> MotifSet:
    """Turn the first-layer filters of a model into motifs.

    Parameters
    ----------
    model : TrainedModel, or a FilterBank such as ``model.layer(0)``
    sequences : SequenceSet
        Where the filters' sites are counted: the positive training sequences.
    negatives : SequenceSet, optional
        Negative training sequences, which the site rule "rate" takes its thresholds from.
    how : ExtractionSpec, optional

    Returns
    -------
    MotifSet
        One motif an active filter, in the order of the filters, named like ``f03_CACGTG``. A warning names the
        inactive filters; `extract` returns them instead.

    Raises
    ------
    InputError
        If the sequences are shorter than the filters, or the rule needs negatives and there are none.
    """
    filters: FilterBank = model.layer(0) if hasattr(model, "layer") else model
    extraction = extract(filters, sequences, negatives=negatives, how=how or ExtractionSpec())
    if extraction.inactive:
        warnings.warn(
            f"{len(extraction.inactive)} of {len(extraction.records)} filters have too few sites for a motif: "
            + ", ".join(extraction.inactive),
            stacklevel=2,
        )
    return extraction.motifs


def extract(
    filters: FilterBank, sequences: SequenceSet, *, negatives: SequenceSet | None, how: ExtractionSpec
) -> Extraction:
    """`extract_motifs`, with thresholds, trimming and inactive filters told."""
    if sequences.length < filters.width:
        raise InputError(
            f"sequences of {sequences.length} bp are shorter than the filters, {filters.width} bp",
            hint="Give longer sequences.",
        )
    known = [sequences] if negatives is None else [sequences, negatives]
    background = _background(known, is_double_stranded=filters.strands == "both")
    thresholds = site_thresholds(filters, sequences, negatives=negatives, rule=how.rule)
    sites = find_sites(filters, sequences, thresholds, is_best_only=how.rule.is_best_only)
    bounds = np.searchsorted(sites.filter, np.arange(len(filters.names) + 1))
    records = []
    for index, name in enumerate(filters.names):
        own = sites.take(slice(bounds[index], bounds[index + 1]))
        threshold = float(thresholds[index])
        if len(own) < how.min_sites:
            records.append(FilterRecord(name, threshold, len(own), None, 0, filters.width))
            continue
        whole = Motif(name, count_words(own, sequences), nsites=len(own), background=background)
        start, end = whole.trim_bounds(how.trim_bits)
        trimmed = whole.trim(how.trim_bits)
        named = replace(trimmed, name=f"{name}_{trimmed.consensus}")
        records.append(FilterRecord(name, threshold, len(own), named, start, end))
    motifs = [record.motif for record in records if record.motif is not None]
    found = MotifSet(motifs, filters.strands, background)
    return Extraction(found, tuple(records), _trimmed(sites, tuple(records), filters.width))


def motif_sites(filters: FilterBank, sequences: SequenceSet, extraction: Extraction, *, how: ExtractionSpec) -> Sites:
    """The sites of the motifs, trimmed as the motifs are, in any sequences; `Sites.filter` counts motifs, not filters.

    Thresholds are those found at the extraction, so sites elsewhere are placed by the same rule.
    """
    records = extraction.records
    thresholds = np.array([r.threshold if r.motif is not None else np.inf for r in records])
    sites = find_sites(filters, sequences, thresholds, is_best_only=how.rule.is_best_only)
    return _trimmed(sites, records, filters.width)


def _trimmed(sites: Sites, records: tuple[FilterRecord, ...], width: int) -> Sites:
    """Sites of filters as sites of their trimmed motifs; those of inactive filters are left out."""
    sites = sites.take(np.array([r.motif is not None for r in records], dtype=np.bool_)[sites.filter])
    left = np.array([r.start for r in records])[sites.filter]
    right = width - np.array([r.end for r in records])[sites.filter]
    motif_of_filter = np.cumsum([r.motif is not None for r in records]) - 1
    return Sites(
        motif_of_filter[sites.filter],
        sites.sequence,
        sites.start + np.where(sites.is_reverse, right, left),
        sites.end - np.where(sites.is_reverse, left, right),
        sites.is_reverse,
        sites.score,
    )


def count_words(sites: Sites, sequences: SequenceSet) -> Floats:
    """PFM of sites of one width: float64 ``(4, w)``, each column summing to the number of sites."""
    words = sites.words(sequences)
    return np.stack([(words == base).sum(axis=0) for base in range(4)]).astype(np.float64)


def _background(sets: list[SequenceSet], *, is_double_stranded: bool) -> NDArray[np.float64]:
    """Share of each base over all sets, averaged over the strands; one pseudo-letter each, so that none is zero."""
    counts = np.sum([np.bincount(s.codes.ravel(), minlength=5)[:4] for s in sets], axis=0) + 1.0
    counts = counts + counts[::-1] if is_double_stranded else counts
    return np.asarray(counts / counts.sum(), dtype=np.float64)
