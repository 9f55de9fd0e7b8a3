"""Where sites lie in sequences of one length, and how many motifs a sequence has: pure functions of placed sites.

Positions are told from the middle of the sequence: the middle of a site minus ``length / 2``, in bp. That says
something where the sequences are windows of one length around a centre (a summit); elsewhere it does not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu

from motifnet.errors import InputError
from motifnet.motifs.learned.sites import Sites

#: Width of the bins of `position_histogram`, in bp: odd, so that whole offsets never fall on an edge.
BIN = 11


class Centrality(NamedTuple):
    """How central the best sites of each of M motifs are, positives against negatives: arrays of shape (M,).

    ``n_positive``, ``n_negative``: best sites compared; ``effect``: the chance that a positive's is closer to the
    middle than a negative's, ties half (0.5 is no difference); ``p``: one-sided. NaN where a side has no site.
    """

    n_positive: NDArray[np.int64]
    n_negative: NDArray[np.int64]
    effect: NDArray[np.float64]
    p: NDArray[np.float64]


def best_sites(sites: Sites) -> Sites:
    """The highest-scoring site of each motif in each sequence; of equals the leftmost, then the one on ``+``."""
    order = np.lexsort((sites.is_reverse, sites.start, -sites.score, sites.sequence, sites.filter))
    motif, sequence = sites.filter[order], sites.sequence[order]
    is_first = np.ones(len(order), dtype=bool)
    is_first[1:] = (motif[1:] != motif[:-1]) | (sequence[1:] != sequence[:-1])
    return sites.take(order[is_first])


def offsets(sites: Sites, length: int) -> NDArray[np.float64]:
    """Middle of each site from the middle of its sequence, in bp: negative to the left."""
    result: NDArray[np.float64] = (sites.start + sites.end) / 2 - length / 2
    return result


def position_histogram(
    sites: Sites, *, n_motifs: int, length: int, bin_width: int = BIN
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Count where sites lie.

    Parameters
    ----------
    sites : Sites
        Usually the `best_sites`; ``filter`` is the motif's index.
    n_motifs, length : int
        Motifs M; length of the sequences in bp.
    bin_width : int
        In bp.

    Returns
    -------
    edges : float64 array of shape (B + 1,)
        Bounds of the bins, from the middle of the sequence: symmetric, one bin lies around the middle; what
        falls on an edge counts in the bin nearer to it.
    counts : int64 array of shape (M, B)

    Raises
    ------
    InputError
        If the bins have no width.
    """
    if bin_width < 1:
        raise InputError(f"bin_width must be at least 1 bp. Got {bin_width} instead")
    n_sides = int(np.ceil(max(length - bin_width, 0) / 2 / bin_width))
    edges = (np.arange(2 * n_sides + 2, dtype=np.float64) - n_sides - 0.5) * bin_width
    place = offsets(sites, length) / bin_width
    bins = (np.sign(place) * np.ceil(np.abs(place) - 0.5)).astype(np.int64) + n_sides
    counts: NDArray[np.int64] = np.zeros((n_motifs, 2 * n_sides + 1), dtype=np.int64)
    np.add.at(counts, (sites.filter, bins), 1)
    return edges, counts


def centrality(positives: Sites, negatives: Sites, *, n_motifs: int, length: int) -> Centrality:
    """Test whether the best sites of positives lie closer to the middle than those of negatives.

    Parameters
    ----------
    positives, negatives : Sites
        Sites above the motif's threshold in windows of one length; the best of each sequence is taken. What is central
        for other reasons (GC rises towards a summit) is so in suitable negatives too.
    n_motifs, length : int
        Motifs M; length of the sequences in bp.

    Returns
    -------
    Centrality
        One-sided Mann-Whitney tests on the distance from the middle. CentriMo (Bailey & Machanick 2012, Nucleic Acids
        Res 40:e128) asks the same against uniform positions.
    """
    distances = []
    for sites in (best_sites(positives), best_sites(negatives)):
        distance = np.abs(offsets(sites, length))
        distances.append([distance[sites.filter == motif] for motif in range(n_motifs)])
    counts = np.array([[len(values) for values in side] for side in distances], dtype=np.int64).reshape(2, n_motifs)
    effect, p = np.full(n_motifs, np.nan), np.full(n_motifs, np.nan)
    for motif in np.flatnonzero((counts > 0).all(axis=0)):
        near, far = distances[0][motif], distances[1][motif]
        test = mannwhitneyu(near, far, alternative="less")
        effect[motif] = 1 - test.statistic / (len(near) * len(far))
        p[motif] = test.pvalue
    return Centrality(counts[0], counts[1], effect, p)


def motifs_per_sequence(sites: Sites, *, n_motifs: int, n_sequences: int) -> NDArray[np.int64]:
    """How many sequences have sites of 0, 1, ... M different motifs: shape (M + 1,)."""
    pairs = np.unique(sites.sequence * n_motifs + sites.filter)
    per_sequence = np.bincount(pairs // max(n_motifs, 1), minlength=n_sequences)
    return np.bincount(per_sequence, minlength=n_motifs + 1)
