"""Consensus sequences in IUPAC letters as motifs, one per line with an optional name: ``read(text)``; not written.

::

    TTACCCG	Reb1
    CACGTG

A letter for several bases has equal counts of each, of 20 sites. The threshold of the motif is its highest score, which
only exact matches of the consensus reach; `scan` uses it unless a p-value is given.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from motifnet.motifs.io.common import DEFAULT_NSITES, Line, MotifText
from motifnet.motifs.motif import BASES, Motif, MotifSet
from motifnet.motifs.scanning.pwm import highest_score

#: Bases of each IUPAC letter.
_LETTERS = {
    **{base: base for base in BASES},
    "U": "T",
    "R": "AG",
    "Y": "CT",
    "S": "CG",
    "W": "AT",
    "K": "GT",
    "M": "AC",
    "B": "CGT",
    "D": "AGT",
    "H": "ACT",
    "V": "ACG",
    "N": BASES,
}
#: Upper case, and neither very short nor as long as a sequence, since words and sequences are no motifs.
_CONSENSUS = re.compile(f"[{''.join(_LETTERS)}]{{3,100}}")
LINE = re.compile(rf"#|{_CONSENSUS.pattern}(?:\s++[A-Za-z_].*+|\s*+)$")


def is_consensus(text: str) -> bool:
    """Whether a text is a consensus: 3 to 100 IUPAC letters for bases, in upper case."""
    return _CONSENSUS.fullmatch(text) is not None


def motif_of_consensus(consensus: str, name: str = "", alt_name: str = "") -> Motif:
    """Make a motif of IUPAC letters; its threshold is its highest score. The default name is the consensus."""
    bases = [_LETTERS[letter] for letter in consensus]
    counts = np.array([[DEFAULT_NSITES / len(own) * (base in own) for own in bases] for base in BASES])
    motif = Motif(name or consensus, counts, alt_name=alt_name)
    return replace(motif, threshold=highest_score(motif))


def begins(lines: Sequence[Line], index: int) -> bool:
    """Whether a line has a consensus, and a name or nothing after it."""
    return LINE.match(lines[index].text) is not None


def read(text: MotifText) -> MotifSet:
    """Read consensus sequences; the name is the first field after each, or the consensus."""

    def read_motif(record: Sequence[Line], _: str) -> Motif:
        consensus, *names = record[0].text.split()
        return motif_of_consensus(consensus, " ".join(names[:1]), " ".join(names[1:]))

    return MotifSet(text.collect([[line] for line in text.without_comments()], read_motif))
