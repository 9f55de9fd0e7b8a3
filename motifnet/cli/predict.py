"""``motifnet predict``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from motifnet.cli.console import limit_threads, start_tensorflow
from motifnet.cli.options import Intervals, Model, Sequences, Threads
from motifnet.sequences.input_spec import IntervalSpec

Output = Annotated[Path | None, Parameter(help="Table to write; standard output otherwise.")]


def predict(
    model: Model,
    sequences: Sequences,
    /,
    *,
    output: Output = None,
    threads: Threads = None,
    intervals: Intervals = IntervalSpec(),
) -> None:
    """Predict each task (a probability, a value, an expected count): a table of index, name, and one column a task.

    Examples
    --------
    motifnet predict model peaks.fa --output scores.tsv
    """
    limit_threads(threads)
    from motifnet.models.storage import read_header
    from motifnet.outputs import check_file, write_tables

    check_file(output or "-")
    known = read_header(model).read_sequences(sequences, intervals=intervals)
    start_tensorflow()
    from motifnet.models.evaluation import predict_in_parts
    from motifnet.models.trained import TrainedModel

    write_tables(predict_in_parts(TrainedModel.load(model), known), output or "-")
