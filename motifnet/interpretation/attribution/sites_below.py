"""Sites of motifs below a track of letters: selection and rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.html import shortened
from motifnet.motifs.known.databases import as_motifs
from motifnet.motifs.motif import MotifSet
from motifnet.motifs.scanning.scanners import scan
from motifnet.sequences.sequence_set import SequenceSet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Maximum number of sites per sequence, and of characters of a name.
MOST_SITES, NAME_LENGTH = 12, 24
#: Width of a character of a name, as a fraction of the length of the sequence; and its minimum in columns.
_CHARACTER, _MIN_CHARACTER = 1 / 220, 0.45


def hits_of(motifs: MotifSet | str | Path, sequences: SequenceSet) -> pd.DataFrame:
    """Hits of motifs in sequences: `HIT_COLUMNS` and ``label``, the name of the factor or, if unknown, of the motif."""
    known = as_motifs(motifs)
    hits = scan(known, sequences)
    labels = np.array([motif.alt_name or motif.name for motif in known], dtype=object)
    return hits.to_frame().assign(label=labels[hits.motif])


def sites_below(hits: pd.DataFrame, observed: NDArray[np.float32]) -> pd.DataFrame:
    """Choose the sites that are shown below one sequence, and their rows.

    Hits with the lowest p-values are chosen. Hits that share more than half of their bases with a better one are
    omitted.

    Parameters
    ----------
    hits : DataFrame
        Hits of motifs in the sequence (`hits_of`).
    observed : array of shape (L,)
        Contributions of the bases.

    Returns
    -------
    DataFrame
        At most `MOST_SITES` rows, sorted by start, with two further columns: ``contribution`` (sum over the bases of
        the site) and ``row`` (from 0 at the top; neither sites nor names overlap).
    """
    if "label" not in hits:
        hits = hits.assign(label=hits["motif"])
    taken: list[int] = []
    spans = hits[["start", "end"]].to_numpy(np.int64)
    for index in np.argsort(hits["p_value"].to_numpy(), kind="stable").tolist():
        start, end = spans[index]
        shared = [min(end, spans[i][1]) - max(start, spans[i][0]) for i in taken]
        if len(taken) < MOST_SITES and all(2 * width <= end - start for width in shared):
            taken.append(index)
    shown = hits.iloc[taken].sort_values("start", kind="stable").reset_index(drop=True)
    ends: list[float] = []
    rows = []
    for name, start, end in zip(shown["label"], shown["start"], shown["end"], strict=True):
        character = max(_CHARACTER * len(observed), _MIN_CHARACTER)
        right = max(end, start + (len(shortened(name, NAME_LENGTH)) + 4) * character)
        row = next((row for row, last in enumerate(ends) if last <= start), len(ends))
        ends[row : row + 1] = [right]
        rows.append(row)
    sums = [float(observed[start:end].sum()) for start, end in zip(shown["start"], shown["end"], strict=True)]
    return shown.assign(contribution=np.array(sums, dtype=np.float64), row=np.array(rows, dtype=np.int64))


def plot_letters(
    letters: NDArray[np.float32], ax: Axes | None = None, *, title: str, hits: pd.DataFrame | None = None
) -> Axes:
    """Plot the observed contributions ``(4, L)`` to one sequence, with the sites among `hits` below them."""
    from motifnet.figures import axes_of
    from motifnet.motifs.plots import plot_track

    sites = None if hits is None else sites_below(hits, letters.sum(axis=0))
    n_rows = 0 if sites is None or not len(sites) else int(sites["row"].max()) + 1
    with axes_of(ax, float(np.clip(0.12 * letters.shape[1] + 0.8, 3.0, 16.0)), 1.8 + 0.25 * n_rows) as axes:
        plot_track(letters, axes)
        axes.set_title(title, parse_math=False)
        if sites is not None and n_rows:
            draw_sites(axes, sites, n_rows)
    return axes


def draw_sites(ax: Axes, sites: pd.DataFrame, n_rows: int, *, height: float = 0.24) -> None:
    """Draw sites as bars below the letters, each with name and strand; the lower limit of the axes changes.

    `height` is that of a row, as a fraction of the height of the letters.
    """
    bottom, top = ax.get_ylim()
    height *= top - bottom
    ticks = [tick for tick in ax.get_yticks() if bottom <= tick <= top]
    ax.set_ylim(bottom - height * n_rows, top)
    ax.set_yticks(ticks)
    for site in sites.itertuples():
        y = bottom - height * (site.row + 0.3)
        # A white edge separates adjacent sites.
        ax.barh(
            y, site.end - site.start, left=site.start, height=0.2 * height, color="0.6", edgecolor="white", linewidth=1
        )
        label = f"{shortened(site.label, NAME_LENGTH)} ({site.strand})"
        ax.text(site.start, y - 0.15 * height, label, fontsize=6, va="top", ha="left", parse_math=False)
