"""The data in numbers: how many sequences of which class in which part, how long, how rich in GC, how full of N."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motifnet.motifs.statistics.contrast import contrast, is_binary
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.input_spec import DataSpec, NegativeSpec
from motifnet.sequences.quality import Finding

#: What the parts of a split are called here; sequences that the model has not met have none.
PARTS = ("train", "valid", "test", "")
#: Of values and counts: the classes that motifs are read from, and what is between them.
_CLASSES = {True: ("positive", "negative", "unknown"), False: ("upper third", "lower third", "between or unknown")}

Floats = NDArray[np.float64]


def summarise_data(
    data: Dataset,
    splits: Sequence[str],
    *,
    test: Dataset | None = None,
    findings: Iterable[Finding] = (),
    negatives: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What data.json holds.

    Parameters
    ----------
    data : Dataset of N sequences
    splits : sequence of str, of length N
        "train", "valid", "test", or "" for a sequence that the model has not met.
    test : Dataset, optional
        Test sequences of their own.
    findings : iterable of Finding
        See `check_data`.
    negatives : mapping, optional
        How they were made.

    Returns
    -------
    dict
        ``parts``: rows of task, class, split and number ``n``; ``classes``: rows of task, class, ``n``, means of ``gc``
        (of known letters) and of the share of N, ``n_share`` (padding does not count); ``lengths``: min, median and max
        in bp as read, and ``used``, that of every sequence afterwards; ``findings``; ``negatives``; ``length_rule``.
    """
    datasets = [data] if test is None else [data, test]
    where = np.concatenate([np.array(splits, dtype=object), *(np.full(len(d), "test", object) for d in datasets[1:])])
    labels = np.concatenate([d.labels for d in datasets])
    lengths, gc, unknown = (np.concatenate(column) for column in zip(*map(_measured, datasets), strict=True))
    parts, classes = [], []
    for task, own in zip(data.tasks, labels.T, strict=True):
        for name, rows in _classes(own):
            row = {"task": task, "class": name}
            parts += [{**row, "split": part, "n": n} for part in PARTS if (n := int((where[rows] == part).sum()))]
            classes.append({**row, "n": int(rows.sum()), "gc": _mean(gc[rows]), "n_share": _mean(unknown[rows])})
    spread = {"min": int(lengths.min()), "median": float(np.median(lengths)), "max": int(lengths.max())}
    rule = data.sequences.rule
    return {
        "parts": parts,
        "classes": classes,
        "lengths": spread | {"used": data.sequences.length},
        "findings": [asdict(finding) for finding in findings],
        "negatives": None if negatives is None else dict(negatives),
        "length_rule": None if rule is None else asdict(rule),
    }


def describe_negatives(files: DataSpec | None) -> dict[str, Any] | None:
    """How the negatives were obtained, for data.json; None where there are no files, or labels of other kinds."""
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
    """Name and rows of the classes of a task, those without a sequence left out."""
    kinds = contrast(labels)
    names = _CLASSES[is_binary(labels)]
    for name, rows in zip(names, (kinds == 1, kinds == 0, np.isnan(kinds)), strict=True):
        if rows.any():
            yield name, rows


def _measured(data: Dataset) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Of each sequence: letters of its record; G and C among the known letters kept of them; N among those kept."""
    sequences = data.sequences
    lengths = sequences.record_lengths
    kept = np.minimum(lengths, sequences.length)
    n_unknown = kept - sequences.composition().sum(axis=1)
    return lengths, sequences.gc_content(), n_unknown / np.maximum(kept, 1)


def _mean(values: Floats) -> float:
    """To six digits, which the order of additions does not reach."""
    return float(f"{values.mean():.6g}")
