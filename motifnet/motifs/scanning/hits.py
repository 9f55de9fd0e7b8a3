"""`scan`: every window of sequences of any length that a motif matches, with p- and q-values.

A hit is a site: 0-based, half-open, on the forward strand. A window that passes on both strands (CACGTG) is one hit, on
the better strand, ties to ``+``. Windows with N are skipped. Scores are those of `pwm.best_sites`; p-values are FIMO's;
q-values are Benjamini & Hochberg's over all windows and strands of one motif, as in FIMO. Sequences are read in
batches, so that a genome needs the memory of its longest record and its hits.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.arguments import check_type
from motifnet.errors import FormatError, InputError
from motifnet.motifs.known.databases import as_motifs
from motifnet.motifs.motif import PSEUDOCOUNT, MotifSet
from motifnet.motifs.scanning.kernel import MotifTables, Segment, score_windows
from motifnet.motifs.scanning.pwm import STEPS_PER_BIT, ScoreDistribution, q_values, score_matrix
from motifnet.sequences.alphabet import LETTERS, reverse_complement
from motifnet.sequences.io.bed import write_bed
from motifnet.sequences.io.fasta import RaggedSequences, stream_fasta
from motifnet.sequences.io.intervals import Intervals, parse_coordinates
from motifnet.sequences.io.reader import as_ragged
from motifnet.sequences.io.text import TextSource
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.store import release

logger = logging.getLogger("motifnet")

#: P-value up to which a window is a hit: FIMO's default.
P_VALUE = 1e-4
#: Columns of the table of hits, and what they are.
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
#: Windows that are scored at a time.
_WINDOWS = 1 << 18
_LETTERS = np.frombuffer(LETTERS.encode(), dtype="S1")
_MOST_NAMED = 5


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
        Score in bits; its p-value; q-value over all windows of the motif.
    matched_sequence : bytes array of shape (n,)
        The site, on the hit's strand.
    best : float32 array of shape (N, M), or None
        Best score of each motif in each sequence in bits, hit or not; the lowest possible score where no window is free
        of N. Only with ``scan(..., with_best=True)``.
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
        return f"<Hits: {len(self)} of {len(self.motifs)} motifs in {len(self.names)} sequences>"

    def take(self, index: Any) -> Hits:
        """The hits at these indices, or where a mask is True: ``hits.take(hits.q_value <= 0.05)``."""
        return replace(self, **{name: getattr(self, name)[index] for name in _COLUMN_TYPES})

    def to_frame(self) -> pd.DataFrame:
        """One row per hit, with the columns of hits.tsv: motif, sequence, interval, score, p- and q-value."""
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
        """Sequences x motifs, with the columns ``sequence_index name <motif> ...``.

        Parameters
        ----------
        values : {"counts", "best"}
            Numbers of hits, or best scores in bits.

        Raises
        ------
        InputError
            If best scores were not computed.
        """
        n, m = len(self.names), len(self.motifs)
        matrix: NDArray[Any] | None = self.best
        if values == "counts":
            matrix = np.bincount(self.sequence_index * m + self.motif, minlength=n * m).reshape(n, m)
        if matrix is None:
            raise InputError("best scores were not computed", hint="Scan with with_best=True.")
        table = pd.DataFrame(matrix, columns=list(self.motifs.names))
        table.insert(0, "sequence_index", np.arange(n), allow_duplicates=True)
        table.insert(1, "name", list(self.names), allow_duplicates=True)
        return table

    def write_bed(self, path: str | Path) -> bool:
        """Write BED: chrom, start, end, motif, score, strand; then bits, p, q, site and name of the sequence.

        The fifth column is ``-100 log10 p``, at most 1000. Coordinates are genomic where the names of the sequences
        give their coordinates (`parse_coordinates`), and within the sequences otherwise.

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
_NO_HITS = tuple(np.zeros(0, dtype=kind) for kind in _COLUMN_TYPES.values())


