"""Values along a genome, in bedGraph or bigWig, and the mean over the windows that cover each base.

bedGraph (https://genome.ucsc.edu/goldenPath/help/bedgraph.html): chromosome, 0-based start, end (exclusive) and value,
separated by tabs. bigWig is its binary form, which browsers read in parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import FormatError, InputError
from motifnet.outputs import check_file, file_stems, output_file, write_text
from motifnet.sequences.alphabet import Codes, N
from motifnet.sequences.io.intervals import Intervals
from motifnet.sequences.store import release

#: Suffixes of the two formats.
BIGWIG, BEDGRAPH = (".bw", ".bigwig"), (".bedgraph", ".bdg", ".bedgraph.gz", ".bdg.gz")
#: In the name of a file: replaced by the name of the task.
TASK = "{task}"
#: Values that are averaged at one time.
_BLOCK = 1 << 18


class Signal(NamedTuple):
    """Values of n intervals of one chromosome that do not overlap, in order."""

    chrom: str
    start: NDArray[np.int64]  # 0-based
    end: NDArray[np.int64]  # exclusive
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
        Sequences of the windows. Values at N are omitted.

    Yields
    ------
    Signal
        Sorted by the name of the chromosome and by position.
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
                yield Signal(chrom, done.positions, done.positions + 1, done.sums / done.counts)


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


def is_track(path: str | Path) -> bool:
    """Whether the suffix is that of bigWig or bedGraph."""
    return str(path).lower().endswith((*BIGWIG, *BEDGRAPH))


def check_track(path: str | Path) -> None:
    """Check, before a computation starts, that a track can be written.

    Raises
    ------
    FormatError
        As `check_file`, or if the suffix is not that of bigWig or bedGraph.
    InputError
        If bigWig needs a library that is not installed.
    """
    if not is_track(path):
        hint = "Use a name that ends in .bw (bigWig), .bedgraph or .bedgraph.gz."
        raise FormatError(path, "the name does not have a suffix of bigWig or bedGraph", hint=hint)
    if str(path).lower().endswith(BIGWIG) and find_spec("pyBigWig") is None:
        hint = "Run pip install 'motifnet[bigwig]', or write bedGraph."
        raise InputError("bigWig needs the library pyBigWig", hint=hint)
    check_file(path)


def track_paths(output: str | Path, tasks: tuple[str, ...]) -> list[Path]:
    """Files of the tracks of each task.

    Raises
    ------
    InputError
        If there are several tasks but no ``{task}`` in the name, or (`check_track`) a file cannot be written.
    """
    name = str(output)
    if len(tasks) > 1 and TASK not in Path(name).name:
        hint = f"Add {TASK} to the name, e.g. {Path(name).with_suffix('')}.{TASK}{Path(name).suffix}."
        raise InputError(f"{output}: the model has {len(tasks)} tasks, and each requires a file", hint=hint)
    paths = [Path(name).with_name(Path(name).name.replace(TASK, stem)) for stem in file_stems(tasks)]
    for path in paths:
        check_track(path)
    return paths


@contextmanager
def open_track(path: str | Path, chromosomes: Mapping[str, int]) -> Iterator[Callable[[Signal], None]]:
    """Open a track that is written completely or not at all; yield the function that writes the next values.

    Values must be sorted by the name of the chromosome and by position. bedGraph files have six significant
    digits, and one line for adjacent intervals with the same value. bigWig files have float32 values and zoom levels.

    Parameters
    ----------
    path : str or Path
        The suffix sets the format; bedGraph is compressed if the name ends in ``.gz``.
    chromosomes : mapping of str to int
        Length of each chromosome in bp, for bigWig.

    Raises
    ------
    FormatError, InputError
        As `check_track`.
    """
    check_track(path)
    if not str(path).lower().endswith(BIGWIG):
        with write_text(path) as handle:
            lines = _Lines()
            yield lambda signal: handle.writelines(lines.following(signal))
            handle.writelines(lines.last())
        return
    import pyBigWig

    with output_file(path) as partial:
        writer = pyBigWig.open(str(partial), "w")
        try:
            writer.addHeader(sorted(chromosomes.items()))
            yield lambda signal: _add_entries(writer, signal)
        finally:
            writer.close()


def _add_entries(writer: Any, signal: Signal) -> None:
    """Add intervals to a bigWig file; intervals of equal width are stored in less space."""
    chrom, start, end, values = signal
    widths = np.unique(end - start)
    if len(widths) == 1:
        writer.addEntries(chrom, start, values=values, span=int(widths[0]))
    elif len(widths):
        writer.addEntries([chrom] * len(start), start.tolist(), ends=end.tolist(), values=values.tolist())


class _Lines:
    """Lines of bedGraph; the last interval may continue in the next values."""

    def __init__(self) -> None:
        self._waiting: tuple[str, int, int, float] | None = None

    def following(self, signal: Signal) -> Iterator[str]:
        """Lines of the next values, except the last line."""
        chrom, start, end, values = signal
        if not len(values):
            return
        is_first = np.ones(len(values), dtype=np.bool_)
        is_first[1:] = (start[1:] != end[:-1]) | (values[1:] != values[:-1])
        first = np.flatnonzero(is_first)
        last = np.append(first[1:], len(values)) - 1
        runs = list(zip(start[first].tolist(), end[last].tolist(), values[first].tolist(), strict=True))
        if self._waiting is not None:
            waiting_chrom, begin, stop, value = self._waiting
            if (waiting_chrom, stop, value) == (chrom, runs[0][0], runs[0][2]):
                runs[0] = (begin, *runs[0][1:])
            else:
                yield from self.last()
        yield from (f"{chrom}\t{begin}\t{stop}\t{value:.6g}\n" for begin, stop, value in runs[:-1])
        self._waiting = (chrom, *runs[-1])

    def last(self) -> Iterator[str]:
        """The line of the last interval."""
        if self._waiting is not None:
            chrom, begin, stop, value = self._waiting
            yield f"{chrom}\t{begin}\t{stop}\t{value:.6g}\n"
