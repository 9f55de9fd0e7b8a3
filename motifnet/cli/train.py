"""``motifnet train``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import motifnet as mn
from motifnet.cli.console import print_status
from motifnet.cli.job import chosen_negatives, limit_threads, results_folder, spec_file, trained_by_all
from motifnet.cli.options import (
    TRAINING,
    Anchor,
    Changes,
    Force,
    Gpus,
    Intervals,
    Labels,
    Length,
    MadeNegatives,
    ModelFolder,
    Negatives,
    Network,
    Outputs,
    Positives,
    Restart,
    Splits,
    Threads,
    Training,
)
from motifnet.outputs import checkpoint_beside
from motifnet.progress import SCORE_NAMES, training_reported

From = Annotated[
    Path | None,
    Parameter(
        name="--from",
        group=TRAINING,
        help="Model to fine-tune: training starts with its network and weights, with a new head for other tasks.",
    ),
]
Freeze = Annotated[int, Parameter(group=TRAINING, help="Number of first blocks of --from that are not trained.")]


def train(
    positives: Positives,
    /,
    *,
    output: ModelFolder,
    negatives: Negatives = None,
    network: Network = "default",
    from_: From = None,
    freeze: Freeze = 0,
    length: Length = "auto",
    anchor: Anchor = "center",
    threads: Threads = None,
    gpus: Gpus = None,
    force: Force = False,
    restart: Restart = False,
    labels: Labels = mn.LabelSpec(),
    intervals: Intervals = mn.IntervalSpec(),
    made: MadeNegatives = mn.NegativeSpec(),
    splits: Splits = mn.SplitSpec(test_fraction=0.0),
    outputs: Outputs = None,
    changes: Changes = mn.SpecChanges(),
    training: Training = mn.TrainSpec(),
) -> None:
    """Train a network; the weights with the lowest validation loss are kept.

    Run the same command again to continue an interrupted training. Run it on several machines, with TF_CONFIG or srun,
    to divide each batch among them.

    Examples
    --------
    motifnet train peaks.fa --negatives background.fa --output model --preset dragonn --num-filters 15 15 15
    motifnet train peaks.narrowPeak --genome hg38.fa --negatives-from genome --ratio 2 --output model
    motifnet train enhancers.fa --labels activity.tsv --tasks Dev Hk --outputs values --output model
    motifnet train few_peaks.fa --from model --freeze 1 --output tuned
    """
    threads = limit_threads(threads)
    from motifnet.models.storage import SPEC, choose_network, find_model
    from motifnet.models.training.distributed import end_other_workers
    from motifnet.planning import fitted_spec
    from motifnet.sequences.io.labels import read_files

    if from_ is None and freeze:
        raise mn.errors.InputError("--freeze requires a model to start from", hint="Add --from MODEL.")
    if from_ is not None and network != "default":
        raise mn.errors.InputError("--from and --preset exclude each other", hint="Use one of them.")
    start_spec, training = choose_network(find_model(from_) / SPEC if from_ else network, changes, training)
    files = mn.DataSpec(positives, chosen_negatives(negatives, made, labels), labels, intervals, length, anchor)
    inputs = (*files.paths, from_, spec_file(network), splits.table)
    settings = {"seed": training.seed, "threads": threads}
    with (
        trained_by_all(output, gpus) as own,
        results_folder(own, inputs, force=force, resume=not restart, **settings) as (folder, run),
    ):
        with run.stage("reading"):
            data = read_files(files, seed=training.seed)
            spec = fitted_spec(start_spec, data, outputs)
            split = mn.split_data(data, splits, seed=training.seed)
        with run.stage("starting TensorFlow"):
            start = mn.TrainedModel.load(from_) if from_ else None
        with run.stage("training"), training_reported() as progress:
            model = mn.train(
                spec,
                split,
                training=training,
                start=start,
                freeze=freeze,
                checkpoint=checkpoint_beside(folder),
                progress=progress,
            )
        end_other_workers()
        model.write_files(folder)
    best = model.history.loc[model.history["valid_loss"].idxmin()]
    score = SCORE_NAMES[str(best.index[-1]).removeprefix("valid_")]
    losses = f"validation loss {best['valid_loss']:.4f}, validation {score} {best.iloc[-1]:.4f}"
    print_status(f"{output}: best at step {best['step']:.0f}, {losses}")
