"""Logos: letters as high as their information, the same bytes each time, nothing of the user's matplotlib touched."""

from __future__ import annotations

import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

from motifnet.errors import InputError
from motifnet.motifs.logo import draw_logo, draw_logos, write_logos
from motifnet.motifs.motif import Motif, MotifSet

EBOX = Motif("ebox", [[1, 90, 2, 4], [95, 3, 1, 20], [3, 5, 90, 6], [1, 2, 7, 70]], nsites=100)


def letters(figure: Figure, axis: int = 0) -> dict[str, np.ndarray]:
    """Outline of each base: vertices (n, 2) in columns and bits."""
    return {patch.get_gid(): patch.get_path().vertices for patch in figure.axes[axis].patches if patch.get_gid()}


def test_letters_are_as_high_as_their_share_of_the_information():
    outlines = letters(draw_logo(EBOX))
    heights = EBOX.ppm * EBOX.information()
    for position in range(EBOX.width):
        top = 0.0
        for base in np.argsort(heights[:, position]):
            vertices = outlines["ACGT"[base]]
            here = vertices[np.abs(vertices[:, 0] - position - 1) <= 0.5]
            assert_allclose(here[:, 1].min(), top, atol=0.02 * heights[base, position])
            top += heights[base, position]
            # Round letters: a control point may lie a little outside of the curve.
            assert_allclose(here[:, 1].max(), top, atol=0.02 * heights[base, position])
        assert top == pytest.approx(EBOX.information()[position])


def test_a_base_that_never_occurs_is_not_drawn():
    outlines = letters(draw_logo(Motif("m", [[4, 4], [0, 4], [0, 0], [0, 0]])))
    assert not len(outlines["G"])
    assert outlines["C"][:, 0].min() > 1.5


def test_logomaker_draws_the_same_picture():
    logomaker = pytest.importorskip("logomaker")
    pandas = pytest.importorskip("pandas")
    ours = draw_logo(EBOX)
    theirs = Figure(figsize=ours.get_size_inches(), dpi=ours.dpi)
    FigureCanvasAgg(theirs)
    box = theirs.add_axes(ours.axes[0].get_position())
    heights = pandas.DataFrame((EBOX.ppm * EBOX.information()).T, columns=list("ACGT"), index=range(1, EBOX.width + 1))
    logomaker.Logo(heights, ax=box, color_scheme="classic", baseline_width=0, font_name="DejaVu Sans")
    box.set_xlim(ours.axes[0].get_xlim())
    box.set_ylim(ours.axes[0].get_ylim())
    pixels = []
    for figure in (ours, theirs):
        figure.axes[0].set_title("")
        figure.axes[0].set_axis_off()
        figure.canvas.draw()
        pixels.append(np.asarray(figure.canvas.buffer_rgba()).astype(int))
    inked = (pixels[1].min(axis=2) < 128).sum()
    different = (np.abs(pixels[0] - pixels[1]).max(axis=2) > 2).sum()
    assert inked > 10_000
    # Where two letters touch, the order of drawing (by base, by position) decides about a row of pixels.
    assert different < 0.01 * inked


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_the_same_motif_gives_the_same_bytes_whatever_the_style(tmp_path, suffix):
    draw_logo(EBOX, tmp_path / f"a{suffix}")
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red", "svg.hashsalt": None, "savefig.dpi": 30}):
        draw_logo(EBOX, tmp_path / f"b{suffix}")
        assert matplotlib.rcParams["font.size"] == 20
    content = (tmp_path / f"a{suffix}").read_bytes()
    assert content == (tmp_path / f"b{suffix}").read_bytes()
    assert content.startswith(b"\x89PNG" if suffix == ".png" else b"<?xml")
    draw_logo(EBOX.reverse_complement(), tmp_path / f"b{suffix}")
    assert content != (tmp_path / f"b{suffix}").read_bytes()


def test_the_axis_reaches_two_bits_or_the_highest_column():
    assert draw_logo(EBOX).axes[0].get_ylim() == (0, 2)
    rare = Motif("m", [[0], [1], [0], [0]], background=[0.45, 0.05, 0.05, 0.45])
    assert draw_logo(rare).axes[0].get_ylim()[1] == pytest.approx(np.log2(20))


