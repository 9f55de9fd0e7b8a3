"""`extract_motifs`: the sites of each filter are counted, and the PFM is trimmed and named.

After Koo & Eddy 2019 (PLoS Comput Biol 15:e1007560) and Kelley et al. 2016 (Basset, Genome Res 26:990). Other than in
scripts of the field, the background sums to 1, windows with N are skipped instead of counted as a quarter of each base,
``nsites`` is the number of sites, and filters without a motif are reported.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from motifnet.arguments import check_type
from motifnet.errors import InputError, counted
from motifnet.motifs.extraction_spec import ExtractionSpec
from motifnet.motifs.learned.frame_alignment import align_frames, best_shifts
from motifnet.motifs.learned.sites import FilterBank, Sites, count_bases, find_sites
from motifnet.motifs.motif import Floats, Motif, MotifSet, Strands
from motifnet.sequences.sequence_set import SequenceSet


class HasLayers(Protocol):
    """A model whose layers are filter banks, such as `TrainedModel`."""

    def layer(self, k: int = 0) -> FilterBank: ...


@dataclass(frozen=True, eq=False)
class MotifInstances:
    """Sites of one source of motifs (a filter or a pattern of seqlets), and the motif counted from them.

    Clustering and refinement are the same for every source.

    Parameters
    ----------
    source : str
        Name of the filter, or of the pattern (``p00``).
    sites : Sites
        Of the trimmed motif; without a motif, those of the whole filter.
    motif : Motif or None
        None if there are fewer sites than `ExtractionSpec.min_sites`: the filter is inactive.
    threshold : float
        Lowest score of a site: a pre-activation; of patterns, a similarity of contributions.
    contributions : float64 array of shape (4, w), optional
        Of patterns: contribution weight matrix, the mean observed contribution of each base over the sites, in the
        columns of the motif.
    hypothetical : float64 array of shape (4, w), optional
        Of patterns: mean hypothetical contribution of each base over the sites.
    task : str
        Of patterns: task whose score the contributions explain.
    """

    source: str
    sites: Sites
    motif: Motif | None
    threshold: float
    contributions: Floats | None = None
    hypothetical: Floats | None = None
    task: str = ""

    def __repr__(self) -> str:
        consensus = "no motif" if self.motif is None else self.motif.consensus
        return f"<MotifInstances {self.source}: {consensus}, {counted(len(self.sites), 'site')}>"

    @property
    def is_pattern(self) -> bool:
        """Whether the source is a pattern of seqlets, not a filter."""
        return self.contributions is not None


def extract_motifs(
    model: HasLayers | FilterBank,
    sequences: SequenceSet,
    *,
    negatives: SequenceSet | None = None,
    extraction: ExtractionSpec = ExtractionSpec(),
) -> MotifSet:
    """Make a motif of each filter of a convolution: the first one, or that of ``extraction.layer``.

    Parameters
    ----------
    model : TrainedModel, or a FilterBank such as ``model.layer(0)``
    sequences : SequenceSet
        Positive training sequences, in which the sites are counted.
    negatives : SequenceSet, optional
        Negative training sequences; they set the thresholds of the site rule "rate".
    extraction : ExtractionSpec

    Returns
    -------
    MotifSet
        One motif for each active filter, in the order of the filters, named like ``f03_CACGTG``. A warning lists the
        inactive filters.

    Raises
    ------
    InputError
        If the sequences are shorter than the filters, or the rule needs negatives and there are none.
    SpecError
        If the model has no such layer.
    """
    check_type("sequences", sequences, SequenceSet)
    filters: FilterBank = model.layer(extraction.layer) if hasattr(model, "layer") else model
    sets = [sequences] if negatives is None else [sequences, negatives]
    background = base_frequencies(sets, filters.strands)
    instances = extract(filters, sequences, negatives=negatives, background=background, extraction=extraction)
    inactive = [each.source for each in instances if each.motif is None]
    if inactive:
        warnings.warn(
            f"{len(inactive)} of {len(instances)} filters have fewer than {extraction.min_sites} sites and give no "
            f"motif: {', '.join(inactive)}",
            stacklevel=2,
        )
    return MotifSet([each.motif for each in instances if each.motif is not None], filters.strands, background)


def extract(
    filters: FilterBank,
    sequences: SequenceSet,
    *,
    negatives: SequenceSet | None,
    background: Floats,
    extraction: ExtractionSpec,
) -> list[MotifInstances]:
    """Find the sites of each filter and count them: `extract_motifs` with sites, thresholds and inactive filters."""
    if sequences.length < filters.width:
        raise InputError(
            f"sequences of {sequences.length} bp are shorter than the filters, {filters.width} bp",
            hint="Use longer sequences.",
        )
    thresholds, sites = find_sites(filters, sequences, negatives=negatives, rule=extraction.rule)
    return [
        _counted(name, threshold, own, sequences, filters.slack, background, extraction)
        for name, threshold, own in zip(filters.names, thresholds.tolist(), sites, strict=True)
    ]


def _counted(
    name: str,
    threshold: float,
    sites: Sites,
    sequences: SequenceSet,
    slack: int,
    background: Floats,
    extraction: ExtractionSpec,
) -> MotifInstances:
    """The trimmed motif of the sites of one filter."""
    if slack and len(sites) >= extraction.min_sites:
        sites = _aligned(sites, sequences, slack, background)
    if len(sites) < extraction.min_sites:
        return MotifInstances(name, sites, None, threshold)
    counts = count_bases(sites.subsequences(sequences))
    whole = Motif(name, counts, nsites=len(sites), background=background)
    start, end = whole.trim_bounds(extraction.trim_bits)
    motif = whole.trim(extraction.trim_bits)
    motif = replace(motif, name=f"{name}_{motif.consensus}")
    return MotifInstances(name, sites.moved(start, end - start), motif, threshold)


def _aligned(sites: Sites, sequences: SequenceSet, slack: int, background: Floats) -> Sites:
    """Each site where its subsequence scores best under the matrix that all agree on (`align_frames`)."""
    frames = sites.subsequences(sequences, flank=slack)
    moved = sites.moved(best_shifts(frames, align_frames(frames, slack, background)), sites.width)
    # Of two sites that meet at one start the better one counts, ties to `+`.
    order = np.lexsort((moved.is_reverse, -moved.score, moved.start, moved.sequence))
    moved = moved.take(order)
    is_first = np.ones(len(moved), dtype=np.bool_)
    is_first[1:] = (np.diff(moved.sequence) != 0) | (np.diff(moved.start) != 0)
    return moved.take(is_first)


def base_frequencies(sets: Sequence[SequenceSet], strands: Strands) -> Floats:
    """Frequency of each base in all sets, shape (4,), averaged over the strands; one pseudocount per base."""
    counts = np.sum([each.base_counts() for each in sets], axis=0) + 1.0
    counts = counts + counts[::-1] if strands == "both" else counts
    return np.asarray(counts / counts.sum(), dtype=np.float64)
