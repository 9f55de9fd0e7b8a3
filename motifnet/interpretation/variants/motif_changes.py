"""The motif whose site a variant changes most: sites that overlap the alleles, scored as by `scan`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.interpretation.variants.alleles import Alleles, trim
from motifnet.interpretation.variants.effects import ScoredAlleles
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.motifs.scanning.hits import P_VALUE
from motifnet.motifs.scanning.pwm import BestSites, ScoreDistribution, best_sites
from motifnet.sequences.alphabet import Codes, N
from motifnet.sequences.io.variant_records import Variant
from motifnet.sequences.sequence_set import SequenceSet

Floats = NDArray[np.float32]
#: Columns of the motif whose best site changes most; empty if neither allele is in a site, or no score changes.
MOTIF_CHANGE_COLUMNS = {
    "motif": "motif whose best site over the variant changes most; a site has the threshold of its motif, or p <= 1e-4",
    "motif_change": "gained or lost (only one allele has a site), stronger or weaker",
    "motif_ref_score": "best log odds over the reference allele, in bits",
    "motif_alt_score": "best log odds over the alternative allele, in bits",
    "motif_start": "0-based start of the higher-scoring site in the coordinates of `pos`; within inserted bases, the "
    "position after them",
    "motif_strand": "strand of that site",
}


_NO_CHANGE = ("", "", np.nan, np.nan, pd.NA, "")


class _Sites(NamedTuple):
    """Best sites of all M motifs over each of n alleles: arrays ``(n, M)``; starts are relative to the allele."""

    score: Floats
    start: NDArray[np.int64]
    is_reverse: NDArray[np.bool_]


class MotifChanges:
    """Changes of the sites of some motifs.

    Parameters
    ----------
    motifs : MotifSet
    """

    def __init__(self, motifs: MotifSet) -> None:
        self._motifs = motifs
        self._thresholds = np.array([_threshold(motif) for motif in motifs], dtype=np.float64)

    def table(self, scored: ScoredAlleles) -> pd.DataFrame:
        """Table of a block of variants with `MOTIF_CHANGE_COLUMNS`."""
        if not scored.alleles:
            return pd.DataFrame(columns=list(MOTIF_CHANGE_COLUMNS))
        ref, alt = (self._best(scored.alleles, is_alt=is_alt) for is_alt in (False, True))
        is_site = np.maximum(ref.score, alt.score) >= self._thresholds
        is_known = np.isfinite(ref.score) & np.isfinite(alt.score) & is_site
        change = np.where(is_known, np.subtract(alt.score, ref.score, where=is_known, out=np.zeros_like(ref.score)), 0)
        largest = np.abs(change).argmax(axis=1)
        rows: list[tuple[object, ...]] = []
        for i, (variant, alleles) in enumerate(zip(scored.variants, scored.alleles, strict=True)):
            motif = int(largest[i])
            sites = [_Sites(*(own[i, motif] for own in both)) for both in (ref, alt)]
            is_changed = bool(change[i, motif])
            rows.append(self._row(motif, variant, alleles, *sites) if is_changed else _NO_CHANGE)
        return pd.DataFrame(rows, columns=list(MOTIF_CHANGE_COLUMNS)).astype({"motif_start": "Int64"})

    def _row(self, motif: int, variant: Variant, alleles: Alleles, ref: _Sites, alt: _Sites) -> tuple[object, ...]:
        """Values of the columns, from the sites of one motif over both alleles."""
        is_in_ref, is_in_alt = (site.score >= self._thresholds[motif] for site in (ref, alt))
        kind = ("stronger" if alt.score > ref.score else "weaker") if is_in_ref and is_in_alt else ""
        best, n_bases = (alt, len(alleles.alt)) if alt.score > ref.score else (ref, len(alleles.ref))
        start, offset = variant.pos - 1 + trim(variant.ref.upper(), variant.alt.upper())[0], int(best.start)
        if offset >= n_bases:
            offset += len(alleles.ref) - n_bases
        elif offset > 0:
            offset = min(offset, len(alleles.ref))
        return (
            self._motifs[motif].name,
            kind or ("gained" if is_in_alt else "lost"),
            float(ref.score),
            float(alt.score),
            start + offset,
            "-" if best.is_reverse else "+",
        )

    def _best(self, alleles: list[Alleles], *, is_alt: bool) -> _Sites:
        widths = np.array([motif.width for motif in self._motifs])
        shape = len(alleles), len(widths)
        found = _Sites(np.full(shape, -np.inf, np.float32), np.zeros(shape, np.int64), np.zeros(shape, np.bool_))
        for width in np.unique(widths).tolist():
            columns = np.flatnonzero(widths == width)
            sequences, n_before = _contexts(alleles, width, is_alt=is_alt)
            chosen = [self._motifs[int(column)] for column in columns]
            best: BestSites = best_sites(chosen, sequences, strands=self._motifs.strands)
            found.score[:, columns] = best.score
            found.start[:, columns] = best.start - n_before[:, np.newaxis]
            found.is_reverse[:, columns] = best.is_reverse
        return found


def _contexts(alleles: list[Alleles], width: int, *, is_alt: bool) -> tuple[SequenceSet, NDArray[np.int64]]:
    """One allele of each variant with the bases of all sites that overlap it; and the number of bases before it."""
    flanks = [(own.left[max(len(own.left) - width + 1, 0) :], own.right[: width - 1]) for own in alleles]
    parts: list[Codes] = [
        np.concatenate([left, own.alt if is_alt else own.ref, right])
        for own, (left, right) in zip(alleles, flanks, strict=True)
    ]
    codes = np.full((len(parts), max(width, *map(len, parts))), N, dtype=np.uint8)
    for row, part in zip(codes, parts, strict=True):
        row[: len(part)] = part
    return SequenceSet([""] * len(codes), codes), np.array([len(left) for left, _ in flanks])


def _threshold(motif: Motif) -> float:
    """Lowest score of a site, in bits; infinite if no score is rare enough."""
    if motif.threshold is not None:
        return motif.threshold
    scores = ScoreDistribution.of(motif)
    cutoff = scores.cutoff(P_VALUE)
    return float(scores.bits(np.array(cutoff))) if cutoff < len(scores.tail) else np.inf
