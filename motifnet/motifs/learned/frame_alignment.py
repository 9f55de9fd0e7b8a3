"""Alignment of the sites of a unit after max-pools, whose score does not determine where in its window a site is.

Each site may move by up to `slack` bp, as far as the pools allow, to where it is most likely under the matrix of all
sites; sites and matrix are fitted in turn until neither changes (hard expectation maximisation, as in Lawrence & Reilly
1990, Proteins 7:41, with one site per frame). Deterministic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motifnet.motifs.motif import Floats
from motifnet.sequences.alphabet import Codes
from motifnet.sequences.kmers import has_no_n, kmer_bases, kmer_codes

Ints = NDArray[np.int64]


def align_frames(frames: Codes, slack: int, background: Floats, *, max_frames: int = 5000) -> Floats:
    """Fit the matrix of sites that may each move by up to `slack` bp.

    Parameters
    ----------
    frames : uint8 array of shape (n, slack + w + slack)
        At least one site of w bp, each with its flanks; N beyond the ends of the sequence. No site contains N.
    slack : int
    background : float array of shape (4,)
    max_frames : int
        Frames used to fit the matrix, at most.

    Returns
    -------
    float64 array of shape (4, w)
        Log odds to the background, in nats: of fits from several starts, the one with the most likely sites.
    """
    sample = _Frames.of(frames[:: -(-len(frames) // max_frames)], frames.shape[1] - 2 * slack)
    fits = [_fit(sample, start, background) for start in _starts(sample, background)]
    return max(fits, key=lambda fit: fit[0])[1]


def best_shifts(frames: Codes, matrix: Floats) -> Ints:
    """Shift to the right at which each site scores best: int64 ``(n,)``; of equals the smallest, then to the left.

    Parameters
    ----------
    frames : uint8 array of shape (n, slack + w + slack)
    matrix : float array of shape (4, w)
        See `align_frames`.
    """
    all_frames = _Frames.of(frames, matrix.shape[1])
    return all_frames.shifts[all_frames.scores(matrix).argmax(axis=1)]


@dataclass(frozen=True, eq=False)
class _Frames:
    """Sites of `width` bp in their frames, and the shifts that each may take, in order of preference."""

    codes: Codes
    width: int
    shifts: Ints

    @classmethod
    def of(cls, codes: Codes, width: int) -> _Frames:
        slack = (codes.shape[1] - width) // 2
        return cls(codes, width, np.array(sorted(range(-slack, slack + 1), key=lambda shift: (abs(shift), shift))))

    @property
    def slack(self) -> int:
        return len(self.shifts) // 2

    def scores(self, matrix: Floats) -> Floats:
        """Score of each site at each shift, ``(n, shifts)``; minus infinity if the site would contain N."""
        by_base = np.concatenate([matrix, np.full((1, self.width), -np.inf)])
        columns = np.arange(self.width)
        starts = self.shifts + self.slack
        scores = [by_base[self.codes[:, start : start + self.width], columns].sum(axis=1) for start in starts]
        # Rounded: equal sites must have equal scores at every shift.
        return np.round(np.stack(scores, axis=1), 9)

    def count(self, rows: Ints, shifts: Ints) -> Floats:
        """PFM of the sites in these rows at these shifts: ``(4, w)``."""
        columns = np.arange(self.width)
        sites = self.codes[rows[:, np.newaxis], self.slack + shifts[:, np.newaxis] + columns]
        counts = np.bincount((sites.astype(np.int64) * self.width + columns).ravel(), minlength=5 * self.width)
        return counts.reshape(5, self.width)[:4].astype(np.float64)


def _fit(frames: _Frames, matrix: Floats, background: Floats, rounds: int = 100) -> tuple[float, Floats]:
    """Shift and count in turn until the counts are stable: the log likelihood ratio of the sites, and the matrix."""
    total, rows = -np.inf, np.arange(len(frames.codes))
    for _ in range(rounds):
        scores = frames.scores(matrix)
        total = float(scores.max(axis=1).sum())
        updated = _log_odds(frames.count(rows, frames.shifts[scores.argmax(axis=1)]), background)
        if np.array_equal(updated, matrix):
            break
        matrix = updated
    return total, matrix


def _starts(frames: _Frames, background: Floats) -> Iterator[Floats]:
    """Initial matrices: of the unmoved sites, and of sites aligned at each of the three most enriched 6-mers."""
    rows = np.arange(len(frames.codes))
    yield _log_odds(frames.count(rows, np.zeros_like(rows)), background)
    k = min(6, frames.width)
    kmers = np.where(has_no_n(frames.codes, k), kmer_codes(frames.codes, k), -1)
    for kmer in _enriched_kmers(kmers, k, background)[:3]:
        rows, positions = np.nonzero(kmers == kmer)
        rows, first = np.unique(rows, return_index=True)
        shifts = positions[first] - int(np.median(positions[first]))
        is_near = np.abs(shifts) <= frames.slack
        yield _log_odds(frames.count(rows[is_near], shifts[is_near]), background)


def _enriched_kmers(kmers: Ints, k: int, background: Floats) -> Ints:
    """The k-mers by enrichment, count x log(count / expected number of frames); ties by their codes."""
    n_frames, n_positions = kmers.shape
    rows, positions = np.nonzero(kmers >= 0)
    once = np.unique(rows * 4**k + kmers[rows, positions])
    counts = np.bincount(once % 4**k, minlength=4**k)
    expected = n_frames * n_positions * np.prod(background[kmer_bases(np.arange(4**k), k)], axis=1)
    gain = counts * np.log(np.maximum(counts, 1) / expected)
    return np.argsort(-gain, kind="stable")


def _log_odds(counts: Floats, background: Floats) -> Floats:
    """In nats, with one site of background as the pseudocount."""
    smoothed = counts + background[:, np.newaxis]
    return np.log(smoothed / smoothed.sum(axis=0) / background[:, np.newaxis])
