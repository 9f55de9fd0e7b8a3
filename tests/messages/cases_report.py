"""Messages about folders of results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from motifnet.report.page import write_report
from planted_folder import write_folder


def _damaged(file: str, text: str) -> Callable[[], object]:
    def case() -> None:
        folder = write_folder(Path("results"))
        (folder / file).write_text(text)
        write_report(folder)

    return case


def _empty_folder() -> None:
    Path("results").mkdir()
    write_report("results")


CASES: dict[str, Callable[[], object]] = {
    "a folder without results": _empty_folder,
    "invalid JSON": _damaged("metrics.json", "{auroc"),
    "a JSON array": _damaged("data.json", "[1]"),
    "a table of another shape": _damaged("matches.tsv", "a\tb\n" * 3 + "a\tb\tc\td\n"),
    "other motifs in the table": _damaged("motifs.tsv", "motif\nm09\n"),
}
