"""Pictures made without pyplot: no window, no global figure, the user's style and backend stay as they are.

Imports matplotlib: import this module only where something is drawn. Whoever gives axes of their own keeps their own
style; a picture of ours looks the same, and has the same bytes, whatever style is set.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from motifnet.html import shortened

#: What makes the bytes of a file depend on the time or on matplotlib's version, taken out.
METADATA: dict[str, dict[str, Any]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
#: Whatever the user's style sheet says, a picture looks the same; the font ships with matplotlib.
_STYLE: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 8.0,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "svg.hashsalt": "motifnet",
    "svg.fonttype": "path",
}


@contextmanager
def style() -> Iterator[None]:
    """Our style inside, the user's again afterwards."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


class Picture(Figure):
    """A figure that saves in our style.

    Jupyter draws a figure only once pyplot has been imported; a `Picture` shows as the value of a cell without that.
    """

    def __init__(self, width: float, height: float) -> None:
        super().__init__(figsize=(width, height), dpi=150)
        FigureCanvasAgg(self)

    def savefig(self, fname: Any, **options: Any) -> None:
        """As matplotlib does it; the same bytes each time."""
        suffix = f".{options.get('format') or str(fname).rpartition('.')[2]}"
        with style():
            super().savefig(fname, **{"metadata": METADATA.get(suffix), **options})

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


class PictureAxes(Axes):
    """Axes of a `Picture`: as the value of a notebook's cell they show all of it."""

    def _repr_png_(self) -> bytes | None:
        drawn = self.figure.figure  # of a SubFigure: the figure that it is part of
        return drawn._repr_png_() if isinstance(drawn, Picture) else None


@contextmanager
def axes_of(ax: Axes | None, width: float, height: float, *, margins: dict[str, float] | None = None) -> Iterator[Axes]:
    """The axes given, in the user's style; without any, new ones in ours, in a `Picture` of so many inches.

    The margins of a new picture are those of `Figure.subplots_adjust`, or else fitted, once, to what was drawn.
    """
    if ax is not None:
        yield ax
        return
    with style():
        picture = Picture(width, height)
        if margins is not None:
            picture.subplots_adjust(**margins)
        yield picture.add_subplot(axes_class=PictureAxes)
        if margins is None:
            picture.tight_layout()


def add_legend(ax: Axes, handles: Sequence[Any], names: Sequence[str], *, outside: bool = False) -> None:
    """A legend, inside or to the right, whose names are shown as they are: no formulas, none left out for a ``_``."""
    # matplotlib leaves out names that begin with an underscore.
    labels = [f" {name}" if name.startswith("_") else name for name in map(shortened, names)]
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1, 1)} if outside else {"framealpha": 0.8}
    for text in ax.legend(handles, labels, frameon=not outside, edgecolor="none", **place).get_texts():
        text.set_parse_math(False)
