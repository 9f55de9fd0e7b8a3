"""``motifnet logo`` as users run it; it needs no TensorFlow."""

from __future__ import annotations

from pathlib import Path

import pytest

from command import EarlyCommand, tree

pytestmark = pytest.mark.slow

PLANTED = Path(__file__).resolve().parents[2] / "data" / "simulated.motifs.meme"
STARTS = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF"}


@pytest.mark.parametrize("suffix", STARTS)
def test_one_figure_with_all_logos(early: EarlyCommand, suffix: str) -> None:
    said = early("logo", str(PLANTED), f"logos{suffix}")
    assert said.stdout == ""
    first = (early.folder / f"logos{suffix}").read_bytes()
    assert first.startswith(STARTS[suffix])
    early("logo", "-", f"again{suffix}", stdin=PLANTED.read_bytes())
    assert first == (early.folder / f"again{suffix}").read_bytes()


def test_a_folder_with_one_file_per_motif(early: EarlyCommand) -> None:
    early("logo", str(PLANTED), "logos", "--format", "png")
    names = {path.name for path in (early.folder / "logos").iterdir()}
    assert names == {"CTCF.png", "FOXA1.png", "SRF.png", "USF1.png", "provenance.json"}
    early("logo", str(PLANTED), "logos", "--force", "--names", "SRF", "CTCF", "--reverse-complement")
    assert set(tree(early.folder / "logos")) == {"CTCF.svg", "SRF.svg", "provenance.json"}


def test_the_reverse_complement_is_another_figure(early: EarlyCommand) -> None:
    for name, more in (("forward", ()), ("reverse", ("--reverse-complement",))):
        early("logo", str(PLANTED), f"{name}.svg", "--names", "CTCF", *more)
    figures = [(early.folder / f"{name}.svg").read_bytes() for name in ("forward", "reverse")]
    assert figures[0] != figures[1]


def test_errors_write_nothing(early: EarlyCommand) -> None:
    (early.folder / "logos").mkdir()
    (early.folder / "logos" / "mine").touch()
    before = tree(early.folder)
    for arguments in (("a.svg", "--names", "CTFC"), ("a.jpg",), ("no/a.svg",), ("logos", "--force")):
        assert early.refuses("logo", str(PLANTED), *arguments)
    assert early.refuses("logo", "vertebrates", "a.svg")
    assert early.refuses("logo", str(PLANTED), "a.svg", "--columns", "0")
    assert tree(early.folder) == before
