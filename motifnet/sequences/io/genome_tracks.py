"""Values along a genome, in bedGraph or bigWig: the mean over the windows that cover each base.

bedGraph (https://genome.ucsc.edu/goldenPath/help/bedgraph.html): chromosome, 0-based start, end (exclusive) and value,
separated by tabs. bigWig is its binary form, which browsers read in parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import InputError
from motifnet.outputs import output_file, write_text
from motifnet.sequences.alphabet import Codes, N
from motifnet.sequences.io.intervals import Intervals
from motifnet.sequences.store import release

#: Values that are averaged at one time.
_BLOCK = 1 << 18


class Signal(NamedTuple):
    """Values at some positions of one chromosome."""

    chrom: str
    positions: NDArray[np.int64]  # 0-based, increasing
    values: NDArray[np.float64]


def mean_signal(windows: Intervals, values: NDArray[np.floating], codes: Codes) -> Iterator[Signal]:
    """Average the values of windows at each position of the genome that a known base covers.

    Parameters
    ----------
    windows : Intervals
        N windows of L bp; they may overlap.
    values : array of shape (N, L)
        Along the strand of each window; may be memory-mapped.
    codes : uint8 array of shape (N, L)
        Sequences of the windows. Values at N are left out.

    Yields
    ------
    Signal
        By chromosome, in the order of their names, and position.
    """
    size = max(1, _BLOCK // max(values.shape[1], 1))
    for chrom in sorted(set(windows.chrom.tolist())):
        rows = np.flatnonzero(windows.chrom == chrom)
        rows = rows[np.argsort(windows.start[rows], kind="stable")]
        waiting = _Sums.empty()  # positions that later windows may cover
        for first in range(0, len(rows), size):
            waiting = waiting.add(_window_sums(windows, values, codes, rows[first : first + size]))
            following = rows[first + size : first + size + 1]
            limit = windows.start[following[0]] if len(following) else np.iinfo(np.int64).max
            done, waiting = waiting.split(int(np.searchsorted(waiting.positions, limit)))
            if len(done.positions):
                yield Signal(chrom, done.positions, done.sums / done.counts)


class _Sums(NamedTuple):
    """Sum and number of values at each position, in increasing order."""

    positions: NDArray[np.int64]
    sums: NDArray[np.float64]
    counts: NDArray[np.float64]

    @classmethod
    def empty(cls) -> _Sums:
        return cls(np.empty(0, dtype=np.int64), np.empty(0), np.empty(0))

    def add(self, other: _Sums) -> _Sums:
        positions, index = np.unique(np.concatenate([self.positions, other.positions]), return_inverse=True)
        sums = np.bincount(index, np.concatenate([self.sums, other.sums]))
        counts = np.bincount(index, np.concatenate([self.counts, other.counts]))
        return _Sums(positions, sums.astype(np.float64), counts.astype(np.float64))

    def split(self, at: int) -> tuple[_Sums, _Sums]:
        before = _Sums(self.positions[:at], self.sums[:at], self.counts[:at])
        return before, _Sums(self.positions[at:], self.sums[at:], self.counts[at:])


def _window_sums(windows: Intervals, values: NDArray[np.floating], codes: Codes, rows: NDArray[np.int64]) -> _Sums:
    """The values of some windows, each with the count 1."""
    start, is_reverse = windows.start[rows, np.newaxis], windows.is_reverse[rows, np.newaxis]
    offsets = np.arange(values.shape[1])
    positions = start + np.where(is_reverse, offsets[::-1], offsets)
    is_known = codes[rows] != N
    known = values[rows][is_known].astype(np.float64)
    for array in (values, codes):
        release(array)
    return _Sums(positions[is_known], known, np.ones(len(known)))


def write_bedgraph(signals: Iterable[Signal], path: str | Path) -> None:
    """Write values with six significant digits; adjacent positions with one value are one line.

    A name that ends in ``.gz`` is compressed.

    Raises
    ------
    FormatError
        If the file cannot be written.
    """
    with write_text(path) as handle:
        for chrom, positions, values in signals:
            is_first = np.ones(len(positions), dtype=np.bool_)
            is_first[1:] = (np.diff(positions) != 1) | (np.diff(values) != 0)
            first = np.flatnonzero(is_first)
            last = np.append(first[1:], len(positions)) - 1
            runs = zip(positions[first].tolist(), (positions[last] + 1).tolist(), values[first].tolist(), strict=True)
            handle.writelines(f"{chrom}\t{start}\t{end}\t{value:.6g}\n" for start, end, value in runs)


def write_bigwig(signals: Iterable[Signal], path: str | Path, chromosomes: Mapping[str, int]) -> None:
    """Write values as bigWig, with zoom levels.

    Parameters
    ----------
    signals : iterable of Signal
        By chromosome, in the order of their names.
    path : str or Path
    chromosomes : mapping of str to int
        Length of each chromosome in bp.

    Raises
    ------
    InputError
        If pyBigWig is not installed, or (`FormatError`) the file cannot be written.
    """
    check_bigwig()
    import pyBigWig

    with output_file(path) as partial:
        writer = pyBigWig.open(str(partial), "w")
        try:
            writer.addHeader(sorted(chromosomes.items()))
            for chrom, positions, values in signals:
                writer.addEntries(chrom, positions, values=values, span=1)
        finally:
            writer.close()


def check_bigwig() -> None:
    """Raise InputError if pyBigWig is not installed."""
    if find_spec("pyBigWig") is None:
        hint = "Install it: pip install 'motifnet[bigwig]'. Or write bedGraph: --tracks bedgraph."
        raise InputError("bigWig needs the library pyBigWig", hint=hint)
