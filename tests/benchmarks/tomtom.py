"""Tomtom's p-values compared with memelite's, for each database of known motifs against itself, in one thread.

    python tests/benchmarks/tomtom.py [DATABASE ...]

Prints the number of pairs, the largest difference in log10 p, and the numbers of pairs whose offset, overlap or strand
differs; CPU seconds of one query, of 100, and of all, and of all by memelite; and the CPU seconds in which memelite is
compiled or loaded.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from training_parts import print_row

from known_motifs import aligned_by_memelite
from motifnet.motifs.extraction_spec import DATABASES
from motifnet.motifs.known.databases import read_database
from motifnet.motifs.known.tomtom import Alignments, align

HEADER = (
    *("database", "pairs", "max |diff log10 p|", "offset differs", "overlap differs", "strand differs"),
    *("1 query (s)", "100 queries (s)", "all (s)", "memelite, all (s)"),
)


def timed(job: Callable[[], Alignments]) -> tuple[float, Alignments]:
    start = time.process_time()
    found = job()
    return time.process_time() - start, found


def measure(database: str) -> tuple[object, ...]:
    motifs = [motif.ppm for motif in read_database(database)]
    one, _ = timed(lambda: align(motifs[:1], motifs))
    hundred, _ = timed(lambda: align(motifs[:100], motifs))
    every, found = timed(lambda: align(motifs, motifs))
    by_memelite, expected = timed(lambda: aligned_by_memelite(motifs, motifs))
    difference = np.abs(np.log10(found.p) - np.log10(expected.p)).max()
    counts = [int((getattr(found, name) != getattr(expected, name)).sum()) for name in found._fields[1:]]
    return database, found.p.size, f"{difference:.1g}", *counts, one, hundred, every, by_memelite


def main() -> None:
    small = [motif.ppm for motif in read_database("fungi")[:30]]
    seconds, _ = timed(lambda: aligned_by_memelite(small, small))
    print(f"memelite compiled or loaded in {seconds:.1f} s")
    print_row(HEADER)
    for database in sys.argv[1:] or DATABASES:
        print_row(measure(database))


if __name__ == "__main__":
    main()
