"""In-silico mutagenesis: the effect of every substitution on the score of a model."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from motifnet.arguments import check_type
from motifnet.interpretation.attribution.kmer_effects import KmerEffects
from motifnet.interpretation.attribution.local_network import LocalNetwork, is_local
from motifnet.models.runtime import threads
from motifnet.models.sequence_model import SequenceModel
from motifnet.progress import report
from motifnet.sequences.alphabet import Codes, N, flush_left, reverse_complement
from motifnet.sequences.io.reader import AnySequences
from motifnet.sequences.sequence_set import SequenceSet

Array = NDArray[np.floating]
Bools = NDArray[np.bool_]
#: Maximum number of whole mutants in memory, and of values of effects in a block of sequences.
_MUTANTS, _MAX_VALUES = 1 << 12, 1 << 24


def mutation_effects(
    model: SequenceModel, sequences: AnySequences, task: str | None = None, *, at_n: bool = True
) -> NDArray[np.float32]:
    """Compute the effect of every substitution: score of the mutant minus score of the sequence.

    Scores are those of `SequenceModel.scores`: log odds for classes, values, or logarithms of counts. In each layer,
    only the positions that a substitution affects are recomputed; effects are exact. Networks with a recurrent layer
    and those of a `KerasModel` are evaluated on each whole mutant, which takes longer.

    Parameters
    ----------
    model : TrainedModel or KerasModel
    sequences : SequenceSet, Dataset, sequence of str, one-hot array of shape (N, 4, L), or path of a FASTA file
        As in `SequenceModel.predict`.
    task : str, optional
        One task; all by default.
    at_n : bool
        False: skip positions with N, where effects are then 0. This saves time for padded sequences.

    Returns
    -------
    float32 array of shape (N, 4, L), or (N, T, 4, L) for all tasks
        Effect of base b at position p: 0 at the base of the sequence; where the sequence has N, the effect of replacing
        N by the base.

    Raises
    ------
    InputError
        If the sequences cannot be read.
    ModelError
        If the model does not accept the length of the sequences, or there is no such task.
    """
    check_type("model", model, SequenceModel)
    known, tasks = model.as_sequences(sequences), model.task_indices(task)
    model = model.for_length(known.length)
    effects = np.empty((len(known), len(tasks), 4, known.length), dtype=np.float32)
    n_workers = max(1, min(threads(), len(known))) if is_local(model.spec) else 1
    workers = [_Mutagenesis(model, known.length, tasks, at_n=at_n) for _ in range(n_workers)]
    n_rows = max(1, min(workers[0].n_rows, -(-len(known) // n_workers)))

    def fill(start: int) -> int:
        worker = workers.pop()
        rows = slice(start, start + n_rows)
        effects[rows] = worker.effects(known.codes[rows])
        workers.append(worker)
        return min(rows.stop, len(known))

    # The matrices are small: threads within a product would slow it down.
    with threadpool_limits(1), ThreadPoolExecutor(n_workers) as pool:
        try:
            for done in pool.map(fill, range(0, len(known), n_rows)):
                report("in-silico mutagenesis", done, len(known))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return effects if task is None else effects[:, 0]


def effects_by_passes(score: Callable[[Codes], Array], codes: Codes, is_wanted: Bools) -> NDArray[np.float64]:
    """Effects on any score of sequences, evaluated on each whole mutant.

    Parameters
    ----------
    score : function
        From codes ``(n, L)`` to scores ``(n, T)``.
    codes : uint8 array of shape (n, L)
    is_wanted : bool array of shape (n, L)
        Positions at which substitutions are computed.

    Returns
    -------
    float64 array of shape (n, T, 4, L)
        0 at other positions, and at the base of the sequence.
    """
    before = score(codes).astype(np.float64)
    effects = np.zeros((len(codes), 4, codes.shape[1], before.shape[1]))
    is_new = np.arange(4)[:, np.newaxis] != codes[:, np.newaxis]
    where = np.nonzero(is_wanted[:, np.newaxis] & is_new)
    for start in range(0, len(where[0]), _MUTANTS):
        rows, bases, positions = (index[start : start + _MUTANTS] for index in where)
        mutants = codes[rows]
        mutants[np.arange(len(rows)), positions] = bases
        effects[rows, bases, positions] = score(mutants) - before[rows]
    return np.moveaxis(effects, 3, 1)


class _Mutagenesis:
    """Effects of substitutions on the scores of some tasks of a model for sequences of one length."""

    def __init__(self, model: SequenceModel, length: int, tasks: list[int], *, at_n: bool) -> None:
        self._at_n = at_n
        self._model, self._spec, self._length, self._tasks = model, model.spec, length, tasks
        self._kmers = None if model.kmers is None else KmerEffects(model.kmers, tasks)
        self._local: LocalNetwork | None = None
        if is_local(model.spec):
            self._local = LocalNetwork(model.spec, model.network, tasks=tasks)

    @property
    def n_rows(self) -> int:
        """Sequences per block, so that it fits into memory."""
        most = _MAX_VALUES // (4 * self._length * len(self._tasks))
        return max(1, most if self._local is None else min(most, self._local.n_rows))

    def effects(self, codes: Codes) -> Array:
        """Effects on the score, ``(n, T, 4, L)``."""
        is_wanted = (codes != N) | self._at_n
        effects = self._network_effects(codes, is_wanted)
        if self._kmers is not None and self._model.kmers is not None:
            weights = self._model.kmers.network_weights[self._tasks].astype(np.float64)
            effects = effects * weights[:, np.newaxis, np.newaxis] + self._kmer_effects(self._kmers, codes, is_wanted)
        return effects * is_wanted[:, np.newaxis, np.newaxis]

    def _kmer_effects(self, kmers: KmerEffects, codes: Codes, is_wanted: Bools) -> Array:
        """Effects on the score of the k-mer regression, at these positions ``(n, L)``."""
        effects = kmers(codes)
        is_longer = ~_is_within_ends(codes) & is_wanted
        if kmers.depends_on_middle and is_longer.any():
            effects *= ~is_longer[:, np.newaxis, np.newaxis]
            effects += effects_by_passes(kmers.scores, codes, is_longer)
        return effects

    def _network_effects(self, codes: Codes, is_wanted: Bools) -> Array:
        """Effects on the score of the network alone, at these positions ``(n, L)``."""
        if self._local is None:
            return effects_by_passes(self._network_scores, codes, is_wanted)
        effects = self._over_strands(codes, self._local)
        # A base in the padding lengthens the sequence, which affects all positions.
        is_longer = ~_is_within_ends(codes) & is_wanted
        if self._spec.ignores_padding and is_longer.any():
            effects += effects_by_passes(self._network_scores, codes, is_longer)
        return effects

    def _network_scores(self, codes: Codes) -> Array:
        sequences = SequenceSet([""] * len(codes), codes)
        return self._model.scores(sequences, part="network")[:, self._tasks]

    def _over_strands(self, codes: Codes, local: LocalNetwork) -> Array:
        """Effects on the mean over strands, or their maximum; 0 in padding."""
        forward, logits = _strand_effects(local, codes, is_padded=self._spec.ignores_padding)
        if not self._spec.is_double_stranded:
            return forward
        backward, others = _strand_effects(local, reverse_complement(codes), is_padded=self._spec.ignores_padding)
        backward = backward[..., ::-1, ::-1]
        if self._spec.strands == "both":
            return (forward + backward) / 2
        logits, others = (values.astype(np.float64)[..., np.newaxis, np.newaxis] for values in (logits, others))
        return np.maximum(forward + logits, backward + others) - np.maximum(logits, others)


def _is_within_ends(codes: Codes) -> Bools:
    """Whether there is a base at the position, or on both sides of it: codes ``(n, L)``."""
    is_known = codes != N
    before = np.maximum.accumulate(is_known, axis=1)
    after = np.maximum.accumulate(is_known[:, ::-1], axis=1)[:, ::-1]
    return before & after


def _strand_effects(local: LocalNetwork, codes: Codes, *, is_padded: bool) -> tuple[Array, Array]:
    """Effects on the logits of one strand ``(n, T, 4, L)``, and the logits ``(n, T)``.

    With `is_padded`, N at the ends is padding: at the start it is moved to the end before, and effects there are 0.
    """
    flushed = flush_left(codes) if is_padded else codes
    is_wanted = _is_within_ends(flushed) if is_padded else np.ones(codes.shape, dtype=np.bool_)
    references = local.references(flushed)
    effects = np.zeros((codes.shape[1], len(codes), 4, local.n_tasks), dtype=local.dtype)
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
    return effects, local.logits(references)
