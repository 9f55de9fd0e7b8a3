"""What a notebook shows of a trained model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from motifnet.html import summary_html, table_html
from motifnet.models.network.layers import describe
from motifnet.models.split_table import SplitTable

if TYPE_CHECKING:
    from motifnet.models.trained import TrainedModel

#: Rows of the table of layers, at most.
_MOST_LAYERS = 40


def model_html(model: TrainedModel) -> str:
    """What the model takes and predicts, how its training went, and its layers with their receptive fields."""
    spec, layers = model.spec, describe(model.spec)
    facts: dict[str, object] = {
        "takes": f"{spec.length:,} bp",
        "predicts": f"{', '.join(spec.tasks)} ({spec.outputs})",
        "strands": spec.strands,
        "parameters": f"{layers['parameters'].sum():,}",
        "first filters see": f"{spec.blocks[0].span} bp",
    }
    if len(model.history):
        facts |= _training(model)
    counts = SplitTable.from_mapping(model.splits).counts()
    facts |= {part: f"{number:,} sequences" for part, number in counts.items() if number}
    facts["beside it"] = "nothing" if model.kmers is None else "a regression on k-mers"
    columns = ("layer", "kind", "positions", "maps", "parameters", "field")
    rows = (
        (row.layer, row.kind, f"{row.positions:,}", f"{row.maps:,}", f"{row.parameters:,}", f"{row.field:,} bp")
        for row in layers.itertuples()
    )
    table = table_html(columns, rows, n_rows=len(layers), most=_MOST_LAYERS)
    return summary_html("TrainedModel", facts, table)


def _training(model: TrainedModel) -> dict[str, object]:
    """Of the step whose weights were kept."""
    history = model.history
    best = history.iloc[int(np.nanargmin(history["valid_loss"]))]
    scores = [name for name in history.columns if name.startswith("valid_") and name != "valid_loss"]
    told = {name.replace("valid_", "validation "): f"{best[name]:.3f}" for name in scores}
    return {"kept at step": f"{best['step']:.0f}", "validation loss": f"{best['valid_loss']:.3g}", **told}
