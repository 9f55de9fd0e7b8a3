"""What the README says is what the program has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from motifnet.cli.main import COMMANDS
from motifnet.interpretation.tables.example_tables import EXAMPLE_COLUMNS, SCORE_COLUMNS
from motifnet.interpretation.tables.filter_tables import FILTER_COLUMNS, IMPORTANCE_COLUMNS
from motifnet.interpretation.tables.motif_tables import MOTIF_COLUMNS
from motifnet.interpretation.tables.site_tables import (
    PAIR_COLUMNS,
    PER_SEQUENCE_COLUMNS,
    POSITION_COLUMNS,
    SITE_COLUMNS,
)
from motifnet.models.network.presets import PRESETS
from motifnet.motifs.extraction_spec import SITE_RULES
from motifnet.motifs.known.comparison import MATCH_COLUMNS
from motifnet.motifs.statistics.enrichment import ENRICHMENT_COLUMNS
from warm_python import WarmPython

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
    assert table_after("## The motif table") == MOTIF_COLUMNS


def test_commands() -> None:
    assert [cell.split()[1] for cell in table_after("## The command line")] == list(COMMANDS)


def test_presets() -> None:
    assert list(table_after("## Networks, and which one has motifs in its first layer")) == list(PRESETS)


def test_site_rules_are_named() -> None:
    paragraph = README.split("A filter's *site* is", 1)[1].split("\n\n", 1)[0]
    assert all(f"`{name}`" in paragraph for name in SITE_RULES)


def test_columns_of_the_other_tables() -> None:
    listed = {name: cell.strip("`").split() for name, cell in table_after("| table | its columns |").items()}
    assert listed == {
        "filters.tsv": list(FILTER_COLUMNS),
        "sites.tsv": list(SITE_COLUMNS),
        "enrichment.tsv": list(ENRICHMENT_COLUMNS),
        "importance.tsv": list(IMPORTANCE_COLUMNS),
        "matches.tsv": list(MATCH_COLUMNS),
        "positions.tsv": list(POSITION_COLUMNS),
        "pairs.tsv": list(PAIR_COLUMNS),
        "per_sequence.tsv": list(PER_SEQUENCE_COLUMNS),
        "score_counts.tsv": list(SCORE_COLUMNS),
        "examples.tsv": list(EXAMPLE_COLUMNS),
    }


def test_written_files_are_listed() -> None:
    listed = README.split("`results/ctcf/` then holds", 1)[1].split("\n## ", 1)[0]
    tables = ("motifs", "sites", "filters", "enrichment", "importance", "matches", "positions", "pairs", "per_sequence")
    tables += ("score_counts", "examples", "predictions", "baselines")
    others = ("motifs.meme", "known.meme", "sites.bed", "metrics.json", "data.json", "provenance.json")
    for name in (*(f"{table}.tsv" for table in tables), *others, "logos/", "model/"):
        assert f"`{name}`" in listed


@pytest.mark.slow
def test_python_block_runs(ready: WarmPython, tmp_path: Path) -> None:
    block = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert block is not None
    (tmp_path / "data").symlink_to(REPOSITORY / "data")
    block_in_short, n_steps = re.subn(r"max_steps=\d+", "max_steps=100", block.group(1))
    assert n_steps == 1
    code = f"import warnings\nwarnings.simplefilter('error')\n{block_in_short}"
    done = ready.run(("-c", code), tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "motifs.meme").is_file()
    assert (tmp_path / "first.svg").is_file()
    assert (tmp_path / "model" / "spec.json").is_file()
