"""`RaggedSequences`: sequences of any lengths, concatenated in one array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import InputError
from motifnet.sequences.alphabet import Codes, N, encode_strings
from motifnet.sequences.sequence_set import LengthRule, SequenceSet
from motifnet.sequences.store import fill_blocks, release


@dataclass(frozen=True, eq=False)
class RaggedSequences:
    """Sequences of any lengths, concatenated in one array.

    Parameters
    ----------
    names : sequence of str, of length N
    flat : uint8 array of shape (total length,)
        Codes of all records. Made read-only.
    offsets : int64 array of shape (N + 1,)
        Record ``i`` is ``flat[offsets[i]:offsets[i + 1]]``. Made read-only.
    n_ambiguous : int
        Number of IUPAC codes other than N that were read as N.
    source : str
        File name for messages.
    headers : sequence of str, of length N, optional
        Whole header lines.
    n_lower : int
        Number of bases in lower case: repeats, in soft-masked genomes.
    """

    names: Sequence[str]
    flat: Codes
    offsets: NDArray[np.int64]
    n_ambiguous: int
    source: str
    headers: Sequence[str] = ()
    n_lower: int = 0

    def __post_init__(self) -> None:
        for field in ("flat", "offsets"):
            array = np.asarray(getattr(self, field)).view()
            array.flags.writeable = False
            object.__setattr__(self, field, array)

    @classmethod
    def from_strings(cls, strings: Sequence[str], names: Sequence[str] | None = None) -> RaggedSequences:
        """Encode strings of any lengths, named 0, 1, ... by default; raises SequenceError for an invalid letter."""
        rows, n_ambiguous = encode_strings(strings)
        offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
        flat = np.concatenate([np.empty(0, dtype=np.uint8), *rows])
        own_names = tuple(names) if names is not None else tuple(map(str, range(len(strings))))
        return cls(own_names, flat, offsets, n_ambiguous, "sequences")

    def __len__(self) -> int:
        return len(self.names)

    @property
    def masked(self) -> float:
        """Fraction of soft-masked bases; 0 if 99 % or more are in lower case, which then has no meaning."""
        fraction = self.n_lower / max(len(self.flat), 1)
        return fraction if fraction < 0.99 else 0.0

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Length of each record in bp, shape (N,)."""
        return np.diff(self.offsets)

    def fit(self, rule: LengthRule | None) -> SequenceSet:
        """Crop or pad (with N) all sequences to one length, with the start, end or middle base of each in its place.

        The middle base has index ``length // 2``. Without a rule, raises InputError if the lengths differ.

        >>> ragged = RaggedSequences.from_strings(["ACGTA", "CG"], ["a", "b"])
        >>> [list(ragged.fit(LengthRule(3, anchor))) for anchor in ("center", "start", "end")]
        [['CGT', 'CGN'], ['ACG', 'CGN'], ['GTA', 'NCG']]
        """
        lengths = self.lengths
        if rule is None:
            if len(lengths) and lengths.min() != lengths.max():
                raise InputError(
                    f"{self.source}: sequences are {lengths.min()} to {lengths.max()} bp long",
                    hint="Set one length: length=N in Python, or --length N (or auto) in training.",
                )
            codes = self.flat.reshape(len(self), -1) if len(self) else np.empty((0, 0), np.uint8)
            return SequenceSet(self.names, codes)
        codes = fill_blocks((len(self), rule.length), lambda rows: self._fitted(rows, rule))
        return SequenceSet(self.names, codes, rule, lengths)

    def _fitted(self, rows: slice, rule: LengthRule) -> Codes:
        lengths, starts = np.diff(self.offsets[rows.start : rows.stop + 1]), self.offsets[rows]
        codes = np.full((len(lengths), rule.length), N, dtype=np.uint8)
        first = rule.first_kept(lengths)
        begin = np.maximum(first, 0)
        end = np.minimum(first + rule.length, lengths)
        for row, offset, kept, start in zip(codes, begin - first, end - begin, starts + begin, strict=True):
            row[offset : offset + kept] = self.flat[start : start + kept]
        release(self.flat)
        return codes
