"""Hypothesis strategies for DNA strings and sequence sets, and random sequences."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from motifnet.sequences.sequence_set import SequenceSet

#: Names that a FASTA file may have, and that other programs read as quotes, numbers or missing values.
ODD_NAMES = (
    *('"', '"a', '"b"', '""', "c'd", "NA", "nan", "-1e5", "007", "None", "True"),
    *("\\", "\\t", "a\\nb", "#h", "e,f;g", "=1+2", "\ufeff", "\u200bz", "séq", "<b>&amp;"),
)


def dna(letters: str = "ACGTN", *, min_size: int = 0, max_size: int = 60) -> st.SearchStrategy[str]:
    """A sequence; without N when ``letters="ACGT"``."""
    return st.text(alphabet=letters, min_size=min_size, max_size=max_size)


@st.composite
def sequence_sets(
    draw: st.DrawFn, letters: str = "ACGTN", *, max_count: int = 6, min_length: int = 1, max_length: int = 60
) -> SequenceSet:
    """A few named sequences of the same length; names may repeat."""
    length = draw(st.integers(min_length, max_length))
    strings = draw(st.lists(dna(letters, min_size=length, max_size=length), min_size=1, max_size=max_count))
    names = draw(st.lists(st.sampled_from(["a", "b", "chr1:5-9"]), min_size=len(strings), max_size=len(strings)))
    return SequenceSet.from_strings(strings, names)


def random_dna(n: int, length: int, *, seed: int) -> list[str]:
    """Random sequences with equal base frequencies."""
    letters = np.random.default_rng(seed).choice(list("ACGT"), size=(n, length))
    return ["".join(row) for row in letters]
