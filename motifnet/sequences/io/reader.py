"""Files become labelled sequences of one length: lengths settled once, for all files together; every loss is told.

What happens to the sequences is logged (logger ``motifnet``) as it is decided, so that nothing is dropped in silence.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from motifnet.arguments import check_type, plain_number, tuple_of
from motifnet.errors import InputError
from motifnet.sequences.checks import drop_unknown
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.input_spec import IntervalSpec, NegativeSpec
from motifnet.sequences.io.bed import Peaks, is_bed, read_bed
from motifnet.sequences.io.fasta import RaggedSequences, parse_fasta, stream_fasta
from motifnet.sequences.io.genome import Genome, open_genome
from motifnet.sequences.io.intervals import parse_coordinates
from motifnet.sequences.io.text import TextSource
from motifnet.sequences.io.windows import default_length, window_sequences
from motifnet.sequences.negatives.gc_matched import sample_pool, sample_windows
from motifnet.sequences.negatives.shuffled import shuffled_negatives
from motifnet.sequences.sequence_set import Anchor, LengthRule, SequenceSet

Length = int | Literal["auto"] | None
logger = logging.getLogger("motifnet")

#: Classes whose median lengths differ by more than this share give the labels away by length alone.
_LENGTH_TOLERANCE = 0.1
#: Shares of soft-masked letters that differ by more are told.
_MASK_TOLERANCE = 0.1


def read_classes(
    positives: str | Path,
    negatives: str | Path | NegativeSpec | None = None,
    *,
    length: Length = "auto",
    anchor: Anchor = "center",
    seed: int = 0,
    task: str = "positive",
    intervals: IntervalSpec = IntervalSpec(),
) -> Dataset:
    """Read two classes from files; without negatives, shuffle the positives.

    Parameters
    ----------
    positives, negatives : str or Path
        Plain or gzip FASTA, or BED if a genome is given; ``-`` is standard input. Without negatives each positive is
        shuffled once, its dinucleotide counts kept (Altschul & Erickson 1985); or they are made as a `NegativeSpec`
        says.
    length : int, "auto" or None
        Crop or pad all sequences to this many bp; "auto" pads to the longest one if they differ; None raises then.
    anchor : {"center", "start", "end"}
        What stays in place.
    seed : int
        For the shuffles or draws.
    task : str
        What the label is called.
    intervals : IntervalSpec
        The genome of BED files, and which of their places are taken. Windows have the length asked for; else that of
        the FASTA file beside them; else as `read_intervals` decides.

    Returns
    -------
    Dataset
        Positives first, in the order of their file, then negatives. Sequences of only N are dropped.

    Raises
    ------
    InputError
        If a file cannot be used (`FormatError`), a class is empty, or all sequences of one class are of one length and
        all of the other of another.
    """
    made = NegativeSpec() if negatives is None else negatives if isinstance(negatives, NegativeSpec) else None
    files = (positives, negatives.pool if isinstance(negatives, NegativeSpec) else negatives)
    ragged, length = read_files(
        [path for path in files if path is not None],
        length=length,
        intervals=intervals,
        is_genome_used=made is not None and made.negatives_from == "genome",
    )
    if length in ("auto", None):
        _check_class_lengths(ragged)
    _check_masks(ragged)
    rule = settle_length(ragged, length, anchor)
    classes = [_fit_known(part, rule) for part in ragged]
    shuffle_of = None
    if made is None:
        if n_both := len(np.intersect1d(classes[0].strand_hashes(), classes[1].strand_hashes())):
            logger.warning("%d sequences are both positive and negative", n_both)
    elif made.negatives_from == "shuffle":
        shuffled, shuffle_of = _shuffled(classes[0], made, seed, source=ragged[0].source)
        classes.append(shuffled)
    else:
        pool = classes.pop() if made.pool is not None else None
        classes.append(_drawn(classes[0], pool, made, intervals, seed=seed))
    return Dataset.from_classes(classes[0], classes[1], task=task, shuffle_of=shuffle_of)


def _drawn(
    positives: SequenceSet, pool: SequenceSet | None, how: NegativeSpec, intervals: IntervalSpec, *, seed: int
) -> SequenceSet:
    """Negatives from a file or from the genome."""
    if pool is not None:
        return sample_pool(positives, pool, ratio=how.ratio, seed=seed, source=how.negatives_from)
    where = parse_coordinates(positives.names, positives.record_lengths, allow_prefix=True)
    if where is None:
        logger.warning("the names of the positives hold no places: windows of the genome may overlap them")
    genome, _ = open_intervals(intervals)
    return sample_windows(positives, genome, avoid=where, margin=how.margin, ratio=how.ratio, seed=seed)


_WORDS = {1: "letter", 2: "dinucleotide", 3: "trinucleotide"}


def _shuffled(
    positives: SequenceSet, how: NegativeSpec, seed: int, *, source: str
) -> tuple[SequenceSet, NDArray[np.int64]]:
    shuffled, rows = shuffled_negatives(positives, k=how.kmer, ratio=how.ratio, seed=seed)
    word = _WORDS[how.kmer]
    logger.info("no negatives given: made %d by shuffling the positives, %s counts kept", len(shuffled), word)
    if n_lost := how.ratio * len(positives) - len(shuffled):
        logger.info("%d positives have no other shuffle than themselves, or nearly", n_lost)
    if not len(shuffled):
        raise InputError(
            f"{source}: no sequence can be shuffled: each has only one order of its {word}s",
            hint="Give negatives.",
        )
    return shuffled, rows


def read_sequences(
    path: str | Path, *, length: Length = None, anchor: Anchor = "center", intervals: IntervalSpec = IntervalSpec()
) -> SequenceSet:
    """Read one file, with its lengths settled and told; keeps sequences of only N, so that rows stay rows.

    Parameters, errors: as `read_classes`.
    """
    (ragged,), length = read_files([path], length=length, intervals=intervals)
    return fit_told(ragged, settle_length([ragged], length, anchor))


def read_intervals(
    bed: str | Path, genome: str | Path | Genome | IntervalSpec, *, length: int | Literal["auto"] = "auto"
) -> SequenceSet:
    """Read the sequences of a genome at the intervals of a BED or narrowPeak file.

    Parameters
    ----------
    bed : str or Path
        BED3 to BED6, BED with more columns, or narrowPeak, plain or gzip; ``-`` is standard input.
    genome : str, Path, Genome or IntervalSpec
        FASTA of the genome; an `IntervalSpec` has filters and the use of strands as well.
    length : int or "auto"
        Window length in bp, around the summits (or midpoints). "auto": the width of the intervals if all have one
        width and no summits are known, else 200.

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
    peaks = read_bed(bed)
    opened, intervals = open_intervals(genome)
    size = default_length(peaks) if length == "auto" else plain_number(length)
    return window_sequences(peaks, opened, intervals, length=size).fit(LengthRule(size))


