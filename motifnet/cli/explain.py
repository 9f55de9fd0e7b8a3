"""``motifnet explain``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import motifnet as mn
from motifnet.cli.console import print_status
from motifnet.cli.job import check_part, cluster_client, limit_threads, results_folder, run_blocks
from motifnet.cli.options import (
    WINDOWS,
    Cluster,
    Force,
    Intervals,
    Merged,
    Model,
    MotifReading,
    OptionalSequences,
    PartOf,
    Reading,
    Threads,
    check_windows,
    refuse_windows,
)
from motifnet.errors import counted
from motifnet.interpretation.track_spec import WindowSpec

Results = Annotated[Path, Parameter(help="Folder to write explain.html, the arrays, tables and tracks to.")]
MotifsBelow = Annotated[
    str | None,
    Parameter(
        help="Motif file, consensus or database (as for `motifnet scan`); its sites are drawn below the letters, and "
        "seqlets are annotated with its motifs."
    ),
]
Windows = Annotated[WindowSpec | None, Parameter(name="*", group=WINDOWS)]
Options = Annotated[mn.ExplanationSpec, Parameter(name="*", negative=(), negative_iterable=(), consume_multiple=True)]


def explain(
    model: Model,
    sequences: OptionalSequences = None,
    /,
    *,
    output: Results,
    motifs: MotifsBelow = None,
    part: PartOf = None,
    cluster: Cluster = None,
    threads: Threads = None,
    force: Force = False,
    spec: Options = mn.ExplanationSpec(),
    intervals: Intervals = mn.IntervalSpec(),
    windows: Windows = None,
    reading: Reading = MotifReading(),
    merged: Merged = None,
) -> None:
    """Compute the contribution of each base to the score of a model.

    The output folder has explain.html, the input of TF-MoDISco (one_hot.npz, contributions.npz), the strongest bases of
    each sequence (bases.tsv), with --seqlets the regions of large contributions (seqlets.tsv, seqlets.bed), and, if the
    sequences have genomic coordinates, a track for genome browsers. Coordinates are those of regions, or of names such
    as chr1:100-200. With --genome and no file of sequences, windows of the model's length along the genome are
    explained.

    Examples
    --------
    motifnet explain results/model peaks.fa --output explained --motifs results/motifs.meme
    motifnet explain model peaks.narrowPeak --genome hg38.fa --method ism --tracks bigwig --output explained
    motifnet explain results/model new.fa --seqlets --motifs results/motifs.meme --output explained
    motifnet explain model --genome hg38.fa --regions locus.bed --stride 20 --output explained
    motifnet explain model peaks.fa --names chr1:100-300 --png --output explained
    modisco motifs -s explained/one_hot.npz -a explained/contributions.npz -n 2000 -w 200 -o modisco.h5
    """
    n_threads = limit_threads(threads)
    from motifnet.models.storage import find_model, read_header

    if sequences is None:
        check_windows(intervals)
    else:
        refuse_windows(windows)
    header = read_header(model)
    header.task_indices(spec.task)
    shown = None if motifs is None else reading.read(motifs)
    regions = None if windows is None else windows.regions
    given = (sequences, regions, intervals.genome, intervals.blacklist, motifs, spec.references)
    inputs = (find_model(model), *(path for path in given if path is not None and Path(path).is_file()))

    def read() -> mn.SequenceSet:
        if sequences is None:
            found = (windows or WindowSpec()).read(header, check_windows(intervals))
        else:
            found = header.read_sequences(sequences, intervals=intervals)
        spec.drawn_names(found.names)
        return found

    if check_part(part, str(output), inputs=(sequences,), cluster=cluster):
        from motifnet.explanation import Explanation

        explanation = Explanation.plan(spec, read(), header)
        run_blocks(
            part, None, str(output), n_blocks=explanation.n_blocks,
            compute=lambda: explanation.results(mn.load_model(model)), write=lambda _: None, inputs=inputs,
        )  # fmt: skip
        return
    with results_folder(output, inputs, force=force, seed=spec.seed, threads=n_threads) as (folder, run):
        with run.stage("reading"):
            data = read()
            chromosomes = _chromosomes(intervals) if spec.tracks == "bigwig" else None
        with cluster_client(cluster, threads) as client:
            with run.stage("starting TensorFlow"):
                from motifnet.explanation import Explanation, cluster_contributions

                explanation = Explanation.plan(spec, data, header)
                needs_model = spec.seqlets or (merged is None and client is None)
                loaded = [mn.load_model(model)] if needs_model else []
            with run.stage("explaining"):
                if client is None:
                    results = merged or explanation.results(*loaded)
                else:
                    results = cluster_contributions(client, explanation, model, sequences, intervals, windows)
                controls = explanation.controls(*loaded) if spec.seqlets else None
                explanation.write(folder, results, motifs=shown, chromosomes=chromosomes, controls=controls)
        tracks = [path.name for path in folder.iterdir() if path.suffix in (".gz", ".bedgraph", ".bw")]
    if not tracks:
        print_status("no tracks: the names of the sequences are not genomic coordinates such as chr1:100-300")
    print_status(f"{output}: {counted(len(data), 'sequence')} explained by {spec.method} (explain.html)")


def _chromosomes(intervals: mn.IntervalSpec) -> dict[str, int] | None:
    """Lengths of the chromosomes of the genome, if one is given."""
    if not intervals:
        return None
    from motifnet.sequences.io.reader import open_intervals

    return dict(open_intervals(intervals)[0].lengths)
