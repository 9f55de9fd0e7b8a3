"""In-silico mutagenesis: the effect of every substitution on the score of a model.

The score of a task is log odds, a value, or the logarithm of a count: the weighted logit of the network (mean over
strands; their maximum if strands are shared) plus that of the k-mer regression.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from motifnet.arguments import check_type
from motifnet.errors import ModelError
from motifnet.interpretation.attribution.kmer_effects import KmerEffects
from motifnet.interpretation.attribution.local_network import LocalNetwork, is_local
from motifnet.models.inference import map_batches, one_hot_tensor, strands_of
from motifnet.models.runtime import keras, tf
from motifnet.models.trained import TrainedModel
from motifnet.progress import report
from motifnet.sequences.alphabet import Codes, N, flush_left, reverse_complement
from motifnet.sequences.io.reader import AnySequences
from motifnet.sequences.store import blocks

Floats = NDArray[np.float64]
Array = NDArray[np.floating]
#: Scores ``(n, T)`` of codes ``(n, L)``.
Score = Callable[[Codes], NDArray[np.floating]]
#: Mutants whose whole sequences are in memory at one time.
_MUTANTS = 1 << 12
#: Values of the effects of one block of sequences.
_MAX_VALUES = 1 << 24


def mutation_effects(model: TrainedModel, sequences: AnySequences, task: str | None = None) -> NDArray[np.float32]:
    """Compute the effect of every substitution: score of the sequence with it less that of the sequence as it is.

    The score of a task is log odds for classes, the value for values, and the logarithm of the count for counts.
    Effects are exact: only what a substitution changes is computed again, but nothing is approximated. Networks with a
    recurrent layer compute each mutant as a whole, which takes longer.

    Parameters
    ----------
    model : TrainedModel
    sequences : SequenceSet, Dataset, sequence of str, one-hot array of shape (N, 4, L), or path of a FASTA file
        As in `TrainedModel.predict`.
    task : str, optional
        One task; all by default.

    Returns
    -------
    float32 array of shape (N, 4, L), or (N, T, 4, L) for all tasks
        Effect of base b at position p: 0 at the base of the sequence; where the sequence has N, the effect of the base
        instead of N.

    Raises
    ------
    InputError
        If the sequences cannot be read.
    ModelError
        If the model does not accept the length of the sequences, or there is no such task.
    """
    check_type("model", model, TrainedModel)
    known = model.as_sequences(sequences)
    tasks = task_indices(model, task)
    score = _Score(model.for_length(known.length), tasks)
    effects = np.empty((len(known), len(tasks), 4, known.length), dtype=np.float32)
    for start, codes in blocks(known.codes, rows=score.n_rows):
        effects[start : start + len(codes)] = score.effects(codes)
        report("in-silico mutagenesis", start + len(codes), len(known))
    return effects if task is None else effects[:, 0]


def task_indices(model: TrainedModel, task: str | None) -> list[int]:
    """Index of a task, or of all of them; raise ModelError if there is no such task."""
    if task is None:
        return list(range(len(model.spec.tasks)))
    if task not in model.spec.tasks:
        raise ModelError(f"the model has no task {task!r}", hint=f"Its tasks are: {', '.join(model.spec.tasks)}.")
    return [model.spec.tasks.index(task)]


def effects_by_passes(score: Score, codes: Codes, is_wanted: NDArray[np.bool_]) -> Floats:
    """Effects on any function of sequences, which computes each mutant as a whole.

    Parameters
    ----------
    score : function
        From codes ``(n, L)`` to scores ``(n, T)``.
    codes : uint8 array of shape (n, L)
    is_wanted : bool array of shape (n, 4, L)
        Substitutions to compute.

    Returns
    -------
    float64 array of shape (n, 4, L, T)
        0 for substitutions that are not wanted, and at the base of the sequence.
    """
    before = score(codes).astype(np.float64)
    effects = np.zeros((*is_wanted.shape, before.shape[1]))
    is_new = np.arange(4)[:, np.newaxis] != codes[:, np.newaxis]
    where = np.nonzero(is_wanted & is_new)
    for start in range(0, len(where[0]), _MUTANTS):
        rows, bases, positions = (index[start : start + _MUTANTS] for index in where)
        mutants = codes[rows]
        mutants[np.arange(len(rows)), positions] = bases
        effects[rows, bases, positions] = score(mutants) - before[rows]
    return effects


class _Score:
    """The score of a model of one length, for some of its tasks."""

    def __init__(self, model: TrainedModel, tasks: list[int]) -> None:
        self._model, self._spec, self._tasks = model, model.spec, tasks
        self._local = LocalNetwork(model.spec, model.network, tasks=tasks) if is_local(model.spec) else None
        self._kmers = None if model.kmers is None else KmerEffects(model.kmers, tasks)
        logits = keras.Model(model.network.input, model.network.get_layer("logits").output)

        @tf.function(input_signature=[tf.TensorSpec((None, self._spec.length), tf.uint8)], autograph=False)
        def one_strand(codes: Any) -> Any:
            return logits(one_hot_tensor(codes), training=False)

        self._one_strand = one_strand

    @property
    def n_rows(self) -> int:
        """Sequences per block, so that it fits into memory."""
        most = _MAX_VALUES // (4 * self._spec.length * len(self._tasks))
        rows = self._local.n_rows if self._local is not None else 256
        return max(1, min(most, rows))

    def effects(self, codes: Codes) -> Array:
        """Effects on the score, ``(n, T, 4, L)``."""
        effects = self._network_effects(codes)
        if self._model.kmers is None or self._kmers is None:
            return effects
        weights = self._model.kmers.network_weights[self._tasks].astype(np.float64)
        return effects * weights[:, np.newaxis, np.newaxis] + self._kmers(codes)

    def _network_effects(self, codes: Codes) -> Array:
        """Effects on the logits of the network."""
        is_local = np.full(codes.shape, self._local is not None)
        if not self._spec.is_length_fixed:
            # Bases beyond the ends of a sequence make it longer: they change everything.
            is_local &= _is_within_ends(codes)
        effects: Array = np.zeros((len(codes), len(self._tasks), 4, codes.shape[1]))
        if self._local is not None:
            effects = self._over_strands(*self._strand_effects(codes, self._local))
        if not is_local.all():
            by_pass = np.repeat(~is_local[:, np.newaxis], 4, axis=1)
            passes = np.moveaxis(effects_by_passes(self._logits, codes, by_pass), 3, 1)
            effects = np.where(by_pass[:, np.newaxis], passes, effects)
        return effects

    def _logits(self, codes: Codes) -> Floats:
        """Logits ``(n, T)``, combined over strands."""

        def both(batch: Codes) -> NDArray[Any]:
            strands = np.stack([self._one_strand(strand).numpy() for strand in strands_of(batch, self._spec)])
            combined = strands.max(axis=0) if self._spec.strands == "shared" else strands.mean(axis=0)
            return combined[:, self._tasks]

        return map_batches(both, codes, (len(self._tasks),)).astype(np.float64)

    def _strand_effects(self, codes: Codes, local: LocalNetwork) -> Iterator[tuple[Array, Array]]:
        """For each strand, effects ``(n, T, 4, L)`` in the order of the sequence as given, and logits ``(n, T)``."""
        is_flushed = not self._spec.is_length_fixed
        with threadpool_limits(1):  # the matrices are so small that threads slow them down
            yield _local_effects(local, codes, is_flushed=is_flushed)
            if self._spec.is_double_stranded:
                effects, logits = _local_effects(local, reverse_complement(codes), is_flushed=is_flushed)
                yield effects[..., ::-1, ::-1], logits

    def _over_strands(self, forward: tuple[Array, Array], backward: tuple[Array, Array] | None = None) -> Array:
        if backward is None:
            return forward[0]
        if self._spec.strands == "both":
            return (forward[0] + backward[0]) / 2
        (effects, logits), (other_effects, other_logits) = (
            (own, value[..., np.newaxis, np.newaxis]) for own, value in (forward, backward)
        )
        # The logits and their changes are float32, their sums are not.
        before, other_before = logits.astype(np.float64), other_logits.astype(np.float64)
        return np.maximum(effects + before, other_effects + other_before) - np.maximum(before, other_before)


def _is_within_ends(codes: Codes) -> NDArray[np.bool_]:
    """Whether there is a base at the position, or on both sides of it: codes ``(n, L)``."""
    is_known = codes != N
    before = np.maximum.accumulate(is_known, axis=1)
    after = np.maximum.accumulate(is_known[:, ::-1], axis=1)[:, ::-1]
    return before & after


def _local_effects(local: LocalNetwork, codes: Codes, *, is_flushed: bool) -> tuple[Array, Array]:
    """Effects on the logits of one strand ``(n, T, 4, L)``, and the logits ``(n, T)``.

    With `is_flushed`, N at the start is moved to the end before. Effects are 0 at the base of the sequence, and, if
    flushed, at N at the ends.
    """
    flushed = flush_left(codes) if is_flushed else codes
    references = local.references(flushed)
    effects = np.zeros((codes.shape[1], len(codes), 4, local.n_tasks), dtype=local.dtype)
    is_wanted = _is_within_ends(flushed) if is_flushed else np.ones(codes.shape, dtype=np.bool_)
    for position, observed in enumerate(flushed.T):
        for is_known, n_new in ((True, 3), (False, 4)):
            rows = np.flatnonzero(is_wanted[:, position] & ((observed < N) == is_known))
            if len(rows):
                bases = (observed[rows, np.newaxis] + np.arange(1, n_new + 1)) % 4
                own = references if len(rows) == len(codes) else local.take(references, rows)
                effects[position, rows[:, np.newaxis], bases] = local.substitutions(own, position, bases)
    effects = effects.transpose(1, 3, 2, 0)
    if flushed is not codes:
        first = (codes != N).argmax(axis=1)
        columns = (np.arange(codes.shape[1]) - first[:, np.newaxis]) % codes.shape[1]
        effects = np.take_along_axis(effects, columns[:, np.newaxis, np.newaxis], axis=3)
    return effects, references["logits"].maps[:, 0]
