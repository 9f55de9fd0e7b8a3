"""``motifnet tune``"""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

import motifnet as mn
from motifnet.cli.console import print_status
from motifnet.cli.job import chosen_negatives, limit_threads, spec_file
from motifnet.cli.options import (
    Anchor,
    Changes,
    Force,
    Intervals,
    Labels,
    Length,
    MadeNegatives,
    Negatives,
    Network,
    Outputs,
    Positives,
    Restart,
    Splits,
    Threads,
    Training,
)
from motifnet.partial_folder import CHECKPOINT

Folder = Annotated[
    Path,
    Parameter(help="Folder of the search. If it contains this search, it is continued; several processes may run it."),
]
Trials = Annotated[
    int, Parameter(help="Number of networks to try, including those of earlier runs and other processes.")
]
Timeout = Annotated[float | None, Parameter(help="Seconds after which no new trial starts.")]


def tune(
    positives: Positives,
    /,
    *,
    output: Folder,
    negatives: Negatives = None,
    trials: Trials = 20,
    timeout: Timeout = None,
    network: Network = "default",
    length: Length = "auto",
    anchor: Anchor = "center",
    threads: Threads = None,
    force: Force = False,
    restart: Restart = False,
    labels: Labels = mn.LabelSpec(),
    intervals: Intervals = mn.IntervalSpec(),
    made: MadeNegatives = mn.NegativeSpec(),
    splits: Splits = mn.SplitSpec(),
    outputs: Outputs = None,
    changes: Changes = mn.SpecChanges(),
    training: Training = mn.TrainSpec(),
) -> None:
    """Search for the network and the learning rate with the lowest validation loss.

    Writes spec.json, the best network so far, for `motifnet train --preset`, and trials.tsv. The test sequences are
    not used (set --test-fraction 0 if they are in other files): with the same seed, they are those of `motifnet
    discover`. To continue a search that was interrupted, or to add trials, run the same command again. To divide the
    trials among several processes or machines, run the same command in each. The first trial is the preset with the
    given options; the others vary filters, widths, activation, pooling, dropout, number of blocks, final pooling,
    hidden layer, L2 penalty and learning rate.

    Examples
    --------
    motifnet tune peaks.fa --output tuned --trials 20
    """
    limit_threads(threads)
    from motifnet.models.storage import choose_network
    from motifnet.models.training.tuning_folder import describe_job, open_search, search_folder
    from motifnet.planning import fitted_spec
    from motifnet.sequences.io.labels import read_files

    start, training = choose_network(network, changes, training)
    if trials < 1:
        raise mn.errors.InputError(f"--trials must be at least 1. Got {trials} instead")
    files = mn.DataSpec(positives, chosen_negatives(negatives, made, labels), labels, intervals, length, anchor)
    inputs = (*files.paths, spec_file(network), splits.table)
    with search_folder(output, force=force, restart=restart, inputs=inputs) as partial:
        data = read_files(files, seed=training.seed)
        spec = fitted_spec(start, data, outputs)
        split = mn.split_data(data, splits, seed=training.seed)
        job = describe_job(data, spec, training, splits)
        from motifnet.models.training.journal import locked_journal
        from motifnet.models.training.tuning import summarise

        search = mn.tune  # imports TensorFlow
        journal = open_search(output, partial, job, is_new=force or restart, command=sys.argv)
        kept: dict[str, Any] = {"journal": journal, "checkpoint": partial / CHECKPOINT}
        progress = _Lines(output, trials)
        try:
            search(spec, split, training=training, trials=trials, timeout=timeout, progress=progress, **kept)
        except BaseException as error:
            error.add_note(f"The finished trials are kept in {output}; run the same command again to continue.")
            raise
        with locked_journal(journal) as finished:
            found = summarise(finished)
            found.write_files(output)
    _summarise(found, output, [*_data_options(files), *(["--outputs", outputs] if outputs else [])])


def _data_options(files: mn.DataSpec) -> Iterator[str]:
    """The arguments of the command line that select these data."""
    yield str(files.sequences)
    specs: list[Any] = [files, files.labels, files.intervals]
    if isinstance(files.negatives, mn.NegativeSpec):
        specs.append(files.negatives)
    for spec in specs:
        for field in fields(spec):
            value = getattr(spec, field.name)
            if field.name == "sequences" or value == field.default or is_dataclass(value):
                continue
            yield f"--{field.name.replace('_', '-')}"
            if value is not True:
                yield from map(str, value if isinstance(value, tuple) else (value,))


class _Lines:
    """Writes the best network so far, and prints a line per trial."""

    def __init__(self, output: Path, trials: int) -> None:
        self._output, self._trials, self._start = output, trials, time.monotonic()

    def __call__(self, found: mn.Tuning) -> None:
        found.write_files(self._output)
        last, best = found.trials.iloc[-1], found.best
        seconds, self._start = time.monotonic() - self._start, time.monotonic()
        print_status(
            f"trial {last['trial']} ({len(found.trials)}/{self._trials})  {last['state']}  validation loss "
            f"{last['valid_loss']:.4f}  best {best['valid_loss']:.4f} (trial {best['trial']})  {seconds:.0f} s"
        )


def _summarise(found: mn.Tuning, output: Path, data_options: list[str]) -> None:
    from motifnet.models.training.tuning import TRIAL_COLUMNS

    best, numbers = found.best, found.trials.set_index("trial")["valid_loss"]
    values = ", ".join(
        f"{name} {value if isinstance(value, str) else format(value, '.4g')}"
        for name, value in best.drop(list(TRIAL_COLUMNS)).dropna().items()
    )
    losses = f"validation loss {best['valid_loss']:.4f}" + (f" (trial 0: {numbers[0]:.4f})" if 0 in numbers else "")
    print_status(f"best: trial {best['trial']} of {len(found.trials)}, {losses}: {values or 'the initial network'}")
    command = ["motifnet", "train", *data_options, "--preset", str(output / "spec.json"), "--output", "model"]
    print_status(f"{output}: spec.json, trials.tsv. To train the best network:")
    print_status(f"  {shlex.join(command)}")
