"""References: sequences relative to which contributions are computed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import InputError, quoted
from motifnet.sequences.alphabet import Codes, N, one_hot_codes, reverse_complement
from motifnet.sequences.negatives.shuffled import shuffle
from motifnet.sequences.sequence_set import SequenceSet

Floats = NDArray[np.float32]
#: Kinds of references that are made for each sequence.
REFERENCES: tuple[str, ...] = ("shuffle", "zeros", "composition")


def make_references(codes: Codes, kind: str, *, n: int, seed: int) -> Floats:
    """Make the references of each sequence.

    Parameters
    ----------
    codes : uint8 array of shape (N, L)
    kind : {"shuffle", "zeros", "composition"}
        Shuffles that keep the number of each dinucleotide; a sequence of unknown bases; the frequency of each base in
        the sequence, at every position.
    n : int
        Number of shuffles.
    seed : int
        Shuffles depend only on the seed and the sequence; those of its reverse complement are the reverse complements
        of these.

    Returns
    -------
    float32 array of shape (N, R, 4, L)
        Zero where the sequence is unknown.
    """
    known = (codes != N)[:, np.newaxis, np.newaxis]
    if kind == "zeros":
        return np.zeros((len(codes), 1, 4, codes.shape[1]), dtype=np.float32)
    if kind == "composition":
        counts = one_hot_codes(codes).sum(axis=2, dtype=np.float64)
        share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        return (share[:, np.newaxis, :, np.newaxis] * known).astype(np.float32)
    if kind != "shuffle":
        raise InputError(f"references must be one of {', '.join(REFERENCES)} or an array. Got {quoted(kind)} instead")
    return np.stack([_shuffles(own, n, seed) for own in codes])


def _shuffles(codes: Codes, n: int, seed: int) -> Floats:
    """Shuffles of one sequence ``(n, 4, L)``."""
    opposite = reverse_complement(codes[np.newaxis])[0]
    is_opposite = opposite.tobytes() < codes.tobytes()
    repeated = np.repeat((opposite if is_opposite else codes)[np.newaxis], n, axis=0)
    shuffles = one_hot_codes(shuffle(SequenceSet([""] * n, repeated), seed=seed).codes)
    return np.ascontiguousarray(shuffles[:, ::-1, ::-1]) if is_opposite else shuffles
