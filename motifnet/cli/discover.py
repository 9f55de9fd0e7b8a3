"""``motifnet discover``"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from motifnet.cli.console import limit_threads, say, start_tensorflow, training_progress
from motifnet.cli.options import Anchor, Changes, Force, Length, Negatives, Positives, Preset, Threads, Training
from motifnet.errors import InputError
from motifnet.models.spec import ROOMY, ModelSpec, SpecChanges, TrainSpec

if TYPE_CHECKING:
    from motifnet.discovery import Discovery
    from motifnet.models.trained import TrainedModel

Output = Annotated[Path, Parameter(help="Folder to write the results to.")]
TestPositives = Annotated[str | None, Parameter(help="FASTA of positives to test on; else a tenth is set aside.")]
TestNegatives = Annotated[str | None, Parameter(help="FASTA of negatives to test on; goes with --test-positives.")]
_SHOWN = 5
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
    length: Length = "auto",
    anchor: Anchor = "center",
    threads: Threads = None,
    force: Force = False,
    changes: Changes = SpecChanges(),
    how: Training = TrainSpec(),
) -> None:
    """From a FASTA file to a trained network, its test figures and its motifs.

    Writes model/, metrics.json, predictions.tsv, motifs.meme, motifs.tsv, sites.tsv, filters.tsv and logos/.

    Examples
    --------
    motifnet discover peaks.fa --output results
    """
    limit_threads(threads)
    from motifnet.outputs import PROVENANCE, output_folder
    from motifnet.provenance import provenance
    from motifnet.sequences.reading import read_classes

    network = ModelSpec.preset(preset, length=ROOMY, changes=changes)
    if (test_positives is None) != (test_negatives is None):
        raise InputError("--test-positives and --test-negatives go together", hint="Give both, or none.")
    inputs = (positives, negatives, test_positives, test_negatives)
    with output_folder(output, force=force, inputs=inputs) as folder:
        data = read_classes(positives, negatives, length=length, anchor=anchor, seed=how.seed)
        spec = replace(network, length=data.sequences.length, tasks=data.tasks)
        test = None
        if test_positives is not None:
            rule_length = data.sequences.length if data.sequences.rule else None
            test = read_classes(test_positives, test_negatives, length=rule_length, anchor=anchor)
        start_tensorflow()
        from motifnet.discovery import fit, read_out

        with training_progress() as progress:
            model = fit(data, test=test, spec=spec, how=how, progress=progress)
        with _keeping(model, folder):
            say("reading motifs off the first layer")
            found = read_out(model, data, test=test)
            found.write(folder)
            (folder / PROVENANCE).write_text(provenance(command=sys.argv))
    _summarise(found, output)


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


def _summarise(found: Discovery, output: Path) -> None:
    for task, row in found.metrics.iterrows():
        say(
            f"test ({task}): auROC {row['auroc']:.3f}, auPRC {row['auprc']:.3f} (prevalence {row['prevalence']:.3f}), "
            f"{row['n_positive']:.0f} positives, {row['n_negative']:.0f} negatives"
        )
        if min(row["n_positive"], row["n_negative"]) < _FEW:
            say(f"  fewer than {_FEW} test sequences of a class: these figures say little")
    table = found.motifs.table
    if len(table):
        say(f"{len(table)} motifs, best first (auROC of the motif alone, as a scanner):")
    else:
        say("no motif: train longer (--max-steps), or ask less of a filter (motifnet motifs --min-sites, --site-rule)")
    for row in table.head(_SHOWN).itertuples():
        figures = f"{row.bits:5.1f} bits  {row.nsites:6d} sites  auROC {row.auroc:.3f}  test {row.auroc_test:.3f}"
        say(f"  {row.motif:<28} {figures}")
    inactive = found.motifs.filters.query("status == 'inactive'")["filter"]
    if len(inactive):
        say(f"{len(inactive)} filters are inactive (too few sites for a motif): {', '.join(inactive)}")
    say(f"results: {output} (motifs.meme, motifs.tsv, sites.tsv, logos/, metrics.json, model/)")
