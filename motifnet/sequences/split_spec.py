"""`SplitSpec`: who decides which sequences are set aside. No numpy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from motifnet.errors import InputError


@dataclass(frozen=True)
class SplitSpec:
    """Which sequences are set aside for validation and test; by default groups of related ones at random.

    Parameters
    ----------
    split : {"random", "chromosomes"}
        Whole chromosomes (of the sequences' names, such as chr1:100-200), chosen to hit the fractions, in place of
        groups at random.
    test_chromosomes, valid_chromosomes : tuple of str, optional
        Chromosomes that are set aside for test and for validation.
    splits : Path, optional
        Table of an earlier split: splits.tsv of a model, or its folder. Sequences that it does not know are trained on.
    """

    split: Literal["random", "chromosomes"] = "random"
    test_chromosomes: tuple[str, ...] = ()
    valid_chromosomes: tuple[str, ...] = ()
    splits: Path | None = None

    def __post_init__(self) -> None:
        if self.splits is not None and (self.test_chromosomes or self.valid_chromosomes or self.split != "random"):
            raise InputError("--splits names every sequence's part: no chromosome decides then", hint="Leave one out.")
        both = sorted(set(self.test_chromosomes) & set(self.valid_chromosomes))
        if both:
            raise InputError(f"chromosome {both[0]!r} is in both --test-chromosomes and --valid-chromosomes")

    def __bool__(self) -> bool:
        return self != SplitSpec()

    def check_alone(self, test_positives: str | None) -> None:
        """Test sequences are chosen, or given as files, not both.

        Raises
        ------
        InputError
            If they are both.
        """
        if test_positives is not None and (self.test_chromosomes or self.splits):
            raise InputError(
                "--test-positives names the test sequences, and --test-chromosomes or --splits do so too",
                hint="Leave one of them out; --valid-chromosomes goes with either.",
            )
