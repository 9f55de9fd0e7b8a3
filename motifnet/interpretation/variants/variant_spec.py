"""Options for the effects of variants; imports no numpy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from motifnet.arguments import check_integer


@dataclass(frozen=True)
class VariantSpec:
    """How variants are read and scored.

    Parameters
    ----------
    window : int, optional
        Length of the windows in bp. Default: that of the model.
    allow_mismatch : bool
        Score the alleles of the VCF also where REF differs from the genome. Default: such alleles are skipped, and more
        than 5 % of them are an error.
    peaks : Path, optional
        Keep only variants that overlap the regions of this file (BED or narrowPeak).
    skipped : Path, optional
        Table to write, with each allele that was skipped, and the reason.
    backgrounds : int
        Number of dinucleotide-shuffled flanks around pairs of sequences that are shorter than the model's length.
    null : int
        Changes of the same kind in shuffled sequences, per variant, for p- and q-values; 0: none. The whole table is
        then in memory.
    motifs : str, optional
        Motif file, consensus or database: add columns for the motif whose site changes most.
    seed : int
        Seed of the shuffles.

    Raises
    ------
    InputError
        If a number is below its minimum.
    """

    window: int | None = None
    allow_mismatch: bool = False
    peaks: Path | None = None
    skipped: Path | None = None
    backgrounds: int = 10
    null: int = 0
    motifs: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.window is not None:
            check_integer("window", self.window, at_least=1)
        check_integer("backgrounds", self.backgrounds, at_least=1)
        check_integer("null", self.null, at_least=0)
        check_integer("seed", self.seed, at_least=0)
