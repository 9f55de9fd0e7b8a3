"""``motifnet logo`` as users run it; it needs no TensorFlow."""

from __future__ import annotations

from pathlib import Path

import pytest

from command import EarlyCommand, tree

pytestmark = pytest.mark.slow

PLANTED = Path(__file__).resolve().parents[2] / "data" / "simulated.motifs.meme"
STARTS = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF"}


@pytest.mark.parametrize("suffix", STARTS)
def test_one_picture_of_all(early: EarlyCommand, suffix: str) -> None:
    said = early("logo", str(PLANTED), f"logos{suffix}")
    assert said.stdout == ""
    assert said.stderr.splitlines()[-1] == f"logos{suffix}: 4 logos"
    first = (early.folder / f"logos{suffix}").read_bytes()
    assert first.startswith(STARTS[suffix])
    early("logo", "-", f"again{suffix}", stdin=PLANTED.read_bytes())
    assert first == (early.folder / f"again{suffix}").read_bytes()


def test_a_folder_with_a_file_each(early: EarlyCommand) -> None:
    early("logo", str(PLANTED), "logos", "--format", "png")
    names = {path.name for path in (early.folder / "logos").iterdir()}
    assert names == {"CTCF.png", "FOXA1.png", "SRF.png", "USF1.png", "provenance.json"}
    early("logo", str(PLANTED), "logos", "--force", "--names", "SRF", "CTCF", "--reverse-complement")
    assert set(tree(early.folder / "logos")) == {"CTCF.svg", "SRF.svg", "provenance.json"}


def test_the_other_strand_is_another_picture(early: EarlyCommand) -> None:
    for name, more in (("forward", ()), ("reverse", ("--reverse-complement",))):
        early("logo", str(PLANTED), f"{name}.svg", "--names", "CTCF", *more)
    pictures = [(early.folder / f"{name}.svg").read_bytes() for name in ("forward", "reverse")]
    assert pictures[0] != pictures[1]


def test_what_it_refuses(early: EarlyCommand) -> None:
    assert "CTCF" in early.refuses("logo", str(PLANTED), "a.svg", "--names", "CTFC")[1]
    assert early.refuses("logo", str(PLANTED), "a.jpg") == [
        "a.jpg: a picture ends in .svg, .png, .pdf, not in .jpg",
        "  Name one of these, or for a file each a folder without a dot in its name.",
    ]
    assert not (early.folder / "a.jpg").exists()
    assert early.refuses("logo", "vertebrates", "a.svg")[0].startswith("vertebrates: ")
    assert early.refuses("logo", str(PLANTED), "no/a.svg")[0].startswith("no/a.svg: cannot be")
    assert early.refuses("logo", str(PLANTED), "a.svg", "--columns", "0") == [
        "columns must be at least 1. Got 0 instead"
    ]
    (early.folder / "logos").mkdir()
    (early.folder / "logos" / "mine").touch()
    assert early.refuses("logo", str(PLANTED), "logos", "--force")[0].startswith("logos: ")
    many = PLANTED.read_text() + "".join(
        f"\nMOTIF x{i}\nletter-probability matrix: alength= 4 w= 1 nsites= 9 E= 0\n 1 0 0 0\n" for i in range(300)
    )
    assert early.refuses("logo", "-", "a.svg", stdin=many.encode()) == [
        "304 logos are too many for one picture: at most 300",
        "  Name a folder to draw a file for each, or choose with --names.",
    ]
