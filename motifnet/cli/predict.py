"""``motifnet predict``"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

import motifnet as mn
from motifnet.cli.console import print_status
from motifnet.cli.job import limit_threads
from motifnet.cli.options import WINDOWS, Intervals, Model, OptionalSequences, Threads, check_windows, refuse_windows
from motifnet.errors import FormatError

TableOrTrack = Annotated[
    str,
    Parameter(
        allow_leading_hyphen=True,
        help="Table to write; - is standard output. Without SEQUENCES: bigWig (.bw) or bedGraph (.bedgraph, "
        ".bedgraph.gz); {task} in the name is replaced by each task.",
    ),
]
Tracks = Annotated[mn.TrackSpec | None, Parameter(name="*", group=WINDOWS)]


def predict(
    model: Model,
    sequences: OptionalSequences = None,
    /,
    *,
    output: TableOrTrack = "-",
    threads: Threads = None,
    intervals: Intervals = mn.IntervalSpec(),
    tracks: Tracks = None,
) -> None:
    """Predict the tasks of a model for sequences, or along a genome: probabilities, values or expected counts.

    The table has the index and the name of each sequence, and one column per task. With a genome and no file of
    sequences, windows of the model's length along the genome are predicted, and written as a track.

    Examples
    --------
    motifnet predict model peaks.fa --output scores.tsv
    motifnet predict model --genome hg38.fa --stride 50 --output scores.bw
    motifnet predict model --genome hg38.fa --regions promoters.bed --combine max --output scores.bedgraph.gz
    """
    limit_threads(threads)
    if sequences is None:
        _predict_tracks(model, output, intervals, tracks or mn.TrackSpec())
        return
    refuse_windows(tracks)
    from motifnet.models.storage import read_header
    from motifnet.outputs import check_table, write_table
    from motifnet.sequences.io.genome_tracks import is_track

    if is_track(output):
        hint = "Give --genome FASTA and --regions FILE instead of the file of sequences, or the name of a .tsv file."
        raise FormatError(output, "predictions for sequences are a table, not a track", hint=hint)
    check_table(output)
    data = read_header(model).read_sequences(sequences, intervals=intervals)
    from motifnet.models.evaluation import predict_in_parts

    write_table(predict_in_parts(mn.load_model(model), data), output)


def _predict_tracks(model: Model, output: str, intervals: mn.IntervalSpec, tracks: mn.TrackSpec) -> None:
    genome = check_windows(intervals)
    from motifnet.models.storage import read_header
    from motifnet.sequences.io.genome_tracks import track_paths

    track_paths(output, read_header(model).spec.tasks)
    for path in mn.predict_tracks(mn.load_model(model), genome, output, options=tracks):
        print_status(f"{path}: windows every {tracks.stride} bp predicted")
