"""What a notebook shows of sequences and datasets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from motifnet.html import summary_html, table_html
from motifnet.sequences.alphabet import decode_codes
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet

#: Sequences that composition is told of, at most: the whole of a genome's windows would have to be read for it.
_MOST_COUNTED = 10_000
_FEW = 3


def sequence_set_html(sequences: SequenceSet) -> str:
    """Number, length and composition, and how the first ones begin."""
    facts: dict[str, object] = {"sequences": f"{len(sequences):,}", "length": f"{sequences.length:,} bp"}
    if len(sequences) and sequences.length:
        facts |= _composition(sequences)
    if sequences.rule is not None and sequences.lengths is not None:
        n_changed = int((np.asarray(sequences.lengths) != sequences.length).sum())
        facts["cropped or padded"] = f"{n_changed:,}"
    first = zip(sequences.names, sequences.codes[:_FEW], strict=False)
    rows = [(name, decode_codes(codes[:61])) for name, codes in first]
    return summary_html("SequenceSet", facts, table_html(("name", "sequence"), rows, n_rows=len(sequences)))


def dataset_html(data: Dataset) -> str:
    """Its sequences, and what is known of each task."""
    facts = {"sequences": f"{len(data):,}", "length": f"{data.sequences.length:,} bp", "tasks": len(data.tasks)}
    known = data.labels[~np.isnan(data.labels)]
    are_classes = bool(np.isin(known, (0, 1)).all())
    columns = ("task", "1", "0", "unknown") if are_classes else ("task", "mean", "from", "to", "unknown")
    rows = _counts(data) if are_classes else _ranges(data)
    return summary_html("Dataset", facts, table_html(columns, rows, n_rows=len(data.tasks)))


def _composition(sequences: SequenceSet) -> dict[str, object]:
    first = sequences.codes[:_MOST_COUNTED]
    counts = np.bincount(first.ravel(), minlength=5)
    where = f" (first {_MOST_COUNTED:,})" if len(sequences) > _MOST_COUNTED else ""
    told: dict[str, object] = {"N" + where: f"{counts[4] / counts.sum():.1%}"}
    return {"GC" + where: f"{counts[1:3].sum() / counts[:4].sum():.1%}", **told} if counts[:4].sum() else told


def _counts(data: Dataset) -> Iterator[tuple[object, ...]]:
    for task, (zeros, ones) in zip(data.tasks, data.class_counts(), strict=True):
        yield task, f"{ones:,}", f"{zeros:,}", f"{len(data) - zeros - ones:,}"


def _ranges(data: Dataset) -> Iterator[tuple[object, ...]]:
    for task, labels in zip(data.tasks, data.labels.T, strict=True):
        known = labels[~np.isnan(labels)]
        told = (f"{known.mean():.4g}", f"{known.min():.4g}", f"{known.max():.4g}") if len(known) else ("", "", "")
        yield task, *told, f"{len(labels) - len(known):,}"
