"""``motifnet motifs``"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from motifnet.cli.console import counted, limit_threads, say, start_tensorflow, threads_used, tomtom_ready
from motifnet.cli.labelled import files_of, negatives_of, told_negatives
from motifnet.cli.options import (
    Extraction,
    Force,
    Intervals,
    Labels,
    MadeNegatives,
    Model,
    Negatives,
    Readout,
    Sequences,
    TestNegatives,
    TestPositives,
    Threads,
)
from motifnet.errors import InputError
from motifnet.motifs.extraction_spec import ExtractionSpec, ReadoutSpec
from motifnet.sequences.input_spec import IntervalSpec, LabelSpec, NegativeSpec

if TYPE_CHECKING:
    from motifnet.interpretation.tables.motif_tables import MotifTables
    from motifnet.models.network.spec import ModelSpec

Output = Annotated[Path, Parameter(help="Folder to write motifs.meme, the tables, sites.bed and logos/ to.")]
_SHOWN = 5
#: With fewer filters that hold a whole motif, the first layer is said to hold fragments.
_FEW_WHOLE = 0.1


def motifs(
    model: Model,
    sequences: Sequences,
    /,
    *,
    output: Output,
    negatives: Negatives = None,
    test_positives: TestPositives = None,
    test_negatives: TestNegatives = None,
    threads: Threads = None,
    force: Force = False,
    labels: Labels = LabelSpec(),
    intervals: Intervals = IntervalSpec(),
    made: MadeNegatives = NegativeSpec(),
    how: Extraction = ExtractionSpec(),
    readout: Readout = ReadoutSpec(),
) -> None:
    """Read motifs off a model, test them on sequences it has not seen, and name them.

    Give the sequences that the model was trained on, and how its negatives were made if that was not by default: those
    that it set aside are known to it, and are what motifs are tested on; or give test sequences of their own.

    Examples
    --------
    motifnet motifs results/model peaks.fa --negatives background.fa --output motifs
    """
    limit_threads(threads)
    from motifnet.models.storage import find_model, read_header
    from motifnet.outputs import DATA, PROVENANCE, output_folder, write_json
    from motifnet.provenance import Stopwatch, fingerprints, provenance

    check_pair(test_positives, test_negatives)
    check_readout(readout)
    labels.check_alone({"test_positives": test_positives})
    background = negatives_of(negatives, made, labels, intervals)
    inputs = (sequences, negatives, made.pool, test_positives, test_negatives, *files_of(labels, intervals))
    clock = Stopwatch()
    with (
        output_folder(output, force=force, inputs=(model, *inputs)) as folder,
        tomtom_ready(readout.database) as wait_for_tomtom,
    ):
        with clock.stage("reading"):
            header = read_header(model)
            data = header.read_data(sequences, background, labels=labels, intervals=intervals)
            test = None
            if test_positives is not None:
                test = header.read_data(test_positives, test_negatives, intervals=intervals)
            details = {
                "inputs": fingerprints((find_model(model), *inputs)),
                "seed": header.training.seed,
                "threads": threads_used(),
                "seconds": clock.seconds,
            }
        with clock.stage("starting TensorFlow"):
            start_tensorflow()
        from motifnet.interpretation.data_summary import summarise_data
        from motifnet.interpretation.tables.motif_tables import tabulate_motifs
        from motifnet.models.trained import TrainedModel
        from motifnet.sequences.quality import check_data

        wait_for_tomtom()
        with clock.stage("motifs"):
            trained = TrainedModel.load(model)
            found = tabulate_motifs(trained, data, test=test, extraction=how, readout=readout)
        with clock.stage("writing"):
            found.write_files(folder)
            parts, findings = trained.split_of(data.sequences), check_data(data, test=test)
            summary = summarise_data(data, parts, test=test, findings=findings, negatives=told_negatives(background))
            write_json(summary, folder / DATA)
        (folder / PROVENANCE).write_text(provenance(command=sys.argv, details=details))
    summarise_motifs(found, header.spec, e_value=readout.e_value, layer=how.layer)
    say(f"{output}: {counted(len(found.motifs), 'motif')}, {counted(len(found.sites), 'site')}")


def check_pair(test_positives: str | None, test_negatives: str | None) -> None:
    """Test sequences come as both classes, or not at all."""
    if (test_positives is None) != (test_negatives is None):
        raise InputError("--test-positives and --test-negatives go together", hint="Give both, or none.")


def check_readout(readout: ReadoutSpec) -> None:
    """Say before the work starts that a database cannot be read."""
    if readout.database != "none":
        from motifnet.motifs.known.databases import read_database

        read_database(readout.database)


def summarise_motifs(found: MotifTables, spec: ModelSpec, *, e_value: float, layer: int) -> None:
    """The best motifs, a line each, and what to know about all of them."""
    table = found.table
    if not len(table):
        most = int(found.filters["nsites"].max()) if len(found.filters) else 0
        say(
            f"no motif: no filter has more than {most} sites in the training sequences, and --min-sites asks for more. "
            "Give more sequences, train longer (--max-steps, --max-epochs), or ask for fewer sites"
        )
        return
    is_tested = bool((table["status"] != "not tested").any())
    significant = table[table["status"] == "significant"] if is_tested else table
    verdict = f"{len(significant)} significant on held-out sequences (E <= {e_value:g})" if is_tested else "not tested"
    say(f"{counted(len(table), 'motif')}, {verdict}:")
    for row in significant.head(_SHOWN).itertuples():
        say(f"  {_line(row)}")
    if is_tested and not len(significant) and (table["status"] == "too few held-out sequences to tell").any():
        say("  too few held-out sequences to tell: give more, or test sequences of their own (--test-positives)")
    inactive = found.filters.query("status == 'inactive'")["filter"]
    if len(inactive):
        those = "1 filter is" if len(inactive) == 1 else f"{len(inactive)} filters are"
        say(f"{those} inactive (too few sites for a motif): {', '.join(inactive)}")
    if layer == 0 and found.fraction_complete < _FEW_WHOLE and spec.blocks[0].pool == 1 and len(spec.blocks) > 1:
        whole = round(found.fraction_complete * len(found.filters))
        say(
            f"only {whole} of {len(found.filters)} filters hold a whole motif: without a pool the first layer "
            f"learns fragments that later ones put together. Read one of those (--layer {len(spec.blocks) - 1}), or "
            "train the preset 'default'"
        )


def _line(row: object) -> str:
    figures = vars(row) if hasattr(row, "__dict__") else row._asdict()  # type: ignore[attr-defined]
    name = figures["match_name"] or ("no match" if figures["match_kind"] else "")
    partial = " (part)" if figures["match_kind"] == "partial" else ""
    e_value = "" if figures["e_value"] != figures["e_value"] else f"  E {figures['e_value']:.1e}"
    mark = "" if figures["direction"] == "positive" else "  (marks negatives)"
    is_tested = figures["auroc_test"] == figures["auroc_test"]
    auroc = f"test auROC {figures['auroc_test']:.3f}" if is_tested else f"auROC {figures['auroc']:.3f}"
    return (
        f"{figures['motif']:<28} {figures['bits']:5.1f} bits  {figures['nsites']:6.0f} sites"
        f"{e_value}  {auroc}  {name}{partial}{mark}"
    ).rstrip()
