"""``motifnet evaluate``"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

import motifnet as mn
from motifnet.cli.console import print_status
from motifnet.cli.job import limit_threads
from motifnet.cli.options import Intervals, Labels, Model, Positives, Threads

Negatives = Annotated[str | None, Parameter(help="FASTA file of the negatives; required unless labels are given.")]
JsonFile = Annotated[str, Parameter(allow_leading_hyphen=True, help="JSON file to write; - is standard output.")]


def evaluate(
    model: Model,
    positives: Positives,
    /,
    *,
    negatives: Negatives = None,
    output: JsonFile = "-",
    threads: Threads = None,
    labels: Labels = mn.LabelSpec(),
    intervals: Intervals = mn.IntervalSpec(),
) -> None:
    """Evaluate a model on labelled sequences: auROC, auPRC and calibration, or correlations for values and counts.

    Use sequences that the model was not trained on. If the table of labels has a column "split", only its test
    sequences are used.

    Examples
    --------
    motifnet evaluate model test.pos.fa --negatives test.neg.fa
    motifnet evaluate model enhancers.fa --labels activity.tsv
    """
    limit_threads(threads)
    from motifnet.models.storage import read_header
    from motifnet.outputs import check_distinct, check_file, write_json

    if negatives is None and not labels:
        raise mn.errors.InputError(
            "--negatives is required", hint="Give the negatives, or labels (e.g. --labels TABLE)."
        )
    check_file(output)
    check_distinct([output], inputs=[positives, negatives, labels.labels, intervals.genome])
    mn.DataSpec(positives, negatives, labels)  # options that exclude each other
    data = _test_part(read_header(model).read_data(positives, negatives, labels=labels, intervals=intervals))
    from motifnet.models.metrics import metrics_json

    write_json(metrics_json(mn.evaluate(mn.load_model(model), data)), output)


def _test_part(data: mn.Dataset) -> mn.Dataset:
    """The test sequences if the data came with a split, otherwise all."""
    is_test = None if data.given is None else data.given == "test"
    if is_test is None or not is_test.any():
        return data
    print_status(f"evaluating the {is_test.sum()} sequences of the test split")
    return data.take(is_test)
