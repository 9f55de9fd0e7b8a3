"""Whether words are of one motif or plainly of two: a mixture of two PPMs, fitted by expectation-maximisation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from motifnet.motifs.alignment import likeness
from motifnet.motifs.learned.sites import count_bases
from motifnet.motifs.motif import Floats
from motifnet.sequences.alphabet import Codes

_ROUNDS = 15
#: Likeness (see `likeness`) below which two motifs are plainly different words.
UNLIKE = 0.5
#: Of the words, that the smaller part holds at least.
_LEAST_SHARE = 0.2
Mask = NDArray[np.bool_]


def two_words(words: Codes, *, background: Floats, min_sites: int, limit: float = UNLIKE) -> list[Mask]:
    """Divide words into those of two motifs, when the two are unlike.

    Two PPMs are fitted (after MEME's mixture: Bailey & Elkan 1994, ISMB 2:28), from a start at the first principal
    component. They are two words when the two, counted apart, are less alike than `limit`.

    Parameters
    ----------
    words : uint8 array of shape (n, w)
        Aligned; 4 = N counts for nothing.
    background : float array of shape (4,)
        One pseudo-letter a column is drawn from it.
    min_sites : int
        Words that each part needs at least.
    limit : float
        Likeness, as they lie: the same word at two places of the frame is two words too.

    Returns
    -------
    list of bool array of shape (n,)
        One mask, all True, or two that exclude each other, the larger part first.
    """
    whole = [np.ones(len(words), dtype=np.bool_)]
    least = max(min_sites, int(np.ceil(_LEAST_SHARE * len(words))))
    if len(words) < 2 * least:
        return whole
    first = _fit(words)
    if min(first.sum(), (~first).sum()) < least:
        return whole
    parts = sorted([first, ~first], key=lambda part: -int(part.sum()))
    halves = [count_bases(words[part]) + background[:, np.newaxis] for part in parts]
    return parts if likeness(*halves) < limit else whole


def _fit(words: Codes) -> Mask:
    """Which words are of the first of two PPMs."""
    one_hot = (words[:, np.newaxis, :] == np.arange(4)[:, np.newaxis]).reshape(len(words), -1).astype(np.float64)
    centred = one_hot - one_hot.mean(axis=0)
    axis = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    score = centred @ axis
    share = (score > 0).astype(np.float64)
    for _ in range(_ROUNDS):
        odds = _log_odds(one_hot, share)
        updated = 1 / (1 + np.exp(-np.clip(odds, -500, 500)))
        is_settled = np.abs(updated - share).max() < 1e-4
        share = updated
        if is_settled or not 0 < share.sum() < len(share):
            break
    return np.asarray(share > 0.5, dtype=np.bool_)


def _log_odds(one_hot: Floats, share: Floats) -> Floats:
    """Log posterior odds of the first PPM over the second, given how much each word belongs to the first."""
    logs = []
    for weight in (share, 1 - share):
        counts = (weight @ one_hot).reshape(4, -1) + 1.0
        logs.append(one_hot @ np.log(counts / counts.sum(axis=0)).ravel() + np.log(weight.sum() + 1))
    odds: Floats = logs[0] - logs[1]
    return odds
