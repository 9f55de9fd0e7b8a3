"""Places of a BED file as windows of a genome: names matched, peaks chosen, every loss told (logger ``motifnet``).

A window of L bp has the summit (or the middle) at index ``L // 2``. It is called ``chr:start-end``, with the strand
behind it where strands are taken, so that coordinates travel with the sequences (`coordinates.coordinates_of`).
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from motifnet.arguments import check_type
from motifnet.errors import FormatError, InputError
from motifnet.sequences.alphabet import Codes, reverse_complement
from motifnet.sequences.input_spec import IntervalSpec
from motifnet.sequences.io.bed import Peaks, read_peaks
from motifnet.sequences.io.chromosomes import is_standard, known_chromosomes
from motifnet.sequences.io.fasta import RaggedSequences
from motifnet.sequences.io.genome import Genome, open_genome
from motifnet.sequences.sequence_set import LengthRule, SequenceSet
from motifnet.sequences.store import release, room

logger = logging.getLogger("motifnet")

#: bp around a summit, where no length is asked for.
DEFAULT_LENGTH = 200
#: Letters of a genome that are taken at once: their places need eight times the room.
_LETTERS = 1 << 22

Ints = NDArray[np.int64]


class Windows(NamedTuple):
    """Windows on the genome, of one length or several: columns of N."""

    chrom: NDArray[np.object_]
    start: Ints
    end: Ints


def read_intervals(bed: str | Path, intervals: IntervalSpec, *, length: int | Literal["auto"] = "auto") -> SequenceSet:
    """Read a BED or narrowPeak file as sequences of a genome.

    Parameters
    ----------
    bed : str or Path
        BED3 to BED6, more columns, or narrowPeak (10 columns), plain or gzip; ``-`` is standard input.
    intervals : IntervalSpec
        The genome, and which peaks are taken.
    length : int or "auto"
        Of every window, in bp. "auto": as wide as the intervals, where they are of one width and no summits are known;
        else 200.

    Returns
    -------
    SequenceSet
        In the order of the file, called ``chr:start-end``.

    Raises
    ------
    InputError
        If a file cannot be used (`FormatError`), chromosomes have other names than the genome's, or no peak is left.

    Examples
    --------
    ``read_intervals("peaks.narrowPeak", IntervalSpec("hg38.fa", top=5000, blacklist="bad.bed"), length=200)``
    """
    check_type("intervals", intervals, IntervalSpec)
    peaks = read_peaks(bed)
    size = default_length(peaks) if length == "auto" else length
    return window_sequences(peaks, open_intervals(intervals), intervals, length=size).fit(LengthRule(size))


def open_intervals(intervals: IntervalSpec) -> Genome:
    """The genome of a spec.

    Raises
    ------
    InputError
        If it names none, or (`FormatError`) it cannot be read.
    """
    if intervals.genome is None:
        raise InputError("places need a genome", hint="Give --genome FASTA.")
    return open_genome(intervals.genome)


def default_length(peaks: Peaks) -> int:
    """Length of windows where none is asked for, told: the width that all have, else `DEFAULT_LENGTH`."""
    widths = np.unique(peaks.widths)
    if len(widths) == 1 and widths[0] > 1 and not peaks.has_summit.any():
        return int(widths[0])
    where = "summits" if peaks.has_summit.any() else "places" if widths[-1] == 1 else "middles"
    logger.info("%s: windows of %d bp around the %s (--length to change)", peaks.source, DEFAULT_LENGTH, where)
    return DEFAULT_LENGTH


def window_sequences(peaks: Peaks, genome: Genome, intervals: IntervalSpec, *, length: int | None) -> RaggedSequences:
    """Sequences of peaks, those that `intervals` leaves.

    Parameters
    ----------
    peaks : Peaks
    genome : Genome
    intervals : IntervalSpec
    length : int or None
        None takes the intervals as they stand.

    Returns
    -------
    RaggedSequences
        Its headers hold what the file says of each peak: ``name=... score=... signal=...``.

    Raises
    ------
    InputError
        As `read_intervals`.
    """
    peaks, _ = choose_windows(peaks, genome, intervals, length=length)
    return sequences_of(peaks, genome, length=length, stranded=intervals.stranded)


def sequences_of(peaks: Peaks, genome: Genome, *, length: int | None, stranded: bool) -> RaggedSequences:
    """Sequences of peaks as they are; parameters, result: as `window_sequences`."""
    windows = _windows(peaks, length)
    is_reverse = peaks.is_reverse() if stranded else np.zeros(len(peaks), dtype=np.bool_)
    flat, offsets = _fetch(windows, genome, is_reverse)
    names = [f"{chrom}:{start}-{end}" for chrom, start, end in zip(*windows, strict=True)]
    if stranded:
        names = [f"{name}({'-' if flipped else '+'})" for name, flipped in zip(names, is_reverse, strict=True)]
    headers = tuple(f"{name} {about}" for name, about in zip(names, peaks.headers, strict=True))
    return RaggedSequences(tuple(names), flat, offsets, 0, peaks.source, headers)


def choose_windows(
    peaks: Peaks, genome: Genome, intervals: IntervalSpec, *, length: int | None
) -> tuple[Peaks, Windows]:
    """The peaks that are taken, and their windows; parameters, errors: as `window_sequences`."""
    if length is not None and length < 1:
        raise InputError(f"length must be at least 1 bp. Got {length} instead")
    n_given = len(peaks)
    peaks = peaks.take(known_chromosomes(peaks.chrom, genome.lengths, source=peaks.source, genome=genome.name))
    if intervals.standard_chromosomes:
        standard = np.array([is_standard(chrom) for chrom in peaks.chrom], dtype=np.bool_)
        peaks = _kept(peaks, standard, "are not on standard chromosomes")
    peaks = _inside(peaks, genome, length)
    if intervals.blacklist is not None:
        bad = read_peaks(intervals.blacklist)
        bad = bad.take(known_chromosomes(bad.chrom, genome.lengths, source=bad.source, genome=genome.name))
        clear = ~_overlapping(_windows(peaks, length), bad)
        peaks = _kept(peaks, clear, f"overlap {intervals.blacklist}")
    if intervals.merge_overlaps:
        apart = non_overlapping(_windows(peaks, length), by_strength(peaks))
        peaks = _kept(peaks, apart, "overlap a stronger one")
    if intervals.top is not None:
        peaks = _top(peaks, intervals.top)
    if not len(peaks):
        raise InputError(
            f"{peaks.source}: none of its {n_given} places is left", hint="What was left out, and why, is told above."
        )
    return peaks, _windows(peaks, length)


def _windows(peaks: Peaks, length: int | None) -> Windows:
    if length is None:
        return Windows(peaks.chrom, peaks.start, peaks.end)
    start = peaks.point - length // 2
    return Windows(peaks.chrom, start, start + length)


def _kept(peaks: Peaks, kept: NDArray[np.bool_], why: str) -> Peaks:
    if kept.all():
        return peaks
    logger.info("%s: %d of %d places %s and are left out", peaks.source, (~kept).sum(), len(peaks), why)
    return peaks.take(kept)


def _inside(peaks: Peaks, genome: Genome, length: int | None) -> Peaks:
    sizes = np.array([genome.lengths[chrom] for chrom in peaks.chrom], dtype=np.int64)
    beyond = peaks.end > sizes
    if beyond.any():
        i = int(np.flatnonzero(beyond)[0])
        logger.warning(
            "%s:%d: %s:%d-%d ends behind its chromosome, which has %d bp in %s, as do %d of %d places: is this the "
            "assembly that they are of?",
            *(peaks.source, peaks.lines[i], peaks.chrom[i], peaks.start[i], peaks.end[i], sizes[i], genome.name),
            *(beyond.sum(), len(peaks)),
        )
    windows = _windows(peaks, length)
    return _kept(peaks, (windows.start >= 0) & (windows.end <= sizes), "reach over the end of their chromosome")


def _overlapping(windows: Windows, others: Peaks) -> NDArray[np.bool_]:
    """Which windows share a base with any of the others."""
    found = np.zeros(len(windows.start), dtype=np.bool_)
    for chrom in set(windows.chrom.tolist()) & set(others.chrom.tolist()):
        rows, own = np.flatnonzero(windows.chrom == chrom), np.flatnonzero(others.chrom == chrom)
        own = own[np.argsort(others.start[own], kind="stable")]
        # The farthest end among those that start before a window ends tells whether any of them reaches it.
        reach = np.concatenate([[-1], np.maximum.accumulate(others.end[own])])
        found[rows] = reach[np.searchsorted(others.start[own], windows.end[rows])] > windows.start[rows]
    return found


def by_strength(peaks: Peaks) -> Ints:
    """Indices of peaks, strongest first; of equally strong ones, and where nothing ranks them, the earlier line."""
    strengths = peaks.strengths()
    return np.arange(len(peaks)) if strengths is None else np.argsort(-strengths, kind="stable")


def non_overlapping(windows: Windows, order: Ints) -> NDArray[np.bool_]:
    """Which windows to keep so that no two overlap, in this order of preference."""
    kept = np.zeros(len(order), dtype=np.bool_)
    taken: dict[str, dict[int, list[tuple[int, int]]]] = {}
    size = int((windows.end - windows.start).max(initial=1))
    for i in order.tolist():
        start, end = int(windows.start[i]), int(windows.end[i])
        # Boxes as wide as the widest window: what overlaps it lies in its own boxes or in their neighbours.
        boxes = taken.setdefault(windows.chrom[i], {})
        near = (place for box in range(start // size - 1, end // size + 2) for place in boxes.get(box, ()))
        if any(first < end and start < last for first, last in near):
            continue
        kept[i] = True
        boxes.setdefault(start // size, []).append((start, end))
    return kept


def _top(peaks: Peaks, count: int) -> Peaks:
    if count >= len(peaks):
        return peaks
    strengths = peaks.strengths()
    if strengths is None:
        raise FormatError(
            peaks.source,
            "has nothing that ranks peaks: no scores, or all alike",
            hint="Leave --top out, or give a file with scores (column 5) or signals (narrowPeak, column 7).",
        )
    kept = np.zeros(len(peaks), dtype=np.bool_)
    kept[np.argsort(-strengths, kind="stable")[:count]] = True
    return _kept(peaks, kept, f"are weaker than the top {count}")


def _fetch(windows: Windows, genome: Genome, is_reverse: NDArray[np.bool_]) -> tuple[Codes, Ints]:
    """Codes of all windows end to end, and where each begins, with the end of the last."""
    lengths = windows.end - windows.start
    offsets = np.concatenate([[0], lengths.cumsum()])
    flat = room((int(offsets[-1]),))
    for chrom in dict.fromkeys(windows.chrom.tolist()):
        on_it = windows.chrom == chrom
        for length in np.unique(lengths[on_it]).tolist():
            all_rows = np.flatnonzero(on_it & (lengths == length))
            all_rows = all_rows[np.argsort(windows.start[all_rows], kind="stable")]  # as the file has them
            size = max(1, _LETTERS // length)
            for rows in (all_rows[begin : begin + size] for begin in range(0, len(all_rows), size)):
                codes = genome.fetch(chrom, windows.start[rows], length)
                codes = np.where(is_reverse[rows, np.newaxis], reverse_complement(codes), codes)
                flat[offsets[rows, np.newaxis] + np.arange(length)] = codes
                release(flat)
    return flat, offsets
