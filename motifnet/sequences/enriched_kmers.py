"""Enriched words as starting points for filters: count, choose the strongest, align what looks like it, mask, repeat.

A word is an index in base 4, A = 0 ... T = 3; windows with N, and windows that are masked, are `4 ** k`. On two strands
a word and its reverse complement are one, under the smaller index.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from motifnet.sequences.alphabet import Codes, N, reverse_complement

#: Letters of a word, and the z-score below which it is no more than chance. Of the 2,080 words some pass it by chance
#: too: as one of many starting points they do no harm, and they get few filters.
WORD_LENGTH = 6
LOWEST_Z = 3.0
#: Words are counted in so many letters of sequence at most, drawn at random.
_LETTERS = 1_000_000
_PSEUDOCOUNT = 5.0

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class _Words(NamedTuple):
    """All words of k letters, and one place more for "no word": tables of ``4 ** k + 1``."""

    reverse: Ints
    canonical: Ints

    @classmethod
    def of_length(cls, k: int, is_double_stranded: bool) -> _Words:
        own = np.arange(4**k + 1)
        letters = own[:-1, np.newaxis] // _places(k) % 4
        reverse = np.append((3 - letters[:, ::-1]) @ _places(k), 4**k)
        return cls(reverse, np.minimum(own, reverse)) if is_double_stranded else cls(np.full_like(own, 4**k), own)


def enriched_words(
    codes: Codes,
    labels: NDArray[np.floating],
    *,
    width: int,
    at_most: int,
    is_double_stranded: bool = True,
    seed: int = 0,
) -> tuple[Floats, Floats]:
    """Log odds of the words that go with labels, the strongest first; tasks take turns.

    The word whose presence goes best with a task's label is chosen; it and all words one letter away are found in the
    sequences above the mean of the label, and the windows of `width` around them are counted, as in the seeds of STREME
    (Bailey 2021, Bioinformatics 37:2834). What was found is masked, so that weaker words get their turn, until no word
    reaches `LOWEST_Z`.

    Parameters
    ----------
    codes : uint8 array of shape (N, L)
    labels : float array of shape (N, T)
        Classes, values or counts; unknown ones (NaN) count for nothing.
    width : int
        Columns around each word, which stands in their middle; at least `WORD_LENGTH`.
    at_most : int
        Words wanted.
    is_double_stranded : bool
        Whether a word and its reverse complement are one.
    seed : int
        Decides which sequences are looked at where there are very many.

    Returns
    -------
    log_odds : float64 array of shape (n, 4, width), n from 0 to `at_most`
        Against the letters of the sequences; the mean of each column is 0.
    z : float64 array of shape (n,)
        How well each word goes with its task's label, in standard errors.
    """
    codes, labels = _sample(codes, labels, seed)
    letters = np.bincount(codes.ravel(), minlength=N + 1)[:N] + 1.0
    background = (letters + letters[::-1] if is_double_stranded else letters) / letters.sum()
    background /= background.sum()
    words = _Words.of_length(WORD_LENGTH, is_double_stranded)
    here, scores = _words_of(codes), _standardised(labels)
    open_tasks = list(range(labels.shape[1]))
    found: list[Floats] = []
    strengths: list[float] = []
    while open_tasks and len(found) < at_most:
        task = open_tasks.pop(0)
        z = _enrichment(words.canonical[here], scores[:, task])
        best = int(z.argmax())
        if z[best] < LOWEST_Z:
            continue
        open_tasks.append(task)
        is_near = _neighbours(best)
        is_forward = is_near[here]
        is_reverse = is_near[words.reverse[here]] & ~is_forward
        windows = _windows(codes, is_forward, is_reverse, scores[:, task] > 0, width)
        found.append(_log_odds(windows, background))
        strengths.append(float(z[best]))
        here = np.where(_touched(is_forward | is_reverse), len(z), here)
    return np.array(found).reshape(-1, 4, width), np.array(strengths)


def _sample(codes: Codes, labels: NDArray[np.floating], seed: int) -> tuple[Codes, NDArray[np.floating]]:
    """Sequences with a known label; of very many some."""
    most = max(1, _LETTERS // max(codes.shape[1], 1))
    rows = np.flatnonzero(~np.isnan(labels).all(axis=1))
    if len(rows) > most:
        rows = np.sort(rows[np.random.default_rng(seed).permutation(len(rows))[:most]])
    return codes[rows], labels[rows]


def _standardised(labels: NDArray[np.floating]) -> Floats:
    """Each task's known labels with mean 0 and variance 1; unknown ones NaN, and all where they do not differ."""
    known = labels.astype(np.float64)
    spread = np.array([np.nanstd(column) if (column == column).any() else 0.0 for column in known.T])
    scores: Floats = np.full_like(known, np.nan)
    varied = spread > 0
    scores[:, varied] = (known[:, varied] - np.nanmean(known[:, varied], axis=0)) / spread[varied]
    return scores


