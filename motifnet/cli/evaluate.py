"""``motifnet evaluate``"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from motifnet.cli.console import limit_threads, start_tensorflow
from motifnet.cli.options import Model, Positives, Threads

RequiredNegatives = Annotated[str, Parameter(help="FASTA of the negative class.")]
Output = Annotated[Path | None, Parameter(help="JSON file to write; standard output otherwise.")]


def evaluate(
    model: Model,
    positives: Positives,
    /,
    *,
    negatives: RequiredNegatives,
    output: Output = None,
    threads: Threads = None,
) -> None:
    """Measure a model: auROC, auPRC beside the prevalence, accuracy, F1 and log loss, as JSON.

    Examples
    --------
    motifnet evaluate model test.pos.fa --negatives test.neg.fa
    """
    limit_threads(threads)
    from motifnet.models.folder import read_header
    from motifnet.outputs import check_file, write_text

    check_file(output or "-")
    data = read_header(model).read_classes(positives, negatives)
    start_tensorflow()
    from motifnet.models.evaluation import evaluate as measure
    from motifnet.models.evaluation import metrics_json
    from motifnet.models.trained import TrainedModel

    figures = measure(TrainedModel.load(model), data)
    with write_text(output or "-") as handle:
        handle.write(json.dumps(metrics_json(figures), indent=2) + "\n")
