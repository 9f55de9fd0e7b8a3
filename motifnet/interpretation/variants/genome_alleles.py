"""Alleles of a VCF file in a genome, with the bases around them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from motifnet.interpretation.variants.alleles import Alleles, encode, flank_lengths, trim
from motifnet.interpretation.variants.skipped import (
    BEYOND,
    CHROMOSOME,
    MISMATCH,
    OUTSIDE,
    TOO_LONG,
    SkippedAlleles,
)
from motifnet.sequences.alphabet import Codes
from motifnet.sequences.io.chromosomes import known_chromosomes
from motifnet.sequences.io.genome import Genome
from motifnet.sequences.io.regions import read_regions
from motifnet.sequences.io.variant_records import Variant

#: Number of bases that are read in one piece.
_PIECE = 1 << 13


class PeakFilter:
    """Whether a variant overlaps a region of a file; raises InputError if its chromosomes are not in the genome."""

    def __init__(self, path: Path, genome: Genome) -> None:
        peaks = read_regions(path)
        peaks = peaks.take(known_chromosomes(peaks.chrom, genome.lengths, source=peaks.source, genome=genome.name))
        self._starts: dict[str, list[int]] = {}
        self._ends: dict[str, list[int]] = {}
        for chrom in set(peaks.chrom.tolist()):
            own = peaks.take(peaks.chrom == chrom)
            order = np.argsort(own.start, kind="stable")
            self._starts[chrom] = own.start[order].tolist()
            self._ends[chrom] = np.maximum.accumulate(own.end[order]).tolist()

    def has(self, chrom: str, pos: int, ref: str) -> bool:
        """Whether the bases of a reference allele, from its 1-based position on, overlap a region."""
        index = bisect_right(self._starts.get(chrom, []), pos + len(ref) - 2)
        return index > 0 and self._ends[chrom][index - 1] > pos - 1


class _Regions:
    """Reads regions of a genome in pieces of `_PIECE` bp, so that a piece serves all variants in it.

    Parameters
    ----------
    genome : Genome
    """

    def __init__(self, genome: Genome) -> None:
        self._genome, self._chrom, self._start = genome, "", 0
        self._piece: Codes = np.empty(0, dtype=np.uint8)

    def read(self, chrom: str, start: int, stop: int) -> Codes:
        """Codes of a region within the chromosome."""
        begin = start - self._start
        if chrom != self._chrom or begin < 0 or stop - self._start > len(self._piece):
            length = min(max(stop - start, _PIECE), self._genome.lengths[chrom] - start)
            self._piece = self._genome.read(chrom, start, length)
            self._chrom, self._start, begin = chrom, start, 0
        return self._piece[begin : begin + stop - start]


def stream_alleles(
    variants: Iterable[Variant],
    genome: Genome,
    skipped: SkippedAlleles,
    *,
    length: int,
    peaks: PeakFilter | None = None,
    allow_mismatch: bool = False,
) -> Iterator[tuple[Variant, Alleles]]:
    """Yield variants with as many bases of the genome around their alleles as windows of `length` bp need.

    Alleles without a window are added to `skipped`. Raises InputError if the chromosomes are not those of the genome,
    or too many reference alleles differ from it.
    """
    regions = _Regions(genome)
    for variant in variants:
        if peaks is not None and not peaks.has(variant.chrom, variant.pos, variant.ref):
            skipped.add(variant, OUTSIDE)
            continue
        skipped.see(variant.chrom)
        found = variant.fault or _in_genome(variant, genome, regions, length, allow_mismatch=allow_mismatch)
        if isinstance(found, str):
            skipped.add(variant, found)
            skipped.check(is_end=False)
            continue
        alleles, is_same = found
        skipped.n_scored += 1
        skipped.n_mismatched += not is_same
        yield variant, alleles
    skipped.check(is_end=True)


def _in_genome(
    variant: Variant, genome: Genome, regions: _Regions, length: int, *, allow_mismatch: bool
) -> tuple[Alleles, bool] | str:
    """The alleles with their flanks, and whether REF equals the genome; or the reason why they are skipped."""
    size = genome.lengths.get(variant.chrom)
    if size is None:
        return CHROMOSOME
    ref, alt, first = variant.ref.upper(), variant.alt.upper(), variant.pos - 1
    prefix, short_ref, short_alt = trim(ref, alt)
    before, after = flank_lengths(len(short_ref), len(short_alt), length)
    begin, end = max(first - length, 0), min(first + max(len(ref), len(alt)) + length, size)
    if first < 0 or first + len(ref) > size:
        return BEYOND
    region, at = regions.read(variant.chrom, begin, end), first - begin
    is_same = _matches(region, at, ref)
    if not is_same:
        if not allow_mismatch:
            return MISMATCH
        # REF replaces as many bases of the genome; if the genome has the alternative allele, REF replaces that allele.
        n_replaced = len(alt) if _matches(region, at, alt) else len(ref)
        region = np.concatenate([region[:at], encode(ref), region[at + n_replaced :]])
    left, right = region[: at + prefix], region[at + prefix + len(short_ref) :]
    if max(len(short_ref), len(short_alt)) > length:
        return TOO_LONG
    if len(left) < before or len(right) < after:
        return BEYOND
    return Alleles(left, right, encode(short_ref), encode(short_alt)), is_same


def _matches(region: Codes, start: int, letters: str) -> bool:
    return region[start : start + len(letters)].tobytes() == encode(letters).tobytes()
