"""The notebooks run, and are committed with their outputs."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.provisioning import local_provisioner
from nbclient import NotebookClient

from motifnet.motifs.io.files import read_motifs
from warm_python import ForkedProcess, WarmPython

REPOSITORY = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
#: Cells of each notebook that draw a figure.
FIGURES = {
    "quickstart": ("train", "roc", "logos", "dragonn-logos"),
    "motifs": ("map", "letters"),
    "attribution": ("ism", "deeplift"),
    "pooling": ("figure",),
    "genome": ("train", "positions", "variant"),
    "keras": ("finetune", "letters"),
}


def launch(python: WarmPython, folder: Path, command: list[str], *, env: dict[str, str], **_: Any) -> ForkedProcess:
    """Start a kernel as jupyter_client does, in a fork that has TensorFlow imported."""
    with Path("/dev/null").open("r+") as nothing:
        return python.start(command[1:], folder, (nothing.fileno(),) * 3, env)


@pytest.mark.nightly
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, ready: WarmPython, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("data", "examples"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    folder = tmp_path / "notebooks"
    folder.mkdir()
    monkeypatch.setenv("MOTIFNET_STEPS", "50")
    # A kernel sets this before matplotlib is imported; here it has been imported already.
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    monkeypatch.setattr(local_provisioner, "launch_kernel", partial(launch, ready, folder))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = {cell.id: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}
    for cell in FIGURES[path.stem]:
        assert any("image/png" in output.get("data", {}) for output in outputs[cell]), f"no figure below cell {cell}"
    if path.stem == "quickstart":
        assert len(read_motifs(folder / "results" / "quickstart" / "motifs.meme"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_with_its_outputs(path: Path) -> None:
    assert path.stat().st_size < 500_000
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1)), "run notebooks/execute.py"
    assert not any(output.get("name") == "stderr" for cell in cells for output in cell.outputs)
