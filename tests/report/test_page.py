"""The page is complete and self-contained, and hostile names are text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest

from motifnet.documents import TEXT_COLUMNS, read_table
from motifnet.errors import FormatError, InputError, MotifnetError
from motifnet.interpretation.tables.columns import COLUMNS, FILES, read_motif_table
from motifnet.motifs.io.files import write_motifs
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.outputs import write_table
from motifnet.report.page import write_report
from planted_folder import HOSTILE, LONG, Plan, write_folder

VOID = {"meta", "input", "br", "hr", "link", "img"}


@dataclass(repr=False)  # the representation would have megabytes
class Element:
    """An element of the page."""

    tag: str
    attributes: dict[str, str]
    parents: tuple[Element, ...]
    data: list[str]
    start: int
    end: int = 0

    @property
    def text(self) -> str:
        return "".join(self.data[self.start : self.end])

    @property
    def shape(self) -> tuple[str, ...]:
        return (self.tag, *sorted(self.attributes))


@dataclass(repr=False)
class Page(HTMLParser):
    """A parsed page; every element must be closed."""

    source: str
    elements: list[Element] = field(default_factory=list)
    stack: list[Element] = field(default_factory=list)
    data: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.source)
        self.close()
        assert not self.stack, f"not closed: {[element.tag for element in self.stack]}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        element = Element(tag, attributes, tuple(self.stack), self.data, len(self.data))
        self.elements.append(element)
        if tag not in VOID:
            self.stack.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        element = self.stack.pop()
        assert element.tag == tag
        element.end = len(self.data)

    def handle_data(self, data: str) -> None:
        self.data.append(data)

    def all(self, tag: str, **attributes: str) -> list[Element]:
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return [
            element
            for element in self.elements
            if element.tag == tag and all(element.attributes.get(name) == value for name, value in wanted.items())
        ]

    @property
    def text(self) -> str:
        return "".join(self.data)


def missing_from(text: str, *values: str) -> list[str]:
    """Values that are not in the text (a failing ``in`` would make pytest compare megabytes)."""
    return [value for value in values if value not in text]


def page_of(folder: Path) -> Page:
    return Page(write_report(folder).read_text(encoding="utf-8"))


@pytest.fixture
def without_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Vega's charts, which take most of the time."""
    empty = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
    monkeypatch.setattr("vl_convert.vegalite_to_svg", lambda spec: empty)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("plain") / "results")


@pytest.fixture(scope="module")
def page(folder: Path) -> Page:
    return page_of(folder)


def test_every_motif_has_a_row_and_a_card(page: Page) -> None:
    cards = page.all("details", class_="card")
    assert [card.attributes["id"] for card in cards] == [f"card{k}" for k in range(4)]
    assert ["open" in card.attributes for card in cards] == [True, True, False, False]
    folded = [any(p.attributes.get("id") == "not-significant" for p in card.parents) for card in cards]
    assert folded == [False, False, True, True]
    links = [a.attributes["href"] for a in page.all("a") if a.attributes["href"].startswith("#card")]
    assert set(links) == {f"#card{k}" for k in range(4)}
    ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    assert {a.attributes["href"][1:] for a in page.all("a") if a.attributes["href"].startswith("#")} <= set(ids)
    used = {use.attributes["href"][1:] for use in page.all("use")}
    assert used <= set(ids)


def test_a_card_has_the_values_of_the_tables(page: Page) -> None:
    card = page.all("details", id="card0")[0].text.replace("\u202f", " ")
    values = ("45 of 50", "90 %", "5 of 50", "9-fold", "1.0 × 10⁻⁸", "0.900", "3/5", "0.80", "0.4 to 0.6", "CTCF")
    assert not missing_from(card, *values)
    assert card.count("ACGTACGTAC".lower()) == 6
    assert len([t for t in page.all("title") if any(p.attributes.get("id") == "card0" for p in t.parents)]) > 40


def test_the_summary_comes_first(page: Page) -> None:
    motifs, accuracy, caveats = (dd.text for dd in page.all("dd")[:3])
    assert re.search(r"^2 motifs .*m01 .*CTCF.* 90\u202f% .* 10\u202f% .*m02 ", motifs)
    assert re.search(r"auROC 0\.950 .*0\.91 to 0\.97.* 100 positives and 100 negatives", accuracy)
    assert re.search(r"m01 and m02.* one warning|one warning.* m01 and m02", caveats)


