"""``motifnet check``"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter

import motifnet as mn
from motifnet.cli.console import print_result, print_status
from motifnet.cli.options import Intervals, Labels, Length, Positives, TestNegatives
from motifnet.errors import counted

Negatives = Annotated[str | None, Parameter(help="FASTA file of the negatives. Default: classes are not compared.")]
TestPositives = Annotated[str | None, Parameter(help="FASTA file of test positives, to check for leakage.")]
Table = Annotated[
    str | None,
    Parameter(
        allow_leading_hyphen=True,
        help="Table to write instead of text, or JSON if it ends in .json; - is standard output.",
    ),
]


def check(
    positives: Positives,
    /,
    *,
    negatives: Negatives = None,
    test_positives: TestPositives = None,
    test_negatives: TestNegatives = None,
    length: Length = "auto",
    output: Table = None,
    labels: Labels = mn.LabelSpec(),
    intervals: Intervals = mn.IntervalSpec(),
) -> None:
    """Check sequences for confounders between the classes, duplicates, and leakage into the test sequences.

    Each finding has a value, a verdict (ok, warning, problem) and advice. `motifnet discover` runs these checks too.

    Examples
    --------
    motifnet check peaks.fa --negatives background.fa
    motifnet check train.fa --negatives rest.fa --test-positives test.fa --test-negatives others.fa --output found.tsv
    motifnet check enhancers.fa --labels activity.tsv
    """
    from motifnet.outputs import check_table, write_json, write_table
    from motifnet.sequences.io.labels import read_data, read_unchecked
    from motifnet.sequences.quality import check_data, findings_table, statements

    if test_negatives is not None and test_positives is None:
        raise mn.errors.InputError("--test-negatives requires --test-positives", hint="Give both, or neither.")
    if output is not None:
        check_table(output, others=(".json",))
    # Options that exclude each other; here, test positives may come without negatives.
    mn.DataSpec(positives, negatives, labels, test=(test_positives, test_positives))
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
        print_result(_aligned(findings, statements(findings)))
    elif output.lower().endswith(".json"):
        write_json(table.to_dict(orient="records"), output)
    else:
        write_table(table, output)
    n = table["verdict"].value_counts()
    problems, warnings = (counted(int(n.get(verdict, 0)), verdict) for verdict in ("problem", "warning"))
    print_status(f"{problems}, {warnings}, {n.get('ok', 0)} ok")


def _aligned(findings: Sequence[mn.Finding], texts: Sequence[str]) -> str:
    """The findings as text, each with its advice below."""
    lines = []
    width = max(len(finding.check) for finding in findings)
    for finding, text in zip(findings, texts, strict=True):
        lines.append(f"{finding.verdict:<7}  {finding.check:<{width}}  {text}")
        if finding.advice:
            lines.append(" " * (width + 11) + finding.advice)
    return "\n".join(lines)
