"""Figures without pyplot: no window, no global state; the user's style and backend do not change.

Axes of the user keep the user's style. New figures have a fixed style, so that their files have the same bytes each
time. This module imports matplotlib; import it inside the functions that draw.
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

#: Metadata that depends on the time or on the version of matplotlib; removed from files.
_METADATA: dict[str, dict[str, Any]] = {
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


class InlineFigure(Figure):
    """A figure in the fixed style that notebooks display. (Other figures are displayed only if pyplot is imported.)"""

    def __init__(self, width: float, height: float) -> None:
        super().__init__(figsize=(width, height), dpi=150)
        FigureCanvasAgg(self)

    def savefig(self, fname: Any, **options: Any) -> None:
        """Save as matplotlib does, with the same bytes each time."""
        suffix = f".{options.get('format') or str(fname).rpartition('.')[2]}"
        with style():
            super().savefig(fname, **{"metadata": _METADATA.get(suffix), **options})

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


class InlineAxes(Axes):
    """Axes of an `InlineFigure`; notebooks display the whole figure."""

    def _repr_png_(self) -> bytes | None:
        figure = self.figure.figure  # the parent figure of a SubFigure
        return figure._repr_png_() if isinstance(figure, InlineFigure) else None


@contextmanager
def axes_of(ax: Axes | None, width: float, height: float, *, margins: dict[str, float] | None = None) -> Iterator[Axes]:
    """The given axes, or those of a new `InlineFigure` of `width` x `height` inches.

    `margins` are arguments of `Figure.subplots_adjust`; without them the layout is fitted after drawing.
    """
    if ax is not None:
        yield ax
        return
    with style():
        figure = InlineFigure(width, height)
        if margins is not None:
            figure.subplots_adjust(**margins)
        yield figure.add_subplot(axes_class=InlineAxes)
        if margins is None:
            figure.tight_layout()


def add_legend(ax: Axes, handles: Sequence[Any], names: Sequence[str], *, outside: bool = False) -> None:
    """A legend inside the axes or to the right. Names are shown literally, without math text."""
    # matplotlib omits names that begin with an underscore.
    labels = [f" {name}" if name.startswith("_") else name for name in map(shortened, names)]
    position: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1, 1)} if outside else {"framealpha": 0.8}
    for text in ax.legend(handles, labels, frameon=not outside, edgecolor="none", **position).get_texts():
        text.set_parse_math(False)
