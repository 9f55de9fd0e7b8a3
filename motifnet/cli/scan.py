"""``motifnet scan``"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from motifnet.cli.console import counted, limit_threads, say
from motifnet.cli.display import screen
from motifnet.cli.options import PLACES, Intervals, Sequences, Threads
from motifnet.motifs.known.databases import DATABASES
from motifnet.sequences.input_spec import IntervalSpec

if TYPE_CHECKING:
    from motifnet.motifs.motif import MotifSet
    from motifnet.motifs.scanning.hits import Scan
    from motifnet.sequences.io.fasta import RaggedSequences

_MOST_NAMED = 5


@dataclass(frozen=True)
class ScanOptions:
    """What is a hit, and under which null model.

    Parameters
    ----------
    threshold : float
        P-value up to which a window is a hit.
    qvalue : float, optional
        Keep only hits with a q-value up to this.
    strands : str, optional
        Strands to look at; by default what the motif file says.
    background : str
        Shares of A, C, G, T by chance: those of the motif file, of the sequences (held in memory), or uniform.
    pseudocount : float
        Sites added to each column in proportion to the background.
    """

    threshold: float = 1e-4
    qvalue: float | None = None
    strands: Literal["both", "forward"] | None = None
    background: Literal["motifs", "sequences", "uniform"] = "motifs"
    pseudocount: float = 1.0


_DEFAULTS = ScanOptions()

MotifFile = Annotated[
    str,
    Parameter(
        allow_leading_hyphen=True,
        help="Motifs, in any format that motifnet reads (- is standard input), or JASPAR 2026 CORE of "
        f"{', '.join(DATABASES)}.",
    ),
]
Output = Annotated[
    str,
    Parameter(
        allow_leading_hyphen=True,
        help="Table of hits (0-based, half-open), or BED if it ends in .bed or .bed.gz; - is standard output.",
    ),
]
MatrixOf = Annotated[
    Literal["counts", "best"] | None,
    Parameter(name="--matrix", help="Write sequences x motifs instead: counts of hits, or best scores in bits."),
]
WindowLength = Annotated[
    int | None,
    Parameter(
        group=PLACES,
        help="Scan windows of this many bp around the summits, or middles; by default places as they stand.",
    ),
]
How = Annotated[ScanOptions, Parameter(name="*")]


def scan(
    motifs: MotifFile,
    sequences: Sequences,
    /,
    *,
    output: Output = "-",
    matrix: MatrixOf = None,
    length: WindowLength = None,
    threads: Threads = None,
    how: How = _DEFAULTS,
    intervals: Intervals = IntervalSpec(),
) -> None:
    """Find motifs in sequences of any length, with FIMO's p-values, and q-values over all windows.

    Starts are 0-based and ends exclusive, in the table as in BED (FIMO's table counts from 1). BED is on the genome
    where all sequences are named like chr1:100-200 (bedtools getfasta, samtools faidx), else within the sequences.

    Examples
    --------
    motifnet scan motifs.meme peaks.fa --output hits.tsv
    motifnet scan motifs.meme peaks.fa --output hits.bed --qvalue 0.05
    motifnet scan vertebrates peaks.narrowPeak --genome hg38.fa --output hits.bed
    motifnet scan motifs.meme peaks.fa --matrix counts --output counts.tsv
    """
    limit_threads(threads)
    from motifnet.errors import InputError
    from motifnet.motifs.io.files import read_motifs
    from motifnet.motifs.known.databases import is_database, shipped_database
    from motifnet.motifs.scanning.hits import scan as find_hits
    from motifnet.outputs import check_file
    from motifnet.sequences.io.reader import stream_file

    _check(output, matrix, how)
    if length is not None and not intervals:
        raise InputError("--length is for places on a genome", hint="Give --genome FASTA, and a BED file.")
    check_file(output)
    chosen = shipped_database(motifs).motifs if is_database(motifs) else read_motifs(motifs)
    known, batches = _null_model(chosen, stream_file(sequences, intervals, length=length), how)
    found = find_hits(
        known,
        batches,
        threshold=how.threshold,
        pseudocount=how.pseudocount,
        with_best=matrix == "best",
        threads=threads,
        progress=_show,
    )
    screen().close()
    found = found if how.qvalue is None else found.up_to(how.qvalue)
    _write(found, output, matrix)
    _say_summary(found, how.threshold)


def _check(output: str, matrix: str | None, how: ScanOptions) -> None:
    from motifnet.errors import InputError

    if how.qvalue is not None and not 0 < how.qvalue <= 1:
        raise InputError(f"--qvalue must be above 0 and at most 1. Got {how.qvalue} instead")
    if matrix and _is_bed(output):
        raise InputError(f"{output}: --matrix is a table, not BED", hint="Name a .tsv file.")


def _is_bed(output: str) -> bool:
    return output.removesuffix(".gz").endswith(".bed")


def _null_model(
    motifs: MotifSet, sequences: Iterable[RaggedSequences], how: ScanOptions
) -> tuple[MotifSet, Iterable[RaggedSequences]]:
    """The motifs with the strands and the background asked for, and the batches of sequences."""
    import numpy as np

    from motifnet.motifs.motif import MotifSet

    batches: Iterable[RaggedSequences] = _told(sequences)
    background = motifs.background
    if how.background == "sequences":
        batches = list(batches)  # they are counted before they are scanned
        counts = np.array([np.bincount(batch.flat, minlength=5)[:4] for batch in batches], dtype=np.float64)
        background = counts.sum(axis=0) + 1  # no letter is impossible
    elif how.background == "uniform":
        background = np.full(4, 0.25)
    return MotifSet(motifs.motifs, how.strands or motifs.strands, background), batches


def _told(batches: Iterable[RaggedSequences]) -> Iterator[RaggedSequences]:
    n_ambiguous = 0
    for batch in batches:
        n_ambiguous += batch.n_ambiguous
        yield batch
    if n_ambiguous:
        say(f"{n_ambiguous} IUPAC letters other than ACGTN count as N")


def _show(n_letters: int) -> None:
    """Letters scanned so far; of how many, nobody knows before the file ends."""
    screen().show("scanning", n_letters, None, f"{n_letters / 1e6:.1f} Mb")


def _write(found: Scan, output: str, matrix: Literal["counts", "best"] | None) -> None:
    from motifnet.motifs.scanning.hit_tables import hit_table, matrix_table, write_hit_bed
    from motifnet.outputs import write_table

    if _is_bed(output):
        if not write_hit_bed(found, output):
            say("the sequences' names hold no genome coordinates of their lengths: BED places are within the sequences")
    else:
        write_table(matrix_table(found, matrix) if matrix else hit_table(found), output)


def _say_summary(found: Scan, threshold: float) -> None:
    beyond = [name for name, p in zip(found.motifs.names, found.lowest_p, strict=True) if p > threshold]
    if beyond:
        named = ", ".join(beyond[:_MOST_NAMED]) + (", ..." if len(beyond) > _MOST_NAMED else "")
        those = f"{counted(len(beyond), 'motif')} {'is' if len(beyond) == 1 else 'are'}"
        say(f"{those} too short or too vague for p <= {threshold:g} at any word: {named}")
    where = f"{counted(len(found.names), 'sequence')} ({found.lengths.sum() / 1e6:.3g} Mb)"
    n_hit, of_all = len(set(found.hits.motif.tolist())), counted(len(found.motifs), "motif")
    say(f"{counted(len(found.hits), 'hit')} of {n_hit} of {of_all} in {where}")
