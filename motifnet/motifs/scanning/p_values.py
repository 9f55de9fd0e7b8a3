"""P-values of log-odds scores as FIMO defines them: exact, for scores scaled to integers, under independent bases.

The PWM of a motif (pseudocounts in proportion to the background, 0.1 sites by default as in FIMO) is scaled so that its
smallest entry becomes 0 and its largest at most 1000, and rounded. The distribution of the sum over the columns is then
computed column by column (Staden 1989, CABIOS 5:89; Grant, Bailey & Noble 2011, Bioinformatics 27:1017). Scores are
told in bits, scaled back: within half a step a column of what the PWM itself gives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import InputError
from motifnet.motifs.motif import Floats, Motif

#: Sites added to each column, in proportion to the background: FIMO's default.
PSEUDOCOUNT = 0.1
#: Steps between the smallest and the largest entry of a PWM: FIMO's, since MEME Suite 5.
_RANGE = 1000


@dataclass(frozen=True, eq=False)
class IntegerMatrix:
    """A PWM in whole steps, and the chance of each score.

    Parameters
    ----------
    steps : int64 array of shape (4, w)
        At least 0; the integer score of a window is the sum over its letters.
    scale : float
        Steps a bit.
    lowest : float
        Bits of the integer score 0.
    tail : float64 array of shape (highest score + 1,)
        ``tail[s]`` is the probability of a score of at least ``s`` in independent letters of the background.
    """

    steps: NDArray[np.int64]
    scale: float
    lowest: float
    tail: Floats

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.steps.shape[1])

    def bits(self, scores: NDArray[np.integer]) -> Floats:
        """Integer scores in bits."""
        return np.asarray(scores) / self.scale + self.lowest

    def cutoff(self, threshold: float) -> int:
        """The lowest integer score whose p-value is at most `threshold`; past the end when there is none."""
        return int(np.searchsorted(-self.tail, -threshold))

    def reverse_complement(self) -> NDArray[np.int64]:
        """The steps for the other strand."""
        return self.steps[::-1, ::-1]


def integer_matrix(motif: Motif, *, pseudocount: float = PSEUDOCOUNT) -> IntegerMatrix:
    """Scale a motif's PWM to integers and compute the distribution of its scores.

    Parameters
    ----------
    motif : Motif
        Its background is the null model: averaged over the strands, one table serves both.
    pseudocount : float
        See `Motif.pwm`; positive, since a base never seen would score minus infinity.

    Raises
    ------
    InputError
        If the pseudocount is not positive.
    """
    if not pseudocount > 0:
        raise InputError(
            f"pseudocount must be positive for p-values. Got {pseudocount} instead",
            hint=f"A base never seen would score minus infinity; FIMO adds {PSEUDOCOUNT}.",
        )
    pwm = motif.pwm(pseudocount)
    smallest, largest = float(pwm.min()), float(pwm.max())
    # A matrix of equal entries has no range: every window scores 0, with p = 1.
    scale = _RANGE / (largest - smallest) if largest - smallest > 1e-9 else 1.0
    if scale >= 1:
        scale = float(np.floor(scale))
    steps = np.rint((pwm - smallest) * scale).astype(np.int64)
    return IntegerMatrix(steps, scale, smallest * motif.width, _tail(steps, motif.background))


def _tail(steps: NDArray[np.int64], background: Floats) -> Floats:
    """``P(score >= s)`` for every s from 0 to the highest, summed from the top: small values keep their digits."""
    chance = np.ones(1)
    for column in steps.T:
        longer = np.zeros(len(chance) + int(column.max()))
        for step, share in zip(column, background, strict=True):
            longer[step : step + len(chance)] += share * chance
        chance = longer
    tail: Floats = np.minimum(chance[::-1].cumsum()[::-1], 1.0)
    return tail


def q_values(tail: Floats, histogram: NDArray[np.int64]) -> Floats:
    """Benjamini & Hochberg's q-value of each integer score, from the scores of all windows.

    Parameters
    ----------
    tail : float64 array of shape (S,)
        P-value of each score.
    histogram : int64 array of shape (S,)
        How many windows (of both strands, if both were looked at) had each score: all that were tested, not those
        that were kept.

    Returns
    -------
    float64 array of shape (S,)
        The smallest false discovery rate at which a hit of that score is accepted (Benjamini & Hochberg 1995, J R Stat
        Soc B 57:289), with no estimate of the share of true nulls.
    """
    n_at_least = histogram[::-1].cumsum()[::-1]
    rates = np.full(len(tail), np.inf)
    seen = histogram > 0
    rates[seen] = tail[seen] * n_at_least[0] / n_at_least[seen]
    return np.minimum(np.minimum.accumulate(rates), 1.0)
