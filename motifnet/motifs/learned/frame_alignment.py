"""Words of a deep unit, shifted until they agree: a max-pool does not tell where in its window a word stands.

Each word may move by up to `slack` bp, as far as the pools allow, to where it is most likely under the matrix that all
words make together; word and matrix are fitted in turn until neither changes (hard expectation maximisation, as in
Lawrence & Reilly 1990, Proteins 7:41, with one site a word). Nothing here is random.
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

_ROUNDS = 100
#: Fits begin at the words as they stand, and at each of so many k-mers that are found most beyond expectation.
_SEEDS = 3
_SEED_LENGTH = 6
#: More words than this say nothing new about the matrix.
_MOST_WORDS = 5000


def align_words(frames: Codes, slack: int, background: Floats) -> Floats:
    """The matrix that words agree on when each may move by up to `slack` bp.

    Parameters
    ----------
    frames : uint8 array of shape (n, slack + w + slack)
        At least one word of w letters, each with what stands on both sides of it; N beyond the ends of the sequence.
        A word never moves onto an N.
    slack : int
    background : float array of shape (4,)

    Returns
    -------
    float64 array of shape (4, w)
        Log odds to the background, in nats; `best_shifts` moves words to it. Of several fits (see `_SEEDS`) the one
        under which the words are most likely.
    """
    words = _Words.of(frames[:: -(-len(frames) // _MOST_WORDS)], frames.shape[1] - 2 * slack)
    fits = [_converged(words, start, background) for start in _starts(words, background)]
    return max(fits, key=lambda fit: fit[0])[1]


def best_shifts(frames: Codes, matrix: Floats) -> Ints:
    """How far to the right each word moves to score best: int64 ``(n,)``; of equals the least move, then to the left.

    Parameters
    ----------
    frames : uint8 array of shape (n, slack + w + slack)
    matrix : float array of shape (4, w)
        From `align_words`.
    """
    words = _Words.of(frames, matrix.shape[1])
    return words.shifts[words.scores(matrix).argmax(axis=1)]


@dataclass(frozen=True, eq=False)
class _Words:
    """Words of `width` letters in their frames, and the shifts that each may take, the preferred ones first."""

    frames: Codes
    width: int
    shifts: Ints

    @classmethod
    def of(cls, frames: Codes, width: int) -> _Words:
        slack = (frames.shape[1] - width) // 2
        # In order of preference, since `argmax` takes the first of equals.
        return cls(frames, width, np.array(sorted(range(-slack, slack + 1), key=lambda shift: (abs(shift), shift))))

    @property
    def slack(self) -> int:
        return len(self.shifts) // 2

    def scores(self, matrix: Floats) -> Floats:
        """Score of each word at each shift, ``(n, shifts)``; minus infinity where it would hold an N."""
        by_letter = np.concatenate([matrix, np.full((1, self.width), -np.inf)])
        columns = np.arange(self.width)
        starts = self.shifts + self.slack
        scores = [by_letter[self.frames[:, start : start + self.width], columns].sum(axis=1) for start in starts]
        # Rounded: two shifts that score the same must do so to the bit.
        return np.round(np.stack(scores, axis=1), 9)

    def count(self, rows: Ints, shifts: Ints) -> Floats:
        """PFM of the words in these rows at these shifts: ``(4, w)``."""
        columns = np.arange(self.width)
        words = self.frames[rows[:, np.newaxis], self.slack + shifts[:, np.newaxis] + columns]
        counts = np.bincount((words.astype(np.int64) * self.width + columns).ravel(), minlength=5 * self.width)
        return counts.reshape(5, self.width)[:4].astype(np.float64)


def _converged(words: _Words, matrix: Floats, background: Floats) -> tuple[float, Floats]:
    """Shift and count in turn until the counts stay: the log likelihood ratio of the words, and the matrix."""
    total, rows = -np.inf, np.arange(len(words.frames))
    for _ in range(_ROUNDS):
        scores = words.scores(matrix)
        total = float(scores.max(axis=1).sum())
        renewed = _log_odds(words.count(rows, words.shifts[scores.argmax(axis=1)]), background)
        if np.array_equal(renewed, matrix):
            break
        matrix = renewed
    return total, matrix


def _starts(words: _Words, background: Floats) -> Iterator[Floats]:
    """Matrices to start from: the words as they stand, and those that hold a frequent k-mer, lined up at it."""
    rows = np.arange(len(words.frames))
    yield _log_odds(words.count(rows, np.zeros_like(rows)), background)
    k = min(_SEED_LENGTH, words.width)
    numbers = np.where(has_no_n(words.frames, k), kmer_codes(words.frames, k), -1)
    for kmer in _frequent_kmers(numbers, k, background):
        rows, places = np.nonzero(numbers == kmer)
        rows, first = np.unique(rows, return_index=True)
        shifts = places[first] - int(np.median(places[first]))
        is_near = np.abs(shifts) <= words.slack
        yield _log_odds(words.count(rows[is_near], shifts[is_near]), background)


def _frequent_kmers(numbers: Ints, k: int, background: Floats) -> Ints:
    """The k-mers in most words beyond expectation, by count x log(count / expected); ties in order of their numbers."""
    n_words, n_places = numbers.shape
    rows, places = np.nonzero(numbers >= 0)
    once = np.unique(rows * 4**k + numbers[rows, places])
    counts = np.bincount(once % 4**k, minlength=4**k)
    expected = n_words * n_places * np.prod(background[kmer_bases(np.arange(4**k), k)], axis=1)
    gain = counts * np.log(np.maximum(counts, 1) / expected)
    return np.argsort(-gain, kind="stable")[:_SEEDS]


def _log_odds(counts: Floats, background: Floats) -> Floats:
    """In nats, with one site of background as the pseudocount, so that no base is impossible."""
    smoothed = counts + background[:, np.newaxis]
    return np.log(smoothed / smoothed.sum(axis=0) / background[:, np.newaxis])
