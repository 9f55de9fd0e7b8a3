"""`summarise_data`: numbers, lengths and composition of the sequences, as in data.json."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motifnet.motifs.statistics.contrast import contrast, is_binary
from motifnet.sequences.dataset import Dataset, Split
from motifnet.sequences.input_spec import DataSpec, NegativeSpec
from motifnet.sequences.quality import Finding
from motifnet.sequences.splits.random import PARTS

Floats = NDArray[np.float64]


def summarise_data(
    split: Split,
    *,
    test: Dataset | None = None,
    findings: Iterable[Finding] = (),
    negatives: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Summarise training, validation and test sequences.

    Parameters
    ----------
    split : Split
    test : Dataset, optional
        Test sequences of another file.
    findings : iterable of Finding
        See `check_data`.
    negatives : mapping, optional
        See `describe_negatives`.

    Returns
    -------
    dict
        ``parts``: rows of task, class, split and number ``n``. ``classes``: rows of task, class, ``n``, and the means
        of the GC content ``gc`` and of the fraction of N, ``n_fraction`` (without padding). ``lengths``: min, median
        and max of the records in bp, and ``used``, the length of all sequences. ``findings``, ``negatives`` and
        ``length_rule`` as given.
    """
    datasets = [*split, *([] if test is None else [test])]
    part = np.repeat([*PARTS, "test"][: len(datasets)], [len(data) for data in datasets])
    labels = np.concatenate([data.labels for data in datasets])
    lengths, gc, n_fraction = (np.concatenate(column) for column in zip(*map(_composition, datasets), strict=True))
    parts, classes = [], []
    for task, own in zip(split.train.tasks, labels.T, strict=True):
        for name, rows in _classes(own):
            row = {"task": task, "class": name}
            parts += [{**row, "split": each, "n": n} for each in PARTS if (n := int((part[rows] == each).sum()))]
            means = {"gc": _mean(gc[rows]), "n_fraction": _mean(n_fraction[rows])}
            classes.append({**row, "n": int(rows.sum()), **means})
    rule = split.train.sequences.rule
    return {
        "parts": parts,
        "classes": classes,
        "lengths": {
            "min": int(lengths.min()),
            "median": float(np.median(lengths)),
            "max": int(lengths.max()),
            "used": split.train.sequences.length,
        },
        "findings": [asdict(finding) for finding in findings],
        "negatives": None if negatives is None else dict(negatives),
        "length_rule": None if rule is None else asdict(rule),
    }


def describe_negatives(files: DataSpec | None) -> dict[str, Any] | None:
    """How the negatives were obtained; None without files, or with labels of other kinds."""
    if files is None or files.labels:
        return None
    spec = NegativeSpec() if files.negatives is None else files.negatives
    if not isinstance(spec, NegativeSpec):
        return {"made": "file", "text": "given as a file"}
    made = "pool" if spec.pool is not None else spec.negatives_from
    numbers: dict[str, Any] = {"made": made, "ratio": spec.ratio}
    if made == "shuffle":
        text = f"shuffled positives, {spec.ratio} per positive, with their {spec.kmer}-mer counts preserved"
        return numbers | {"kmer": spec.kmer, "text": text}
    if made == "pool":
        text = f"sequences of a file, {spec.ratio} per positive, with the GC content of the positives"
        return numbers | {"text": text}
    text = f"windows of the genome, {spec.ratio} per positive, with the length and GC content of the positives"
    return numbers | {"margin": spec.margin, "text": f"{text}, at least {spec.margin} bp away from them"}


def _classes(labels: NDArray[np.float32]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Name and rows of the classes of a task that have sequences; of values and counts, those that are compared."""
    classes = contrast(labels)
    names = ("positive", "negative", "unknown")
    if not is_binary(labels):
        names = ("upper third", "lower third", "between or unknown")
    for name, rows in zip(names, (classes == 1, classes == 0, np.isnan(classes)), strict=True):
        if rows.any():
            yield name, rows


def _composition(data: Dataset) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Length of each record; GC content and fraction of N of its bases that are used."""
    sequences = data.sequences
    lengths = sequences.record_lengths
    used = np.minimum(lengths, sequences.length)
    n_unknown = used - sequences.composition().sum(axis=1)
    return lengths, sequences.gc_content(), n_unknown / np.maximum(used, 1)


def _mean(values: Floats) -> float:
    """To six digits, which do not depend on the order of additions."""
    return float(f"{values.mean():.6g}")