@pytest.mark.usefixtures("without_charts")
def test_problems_and_confounders_are_in_the_summary(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "results")
    for file, found, problem in (
        ("data.json", '"warning"', '"problem"'),
        ("metrics.json", '"auroc": 0.55', '"auroc": 0.96'),
    ):
        text = (folder / file).read_text()
        assert found in text
        (folder / file).write_text(text.replace(found, problem))
    caveats = page_of(folder).all("dd")[2].text
    assert re.search(r"^[^.]*problem[^.]*: GC differs in chr1:100-200\. [^.]*: GC alone\. GC content", caveats)


@pytest.mark.usefixtures("without_charts")
def test_motifs_are_listed_with_their_task(tmp_path: Path) -> None:
    page = page_of(write_folder(tmp_path / "results", Plan(tasks=("Gcn4", "Ino2"))))
    assert re.search(r"m01 [^;]*\(task Gcn4\); m02 .*\(task Ino2\)", page.all("dd")[0].text)
    rows = [[cell.text for cell in page.all("td") if row in cell.parents] for row in page.all("tr")[1:5]]
    assert [cells[2] for cells in rows] == ["Gcn4", "Ino2"] * 2


def test_motifs_enriched_in_negatives_are_listed_apart(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "results", Plan(n_motifs=3, n_significant=3))
    head, row = (folder / "motifs.tsv").read_text().split("m03_", 1)
    row = row.replace("\tpositive\tpositive\t", "\tpositive\tnegative\t")  # task, direction
    (folder / "motifs.tsv").write_text(f"{head}m03_{row}")
    page = page_of(folder)
    assert re.search(r"^2 motifs .*positives: m01 .* 1 .*negatives: m03\.$", page.all("dd")[0].text)
    assert [", in negatives" in row.text for row in page.all("tr")[1:4]] == [False, False, True]


def test_sections_and_provenance(page: Page) -> None:
    headings = [h.text.split("\u00a0")[0] for h in page.all("h2")]
    assert headings == ["Motifs", "Pairs and spacing", "Model", "Data", "Provenance", "References", headings[-1]]
    values = ("motifnet discover chr1:100-200.fa --output results", "ab" * 32, "2 min 10 s", "@article{", "m01")
    assert not missing_from(page.text, *values, "7 bp downstream, same strand")


