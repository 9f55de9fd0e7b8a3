"""`extract_motifs`: the sites of each filter are counted into a PFM, trimmed and named.

After Koo & Eddy 2019 (PLoS Comput Biol 15:e1007560) and Kelley et al. 2016 (Basset, Genome Res 26:990); the faults of
the field's scripts are avoided: the background sums to 1, windows with N are skipped rather than counted as a quarter
each, ``nsites`` is the number of sites, and a filter without sites is reported.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from motifnet.arguments import check_type
from motifnet.errors import InputError
from motifnet.motifs.extraction_spec import ExtractionSpec
from motifnet.motifs.learned.frame_alignment import align_words, best_shifts
from motifnet.motifs.learned.sites import FilterBank, Sites, find_sites, sites_by_rule, subsequences
from motifnet.motifs.motif import Floats, Motif, MotifSet
from motifnet.sequences.alphabet import Codes
from motifnet.sequences.sequence_set import SequenceSet


class HasLayers(Protocol):
    """A model whose layers are filter banks, such as `TrainedModel`."""

    def layer(self, k: int = 0) -> FilterBank: ...


class FilterRecord(NamedTuple):
    """What became of one filter: `motif` is None when it was inactive. Trim bounds are columns of the filter.

    `matrix` is what the words of a unit behind max-pools were moved to, as `align_words` gives it.
    """

    filter: str
    threshold: float
    nsites: int
    motif: Motif | None
    start: int
    end: int
    matrix: Floats | None = None


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
    """Turn the filters of a model into motifs: those of its first convolution, or of ``how.layer``.

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
    ModelError
        If the model has no such layer.
    """
    check_type("sequences", sequences, SequenceSet)
    how = how or ExtractionSpec()
    filters: FilterBank = model.layer(how.layer) if hasattr(model, "layer") else model
    extraction = extract(filters, sequences, negatives=negatives, how=how)
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
    thresholds, found = sites_by_rule(filters, sequences, negatives=negatives, rule=how.rule)
    matrices = _matrices(found, sequences, filters, background, at_least=how.min_sites)
    sites = _moved(found, sequences, matrices, filters.slack)
    records = []
    for name, threshold, matrix, own in zip(
        filters.names, thresholds.tolist(), matrices, _by_filter(sites, len(matrices)), strict=True
    ):
        if len(own) < how.min_sites:
            records.append(FilterRecord(name, threshold, len(own), None, 0, filters.width))
            continue
        whole = Motif(name, count_words(own, sequences), nsites=len(own), background=background)
        start, end = whole.trim_bounds(how.trim_bits)
        trimmed = whole.trim(how.trim_bits)
        named = replace(trimmed, name=f"{name}_{trimmed.consensus}")
        records.append(FilterRecord(name, threshold, len(own), named, start, end, matrix))
    motifs = [record.motif for record in records if record.motif is not None]
    motif_set = MotifSet(motifs, filters.strands, background)
    return Extraction(motif_set, tuple(records), _trimmed(sites, tuple(records), filters.width))


def motif_sites(filters: FilterBank, sequences: SequenceSet, extraction: Extraction, *, how: ExtractionSpec) -> Sites:
    """The sites of the motifs, trimmed as the motifs are, in any sequences; `Sites.filter` counts motifs, not filters.

    Thresholds are those found at the extraction, so sites elsewhere are placed by the same rule.
    """
    records = extraction.records
    thresholds = np.array([r.threshold if r.motif is not None else np.inf for r in records])
    found = find_sites(filters, sequences, thresholds, is_best_only=how.rule.is_best_only)
    sites = _moved(found, sequences, [r.matrix for r in records], filters.slack)
    return _trimmed(sites, records, filters.width)


def _by_filter(sites: Sites, n_filters: int) -> Iterator[Sites]:
    """The sites of each filter."""
    bounds = np.searchsorted(sites.filter, np.arange(n_filters + 1))
    return (sites.take(slice(*pair)) for pair in pairwise(bounds))


def _matrices(
    sites: Sites, sequences: SequenceSet, filters: FilterBank, background: Floats, *, at_least: int
) -> list[Floats | None]:
    """What the words of each filter agree on when they are moved; None for filters that leave no slack."""
    return [
        align_words(_frames(own, sequences, filters.slack), filters.slack, background)
        if filters.slack and len(own) >= at_least
        else None
        for own in _by_filter(sites, len(filters.names))
    ]


def _moved(sites: Sites, sequences: SequenceSet, matrices: Sequence[Floats | None], slack: int) -> Sites:
    """Each site where its word scores best under the matrix of its filter; two sites that meet there count once."""
    if not slack:
        return sites
    shifts = [
        best_shifts(_frames(own, sequences, slack), matrix)
        if matrix is not None
        else np.zeros(len(own), dtype=np.int64)
        for own, matrix in zip(_by_filter(sites, len(matrices)), matrices, strict=True)
    ]
    by_strand = np.where(sites.is_reverse, -1, 1) * np.concatenate(shifts)
    moved = replace(sites, start=sites.start + by_strand, end=sites.end + by_strand)
    # The better of two that meet, and a palindrome once: by filter, sequence, start, then score; ties to `+`.
    order = np.lexsort((moved.is_reverse, -moved.score, moved.start, moved.sequence, moved.filter))
    moved = moved.take(order)
    places = np.stack([moved.filter, moved.sequence, moved.start])
    return moved.take(np.append(True, (places[:, 1:] != places[:, :-1]).any(axis=0))[: len(moved)])


def _frames(sites: Sites, sequences: SequenceSet, slack: int) -> Codes:
    """The words at the sites with `slack` letters on both sides, read on their own strands."""
    width = int(sites.end[0] - sites.start[0]) + 2 * slack if len(sites) else 0
    return subsequences(sequences, sites.sequence, sites.start - slack, sites.is_reverse, width)


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
    counts = np.sum([s.base_counts() for s in sets], axis=0) + 1.0
    counts = counts + counts[::-1] if is_double_stranded else counts
    return np.asarray(counts / counts.sum(), dtype=np.float64)
