"""``motifnet train``"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from motifnet.cli.console import limit_threads, say, start_tensorflow, threads_used
from motifnet.cli.display import SCORE_NAMES, training_progress
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
    Splits,
    Threads,
    Training,
)
from motifnet.errors import InputError
from motifnet.models.network.spec_changes import SpecChanges
from motifnet.models.training.train_spec import TrainSpec
from motifnet.sequences.input_spec import IntervalSpec, LabelSpec, NegativeSpec, SplitSpec

Output = Annotated[Path, Parameter(help="Folder to write the model to.")]
ValidFraction = Annotated[float, Parameter(help="Share of the sequences that decides when to stop.")]
From = Annotated[
    Path | None,
    Parameter(name="--from", help="Model to go on from: its network and weights, with a new head for other tasks."),
]
Freeze = Annotated[int, Parameter(help="First blocks that stay as they are in the model of --from.")]


def train(
    positives: Positives,
    /,
    *,
    output: Output,
    negatives: Negatives = None,
    preset: Preset = "default",
    recipe: Recipe = None,
    from_: From = None,
    freeze: Freeze = 0,
    length: Length = "auto",
    anchor: Anchor = "center",
    valid_fraction: ValidFraction = 0.1,
    threads: Threads = None,
    force: Force = False,
    labels: Labels = LabelSpec(),
    intervals: Intervals = IntervalSpec(),
    made: MadeNegatives = NegativeSpec(),
    splits: Splits = SplitSpec(),
    outputs: Outputs = None,
    changes: Changes = SpecChanges(),
    training: Training = TrainSpec(),
) -> None:
    """Train a network and keep the weights of its lowest validation loss.

    Examples
    --------
    motifnet train peaks.fa --negatives background.fa --output model --preset dragonn --num-filters 15 15 15
    motifnet train peaks.narrowPeak --genome hg38.fa --negatives-from genome --ratio 2 --output model
    motifnet train enhancers.fa --labels activity.tsv --tasks Dev Hk --outputs values --output model
    motifnet train few_peaks.fa --from model --freeze 1 --output tuned
    """
    limit_threads(threads)
    from motifnet.models.storage import SPEC, choose_network, find_model
    from motifnet.outputs import PROVENANCE, output_folder
    from motifnet.provenance import Stopwatch, fingerprints, provenance
    from motifnet.sequences.io.labels import read_data
    from motifnet.sequences.splits.partition import split_data

    _check_start(from_, freeze, recipe, preset)
    network, training = choose_network(preset, find_model(from_) / SPEC if from_ else recipe, changes, training)
    background = negatives_of(negatives, made, labels, intervals)
    inputs = (positives, negatives, made.pool, from_, recipe, *files_of(labels, intervals, splits))
    clock = Stopwatch()
    with output_folder(output, force=force, inputs=inputs) as folder:
        with clock.stage("reading"):
            data = read_data(
                positives,
                background,
                labels=labels,
                genome=intervals,
                length=length,
                anchor=anchor,
                seed=training.seed,
            )
            spec = fitted(network, data, outputs)
            split = split_data(data, splits, valid=valid_fraction, test=0.0, seed=training.seed)
            details = {
                "inputs": fingerprints(inputs),
                "seed": training.seed,
                "threads": threads_used(),
                "seconds": clock.seconds,
            }
        with clock.stage("starting TensorFlow"):
            start_tensorflow()
        from motifnet.models.trained import TrainedModel
        from motifnet.models.training.loop import train as train_model

        start = TrainedModel.load(from_) if from_ else None
        with clock.stage("training"), training_progress() as progress:
            model = train_model(spec, split, training=training, start=start, freeze=freeze, progress=progress)
        model.write_files(folder)
        (folder / PROVENANCE).write_text(provenance(command=sys.argv, details=details))
    best = model.history.loc[model.history["valid_loss"].idxmin()]
    score = str(best.index[-1]).removeprefix("valid_")
    say(
        f"{output}: best at step {best['step']:.0f}, "
        f"valid loss {best['valid_loss']:.4f}, valid {SCORE_NAMES[score]} {best.iloc[-1]:.4f}"
    )


def _check_start(start: Path | None, freeze: int, recipe: Path | None, preset: str) -> None:
    if start is None and freeze:
        raise InputError("--freeze holds blocks of a model, and none is given", hint="Name it with --from.")
    other = "--spec" if recipe is not None else "--preset" if preset != "default" else None
    if start is not None and other is not None:
        raise InputError(f"--from and {other} both name a network", hint="Leave one of them out.")
