"""`Peaks`: the intervals of a file of regions, with names, scores, strands and summits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import FormatError, quoted
from motifnet.sequences.io.intervals import Bools, Intervals, Ints

Texts = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Peaks(Intervals):
    """Intervals of a file of regions, with the other columns as text; intervals without a strand are on ``+``.

    Parameters
    ----------
    chrom, start, end, is_reverse
        As in `Intervals`.
    center : int64 array of shape (N,)
        Base on which a window is centred: the summit if known, else the midpoint.
    has_summit : bool array of shape (N,)
    name, score, signal, strand : object arrays of shape (N,)
        Text; empty where a line has no such column.
    lines : int64 array of shape (N,)
        1-based line numbers.
    source : str
        File name for messages.
    """

    center: Ints
    has_summit: Bools
    name: Texts
    score: Texts
    signal: Texts
    strand: Texts
    lines: Ints
    source: str

    @classmethod
    def concatenate(cls, sets: Sequence[Peaks]) -> Peaks:
        """Join the peaks of several files, in order."""
        names = [field.name for field in fields(cls) if field.name != "source"]
        columns: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in sets]) for name in names}
        return cls(**columns, source=" and ".join(part.source for part in sets))

    def windows(self, length: int | None) -> Intervals:
        """Windows of this length, with the centre at index ``length // 2``; None: the intervals themselves."""
        if length is None:
            return Intervals(self.chrom, self.start, self.end, self.is_reverse)
        start = self.center - length // 2
        return Intervals(self.chrom, start, start + length, self.is_reverse)

    @property
    def descriptions(self) -> tuple[str, ...]:
        """``name=... score=... signal=...`` per peak, if known: the text that `label_pattern` searches."""
        known = ((key, getattr(self, key)) for key in ("name", "score", "signal"))
        columns = [[f"{key}={text}" if text else "" for text in column] for key, column in known if column.any()]
        return tuple(" ".join(filter(None, texts)) for texts in zip(*columns, strict=True)) or ("",) * len(self)

    def check_strands(self) -> None:
        """Raise FormatError for the first interval without ``+``, ``-`` or ``.`` as its strand."""
        for strand, line in zip(self.strand, self.lines, strict=True):
            if strand not in ("+", "-", "."):
                what = f"{quoted(strand)} is not a strand" if strand else "there is no column of strands"
                hint = "With --stranded, each region needs the strand +, - or a dot (in BED, column 6)."
                raise FormatError(self.source, what, line=int(line), hint=hint)

    def strengths(self) -> NDArray[np.float64] | None:
        """Signals if there are any, else scores, shape (N,); None if all are equal. Raises FormatError if not numbers.

        Missing values (a dot, or NA) are -inf.
        """
        for column in (self.signal, self.score):
            if all(column):
                values = self._numbers(column)
                if (values != values[:1]).any():
                    return values
        return None

    def by_strength(self) -> Ints:
        """Indices of the peaks, strongest first; ties in the order of the file."""
        strengths = self.strengths()
        return np.arange(len(self)) if strengths is None else np.argsort(-strengths, kind="stable")

    def _numbers(self, column: Texts) -> NDArray[np.float64]:
        values = np.array([as_number(text) for text in column], dtype=np.float64)
        wrong = np.flatnonzero(np.isnan(values))
        if len(wrong):
            i = int(wrong[0])
            what = f"peaks cannot be ranked: {quoted(column[i])} is not a number"
            hint = "Peaks are ranked by column 5 (score) of BED, or column 7 (signal) of narrowPeak."
            raise FormatError(self.source, what, line=int(self.lines[i]), hint=hint)
        return values


def as_number(text: str) -> float:
    """A finite number, -inf if it is missing (a dot, or NA), else nan."""
    try:
        # Python also accepts 1_000 and digits of other scripts.
        value = float(text) if text.isascii() and "_" not in text else float("nan")
    except ValueError:
        return float("-inf") if text in (".", "NA") else float("nan")
    return value if abs(value) < float("inf") else float("nan")
