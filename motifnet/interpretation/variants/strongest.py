"""The alleles with the largest effects, selected while all alleles are scored; only these are kept in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.interpretation.variants.alleles import Alleles
from motifnet.interpretation.variants.effects import ScoredAlleles
from motifnet.sequences.io.variant_records import Variant

#: Alleles of a block, and their table.
Table = tuple[list[Variant], pd.DataFrame]


class VariantEffect(NamedTuple):
    """Effect of an allele on one task.

    Parameters
    ----------
    variant : Variant
    alleles : Alleles
        With the bases around them.
    contexts : list of Alleles
        The same in each background.
    task : str
    scores : float64 array of shape (2,)
        Score of each allele.
    number : int
        Index of the allele among all scored alleles.
    """

    variant: Variant
    alleles: Alleles
    contexts: list[Alleles]
    task: str
    scores: NDArray[np.float64]
    number: int = 0

    @property
    def effect(self) -> float:
        """Score of the alternative allele minus that of the reference allele."""
        return float(self.scores[1] - self.scores[0])


def strongest_effect(scored: ScoredAlleles, row: int, tasks: Mapping[int, str], *, first: int = 0) -> VariantEffect:
    """The largest effect, in either direction, of an allele of a block on some tasks, by their index."""
    task = max(tasks, key=lambda t: abs(scored.alt[row, t] - scored.ref[row, t]))
    scores = np.array([scored.ref[row, task], scored.alt[row, task]])
    own = scored.variants[row], scored.alleles[row], scored.contexts[row]
    return VariantEffect(*own, tasks[task], scores, first + row)


@dataclass
class StrongestEffects:
    """The `n` largest effects on some tasks, in either direction; among equal effects, the first ones.

    Parameters
    ----------
    n : int
    tasks : mapping of int to str
        Tasks by their index; the effect of an allele is its largest effect on these tasks.
    keeps_table : bool
        Keep the whole table, for a heat map.

    Attributes
    ----------
    found : list of VariantEffect
        In descending order.
    rows : dict of int to Series
        Rows of the table of effects, by the index of the allele.
    tables : list of DataFrame
        The parts of the table, if it is kept.
    n_scored : int
    """

    n: int
    tasks: Mapping[int, str]
    keeps_table: bool = False
    found: list[VariantEffect] = field(default_factory=list)
    rows: dict[int, pd.Series] = field(default_factory=dict)
    tables: list[pd.DataFrame] = field(default_factory=list)
    n_scored: int = 0

    def watch(self, blocks: Iterable[ScoredAlleles]) -> Iterator[ScoredAlleles]:
        """Yield the blocks of `stream_effects`, and keep the largest effects."""
        for scored in blocks:
            self._add(scored)
            yield scored

    def collect(
        self, tables: Iterable[tuple[list[Variant], pd.DataFrame]]
    ) -> Iterator[tuple[list[Variant], pd.DataFrame]]:
        """Yield the tables of `stream_tables`, and keep the rows of the largest effects."""
        first = 0
        for variants, table in tables:
            kept = {one.number for one in self.found}
            own = {index: table.iloc[index - first] for index in kept if first <= index < first + len(table)}
            self.rows = {index: row for index, row in self.rows.items() if index in kept} | own
            first += len(table)
            if self.keeps_table:
                self.tables.append(table)
            yield variants, table

    def _add(self, scored: ScoredAlleles) -> None:
        largest = np.abs(scored.effect[:, list(self.tasks)]).max(axis=1, initial=0.0)
        best = np.argsort(-largest, kind="stable")[: self.n].tolist()
        self.found += [strongest_effect(scored, row, self.tasks, first=self.n_scored) for row in best]
        self.found = sorted(self.found, key=lambda one: (-abs(one.effect), one.number))[: self.n]
        self.n_scored += len(scored.variants)
