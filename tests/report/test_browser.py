"""The report in Chromium, opened from a file."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from selenium.webdriver import ActionChains, Keys

from chromium import HOSTILE, Browser, check_harmless, start_browser
from motifnet.report.page import write_report
from planted_folder import Plan, write_folder

pytestmark = pytest.mark.nightly

N_MOTIFS, N_SIGNIFICANT = 12, 7


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests: it takes seconds to start."""
    with start_browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of a dozen motifs, in a folder whose name must be escaped in addresses."""
    folder = tmp_path_factory.mktemp("reports") / "a #1 b?c=%20ü"
    return write_report(write_folder(folder, Plan(n_motifs=N_MOTIFS, n_significant=N_SIGNIFICANT)))


def shown_rows(browser: Browser) -> list[str]:
    """First cells of the visible rows of the table of motifs, in order."""
    rows = browser.all("#overview tbody tr")
    return [row.find_element("tag name", "th").text for row in rows if row.is_displayed()]


def open_all(browser: Browser) -> None:
    browser.run("document.querySelectorAll('details').forEach((details) => { details.open = true; })")


def test_page_opens_without_messages_and_requests(browser: Browser, page: Path) -> None:
    browser.requests(), browser.console()
    browser.open(page)
    open_all(browser)
    browser.run("scrollTo(0, document.scrollingElement.scrollHeight)")
    for hint in browser.all("a.hint")[:3]:
        hint.click()
    assert browser.console() == []
    assert [url for url in browser.requests() if not url.startswith("data:")] == [page.as_uri()]
    assert page.parent.name in browser.run("return decodeURIComponent(location.pathname)")


def test_table_sorts_by_click_and_by_key(browser: Browser, page: Path) -> None:
    browser.open(page)
    in_order = [f"m{number:02d}" for number in range(1, N_MOTIFS + 1)]
    assert shown_rows(browser) == in_order
    by_e = next(header for header in browser.all("#overview thead th") if header.text.startswith("E"))
    for order, expected in (("ascending", in_order), ("descending", in_order[::-1])):
        by_e.find_element("tag name", "button").click()
        assert by_e.get_attribute("aria-sort") == order
        assert shown_rows(browser) == expected
    browser.one("input[data-only=overview]").click()
    ActionChains(browser.driver).send_keys(Keys.TAB, Keys.ENTER).perform()
    assert browser.run("return document.activeElement.closest('th').cellIndex") == 0
    assert by_e.get_attribute("aria-sort") is None
    assert shown_rows(browser) == in_order[:N_SIGNIFICANT]


def test_table_filters(browser: Browser, page: Path) -> None:
    browser.open(page)
    search, counter = browser.one("input[data-filter=overview]"), browser.one("[data-shown=overview]")
    search.send_keys("M03 ctcf")
    assert shown_rows(browser) == ["m03"]
    assert counter.text == f"1 of {N_MOTIFS}"
    search.send_keys("x")
    assert shown_rows(browser) == []
    search.send_keys(Keys.CONTROL, "a", Keys.NULL, Keys.DELETE)
    assert len(shown_rows(browser)) == N_MOTIFS
    browser.one("input[data-only=overview]").click()
    assert len(shown_rows(browser)) == N_SIGNIFICANT
    assert counter.text == f"{N_SIGNIFICANT} of {N_MOTIFS}"


def test_cards_open_by_click_key_and_link(browser: Browser, page: Path) -> None:
    browser.open(page)
    first, last = browser.one("#card0"), browser.one(f"#card{N_MOTIFS - 1}")
    logo = first.find_element("css selector", ".logos svg")
    assert logo.is_displayed()
    first.find_element("tag name", "summary").click()
    assert not logo.is_displayed()
    first.find_element("tag name", "summary").send_keys(Keys.ENTER)
    assert logo.is_displayed()
    assert not last.is_displayed()
    browser.one(f'#overview a[href="#card{N_MOTIFS - 1}"]').click()
    assert last.find_element("css selector", ".logos svg").is_displayed()
    assert browser.run(
        "const top = arguments[0].getBoundingClientRect().top; return top >= 0 && top < innerHeight", last
    )


def test_links_resolve(browser: Browser, page: Path) -> None:
    browser.open(page)
    links = browser.run("return [...document.links].map((a) => [a.getAttribute('href'), a.href])")
    files = {full for written, full in links if not written.startswith(("#", "https://doi.org/"))}
    assert {urlsplit(url).scheme for url in files} == {"file"}
    missing = [url for url in files if not Path(unquote(urlsplit(url).path)).is_file()]
    assert missing == []
    assert {"sites.tsv", "sites.bed", "motifs.meme"} <= {Path(unquote(urlsplit(url).path)).name for url in files}
    names = "return [...document.links].map((a) => a.getAttribute('href')).filter((h) => h[0] === '#')"
    assert browser.run(f"{names[:-1]} && !document.getElementById(h.slice(1)))") == []
    assert browser.run("const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);"
                       "return ids.filter((id, k) => ids.indexOf(id) !== k)") == []  # fmt: skip


def test_bibtex_is_copied(browser: Browser, page: Path) -> None:
    browser.open(page)
    open_all(browser)
    button = browser.one("button[data-copy=bibtex]")
    button.click()
    if "Selected" in browser.run("return arguments[0].textContent", button):
        ActionChains(browser.driver).key_down(Keys.CONTROL).send_keys("c").key_up(Keys.CONTROL).perform()
    search = browser.one("input[data-filter]")
    search.click()
    ActionChains(browser.driver).key_down(Keys.CONTROL).send_keys("v").key_up(Keys.CONTROL).perform()
    pasted = search.get_attribute("value") or ""
    assert pasted.startswith("@")
    assert pasted.count("{") == pasted.count("}") > 8


def test_explanations_are_shown_for_mouse_and_focus(browser: Browser, page: Path) -> None:
    browser.open(page)
    tip, hint = browser.one("#tip"), browser.one("#card0 a.hint[href='#what-e_value']")
    assert not tip.is_displayed()
    browser.run("scrollTo(0, document.body.scrollHeight)")
    browser.settle()
    browser.run("arguments[0].focus({focusVisible: true})", hint)
    browser.settle()
    assert tip.text == browser.run("return document.querySelector('#what-e_value dd').textContent")
    ActionChains(browser.driver).send_keys(Keys.ESCAPE).perform()
    assert not tip.is_displayed()
    bar = max(browser.all("#card0 .histogram .p"), key=lambda path: path.rect["height"])
    browser.run("arguments[0].scrollIntoView({block: 'center'})", bar)
    browser.settle()
    ActionChains(browser.driver).move_to_element(bar).perform()
    assert tip.text == browser.run(
        "return arguments[0].parentElement.dataset.tip || arguments[0].closest('g').getAttribute('aria-label')", bar
    )


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_in_light_and_dark(browser: Browser, page: Path, scheme: str, width: int) -> None:
    browser.open(page, width=width, scheme=scheme)
    open_all(browser)
    texts = browser.texts()
    assert {"text", "letter"} == {kind for kind, *_ in texts}
    assert all(behind > 0.8 if scheme == "light" else behind < 0.2 for *_, behind in texts)
    faint = {(text, round(contrast, 2)) for kind, contrast, text, _ in texts if kind == "text" and contrast < 4.5}
    assert faint == set()
    assert min(contrast for kind, contrast, *_ in texts if kind == "letter") > 2


@pytest.mark.parametrize("outputs", ["classes", "values"])
def test_nothing_overflows(browser: Browser, page: Path, tmp_path: Path, outputs: str) -> None:
    if outputs == "values":
        plan = Plan(n_motifs=3, outputs=outputs, tasks=("a" * 300, "b c"))
        page = write_report(write_folder(tmp_path / "results", plan))
    for width in (390, 1440):
        browser.open(page, width=width)
        assert browser.overflow() == []
        open_all(browser)
        assert browser.overflow() == []


def test_print_contains_closed_sections(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.run("window.counts = [];"
                "const add = () => counts.push(document.querySelectorAll('details:not([open])').length);"
                "addEventListener('beforeprint', add); addEventListener('afterprint', add); add();")  # fmt: skip
    printed = base64.b64decode(browser.driver.print_page())
    before, on_paper, after = browser.run("return counts")
    assert printed.startswith(b"%PDF-")
    assert (on_paper, after) == (0, before)
    assert before > 0


def write_hostile(folder: Path) -> Path:
    """A folder of results with hostile names of motifs, sequences, factors and tasks."""
    names = list(HOSTILE.values())
    write_folder(folder, Plan(n_motifs=len(names), name="SEQUENCE", factor="FACTOR", tasks=tuple(names)))
    for file in folder.glob("*.json"):
        file.write_text(file.read_text().replace("SEQUENCE", json.dumps(" ".join(names))[1:-1]))
    for file in [*folder.glob("*.tsv"), folder / "motifs.meme"]:
        lines = []
        for line in file.read_text().splitlines():
            motif = re.search(r"m(\d+)_ACGTACGT", line)
            name = names[int(motif[1]) - 1] if motif else names[1]
            line = line.replace("SEQUENCE", name).replace("FACTOR", name)
            lines.append(line.replace("_ACGTACGT", f"_{name.replace(' ', '/')}"))
        file.write_text("\n".join([*lines, ""]))
    return folder


def test_hostile_names_are_text(browser: Browser, tmp_path: Path) -> None:
    page = write_report(write_hostile(tmp_path / "results"))
    assert "window.hacked=1" in page.read_text()
    browser.requests(), browser.console()
    browser.open(page, width=390)
    assert browser.overflow() == []
    open_all(browser)
    assert browser.overflow() == []
    check_harmless(browser)
    assert browser.console() == []
    assert browser.requests() == [page.as_uri()]


def test_size_is_linear_in_the_number_of_motifs(browser: Browser, tmp_path: Path) -> None:
    sizes = []
    for n in (30, 300):
        page = write_report(write_folder(tmp_path / str(n), Plan(n_motifs=n, n_significant=n)))
        browser.open(page)
        browser.one("input[data-filter=overview]").send_keys("m07")
        assert "m07" in shown_rows(browser)
        assert browser.run("return document.querySelectorAll('.card').length") == n
        assert browser.run("return document.querySelectorAll('.card[open]').length") < 30
        sizes.append((page.stat().st_size, browser.run("return document.querySelectorAll('*').length")))
    assert all(more < 10 * less for less, more in zip(*sizes, strict=True))
    assert sizes[1][0] < 8_000_000
