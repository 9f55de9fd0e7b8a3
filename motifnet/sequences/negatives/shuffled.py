"""Negatives made from the positives: shuffles that keep every k-let count exactly.

The method is that of Altschul & Erickson (1985, Mol Biol Evol 2:526-538): a sequence is a path over its (k-1)-mers
that uses each k-let once, and every Euler path of the same multigraph from the same start is a shuffle. One is drawn
uniformly by drawing the tree of last exits with Wilson's cycle popping (Propp & Wilson 1998, J Algorithms 27:170-217),
putting each vertex's other exits in random order, and walking. Everything is done for thousands of sequences at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motifnet.arguments import check_type, check_whole
from motifnet.errors import InputError
from motifnet.sequences.alphabet import Codes, N
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.store import blocks, release, room

Ints = NDArray[np.int64]

#: A shuffle with this share of its letters in their places is its sequence over again.
NEARLY_ITSELF = 0.9
#: Letters shuffled at once: bounds the working memory to some 200 MB.
_CHUNK_LETTERS = 2_000_000


class _Runs(NamedTuple):
    """Stretches without N in a flat array of codes, each of at least k letters."""

    starts: Ints
    lengths: Ints


class _Exits(NamedTuple):
    """What leaves each vertex of each run: its exits are ``letters[first : first + degree]``, in the order of use."""

    letters: NDArray[np.uint8]
    first: Ints  # (runs, vertices)
    degree: Ints  # (runs, vertices)


def shuffle(sequences: SequenceSet, *, k: int = 2, seed: int) -> SequenceSet:
    """Shuffle each sequence so that every count of its k-lets stays exactly the same.

    Parameters
    ----------
    sequences : SequenceSet
    k : {2, 1, 3}
        1 keeps the letters, 2 the dinucleotides, 3 the trinucleotides (and whatever is shorter).
    seed : int
        Same seed, same sequences: same shuffles.

    Returns
    -------
    SequenceSet
        Same names, same order. All shuffles of a sequence are equally likely, itself included. N stays where it is and
        each run between Ns is shuffled by itself; for k > 1 the first and last k - 1 letters of a run stay in place.

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
    check_whole("seed", seed, at_least=0)
    if k not in (1, 2, 3):
        raise InputError(f"k must be 1, 2 or 3. Got {k} instead")
    rng = np.random.default_rng(seed)
    codes = room(sequences.codes.shape)
    for begin, chunk in blocks(sequences.codes, rows=max(1, _CHUNK_LETTERS // max(1, sequences.length))):
        flat = chunk.flatten()
        _shuffle_runs(flat, _find_runs(chunk, at_least=k), k, rng)
        codes[begin : begin + len(chunk)] = flat.reshape(chunk.shape)
        release(codes)
    return SequenceSet(sequences.names, codes, sequences.rule, sequences.lengths)


def shuffled_negatives(positives: SequenceSet, *, k: int = 2, ratio: int = 1, seed: int) -> tuple[SequenceSet, Ints]:
    """Shuffles of the positives, without those that are nearly their original.

    Parameters
    ----------
    positives : SequenceSet
    k : {2, 1, 3}
        As in `shuffle`.
    ratio : int
        Shuffles of each positive.
    seed : int

    Returns
    -------
    negatives : SequenceSet
        At most `ratio` times as many as the positives, under their names. One that has `NEARLY_ITSELF` of its known
        letters where its positive has them is left out: a repetitive sequence may have no other shuffle.
    rows : int64 array of shape (len(negatives),)
        Which positive each was made from.
    """
    found, rows = [], []
    for turn in range(ratio):
        own = seed if turn == 0 else int(np.random.SeedSequence([seed, turn]).generate_state(1)[0])
        shuffled = shuffle(positives, k=k, seed=own)
        kept = np.flatnonzero(~_is_nearly_itself(positives, shuffled))
        found.append(shuffled.take(kept))
        rows.append(kept)
    return SequenceSet.concatenate(found), np.concatenate(rows)


def _is_nearly_itself(positives: SequenceSet, shuffled: SequenceSet) -> NDArray[np.bool_]:
    found = [np.empty(0, dtype=np.bool_)]
    for begin, codes in blocks(positives.codes):
        known = codes != N
        same = ((shuffled.codes[begin : begin + len(codes)] == codes) & known).sum(axis=1)
        found.append(same >= np.maximum(NEARLY_ITSELF * known.sum(axis=1), 1))
        release(shuffled.codes)
    return np.concatenate(found)


def _find_runs(codes: Codes, *, at_least: int) -> _Runs:
    """Runs without N, longest first, as places in the flattened codes."""
    known = np.zeros((codes.shape[0], codes.shape[1] + 2), dtype=np.int8)
    known[:, 1:-1] = codes != N
    edges = np.diff(known, axis=1)
    rows, begins = np.nonzero(edges == 1)
    lengths = np.nonzero(edges == -1)[1] - begins
    order = np.argsort(-lengths, kind="stable")
    order = order[lengths[order] >= at_least]
    return _Runs((rows * codes.shape[1] + begins)[order], lengths[order])


def _shuffle_runs(flat: Codes, runs: _Runs, k: int, rng: np.random.Generator) -> None:
    """Shuffle the runs in place."""
    if not len(runs.starts):
        return
    n_vertices = 4 ** (k - 1)
    words = _words(flat, k - 1)
    exits = _draw_exits(flat, words, runs, k, rng)
    roots = words[runs.starts + runs.lengths - (k - 1)]
    last = _draw_last_exits(exits, roots, rng)
    _put_last(exits, roots, last)
    vertex = words[runs.starts]
    cursor = exits.first.copy()
    # The runs still walking are a prefix, since the longest come first.
    walking = np.searchsorted(-runs.lengths, -np.arange(k, runs.lengths[0] + 1), side="right")
    for step, n in enumerate(walking, start=k - 1):
        here = (np.arange(n), vertex[:n])
        letters = exits.letters[cursor[here]]
        cursor[here] += 1
        flat[runs.starts[:n] + step] = letters
        vertex[:n] = (vertex[:n] * 4 + letters) % n_vertices


def _words(flat: Codes, size: int) -> Ints:
    """Number of the word of ``size`` letters that starts at each place (and just past the end); 0 if it is empty."""
    padded = np.concatenate([flat, np.zeros(size + 1, dtype=np.uint8)]).astype(np.int64)
    words = np.zeros(len(flat) + 1, dtype=np.int64)
    for offset in range(size):
        words = words * 4 + padded[offset : offset + len(words)]
    return words


def _draw_exits(flat: Codes, words: Ints, runs: _Runs, k: int, rng: np.random.Generator) -> _Exits:
    """Each vertex's exits in random order."""
    n_vertices = 4 ** (k - 1)
    n_edges = runs.lengths - (k - 1)
    run = np.repeat(np.arange(len(n_edges)), n_edges)
    place = np.arange(len(run)) + np.repeat(runs.starts - (n_edges.cumsum() - n_edges), n_edges)
    group = run * n_vertices + words[place]
    degree = np.bincount(group, minlength=len(n_edges) * n_vertices)
    # One sort does it: vertex in the high bits, random bits (40 or so), the letter carried along in the lowest two.
    n_random = 62 - len(degree).bit_length()
    keys = (group.astype(np.uint64) << np.uint64(n_random + 2)) | flat[place + k - 1].astype(np.uint64)
    keys |= rng.integers(0, 1 << n_random, size=len(keys), dtype=np.uint64) << np.uint64(2)
    keys.sort()
    shape = (len(n_edges), n_vertices)
    return _Exits(
        (keys & np.uint64(3)).astype(np.uint8), (degree.cumsum() - degree).reshape(shape), degree.reshape(shape)
    )


def _draw_last_exits(exits: _Exits, roots: Ints, rng: np.random.Generator) -> Ints:
    """Draw each vertex's last exit so that together they are a uniform tree into the root: index into the letters.

    Each vertex draws an exit; those on a cycle draw again until there is none (cycle popping: the order in which
    cycles are popped does not matter, so all of them are popped at once). The root and unused vertices keep still.
    """
    n_runs, n_vertices = exits.first.shape
    last = np.zeros((n_runs, n_vertices), dtype=np.int64)
    following = np.tile(np.arange(n_vertices), (n_runs, 1))
    to_draw = exits.degree > 0
    to_draw[np.arange(n_runs), roots] = False
    drawing = to_draw.copy()
    active = np.arange(n_runs)
    while len(active):
        rows, vertices = np.nonzero(drawing)
        rows = active[rows]
        drawn = exits.first[rows, vertices] + (rng.random(len(rows)) * exits.degree[rows, vertices]).astype(np.int64)
        last[rows, vertices] = drawn
        following[rows, vertices] = (vertices * 4 + exits.letters[drawn]) % n_vertices
        drawing = _on_cycle(following[active]) & to_draw[active]
        unfinished = drawing.any(axis=1)
        active, drawing = active[unfinished], drawing[unfinished]
    return last


def _on_cycle(following: Ints) -> NDArray[np.bool_]:
    """Vertices on a cycle (fixed points included): those that are reached after as many steps as there are vertices."""
    reached = following
    steps = 1
    while steps < following.shape[1]:
        reached = np.take_along_axis(reached, reached, axis=1)
        steps *= 2
    cyclic = np.zeros(following.shape, dtype=np.bool_)
    np.put_along_axis(cyclic, reached, True, axis=1)
    return cyclic


def _put_last(exits: _Exits, roots: Ints, last: Ints) -> None:
    """Swap the drawn last exits to the end of their vertices' exits, in place."""
    has_last = exits.degree > 0
    has_last[np.arange(len(roots)), roots] = False
    drawn = last[has_last]
    end = (exits.first + exits.degree - 1)[has_last]
    exits.letters[drawn], exits.letters[end] = exits.letters[end], exits.letters[drawn]
