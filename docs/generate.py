"""Write the generated pages of the reference: commands, public names, and columns of files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import motifnet

#: Headings of the API page: the packages whose public names are listed below each, and the purpose of the group.
API = {
    "The whole analysis": (("discovery", "explanation"), "One call from sequences to results."),
    "Sequences and labels": (("sequences",), "Read, encode, label, check, split, and make negatives."),
    "Networks and training": (
        ("models", "progress"),
        "Specify a network, train it, evaluate it, compare it with baselines.",
    ),
    "Motifs": (("motifs",), "Motif matrices and files; scan, compare, test and draw motifs."),
    "Motifs of a model": (("interpretation",), "Motifs that a trained model relies on, with statistics."),
    "Simulation": (("simulation",), "Sequences with planted motifs, and the truth."),
    "Errors": (("errors",), "Every error that motifnet raises on purpose is a `MotifnetError`."),
}

#: Module and constant that declare the columns of each file; if the constant is for several files, the key too.
TABLES: dict[str, tuple[str, ...]] = {
    "motifs.tsv": ("interpretation.tables.columns", "MOTIF_COLUMNS"),
    "sites.tsv": ("interpretation.tables.columns", "SITE_COLUMNS"),
    "examples.tsv": ("interpretation.tables.columns", "EXAMPLE_COLUMNS"),
    "filters.tsv": ("interpretation.tables.columns", "FILTER_COLUMNS"),
    "patterns.tsv": ("interpretation.tables.columns", "PATTERN_COLUMNS"),
    "pattern_contributions.tsv": ("interpretation.tables.columns", "CONTRIBUTION_COLUMNS"),
    "enrichment.tsv": ("motifs.statistics.enrichment", "ENRICHMENT_COLUMNS"),
    "importance.tsv": ("interpretation.tables.columns", "IMPORTANCE_COLUMNS"),
    "matches.tsv": ("motifs.known.comparison", "MATCH_COLUMNS"),
    "positions.tsv": ("motifs.statistics.positions", "POSITION_COLUMNS"),
    "pairs.tsv": ("motifs.statistics.pairs", "PAIR_COLUMNS"),
    "spacing.tsv": ("interpretation.tables.columns", "SPACING_COLUMNS"),
    "Table of `mn.marginalize`": ("interpretation.marginalization", "MARGINAL_COLUMNS"),
    "per_sequence.tsv": ("motifs.statistics.positions", "PER_SEQUENCE_COLUMNS"),
    "score_counts.tsv": ("motifs.statistics.occurrences", "SCORE_COLUMNS"),
    "history.tsv": ("models.storage", "HISTORY_COLUMNS"),
    "trials.tsv": ("models.training.tuning", "TRIAL_COLUMNS"),
    "metrics.json: classes": ("models.metrics", "METRICS", "classes"),
    "metrics.json: values": ("models.metrics", "METRICS", "values"),
    "metrics.json: counts": ("models.metrics", "METRICS", "counts"),
    "bases.tsv": ("interpretation.attribution.attribution_files", "BASE_COLUMNS"),
    "seqlets.tsv": ("interpretation.seqlet_table", "SEQLET_COLUMNS"),
    "Output of `motifnet scan`": ("motifs.scanning.hits", "HIT_COLUMNS"),
    "Output of `motifnet variants`: each allele": ("interpretation.variants.variant_table", "VARIANT_COLUMNS"),
    "Output of `motifnet variants`: each task": ("interpretation.variants.variant_table", "TASK_COLUMNS"),
    "Output of `motifnet variants --null`: each task": ("interpretation.variants.variant_table", "NULL_COLUMNS"),
    "Output of `motifnet variants --motifs`": ("interpretation.variants.motif_changes", "MOTIF_CHANGE_COLUMNS"),
    "Output of `motifnet variants --skipped`": ("interpretation.variants.skipped", "SKIPPED_COLUMNS"),
    "Output of `motifnet enrich`": ("motifs.known.known_enrichment", "KNOWN_COLUMNS"),
    "Output of `motifnet compare`": ("motifs.known.comparison", "COMPARISON_COLUMNS"),
    "Output of `motifnet describe`": ("models.network.layers", "DESCRIPTION_COLUMNS"),
    "Output of `motifnet check`": ("sequences.quality", "FINDING_COLUMNS"),
}


def write_reference(folder: Path) -> None:
    """Write commands.md, api.md and files.md.

    Parameters
    ----------
    folder : Path
    """
    (folder / "commands.md").write_text(commands(), encoding="utf-8")
    (folder / "api.md").write_text("\n".join(api()), encoding="utf-8")
    (folder / "files.md").write_text("\n".join(files()), encoding="utf-8")


def commands() -> str:
    """The help of every command, as cyclopts writes it in Markdown."""
    from motifnet.cli.main import app

    text = app.generate_docs(output_format="markdown", heading_level=1)
    return re.sub(r"^## Table of Contents\n.*?(?=^\*\*Commands)", "", text, flags=re.MULTILINE | re.DOTALL)


def api() -> Iterator[str]:
    """Public names by purpose."""
    yield "# Python API\n\nAll names are imported from `motifnet` when they are first used.\n"
    simulation = {home: tuple(f"simulation.{name}" for name in own) for home, own in motifnet.simulation._HOMES.items()}
    errors = tuple(f"errors.{name}" for name in vars(motifnet.errors) if name.endswith("Error"))
    homes = {**motifnet._HOMES, **simulation, "motifnet.errors": errors}
    for heading, (packages, purpose) in API.items():
        prefixes = tuple(f"motifnet.{package}" for package in packages)
        names = [name for home, own in homes.items() if home.startswith(prefixes) for name in own]
        yield f"## {heading}\n\n{purpose}\n"
        yield "```{eval-rst}\n.. currentmodule:: motifnet\n\n.. autosummary::\n   :toctree: generated\n"
        yield from (f"   {name}" for name in names)
        yield "```\n"


def files() -> Iterator[str]:
    """Columns of every table, from where they are declared."""
    yield "# Files and columns\n\nTables are tab-separated text with a header row. Empty cells are unknown values.\n"
    yield (
        "Cells are not quoted. Read tables with `pandas.read_csv(path, sep='\\t', quoting=3)`, or in R with "
        "`read.delim(path, quote='')`. Tabs, line breaks, other control characters and backslashes in names are "
        "written as escapes (`\\t`, `\\n`, `\\x1b`, `\\\\`), so that each row is one line.\n"
    )
    for file, (module, constant, *key) in TABLES.items():
        declared: Mapping[str, Any] = getattr(import_module(f"motifnet.{module}"), constant)
        columns = declared[key[0]] if key else declared
        yield f"## {file}\n\n| column | content |\n|---|---|"
        yield from (f"| `{name}` | {text} |" for name, text in columns.items())
        yield ""