def scan(
    motifs: MotifSet | str | Path,
    sequences: SequenceSet | RaggedSequences | Iterable[Any] | str | Path,
    *,
    p_value: float = P_VALUE,
    thresholds: Mapping[str, float] | None = None,
    pseudocount: float = PSEUDOCOUNT,
    with_best: bool = False,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Hits:
    """Find the sites of motifs in sequences, as FIMO does.

    Parameters
    ----------
    motifs : MotifSet of M motifs, str or Path
        Or a motif file, or a database such as "vertebrates". Its background is the null model, and its ``strands``
        decides whether both strands are scored.
    sequences : SequenceSet, sequence of str (list, tuple, array or pandas Series), str or Path
        Of any lengths; a str or Path is a FASTA file. Or `RaggedSequences`, or an iterator of them such as
        `stream_fasta` gives, which is scanned batch by batch.
    p_value : float
        P-value up to which a window is a hit, in (0, 1].
    thresholds : mapping of str to float, optional
        Score in bits from which a window is a hit, by motif: used instead of `p_value`. `read_thresholds` reads those
        of motifs.tsv.
    pseudocount : float
        Sites added to each column of the PFM, distributed by the background. 0.1 gives FIMO's scores; thresholds of
        motifs.tsv hold for the default of 1 only.
    with_best : bool
        Keep the best score of each motif in each sequence too: ``4 N M`` bytes.
    threads : int, optional
        Motifs that are scanned at a time; default: one per core. The result is the same.
    progress : callable, optional
        Called with the number of bases scanned so far.

    Returns
    -------
    Hits
        ``scan(...).to_frame()`` is a table.

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
    motifs = as_motifs(motifs)
    _check_arguments(p_value, thresholds, pseudocount, threads)
    cutoffs = [None] * len(motifs) if thresholds is None else _in_order(thresholds, motifs)
    scanners = [
        _Scanner(motifs, index, pseudocount, p_value, threshold, with_best) for index, threshold in enumerate(cutoffs)
    ]
    _log_unreachable([s.name for s in scanners if not s.tables.can_hit], p_value if thresholds is None else None)
    active = [scanner for scanner in scanners if with_best or scanner.tables.can_hit]
    overlap = max((motif.width for motif in motifs), default=1) - 1
    names: list[str] = []
    lengths = [np.zeros(0, dtype=np.int64)]
    n_bases = 0
    with ThreadPoolExecutor(threads or _cores()) as pool:
        for batch in _batches(sequences):
            for begin in range(0, len(batch.flat), _WINDOWS):
                segment = Segment.of(batch.flat, batch.offsets, begin, _WINDOWS, overlap)
                release(batch.flat)
                first = len(names) + segment.first_record
                list(pool.map(lambda scanner, segment=segment, first=first: scanner.add(segment, first), active))
                n_bases += segment.limit
                if progress is not None:
                    progress(n_bases)
            names.extend(batch.names)
            lengths.append(batch.lengths)
    columns = [np.concatenate(column) for column in zip(_NO_HITS, *(s.hits() for s in scanners), strict=True)]
    by_name = dict(zip(_COLUMN_TYPES, columns, strict=True))
    best = np.zeros((len(names), len(motifs) if with_best else 0), dtype=np.float32)
    for index in range(best.shape[1]):
        best[:, index] = scanners[index].best_bits(len(names))
    return Hits(motifs, tuple(names), np.concatenate(lengths), **by_name, best=best if with_best else None)


def read_thresholds(path: str | Path) -> dict[str, float]:
    """Read the columns ``motif`` and ``threshold`` of a table such as motifs.tsv.

    Raises
    ------
    FormatError
        If the file cannot be read, a column is missing, or a threshold is not a number; with the line.
    """
    source = TextSource(path)
    with source.text() as handle:
        header, *rows = [line.rstrip("\r\n").split("\t") for line in handle] or [[]]
    if not {"motif", "threshold"} <= set(header):
        hint = "Use motifs.tsv, or a tab-separated table with these columns."
        raise FormatError(source.name, "the columns 'motif' and 'threshold' are missing", line=1, hint=hint)
    thresholds = {}
    for number, row in enumerate(rows, start=2):
        cells = dict(zip(header, row, strict=False))
        try:
            thresholds[cells["motif"]] = float(cells["threshold"])
        except (KeyError, ValueError):
            raise FormatError(source.name, "the threshold is not a number", line=number) from None
    return thresholds


def _check_arguments(
    p_value: float, thresholds: Mapping[str, float] | None, pseudocount: float, threads: int | None
) -> None:
    if not 0 < p_value <= 1:
        raise InputError(f"p_value must be above 0 and at most 1. Got {p_value} instead")
    if threads is not None and threads < 1:
        raise InputError(f"threads must be at least 1. Got {threads} instead")
    if thresholds is not None and pseudocount != PSEUDOCOUNT:
        raise InputError(
            f"thresholds hold for a pseudocount of {PSEUDOCOUNT:g} only. Got {pseudocount} instead",
            hint="Leave out one of the two.",
        )


def _in_order(thresholds: Mapping[str, float], motifs: MotifSet) -> list[float]:
    """The threshold of each motif."""
    missing = [name for name in motifs.names if np.isnan(thresholds.get(name, np.nan))]
    if missing:
        raise InputError(
            f"motif {missing[0]!r} has no threshold",
            hint="Use the motifs.meme and the motifs.tsv of the same run.",
        )
    return [float(thresholds[name]) for name in motifs.names]


def _log_unreachable(names: Sequence[str], p_value: float | None) -> None:
    if names:
        listed = ", ".join(names[:_MOST_NAMED]) + (", ..." if len(names) > _MOST_NAMED else "")
        limit = "their thresholds" if p_value is None else f"p <= {p_value:g}"
        logger.warning("motifs whose best k-mer does not reach %s, and that have no hits: %s", limit, listed)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _batches(sequences: Any) -> Iterator[RaggedSequences]:
    if isinstance(sequences, str | Path):
        yield from stream_fasta(sequences)
    elif isinstance(sequences, Iterator):
        for batch in sequences:
            check_type("sequences", batch, RaggedSequences)
            yield batch
    else:
        yield as_ragged(sequences)


class _Scanner:
    """One motif, and what was found of it so far."""

    def __init__(
        self, motifs: MotifSet, index: int, pseudocount: float, p_value: float, threshold: float | None, with_best: bool
    ) -> None:
        motif = motifs[index]
        self.name = motif.name
        self._index, self._width = index, motif.width
        self._distribution = ScoreDistribution.of(motif, pseudocount)
        self.tables = MotifTables.of(
            self._distribution,
            score_matrix(motif, pseudocount),
            p_value=p_value,
            threshold=threshold,
            both=motifs.strands == "both",
        )
        self._histogram = np.zeros(self.tables.n_scores, dtype=np.int64)
        self._with_best = with_best
        self._found: list[tuple[NDArray[Any], ...]] = []
        self._best: list[tuple[int, NDArray[np.int32]]] = []

    def add(self, segment: Segment, first: int) -> None:
        """Scan a segment whose first record is number `first` of all."""
        best = np.full(len(segment.begins), self.tables.lowest, dtype=np.int32) if self._with_best else None
        found = score_windows(segment, self.tables, self._histogram, best)
        if best is not None:
            self._best.append((first, best))
        if len(found.start):
            sites = segment.codes[found.start[:, np.newaxis] + np.arange(self._width)]
            sites[found.is_reverse] = reverse_complement(sites[found.is_reverse])
            matched = np.ascontiguousarray(_LETTERS[sites]).view(f"S{self._width}")[:, 0]
            starts = found.start + segment.shift[found.record]
            self._found.append((first + found.record, starts, found.is_reverse, found.integer, found.steps, matched))

    def hits(self) -> tuple[NDArray[Any], ...]:
        """The columns of all hits, in the order of `_COLUMN_TYPES`."""
        if not self._found:
            return _NO_HITS
        sequence, start, is_reverse, integer, steps, matched = map(np.concatenate, zip(*self._found, strict=True))
        p = self._distribution.tail
        q = q_values(p, self._histogram)
        motif = np.full(len(start), self._index, dtype=np.int64)
        score = steps / STEPS_PER_BIT
        return motif, sequence, start, start + self._width, is_reverse, score, p[integer], q[integer], matched

    def best_bits(self, n_sequences: int) -> NDArray[np.float32]:
        """Best score in each sequence."""
        best = np.full(n_sequences, self.tables.lowest, dtype=np.int32)
        for first, scores in self._best:
            rows = slice(first, first + len(scores))
            best[rows] = np.maximum(best[rows], scores)
        return (best / STEPS_PER_BIT).astype(np.float32)
