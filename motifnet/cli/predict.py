"""``motifnet predict``"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

import motifnet as mn
from motifnet.cli.console import print_status
from motifnet.cli.job import check_part, cluster_client, limit_threads, run_blocks
from motifnet.cli.options import (
    WINDOWS,
    Cluster,
    Intervals,
    Merged,
    Model,
    OptionalSequences,
    PartOf,
    Threads,
    check_windows,
    refuse_windows,
)
from motifnet.errors import FormatError

TableOrTrack = Annotated[
    str,
    Parameter(
        allow_leading_hyphen=True,
        help="Table to write; - is standard output. Without SEQUENCES: track to write, bigWig (.bw) or bedGraph "
        "(.bedgraph, .bedgraph.gz). {task} in the name is replaced by the task; one file is written per task.",
    ),
]
Tracks = Annotated[mn.TrackSpec | None, Parameter(name="*", group=WINDOWS)]


def predict(
    model: Model,
    sequences: OptionalSequences = None,
    /,
    *,
    output: TableOrTrack = "-",
    part: PartOf = None,
    cluster: Cluster = None,
    threads: Threads = None,
    intervals: Intervals = mn.IntervalSpec(),
    tracks: Tracks = None,
    merged: Merged = None,
) -> None:
    """Predict probabilities, values or expected counts for sequences, or along a genome.

    The table has the index and the name of each sequence, and one column per task. With --genome and no file of
    sequences, predictions for windows of the model's length along the genome are written as a track.

    Examples
    --------
    motifnet predict model peaks.fa --output scores.tsv
    motifnet predict model --genome hg38.fa --stride 50 --output scores.bw
    motifnet predict model --genome hg38.fa --regions promoters.bed --combine max --output scores.bedgraph.gz
    motifnet predict model --genome hg38.fa --stride 50 --part 2/8 --output part2
    motifnet predict model --genome hg38.fa --stride 50 --cluster local:8 --output scores.bw
    """
    limit_threads(threads)
    if sequences is None:
        _predict_tracks(model, output, part, cluster, threads, intervals, tracks or mn.TrackSpec(), merged)
        return
    refuse_windows(tracks)
    from motifnet.models.storage import find_model, read_header
    from motifnet.outputs import check_table, write_table
    from motifnet.parts import n_blocks
    from motifnet.sequences.io.genome_tracks import is_track

    if not check_part(part, output, inputs=(sequences,), cluster=cluster):
        if is_track(output):
            hint = "Use a name that ends in .tsv, or --genome FASTA --regions FILE instead of a file of sequences."
            raise FormatError(
                output, "predictions for a file of sequences are written as a table, not as a track", hint=hint
            )
        check_table(output)
    header = read_header(model)
    data = header.read_sequences(sequences, intervals=intervals)
    from motifnet.models.evaluation import block_predictions, cluster_predictions, stream_predictions

    n = n_blocks(len(data))
    with cluster_client(cluster, threads) as client:
        run_blocks(
            part, merged, output, n_blocks=n,
            compute=lambda: block_predictions(mn.load_model(model), data) if client is None
            else cluster_predictions(client, n, model, sequences, intervals),
            write=lambda results: write_table(stream_predictions(data, header.spec.tasks, results), output),
            inputs=(find_model(model), sequences, intervals.genome, intervals.blacklist),
        )  # fmt: skip


def _predict_tracks(
    model: Model, output: str, part: str | None, cluster: str | None, threads: int | None,
    intervals: mn.IntervalSpec, tracks: mn.TrackSpec, merged: Merged,
) -> None:  # fmt: skip
    genome = check_windows(intervals)
    from motifnet.models.storage import find_model, read_header
    from motifnet.sequences.io.genome_tracks import track_paths

    header = read_header(model)
    is_part = check_part(part, output, inputs=(), cluster=cluster)
    paths = [] if is_part else track_paths(output, header.spec.tasks)
    from motifnet.interpretation.tracks import GenomeWindows, cluster_tracks

    windows = GenomeWindows.plan(header, genome, tracks)
    with cluster_client(cluster, threads) as client:
        run_blocks(
            part, merged, output, n_blocks=len(windows.blocks),
            compute=lambda: windows.predictions(mn.load_model(model)) if client is None
            else cluster_tracks(client, windows, model, genome, tracks),
            write=lambda results: windows.write(paths, results),
            inputs=(find_model(model), genome, tracks.regions),
        )  # fmt: skip
    for path in paths:
        print_status(f"{path}: predictions for windows every {tracks.stride} bp")
