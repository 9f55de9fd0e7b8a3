"""Figures without pyplot: no window, no global state; the user's style and backend do not change.

This module imports matplotlib, so import it only where something is drawn. Axes given by the user keep the user's
style. New figures have a fixed style, so that their files are the same bytes each time.
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

#: Metadata that depends on the time or on matplotlib's version; removed from files.
METADATA: dict[str, dict[str, Any]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
#: Style of new figures; the font is part of matplotlib.
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
    """Apply the style of new figures; restore the user's style on exit."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


class Picture(Figure):
    """A figure that is saved in the fixed style.

    Jupyter displays matplotlib figures only after pyplot was imported; a `Picture` displays itself.
    """

    def __init__(self, width: float, height: float) -> None:
        super().__init__(figsize=(width, height), dpi=150)
        FigureCanvasAgg(self)

    def savefig(self, fname: Any, **options: Any) -> None:
        """Save as matplotlib does, with the same bytes each time."""
        suffix = f".{options.get('format') or str(fname).rpartition('.')[2]}"
        with style():
            super().savefig(fname, **{"metadata": METADATA.get(suffix), **options})

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


class PictureAxes(Axes):
    """Axes of a `Picture`; in a notebook they display the whole figure."""

    def _repr_png_(self) -> bytes | None:
        drawn = self.figure.figure  # the parent figure of a SubFigure
        return drawn._repr_png_() if isinstance(drawn, Picture) else None


@contextmanager
def axes_of(ax: Axes | None, width: float, height: float, *, margins: dict[str, float] | None = None) -> Iterator[Axes]:
    """The given axes, or the axes of a new `Picture` of `width` x `height` inches.

    `margins` are arguments of `Figure.subplots_adjust`; without them the margins are fitted after drawing.
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
    """A legend inside the axes or to the right. Names are shown literally, without math text."""
    # matplotlib omits names that begin with an underscore.
    labels = [f" {name}" if name.startswith("_") else name for name in map(shortened, names)]
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1, 1)} if outside else {"framealpha": 0.8}
    for text in ax.legend(handles, labels, frameon=not outside, edgecolor="none", **place).get_texts():
        text.set_parse_math(False)
