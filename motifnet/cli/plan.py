"""What `discover` is going to do, and about how long it takes, measured on the first steps of its training."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from motifnet.cli.console import STARTED, say
from motifnet.cli.display import duration

if TYPE_CHECKING:
    from motifnet.models.network.spec import ModelSpec
    from motifnet.models.training.loop import Progress
    from motifnet.models.training.train_spec import TrainSpec
    from motifnet.motifs.extraction_spec import ReadoutSpec

#: Steps are timed from the first report on, which is after TensorFlow has compiled them, for so many seconds.
_MEASURED = 2.0
#: What follows takes so many seconds always, and for each task and letter that the regressions on k-mers look at.
_ALWAYS, _PER_TASK, _MOST_REGRESSED = 6.0, 3e-6, 20_000
#: In units of a sequence's share of a training step: for each sequence, for each that refinement looks at, and for each
#: validation sequence at a look, without gradients and many at once.
_PER_SEQUENCE, _PER_REFINED, _MOST_REFINED, _PER_LOOK = 1.5, 3.0, 10_000, 0.15


@dataclass(frozen=True)
class Plan:
    """The job in numbers.

    Parameters
    ----------
    sizes : tuple of int
        Sequences to learn from, for validation, and held out.
    spec, training, readout
        Network, training, and what is done with the motifs.
    networks : int
        How many are trained.
    """

    sizes: tuple[int, int, int]
    spec: ModelSpec
    training: TrainSpec
    readout: ReadoutSpec
    networks: int = 1

    def tell(self) -> None:
        """Say it."""
        from motifnet.models.network.layers import describe

        learned, valid, held_out = self.sizes
        if not (valid and held_out):
            return  # there is nothing to do: dividing the sequences says why
        parameters = int(describe(self.spec)["parameters"].sum())
        batch = min(self.training.batch_size, learned)
        each = f"{self.networks} networks" if self.networks > 1 else "a network"
        say(
            f"train {each} of {parameters:,} parameters on {learned} sequences of {self.spec.length} bp, at most "
            f"{self.training.steps(learned)} steps of {batch}; {valid} decide when to stop, {held_out} are held out"
        )
        steps = ["test them on what is held out"]
        steps += ["measure what the network loses without each"] * self.readout.importance
        steps += [f"compare them with {self.readout.database}"] * (self.readout.database != "none")
        say(f"then read its motifs, {', '.join(steps)}, and write a report")

    def timed(self, show: Callable[[Progress], None]) -> Callable[[Progress], None]:
        """The same function, which also tells, after some steps, about how long it all takes."""
        first: list[tuple[int, float]] = []

        def show_and_tell(now: Progress) -> None:
            if not first:
                first.append((now.step, time.monotonic()))
            elif len(first) == 1:
                (step, begun), seconds = first[0], time.monotonic() - first[0][1]
                if seconds >= _MEASURED or now.step >= self.training.check_every:
                    first.append((now.step, begun))
                    self._tell_time(now, seconds / (now.step - step))
            show(now)

        return show_and_tell

    def _tell_time(self, now: Progress, seconds_a_step: float) -> None:
        so_far = time.monotonic() - STARTED
        left = self.seconds(seconds_a_step, steps_left=now.max_steps - now.step)
        say(f"about {duration(so_far + left)} in all, if all {now.max_steps} steps are taken")

    def seconds(self, seconds_a_step: float, *, steps_left: int) -> float:
        """About how long the rest of the work takes."""
        learned, valid, held_out = self.sizes
        a_sequence = seconds_a_step / min(self.training.batch_size, learned)
        look = valid * _PER_LOOK * a_sequence / self.training.check_every
        per_step = seconds_a_step + look
        n = learned + valid + held_out
        motifs = (_PER_SEQUENCE * n + _PER_REFINED * min(n, _MOST_REFINED)) * a_sequence
        tasks = len(self.spec.tasks) * min(learned, _MOST_REGRESSED) * self.spec.length * _PER_TASK
        further = (self.networks - 1) * (self.training.steps(learned) * per_step + motifs / 2)
        return steps_left * per_step + _ALWAYS + motifs + tasks + further
