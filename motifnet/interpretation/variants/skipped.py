"""Alleles that are not scored: counts by reason, a table, and an error if the VCF does not fit the genome."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from motifnet.documents import escape_cell
from motifnet.errors import InputError, counted
from motifnet.outputs import write_text
from motifnet.sequences.io.chromosomes import check_chromosomes
from motifnet.sequences.io.genome import Genome
from motifnet.sequences.io.variant_records import Variant

logger = logging.getLogger("motifnet")

#: Columns of the table of skipped alleles.
SKIPPED_COLUMNS = {
    "chrom": "chromosome, as in the VCF",
    "pos": "1-based position, as in the VCF",
    "id": "ID of the record",
    "ref": "reference allele",
    "alt": "alternative allele",
    "reason": "why the allele was skipped",
}
#: Reasons that depend on the genome, the model or the peaks; those of the alleles are in `variant_records`.
CHROMOSOME = "chromosome not in the genome"
MISMATCH = "REF differs from the genome"
BEYOND = "window beyond the end of the chromosome"
TOO_LONG = "allele longer than the window of the model"
OUTSIDE = "outside the peaks"
_RENAME = "Rename them: bcftools annotate --rename-chrs FILE, with lines of both names."
#: Largest fraction of alleles whose REF may differ from the genome.
MAX_MISMATCH = 0.05
#: Number of alleles after which a file is refused if most REF differ, without reading the rest.
_EARLY = 1_000


class SkippedAlleles:
    """Counts of the alleles of one file.

    Parameters
    ----------
    source, genome : str
        File names for messages.
    handle : text file, optional
        Each skipped allele is written to it.
    """

    def __init__(self, source: str, genome: Genome, handle: TextIO | None = None) -> None:
        self.counts: Counter[str] = Counter()
        self.n_scored = self.n_mismatched = 0
        self._source, self._genome, self._handle = source, genome, handle
        self._chromosomes: Counter[str] = Counter()
        if handle is not None:
            handle.write("\t".join(SKIPPED_COLUMNS) + "\n")

    def add(self, variant: Variant, reason: str) -> None:
        """Count an allele, and list it."""
        self.counts[reason] += 1
        if self._handle is not None:
            cells = (variant.chrom, str(variant.pos), variant.id, variant.ref, variant.alt, reason)
            self._handle.write("\t".join(map(escape_cell, cells)) + "\n")

    def see(self, chrom: str) -> None:
        """Count the chromosome of an allele."""
        self._chromosomes[chrom] += 1

    def check(self, *, is_end: bool) -> None:
        """Raise InputError if the file does not fit the genome: its chromosomes, or its reference alleles."""
        if is_end:
            names = check_chromosomes(
                self._chromosomes, self._genome.lengths, self._source, self._genome.name, instruction=_RENAME
            )
            if names:
                logger.warning("%s: %s", self._source, names)
        wrong = self.counts[MISMATCH]
        n_compared = wrong + self.n_scored + self.counts[BEYOND] + self.counts[TOO_LONG]
        share = wrong / max(n_compared, 1)
        if share > (MAX_MISMATCH if is_end else 0.5) and (is_end or n_compared >= _EARLY):
            what = f"REF differs from {self._genome.name} for {wrong} of {n_compared} alleles"
            hint = "Use the genome of the VCF file, or add --allow-mismatch to score such alleles too."
            raise InputError(f"{self._source}: {what}", hint=hint)

    def log(self) -> None:
        """Log how many alleles were scored and skipped."""
        reasons = ", ".join(f"{n} {reason}" for reason, n in self.counts.most_common())
        n_skipped = sum(self.counts.values())
        detail = f" ({reasons})" if reasons else ""
        logger.info("%s: %s scored, %d skipped%s", self._source, counted(self.n_scored, "allele"), n_skipped, detail)
        if self.n_mismatched:
            alleles = counted(self.n_mismatched, "scored allele")
            logger.warning("%s: REF differs from the genome for %s", self._source, alleles)


@contextmanager
def skipped_alleles(source: str, genome: Genome, path: Path | None) -> Iterator[SkippedAlleles]:
    """Yield the counts of a file; with a path, they also write the table of skipped alleles."""
    if path is None:
        yield SkippedAlleles(source, genome)
        return
    with write_text(path) as handle:
        yield SkippedAlleles(source, genome, handle)
