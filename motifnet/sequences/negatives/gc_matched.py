"""Negatives drawn to match: as rich in G and C as the positives, from a file or from a genome.

GC is compared in bins of `GC_BIN`; each bin gives as many negatives as it has positives, times the ratio, or as many as
it holds. What cannot be matched is left out and told.
"""

from __future__ import annotations

import logging

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import InputError
from motifnet.sequences.alphabet import N
from motifnet.sequences.io.chromosomes import is_standard
from motifnet.sequences.io.genome import Genome
from motifnet.sequences.io.intervals import Intervals, overlaps
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.store import GrowingTexts, release, room

logger = logging.getLogger("motifnet")

GC_BIN = 0.02
_N_BINS = round(1 / GC_BIN) + 1
#: Windows of a genome that are looked at together.
_BATCH = 20_000

Ints = NDArray[np.int64]


class _Wanted:
    """How many sequences of each GC bin are still to be found."""

    def __init__(self, positives: SequenceSet, ratio: int) -> None:
        self.counts = ratio * np.bincount(_bins(positives), minlength=_N_BINS)
        self.total = int(self.counts.sum())

    @property
    def missing(self) -> int:
        return int(self.counts.sum())

    def take(self, bins: Ints) -> Ints:
        """Of sequences of these GC bins, the rows that are wanted, in order; they are then no longer."""
        order = np.argsort(bins, kind="stable")
        rank = np.arange(len(bins)) - np.searchsorted(bins[order], bins[order])
        rows = np.sort(order[rank < self.counts[bins[order]]])
        self.counts = self.counts - np.bincount(bins[rows], minlength=_N_BINS)
        return rows

    def tell(self, where: str) -> None:
        if self.missing == self.total:
            raise InputError(
                f"{where}: holds no sequence as rich in G and C as a positive", hint="Give another source."
            )
        if self.missing:
            lacking = np.flatnonzero(self.counts) * GC_BIN
            logger.warning(
                "%s: %d of %d negatives match the positives in GC (bins of %g); there are no more of GC %.2f to %.2f",
                where,
                self.total - self.missing,
                self.total,
                GC_BIN,
                lacking.min(),
                lacking.max(),
            )
        else:
            logger.info("%s: %d negatives, matched in GC (bins of %g)", where, self.total, GC_BIN)


def _bins(sequences: SequenceSet) -> Ints:
    """GC bin of each sequence, by its known letters."""
    counts = sequences.composition()
    gc = counts[:, 1:3].sum(axis=1) / np.maximum(counts.sum(axis=1), 1)
    # Rounded first, so that 0.3 / 0.02 is 15 and not a little less.
    bins: Ints = np.floor(np.round(gc / GC_BIN, 6)).astype(np.int64)
    return bins


def match_pool(
    positives: SequenceSet, pool: SequenceSet, *, ratio: int = 1, seed: int, source: str = "pool"
) -> SequenceSet:
    """Choose sequences of a pool that are as rich in G and C as the positives.

    Parameters
    ----------
    positives, pool : SequenceSet
        Of one length. Sequences of the pool that are positives too, on either strand, are not chosen.
    ratio : int
        Sequences for each positive.
    seed : int
    source : str
        What messages call the pool.

    Returns
    -------
    SequenceSet
        Each at most once, in the order of the pool. As many as could be matched, which is told.

    Raises
    ------
    InputError
        If none can.
    """
    others = np.flatnonzero(~np.isin(pool.strand_hashes(), positives.strand_hashes()))
    shuffled = np.random.default_rng(seed).permutation(others)
    wanted = _Wanted(positives, ratio)
    rows = np.sort(shuffled[wanted.take(_bins(pool)[shuffled])])
    wanted.tell(source)
    return pool.take(rows)


