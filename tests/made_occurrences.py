"""Occurrences made by hand, for tests of statistics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from motifnet.motifs.motif import Motif
from motifnet.motifs.statistics.occurrences import Occurrences
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet


def occurrences_at(
    starts: ArrayLike, is_reverse: ArrayLike = False, *, widths: Sequence[int], length: int, gc: ArrayLike = 0.5
) -> tuple[Occurrences, np.ndarray]:
    """Best sites of M motifs at these starts ``(N, M)``, -1 for none, and whether there is one.

    The sequences have these fractions of GC.
    """
    start = np.asarray(starts, dtype=np.int32).reshape(-1, len(widths))
    n_gc = np.rint(np.broadcast_to(gc, len(start)) * length)[:, np.newaxis]
    codes = (np.arange(length) < n_gc).astype(np.uint8)
    sequences = SequenceSet(tuple(map(str, range(len(start)))), codes)
    data = Dataset(sequences, np.ones((len(start), 1)), ("positive",), np.arange(len(start)))
    motifs = tuple(Motif(f"m{index}", np.ones((4, width))) for index, width in enumerate(widths))
    strands = np.broadcast_to(is_reverse, start.shape)
    has_site = start >= 0
    return Occurrences(motifs, data, has_site.astype(np.float32), np.maximum(start, 0), strands), has_site
