"""`split_data`: splits at random, by chromosome, or like an earlier split; `SplitTable`: the split of a model."""

from __future__ import annotations

import logging
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.arguments import check_integer, check_type
from motifnet.errors import FormatError, InputError, quoted
from motifnet.sequences.dataset import Dataset, Split
from motifnet.sequences.input_spec import SplitSpec
from motifnet.sequences.io.intervals import Ints, parse_coordinates
from motifnet.sequences.io.text import TextSource
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.splits.random import PARTS, complete_parts, remove_related

logger = logging.getLogger("motifnet")

_DIGEST = re.compile("[0-9a-f]{64}")
#: Rows of splits.tsv that are converted to text at a time.
_ROWS = 100_000
_TABLE_HINT = "Use the splits.tsv of a model."


def split_data(data: Dataset, splits: SplitSpec = SplitSpec(), *, seed: int = 0) -> Split:
    """Split a dataset into training, validation and test sequences.

    The parts are those of the `SplitSpec`: chromosomes or the table of an earlier split; else those that were read with
    the data (`Dataset.given`); else groups of related sequences at random (`Dataset.split`). Sequences of training or
    validation that are related to sequences of a later part are removed, and their number is logged.

    Parameters
    ----------
    data : Dataset of N sequences
    splits : SplitSpec
        Its fractions are ignored for parts that are given. Set ``test_fraction=0`` if test sequences are in a file of
        their own (``split.with_test(test)``).
    seed : int
        Same seed, same data: same split.

    Returns
    -------
    Split
        Its `rows` are rows of `data`.

    Raises
    ------
    InputError
        If sequence names have no coordinates, no sequence is on a chromosome of the spec, the table has none of the
        sequences (`FormatError`: or another format), the data were read with a split, the fractions are invalid, or a
        part would lack a class of a task.
    """
    check_type("data", data, Dataset)
    check_type("splits", splits, SplitSpec)
    check_integer("seed", seed, at_least=0)
    fractions = (splits.valid_fraction, splits.test_fraction)
    if splits.is_random:
        return data.split(valid=fractions[0], test=fractions[1], seed=seed)
    if data.given is not None:
        raise InputError(
            "the labels have a split column, and the options define another split",
            hint="Remove the column, or the options.",
        )
    if splits.table is not None:
        part = _parts_of_table(data.sequences, splits.table)
    else:
        part = _parts_by_chromosome(data, splits, fractions, seed)
    part = remove_related(part, data.groups)
    part = complete_parts(part, data.labels, data.groups, fractions=fractions, seed=seed, tasks=data.tasks)
    split = Split.from_parts(data, part)
    logger.info("split: %s", ", ".join(f"{len(own)} {name}" for name, own in zip(PARTS, split, strict=True)))
    return split


def keep_split(data: Dataset, given: NDArray[np.str_]) -> Dataset:
    """Give data the split that was read with them, without sequences related to those of a later part.

    Parameters
    ----------
    data : Dataset of N sequences
    given : str array of shape (N,)
        "train", "valid" or "test".
    """
    whole = replace(data, given=given)
    kept = remove_related(np.array([PARTS.index(name) for name in given.tolist()], dtype=np.int64), data.groups) >= 0
    counts = Counter(given[kept].tolist())
    logger.info("split read with the data: %s", ", ".join(f"{counts[name]} {name}" for name in PARTS))
    return whole.take(kept)


def _parts_by_chromosome(data: Dataset, splits: SplitSpec, fractions: tuple[float, float], seed: int) -> Ints:
    """Part of each sequence by its chromosome; with ``split="chromosomes"`` chromosomes are assigned as groups."""
    coordinates = parse_coordinates(data.sequences.names, data.sequences.record_lengths, allow_prefix=True)
    if coordinates is None:
        raise InputError(
            f"cannot split by chromosome: sequence name {quoted(data.sequences.names[0])} has no coordinates",
            hint="Name sequences like chr1:100-200 (bedtools getfasta), or split at random.",
        )
    present, number = np.unique(coordinates.chrom.astype(str), return_inverse=True)
    for name in (*splits.test_chromosomes, *splits.valid_chromosomes):
        if name not in present:
            shown = " ".join(present[:8]) + (" ..." if len(present) > 8 else "")
            raise InputError(f"no sequence is on chromosome {quoted(name)}", hint=f"Chromosomes in the names: {shown}.")
    part = np.zeros(len(data), dtype=np.int64)
    part[np.isin(coordinates.chrom, splits.valid_chromosomes)] = 1
    part[np.isin(coordinates.chrom, splits.test_chromosomes)] = 2
    if splits.split == "chromosomes":
        part = complete_parts(part, data.labels, number, fractions=fractions, seed=seed, tasks=data.tasks)
    chosen = {name: " ".join(present[np.unique(number[part == k])]) for k, name in enumerate(PARTS[1:], start=1)}
    logger.info("chromosomes of %s", "; ".join(f"{name}: {names}" for name, names in chosen.items() if names))
    return part


