"""Shuffled negatives: permutations of the positives with the same k-mer counts.

The method is that of Altschul & Erickson (1985, Mol Biol Evol 2:526-538): a sequence is a path through its
(k-1)-mers that uses each k-mer once, and each Euler path through the same multigraph from the same start is a shuffle.
A path is sampled uniformly: the tree of last exits by Wilson's cycle popping (Propp & Wilson 1998, J Algorithms
27:170-217), then each vertex's other exits in random order. Thousands of sequences are shuffled at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from motifnet.arguments import check_integer, check_type
from motifnet.errors import InputError
from motifnet.sequences.alphabet import Bools, Codes, Ints, N
from motifnet.sequences.kmers import kmer_codes
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.store import allocate, blocks, release

#: Bases shuffled at once: bounds the working memory to about 200 MB.
_BATCH_BASES = 2_000_000


class _Exits(NamedTuple):
    """Exits of each vertex of each run: ``bases[first : first + degree]``, in the order of use."""

    bases: Codes
    first: Ints  # (runs, vertices)
    degree: Ints  # (runs, vertices)


def shuffle(sequences: SequenceSet, *, k: int = 2, seed: int = 0) -> SequenceSet:
    """Shuffle each sequence, with all its k-mer counts unchanged.

    Parameters
    ----------
    sequences : SequenceSet
    k : {2, 1, 3}
        Length of the k-mers whose counts are kept; those of shorter k-mers are kept too.
    seed : int
        Same seed, same sequences: same shuffles.

    Returns
    -------
    SequenceSet
        Same names, same order. All shuffles of a sequence are equally likely, the sequence itself included. N stays in
        place, and each run between Ns is shuffled separately; for k > 1 its first and last k - 1 bases stay in place.

    Raises
    ------
    InputError
        If k is not 1, 2 or 3.

    Examples
    --------
    >>> list(shuffle(SequenceSet.from_strings(["ACACAC", "TTNTTT"]), seed=1))  # neither has another shuffle
    ['ACACAC', 'TTNTTT']
    """
    check_type("sequences", sequences, SequenceSet)
    check_integer("seed", seed, at_least=0)
    if k not in (1, 2, 3):
        raise InputError(f"k must be 1, 2 or 3. Got {k} instead")
    rng = np.random.default_rng(seed)
    codes = allocate(sequences.codes.shape)
    for begin, batch in blocks(sequences.codes, rows=max(1, _BATCH_BASES // max(1, sequences.length))):
        flat = batch.flatten()
        starts, lengths = _find_runs(batch, at_least=k)
        if len(starts):
            _shuffle_runs(flat, starts, lengths, k, rng)
        codes[begin : begin + len(batch)] = flat.reshape(batch.shape)
        release(codes)
    return SequenceSet(sequences.names, codes, sequences.rule, sequences.lengths)


def shuffled_negatives(
    positives: SequenceSet, *, k: int = 2, ratio: int = 1, seed: int = 0
) -> tuple[SequenceSet, Ints]:
    """Shuffle each positive `ratio` times; also returns the row of the positive of each shuffle, int64 ``(n,)``.

    Shuffles with 90 % of their known bases unchanged in place are dropped: a repetitive sequence may have no other one.
    """
    found, rows = [], []
    for turn in range(ratio):
        own = seed if turn == 0 else int(np.random.SeedSequence([seed, turn]).generate_state(1)[0])
        shuffled = shuffle(positives, k=k, seed=own)
        kept = np.flatnonzero(~_is_unchanged(positives, shuffled))
        found.append(shuffled.take(kept))
        rows.append(kept)
    return SequenceSet.concatenate(found), np.concatenate(rows)


def _is_unchanged(positives: SequenceSet, shuffled: SequenceSet) -> Bools:
    found = [np.empty(0, dtype=np.bool_)]
    for begin, codes in blocks(positives.codes):
        known = codes != N
        same = ((shuffled.codes[begin : begin + len(codes)] == codes) & known).sum(axis=1)
        found.append(same >= np.maximum(0.9 * known.sum(axis=1), 1))
        release(shuffled.codes)
    return np.concatenate(found)


def _find_runs(codes: Codes, *, at_least: int) -> tuple[Ints, Ints]:
    """Starts in the flattened codes, and lengths, of runs without N; the longest first."""
    known = np.zeros((codes.shape[0], codes.shape[1] + 2), dtype=np.int8)
    known[:, 1:-1] = codes != N
    edges = np.diff(known, axis=1)
    rows, begins = np.nonzero(edges == 1)
    lengths = np.nonzero(edges == -1)[1] - begins
    order = np.argsort(-lengths, kind="stable")
    order = order[lengths[order] >= at_least]
    return (rows * codes.shape[1] + begins)[order], lengths[order]


def _shuffle_runs(flat: Codes, starts: Ints, lengths: Ints, k: int, rng: np.random.Generator) -> None:
    """Shuffle the runs in place; a vertex is a (k-1)-mer."""
    n_vertices = 4 ** (k - 1)
    vertices = kmer_codes(np.pad(flat, (0, k - 1)), k - 1)
    exits = _sample_exits(flat, vertices, starts, lengths, k, rng)
    roots = vertices[starts + lengths - (k - 1)]
    _put_last(exits, roots, _sample_last_exits(exits, roots, rng))
    vertex = vertices[starts]
    cursor = exits.first.copy()
    # Runs are ordered by length: those that have not ended yet are the first ones.
    unfinished = np.searchsorted(-lengths, -np.arange(k, lengths[0] + 1), side="right")
    for step, n in enumerate(unfinished, start=k - 1):
        here = (np.arange(n), vertex[:n])
        bases = exits.bases[cursor[here]]
        cursor[here] += 1
        flat[starts[:n] + step] = bases
        vertex[:n] = (vertex[:n] * 4 + bases) % n_vertices


def _sample_exits(flat: Codes, vertices: Ints, starts: Ints, lengths: Ints, k: int, rng: np.random.Generator) -> _Exits:
    """Exits of each vertex in random order."""
    n_vertices = 4 ** (k - 1)
    n_edges = lengths - (k - 1)
    run = np.repeat(np.arange(len(n_edges)), n_edges)
    position = np.arange(len(run)) + np.repeat(starts - (n_edges.cumsum() - n_edges), n_edges)
    group = run * n_vertices + vertices[position]
    degree = np.bincount(group, minlength=len(n_edges) * n_vertices)
    # One sort for all: vertex in the high bits, then about 40 random bits, and the base in the lowest two.
    n_random = 62 - len(degree).bit_length()
    keys = (group.astype(np.uint64) << np.uint64(n_random + 2)) | flat[position + k - 1].astype(np.uint64)
    keys |= rng.integers(0, 1 << n_random, size=len(keys), dtype=np.uint64) << np.uint64(2)
    keys.sort()
    shape = (len(n_edges), n_vertices)
    return _Exits(
        (keys & np.uint64(3)).astype(np.uint8), (degree.cumsum() - degree).reshape(shape), degree.reshape(shape)
    )


def _sample_last_exits(exits: _Exits, roots: Ints, rng: np.random.Generator) -> Ints:
    """Index of the last exit of each vertex, ``(runs, vertices)``: a uniformly sampled spanning tree towards the root.

    Each vertex samples an exit; those on a cycle sample again until there is none. (Cycle popping: the order in which
    cycles are popped does not matter, so all are popped at once.) The root and unused vertices have no last exit.
    """
    n_runs, n_vertices = exits.first.shape
    last = np.zeros((n_runs, n_vertices), dtype=np.int64)
    following = np.tile(np.arange(n_vertices), (n_runs, 1))
    needs_exit = exits.degree > 0
    needs_exit[np.arange(n_runs), roots] = False
    is_open = needs_exit.copy()
    active = np.arange(n_runs)
    while len(active):
        rows, vertices = np.nonzero(is_open)
        rows = active[rows]
        chosen = exits.first[rows, vertices] + (rng.random(len(rows)) * exits.degree[rows, vertices]).astype(np.int64)
        last[rows, vertices] = chosen
        following[rows, vertices] = (vertices * 4 + exits.bases[chosen]) % n_vertices
        is_open = _on_cycle(following[active]) & needs_exit[active]
        unfinished = is_open.any(axis=1)
        active, is_open = active[unfinished], is_open[unfinished]
    return last


def _on_cycle(following: Ints) -> Bools:
    """Mask of vertices on a cycle: those reached after at least as many steps as there are vertices."""
    reached = following
    steps = 1
    while steps < following.shape[1]:
        reached = np.take_along_axis(reached, reached, axis=1)
        steps *= 2
    cyclic = np.zeros(following.shape, dtype=np.bool_)
    np.put_along_axis(cyclic, reached, True, axis=1)
    return cyclic


def _put_last(exits: _Exits, roots: Ints, last: Ints) -> None:
    """Move the last exits to the end of their vertices' exits, in place."""
    has_last = exits.degree > 0
    has_last[np.arange(len(roots)), roots] = False
    chosen = last[has_last]
    end = (exits.first + exits.degree - 1)[has_last]
    exits.bases[chosen], exits.bases[end] = exits.bases[end], exits.bases[chosen]
