"""Background sequences from a Markov chain, with given base fractions or estimated from sequences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from motifnet.errors import InputError
from motifnet.sequences.alphabet import Codes, Floats, N
from motifnet.sequences.io.reader import AnySequences, as_batches
from motifnet.sequences.kmers import has_no_n, kmer_bases, kmer_codes, reverse_complement_kmers


@dataclass(frozen=True, eq=False)
class MarkovChain:
    """A Markov chain of DNA.

    Parameters
    ----------
    initial : float array of shape (4 ** order,)
        Probability of each k-mer of `order` bp, in alphabetical order, at the start of a sequence.
    transitions : float array of shape (4 ** order, 4)
        Probability of A, C, G and T after each k-mer.
    """

    initial: Floats
    transitions: Floats

    @classmethod
    def independent(cls, fractions: ArrayLike) -> MarkovChain:
        """Chain of order 0: independent bases with these fractions of A, C, G and T."""
        return cls(np.ones(1), np.asarray(fractions, dtype=np.float64)[np.newaxis])

    @property
    def order(self) -> int:
        """Number of preceding bases that a base depends on."""
        return int(np.log2(len(self.initial))) // 2

    def sample(self, n: int, length: int, rng: np.random.Generator) -> Codes:
        """Sample `n` sequences of `length` bp: codes of shape (n, length)."""
        if self.order == 0:
            return sample_bases(self.transitions[0], (n, length), rng)
        state = rng.choice(len(self.initial), size=n, p=self.initial)
        codes = np.empty((n, max(length, self.order)), dtype=np.uint8)
        codes[:, : self.order] = kmer_bases(state, self.order)
        limits = np.cumsum(self.transitions, axis=1)[:, :3]
        for position in range(self.order, length):
            codes[:, position] = (rng.random(n)[:, np.newaxis] >= limits[state]).sum(axis=1)
            state = (state * 4 + codes[:, position]) % len(self.initial)
        return codes[:, :length]


def learn_background(sequences: AnySequences, *, order: int) -> MarkovChain:
    """Estimate a Markov chain from the k-mer counts of sequences, on both strands.

    Parameters
    ----------
    sequences : SequenceSet, sequence of str, str or Path
        A str or Path is a FASTA file, such as a genome, which is read in batches.
    order : {0, 1, 2, 3}
        k-mers of order + 1 bp are counted, with a pseudocount of 1 each.

    Returns
    -------
    MarkovChain

    Raises
    ------
    InputError
        If the order is invalid, or the sequences have no k-mer without N.
    """
    if order not in (0, 1, 2, 3):
        raise InputError(f"order must be from 0 to 3. Got {order} instead")
    k = order + 1
    counts = np.zeros(4**k)
    for batch in as_batches(sequences):
        flat = np.insert(batch.flat, batch.offsets[1:-1], N)  # no k-mer across the end of a record
        counts += np.bincount(kmer_codes(flat, k)[has_no_n(flat, k)], minlength=4**k)
    if not counts.any():
        raise InputError(f"the background sequences have no {k}-mer without N")
    both = (counts + counts[reverse_complement_kmers(np.arange(4**k), k)] + 1).reshape(-1, 4)
    return MarkovChain(both.sum(axis=1) / both.sum(), both / both.sum(axis=1, keepdims=True))


def sample_bases(fractions: Floats, shape: tuple[int, ...], rng: np.random.Generator) -> Codes:
    """Sample independent bases with these fractions of A, C, G and T: codes."""
    return np.searchsorted(np.cumsum(fractions)[:3], rng.random(shape), side="right").astype(np.uint8)
