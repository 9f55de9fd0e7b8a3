"""`tune`: a network and its learning rate chosen by validation loss, on one split, trial by trial.

The trials are kept in a journal (a text file of Optuna's), so that an interrupted search goes on where it stopped.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
from optuna.storages.journal import JournalFileBackend

from motifnet.arguments import check_type
from motifnet.errors import InputError, SpecError
from motifnet.models.network.block import Block
from motifnet.models.network.fields import from_mapping
from motifnet.models.network.spec import ModelSpec
from motifnet.models.storage import SPEC, ModelHeader
from motifnet.models.training.loop import Progress, train
from motifnet.models.training.train_spec import TrainSpec
from motifnet.models.training.tuning_folder import TRIALS
from motifnet.outputs import output_file, write_table
from motifnet.sequences.dataset import Dataset

#: Columns of trials.tsv, and what they are; the fields that were varied stand behind them.
TRIAL_COLUMNS = {
    "trial": "number, from 0: the network that the search started from",
    "state": "complete, or pruned: stopped early for being worse than most",
    "valid_loss": "lowest validation loss",
    "step": "the step of that",
}
#: A trial is stopped if it is worse than the median of the others at that step: from this trial on, and in each trial
#: from this share of its steps on.
_PRUNE_FROM_TRIAL = 5
_PRUNE_FROM = 0.3
_FINISHED = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)


@dataclass(frozen=True, eq=False)
class Tuning:
    """What a search has found so far.

    Parameters
    ----------
    best : ModelHeader
        Network and training of the lowest validation loss.
    trials : DataFrame
        One row a trial: the columns of `TRIAL_COLUMNS`, and one for each field that was varied.
    """

    best: ModelHeader
    trials: pd.DataFrame

    @property
    def best_row(self) -> pd.Series:
        """The row of the best in `trials`: the first complete trial of the lowest loss."""
        complete = self.trials[self.trials["state"] == "complete"]
        return self.trials.loc[complete["valid_loss"].idxmin()]

    def write_files(self, folder: str | Path) -> None:
        """Write spec.json, which `motifnet train --spec` reads, and trials.tsv into a folder that is there already."""
        with output_file(Path(folder) / SPEC) as partial:
            partial.write_text(self.best.to_json())
        write_table(self.trials, Path(folder) / TRIALS)


def tune(
    data: Dataset,
    *,
    valid: Dataset,
    start: ModelHeader,
    trials: int = 20,
    timeout: float | None = None,
    journal: str | Path | None = None,
    progress: Callable[[Tuning], None] | None = None,
) -> Tuning:
    """Search for the network and the learning rate of the lowest validation loss.

    The first trial is `start` itself, so that what is found is no worse on the validation sequences. The others are
    drawn by a tree-structured Parzen estimator (Bergstra et al. 2011, NeurIPS 24; Optuna: Akiba et al. 2019, KDD) from
    networks of one to three blocks with a global pool: see `suggest`. Those that do worse than the median of the
    others at the same step are stopped. Each trial draws with a seed of its own, made from
    ``start.training.seed`` and its number, so that a search that was interrupted goes on as if it had not been.

    Parameters
    ----------
    data, valid : Dataset
        What to learn from; what decides. Their loss flatters afterwards: keep test sequences in neither.
    start : ModelHeader
        Network, and training whose budget and seed hold for all trials.
    trials : int
        In all, those in the journal included.
    timeout : float, optional
        Seconds after which no further trial begins.
    journal : path, optional
        Text file that keeps the trials; if it is there already, the search goes on. One process at a time.
    progress : callable, optional
        Called after each trial with what was found so far.

    Returns
    -------
    Tuning

    Raises
    ------
    InputError
        If `trials` is below 1, or `train` cannot use the data.
    SpecError
        If `start` does not fit the data.
    """
    check_type("data", data, Dataset)
    check_type("valid", valid, Dataset)
    check_type("start", start, ModelHeader)
    if trials < 1:
        raise InputError(f"trials must be at least 1. Got {trials} instead")
    begun = time.monotonic()
    with _quiet():
        study = _open_study(journal, start.training.steps(len(data)))
        while (done := _count_finished(study)) < trials:
            if done and timeout is not None and time.monotonic() - begun >= timeout:
                break
            study.sampler = optuna.samplers.TPESampler(seed=_seed_of(start.training.seed, done))
            _run_trial(study, data, valid, start, is_first=not done)
            if progress:
                progress(_summary(study, start))
        return _summary(study, start)


def suggest(trial: optuna.Trial, start: ModelHeader) -> ModelHeader:
    """Draw a network and a learning rate; all else (strands, outputs, budget and the like) is as in `start`.

    Blocks for which a sequence is too short are left out.
    """
    spec = start.spec
    choose = trial.suggest_categorical
    l2 = trial.suggest_float("l2", 1e-8, 1e-3, log=True)
    first = Block(
        filters=choose("filters", (32, 64, 128)),
        width=min(trial.suggest_int("width", 9, 25, step=2), spec.length),
        activation=choose("activation", ("exponential", "relu")),
        dropout=trial.suggest_float("dropout", 0.0, 0.5, step=0.1),
        pool=choose("pool", (1, 2, 4, 8)),
        batch_norm=True,
        l2=l2,
    )
    blocks, n_blocks = [first], trial.suggest_int("blocks", 1, 3)
    if n_blocks > 1:
        later = Block(
            filters=choose("later_filters", (16, 32, 64, 128)),
            width=trial.suggest_int("later_width", 3, 9, step=2),
            dropout=trial.suggest_float("later_dropout", 0.0, 0.6, step=0.1),
            batch_norm=True,
            l2=l2,
        )
        blocks += [later] * (n_blocks - 1)
    final = choose("final", ("global_max", "global_average", "global_max_average"))
    units = choose("hidden", (0, 32, 128))
    network = replace(
        spec,
        blocks=_that_fit(blocks, spec.length),
        final=final,
        pool_width=None,
        hidden=(units,) if units else (),
        recurrent=None,
        recurrent_units=None,
    )
    training = replace(start.training, learning_rate=trial.suggest_float("learning_rate", 5e-4, 1e-2, log=True))
    return replace(start, spec=network, training=training)


def _that_fit(blocks: list[Block], length: int) -> tuple[Block, ...]:
    blocks = [replace(blocks[0], pool=min(blocks[0].pool, blocks[0].positions(length))), *blocks[1:]]
    left, fitting = length, []
    for block in blocks:
        left = block.positions(left) // block.pool
        if left < 1:
            break
        fitting.append(block)
    return tuple(fitting)


def _open_study(journal: str | Path | None, n_steps: int) -> optuna.Study:
    storage = None
    if journal is not None:
        storage = optuna.storages.JournalStorage(JournalFileBackend(str(journal)))
    pruner = optuna.pruners.MedianPruner(_PRUNE_FROM_TRIAL, n_warmup_steps=int(_PRUNE_FROM * n_steps))
    study = optuna.create_study(storage=storage, study_name="motifnet", pruner=pruner, load_if_exists=True)
    for trial in study.get_trials(states=(optuna.trial.TrialState.RUNNING,)):
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)  # it was interrupted
    return study


def _count_finished(study: optuna.Study) -> int:
    return len(study.get_trials(deepcopy=False, states=_FINISHED))


def _seed_of(seed: int, number: int) -> int:
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])


def _run_trial(study: optuna.Study, data: Dataset, valid: Dataset, start: ModelHeader, *, is_first: bool) -> None:
    trial = study.ask()
    chosen = start if is_first else suggest(trial, start)
    trial.set_user_attr("spec", chosen.spec.to_dict())
    trial.set_user_attr("training", asdict(chosen.training))
    watch = _Watch(trial)
    alone = replace(chosen.training, kmers=False)  # the network's loss decides, and what stands beside it costs time
    try:
        history = train(chosen.spec, data, valid=valid, training=alone, progress=watch).history
    except optuna.TrialPruned:
        study.tell(trial, state=optuna.trial.TrialState.PRUNED)
    except SpecError:
        if is_first:
            raise
        study.tell(trial, state=optuna.trial.TrialState.PRUNED)  # it ran away
    else:
        study.tell(trial, float(history["valid_loss"].min()))


class _Watch:
    """Reports a trial's lowest validation loss at each look, and stops the trial when it is worse than most."""

    def __init__(self, trial: optuna.Trial) -> None:
        self._trial = trial
        self._best, self._last = math.inf, math.nan

    def __call__(self, now: Progress) -> None:
        if now.valid_loss == self._last or math.isnan(now.valid_loss):
            return
        self._last = now.valid_loss
        self._best = min(self._best, now.valid_loss)
        self._trial.report(self._best, now.step)
        if self._trial.should_prune():
            raise optuna.TrialPruned


def _summary(study: optuna.Study, start: ModelHeader) -> Tuning:
    found = study.get_trials(deepcopy=False, states=_FINISHED)
    attributes = study.best_trial.user_attrs  # of those that were not pruned
    header = replace(
        start, spec=ModelSpec.from_dict(attributes["spec"]), training=from_mapping(TrainSpec, attributes["training"])
    )
    return Tuning(header, pd.DataFrame([_row(number, trial) for number, trial in enumerate(found)]))


def _row(number: int, trial: optuna.trial.FrozenTrial) -> dict[str, Any]:
    losses = trial.intermediate_values
    step = min(losses, key=lambda step: (losses[step], step), default=None)
    figures = (number, trial.state.name.lower(), math.nan if step is None else losses[step], step)
    return dict(zip(TRIAL_COLUMNS, figures, strict=True)) | trial.params


@contextmanager
def _quiet() -> Iterator[None]:
    """Optuna tells every step on standard error."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(level)
