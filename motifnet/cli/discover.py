"""``motifnet discover``"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import motifnet as mn
from motifnet.cli.console import print_status
from motifnet.cli.job import chosen_negatives, limit_threads, spec_file, trained_by_all
from motifnet.cli.motifs import summarise_motifs
from motifnet.cli.options import (
    MOTIFS,
    Anchor,
    Changes,
    Extraction,
    Force,
    Gpus,
    Intervals,
    Labels,
    Length,
    MadeNegatives,
    Negatives,
    Network,
    Outputs,
    Positives,
    Readout,
    Restart,
    Splits,
    TestNegatives,
    TestPositives,
    Threads,
    Training,
)
from motifnet.outputs import checkpoint_beside, output_folder

Results = Annotated[Path, Parameter(help="Folder to write the results to.")]
Replicates = Annotated[
    int,
    Parameter(
        group=MOTIFS,
        help="Number of networks to train (seeds SEED, SEED+1, ...). motifs.tsv counts the networks with each motif.",
    ),
]
#: With fewer test sequences (of a class) the metrics are not reliable.
_FEW = 20


def discover(
    positives: Positives,
    /,
    *,
    output: Results,
    negatives: Negatives = None,
    test_positives: TestPositives = None,
    test_negatives: TestNegatives = None,
    length: Length = "auto",
    anchor: Anchor = "center",
    threads: Threads = None,
    gpus: Gpus = None,
    force: Force = False,
    restart: Restart = False,
    labels: Labels = mn.LabelSpec(),
    outputs: Outputs = None,
    intervals: Intervals = mn.IntervalSpec(),
    made: MadeNegatives = mn.NegativeSpec(),
    splits: Splits = mn.SplitSpec(),
    network: Network = "default",
    changes: Changes = mn.SpecChanges(),
    training: Training = mn.TrainSpec(),
    extraction: Extraction = mn.ExtractionSpec(),
    readout: Readout = mn.ReadoutSpec(),
    replicates: Replicates = 1,
) -> None:
    """Train a network on sequences, evaluate it on held-out sequences, and extract, test and annotate its motifs.

    Writes report.html; motifs.meme, motifs.tsv and tables of sites, filters, enrichment, importance, matches,
    positions, pairs, spacing and motifs per sequence; sites.bed; logos/; known.meme, the known motifs that match;
    metrics.json, predictions.tsv and baselines.tsv; and model/. Run the same command again to continue an interrupted
    run: trained networks are not trained again.

    Examples
    --------
    motifnet discover peaks.fa --output results
    motifnet discover peaks.narrowPeak --genome hg38.fa --length 200 --top 5000 --output results
    motifnet discover peaks.fa --test-chromosomes chr8 chr9 --valid-chromosomes chr7 --output results
    motifnet discover enhancers.fa --labels activity.tsv --outputs values --output results
    """
    limit_threads(threads)
    from motifnet.models.storage import choose_network

    spec, training = choose_network(network, changes, training)
    spec = replace(spec, outputs=outputs or spec.outputs)
    test = (test_positives, test_negatives)
    files = mn.DataSpec(positives, chosen_negatives(negatives, made, labels), labels, intervals, length, anchor, test)
    inputs = (*files.paths, spec_file(network), splits.table)
    with (
        trained_by_all(output, gpus) as own,
        output_folder(own, force=force, inputs=inputs, resume=not restart) as folder,
    ):
        found = mn.discover(
            files,
            spec=spec,
            training=training,
            splits=splits,
            extraction=extraction,
            readout=readout,
            replicates=replicates,
            checkpoint=checkpoint_beside(folder),
        )
        found.write_files(folder, command=sys.argv, inputs=(spec_file(network),))
    _summarise(found, readout.e_value, extraction.layer)
    files_written = "report.html, motifs.meme, motifs.tsv, sites.tsv, sites.bed, logos/, metrics.json, model/"
    print_status(f"results: {output} ({files_written})")


def _summarise(found: mn.Discovery, e_value: float, layer: int) -> None:
    from motifnet.models.baselines import BASELINES

    are_classes = found.model.spec.outputs == "classes"
    score = "auroc" if are_classes else "spearman"
    for task, row in found.metrics.iterrows():
        if are_classes:
            metrics = (
                f"auROC {row['auroc']:.3f}, auPRC {row['auprc']:.3f} (prevalence {row['prevalence']:.3f}), "
                f"{row['n_positive']:.0f} positives, {row['n_negative']:.0f} negatives"
            )
        else:
            metrics = f"Spearman {row['spearman']:.3f}, Pearson {row['pearson']:.3f}, {row['n']:.0f} sequences"
        print_status(f"test ({task}): {metrics}")
        own = found.baselines[found.baselines["task"] == task].set_index("baseline")
        if len(own):
            scores = [f"{title} {own[score][name]:.3f}" for name, title in BASELINES.items() if name in own.index]
            print_status("  " + ", ".join(scores))
        if (min(row["n_positive"], row["n_negative"]) if are_classes else row["n"]) < _FEW:
            print_status(f"  fewer than {_FEW} test sequences{' of a class' * are_classes}: metrics are not reliable")
    summarise_motifs(found.motifs, found.model, e_value=e_value, layer=layer)
    for finding in found.data["findings"]:
        if finding["verdict"] == "problem":
            task = f"{finding['task']}: " if finding["task"] and len(found.model.spec.tasks) > 1 else ""
            print_status(f"problem with the data: {task}{finding['finding']}")
