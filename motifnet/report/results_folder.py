"""Read a folder of results for the report; most files may be missing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from motifnet.errors import FormatError, InputError, MotifnetError
from motifnet.models.storage import HISTORY, SPEC, SPLITS, ModelHeader, read_spec
from motifnet.motifs.io.files import read_motifs
from motifnet.motifs.motif import MotifSet
from motifnet.outputs import DATA, PROVENANCE, read_table

#: Files that every folder of results has.
MOTIFS, TABLE = "motifs.meme", "motifs.tsv"
KNOWN = "known.meme"
METRICS, PREDICTIONS, BASELINES = "metrics.json", "predictions.tsv", "baselines.tsv"
MODEL = "model"
#: Optional tables; a section whose table is missing is left out.
TABLES = (
    *("filters", "enrichment", "importance", "matches", "positions", "score_counts", "examples", "pairs"),
    "per_sequence",
)


class Row(dict[str, Any]):
    """A row of a table; missing columns and empty cells are None."""

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
        By the names of `TABLES`; those of missing files are empty.
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
    metrics: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    predictions: pd.DataFrame | None = None
    history: pd.DataFrame | None = None
    baselines: pd.DataFrame | None = None
    header: ModelHeader | None = None
    splits: Mapping[str, int] = field(default_factory=dict)
    known: MotifSet = field(default_factory=lambda: MotifSet([]))

    @property
    def outputs(self) -> str:
        """Kind of label: "classes", "values" or "counts"."""
        if self.header is not None:
            return self.header.spec.outputs
        are_values = any(row["test"] == "spearman" for row in self.tables["enrichment"])
        return "values" if are_values else "classes"

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
    path = Path(folder)
    for needed in (MOTIFS, TABLE):
        if not (path / needed).is_file():
            raise InputError(
                f"{folder}: not a folder of results: {needed} is missing",
                hint="Use a folder that `motifnet discover` or `motifnet motifs` wrote.",
            )
    motifs = read_motifs(path / MOTIFS)
    rows = _rows(path / TABLE)
    if [row["motif"] for row in rows] != list(motifs.names):
        raise InputError(
            f"{folder}: {MOTIFS} and {TABLE} list different motifs",
            hint="One file was changed. Run the analysis again.",
        )
    model = path / MODEL
    return Results(
        path,
        motifs,
        tuple(rows),
        MappingProxyType({name: _rows(path / f"{name}.tsv") for name in TABLES}),
        metrics=_json(path / METRICS),
        provenance=_json(path / PROVENANCE),
        data=_json(path / DATA),
        predictions=_table(path / PREDICTIONS),
        history=_table(model / HISTORY),
        baselines=_table(path / BASELINES),
        header=_header(model),
        splits=_splits(model / SPLITS),
        known=read_motifs(path / KNOWN) if (path / KNOWN).is_file() else MotifSet([]),
    )


def _table(path: Path) -> pd.DataFrame | None:
    if not path.is_file():
        return None
    try:
        return read_table(path)
    except MotifnetError:
        raise
    except ValueError as error:  # pandas' ParserError and UnicodeDecodeError are among them
        raise FormatError(
            path, f"not a tab-separated table: {str(error).strip()}", hint="Run the analysis again."
        ) from error


def _rows(path: Path) -> list[Row]:
    table = _table(path)
    if table is None:
        return []
    known = table.astype(object).where(table.notna(), None)
    columns = [str(column) for column in known.columns]
    return [Row(zip(columns, values, strict=True)) for values in known.itertuples(index=False, name=None)]


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise FormatError(path, f"not valid JSON: {error}", hint="Run the analysis again.") from error
    if not isinstance(document, dict):
        raise FormatError(path, "not a JSON object", hint="Run the analysis again.")
    return document


def _header(model: Path) -> ModelHeader | None:
    return read_spec(model / SPEC) if (model / SPEC).is_file() else None


def _splits(path: Path) -> dict[str, int]:
    """Number of sequences in each part of the split."""
    if not path.is_file():
        return {}
    splits = pd.read_csv(path, sep="\t", usecols=["split"], dtype=str, keep_default_na=False)["split"]
    return {str(name): int(n) for name, n in splits.value_counts().items()}
