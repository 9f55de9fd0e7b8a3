"""Windows at equal distances along the chromosomes of a genome.

Window ``i`` of a chromosome starts at ``i * stride``; the last one ends at or before the end of the chromosome. Windows
of regions are a subset of those of the whole genome.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motifnet.arguments import check_integer
from motifnet.errors import InputError, counted
from motifnet.progress import report
from motifnet.sequences.alphabet import Codes, N
from motifnet.sequences.io.chromosomes import known_chromosomes
from motifnet.sequences.io.genome import Genome, open_genome
from motifnet.sequences.io.intervals import Intervals
from motifnet.sequences.io.regions import read_regions
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.store import allocate, release

logger = logging.getLogger("motifnet")

Ints = NDArray[np.int64]
#: Windows that are read at one time.
_READ = 4096


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

    def regions(self, path: str | Path | None) -> Intervals:
        """The regions of a file on chromosomes of the genome; without a file, all chromosomes that are long enough.

        The number of omitted regions or chromosomes is logged.
        """
        lengths, name = self.genome.lengths, self.genome.name
        if path is not None:
            peaks = read_regions(path)
            return peaks.take(known_chromosomes(peaks.chrom, lengths, source=peaks.source, genome=name))
        chroms = [chrom for chrom, size in lengths.items() if size >= self.length]
        if n_short := len(lengths) - len(chroms):
            logger.info("%s: skipped %s shorter than %d bp", name, counted(n_short, "sequence"), self.length)
        sizes = np.array([lengths[chrom] for chrom in chroms], dtype=np.int64)
        return Intervals.forward(np.array(chroms, dtype=object), np.zeros(len(sizes), dtype=np.int64), sizes)

    def starts(self, first: int, last: int) -> Ints:
        """Starts of the windows `first` to `last` (exclusive)."""
        return np.arange(first, last, dtype=np.int64) * self.stride

    def n_windows(self, chrom: str) -> int:
        """Number of windows of a chromosome."""
        size = self.genome.lengths[chrom]
        return 0 if size < self.length else (size - self.length) // self.stride + 1

    def runs(self, regions: Intervals, *, margin: tuple[int, int]) -> list[Run]:
        """Windows for regions, sorted by the name of the chromosome and by position.

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
            what = f"{self.genome.name}: no window of {self.length} bp fits on a chromosome"
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


def tile_genome(
    genome: str | Path | Genome, *, length: int, stride: int, regions: str | Path | None = None
) -> SequenceSet:
    """Read windows at equal distances along a genome.

    Parameters
    ----------
    genome : str, Path or Genome
        FASTA file.
    length, stride : int
        Length of the windows, and distance between their starts, in bp; the first window of a chromosome starts at its
        first base.
    regions : str or Path, optional
        File of regions (BED, narrowPeak and others): keep only windows that overlap a region.

    Returns
    -------
    SequenceSet
        Named ``chr:start-end``, sorted by the name of the chromosome and by position. Windows that contain only N are
        omitted.

    Raises
    ------
    InputError
        If a number is below 1, a file cannot be read, or there is no window.
    """
    check_integer("length", length, at_least=1)
    check_integer("stride", stride, at_least=1)
    grid = GenomeGrid(genome if isinstance(genome, Genome) else open_genome(genome), length, stride)
    runs = grid.runs(grid.regions(regions), margin=(0, length))
    n_windows = sum(run.last - run.first for run in runs)
    codes, names = allocate((n_windows, length)), list[str]()
    for pieces in grid.blocks(runs, _READ):
        own, kept = grid.fetch(pieces), list[str]()
        for run, first, last in pieces:
            kept += [f"{run.chrom}:{start}-{start + length}" for start in grid.starts(first, last).tolist()]
        known = np.flatnonzero((own != N).any(axis=1))
        codes[len(names) : len(names) + len(known)] = own[known]
        names += [kept[row] for row in known]
        release(codes)
        report("reading windows", len(names), n_windows)
    if not names:
        raise InputError(f"{grid.genome.name}: all windows contain only N", hint="Use other regions.")
    logger.info("%s: %s of %d bp", grid.genome.name, counted(len(names), "window"), length)
    return SequenceSet(names, codes[: len(names)])


def _merged(start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Disjoint intervals, in order, that cover the same bases; arrays of shape (n,)."""
    kept = start < end
    order = np.argsort(start[kept], kind="stable")
    start, end = start[kept][order], np.maximum.accumulate(end[kept][order])
    begins = np.flatnonzero(np.append(True, start[1:] > end[:-1])[: len(start)])
    lasts = np.flatnonzero(np.append(start[1:] > end[:-1], True)[: len(start)])
    return start[begins], end[lasts]
