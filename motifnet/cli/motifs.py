"""``motifnet motifs``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

import motifnet as mn
from motifnet.cli.console import print_status
from motifnet.cli.job import chosen_negatives, limit_threads, results_folder
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
from motifnet.errors import counted, listed

Results = Annotated[Path, Parameter(help="Folder to write motifs.meme, the tables, sites.bed and logos/ to.")]
_LISTED = 5
#: With a lower fraction of filters that contain a complete motif, a message explains why.
_FEW_COMPLETE = 0.1


def motifs(
    model: Model,
    sequences: Sequences,
    /,
    *,
    output: Results,
    negatives: Negatives = None,
    test_positives: TestPositives = None,
    test_negatives: TestNegatives = None,
    threads: Threads = None,
    force: Force = False,
    labels: Labels = mn.LabelSpec(),
    intervals: Intervals = mn.IntervalSpec(),
    made: MadeNegatives = mn.NegativeSpec(),
    extraction: Extraction = mn.ExtractionSpec(),
    readout: Readout = mn.ReadoutSpec(),
) -> None:
    """Extract motifs from a model, test them on held-out sequences, and annotate them with known motifs.

    Give the sequences that the model was trained on, with the same options for negatives. The model records which of
    them were held out: motifs are tested on those, or on separate test sequences.

    Examples
    --------
    motifnet motifs results/model peaks.fa --negatives background.fa --output motifs
    """
    threads = limit_threads(threads)
    from motifnet.interpretation.data_summary import describe_negatives, summarise_data
    from motifnet.models.storage import find_model, read_header
    from motifnet.motifs.known.databases import known_motifs
    from motifnet.outputs import DATA, write_json
    from motifnet.sequences.quality import check_data

    test = (test_positives, test_negatives)
    files = mn.DataSpec(sequences, chosen_negatives(negatives, made, labels), labels, intervals, test=test)
    header = read_header(model)
    if readout.database != "none":
        known_motifs(readout.database, skip_invalid=readout.skip_invalid)
    inputs = (find_model(model), *files.paths)
    with results_folder(output, inputs, force=force, seed=header.training.seed, threads=threads) as (folder, run):
        with run.stage("reading"):
            data = header.read_data(files.sequences, files.negatives, labels=labels, intervals=intervals)
            held_out = None
            if test_positives is not None:
                held_out = header.read_data(test_positives, test_negatives, intervals=intervals)
        with run.stage("starting TensorFlow"):
            from motifnet.interpretation.readout import known_split

            trained = mn.load_model(model)
        with run.stage("motifs"):
            split = known_split(trained, data, min_per_class=extraction.min_sites)
            found = mn.tabulate_motifs(trained, split, test=held_out, extraction=extraction, readout=readout)
        with run.stage("writing"):
            found.write_files(folder)
            findings, made_by = check_data(data, test=held_out), describe_negatives(files)
            write_json(summarise_data(split, test=held_out, findings=findings, negatives=made_by), folder / DATA)
    summarise_motifs(found, trained, e_value=readout.e_value, layer=extraction.layer)
    print_status(f"{output}: {counted(len(found.motifs), 'motif')}, {counted(len(found.sites), 'site')}")


def summarise_motifs(found: mn.MotifTables, model: mn.SequenceModel, *, e_value: float, layer: int) -> None:
    """Print the best motifs, a line each, and what limits them."""
    table, filters = found.table, found.filters
    if not len(table):
        few = "no pattern of seqlets has enough sites (--min-sites)"
        if len(filters):
            most = int(filters["nsites"].max())
            few = f"no filter has more than {most} sites in the training sequences, fewer than --min-sites"
        print_status(
            f"no motifs: {few}. Use more sequences, train longer (--max-steps, --max-epochs), or lower --min-sites"
        )
        return
    is_tested = bool((table["status"] != "not tested").any())
    significant = table[table["status"] == "significant"] if is_tested else table
    verdict = f"{len(significant)} significant on held-out sequences (E <= {e_value:g})" if is_tested else "not tested"
    print_status(f"{counted(len(table), 'motif')}, {verdict}:")
    for row in significant.head(_LISTED).to_dict(orient="records"):
        print_status(f"  {_line(row)}")
    if is_tested and not len(significant) and (table["status"] == "too few held-out sequences").any():
        print_status("  too few held-out sequences for a test: use more, or separate test sequences (--test-positives)")
    inactive = filters.loc[filters["status"] == "inactive", "filter"]
    if len(inactive):
        print_status(f"{counted(len(inactive), 'inactive filter')} (too few sites): {listed(inactive)}")
    blocks = model.spec.blocks if isinstance(model.spec, mn.ModelSpec) else ()
    if (
        layer == 0
        and not len(found.patterns)
        and found.fraction_complete < _FEW_COMPLETE
        and len(blocks) > 1
        and blocks[0].pool == 1
    ):
        complete = round(found.fraction_complete * len(filters))
        print_status(
            f"only {complete} of {len(filters)} filters contain a complete motif: without pooling, filters of the "
            f"first layer learn fragments that later layers combine. Extract motifs from attributions "
            f"(--source both) or from a later layer (--layer {len(blocks) - 1}), or train the preset 'default'"
        )


def _line(row: dict[str, Any]) -> str:
    """A motif as a line: bits, sites, E-value, auROC, and its best match."""
    match = row["match_name"] or ("no match" if row["match_kind"] else "")
    match += " (partial)" if row["match_kind"] == "partial" else ""
    e_value = "" if row["e_value"] != row["e_value"] else f"  E = {row['e_value']:.1e}"
    auroc = (
        f"auROC {row['auroc']:.3f}" if row["auroc_test"] != row["auroc_test"] else f"test auROC {row['auroc_test']:.3f}"
    )
    direction = "" if row["direction"] == "positive" else "  (enriched in negatives)"
    return (
        f"{row['motif']:<28} {row['bits']:5.1f} bits  {row['nsites']:6.0f} sites{e_value}  {auroc}  {match}{direction}"
    ).rstrip()
