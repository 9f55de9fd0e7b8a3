"""Where sequences and labels come from, and who is set aside; no numpy.

`LabelSpec`: labels. `IntervalSpec`: places on a genome. `SplitSpec`: validation and test. `NegativeSpec`: negatives.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, NamedTuple

from motifnet.arguments import settle_numbers
from motifnet.errors import InputError

#: The column of a table of labels that holds train, valid or test; the other names of these parts that are taken too.
SPLIT_COLUMN = "split"
_SPELLINGS = {
    "train": ("train", "training", ""),
    "valid": ("valid", "val", "validation", "dev"),
    "test": ("test", "testing"),
}
PART_NAMES = {spelling: part for part, spellings in _SPELLINGS.items() for spelling in spellings}


@dataclass(frozen=True)
class LabelSpec:
    """Where labels come from: a table, the headers, or a file for each class; at most one of the three.

    Parameters
    ----------
    labels : Path, optional
        Table of labels next to the FASTA file, tab- or comma-separated, with a header row: names of the records first,
        then a column for each task (empty or NA: unknown); a column "split" of train, valid and test is honoured.
    label_pattern : str, optional
        Regular expression with one group that finds the label in a record's header: a number, or the name of a class.
    class_files : tuple of str, optional
        FASTA (or BED) files of further classes: each file, the first one too, is then a task of its own, called like
        the file.
    tasks : tuple of str, optional
        Columns of the table to learn, by default all; or the classes of the headers; or what the class files are
        called, in order.
    """

    labels: Path | None = None
    label_pattern: str | None = None
    class_files: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        given = [f"--{name.replace('_', '-')}" for name in _SOURCES if getattr(self, name)]
        if len(given) > 1:
            raise InputError(f"{' and '.join(given)} contradict each other", hint="Labels come from one place.")
        if self.tasks and not given:
            raise InputError("--tasks chooses among labels, and none are given", hint="Give --labels TABLE.")
        if len(set(self.tasks)) < len(self.tasks):
            raise InputError(f"--tasks must be different names. Got {' '.join(self.tasks)} instead")
        if self.label_pattern is not None:
            self.pattern()

    def pattern(self) -> re.Pattern[str]:
        """`label_pattern`, compiled.

        Raises
        ------
        InputError
            If it is none, or does not have one group.
        """
        try:
            pattern = re.compile(self.label_pattern or "")
        except re.error as error:
            raise InputError(f"--label-pattern {self.label_pattern!r} is no regular expression: {error}") from None
        if pattern.groups != 1:
            raise InputError(
                f"--label-pattern must have one group, the label. Got {pattern.groups} in {self.label_pattern!r}",
                hint=r"Put brackets around the label, e.g. 'activity=(\S+)'.",
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
    """How BED or narrowPeak files become sequences.

    Parameters
    ----------
    genome : Path, optional
        FASTA of the genome: files of sequences may then be BED or narrowPeak, windows of --length bp around the summits
        (or the middles). Plain or bgzip, its index made if need be; plain gzip is held in memory.
    stranded : bool
        Take places on the - strand (column 6) as its reverse complement.
    top : int, optional
        Take only so many peaks of each file, the strongest: by the signal of narrowPeak, else by the score.
    blacklist : Path, optional
        BED of places to keep clear of: windows that overlap one are left out.
    standard_chromosomes : bool
        Leave out unplaced and alternative sequences, mitochondria and plastids.
    merge_overlaps : bool
        Of windows that overlap take the strongest only.
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
                f"--{given[0].replace('_', '-')} is for places on a genome", hint="Give --genome FASTA, and a BED file."
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
    """How negatives are made where no file holds them.

    Parameters
    ----------
    negatives_from : str
        shuffle: of the positives. genome: windows of --genome, as long and as rich in G and C as the positives, away
        from them and from N. Or a file of sequences to choose from, as rich in G and C as the positives.
    ratio : int
        Negatives for each positive.
    kmer : {2, 1, 3}
        Length of the words whose counts a shuffle keeps exactly.
    margin : int
        Windows of the genome keep away from the positives by so many bp.
    """

    negatives_from: str = "shuffle"
    ratio: int = 1
    kmer: int = 2
    margin: int = 500

    def __post_init__(self) -> None:
        settle_numbers(self)
        if self.ratio < 1:
            raise InputError(f"ratio must be at least 1 negative for each positive. Got {self.ratio} instead")
        if self.kmer not in (1, 2, 3):
            raise InputError(f"kmer must be 1, 2 or 3. Got {self.kmer} instead")
        if self.margin < 0:
            raise InputError(f"margin must not be negative. Got {self.margin} instead")

    @property
    def pool(self) -> str | None:
        """The file to choose from, if it is one."""
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
