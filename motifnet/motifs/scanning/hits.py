"""`Hits`: the sites that `scan` finds, as tables and as BED.

The interval of a hit is 0-based, half-open and on the forward strand. A window that passes on both strands (CACGTG) is
one hit, on the better strand, ties to ``+``. Windows with N are skipped. Scores are those of `pwm.best_sites`; p-values
are FIMO's; q-values are Benjamini & Hochberg's over all windows and strands of one motif, as in FIMO.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.errors import InputError, counted, quoted
from motifnet.html import MOST_ROWS, summary_html, table_html
from motifnet.motifs.motif import MotifSet
from motifnet.sequences.io.bed import write_bed
from motifnet.sequences.io.intervals import Intervals, parse_coordinates

#: Maximum p-value of a hit: FIMO's default.
P_VALUE = 1e-4
#: Columns of the table of hits and their descriptions.
HIT_COLUMNS = {
    "motif": "name of the motif",
    "sequence_index": "0-based index of the sequence among those read",
    "name": "name of the sequence (may repeat)",
    "start": "0-based start of the hit on the forward strand (FIMO's is 1-based)",
    "end": "end, exclusive (the same number as FIMO's `stop`)",
    "strand": "+ or -",
    "score": "log odds to the background, in bits; the scale of `threshold` in motifs.tsv",
    "p_value": "probability of such a score for independent bases of the background",
    "q_value": "q-value (Benjamini & Hochberg) over all windows and strands of the motif",
    "matched_sequence": "the site, on the hit's strand",
}


@dataclass(frozen=True, eq=False, repr=False)
class Hits:
    """Hits of motifs in sequences, ordered by motif, sequence and start.

    Parameters
    ----------
    motifs : MotifSet of M motifs
    names : tuple of str, of length N
        Names of the sequences; may repeat.
    lengths : int64 array of shape (N,)
        Lengths of the sequences in bp.
    motif, sequence_index, start, end : int64 arrays of shape (n,)
        Index of the motif and of the sequence; half-open interval on the forward strand, in bp.
    is_reverse : bool array of shape (n,)
        Whether the site is on the ``-`` strand.
    score, p_value, q_value : float64 arrays of shape (n,)
        Score in bits; p-value of the score; q-value over all windows of the motif.
    matched_sequence : bytes array of shape (n,)
        The site, on the hit's strand.
    best : float32 array of shape (N, M), or None
        Best score of each motif in each sequence in bits, hit or not; the lowest possible score if every window has an
        N. Only with ``scan(..., with_best=True)``.
    """

    motifs: MotifSet
    names: tuple[str, ...]
    lengths: NDArray[np.int64]
    motif: NDArray[np.int64]
    sequence_index: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    is_reverse: NDArray[np.bool_]
    score: NDArray[np.float64]
    p_value: NDArray[np.float64]
    q_value: NDArray[np.float64]
    matched_sequence: NDArray[np.bytes_]
    best: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.motif)

    def __repr__(self) -> str:
        motifs, sequences = counted(len(self.motifs), "motif"), counted(len(self.names), "sequence")
        return f"<Hits: {len(self)} of {motifs} in {sequences}>"

    def _repr_html_(self) -> str:
        facts = {"hits": f"{len(self):,}", "motifs": len(self.motifs), "sequences": f"{len(self.names):,}"}
        first = self.take(slice(MOST_ROWS)).to_frame()
        rows = ([f"{cell:.3g}" if isinstance(cell, float) else cell for cell in row] for row in first.values.tolist())
        return summary_html("Hits", facts, table_html(list(first.columns), rows, n_rows=len(self)))

    def take(self, index: Any) -> Hits:
        """Select hits by index or mask: ``hits.take(hits.q_value <= 0.05)``."""
        return replace(self, **{name: getattr(self, name)[index] for name in COLUMN_TYPES})

    def to_frame(self) -> pd.DataFrame:
        """Table with one row per hit and the columns of hits.tsv."""
        columns = {
            "motif": np.array(self.motifs.names, dtype=object)[self.motif],
            "sequence_index": self.sequence_index,
            "name": np.array(self.names, dtype=object)[self.sequence_index],
            "start": self.start,
            "end": self.end,
            "strand": np.where(self.is_reverse, "-", "+"),
            "score": self.score,
            "p_value": self.p_value,
            "q_value": self.q_value,
            "matched_sequence": self.matched_sequence.astype(str),
        }
        return pd.DataFrame(columns, columns=list(HIT_COLUMNS))

    def to_matrix(self, values: Literal["counts", "best"] = "counts") -> pd.DataFrame:
        """Table of sequences x motifs, with the columns ``sequence_index name <motif> ...``.

        Parameters
        ----------
        values : {"counts", "best"}
            Numbers of hits, or best scores in bits.

        Returns
        -------
        DataFrame

        Raises
        ------
        InputError
            If best scores were not computed, or a motif has the name of another column.
        """
        check_columns(self.motifs)
        n, m = len(self.names), len(self.motifs)
        matrix: NDArray[Any] | None = self.best
        if values == "counts":
            matrix = np.bincount(self.sequence_index * m + self.motif, minlength=n * m).reshape(n, m)
        if matrix is None:
            raise InputError("best scores were not computed", hint="Scan with with_best=True.")
        table = pd.DataFrame(matrix, columns=list(self.motifs.names))
        table.insert(0, "name", list(self.names))
        return table.reset_index(names="sequence_index")

    def write_bed(self, path: str | Path) -> bool:
        """Write BED: chrom, start, end, motif, score, strand; then bits, p, q, site and name of the sequence.

        The fifth column is ``-100 log10 p``, at most 1000. Coordinates are genomic if all names of sequences have
        coordinates, such as ``chr1:100-200``, and within the sequences otherwise.

        Parameters
        ----------
        path : str or Path

        Returns
        -------
        bool
            Whether the coordinates are genomic.

        Raises
        ------
        FormatError
            If the file cannot be written.
        """
        table = self.to_frame()
        coordinates = parse_coordinates(self.names, self.lengths)
        if coordinates is None:
            intervals = Intervals(table["name"].to_numpy(), self.start, self.end, self.is_reverse)
        else:
            intervals = coordinates.locate(self.sequence_index, self.start, self.end, self.is_reverse)
        more = {f"hit_{name}": table[name] for name in ("score", "p_value", "q_value", "matched_sequence", "name")}
        scores = np.rint(-100 * np.log10(np.maximum(self.p_value, 1e-300)))
        write_bed(intervals, path, names=table["motif"], scores=scores, more=more)
        return coordinates is not None


def check_columns(motifs: MotifSet) -> None:
    """Raise InputError if a motif has the name of another column of `Hits.to_matrix`."""
    for name in ("sequence_index", "name"):
        if name in motifs:
            raise InputError(f"the motif {quoted(name)} has the name of another column", hint="Rename the motif.")


#: Fields of `Hits` with a value per hit, in order, and their types.
COLUMN_TYPES = {
    "motif": np.int64,
    "sequence_index": np.int64,
    "start": np.int64,
    "end": np.int64,
    "is_reverse": np.bool_,
    "score": np.float64,
    "p_value": np.float64,
    "q_value": np.float64,
    "matched_sequence": "S1",
}
