"""Files of attributions, written block by block to limit memory.

    one_hot.npz                 sequences, one-hot: ``arr_0`` of shape (N, 4, L), int8
    contributions.npz           hypothetical contributions: ``arr_0`` of shape (N, 4, L), float32
    bases.tsv                   the strongest bases of each sequence
    contributions.bedgraph.gz   observed contributions along the genome; or contributions.bedgraph, contributions.bw

With several tasks, each has ``contributions.TASK.npz`` and ``contributions.TASK.bedgraph.gz``. The first two files are
the input of ``modisco motifs -s one_hot.npz -a contributions.npz`` (TF-MoDISco; Shrikumar et al. 2018,
arXiv:1811.00416).
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import DTypeLike, NDArray

from motifnet.errors import InputError
from motifnet.interpretation.attribution.explanation_spec import TrackFormat
from motifnet.outputs import file_stems, write_errors
from motifnet.progress import report
from motifnet.sequences.alphabet import LETTERS, N, one_hot_codes
from motifnet.sequences.io.genome_tracks import check_track, mean_signal, open_track
from motifnet.sequences.io.intervals import Intervals, parse_coordinates
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.store import allocate, release

ONE_HOT, BASES = "one_hot.npz", "bases.tsv"
#: Columns of bases.tsv.
BASE_COLUMNS = {
    "sequence_index": "0-based index of the sequence in its file",
    "name": "name of the sequence (may repeat)",
    "task": "task of the network",
    "position": "0-based position in the record of the file",
    "base": "base of the sequence",
    "contribution": "contribution of the base to the score",
    "chrom": "chromosome, if the names of all sequences are coordinates (chr1:100-300)",
    "genome_start": "0-based position on the chromosome; -1 if unknown",
    "genome_end": "the next position; -1 if unknown",
    "genome_strand": "strand of the sequence on the chromosome",
}
#: Bases per sequence and task in bases.tsv; maximum number of tasks, each of which has an open file.
_STRONGEST, _MOST_TASKS = 10, 500


class AttributionFiles:
    """The files of attributions in a folder; a context manager.

    Parameters
    ----------
    folder : Path
        An existing folder.
    sequences : SequenceSet
        All N sequences, in the order in which their contributions are added.
    tasks : sequence of str
    tracks : {"bedgraph.gz", "bedgraph", "bigwig"}
        Format of tracks on the genome.
    chromosomes : mapping of str to int, optional
        Length of each chromosome in bp, for bigWig.

    Raises
    ------
    InputError
        If there are too many tasks, or bigWig cannot be written.
    """

    def __init__(
        self, folder: Path, sequences: SequenceSet, tasks: Sequence[str], *, tracks: TrackFormat = "bedgraph.gz",
        chromosomes: Mapping[str, int] | None = None,
    ) -> None:  # fmt: skip
        if len(tasks) > _MOST_TASKS:
            raise InputError(f"{len(tasks)} tasks; at most {_MOST_TASKS} are written", hint="Name one task: --task.")
        self._folder, self._sequences, self._tasks = folder, sequences, tuple(tasks)
        self._format, self._chromosomes = tracks, chromosomes
        self._stems = [""] if len(tasks) == 1 else [f".{stem}" for stem in file_stems(self._tasks)]
        self._windows = genome_windows(sequences)
        if self.has_tracks:
            check_track(self._track(0))
        self._n_added = 0
        self._open = ExitStack()

    @property
    def has_tracks(self) -> bool:
        """Whether the sequences have genomic coordinates."""
        return self._windows is not None

    def __enter__(self) -> Self:
        n, length = len(self._sequences), self._sequences.length
        with write_errors(self._folder):
            self._one_hot = self._open.enter_context(NpzWriter(self._folder / ONE_HOT, (n, 4, length), np.int8))
            self._values = [
                self._open.enter_context(NpzWriter(self._path(t, "npz"), (n, 4, length), np.float32))
                for t in range(len(self._tasks))
            ]
        if self.has_tracks:
            self._observed = allocate((len(self._tasks), n, length), np.float32)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with write_errors(self._folder):
            self._open.close()
        if kind is None and self.has_tracks:
            self._write_tracks()

    def add(self, sequences: SequenceSet, values: NDArray[np.float32]) -> pd.DataFrame:
        """Write the contributions ``(n, 4, L)`` or ``(n, T, 4, L)`` of the next sequences.

        Returns
        -------
        DataFrame
            Rows of bases.tsv: the strongest bases of these sequences.
        """
        values = values.reshape(len(sequences), len(self._tasks), 4, sequences.length)
        one_hot = one_hot_codes(sequences.codes)
        first = self._n_added
        rows = slice(first, first + len(sequences))
        self._n_added = rows.stop
        tables = []
        with write_errors(self._folder):
            self._one_hot.append(one_hot)
            for t, writer in enumerate(self._values):
                writer.append(values[:, t])
                observed = (values[:, t] * one_hot).sum(axis=1)
                if self.has_tracks:
                    self._observed[t, rows] = observed
                    release(self._observed)
                tables.append(self._strongest(sequences, observed, t, first))
        return pd.concat(tables).sort_index(kind="stable")

    def _strongest(self, sequences: SequenceSet, observed: NDArray[np.float32], t: int, first: int) -> pd.DataFrame:
        """The strongest bases of each sequence, in order; the index is that of the sequences."""
        strength = np.where(sequences.codes == N, -1.0, np.abs(observed))
        columns = np.argsort(-strength, axis=1, kind="stable")[:, :_STRONGEST]
        is_known = np.take_along_axis(strength, columns, axis=1) >= 0
        row, column = np.nonzero(is_known)[0], columns[is_known]
        index = first + row
        table = {
            "sequence_index": index,
            "name": np.array(list(sequences.names), dtype=object)[row],
            "task": self._tasks[t],
            "position": sequences.in_records(row, column),
            "base": np.array(list(LETTERS))[sequences.codes[row, column]],
            "contribution": observed[row, column],
            **self._on_genome(index, column),
        }
        return pd.DataFrame(table, columns=list(BASE_COLUMNS), index=index)

    def _on_genome(self, index: NDArray[np.int64], column: NDArray[np.int64]) -> dict[str, Any]:
        if self._windows is None:
            return {"chrom": "", "genome_start": -1, "genome_end": -1, "genome_strand": ""}
        found = self._windows.locate(index, column, column + 1, np.zeros(len(index), dtype=np.bool_))
        strand = np.where(found.is_reverse, "-", "+")
        return {"chrom": found.chrom, "genome_start": found.start, "genome_end": found.end, "genome_strand": strand}

    def _write_tracks(self) -> None:
        assert self._windows is not None
        chromosomes = self._chromosomes or _ends(self._windows)
        for t in range(len(self._tasks)):
            with open_track(self._track(t), chromosomes) as write:
                for signal in mean_signal(self._windows, self._observed[t], self._sequences.codes):
                    write(signal)
            report("tracks", t + 1, len(self._tasks))

    def _track(self, t: int) -> Path:
        return self._path(t, "bw" if self._format == "bigwig" else self._format)

    def _path(self, t: int, suffix: str) -> Path:
        return self._folder / f"contributions{self._stems[t]}.{suffix}"


class NpzWriter:
    """An array that is written row by row to the member ``arr_0`` of an .npz file; a context manager.

    Integers are compressed. The same array gives the same bytes.
    """

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: DTypeLike) -> None:
        self._dtype = np.dtype(dtype)
        self._archive = zipfile.ZipFile(path, "w")
        info = zipfile.ZipInfo("arr_0.npy")
        info.compress_type = zipfile.ZIP_DEFLATED if self._dtype.kind == "i" else zipfile.ZIP_STORED
        self._member = self._archive.open(info, "w", force_zip64=True)
        header = {"descr": np.lib.format.dtype_to_descr(self._dtype), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._member, header)

    def append(self, rows: NDArray[Any]) -> None:
        """Write the next rows."""
        self._member.write(np.ascontiguousarray(rows, dtype=self._dtype).data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._member.close()
        self._archive.close()


def genome_windows(sequences: SequenceSet) -> Intervals | None:
    """The intervals of the sequences on the genome, after cropping and padding; None without coordinates."""
    records = parse_coordinates(sequences.names, sequences.record_lengths)
    if records is None:
        return None
    index = np.arange(len(sequences))
    start = sequences.in_records(index, np.zeros(len(index), dtype=np.int64))
    return records.locate(index, start, start + sequences.length, np.zeros(len(index), dtype=np.bool_))


def _ends(windows: Intervals) -> dict[str, int]:
    """End of the last window on each chromosome."""
    table = pd.DataFrame({"chrom": windows.chrom, "end": windows.end})
    return {str(chrom): int(end) for chrom, end in table.groupby("chrom")["end"].max().items()}
