"""`write_report`: a folder of results as one HTML file that needs nothing else: no network, no server, no folder."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shlex
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from motifnet.outputs import STDIO, write_text
from motifnet.report import charts, performance
from motifnet.report import wording as words
from motifnet.report.cards import NOT_TESTED, SIGNIFICANT, Card, make_cards
from motifnet.report.explanations import EXPLANATIONS
from motifnet.report.histograms import Bin
from motifnet.report.motif_logos import LogoSheet
from motifnet.report.overview import answer
from motifnet.report.references import references
from motifnet.report.results_folder import Results, Row, read_results

REPORT = "report.html"
#: Cards that are unfolded when the page opens.
_OPEN = 12
#: Marks that turn the direction of reading: in a name, they would turn what stands around it.
_TURNS = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"), "\ufffd")
#: Rows that a table shows of what may be thousands.
_MOST_PAIRS, _MOST_FINDINGS, _MOST_CLASSES, _MOST_WORDS = 60, 60, 100, 200
#: Beginnings of file names that tell nothing without the folder's.
_VAGUE = {"train", "training", "test", "valid", "pos", "positive", "positives", "peaks", "sequences", "seqs", "data"}
#: What the files of a folder hold, in the order in which they are listed.
_FILES = {
    "motifs.meme": "the motifs, in MEME format",
    "motifs.tsv": "one row a motif",
    "filters.tsv": "what became of each filter",
    "sites.tsv": "the best site of each motif in each sequence",
    "sites.bed": "the same sites, as BED",
    "enrichment.tsv": "the held-out test of each motif, for each task",
    "importance.tsv": "what the network loses without each motif, for each task",
    "matches.tsv": "known motifs that each is like",
    "known.meme": "the matrices of these known motifs, in MEME format",
    "positions.tsv": "where sites lie",
    "score_counts.tsv": "best scores of held-out sequences",
    "examples.tsv": "the strongest sites in their sequences",
    "pairs.tsv": "motifs that occur together",
    "per_sequence.tsv": "how many motifs a sequence holds",
    "metrics.json": "figures on held-out sequences, with baselines",
    "predictions.tsv": "label and prediction of each held-out sequence",
    "baselines.tsv": "what simpler models predict for them",
    "data.json": "the data in numbers, and what the look at them found",
    "provenance.json": "command, versions, inputs, times",
}


def write_report(folder: str | Path, path: str | Path | None = None) -> Path:
    """Write a folder of results as one self-contained HTML page.

    The same folder gives the same bytes. Sections whose file is missing are left out, so that a folder of
    ``motifnet motifs``, or of an earlier version, has a report as well. Links to the files of the folder are relative.

    Parameters
    ----------
    folder : str or Path
        What `discover` or ``motifnet motifs`` wrote.
    path : str or Path, optional
        Where to; default ``report.html`` in the folder. ``-`` is standard output.

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    InputError
        If it is not a folder of results.
    FormatError
        If a file of it is damaged, or the page cannot be written.
    """
    target = Path(folder) / REPORT if path is None else Path(path)
    page = render(read_results(folder), target)
    with write_text(target) as handle:
        handle.write(page)
    return target


def render(results: Results, target: Path) -> str:
    """The text of the page, which will lie at `target`."""
    from jinja2 import Environment, PackageLoader

    # Names come from strangers' files: everything is escaped, whatever the template is called.
    environment = Environment(
        loader=PackageLoader("motifnet.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        figure=words.figure, fixed=words.fixed, e_value=words.e_value, count=words.count, cut=words.cut, key=words.key,
        seconds=words.seconds, size=words.size,
    )  # fmt: skip
    environment.globals.update(
        percent=words.percent, share=words.share_of, explanations=EXPLANATIONS, kinds=results.kinds
    )
    style, script = (_asset(name) for name in ("style.css", "script.js"))
    context = _context(results, _Links(results.folder, target))
    page = environment.get_template("report.html").render(
        **context, style=Markup(style), script=Markup(script), policy=_policy(style, script)
    )
    return _compact(page).translate(_TURNS)


def _asset(name: str) -> str:
    return _compact((files("motifnet.report") / "templates" / name).read_text(encoding="utf-8"))


def _compact(text: str) -> str:
    """Without the blank lines that templates leave."""
    return "\n".join(line.rstrip() for line in text.split("\n") if line.strip()) + "\n"


def _policy(style: str, script: str) -> str:
    """What the page may do: run its own script, wear its own style, and nothing else."""
    own = (f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in (style, script))
    return "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'".format(*own)


class _Links:
    """Links from the page to the files of the folder, relative and percent-encoded."""

    def __init__(self, folder: Path, target: Path) -> None:
        self._folder = folder
        base = Path.cwd() if str(target) == STDIO else Path(os.path.abspath(target)).parent
        self._way = os.path.relpath(os.path.abspath(folder), base)

    def __call__(self, file: str) -> str | None:
        """The link, or None if there is no such file."""
        if not (self._folder / file).is_file():
            return None
        path = os.path.normpath(os.path.join(self._way, file))
        # A first part with a colon would be taken for a scheme.
        return quote(path if path.startswith((".", os.sep)) else f"./{path}")


def _context(results: Results, link: _Links) -> dict[str, Any]:
    sheet = LogoSheet()
    cards = make_cards(results, sheet)
    tasks = performance.views(results)
    shown, folded = _divide(cards)
    return {
        "results": results,
        "title": _title(results),
        "subtitle": _subtitle(results),
        "answer": answer(results, cards, tasks),
        "cards": cards,
        "shown": shown,
        "folded": folded,
        "most_open": _OPEN,
        "columns": _columns(cards),
        "inactive": [row for row in results.tables["filters"] if row["status"] == "inactive"],
        "command": _command(results),
        "importance": performance.importance_chart(
            [card.row for card in cards], [f"{card.short}  {card.label}" for card in cards], results.outputs
        ),
        "by_name": {card.row["motif"]: card for card in cards},
        "pairs": results.tables["pairs"][:_MOST_PAIRS],
        "per_sequence": _per_sequence(results),
        "tasks": tasks,
        "learning": performance.learning_charts(results.history),
        "layers": _layers(results),
        "classes": _classes(results.data),
        "parts": list(dict.fromkeys(row.get("split") for row in results.data.get("parts") or ())),
        "findings": _findings(results.data),
        "files": [(name, link(name), words_) for name, words_ in _FILES.items() if link(name)],
        "link": link,
        "references": references(results),
        "logos": sheet.definitions(),
    }


def _divide(cards: Sequence[Card]) -> tuple[list[Card], list[Card]]:
    """Those that are shown, and those that are folded away: not significant."""
    shown = [card for card in cards if card.row["status"] in (SIGNIFICANT, NOT_TESTED)]
    return shown, [card for card in cards if card not in shown]


def _title(results: Results) -> str:
    """The name of the first input, with its folder's if many are called so; or of the folder of results."""
    inputs = results.provenance.get("inputs")
    if isinstance(inputs, list) and inputs and isinstance(inputs[0], dict) and inputs[0].get("path"):
        path = Path(str(inputs[0]["path"]))
        is_vague = re.split(r"[._-]", path.name.lower())[0] in _VAGUE and path.parent.name
        return words.cut(f"{path.parent.name} / {path.name}" if is_vague else path.name or path, 80)
    return words.cut(results.folder.resolve().name, 80)


