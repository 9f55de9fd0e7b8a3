"""Plots show what is in the motifs and tables, return their axes, and leave the user's matplotlib unchanged."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

from motifnet.errors import InputError
from motifnet.figures import InlineAxes
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.motifs.plots import draw_logos, plot_logo, plot_positions, plot_sites, plot_track, write_logos

EBOX = Motif("ebox", [[1, 90, 2, 4], [95, 3, 1, 20], [3, 5, 90, 6], [1, 2, 7, 70]], nsites=100)
SITES = pd.DataFrame(
    {
        "motif": ["a", "a", "$b_$", "a"],
        "sequence_index": [3, 8, 8, 9],
        "start": [10, 20, 30, 0],
        "end": [14, 24, 38, 4],
        "strand": ["+", "-", "+", "+"],
    }
)
POSITIONS = pd.DataFrame(
    {
        "motif": ["a"] * 3 + ["_b"] * 3,
        "bin_start": [-15.0, -5.0, 5.0] * 2,
        "bin_end": [-5.0, 5.0, 15.0] * 2,
        "sites_positive": [1, 7, 2, 0, 4, 0],
        "sites_negative": [1, 0, 1, 5, 5, 5],
    }
)
PLOTS: dict[str, Callable[..., Axes]] = {
    "logo": lambda ax=None: plot_logo(EBOX, ax),
    "track": lambda ax=None: plot_track(EBOX.pwm(), ax),
    "sites": lambda ax=None: plot_sites(SITES, ax),
    "positions": lambda ax=None: plot_positions(POSITIONS, ax),
}


def letters(ax: Axes) -> dict[str, np.ndarray]:
    """Outline of each base: vertices (n, 2) in columns and bits."""
    return {str(patch.get_gid()): patch.get_path().vertices for patch in ax.patches if patch.get_gid()}


def legend(ax: Axes) -> list[str]:
    found = ax.get_legend()
    assert found is not None
    return [text.get_text() for text in found.get_texts()]


# --- every plot ---


@pytest.mark.parametrize("name", PLOTS)
@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_a_new_figure_shows_in_a_notebook_and_has_the_same_bytes_in_any_style(
    name: str, suffix: str, tmp_path: Path
) -> None:
    ax = PLOTS[name]()
    assert isinstance(ax, InlineAxes)
    assert (ax._repr_png_() or b"").startswith(b"\x89PNG")
    ax.figure.savefig(tmp_path / f"a.{suffix}")
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red", "svg.hashsalt": None, "savefig.dpi": 30}):
        PLOTS[name]().figure.savefig(tmp_path / f"b.{suffix}")
        assert matplotlib.rcParams["font.size"] == 20
    assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


@pytest.mark.parametrize("name", PLOTS)
def test_axes_given_are_drawn_into_and_returned(name: str) -> None:
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert PLOTS[name](right) is right
    assert right.has_data() or letters(right)
    assert not left.has_data()
    assert not letters(left)
    figure.canvas.draw()


# --- logos ---


def test_letters_are_as_high_as_their_part_of_the_information() -> None:
    outlines = letters(plot_logo(EBOX))
    heights = EBOX.ppm * EBOX.information()
    for position in range(EBOX.width):
        top = 0.0
        for base in np.argsort(heights[:, position]):
            vertices = outlines["ACGT"[base]]
            here = vertices[np.abs(vertices[:, 0] - position - 1) <= 0.5]
            assert_allclose(here[:, 1].min(), top, atol=0.02 * heights[base, position])
            top += heights[base, position]
            # Round letters: a control point may be a little outside of the curve.
            assert_allclose(here[:, 1].max(), top, atol=0.02 * heights[base, position])
        assert top == pytest.approx(EBOX.information()[position])


def test_heights_of_a_logo_can_be_probabilities() -> None:
    ax = plot_logo(EBOX, heights="probability")
    assert ax.get_ylim() == (0, 1)
    assert letters(ax)["A"][:, 1].max() == pytest.approx(1)


def test_a_base_without_counts_is_not_drawn() -> None:
    outlines = letters(plot_logo(Motif("m", [[4, 4], [0, 4], [0, 0], [0, 0]])))
    assert not len(outlines["G"])
    assert outlines["C"][:, 0].min() > 1.5


def test_logomaker_draws_the_same_logo() -> None:
    logomaker = pytest.importorskip("logomaker")
    axes = plot_logo(EBOX)
    ours = axes.figure
    assert isinstance(ours, Figure)
    theirs = Figure(figsize=ours.get_size_inches(), dpi=ours.dpi)
    FigureCanvasAgg(theirs)
    box = theirs.add_axes(axes.get_position())
    heights = pd.DataFrame((EBOX.ppm * EBOX.information()).T, columns=list("ACGT"), index=range(1, EBOX.width + 1))
    logomaker.Logo(heights, ax=box, color_scheme="classic", baseline_width=0, font_name="DejaVu Sans")
    box.set_xlim(axes.get_xlim())
    box.set_ylim(axes.get_ylim())
    pixels = []
    for figure in (ours, theirs):
        figure.axes[0].set_title("")
        figure.axes[0].set_axis_off()
        figure.canvas.draw()
        pixels.append(np.asarray(figure.canvas.buffer_rgba()).astype(int))  # type: ignore[attr-defined]
    inked = (pixels[1].min(axis=2) < 128).sum()
    different = (np.abs(pixels[0] - pixels[1]).max(axis=2) > 2).sum()
    assert inked > 10_000
    # Where two letters touch, the order of drawing (by base, by position) decides about a row of pixels.
    assert different < 0.01 * inked


def test_the_axis_of_a_logo_reaches_two_bits_or_the_highest_column() -> None:
    assert plot_logo(EBOX).get_ylim() == (0, 2)
    rare = Motif("m", [[0], [1], [0], [0]], background=[0.45, 0.05, 0.05, 0.45])
    assert plot_logo(rare).get_ylim()[1] == pytest.approx(np.log2(20))


def test_title_and_ticks_of_a_logo() -> None:
    axes = plot_logo(Motif(r"a$\frac$", np.ones((4, 12))))
    axes.figure.canvas.draw()  # a formula in the title would fail here
    assert axes.get_title() == r"a$\frac$"
    assert list(axes.get_xticks()) == [1, 5, 10]
    assert plot_logo(EBOX).get_title() == "ebox (100 sites)"
    assert len(plot_logo(Motif("x" * 100_000, np.ones((4, 2)))).get_title()) == 60


def test_a_grid_has_one_logo_per_motif() -> None:
    motifs = MotifSet([Motif(f"f{i}", np.ones((4, 3 + i))) for i in range(5)])
    figure = draw_logos(motifs, columns=2)
    assert [axes.get_title() for axes in figure.axes] == list(motifs.names)
    assert len({axes.get_position().x0 for axes in figure.axes}) == 2
    assert len({axes.get_position().y0 for axes in figure.axes}) == 3


def test_files_are_named_after_the_motifs(tmp_path: Path) -> None:
    motifs = MotifSet([Motif(name, np.ones((4, 2))) for name in ("a/b", "a:b", ".x", "MAX", "max", "f03_CACGTG.1")])
    paths = write_logos(motifs, tmp_path / "logos")
    assert [path.stem for path in paths] == ["a_b", "a_b_2", "_x", "MAX", "max_2", "f03_CACGTG.1"]
    assert sorted(paths) == sorted((tmp_path / "logos").iterdir())
    assert all(path.read_bytes().startswith(b"<?xml") for path in paths)
    long = MotifSet([Motif("é" * 300 + end, np.ones((4, 2))) for end in "ab"])
    assert [len(path.stem) for path in write_logos(long, tmp_path, suffix=".png")] == [60, 62]


# --- tracks, sites, positions ---


def test_letters_of_a_track_are_as_high_as_their_values_and_negative_ones_are_below() -> None:
    values = np.zeros((4, 3))
    values[0, 0], values[2, 0], values[3, 1], values[1, 2] = 2.0, 1.0, -3.0, 0.5
    ax = plot_track(values, start=100)
    outlines = letters(ax)
    ends = {base: (outlines[base][:, 1].min(), outlines[base][:, 1].max()) for base in "ACGT"}
    assert ends["A"] == pytest.approx((1, 3))  # on the smaller G
    assert ends["T"] == pytest.approx((-3, 0))
    assert ends["G"] == pytest.approx((0, 1), abs=0.05)  # the curve of a round letter
    assert ends["C"] == pytest.approx((0, 0.5), abs=0.05)
    assert outlines["T"][:, 0].min() >= 101
    assert outlines["T"][:, 0].max() <= 102
    # Upside down: the bar of the T, its widest part, is at the bottom.
    bar = outlines["T"][np.isclose(outlines["T"][:, 1], -3.0)]
    assert np.ptp(bar[:, 0]) == pytest.approx(0.95)
    assert ax.get_xlim() == (100, 103)


def test_sites_are_drawn_at_their_coordinates_on_their_strand() -> None:
    ax = plot_sites(SITES)
    bars = sorted((p.get_x(), p.get_width(), p.get_y() + p.get_height() / 2) for p in ax.patches)  # type: ignore[attr-defined]
    # Sequences 3, 8 and 9 are lines 0, 1 and 2; the y axis points down.
    assert [bar[:2] for bar in bars] == [(0, 4), (10, 4), (20, 4), (30, 8)]
    assert [bar[2] for bar in bars] == pytest.approx([1.8, -0.2, 1.2, 0.8])
    assert legend(ax) == ["a", "$b_$"]
    assert ax.get_title() == "3 sequences with a site"
    ax.figure.canvas.draw()  # a formula in the legend would fail here
    assert len(plot_sites(SITES, motifs=["$b_$"]).patches) == 1


def test_the_first_hundred_of_many_sequences_are_drawn() -> None:
    many = pd.concat([SITES.assign(sequence_index=i) for i in range(150)])
    ax = plot_sites(many)
    assert ax.get_title() == "first 100 of 150 sequences with a site"
    assert len(ax.patches) == 400


def test_positions_of_both_classes() -> None:
    ax = plot_positions(POSITIONS, motif="_b")
    steps = [patch.get_data() for patch in ax.patches]  # type: ignore[attr-defined]
    assert [step.values.tolist() for step in steps] == [[5, 5, 5], [0, 4, 0]]
    assert steps[0].edges.tolist() == [-15, -5, 5, 15]
    assert ax.get_title() == "_b"
    assert plot_positions(POSITIONS).get_title() == "a"


# --- errors, imports ---


@pytest.mark.parametrize(
    "action",
    [
        lambda: plot_track(np.zeros((7, 4))),
        lambda: plot_track(Motif("m", [[1], [0], [0], [0]]).pwm(0)),
        lambda: plot_logo(EBOX, heights="odds"),
        lambda: plot_sites(SITES, motifs=["c"]),
        lambda: plot_sites(SITES[["motif", "start"]]),
        lambda: plot_positions(POSITIONS, motif="c"),
        lambda: plot_positions(POSITIONS[:0]),
        lambda: draw_logos(MotifSet([])),
        lambda: draw_logos(MotifSet([EBOX]), columns=0),
        lambda: write_logos(MotifSet([EBOX]), "no/folder"),
    ],
)
def test_what_cannot_be_drawn(action: Callable[[], object]) -> None:
    with pytest.raises(InputError):
        action()


@pytest.mark.slow
def test_a_notebook_shows_figures_without_pyplot_and_tensorflow() -> None:
    code = """
import sys
from motifnet import Motif, MotifSet
motif = Motif("ebox", [[1, 90], [95, 3], [3, 5], [1, 2]])
assert "matplotlib" not in sys.modules
from motifnet import draw_logos, plot_logo
from IPython.core.formatters import DisplayFormatter
for figure in (plot_logo(motif), draw_logos(MotifSet([motif]))):
    shown = DisplayFormatter().format(figure)[0]
    assert shown["image/png"].startswith(b"\\x89PNG"), shown
assert not {"matplotlib.pyplot", "tensorflow"} & set(sys.modules)
"""
    pytest.importorskip("IPython")
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
