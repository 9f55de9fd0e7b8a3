"""``motifnet scan``"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

import motifnet as mn
from motifnet.cli.console import print_status
from motifnet.cli.job import check_part, cluster_client, limit_threads, run_blocks
from motifnet.cli.options import (
    INTERVALS,
    Cluster,
    Intervals,
    Merged,
    MotifReading,
    Motifs,
    PartOf,
    Reading,
    Sequences,
    Threads,
)
from motifnet.errors import counted
from motifnet.progress import report

if TYPE_CHECKING:
    from motifnet.sequences.ragged import RaggedSequences


@dataclass(frozen=True)
class ScanOptions:
    """Limits of hits, and the null model of p-values.

    Parameters
    ----------
    p_value : float, optional
        Maximum p-value of a hit. Default: 1e-4; for a consensus, exact matches only; with --thresholds, no limit.
    q_value : float, optional
        Maximum q-value of a hit. Default: no limit.
    thresholds : str, optional
        Report hits that reach the threshold of their motif, at any p-value. Table with the columns motif and threshold,
        such as motifs.tsv, or `motifs` for the thresholds in the motif file (HOMER).
    strands : str, optional
        Strands to scan. Default: as in the motif file.
    background : str
        Frequencies of A, C, G and T: those of the motif file, those of the sequences (which are kept in memory), or
        uniform.
    pseudocount : float
        Number of sites to add to each column, distributed as the background; 0.1 gives FIMO's scores.
    """

    p_value: float | None = None
    q_value: float | None = None
    thresholds: str | None = None
    strands: Literal["both", "forward"] | None = None
    background: Literal["motifs", "sequences", "uniform"] = "motifs"
    pseudocount: float = 1.0


Output = Annotated[
    str,
    Parameter(
        allow_leading_hyphen=True,
        help="Table of hits (0-based, half-open), or BED if the name ends in .bed or .bed.gz; - is standard output.",
    ),
]
MatrixOf = Annotated[
    Literal["counts", "best"] | None,
    Parameter(
        name="--matrix", help="Write a matrix of sequences x motifs instead: numbers of hits, or best scores in bits."
    ),
]
WindowLength = Annotated[
    int | None,
    Parameter(
        group=INTERVALS,
        help="Scan windows of this many bp around the summits or midpoints. Default: the intervals of the file.",
    ),
]
Options = Annotated[ScanOptions, Parameter(name="*")]


def scan(
    motifs: Motifs,
    sequences: Sequences,
    /,
    *,
    output: Output = "-",
    matrix: MatrixOf = None,
    length: WindowLength = None,
    part: PartOf = None,
    cluster: Cluster = None,
    threads: Threads = None,
    options: Options = ScanOptions(),
    intervals: Intervals = mn.IntervalSpec(),
    reading: Reading = MotifReading(),
    merged: Merged = None,
) -> None:
    """Find motifs in sequences of any length, with FIMO's p-values and q-values.

    Coordinates are 0-based and half-open in the table and in BED (FIMO's table is 1-based). BED coordinates are genomic
    if all names of sequences are like chr1:100-200 (bedtools getfasta, samtools faidx), otherwise within the sequences.

    Examples
    --------
    motifnet scan motifs.meme peaks.fa --output hits.tsv
    motifnet scan motifs.meme peaks.fa --output hits.bed --q-value 0.05
    motifnet scan results/motifs.meme peaks.fa --thresholds results/motifs.tsv --output hits.tsv
    motifnet scan known.motif peaks.fa --thresholds motifs
    motifnet scan TTACCCG genome.fa --output sites.bed
    motifnet scan vertebrates peaks.narrowPeak --genome hg38.fa --output hits.bed
    motifnet scan motifs.meme peaks.fa --matrix counts --output counts.tsv
    """
    limit_threads(threads)
    _check(output, matrix, options)
    if length is not None and not intervals:
        raise mn.errors.InputError("--length applies only to intervals", hint="Use --genome FASTA and a BED file.")
    from motifnet.cluster import cluster_parts
    from motifnet.motifs.scanning.hits import check_columns
    from motifnet.motifs.scanning.scanners import Scanners, part_hits
    from motifnet.outputs import check_distinct, check_table, write_table
    from motifnet.parts import WHOLE, Part
    from motifnet.sequences.io.reader import stream_sequences

    if not check_part(part, output, inputs=(sequences, motifs), cluster=cluster):
        check_table(output, others=(".bed",))
    inputs = (motifs, sequences, intervals.genome, intervals.blacklist, options.thresholds)
    check_distinct([output], inputs=inputs)
    known = reading.read(motifs)
    if matrix:
        check_columns(known)
    scanned, batches = _null_model(known, stream_sequences(sequences, length=length, genome=intervals), options)
    limits: dict[str, Any] = {name: getattr(options, name) for name in ("p_value", "thresholds", "pseudocount")}
    limits["with_best"] = matrix == "best"
    scanners = Scanners(scanned, **limits)
    files = [path for path in inputs if path is not None and Path(path).is_file()]
    of_part = partial(part_hits, scanned, sequences, limits=limits, length=length, intervals=intervals)
    if part is not None:
        total = Part.parse(part).total
        run_blocks(
            part, None, output, n_blocks=total, compute=lambda: of_part(total=total, threads=threads, progress=_show),
            write=lambda _: None, inputs=files,
        )  # fmt: skip
        return
    with cluster_client(cluster, threads) as client:
        stored = merged if client is None else cluster_parts(client, of_part, inputs=files)
    scanners.add(batches, part=None if stored else WHOLE, threads=threads, progress=_show)
    report("scanning", 1, 1)
    if stored:
        scanners.restore(stored)
    hits = scanners.hits()
    if options.q_value is not None:
        hits = hits.take(hits.q_value <= options.q_value)
    if not _is_bed(output):
        write_table(hits.to_matrix(matrix) if matrix else hits.to_frame(), output)
    elif not hits.write_bed(output):
        print_status("the names of the sequences are not genomic coordinates: BED intervals are within the sequences")
    n_bases = int(hits.lengths.sum())
    size = f"{n_bases / 1e6:.3g} Mb" if n_bases >= 100_000 else f"{n_bases:,} bp"
    n_hit, of_all = len(set(hits.motif.tolist())), counted(len(scanned), "motif")
    found = f"{counted(len(hits), 'hit')} of {n_hit} of {of_all}" if n_hit else f"no hits of {of_all}"
    print_status(f"{found} in {counted(len(hits.names), 'sequence')} ({size})")


def _check(output: str, matrix: str | None, options: ScanOptions) -> None:
    if options.q_value is not None and not 0 < options.q_value <= 1:
        raise mn.errors.InputError(f"--q-value must be above 0 and at most 1. Got {options.q_value} instead")
    if matrix and _is_bed(output):
        raise mn.errors.InputError(f"{output}: --matrix is a table, not BED", hint="Name a .tsv file.")
    others = {name: getattr(options, name) for name in ("p_value", "background", "pseudocount")}
    changed = [f"--{name.replace('_', '-')}" for name, value in others.items() if value != getattr(_DEFAULTS, name)]
    if options.thresholds is not None and changed:
        raise mn.errors.InputError(
            f"--thresholds and {changed[0]} exclude each other",
            hint="Thresholds are scores with the default pseudocount and the background of the motif file.",
        )


_DEFAULTS = ScanOptions()


def _is_bed(output: str) -> bool:
    return output.lower().removesuffix(".gz").endswith(".bed")


def _null_model(
    motifs: mn.MotifSet, sequences: Iterable[RaggedSequences], options: ScanOptions
) -> tuple[mn.MotifSet, Iterable[RaggedSequences]]:
    """The motifs with the strands and the background of the options, and the batches of sequences."""
    import numpy as np

    batches: Iterable[RaggedSequences] = _counting_ambiguous(sequences)
    background = motifs.background
    if options.background == "sequences":
        batches = list(batches)  # they are counted before they are scanned
        counts = np.array([np.bincount(batch.flat, minlength=5)[:4] for batch in batches], dtype=np.float64)
        background = counts.sum(axis=0) + 1  # no frequency may be 0
    elif options.background == "uniform":
        background = np.full(4, 0.25)
    return mn.MotifSet(motifs.motifs, options.strands or motifs.strands, background), batches


def _counting_ambiguous(batches: Iterable[RaggedSequences]) -> Iterator[RaggedSequences]:
    n_ambiguous = 0
    for batch in batches:
        n_ambiguous += batch.n_ambiguous
        yield batch
    if n_ambiguous:
        print_status(f"{n_ambiguous} IUPAC codes other than ACGTN are read as N")


def _show(n_bases: int) -> None:
    """Bases scanned so far; the total is unknown before the file ends."""
    report("scanning", n_bases, None, f"{n_bases / 1e6:.1f} Mb")