def _places(k: int) -> Ints:
    return 4 ** np.arange(k)[::-1]


def _words_of(codes: Codes) -> Ints:
    """The word that starts at each position of codes ``(n, L)``: ``(n, L - k + 1)``."""
    n_positions = codes.shape[1] - WORD_LENGTH + 1
    here = np.zeros((len(codes), max(n_positions, 0)), dtype=np.int64)
    has_n = np.zeros(here.shape, dtype=np.bool_)
    for i in range(WORD_LENGTH if n_positions > 0 else 0):
        letters = codes[:, i : i + n_positions]
        here = 4 * here + letters
        has_n |= letters == N
    return np.where(has_n, 4**WORD_LENGTH, here)


def _enrichment(here: Ints, scores: Floats) -> Floats:
    """z-score of each word: the mean label of the sequences that hold it, if they were drawn at random."""
    is_known = ~np.isnan(scores)
    words, known = np.sort(here[is_known], axis=1), scores[is_known]
    rows, places = np.nonzero(np.diff(words, axis=1, prepend=-1) > 0)
    held, n_words, n = words[rows, places], 4**WORD_LENGTH, max(len(known), 1)
    sums = np.bincount(held, weights=known[rows], minlength=n_words + 1)[:n_words]
    counts = np.bincount(held, minlength=n_words + 1)[:n_words]
    z: Floats = sums / np.sqrt(np.maximum(counts * (1 - counts / n), 1))
    return z


def _neighbours(word: int) -> Bools:
    """Which words have at most one letter that differs; "no word" has none."""
    is_near = np.zeros(4**WORD_LENGTH + 1, dtype=np.bool_)
    is_near[word] = True
    for place in _places(WORD_LENGTH):
        letter = word // place % 4
        is_near[word + (np.arange(4) - letter) * place] = True
    return is_near


def _windows(codes: Codes, is_forward: Bools, is_reverse: Bools, is_positive: Bools, width: int) -> Codes:
    """Codes ``(m, width)`` around the words of the positives, each read on its own strand; N beyond the ends."""
    before = (width - WORD_LENGTH) // 2
    after = width - WORD_LENGTH - before
    padded = np.pad(codes, ((0, 0), (after, after)), constant_values=N)
    windows = sliding_window_view(padded, width, axis=1)
    forward, reverse = (np.nonzero(hits & is_positive[:, np.newaxis]) for hits in (is_forward, is_reverse))
    return np.concatenate(
        [windows[forward[0], forward[1] + after - before], reverse_complement(windows[reverse[0], reverse[1]])]
    )


def _log_odds(windows: Codes, background: Floats) -> Floats:
    counts = np.stack([(windows == base).sum(axis=0) for base in range(4)]) + _PSEUDOCOUNT * background[:, np.newaxis]
    log_odds = np.log(counts / counts.sum(axis=0) / background[:, np.newaxis])
    centred: Floats = log_odds - log_odds.mean(axis=0)
    return centred


def _touched(hits: Bools) -> Bools:
    """Which words share a letter with one of the hits."""
    n_positions = hits.shape[1]
    reach = WORD_LENGTH - 1
    padded = np.pad(hits, ((0, 0), (reach, reach)))
    touched: Bools = np.asarray(sliding_window_view(padded, 2 * reach + 1, axis=1).any(axis=2))[:, :n_positions]
    return touched
