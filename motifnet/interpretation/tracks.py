"""`predict_tracks`: predictions along a genome, as bigWig or bedGraph.

Windows are predicted in blocks, so memory use does not depend on the size of the genome.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from motifnet.arguments import check_type
from motifnet.cluster import cluster_blocks, file_paths
from motifnet.errors import ModelError
from motifnet.interpretation.track_spec import Combine, TrackSpec
from motifnet.models.sequence_model import SequenceModel
from motifnet.models.storage import ModelHeader, find_model, read_header
from motifnet.models.trained import as_model, load_model
from motifnet.parts import BLOCK, Results, checked
from motifnet.progress import report
from motifnet.sequences.alphabet import N
from motifnet.sequences.io.genome import Genome, open_genome
from motifnet.sequences.io.genome_grid import GenomeGrid, Ints, Piece, Run
from motifnet.sequences.io.genome_tracks import Signal, open_track, track_paths
from motifnet.sequences.sequence_set import SequenceSet

if TYPE_CHECKING:
    from distributed import Client

Floats = NDArray[np.float64]


def predict_tracks(
    model: SequenceModel | str | Path, genome: str | Path | Genome, output: str | Path, *,
    options: TrackSpec = TrackSpec(), client: Client | None = None,
) -> list[Path]:  # fmt: skip
    """Predict windows along a genome, and write a track for each task.

    Unknown bases (N) are zeros in the one-hot input, as in training. Windows that contain only N have no prediction.
    With regions, the values are the same as in a track of the whole genome.

    Parameters
    ----------
    model : TrainedModel, KerasModel, or path of the folder of a model
    genome : str, Path or Genome
        FASTA file.
    output : str or Path
        bigWig (``.bw``) or bedGraph (``.bedgraph``, ``.bedgraph.gz``). ``{task}`` in the name is replaced by the
        task; required if there are several.
    options : TrackSpec
    client : distributed.Client, optional
        Predict on the workers of a Dask cluster, which read the files; model and genome must be paths.

    Returns
    -------
    list of Path
        The files, by task.

    Raises
    ------
    InputError
        If the genome or the regions cannot be read, no window fits, or the files cannot be written.
    ModelError
        If the model has no length.
    """
    check_type("options", options, TrackSpec)
    if client is None:
        loaded = as_model(model)
        paths, windows = track_paths(output, loaded.spec.tasks), GenomeWindows.plan(loaded, genome, options)
        windows.write(paths, windows.predictions(loaded))
        return paths
    folder, path = file_paths(model=model, genome=genome)
    header = read_header(folder)
    paths, windows = track_paths(output, header.spec.tasks), GenomeWindows.plan(header, path, options)
    windows.write(paths, cluster_tracks(client, windows, folder, path, options))
    return paths


def cluster_tracks(
    client: Client, windows: GenomeWindows, model: str | Path, genome: str | Path, options: TrackSpec
) -> Results:
    """`GenomeWindows.predictions` on the workers of a cluster."""
    return cluster_blocks(
        client, partial(_file_predictions, model, genome, options), n_blocks=len(windows.blocks),
        inputs=(find_model(model), genome, options.regions),
    )  # fmt: skip


def _file_predictions(model: str | Path, genome: str | Path, options: TrackSpec) -> Results:
    loaded = load_model(model)
    return GenomeWindows.plan(loaded, genome, options).predictions(loaded)


@dataclass(frozen=True)
class GenomeWindows:
    """Windows of a model along a genome, in blocks; their predictions are combined into tracks.

    Parameters
    ----------
    grid : GenomeGrid
    combine : {"center", "mean", "max"}
    n_tasks : int
    runs : list of Run
    blocks : list of lists of Piece
        `motifnet.parts.BLOCK` windows each.
    """

    grid: GenomeGrid
    combine: Combine
    n_tasks: int
    runs: list[Run]
    blocks: list[list[Piece]]

    @classmethod
    def plan(cls, model: ModelHeader, genome: str | Path | Genome, options: TrackSpec) -> GenomeWindows:
        """The windows; errors as in `predict_tracks`."""
        if model.spec.length is None:
            hint = "Use model.for_length(N)."
            raise ModelError("the model accepts any length: windows have no length", hint=hint)
        opened = genome if isinstance(genome, Genome) else open_genome(genome)
        grid = GenomeGrid(opened, model.spec.length, options.stride)
        runs = grid.runs(grid.regions(options.regions), margin=_values(grid, options.combine).margin)
        return cls(grid, options.combine, len(model.spec.tasks), runs, list(grid.blocks(runs, BLOCK)))

    def predictions(self, model: SequenceModel) -> Results:
        """Function that predicts a block: ``predictions`` float64 ``(n, T)``, NaN for windows of only N."""

        def predict(block: int) -> dict[str, Floats]:
            codes = self.grid.fetch(self.blocks[block])
            known = np.flatnonzero((codes != N).any(axis=1))
            found = np.full((len(codes), self.n_tasks), np.nan)
            if len(known):
                found[known] = model.predict(SequenceSet([""] * len(known), codes[known]))
            return {"predictions": found}

        return predict

    def write(self, paths: Sequence[Path], results: Results) -> None:
        """Write a track for each task from the predictions of all blocks."""
        values = _values(self.grid, self.combine)
        total, done = sum(run.last - run.first for run in self.runs), 0
        with ExitStack() as stack:
            writers = [stack.enter_context(open_track(path, self.grid.genome.lengths)) for path in paths]
            for block, pieces in enumerate(self.blocks):
                n = sum(piece.last - piece.first for piece in pieces)
                predictions, row = checked(results(block), "predictions", (n, self.n_tasks)), 0
                for piece in pieces:
                    end = row + piece.last - piece.first
                    _write_piece(writers, piece, values.add(piece, predictions[row:end]))
                    row = end
                done += n
                report("predicting", done, total)


def _write_piece(writers: Sequence[Callable[[Signal], None]], piece: Piece, found: _Values) -> None:
    """Write the values of the regions to the track of each task."""
    start, end, index = piece.run.clip(found.start, found.end)
    for t, write in enumerate(writers):
        own = found.values[index, t]
        known = ~np.isnan(own)
        write(Signal(piece.run.chrom, start[known], end[known], own[known]))


def _values(grid: GenomeGrid, combine: Combine) -> _Center | _Covering:
    return _Center(grid) if combine == "center" else _Covering(grid, combine)


class _Values(NamedTuple):
    """Values ``(n, T)`` of n intervals."""

    start: Ints
    end: Ints
    values: Floats


class _Center:
    """Each window sets the `stride` bases around its centre, which has index ``L // 2``."""

    def __init__(self, grid: GenomeGrid) -> None:
        self._grid, self._width = grid, min(grid.stride, grid.length)
        self.margin = grid.length // 2 - self._width // 2, grid.length // 2 - self._width // 2 + self._width

    def add(self, piece: Piece, predictions: Floats) -> _Values:
        start = self._grid.starts(piece.first, piece.last) + self.margin[0]
        return _Values(start, start + self._width, predictions)


