"""Whether sites are of one motif or of two: a mixture of two PPMs, fitted by expectation maximisation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from motifnet.motifs.alignment import column_similarity
from motifnet.motifs.learned.sites import count_bases
from motifnet.motifs.motif import Floats
from motifnet.sequences.alphabet import Codes

Mask = NDArray[np.bool_]


def split_mixture(
    sites: Codes, *, background: Floats, min_sites: int, limit: float = 0.5, min_fraction: float = 0.2
) -> list[Mask]:
    """Split sites into those of two motifs if the two are different.

    Two PPMs are fitted (after MEME's mixture: Bailey & Elkan 1994, ISMB 2:28), starting from the sign of the first
    principal component. The sites are of two motifs if the PFMs of the two parts are less similar than `limit`.

    Parameters
    ----------
    sites : uint8 array of shape (n, w)
        Aligned; 4 = N is not counted.
    background : float array of shape (4,)
        Distribution of one pseudocount per column.
    min_sites : int
        Sites in each part, at least.
    limit : float
        Similarity (`column_similarity`): one motif at two positions of the frame counts as two motifs.
    min_fraction : float
        Fraction of the sites in the smaller part, at least.

    Returns
    -------
    list of bool array of shape (n,)
        One mask, all True, or two complementary ones, the larger part first.
    """
    whole = [np.ones(len(sites), dtype=np.bool_)]
    smallest = max(min_sites, int(np.ceil(min_fraction * len(sites))))
    if len(sites) < 2 * smallest:
        return whole
    first = _fit(sites)
    if min(first.sum(), (~first).sum()) < smallest:
        return whole
    parts = sorted([first, ~first], key=lambda part: -int(part.sum()))
    halves = [count_bases(sites[part]) + background[:, np.newaxis] for part in parts]
    return parts if column_similarity(*halves) < limit else whole


def _fit(sites: Codes, rounds: int = 15) -> Mask:
    """Which sites are of the first of two PPMs."""
    one_hot = (sites[:, np.newaxis, :] == np.arange(4)[:, np.newaxis]).reshape(len(sites), -1).astype(np.float64)
    centred = one_hot - one_hot.mean(axis=0)
    axis = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    score = centred @ axis
    posterior = (score > 0).astype(np.float64)
    for _ in range(rounds):
        odds = _log_odds(one_hot, posterior)
        updated = 1 / (1 + np.exp(-np.clip(odds, -500, 500)))
        has_converged = np.abs(updated - posterior).max() < 1e-4
        posterior = updated
        if has_converged or not 0 < posterior.sum() < len(posterior):
            break
    return np.asarray(posterior > 0.5, dtype=np.bool_)


def _log_odds(one_hot: Floats, posterior: Floats) -> Floats:
    """Log posterior odds of the first PPM over the second, given the posterior of the first for each site."""
    logs = []
    for weight in (posterior, 1 - posterior):
        counts = (weight @ one_hot).reshape(4, -1) + 1.0
        logs.append(one_hot @ np.log(counts / counts.sum(axis=0)).ravel() + np.log(weight.sum() + 1))
    odds: Floats = logs[0] - logs[1]
    return odds
