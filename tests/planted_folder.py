"""Folders of results with planted values, in the format of `discover`, for tests of the report."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from motifnet.interpretation.tables.columns import COLUMNS, FILES
from motifnet.models.network.spec import ModelSpec
from motifnet.models.storage import ModelHeader
from motifnet.models.training.train_spec import TrainSpec
from motifnet.motifs.io.files import write_motifs
from motifnet.motifs.known.databases import read_database
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.motifs.statistics.pairs import ORIENTATIONS

HOSTILE = """<script>alert(1)</script>"'><img src=x onerror=alert(2)>{{7*7}}&amp;"""
#: A name that is too long for any line.
LONG = "N" * 100_000


@dataclass(frozen=True)
class Plan:
    """Contents of the folder: numbers of motifs, names, tasks and kind of labels."""

    n_motifs: int = 4
    n_significant: int = 2
    width: int = 12
    name: str = "chr1:100-200"
    factor: str = "CTCF"
    tasks: tuple[str, ...] = ("positive",)
    outputs: str = "classes"
    status: str = ""
    matches: int = 3


def write_folder(folder: Path, plan: Plan = Plan()) -> Path:
    """Write the files of a folder of `discover`."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    names = [f"m{number + 1:02d}_ACGTACGT" for number in range(plan.n_motifs)]
    motifs = [Motif(name, rng.dirichlet([0.2] * 4, plan.width).T * 100, nsites=100) for name in names]
    write_motifs(MotifSet(motifs), folder / "motifs.meme")
    rows = [_motif_row(plan, number, motif) for number, motif in enumerate(motifs)]
    _write(folder / "motifs.tsv", rows)
    _write(folder / "enrichment.tsv", [_test_row(plan, row, task) for task in plan.tasks for row in rows])
    _write(folder / "matches.tsv", [row for name in names for row in _match_rows(plan, name)])
    _write(folder / "positions.tsv", [row for name in names for row in _position_rows(name)])
    _write(folder / "score_counts.tsv", [row for row in rows for row in _score_rows(row)])
    _write(folder / "examples.tsv", [row for name in names for row in _example_rows(plan, name)])
    _write(folder / "filters.tsv", _filter_rows(names))
    if len(names) > 1:
        _write(folder / "pairs.tsv", [_pair_row(names[0], names[1])])
        _write(folder / "spacing.tsv", _spacing_rows(names[0], names[1], plan.tasks[0]))
    _write(folder / "per_sequence.tsv", [{"n_motifs": k, "positives": 10 * k, "negatives": 5} for k in range(3)])
    _write(folder / "sites.tsv", [])
    (folder / "sites.bed").write_text("")
    (folder / "metrics.json").write_text(json.dumps({task: _metrics(plan.outputs) for task in plan.tasks}))
    (folder / "provenance.json").write_text(json.dumps(_provenance(plan)))
    (folder / "data.json").write_text(json.dumps(_data(plan)))
    _write_predictions(folder / "predictions.tsv", plan, rng)
    _write_model(folder / "model", plan)
    return folder


def _spacing_rows(motif: str, other: str, task: str) -> list[dict[str, Any]]:
    return [
        {
            "motif": motif,
            "other": other,
            "task": task,
            "orientation": orientation,
            "gap": gap,
            "n_observed": 3 + gap,
            "expected": 2.5,
            "effect": 4.0,
            "interaction": 1.0 - gap,
            "interaction_low": 0.5 - gap,
            "interaction_high": 1.5 - gap,
        }
        for orientation in ORIENTATIONS
        for gap in range(3)
    ]


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    declared = {FILES[name]: list(columns) for name, columns in COLUMNS.items()}
    table = pd.DataFrame(rows, columns=declared.get(path.name))
    table.to_csv(path, sep="\t", index=False, quoting=csv.QUOTE_NONE, lineterminator="\n")


def _motif_row(plan: Plan, number: int, motif: Motif) -> dict[str, Any]:
    status = plan.status or ("significant" if number < plan.n_significant else "not significant")
    has_classes = plan.outputs == "classes"
    return {
        "motif": motif.name,
        "consensus": motif.consensus,
        "width": motif.width,
        "bits": 12.5,
        "nsites": 100,
        "threshold": 6.0,
        "task": plan.tasks[number % len(plan.tasks)],
        "direction": "positive",
        "auroc": 0.91,
        "added_auroc": 0.41,
        "auroc_test": 0.9,
        "spearman_test": None if has_classes else 0.7,
        "sites_positive": 45 if has_classes else 0,
        "n_positive": 50 if has_classes else 0,
        "sites_negative": 5 if has_classes else 0,
        "n_negative": 50 if has_classes else 0,
        "enrichment": 9.0 if has_classes else None,
        "p_value": 1e-9,
        "e_value": 1e-8 * (number + 1),
        "q_value": 1e-8,
        "status": status,
        "match": "MA0139.2",
        "match_name": plan.factor,
        "match_family": plan.factor,
        "match_kind": "full",
        "match_e_value": 1e-9,
        "match_others": plan.factor,
        "variant_of": "",
        "variant_kind": "",
        "source": "filters",
        "n_filters": 2,
        "filters": "f00, f01",
        "shift": 0.1,
        "fidelity": 0.8,
        "complete_filters": 2,
        "importance": 0.5,
        "importance_low": 0.4,
        "importance_high": 0.6,
        "importance_random": 0.1,
        "auroc_drop": 0.2,
        "centrality": 0.9,
        "centrality_p_value": 1e-3,
        "replicates": "3/5",
    }


def _test_row(plan: Plan, row: dict[str, Any], task: str) -> dict[str, Any]:
    keys = ("motif", "direction", "sites_positive", "n_positive", "sites_negative", "n_negative", "enrichment")
    table = {key: row[key] for key in (*keys, "p_value", "e_value", "q_value", "status")} | {"task": task}
    return table | ({"test": "fisher"} if plan.outputs == "classes" else {"test": "rank", "direction": "low"})


def _match_rows(plan: Plan, name: str) -> list[dict[str, Any]]:
    known = read_database("vertebrates").names
    identifiers = ["MA0139.2", *known[: plan.matches - 1]] if plan.matches else []
    if plan.factor != "CTCF":
        identifiers = [plan.factor]
    return [
        {
            "motif": name,
            "match_rank": rank,
            "match": identifier,
            "match_name": plan.factor,
            "match_family": plan.factor,
            "match_class": "zinc finger",
            "match_kind": "full",
            "match_p_value": 1e-9,
            "match_e_value": 1e-6,
            "match_q_value": 1e-6,
            "query_share": 0.9,
            "target_share": 0.9,
            "correlation": 0.95,
            "orientation": "-" if rank == 2 else "+",
            "offset": -2,
            "overlap": 8,
        }
        for rank, identifier in enumerate(identifiers, start=1)
    ] or [{"motif": name, "match_rank": "", "match": "", "match_name": "", "match_kind": "none"}]


def _position_rows(name: str) -> list[dict[str, Any]]:
    return [
        {"motif": name, "bin_start": b - 100, "bin_end": b - 90, "sites_positive": b // 10 % 7, "sites_negative": 1}
        for b in range(0, 200, 10)
    ]


def _score_rows(row: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "motif": row["motif"],
            "task": row["task"],
            "bin_start": float(b),
            "bin_end": b + 1.0,
            "n_positive": max(b, 0),
            "n_negative": max(-b, 0),
        }
        for b in range(-12, 12)
    ]


def _example_rows(plan: Plan, name: str) -> list[dict[str, Any]]:
    return [
        {
            "motif": name,
            "sequence_index": index,
            "name": plan.name,
            "start": 20,
            "end": 20 + plan.width,
            "strand": "+",
            "score": 12.0 - index,
            "split": "test",
            "chrom": plan.name,
            "genome_start": 120,
            "genome_end": 120 + plan.width,
            "genome_strand": "+",
            "before": "ACGTACGTAC",
            "matched_sequence": "A" * plan.width,
            "after": "CCCCCCCCCC",
        }
        for index in range(6)
    ]


def _filter_rows(names: list[str]) -> list[dict[str, Any]]:
    rows = [{"filter": f"f{k:02d}", "status": "motif", "motif": name, "nsites": 90} for k, name in enumerate(names)]
    return [*rows, {"filter": f"f{max(98, len(rows)):02d}", "status": "inactive", "motif": "", "nsites": 3}]


def _pair_row(one: str, other: str) -> dict[str, Any]:
    return {
        "motif": one,
        "other": other,
        "n_both": 20,
        "expected": 4.5,
        "p_value": 1e-4,
        "e_value": 3e-4,
        "q_value": 1e-4,
        "gap": 7,
        "orientation": "downstream, same strand",
        "n_spaced": 12,
        "spacing_e_value": 1e-5,
    }


def _metrics(outputs: str) -> dict[str, Any]:
    if outputs != "classes":
        own = {"pearson": 0.5, "spearman": 0.55, "mse": 1.2, "n": 200}
        return own | {"baselines": {"gc": {"spearman": 0.1}, "kmer_ridge": {"spearman": 0.5}}}
    own = {"auroc": 0.95, "auprc": 0.94, "prevalence": 0.5, "accuracy": 0.9, "f1": 0.9, "log_loss": 0.3}
    own |= {"brier": 0.1, "calibration_error": 0.05, "n_positive": 100, "n_negative": 100}
    return own | {"baselines": {"gc": {"auroc": 0.55}, "best_pwm": {"auroc": 0.9}}}


def _provenance(plan: Plan) -> dict[str, Any]:
    return {
        "written_by": "motifnet",
        "time": "2026-01-02T03:04:05+00:00",
        "command": ["/opt/bin/motifnet", "discover", f"{plan.name}.fa", "--output", "results"],
        "python": "3.11.7",
        "machine": "Linux",
        "versions": {"motifnet": "0.1.0", "tensorflow": "2.21.0", "keras": "3.15.1"},
        "inputs": [{"path": f"{plan.name}.fa", "bytes": 1234, "sha256": "ab" * 32}],
        "seed": 7,
        "seconds": {"reading": 0.2, "training": 25.0, "motifs": 130.0},
    }


def _data(plan: Plan) -> dict[str, Any]:
    classes = [
        {"task": task, "class": kind, "n": 500, "gc": 0.5, "n_fraction": 0.0}
        for task in plan.tasks
        for kind in ("positive", "negative")
    ]
    parts = [
        {"task": row["task"], "class": row["class"], "split": split, "n": n}
        for row in classes
        for split, n in (("train", 400), ("valid", 50), ("test", 50))
    ]
    finding = {"check": "gc", "task": plan.tasks[0], "value": 0.7, "verdict": "warning"}
    return {
        "parts": parts,
        "classes": classes,
        "lengths": {"min": 101, "median": 101.0, "max": 101, "used": 101},
        "findings": [finding | {"finding": f"GC differs in {plan.name}", "advice": "match it"}],
        "negatives": {"made": "shuffle", "text": "shuffles of the positives"},
        "length_rule": None,
    }


def _write_predictions(path: Path, plan: Plan, rng: np.random.Generator) -> None:
    n = 200
    columns: dict[str, Any] = {"sequence_index": np.arange(n), "name": [plan.name] * n}
    for task in plan.tasks:
        labels = (np.arange(n) < n // 2).astype(float) if plan.outputs == "classes" else rng.normal(size=n)
        columns[f"label_{task}"] = labels
        predicted = labels + rng.normal(scale=0.7, size=n)
        columns[task] = 1 / (1 + np.exp(-predicted)) if plan.outputs == "classes" else predicted
    pd.DataFrame(columns).to_csv(path, sep="\t", index=False, quoting=csv.QUOTE_NONE, lineterminator="\n")
    rows = [
        {"sequence_index": i, "task": task, "baseline": name, "prediction": round(rng.random(), 4)}
        for task in plan.tasks
        for name in ("kmer_logistic", "gc")
        for i in range(n)
    ]
    _write(path.with_name("baselines.tsv"), rows)


def _write_model(folder: Path, plan: Plan) -> None:
    folder.mkdir()
    spec = replace(ModelSpec.preset("default", length=101, tasks=plan.tasks), outputs=plan.outputs)
    (folder / "spec.json").write_text(ModelHeader(spec, training=TrainSpec(seed=7)).to_json())
    history = [
        {"step": step, "epoch": step / 50, "loss": 1 / step, "valid_loss": 2 / step, "valid_auroc": 1 - 1 / step}
        for step in range(50, 450, 50)
    ]
    _write(folder / "history.tsv", history)
    _write(folder / "splits.tsv", [{"digest": "0", "split": split} for split in ("train", "train", "valid", "test")])
