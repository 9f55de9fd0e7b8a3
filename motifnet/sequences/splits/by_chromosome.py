"""Splits that somebody decides: by chromosome, by the table of an earlier split, or by what came with the data.

Whatever decides, sequences of training or validation that belong together with one of a later part (`crosses`) are left
out and counted, so that no part knows another.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import FormatError, InputError
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.input_spec import Fractions, SplitSpec
from motifnet.sequences.io.coordinates import coordinates_of
from motifnet.sequences.io.text import TextSource
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.splits.random import PARTS, assign_groups, crosses

logger = logging.getLogger("motifnet")

#: chr1:100-200 behind a prefix of letters that is no part of the chromosome, such as peak7_chr1:100-200.
_PREFIXED = re.compile(r"(?:.*[^A-Za-z0-9])?(?P<chrom>chr\w+):(?P<start>\d+)-(?P<end>\d+)(?:\([+.-]\))?")


class GenomePlaces(NamedTuple):
    """Where sequences lie, as their names tell it: 0-based, half-open."""

    chrom: NDArray[np.object_]
    start: NDArray[np.int64]
    end: NDArray[np.int64]


def places_of(sequences: SequenceSet) -> GenomePlaces | None:
    """Read places on a genome off the names of sequences, with or without a prefix before "chr".

    Parameters
    ----------
    sequences : SequenceSet of N sequences

    Returns
    -------
    GenomePlaces, or None
        None unless every name holds one.
    """
    found = [_PREFIXED.fullmatch(name) for name in sequences.names]
    matches = [match for match in found if match]
    if matches and len(matches) == len(found):
        start, end = (np.array([int(match[key]) for match in matches], dtype=np.int64) for key in ("start", "end"))
        return GenomePlaces(np.array([match["chrom"] for match in matches], dtype=object), start, end)
    lengths = np.full(len(sequences), sequences.length) if sequences.lengths is None else sequences.lengths
    known = coordinates_of(sequences.names, lengths)
    return None if known is None else GenomePlaces(known.chrom, known.start, known.end)


def divide(data: Dataset, how: SplitSpec, fractions: Fractions, *, seed: int) -> Dataset:
    """The same data with the parts that a `SplitSpec` decides; `Dataset.split` keeps to them.

    Parameters
    ----------
    data : Dataset
    how : SplitSpec
    fractions : Fractions
        What ``split="chromosomes"`` aims at.
    seed : int
        For those.

    Returns
    -------
    Dataset
        With `given`, unless nothing is decided; what would let one part know another is left out.

    Raises
    ------
    InputError
        If names hold no chromosomes, a chromosome is not there, or the data hold a split of their own.
    """
    if not how:
        return data
    if data.given is not None:
        raise InputError("the labels hold a split already", hint="Leave out its column, or the options of the split.")
    if how.splits is not None:
        return keep_split(data, _from_table(data.sequences, how.splits))
    places = places_of(data.sequences)
    if places is None:
        raise InputError(
            "names without coordinates tell no chromosomes: the first is " + repr(data.sequences.names[0]),
            hint="Name sequences like chr1:100-200 (bedtools getfasta), or split at random.",
        )
    given = _by_chromosome(places.chrom, how)
    if how.split == "chromosomes":
        _choose_chromosomes(data, places.chrom, given, fractions, seed=seed)
    by_part = {part: sorted(set(places.chrom[given == part])) for part in PARTS[1:]}
    told = "; ".join(f"{part}: {' '.join(chromosomes)}" for part, chromosomes in by_part.items() if chromosomes)
    logger.info("chromosomes set aside: %s", told)
    return keep_split(data, given)


def keep_split(data: Dataset, given: NDArray[np.str_]) -> Dataset:
    """The same data with its parts; what would let one part know another is left out, and counted.

    Parameters
    ----------
    data : Dataset of N sequences
    given : str array of shape (N,)
        "train", "valid" or "test".

    Returns
    -------
    Dataset
    """
    lost = crosses(data.groups, given)
    if lost.any():
        logger.info(
            "%d sequences of training or validation belong together with sequences of a later part (copies, either "
            "strand, a shared 40-mer) and are left out",
            lost.sum(),
        )
    counts = Counter(given[~lost].tolist())
    logger.info("the split is given: %s", ", ".join(f"{counts[part]} {part}" for part in PARTS))
    whole = Dataset(data.sequences, data.labels, data.tasks, data.groups, given)
    return whole.take(~lost)


def _by_chromosome(chrom: NDArray[np.object_], how: SplitSpec) -> NDArray[np.str_]:
    there = sorted(set(chrom))
    for name in (*how.test_chromosomes, *how.valid_chromosomes):
        if name not in there:
            shown = " ".join(there[:8]) + (" ..." if len(there) > 8 else "")
            raise InputError(f"no sequence lies on chromosome {name!r}", hint=f"Chromosomes of the names: {shown}.")
    given = np.full(len(chrom), "train", dtype="<U5")
    given[np.isin(chrom, how.valid_chromosomes)] = "valid"
    given[np.isin(chrom, how.test_chromosomes)] = "test"
    return given


def _choose_chromosomes(
    data: Dataset, chrom: NDArray[np.object_], given: NDArray[np.str_], fractions: Fractions, *, seed: int
) -> None:
    """Fill in the parts that no chromosome was named for, in place."""
    valid, test = (0.0 if (given == part).any() else share for part, share in zip(PARTS[1:], fractions, strict=True))
    rows = np.flatnonzero(given == "train")
    if not valid + test or not len(rows):
        return
    whole = replace(data.take(rows), groups=np.unique(chrom[rows].astype(str), return_inverse=True)[1])
    parts = assign_groups(whole, fractions=(1 - valid - test, valid, test), seed=seed)
    given[rows] = np.array(PARTS)[parts]


def _from_table(sequences: SequenceSet, path: Path) -> NDArray[np.str_]:
    """The part of each sequence by its digest."""
    if path.is_dir():
        path = next((p for p in (path / "splits.tsv", path / "model" / "splits.tsv") if p.exists()), path)
    with TextSource(path).text() as handle:
        table = _read_columns(path, handle.read().splitlines())
    known = [table.get(digest) for digest in sequences.strand_digests()]
    n_unknown = known.count(None)
    if n_unknown == len(known):
        raise InputError(
            f"{path}: knows none of these {len(known)} sequences",
            hint="It is of other sequences, or of these at another --length.",
        )
    if n_unknown:
        logger.info("%s: does not know %d sequences, which are trained on", path, n_unknown)
    return np.array([part or "train" for part in known])


def _read_columns(path: Path, lines: Sequence[str]) -> dict[str, str]:
    rows = [line.split("\t") for line in lines if line]
    if not rows or rows[0] != ["digest", "split"]:
        raise FormatError(
            path, "a table of a split has the columns digest and split", hint="See splits.tsv of a model."
        )
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != 2 or row[1] not in PARTS:
            raise FormatError(path, f"the part is none of {', '.join(PARTS)}", line=number)
    return dict(rows[1:])
