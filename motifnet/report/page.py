"""`write_report`: a folder of results as one self-contained HTML file that works offline."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from motifnet.html import shortened
from motifnet.outputs import STDIO, write_text
from motifnet.report import charts, formatting, performance
from motifnet.report.cards import NOT_TESTED, SIGNIFICANT, Card, make_cards
from motifnet.report.motif_logos import LogoSheet
from motifnet.report.overview import summary
from motifnet.report.references import references
from motifnet.report.rendering import render_page
from motifnet.report.results_folder import Results, Row, read_results
from motifnet.report.spacing_chart import spacing_charts

REPORT = "report.html"
#: Cards that are open when the page loads.
_OPEN = 12
#: File names that need the name of their folder to be informative.
_GENERIC = {"train", "training", "test", "valid", "pos", "positive", "positives", "peaks", "sequences", "seqs", "data"}
#: Content of the files of a folder, in the order of the list.
_FILES = {
    "motifs.meme": "motifs in MEME format",
    "motifs.tsv": "one row per motif",
    "filters.tsv": "one row per filter",
    "patterns.tsv": "one row per pattern of seqlets",
    "pattern_contributions.tsv": "contributions of each pattern, by position",
    "sites.tsv": "best site of each motif in each sequence",
    "sites.bed": "the same sites as BED",
    "enrichment.tsv": "held-out test of each motif and task",
    "importance.tsv": "importance of each motif and task",
    "matches.tsv": "matching known motifs",
    "known.meme": "matrices of the matching known motifs",
    "positions.tsv": "distribution of sites along the sequences",
    "score_counts.tsv": "distribution of the best scores of held-out sequences",
    "examples.tsv": "strongest sites with flanking sequence",
    "pairs.tsv": "motifs that occur together",
    "spacing.tsv": "interactions of pairs of motifs by distance",
    "per_sequence.tsv": "number of motifs per sequence",
    "metrics.json": "metrics on held-out sequences, with baselines",
    "predictions.tsv": "label and prediction of each held-out sequence",
    "baselines.tsv": "predictions of simpler models",
    "data.json": "summary of the data and of the data check",
    "provenance.json": "command, versions, inputs, times",
}


def write_report(folder: str | Path, path: str | Path | None = None) -> Path:
    """Write a folder of results as one self-contained HTML page.

    The same folder gives the same bytes. Sections whose file is missing are left out, so that a folder of
    ``motifnet motifs`` has a report as well. Links to the files of the folder are relative.

    Parameters
    ----------
    folder : str or Path
        Folder that `discover` or ``motifnet motifs`` wrote.
    path : str or Path, optional
        Output file; default ``report.html`` in the folder. ``-`` is standard output.

    Returns
    -------
    Path
        Path of the report.

    Raises
    ------
    InputError
        If it is not a folder of results.
    FormatError
        If a file is damaged or the report cannot be written.
    """
    target = Path(folder) / REPORT if path is None else Path(path)
    results = read_results(folder)
    page = render_page("report.html", _context(results, target), kinds=results.kinds)
    with write_text(target) as handle:
        handle.write(page)
    return target


def _context(results: Results, target: Path) -> dict[str, Any]:
    """Variables of the templates."""
    sheet = LogoSheet()
    cards, pairs = make_cards(results, sheet), results.tables["pairs"][:60]
    tasks = performance.views(results)
    shown = [card for card in cards if card.row["status"] in (SIGNIFICANT, NOT_TESTED)]
    names = [f"{card.short}  {card.label}" for card in cards]
    links = _links(results.folder, target, [*_FILES, *(card.logo_file for card in cards if card.logo_file)])
    return {
        "results": results,
        "title": _title(results),
        "subtitle": _subtitle(results),
        "summary": summary(results, cards, tasks),
        "cards": cards,
        "shown": shown,
        "not_significant": [card for card in cards if card not in shown],
        "most_open": _OPEN,
        "columns": _columns(cards),
        "inactive": [row for row in results.tables["filters"] if row["status"] == "inactive"],
        "command": _command(results),
        "importance": performance.importance_chart(results.rows, names, results.outputs),
        "by_name": {card.row["motif"]: card for card in cards},
        "pairs": pairs,
        "is_pair_significant": _is_any_significant(pairs),
        "spacings": spacing_charts(results.tables["spacing"]),
        "per_sequence": _per_sequence(results),
        "tasks": tasks,
        "learning": performance.learning_charts(results.history),
        "layers": _layers(results),
        "classes": _classes(results.data),
        "parts": list(dict.fromkeys(row.get("split") for row in results.data.get("parts") or ())),
        "findings": _findings(results.data),
        "files": [(name, links[name], content) for name, content in _FILES.items() if name in links],
        "links": links,
        "references": references(results),
        "logos": sheet.definitions(),
    }


def _links(folder: Path, target: Path, names: Sequence[str]) -> dict[str, str]:
    """Links from the page to the files that exist in the folder, relative and percent-encoded."""
    base = Path.cwd() if str(target) == STDIO else Path(os.path.abspath(target)).parent
    relative = os.path.relpath(os.path.abspath(folder), base)
    paths = {name: os.path.normpath(os.path.join(relative, name)) for name in names if (folder / name).is_file()}
    # A colon in the first part would be read as a URL scheme.
    return {name: quote(path if path.startswith((".", os.sep)) else f"./{path}") for name, path in paths.items()}


def _title(results: Results) -> str:
    """Name of the first input, with its folder if the name is generic; otherwise of the folder of results."""
    inputs = results.provenance.get("inputs")
    if isinstance(inputs, list) and inputs and isinstance(inputs[0], dict) and inputs[0].get("path"):
        path = Path(str(inputs[0]["path"]))
        is_generic = re.split(r"[._-]", path.name.lower())[0] in _GENERIC and path.parent.name
        return shortened(f"{path.parent.name} / {path.name}" if is_generic else path.name or path, 80)
    return shortened(results.folder.resolve().name, 80)


def _subtitle(results: Results) -> str:
    """Tasks (if several), number and length of sequences, and date."""
    parts = []
    if len(results.metrics) > 1:
        tasks = formatting.listed(list(results.metrics), most=5)
        parts.append(f"{formatting.count(len(results.metrics))} tasks ({tasks})")
    if results.splits:
        parts.append(f"{formatting.count(sum(results.splits.values()))} sequences")
    lengths = results.data.get("lengths")
    if isinstance(lengths, dict) and lengths.get("used"):
        parts.append(f"{formatting.count(lengths['used'])} bp")
    if results.provenance.get("time"):
        parts.append(shortened(str(results.provenance["time"]).partition("T")[0], 10))
    return ", ".join(parts)


def _command(results: Results) -> list[str]:
    """Quoted arguments of the command, at most 200, without the folder of the program."""
    command = results.provenance.get("command")
    if not isinstance(command, list) or not command:
        return []
    program, *others = map(str, command)
    name = Path(program).name
    arguments = ["motifnet" if name == "__main__.py" else name, *others]  # of ``python -m motifnet``
    return [shortened(shlex.quote(argument), 1000) for argument in arguments[:200]]


def _columns(cards: Sequence[Card]) -> dict[str, bool]:
    """Whether each optional column of the table of motifs has values."""
    keys = ("e_value", "importance", "fidelity", "replicates", "auroc_test")
    found = {key: any(card.row[key] not in (None, "") for card in cards) for key in keys}
    # Sites are counted per class, and values have no classes.
    found["sites_positive"] = any(card.row["n_positive"] for card in cards)
    return found | {"task": len({card.row["task"] for card in cards}) > 1}


def _is_any_significant(pairs: Sequence[Row]) -> bool:
    e_values = (formatting.finite(row[name]) for row in pairs for name in ("e_value", "spacing_e_value"))
    return any(e_value is not None and e_value <= 0.05 for e_value in e_values)


def _per_sequence(results: Results) -> Markup | None:
    """Chart of the number of motifs per sequence."""
    first, second = results.kinds
    bins = [
        charts.Bin(n, n, positive, negative, f"{n} motifs: {positive} {first}, {negative} {second}")
        for row in results.tables["per_sequence"]
        for n, positive, negative in [(row["n_motifs"], row["positives"], row["negatives"])]
    ]
    titles = {"x_title": "different motifs per sequence", "y_title": "held-out sequences"}
    return charts.grouped(bins, "motifs per sequence", **titles) if bins else None


def _classes(data: Mapping[str, Any]) -> list[Row]:
    """One row per task and class, at most 100, with the number of sequences in each part of the split."""
    parts: dict[tuple[Any, Any], dict[str, Any]] = {}
    for row in data.get("parts") or ():
        parts.setdefault((row["task"], row["class"]), {})[row["split"]] = row["n"]
    rows = (data.get("classes") or ())[:100]
    return [Row(row, name=row["class"], parts=parts.get((row["task"], row["class"]), {})) for row in rows]


def _findings(data: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Results of the data check: problems and warnings, and passed checks apart; at most 60 of each."""
    found = sorted(data.get("findings") or (), key=lambda finding: finding.get("verdict") != "problem")
    passed = [finding for finding in found if finding.get("verdict") == "ok"]
    doubts = [finding for finding in found if finding.get("verdict") != "ok"]
    return {"doubts": doubts[:60], "passed": passed[:60]}


def _layers(results: Results) -> list[dict[str, Any]]:
    """Layers of the network, as in `describe`."""
    from motifnet.models.network.layers import describe
    from motifnet.models.network.spec import ModelSpec

    if results.header is None or not isinstance(results.header.spec, ModelSpec):
        return []
    return describe(results.header.spec).to_dict("records")
