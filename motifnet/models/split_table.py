"""Digests of the training, validation and test sequences of a model: 33 bytes per sequence in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.sequences.dataset import Split
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.splits.random import PARTS

#: Rows that are converted to text at a time.
_ROWS = 100_000
_UNKNOWN = len(PARTS)


class SplitTable(Mapping[str, str]):
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
        keys, parts = digests[order], parts[order]
        first = np.ones(len(keys), dtype=np.bool_)
        first[1:] = keys[1:] != keys[:-1]
        self._keys, self._parts = keys[first], parts[first]

    @classmethod
    def of(cls, **sequences: SequenceSet) -> SplitTable:
        """Make a table from the sequences of each part: ``SplitTable.of(train=..., valid=...)``."""
        hashes = {part: each.strand_hashes() for part, each in sequences.items()}
        parts = [np.full(len(own), PARTS.index(part), dtype=np.int8) for part, own in hashes.items()]
        return cls(np.concatenate([_NONE, *hashes.values()]), np.concatenate([np.empty(0, np.int8), *parts]))

    @classmethod
    def convert(cls, splits: Split | Mapping[str, str]) -> SplitTable:
        """Make a table from a split, or from a mapping of hexadecimal digests to parts."""
        if isinstance(splits, SplitTable):
            return splits
        if isinstance(splits, Split):
            return cls.of(train=splits.train.sequences, valid=splits.valid.sequences, test=splits.test.sequences)
        return cls(_from_hex(list(splits)), np.array([PARTS.index(part) for part in splits.values()], dtype=np.int8))

    def joined(self, other: SplitTable) -> SplitTable:
        """The sequences of both tables."""
        return SplitTable(np.concatenate([self._keys, other._keys]), np.concatenate([self._parts, other._parts]))

    def parts_of(self, sequences: SequenceSet) -> NDArray[np.str_]:
        """ "train", "valid" or "test" for each sequence, or "" if it is not in the table: shape (N,)."""
        return np.array([*PARTS, ""])[self._find(sequences.strand_hashes())]

    def counts(self) -> dict[str, int]:
        """Number of sequences in each part."""
        numbers = np.bincount(self._parts, minlength=len(PARTS))
        return {part: int(number) for part, number in zip(PARTS, numbers, strict=True)}

    def _find(self, keys: NDArray[np.bytes_]) -> NDArray[np.int8]:
        if not len(self._keys):
            return np.full(len(keys), _UNKNOWN, dtype=np.int8)
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[at] == keys, self._parts[at], np.int8(_UNKNOWN))

    def __getitem__(self, digest: str) -> str:
        part = int(self._find(_from_hex([digest]))[0])
        if part == _UNKNOWN:
            raise KeyError(digest)
        return PARTS[part]

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        for begin in range(0, len(self), _ROWS):
            yield from self._hex(begin)

    def _hex(self, begin: int) -> list[str]:
        return [key.tobytes().hex() for key in self._keys[begin : begin + _ROWS, np.newaxis]]

    def write(self, path: Path) -> None:
        """Write splits.tsv."""
        for begin in range(0, max(len(self), 1), _ROWS):
            parts = np.array(PARTS)[self._parts[begin : begin + _ROWS]]
            table = pd.DataFrame({"digest": self._hex(begin), "split": parts})
            table.to_csv(path, sep="\t", index=False, header=begin == 0, mode="a" if begin else "w")

    @classmethod
    def read(cls, path: Path) -> SplitTable:
        """Read splits.tsv.

        Raises
        ------
        ValueError, KeyError
            If the table is damaged.
        """
        digests, parts = [_NONE], [np.empty(0, np.int8)]
        with pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, chunksize=_ROWS) as tables:
            for table in tables:
                digests.append(_from_hex(table["digest"].tolist()))
                parts.append(np.array([PARTS.index(part) for part in table["split"]], dtype=np.int8))
        return cls(np.concatenate(digests), np.concatenate(parts))


_NONE = np.empty(0, dtype="S32")


def _from_hex(digests: list[str]) -> NDArray[np.bytes_]:
    if any(len(digest) != 64 for digest in digests):
        raise ValueError("a digest has 64 hexadecimal digits")
    return np.frombuffer(bytes.fromhex("".join(digests)), dtype="S32")
