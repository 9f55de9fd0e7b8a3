"""Letters that mean nothing: a Markov chain, from given shares or learned from sequences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import InputError
from motifnet.sequences.alphabet import Codes, N, reverse_complement
from motifnet.sequences.io.fasta import RaggedSequences

ORDERS = (0, 1, 2, 3)
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MarkovChain:
    """A Markov chain of DNA.

    Parameters
    ----------
    words : float array of shape (4 ** order,)
        Probability of each word of `order` letters, in alphabetical order: how a sequence begins.
    letters : float array of shape (4 ** order, 4)
        Probability of A, C, G, T after each word.
    """

    words: Floats
    letters: Floats

    @property
    def order(self) -> int:
        """How many letters the next one depends on."""
        return int(np.log2(len(self.words))) // 2

    def draw(self, n: int, length: int, rng: np.random.Generator) -> Codes:
        """Draw `n` sequences of `length` bp: codes of shape (n, length)."""
        if self.order == 0:
            return draw_letters(self.letters[0], (n, length), rng)
        state = rng.choice(len(self.words), size=n, p=self.words)
        codes = np.empty((n, max(length, self.order)), dtype=np.uint8)
        for place in range(self.order):
            codes[:, place] = state // 4 ** (self.order - 1 - place) % 4
        limits = np.cumsum(self.letters, axis=1)[:, :3]
        for place in range(self.order, length):
            codes[:, place] = (rng.random(n)[:, np.newaxis] >= limits[state]).sum(axis=1)
            state = (state * 4 + codes[:, place]) % len(self.words)
        return codes[:, :length]


def independent(shares: Floats) -> MarkovChain:
    """Letters that do not depend on each other: a chain of order 0 with these shares of A, C, G, T."""
    return MarkovChain(np.ones(1), np.asarray(shares, dtype=np.float64)[np.newaxis])


def learn_background(batches: Iterable[RaggedSequences], *, order: int) -> MarkovChain:
    """Count the words of order + 1 letters of sequences, on both strands, into a Markov chain.

    Parameters
    ----------
    batches : iterable of RaggedSequences
        E.g. `stream_fasta`: a genome is never in memory as a whole.
    order : {0, 1, 2, 3}
        A pseudocount of 1 is added to every word.

    Returns
    -------
    MarkovChain

    Raises
    ------
    InputError
        If the order is none of these, or the sequences hold no word of that many letters.
    """
    if order not in ORDERS:
        raise InputError(f"the order of the background must be from 0 to 3. Got {order} instead")
    n_words = 4 ** (order + 1)
    counts = np.zeros(n_words)
    for batch in batches:
        counts += _count_words(batch, order + 1)
    if not counts.any():
        raise InputError(f"the background sequences hold no {order + 1} known letters in a row")
    letters = np.arange(n_words)[:, np.newaxis] // 4 ** np.arange(order + 1)[::-1] % 4
    other = reverse_complement(letters.astype(np.uint8)) @ 4 ** np.arange(order + 1)[::-1]
    both = (counts + counts[other] + 1).reshape(-1, 4)
    return MarkovChain(both.sum(axis=1) / both.sum(), both / both.sum(axis=1, keepdims=True))


def _count_words(batch: RaggedSequences, size: int) -> Floats:
    if len(batch.flat) < size:
        return np.zeros(4**size)
    # An N between the records, so that no word goes over an end.
    flat = np.insert(batch.flat, batch.offsets[1:-1], N)
    width = len(flat) - size + 1
    words = np.zeros(width, dtype=np.int64)
    known = np.ones(width, dtype=np.bool_)
    for offset in range(size):
        letter = flat[offset : offset + width]
        words = words * 4 + (letter & 3)
        known &= letter != N
    return np.bincount(words[known], minlength=4**size).astype(np.float64)


def draw_letters(shares: Floats, shape: tuple[int, ...], rng: np.random.Generator) -> Codes:
    """Independent letters, as codes: A, C, G, T with these shares."""
    return np.searchsorted(np.cumsum(shares)[:3], rng.random(shape), side="right").astype(np.uint8)
