"""Negatives with the GC content of the positives: sampled from a pool of sequences or from a genome.

GC content is matched in bins of 0.02: in each bin, `ratio` negatives per positive are sampled, or all of the source if
it has fewer; the number of those missing is logged.
"""

from __future__ import annotations

import logging

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import InputError, listed, quoted
from motifnet.sequences.alphabet import Ints, N
from motifnet.sequences.io.chromosomes import is_standard
from motifnet.sequences.io.genome import Genome
from motifnet.sequences.io.intervals import Intervals, overlaps
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.store import TextBuffer, allocate, release

logger = logging.getLogger("motifnet")

GC_BIN = 0.02
#: Windows of a genome that are read at once.
_BATCH = 20_000


class _Quota:
    """Number of sequences that are still needed in each GC bin."""

    def __init__(self, positives: SequenceSet, ratio: int) -> None:
        self.counts = ratio * np.bincount(_gc_bins(positives), minlength=round(1 / GC_BIN) + 1)
        self.total = self.missing

    @property
    def missing(self) -> int:
        return int(self.counts.sum())

    def take(self, bins: Ints) -> Ints:
        """Rows, in order, of the first sequences that are needed, by their GC bins; they are subtracted."""
        order = np.argsort(bins, kind="stable")
        rank = np.arange(len(bins)) - np.searchsorted(bins[order], bins[order])
        rows = np.sort(order[rank < self.counts[bins[order]]])
        self.counts = self.counts - np.bincount(bins[rows], minlength=len(self.counts))
        return rows

    def log_result(self, source: str) -> None:
        if self.missing == self.total:
            raise InputError(f"{source}: no sequence has the GC content of a positive", hint="Use another source.")
        if not self.missing:
            logger.info("%s: %d negatives with matched GC content", source, self.total)
            return
        lacking = np.flatnonzero(self.counts) * GC_BIN
        logger.warning(
            "%s: GC content was matched for %d of %d negatives; the source has too few with GC content %.2f to %.2f",
            *(source, self.total - self.missing, self.total, lacking.min(), lacking.max() + GC_BIN),
        )


def _gc_bins(sequences: SequenceSet) -> Ints:
    # Rounded before it is floored: 0.3 / 0.02 is slightly below 15.
    return np.floor(np.round(sequences.gc_content() / GC_BIN, 6)).astype(np.int64)


def sample_pool(
    positives: SequenceSet, pool: SequenceSet, *, ratio: int = 1, seed: int = 0, source: str = "pool"
) -> SequenceSet:
    """Sample sequences from a pool, with the GC content of the positives.

    Positives, on either strand, are excluded; the others keep the order of the pool. Raises InputError if no sequence
    has the GC content of a positive.
    """
    others = np.flatnonzero(~np.isin(pool.strand_hashes(), positives.strand_hashes()))
    shuffled = np.random.default_rng(seed).permutation(others)
    quota = _Quota(positives, ratio)
    rows = np.sort(shuffled[quota.take(_gc_bins(pool)[shuffled])])
    quota.log_result(source)
    return pool.take(rows)


def sample_windows(
    positives: SequenceSet, genome: Genome, *, avoid: Intervals | None, margin: int, ratio: int = 1, seed: int = 0
) -> SequenceSet:
    """Sample windows of a genome that do not overlap, with the lengths and GC content of the positives.

    Parameters
    ----------
    positives : SequenceSet
        If their records differ in length, lengths are sampled from them, and windows are padded with N.
    genome : Genome
        Standard chromosomes are used, if it has any.
    avoid : Intervals, optional
        Intervals of the positives.
    margin : int
        Minimum distance in bp of windows from `avoid`.
    ratio : int
        Windows per positive; fewer if the genome has too few windows with a GC content.
    seed : int

    Raises
    ------
    InputError
        If no window has the GC content of a positive, or the genome has no chromosome of the positives.
    """
    if avoid is not None and not set(avoid.chrom) & set(genome.lengths):
        raise InputError(
            f"{genome.name}: no chromosome {quoted(avoid.chrom[0])} of the positives",
            hint=f"Its chromosomes: {listed(list(genome.lengths)[:3])}, ... Use the genome of the positives.",
        )
    rng = np.random.default_rng(seed)
    quota = _Quota(positives, ratio)
    # Large enough for all windows; fewer may be found.
    codes, names, n = allocate((quota.total, positives.length)), TextBuffer(), 0
    lengths: list[Ints] = []
    chrom, start = _candidates(genome, positives.length, avoid, margin, rng)
    for begin in range(0, len(start), _BATCH):
        batch = slice(begin, begin + _BATCH)
        windows = _read_windows(positives, genome, chrom[batch], start[batch], rng)
        sampled = windows.take(quota.take(_gc_bins(windows)))
        codes[n : n + len(sampled)] = sampled.codes
        release(codes)
        names.extend(sampled.names)
        lengths += [] if sampled.lengths is None else [sampled.lengths]
        n += len(sampled)
        if not quota.missing:
            break
    quota.log_result(genome.name)
    return SequenceSet(names.finish(), codes[:n], positives.rule, np.concatenate(lengths) if lengths else None)


def _candidates(
    genome: Genome, length: int, avoid: Intervals | None, margin: int, rng: np.random.Generator
) -> tuple[NDArray[np.object_], Ints]:
    """Chromosomes and starts of adjacent windows at this distance from `avoid`, in random order."""
    chosen = [chrom for chrom in genome.lengths if is_standard(chrom)] or list(genome.lengths)
    starts = [_adjacent(genome.lengths[chrom], length, rng) for chrom in chosen]
    if avoid is not None:
        for index, chrom in enumerate(chosen):
            first, own = starts[index], avoid.take(avoid.chrom == chrom)
            starts[index] = first[~overlaps(first, first + length, own.start - margin, own.end + margin)]
    order = rng.permutation(sum(map(len, starts)))
    index_of = np.repeat(np.arange(len(chosen)), [len(own) for own in starts])[order]
    return np.array(chosen, dtype=object)[index_of], np.concatenate(starts)[order]


def _adjacent(size: int, length: int, rng: np.random.Generator) -> Ints:
    """Starts of adjacent windows in a chromosome of `size` bp, from a random offset."""
    if size < length:
        return np.empty(0, dtype=np.int64)
    return np.arange(rng.integers(min(length, size - length + 1)), size - length + 1, length)


def _read_windows(
    positives: SequenceSet, genome: Genome, chrom: NDArray[np.object_], start: Ints, rng: np.random.Generator
) -> SequenceSet:
    """Read the windows without N, in this order, each with the length of the record of a random positive."""
    size = positives.length
    codes = np.empty((len(start), size), dtype=np.uint8)
    for name in sorted(set(chrom.tolist())):
        rows = np.flatnonzero(chrom == name)
        rows = rows[np.argsort(start[rows])]  # to read the file from start to end
        codes[rows] = genome.fetch(name, start[rows], size)
    known = (codes != N).all(axis=1)
    codes, chrom, start = codes[known], chrom[known], start[known]
    lengths = None
    if positives.lengths is not None and positives.rule is not None:
        lengths = np.minimum(rng.choice(positives.lengths, size=len(start)), size)
        skipped = np.maximum(-positives.rule.first_kept(lengths), 0)
        position = np.arange(size)
        codes[(position < skipped[:, np.newaxis]) | (position >= (skipped + lengths)[:, np.newaxis])] = N
        start = start + skipped
    ends = start + (size if lengths is None else lengths)
    names = tuple(f"{name}:{first}-{last}" for name, first, last in zip(chrom, start, ends, strict=True))
    return SequenceSet(names, codes, positives.rule, lengths)
