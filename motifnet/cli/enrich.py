"""``motifnet enrich``"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from motifnet.cli.console import limit_threads, say
from motifnet.cli.labelled import negatives_of
from motifnet.cli.options import Anchor, Intervals, Length, MadeNegatives, Negatives, Positives, Threads
from motifnet.motifs.extraction_spec import DATABASES, EVALUE
from motifnet.sequences.input_spec import IntervalSpec, LabelSpec, NegativeSpec

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 5

Motifs = Annotated[
    str,
    Parameter(
        allow_leading_hyphen=True,
        help=f"Known motifs: a file (- is standard input), or JASPAR 2026 CORE of {', '.join(DATABASES)}.",
    ),
]
Output = Annotated[str, Parameter(allow_leading_hyphen=True, help="Table to write; - is standard output.")]
Evalue = Annotated[float, Parameter(help="A motif is significant up to this E-value.")]
Seed = Annotated[int, Parameter(help="For the shuffles, and for the halves of which one is tested.")]


def enrich(
    motifs: Motifs,
    positives: Positives,
    /,
    *,
    negatives: Negatives = None,
    output: Output = "-",
    e_value: Evalue = EVALUE,
    length: Length = "auto",
    anchor: Anchor = "center",
    seed: Seed = 0,
    threads: Threads = None,
    intervals: Intervals = IntervalSpec(),
    made: MadeNegatives = NegativeSpec(),
) -> None:
    """Test which known motifs are enriched in sequences, or depleted, each at the threshold that tells most.

    Half of the sequences choose thresholds and directions, the other half is tested (Fisher's exact test). Do not give
    motifs that were learned from these sequences: `motifnet motifs` and `discover` test those on held-out ones.

    Examples
    --------
    motifnet enrich vertebrates peaks.fa --output enrichment.tsv
    motifnet enrich known.meme peaks.fa --negatives background.fa
    motifnet enrich vertebrates peaks.narrowPeak --genome hg38.fa --negatives-from genome
    """
    limit_threads(threads)
    from motifnet.errors import InputError
    from motifnet.motifs.known.databases import read_database
    from motifnet.motifs.known.known_enrichment import enrich as test_known
    from motifnet.outputs import check_file, write_table
    from motifnet.sequences.io.labels import read_data

    if not e_value > 0:
        raise InputError(f"--e-value must be above 0. Got {e_value:g} instead")
    check_file(output)
    known = read_database(motifs)
    background = negatives_of(negatives, made, LabelSpec(), intervals)
    data = read_data(positives, background, genome=intervals, length=length, anchor=anchor, seed=seed)
    table = test_known(known, data, e_value=e_value, seed=seed)
    write_table(table, output)
    _say_summary(table, motifs, e_value)


def _say_summary(table: pd.DataFrame, database: str, e_value: float) -> None:
    from motifnet.motifs.statistics.enrichment import SIGNIFICANT, TOO_FEW

    significant = table[table["status"] == SIGNIFICANT]
    say(f"{len(significant)} of {len(table)} motifs of {database} are significant (E-value at most {e_value:g})")
    if len(table) and (table["status"] == TOO_FEW).all():
        say(TOO_FEW)
    if len(significant):
        rows = significant[:_SHOWN]
        names = rows["name"].where(rows["name"] == rows["motif"], rows["motif"] + " " + rows["name"])
        best = zip(names, rows["direction"], rows["e_value"], strict=True)
        say("best: " + ", ".join(f"{name} (E {e:.1e}, {direction}s)" for name, direction, e in best))