def test_the_page_loads_no_resources_and_runs_only_its_own_script(page: Page) -> None:
    (policy,) = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
    (style,), (script,) = page.all("style"), page.all("script")
    for element, name in ((style, "style-src"), (script, "script-src")):
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in policy.attributes["content"]
    assert policy.attributes["content"].startswith("default-src 'none';")
    assert not re.search(r"url\(|@import|expression\(", style.text)
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|\beval\b|fetch\(|import\(", script.text)
    for element in page.elements:
        assert not {"style", "src", "srcset", "action", "xlink:href"} & set(element.attributes)
        assert not [name for name in element.attributes if name.startswith("on")]
        address = element.attributes.get("href", "#")
        if element.tag == "a":
            assert re.match(r"#|\./[\w./%+-]+$|https://doi\.org/10\.", address)
        else:
            assert address.startswith("#")
    assert not page.all("img") + page.all("iframe") + page.all("link") + page.all("object") + page.all("base")


@pytest.mark.parametrize("name", [HOSTILE, LONG, "=cmd|'/C calc'!A0", "a\u202eb\x7f", "${7*7}"])
@pytest.mark.usefixtures("without_charts")
def test_hostile_names_are_text(name: str, tmp_path: Path) -> None:
    plain = "x" * len(name)
    plan = Plan(name=plain, factor=plain, tasks=(f"{plain}1", f"{plain}2"))
    harmless = page_of(write_folder(tmp_path / "harmless", plan))
    plan = Plan(name=name, factor=name, tasks=(f"{name}1", f"{name}2"))
    page = page_of(write_folder(tmp_path / "hostile", plan))
    assert [element.shape for element in page.elements] == [element.shape for element in harmless.elements]
    assert not missing_from(page.text, name.replace("\u202e", "\ufffd")[:20])  # changes the direction of reading
    assert "49" not in [td.text for td in page.all("td")]  # 7*7 of the name was not evaluated
    assert len(page.source) < 1.5 * len(harmless.source)
    assert max(len(value) for e in page.elements for key, value in e.attributes.items() if key == "title") <= 400


def test_the_same_folder_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    first, second = (write_report(folder, tmp_path / name).read_bytes() for name in ("1.html", "2.html"))
    assert first == second
    assert b"planted" not in first
    assert str(tmp_path).encode() not in write_report(folder).read_bytes()


@pytest.mark.usefixtures("without_charts")
def test_links_resolve_to_the_files(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "a b#c%d?e")
    for target in (folder / "report.html", tmp_path / "elsewhere.html"):
        page = Page(write_report(folder, target).read_text())
        links = [a.attributes["href"] for a in page.all("a") if a.attributes["href"].startswith(".")]
        assert len(links) > 10
        for link in links:
            assert "#" not in link
            assert (target.parent / unquote(link)).is_file()


@pytest.mark.parametrize(("n", "megabytes"), [(32, 3), pytest.param(300, 8, marks=pytest.mark.nightly)])
@pytest.mark.usefixtures("without_charts")
def test_size(n: int, megabytes: float, tmp_path: Path) -> None:
    page = page_of(write_folder(tmp_path / "results", Plan(n_motifs=n, n_significant=n // 2, width=19)))
    assert len(page.source.encode()) < megabytes * 1e6
    assert len(page.all("details", class_="card")) == n


OPTIONAL = (
    *("enrichment.tsv", "matches.tsv", "positions.tsv", "score_counts.tsv", "examples.tsv", "filters.tsv", "pairs.tsv"),
    "spacing.tsv",
    *("per_sequence.tsv", "metrics.json", "provenance.json", "data.json", "predictions.tsv", "model"),
)


@pytest.mark.parametrize("missing", [*((name,) for name in OPTIONAL), OPTIONAL], ids=lambda names: names[0])
@pytest.mark.usefixtures("without_charts")
def test_sections_of_missing_files_are_left_out(missing: tuple[str, ...], folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "results")
    for name in missing:
        path = tmp_path / "results" / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    page = page_of(tmp_path / "results")
    assert len(page.all("details", class_="card")) == 4
    found = re.findall(r".{0,60}(?:\bNone\b(?! of)|Undefined|\bnan\b)", page.source)
    assert not found


@pytest.mark.usefixtures("without_charts")
def test_missing_keys_of_json_files_are_left_out(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "results")
    data = {"classes": [{"class": "positive"}], "parts": [{"n": 3}], "lengths": {"used": 100}, "findings": [{}]}
    (tmp_path / "results" / "data.json").write_text(json.dumps(data))
    (tmp_path / "results" / "metrics.json").write_text(json.dumps({"positive": {"auroc": 0.9}}))
    (tmp_path / "results" / "provenance.json").write_text(json.dumps({"inputs": [{}], "seconds": {"motifs": None}}))
    page = page_of(tmp_path / "results")
    assert "positive" in page.all("section", id="data")[0].text
    assert not re.findall(r".{0,60}(?:\bNone\b(?! of)|Undefined)", page.source)


@pytest.mark.usefixtures("without_charts")
def test_results_without_motifs(tmp_path: Path) -> None:
    page = page_of(write_folder(tmp_path / "results", Plan(n_motifs=0)))
    assert not page.all("details", class_="card")
    assert not page.all("table", id="overview")
    assert "--min-sites" in page.all("section", id="motifs")[0].text


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("not significant", "none is significant"),
        ("too few held-out sequences", "too few held-out sequences"),
        ("not tested", "not tested"),
    ],
)
@pytest.mark.usefixtures("without_charts")
def test_the_summary_reports_that_nothing_is_significant(status: str, text: str, tmp_path: Path) -> None:
    page = page_of(write_folder(tmp_path / "results", Plan(status=status)))
    assert text in page.all("dd")[0].text


@pytest.mark.parametrize("outputs", ["values", "counts"])
def test_values_of_several_tasks(outputs: str, tmp_path: Path) -> None:
    page = page_of(write_folder(tmp_path / "results", Plan(tasks=("Dev", "Hk"), outputs=outputs)))
    motifs, accuracy, caveats = (dd.text for dd in page.all("dd")[:3])
    assert re.search(r"^2 motifs .* upper third: m01 [^;]*\(task Dev\); m02", motifs)
    assert re.search(r"Spearman.* 0\.55 .* 2 tasks", accuracy)
    hints = [a.attributes["href"] for caption in page.all("figcaption") for a in page.all("a") if caption in a.parents]
    assert "#what-scatter" in hints
    assert "#what-roc" not in hints
    assert "chance" not in caveats
    by_task = [table for table in page.all("table", class_="sortable") if table.parents[-2].tag == "details"]
    assert [table.text.count("Dev") for table in by_task] == [1] * 4
    assert [table.text.count("significant, in lower third") for table in by_task] == [2, 2, 0, 0]


@pytest.mark.usefixtures("without_charts")
def test_held_out_sequences_of_one_class(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "results")
    figures = {"auroc": None, "auprc": 1.0, "n_positive": 9, "n_negative": 0, "baselines": {}}
    (folder / "metrics.json").write_text(json.dumps({"positive": figures}))
    page = page_of(folder)
    accuracy, caveats = (dd.text for dd in page.all("dd")[1:3])
    assert "9 positives and 0 negatives" in accuracy
    assert caveats.startswith("The data check has one warning") or "chance" in caveats


@pytest.mark.parametrize("missing", ["motifs.meme", "motifs.tsv"])
def test_other_folders_are_errors(missing: str, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "results")
    (tmp_path / "results" / missing).unlink()
    with pytest.raises(InputError) as caught:
        write_report(tmp_path / "results")
    assert missing in str(caught.value)


#: Documents of other structures.
DOCUMENTS: dict[str, tuple[str, str]] = {
    "nested": ("provenance.json", '{"a":' * 3000),
    "list": ("data.json", "[1]"),
    "null": ("data.json", "null"),
    "rows that are numbers": ("data.json", '{"parts": [1]}'),
    "rows that are null": ("data.json", '{"parts": [null]}'),
    "a class that is a list": ("data.json", '{"parts": [{"class": []}]}'),
    "a finding that is a number": ("data.json", '{"findings": [{"verdict": 1}]}'),
    "metrics that are text": ("metrics.json", '{"positive": {"auroc": "high"}}'),
    "metrics that are true": ("metrics.json", '{"positive": {"auroc": true}}'),
    "NaN": ("metrics.json", '{"positive": {"auroc": NaN}}'),
    "baselines that are a list": ("metrics.json", '{"positive": {"baselines": []}}'),
    "a task that is a list": ("metrics.json", '{"positive": []}'),
    "a repeated task": ("metrics.json", '{"positive": {}, "positive": {}}'),
    "a command that is text": ("provenance.json", '{"command": "rm"}'),
    "inputs that are text": ("provenance.json", '{"inputs": ["peaks.fa"]}'),
    "half of a surrogate pair": ("provenance.json", '{"machine": "\\ud800"}'),
    "invalid JSON": ("metrics.json", "{auroc"),
}


@pytest.mark.parametrize(("file", "text"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_damaged_documents_are_errors(file: str, text: str, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "results")
    (tmp_path / "results" / file).write_text(text)
    with pytest.raises(FormatError) as caught:
        write_report(tmp_path / "results")
    assert str(caught.value.path).endswith(file)


#: Tables, and what is done to the cells of the second line.
CELLS: dict[str, tuple[str, Callable[[list[str]], list[str]]]] = {
    "text": ("motifs.tsv", lambda cells: [*cells[:2], "wide", *cells[3:]]),
    "no width": ("motifs.tsv", lambda cells: [*cells[:2], "", *cells[3:]]),
    "infinite start": ("examples.tsv", lambda cells: [*cells[:3], "inf", *cells[4:]]),
    "5,000 digits": ("examples.tsv", lambda cells: [*cells[:3], "9" * 5000, *cells[4:]]),
    "no bin": ("positions.tsv", lambda cells: [cells[0], "", *cells[2:]]),
    "text in a bin": ("score_counts.tsv", lambda cells: [*cells[:2], "low", *cells[3:]]),
    "true": ("per_sequence.tsv", lambda cells: ["True", *cells[1:]]),
    "a cell more": ("enrichment.tsv", lambda cells: [*cells, "1"]),
    "a cell less": ("matches.tsv", lambda cells: cells[:-1]),
    "text as a prediction": ("predictions.tsv", lambda cells: [*cells[:-1], "likely"]),
    "no prediction": ("baselines.tsv", lambda cells: [*cells[:-1], ""]),
    "text as a loss": ("model/history.tsv", lambda cells: [*cells[:-1], "low"]),
}


@pytest.mark.parametrize(("file", "change"), CELLS.values(), ids=CELLS)
def test_wrong_cells_are_errors_with_their_line(
    file: str, change: Callable[[list[str]], list[str]], folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "results")
    path = tmp_path / "results" / file
    first, second, *others = path.read_text().splitlines()
    path.write_text("\n".join([first, "\t".join(change(second.split("\t"))), *others]) + "\n")
    with pytest.raises(MotifnetError, match=re.escape(f"{path}:2: ")):
        write_report(tmp_path / "results")
    path.write_text("\n".join([first, second, second, *others]) + "\n")  # a repeated row
    if file in ("motifs.tsv", "matches.tsv", "predictions.tsv", "baselines.tsv", "enrichment.tsv", "per_sequence.tsv"):
        with pytest.raises(FormatError) as caught:
            write_report(tmp_path / "results")
        assert caught.value.line == 3


@pytest.mark.usefixtures("without_charts")
def test_the_report_does_not_read_the_sites_which_the_tables_check(folder: Path, tmp_path: Path) -> None:
    """The documentation of checks states both."""
    shutil.copytree(folder, tmp_path / "results")
    write_report(tmp_path / "results")
    row = dict.fromkeys(COLUMNS["sites"], "1") | {"start": "abc"}
    text = "\t".join(COLUMNS["sites"]) + "\n" + "\t".join(row.values()) + "\n"
    (tmp_path / "results" / "sites.tsv").write_text(text)
    write_report(tmp_path / "results")
    with pytest.raises(FormatError) as caught:
        read_motif_table(tmp_path / "results", "sites")
    assert caught.value.line == 2


@pytest.mark.usefixtures("without_charts")
def test_a_history_without_rows_or_finite_losses_has_no_chart(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "results")
    path = tmp_path / "results" / "model" / "history.tsv"
    header = path.read_text().splitlines()[0]
    for rows in ("", "50\t1\t0.5\tinf\t\n100\t2\t0.4\t\tinf\n"):
        path.write_text(f"{header}\n{rows}")
        assert not [figure for figure in page_of(tmp_path / "results").all("figcaption") if "validation" in figure.text]


@pytest.mark.parametrize("file", ["motifs.tsv", *(f"{name}.tsv" for name in ("enrichment", "matches", "pairs"))])
def test_a_missing_column_is_an_error(file: str, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "results")
    table = pd.read_csv(folder / file, sep="\t")
    for column in (table.columns[0], table.columns[-1]):
        table.drop(columns=column).to_csv(tmp_path / "results" / file, sep="\t", index=False)
        with pytest.raises(FormatError, match=column) as caught:
            write_report(tmp_path / "results")
        assert caught.value.line == 1


@pytest.mark.usefixtures("without_charts")
def test_scripts_in_any_text_of_a_folder_are_text(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "results", Plan(n_motifs=2))
    for name, columns in COLUMNS.items():
        path = folder / FILES[name]
        if not path.is_file():
            continue
        table = read_table(path, columns)
        fixed = {"motif", "task", "other"}
        for column in (set(table) & set(TEXT_COLUMNS)) - fixed - {key for key in ("filter",) if name == "filters"}:
            table[column] = HOSTILE
        if name == "matches":
            table = table.drop_duplicates("motif")
        write_table(table, path)
    for name in ("data.json", "provenance.json"):
        text = (folder / name).read_text()
        (folder / name).write_text(re.sub(r': "[^"]*"', lambda _: ": " + json.dumps(HOSTILE), text))
    page = page_of(folder)
    assert len(page.all("script")) == 1
    assert not page.all("img")
    assert page.text.count("alert(1)") > 20


@pytest.mark.usefixtures("without_charts")
def test_known_motifs_of_a_user_database_are_read_from_the_folder(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "results", replace(Plan(), factor="MyFactor"))
    assert not page_of(folder).all("svg", class_="aligned logo")
    write_motifs(MotifSet([Motif("MyFactor", np.eye(4) * 10)]), folder / "known.meme")
    assert len(page_of(folder).all("svg", class_="aligned logo")) == 4
