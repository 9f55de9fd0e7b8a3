"""``motifnet report``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from motifnet.cli.console import print_status

Folder = Annotated[Path, Parameter(help="Folder with results of `motifnet discover` or `motifnet motifs`.")]
Page = Annotated[
    Path | None,
    Parameter(
        allow_leading_hyphen=True,
        help="HTML file to write; - is standard output. Default: report.html in the folder.",
    ),
]


def report(folder: Folder, /, *, output: Page = None) -> None:
    """Write a folder of results as a self-contained HTML report, which works offline and can be printed.

    `motifnet discover` writes the report too. Sections whose files are missing are left out.

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
        print_status(f"report: {written}")