def _parts_of_table(sequences: SequenceSet, path: Path) -> Ints:
    """Part of each sequence by its digest; sequences that the table lacks are training sequences."""
    if path.is_dir():
        path = next((p for p in (path / "splits.tsv", path / "model" / "splits.tsv") if p.exists()), path)
    part = SplitTable.read(path).parts_of(sequences)
    n_missing = int((part == "").sum())
    if n_missing == len(part):
        raise InputError(
            f"{path}: contains none of these {len(part)} sequences",
            hint="Use the table of a model trained on these sequences, with the same --length.",
        )
    if n_missing:
        logger.info("%s: lacks %d sequences; they are used for training", path, n_missing)
    return np.array([PARTS.index(name or "train") for name in part.tolist()], dtype=np.int64)


class SplitTable:
    """The split of a model as a file (splits.tsv): digests of the sequences, to recognise them in other files.

    A sequence in several parts counts for the first of train, valid and test.

    Parameters
    ----------
    digests : bytes array of shape (n,), dtype S32
        As `SequenceSet.strand_hashes`.
    parts : int8 array of shape (n,)
        Index into `PARTS`.
    """

    def __init__(self, digests: NDArray[np.bytes_], parts: NDArray[np.int8]) -> None:
        order = np.lexsort((parts, digests))
        digests, parts = digests[order], parts[order]
        is_first = np.ones(len(digests), dtype=np.bool_)
        is_first[1:] = digests[1:] != digests[:-1]
        self._digests, self._parts = digests[is_first], parts[is_first]

    @classmethod
    def empty(cls) -> SplitTable:
        """A table without sequences."""
        return cls(np.empty(0, "S32"), np.empty(0, np.int8))

    @classmethod
    def of(cls, split: Split) -> SplitTable:
        """Make a table from the sequences of a split."""
        digests = [part.sequences.strand_hashes() for part in split]
        return cls(np.concatenate(digests), np.repeat(np.arange(3, dtype=np.int8), [len(own) for own in digests]))

    def joined(self, other: SplitTable) -> SplitTable:
        """The sequences of both tables."""
        digests, parts = ([self._digests, other._digests], [self._parts, other._parts])
        return SplitTable(np.concatenate(digests), np.concatenate(parts))

    def parts_of(self, sequences: SequenceSet) -> NDArray[np.str_]:
        """Part of each sequence: "train", "valid" or "test", or "" if it is not in the table; shape (N,)."""
        digests = sequences.strand_hashes()
        if not len(self._digests):
            return np.full(len(digests), "")
        row = np.minimum(np.searchsorted(self._digests, digests), len(self._digests) - 1)
        return np.where(self._digests[row] == digests, np.array(PARTS)[self._parts[row]], "")

    def counts(self) -> dict[str, int]:
        """Number of sequences in each part."""
        return dict(zip(PARTS, np.bincount(self._parts, minlength=len(PARTS)).tolist(), strict=True))

    def write(self, path: Path) -> None:
        """Write splits.tsv."""
        for begin in range(0, max(len(self._digests), 1), _ROWS):
            rows = slice(begin, begin + _ROWS)
            digests = [digest.tobytes().hex() for digest in self._digests[rows, np.newaxis]]
            table = pd.DataFrame({"digest": digests, "split": np.array(PARTS)[self._parts[rows]]})
            table.to_csv(path, sep="\t", index=False, header=begin == 0, mode="a" if begin else "w")

    @classmethod
    def read(cls, path: str | Path) -> SplitTable:
        """Read splits.tsv; raises FormatError if it is another table, or damaged."""
        digests, parts = bytearray(), bytearray()
        source = TextSource(path)
        source.head()  # raises errors for binary and empty files
        for number, line in source.lines():
            digest, _, part = line.rstrip("\r\n").partition("\t")
            if number == 1:
                if (digest, part) != ("digest", "split"):
                    raise FormatError(path, "the columns must be digest and split", hint=_TABLE_HINT)
                continue
            if not _DIGEST.fullmatch(digest) or part not in PARTS:
                what = f"a row must have a digest of 64 hexadecimal digits and one of {', '.join(PARTS)}"
                raise FormatError(path, what, line=number, hint=_TABLE_HINT)
            digests += bytes.fromhex(digest)
            parts.append(PARTS.index(part))
        return cls(np.frombuffer(digests, dtype="S32"), np.frombuffer(parts, dtype=np.int8))