def draw_windows(
    positives: SequenceSet, genome: Genome, *, avoid: Intervals | None, margin: int, ratio: int = 1, seed: int
) -> SequenceSet:
    """Draw windows of a genome, as long and as rich in G and C as the positives, none over another.

    Parameters
    ----------
    positives : SequenceSet
        Where their records were of different lengths, those are drawn too, and what is not covered becomes N.
    genome : Genome
        Its standard chromosomes, where it has any.
    avoid : Intervals, optional
        Those of the positives: windows keep away from them.
    margin : int
        By so many bp.
    ratio : int
        Windows for each positive.
    seed : int

    Returns
    -------
    SequenceSet
        Named ``chr1:100-200``. As many as could be matched, which is told.

    Raises
    ------
    InputError
        If none can, or the positives lie on none of the genome's chromosomes.
    """
    if avoid is not None and not set(avoid.chrom) & set(genome.lengths):
        raise InputError(
            f"the positives lie on {avoid.chrom[0]!r}, which {genome.name} does not have",
            hint=f"It has {', '.join(list(genome.lengths)[:3])}, ...: give the genome that they were taken from.",
        )
    rng = np.random.default_rng(seed)
    wanted = _Wanted(positives, ratio)
    # As much room as there are windows wanted: what is found goes there, and not all of it must be.
    codes, names, n = room((wanted.total, positives.length)), GrowingTexts(), 0
    lengths: list[Ints] = []
    chrom, start = _free_windows(genome, positives.length, avoid, margin, rng)
    for begin in range(0, len(start), _BATCH):
        some = slice(begin, begin + _BATCH)
        drawn = _windows(positives, genome, chrom[some], start[some], rng)
        found = drawn.take(wanted.take(_bins(drawn)))
        codes[n : n + len(found)] = found.codes
        release(codes)
        names.extend(found.names)
        lengths += [] if found.lengths is None else [found.lengths]
        n += len(found)
        if not wanted.missing:
            break
    wanted.tell(genome.name)
    return SequenceSet(names.finish(), codes[:n], positives.rule, np.concatenate(lengths) if lengths else None)


def _free_windows(
    genome: Genome, length: int, avoid: Intervals | None, margin: int, rng: np.random.Generator
) -> tuple[NDArray[np.object_], Ints]:
    """Chromosomes and starts of windows side by side, away from the positives, in random order."""
    chosen = [chrom for chrom in genome.lengths if is_standard(chrom)] or list(genome.lengths)
    starts = [_grid(genome.lengths[chrom], length, rng) for chrom in chosen]
    if avoid is not None:
        for index, chrom in enumerate(chosen):
            first, own = starts[index], avoid.take(avoid.chrom == chrom)
            starts[index] = first[~overlaps(first, first + length, own.start - margin, own.end + margin)]
    order = rng.permutation(sum(map(len, starts)))
    index_of = np.repeat(np.arange(len(chosen)), [len(own) for own in starts])[order]
    return np.array(chosen, dtype=object)[index_of], np.concatenate(starts)[order]


def _grid(size: int, length: int, rng: np.random.Generator) -> Ints:
    """Starts of windows side by side, from a random offset."""
    if size < length:
        return np.empty(0, dtype=np.int64)
    return np.arange(rng.integers(min(length, size - length + 1)), size - length + 1, length)


def _windows(
    positives: SequenceSet, genome: Genome, chrom: NDArray[np.object_], start: Ints, rng: np.random.Generator
) -> SequenceSet:
    """The windows that hold no N, in this order, each as long as some positive's record."""
    size = positives.length
    codes = np.empty((len(start), size), dtype=np.uint8)
    for name in sorted(set(chrom.tolist())):
        rows = np.flatnonzero(chrom == name)
        rows = rows[np.argsort(start[rows])]  # a file is read from its beginning to its end
        codes[rows] = genome.fetch(name, start[rows], size)
    known = (codes != N).all(axis=1)
    codes, chrom, start = codes[known], chrom[known], start[known]
    lengths = None
    if positives.lengths is not None and positives.rule is not None:
        lengths = np.minimum(rng.choice(positives.lengths, size=len(start)), size)
        skipped = np.maximum(-positives.rule.first_kept(lengths), 0)
        place = np.arange(size)
        codes[(place < skipped[:, np.newaxis]) | (place >= (skipped + lengths)[:, np.newaxis])] = N
        start = start + skipped
    ends = start + (size if lengths is None else lengths)
    names = tuple(f"{name}:{first}-{last}" for name, first, last in zip(chrom, start, ends, strict=True))
    return SequenceSet(names, codes, positives.rule, lengths)
