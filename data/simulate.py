"""Write the simulated set: simulated.positives.fa, simulated.negatives.fa, simulated.truth.bed.

    python data/simulate.py [FOLDER]

FOLDER is the output folder, by default that of this file. Reads simulated.motifs.meme in the folder of this file. The
output is the same with the same version of numpy; a test compares it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import motifnet as mn

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Plant two to four motifs in each of 1,000 sequences of 120 bp; 1,000 more are background only."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    motifs = mn.read_motifs(HERE / "simulated.motifs.meme")
    mn.simulation.simulate(motifs, n=1000, length=120, per_sequence=(2, 4), seed=0).write(folder / "simulated")


if __name__ == "__main__":
    main()
