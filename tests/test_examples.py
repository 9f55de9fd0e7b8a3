"""The example and the notebook run, and find what they promise."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

from motifnet.motifs.files import read_motifs

pytestmark = pytest.mark.slow
REPOSITORY = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
#: Cells of each notebook with a picture below.
PICTURES = {
    "quickstart": ("train", "logos", "dragonn-logos"),
    "motifs": ("map", "letters"),
    "pooling": ("figure",),
    "genome": ("train", "positions"),
    "keras": ("finetune", "letters"),
}
PLANTED = {"CTCF", "FOXA1", "SRF", "USF1"}


def test_quickstart_finds_planted_motifs(tmp_path: Path) -> None:
    command = [sys.executable, REPOSITORY / "examples" / "quickstart.py", tmp_path / "results", "--steps", "300"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    auroc = re.search(r"^test: \{'auroc': ([\d.]+)", done.stdout, flags=re.MULTILINE)
    assert auroc is not None
    assert float(auroc[1]) > 0.8
    table = done.stdout.partition("closest to each one planted:\n")[2].splitlines()
    columns = table[0].split()
    rows = [dict(zip(columns, line.split(), strict=True)) for line in table[1:]]
    assert {row["planted"] for row in rows} == PLANTED
    # Most of a motif's sites, and at least 50 of them, are sites of one planted motif.
    came_back = {row["planted"] for row in rows if float(row["precision"]) > 0.6 and int(row["hits"]) >= 50}
    assert len(came_back) >= 2, done.stdout
    written = {path.name for path in (tmp_path / "results").iterdir()}
    assert {"model", "motifs.meme", "motifs.tsv", "sites.tsv", "sites.bed", "filters.tsv", "logos.png"} < written


def test_pooling_study_measures_every_design(tmp_path: Path) -> None:
    script, folder = REPOSITORY / "examples" / "pooling_study.py", tmp_path / "results"
    small = ["--seeds", "1", "--steps", "4", "--sequences", "40"]
    done = subprocess.run([sys.executable, script, folder, *small], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(folder / "pooling_study.tsv", sep="\t")
    assert len(table) == table["design"].nunique() == 7
    assert table[["motif auroc", "spacing auroc", "whole_filters"]].apply(lambda c: c.between(0, 1)).all(axis=None)
    assert table["parameters"].idxmax() == 0  # without a pool most weights are in the dense layer
    assert (folder / "pooling_study.svg").stat().st_size > 10_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("data", "examples"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    folder = tmp_path / "notebooks"
    folder.mkdir()
    monkeypatch.setenv("MOTIFNET_STEPS", "50")
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = {cell.id: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}
    for cell in PICTURES[path.stem]:
        assert any("image/png" in output.get("data", {}) for output in outputs[cell]), f"no picture below cell {cell}"
    if path.stem == "quickstart":
        assert len(read_motifs(folder / "results" / "quickstart" / "motifs.meme"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_committed_as_it_ran(path: Path) -> None:
    assert path.stat().st_size < 500_000
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1)), "run notebooks/execute.py"
    assert not any(output.get("name") == "stderr" for cell in cells for output in cell.outputs)
