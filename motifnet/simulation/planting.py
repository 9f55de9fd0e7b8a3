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

from motifnet.arguments import check_type, check_whole
from motifnet.errors import InputError
from motifnet.motifs.motif import Floats, MotifSet
from motifnet.outputs import write_text
from motifnet.sequences.alphabet import Codes, decode_codes, reverse_complement
from motifnet.sequences.io.fasta import write_fasta
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.simulation.backgrounds import draw_letters

#: Columns of the truth, and what they are.
TRUTH_COLUMNS = {
    "motif": "name of the planted motif",
    "sequence_index": "0-based index of the sequence in its file",
    "name": "name of the sequence",
    "start": "0-based start of the site on the forward strand",
    "end": "end, exclusive",
    "strand": "+ or -",
    "word": "the planted letters, read on that strand",
}
#: What `Simulation.write` puts behind its prefix.
SUFFIXES = {"positives": ".positives.fa", "negatives": ".negatives.fa", "truth": ".truth.bed"}

Ints = NDArray[np.int64]

#: Places are drawn again so often, for one sequence, before it is said that there are none.
_MOST_DRAWS = 1000


@dataclass(frozen=True, eq=False)
class Simulation:
    """What `simulate` made.

    Parameters
    ----------
    positives, negatives : SequenceSet
    truth : DataFrame
        One row a planted site, ordered by sequence and start, those of positives first; the columns `TRUTH_COLUMNS`.
        The negatives of `simulate` have none.
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
        write_truth(self.truth, f"{prefix}{SUFFIXES['truth']}")
        write_fasta(self.positives, f"{prefix}{SUFFIXES['positives']}")
        write_fasta(self.negatives, f"{prefix}{SUFFIXES['negatives']}")


def write_truth(truth: pd.DataFrame, path: str | Path) -> None:
    """Write planted sites as BED6: sequence, start, end (0-based, half-open), motif, 0, strand.

    Raises
    ------
    InputError
        If a motif's name holds a tab or a line end, or (`FormatError`) the file cannot be written.
    """
    broken = next((name for name in truth["motif"].unique() if "\t" in name or len(name.splitlines()) > 1), None)
    if broken is not None:
        raise InputError(f"motif {broken!r}: a tab or a line end cannot stand in BED", hint="Rename the motif.")
    columns = truth[["name", "start", "end", "motif", "strand"]]
    with write_text(path) as handle:
        for name, start, end, motif, strand in columns.itertuples(index=False):
            handle.write(f"{name}\t{start}\t{end}\t{motif}\t0\t{strand}\n")


class Sites(NamedTuple):
    """Planted sites as columns of one length, ordered by sequence and start."""

    motif: Ints
    sequence: Ints
    start: Ints
    is_reverse: NDArray[np.bool_]


class Spacing(NamedTuple):
    """How far apart the two motifs of a pair are, in bp, and whether each may be on any strand."""

    fewest: int
    most: int
    any_orientation: bool = True


@dataclass(frozen=True, eq=False)
class Planting:
    """What each sequence of a class gets.

    Parameters
    ----------
    motifs : MotifSet
        With a spacing: the two of a pair.
    per_sequence : (int, int)
        Fewest and most sites, or pairs.
    repeats : bool
        Whether a motif may come twice in a sequence; of a pair it may.
    center_size : int, optional
        Sites lie in this many bp in the middle.
    position_sd : float, optional
        Sites lie around the middle, normally distributed, in bp.
    spacing : Spacing, optional
        Motifs come in pairs.
    """

    motifs: MotifSet
    per_sequence: tuple[int, int]
    repeats: bool = True
    center_size: int | None = None
    position_sd: float | None = None
    spacing: Spacing | None = None


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
    check_type("motifs", motifs, MotifSet)
    n_negatives = n if n_negatives is None else n_negatives
    for name, value in (("n", n), ("length", length), ("n_negatives", n_negatives)):
        check_whole(name, value, at_least=1)
    check_whole("seed", seed, at_least=0)
    shares = _checked_shares(motifs.background if background is None else background)
    _check_counts(motifs, per_sequence)
    planting = Planting(motifs, per_sequence)
    check_room(planting, length)
    rng = np.random.default_rng(seed)
    positives, negatives = (draw_letters(shares, (rows, length), rng) for rows in (n, n_negatives))
    names = tuple(f"positive_{i}" for i in range(n))
    truth = plant(planting, positives, names, rng)
    return Simulation(
        SequenceSet(names, positives),
        SequenceSet(tuple(f"negative_{i}" for i in range(n_negatives)), negatives),
        truth,
    )


def plant(planting: Planting, codes: Codes, names: tuple[str, ...], rng: np.random.Generator) -> pd.DataFrame:
    """Plant motifs into sequences.

    Parameters
    ----------
    planting : Planting
    codes : uint8 array of shape (n, length)
        Changed in place.
    names : tuple of str, of length n
    rng : numpy.random.Generator

    Returns
    -------
    DataFrame
        The truth, with the columns `TRUTH_COLUMNS`.
    """
    n, length = codes.shape
    sites = _draw_sites(planting, n, length, rng)
    words = _write_words(planting.motifs, sites, codes, rng)
    return _truth_table(planting.motifs, sites, names, words)


def _draw_sites(planting: Planting, n: int, length: int, rng: np.random.Generator) -> Sites:
    """Which motifs each sequence gets, from left to right, and where."""
    motifs = planting.motifs
    fewest, most = planting.per_sequence
    counts = rng.integers(fewest, most + 1, size=n)
    if planting.spacing is not None:
        return _draw_pairs(planting, planting.spacing, counts, length, rng)
    motif = (
        rng.integers(len(motifs), size=counts.sum()) if planting.repeats else _draw_distinct(len(motifs), counts, rng)
    )
    is_reverse = _draw_strands(motifs, len(motif), rng)
    widths = np.array([m.width for m in motifs])[motif]
    return Sites(motif, np.repeat(np.arange(n), counts), _place(planting, widths, counts, length, rng), is_reverse)


def _draw_strands(motifs: MotifSet, n: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    return rng.random(n) < 0.5 if motifs.strands == "both" else np.zeros(n, dtype=np.bool_)


def _draw_distinct(n_motifs: int, counts: Ints, rng: np.random.Generator) -> Ints:
    """Motifs of all sequences, none twice in one."""
    order = rng.permuted(np.tile(np.arange(n_motifs), (len(counts), 1)), axis=1)
    motif: Ints = order[np.arange(n_motifs) < counts[:, np.newaxis]]
    return motif


def _draw_pairs(planting: Planting, spacing: Spacing, counts: Ints, length: int, rng: np.random.Generator) -> Sites:
    """Sites of pairs: the first motif, letters between, the second; or the whole of it on the other strand."""
    n_pairs = int(counts.sum())
    first, second = (motif.width for motif in planting.motifs)
    between = rng.integers(spacing.fewest, spacing.most + 1, size=n_pairs)
    flipped = _draw_strands(planting.motifs, n_pairs, rng)
    start = _place(planting, first + between + second, counts, length, rng)
    left, right = np.where(flipped, 1, 0), np.where(flipped, 0, 1)
    left_width = np.where(flipped, second, first)
    own = [
        _draw_strands(planting.motifs, n_pairs, rng) if spacing.any_orientation else flipped for _ in planting.motifs
    ]
    columns = [left, right], [start, start + left_width + between], own
    motif, starts, is_reverse = (np.stack(pair, axis=1).ravel() for pair in columns)
    return Sites(motif, np.repeat(np.arange(len(counts)), 2 * counts), starts, is_reverse)


def _place(planting: Planting, widths: Ints, counts: Ints, length: int, rng: np.random.Generator) -> Ints:
    """Starts of all sites (or pairs) of these widths, none over another of its sequence."""
    parts = np.split(widths, counts.cumsum()[:-1])
    if planting.position_sd is not None:
        return np.concatenate([_draw_around(part, length, planting.position_sd, rng) for part in parts])
    room = planting.center_size or length
    starts: Ints = (length - room) // 2 + np.concatenate([_draw_starts(part, room, rng) for part in parts])
    return starts


def _draw_around(widths: Ints, length: int, sd: float, rng: np.random.Generator) -> Ints:
    """Starts of sites around the middle: drawn again until none overlap."""
    for _ in range(_MOST_DRAWS):
        middles = np.sort(rng.normal(length / 2, sd, size=len(widths)))
        starts = np.rint(middles - widths / 2).astype(np.int64)
        edges = np.concatenate([[0], np.stack([starts, starts + widths], axis=1).ravel(), [length]])
        if (np.diff(edges)[::2] >= 0).all():
            return starts
    raise InputError(
        f"{len(widths)} sites of {int(widths.max())} bp find no place with a standard deviation of {sd:g} bp in "
        f"sequences of {length} bp",
        hint="Make position_sd larger (but well below the length), or plant fewer sites.",
    )


def _draw_starts(widths: Ints, length: int, rng: np.random.Generator) -> Ints:
    """Starts of sites of these widths, in this order, without overlap; every arrangement equally likely."""
    # Each site shrunk to one place: k places drawn from those and the free letters, then each blown up again.
    n_places = length - int(widths.sum()) + len(widths)
    places = np.sort(rng.choice(n_places, size=len(widths), replace=False))
    starts: Ints = places + np.cumsum(widths - 1) - (widths - 1)
    return starts


def _write_words(motifs: MotifSet, sites: Sites, codes: Codes, rng: np.random.Generator) -> list[str]:
    """Write a word of its motif into each site of codes ``(n, length)``; the words, each read on its own strand."""
    words = [""] * len(sites.motif)
    for index, motif in enumerate(motifs):
        rows = np.flatnonzero(sites.motif == index)
        drawn = np.stack([draw_letters(column, (len(rows),), rng) for column in motif.ppm.T], axis=1)
        for row, word in zip(rows, drawn, strict=True):
            words[row] = decode_codes(word)
        flipped = sites.is_reverse[rows]
        drawn[flipped] = reverse_complement(drawn[flipped])
        codes[sites.sequence[rows, np.newaxis], sites.start[rows, np.newaxis] + np.arange(motif.width)] = drawn
    return words


def _truth_table(motifs: MotifSet, sites: Sites, names: tuple[str, ...], words: list[str]) -> pd.DataFrame:
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


def _check_counts(motifs: MotifSet, per_sequence: tuple[int, int]) -> None:
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


def check_room(planting: Planting, length: int) -> None:
    """Say so if the most and widest sites of a planting do not fit.

    Raises
    ------
    InputError
        If they do not.
    """
    motifs, most = planting.motifs, planting.per_sequence[1]
    widest = max(motifs, key=lambda motif: motif.width)
    width, what = widest.width, f"sites of motif {widest.name!r}"
    if planting.spacing is not None:
        width, what = sum(motif.width for motif in motifs) + planting.spacing.most, "pairs"
    room = planting.center_size or length
    where = f"sequences of {length} bp" if room == length else f"the middle {room} of {length} bp"
    if room > length or most * width > room:
        raise InputError(
            f"{most} {what} ({width} bp) do not fit into {where}",
            hint=f"Make the sequences at least {most * width} bp long, or plant fewer sites (per_sequence)."
            if room == length
            else f"Make that middle {most * width} to {length} bp (center_size), or plant fewer sites.",
        )
