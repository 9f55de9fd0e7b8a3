"""`scan`: find the sites of motifs in sequences of any length, with p- and q-values.

The interval of a hit is 0-based, half-open and on the forward strand. A window that passes on both strands (CACGTG) is
one hit, on the better strand, ties to ``+``. Windows with N are skipped. Scores are those of `pwm.best_sites`; p-values
are FIMO's; q-values are Benjamini & Hochberg's over all windows and strands of one motif, as in FIMO. Sequences are
read in batches, so that a genome needs the memory of its longest record and its hits.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.arguments import check_integer
from motifnet.errors import InputError, counted, quoted
from motifnet.html import MOST_ROWS, summary_html, table_html
from motifnet.motifs.known.databases import AnyMotifs, as_motifs
from motifnet.motifs.motif import PSEUDOCOUNT, MotifSet
from motifnet.motifs.scanning.kernel import MotifScanner, Segment
from motifnet.motifs.scanning.scan_parts import join_results, split_results
from motifnet.motifs.scanning.score_thresholds import lowest_scores
from motifnet.parts import WHOLE, Part
from motifnet.sequences.io.bed import write_bed
from motifnet.sequences.io.intervals import Intervals, parse_coordinates
from motifnet.sequences.io.reader import as_batches
from motifnet.sequences.ragged import RaggedSequences
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.store import release

logger = logging.getLogger("motifnet")

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
#: Windows per segment.
_WINDOWS = 1 << 18


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
        return replace(self, **{name: getattr(self, name)[index] for name in _COLUMN_TYPES})

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
_COLUMN_TYPES = {
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


def scan(
    motifs: AnyMotifs,
    sequences: SequenceSet | RaggedSequences | Iterable[Any] | str | Path,
    *,
    p_value: float | None = None,
    thresholds: Mapping[str, float] | str | Path | None = None,
    pseudocount: float = PSEUDOCOUNT,
    with_best: bool = False,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Hits:
    """Find the sites of motifs in sequences, as FIMO does.

    Parameters
    ----------
    motifs : MotifSet of M motifs, list of Bio.motifs.Motif, str or Path
        A str or Path is a motif file, a database such as "vertebrates", or a consensus such as "TTACCCG". Their
        background is the null model, and their ``strands`` decides whether both strands are scored.
    sequences : SequenceSet, sequence of str (list, tuple, array or pandas Series), str or Path
        Of any lengths; a str or Path is a FASTA file. Or `RaggedSequences`, or an iterator of them such as that of
        `stream_fasta`, which is scanned batch by batch.
    p_value : float, optional
        Maximum p-value of a hit, in (0, 1]. By default 1e-4, and exact matches only for a consensus: a motif whose
        `threshold` is its highest score.
    thresholds : mapping of str to float, str or Path, optional
        Minimum score of a hit in bits, by motif; used instead of `p_value`. A str or Path is a table with the columns
        ``motif`` and ``threshold``, such as motifs.tsv; "motifs" (unless there is such a file): those of the motifs.
    pseudocount : float
        Sites added to each column of the PFM, distributed by the background. 0.1 gives FIMO's scores; thresholds of
        motifs.tsv hold for the default of 1 only.
    with_best : bool
        Keep the best score of each motif in each sequence too: ``4 N M`` bytes.
    threads : int, optional
        Number of motifs to scan in parallel; default: one per core. Does not change the result.
    progress : callable, optional
        Called with the number of bases scanned so far.

    Returns
    -------
    Hits
        ``scan(...).to_frame()`` makes a table.

    Raises
    ------
    InputError
        If an argument is out of range, a motif has no threshold, or thresholds are given with another pseudocount.

    Examples
    --------
    >>> from motifnet.motifs.motif import Motif
    >>> from motifnet.sequences.alphabet import one_hot
    >>> ebox = Motif("ebox", one_hot(["CACGTG"])[0] * 50)
    >>> hits = scan(MotifSet([ebox]), ["TTCACGTGTT", "ACACGTGNNN"], p_value=1e-3)
    >>> hits.start.tolist(), hits.p_value.round(6).tolist()
    ([2, 1], [0.000244, 0.000244])
    """
    scanners = Scanners(
        as_motifs(motifs), p_value=p_value, thresholds=thresholds, pseudocount=pseudocount, with_best=with_best
    )
    scanners.add(as_batches(sequences), threads=threads, progress=progress)
    return scanners.hits()


class Scanners:
    """Motifs prepared for scanning, and their hits so far.

    Parameters
    ----------
    motifs, p_value, thresholds, pseudocount, with_best
        As for `scan`.

    Raises
    ------
    InputError
        As `scan`.
    """

    def __init__(
        self,
        motifs: MotifSet,
        *,
        p_value: float | None = None,
        thresholds: Mapping[str, float] | str | Path | None = None,
        pseudocount: float = PSEUDOCOUNT,
        with_best: bool = False,
    ) -> None:
        if p_value is not None and not 0 < p_value <= 1:
            raise InputError(f"p_value must be above 0 and at most 1. Got {p_value} instead")
        limits = lowest_scores(motifs, p_value, thresholds, pseudocount)
        self.motifs, self._with_best = motifs, with_best
        self._each = [
            MotifScanner(
                motif,
                both_strands=motifs.strands == "both",
                p_value=p_value or P_VALUE,
                threshold=limit,
                pseudocount=pseudocount,
                with_best=with_best,
            )
            for motif, limit in zip(motifs, limits, strict=True)
        ]
        limit = "their threshold" if thresholds is not None else f"p <= {p_value or P_VALUE:g}"
        _log_unreachable(self._each, limit)
        self._names: list[str] = []
        self._lengths = [np.zeros(0, dtype=np.int64)]

    def add(
        self,
        batches: Iterable[RaggedSequences],
        *,
        part: Part | None = WHOLE,
        threads: int | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        """Scan batches of sequences, or only some of their segments.

        Parameters
        ----------
        batches : iterable of RaggedSequences
        part : Part, optional
            Segment k is scanned if ``k % total == number - 1``; None: only the names and lengths are read.
        threads, progress
            As for `scan`.
        """
        if threads is not None:
            check_integer("threads", threads, at_least=1)
        active = [scanner for scanner in self._each if self._with_best or scanner.can_hit]
        overlap = max((motif.width for motif in self.motifs), default=1) - 1
        n_segments = n_bases = 0
        with ThreadPoolExecutor(threads or _cores()) as pool:
            for batch in batches:
                for begin in range(0, len(batch.flat) if part is not None else 0, _WINDOWS):
                    n_segments += 1
                    if part is None or (n_segments - part.number) % part.total:
                        continue
                    segment = Segment.of(batch, begin, _WINDOWS, overlap=overlap, first_record=len(self._names))
                    release(batch.flat)
                    list(pool.map(MotifScanner.add, active, repeat(segment)))
                    n_bases += segment.limit
                    if progress is not None:
                        progress(n_bases)
                self._names.extend(batch.names)
                self._lengths.append(batch.lengths)

    def results(self) -> dict[str, NDArray[Any]]:
        """Hits, score histograms and best scores of all motifs so far, for `restore`."""
        return join_results(self._each)

    def restore(self, results: Mapping[str, NDArray[Any]]) -> None:
        """Add the results of a part; InputError if they are those of other motifs."""
        split_results(self._each, results)

    def hits(self) -> Hits:
        """All hits so far."""
        best = np.zeros((len(self._names), len(self.motifs) if self._with_best else 0), dtype=np.float32)
        for index in range(best.shape[1]):
            best[:, index] = self._each[index].best_scores(len(self._names))
        columns, lengths = _columns(self._each), np.concatenate(self._lengths)
        return Hits(self.motifs, tuple(self._names), lengths, **columns, best=best if self._with_best else None)


def _columns(scanners: Sequence[MotifScanner]) -> dict[str, NDArray[Any]]:
    """Hits of all motifs: an array for each of `_COLUMN_TYPES`."""
    parts = [tuple(np.zeros(0, dtype=kind) for kind in _COLUMN_TYPES.values())]
    for index, scanner in enumerate(scanners):
        if found := scanner.hits():
            sequence, start, *others = found
            motif = np.full(len(start), index, dtype=np.int64)
            parts.append((motif, sequence, start, start + scanner.motif.width, *others))
    return dict(zip(_COLUMN_TYPES, map(np.concatenate, zip(*parts, strict=True)), strict=True))


def _log_unreachable(scanners: Sequence[MotifScanner], limit: str) -> None:
    names = [scanner.motif.name for scanner in scanners if not scanner.can_hit]
    if names:
        listed = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
        logger.warning("no hits are possible for the motifs %s: none of their scores reaches %s", listed, limit)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
