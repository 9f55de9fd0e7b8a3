"""`scan`: find the sites of motifs in sequences of any length, with p- and q-values (`Hits`).

Sequences are read in batches, so that a genome needs the memory of its longest record and its hits.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from motifnet.arguments import check_integer
from motifnet.cluster import cluster_parts, file_paths, worker_threads
from motifnet.errors import InputError
from motifnet.motifs.known.databases import AnyMotifs, as_motifs
from motifnet.motifs.motif import PSEUDOCOUNT, MotifSet
from motifnet.motifs.scanning.hits import COLUMN_TYPES, P_VALUE, Hits
from motifnet.motifs.scanning.kernel import MotifScanner, Segment
from motifnet.motifs.scanning.scan_parts import join_results, split_results
from motifnet.motifs.scanning.score_thresholds import lowest_scores
from motifnet.parts import WHOLE, Part, Parts, Results
from motifnet.sequences.input_spec import IntervalSpec
from motifnet.sequences.io.reader import as_batches, stream_sequences
from motifnet.sequences.ragged import RaggedSequences
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.store import release

if TYPE_CHECKING:
    from distributed import Client

logger = logging.getLogger("motifnet")

#: Windows per segment.
_WINDOWS = 1 << 18


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
    client: Client | None = None,
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
    client : distributed.Client, optional
        Scan on the workers of a Dask cluster, which read the file; `sequences` must be its path.

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
    known = as_motifs(motifs)
    limits: dict[str, Any] = {
        "p_value": p_value,
        "thresholds": thresholds,
        "pseudocount": pseudocount,
        "with_best": with_best,
    }
    scanners = Scanners(known, **limits)
    if client is None:
        scanners.add(as_batches(sequences), threads=threads, progress=progress)
        return scanners.hits()
    (path,) = file_paths(sequences=sequences)
    inputs = path, thresholds if isinstance(thresholds, str | Path) else None
    scanners.restore(cluster_parts(client, partial(part_hits, known, path, limits=limits), inputs=inputs))
    scanners.add(as_batches(path), part=None)
    return scanners.hits()


def part_hits(
    motifs: MotifSet, sequences: str | Path, *, limits: Mapping[str, Any], total: int, threads: int | None = None,
    length: int | None = None, intervals: IntervalSpec = IntervalSpec(), progress: Callable[[int], None] | None = None,
) -> Results:  # fmt: skip
    """Return a function that scans part k + 1 of `total`.

    `limits` are arguments of `Scanners`, the others are those of `scan` and of `stream_sequences`.
    """

    def compute(k: int) -> dict[str, NDArray[Any]]:
        scanners = Scanners(motifs, **limits)
        batches = stream_sequences(sequences, length=length, genome=intervals)
        scanners.add(batches, part=Part(k + 1, total), threads=threads or worker_threads(), progress=progress)
        return scanners.results()

    return compute


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

    def restore(self, parts: Parts) -> None:
        """Add the results of all parts; InputError if they are those of other motifs."""
        for k in range(parts.n_blocks):
            split_results(self._each, parts(k))

    def hits(self) -> Hits:
        """All hits so far."""
        best = np.zeros((len(self._names), len(self.motifs) if self._with_best else 0), dtype=np.float32)
        for index in range(best.shape[1]):
            best[:, index] = self._each[index].best_scores(len(self._names))
        columns, lengths = _columns(self._each), np.concatenate(self._lengths)
        return Hits(self.motifs, tuple(self._names), lengths, **columns, best=best if self._with_best else None)


def _columns(scanners: Sequence[MotifScanner]) -> dict[str, NDArray[Any]]:
    """Hits of all motifs: an array for each of `COLUMN_TYPES`."""
    parts = [tuple(np.zeros(0, dtype=kind) for kind in COLUMN_TYPES.values())]
    for index, scanner in enumerate(scanners):
        if found := scanner.hits():
            sequence, start, *others = found
            motif = np.full(len(start), index, dtype=np.int64)
            parts.append((motif, sequence, start, start + scanner.motif.width, *others))
    return dict(zip(COLUMN_TYPES, map(np.concatenate, zip(*parts, strict=True)), strict=True))


def _log_unreachable(scanners: Sequence[MotifScanner], limit: str) -> None:
    names = [scanner.motif.name for scanner in scanners if not scanner.can_hit]
    if names:
        listed = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
        logger.warning("no hits are possible for the motifs %s: none of their scores reaches %s", listed, limit)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