class _Covering:
    """Mean or maximum of the predictions of all windows that cover a base."""

    def __init__(self, grid: GenomeGrid, combine: str) -> None:
        self._grid, self._is_mean = grid, combine == "mean"
        self.margin = 0, grid.length
        self._before = np.empty((0, 0))  # predictions of the windows before a piece that overlap it

    def add(self, piece: Piece, predictions: Floats) -> _Values:
        """Values of the bases that no later window covers."""
        run, first, last = piece
        length, stride = self._grid.length, self._grid.stride
        known = predictions if first == run.first else np.concatenate([self._before, predictions])
        begin = last - len(known)  # the window of the first row
        self._before = known[max(len(known) - (length - 1) // stride, 0) :]
        starts = self._grid.starts(begin, last)
        until = last * stride if last < run.last else starts[-1] + length
        edges = np.unique(np.concatenate([starts, starts + length, [until]]))
        edges = edges[(edges >= first * stride) & (edges <= until)]
        start, end = edges[:-1], edges[1:]
        low = np.maximum((start - length) // stride + 1, begin)
        high = np.minimum(start // stride, last - 1)
        return _Values(start, end, self._combine(known, low - begin, high - begin))

    def _combine(self, known: Floats, low: Ints, high: Ints) -> Floats:
        """Mean or maximum over the rows `low` to `high`, inclusive, without NaN: ``(n, T)``."""
        shape = len(low), known.shape[1]
        total, count = np.full(shape, 0.0 if self._is_mean else -np.inf), np.zeros(shape)
        for step in range(int((high - low).max(initial=-1)) + 1):
            rows = np.flatnonzero(low + step <= high)
            own = known[low[rows] + step]
            is_known = ~np.isnan(own)
            count[rows] += is_known
            if self._is_mean:
                total[rows] += np.where(is_known, own, 0)
            else:
                total[rows] = np.maximum(total[rows], np.where(is_known, own, -np.inf))
        values = total / np.maximum(count, 1) if self._is_mean else total
        values[count == 0] = np.nan
        return values
