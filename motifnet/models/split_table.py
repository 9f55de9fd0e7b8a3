"""Digests of the training, validation and test sequences of a model: 33 bytes per sequence in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.sequences.dataset import Split
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.splits.random import PARTS

#: Rows that are converted to or from text at a time.
_ROWS = 100_000


class SplitTable:
    """Digests of sequences (`SequenceSet.strand_digests`) and the parts of the split that they are in.

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
    def of(cls, split: Split) -> SplitTable:
        """Make a table from the sequences of a split."""
        digests = [part.sequences.strand_hashes() for part in split]
        return cls(np.concatenate(digests), np.repeat(np.arange(3, dtype=np.int8), [len(own) for own in digests]))

    def joined(self, other: SplitTable) -> SplitTable:
        """The sequences of both tables."""
        digests, parts = ([self._digests, other._digests], [self._parts, other._parts])
        return SplitTable(np.concatenate(digests), np.concatenate(parts))

    def parts_of(self, sequences: SequenceSet) -> NDArray[np.str_]:
        """ "train", "valid" or "test" for each sequence, or "" if it is not in the table: shape (N,)."""
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
    def read(cls, path: Path) -> SplitTable:
        """Read splits.tsv.

        Raises
        ------
        ValueError, KeyError
            If the table is damaged.
        """
        with pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, chunksize=_ROWS) as chunks:
            pieces = [(_digests(chunk["digest"]), chunk["split"].map(PARTS.index)) for chunk in chunks]
        digests, parts = zip(*pieces, strict=True)
        return cls(np.concatenate(digests), np.concatenate(parts).astype(np.int8))


def _digests(texts: pd.Series) -> NDArray[np.bytes_]:
    if (texts.str.len() != 64).any():
        raise ValueError("a digest has 64 hexadecimal digits")
    return np.frombuffer(bytes.fromhex("".join(texts)), dtype="S32")
