"""What a notebook shows of a value: a few facts and a small table, as HTML in which nothing given is markup.

Names come from files that anybody may have written: every text is cut to a readable length and escaped here.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

#: Rows of a table, at most, and letters of a text.
MOST_ROWS = 10
_MOST_LETTERS = 60


class Image(NamedTuple):
    """An SVG that motifnet has drawn, shown so many pixels high; `text` is read aloud in its place."""

    svg: str
    text: str
    height: int = 40


def shortened(text: object, most: int = _MOST_LETTERS) -> str:
    """The beginning of a text, with an ellipsis where something is left out.

    Examples
    --------
    >>> shortened("chr1:100-200"), shortened("A" * 10, most=4)
    ('chr1:100-200', 'AAA…')
    """
    whole = str(text)
    return whole if len(whole) <= most else whole[: most - 1] + "…"


def summary_html(title: str, facts: Mapping[str, object], *parts: str) -> str:
    """A title, facts by name in one line, and what `table_html` and `image_html` made.

    Examples
    --------
    >>> summary_html("Motif <b>", {"width": 8})
    '<div><p><strong>Motif &lt;b&gt;</strong><br>width: 8</p></div>'
    """
    told = " · ".join(f"{_cell(name)}: {_cell(value)}" for name, value in facts.items())
    return f"<div><p><strong>{_cell(title)}</strong>{'<br>' if told else ''}{told}</p>{''.join(parts)}</div>"


def table_html(columns: Sequence[str], rows: Iterable[Sequence[object]], *, n_rows: int, most: int = MOST_ROWS) -> str:
    """The first rows of a table; of more, `n_rows` in all, it says how many there are.

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
    """An image that needs no file: base64 in its address, so that its ids and styles stay its own."""
    data = base64.b64encode(image.svg.encode()).decode()
    alternative = html.escape(shortened(image.text))
    return f'<img alt="{alternative}" height="{image.height}" src="data:image/svg+xml;base64,{data}">'


def _cell(value: object) -> str:
    return image_html(value) if isinstance(value, Image) else html.escape(shortened(value))
