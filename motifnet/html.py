"""HTML representations for notebooks: a title, facts, and a small table.

Names come from untrusted files: every text is escaped and shortened here.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

#: Rows of a table that are shown.
MOST_ROWS = 10


class Image(NamedTuple):
    """An SVG drawn by motifnet, its alternative text, and its height in pixels."""

    svg: str
    text: str
    height: int = 40


def shortened(text: object, most: int = 60) -> str:
    """A text cut to `most` characters, with an ellipsis; empty for None.

    Examples
    --------
    >>> shortened("chr1:100-200"), shortened("A" * 10, most=4)
    ('chr1:100-200', 'AAA…')
    """
    whole = "" if text is None else str(text)
    return whole if len(whole) <= most else whole[: most - 1] + "…"


def summary_html(title: str, facts: Mapping[str, object], *parts: str) -> str:
    """A title, a line of named facts, and parts made by `table_html` or `image_html`.

    Examples
    --------
    >>> summary_html("Motif <b>", {"width": 8})
    '<div><p><strong>Motif &lt;b&gt;</strong><br>width: 8</p></div>'
    """
    line = " · ".join(f"{_cell(name)}: {_cell(value)}" for name, value in facts.items())
    return f"<div><p><strong>{_cell(title)}</strong>{'<br>' if line else ''}{line}</p>{''.join(parts)}</div>"


def table_html(columns: Sequence[str], rows: Iterable[Sequence[object]], *, n_rows: int, most: int = MOST_ROWS) -> str:
    """The first `most` rows of a table of `n_rows` rows, and the number of the others.

    Examples
    --------
    >>> table_html(["name"], [["a & b"]], n_rows=3).removeprefix("<table>")
    '<tr><th>name</th></tr><tr><td>a &amp; b</td></tr></table><p>and 2 more</p>'
    """
    shown = [row for row, _ in zip(rows, range(most), strict=False)]
    head = "".join(f"<th>{_cell(column)}</th>" for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>" for row in shown)
    more = f"<p>and {n_rows - len(shown):,} more</p>" if n_rows > len(shown) else ""
    return f"<table><tr>{head}</tr>{body}</table>{more}"


def image_html(image: Image) -> str:
    """An inline image as a data URL, so that its identifiers and styles do not affect the page."""
    data = base64.b64encode(image.svg.encode()).decode()
    alternative = html.escape(shortened(image.text))
    return f'<img alt="{alternative}" height="{image.height}" src="data:image/svg+xml;base64,{data}">'


def _cell(value: object) -> str:
    return image_html(value) if isinstance(value, Image) else html.escape(shortened(value))
