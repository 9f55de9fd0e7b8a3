"""The files in data/ are documented, unchanged, and reproduced by their script."""

from __future__ import annotations

import hashlib
import re
import runpy
from pathlib import Path

import pytest

from motifnet.motifs.io.files import read_motifs
from motifnet.sequences.io.fasta import read_fasta

DATA = Path(__file__).resolve().parents[1] / "data"
README = (DATA / "README.md").read_text()
DIGESTS = {name: digest for digest, name in re.findall(r"^([0-9a-f]{64})  (\S+)$", README, flags=re.MULTILINE)}


def test_the_readme_lists_all_files() -> None:
    files = {path.name for path in DATA.iterdir() if path.is_file() and path.name != "README.md"}
    assert set(re.findall(r"^\| `(\S+)` \|", README, flags=re.MULTILINE)) == files
    assert set(DIGESTS) == {name for name in files if not name.endswith(".py")}


@pytest.mark.parametrize("name", sorted(DIGESTS))
def test_digests_of_the_readme(name: str) -> None:
    assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == DIGESTS[name]


def test_the_script_reproduces_the_simulated_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["simulate.py", str(tmp_path)])
    runpy.run_path(str(DATA / "simulate.py"), run_name="__main__")
    written = sorted(tmp_path.iterdir())
    assert [path.name for path in written] == [f"simulated.{x}" for x in ("negatives.fa", "positives.fa", "truth.bed")]
    for path in written:
        assert path.read_bytes() == (DATA / path.name).read_bytes(), f"{path.name}: run data/simulate.py again?"


def test_motifs_of_the_readme() -> None:
    rows = re.findall(r"^\| (\w+) \| (MA\S+) \| [^|]+ \| (\d+) \| ([\d.]+) \| \d+ \|$", README, flags=re.MULTILINE)
    motifs = read_motifs(DATA / "simulated.motifs.meme")
    assert rows == [(m.name, m.alt_name, str(m.width), f"{m.total_information:.1f}") for m in motifs]


def test_numbers_and_lengths_of_sequences() -> None:
    shapes = {path.name: read_fasta(path).codes.shape for path in DATA.glob("*.fa")}
    assert shapes == {
        "Gm12878.CTCF.top500.w200.fa": (500, 200),
        "simulated.positives.fa": (1000, 120),
        "simulated.negatives.fa": (1000, 120),
    }
