"""`train`: a spec and a dataset become a TrainedModel.

Sequences stay uint8 codes; one batch at a time becomes one-hot. The budget is counted in steps, not epochs, so that 400
sequences are seen as often as they need and 40,000 no more than that.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.arguments import check_type
from motifnet.errors import InputError, SpecError
from motifnet.models.evaluation import check_labels
from motifnet.models.inference import strands_of
from motifnet.models.kmer_regression import fit_kmers, kmer_strands
from motifnet.models.network.builder import build, build_twin, copy_weights, output_weights
from motifnet.models.network.spec import ModelSpec
from motifnet.models.runtime import keras, tf
from motifnet.models.split_table import SplitTable
from motifnet.models.trained import TrainedModel
from motifnet.models.training.finetuning import Start, begin
from motifnet.models.training.kmer_init import begin_with_words
from motifnet.models.training.losses import SCORES, Objective
from motifnet.models.training.train_spec import TrainSpec
from motifnet.sequences.alphabet import Codes, N, flush_left, reverse_complement
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.store import release

logger = logging.getLogger("motifnet")

#: `loss` is what training lowers, with classes in balance; `valid_loss` the plain loss of what is predicted. The last
#: one is what `losses.SCORES` names: of values and counts, ``valid_pearson``.
HISTORY_COLUMNS = ("step", "epoch", "loss", "valid_loss", "valid_auroc")
_REPORT_EVERY = 10
_CLIP_NORM = 1.0
#: Validation sequences that each look is at, at most: it comes every few steps.
_MOST_LOOKED_AT = 20_000


class Progress(NamedTuple):
    """Where training stands: `valid_loss` and `valid_score` are those of the last look at the validation sequences.

    `score` tells what the score is: "auroc", or "pearson" for values and counts.
    """

    step: int
    max_steps: int
    loss: float
    valid_loss: float
    valid_score: float
    score: str = "auroc"


def train(
    spec: ModelSpec,
    data: Dataset,
    *,
    valid: Dataset,
    training: TrainSpec | None = None,
    progress: Callable[[Progress], None] | None = None,
    start: Start | None = None,
) -> TrainedModel:
    """Train a network, stop when the validation loss no longer falls, and keep the best weights.

    Of classes the loss is the log loss, each class of a task weighing the same; the resulting shift of the log odds is
    taken out again inside the loss (King & Zeng 2001, prior correction), so that predicted probabilities match the
    prevalence in `data`. Of values it is the squared error, in units of the variance of the training labels; of counts
    the Poisson deviance, over that of their mean: 1 is then what the mean alone would give. Unknown labels (NaN) weigh
    nothing. With ``strands="both"`` a sequence is seen on either strand at random.

    Parameters
    ----------
    spec : ModelSpec
        Its length and tasks must be those of the data.
    data, valid : Dataset
        What to learn from; what decides when to stop. No sequence of one should be in the other: see `Dataset.split`.
    training : TrainSpec, optional
    progress : callable, optional
        Called with a `Progress` every few steps.
    start : Start, optional
        A model to go on from; by default the network starts with fresh weights.

    Returns
    -------
    TrainedModel

    Raises
    ------
    SpecError
        If length or tasks of the spec and the data differ, the network cannot start from that model, or training runs
        away from too high a learning rate.
    InputError
        If a label is none that the outputs can be, a task has only one class (or value) to learn from, or there are no
        validation sequences with a known label.
    """
    check_type("spec", spec, ModelSpec)
    check_type("data", data, Dataset)
    check_type("valid", valid, Dataset)
    training = training or TrainSpec()
    check_type("training", training, TrainSpec)
    _check_data(spec, data, valid)
    if start is not None:
        start.check(spec)
    network = build(spec, seed=training.seed)
    objective = Objective.of(spec.outputs, data)
    begin(network, spec, objective, start)
    if training.kmer_init and start is None:
        begin_with_words(network, spec, data, seed=training.seed)
    splits, rule = SplitTable.of(train=data.sequences, valid=valid.sequences), data.sequences.rule
    if start is not None:
        splits = start.splits_with(splits, valid.sequences)
    origin = None if start is None else start.origin
    model = TrainedModel(spec, network, splits, _no_history(spec), rule, training, origin)
    twin = build_twin(spec, seed=training.seed)
    copy_weights(network, twin)
    if start is not None:
        start.freeze_in(twin)
    history = _run(_stepper(model, twin, objective), model, twin, objective, (data, valid), progress)
    objective.fold(output_weights(network))
    model = model.with_history(history)
    if not training.kmers:
        return model
    kmers = fit_kmers(data, outputs=spec.outputs, strands=kmer_strands(spec), seed=training.seed)
    return replace(model, kmers=kmers.stacked(valid, model.predict(valid.sequences), spec.outputs))


def _check_data(spec: ModelSpec, data: Dataset, valid: Dataset) -> None:
    for part in (data, valid):
        if part.sequences.length != spec.length:
            raise SpecError(
                f"the network is for sequences of {spec.length} bp, the data have {part.sequences.length} bp",
                hint="Make the spec with length=data.sequences.length.",
            )
        if part.tasks != spec.tasks:
            raise SpecError(
                f"the network has the tasks {', '.join(spec.tasks)}, the data {', '.join(part.tasks)}",
                hint="Make the spec with tasks=data.tasks.",
            )
        check_labels(part, spec.outputs)
    if not len(valid):
        raise InputError(
            "there are no validation sequences",
            hint="Set some aside: data.split(valid=0.1), or --valid-fraction 0.1 in a command.",
        )
    if np.isnan(valid.labels).all():
        raise InputError("none of the validation sequences has a known label", hint="They decide when to stop.")
    _check_variety(spec, data)


def _check_variety(spec: ModelSpec, data: Dataset) -> None:
    """Every task has something to tell apart."""
    if spec.outputs != "classes":
        for task, labels in zip(data.tasks, data.labels.T, strict=True):
            if len(np.unique(labels[~np.isnan(labels)])) < 2:
                raise InputError(f"task {task!r} has fewer than two different labels to learn from")
        return
    for task, (n_negative, n_positive) in zip(data.tasks, data.class_counts(), strict=True):
        if not (n_negative and n_positive):
            raise InputError(
                f"task {task!r} has {n_positive} sequences labelled 1 and {n_negative} labelled 0 to learn from",
                hint="Both classes are needed.",
            )


def _stepper(
    model: TrainedModel, learner: Any, objective: Objective
) -> Callable[[Codes, NDArray[np.float32], float], float]:
    """The function that takes one step on codes ``(B, L)`` and labels ``(B, T)``, and returns the loss before it."""
    with _float32():
        optimizer = keras.optimizers.Adam(clipnorm=_CLIP_NORM)
        optimizer.build(learner.trainable_variables)

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, model.spec.length), tf.uint8),
            tf.TensorSpec((None, len(model.spec.tasks)), tf.float32),
        ],
        jit_compile=False,
        autograph=False,
    )
    def take_step(codes: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = learner(tf.one_hot(codes, 4, dtype=tf.float32)[:, tf.newaxis], training=True)
            if model.spec.strands == "shared":
                logits = tf.maximum(*tf.split(logits, 2))
            loss = objective.loss(labels, logits)
            penalised = tf.add_n([loss, *learner.losses])
        optimizer.apply(tape.gradient(penalised, learner.trainable_variables), learner.trainable_variables)
        return loss

    def step(codes: Codes, labels: NDArray[np.float32], learning_rate: float) -> float:
        optimizer.learning_rate.assign(learning_rate)
        strands = strands_of(codes, model.spec) if model.spec.strands == "shared" else [codes]
        return float(take_step(np.concatenate(strands), labels))

    return step


@contextmanager
def _float32() -> Iterator[None]:
    """Keras makes an optimiser's learning rate in its global float type, which a user's keras.json may have changed."""
    kept = keras.config.floatx()
    keras.config.set_floatx("float32")
    try:
        yield
    finally:
        keras.config.set_floatx(kept)


def _run(
    take_step: Callable[[Codes, NDArray[np.float32], float], float],
    model: TrainedModel,
    twin: Any,
    objective: Objective,
    parts: tuple[Dataset, Dataset],
    progress: Callable[[Progress], None] | None,
) -> pd.DataFrame:
    """Take steps until the budget or the patience is spent; leave the best weights in the network."""
    (data, valid), training = parts, model.training
    if len(valid) > _MOST_LOOKED_AT:
        logger.info("of %d validation sequences %d, drawn at random, decide when to stop", len(valid), _MOST_LOOKED_AT)
        valid = valid.take(np.sort(np.random.default_rng(training.seed).permutation(len(valid))[:_MOST_LOOKED_AT]))
    batches = _batches(data, training, model.spec)
    steps_per_epoch = len(data) / min(training.batch_size, len(data))
    rows: list[tuple[float, ...]] = []
    losses: list[float] = []
    best_loss, best_weights, looks_since = math.inf, model.network.get_weights(), 0
    max_steps = training.steps(len(data))
    now = Progress(0, max_steps, math.nan, math.nan, math.nan, SCORES[model.spec.outputs])
    for step in range(1, max_steps + 1):
        losses.append(take_step(*next(batches), training.learning_rate * _cosine(step / max_steps)))
        _check_finite(losses[-1], step)
        if step % training.check_every == 0 or step == max_steps:
            copy_weights(twin, model.network)
            predictions = model.predict(valid.sequences)
            _check_finite(float(predictions.sum()), step)
            valid_loss, valid_score = objective.validate(valid, predictions)
            now = now._replace(loss=float(np.mean(losses)), valid_loss=valid_loss, valid_score=valid_score)
            rows.append((step, step / steps_per_epoch, now.loss, valid_loss, valid_score))
            losses.clear()
            looks_since += 1
            if valid_loss < best_loss:
                best_loss, best_weights, looks_since = valid_loss, model.network.get_weights(), 0
        if progress and (step % _REPORT_EVERY == 0 or step == max_steps):
            progress(now._replace(step=step))
        if looks_since >= training.patience:
            break
    model.network.set_weights(best_weights)
    return pd.DataFrame(rows, columns=list(_no_history(model.spec))).astype({"step": int})


def _check_finite(value: float, step: int) -> None:
    if not math.isfinite(value):
        raise SpecError(f"training ran away: not a number at step {step}", hint="Lower the learning rate.")


def _batches(data: Dataset, training: TrainSpec, spec: ModelSpec) -> Iterator[tuple[Codes, NDArray[np.float32]]]:
    """Endless batches of codes ``(B, L)`` and labels ``(B, T)``, of one size; each epoch has its own permutation."""
    rng = np.random.default_rng(training.seed)
    size = min(training.batch_size, len(data))
    order = np.empty(0, dtype=np.int64)
    shift = min(training.shift, data.sequences.length // 10)
    while True:
        while len(order) < size:
            order = np.concatenate([order, rng.permutation(len(data))])
        rows, order = order[:size], order[size:]
        codes = data.sequences.codes[rows]
        release(data.sequences.codes)
        if spec.strands == "both":
            flip = rng.random(size) < 0.5
            codes[flip] = reverse_complement(codes[flip])
        if not spec.is_length_fixed:
            codes = flush_left(codes)
        if shift:
            codes = _shifted(codes, rng.integers(-shift, shift + 1, size))
        yield codes, data.labels[rows]


def _shifted(codes: Codes, shifts: NDArray[np.int64]) -> Codes:
    """Move each row of codes ``(B, L)`` to the right by its shift; N comes in at the other end."""
    length = codes.shape[1]
    margin = int(np.abs(shifts).max(initial=0))
    padded = np.pad(codes, ((0, 0), (margin, margin)), constant_values=N)
    columns = np.arange(length) + margin - shifts[:, np.newaxis]
    return np.take_along_axis(padded, columns, axis=1)


def _cosine(done: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * done)) + 1e-3


def _no_history(spec: ModelSpec) -> pd.DataFrame:
    return pd.DataFrame(columns=[*HISTORY_COLUMNS[:-1], f"valid_{SCORES[spec.outputs]}"])
