"""Motifs against sequences of any length: every window that scores better than chance allows, with p and q.

A hit is a site: 0-based, half-open, on the forward strand. A window that passes on both strands (CACGTG) is one hit, on
the better strand, ties to ``+``. Windows with N are skipped. P-values are FIMO's (`pvalues`); q-values are Benjamini &
Hochberg's over all windows and strands of one motif, as FIMO counts them. Sequences come in batches, so that a genome
needs the memory of its longest record, its hits, and little else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from motifnet.arguments import check_type
from motifnet.errors import InputError
from motifnet.motifs.motif import PSEUDOCOUNT, MotifSet
from motifnet.motifs.scanning.kernel import Stretch, block_tables, score_windows, stretch
from motifnet.motifs.scanning.pwm import ScoreDistribution, q_values
from motifnet.sequences.alphabet import LETTERS, reverse_complement
from motifnet.sequences.io.fasta import RaggedSequences
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.store import release

if TYPE_CHECKING:
    import pandas as pd

#: P-value up to which a window is a hit: FIMO's default.
THRESHOLD = 1e-4
_WINDOWS = 1 << 18
_LETTERS = np.frombuffer(LETTERS.encode(), dtype="S1")


@dataclass(frozen=True, eq=False)
class Hits:
    """Hits as columns of one length, ordered by motif, sequence and start.

    Parameters
    ----------
    motif, sequence, start, end : int64 arrays of shape (n,)
        Index of the motif and of the sequence; half-open interval on the forward strand, in bp.
    is_reverse : bool array of shape (n,)
        Whether the word is read on the ``-`` strand.
    score, p, q : float64 arrays of shape (n,)
        Score in bits; p-value; q-value over all windows of the motif.
    word : bytes array of shape (n,)
        The letters, read on the hit's strand.
    """

    motif: NDArray[np.int64]
    sequence: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    is_reverse: NDArray[np.bool_]
    score: NDArray[np.float64]
    p: NDArray[np.float64]
    q: NDArray[np.float64]
    word: NDArray[np.bytes_]

    def __len__(self) -> int:
        return len(self.motif)

    def take(self, index: Any) -> Hits:
        """The hits at these indices, or where a mask is True."""
        return Hits(*(getattr(self, field.name)[index] for field in fields(self)))


@dataclass(frozen=True, eq=False, repr=False)
class Scan:
    """What `scan` found.

    Parameters
    ----------
    motifs : MotifSet of M motifs
    names : tuple of str, of length N
        Of the sequences; may repeat.
    lengths : int64 array of shape (N,)
        In bp.
    hits : Hits
    best : float32 array of shape (N, M), or None
        Best score of each motif in each sequence, in bits, hit or not; the lowest score possible where no window is
        free of N. None unless asked for.
    n_tested : int64 array of shape (M,)
        Windows, of both strands if both were looked at, that p- and q-values speak of; 0 where none could be a hit.
    lowest_p : float64 array of shape (M,)
        The p-value of the best word of each motif: above the threshold, no window can be a hit.
    """

    motifs: MotifSet
    names: tuple[str, ...]
    lengths: NDArray[np.int64]
    hits: Hits
    best: NDArray[np.float32] | None
    n_tested: NDArray[np.int64]
    lowest_p: NDArray[np.float64]

    def __repr__(self) -> str:
        return f"<Scan: {len(self.hits)} hits of {len(self.motifs)} motifs in {len(self.names)} sequences>"

    @property
    def table(self) -> pd.DataFrame:
        """One row a hit: see `motifnet.motifs.scanning.hit_tables.HIT_COLUMNS`."""
        from motifnet.motifs.scanning.hit_tables import hit_table

        return hit_table(self)

    def up_to(self, q: float) -> Scan:
        """Without the hits whose q-value is higher."""
        return replace(self, hits=self.hits.take(self.hits.q <= q))

    def counts(self) -> NDArray[np.int64]:
        """Hits of each motif in each sequence: shape (N, M)."""
        shape = (len(self.names), len(self.motifs))
        places = self.hits.sequence * shape[1] + self.hits.motif
        return np.bincount(places, minlength=shape[0] * shape[1]).reshape(shape)


def scan(
    motifs: MotifSet,
    sequences: SequenceSet | RaggedSequences | Iterable[RaggedSequences],
    *,
    threshold: float = THRESHOLD,
    pseudocount: float = PSEUDOCOUNT,
    with_best: bool = False,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Scan:
    """Find the hits of each motif in each sequence, as FIMO does.

    Parameters
    ----------
    motifs : MotifSet of M motifs
        Its background is the null model, and its ``strands`` says whether both strands are looked at.
    sequences : SequenceSet, RaggedSequences, or iterable of RaggedSequences
        An iterable such as `stream_fasta` gives is taken batch by batch.
    threshold : float
        The p-value up to which a window is a hit, in (0, 1].
    pseudocount : float
        Sites added to each column of the PFM in proportion to the background.
    with_best : bool
        Keep the best score of each motif in each sequence too: ``4 N M`` bytes.
    threads : int, optional
        Motifs that are scanned side by side; default: one a core. The result is the same.
    progress : callable, optional
        Called with the number of letters scanned so far.

    Returns
    -------
    Scan

    Raises
    ------
    InputError
        If the threshold, the pseudocount or the number of threads makes no sense.

    Examples
    --------
    >>> from motifnet.motifs.motif import Motif
    >>> from motifnet.sequences.alphabet import one_hot
    >>> ebox = Motif("ebox", one_hot(["CACGTG"])[0] * 50)
    >>> found = scan(MotifSet([ebox]), SequenceSet.from_strings(["TTCACGTGTT", "ACACGTGNNN"]), threshold=1e-3)
    >>> found.hits.start.tolist(), found.hits.p.round(6).tolist()
    ([2, 1], [0.000244, 0.000244])
    """
    check_type("motifs", motifs, MotifSet)
    if not 0 < threshold <= 1:
        raise InputError(f"threshold must be a p-value above 0 and at most 1. Got {threshold} instead")
    if threads is not None and threads < 1:
        raise InputError(f"threads must be at least 1. Got {threads} instead")
    matrices = [ScoreDistribution.of(motif, pseudocount) for motif in motifs]
    scanners = [_Scanner(matrix, motifs.strands == "both", threshold) for matrix in matrices]
    active = [scanner for scanner in scanners if with_best or scanner.can_hit]
    names: list[str] = []
    lengths = [np.zeros(0, dtype=np.int64)]
    n_letters = 0
    with ThreadPoolExecutor(threads or _cores()) as pool:
        for batch in _batches(sequences):
            for part in _parts(batch, overlap=max((matrix.width for matrix in matrices), default=1) - 1):
                first = len(names) + part.record
                list(pool.map(lambda scanner, part=part, first=first: scanner.add(part, first, with_best), active))
                n_letters += part.letters.limit
                if progress is not None:
                    progress(n_letters)
            names.extend(batch.names)
            lengths.append(batch.lengths)
    return Scan(
        motifs,
        tuple(names),
        np.concatenate(lengths),
        _join([scanner.hits(index) for index, scanner in enumerate(scanners)]),
        _best(scanners, len(names)) if with_best else None,
        np.array([scanner.histogram.sum() for scanner in scanners], dtype=np.int64),
        np.array([matrix.tail[-1] for matrix in matrices], dtype=np.float64),
    )


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _batches(sequences: Any) -> Iterator[RaggedSequences]:
    is_one = isinstance(sequences, SequenceSet | RaggedSequences | str) or not isinstance(sequences, Iterable)
    for batch in [sequences] if is_one else sequences:
        check_type("sequences", batch, SequenceSet, RaggedSequences)
        yield _ragged(batch) if isinstance(batch, SequenceSet) else batch


def _ragged(sequences: SequenceSet) -> RaggedSequences:
    offsets = np.arange(len(sequences) + 1) * sequences.length
    return RaggedSequences(tuple(sequences.names), sequences.codes.reshape(-1), offsets, 0, "sequences")


class _Part(NamedTuple):
    """A stretch of a batch: its letters, where they begin in the batch, and the first record in it."""

    batch: RaggedSequences
    letters: Stretch
    begin: int
    record: int


def _parts(batch: RaggedSequences, *, overlap: int) -> Iterator[_Part]:
    """Cut a batch into parts that overlap, so that each window lies whole in the part where it starts."""
    for begin in range(0, len(batch.flat), _WINDOWS):
        codes = batch.flat[begin : begin + _WINDOWS + overlap]
        first = int(np.searchsorted(batch.offsets, begin, side="right")) - 1
        last = int(np.searchsorted(batch.offsets, begin + len(codes), side="left"))
        bounds = np.clip(batch.offsets[first : last + 1] - begin, 0, len(codes))
        limit = min(_WINDOWS, len(batch.flat) - begin)
        yield _Part(batch, stretch(codes, bounds[:-1], bounds[1:], limit), begin, first)
        release(batch.flat)


#: Record, start, is_reverse, score and word of no window at all, for the types of the columns.
_NOTHING = tuple(np.zeros(0, dtype=kind) for kind in (np.int64, np.int64, np.bool_, np.int32, "S1"))


class _Scanner:
    """One motif on its way through the sequences: what it has met so far."""

    def __init__(self, matrix: ScoreDistribution, both_strands: bool, threshold: float) -> None:
        self.histogram = np.zeros(len(matrix.tail), dtype=np.int64)
        self._matrix = matrix
        self._tables = block_tables(matrix, both_strands=both_strands)
        self._cutoff = matrix.cutoff(threshold)
        self.can_hit = self._cutoff < len(matrix.tail)
        self._found: list[tuple[NDArray[Any], ...]] = []
        self._best: list[tuple[int, NDArray[np.int32]]] = []

    def add(self, part: _Part, first: int, with_best: bool) -> None:
        """Scan a part whose first record is number `first` of all."""
        best = np.zeros(len(part.letters.begins), dtype=np.int32)
        width = self._matrix.width
        found = score_windows(part.letters, self._tables, width, self._cutoff, self.histogram, best)
        if with_best:
            self._best.append((first, best))
        if len(found.start):
            words = part.letters.codes[found.start[:, np.newaxis] + np.arange(width)]
            words[found.is_reverse] = reverse_complement(words[found.is_reverse])
            letters = np.ascontiguousarray(_LETTERS[words]).view(f"S{width}")[:, 0]
            starts = found.start + part.begin - part.batch.offsets[part.record + found.record]
            self._found.append((first + found.record, starts, found.is_reverse, found.score, letters))

    def hits(self, motif: int) -> Hits:
        """All hits so far, as those of motif number `motif`."""
        columns = zip(_NOTHING, *self._found, strict=True)
        sequence, start, is_reverse, score, word = (np.concatenate(column) for column in columns)
        q = q_values(self._matrix.tail, self.histogram)[score]
        motifs = np.full(len(start), motif, dtype=np.int64)
        bits, p = self._matrix.bits(score), self._matrix.tail[score]
        return Hits(motifs, sequence, start, start + self._matrix.width, is_reverse, bits, p, q, word)

    def best_bits(self, n_sequences: int) -> NDArray[np.float32]:
        """Best score in each sequence."""
        best = np.zeros(n_sequences, dtype=np.int32)
        for first, scores in self._best:
            place = slice(first, first + len(scores))
            best[place] = np.maximum(best[place], scores)
        return self._matrix.bits(best).astype(np.float32)


def _best(scanners: list[_Scanner], n_sequences: int) -> NDArray[np.float32]:
    best = np.empty((n_sequences, len(scanners)), dtype=np.float32)
    for index, scanner in enumerate(scanners):
        best[:, index] = scanner.best_bits(n_sequences)
    return best


_NO_HITS = Hits(*(np.zeros(0, dtype=kind) for kind in (*4 * (np.int64,), np.bool_, *3 * (np.float64,), "S1")))


def _join(hits: list[Hits]) -> Hits:
    """Hits of several motifs, one after the other."""
    return Hits(*(np.concatenate([getattr(part, field.name) for part in (_NO_HITS, *hits)]) for field in fields(Hits)))
