"""`train`: a ModelSpec and a dataset become a TrainedModel.

Sequences stay uint8 codes; one-hot is computed per batch. The budget is in steps, not epochs, so that small data sets
are repeated more often than large ones.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.arguments import check_type
from motifnet.errors import InputError, SpecError, listed, quoted
from motifnet.models.kmer_regression import KmerRegression, choose_kmers
from motifnet.models.metrics import check_labels
from motifnet.models.network.builder import copy_weights, output_weights
from motifnet.models.network.spec import ModelSpec
from motifnet.models.positive_scores import PositiveScores
from motifnet.models.storage import HISTORY_COLUMNS
from motifnet.models.trained import TrainedModel
from motifnet.models.training.batches import Batches
from motifnet.models.training.checkpoint import Checkpoint, describe_training
from motifnet.models.training.distributed import Replicas, check_same, worker
from motifnet.models.training.initialization import check_start, initial_network, origin_of
from motifnet.models.training.losses import SCORES, Objective
from motifnet.models.training.step import compile_step, make_learner
from motifnet.models.training.train_spec import ENOUGH_STEPS, TrainSpec
from motifnet.progress import Progress
from motifnet.sequences.dataset import Dataset, Split
from motifnet.sequences.splits.partition import SplitTable

logger = logging.getLogger("motifnet")

#: With a higher best validation loss, in units of that of the mean label, a network has not learned; it is then trained
#: again with a seed that is larger by `_OTHER_SEED`.
_LEARNED, _OTHER_SEED = 0.99, 1000
#: Maximum number of validation sequences: validation is frequent.
_MAX_VALID = 20_000


def train(
    spec: ModelSpec,
    data: Dataset | Split,
    *,
    valid: Dataset | None = None,
    training: TrainSpec = TrainSpec(),
    start: TrainedModel | None = None,
    freeze: int = 0,
    checkpoint: str | Path | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> TrainedModel:
    """Train a network, stop when the validation loss no longer falls, and keep the best weights.

    A network that does not learn (its validation loss is not clearly below that of the mean label) is trained once more
    from other initial weights, for at most twice as many steps, and the better one is kept, if the budget is at least
    400 steps.

    For classes, the loss is the log loss with equal weight for both classes of a task. The resulting shift of the log
    odds is corrected inside the loss (prior correction; King & Zeng 2001, Political Analysis 9:137), so that predicted
    probabilities match the prevalence in `data`. For values, it is the squared error in units of the variance of the
    training labels; for counts, the Poisson deviance relative to that of their mean. Unknown labels (NaN) have no
    weight. With ``strands="both"``, a random strand of each sequence is used in each epoch.

    Parameters
    ----------
    spec : ModelSpec
        With the length and tasks of the data.
    data : Dataset or Split
        Training sequences. A split also has the validation sequences, and test sequences, which are not used; the model
        records them.
    valid : Dataset, optional
        Validation sequences, none of which should be in `data`. By default those of the split, or a random tenth of
        `data` (`Dataset.split` with the seed of `training`).
    training : TrainSpec
    start : TrainedModel, optional
        Fine-tune this model, which must have the same blocks. Its head is used too if tasks and outputs are the same.
    freeze : int
        Number of blocks of `start`, from the first one, that are not trained.
    checkpoint : str or Path, optional
        Folder for the state of training at each validation; it is created if it is missing. An interrupted training
        continues from this state, with the same result. If training was complete, its model is returned.
    progress : callable, optional
        Called with a `Progress` every few steps, after each validation, and when an interrupted training continues.

    Returns
    -------
    TrainedModel

    Raises
    ------
    SpecError
        If length or tasks of the spec and the data differ, the network cannot start from `start`, or training diverges.
    InputError
        If the outputs do not allow a label, a task has only one class (or value) in the training sequences, no label of
        the validation sequences is known, or the checkpoint cannot be written.

    Examples
    --------
    ``model = train(spec, data.split(test=0.1))``

    Fine-tune the model on other data, with its first layer as it is:
    ``train(spec, more.split(test=0.1), start=model, freeze=1)``
    """
    check_type("spec", spec, ModelSpec)
    check_type("training", training, TrainSpec)
    split = as_split(data, valid, seed=training.seed)
    _check_data(spec, split)
    check_start(start, spec, freeze)
    objective = Objective.of(spec.outputs, split.train)
    model = TrainedModel(
        spec,
        initial_network(spec, objective, split.train, training, start),
        _split_table(split, start),
        training=training,
        length_rule=split.train.sequences.rule,
        origin=None if start is None else origin_of(start, freeze),
    )
    is_described = checkpoint is not None or worker().count > 1
    job = describe_training(spec, split, training, start, freeze) if is_described else {}
    stored = Checkpoint(checkpoint if worker().is_chief else None, training.seed, job)
    options: dict[str, Any] = {"freeze": freeze, "checkpoint": stored, "progress": progress}
    history = _optimize(model, objective, split, **options)
    can_repeat = start is None and training.steps(len(split.train)) >= ENOUGH_STEPS
    if can_repeat and not _has_learned(history, objective, split.valid):
        model, history = _train_again(model, history, objective, split, **options)
    objective.unstandardize_output(output_weights(model.network))
    model = replace(model, history=history)
    if not worker().is_chief:
        return model
    model = replace(model, kmers=_fit_kmers(model, split, stored)) if training.kmers else model
    return replace(model, positives=_positive_scores(model, split.valid))


def _has_learned(history: pd.DataFrame, objective: Objective, valid: Dataset) -> bool:
    """Whether the best validation loss is clearly below that of the mean label of the training sequences."""
    null_loss, _ = objective.validate(valid, np.broadcast_to(objective.null, valid.labels.shape))
    return not history["valid_loss"].min() > _LEARNED * null_loss


def _train_again(
    model: TrainedModel, history: pd.DataFrame, objective: Objective, split: Split, **options: Any
) -> tuple[TrainedModel, pd.DataFrame]:
    """Train from other initial weights for twice as long; return the better network and its history."""
    given, loss = model.training, history["valid_loss"].min()
    logger.info("the validation loss did not fall (%.3f): training again from other initial weights", loss)
    longer = replace(given, max_steps=2 * given.max_steps, max_epochs=2 * given.max_epochs)
    network = initial_network(model.spec, objective, split.train, replace(given, seed=given.seed + _OTHER_SEED))
    second = replace(model, network=network, training=longer)
    again = _optimize(second, objective, split, part="training-2", **options)
    return (replace(second, training=given), again) if again["valid_loss"].min() < loss else (model, history)


def _positive_scores(model: TrainedModel, valid: Dataset) -> PositiveScores | None:
    if model.spec.outputs != "classes":
        return None
    positives = valid.take((valid.labels > 0.5).any(axis=1))
    return PositiveScores.of(positives, model.scores(positives.sequences))


def _fit_kmers(model: TrainedModel, split: Split, checkpoint: Checkpoint) -> KmerRegression:
    spec = model.spec
    if found := checkpoint.read("regression"):
        weights, intercepts, network_weights, kmer_weights = found[0]["weights"]
        half_life = float(found[1]["half_life"])
        return KmerRegression(weights, intercepts, network_weights, kmer_weights, spec.motif_strands, half_life)
    scores, options = model.scores(split.valid.sequences), {"outputs": spec.outputs, "strands": spec.motif_strands}
    kmers = choose_kmers(split.train, split.valid, scores, **options, seed=model.training.seed)
    arrays = [kmers.weights, kmers.intercepts, kmers.network_weights, kmers.kmer_weights]
    checkpoint.write("regression", {"weights": arrays}, half_life=kmers.half_life)
    return kmers


def as_split(data: Dataset | Split, valid: Dataset | None, *, seed: int) -> Split:
    """Return training and validation sequences: of the split, as given, or a random tenth of the data."""
    check_type("data", data, Dataset, Split)
    if valid is not None:
        check_type("valid", valid, Dataset)
        if isinstance(data, Split):
            raise InputError(
                "valid cannot be combined with a Split, which has validation sequences", hint="Omit valid."
            )
        return Split(data, valid, valid.take([]))
    return data if isinstance(data, Split) else data.split(seed=seed)


def _check_data(spec: ModelSpec, split: Split) -> None:
    for part in (split.train, split.valid):
        if part.sequences.length != spec.length:
            raise SpecError(
                f"the network accepts sequences of {spec.length} bp. Got {part.sequences.length} bp instead",
                hint="Make the spec with length=data.sequences.length.",
            )
        if part.tasks != spec.tasks:
            raise SpecError(
                f"the tasks of the network are {listed(spec.tasks)}. Got {listed(part.tasks)} instead",
                hint="Make the spec with tasks=data.tasks.",
            )
        check_labels(part, spec.outputs)
    if np.isnan(split.valid.labels).all():
        what = "known label among the validation sequences" if len(split.valid) else "validation sequences"
        raise InputError(
            f"no {what}: they decide when training stops",
            hint="Use data.split(valid=0.1) in Python, --valid-fraction 0.1 in a command.",
        )
    for task, labels in zip(split.train.tasks, split.train.labels.T, strict=True):
        if len(np.unique(labels[~np.isnan(labels)])) < 2:
            needed = "sequences labelled 0 and 1" if spec.outputs == "classes" else "at least two different labels"
            raise InputError(f"task {quoted(task)} needs {needed} among the training sequences")


def _split_table(split: Split, start: TrainedModel | None) -> SplitTable:
    """Digests of all parts, with those of the model that training starts from."""
    table = SplitTable.of(split)
    if start is None:
        return table
    n_known = start.split_of(split.valid.sequences).count("train")
    if n_known:
        logger.warning(
            "%d of %d validation sequences were training sequences of the model that training starts from: the "
            "validation loss is optimistic, and training may stop late",
            n_known,
            len(split.valid),
        )
    return table.joined(start.split_table)


@dataclass
class _Validations:
    """Results of the validations so far.

    Parameters
    ----------
    best_weights : list of arrays
        Weights of the network with the lowest validation loss.
    best_loss : float
    n_since_best : int
        Number of validations since then.
    rows : list
        The rows of the history.
    """

    best_weights: list[NDArray[np.float32]]
    best_loss: float = math.inf
    n_since_best: int = 0
    rows: list[list[float]] = field(default_factory=list)

    @property
    def step(self) -> int:
        return int(self.rows[-1][0]) if self.rows else 0

    def add(self, row: list[float], network: Any) -> None:
        """Add a row of the history, and keep the weights of the network if its validation loss is the lowest."""
        self.rows.append(row)
        self.n_since_best += 1
        if row[3] < self.best_loss:
            self.best_loss, self.best_weights, self.n_since_best = row[3], network.get_weights(), 0

    def progress(self, step: int, max_steps: int, score: str) -> Progress:
        """The state of the training at a step."""
        loss, valid_loss, valid_score = self.rows[-1][2:] if self.rows else [math.nan] * 3
        return Progress(step, max_steps, loss, valid_loss, valid_score, score)

    def state(self, variables: list[Any], batches: Batches) -> tuple[dict[str, list[Any]], dict[str, Any]]:
        """Arrays, with the variables of learner and optimizer, and values, with the state of the batches."""
        arrays = {"variables": [v.numpy() for v in variables], "best": self.best_weights, "order": [batches.order]}
        numbers = {"best_loss": self.best_loss, "n_since_best": self.n_since_best, "rows": self.rows}
        return arrays, {**numbers, "random": batches.random_state}

    def restore(
        self, state: tuple[dict[str, list[Any]], dict[str, Any]], variables: list[Any], batches: Batches
    ) -> None:
        """Continue with a state."""
        arrays, numbers = state
        for variable, value in zip(variables, arrays["variables"], strict=True):
            variable.assign(value)
        batches.restore(arrays["order"][0], numbers["random"])
        self.best_weights, self.rows = arrays["best"], numbers["rows"]
        self.best_loss, self.n_since_best = numbers["best_loss"], numbers["n_since_best"]


def _optimize(
    model: TrainedModel,
    objective: Objective,
    split: Split,
    *,
    freeze: int,
    checkpoint: Checkpoint,
    progress: Callable[[Progress], None] | None,
    part: str = "training",
) -> pd.DataFrame:
    """Train until the budget or the patience is used up; set the best weights and return the history."""
    training, n, replicas = model.training, len(split.train), Replicas()
    batch_size = min(training.batch_size, n)
    replicas.check(batch_size)
    learner, optimizer = make_learner(model.network, model.spec, training.seed, freeze, replicas)
    take_step = compile_step(model.spec, learner, optimizer, objective, replicas, batch_size)
    batches = Batches(split.train, training, model.spec, replicas.rows)
    valid = _sample(split.valid, seed=training.seed)
    max_steps, steps_per_epoch = training.steps(n), n / batch_size
    score = SCORES[model.spec.outputs]
    validations, variables = _Validations(model.network.get_weights()), [*learner.variables, *optimizer.variables]
    if (found := checkpoint.read(part)) is not None:
        validations.restore(found, variables, batches)
        _log_start(validations, checkpoint, training, max_steps)
        if progress:
            progress(validations.progress(validations.step, max_steps, score))
    if worker().count > 1:
        job, state = replicas.from_chief((checkpoint.job, validations.state(variables, batches)))
        check_same(checkpoint.job, job)
        validations.restore(state, variables, batches)
    replicas.separate_dropout(learner)
    progress = progress if worker().is_chief else None
    losses: list[float] = []
    for step in range(validations.step + 1, max_steps + 1):
        if validations.n_since_best >= training.patience:
            break
        decay = 0.5 * (1 + math.cos(math.pi * (step / max_steps))) + 1e-3
        losses.append(take_step(*next(batches), training.learning_rate * decay))
        _check_finite(losses[-1], step)
        if step % training.check_every == 0 or step == max_steps:
            copy_weights(learner, model.network)
            results = _validate(model, objective, valid, replicas, step)
            validations.add([step, step / steps_per_epoch, float(np.mean(losses)), *results], model.network)
            arrays, values = validations.state(variables, batches)
            checkpoint.write(part, arrays, **values)
            losses.clear()
        if progress and (step % 10 == 0 or step == validations.step):
            progress(validations.progress(step, max_steps, score))
    model.network.set_weights(validations.best_weights)
    return pd.DataFrame(validations.rows, columns=[*HISTORY_COLUMNS, f"valid_{score}"]).astype({"step": int})


def _log_start(validations: _Validations, checkpoint: Checkpoint, training: TrainSpec, max_steps: int) -> None:
    """Log where training continues."""
    if validations.step == max_steps or validations.n_since_best >= training.patience:
        logger.info("the network is already trained (checkpoint in %s)", checkpoint)
    else:
        logger.info("continuing at step %d of %d (checkpoint in %s)", validations.step, max_steps, checkpoint)


def _sample(valid: Dataset, *, seed: int) -> Dataset:
    if len(valid) <= _MAX_VALID:
        return valid
    logger.info("validation uses a random %d of %d validation sequences", _MAX_VALID, len(valid))
    return valid.take(np.sort(np.random.default_rng(seed).permutation(len(valid))[:_MAX_VALID]))


def _validate(
    model: TrainedModel, objective: Objective, valid: Dataset, replicas: Replicas, step: int
) -> tuple[float, float]:
    """Validation loss and score, the same for all workers."""
    if worker().count == 1:
        predictions = model.predict(valid.sequences)
    else:
        predictions = replicas.gather(lambda rows: model.predict(valid.sequences.take(rows)), len(valid))
    _check_finite(float(predictions.sum()), step)
    return replicas.from_chief(objective.validate(valid, predictions))


def _check_finite(value: float, step: int) -> None:
    if not math.isfinite(value):
        raise SpecError(f"training diverged: the loss is NaN at step {step}", hint="Lower the learning rate.")
