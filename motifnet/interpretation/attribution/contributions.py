"""`Attributions`: the contributions of the bases of sequences to the score of a model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from motifnet.errors import InputError
from motifnet.html import MOST_ROWS, shortened, summary_html, table_html
from motifnet.interpretation.attribution.attribution_files import BASES, AttributionFiles
from motifnet.interpretation.attribution.explanation_spec import TrackFormat
from motifnet.interpretation.attribution.sites_below import hits_of, plot_letters
from motifnet.models.network.block import check_name
from motifnet.models.sequence_model import Part
from motifnet.motifs.motif import MotifSet
from motifnet.outputs import write_table
from motifnet.sequences.alphabet import one_hot_codes
from motifnet.sequences.sequence_set import SequenceSet, rows_at

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class Attributions:
    """Contributions of each base of N sequences to the score of a model.

    Parameters
    ----------
    sequences : SequenceSet
    values : float32 array of shape (N, 4, L), or (N, T, 4, L) for all tasks
        Hypothetical contributions: what each base would contribute at each position. Zero where a sequence has N.
    tasks : tuple of str
    outputs : float64 array of shape (N, T)
        Scores that are explained.
    method : str
        One of `METHODS`.
    part : {"model", "network"}
        What is explained: the model, or its network without the k-mer regression.
    reference_outputs : float64 array of shape (N, T), optional
        Mean score of the references of each sequence.
    """

    sequences: SequenceSet
    values: NDArray[np.float32]
    tasks: tuple[str, ...]
    outputs: NDArray[np.float64]
    method: str
    part: Part
    reference_outputs: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.sequences)

    def __repr__(self) -> str:
        return f"<Attributions: {self.method} of {len(self)} sequences of {self.sequences.length} bp, {self.part}>"

    def observed(self) -> NDArray[np.float32]:
        """Contribution of the base that each sequence has: shape (N, L), or (N, T, L) for all tasks."""
        one_hot = one_hot_codes(self.sequences.codes)
        contributions: NDArray[np.float32] = (self.values * self._like_values(one_hot)).sum(axis=-2)
        return contributions

    def completeness_errors(self) -> NDArray[np.float64]:
        """Sum of the observed contributions minus the difference of outputs and reference outputs: shape (N, T).

        Raises
        ------
        InputError
            If the method has no references.
        """
        if self.reference_outputs is None:
            raise InputError(
                f"contributions by {self.method} have no reference", hint="Use deeplift or integrated-gradients."
            )
        total = self.observed().sum(axis=-1, dtype=np.float64).reshape(self.outputs.shape)
        return np.asarray(total - (self.outputs - self.reference_outputs))

    def task(self, name: str) -> Attributions:
        """The contributions to one task.

        Raises
        ------
        SpecError
            If there is no such task.
        """
        check_name("task", name, self.tasks)
        if self.values.ndim == 3:
            return self
        t = self.tasks.index(name)
        reference = None if self.reference_outputs is None else self.reference_outputs[:, [t]]
        return replace(
            self, values=self.values[:, t], tasks=(name,), outputs=self.outputs[:, [t]], reference_outputs=reference
        )

    def take(self, index: ArrayLike | slice) -> Attributions:
        """Select sequences by indices, a slice or a mask, in that order."""
        rows = rows_at(len(self), index)
        reference = None if self.reference_outputs is None else self.reference_outputs[rows]
        return replace(
            self,
            sequences=self.sequences.take(rows),
            values=self.values[rows],
            outputs=self.outputs[rows],
            reference_outputs=reference,
        )

    def plot(
        self,
        i: int = 0,
        task: str | None = None,
        ax: Axes | None = None,
        *,
        motifs: MotifSet | str | Path | pd.DataFrame | None = None,
    ) -> Axes:
        """Plot the observed contributions to one sequence as letters, with the sites of motifs below them.

        Parameters
        ----------
        i : int
            Index of the sequence.
        task : str, optional
            Not needed if there is one task.
        ax : matplotlib Axes, optional
            Axes to draw into; default: those of a new figure, which a notebook shows.
        motifs : MotifSet, str, Path or DataFrame, optional
            Motifs, as in `scan`, or a table of their hits in this sequence. Hits (p <= 1e-4, exact matches of a
            consensus) are drawn with name and strand; of hits that share more than half of their bases, that with the
            lowest p-value.

        Returns
        -------
        matplotlib Axes
            Positions are those in the sequence, from 0.

        Raises
        ------
        InputError
            If there is no such sequence, or the motifs cannot be read.
        SpecError
            If there is no such task, or several and none is named.
        """
        one = self.task(self.tasks[0] if task is None and len(self.tasks) == 1 else task or "")
        if not -len(self) <= i < len(self):
            raise InputError(f"there is no sequence {i}: there are {len(self)}, counted from 0")
        one = one.take([i])
        hits = motifs if motifs is None or isinstance(motifs, pd.DataFrame) else hits_of(motifs, one.sequences)
        title = f"{shortened(one.sequences.names[0])}, {shortened(one.tasks[0])}: score {one.outputs[0, 0]:.3g}"
        return plot_letters(one.values[0] * one_hot_codes(one.sequences.codes)[0], ax, title=title, hits=hits)

    def write_files(
        self, folder: str | Path, *, tracks: TrackFormat = "bedgraph.gz", chromosomes: dict[str, int] | None = None
    ) -> None:
        """Write the contributions for TF-MoDISco, genome browsers and tables into an existing folder.

        ``one_hot.npz`` and ``contributions.npz`` (one per task) are the input of ``modisco motifs``: arrays ``arr_0``
        of shape (N, 4, L), of one-hot sequences and of hypothetical contributions. ``bases.tsv`` has the strongest
        bases of each sequence (`BASE_COLUMNS`). If the names of all sequences are genomic coordinates, there is a track
        of the observed contributions for each task, with the mean where windows overlap.

        Parameters
        ----------
        folder : str or Path
        tracks : {"bedgraph.gz", "bedgraph", "bigwig"}
            Format of tracks on the genome; "bigwig" needs pyBigWig.
        chromosomes : mapping of str to int, optional
            Length of each chromosome in bp, for bigWig. By default the end of the last window.

        Raises
        ------
        InputError
            If a file cannot be written, or pyBigWig is not installed.
        """
        with AttributionFiles(
            Path(folder), self.sequences, self.tasks, tracks=tracks, chromosomes=chromosomes
        ) as files:
            write_table(files.add(self.sequences, self.values), Path(folder) / BASES)

    def _repr_html_(self) -> str:
        facts = {"sequences": f"{len(self):,}", "length": f"{self.sequences.length:,} bp", "part": self.part}
        observed = self.observed().reshape(len(self), len(self.tasks), -1)[:MOST_ROWS]
        rows = [
            (name, *(f"{score:.3g}" for score in scores), *(f"{total:.3g}" for total in own.sum(axis=-1)))
            for name, scores, own in zip(self.sequences.names, self.outputs, observed, strict=False)
        ]
        columns = ("name", *(f"score {task}" for task in self.tasks), *(f"sum {task}" for task in self.tasks))
        return summary_html(f"Attributions: {self.method}", facts, table_html(columns, rows, n_rows=len(self)))

    def _like_values(self, one_hot: NDArray[np.float32]) -> NDArray[np.float32]:
        """One-hot ``(N, 4, L)`` with as many axes as the values."""
        return one_hot if self.values.ndim == 3 else one_hot[:, np.newaxis]
