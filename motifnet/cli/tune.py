"""``motifnet tune``"""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from motifnet.cli.console import limit_threads, say, start_tensorflow
from motifnet.cli.labelled import files_of, fitted, negatives_of
from motifnet.cli.options import (
    Anchor,
    Changes,
    Force,
    Intervals,
    Labels,
    Length,
    MadeNegatives,
    Negatives,
    Outputs,
    Positives,
    Preset,
    Recipe,
    Threads,
    Training,
)
from motifnet.errors import InputError
from motifnet.models.network.spec_changes import SpecChanges
from motifnet.models.training.train_spec import TrainSpec
from motifnet.sequences.input_spec import IntervalSpec, LabelSpec, NegativeSpec

if TYPE_CHECKING:
    from motifnet.models.training.tuning import Tuning

Output = Annotated[Path, Parameter(help="Folder of the search; if it holds this search already, it goes on.")]
Trials = Annotated[int, Parameter(help="Networks to try in all, those of earlier runs included.")]
Timeout = Annotated[float | None, Parameter(help="Seconds after which no further trial begins.")]
TestFraction = Annotated[
    float,
    Parameter(
        help="Share that the search does not look at: with the same seed, the test part of `discover`. "
        "0 where test sequences are in files of their own."
    ),
]
#: As in `discover`, so that with one seed both set the same test sequences aside.
VALID_FRACTION = 0.1


def tune(
    positives: Positives,
    /,
    *,
    output: Output,
    negatives: Negatives = None,
    trials: Trials = 20,
    timeout: Timeout = None,
    test_fraction: TestFraction = 0.1,
    preset: Preset = "default",
    recipe: Recipe = None,
    length: Length = "auto",
    anchor: Anchor = "center",
    threads: Threads = None,
    force: Force = False,
    labels: Labels = LabelSpec(),
    intervals: Intervals = IntervalSpec(),
    made: MadeNegatives = NegativeSpec(),
    outputs: Outputs = None,
    changes: Changes = SpecChanges(),
    training: Training = TrainSpec(),
) -> None:
    """Search for the network and the learning rate of the lowest validation loss.

    Writes spec.json, the best so far, for `motifnet train --spec`, and trials.tsv. The same command goes on with a
    search that was interrupted, or is to have more trials. The first trial is the preset with the options given; the
    others vary filters, widths, activation, pool, dropout, the number of blocks, the final pool, a hidden layer, the L2
    penalty and the learning rate.

    Examples
    --------
    motifnet tune peaks.fa --output tuned --trials 20
    """
    limit_threads(threads)
    from motifnet.models.storage import choose_network
    from motifnet.models.training.tuning_folder import check_search, describe_job, open_search
    from motifnet.sequences.io.labels import read_data

    network, training = choose_network(preset, recipe, changes, training)
    if trials < 1:
        raise InputError(f"--trials must be at least 1. Got {trials} instead")
    background = negatives_of(negatives, made, labels, intervals)
    inputs = (positives, negatives, made.pool, recipe, *files_of(labels, intervals))
    check_search(output, force=force, inputs=inputs)
    data = read_data(
        positives, background, labels=labels, genome=intervals, length=length, anchor=anchor, seed=training.seed
    )
    spec = fitted(network, data, outputs)
    split = data.split(valid=VALID_FRACTION, test=test_fraction, seed=training.seed)
    job = describe_job(data, spec, training, test_fraction=test_fraction)
    start_tensorflow()
    from motifnet.models.training.tuning import tune as search

    journal = open_search(output, job, force=force, command=sys.argv)
    try:
        found = search(
            spec,
            split,
            training=training,
            trials=trials,
            timeout=timeout,
            journal=journal,
            progress=_Lines(output, trials),
        )
    except BaseException as error:
        error.add_note(f"What was tried is kept in {output}: the same command goes on.")
        raise
    found.write_files(output)
    given: dict[str, Any] = {
        "--negatives": negatives,
        "--length": None if length == "auto" else length,
        "--anchor": None if anchor == "center" else anchor,
        "--labels": labels.labels,
        "--label-pattern": labels.label_pattern,
        "--class-files": labels.class_files,
        "--tasks": labels.tasks,
        **_given(intervals),
        **_given(made),
        "--outputs": outputs,
    }
    _summarise(found, output, [positives, *_as_options(given)])


def _given(spec: IntervalSpec | NegativeSpec) -> dict[str, Any]:
    """What differs from the defaults."""
    values = {field.name: (getattr(spec, field.name), field.default) for field in fields(spec)}
    return {f"--{name.replace('_', '-')}": value for name, (value, usual) in values.items() if value != usual}


def _as_options(given: dict[str, Any]) -> Iterator[str]:
    for name, value in given.items():
        if value:
            yield name
        if value and value is not True:
            yield from map(str, value if isinstance(value, tuple) else (value,))


class _Lines:
    """Keeps the best so far on disk, and says a line a trial."""

    def __init__(self, output: Path, trials: int) -> None:
        self._output, self._trials, self._begun = output, trials, time.monotonic()

    def __call__(self, found: Tuning) -> None:
        found.write_files(self._output)
        last, best = found.trials.iloc[-1], found.best
        seconds, self._begun = time.monotonic() - self._begun, time.monotonic()
        say(
            f"trial {last['trial']} ({len(found.trials)}/{self._trials})  {last['state']}  valid loss "
            f"{last['valid_loss']:.4f}  best {best['valid_loss']:.4f} (trial {best['trial']})  {seconds:.0f} s"
        )


def _summarise(found: Tuning, output: Path, data_options: list[str]) -> None:
    from motifnet.models.training.tuning import TRIAL_COLUMNS

    best = found.best
    changes = best.drop(list(TRIAL_COLUMNS)).dropna()
    values = ", ".join(
        f"{name} {value if isinstance(value, str) else format(value, '.4g')}" for name, value in changes.items()
    )
    say(
        f"best: trial {best['trial']} of {len(found.trials)}, valid loss {best['valid_loss']:.4f} "
        f"(where it started: {found.trials['valid_loss'].iloc[0]:.4f}): {values or 'the network it started from'}"
    )
    command = ["motifnet", "train", *data_options, "--spec", str(output / "spec.json"), "--output", "model"]
    say(f"{output}: spec.json, trials.tsv; train it with")
    say(f"  {shlex.join(command)}")
