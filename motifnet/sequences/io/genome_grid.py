"""Windows at equal distances along the chromosomes of a genome.

Window ``i`` of a chromosome starts at ``i * stride``; the last one ends at or before the end of the chromosome. For a
region, the same windows are used as for the whole genome.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import InputError, counted
from motifnet.sequences.alphabet import Codes
from motifnet.sequences.io.chromosomes import known_chromosomes
from motifnet.sequences.io.genome import Genome
from motifnet.sequences.io.intervals import Intervals
from motifnet.sequences.io.peaks import Peaks

logger = logging.getLogger("motifnet")

Ints = NDArray[np.int64]


class Run(NamedTuple):
    """Consecutive windows `first` to `last` (exclusive) of a chromosome, and the bases for which they are needed."""

    chrom: str
    first: int
    last: int
    start: Ints  # of disjoint regions in increasing order, 0-based
    end: Ints

    def clip(self, start: Ints, end: Ints) -> tuple[Ints, Ints, Ints]:
        """Parts of disjoint, ordered intervals within the regions: starts, ends, and indices of the intervals."""
        low = np.searchsorted(self.end, start, side="right")
        high = np.searchsorted(self.start, end, side="left")
        n = np.maximum(high - low, 0)
        index = np.repeat(np.arange(len(start)), n)
        region = np.repeat(low, n) + np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
        return np.maximum(start[index], self.start[region]), np.minimum(end[index], self.end[region]), index


class Piece(NamedTuple):
    """Windows `first` to `last` (exclusive) of a run."""

    run: Run
    first: int
    last: int


@dataclass(frozen=True)
class GenomeGrid:
    """Windows of L bp at equal distances.

    Parameters
    ----------
    genome : Genome
    length, stride : int
        Length L of the windows, and distance between their starts, in bp.
    """

    genome: Genome
    length: int
    stride: int

    def starts(self, first: int, last: int) -> Ints:
        """Starts of the windows `first` to `last` (exclusive)."""
        return np.arange(first, last, dtype=np.int64) * self.stride

    def n_windows(self, chrom: str) -> int:
        """Number of windows of a chromosome."""
        size = self.genome.lengths[chrom]
        return 0 if size < self.length else (size - self.length) // self.stride + 1

    def runs(self, regions: Intervals, *, margin: tuple[int, int]) -> list[Run]:
        """Windows for regions, by chromosome, in the order of their names, and position.

        Parameters
        ----------
        regions : Intervals
            On chromosomes of the genome; they may overlap.
        margin : (int, int)
            Window ``i`` is needed for a base ``p`` if ``margin[0] <= p - i * stride < margin[1]``.

        Raises
        ------
        InputError
            If there is no window.
        """
        runs: list[Run] = []
        for chrom in sorted(set(regions.chrom.tolist())):
            on_it = regions.chrom == chrom
            start, end = _merged(regions.start[on_it], np.minimum(regions.end[on_it], self.genome.lengths[chrom]))
            first = np.maximum((start - margin[1]) // self.stride + 1, 0)
            last = np.minimum((end - 1 - margin[0]) // self.stride + 1, self.n_windows(chrom))
            used = first < last
            start, end, first, last = start[used], end[used], first[used], last[used]
            if not len(start):
                continue
            is_new = np.append(True, first[1:] > last[:-1])
            begins = np.flatnonzero(is_new)
            for begin, stop in zip(begins, np.append(begins[1:], len(start)), strict=True):
                runs.append(Run(chrom, int(first[begin]), int(last[stop - 1]), start[begin:stop], end[begin:stop]))
        if not runs:
            what = f"{self.genome.name}: no window of {self.length} bp fits"
            raise InputError(what, hint="Chromosomes must be at least as long as the sequences of the model.")
        return runs

    def blocks(self, runs: list[Run], size: int) -> Iterator[list[Piece]]:
        """Pieces of the runs, in order, in blocks of `size` windows."""
        block, room = list[Piece](), size
        for run in runs:
            first = run.first
            while first < run.last:
                last = min(run.last, first + room)
                block.append(Piece(run, first, last))
                room -= last - first
                first = last
                if not room:
                    yield block
                    block, room = [], size
        if block:
            yield block

    def fetch(self, pieces: list[Piece]) -> Codes:
        """Sequences of all windows of some pieces, uint8 ``(n, L)``."""
        fetch = self.genome.fetch
        return np.concatenate([fetch(run.chrom, self.starts(first, last), self.length) for run, first, last in pieces])


def whole_genome(genome: Genome, *, length: int) -> Intervals:
    """All chromosomes of at least `length` bp; the number of the others is logged."""
    chroms = [chrom for chrom, size in genome.lengths.items() if size >= length]
    if n_short := len(genome.lengths) - len(chroms):
        logger.info("%s: %s shorter than %d bp skipped", genome.name, counted(n_short, "sequence"), length)
    sizes = np.array([genome.lengths[chrom] for chrom in chroms], dtype=np.int64)
    return Intervals.forward(np.array(chroms, dtype=object), np.zeros(len(sizes), dtype=np.int64), sizes)


def on_genome(regions: Peaks, genome: Genome) -> Intervals:
    """Regions on chromosomes of the genome; the number of others is logged."""
    return regions.take(known_chromosomes(regions.chrom, genome.lengths, source=regions.source, genome=genome.name))


def _merged(start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Disjoint intervals, in order, that cover the same bases; arrays of shape (n,)."""
    kept = start < end
    order = np.argsort(start[kept], kind="stable")
    start, end = start[kept][order], np.maximum.accumulate(end[kept][order])
    begins = np.flatnonzero(np.append(True, start[1:] > end[:-1])[: len(start)])
    lasts = np.flatnonzero(np.append(start[1:] > end[:-1], True)[: len(start)])
    return start[begins], end[lasts]
