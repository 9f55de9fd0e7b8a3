"""Run the notebooks in this folder in place, so that their results are stored.

    python notebooks/execute.py [NAME ...]

Needs the extra ``test`` or ``notebooks``. Standard error (messages of TensorFlow), times and versions are not stored.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent


def execute(path: Path) -> None:
    """Run one notebook in its folder and write it with its outputs."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=600, record_timing=False, resources={"metadata": {"path": str(HERE)}}).execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    notebook.metadata.pop("language_info", None)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    names = sys.argv[1:] or sorted(found.stem for found in HERE.glob("*.ipynb"))
    for name in names:
        execute(HERE / f"{name}.ipynb")
