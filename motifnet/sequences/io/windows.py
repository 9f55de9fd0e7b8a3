"""Sequences of a genome at the intervals of BED files: filter the intervals, and read windows around them.

A window of L bp has the summit (or the midpoint) of its interval at index ``L // 2``. It is named ``chr:start-end``,
with the strand appended if strands are used, as `parse_coordinates` reads it. The number of intervals that each filter
removes is logged (logger ``motifnet``).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import FormatError, InputError
from motifnet.sequences.alphabet import Codes, reverse_complement
from motifnet.sequences.input_spec import IntervalSpec
from motifnet.sequences.io.chromosomes import is_standard, known_chromosomes
from motifnet.sequences.io.genome import Genome
from motifnet.sequences.io.intervals import Bools, Intervals, Ints
from motifnet.sequences.io.peaks import Peaks
from motifnet.sequences.io.regions import read_regions
from motifnet.sequences.ragged import RaggedSequences
from motifnet.sequences.store import allocate, release

logger = logging.getLogger("motifnet")

#: Window length in bp around summits, and around intervals of several widths, if none is given.
DEFAULT_LENGTH = 200
#: Bases read at once: their indices take eight times as much memory.
_BATCH_BASES = 1 << 22


def default_length(peaks: Peaks) -> int:
    """Window length if none is given: the common width of the intervals, else `DEFAULT_LENGTH`, which is logged."""
    widths = np.unique(peaks.widths)
    if len(widths) == 1 and widths[0] > 1 and not peaks.has_summit.any():
        return int(widths[0])
    where = "summits" if peaks.has_summit.any() else "intervals" if widths[-1] == 1 else "midpoints"
    logger.info("%s: windows of %d bp around the %s (set --length to change)", peaks.source, DEFAULT_LENGTH, where)
    return DEFAULT_LENGTH


def window_sequences(peaks: Peaks, genome: Genome, intervals: IntervalSpec, *, length: int | None) -> RaggedSequences:
    """Read windows of `length` bp, or the intervals themselves, at the peaks that pass the filters of `intervals`.

    The headers have the names, scores and signals of the peaks (`Peaks.descriptions`). Raises InputError if most
    chromosomes are not in the genome, no peak remains, or (`FormatError`) a column that a filter needs is missing.
    """
    return _read_windows(_filter_peaks(peaks, genome, intervals, length=length), genome, intervals, length=length)


def label_union(
    files: Sequence[Peaks], genome: Genome, intervals: IntervalSpec, *, length: int
) -> tuple[RaggedSequences, NDArray[np.float32]]:
    """Read N windows around the peaks of T files, and label them, float32 ``(N, T)``, by the files with a peak there.

    Windows that share at least half of their bases are merged into that of the earlier file, or of the stronger peak
    within a file. The label for a file is 1 if one of its windows shares at least half of the bases, 0 if none shares
    any, and NaN (unknown) otherwise. Filters are applied to each file separately.
    """
    filtered = [_filter_peaks(peaks, genome, intervals, length=length) for peaks in files]
    pooled = Peaks.concatenate([peaks.take(peaks.by_strength()) for peaks in filtered])
    # Windows share more than half of their bases where windows of half the length overlap.
    half = Intervals.forward(pooled.chrom, pooled.center, pooled.center + max(length // 2, 1))
    union = pooled.take(half.non_overlapping(np.arange(len(pooled))))
    labels = np.stack([_labels(union, peaks, length) for peaks in filtered], axis=1)
    logger.info(
        "%d windows, %d of them with peaks of more than one file; %d labels unknown (partial overlap)",
        *(len(union), int((np.nansum(labels, axis=1) > 1).sum()), int(np.isnan(labels).sum())),
    )
    return _read_windows(union, genome, intervals, length=length), labels


def _labels(union: Peaks, peaks: Peaks, length: int) -> NDArray[np.float32]:
    """1, 0 or NaN by the distance to the nearest of these peaks, shape (N,)."""
    distance = np.full(len(union), np.iinfo(np.int64).max // 4, dtype=np.int64)
    for chrom in set(union.chrom.tolist()) & set(peaks.chrom.tolist()):
        rows = np.flatnonzero(union.chrom == chrom)
        centers = np.sort(peaks.center[peaks.chrom == chrom])
        own = union.center[rows]
        right = np.searchsorted(centers, own)
        nearest = [centers[np.clip(right - step, 0, len(centers) - 1)] for step in (0, 1)]
        distance[rows] = np.minimum(*(np.abs(center - own) for center in nearest))
    labels = np.where(distance < length, np.nan, 0.0)
    return np.where(2 * distance <= length, 1.0, labels).astype(np.float32)


def _filter_peaks(peaks: Peaks, genome: Genome, intervals: IntervalSpec, *, length: int | None) -> Peaks:
    """Apply the filters of `intervals`; errors as in `window_sequences`."""
    if length is not None and length < 1:
        raise InputError(f"length must be at least 1 bp. Got {length} instead")
    n_given = len(peaks)
    peaks = _on_genome(peaks, genome)
    if intervals.standard_chromosomes:
        standard = np.array([is_standard(chrom) for chrom in peaks.chrom], dtype=np.bool_)
        peaks = _filter(peaks, standard, "not on standard chromosomes")
    peaks = _inside(peaks, genome, length)
    if intervals.blacklist is not None:
        blacklist = _on_genome(read_regions(intervals.blacklist), genome)
        clear = ~peaks.windows(length).overlaps(blacklist)
        peaks = _filter(peaks, clear, f"overlap {intervals.blacklist}")
    if intervals.merge_overlaps:
        kept = peaks.windows(length).non_overlapping(peaks.by_strength())
        peaks = _filter(peaks, kept, "overlap a stronger one")
    if intervals.top is not None and intervals.top < len(peaks):
        if peaks.strengths() is None:
            what = "peaks cannot be ranked: there are no scores, or all are equal"
            hint = "Omit --top, or give a file with scores (column 5) or signals (narrowPeak, column 7)."
            raise FormatError(peaks.source, what, hint=hint)
        is_strongest = np.isin(np.arange(len(peaks)), peaks.by_strength()[: intervals.top])
        peaks = _filter(peaks, is_strongest, f"weaker than the top {intervals.top}")
    if not len(peaks):
        what = f"{peaks.source}: the filters removed all intervals ({n_given})"
        raise InputError(what, hint="The log lists the number removed by each filter.")
    return peaks


def _filter(peaks: Peaks, kept: Bools, reason: str) -> Peaks:
    if kept.all():
        return peaks
    logger.info("%s: removed %d of %d intervals: %s", peaks.source, (~kept).sum(), len(peaks), reason)
    return peaks.take(kept)


def _on_genome(peaks: Peaks, genome: Genome) -> Peaks:
    return peaks.take(known_chromosomes(peaks.chrom, genome.lengths, source=peaks.source, genome=genome.name))


def _inside(peaks: Peaks, genome: Genome, length: int | None) -> Peaks:
    sizes = np.array([genome.lengths[chrom] for chrom in peaks.chrom], dtype=np.int64)
    beyond = peaks.end > sizes
    if beyond.any():
        i = int(np.flatnonzero(beyond)[0])
        logger.warning(
            "%s:%d: %s:%d-%d ends after the end of the chromosome (%d bp in %s), as do %d of %d intervals. Check that "
            "the genome is the assembly of the intervals",
            *(peaks.source, peaks.lines[i], peaks.chrom[i], peaks.start[i], peaks.end[i], sizes[i], genome.name),
            *(beyond.sum(), len(peaks)),
        )
    windows = peaks.windows(length)
    return _filter(peaks, (windows.start >= 0) & (windows.end <= sizes), "extend beyond the ends of their chromosomes")


def _read_windows(peaks: Peaks, genome: Genome, intervals: IntervalSpec, *, length: int | None) -> RaggedSequences:
    """The windows of all peaks as sequences."""
    windows = peaks.windows(length)
    if intervals.stranded:
        peaks.check_strands()
    else:
        windows = Intervals.forward(windows.chrom, windows.start, windows.end)
    flat, offsets = _fetch(windows, genome)
    names = windows.names(stranded=intervals.stranded)
    headers = tuple(f"{name} {description}" for name, description in zip(names, peaks.descriptions, strict=True))
    return RaggedSequences(tuple(names), flat, offsets, 0, peaks.source, headers)


def _fetch(windows: Intervals, genome: Genome) -> tuple[Codes, Ints]:
    """Codes of all windows, one after the other, and the N + 1 offsets of their ends."""
    lengths = windows.widths
    offsets = np.concatenate([[0], lengths.cumsum()])
    flat = allocate((int(offsets[-1]),))
    for chrom in dict.fromkeys(windows.chrom.tolist()):
        on_it = windows.chrom == chrom
        for length in np.unique(lengths[on_it]).tolist():
            all_rows = np.flatnonzero(on_it & (lengths == length))
            all_rows = all_rows[np.argsort(windows.start[all_rows], kind="stable")]  # in the order of the genome file
            size = max(1, _BATCH_BASES // length)
            for rows in (all_rows[begin : begin + size] for begin in range(0, len(all_rows), size)):
                codes = genome.fetch(chrom, windows.start[rows], length)
                codes = np.where(windows.is_reverse[rows, np.newaxis], reverse_complement(codes), codes)
                flat[offsets[rows, np.newaxis] + np.arange(length)] = codes
                release(flat)
    return flat, offsets
