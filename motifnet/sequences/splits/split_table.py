"""The split of a model as a file: digests of its training, validation and test sequences."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.errors import FormatError
from motifnet.sequences.dataset import Split
from motifnet.sequences.io.text import TextSource
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.splits.random import PARTS

#: Rows that are converted to or from text at a time.
_ROWS = 100_000
_HINT = "Use the splits.tsv of a model."


class SplitTable:
    """Digests of sequences (`SequenceSet.strand_digests`) and the parts of the split that they are in.

    33 bytes per sequence suffice to recognise the sequences of a model. A sequence in several parts counts for the
    first of train, valid and test.

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
    def read(cls, path: str | Path) -> SplitTable:
        """Read splits.tsv.

        Raises
        ------
        FormatError
            If it is another table, or damaged.
        """
        digests, parts = [], []
        with TextSource(path).text() as handle:
            try:
                for table in pd.read_csv(handle, sep="\t", dtype=str, keep_default_na=False, chunksize=_ROWS):
                    _check_rows(path, table)
                    digests.append(np.frombuffer(bytes.fromhex("".join(table["digest"])), dtype="S32"))
                    parts.append(table["split"].map(PARTS.index).to_numpy(dtype=np.int8))
            except (pd.errors.EmptyDataError, pd.errors.ParserError) as error:
                raise FormatError(path, str(error), hint=_HINT) from None
        return cls(np.concatenate(digests), np.concatenate(parts))


def _check_rows(path: str | Path, table: pd.DataFrame) -> None:
    if table.columns.tolist() != ["digest", "split"]:
        raise FormatError(path, "the columns must be digest and split", hint=_HINT)
    is_damaged = ~(table["digest"].str.fullmatch("[0-9a-f]{64}") & table["split"].isin(PARTS))
    if is_damaged.any():
        line = int(table.index[is_damaged][0]) + 2
        message = f"a row must have a digest of 64 hexadecimal digits and one of {', '.join(PARTS)}"
        raise FormatError(path, message, line=line, hint=_HINT)
