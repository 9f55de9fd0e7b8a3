"""Logos of the contributions of patterns: the contribution weight matrix, aligned with the motif of the card."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from motifnet.html import shortened
from motifnet.motifs.alignment import align_motifs
from motifnet.motifs.motif import BASES, Floats, Motif
from motifnet.report.letter_tracks import HEIGHT, LEFT, TOP, UNITS, value_labels
from motifnet.report.motif_logos import COLUMN, outline, svg_image
from motifnet.report.results_folder import Results, Row

#: Width of a column, in pixels.
_COLUMN_WIDTH = 16.0


def pattern_logo(results: Results, row: Row, motif: Motif) -> Markup | None:
    """Contributions of the pattern with the most seqlets of a motif, in its orientation; None without patterns."""
    names = (row["patterns"] or "").split(", ")
    patterns = [each for each in results.tables["patterns"] if each["pattern"] in names]
    if not patterns:
        return None
    name = max(patterns, key=lambda each: each["nsites"])["pattern"]
    columns = [each for each in results.tables["pattern_contributions"] if each["pattern"] == name]
    if not columns:
        return None
    values = _matrix(sorted(columns, key=lambda each: each["position"]))
    if motif_strand(values, motif) == "-":
        values = values[::-1, ::-1]
    return contribution_logo(values, f"contributions of the pattern {shortened(name)}")


def _matrix(columns: Sequence[Row]) -> Floats:
    return np.array([[column[base] for column in columns] for base in BASES], dtype=np.float64)


def motif_strand(contributions: Floats, motif: Motif) -> str:
    """Strand of the motif on which the contributions ``(4, w)`` are most similar to it."""
    size = np.abs(contributions)
    pattern = Motif("pattern", size + 1e-3 * size.max() + 1e-12, nsites=1, background=motif.background)
    return "-" if align_motifs([motif], [pattern]).is_reverse[0, 0] else "+"


def contribution_logo(values: Floats, label: str) -> Markup:
    """Letters as high as their contributions ``(4, w)``; negative ones below the axis, upside down."""
    tops, bottoms = (np.maximum(part, 0).sum(axis=0) for part in (values, -values))
    highest, lowest = float(tops.max(initial=0)), -float(bottoms.max(initial=0))
    scale = UNITS / ((highest - lowest) or 1.0)
    zero = scale * highest
    paths = {(base, is_below): "" for base in BASES for is_below in (False, True)}
    for column, heights in enumerate((scale * values).T):
        reached = [0.0, 0.0]
        for base in np.argsort(np.abs(heights), kind="stable").tolist():
            height, is_below = abs(float(heights[base])), bool(heights[base] < 0)
            reached[is_below] += height
            if height >= 4:  # lower letters are invisible
                paths[BASES[base], is_below] += outline(BASES[base], column * COLUMN, zero - reached[is_below], height)
    mirrored = f' transform="matrix(1 0 0 -1 0 {2 * zero:.5g})"'
    drawn = "".join(
        f'<path class="{base}" d="{path}"{mirrored if is_below else ""}/>'
        for (base, is_below), path in paths.items()
        if path
    )
    width, y_zero = _COLUMN_WIDTH * values.shape[1], TOP + HEIGHT * zero / UNITS
    transform = f"translate({LEFT} {TOP}) scale({_COLUMN_WIDTH / COLUMN:.4g} {HEIGHT / UNITS})"
    inside = (
        f'<path class="axis" d="M{LEFT} {y_zero:.4g}h{width:.5g}"/><g transform="{transform}">{drawn}</g>'
        f"{value_labels(lowest, highest)}"
    )
    return svg_image(LEFT + width + 6, TOP + HEIGHT + 18, inside, label, "logo")
