"""`simulate`: sequences with planted motifs, and the truth beside them.

What it makes, in order: background letters for both classes, the motifs that each positive gets, a place for each site
(none overlap), a word for each site from its motif's PPM. Everything random comes from one seed.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from motifnet.errors import InputError
from motifnet.motifs.motif import Floats, MotifSet
from motifnet.outputs import write_text
from motifnet.sequences.alphabet import Codes, decode_codes, reverse_complement
from motifnet.sequences.fasta import write_fasta
from motifnet.sequences.sequence_set import SequenceSet

#: Columns of the truth, and what they are.
TRUTH_COLUMNS = {
    "motif": "name of the planted motif",
    "sequence_index": "0-based index of the sequence among the positives",
    "name": "name of the sequence",
    "start": "0-based start of the site on the forward strand",
    "end": "end, exclusive",
    "strand": "+ or -",
    "word": "the planted letters, read on that strand",
}
#: What `Simulation.write` puts behind its prefix.
SUFFIXES = {"positives": ".positives.fa", "negatives": ".negatives.fa", "truth": ".truth.bed"}

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Simulation:
    """What `simulate` made.

    Parameters
    ----------
    positives, negatives : SequenceSet
    truth : DataFrame
        One row a planted site, ordered by sequence and start; the columns `TRUTH_COLUMNS`. Negatives have none.
    """

    positives: SequenceSet
    negatives: SequenceSet
    truth: pd.DataFrame

    def write(self, prefix: str | Path) -> None:
        """Write ``<prefix>.positives.fa``, ``<prefix>.negatives.fa`` and ``<prefix>.truth.bed``.

        The truth is BED6 on the positives: sequence, start, end (0-based, half-open), motif, 0, strand.

        Parameters
        ----------
        prefix : str or Path
            Path and beginning of the files' names, e.g. ``data/simulated``; the folder must exist.

        Raises
        ------
        InputError
            If a motif's name holds a tab or a line end, or (`FormatError`) a file cannot be written.
        """
        broken = next(
            (name for name in self.truth["motif"].unique() if "\t" in name or len(name.splitlines()) > 1), None
        )
        if broken is not None:
            raise InputError(f"motif {broken!r}: a tab or a line end cannot stand in BED", hint="Rename the motif.")
        write_fasta(self.positives, f"{prefix}{SUFFIXES['positives']}")
        write_fasta(self.negatives, f"{prefix}{SUFFIXES['negatives']}")
        columns = self.truth[["name", "start", "end", "motif", "strand"]]
        with write_text(f"{prefix}{SUFFIXES['truth']}") as handle:
            for name, start, end, motif, strand in columns.itertuples(index=False):
                handle.write(f"{name}\t{start}\t{end}\t{motif}\t0\t{strand}\n")


class _Sites(NamedTuple):
    """Planted sites as columns of one length, ordered by sequence and start."""

    motif: Ints
    sequence: Ints
    start: Ints
    is_reverse: NDArray[np.bool_]


def simulate(
    motifs: MotifSet,
    *,
    n: int,
    length: int,
    per_sequence: tuple[int, int] = (1, 3),
    n_negatives: int | None = None,
    background: ArrayLike | None = None,
    seed: int,
) -> Simulation:
    """Plant motifs in random sequences.

    Letters are independent draws from the background. Each positive gets a number of sites drawn evenly from
    ``per_sequence``; each site gets a motif, drawn evenly and again and again (so a motif may come twice), a strand
    (even odds; always ``+`` if the motifs are ``strands="forward"``), and a word drawn column by column from the
    motif's PPM. All arrangements of the sites without overlap are equally likely. Negatives are background only; like
    any sequence they hold words that look like a motif by chance, the more so the shorter the motif, and so does the
    background of the positives: the truth lists what was planted, not every match.

    Parameters
    ----------
    motifs : MotifSet
        At least one.
    n : int
        Number of positives.
    length : int
        Of every sequence, in bp; room for the most sites of the widest motif.
    per_sequence : (int, int)
        Fewest and most sites in a positive, both at least 1.
    n_negatives : int, optional
        By default as many as positives.
    background : float array of shape (4,), optional
        Share of A, C, G, T: positive, scaled to sum to 1. By default that of the motifs.
    seed : int
        Same arguments and seed: same sequences.

    Returns
    -------
    Simulation
        Sequences are called ``positive_0``, ..., ``negative_0``, ...

    Raises
    ------
    InputError
        If an argument makes no sense, or the sites may not fit into the sequences.

    Examples
    --------
    >>> from motifnet.motifs.motif import Motif
    >>> ebox = Motif("ebox", [[0, 9, 0, 0, 0, 0], [9, 0, 9, 0, 0, 0], [0, 0, 0, 9, 0, 9], [0, 0, 0, 0, 9, 0]])
    >>> made = simulate(MotifSet([ebox]), n=2, length=20, per_sequence=(1, 1), seed=0)
    >>> made.truth[["motif", "name", "word"]].values.tolist()
    [['ebox', 'positive_0', 'CACGTG'], ['ebox', 'positive_1', 'CACGTG']]
    """
    n_negatives = n if n_negatives is None else n_negatives
    for name, value in (("n", n), ("length", length), ("n_negatives", n_negatives)):
        _check_whole(name, value, at_least=1)
    _check_whole("seed", seed, at_least=0)
    shares = _checked_shares(motifs.background if background is None else background)
    _check_room(motifs, length, per_sequence)
    rng = np.random.default_rng(seed)
    positives, negatives = (_draw_letters(shares, (rows, length), rng) for rows in (n, n_negatives))
    sites = _draw_sites(motifs, n, length, per_sequence, rng)
    words = _plant(motifs, sites, positives, rng)
    names = tuple(f"positive_{i}" for i in range(n))
    return Simulation(
        SequenceSet(names, positives),
        SequenceSet(tuple(f"negative_{i}" for i in range(n_negatives)), negatives),
        _truth_table(motifs, sites, names, words),
    )


def _draw_sites(
    motifs: MotifSet, n: int, length: int, per_sequence: tuple[int, int], rng: np.random.Generator
) -> _Sites:
    """Which motifs each sequence gets, from left to right, and where."""
    fewest, most = per_sequence
    counts = rng.integers(fewest, most + 1, size=n)
    motif = rng.integers(len(motifs), size=counts.sum())
    is_reverse = rng.random(len(motif)) < 0.5 if motifs.strands == "both" else np.zeros(len(motif), dtype=np.bool_)
    widths = np.array([m.width for m in motifs])[motif]
    starts = [_draw_starts(part, length, rng) for part in np.split(widths, counts.cumsum()[:-1])]
    return _Sites(motif, np.repeat(np.arange(n), counts), np.concatenate(starts), is_reverse)


def _draw_starts(widths: Ints, length: int, rng: np.random.Generator) -> Ints:
    """Starts of sites of these widths, in this order, without overlap; every arrangement equally likely."""
    # Each site shrunk to one place: k places drawn from those and the free letters, then each blown up again.
    n_places = length - int(widths.sum()) + len(widths)
    places = np.sort(rng.choice(n_places, size=len(widths), replace=False))
    starts: Ints = places + np.cumsum(widths - 1) - (widths - 1)
    return starts


def _plant(motifs: MotifSet, sites: _Sites, codes: Codes, rng: np.random.Generator) -> list[str]:
    """Write a word of its motif into each site of codes ``(n, length)``; the words, each read on its own strand."""
    words = [""] * len(sites.motif)
    for index, motif in enumerate(motifs):
        rows = np.flatnonzero(sites.motif == index)
        drawn = np.stack([_draw_letters(column, (len(rows),), rng) for column in motif.ppm.T], axis=1)
        for row, word in zip(rows, drawn, strict=True):
            words[row] = decode_codes(word)
        flipped = sites.is_reverse[rows]
        drawn[flipped] = reverse_complement(drawn[flipped])
        codes[sites.sequence[rows, np.newaxis], sites.start[rows, np.newaxis] + np.arange(motif.width)] = drawn
    return words


def _draw_letters(shares: Floats, shape: tuple[int, ...], rng: np.random.Generator) -> Codes:
    """Independent letters, as codes: A, C, G, T with these shares."""
    return np.searchsorted(np.cumsum(shares)[:3], rng.random(shape), side="right").astype(np.uint8)


def _truth_table(motifs: MotifSet, sites: _Sites, names: tuple[str, ...], words: list[str]) -> pd.DataFrame:
    widths = np.array([motif.width for motif in motifs])[sites.motif]
    columns = {
        "motif": np.array(motifs.names, dtype=object)[sites.motif],
        "sequence_index": sites.sequence,
        "name": np.array(names, dtype=object)[sites.sequence],
        "start": sites.start,
        "end": sites.start + widths,
        "strand": np.where(sites.is_reverse, "-", "+"),
        "word": words,
    }
    return pd.DataFrame(columns, columns=list(TRUTH_COLUMNS))


def _check_whole(name: str, value: object, *, at_least: int) -> None:
    try:
        is_right = operator.index(value) >= at_least  # type: ignore[arg-type]  # a TypeError is the answer here
    except TypeError:
        is_right = False
    if not is_right:
        raise InputError(f"{name} must be an integer of at least {at_least}. Got {value!r} instead")


def _checked_shares(background: ArrayLike) -> Floats:
    try:
        shares = np.array(background, dtype=np.float64)
    except (TypeError, ValueError):
        shares = np.empty(0)
    if shares.shape != (4,) or not (np.isfinite(shares) & (shares > 0)).all():
        raise InputError(
            f"background must be 4 positive numbers (A, C, G, T). Got {background!r} instead",
            hint="E.g. the letters of your own sequences: background=sequences.background().",
        )
    return shares / shares.sum()


def _check_room(motifs: MotifSet, length: int, per_sequence: tuple[int, int]) -> None:
    if not len(motifs):
        raise InputError("the motif set is empty: there is nothing to plant")
    try:
        fewest, most = (operator.index(count) for count in per_sequence)
    except (TypeError, ValueError):
        fewest, most = 0, 0
    if not 1 <= fewest <= most:
        raise InputError(
            "per_sequence must be two integers, the fewest sites (at least 1) and the most. "
            f"Got {per_sequence!r} instead"
        )
    widest = max(motifs, key=lambda motif: motif.width)
    if most * widest.width > length:
        raise InputError(
            f"{most} sites of motif {widest.name!r} ({widest.width} bp) do not fit into sequences of {length} bp",
            hint=f"Make the sequences at least {most * widest.width} bp long, or plant fewer sites (per_sequence).",
        )
