"""memelite's Tomtom: alignments, and the best matches in a MEME file of known motifs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from memelite import tomtom
from numpy.typing import NDArray

from motifnet.motifs.io.files import read_motifs
from motifnet.motifs.known.tomtom import Alignments
from motifnet.motifs.motif import MotifSet

Floats = NDArray[np.float64]

CTCF = frozenset({"MA0139", "MA1102", "MA1929", "MA1930"})


class Match(NamedTuple):
    """Best target of a motif; E = p x number of targets."""

    target: str
    alt_name: str
    e_value: float


def best_matches(motifs: MotifSet, database: Path) -> list[Match]:
    """The best target of each motif in the whole database."""
    known = read_motifs(database)
    p_values = tomtom([m.ppm for m in motifs], [m.ppm for m in known], n_jobs=1)[0]
    best = np.asarray(p_values).argmin(axis=1)
    return [
        Match(known[int(t)].name, known[int(t)].alt_name, float(p_values[q, t]) * len(known))
        for q, t in enumerate(best)
    ]


def aligned_by_memelite(queries: Sequence[Floats], targets: Sequence[Floats]) -> Alignments:
    """Both strands as separate targets, so that equal scores are on the forward strand."""
    # One memory layout, since memelite is compiled for each.
    both = [np.asfortranarray(target) for target in (*targets, *(target[::-1, ::-1] for target in targets))]
    found = tomtom([np.asfortranarray(query) for query in queries], both, reverse_complement=False, n_jobs=1)
    forward, reverse = (found[:4, :, part] for part in (slice(len(targets)), slice(len(targets), None)))
    is_reverse = reverse[1] > forward[1]
    p, _, offset, overlap = np.where(is_reverse, reverse, forward)
    return Alignments(p * (2 - p), offset.astype(np.int64), overlap.astype(np.int64), is_reverse)
