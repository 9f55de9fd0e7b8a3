"""Hypothesis strategies for DNA, sites, counts and motifs."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import DrawFn, SearchStrategy

from motifnet.motifs.motif import STRANDS, Motif, MotifSet

MAX_WIDTH = 12


def dna(min_size: int = 1, max_size: int = 40, letters: str = "ACGT") -> SearchStrategy[str]:
    """Strings of bases; with ``letters="ACGTN"`` also unknown ones."""
    return st.text(letters, min_size=min_size, max_size=max_size)


@st.composite
def sites(draw: DrawFn) -> list[str]:
    """Aligned sites: at least one string, all of the same length."""
    width = draw(st.integers(1, MAX_WIDTH))
    return draw(st.lists(dna(width, width), min_size=1, max_size=30))


def counts_of(aligned: list[str]) -> np.ndarray:
    """Counts ``(4, w)`` of aligned sites."""
    return np.array([[column.count(base) for column in zip(*aligned, strict=True)] for base in "ACGT"])


@st.composite
def counts(draw: DrawFn) -> np.ndarray:
    """Counts or weights ``(4, w)``, integers or not, without empty columns."""
    width = draw(st.integers(1, MAX_WIDTH))
    whole = st.integers(0, 1000).map(float)
    weight = st.floats(1e-3, 1e5) | st.just(0.0)
    values = draw(arrays(np.float64, (4, width), elements=draw(st.sampled_from([whole, weight]))))
    values[draw(st.integers(0, 3)), values.sum(axis=0) == 0] = 1
    return values


def backgrounds() -> SearchStrategy[np.ndarray]:
    """Background frequencies of A, C, G, T: positive, with sum 1."""
    return arrays(np.float64, 4, elements=st.floats(0.05, 1)).map(lambda shares: shares / shares.sum())


def names() -> SearchStrategy[str]:
    """MEME identifiers: no white space, no ``=``."""
    return st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="="), min_size=1, max_size=12)


@st.composite
def motifs(draw: DrawFn, name: str | None = None) -> Motif:
    """Motifs with any counts and background, with or without nsites and E-value."""
    return Motif(
        draw(names()) if name is None else name,
        draw(counts()),
        nsites=draw(st.none() | st.integers(1, 10_000)),
        background=draw(backgrounds()),
        alt_name=draw(st.just("") | names()),
        e_value=draw(st.none() | st.floats(5e-324, 1e300)),
    )


@st.composite
def motif_sets(draw: DrawFn) -> MotifSet:
    """Sets of up to four motifs with one background, on one strand or both."""
    chosen = draw(st.lists(names(), max_size=4, unique=True))
    return MotifSet([draw(motifs(name=name)) for name in chosen], draw(st.sampled_from(STRANDS)), draw(backgrounds()))
