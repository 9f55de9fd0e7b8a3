"""Effects of deletions and insertions of one base on the score of a model."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motifnet.arguments import check_type
from motifnet.errors import InputError
from motifnet.models.sequence_model import SequenceModel
from motifnet.progress import report
from motifnet.sequences.alphabet import Codes, N
from motifnet.sequences.io.reader import AnySequences
from motifnet.sequences.sequence_set import SequenceSet

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
#: Maximum number of mutants in memory.
_MUTANTS = 1 << 12


class IndelEffects(NamedTuple):
    """Effects of deletions and insertions of one base on the score.

    Parameters
    ----------
    deletions : float32 array of shape (N, T, L), or (N, L) for one task
        Effect of the deletion of the base at each position.
    insertions : float32 array of shape (N, T, 4, L + 1), or (N, 4, L + 1) for one task
        Effect of the insertion of a base before each position; the last position is the end of the sequence.
    """

    deletions: Floats
    insertions: Floats


def indel_effects(
    model: SequenceModel, sequences: AnySequences, task: str | None = None, *, flank: Codes | None = None
) -> IndelEffects:
    """Compute the effects of all deletions and insertions of one base on the score of each task.

    Sequences keep their length. After a deletion, all bases to its right move to the left, and the flanking base is
    added at the end. After an insertion, they move to the right, and the last base is removed. The network is evaluated
    on each whole mutant, once for equal mutants, such as deletions within a run of equal bases.

    Parameters
    ----------
    model : TrainedModel or KerasModel
    sequences : SequenceSet, Dataset, sequence of str, one-hot array of shape (N, 4, L), or path of a FASTA file
    task : str, optional
        One task; all by default.
    flank : uint8 array of shape (N,), optional
        Code of the base after each sequence: 0 to 3, or 4 for N, the default.

    Returns
    -------
    IndelEffects
        `deletions` ``(N, T, L)`` and `insertions` ``(N, T, 4, L + 1)``, float32, without T for one task. An insertion
        after the last base has no effect.

    Raises
    ------
    InputError
        If the sequences cannot be read, or `flank` has another shape or other codes.
    ModelError
        If the model does not accept the length of the sequences, or there is no such task.

    Examples
    --------
    For the sequence ACGT and the flank G, the deletion at 1 is AGTG, and the insertion of T at 1 is ATCG.
    """
    check_type("model", model, SequenceModel)
    known, tasks = model.as_sequences(sequences), model.task_indices(task)
    model = model.for_length(known.length)
    last = _checked_flank(flank, len(known))
    n_tasks, length = len(tasks), known.length
    deletions = np.empty((len(known), n_tasks, length), dtype=np.float32)
    insertions = np.empty((len(known), n_tasks, 4, length + 1), dtype=np.float32)
    n_rows = max(1, _MUTANTS // (5 * length))
    for start in range(0, len(known), n_rows):
        rows = slice(start, start + n_rows)
        deletions[rows], insertions[rows] = _effects(model, tasks, known.codes[rows], last[rows])
        report("effects of indels", min(rows.stop, len(known)), len(known))
    return IndelEffects(deletions, insertions) if task is None else IndelEffects(deletions[:, 0], insertions[:, 0])


def _checked_flank(flank: Codes | None, n: int) -> Codes:
    if flank is None:
        return np.full(n, N, dtype=np.uint8)
    flank = np.asarray(flank)
    if flank.shape != (n,) or flank.dtype != np.uint8 or (flank > N).any():
        raise InputError(
            f"flank must be one code from 0 to {N} per sequence, uint8 of shape ({n},). "
            f"Got {flank.dtype} of shape {flank.shape} instead"
        )
    return flank


def _effects(model: SequenceModel, tasks: list[int], codes: Codes, flank: Codes) -> IndelEffects:
    """Effects for a block of sequences."""
    n, length = codes.shape
    deleted, inserted = _first_equal(codes)
    of_deletion = np.nonzero(deleted == np.arange(length))
    of_insertion = np.nonzero(inserted[..., :-1] == np.arange(length))
    deletions = np.zeros((n, length, len(tasks)))
    insertions = np.zeros((n, 4, length + 1, len(tasks)))
    before = _scores(model, tasks, codes)
    deletions[of_deletion] = _scores(model, tasks, _without(codes, flank, *of_deletion)) - before[of_deletion[0]]
    insertions[of_insertion] = _scores(model, tasks, _with(codes, *of_insertion)) - before[of_insertion[0]]
    deletions = np.take_along_axis(deletions, deleted[..., np.newaxis], axis=1)
    insertions = np.take_along_axis(insertions, inserted[..., np.newaxis], axis=2)
    return IndelEffects(np.moveaxis(deletions, 2, 1), np.moveaxis(insertions, 3, 1))  # type: ignore[arg-type]


def _scores(model: SequenceModel, tasks: list[int], codes: Codes) -> NDArray[np.float64]:
    return model.scores(SequenceSet([""] * len(codes), codes))[:, tasks]


def _first_equal(codes: Codes) -> tuple[Ints, Ints]:
    """First position whose deletion ``(n, L)``, or insertion of a base ``(n, 4, L + 1)``, gives the same sequence."""
    n, length = codes.shape
    follows = np.zeros((n, length), dtype=np.bool_)
    follows[:, 1:] = codes[:, 1:] == codes[:, :-1]
    extends = np.zeros((n, 4, length + 1), dtype=np.bool_)
    extends[..., 1:] = codes[:, np.newaxis] == np.arange(4)[:, np.newaxis]
    return tuple(  # type: ignore[return-value]
        np.maximum.accumulate(np.where(is_same, 0, np.arange(is_same.shape[-1])), axis=-1)
        for is_same in (follows, extends)
    )


def _without(codes: Codes, flank: Codes, rows: Ints, positions: Ints) -> Codes:
    """Sequences without one base, followed by the flank."""
    columns = np.arange(codes.shape[1])
    longer = np.concatenate([codes, flank[:, np.newaxis]], axis=1)
    return longer[rows[:, np.newaxis], columns + (columns >= positions[:, np.newaxis])]


def _with(codes: Codes, rows: Ints, bases: Ints, positions: Ints) -> Codes:
    """Sequences with one more base before a position, without their last base."""
    columns = np.arange(codes.shape[1])
    mutants = codes[rows[:, np.newaxis], columns - (columns > positions[:, np.newaxis])]
    mutants[np.arange(len(rows)), positions] = bases
    return mutants
