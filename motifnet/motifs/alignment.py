"""How motifs lie on each other: the best offset and strand, and how alike they are there.

The measure is the correlation of columns (Pietrokovski 1996, Nucleic Acids Res 24:3836), taken over all aligned columns
at once, so that sharp columns weigh more than flat ones. P-values are no measure of likeness here: with few motifs they
move by orders of magnitude.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from motifnet.motifs.motif import Floats, Motif, Strands

#: Fewer aligned columns than this say nothing (all of them, for motifs that are shorter).
MIN_OVERLAP = 5
#: Mean similarity (see `align`) from which motifs are of one family.
MERGE_SIMILARITY = 0.8


class Alignment(NamedTuple):
    """The best placement of each of K targets on each of M queries.

    Column ``c`` of the target, reverse-complemented where `is_reverse`, lies on column ``c + offset`` of the query.
    """

    similarity: Floats
    offset: NDArray[np.int64]
    is_reverse: NDArray[np.bool_]


def align(queries: Sequence[Motif], targets: Sequence[Motif], *, strands: Strands = "both") -> Alignment:
    """Place each target on each query where they are most alike.

    Similarity is the inner product of the aligned columns (PPM less 1/4), over the norm of the whole smaller motif and
    the norm of what it covers of the larger one: 1 for a motif and a piece of it, 0 for unrelated columns. What sticks
    out of the smaller motif counts against it, what sticks out of the larger one does not.

    Parameters
    ----------
    queries, targets : sequences of M and of K motifs
    strands : {"both", "forward"}
        Whether the reverse complement of a target is tried too.

    Returns
    -------
    Alignment
        Arrays of shape (M, K).
    """
    ours = _Columns.of(queries)
    best = _best_offsets(ours, _Columns.of(targets))
    if strands == "forward":
        return Alignment(*best, np.zeros(best[0].shape, dtype=np.bool_))
    reverse = _best_offsets(ours, _Columns.of([motif.reverse_complement() for motif in targets]))
    is_reverse = reverse[0] > best[0] + 1e-9  # a palindrome lies on the + strand, whatever the last digit
    return Alignment(np.where(is_reverse, reverse[0], best[0]), np.where(is_reverse, reverse[1], best[1]), is_reverse)


def likeness(counts: Floats, others: Floats) -> float:
    """Similarity of two PFMs ``(4, w)`` as they lie, column on column: from -1 to 1; 0 where one of them is flat."""
    ours, theirs = (pfm / pfm.sum(axis=0) - 0.25 for pfm in (counts, others))
    norm = np.sqrt(np.square(ours).sum() * np.square(theirs).sum())
    return float((ours * theirs).sum() / norm) if norm > 0 else 0.0


class _Columns(NamedTuple):
    """Centred columns of K motifs side by side, zeros behind the shorter ones: ``(K, w, 4)``, and their widths."""

    values: Floats
    widths: NDArray[np.int64]

    @classmethod
    def of(cls, motifs: Sequence[Motif]) -> _Columns:
        widths = np.array([motif.width for motif in motifs], dtype=np.int64)
        values = np.zeros((len(motifs), int(widths.max(initial=1)), 4))
        for row, motif in zip(values, motifs, strict=True):
            row[: motif.width] = motif.ppm.T - 0.25
        return cls(values, widths)

    def norms_before(self) -> Floats:
        """Sum of squares of all columns before each, and of all: ``(K, w + 1)``."""
        return np.pad(np.square(self.values).sum(axis=2).cumsum(axis=1), ((0, 0), (1, 0)))


def _best_offsets(ours: _Columns, theirs: _Columns) -> tuple[Floats, NDArray[np.int64]]:
    """Similarity at the best offset of each pair, and that offset; the one nearest to 0 of equals."""
    n, width, _ = ours.values.shape
    k, reach, _ = theirs.values.shape
    best, at = np.full((n, k), -1.0), np.zeros((n, k), dtype=np.int64)
    our_norms, their_norms = ours.norms_before(), theirs.norms_before()
    our_norm, their_norm = our_norms[:, -1:], their_norms[:, -1]
    ours_is_smaller = our_norm <= their_norm
    enough = np.minimum(np.minimum(ours.widths[:, np.newaxis], theirs.widths), MIN_OVERLAP)
    for offset in sorted(range(1 - reach, width), key=abs):
        mine, other = slice(max(offset, 0), min(width, offset + reach)), slice(max(-offset, 0), width - offset)
        n_columns = mine.stop - mine.start
        other = slice(other.start, other.start + n_columns)
        inner = ours.values[:, mine].reshape(n, 4 * n_columns) @ theirs.values[:, other].reshape(k, 4 * n_columns).T
        # Each target covers columns up to its own end, not up to that of the widest.
        end, their_end = np.maximum(offset + theirs.widths, mine.start), np.maximum(ours.widths - offset, other.start)
        ours_covered = our_norms[:, np.minimum(end, width)] - our_norms[:, [mine.start]]
        theirs_covered = (their_norms[:, np.minimum(their_end, reach)] - their_norms[:, [other.start]]).T
        norm = np.where(ours_is_smaller, our_norm * theirs_covered, ours_covered * their_norm)
        similarity = np.divide(inner, np.sqrt(norm), out=np.zeros_like(inner), where=norm > 1e-12)
        starts, ends = np.maximum(offset, 0), np.minimum(ours.widths[:, np.newaxis], offset + theirs.widths)
        similarity[ends - starts < enough] = -1.0
        is_better = similarity > best + 1e-12
        best[is_better], at[is_better] = similarity[is_better], offset
    return best, at


def group(motifs: Sequence[Motif], *, strands: Strands, at_least: float = MERGE_SIMILARITY) -> list[tuple[int, ...]]:
    """Indices of motifs that are alike, by average linkage; the same groups whatever the order of the motifs.

    Parameters
    ----------
    motifs : sequence of Motif
    strands : {"both", "forward"}
    at_least : float
        Mean similarity within a group.

    Returns
    -------
    list of tuple of int
        Each index once; groups in the order of their first member.
    """
    if len(motifs) < 2:
        return [(index,) for index in range(len(motifs))]
    # Ties are settled by the order in which linkage meets the motifs: let their content decide it.
    order = sorted(range(len(motifs)), key=lambda index: content_key(motifs[index], strands))
    ordered = [motifs[index] for index in order]
    similarity = align(ordered, ordered, strands=strands).similarity
    distance = 1 - np.clip((similarity + similarity.T) / 2, 0, 1)
    np.fill_diagonal(distance, 0)
    labels = fcluster(linkage(squareform(distance, checks=False), "average"), 1 - at_least, "distance")
    groups: dict[int, list[int]] = {}
    for index, label in sorted(zip(order, labels, strict=True)):
        groups.setdefault(label, []).append(index)
    return [tuple(members) for members in groups.values()]


def content_key(motif: Motif, strands: Strands) -> tuple[float, bytes]:
    """A key that sorts motifs by information, whatever they are called and whichever strand they are read on."""
    ways = [motif.ppm, motif.ppm[::-1, ::-1]] if strands == "both" else [motif.ppm]
    return -round(motif.total_information, 6), min(np.round(way, 6).tobytes() for way in ways)
