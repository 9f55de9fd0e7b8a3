"""Where sequences lie on a genome, as their names tell it, and BED files of places in them.

``chr1:100-200`` is 0-based and half-open, as ``bedtools getfasta`` writes it; where every sequence is one base longer
than that, it is 1-based and closed, as ``samtools faidx`` writes it. ``name::chr1:100-200`` and ``chr1:100-200(-)``
(getfasta ``-name`` and ``-s``: the sequence is the reverse strand) are understood too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from motifnet.outputs import write_table

_PLACE = re.compile(r"(?:.*::)?(?P<chrom>\S+):(?P<start>\d+)-(?P<end>\d+)(?:\((?P<strand>[+.-])\))?")


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Where each of N sequences lies on the genome.

    Parameters
    ----------
    chrom : object array of shape (N,)
    start, end : int64 arrays of shape (N,)
        0-based, half-open.
    is_reverse : bool array of shape (N,)
        Whether the sequence is the ``-`` strand of the genome.
    """

    chrom: NDArray[np.object_]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    is_reverse: NDArray[np.bool_]


class Places(NamedTuple):
    """Intervals on the genome, or within named sequences: columns of one length."""

    chrom: NDArray[np.object_]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    is_reverse: NDArray[np.bool_]


def coordinates_of(names: Sequence[str], lengths: ArrayLike) -> Coordinates | None:
    """Read coordinates off the names of sequences.

    Parameters
    ----------
    names : sequence of str, of length N
    lengths : int array-like of shape (N,)
        Of the records that the names were given to, in bp: before any cropping or padding.

    Returns
    -------
    Coordinates, or None
        None unless every name is such a place, and every length fits it.

    Examples
    --------
    >>> found = coordinates_of(["chr1:100-105", "peak2::chr2:20-25(-)"], [5, 5])
    >>> found.chrom.tolist(), found.start.tolist(), found.is_reverse.tolist()
    (['chr1', 'chr2'], [100, 20], [False, True])
    >>> coordinates_of(["chr1:101-105", "chr2:21-25"], [5, 5]).start.tolist()  # samtools faidx
    [100, 20]
    >>> coordinates_of(["chr1:100-105", "peak2"], [5, 5]) is None
    True
    """
    matches = [_PLACE.fullmatch(name) for name in names]
    found = [match.groupdict() for match in matches if match]
    if not found or len(found) < len(matches):
        return None
    chrom = np.array([place["chrom"] for place in found], dtype=object)
    start, end = (np.array([int(place[key]) for place in found], dtype=np.int64) for key in ("start", "end"))
    is_reverse = np.array([place["strand"] == "-" for place in found])
    held = np.asarray(lengths, dtype=np.int64)
    if (held == end - start + 1).all():
        start = start - 1
    return Coordinates(chrom, start, end, is_reverse) if (held == end - start).all() else None


def genome_places(
    coordinates: Coordinates | Sequence[str],
    sequence: NDArray[np.int64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    is_reverse: NDArray[np.bool_],
) -> Places:
    """Places in sequences as places on the genome.

    Parameters
    ----------
    coordinates : Coordinates, or sequence of str
        Of the sequences; or their names, where coordinates are not known: places stay as they are.
    sequence, start, end, is_reverse : arrays of shape (n,)
        Index of the sequence; 0-based, half-open interval in it; whether on its ``-`` strand.

    Returns
    -------
    Places
    """
    if not isinstance(coordinates, Coordinates):
        return Places(np.array(coordinates, dtype=object)[sequence], start, end, is_reverse)
    flipped = coordinates.is_reverse[sequence]
    first, last = coordinates.start[sequence], coordinates.end[sequence]
    return Places(
        coordinates.chrom[sequence],
        np.where(flipped, last - end, first + start),
        np.where(flipped, last - start, first + end),
        is_reverse != flipped,
    )


def write_bed(
    places: Places, path: str | Path, *, names: ArrayLike, scores: ArrayLike, more: dict[str, ArrayLike] | None = None
) -> None:
    """Write places as BED: six columns (chrom, start, end, name, score, strand), then those of `more`, no header.

    Parameters
    ----------
    places : Places of n intervals
        Written in the order of chromosome (by name), start and end.
    path : str or Path
        ``-`` is standard output; ``.gz`` at the end packs it.
    names : str array-like of shape (n,)
        White space becomes ``_``.
    scores : int array-like of shape (n,)
        Clipped to 0 ... 1000, what BED allows.
    more : dict of array-like of shape (n,), optional
        Further columns.

    Raises
    ------
    FormatError
        If the file cannot be written.
    """
    columns = {
        "chrom": places.chrom,
        "start": places.start,
        "end": places.end,
        "name": ["_".join(str(name).split()) for name in np.asarray(names)],
        "score": np.clip(np.asarray(scores), 0, 1000).astype(np.int64),
        "strand": np.where(places.is_reverse, "-", "+"),
        **(more or {}),
    }
    table = pd.DataFrame(columns).sort_values(["chrom", "start", "end"], kind="stable")
    write_table(table, path, header=False)
