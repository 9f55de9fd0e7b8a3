"""`SequenceSet`: named sequences of equal length, as codes ``(N, L)``; `LengthRule`: how they are cropped or padded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from numbers import Integral
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motifnet.arguments import check_type, convert_numbers, tuple_of
from motifnet.errors import InputError, quoted
from motifnet.html import summary_html, table_html
from motifnet.sequences.alphabet import Codes, Floats, Ints, N, codes_of, decode_codes, reverse_complement
from motifnet.sequences.store import allocate, blocks, fill_blocks, join_texts, release, take_texts

Anchor = Literal["center", "start", "end"]
ANCHORS: tuple[Anchor, ...] = ("center", "start", "end")


@dataclass(frozen=True)
class LengthRule:
    """Crop or pad sequences to one length.

    Parameters
    ----------
    length : int
        In bp. Longer sequences are cropped, shorter ones are padded with N.
    anchor : {"center", "start", "end"}
        Part of a sequence that is kept.
    """

    length: int
    anchor: Anchor = "center"

    def __post_init__(self) -> None:
        convert_numbers(self)
        check_type("length", self.length, int)
        if self.length < 1:
            raise InputError(f"length must be at least 1 bp. Got {self.length} instead")
        if self.anchor not in ANCHORS:
            raise InputError(f"anchor must be one of {', '.join(ANCHORS)}. Got {quoted(self.anchor)} instead")

    def first_kept(self, lengths: Ints) -> Ints:
        """Position of the first base kept in sequences of these lengths; negative if N is added before the start."""
        if self.anchor == "start":
            return 0 * lengths
        return lengths - self.length if self.anchor == "end" else lengths // 2 - self.length // 2


@dataclass(frozen=True, eq=False, repr=False)
class SequenceSet:
    """Named DNA sequences of equal length.

    Parameters
    ----------
    names : sequence of str, of length N
        Names may repeat; sequences are identified by their index.
    codes : uint8 array of shape (N, L)
        0-3 = A, C, G, T; 4 = N. Made read-only.
    rule : LengthRule, optional
        How the records were cropped or padded. A model trained on the set applies it to other sequences.
    lengths : int64 array of shape (N,), optional
        Lengths of the records before the rule was applied.

    Raises
    ------
    InputError
        If the codes have another type or shape, a code is above 4, or the number of names differs.

    Examples
    --------
    >>> sequences = SequenceSet.from_strings(["ACGT", "GGCC", "TTTT"])
    >>> sequences[0], list(sequences[1:]), list(sequences[[2, 0]])
    ('ACGT', ['GGCC', 'TTTT'], ['TTTT', 'ACGT'])
    """

    names: Sequence[str]
    codes: Codes
    rule: LengthRule | None = None
    lengths: Ints | None = None

    def __post_init__(self) -> None:
        codes = np.asarray(self.codes)
        if codes.ndim != 2 or codes.dtype != np.uint8:
            raise InputError(
                f"codes must be a uint8 array of shape (N, L). Got {codes.dtype} {codes.shape} instead",
                hint="Use SequenceSet.from_strings(strings, names) for strings.",
            )
        if len(self.names) != len(codes):
            raise InputError(f"{len(self.names)} names were given for {len(codes)} sequences")
        _check_codes(codes, self.names)
        for field, array in (("codes", codes), ("lengths", self.lengths)):
            if array is not None:
                view = np.asarray(array).view()
                view.flags.writeable = False
                object.__setattr__(self, field, view)

    @classmethod
    def from_strings(cls, sequences: Sequence[str], names: Sequence[str] | None = None) -> SequenceSet:
        """Make a set from strings of equal length; the default names are ``0``, ``1``, ..."""
        codes = codes_of(sequences)
        return cls(tuple(names) if names is not None else tuple(map(str, range(len(codes)))), codes)

    @classmethod
    def concatenate(cls, sets: Sequence[SequenceSet]) -> SequenceSet:
        """Join sets of equal length, in order."""
        sets = tuple_of("sets", sets, SequenceSet)
        lengths = sorted({s.length for s in sets})
        if len(lengths) > 1:
            raise InputError(
                f"cannot join sequences of {' and '.join(map(str, lengths))} bp",
                hint="Read them with one length: read_fasta(path, length=N).",
            )
        has_records = any(s.lengths is not None for s in sets)
        records = np.concatenate([s.record_lengths for s in sets]) if has_records else None
        codes, row = allocate((sum(map(len, sets)), sets[0].length)), 0
        for _, block in chain.from_iterable(blocks(part.codes) for part in sets):
            codes[row : row + len(block)] = block
            row += len(block)
            release(codes)
        return cls(join_texts([s.names for s in sets]), codes, sets[0].rule, records)

    def __len__(self) -> int:
        return len(self.codes)

    def __repr__(self) -> str:
        return f"<SequenceSet: {len(self)} sequences of {self.length} bp>"

    def _repr_html_(self) -> str:
        facts: dict[str, object] = {"sequences": f"{len(self):,}", "length": f"{self.length:,} bp"}
        if len(self) and self.length:
            most = 10_000  # sequences whose composition is shown: more would take long to read
            counts = np.bincount(self.codes[:most].ravel(), minlength=5)
            where = f" (first {most:,})" if len(self) > most else ""
            if n_known := counts[:4].sum():
                facts["GC" + where] = f"{counts[1:3].sum() / n_known:.1%}"
            facts["N" + where] = f"{counts[N] / counts.sum():.1%}"
        if self.rule is not None and self.lengths is not None:
            facts["cropped or padded"] = f"{int((self.lengths != self.length).sum()):,}"
        rows = [(name, decode_codes(codes[:61])) for name, codes in zip(self.names, self.codes[:3], strict=False)]
        return summary_html("SequenceSet", facts, table_html(("name", "sequence"), rows, n_rows=len(self)))

    def __iter__(self) -> Iterator[str]:
        return (decode_codes(row) for _, block in blocks(self.codes) for row in block)

    @property
    def length(self) -> int:
        """Length of every sequence, in bp."""
        return int(self.codes.shape[1])

    @property
    def record_lengths(self) -> Ints:
        """Length of each record before cropping and padding, in bp; shape (N,)."""
        return np.full(len(self), self.length) if self.lengths is None else self.lengths

    @overload
    def __getitem__(self, index: int | np.integer[Any]) -> str: ...
    @overload
    def __getitem__(self, index: slice | Sequence[int] | NDArray[Any]) -> SequenceSet: ...
    def __getitem__(self, index: int | np.integer[Any] | slice | Sequence[int] | NDArray[Any]) -> str | SequenceSet:
        if isinstance(index, Integral):
            return decode_codes(self.codes[index])
        return self.take(index)

    def take(self, index: ArrayLike | slice) -> SequenceSet:
        """Select sequences by indices, a slice or a mask, in that order.

        ``sequences[index]`` is the same; ``sequences[3]`` is one sequence as a string.
        """
        rows = rows_at(len(self), index)
        lengths = None if self.lengths is None else self.lengths[rows]

        def codes_at(part: slice) -> Codes:
            codes: Codes = self.codes[rows[part]]
            release(self.codes)
            return codes

        codes = fill_blocks((len(rows), self.length), codes_at)
        return SequenceSet(take_texts(self.names, rows), codes, self.rule, lengths)

    def in_records(self, sequence: Ints, position: Ints) -> Ints:
        """Convert positions in these sequences to positions in their records: sequence indices, positions ``(n,)``."""
        if self.rule is None or self.lengths is None:
            return position
        return position + self.rule.first_kept(self.lengths)[sequence]

    def reverse_complement(self) -> SequenceSet:
        """Reverse complement of each sequence, with the same names."""
        codes = fill_blocks(self.codes.shape, lambda rows: reverse_complement(self.codes[rows]))
        return SequenceSet(self.names, codes, self.rule)

    def background(self) -> Floats:
        """Fractions of A, C, G and T among the known bases, shape (4,); uniform if there are none."""
        counts = self.base_counts().astype(np.float64)
        return counts / counts.sum() if counts.sum() else np.full(4, 0.25)

    def base_counts(self) -> Ints:
        """Number of A, C, G and T in all sequences, shape (4,)."""
        counts = np.zeros(4, dtype=np.int64)
        for _, block in blocks(self.codes):
            counts += np.bincount(block.ravel(), minlength=5)[:4]
        return counts

    def composition(self) -> Ints:
        """Number of A, C, G and T in each sequence, shape (N, 4)."""
        counts = [np.empty((0, 4), dtype=np.int64)]
        for _, block in blocks(self.codes):
            counts.append(np.stack([(block == base).sum(axis=1) for base in range(4)], axis=1))
        return np.concatenate(counts)

    def gc_content(self, *, if_unknown: float = 0.0) -> Floats:
        """Fraction of G and C among the known bases of each sequence, shape (N,); `if_unknown` if there are none."""
        counts = self.composition()
        known = counts.sum(axis=1)
        return np.where(known > 0, counts[:, 1:3].sum(axis=1) / np.maximum(known, 1), if_unknown)

    def digest(self) -> str:
        """SHA-256 of names and codes, in hexadecimal."""
        digest = hashlib.sha256()
        for name in self.names:
            digest.update(name.encode() + b"\0")
        for _, block in blocks(self.codes):
            digest.update(block.tobytes())
        return digest.hexdigest()

    def strand_digests(self) -> list[str]:
        """SHA-256 of each sequence, in hexadecimal; equal for a sequence and its reverse complement."""
        return [digest.tobytes().hex() for digest in self.strand_hashes()[:, np.newaxis]]

    def strand_hashes(self) -> NDArray[np.bytes_]:
        """`strand_digests` as arrays of 32 bytes, shape (N,), to sort and compare."""
        digests = bytearray()
        for _, block in blocks(self.codes):
            for a, b in zip(block, reverse_complement(block), strict=True):
                digests += hashlib.sha256(min(a.tobytes(), b.tobytes())).digest()
        return np.frombuffer(digests, dtype="S32")


def rows_at(count: int, index: ArrayLike | slice) -> Ints:
    """Rows, of `count`, that a slice, a mask or indices select; raises InputError for another type of index."""
    if isinstance(index, slice):
        return np.arange(count)[index]
    chosen = np.asarray(index)
    if chosen.ndim != 1 or (chosen.size and chosen.dtype.kind not in "iub"):
        raise InputError(
            f"index must be a slice, a list of integers, or a mask. Got {quoted(index)} instead",
            hint="Names may repeat: find their indices in `names`."
            if isinstance(index, str)
            else "Use a list for a single row: [3].",
        )
    return np.arange(count)[chosen if chosen.size else chosen.astype(np.int64)]  # np.asarray([]) has floats


def _check_codes(codes: Codes, names: Sequence[str]) -> None:
    for begin, block in blocks(codes):
        if block.max(initial=0) > N:
            row, position = np.argwhere(block > N)[0]
            raise InputError(
                f"sequence {quoted(names[begin + row])} has code {block[row, position]} at position {position}",
                hint="Codes are 0-3 for A, C, G, T, and 4 for N. Use SequenceSet.from_strings(strings) for strings.",
            )
