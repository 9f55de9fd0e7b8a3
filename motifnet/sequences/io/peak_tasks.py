"""Several files of peaks as one matrix of labels: a task for each file, a row for each window of their union."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from motifnet.sequences.input_spec import IntervalSpec
from motifnet.sequences.io.bed import Peaks
from motifnet.sequences.io.fasta import RaggedSequences
from motifnet.sequences.io.genome import Genome
from motifnet.sequences.io.intervals import Windows, by_strength, choose_windows, non_overlapping, sequences_of

logger = logging.getLogger("motifnet")

Floats = NDArray[np.float32]


def label_union(
    files: Sequence[Peaks], genome: Genome, intervals: IntervalSpec, *, length: int
) -> tuple[RaggedSequences, Floats]:
    """Windows around the peaks of any file, and which files have a peak there.

    Of windows that share at least half of their bases one stands for all: that of the earlier file, of the stronger
    peak within a file. Its label for a file is 1 if a window of that file shares at least half of its bases, 0 if none
    shares any, and unknown (NaN) between.

    Parameters
    ----------
    files : sequence of T Peaks
    genome : Genome
    intervals : IntervalSpec
        Chooses peaks in each file by itself.
    length : int
        Of every window, in bp.

    Returns
    -------
    sequences : RaggedSequences of N windows
    labels : float32 array of shape (N, T)

    Raises
    ------
    InputError
        As `window_sequences`.
    """
    chosen = [choose_windows(peaks, genome, intervals, length=length)[0] for peaks in files]
    everything = Peaks.concatenate([peaks.take(by_strength(peaks)) for peaks in chosen])
    # Windows share more than half of their bases where windows of half the length share any.
    half = max(length // 2, 1)
    cores = Windows(everything.chrom, everything.point, everything.point + half)
    union = everything.take(non_overlapping(cores, np.arange(len(everything))))
    labels = np.stack([_labels(union, peaks, length) for peaks in chosen], axis=1)
    logger.info(
        "%d windows in all, %d of them with peaks of more than one file; %d labels unknown: a peak reaches in",
        *(len(union), int((np.nansum(labels, axis=1) > 1).sum()), int(np.isnan(labels).sum())),
    )
    return sequences_of(union, genome, length=length, stranded=intervals.stranded), labels


def _labels(union: Peaks, peaks: Peaks, length: int) -> Floats:
    """1, 0 or NaN by the distance to the nearest of these peaks."""
    distance = np.full(len(union), np.iinfo(np.int64).max // 4, dtype=np.int64)
    for chrom in set(union.chrom.tolist()) & set(peaks.chrom.tolist()):
        rows = np.flatnonzero(union.chrom == chrom)
        points = np.sort(peaks.point[peaks.chrom == chrom])
        own = union.point[rows]
        right = np.searchsorted(points, own)
        around = [points[np.clip(right - step, 0, len(points) - 1)] for step in (0, 1)]
        distance[rows] = np.minimum(*(np.abs(point - own) for point in around))
    labels = np.where(distance < length, np.nan, 0.0)
    return np.where(2 * distance <= length, 1.0, labels).astype(np.float32)
