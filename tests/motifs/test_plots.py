"""Pictures of sites, positions and letters: what is drawn is what is in the tables, in axes that a notebook shows."""

from __future__ import annotations

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from motifnet.errors import InputError
from motifnet.figures import PictureAxes
from motifnet.motifs.motif import Motif
from motifnet.motifs.plots import plot_positions, plot_sites, plot_track

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
DRAWN = {
    "logo": EBOX.logo,
    "track": lambda ax=None: plot_track(EBOX.pwm(), ax),
    "sites": lambda ax=None: plot_sites(SITES, ax),
    "positions": lambda ax=None: plot_positions(POSITIONS, ax),
}


def letters(ax: Axes) -> dict[str, np.ndarray]:
    """Outline of each base: vertices (n, 2)."""
    return {str(patch.get_gid()): patch.get_path().vertices for patch in ax.patches if patch.get_gid()}


def legend(ax: Axes) -> list[str]:
    drawn = ax.get_legend()
    assert drawn is not None
    return [text.get_text() for text in drawn.get_texts()]


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_of_its_own_shows_in_a_notebook_and_saves_the_same_bytes(name, tmp_path):
    ax = DRAWN[name]()
    assert isinstance(ax, PictureAxes)
    assert ax._repr_png_().startswith(b"\x89PNG")
    ax.figure.savefig(tmp_path / "a.svg")
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red", "svg.hashsalt": None}):
        DRAWN[name]().figure.savefig(tmp_path / "b.svg")
        assert matplotlib.rcParams["font.size"] == 20
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


@pytest.mark.parametrize("name", DRAWN)
def test_axes_of_the_user_are_drawn_into_and_given_back(name):
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert DRAWN[name](right) is right
    assert right.has_data() or letters(right)
    assert not left.has_data()
    assert not letters(left)
    figure.canvas.draw()


def test_letters_of_a_track_are_as_high_as_their_values_and_negative_ones_hang():
    values = np.zeros((4, 3))
    values[0, 0], values[2, 0], values[3, 1], values[1, 2] = 2.0, 1.0, -3.0, 0.5
    ax = plot_track(values, start=100)
    drawn = letters(ax)
    ends = {base: (drawn[base][:, 1].min(), drawn[base][:, 1].max()) for base in "ACGT"}
    assert ends["A"] == pytest.approx((1, 3))  # on the smaller G
    assert ends["T"] == pytest.approx((-3, 0))
    assert ends["G"] == pytest.approx((0, 1), abs=0.05)  # the curve of a round letter
    assert ends["C"] == pytest.approx((0, 0.5), abs=0.05)
    assert drawn["T"][:, 0].min() >= 101
    assert drawn["T"][:, 0].max() <= 102
    # Upside down: the bar of the T, its widest part, is at the bottom.
    bar = drawn["T"][np.isclose(drawn["T"][:, 1], -3.0)]
    assert np.ptp(bar[:, 0]) == pytest.approx(0.95)
    assert ax.get_xlim() == (100, 103)


def test_heights_of_a_logo_can_be_probabilities():
    ax = EBOX.logo(heights="probability")
    assert ax.get_ylim() == (0, 1)
    assert letters(ax)["A"][:, 1].max() == pytest.approx(1)


def test_sites_are_drawn_where_they_are_on_their_strand():
    ax = plot_sites(SITES)
    bars = sorted((p.get_x(), p.get_width(), p.get_y() + p.get_height() / 2) for p in ax.patches)
    # Sequences 3, 8 and 9 are lines 0, 1 and 2; the y axis points down.
    assert [bar[:2] for bar in bars] == [(0, 4), (10, 4), (20, 4), (30, 8)]
    assert [bar[2] for bar in bars] == pytest.approx([1.8, -0.2, 1.2, 0.8])
    assert legend(ax) == ["a", "$b_$"]
    assert ax.get_title() == "3 sequences with a site"
    ax.figure.canvas.draw()  # a formula in the legend would fail here
    assert len(plot_sites(SITES, motifs=["$b_$"]).patches) == 1


def test_of_many_sequences_the_first_hundred_are_drawn():
    many = pd.concat([SITES.assign(sequence_index=i) for i in range(150)])
    ax = plot_sites(many)
    assert ax.get_title() == "first 100 of 150 sequences with a site"
    assert len(ax.patches) == 400


def test_positions_of_both_classes():
    ax = plot_positions(POSITIONS, motif="_b")
    steps = [patch.get_data() for patch in ax.patches]
    assert [step.values.tolist() for step in steps] == [[5, 5, 5], [0, 4, 0]]
    assert steps[0].edges.tolist() == [-15, -5, 5, 15]
    assert ax.get_title() == "_b"
    assert plot_positions(POSITIONS).get_title() == "a"


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (
            lambda: plot_track(np.zeros((7, 4))),
            "values must have shape (4, L). Got (7, 4) instead\n"
            "  Rows are bases, columns are positions: give values.T.",
        ),
        (
            lambda: plot_track(Motif("m", [[1], [0], [0], [0]]).pwm(0)),
            "a value is not finite\n  Of a PWM: motif.pwm() has a pseudocount, pwm(0) may be -inf.",
        ),
        (lambda: EBOX.logo(heights="odds"), "heights must be one of information, probability. Got 'odds' instead"),
        (
            lambda: plot_sites(SITES, motifs=["c"]),
            "there is no site to draw\n  The table names the motifs in its column 'motif'.",
        ),
        (
            lambda: plot_sites(SITES[["motif", "start"]]),
            "the table has no column 'sequence_index', 'end', 'strand'\n  Its columns are: motif, start.",
        ),
        (lambda: plot_positions(POSITIONS, motif="c"), "the table has no positions of motif 'c'"),
        (lambda: plot_positions(POSITIONS[:0]), "the table is empty"),
    ],
)
def test_what_cannot_be_drawn(action, message):
    with pytest.raises(InputError) as caught:
        action()
    assert str(caught.value) == message
