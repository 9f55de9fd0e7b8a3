"""``motifnet predict``"""

from __future__ import annotations

import motifnet as mn
from motifnet.cli.job import limit_threads
from motifnet.cli.options import Intervals, Model, Output, Sequences, Threads


def predict(
    model: Model,
    sequences: Sequences,
    /,
    *,
    output: Output = "-",
    threads: Threads = None,
    intervals: Intervals = mn.IntervalSpec(),
) -> None:
    """Predict the tasks of a model for sequences: probabilities, values or expected counts.

    The table has the index and the name of each sequence, and one column per task.

    Examples
    --------
    motifnet predict model peaks.fa --output scores.tsv
    """
    limit_threads(threads)
    from motifnet.models.storage import read_header
    from motifnet.outputs import check_table, write_table

    check_table(output)
    data = read_header(model).read_sequences(sequences, intervals=intervals)
    from motifnet.models.evaluation import predict_in_parts

    write_table(predict_in_parts(mn.load_model(model), data), output)
