"""Read a folder of results for the report; most files may be missing."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from motifnet.documents import TEXT_COLUMNS, read_table
from motifnet.errors import FormatError, InputError
from motifnet.models.storage import HISTORY, SPEC, SPLITS, ModelHeader, read_spec
from motifnet.motifs.io.files import read_motifs
from motifnet.motifs.motif import MotifSet
from motifnet.outputs import DATA
from motifnet.provenance import PROVENANCE

#: Optional tables; a section whose table is missing is left out.
_TABLES = (
    *("filters", "enrichment", "importance", "matches", "positions", "score_counts", "examples", "pairs"),
    "per_sequence",
)
_AGAIN = "Run the analysis again."


class Row(dict[str, Any]):
    """A row of a table or an object of a JSON file; missing columns, empty cells and missing keys are None."""

    def __missing__(self, key: str) -> None:
        return None


@dataclass(frozen=True, eq=False)
class Results:
    """The contents of a folder of results.

    Parameters
    ----------
    folder : Path
    motifs : MotifSet
    rows : tuple of Row
        Of motifs.tsv, in the order of `motifs`.
    tables : mapping of str to list of Row
        The optional tables by name; those of missing files are empty.
    metrics, provenance, data : mapping
        The JSON documents; empty where missing.
    predictions, history, baselines : DataFrame or None
    header : ModelHeader or None
        Of the model in the folder.
    splits : mapping of str to int
        Sequences in each part of the model's split.
    known : MotifSet
        Known motifs that matched; empty if known.meme is missing.
    """

    folder: Path
    motifs: MotifSet
    rows: tuple[Row, ...]
    tables: Mapping[str, list[Row]]
    metrics: Mapping[str, Any]
    provenance: Mapping[str, Any]
    data: Mapping[str, Any]
    predictions: pd.DataFrame | None
    history: pd.DataFrame | None
    baselines: pd.DataFrame | None
    header: ModelHeader | None
    splits: Mapping[str, int]
    known: MotifSet

    @property
    def outputs(self) -> str:
        """Kind of label: "classes", "values" or "counts"."""
        if self.header is not None:
            return self.header.spec.outputs
        are_values = any(row["test"] == "rank" for row in self.tables["enrichment"])
        return "values" if are_values or any("spearman" in metrics for metrics in self.metrics.values()) else "classes"

    @property
    def kinds(self) -> tuple[str, str]:
        """Names of the two classes that motifs distinguish."""
        return ("positives", "negatives") if self.outputs == "classes" else ("upper third", "lower third")

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of the tasks, in the order of the model."""
        if self.header is not None:
            return self.header.spec.tasks
        return tuple(dict.fromkeys(row["task"] for row in self.tables["enrichment"])) or tuple(self.metrics)

    def of_motif(self, table: str, motif: str) -> list[Row]:
        """Rows of a table for one motif."""
        return self._by_motif[table].get(motif, [])

    @cached_property
    def _by_motif(self) -> dict[str, dict[str, list[Row]]]:
        groups: dict[str, dict[str, list[Row]]] = {name: {} for name in self.tables}
        for name, rows in self.tables.items():
            for row in rows:
                groups[name].setdefault(row["motif"], []).append(row)
        return groups


def read_results(folder: str | Path) -> Results:
    """Read a folder that `discover` or `motifnet motifs` wrote.

    Raises
    ------
    InputError
        If motifs.meme or motifs.tsv is missing, or their motifs differ.
    FormatError
        If a file is damaged.
    """
    path, model = Path(folder), Path(folder) / "model"
    for needed in ("motifs.meme", "motifs.tsv"):
        if not (path / needed).is_file():
            raise InputError(
                f"{folder}: not a folder of results: {needed} is missing",
                hint="Use a folder that `motifnet discover` or `motifnet motifs` wrote.",
            )
    motifs, rows = read_motifs(path / "motifs.meme"), _rows(path / "motifs.tsv")
    if [row["motif"] for row in rows] != list(motifs.names):
        raise InputError(
            f"{folder}: motifs.meme and motifs.tsv list different motifs",
            hint=f"One file was changed. {_AGAIN}",
        )
    return Results(
        path,
        motifs,
        tuple(rows),
        {name: _rows(path / f"{name}.tsv") for name in _TABLES},
        metrics=_json(path / "metrics.json"),
        provenance=_json(path / PROVENANCE),
        data=_json(path / DATA),
        predictions=_table(path / "predictions.tsv", texts=("name",)),
        history=_table(model / HISTORY),
        baselines=_table(path / "baselines.tsv"),
        header=read_spec(model / SPEC) if (model / SPEC).is_file() else None,
        splits=_splits(model / SPLITS),
        known=read_motifs(path / "known.meme") if (path / "known.meme").is_file() else MotifSet([]),
    )


def _table(path: Path, texts: Collection[str] = TEXT_COLUMNS) -> pd.DataFrame | None:
    return read_table(path, texts=texts) if path.is_file() else None


def _rows(path: Path) -> list[Row]:
    table = _table(path)
    if table is None:
        return []
    known = table.astype(object).where(table.notna(), None)
    return [Row(row) for row in known.to_dict("records")]


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        document = json.loads(path.read_text(encoding="utf-8"), object_hook=Row)
    except ValueError as error:
        raise FormatError(path, f"not valid JSON: {error}", hint=_AGAIN) from error
    if not isinstance(document, dict):
        raise FormatError(path, "not a JSON object", hint=_AGAIN)
    return document


def _splits(path: Path) -> dict[str, int]:
    """Number of sequences in each part of the split."""
    if not path.is_file():
        return {}
    splits = pd.read_csv(path, sep="\t", usecols=["split"], dtype=str, keep_default_na=False)["split"]
    return {str(name): int(n) for name, n in splits.value_counts().items()}
