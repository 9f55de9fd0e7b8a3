"""Options for input files: labels, intervals on a genome, negatives, and the split; imports no numpy."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from motifnet.arguments import convert_numbers
from motifnet.errors import InputError, quoted


@dataclass(frozen=True)
class LabelSpec:
    """Source of the labels: a table, the headers, or a file per class; at most one of these.

    Parameters
    ----------
    labels : Path, optional
        Table of labels, separated by tabs, commas or semicolons, with a header row. The first column has the names of
        the sequences, each further column a task: numbers, or words such as TRUE and FALSE (empty or NA: unknown). A
        column "split" with train, valid and test defines the split.
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
            raise InputError(f"--tasks must be different names. Got {quoted(' '.join(self.tasks))} instead")
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
        except (re.error, RecursionError, OverflowError) as error:
            raise InputError(
                f"--label-pattern {quoted(self.label_pattern)} is not a regular expression: {error}"
            ) from None
        if pattern.groups != 1:
            raise InputError(
                f"--label-pattern must have one group. Got {pattern.groups} in {quoted(self.label_pattern)} instead",
                hint=r"Put parentheses around the label, e.g. 'activity=(\S+)'.",
            )
        return pattern

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in _SOURCES)


_SOURCES = ("labels", "label_pattern", "class_files")


@dataclass(frozen=True)
class IntervalSpec:
    """Genome and filters for BED, narrowPeak and other files of regions.

    Parameters
    ----------
    genome : Path, optional
        FASTA file of the genome: plain, bgzip (both are indexed if necessary) or gzip (read into memory). Sequences may
        then be BED, narrowPeak or other files of regions; windows are centred on their summits or midpoints.
    stranded : bool
        Reverse-complement intervals on the - strand (column 6).
    top : int, optional
        Number of peaks to use per file: the strongest by signal (narrowPeak, MACS), otherwise by score.
    blacklist : Path, optional
        BED of excluded regions: remove windows that overlap them.
    standard_chromosomes : bool
        Remove unplaced and alternative sequences, mitochondria and plastids.
    merge_overlaps : bool
        Keep only the strongest of windows that overlap.
    ungap : bool
        Remove gaps (- and .) and a * at the end of a record from FASTA files, with or without a genome.

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
    ungap: bool = False

    def __post_init__(self) -> None:
        convert_numbers(self)
        if self.top is not None and self.top < 1:
            raise InputError(f"--top must be at least 1. Got {self.top} instead")
        filters = [f.name for f in fields(self) if f.name not in ("genome", "ungap")]
        given = [name for name in filters if getattr(self, name) not in (None, False)]
        if given and self.genome is None:
            raise InputError(
                f"--{given[0].replace('_', '-')} requires a genome", hint="Add --genome FASTA, and use a BED file."
            )

    def __bool__(self) -> bool:
        return self.genome is not None


@dataclass(frozen=True)
class SplitSpec:
    """Which sequences are used for validation and test; by default groups of related sequences, at random.

    Parameters
    ----------
    valid_fraction : float
        Fraction of the sequences used for validation.
    test_fraction : float
        Fraction of the sequences held out for test.
    split : str
        random: groups of related sequences, at random. chromosomes: whole chromosomes (in sequence names such as
        chr1:100-200), to match the fractions. Or the split of an earlier run: splits.tsv of a model, or its folder;
        sequences that it lacks are used for training.
    test_chromosomes : tuple of str, optional
        Chromosomes used for test, e.g. chr8 chr9.
    valid_chromosomes : tuple of str, optional
        Chromosomes used for validation.

    Raises
    ------
    InputError
        If options contradict each other.
    """

    valid_fraction: float = 0.1
    test_fraction: float = 0.1
    split: str | Path = "random"
    test_chromosomes: tuple[str, ...] = ()
    valid_chromosomes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        convert_numbers(self)
        if self.table is not None and (self.test_chromosomes or self.valid_chromosomes):
            raise InputError(
                "--split with a file cannot be combined with --test-chromosomes or --valid-chromosomes",
                hint="Use one of them.",
            )
        fractions = (self.valid_fraction, self.test_fraction)
        if min(fractions) < 0 or sum(fractions) >= 1:
            raise InputError(
                "--valid-fraction and --test-fraction must be at least 0 and sum to less than 1. "
                f"Got {fractions[0]:g} and {fractions[1]:g} instead"
            )
        both = sorted(set(self.test_chromosomes) & set(self.valid_chromosomes))
        if both:
            raise InputError(f"chromosome {quoted(both[0])} is in both --test-chromosomes and --valid-chromosomes")

    @property
    def table(self) -> Path | None:
        """The split of an earlier run, if any."""
        return None if self.split in ("random", "chromosomes") else Path(self.split)

    @property
    def is_random(self) -> bool:
        """Whether neither chromosomes nor a table decide."""
        return self.split == "random" and not (self.test_chromosomes or self.valid_chromosomes)


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
        convert_numbers(self)
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


@dataclass(frozen=True)
class DataSpec:
    """Files of labelled sequences, and how they are read.

    Parameters
    ----------
    sequences : str or Path
        FASTA file of the positives or, with `labels`, of all sequences; BED or narrowPeak if there is a genome.
    negatives : str, Path or NegativeSpec, optional
        File of the negatives, or how they are generated; by default dinucleotide-shuffled positives.
    labels : LabelSpec
        Where labels come from, if not from two classes.
    intervals : IntervalSpec
        Genome and filters of BED files.
    length : int, "auto" or None
        Length to which all sequences are cropped or padded; "auto": that of the longest if they differ; None: lengths
        that differ are an error.
    anchor : {"center", "start", "end"}
        Part of a sequence that is kept when it is cropped.
    test : (path, path), optional
        Files of test positives and test negatives.

    Raises
    ------
    InputError
        If options contradict each other.
    """

    sequences: str | Path
    negatives: str | Path | NegativeSpec | None = None
    labels: LabelSpec = LabelSpec()
    intervals: IntervalSpec = IntervalSpec()
    length: int | Literal["auto"] | None = "auto"
    anchor: Literal["center", "start", "end"] = "center"
    test: tuple[str | Path | None, str | Path | None] = (None, None)

    def __post_init__(self) -> None:
        convert_numbers(self)
        if self.labels and self.negatives is not None:
            raise InputError("negatives cannot be combined with other labels", hint="Remove one of them.")
        if self.labels and any(self.test):
            raise InputError(
                "--test-positives cannot be combined with other labels",
                hint='Mark test sequences in a column "split" of the table of labels.',
            )
        if (self.test[0] is None) != (self.test[1] is None):
            raise InputError("--test-positives and --test-negatives must be given together")
        needs_genome = isinstance(self.negatives, NegativeSpec) and self.negatives.negatives_from == "genome"
        if needs_genome and not self.intervals:
            raise InputError("--negatives-from genome requires a genome", hint="Add --genome FASTA.")

    @property
    def paths(self) -> tuple[str | Path, ...]:
        """All files that are read, standard input (``-``) included."""
        negatives = self.negatives.pool if isinstance(self.negatives, NegativeSpec) else self.negatives
        labels, intervals = self.labels, self.intervals
        paths = (self.sequences, negatives, *self.test, labels.labels, *labels.class_files)
        return tuple(path for path in (*paths, intervals.genome, intervals.blacklist) if path is not None)
