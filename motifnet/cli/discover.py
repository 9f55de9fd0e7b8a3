"""``motifnet discover``"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from motifnet.cli.console import limit_threads, say, start_tensorflow, threads_used, tomtom_ready
from motifnet.cli.display import training_progress
from motifnet.cli.labelled import files_of, fitted, negatives_of, told_negatives
from motifnet.cli.motifs import check_pair, check_readout, summarise_motifs
from motifnet.cli.options import (
    Anchor,
    Changes,
    Extraction,
    Force,
    Intervals,
    Labels,
    Length,
    MadeNegatives,
    Negatives,
    Outputs,
    Positives,
    Preset,
    Readout,
    Recipe,
    Splits,
    TestNegatives,
    TestPositives,
    Threads,
    Training,
)
from motifnet.cli.plan import Plan
from motifnet.errors import InputError
from motifnet.models.network.spec_changes import SpecChanges
from motifnet.models.training.train_spec import TrainSpec
from motifnet.motifs.extraction_spec import ExtractionSpec, ReadoutSpec
from motifnet.sequences.input_spec import Fractions, IntervalSpec, LabelSpec, NegativeSpec, SplitSpec

if TYPE_CHECKING:
    import pandas as pd

    from motifnet.discovery import Discovery
    from motifnet.models.trained import TrainedModel
    from motifnet.sequences.dataset import Dataset

Output = Annotated[Path, Parameter(help="Folder to write the results to.")]
Replicates = Annotated[
    int,
    Parameter(help="Networks to train in all, on seeds from --seed on; motifs.tsv tells in how many a motif came up."),
]
_FEW = 20


def discover(
    positives: Positives,
    /,
    *,
    output: Output,
    negatives: Negatives = None,
    test_positives: TestPositives = None,
    test_negatives: TestNegatives = None,
    preset: Preset = "default",
    recipe: Recipe = None,
    length: Length = "auto",
    anchor: Anchor = "center",
    replicates: Replicates = 1,
    threads: Threads = None,
    force: Force = False,
    labels: Labels = LabelSpec(),
    intervals: Intervals = IntervalSpec(),
    made: MadeNegatives = NegativeSpec(),
    splits: Splits = SplitSpec(),
    outputs: Outputs = None,
    changes: Changes = SpecChanges(),
    training: Training = TrainSpec(),
    extraction: Extraction = ExtractionSpec(),
    readout: Readout = ReadoutSpec(),
) -> None:
    """From a FASTA file to a trained network, its test figures, and motifs that were tested and named.

    Writes model/, metrics.json, predictions.tsv, baselines.tsv, motifs.meme, motifs.tsv with its companions (sites,
    filters, enrichment, importance, matches, positions, pairs, per_sequence), sites.bed, known.meme and logos/.

    Examples
    --------
    motifnet discover peaks.fa --output results
    motifnet discover peaks.narrowPeak --genome hg38.fa --length 200 --top 5000 --output results
    motifnet discover peaks.fa --test-chromosomes chr8 chr9 --valid-chromosomes chr7 --output results
    motifnet discover enhancers.fa --labels activity.tsv --outputs values --output results
    """
    limit_threads(threads)
    from motifnet.models.storage import choose_network
    from motifnet.outputs import DATA, PROVENANCE, output_folder, write_json
    from motifnet.provenance import Stopwatch, fingerprints, provenance
    from motifnet.sequences.io.labels import read_data
    from motifnet.sequences.quality import check_data, log_findings, statements
    from motifnet.sequences.splits.partition import divide

    network, training = choose_network(preset, recipe, changes, training)
    check_pair(test_positives, test_negatives)
    check_readout(readout)
    network.check_layer(extraction.layer)
    if replicates < 1:
        raise InputError(f"--replicates must be at least 1. Got {replicates} instead")
    labels.check_alone({"test_positives": test_positives})
    splits.check_alone(test_positives)
    background = negatives_of(negatives, made, labels, intervals)
    inputs = (
        positives,
        negatives,
        made.pool,
        test_positives,
        test_negatives,
        recipe,
        *files_of(labels, intervals, splits),
    )
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
            test = None
            if test_positives is not None:
                size = data.sequences.length if data.sequences.rule or intervals else None
                test = read_data(test_positives, test_negatives, genome=intervals, length=size, anchor=anchor)
            details = {
                "inputs": fingerprints(inputs),
                "seed": training.seed,
                "threads": threads_used(),
                "seconds": clock.seconds,
            }
        with clock.stage("checking"):
            findings = check_data(data, test=test)
            log_findings(findings)
            fractions = Fractions() if test is None else Fractions(test=0.0)
            data = divide(data, splits, fractions, seed=training.seed)
        plan = Plan(_sizes(data, test, fractions), spec, training, readout, replicates)
        plan.tell()
        with clock.stage("starting TensorFlow"):
            start_tensorflow()
        from motifnet.discovery import fit, read_out, replicate
        from motifnet.interpretation.data_summary import summarise_data
        from motifnet.report.page import write_report

        with tomtom_ready(readout.database) as wait_for_tomtom:
            with clock.stage("training"), training_progress() as progress:
                model = fit(data, test=test, spec=spec, training=training, progress=plan.timed(progress))
            with _keeping(model, folder):
                others = []
                for further in range(1, replicates):
                    say(f"network {further + 1} of {replicates}, seed {training.seed + further}")
                    with clock.stage("replicates"), training_progress() as progress:
                        others.append(
                            replicate(
                                model, data, seed=training.seed + further, extraction=extraction, progress=progress
                            )
                        )
                wait_for_tomtom()
                with clock.stage("motifs"):
                    found = read_out(model, data, test=test, extraction=extraction, readout=readout, replicates=others)
                with clock.stage("writing"):
                    found.write(folder)
                    parts = model.split_of(data.sequences)
                    made_by = told_negatives(background)
                    summary = summarise_data(data, parts, test=test, findings=findings, negatives=made_by)
                    write_json(summary, folder / DATA)
                (folder / PROVENANCE).write_text(provenance(command=sys.argv, details=details))
                write_report(folder)
    _summarise(found, readout.e_value, extraction.layer)
    for finding, words in zip(findings, statements(findings), strict=True):
        if finding.verdict == "problem":
            say(f"mind what was found in the data: {words}")
    say(f"results: {output} (report.html, motifs.meme, motifs.tsv, sites.tsv, sites.bed, logos/, metrics.json, model/)")


def _sizes(data: Dataset, test: Dataset | None, fractions: Fractions) -> tuple[int, int, int]:
    """Sequences to learn from, for validation, and held out: as given, or about as many as a random split makes."""
    shares = [fractions.valid, fractions.test]
    if data.given is None:
        valid, held_out = (round(share * len(data)) for share in shares)
    else:
        valid, held_out = (
            int((data.given == part).sum()) or round(share * len(data))
            for part, share in zip(("valid", "test"), shares, strict=True)
        )
    return len(data) - valid - held_out, valid, held_out + (0 if test is None else len(test))


@contextmanager
def _keeping(model: TrainedModel, folder: Path) -> Iterator[None]:
    """Put the model on disk before the work goes on, so that a failure later does not cost the training."""
    (folder / "model").mkdir()
    model.write_files(folder / "model")
    try:
        yield
    except BaseException as error:
        error.add_note(f"The trained model is kept: go on with `motifnet motifs {folder / 'model'} ...`")
        raise


def _summarise(found: Discovery, e_value: float, layer: int) -> None:
    from motifnet.models.baselines import BASELINES

    are_classes = found.model.spec.outputs == "classes"
    score = "auroc" if are_classes else "spearman"
    for task, row in found.metrics.iterrows():
        say(f"test ({task}): {_figures_of_classes(row) if are_classes else _figures_of_values(row)}")
        own = found.baselines[found.baselines["task"] == task].set_index("baseline")
        if len(own):
            told = [f"{words} {own[score][name]:.3f}" for name, words in BASELINES.items() if name in own.index]
            say("  " + ", ".join(told))
        if min(row["n_positive"], row["n_negative"]) < _FEW if are_classes else row["n"] < _FEW:
            say(f"  fewer than {_FEW} test sequences{' of a class' * are_classes}: these figures say little")
    summarise_motifs(found.motifs, found.model.spec, e_value=e_value, layer=layer)


def _figures_of_classes(row: pd.Series) -> str:
    return (
        f"auROC {row['auroc']:.3f}, auPRC {row['auprc']:.3f} (prevalence {row['prevalence']:.3f}), "
        f"{row['n_positive']:.0f} positives, {row['n_negative']:.0f} negatives"
    )


def _figures_of_values(row: pd.Series) -> str:
    return f"Spearman {row['spearman']:.3f}, Pearson {row['pearson']:.3f}, {row['n']:.0f} sequences"
