"""`tune`: search for the network and the learning rate with the lowest validation loss.

Trials are kept in a journal, so that an interrupted search can be continued.
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
from optuna.trial import FrozenTrial, TrialState

from motifnet.arguments import check_integer, check_type
from motifnet.errors import SpecError
from motifnet.models.network.block import Block, from_mapping
from motifnet.models.network.spec import ModelSpec
from motifnet.models.storage import SPEC, ModelHeader
from motifnet.models.training.checkpoint import Checkpoint, describe_training
from motifnet.models.training.journal import TrialQueue
from motifnet.models.training.loop import as_split, train
from motifnet.models.training.train_spec import TrainSpec
from motifnet.outputs import output_file, write_table
from motifnet.progress import Progress
from motifnet.sequences.dataset import Dataset, Split

#: Columns of trials.tsv; columns for the values that were searched follow.
TRIAL_COLUMNS = {
    "trial": "number of the trial; 0 is the network that the search started from",
    "state": "complete, or pruned: stopped early because its loss was above the median",
    "valid_loss": "lowest validation loss",
    "step": "step of the lowest validation loss",
}
#: Trials are pruned from this trial on.
_PRUNE_FROM_TRIAL = 5


@dataclass(frozen=True, eq=False)
class Tuning:
    """Results of a search so far.

    Parameters
    ----------
    spec : ModelSpec
        Network with the lowest validation loss.
    training : TrainSpec
        How it was trained.
    trials : DataFrame
        One row per trial, in the order in which they finished: `TRIAL_COLUMNS` and a column for each value that was
        searched.
    """

    spec: ModelSpec
    training: TrainSpec
    trials: pd.DataFrame

    @property
    def best(self) -> pd.Series:
        """The row of `trials` with the lowest validation loss, the first one of equal rows."""
        complete = self.trials[self.trials["state"] == "complete"]
        return self.trials.loc[complete["valid_loss"].idxmin()]

    def write_files(self, folder: str | Path) -> None:
        """Write spec.json (for `motifnet train --preset`) and trials.tsv into an existing folder."""
        with output_file(Path(folder) / SPEC) as partial:
            partial.write_text(ModelHeader(self.spec, training=self.training).to_json())
        write_table(self.trials, Path(folder) / "trials.tsv")


def tune(
    spec: ModelSpec,
    data: Dataset | Split,
    *,
    valid: Dataset | None = None,
    training: TrainSpec = TrainSpec(),
    trials: int = 20,
    timeout: float | None = None,
    journal: str | Path | None = None,
    checkpoint: str | Path | None = None,
    progress: Callable[[Tuning], None] | None = None,
) -> Tuning:
    """Search for the network and the learning rate with the lowest validation loss.

    The first trial is the given network, so that the result is at least as good on the validation sequences. A
    tree-structured Parzen estimator (Bergstra et al. 2011, NeurIPS 24; Optuna: Akiba et al. 2019, KDD) samples the
    others from networks with one to three blocks and a global pool. Trials with a loss above the median of the other
    trials at the same step are stopped. Each trial has a seed derived from that of `training` and its number, so that a
    search that was interrupted gives the same results.

    Several processes, also on several hosts, can run one search: call `tune` in each with the same arguments, with
    `journal` and `checkpoint` in a shared folder. Each trial is run by one process; if the process ends, another one
    continues the trial. The trials of such a search depend on the order in which they finish.

    Parameters
    ----------
    spec : ModelSpec
        Network to start from. Length, tasks, outputs and strands stay the same in all trials.
    data, valid
        As for `train`. The validation loss of the result is optimistic: evaluate it on other sequences.
    training : TrainSpec
        Seed and budget of all trials, and the learning rate of the first one.
    trials : int
        Total number of trials, with those in the journal and those of other processes.
    timeout : float, optional
        Start no trial after this many seconds.
    journal : path, optional
        Text file with the trials; if it exists, the search is continued.
    checkpoint : path, optional
        Folder for the state of the current trial, which continues after an interruption as in `train`.
    progress : callable, optional
        Called with the results so far after each trial of this process, while the journal is locked.

    Returns
    -------
    Tuning

    Raises
    ------
    InputError
        If `trials` is below 1, `train` cannot use the data, or the file is not a journal.
    SpecError
        If the network does not fit the data.
    """
    check_type("spec", spec, ModelSpec)
    check_type("training", training, TrainSpec)
    check_integer("trials", trials, at_least=1)
    split = as_split(data, valid, seed=training.seed)
    begun, n_steps = time.monotonic(), training.steps(len(split.train))
    queue = TrialQueue(*(None if path is None else Path(path) for path in (journal, checkpoint)))

    def is_over() -> bool:
        return timeout is not None and time.monotonic() - begun >= timeout and _has_best(queue.finished)

    with _quiet():
        while not is_over():
            with queue.next_trial(trials) as number:
                if number is None or is_over():
                    break
                study = _open_study(queue.finished, n_steps, [training.seed, number])
                trial = _run_trial(study, number, split, spec, training, queue.state(number))
                with queue.locked():
                    queue.add(trial)
                    if progress and _has_best(queue.finished):
                        progress(summarise(queue.finished))
                queue.remove_state(number)
        return summarise(queue.finished)


def suggest(trial: optuna.Trial, spec: ModelSpec) -> ModelSpec:
    """Sample a network with the length, tasks, outputs and strands of `spec`.

    Blocks for which the sequences are too short are left out.
    """
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
    return replace(
        spec,
        blocks=_fitting(blocks, spec.length),
        final=final,
        pool_width=None,
        hidden=(units,) if units else (),
        recurrent=None,
        recurrent_units=None,
    )


def _fitting(blocks: list[Block], length: int) -> tuple[Block, ...]:
    """The first blocks that leave at least one position."""
    blocks = [replace(blocks[0], pool=min(blocks[0].pool, blocks[0].positions(length))), *blocks[1:]]
    positions, fitting = length, []
    for block in blocks:
        positions = block.pooled(block.positions(positions))
        if positions < 1:
            break
        fitting.append(block)
    return tuple(fitting)


def _open_study(finished: list[FrozenTrial], n_steps: int, seeds: list[int]) -> optuna.Study:
    """A study in memory with the finished trials."""
    seed = int(np.random.SeedSequence(seeds).generate_state(1)[0])
    pruner = optuna.pruners.MedianPruner(_PRUNE_FROM_TRIAL, n_warmup_steps=int(0.3 * n_steps))
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed), pruner=pruner)
    study.add_trials(finished)
    return study


def _run_trial(
    study: optuna.Study, number: int, split: Split, spec: ModelSpec, training: TrainSpec, state: Path | None
) -> FrozenTrial:
    """Run a trial, or continue it from its state with the same values, even if other trials have finished since."""
    values = Checkpoint(state, training.seed, {})
    if found := values.read("values"):
        study.enqueue_trial(found[1]["values"])
    trial = study.ask()
    if number:
        spec = suggest(trial, spec)
        training = replace(training, learning_rate=trial.suggest_float("learning_rate", 5e-4, 1e-2, log=True))
        values.write("values", {}, values=trial.params)
    trial.set_user_attr("spec", spec.to_dict())
    trial.set_user_attr("training", asdict(training))
    # The loss of the network alone decides; fitting the k-mer regression would only take time.
    alone = replace(training, kmers=False)
    job = {} if state is None else describe_training(spec, split, alone)
    pruner = _Pruner(trial, Checkpoint(state, training.seed, job))
    try:
        history = train(spec, split, training=alone, checkpoint=state, progress=pruner).history
    except optuna.TrialPruned:
        finished = study.tell(trial, state=TrialState.PRUNED)
    except SpecError:  # training diverged
        if not number:
            raise
        finished = study.tell(trial, state=TrialState.PRUNED)
    else:
        finished = study.tell(trial, float(history["valid_loss"].min()))
    finished.number = number
    return finished


class _Pruner:
    """Reports the lowest validation loss of a trial so far, and stops the trial if Optuna prunes it.

    The reports are part of the checkpoint of the trial, so that they are not repeated after an interruption.
    """

    def __init__(self, trial: optuna.Trial, checkpoint: Checkpoint) -> None:
        self._trial, self._checkpoint = trial, checkpoint
        self._losses: dict[int, float] = {}
        self._last: tuple[float, float] | None = None
        if found := checkpoint.read("losses"):
            for step, loss in found[1]["losses"]:
                self._report(step, loss)

    def __call__(self, now: Progress) -> None:
        if math.isnan(now.valid_loss) or (now.loss, now.valid_loss) == self._last:
            return
        self._last = (now.loss, now.valid_loss)
        if now.step not in self._losses:
            self._report(now.step, min([now.valid_loss, *self._losses.values()]))
            self._checkpoint.write("losses", {}, losses=list(self._losses.items()))
        if self._trial.should_prune():
            raise optuna.TrialPruned

    def _report(self, step: int, loss: float) -> None:
        self._losses[step] = loss
        self._trial.report(loss, step)


def _has_best(trials: list[FrozenTrial]) -> bool:
    return any(trial.state == TrialState.COMPLETE for trial in trials)


def summarise(trials: list[FrozenTrial]) -> Tuning:
    """Results of finished trials, at least one of which is complete."""
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    best = min(complete, key=lambda trial: trial.value or 0.0).user_attrs
    rows = [_row(trial) for trial in trials]
    return Tuning(ModelSpec.from_dict(best["spec"]), from_mapping(TrainSpec, best["training"]), pd.DataFrame(rows))


def _row(trial: FrozenTrial) -> dict[str, Any]:
    losses = trial.intermediate_values
    step = min(losses, key=lambda step: (losses[step], step), default=None)
    values = (trial.number, trial.state.name.lower(), math.nan if step is None else losses[step], step)
    return dict(zip(TRIAL_COLUMNS, values, strict=True)) | trial.params


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence Optuna, which logs every trial to standard error."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(level)
