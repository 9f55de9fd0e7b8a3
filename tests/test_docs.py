"""README and docs name what the program has: commands, options, public names, presets, files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import motifnet
from motifnet.cli.main import COMMANDS, GLOBAL_OPTIONS, app
from motifnet.models.network.presets import PRESETS
from motifnet.motifs.extraction_spec import SITE_RULES
from warm_python import WarmPython

REPOSITORY = Path(__file__).resolve().parents[1]
README = (REPOSITORY / "README.md").read_text()
GUIDE = REPOSITORY / "docs" / "guide"
PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted(GUIDE.glob("*.md"))]
#: Options of other programs and of benchmarks that the pages show.
FOREIGN = {
    "--array",
    "--nodes",
    "--ntasks-per-node",
    "--cpus-per-task",
    "--mem",
    "--parsable",
    "--dependency",
    "--wrap",
    "--config",
    "--nthreads",
    "--snakefile",
    "--cores",
    "--build-arg",
    "--models",
    "--seeds",
    "--check",
    "--exclude-editable",
}


def options() -> set[str]:
    """Every option of every command."""
    commands = (app[name] for name in COMMANDS)
    named = {
        name for command in commands for argument in command.assemble_argument_collection() for name in argument.names
    }
    return {name for name in named if name.startswith("--")} | set(GLOBAL_OPTIONS) | {"--help", "--version"}


def test_the_readme_is_short() -> None:
    assert len(README.encode()) <= 10_240


def test_every_option_on_the_pages_exists() -> None:
    known = options() | FOREIGN
    for page in PAGES:
        named = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", page.read_text()))
        assert named <= known, f"{page.name}: {sorted(named - known)}"


def test_every_public_name_on_the_pages_exists() -> None:
    for page in PAGES:
        named = set(re.findall(r"\bmn\.(\w+)", page.read_text()))
        assert named <= set(motifnet.__all__), f"{page.name}: {sorted(named - set(motifnet.__all__))}"


def first_cells(text: str) -> list[str]:
    """First cell of each row of the tables in a text."""
    return re.findall(r"^\| `([^`|]+)`", text, flags=re.MULTILINE)


def test_tables_are_complete() -> None:
    commands = [cell.removeprefix("motifnet ") for cell in first_cells(README.split("## Commands", 1)[1])]
    assert commands == list(COMMANDS)
    networks = (GUIDE / "networks.md").read_text()
    assert [cell for cell in first_cells(networks) if cell in PRESETS] == list(PRESETS)
    peaks = (GUIDE / "peaks_to_motifs.md").read_text()
    assert set(SITE_RULES) <= set(first_cells(peaks.split("## Sites", 1)[1]))


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        text = page.read_text()
        links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
        pages = [f"{name}.md" for name in re.findall(r"\{doc\}`([^`]+)`", text)]
        # Pages of the reference and notebooks are made when the site is built; the build checks links to them.
        wanted = [link for link in [*links, *pages] if "reference/" not in link and "notebooks/" not in link]
        missing = [link for link in wanted if not (page.parent / link).exists()]
        assert not missing, f"{page.name}: {missing}"


@pytest.mark.slow
def test_python_block_of_the_readme_runs(ready: WarmPython, tmp_path: Path) -> None:
    block = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert block is not None
    (tmp_path / "data").symlink_to(REPOSITORY / "data")
    fewer_steps, n_steps = re.subn(r"max_steps=\d+", "max_steps=100", block.group(1))
    assert n_steps == 1
    code = f"import warnings\nwarnings.simplefilter('error')\n{fewer_steps}"
    done = ready.run(("-c", code), tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "motifs.meme").is_file()
    assert (tmp_path / "model" / "spec.json").is_file()
