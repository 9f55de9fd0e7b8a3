"""What a notebook shows of the motifs of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from motifnet.motifs.significance import SIGNIFICANT
from motifnet.motifs.summaries import logo_image
from motifnet.summary import summary_html, table_html

if TYPE_CHECKING:
    from motifnet.interpretation.motif_tables import MotifTables

_COLUMNS = ("motif", "logo", "task", "bits", "held-out positives", "held-out negatives", "E", "importance", "like")


def motif_tables_html(found: MotifTables) -> str:
    """The first motifs with their logos, how often held-out sequences hold them, and what they are like."""
    facts: dict[str, object] = {
        "motifs": len(found.motifs),
        "significant on held-out sequences": int((found.table["status"] == SIGNIFICANT).sum()),
        "filters": len(found.filters),
    }
    rows = (
        (
            motif.name,
            logo_image(motif),
            row["task"],
            _number(row["bits"], ".1f"),
            _share(row["sites_positive"], row["n_positive"]),
            _share(row["sites_negative"], row["n_negative"]),
            _number(row["E"], ".2g"),
            _number(row["importance"], ".3f"),
            f"{_text(row['match_name'])}{' (part)' if row['match_kind'] == 'partial' else ''}",
        )
        for motif, (_, row) in zip(found.motifs, found.table.iterrows(), strict=True)
    )
    return summary_html("MotifTables", facts, table_html(_COLUMNS, rows, n_rows=len(found.motifs)))


def _number(value: float, form: str) -> str:
    return "" if pd.isna(value) else format(value, form)


def _share(part: float, whole: float) -> str:
    return "" if pd.isna(whole) else f"{part:.0f} of {whole:.0f}"


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)
