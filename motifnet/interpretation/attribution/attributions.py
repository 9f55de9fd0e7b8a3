"""`attribute`: the contribution of each base of a sequence to the score of a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motifnet.arguments import check_integer, check_type
from motifnet.errors import InputError
from motifnet.interpretation.attribution.contributions import Attributions
from motifnet.interpretation.attribution.ism import mutation_effects
from motifnet.interpretation.attribution.propagation import Propagation
from motifnet.interpretation.attribution.reference_sequences import REFERENCES, make_references
from motifnet.models.inference import batch_size, over_strands
from motifnet.models.network.block import check_name
from motifnet.models.sequence_model import Part, SequenceModel
from motifnet.progress import part_of, report
from motifnet.sequences.alphabet import Codes, N, one_hot_codes
from motifnet.sequences.io.reader import AnySequences
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.store import blocks

Array = NDArray[np.floating]

#: Methods, with the references that each uses by default.
METHODS: dict[str, str | None] = {"ism": None, "gradient": None, "integrated-gradients": "zeros", "deeplift": "shuffle"}
#: Nodes of the Gauss-Legendre quadrature of integrated gradients.
_NODES = 20


def attribute(
    model: SequenceModel,
    sequences: AnySequences,
    *,
    method: str = "ism",
    task: str | None = None,
    references: str | ArrayLike | SequenceSet | None = None,
    n_references: int = 20,
    seed: int = 0,
    dtype: str = "float32",
) -> Attributions:
    """Compute the contribution of each base to the score of a model.

    Parameters
    ----------
    model : TrainedModel or KerasModel
    sequences : SequenceSet, Dataset, sequence of str, one-hot array of shape (N, 4, L), or path of a FASTA file
        As in `SequenceModel.predict`.
    method : {"ism", "deeplift", "gradient", "integrated-gradients"}
        "ism": effects of all substitutions (`mutation_effects`) minus their mean over the four bases. It explains the
        whole model; the other methods explain only its network. "gradient": gradient of the score minus its mean over
        the four bases (Majdandzic et al. 2023, Genome Biol 24:109). "integrated-gradients": gradients along the
        straight path from the reference (Sundararajan et al. 2017, ICML). "deeplift": differences from the reference,
        by the rescale rule (Shrikumar et al. 2017, ICML). In the last two, the contribution of a base is the sum over
        the four bases of multiplier times (one-hot of this base minus reference).
    task : str, optional
        One task. By default all tasks; the results of a model with a single task have no axis for it.
    references : {"shuffle", "zeros", "composition"}, SequenceSet or array, optional
        Only for "deeplift" (default "shuffle") and "integrated-gradients" (default "zeros"): dinucleotide shuffles of
        each sequence, unknown bases, or the base composition of each sequence. Or R references: for all sequences, as a
        SequenceSet or an array ``(R, 4, L)``; for each sequence, as an array ``(N, R, 4, L)``. Contributions are means
        over references.
    n_references : int
        Number of shuffles.
    seed : int
        Seed of the shuffles.
    dtype : {"float32", "float64"}
        Precision of gradients and multipliers.

    Returns
    -------
    Attributions

    Raises
    ------
    InputError
        If the sequences cannot be read, or the references do not fit.
    SpecError
        If the method is unknown.
    ModelError
        If the model does not accept the length of the sequences, there is no such task, or DeepLIFT has no rule for a
        layer of the network.

    Examples
    --------
    ``mn.attribute(model, sequences).observed()``
    """
    check_type("model", model, SequenceModel)
    known = model.as_sequences(sequences)
    block_of = block_attributor(
        model, known, max(1, len(known)), method=method, task=task, references=references, n_references=n_references,
        seed=seed, dtype=dtype,
    )  # fmt: skip
    return block_of(0)


def block_attributor(
    model: SequenceModel, sequences: SequenceSet, n_rows: int, *, method: str, task: str | None, references: Any,
    n_references: int, seed: int, dtype: str = "float32",
) -> Callable[[int], Attributions]:  # fmt: skip
    """Function that computes the contributions to block k of `n_rows` sequences as `attribute` does."""
    check_name("method", method, tuple(METHODS))
    check_name("dtype", dtype, ("float32", "float64"))
    model, tasks = model.for_length(sequences.length), model.task_indices(task)
    names = tuple(model.spec.tasks[t] for t in tasks)
    if METHODS[method] is None and references is not None:
        raise InputError(f"method {method!r} has no references", hint="Use deeplift or integrated-gradients.")
    chosen = METHODS[method] if references is None else references
    make = _reference_maker(chosen, sequences, n=n_references, seed=seed)
    explain = None if method == "ism" else _Contributions(model, method, tasks, dtype)

    def attribute_block(k: int) -> Attributions:
        start = k * n_rows
        block = sequences.take(slice(start, start + n_rows))
        with part_of(len(sequences), before=start):
            values, outputs, reference_outputs = (
                (_mutagenesis(model, block, task), model.scores(block)[:, tasks], None)
                if explain is None
                else explain(block, make, start)
            )
        values[np.broadcast_to((block.codes == N)[:, np.newaxis, np.newaxis], values.shape)] = 0
        flat = values if len(tasks) > 1 else values[:, 0]
        return Attributions(block, flat, names, outputs, method, explained_part(method), reference_outputs)

    return attribute_block


def explained_part(method: str) -> Part:
    """What a method explains: the model, or its network alone."""
    return "model" if method == "ism" else "network"


def _mutagenesis(model: SequenceModel, sequences: SequenceSet, task: str | None) -> NDArray[np.float32]:
    effects = mutation_effects(model, sequences, task, at_n=False).reshape(len(sequences), -1, 4, sequences.length)
    effects -= effects.mean(axis=2, keepdims=True)
    return effects


def _reference_maker(
    references: Any, sequences: SequenceSet, *, n: int, seed: int
) -> Callable[[Codes, slice], NDArray[np.float32]]:
    """Function from codes ``(n, L)`` and their rows to references ``(n, R, 4, L)``; zeros without references."""
    if references is None or isinstance(references, str):
        kind = references or "zeros"
        check_name("references", kind, REFERENCES)
        check_integer("n_references", n, at_least=1)
        return lambda codes, rows: make_references(codes, kind, n=n, seed=seed)
    if isinstance(references, SequenceSet):
        references = one_hot_codes(references.codes)
    given = np.asarray(references, dtype=np.float32)
    shape = (4, sequences.length)
    if given.ndim not in (3, 4) or given.shape[-2:] != shape or (given.ndim == 4 and len(given) != len(sequences)):
        wanted = f"(R, 4, {sequences.length}) or ({len(sequences)}, R, 4, {sequences.length})"
        raise InputError(f"references must have the shape {wanted}. Got {given.shape} instead")
    if given.ndim == 3:
        return lambda codes, rows: np.broadcast_to(given, (len(codes), *given.shape))
    return lambda codes, rows: given[rows]


class _Strand(NamedTuple):
    """Sequences and references on one strand, as the network reads them."""

    x: Array  # (n, 4, L)
    references: Array  # (n, R, 4, L)
    columns: NDArray[np.int64] | None  # (n, L), positions before N at the start was moved to the end
    is_reverse: bool

    def back(self, values: Array) -> Array:
        """Values ``(n, ..., 4, L)`` on the forward strand, at their positions."""
        if self.columns is not None:
            order = np.argsort(self.columns, axis=1).reshape(len(values), *[1] * (values.ndim - 2), -1)
            values = np.take_along_axis(values, order, axis=-1)
        return values[..., ::-1, ::-1] if self.is_reverse else values


class _Contributions:
    """Contributions to the score of the network, by a gradient-based method."""

    def __init__(self, model: SequenceModel, method: str, tasks: list[int], dtype: str) -> None:
        self._spec, self._method, self._n_tasks = model.spec, method, len(tasks)
        self._has_references = METHODS[method] is not None
        self._propagation = Propagation(model, tasks=tasks, dtype=dtype)
        if method == "deeplift":
            self._propagation.check_rules()
        self._dtype = np.dtype(dtype)

    def __call__(
        self, sequences: SequenceSet, make_references: Callable[[Codes, slice], NDArray[np.float32]], first: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64] | None]:
        """Values ``(N, T, 4, L)``, outputs ``(N, T)``, and outputs of references; `first`: index of the first row."""
        n, t = len(sequences), self._n_tasks
        values = np.empty((n, t, 4, sequences.length), dtype=self._dtype)
        outputs, reference_outputs = np.empty((2, n, t))
        for start, codes in blocks(sequences.codes, rows=batch_size(sequences.length)):
            rows = slice(start, start + len(codes))
            given = slice(first + start, first + rows.stop)
            references = make_references(codes, given)
            values[rows], outputs[rows], reference_outputs[rows] = self._block(codes, references)
            report("attributions", start + len(codes), n)
        return values, outputs, reference_outputs if self._has_references else None

    def _block(self, codes: Codes, references: Array) -> tuple[Array, Array, Array]:
        parts = [self._strand(strand) for strand in self._strands(codes, references)]
        values, logits, baselines = (np.stack(each, axis=2) for each in zip(*parts, strict=True))  # (n, R, S, T, ...)
        n, r = logits.shape[:2]
        flat = (n * r, *logits.shape[2:])
        outputs, reference_outputs = (
            over_strands(own.reshape(flat), self._spec.strands).reshape(n, r, -1) for own in (logits, baselines)
        )
        weights = self._strand_weights(logits, baselines, axis=2)
        mixed = (values * weights[..., np.newaxis, np.newaxis]).sum(axis=2).mean(axis=1)
        return mixed, outputs.mean(axis=1), reference_outputs.mean(axis=1)

    def _strand_weights(self, logits: Array, baselines: Array, axis: int) -> Array:
        """Weight of the contributions to each strand's logit: the mean, or the rule of the maximum."""
        if self._spec.strands != "shared":
            return np.full_like(logits, 1 / logits.shape[axis])
        is_highest = _first_highest(logits, axis)
        if not self._has_references:
            return is_highest.astype(logits.dtype)
        top, bottom = logits.max(axis=axis, keepdims=True), baselines.max(axis=axis, keepdims=True)
        higher, change = np.maximum(top, bottom), logits - baselines
        routed = is_highest * (higher - bottom) + _first_highest(baselines, axis) * (top - higher)
        return np.divide(routed, change, out=np.zeros_like(change), where=change != 0)

    def _strands(self, codes: Codes, references: Array) -> Iterator[_Strand]:
        x = one_hot_codes(codes).astype(self._dtype)
        for is_reverse in (False, True)[: 1 + self._spec.is_double_stranded]:
            own, others = ((values[..., ::-1, ::-1] if is_reverse else values) for values in (x, references))
            columns = None
            if self._spec.ignores_padding:
                length = codes.shape[1]
                first = own.any(axis=1).argmax(axis=1)
                columns = (np.arange(length) + first[:, np.newaxis]) % length
                own = np.take_along_axis(own, columns[:, np.newaxis], axis=2)
                others = np.take_along_axis(others, columns[:, np.newaxis, np.newaxis], axis=3)
            yield _Strand(own, others.astype(self._dtype), columns, is_reverse)

    def _strand(self, strand: _Strand) -> tuple[Array, Array, Array]:
        """Hypothetical contributions ``(n, R, T, 4, L)`` on the forward strand, logits and those of references."""
        results = []
        for i in range(strand.references.shape[1]):
            x, reference = np.ascontiguousarray(strand.x), np.ascontiguousarray(strand.references[:, i])
            multipliers, logits, baseline = self._multipliers(x, reference)
            if self._has_references:
                own = multipliers - (reference[:, np.newaxis] * multipliers).sum(axis=2, keepdims=True)
            else:
                own = multipliers - multipliers.mean(axis=2, keepdims=True)
            results.append((strand.back(own), logits, baseline))
        values, logits, baselines = (np.stack(each, axis=1) for each in zip(*results, strict=True))
        return values, logits, baselines

    def _multipliers(self, x: Array, reference: Array) -> tuple[Array, Array, Array]:
        if self._method == "deeplift":
            return self._propagation.multipliers(x, reference)
        gradients, logits = self._propagation.gradients(x, x)
        if self._method == "gradient":
            return gradients, logits, logits
        nodes, weights = np.polynomial.legendre.leggauss(_NODES)
        total = np.zeros_like(gradients)
        for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
            point = (reference + node * (x - reference)).astype(x.dtype)
            total += weight * self._propagation.gradients(x, point)[0]
        return total, logits, self._propagation.gradients(x, reference)[1]


def _first_highest(values: Array, axis: int) -> NDArray[np.bool_]:
    """Whether each value is the first of the highest along an axis."""
    highest = np.expand_dims(values.argmax(axis=axis), axis)
    index = np.arange(values.shape[axis]).reshape(*[-1 if a == axis else 1 for a in range(values.ndim)])
    return np.asarray(index == highest)
