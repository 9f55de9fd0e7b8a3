"""A matplotlib figure that a notebook shows by itself. Imports matplotlib: import it only where something is drawn."""

from __future__ import annotations

import io

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


class Picture(Figure):
    """A figure made without pyplot: no window, no global state.

    Jupyter draws a figure only once pyplot has been imported; a `Picture` shows as the value of a cell without that.
    """

    def __init__(self, width: float, height: float) -> None:
        super().__init__(figsize=(width, height), dpi=150)
        FigureCanvasAgg(self)

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", metadata={"Software": None})
        return buffer.getvalue()