def test_title_and_ticks():
    axes = draw_logo(Motif(r"a$\frac$", np.ones((4, 12)))).axes[0]
    axes.figure.canvas.draw()  # a formula in the title would fail here
    assert axes.get_title() == r"a$\frac$"
    assert list(axes.get_xticks()) == [1, 5, 10]
    assert draw_logo(EBOX).axes[0].get_title() == "ebox (100 sites)"
    assert len(draw_logo(Motif("x" * 100_000, np.ones((4, 2)))).axes[0].get_title()) == 60


def test_axes_of_the_user():
    figure = Figure()
    _, right = figure.subplots(1, 2)
    assert draw_logo(EBOX, ax=right) is figure
    assert set(letters(figure, 1)) == set("ACGT")
    assert letters(figure, 0) == {}


def test_a_grid_has_one_logo_a_motif():
    motifs = MotifSet([Motif(f"f{i}", np.ones((4, 3 + i))) for i in range(5)])
    figure = draw_logos(motifs, columns=2)
    assert [axes.get_title() for axes in figure.axes] == list(motifs.names)
    assert {axes.get_gridspec().get_geometry() for axes in figure.axes} == {(3, 2)}
    assert draw_logos(motifs[:1]).axes[0].get_gridspec().get_geometry() == (1, 1)


def test_files_are_named_after_the_motifs(tmp_path):
    motifs = MotifSet([Motif(name, np.ones((4, 2))) for name in ("a/b", "a:b", ".x", "MAX", "max", "f03_CACGTG.1")])
    paths = write_logos(motifs, tmp_path / "logos")
    assert [path.stem for path in paths] == ["a_b", "a_b_2", "_x", "MAX", "max_2", "f03_CACGTG.1"]
    assert sorted(paths) == sorted((tmp_path / "logos").iterdir())
    assert all(path.read_bytes().startswith(b"<?xml") for path in paths)


def test_long_names_have_files_too(tmp_path):
    motifs = MotifSet([Motif("é" * 300 + end, np.ones((4, 2))) for end in "ab"])
    assert [len(path.stem) for path in write_logos(motifs, tmp_path, suffix=".png")] == [60, 62]


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (
            lambda here: draw_logo(EBOX, here / "a.jpg"),
            "HERE/a.jpg: a logo is saved as .png or .svg. Got '.jpg' instead\n  Change the suffix.",
        ),
        (
            lambda here: draw_logo(EBOX, here / "none" / "a.png"),
            "HERE/none/a.png: the logo cannot be written: No such file or directory\n"
            "  Name a folder that exists and is yours.",
        ),
        (
            lambda here: write_logos(MotifSet([EBOX]), here / "none" / "logos"),
            "HERE/none/logos: the folder for the logos cannot be made: No such file or directory\n"
            "  Name a folder inside one that exists and that you may write to.",
        ),
        (lambda here: draw_logos(MotifSet([])), "the motif set is empty: there is no logo to draw"),
        (lambda here: draw_logos(MotifSet([EBOX]), columns=0), "columns must be at least 1. Got 0 instead"),
    ],
)
def test_what_cannot_be_drawn(tmp_path, action, message):
    with pytest.raises(InputError) as caught:
        action(tmp_path)
    assert str(caught.value).replace(str(tmp_path), "HERE") == message


@pytest.mark.slow
def test_neither_pyplot_nor_a_backend_is_loaded():
    code = (
        "import sys; from motifnet.motifs import logo, motif; assert 'matplotlib' not in sys.modules\n"
        "logo.draw_logo(motif.Motif('m', [[1], [2], [3], [4]])).canvas.draw()\n"
        "print('matplotlib.pyplot' in sys.modules, 'tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.slow
def test_a_notebook_shows_a_figure_though_pyplot_was_never_imported():
    code = """
import sys
from IPython.core.formatters import DisplayFormatter
from motifnet import Motif, MotifSet, draw_logo, draw_logos
motif = Motif("ebox", [[1, 90], [95, 3], [3, 5], [1, 2]])
for figure in (draw_logo(motif), draw_logos(MotifSet([motif])), motif.logo()):
    shown = DisplayFormatter().format(figure)[0]
    assert shown["image/png"].startswith(b"\\x89PNG"), shown
assert "matplotlib.pyplot" not in sys.modules
"""
    pytest.importorskip("IPython")
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
