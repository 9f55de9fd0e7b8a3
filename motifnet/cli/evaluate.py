"""``motifnet evaluate``"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from motifnet.cli.console import limit_threads, start_tensorflow
from motifnet.cli.labelled import set_aside
from motifnet.cli.options import Intervals, Labels, Model, Positives, Threads
from motifnet.errors import InputError
from motifnet.sequences.input_spec import IntervalSpec, LabelSpec

RequiredNegatives = Annotated[
    str | None, Parameter(help="FASTA of the negative class; needed unless the labels come from elsewhere.")
]
Output = Annotated[Path | None, Parameter(help="JSON file to write; standard output otherwise.")]


def evaluate(
    model: Model,
    positives: Positives,
    /,
    *,
    negatives: RequiredNegatives = None,
    output: Output = None,
    threads: Threads = None,
    labels: Labels = LabelSpec(),
    intervals: Intervals = IntervalSpec(),
) -> None:
    """Measure a model, as JSON: auROC, auPRC beside the prevalence, calibration and more, or correlations of values.

    Examples
    --------
    motifnet evaluate model test.pos.fa --negatives test.neg.fa
    motifnet evaluate model enhancers.fa --labels activity.tsv
    """
    limit_threads(threads)
    from motifnet.models.storage import read_header
    from motifnet.outputs import check_file, write_text

    if negatives is None and not labels:
        raise InputError("--negatives is needed", hint="Give both classes, or labels (--labels, see --help).")
    check_file(output or "-")
    data = set_aside(read_header(model).read_data(positives, negatives, labels=labels, intervals=intervals))
    start_tensorflow()
    from motifnet.models.evaluation import evaluate as measure
    from motifnet.models.metrics import metrics_json
    from motifnet.models.trained import TrainedModel

    figures = measure(TrainedModel.load(model), data)
    with write_text(output or "-") as handle:
        handle.write(json.dumps(metrics_json(figures), indent=2) + "\n")
