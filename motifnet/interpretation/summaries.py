"""What a notebook shows of the motifs of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from motifnet.html import MOST_ROWS, summary_html, table_html
from motifnet.motifs.statistics.enrichment import SIGNIFICANT

if TYPE_CHECKING:
    from motifnet.interpretation.tables.motif_tables import MotifTables


def motif_tables_html(found: MotifTables) -> str:
    """The first motifs with their logos, how often held-out sequences hold them, and what they are like."""
    facts: dict[str, object] = {
        "motifs": len(found.motifs),
        "significant on held-out sequences": int((found.table["status"] == SIGNIFICANT).sum()),
        "filters": len(found.filters),
    }
    rows = [
        {
            "motif": motif.name,
            "logo": motif.logo_image(),
            "task": row["task"],
            "bits": _number(row["bits"], ".1f"),
            "held-out positives": _share(row["sites_positive"], row["n_positive"]),
            "held-out negatives": _share(row["sites_negative"], row["n_negative"]),
            "E": _number(row["e_value"], ".2g"),
            "importance": _number(row["importance"], ".3f"),
            "like": f"{_text(row['match_name'])}{' (part)' if row['match_kind'] == 'partial' else ''}",
        }
        for motif, (_, row) in zip(found.motifs[:MOST_ROWS], found.table.iterrows(), strict=False)
    ]
    columns = [column for column in rows[0] if any(row[column] != "" for row in rows)] if rows else []
    if found.table["task"].nunique() == 1:
        columns.remove("task")
    table = table_html(columns, ([row[column] for column in columns] for row in rows), n_rows=len(found.motifs))
    return summary_html("MotifTables", facts, table)


def _number(value: float, form: str) -> str:
    return "" if pd.isna(value) else format(value, form)


def _share(part: float, whole: float) -> str:
    return "" if pd.isna(whole) else f"{part:.0f} of {whole:.0f}"


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)
