"""Sequences from files: FASTA, or regions (BED, narrowPeak ...) with a genome, by content; plain, gzip or ``-``.

All readers use `read_records`: parse the files, choose one length for all, read the windows of BED files. Changes by
cropping, padding and filters are logged (logger ``motifnet``).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from motifnet.arguments import check_type, plain_number, tuple_of
from motifnet.errors import InputError
from motifnet.sequences.alphabet import decode
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.input_spec import IntervalSpec
from motifnet.sequences.io.biopython import is_record, is_seq, plain_strings
from motifnet.sequences.io.fasta import parse_fasta, stream_fasta
from motifnet.sequences.io.genome import Genome, open_genome
from motifnet.sequences.io.peaks import Peaks
from motifnet.sequences.io.regions import read_regions, region_format
from motifnet.sequences.io.text import TextSource
from motifnet.sequences.io.windows import default_length, label_union, window_sequences
from motifnet.sequences.ragged import RaggedSequences
from motifnet.sequences.sequence_set import Anchor, LengthRule, SequenceSet

Length = int | Literal["auto"] | None
#: Types that `open_intervals` accepts.
GenomeLike = str | Path | Genome | IntervalSpec
#: Types that `as_sequences` accepts.
AnySequences = SequenceSet | Dataset | Iterable[Any] | NDArray[Any] | Path

logger = logging.getLogger("motifnet")

#: Length in bp, at most, of sequences for training and prediction; `scan` takes whole chromosomes.
MAX_LENGTH = 1 << 20


def read_sequences(
    path: str | Path, *, length: Length = None, anchor: Anchor = "center", genome: GenomeLike | None = None
) -> SequenceSet:
    """Read one file as sequences of one length, those of only N included; parameters and errors of `read_records`."""
    (records,), rule = read_records([path], length=length, anchor=anchor, genome=genome)
    return fit_records(records, rule)


def read_intervals(
    bed: str | Path, genome: str | Path | Genome | IntervalSpec, *, length: int | Literal["auto"] = "auto"
) -> SequenceSet:
    """Read the sequences of a genome at the intervals of a BED, narrowPeak or other file of regions.

    Parameters
    ----------
    bed : str or Path
        BED, narrowPeak, broadPeak, gappedPeak, MACS or HOMER peaks, GFF, a table with a header, or a list of
        ``chr:start-end`` (1-based), recognised by content, plain or gzip; ``-`` is standard input.
    genome : str, Path, Genome or IntervalSpec
        FASTA of the genome, or a spec with filters and the use of strands.
    length : int or "auto"
        Length in bp of the windows around the summits (or midpoints). "auto": the width of the intervals if all have
        the same width and no summits are known, else 200.

    Returns
    -------
    SequenceSet
        In the order of the file, named ``chr:start-end``.

    Raises
    ------
    InputError
        If a file cannot be used (`FormatError`), the chromosomes are not those of the genome, or no interval is left.

    Examples
    --------
    ``read_intervals("peaks.narrowPeak", "hg38.fa", length=200)``

    ``read_intervals("peaks.bed", IntervalSpec("hg38.fa", top=5000, blacklist="blacklist.bed"), length=200)``
    """
    peaks = read_regions(bed)
    size = default_length(peaks) if length == "auto" else plain_number(length)
    return window_sequences(peaks, *open_intervals(genome), length=size).fit(LengthRule(size))


def as_sequences(sequences: AnySequences, *, length: LengthRule | Length = None) -> SequenceSet:
    """Convert strings, a one-hot array or a FASTA file to a SequenceSet.

    Parameters
    ----------
    sequences : SequenceSet, Dataset, sequence of str, one-hot array of shape (N, 4, L), str or Path
        A str or Path is a FASTA file. Strings are in a list, tuple, array, pandas Series or table of one column; they
        are named 0, 1, ..., those of a Series by its index. Sequences and records of Biopython (`Seq`, `SeqRecord`)
        are read as strings; the name of a record is its identifier.
    length : LengthRule, int, "auto" or None
        How strings and records are cropped or padded (with N, around their centre without a LengthRule); "auto" pads to
        the longest one. A SequenceSet is returned unchanged.

    Returns
    -------
    SequenceSet

    Raises
    ------
    InputError
        If the type is unsupported, a string is not DNA (`SequenceError`), the file cannot be read (`FormatError`), or
        the lengths differ and no length is given.

    Examples
    --------
    >>> as_sequences(["ACGT", "ggcc"])[1]
    'GGCC'
    >>> list(as_sequences(["ACGT", "AC"], length=3))
    ['CGT', 'ACN']
    """
    if isinstance(sequences, SequenceSet):
        return sequences
    if isinstance(sequences, Dataset):
        return sequences.sequences
    if length is None and not isinstance(sequences, str | Path):
        return SequenceSet.from_strings(*_strings(sequences))
    records = as_ragged(sequences)
    return records.fit(length if isinstance(length, LengthRule) else _choose_length([records], length, "center"))


def as_ragged(sequences: AnySequences | RaggedSequences) -> RaggedSequences:
    """Convert the types that `as_sequences` accepts to sequences of any lengths."""
    if isinstance(sequences, RaggedSequences):
        return sequences
    if isinstance(sequences, SequenceSet):
        offsets = np.arange(len(sequences) + 1) * sequences.length
        return RaggedSequences(tuple(sequences.names), sequences.codes.reshape(-1), offsets, 0, "sequences")
    if isinstance(sequences, str | Path):
        return parse_fasta(sequences)
    return RaggedSequences.from_strings(*_strings(sequences))


def as_batches(sequences: AnySequences | RaggedSequences | Iterator[RaggedSequences]) -> Iterator[RaggedSequences]:
    """Convert the types that `as_sequences` accepts to batches; a FASTA file is read in parts."""
    if isinstance(sequences, str | Path):
        yield from stream_fasta(sequences)
    elif isinstance(sequences, Iterator):
        first = next(sequences, None)
        if first is not None and not isinstance(first, RaggedSequences):
            sequences = iter([as_ragged([first, *sequences])])
        elif first is not None:
            yield first
            del first  # its memory is free before the next batch is read
        for batch in sequences:
            check_type("sequences", batch, RaggedSequences)
            yield batch
    else:
        yield as_ragged(sequences)


def _strings(sequences: Any) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """Strings, and their names if they have any."""
    n_dimensions = getattr(sequences, "ndim", 1)
    if n_dimensions == 3:
        return tuple(decode(sequences)), None
    if n_dimensions == 2 and sequences.shape[1] == 1:
        sequences = np.asarray(sequences)[:, 0]
    if isinstance(sequences, bytes) or not hasattr(sequences, "__iter__") or hasattr(sequences, "columns"):
        check_type("sequences", sequences, SequenceSet)
    if is_seq(sequences) or is_record(sequences):
        tuple_of("sequences", sequences, type(sequences))  # raises InputError: its letters are no sequences
    index = getattr(sequences, "index", None)
    strings, names = plain_strings(tuple(sequences))
    if index is not None and not callable(index):
        names = list(map(str, index))
    return tuple_of("sequences", strings, str), None if names is None else tuple(names)


def read_records(
    paths: Sequence[str | Path | TextSource],
    *,
    length: Length,
    anchor: Anchor = "center",
    genome: GenomeLike | None,
    is_genome_used: bool = False,
) -> tuple[list[RaggedSequences], LengthRule | None]:
    """Read files of sequences: the records of each, and the rule of one length for all, for `fit_records`.

    Files are FASTA, or BED and narrowPeak if there is a genome; ``-`` is standard input. The length is in bp, or "auto"
    for that of the longest record. Without an int, windows of BED files are as long as the records of the FASTA files
    if these have one length, else as in `read_intervals`. The rule is None if no record is cropped or padded.
    `is_genome_used`: the genome is also used for something else, and may be given without BED files.

    Raises InputError if a file cannot be used (`FormatError`), for example BED without a genome.
    """
    if genome is not None:
        check_type("genome", genome, str, Path, Genome, IntervalSpec)
    sources = [path if isinstance(path, TextSource) else TextSource(path) for path in paths]
    parsed = [
        read_regions(source) if _has_regions(source, genome) else parse_fasta(source, ungap=_is_ungapped(genome))
        for source in sources
    ]
    rule = _choose_length(parsed, length, anchor)
    if not any(isinstance(part, Peaks) for part in parsed):
        if genome and not is_genome_used:
            logger.info("no BED file is given: the genome is not used")
        return [part for part in parsed if isinstance(part, RaggedSequences)], rule
    assert genome is not None
    assert rule is not None
    opened, intervals = open_intervals(genome)
    return [
        window_sequences(part, opened, intervals, length=rule.length) if isinstance(part, Peaks) else part
        for part in parsed
    ], rule


def stream_sequences(
    path: str | Path, *, length: int | None = None, genome: GenomeLike | None = None
) -> Iterator[RaggedSequences]:
    """Read the records of a FASTA file in batches, or all windows of a BED file at once; errors as in `read_records`.

    Without a `length` for windows, intervals are used as they are, and single bases get the default length.
    """
    source = TextSource(path)
    if not _has_regions(source, genome):
        yield from stream_fasta(source, ungap=_is_ungapped(genome))
        return
    peaks = read_regions(source)
    if length is None and (peaks.widths == 1).all():
        length = default_length(peaks)
    assert genome is not None
    yield window_sequences(peaks, *open_intervals(genome), length=length)


def read_union(
    sources: Sequence[TextSource], *, length: Length, genome: GenomeLike | None
) -> tuple[RaggedSequences, NDArray[np.float32], int] | None:
    """Windows of several BED files, their labels and length in bp (`label_union`); None if a file is not BED.

    Intervals are compared, not sequences: a peak that is in two files rarely has the same bounds in both.
    """
    if genome is None or not all(_has_regions(source, genome) for source in sources):
        return None
    files = [read_regions(source) for source in sources]
    size = length if isinstance(length, int) else default_length(files[0])
    return *label_union(files, *open_intervals(genome), length=size), size


def _is_ungapped(genome: GenomeLike | None) -> bool:
    return isinstance(genome, IntervalSpec) and genome.ungap


def open_intervals(genome: GenomeLike) -> tuple[Genome, IntervalSpec]:
    """Open a genome, and return it with the filters for intervals on it; raises InputError if none is given."""
    check_type("genome", genome, str, Path, Genome, IntervalSpec)
    if isinstance(genome, Genome):
        return genome, IntervalSpec()
    intervals = genome if isinstance(genome, IntervalSpec) else IntervalSpec(genome=Path(genome))
    if intervals.genome is None:
        raise InputError("intervals require a genome", hint="Give its FASTA file with --genome.")
    return open_genome(intervals.genome), intervals


def fit_records(records: RaggedSequences, rule: LengthRule | None) -> SequenceSet:
    """Crop or pad the records of a file to one length, and log how many were changed."""
    source, lengths = records.source, records.lengths
    longest = int(lengths.max(initial=0)) if rule is None else rule.length
    if longest > MAX_LENGTH:
        hint = "Crop them (length=N in Python, --length N in training), or cut them into windows."
        raise InputError(f"{source}: sequences have up to {longest:,} bp; the maximum is {MAX_LENGTH:,}", hint=hint)
    sequences = records.fit(rule)
    n = len(sequences)
    logger.info("%s: %d sequence%s of %d bp", source, n, "s" * (n != 1), sequences.length)
    if rule is not None:
        n_padded, n_cropped = int((lengths < rule.length).sum()), int((lengths > rule.length).sum())
        if n_padded or n_cropped:
            logger.info("%s: %d padded with N, %d cropped (anchor: %s)", source, n_padded, n_cropped, rule.anchor)
    if records.n_ambiguous:
        logger.info("%s: %d IUPAC codes other than ACGTN are read as N", source, records.n_ambiguous)
    if records.masked > 0:
        logger.info("%s: %.0f %% of the bases are soft-masked; they are used", source, 100 * records.masked)
    return sequences


def _has_regions(source: TextSource, genome: GenomeLike | None) -> bool:
    return bool(genome) and region_format(source) is not None


def _choose_length(parsed: Sequence[Peaks | RaggedSequences], length: Length, anchor: Anchor) -> LengthRule | None:
    """The rule that gives all files one length; None if no record is cropped or padded."""
    length = plain_number(length)
    if length is not None and length != "auto":
        return LengthRule(length, anchor)
    peaks = [part for part in parsed if isinstance(part, Peaks)]
    lengths = [part.lengths for part in parsed if isinstance(part, RaggedSequences)]
    known = np.unique(np.concatenate(lengths)) if lengths else np.empty(0, dtype=np.int64)
    if peaks:
        return LengthRule(int(known[0]) if len(known) == 1 else default_length(peaks[0]), anchor)
    return None if length is None or len(known) < 2 else LengthRule(int(known[-1]), anchor)
