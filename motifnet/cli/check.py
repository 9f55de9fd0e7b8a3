"""``motifnet check``"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from motifnet.cli.console import say
from motifnet.cli.options import Intervals, Labels, Length, Positives, TestPositives
from motifnet.errors import InputError
from motifnet.sequences.input_spec import IntervalSpec, LabelSpec

if TYPE_CHECKING:
    from motifnet.sequences.quality import Finding

Negatives = Annotated[str | None, Parameter(help="FASTA of the negative class; without it classes are not compared.")]
TestNegatives = Annotated[str | None, Parameter(help="FASTA of negatives to test on; goes with --test-positives.")]
Output = Annotated[
    str | None,
    Parameter(allow_leading_hyphen=True, help="Table to write, or JSON if it ends in .json; - is standard output."),
]


def check(
    positives: Positives,
    /,
    *,
    negatives: Negatives = None,
    test_positives: TestPositives = None,
    test_negatives: TestNegatives = None,
    length: Length = "auto",
    output: Output = None,
    labels: Labels = LabelSpec(),
    intervals: Intervals = IntervalSpec(),
) -> None:
    """Look at sequences before they are learned from: what could be learned but is no biology, what is there twice.

    Each finding has a number, a verdict (ok, warning, problem) and advice. `motifnet discover` runs the same checks.

    Examples
    --------
    motifnet check peaks.fa --negatives background.fa
    motifnet check train.fa --negatives rest.fa --test-positives test.fa --test-negatives others.fa --output found.tsv
    motifnet check enhancers.fa --labels activity.tsv
    """
    from motifnet.outputs import check_file, write_table, write_text
    from motifnet.sequences.io.labels import read_data, read_unchecked
    from motifnet.sequences.quality import check_data, findings_table

    if test_negatives is not None and test_positives is None:
        raise InputError("--test-negatives needs --test-positives", hint="Give both, or neither.")
    if output is not None:
        check_file(output)
    labels.check_alone({"negatives": negatives, "test_positives": test_positives})
    if labels:
        data = read_data(positives, labels=labels, genome=intervals, length=length)
    else:
        data = read_unchecked(positives, negatives, length=length, genome=intervals)
    test = None
    if test_positives is not None:
        size = data.sequences.length if intervals else length
        test = read_unchecked(test_positives, test_negatives, length=size, genome=intervals)
    findings = check_data(data, test=test)
    table = findings_table(findings)
    if output is None:
        print(_aligned(findings))
    elif output.endswith(".json"):
        with write_text(output) as handle:
            handle.write(json.dumps(table.to_dict(orient="records"), indent=2) + "\n")
    else:
        write_table(table, output)
    counts = {verdict: int((table["verdict"] == verdict).sum()) for verdict in ("problem", "warning", "ok")}
    say(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))


def _aligned(findings: Sequence[Finding]) -> str:
    """Verdict and number of each check, and below them what to do."""
    from motifnet.sequences.quality import statements

    lines = []
    width = max(len(finding.check) for finding in findings)
    for finding, words in zip(findings, statements(findings), strict=True):
        lines.append(f"{finding.verdict:<7}  {finding.check:<{width}}  {words}")
        if finding.advice:
            lines.append(" " * (width + 11) + finding.advice)
    return "\n".join(lines)
