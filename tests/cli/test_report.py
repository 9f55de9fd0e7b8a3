"""``motifnet report``: the page beside its folder, or where it is wanted; and what it refuses."""

from __future__ import annotations

from dataclasses import replace

from command import EarlyCommand
from planted_folder import Plan, write_folder


def test_report_writes_the_page(early: EarlyCommand) -> None:
    folder = write_folder(early.folder / "results", Plan(n_motifs=1))
    said = early("report", "results")
    assert said.stderr.strip() == "report: results/report.html"
    page = (folder / "report.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert replace(early, folder=folder)("report", ".", "--output", "-").stdout == page
    early("report", "results", "--output", "other.html")
    assert "results/motifs.meme" in (early.folder / "other.html").read_text()


def test_what_is_no_folder_of_results(early: EarlyCommand) -> None:
    (early.folder / "empty").mkdir()
    lines = early.refuses("report", "empty")
    assert lines[0] == "empty: not a folder of results: motifs.meme is missing"
    assert "motifnet discover" in lines[1]
    assert early.refuses("report", "nowhere")[0].startswith("nowhere: not a folder of results")
    assert early.refuses("report", "empty", "--output", "no/such/page.html")[0].startswith("no/such/page.html: ")
