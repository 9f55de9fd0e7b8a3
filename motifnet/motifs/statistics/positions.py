"""Positions of sites in sequences of one length, and the number of motifs per sequence.

Positions are relative to the middle of the sequence: the middle of the site minus ``length / 2``, in bp. They are
informative for windows of one length around a reference point, such as a summit.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu

from motifnet.motifs.statistics.occurrences import Occurrences
from motifnet.sequences.alphabet import N
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.store import blocks

#: Columns of positions.tsv.
POSITION_COLUMNS = {
    "motif": "name, as in motifs.meme",
    "bin_start": "start of the bin, in bp from the middle of the sequence",
    "bin_end": "end of the bin",
    "sites_positive": "held-out positives with the middle of their best site in the bin",
    "sites_negative": "held-out negatives with the middle of their best site in the bin",
}
#: Columns of per_sequence.tsv.
PER_SEQUENCE_COLUMNS = {
    "n_motifs": "number of different motifs with a site in a sequence, of the motifs in pairs.tsv",
    "positives": "held-out positives with that number",
    "negatives": "held-out negatives with that number",
}
#: Width of the bins, in bp: odd, so that whole offsets are never on an edge.
BIN = 11

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


def has_centre(sequences: SequenceSet) -> bool:
    """Whether all sequences are windows of one length, neither cropped nor padded."""
    is_as_read = sequences.rule is None or (
        sequences.lengths is not None and bool((sequences.lengths == sequences.length).all())
    )
    return is_as_read and not any((part[:, [0, -1]] == N).all(axis=1).any() for _, part in blocks(sequences.codes))


def offsets(occurrences: Occurrences) -> Floats:
    """Middle of each best site from the middle of its sequence, in bp: shape (N, M), negative to the left."""
    middles = occurrences.start + occurrences.widths / 2
    return np.asarray(middles - occurrences.data.sequences.length / 2)


def position_table(occurrences: Occurrences, has_site: Mask, is_positive: Mask) -> pd.DataFrame:
    """Histograms of the positions of best sites, in bins that are symmetric around the middle.

    Parameters
    ----------
    occurrences : Occurrences of M motifs in N held-out sequences
    has_site : bool array of shape (N, M)
    is_positive : bool array of shape (N,)

    Returns
    -------
    DataFrame
        The columns `POSITION_COLUMNS`. A position on an edge is in the bin nearer to the middle.
    """
    n_motifs, length = has_site.shape[1], occurrences.data.sequences.length
    n_sides = int(np.ceil(max(length - BIN, 0) / 2 / BIN))
    n_bins = 2 * n_sides + 1
    edges = (np.arange(n_bins + 1, dtype=np.float64) - n_sides - 0.5) * BIN
    position = offsets(occurrences) / BIN
    bins = (np.sign(position) * np.ceil(np.abs(position) - 0.5)).astype(np.int64) + n_sides
    motif_bins = bins + n_bins * np.arange(n_motifs)
    counts = [
        np.bincount(motif_bins[has_site & own[:, np.newaxis]], minlength=n_motifs * n_bins)
        for own in (is_positive, ~is_positive)
    ]
    columns = {
        "motif": np.repeat(np.array(occurrences.names, dtype=object), n_bins),
        "bin_start": np.tile(edges[:-1], n_motifs),
        "bin_end": np.tile(edges[1:], n_motifs),
        "sites_positive": counts[0],
        "sites_negative": counts[1],
    }
    return pd.DataFrame(columns, columns=list(POSITION_COLUMNS))


def centrality(occurrences: Occurrences, has_site: Mask, is_positive: Mask) -> tuple[Floats, Floats]:
    """Test whether the best sites of positives are closer to the middle than those of negatives.

    One-sided Mann-Whitney tests of the distance from the middle; features that are central in negatives too, such as GC
    near summits, are not significant. CentriMo (Bailey & Machanick 2012, Nucleic Acids Res 40:e128) tests against
    uniform positions.

    Parameters
    ----------
    occurrences : Occurrences of M motifs in N held-out sequences of one length
    has_site : bool array of shape (N, M)
    is_positive : bool array of shape (N,)

    Returns
    -------
    effect : float64 array of shape (M,)
        Probability that a positive's site is closer to the middle than a negative's, ties counting half (0.5: no
        difference). NaN if a class has no site.
    p_value : float64 array of shape (M,)
    """
    distances = np.abs(offsets(occurrences))
    effect, p_value = np.full((2, has_site.shape[1]), np.nan)
    for motif, has_own in enumerate(has_site.T):
        near, far = distances[has_own & is_positive, motif], distances[has_own & ~is_positive, motif]
        if len(near) and len(far):
            test = mannwhitneyu(near, far, alternative="less")
            effect[motif] = 1 - test.statistic / (len(near) * len(far))
            p_value[motif] = test.pvalue
    return effect, p_value


def per_sequence_table(has_site: Mask, is_positive: Mask) -> pd.DataFrame:
    """Number of sequences of each class by their number of different motifs: the columns `PER_SEQUENCE_COLUMNS`."""
    n_motifs = has_site.shape[1]
    counts = [np.bincount(has_site[own].sum(axis=1), minlength=n_motifs + 1) for own in (is_positive, ~is_positive)]
    columns = {"n_motifs": np.arange(n_motifs + 1), "positives": counts[0], "negatives": counts[1]}
    return pd.DataFrame(columns, columns=list(PER_SEQUENCE_COLUMNS))
