"""Effects of changes in random sequence: the null model of p- and q-values of variants.

The alleles of each variant are inserted into dinucleotide shuffles of the bases around it. The effects of all changes
of one kind (the lengths of both alleles) are pooled. The test compares the size of an effect with that of effects in
random sequence; it does not test function.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from motifnet.interpretation.variants.alleles import Alleles, flank_lengths
from motifnet.interpretation.variants.effects import ScoredAlleles, score_contexts, window_length
from motifnet.interpretation.variants.mean_scores import MeanScores
from motifnet.sequences.alphabet import Codes
from motifnet.sequences.negatives.shuffled import shuffle
from motifnet.sequences.ragged import RaggedSequences
from motifnet.sequences.sequence_set import LengthRule

Floats = NDArray[np.float64]
Kind = tuple[int, int]
#: Changes that are scored together.
_BLOCK = 1024


class NullEffects:
    """Pooled effects of changes in shuffled sequences.

    Parameters
    ----------
    model : MeanScores
    n : int
        Changes per variant.
    seed : int
    """

    def __init__(self, model: MeanScores, n: int, *, seed: int) -> None:
        self._model, self._n, self._seed = model, n, seed
        self._pools: dict[Kind, list[Floats]] = {}

    def add(self, scored: ScoredAlleles) -> None:
        """Score changes of the same kinds as a block of variants."""
        size = max(1, _BLOCK // self._n)
        for begin in range(0, len(scored.alleles), size):
            own = scored.alleles[begin : begin + size]
            shape = 2, len(own) * self._n, len(self._model.spec.tasks)
            ref, alt = self._model.calls(partial(self._scores, own), shape)
            for alleles, effects in zip(own, np.split(alt - ref, len(own)), strict=True):
                self._pools.setdefault(alleles.kind, []).append(np.abs(effects))

    def _scores(self, alleles: Sequence[Alleles]) -> Floats:
        """Scores ``(2, n, T)`` of both alleles in the shuffled flanks of each."""
        changes = _in_shuffled_flanks(alleles, window_length(self._model), self._n, self._seed)
        return score_contexts(self._model, [[each] for each in changes])

    def p_values(self, kinds: Sequence[Kind], effects: Floats) -> Floats:
        """P-values ``(n, T)`` of effects ``(n, T)`` of variants of these kinds; all variants must have been added.

        ``(r + 1) / (m + 1)``, where r of the m changes of the kind have an effect of at least the same size.
        """
        p_values = np.ones(effects.shape)
        for kind in set(kinds):
            rows = np.array([own == kind for own in kinds])
            pool = np.sort(np.concatenate(self._pools[kind]), axis=0)
            for t, sizes in enumerate(np.abs(effects[rows]).T):
                n_larger = len(pool) - np.searchsorted(pool[:, t], sizes, side="left")
                p_values[rows, t] = (n_larger + 1) / (len(pool) + 1)
        return p_values


def q_values(p_values: Floats) -> Floats:
    """False discovery rates (Benjamini-Hochberg) of p-values ``(n, T)`` over the n rows."""
    return np.asarray(false_discovery_control(p_values, axis=0)) if len(p_values) else p_values


def _in_shuffled_flanks(alleles: Sequence[Alleles], length: int, n: int, seed: int) -> list[Alleles]:
    """Each pair of alleles in `n` shuffles of its flanks: all shuffles of the first pair, then those of the next."""
    flanks = [_flanks(own, length) for own in alleles]
    joined = [np.concatenate(own) for own in flanks for _ in range(n)]
    offsets = np.concatenate([[0], np.cumsum([len(own) for own in joined])])
    ragged = RaggedSequences([""] * len(joined), np.concatenate(joined), offsets, 0, "flanks")
    shuffled = shuffle(ragged.fit(LengthRule(max(map(len, joined)), "start")), seed=seed).codes
    changes = []
    for index, own in enumerate(alleles):
        left, right = flanks[index]
        for row in shuffled[index * n : (index + 1) * n]:
            changes.append(own._replace(left=row[: len(left)], right=row[len(left) : len(left) + len(right)]))
    return changes


def _flanks(own: Alleles, length: int) -> tuple[Codes, Codes]:
    """The bases that windows need before and after alleles; repeated if there are fewer."""
    before, after = flank_lengths(*own.kind, length)
    left, right = own.left[max(len(own.left) - before, 0) :], own.right[:after]
    missing = before + after - len(left) - len(right)
    both = np.concatenate([left, right])
    more = np.resize(both if len(both) else np.full(1, 4, dtype=np.uint8), missing)
    both = np.concatenate([both, more])
    return both[:before], both[before:]
