"""``motifnet report``: the page beside its folder, or where it is wanted; and what it refuses."""

from __future__ import annotations

from pathlib import Path

from command import Command
from planted_folder import Plan, write_folder


def test_report_writes_the_page(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "results", Plan(n_motifs=1))
    here = Command(tmp_path)
    said = here("report", "results")
    assert said.stderr.strip() == "report: results/report.html"
    page = (folder / "report.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert Command(folder)("report", ".", "--output", "-").stdout == page
    here("report", "results", "--output", "other.html")
    assert "results/motifs.meme" in (tmp_path / "other.html").read_text()


def test_what_is_no_folder_of_results(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    here = Command(tmp_path)
    lines = here.refuses("report", "empty")
    assert lines[0] == "empty: not a folder of results: motifs.meme is missing"
    assert "motifnet discover" in lines[1]
    assert here.refuses("report", "nowhere")[0].startswith("nowhere: not a folder of results")
    assert here.refuses("report", "empty", "--output", "no/such/page.html")[0].startswith("no/such/page.html: ")
