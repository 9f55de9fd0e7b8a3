"""`Intervals` on a genome (or within named sequences), and the coordinates in the names of sequences.

All intervals are 0-based and half-open.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_COORDINATES = re.compile(r"(?:.*(?:::|\s))?(?P<chrom>\S+):(?P<start>\d+)-(?P<end>\d+)(?:\((?P<strand>[+.-])\))?")
#: A chromosome in UCSC style behind a prefix, such as peak7_chr1.
_PREFIXED = re.compile(r"(?:.*[^A-Za-z0-9])?(?P<chrom>chr\w+)")


@dataclass(frozen=True, eq=False)
class Intervals:
    """N intervals: columns of one length.

    Parameters
    ----------
    chrom : object array of shape (N,)
        Chromosome, or name of the sequence that contains the interval.
    start, end : int64 arrays of shape (N,)
        0-based, half-open.
    is_reverse : bool array of shape (N,)
        Whether the interval is on the ``-`` strand.
    """

    chrom: NDArray[np.object_]
    start: Ints
    end: Ints
    is_reverse: Bools

    def __len__(self) -> int:
        return len(self.chrom)

    @classmethod
    def forward(cls, chrom: NDArray[np.object_], start: Ints, end: Ints) -> Intervals:
        """Intervals on the forward strand."""
        return Intervals(chrom, start, end, np.zeros(len(chrom), dtype=np.bool_))

    @property
    def widths(self) -> Ints:
        """Width of each interval in bp, shape (N,)."""
        return self.end - self.start

    def take(self, index: ArrayLike) -> Self:
        """Select intervals by indices or by a mask, in that order."""
        rows = np.arange(len(self))[np.asarray(index)]
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: own[rows] for name, own in columns.items() if isinstance(own, np.ndarray)})

    def names(self, *, stranded: bool = False) -> list[str]:
        """``chrom:start-end`` of each interval, with ``(+)`` or ``(-)`` if `stranded`, as `parse_coordinates` reads."""
        names = [f"{chrom}:{start}-{end}" for chrom, start, end in zip(self.chrom, self.start, self.end, strict=True)]
        if not stranded:
            return names
        return [f"{name}({'-' if flipped else '+'})" for name, flipped in zip(names, self.is_reverse, strict=True)]

    def locate(self, index: Ints, start: Ints, end: Ints, is_reverse: Bools) -> Intervals:
        """Convert n intervals within these ones, such as sites in sequences, to coordinates on the genome.

        Each is given by the row of the containing interval, its position there (along the strand of that interval), and
        whether it is on the other strand: arrays of shape (n,).
        """
        flipped, first, last = self.is_reverse[index], self.start[index], self.end[index]
        return Intervals(
            self.chrom[index],
            np.where(flipped, last - end, first + start),
            np.where(flipped, last - start, first + end),
            is_reverse != flipped,
        )

    def overlaps(self, others: Intervals) -> Bools:
        """Whether each interval shares a base with any of the others, shape (N,); strands are ignored."""
        found = np.zeros(len(self), dtype=np.bool_)
        for chrom in set(self.chrom.tolist()) & set(others.chrom.tolist()):
            rows, own = self.chrom == chrom, others.chrom == chrom
            found[rows] = overlaps(self.start[rows], self.end[rows], others.start[own], others.end[own])
        return found

    def non_overlapping(self, order: Ints) -> Bools:
        """Mask, shape (N,), of intervals that do not overlap each other, chosen greedily in this order."""
        kept = np.zeros(len(self), dtype=np.bool_)
        codes: dict[str, int] = {}
        chrom = np.array([codes.setdefault(name, len(codes)) for name in self.chrom.tolist()], dtype=np.int64)[order]
        by_chrom = np.argsort(chrom, kind="stable")
        for own in np.split(by_chrom, np.flatnonzero(np.diff(chrom[by_chrom])) + 1):
            rows = order[own]
            kept[rows] = _non_overlapping(self.start[rows], self.end[rows])
        return kept


def _non_overlapping(start: Ints, end: Ints) -> Bools:
    """Mask of the intervals of one chromosome, shape (n,), that overlap none chosen before them."""
    n = len(start)
    kept = np.zeros(n, dtype=np.bool_)
    if not n:
        return kept
    # An interval overlaps one of those that start before its end if the largest of their ends is after its start. A
    # Fenwick tree (1994, Softw Pract Exp 24:327) over the sorted starts has these maxima.
    ordered = np.sort(start)
    ranks, limits = np.searchsorted(ordered, start, "right"), np.searchsorted(ordered, end, "left")
    reach = [int(ordered[0])] * (n + 1)
    rows = zip(start.tolist(), end.tolist(), ranks.tolist(), limits.tolist(), strict=True)
    for i, (first, last, rank, limit) in enumerate(rows):
        while limit and reach[limit] <= first:
            limit &= limit - 1
        if not limit:
            kept[i] = True
            while rank <= n:
                reach[rank] = max(reach[rank], last)
                rank += rank & -rank
    return kept


def overlaps(start: Ints, end: Ints, other_start: Ints, other_end: Ints) -> Bools:
    """Whether each interval shares a base with any other one, on one chromosome; arrays of shape (n,) and (m,)."""
    order = np.argsort(other_start, kind="stable")
    # An interval overlaps one of those that start before its end if the largest of their ends is after its start.
    reach = np.concatenate([[-1], np.maximum.accumulate(other_end[order])])
    return reach[np.searchsorted(other_start[order], end)] > start


def parse_coordinates(names: Sequence[str], lengths: ArrayLike, *, allow_prefix: bool = False) -> Intervals | None:
    """Read genomic coordinates from the names of sequences.

    ``chr1:100-200`` and ``chr1:100-200(-)`` are 0-based and half-open, as written by ``bedtools getfasta`` (with
    ``-s``); ``name::chr1:100-200`` comes from its option ``-name``. Where every sequence is one base longer than its
    interval, coordinates are 1-based and closed, as written by ``samtools faidx``.

    Parameters
    ----------
    names : sequence of str, of length N
    lengths : int array-like of shape (N,)
        Lengths of the named records in bp, before cropping or padding.
    allow_prefix : bool
        Remove a prefix of chromosomes in UCSC style (``peak7_chr1:100-200``) if all names are in this style. Lengths
        are not compared then.

    Returns
    -------
    Intervals, or None
        None unless every name has coordinates that agree with its length.

    Examples
    --------
    >>> found = parse_coordinates(["chr1:100-105", "peak2::chr2:20-25(-)"], [5, 5])
    >>> found.chrom.tolist(), found.start.tolist(), found.is_reverse.tolist()
    (['chr1', 'chr2'], [100, 20], [False, True])
    >>> parse_coordinates(["chr1:101-105", "chr2:21-25"], [5, 5]).start.tolist()  # samtools faidx
    [100, 20]
    >>> parse_coordinates(["chr1:100-105", "peak2"], [5, 5]) is None
    True
    """
    matches = [_COORDINATES.fullmatch(name) for name in names]
    found = [match.groupdict() for match in matches if match]
    if not found or len(found) < len(matches):
        return None
    start, end = (np.array([int(own[key]) for own in found], dtype=np.int64) for key in ("start", "end"))
    is_reverse = np.array([own["strand"] == "-" for own in found])
    if allow_prefix:
        prefixed = [_PREFIXED.fullmatch(own["chrom"]) for own in found]
        if all(prefixed):
            chrom = np.array([match["chrom"] for match in prefixed if match], dtype=object)
            return Intervals(chrom, start, end, is_reverse)
    lengths = np.asarray(lengths, dtype=np.int64)
    if (lengths == end - start + 1).all():
        start = start - 1
    if (lengths != end - start).any():
        return None
    return Intervals(np.array([own["chrom"] for own in found], dtype=object), start, end, is_reverse)
