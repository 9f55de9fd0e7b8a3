"""Best Tomtom matches (memelite) in a MEME file of known motifs, for acceptance tests and benchmarks."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from memelite import tomtom

from motifnet.motifs.io.files import read_motifs
from motifnet.motifs.motif import MotifSet

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
