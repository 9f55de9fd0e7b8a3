"""`read_data`: sequences with labels, from positives and negatives, a table, headers, or a file per class.

Sequences that cannot be used are removed, and their number is logged (logger ``motifnet``).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motifnet.arguments import check_integer, check_type, plain_number, tuple_of
from motifnet.errors import InputError, counted, listed
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.input_spec import DataSpec, IntervalSpec, LabelSpec, NegativeSpec
from motifnet.sequences.io.intervals import parse_coordinates
from motifnet.sequences.io.label_table import labels_from_headers, labels_from_table
from motifnet.sequences.io.reader import GenomeLike, Length, fit_records, open_intervals, read_records, read_union
from motifnet.sequences.io.text import TextSource
from motifnet.sequences.negatives.gc_matched import sample_pool, sample_windows
from motifnet.sequences.negatives.shuffled import shuffled_negatives
from motifnet.sequences.ragged import RaggedSequences
from motifnet.sequences.sequence_set import Anchor, LengthRule, SequenceSet
from motifnet.sequences.splits.partition import keep_split

logger = logging.getLogger("motifnet")

#: Relative difference of median lengths, and difference of soft-masked fractions, above which a warning is logged.
_TOLERANCE = 0.1


def read_data(
    sequences: str | Path,
    negatives: str | Path | NegativeSpec | None = None,
    *,
    labels: str | Path | LabelSpec | None = None,
    tasks: Sequence[str] = (),
    genome: GenomeLike | None = None,
    length: Length = "auto",
    anchor: Anchor = "center",
    seed: int = 0,
) -> Dataset:
    """Read sequences with their labels.

    Without labels, `sequences` are positives. By default negatives are dinucleotide-shuffled positives (Altschul &
    Erickson 1985).

    Parameters
    ----------
    sequences : str or Path
        FASTA, or BED or narrowPeak with a genome; plain or gzip; ``-`` is standard input.
    negatives : str, Path or NegativeSpec, optional
        File of negatives, or how to generate them.
    labels : str, Path or LabelSpec, optional
        Table of labels: names of the sequences in the first column, one task per further column: numbers, or a pair of
        words such as TRUE and FALSE or bound and unbound. A column "split" is kept. Use a `LabelSpec` to read labels
        from headers (numbers, or names of classes), or from one file per class (a sequence in two files has both
        labels; for BED files see `label_union`).
    tasks : sequence of str, optional
        Columns of the table to read, or names of the classes; default: all. Without labels, the name of the task.
    genome : str, Path, Genome or IntervalSpec, optional
        FASTA of the genome of BED files, or a spec with filters for their intervals. `IntervalSpec` has also the option
        to remove gaps in FASTA files: ``IntervalSpec(ungap=True)``.
    length : int, "auto" or None
        Crop or pad (with N) to this length in bp. "auto" pads to the longest sequence; None requires equal lengths.
        Without an int, windows of BED files are as long as the sequences of FASTA files in the input if these have
        equal lengths, else as in `read_intervals`.
    anchor : {"center", "start", "end"}
        Part of a sequence that is kept when it is cropped or padded.
    seed : int
        Seed for negatives that are shuffled or sampled.

    Returns
    -------
    Dataset
        In the order of the files, negatives last. Sequences of only N and sequences without a label are removed. If
        the table has a column "split", sequences of training or validation that are related to sequences of a later
        part are removed as well.

    Raises
    ------
    InputError
        If a file cannot be used (`FormatError`), a class is empty, the classes have different lengths, no sequence has
        a label, or a task is missing.

    Examples
    --------
    ``read_data("peaks.fa")``

    ``read_data("peaks.fa", "background.fa", length=200)``

    ``read_data("peaks.narrowPeak", genome="hg38.fa", length=200)``

    ``read_data("enhancers.fa", labels="activity.tsv", tasks=["Dev", "Hk"])``
    """
    check_integer("seed", seed, at_least=0)
    spec = _label_spec(labels, tuple_of("tasks", tasks, str))
    length = plain_number(length)
    if not spec:
        if len(tasks) > 1:
            raise InputError(f"{len(tasks)} tasks were given for one class", hint="Add labels, or give one task.")
        task = next(iter(tasks), "positive")
        return _read_classes(sequences, negatives, task, length=length, anchor=anchor, genome=genome, seed=seed)
    if negatives is not None:
        raise InputError("negatives cannot be combined with other labels", hint="Remove one of them.")
    if spec.class_files:
        return _read_class_files([sequences, *spec.class_files], spec.tasks, length, anchor, genome)
    (records,), rule = read_records([sequences], length=length, anchor=anchor, genome=genome)
    return _label(records, rule, spec)


def read_files(files: DataSpec, *, seed: int = 0) -> Dataset:
    """`read_data` with the files and options of a spec, without its test files."""
    return read_data(
        files.sequences,
        files.negatives,
        labels=files.labels,
        genome=files.intervals,
        length=files.length,
        anchor=files.anchor,
        seed=seed,
    )


def read_unchecked(
    positives: str | Path,
    negatives: str | Path | None = None,
    *,
    length: Length = "auto",
    genome: GenomeLike | None = None,
) -> Dataset:
    """Read positives, and negatives if given, for `check_data`: without checks and without removing sequences.

    Without negatives the dataset has no task.
    """
    paths = [path for path in (positives, negatives) if path is not None]
    parts, rule = read_records(paths, length=length, genome=genome)
    sequences = SequenceSet.concatenate([fit_records(part, rule) for part in parts])
    if negatives is None:
        return Dataset.from_labels(sequences, np.empty((len(sequences), 0)), ())
    labels = np.repeat([1.0, 0.0], [len(part) for part in parts])
    return Dataset.from_labels(sequences, labels, ("positive",))


def _label_spec(labels: str | Path | LabelSpec | None, tasks: tuple[str, ...]) -> LabelSpec:
    if labels is None:
        return LabelSpec()
    check_type("labels", labels, str, Path, LabelSpec)
    if not isinstance(labels, LabelSpec):
        return LabelSpec(labels=Path(labels), tasks=tasks)
    return replace(labels, tasks=tasks) if labels and tasks else labels


def _label(records: RaggedSequences, rule: LengthRule | None, spec: LabelSpec) -> Dataset:
    """Label records from a table or from their headers."""
    if spec.label_pattern:
        values, tasks, given = *labels_from_headers(records, spec), None
    else:
        values, tasks, given = labels_from_table(records, spec)
    sequences = fit_records(records, rule)
    has_label, is_known = ~np.isnan(values).all(axis=1), _has_known_bases(sequences)
    if not has_label.any():
        raise InputError(
            f"{spec.labels or records.source}: no sequence of {records.source} has a label",
            hint=f"All labels of {listed(tasks)} are unknown (empty, NA or nan). Choose other tasks with --tasks.",
        )
    if n_unlabelled := int((~has_label).sum()):
        logger.info("%s: removed %s without a label", records.source, counted(n_unlabelled, "sequence"))
    kept = has_label & is_known
    _report_unknown(records.source, int(has_label.sum()), int(kept.sum()))
    data = Dataset.from_labels(sequences.take(kept), values[kept], tasks)
    return data if given is None else keep_split(data, given[kept])


def _has_known_bases(sequences: SequenceSet) -> NDArray[np.bool_]:
    return np.asarray(sequences.composition().any(axis=1))


def _report_unknown(source: str, n_total: int, n_known: int) -> None:
    """Log how many sequences of only N are removed; raise InputError if these are all."""
    if not n_known:
        raise InputError(
            f"{source}: all usable sequences consist of N",
            hint="Take the sequences from a genome that is not hard-masked (N for repeats).",
        )
    if n_known < n_total:
        logger.info("%s: removed %s of only N", source, counted(n_total - n_known, "sequence"))


def _read_classes(
    positives: str | Path,
    negatives: str | Path | NegativeSpec | None,
    task: str,
    *,
    length: Length,
    anchor: Anchor,
    genome: GenomeLike | None,
    seed: int,
) -> Dataset:
    source = NegativeSpec() if negatives is None else negatives
    spec = source if isinstance(source, NegativeSpec) else None
    second = spec.pool if spec is not None else str(source)
    parts, rule = read_records(
        [positives] if second is None else [positives, second],
        length=length,
        anchor=anchor,
        genome=genome,
        is_genome_used=spec is not None and spec.negatives_from == "genome",
    )
    if not isinstance(length, int):
        _check_lengths(parts)
    _check_soft_masks(parts)
    classes = [_fit_known(part, rule) for part in parts]
    if spec is not None:
        pool = classes[1] if len(classes) > 1 else None
        made, shuffle_of = _make_negatives(classes[0], pool, spec, genome, seed=seed, source=parts[0].source)
        return Dataset.from_classes(classes[0], made, task=task, shuffle_of=shuffle_of)
    if n_both := len(np.intersect1d(classes[0].strand_hashes(), classes[1].strand_hashes())):
        are_in = f"{counted(n_both, 'sequence')} {'is' if n_both == 1 else 'are'} in"
        logger.warning("%s both positives and negatives", are_in)
    return Dataset.from_classes(*classes, task=task)


def _fit_known(records: RaggedSequences, rule: LengthRule | None) -> SequenceSet:
    """Sequences of one length, without those of only N."""
    sequences = fit_records(records, rule)
    known = _has_known_bases(sequences)
    _report_unknown(records.source, len(sequences), int(known.sum()))
    return sequences if known.all() else sequences.take(known)


def _make_negatives(
    positives: SequenceSet,
    pool: SequenceSet | None,
    spec: NegativeSpec,
    genome: GenomeLike | None,
    *,
    seed: int,
    source: str,
) -> tuple[SequenceSet, NDArray[np.int64] | None]:
    """Negatives from a pool, a genome or shuffles; for shuffles, also the row of the positive of each."""
    if pool is not None:
        return sample_pool(positives, pool, ratio=spec.ratio, seed=seed, source=spec.negatives_from), None
    if spec.negatives_from == "genome":
        coordinates = parse_coordinates(positives.names, positives.record_lengths, allow_prefix=True)
        if coordinates is None:
            logger.warning("the names of the positives have no coordinates: negatives may overlap them")
        opened, _ = open_intervals(IntervalSpec() if genome is None else genome)
        windows = sample_windows(positives, opened, avoid=coordinates, margin=spec.margin, ratio=spec.ratio, seed=seed)
        return windows, None
    shuffled, rows = shuffled_negatives(positives, k=spec.kmer, ratio=spec.ratio, seed=seed)
    kmer = {1: "base", 2: "dinucleotide", 3: "trinucleotide"}[spec.kmer]
    if not len(shuffled):
        raise InputError(
            f"{source}: too repetitive to shuffle: no other sequences have the same {kmer} counts",
            hint="Give a file of negatives.",
        )
    logger.info("no negatives given: shuffled the positives, with their %s counts (%d)", kmer, len(shuffled))
    if n_lost := spec.ratio * len(positives) - len(shuffled):
        logger.info("%s removed: the positives are too repetitive", counted(n_lost, "shuffle"))
    return shuffled, rows


def _check_lengths(parts: Sequence[RaggedSequences]) -> None:
    """Raise InputError if each class has one length, but not the same; warn if their median lengths differ."""
    if len(parts) < 2:
        return
    lengths = [np.unique(part.lengths) for part in parts]
    shortest = min(int(own[0]) for own in lengths)
    if all(len(own) == 1 for own in lengths) and len({int(own[0]) for own in lengths}) > 1:
        each = ", ".join(f"{part.source} {own[0]} bp" for part, own in zip(parts, lengths, strict=True))
        raise InputError(
            f"the length of a sequence determines its class: {each}",
            hint=f"Crop all classes to one length, e.g. --length {shortest} in training.",
        )
    medians = [float(np.median(part.lengths)) for part in parts]
    if max(medians) - min(medians) > _TOLERANCE * max(medians):
        logger.warning(
            "classes differ in length (medians %s bp): a network may learn the lengths. Crop all classes to one "
            "length, e.g. --length %d in training",
            *(" and ".join(f"{median:g}" for median in medians), shortest),
        )


def _check_soft_masks(parts: Sequence[RaggedSequences]) -> None:
    """Warn if the classes differ in the fraction of soft-masked repeats."""
    masked = [part.masked for part in parts]
    if len(parts) == 2 and all(masked) and abs(masked[0] - masked[1]) > _TOLERANCE:
        logger.warning(
            "%.0f %% of the bases of the positives are soft-masked repeats, but %.0f %% of the negatives: a network "
            "may learn the repeats. Take both classes from similar regions, or check the motifs for repeats",
            *(100 * fraction for fraction in masked),
        )


def _read_class_files(
    paths: Sequence[str | Path], names: tuple[str, ...], length: Length, anchor: Anchor, genome: GenomeLike | None
) -> Dataset:
    tasks = names or tuple(Path(str(path).removesuffix(".gz")).stem for path in paths)
    if len(tasks) != len(paths) or len(set(tasks)) < len(tasks):
        raise InputError(
            f"{len(paths)} class files require {len(paths)} different tasks. Got {listed(tasks)} instead",
            hint="Name the tasks with --tasks.",
        )
    sources = [TextSource(path) for path in paths]
    if union := read_union(sources, length=length, genome=genome):
        records, values, size = union
        sequences = fit_records(records, LengthRule(size, anchor))
    else:
        parts, rule = read_records(sources, length=length, anchor=anchor, genome=genome)
        if not isinstance(length, int):
            _check_lengths(parts)
        sequences, values = _merge_classes([fit_records(part, rule) for part in parts])
    kept = _has_known_bases(sequences)
    _report_unknown(" and ".join(source.name for source in sources), len(kept), int(kept.sum()))
    return Dataset.from_labels(sequences.take(kept), values[kept], tasks)


def _merge_classes(classes: Sequence[SequenceSet]) -> tuple[SequenceSet, NDArray[np.float32]]:
    """The n different sequences of T classes, and their labels ``(n, T)``."""
    hashes = [sequences.strand_hashes() for sequences in classes]
    new = [~np.isin(own, np.concatenate([own[:0], *hashes[:i]])) for i, own in enumerate(hashes)]
    merged = SequenceSet.concatenate([part.take(rows) for part, rows in zip(classes, new, strict=True)])
    own = merged.strand_hashes()
    values = np.stack([np.isin(own, members) for members in hashes], axis=1).astype(np.float32)
    if n_shared := int((values.sum(axis=1) > 1).sum()):
        logger.info("%d sequences are in more than one file and have the label of each", n_shared)
    return merged, values
