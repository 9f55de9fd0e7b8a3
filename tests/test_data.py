"""The files in data/: all described, unchanged, and made by the script beside them."""

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


def test_readme_describes_every_file() -> None:
    there = {path.name for path in DATA.iterdir() if path.is_file() and path.name != "README.md"}
    assert set(re.findall(r"^\| `(\S+)` \|", README, flags=re.MULTILINE)) == there
    assert set(DIGESTS) == {name for name in there if not name.endswith(".py")}


@pytest.mark.parametrize("name", sorted(DIGESTS))
def test_digest_in_the_readme(name: str) -> None:
    assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == DIGESTS[name]


def test_script_makes_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["simulate.py", str(tmp_path)])
    runpy.run_path(str(DATA / "simulate.py"), run_name="__main__")
    made = sorted(tmp_path.iterdir())
    assert [path.name for path in made] == [f"simulated.{x}" for x in ("negatives.fa", "positives.fa", "truth.bed")]
    for path in made:
        assert path.read_bytes() == (DATA / path.name).read_bytes(), f"{path.name}: run data/simulate.py again?"


def test_matrices_are_those_of_the_readme() -> None:
    rows = re.findall(r"^\| (\w+) \| (MA\S+) \| [^|]+ \| (\d+) \| ([\d.]+) \| \d+ \|$", README, flags=re.MULTILINE)
    motifs = read_motifs(DATA / "simulated.motifs.meme")
    assert rows == [(m.name, m.alt_name, str(m.width), f"{m.total_information:.1f}") for m in motifs]


def test_sequences_are_what_the_readme_says() -> None:
    shapes = {path.name: read_fasta(path).codes.shape for path in DATA.glob("*.fa")}
    assert shapes == {
        "Gm12878.CTCF.top500.w200.fa": (500, 200),
        "simulated.positives.fa": (1000, 120),
        "simulated.negatives.fa": (1000, 120),
    }
