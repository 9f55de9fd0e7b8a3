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


def _replaced(file: str, old: str, new: str) -> Callable[[], object]:
    def case() -> None:
        path = write_folder(Path("results")) / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        write_report("results")

    return case


def _empty_folder() -> None:
    Path("results").mkdir()
    write_report("results")


CASES: dict[str, Callable[[], object]] = {
    "a folder without results": _empty_folder,
    "invalid JSON": _damaged("metrics.json", "{auroc"),
    "a JSON array": _damaged("data.json", "[1]"),
    "a table of another shape": _damaged("matches.tsv", "a\tb\n" * 3 + "a\tb\tc\td\n"),
    "missing columns": _damaged("motifs.tsv", "motif\nm09\n"),
    "other motifs in the table": _replaced("motifs.tsv", "m01_ACGTACGT", "m09"),
    "a cell that is no number": _replaced("examples.tsv", "120", "here"),
    "an empty cell": _replaced("positions.tsv", "\t-100\t", "\t\t"),
    "a repeated row": _replaced("filters.tsv", "f01", "f00"),
    "another type in JSON": _replaced("data.json", "0.7", '"high"'),
    "nested JSON": _damaged("provenance.json", "[" * 3000),
    "NaN in JSON": _damaged("metrics.json", '{"positive": {"auroc": NaN}}'),
    "a repeated key": _damaged("metrics.json", '{"positive": {}, "positive": {}}'),
    "another part of the split": _damaged("model/splits.tsv", "digest\tsplit\n0\tholdout\n"),
}
