"""What `discover` is going to do: the network for the data, the steps, and an estimate of the time they take."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from motifnet.models.metrics import settle_outputs
from motifnet.models.network.layers import check_size, describe
from motifnet.models.network.spec import ModelSpec
from motifnet.models.training.train_spec import TrainSpec
from motifnet.motifs.extraction_spec import ReadoutSpec
from motifnet.progress import Progress, duration
from motifnet.sequences.dataset import Dataset, Split

logger = logging.getLogger("motifnet")

#: The time per step is measured for this many seconds, from the second report on, when TensorFlow has compiled.
_MEASURED_SECONDS = 2.0
#: Seconds after the training: always, and per task and base of the sequences that the k-mer regressions are fitted to.
_ALWAYS, _PER_TASK, _MOST_REGRESSED = 6.0, 3e-6, 20_000
#: In units of a training step's time per sequence: extracting motifs, per sequence and per sequence of the refinement;
#: and a prediction for a validation sequence.
_PER_SEQUENCE, _PER_REFINED, _MOST_REFINED, _PER_VALIDATION = 1.5, 3.0, 10_000, 0.15


def fitted_spec(spec: ModelSpec, data: Dataset, outputs: str | None = None) -> ModelSpec:
    """A network for the length, the tasks and the kind of labels of a dataset.

    Parameters
    ----------
    spec : ModelSpec
    data : Dataset
    outputs : str, optional
        Kind of the labels; by default that of the network.

    Raises
    ------
    InputError
        If the labels are not of this kind.
    SpecError
        If the sequences are too short for the network, or it is too large.
    """
    kind = settle_outputs(data, outputs or spec.outputs)
    spec = replace(spec, length=data.sequences.length, tasks=data.tasks, outputs=kind)
    check_size(spec)
    return spec


@dataclass(frozen=True)
class Plan:
    """What `discover` is going to do.

    Parameters
    ----------
    split : Split
    spec : ModelSpec
    training : TrainSpec
    readout : ReadoutSpec
    networks : int
        Number of networks to train.
    start : float
        Time at which the job started, by `time.monotonic`.
    """

    split: Split
    spec: ModelSpec
    training: TrainSpec
    readout: ReadoutSpec
    networks: int
    start: float

    def log(self) -> None:
        """Log the steps."""
        n_train, n_valid, n_test = map(len, self.split)
        parameters = int(describe(self.spec)["parameters"].sum())
        networks = f"{self.networks} networks" if self.networks > 1 else "a network"
        logger.info(
            f"train {networks} with {parameters:,} parameters on {n_train} sequences of {self.spec.length} bp: at most "
            f"{self.training.steps(n_train)} steps of {min(self.training.batch_size, n_train)} sequences; "
            f"{n_valid} sequences for validation, {n_test} for test"
        )
        steps = ["test them on the test sequences"]
        steps += ["measure their importance to the network"] * self.readout.importance
        steps += [f"compare them with {self.readout.database}"] * (self.readout.database != "none")
        logger.info("then extract its motifs, %s, and write a report", ", ".join(steps))

    def timed(self, progress: Callable[[Progress], None]) -> Callable[[Progress], None]:
        """A callback for `train` that also logs, once, an estimate of the total time."""
        reports: list[tuple[int, float]] = []

        def report(now: Progress) -> None:
            if len(reports) < 2:
                reports.append((now.step, time.monotonic()))
            elif len(reports) == 2:
                (step, start), elapsed = reports[1], time.monotonic() - reports[1][1]
                if elapsed >= _MEASURED_SECONDS or now.step >= self.training.check_every:
                    reports.append((now.step, start))
                    left = self.seconds_left(elapsed / (now.step - step), steps_left=now.max_steps - now.step)
                    total = duration(time.monotonic() - self.start + left)
                    logger.info("estimated total time: %s, if all %d steps are needed", total, now.max_steps)
            progress(now)

        return report

    def seconds_left(self, seconds_per_step: float, *, steps_left: int) -> float:
        """Estimate the time for the rest of the job.

        Parameters
        ----------
        seconds_per_step : float
            Measured time of a training step.
        steps_left : int
            Steps of the first network.
        """
        n_train, n_valid, n_test = map(len, self.split)
        per_sequence = seconds_per_step / min(self.training.batch_size, n_train)
        per_step = seconds_per_step + n_valid * _PER_VALIDATION * per_sequence / self.training.check_every
        n = n_train + n_valid + n_test
        motifs = (_PER_SEQUENCE * n + _PER_REFINED * min(n, _MOST_REFINED)) * per_sequence
        regressions = len(self.spec.tasks) * min(n_train, _MOST_REGRESSED) * self.spec.length * _PER_TASK
        replicates = (self.networks - 1) * (self.training.steps(n_train) * per_step + motifs / 2)
        return steps_left * per_step + _ALWAYS + motifs + regressions + replicates
