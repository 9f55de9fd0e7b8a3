"""Alignment of motifs to each other: the best offset and strand, the similarity there, and groups of similar motifs.

The measure is the correlation of columns (Pietrokovski 1996, Nucleic Acids Res 24:3836), over all aligned columns at
once, so that columns of high information have more weight. P-values are not used as a measure of similarity: against
few motifs they vary by orders of magnitude.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from motifnet.motifs.motif import Floats, Motif, Strands

#: Aligned columns, at least (for shorter motifs, all columns).
MIN_OVERLAP = 5
#: Mean similarity (see `align_motifs`) from which motifs belong to one group.
MERGE_SIMILARITY = 0.8
#: `mutual_similarity` from which one motif is a copy of another; a half-site of a dimer has about 0.7.
NEAR_COPY = 0.9

Ints = NDArray[np.int64]


class Alignment(NamedTuple):
    """Best alignment of each of K targets to each of M queries: arrays ``(M, K)``.

    Column ``c`` of the target, reverse-complemented if `is_reverse`, is aligned to column ``c + offset`` of the query.
    """

    similarity: Floats
    offset: Ints
    is_reverse: NDArray[np.bool_]


def align_motifs(queries: Sequence[Motif], targets: Sequence[Motif], *, strands: Strands = "both") -> Alignment:
    """Align each target to each query at the offset and strand of the highest similarity.

    Similarity is the inner product of the aligned columns (PPM less 1/4), divided by the norm of the whole smaller
    motif and the norm of the columns of the larger one that it covers: 1 for a motif and a part of it, 0 for unrelated
    columns. Columns of the smaller motif that are not aligned reduce it, those of the larger one do not.

    Parameters
    ----------
    queries, targets : sequences of M and of K motifs
    strands : {"both", "forward"}
        Whether targets are also reverse-complemented.

    Returns
    -------
    Alignment
    """
    ours = _centred_columns(queries)
    similarity, offset = _best_offsets(ours, _centred_columns(targets))
    if strands == "forward":
        return Alignment(similarity, offset, np.zeros(similarity.shape, dtype=np.bool_))
    on_reverse, reverse_offset = _best_offsets(ours, _centred_columns([m.reverse_complement() for m in targets]))
    is_reverse = on_reverse > similarity + 1e-9  # palindromes are on the + strand, whatever the rounding
    best = np.where(is_reverse, on_reverse, similarity)
    return Alignment(best, np.where(is_reverse, reverse_offset, offset), is_reverse)


def column_similarity(counts: Floats, others: Floats) -> float:
    """Similarity of two PFMs ``(4, w)``, column by column without shift: from -1 to 1; 0 if one of them is flat."""
    ours, theirs = (pfm / pfm.sum(axis=0) - 0.25 for pfm in (counts, others))
    norm = np.sqrt(np.square(ours).sum() * np.square(theirs).sum())
    return float((ours * theirs).sum() / norm) if norm > 0 else 0.0


def mutual_similarity(queries: Sequence[Motif], targets: Sequence[Motif], *, strands: Strands) -> Floats:
    """Similarity of M whole motifs to K others, at the best offset and strand: ``(M, K)``.

    The inner product of the aligned columns (PPM less 1/4), divided by the norms of both whole motifs: 1 only for
    copies, where `align_motifs` also gives 1 for a part of a motif.
    """
    ours, theirs = _centred_columns(queries)[0], _centred_columns(targets)[0]
    size = ours.shape[1] + theirs.shape[1]  # so that the circular correlation contains every offset once
    similarity = np.zeros((len(queries), len(targets)))
    spectra = np.fft.rfft(ours, n=size, axis=1)
    ways = [theirs] if strands == "forward" else [theirs, theirs[:, ::-1, ::-1]]
    for others in (np.fft.rfft(way, n=size, axis=1) for way in ways):
        for own, best in zip(spectra, similarity, strict=True):
            inner = np.fft.irfft((own.conj() * others).sum(axis=2), n=size, axis=1)
            np.maximum(best, inner.max(axis=1), out=best)
    norms, their_norms = (np.sqrt(np.square(columns).sum(axis=(1, 2))) for columns in (ours, theirs))
    return np.asarray(similarity / np.maximum(np.outer(norms, their_norms), 1e-12))


def _centred_columns(motifs: Sequence[Motif]) -> tuple[Floats, Ints]:
    """PPMs less 1/4, ``(K, w, 4)`` with zeros after the shorter ones, and their widths."""
    widths = np.array([motif.width for motif in motifs], dtype=np.int64)
    values = np.zeros((len(motifs), int(widths.max(initial=1)), 4))
    for row, motif in zip(values, motifs, strict=True):
        row[: motif.width] = motif.ppm.T - 0.25
    return values, widths


def _norms_before(values: Floats) -> Floats:
    """Sum of squares of all columns before each, and of all: ``(K, w + 1)``."""
    return np.pad(np.square(values).sum(axis=2).cumsum(axis=1), ((0, 0), (1, 0)))


def _best_offsets(queries: tuple[Floats, Ints], targets: tuple[Floats, Ints]) -> tuple[Floats, Ints]:
    """Similarity at the best offset of each pair, and that offset; the one nearest to 0 of equals."""
    (ours, our_widths), (theirs, their_widths) = queries, targets
    n, width, _ = ours.shape
    k, reach, _ = theirs.shape
    best, at = np.full((n, k), -1.0), np.zeros((n, k), dtype=np.int64)
    our_norms, their_norms = _norms_before(ours), _norms_before(theirs)
    our_norm, their_norm = our_norms[:, -1:], their_norms[:, -1]
    ours_is_smaller = our_norm <= their_norm
    enough = np.minimum(np.minimum(our_widths[:, np.newaxis], their_widths), MIN_OVERLAP)
    for offset in sorted(range(1 - reach, width), key=abs):
        mine, other = slice(max(offset, 0), min(width, offset + reach)), slice(max(-offset, 0), width - offset)
        n_columns = mine.stop - mine.start
        other = slice(other.start, other.start + n_columns)
        inner = ours[:, mine].reshape(n, 4 * n_columns) @ theirs[:, other].reshape(k, 4 * n_columns).T
        # Each target covers columns up to its own end, not to that of the widest.
        end, their_end = np.maximum(offset + their_widths, mine.start), np.maximum(our_widths - offset, other.start)
        ours_covered = our_norms[:, np.minimum(end, width)] - our_norms[:, [mine.start]]
        theirs_covered = (their_norms[:, np.minimum(their_end, reach)] - their_norms[:, [other.start]]).T
        norm = np.where(ours_is_smaller, our_norm * theirs_covered, ours_covered * their_norm)
        similarity = np.divide(inner, np.sqrt(norm), out=np.zeros_like(inner), where=norm > 1e-12)
        starts, ends = np.maximum(offset, 0), np.minimum(our_widths[:, np.newaxis], offset + their_widths)
        similarity[ends - starts < enough] = -1.0
        is_better = similarity > best + 1e-12
        best[is_better], at[is_better] = similarity[is_better], offset
    return best, at


def group_motifs(
    motifs: Sequence[Motif], *, strands: Strands, min_similarity: float = MERGE_SIMILARITY
) -> list[tuple[int, ...]]:
    """Group similar motifs by average linkage; the groups do not depend on the order of the motifs.

    Parameters
    ----------
    motifs : sequence of Motif
    strands : {"both", "forward"}
    min_similarity : float
        Mean similarity within a group.

    Returns
    -------
    list of tuple of int
        Indices, each once; groups in the order of their first member.
    """
    if len(motifs) < 2:
        return [(index,) for index in range(len(motifs))]
    # Linkage breaks ties by the order of the motifs, which their content must decide.
    order = sorted(range(len(motifs)), key=lambda index: content_key(motifs[index], strands))
    ordered = [motifs[index] for index in order]
    similarity = align_motifs(ordered, ordered, strands=strands).similarity
    distance = 1 - np.clip((similarity + similarity.T) / 2, 0, 1)
    np.fill_diagonal(distance, 0)
    labels = fcluster(linkage(squareform(distance, checks=False), "average"), 1 - min_similarity, "distance")
    groups: dict[int, list[int]] = {}
    for index, label in sorted(zip(order, labels, strict=True)):
        groups.setdefault(label, []).append(index)
    return [tuple(members) for members in groups.values()]


def content_key(motif: Motif, strands: Strands) -> tuple[float, bytes]:
    """A key that sorts motifs by information, independent of their names and (with both strands) of the strand."""
    ways = [motif.ppm, motif.ppm[::-1, ::-1]] if strands == "both" else [motif.ppm]
    return -round(motif.total_information, 6), min(np.round(way, 6).tobytes() for way in ways)
