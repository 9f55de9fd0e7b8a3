"""`simulate`: random sequences with planted motifs, and the planted sites.

Background sequences of both classes are sampled first, then the motifs of each positive, and for each site a position
without overlap and a sequence from the PPM of the motif. All random numbers come from one seed.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from motifnet.arguments import check_integer, check_type
from motifnet.errors import InputError, quoted
from motifnet.motifs.motif import Floats, MotifSet
from motifnet.outputs import write_table, write_text
from motifnet.sequences.alphabet import Codes, Ints, decode_codes, reverse_complement
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.io.fasta import write_fasta
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.simulation.backgrounds import sample_bases

#: Columns of the table of planted sites.
TRUTH_COLUMNS = {
    "motif": "name of the planted motif",
    "sequence_index": "0-based index of the sequence in its file",
    "name": "name of the sequence",
    "start": "0-based start of the site on the forward strand",
    "end": "end of the site (exclusive)",
    "strand": "+ or -",
    "matched_sequence": "sequence of the site, on its strand",
}


@dataclass(frozen=True, eq=False)
class Simulation:
    """Simulated sequences and their planted sites.

    Parameters
    ----------
    data : Dataset
        One task "positive", or one task per planted motif: whether the sequence has a site of it.
    truth : DataFrame
        One row per planted site, with the columns `TRUTH_COLUMNS`, ordered by sequence and start. Sites in negatives
        follow those in positives, with indices among the negatives.
    """

    data: Dataset
    truth: pd.DataFrame

    @property
    def has_classes(self) -> bool:
        """Whether there are positives and negatives, and not one label per motif."""
        return self.data.tasks == ("positive",)

    @property
    def positives(self) -> SequenceSet:
        """Sequences with label 1 in the first task."""
        return self.data.sequences.take(self.data.labels[:, 0] == 1)

    @property
    def negatives(self) -> SequenceSet:
        """Sequences with label 0 in the first task."""
        return self.data.sequences.take(self.data.labels[:, 0] == 0)

    def paths(self, prefix: str | Path) -> list[str]:
        """Files that `write` makes, the one of the sites first."""
        suffixes = (".positives.fa", ".negatives.fa") if self.has_classes else (".fa", ".labels.tsv")
        return [f"{prefix}{suffix}" for suffix in (".truth.bed", *suffixes)]

    def write(self, prefix: str | Path) -> None:
        """Write ``<prefix>.truth.bed`` and the sequences.

        The sequences are in ``<prefix>.positives.fa`` and ``<prefix>.negatives.fa``, or with labels per motif in
        ``<prefix>.fa`` and ``<prefix>.labels.tsv`` (for ``--labels``). The sites are BED6: sequence, start, end
        (0-based, half-open), motif, 0, strand.

        Parameters
        ----------
        prefix : str or Path
            Path and start of the file names, e.g. ``data/simulated``; the folder must exist.

        Raises
        ------
        InputError
            If a motif's name contains a tab or a line break, or (`FormatError`) a file cannot be written.
        """
        truth, first, second = self.paths(prefix)
        _write_bed(self.truth, truth)
        if self.has_classes:
            write_fasta(self.positives, first)
            write_fasta(self.negatives, second)
            return
        write_fasta(self.data.sequences, first)
        labels = pd.DataFrame(self.data.labels.astype(np.int64), columns=list(self.data.tasks))
        labels.insert(0, "name", list(self.data.sequences.names))
        write_table(labels, second)


def _write_bed(truth: pd.DataFrame, path: str) -> None:
    broken = next((name for name in truth["motif"].unique() if "\t" in name or len(name.splitlines()) > 1), None)
    if broken is not None:
        what = f"motif {quoted(broken)}: names in BED must not have tabs or line breaks"
        raise InputError(what, hint="Rename the motif.")
    columns = truth[["name", "start", "end", "motif", "strand"]]
    with write_text(path) as handle:
        for name, start, end, motif, strand in columns.itertuples(index=False):
            handle.write(f"{name}\t{start}\t{end}\t{motif}\t0\t{strand}\n")


@dataclass(frozen=True, eq=False)
class Planting:
    """Motifs and sites of each sequence of a class; for the last four fields see `ScenarioSpec`.

    Parameters
    ----------
    motifs : MotifSet
        With a `spacing`, the two motifs of a pair.
    per_sequence : (int, int)
        Minimum and maximum number of sites, or of pairs.
    repeats : bool
        Whether a motif may have several sites in a sequence; the motifs of pairs may.
    """

    motifs: MotifSet
    per_sequence: tuple[int, int]
    repeats: bool = True
    center_size: int | None = None
    position_sd: float | None = None
    spacing: tuple[int, int] | None = None
    any_orientation: bool = True


def simulate(
    motifs: MotifSet,
    *,
    n: int,
    length: int,
    per_sequence: tuple[int, int] = (1, 3),
    n_negatives: int | None = None,
    background: ArrayLike | None = None,
    seed: int = 0,
) -> Simulation:
    """Plant motifs in random sequences.

    Bases are sampled independently from the background. Each positive has a random number of sites; each site has a
    random motif (a motif may repeat), a random strand (``+`` if the motifs are ``strands="forward"``) and a sequence
    sampled from the columns of the motif's PPM. All arrangements of the sites without overlap are equally likely.
    Negatives are background. Sequences of both classes also contain matches to the motifs by chance: the truth lists
    the planted sites only.

    Parameters
    ----------
    motifs : MotifSet
        At least one.
    n : int
        Number of positives.
    length : int
        Length of all sequences in bp, at least that of the maximum number of sites of the widest motif.
    per_sequence : (int, int)
        Minimum and maximum number of sites per positive, at least 1.
    n_negatives : int, optional
        By default as many as positives.
    background : float array of shape (4,), optional
        Fractions of A, C, G and T, all positive; scaled to sum to 1. By default the background of the motifs.
    seed : int
        Same arguments and seed: same sequences.

    Returns
    -------
    Simulation
        Sequences are named ``positive_0``, ..., ``negative_0``, ...

    Raises
    ------
    InputError
        If an argument is invalid, or the sites do not fit into the sequences.

    Examples
    --------
    >>> from motifnet.motifs.motif import Motif
    >>> ebox = Motif("ebox", [[0, 9, 0, 0, 0, 0], [9, 0, 9, 0, 0, 0], [0, 0, 0, 9, 0, 9], [0, 0, 0, 0, 9, 0]])
    >>> simulated = simulate(MotifSet([ebox]), n=2, length=20, per_sequence=(1, 1), seed=0)
    >>> simulated.truth[["motif", "name", "matched_sequence"]].values.tolist()
    [['ebox', 'positive_0', 'CACGTG'], ['ebox', 'positive_1', 'CACGTG']]
    """
    check_type("motifs", motifs, MotifSet)
    n_negatives = n if n_negatives is None else n_negatives
    for name, value in (("n", n), ("length", length), ("n_negatives", n_negatives)):
        check_integer(name, value, at_least=1)
    check_integer("seed", seed, at_least=0)
    fractions = _checked_background(motifs.background if background is None else background)
    _check_counts(motifs, per_sequence)
    planting = Planting(motifs, per_sequence)
    check_fit(planting, length)
    rng = np.random.default_rng(seed)
    positives, negatives = (sample_bases(fractions, (rows, length), rng) for rows in (n, n_negatives))
    names = tuple(f"positive_{i}" for i in range(n))
    truth = plant(planting, positives, names, rng)
    others = SequenceSet(tuple(f"negative_{i}" for i in range(n_negatives)), negatives)
    return Simulation(Dataset.from_classes(SequenceSet(names, positives), others), truth)


def plant(planting: Planting, codes: Codes, names: tuple[str, ...], rng: np.random.Generator) -> pd.DataFrame:
    """Plant motifs into sequences, codes ``(n, length)``, in place: the sites, with the columns `TRUTH_COLUMNS`."""
    motifs = planting.motifs
    motif, sequence, start, is_reverse = _sample_sites(planting, len(codes), codes.shape[1], rng)
    planted = [""] * len(motif)
    for index, own in enumerate(motifs):
        rows = np.flatnonzero(motif == index)
        sampled = np.stack([sample_bases(column, (len(rows),), rng) for column in own.ppm.T], axis=1)
        for row, bases in zip(rows, sampled, strict=True):
            planted[row] = decode_codes(bases)
        sampled[is_reverse[rows]] = reverse_complement(sampled[is_reverse[rows]])
        codes[sequence[rows, np.newaxis], start[rows, np.newaxis] + np.arange(own.width)] = sampled
    columns = {
        "motif": np.array(motifs.names, dtype=object)[motif],
        "sequence_index": sequence,
        "name": np.array(names, dtype=object)[sequence],
        "start": start,
        "end": start + np.array([own.width for own in motifs])[motif],
        "strand": np.where(is_reverse, "-", "+"),
        "matched_sequence": planted,
    }
    return pd.DataFrame(columns, columns=list(TRUTH_COLUMNS))


def _sample_sites(
    planting: Planting, n: int, length: int, rng: np.random.Generator
) -> tuple[Ints, Ints, Ints, NDArray[np.bool_]]:
    """Motif, sequence, start and strand (whether it is reverse) of each site, ordered by sequence and start."""
    motifs = planting.motifs
    fewest, most = planting.per_sequence
    counts = rng.integers(fewest, most + 1, size=n)
    if planting.spacing is not None:
        return _sample_pairs(planting, planting.spacing, counts, length, rng)
    if planting.repeats:
        motif = rng.integers(len(motifs), size=counts.sum())
    else:
        order = rng.permuted(np.tile(np.arange(len(motifs)), (n, 1)), axis=1)
        motif = order[np.arange(len(motifs)) < counts[:, np.newaxis]]
    is_reverse = _sample_strands(motifs, len(motif), rng)
    widths = np.array([own.width for own in motifs])[motif]
    return motif, np.repeat(np.arange(n), counts), _sample_starts(planting, widths, counts, length, rng), is_reverse


def _sample_strands(motifs: MotifSet, n: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    return rng.random(n) < 0.5 if motifs.strands == "both" else np.zeros(n, dtype=np.bool_)


def _sample_pairs(
    planting: Planting, spacing: tuple[int, int], counts: Ints, length: int, rng: np.random.Generator
) -> tuple[Ints, Ints, Ints, NDArray[np.bool_]]:
    """Sites of pairs: the first motif, the spacing, the second; or the whole pair reverse-complemented."""
    n_pairs = int(counts.sum())
    first, second = (motif.width for motif in planting.motifs)
    between = rng.integers(spacing[0], spacing[1] + 1, size=n_pairs)
    is_flipped = _sample_strands(planting.motifs, n_pairs, rng)
    start = _sample_starts(planting, first + between + second, counts, length, rng)
    next_start = start + np.where(is_flipped, second, first) + between
    if planting.any_orientation:
        is_reverse = [_sample_strands(planting.motifs, n_pairs, rng) for _ in planting.motifs]
    else:
        is_reverse = [is_flipped, is_flipped]
    motif, starts, strands = (
        np.stack(pair, axis=1).ravel()
        for pair in ([is_flipped.astype(np.int64), (~is_flipped).astype(np.int64)], [start, next_start], is_reverse)
    )
    return motif, np.repeat(np.arange(len(counts)), 2 * counts), starts, strands


def _sample_starts(planting: Planting, widths: Ints, counts: Ints, length: int, rng: np.random.Generator) -> Ints:
    """Starts of sites (or pairs) with these widths, without overlap in a sequence."""
    parts = np.split(widths, counts.cumsum()[:-1])
    if planting.position_sd is not None:
        return np.concatenate([_normal_starts(part, length, planting.position_sd, rng) for part in parts])
    size = planting.center_size or length
    starts: Ints = (length - size) // 2 + np.concatenate([_uniform_starts(part, size, rng) for part in parts])
    return starts


def _normal_starts(widths: Ints, length: int, sd: float, rng: np.random.Generator) -> Ints:
    """Starts of sites around the center; arrangements with overlaps are rejected."""
    for _ in range(1000):
        middles = np.sort(rng.normal(length / 2, sd, size=len(widths)))
        starts = np.rint(middles - widths / 2).astype(np.int64)
        edges = np.concatenate([[0], np.stack([starts, starts + widths], axis=1).ravel(), [length]])
        if (np.diff(edges)[::2] >= 0).all():
            return starts
    raise InputError(
        f"{len(widths)} sites of {int(widths.max())} bp cannot be placed in sequences of {length} bp with a "
        f"position_sd of {sd:g} bp",
        hint="Increase position_sd (to well below the length), or plant fewer sites.",
    )


def _uniform_starts(widths: Ints, length: int, rng: np.random.Generator) -> Ints:
    """Starts of sites with these widths, in this order, without overlap; all arrangements are equally likely."""
    # Shrink each site to one position, sample k of the positions that remain, and expand the sites again.
    n_positions = length - int(widths.sum()) + len(widths)
    positions = np.sort(rng.choice(n_positions, size=len(widths), replace=False))
    starts: Ints = positions + np.cumsum(widths - 1) - (widths - 1)
    return starts


def _checked_background(background: ArrayLike) -> Floats:
    try:
        fractions = np.array(background, dtype=np.float64)
    except (TypeError, ValueError):
        fractions = np.empty(0)
    if fractions.shape != (4,) or not (np.isfinite(fractions) & (fractions > 0)).all():
        raise InputError(
            f"background must be 4 positive numbers (A, C, G, T). Got {quoted(background)} instead",
            hint="Use e.g. background=sequences.background().",
        )
    return fractions / fractions.sum()


def _check_counts(motifs: MotifSet, per_sequence: tuple[int, int]) -> None:
    if not len(motifs):
        raise InputError("motifs must not be empty")
    try:
        fewest, most = (operator.index(count) for count in per_sequence)
    except (TypeError, ValueError):
        fewest, most = 0, 0
    if not 1 <= fewest <= most:
        raise InputError(
            f"per_sequence must be a minimum (at least 1) and a maximum number of sites. "
            f"Got {quoted(per_sequence)} instead"
        )


def check_fit(planting: Planting, length: int) -> None:
    """Raise InputError if the maximum number of sites of the widest motif does not fit into `length` bp."""
    motifs, most = planting.motifs, planting.per_sequence[1]
    widest = max(motifs, key=lambda motif: motif.width)
    width, what = widest.width, f"site{'s' * (most != 1)} of motif {quoted(widest.name)}"
    if planting.spacing is not None:
        width, what = sum(motif.width for motif in motifs) + planting.spacing[1], "pairs"
    size = planting.center_size or length
    where = f"sequences of {length} bp" if size == length else f"the central {size} of {length} bp"
    if size > length or most * width > size:
        raise InputError(
            f"{most} {what} ({width} bp) cannot be placed in {where}",
            hint=f"Use sequences of at least {most * width} bp, or plant fewer sites."
            if size == length
            else f"Set center_size to {most * width} to {length} bp, or plant fewer sites.",
        )
