"""``motifnet enrich``"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

import motifnet as mn
from motifnet.cli.console import print_status
from motifnet.cli.job import chosen_negatives, limit_threads
from motifnet.cli.options import (
    Anchor,
    Intervals,
    Length,
    MadeNegatives,
    MotifReading,
    Motifs,
    Negatives,
    Output,
    Reading,
    Seed,
    Threads,
)
from motifnet.motifs.extraction_spec import EVALUE

if TYPE_CHECKING:
    import pandas as pd

_LISTED = 5

Positives = Annotated[
    str,
    Parameter(
        allow_leading_hyphen=True,
        help="FASTA file of the positives, plain or gzip; - is standard input. With --genome, it may be BED or "
        "narrowPeak.",
    ),
]
EValue = Annotated[float, Parameter(help="Significance threshold of the E-value.")]


def enrich(
    motifs: Motifs,
    positives: Positives,
    /,
    *,
    negatives: Negatives = None,
    output: Output = "-",
    e_value: EValue = EVALUE,
    length: Length = "auto",
    anchor: Anchor = "center",
    seed: Seed = 0,
    threads: Threads = None,
    intervals: Intervals = mn.IntervalSpec(),
    made: MadeNegatives = mn.NegativeSpec(),
    reading: Reading = MotifReading(),
) -> None:
    """Test known motifs for enrichment or depletion in sequences, each at its best score threshold.

    Thresholds and directions are chosen on one half of the sequences and tested on the other half (Fisher's exact
    test). Do not use motifs that were learned from these sequences: `motifnet motifs` and `discover` test those on
    held-out sequences.

    Examples
    --------
    motifnet enrich vertebrates peaks.fa --output enrichment.tsv
    motifnet enrich known.meme peaks.fa --negatives background.fa
    motifnet enrich vertebrates peaks.narrowPeak --genome hg38.fa --negatives-from genome
    """
    limit_threads(threads)
    from motifnet.outputs import check_distinct, check_table, write_table
    from motifnet.sequences.io.labels import read_files

    if not e_value > 0:
        raise mn.errors.InputError(f"--e-value must be above 0. Got {e_value:g} instead")
    check_table(output)
    check_distinct([output], inputs=[motifs, positives, negatives, intervals.genome])
    files = mn.DataSpec(
        positives, chosen_negatives(negatives, made, mn.LabelSpec()), mn.LabelSpec(), intervals, length, anchor
    )
    known = reading.read(motifs)
    table = mn.enrich(known, read_files(files, seed=seed), e_value=e_value, seed=seed)
    write_table(table, output)
    _summarise(table, motifs, e_value)


def _summarise(table: pd.DataFrame, database: str, e_value: float) -> None:
    from motifnet.motifs.statistics.enrichment import SIGNIFICANT, TOO_FEW

    significant = table[table["status"] == SIGNIFICANT]
    print_status(f"{len(significant)} of {len(table)} motifs of {database} are significant (E-value <= {e_value:g})")
    if len(table) and (table["status"] == TOO_FEW).all():
        print_status(TOO_FEW)
    if len(significant):
        rows = significant[:_LISTED]
        names = rows["name"].where(rows["name"] == rows["motif"], rows["motif"] + " " + rows["name"])
        best = zip(names, rows["direction"], rows["e_value"], strict=True)
        print_status("best: " + ", ".join(f"{name} (E = {e:.1e}, in {direction}s)" for name, direction, e in best))
