"""Contributions of the bases of both alleles of a variant, aligned: the data of its picture.

column     0 1 2 3 4 5 6 7
reference  A C G - - T A C
alternative A C G T T T A C     an insertion of TT: the reference has a gap
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.interpretation.attribution.attributions import attribute
from motifnet.interpretation.attribution.sites_below import hits_of, sites_below
from motifnet.interpretation.variants.alleles import GAP, bases_before, trim, windows
from motifnet.interpretation.variants.effects import window_length
from motifnet.interpretation.variants.strongest import VariantEffect
from motifnet.models.sequence_model import SequenceModel
from motifnet.motifs.motif import MotifSet
from motifnet.sequences.alphabet import Codes, N
from motifnet.sequences.sequence_set import SequenceSet


@dataclass(frozen=True, eq=False)
class AlignedAlleles:
    """Both alleles of a variant in C aligned columns; the first row is the reference allele.

    Parameters
    ----------
    effect : VariantEffect
    codes : uint8 array of shape (2, C)
        Bases, and `GAP` where the shorter allele ends.
    values : float32 array of shape (2, C)
        Observed contributions: means over the windows of the effect; 0 in gaps.
    alleles : slice
        Columns of the alleles, without the bases they share at their ends.
    positions : int64 array of shape (C,)
        1-based positions in the reference; 0 in columns of inserted bases.
    sites : pair of DataFrame, or None
        Motif sites in each allele, by columns (`sites_below`).
    """

    effect: VariantEffect
    codes: Codes
    values: NDArray[np.float32]
    alleles: slice
    positions: NDArray[np.int64]
    sites: tuple[pd.DataFrame, pd.DataFrame] | None = None


def align_alleles(
    model: SequenceModel, effects: Sequence[VariantEffect], *, method: str = "ism", flank: int
) -> list[AlignedAlleles]:
    """Compute the contributions of the bases of both alleles, for each variant to the task of its effect.

    Parameters
    ----------
    model : SequenceModel
    effects : sequence of VariantEffect
    method : str
        As in `attribute`.
    flank : int
        Number of bases to show before and after the alleles; fewer if the windows have fewer. Bases that were added to
        short pairs of sequences are not shown.
    """
    length = window_length(model)
    found: dict[int, AlignedAlleles] = {}
    for task in dict.fromkeys(effect.task for effect in effects):
        rows = [row for row, effect in enumerate(effects) if effect.task == task]
        pairs = [windows(own, length) for row in rows for own in effects[row].contexts]
        codes = np.concatenate([allele for pair in pairs for allele in pair])
        observed = attribute(model, SequenceSet([""] * len(codes), codes), method=method, task=task).observed()
        first = 0
        for row in rows:
            n = 2 * len(effects[row].contexts) * len(bases_before(effects[row].alleles.kind, length)[0])
            found[row] = _align(effects[row], codes[first : first + n], observed[first : first + n], flank)
            first += n
    return [found[row] for row in range(len(effects))]


def mean_contributions(aligned: Sequence[Sequence[AlignedAlleles]]) -> list[AlignedAlleles]:
    """Mean contributions over several models, from the results of `align_alleles` for the same effects."""
    return [replace(own[0], values=np.mean([one.values for one in own], axis=0)) for own in zip(*aligned, strict=True)]


def _align(effect: VariantEffect, codes: Codes, observed: NDArray[np.float32], flank: int) -> AlignedAlleles:
    """Align the windows ``(contexts * 2 * anchors, L)`` of one variant."""
    own, length = effect.alleles, codes.shape[1]
    before = np.array(bases_before(own.kind, length))
    codes, observed = codes.reshape(-1, *before.shape, length), observed.reshape(-1, *before.shape, length)
    after = length - before - np.array(own.kind)[:, np.newaxis]
    n_left, n_right = min(flank, len(own.left), before.min()), min(flank, len(own.right), after.min())
    width = max(own.kind)
    aligned = np.full((2, n_left + width + n_right), GAP, dtype=np.uint8)
    values = np.zeros(aligned.shape, dtype=np.float32)
    for row, n_own in enumerate(own.kind):
        columns = np.r_[: n_left + n_own, n_left + width : aligned.shape[1]]
        index = before[row, :, np.newaxis] - n_left + np.arange(len(columns))
        values[row, columns] = np.take_along_axis(observed[:, row], index[np.newaxis], axis=2).mean(axis=(0, 1))
        aligned[row, columns] = codes[0, row, 0, index[0]]
    variant, n_ref = effect.variant, own.kind[0]
    start = variant.pos + trim(variant.ref.upper(), variant.alt.upper())[0]
    end = start + n_ref
    positions = np.r_[start - n_left : end, np.zeros(width - n_ref, np.int64), end : end + n_right]
    return AlignedAlleles(effect, aligned, values, slice(n_left, n_left + width), positions)


def add_sites(aligned: Sequence[AlignedAlleles], motifs: MotifSet) -> list[AlignedAlleles]:
    """Add the sites of motifs in both alleles of each variant, within the columns."""
    rows = [row for one in aligned for row in one.codes]
    codes = np.full((len(rows), max(map(len, rows), default=1)), N, dtype=np.uint8)
    for padded, row in zip(codes, rows, strict=True):
        padded[: int((row != GAP).sum())] = row[row != GAP]
    hits = hits_of(motifs, SequenceSet([""] * len(rows), codes))
    by_row = dict(list(hits.groupby("sequence_index")))
    found = []
    for index, (row, values) in enumerate(zip(rows, (row for one in aligned for row in one.values), strict=True)):
        own, columns = by_row.get(index, hits.iloc[:0]), np.flatnonzero(row != GAP)
        start, end = columns[own["start"].to_numpy()], columns[own["end"].to_numpy() - 1] + 1
        found.append(sites_below(own.assign(start=start, end=end), values))
    pairs = zip(found[::2], found[1::2], strict=True)
    return [replace(one, sites=sites) for one, sites in zip(aligned, pairs, strict=True)]
