"""Saturation of a region of a genome: every single-base substitution is a separate variant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.errors import InputError, listed, quoted
from motifnet.sequences.alphabet import LETTERS, decode_codes
from motifnet.sequences.io.genome import Genome
from motifnet.sequences.io.variant_records import Variant

_REGION = re.compile(r"(?P<chrom>.+):(?P<start>[\d,]{1,15})(?:-|\.\.)(?P<end>[\d,]{1,15})")
#: Bases that are read at a time.
_BLOCK = 4096


class Region(NamedTuple):
    """A region of a genome: positions from `start` to `end`, 1-based, both included."""

    chrom: str
    start: int
    end: int

    def __str__(self) -> str:
        return f"{self.chrom}:{self.start}-{self.end}"

    @property
    def size(self) -> int:
        """Number of positions."""
        return self.end - self.start + 1

    @classmethod
    def parse(cls, text: str, genome: Genome) -> Self:
        """Read ``chr1:1001-1200``, as UCSC, samtools and IGV write it.

        Raises InputError unless it is a region of the genome.
        """
        match = _REGION.fullmatch(text.strip())
        hint = "Write it as chr1:1001-1200: 1-based, the end is included."
        if match is None:
            raise InputError(f"{quoted(text)} is not a region", hint=hint)
        region = cls(match["chrom"], *(int(match[name].replace(",", "") or 0) for name in ("start", "end")))
        if region.chrom not in genome.lengths:
            what = f"{quoted(region.chrom)} is not a chromosome of {genome.name}"
            raise InputError(what, hint=f"Its chromosomes: {listed(list(genome.lengths)[:8])}.")
        size = genome.lengths[region.chrom]
        if not 1 <= region.start <= region.end <= size:
            what = f"{quoted(text)} is not within {quoted(region.chrom)}, which has positions 1 to {size}"
            raise InputError(what, hint=hint)
        return region

    def substitutions(self, genome: Genome) -> Iterator[Variant]:
        """Yield all substitutions, by position and base; at N in the genome, all four bases."""
        record = 0
        for first in range(self.start, self.end + 1, _BLOCK):
            codes = genome.read(self.chrom, first - 1, min(_BLOCK, self.end + 1 - first))
            for pos, base in enumerate(decode_codes(codes), start=first):
                for allele, alt in enumerate(letter for letter in LETTERS[:4] if letter != base):
                    yield Variant(self.chrom, pos, ".", base, alt, record, allele)
                record += 1


class Saturation(NamedTuple):
    """Effects of all substitutions in a region of n bases.

    Parameters
    ----------
    effects : float64 array of shape (4, n)
        Rows are A, C, G, T; 0 for the reference base, NaN where there is no effect.
    sequence : str
        The reference bases; N where there is no effect.
    first : int
        1-based position of the first base.
    chrom : str
    """

    effects: NDArray[np.float64]
    sequence: str
    first: int
    chrom: str

    @property
    def region(self) -> Region:
        """The region."""
        return Region(self.chrom, self.first, self.first + len(self.sequence) - 1)

    @classmethod
    def of(cls, table: pd.DataFrame, task: str) -> Self:
        """Arrange the rows of a table of `variant_effects` as a matrix.

        Raises InputError unless it has single-base substitutions of one chromosome, and effects on the task.
        """
        name = f"effect_{task}"
        if name not in table:
            raise InputError(f"the table has no column {quoted(name)}", hint="Use one of the tasks of the model.")
        if not len(table):
            raise InputError("no substitution was scored", hint="Add --skipped FILE to list the reasons.")
        rows = table[(table["ref"].str.len() == 1) & (table["alt"].str.len() == 1)]
        if len(rows) < len(table) or rows["chrom"].nunique() > 1:
            hint = 'Use the table of variant_effects(model, genome=..., saturate="chr1:1001-1200").'
            raise InputError("the table is not the saturation of a region", hint=hint)
        first = int(rows["pos"].min())
        column = rows["pos"].to_numpy(dtype=np.int64) - first
        letters = np.full(int(column.max()) + 1, "N")
        letters[column] = rows["ref"].str.upper()
        effects = np.full((4, len(letters)), np.nan)
        for base, own in enumerate(LETTERS[:4]):
            is_alt = (rows["alt"].str.upper() == own).to_numpy()
            effects[base, column[is_alt]] = rows[name].to_numpy(dtype=np.float64)[is_alt]
            effects[base, letters == own] = 0.0
        return cls(effects, "".join(letters.tolist()), first, str(rows["chrom"].iloc[0]))