def open_intervals(genome: str | Path | Genome | IntervalSpec) -> tuple[Genome, IntervalSpec]:
    """Open a genome given in any form, with the filters for its intervals.

    Raises
    ------
    InputError
        If there is none, or (`FormatError`) it cannot be read.
    """
    check_type("genome", genome, str, Path, Genome, IntervalSpec)
    if isinstance(genome, Genome):
        return genome, IntervalSpec()
    intervals = genome if isinstance(genome, IntervalSpec) else IntervalSpec(genome=Path(genome))
    if intervals.genome is None:
        raise InputError("intervals need a genome", hint="Give its FASTA file with --genome.")
    return open_genome(intervals.genome), intervals


def as_sequences(sequences: Any, *, length: LengthRule | int | None = None) -> SequenceSet:
    """Convert what a user may have into a SequenceSet.

    Parameters
    ----------
    sequences : SequenceSet, sequence of str (list, tuple, array or pandas Series), str or Path
        A str or Path is a FASTA file. The names of the strings of a Series are its index, of others 0, 1, ...
    length : LengthRule or int, optional
        How strings and records are cropped or padded (with N, around their centre if an int). A SequenceSet is
        returned as it is.

    Returns
    -------
    SequenceSet

    Raises
    ------
    InputError
        If the type is another one, a string is not DNA (`SequenceError`), the file cannot be read (`FormatError`), or
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
    rule = LengthRule(length) if isinstance(length, int) else length
    if isinstance(sequences, str | Path):
        return parse_fasta(sequences).fit(rule)
    strings, names = _named_strings(sequences)
    if rule is None:
        return SequenceSet.from_strings(strings, names)
    return RaggedSequences.from_strings(strings, names).fit(rule)


def as_ragged(sequences: Any) -> RaggedSequences:
    """Convert what `as_sequences` takes, of any lengths, into RaggedSequences."""
    if isinstance(sequences, RaggedSequences):
        return sequences
    if isinstance(sequences, SequenceSet):
        offsets = np.arange(len(sequences) + 1) * sequences.length
        return RaggedSequences(tuple(sequences.names), sequences.codes.reshape(-1), offsets, 0, "sequences")
    if isinstance(sequences, str | Path):
        return parse_fasta(sequences)
    return RaggedSequences.from_strings(*_named_strings(sequences))


def _named_strings(sequences: Any) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """Strings, and their names where they come with an index."""
    if isinstance(sequences, bytes) or not hasattr(sequences, "__iter__") or hasattr(sequences, "columns"):
        check_type("sequences", sequences, SequenceSet)
    labels = getattr(sequences, "index", None)
    names = None if labels is None or callable(labels) else tuple(map(str, labels))
    return tuple_of("sequences", sequences, str), names


def read_files(
    paths: Sequence[str | Path | TextSource],
    *,
    length: Length,
    intervals: IntervalSpec,
    is_genome_used: bool = False,
) -> tuple[list[RaggedSequences], Length]:
    """Read files of sequences, or of places on a genome, told by their content.

    Parameters
    ----------
    paths : sequence of str, Path or TextSource
    length : int, "auto" or None
    intervals : IntervalSpec
        As `read_classes`.
    is_genome_used : bool
        For something else than these files: its being given needs no word then.

    Returns
    -------
    parts : list of RaggedSequences
        One for each file.
    length : int, "auto" or None
        As given; where there are places, that of all windows.

    Raises
    ------
    InputError
        If a file cannot be used (`FormatError`); among them BED without a genome.
    """
    check_type("intervals", intervals, IntervalSpec)
    length = plain_number(length)
    sources = [path if isinstance(path, TextSource) else TextSource(path) for path in paths]
    if not intervals:
        return [parse_fasta(source) for source in sources], length
    read = [read_bed(source) if is_bed(source.head().splitlines()) else parse_fasta(source) for source in sources]
    places = [part for part in read if isinstance(part, Peaks)]
    if not places and not is_genome_used:
        logger.info("no file is BED: the genome is not needed")
    elif places and not isinstance(length, int):
        lengths = {int(own) for part in read if isinstance(part, RaggedSequences) for own in part.lengths}
        length = lengths.pop() if len(lengths) == 1 else default_length(places[0])
    genome = open_intervals(intervals)[0] if places else None
    parts = []
    for part in read:
        if isinstance(part, Peaks):
            assert genome is not None
            assert isinstance(length, int)
            part = window_sequences(part, genome, intervals, length=length)
        parts.append(part)
    return parts, length


def stream_file(path: str | Path, intervals: IntervalSpec, *, length: int | None = None) -> Iterator[RaggedSequences]:
    """Read one file of sequences of any length in batches, or one of places on a genome at once.

    Parameters
    ----------
    path : str or Path
    intervals : IntervalSpec
    length : int, optional
        Of windows; without it places are taken as they stand, single bases with what is around them.

    Yields
    ------
    RaggedSequences

    Raises
    ------
    InputError
        As `read_files`.
    """
    source = TextSource(path)
    if not (intervals and is_bed(source.head().splitlines())):
        yield from stream_fasta(source)
        return
    peaks = read_bed(source)
    if length is None and (peaks.widths == 1).all():
        length = default_length(peaks)
    yield window_sequences(peaks, *open_intervals(intervals), length=length)


def settle_length(parts: Sequence[RaggedSequences], length: Length, anchor: Anchor) -> LengthRule | None:
    """The rule that gives all files one length; None where they have one already and none was asked for."""
    if length is None:
        return None
    if length != "auto":
        return LengthRule(length, anchor)
    lengths = np.concatenate([part.lengths for part in parts])
    return None if lengths.min() == lengths.max() else LengthRule(int(lengths.max()), anchor)


def _check_class_lengths(parts: list[RaggedSequences]) -> None:
    if len(parts) < 2:
        return
    positive, negative = (part.lengths for part in parts)
    medians = float(np.median(positive)), float(np.median(negative))
    if len(np.unique(positive)) == len(np.unique(negative)) == 1 and medians[0] != medians[1]:
        shorter = min(positive[0], negative[0])
        raise InputError(
            f"{parts[1].source}: the negatives are {negative[0]} bp long, the positives {positive[0]} bp",
            hint=f"Length alone would tell them apart: crop both to {shorter} bp (--length, in training).",
        )
    if abs(medians[0] - medians[1]) > _LENGTH_TOLERANCE * max(medians):
        logger.warning(
            "positives and negatives differ in length (medians %g and %g bp), which gives the labels away: "
            "consider cropping both to %d bp (--length, in training)",
            *medians,
            min(positive.min(), negative.min()),
        )


def _check_masks(parts: list[RaggedSequences]) -> None:
    if len(parts) < 2 or not all(part.masked for part in parts):
        return
    positive, negative = (part.masked for part in parts)
    if abs(positive - negative) > _MASK_TOLERANCE:
        logger.warning(
            "%.0f %% of the letters of the positives are soft-masked repeats, of the negatives %.0f %%: a network may "
            "learn the repeats. Take both from alike places, or look for repeats among the motifs",
            100 * positive,
            100 * negative,
        )


def _fit_known(part: RaggedSequences, rule: LengthRule | None) -> SequenceSet:
    try:
        known, n_dropped = drop_unknown(fit_told(part, rule))
    except InputError as error:
        raise InputError(f"{part.source}: {error.message}", hint=error.hint) from None
    if n_dropped:
        logger.info("%s: %d sequences hold only N and are left out", part.source, n_dropped)
    return known


def fit_told(part: RaggedSequences, rule: LengthRule | None) -> SequenceSet:
    """Give all records of a file their length, and tell what that did to them."""
    sequences = part.fit(rule)
    n = len(sequences)
    logger.info("%s: %d sequence%s of %d bp", part.source, n, "s" * (n != 1), sequences.length)
    if rule is not None:
        n_padded, n_cropped = int((part.lengths < rule.length).sum()), int((part.lengths > rule.length).sum())
        if n_padded or n_cropped:
            logger.info(
                "%s: %d padded with N and %d cropped (anchor: %s)", part.source, n_padded, n_cropped, rule.anchor
            )
    if part.n_ambiguous:
        logger.info("%s: %d IUPAC letters other than ACGTN count as N", part.source, part.n_ambiguous)
    if part.masked > 0:
        logger.info("%s: %.0f %% of the letters are soft-masked, and read as any other", part.source, 100 * part.masked)
    return sequences
