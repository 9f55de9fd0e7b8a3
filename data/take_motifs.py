"""Write simulated.motifs.meme: four JASPAR matrices of unrelated families, from the PyPI package pyjaspar.

Run in this folder, in a separate environment with motifnet (pyjaspar has 136 MB):

    pip install pyjaspar==4.0.0 && python take_motifs.py
"""

from __future__ import annotations

import numpy as np
import pyjaspar

import motifnet as mn

RELEASE = "JASPAR2026"
#: C2H2 zinc fingers, forkhead, MADS box, bHLH-ZIP.
IDENTIFIERS = ("MA0139.2", "MA0148.5", "MA0083.3", "MA0093.4")


def main() -> None:
    """Read the matrices from pyjaspar and write them."""
    database = pyjaspar.jaspardb(release=RELEASE)
    motifs = []
    for identifier in IDENTIFIERS:
        record = database.fetch_motif_by_id(identifier)
        counts = np.array([record.counts[base] for base in "ACGT"])
        nsites = round(counts.sum(axis=0).mean())
        motifs.append(mn.Motif(record.name, counts, nsites=nsites, alt_name=identifier))
    mn.write_motifs(mn.MotifSet(motifs), "simulated.motifs.meme")


if __name__ == "__main__":
    main()
