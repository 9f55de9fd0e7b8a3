"""Options for input files: labels, intervals on a genome, negatives, and the split; imports no numpy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, NamedTuple

from motifnet.arguments import settle_numbers
from motifnet.errors import InputError


@dataclass(frozen=True)
class LabelSpec:
    """Source of the labels: a table, the headers, or a file per class; at most one of these.

    Parameters
    ----------
    labels : Path, optional
        Table of labels, tab- or comma-separated, with a header row: names of the sequences in the first column, a task
        in each other one (empty or NA: unknown). A column "split" with train, valid and test defines the split.
    label_pattern : str, optional
        Regular expression with one group that matches the label in a header: a number, or the name of a class.
    class_files : tuple of str, optional
        FASTA (or BED) files of further classes. Each file, including the first one, is a task named after the file.
    tasks : tuple of str, optional
        Columns of the table to learn, or classes in the headers (default: all), or names of the class files in order.

    Raises
    ------
    InputError
        If options contradict each other, or the pattern is invalid.
    """

    labels: Path | None = None
    label_pattern: str | None = None
    class_files: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        given = [f"--{name.replace('_', '-')}" for name in _SOURCES if getattr(self, name)]
        if len(given) > 1:
            raise InputError(f"{' and '.join(given)} exclude each other", hint="Use one source of labels.")
        if self.tasks and not given:
            raise InputError("--tasks requires labels", hint="Add --labels TABLE.")
        if len(set(self.tasks)) < len(self.tasks):
            raise InputError(f"--tasks must be different names. Got {' '.join(self.tasks)!r} instead")
        if self.label_pattern is not None:
            self.pattern()

    def pattern(self) -> re.Pattern[str]:
        """`label_pattern`, compiled.

        Raises
        ------
        InputError
            If it is not a regular expression with one group.
        """
        try:
            pattern = re.compile(self.label_pattern or "")
        except re.error as error:
            raise InputError(f"--label-pattern {self.label_pattern!r} is not a regular expression: {error}") from None
        if pattern.groups != 1:
            raise InputError(
                f"--label-pattern must have one group. Got {pattern.groups} in {self.label_pattern!r} instead",
                hint=r"Put parentheses around the label, e.g. 'activity=(\S+)'.",
            )
        return pattern

    def check_alone(self, others: Mapping[str, str | None]) -> None:
        """These labels leave no room for classes given as files.

        Parameters
        ----------
        others : mapping of str to str or None
            Options that name such files, by their name in Python.

        Raises
        ------
        InputError
            If labels are given, and one of these too.
        """
        for name, value in others.items():
            if self and value is not None:
                raise InputError(
                    f"--{name.replace('_', '-')} goes with positives, and the labels are given otherwise",
                    hint='Test sequences are told by a column "split" of the table of labels.'
                    if name.startswith("test")
                    else "Leave one of them out.",
                )

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in _SOURCES)


_SOURCES = ("labels", "label_pattern", "class_files")


@dataclass(frozen=True)
class IntervalSpec:
    """Genome and filters for BED and narrowPeak files.

    Parameters
    ----------
    genome : Path, optional
        FASTA of the genome, to use BED and narrowPeak files: windows of --length bp around the summits (or midpoints).
        Plain or bgzip, with the index made if missing; plain gzip is read into memory.
    stranded : bool
        Reverse-complement intervals on the - strand (column 6).
    top : int, optional
        Use the strongest peaks of each file only: this many, by the signal of narrowPeak, else by the score.
    blacklist : Path, optional
        BED of excluded regions: remove windows that overlap them.
    standard_chromosomes : bool
        Remove unplaced and alternative sequences, mitochondria and plastids.
    merge_overlaps : bool
        Keep only the strongest of windows that overlap.

    Raises
    ------
    InputError
        If there are filters but no genome, or `top` is below 1.
    """

    genome: Path | None = None
    stranded: bool = False
    top: int | None = None
    blacklist: Path | None = None
    standard_chromosomes: bool = False
    merge_overlaps: bool = False

    def __post_init__(self) -> None:
        settle_numbers(self)
        if self.top is not None and self.top < 1:
            raise InputError(f"--top must be at least 1. Got {self.top} instead")
        given = [f.name for f in fields(self) if f.name != "genome" and getattr(self, f.name) not in (None, False)]
        if given and self.genome is None:
            raise InputError(
                f"--{given[0].replace('_', '-')} requires a genome", hint="Add --genome FASTA, and use a BED file."
            )

    def __bool__(self) -> bool:
        return self.genome is not None


class Fractions(NamedTuple):
    """Shares of the sequences that are set aside."""

    valid: float = 0.1
    test: float = 0.1


@dataclass(frozen=True)
class SplitSpec:
    """Which sequences are set aside for validation and test; by default groups of related ones at random.

    Parameters
    ----------
    split : {"random", "chromosomes"}
        Whole chromosomes (of the sequences' names, such as chr1:100-200), chosen to hit the fractions, in place of
        groups at random.
    test_chromosomes : tuple of str, optional
        Chromosomes that are set aside for test, e.g. chr8 chr9.
    valid_chromosomes : tuple of str, optional
        Chromosomes that are set aside for validation.
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


@dataclass(frozen=True)
class NegativeSpec:
    """How negatives are generated if there is no file of negatives.

    Parameters
    ----------
    negatives_from : str
        shuffle: shuffled positives. genome: windows of --genome with the lengths and GC contents of the positives,
        without N and without overlap to them. Or a file: a sample of its sequences with the GC contents of the
        positives.
    ratio : int
        Number of negatives per positive.
    kmer : {2, 1, 3}
        Length of the k-mers whose counts a shuffle preserves.
    margin : int
        Minimum distance in bp of windows of the genome from the positives.

    Raises
    ------
    InputError
        If a value is out of its range.
    """

    negatives_from: str = "shuffle"
    ratio: int = 1
    kmer: int = 2
    margin: int = 500

    def __post_init__(self) -> None:
        settle_numbers(self)
        if self.ratio < 1:
            raise InputError(f"ratio must be at least 1. Got {self.ratio} instead")
        if self.kmer not in (1, 2, 3):
            raise InputError(f"kmer must be 1, 2 or 3. Got {self.kmer} instead")
        if self.margin < 0:
            raise InputError(f"margin must be at least 0. Got {self.margin} instead")

    @property
    def pool(self) -> str | None:
        """The file from which negatives are sampled, if any."""
        return None if self.negatives_from in ("shuffle", "genome") else self.negatives_from

    def check_alone(self, negatives: str | None, labels: LabelSpec, intervals: IntervalSpec) -> None:
        """Negatives are given or made, not both, and a genome is needed to draw from it.

        Raises
        ------
        InputError
            If it is not so.
        """
        if self != NegativeSpec() and (negatives is not None or labels):
            other = "--negatives names a file" if negatives is not None else "the labels are given otherwise"
            raise InputError(f"--negatives-from, --ratio, --kmer and --margin make negatives, and {other}")
        if self.negatives_from == "genome" and intervals.genome is None:
            raise InputError("--negatives-from genome needs a genome", hint="Give --genome FASTA.")
