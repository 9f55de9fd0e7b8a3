"""``motifnet report``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from motifnet.cli.console import say

Folder = Annotated[Path, Parameter(help="Folder that `motifnet discover` or `motifnet motifs` wrote.")]
Output = Annotated[
    Path | None,
    Parameter(
        help="Page to write; report.html in the folder unless told; - is standard output.", allow_leading_hyphen=True
    ),
]


def report(folder: Folder, /, *, output: Output = None) -> None:
    """Show a folder of results as one page, report.html, that needs nothing else: it opens from a mail, and prints.

    `discover` writes it by itself. Sections whose file the folder lacks are left out.

    Examples
    --------
    motifnet report results
    motifnet report results --output ctcf.html
    """
    from motifnet.outputs import check_file
    from motifnet.report.page import write_report

    if output is not None:
        check_file(output)
    written = write_report(folder, output)
    if str(output) != "-":
        say(f"report: {written}")