def _subtitle(results: Results) -> str:
    """Which tasks, if several; how many sequences of which length, and when."""
    said = []
    if len(results.metrics) > 1:
        said.append(f"{words.count(len(results.metrics))} tasks ({words.listed(list(results.metrics), most=5)})")
    lengths = results.data.get("lengths")
    if results.splits:
        said.append(f"{words.count(sum(results.splits.values()))} sequences")
    if isinstance(lengths, dict) and lengths.get("used"):
        said.append(f"{words.count(lengths['used'])} bp")
    if results.provenance.get("time"):
        said.append(words.cut(str(results.provenance["time"]).partition("T")[0], 10))
    return ", ".join(said)


def _command(results: Results) -> list[str]:
    """The words of the command as a shell takes them, without the folder that the program lies in."""
    command = results.provenance.get("command")
    if not isinstance(command, list) or not command:
        return []
    program, *others = map(str, command)
    name = Path(program).name
    spoken = ["motifnet" if name == "__main__.py" else name, *others]  # of ``python -m motifnet``
    return [words.cut(shlex.quote(word), 1000) for word in spoken[:_MOST_WORDS]]


def _columns(cards: Sequence[Card]) -> dict[str, bool]:
    """Which columns of the table of motifs hold anything."""
    keys = ("e_value", "importance", "fidelity", "replicates", "auroc_test")
    found = {key: any(card.row[key] not in (None, "") for card in cards) for key in keys}
    # Of values no sites are counted in classes: there are none.
    found["sites_positive"] = any(card.row["n_positive"] for card in cards)
    return found | {"task": len({card.row["task"] for card in cards}) > 1}


def _per_sequence(results: Results) -> Markup | None:
    rows: list[Row] = results.tables["per_sequence"]
    if not rows:
        return None
    bins = [
        Bin(
            row["n_motifs"],
            row["n_motifs"],
            row["positives"],
            row["negatives"],
            f"{row['n_motifs']} motifs: {row['positives']} {results.kinds[0]}, {row['negatives']} {results.kinds[1]}",
        )
        for row in rows
    ]
    return charts.grouped(
        bins, "motifs in a sequence", x_title="different motifs in a sequence", y_title="held-out sequences"
    )


def _classes(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for each class of each task, with how many of it are in each part of the split."""
    parts: dict[tuple[Any, Any], dict[str, Any]] = {}
    for row in data.get("parts") or ():
        parts.setdefault((row.get("task"), row.get("class")), {})[row.get("split")] = row.get("n")
    rows = [row | {"name": row.get("class")} for row in (data.get("classes") or ())[:_MOST_CLASSES]]
    return [row | {"parts": parts.get((row.get("task"), row["name"]), {})} for row in rows]


def _findings(data: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """What the look at the data found: problems first, and apart what is as it should be."""
    found = sorted(data.get("findings") or (), key=lambda finding: finding.get("verdict") != "problem")
    doubts = [finding for finding in found if finding.get("verdict") != "ok"]
    fine = [finding for finding in found if finding.get("verdict") == "ok"]
    return {"doubts": doubts[:_MOST_FINDINGS], "fine": fine[:_MOST_FINDINGS]}


def _layers(results: Results) -> list[dict[str, Any]]:
    """The network layer by layer, as `describe` has it."""
    if results.header is None:
        return []
    from motifnet.models.network.description import describe

    return describe(results.header.spec).to_dict("records")
