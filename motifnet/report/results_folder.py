"""Read a folder of results for the report; most files may be missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from motifnet.documents import read_json, read_table
from motifnet.errors import FormatError, InputError, quoted
from motifnet.interpretation.tables.columns import FILES, read_motif_table
from motifnet.models.baselines import PREDICTION_COLUMNS
from motifnet.models.storage import HISTORY, SPEC, SPLITS, ModelHeader, read_history, read_spec
from motifnet.motifs.io.files import read_motifs
from motifnet.motifs.motif import MotifSet
from motifnet.outputs import DATA
from motifnet.provenance import PROVENANCE
from motifnet.sequences.splits.random import PARTS

#: Metrics on the test sequences.
METRICS_FILE = "metrics.json"
#: Labels and predictions of the test sequences by the model, and predictions by the baseline models.
PREDICTIONS, BASELINE_PREDICTIONS = "predictions.tsv", "baselines.tsv"
#: Optional tables; a section whose table is missing is left out.
_TABLES = tuple(name for name in FILES if name not in ("table", "sites"))
#: JSON documents of a folder of results, as far as they are read (`documents.check_structure`).
DOCUMENTS: dict[str, Any] = {
    METRICS_FILE: {"*": {"baselines": {"*": {"*": float}}, "*": float}},
    DATA: {
        "parts": [{"task": str, "class": str, "split": str, "n": float}],
        "classes": [{"task": str, "class": str, "n": float, "gc": float, "n_fraction": float}],
        "lengths": {"*": float},
        "findings": [{"check": str, "task": str, "value": float, "verdict": str, "finding": str, "advice": str}],
        "negatives": {"text": str},
        "length_rule": {"length": int, "anchor": str},
    },
    PROVENANCE: {
        **dict.fromkeys(("written_by", "time", "python", "machine"), str),
        **dict.fromkeys(("seed", "threads"), int),
        "command": [str],
        "versions": {"*": str},
        "seconds": {"*": float},
        "inputs": [{"path": str, "bytes": float, "sha256": str}],
    },
}
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
        return (
            "values"
            if are_values or any("spearman" in (metrics or ()) for metrics in self.metrics.values())
            else "classes"
        )

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
    motifs, rows = read_motifs(path / "motifs.meme"), tuple(_rows(path, "table"))
    if [row["motif"] for row in rows] != list(motifs.names):
        raise InputError(
            f"{folder}: motifs.meme and motifs.tsv list different motifs",
            hint=f"One file was changed. {_AGAIN}",
        )
    known = path / "known.meme"
    return Results(
        path,
        motifs,
        rows,
        {name: _rows(path, name) for name in _TABLES},
        **{name: _as_rows(read_document(path, f"{name}.json")) for name in ("metrics", "provenance", "data")},
        predictions=read_predictions(path) if (path / PREDICTIONS).is_file() else None,
        history=read_history(model / HISTORY) if (model / HISTORY).is_file() else None,
        baselines=read_baseline_predictions(path) if (path / BASELINE_PREDICTIONS).is_file() else None,
        header=read_spec(model / SPEC) if (model / SPEC).is_file() else None,
        splits=_splits(model / SPLITS),
        known=read_motifs(known) if known.is_file() else MotifSet([]),
    )


def read_document(folder: Path, name: str) -> dict[str, Any]:
    """Read a JSON document of `DOCUMENTS`; empty if the file is missing.

    Raises FormatError if the document is damaged, or a value has another type than declared.
    """
    path = folder / name
    document: dict[str, Any] | None = read_json(path, DOCUMENTS[name]) if path.exists() else {}
    if document is None:
        raise FormatError(path, "not a JSON object", hint=_AGAIN)
    return document


def _as_rows(value: Any) -> Any:
    """Objects in a JSON value as `Row`."""
    if isinstance(value, dict):
        return Row({name: _as_rows(child) for name, child in value.items()})
    return [_as_rows(child) for child in value] if isinstance(value, list) else value


def read_predictions(folder: Path) -> pd.DataFrame:
    """Read predictions.tsv: index, name, and the label and prediction of each task. Raises FormatError if damaged."""
    # A task may have the name of a column of text in other tables.
    columns, key = ("sequence_index", "name"), ("sequence_index",)
    return read_table(folder / PREDICTIONS, columns, texts=("name",), key=key, filled=key, has_more=True)


def read_baseline_predictions(folder: Path) -> pd.DataFrame:
    """Read baselines.tsv; raises FormatError if it is damaged."""
    filled = ("sequence_index", "prediction")
    return read_table(folder / BASELINE_PREDICTIONS, PREDICTION_COLUMNS, key=PREDICTION_COLUMNS[:3], filled=filled)


def _rows(folder: Path, name: str) -> list[Row]:
    """Rows of a table of `FILES`; none if the file is missing."""
    if not (folder / FILES[name]).is_file():
        return []
    table = read_motif_table(folder, name)
    known = table.astype(object).where(table.notna(), None)
    return [Row(row) for row in known.to_dict("records")]


def _splits(path: Path) -> dict[str, int]:
    """Number of sequences in each part of the split."""
    if not path.is_file():
        return {}
    columns = ("digest", "split")
    splits = read_table(path, columns, texts=columns)["split"].value_counts()
    if foreign := sorted(set(splits.index) - set(PARTS)):
        raise FormatError(
            path, f"split must be one of {', '.join(PARTS)}. Got {quoted(foreign[0])} instead", hint=_AGAIN
        )
    return {str(name): int(n) for name, n in splits.items()}
