"""What the README says is what the program has."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from motifnet.cli.main import COMMANDS
from motifnet.interpretation import motif_tables
from motifnet.models.spec import PRESETS
from motifnet.motifs.spec import SITE_RULES

REPOSITORY = Path(__file__).resolve().parents[1]
README = (REPOSITORY / "README.md").read_text()


def table_after(heading: str) -> dict[str, str]:
    """First and second cell of each row of the first table below a heading."""
    lines = README.split(f"{heading}\n", 1)[1].splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("|---"))
    rows = []
    for line in lines[start + 1 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return {row[0].strip("`"): row[1] for row in rows}


def test_motif_columns() -> None:
    assert table_after("## The motif table") == motif_tables.MOTIF_COLUMNS


def test_commands() -> None:
    assert [cell.split()[1] for cell in table_after("## The command line")] == list(COMMANDS)


def test_presets() -> None:
    assert list(table_after("## Networks, and which one has motifs in its first layer")) == list(PRESETS)


def test_site_rules_are_named() -> None:
    paragraph = README.split("A *site* is", 1)[1].split("\n\n", 1)[0]
    assert all(f"`{name}`" in paragraph for name in SITE_RULES)


def test_written_files_are_listed() -> None:
    listed = README.split("`results/ctcf/` then holds", 1)[1].split("\n## ", 1)[0]
    for name in (
        "motifs.meme",
        "motifs.tsv",
        "sites.tsv",
        "filters.tsv",
        "logos/",
        "metrics.json",
        "predictions.tsv",
        "model/",
    ):
        assert f"`{name}`" in listed


@pytest.mark.slow
def test_python_block_runs(tmp_path: Path) -> None:
    block = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert block is not None
    (tmp_path / "data").symlink_to(REPOSITORY / "data")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block.group(1)],
        cwd=tmp_path,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "motifs.meme").is_file()
    assert (tmp_path / "first.svg").is_file()
    assert (tmp_path / "model" / "spec.json").is_file()
