"""What several commands do with labels of any kind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from motifnet.cli.console import say

if TYPE_CHECKING:
    from motifnet.models.network.spec import ModelSpec
    from motifnet.sequences.dataset import Dataset
    from motifnet.sequences.input_spec import IntervalSpec, LabelSpec, NegativeSpec, SplitSpec


def files_of(labels: LabelSpec, intervals: IntervalSpec, splits: SplitSpec | None = None) -> tuple[str | Path, ...]:
    """Files that labels, places and an earlier split are read from: no output may replace them."""
    table = None if splits is None else splits.splits
    given = (labels.labels, *labels.class_files, intervals.genome, intervals.blacklist, table)
    return tuple(path for path in given if path is not None)


def negatives_of(
    negatives: str | None, made: NegativeSpec, labels: LabelSpec, intervals: IntervalSpec
) -> str | NegativeSpec | None:
    """The file of negatives, or how they are made; None where labels are given otherwise."""
    made.check_alone(negatives, labels, intervals)
    return negatives if negatives is not None or labels else made


def told_negatives(background: str | NegativeSpec | None) -> dict[str, Any] | None:
    """How negatives were made, for data.json: a word, a sentence, and the numbers; no paths."""
    if background is None:
        return None
    if isinstance(background, str):
        return {"made": "file", "text": "given as a file"}
    made = "pool" if background.pool is not None else background.negatives_from
    numbers = {"made": made, "ratio": background.ratio}
    each = f"{background.ratio} for each positive"
    if made == "shuffle":
        text = f"shuffles of the positives, {each}; counts of words of {background.kmer} letters are kept"
        return numbers | {"kmer": background.kmer, "text": text}
    if made == "pool":
        return numbers | {"text": f"chosen from a file, as rich in G and C as the positives, {each}"}
    text = f"windows of the genome, as long and as rich in G and C as the positives, {each}"
    return numbers | {"margin": background.margin, "text": f"{text}, at least {background.margin} bp from them"}


def fitted(network: ModelSpec, data: Dataset, outputs: str | None) -> ModelSpec:
    """The network for these sequences and labels; its outputs stay what they are unless told."""
    from motifnet.models.metrics import settle_outputs
    from motifnet.models.network.layers import check_size

    kind = settle_outputs(data, outputs or network.outputs)
    spec = replace(network, length=data.sequences.length, tasks=data.tasks, outputs=kind)
    check_size(spec)
    return spec


def set_aside(data: Dataset) -> Dataset:
    """The test sequences, where a split came with the data; else all."""
    is_test = None if data.given is None else data.given == "test"
    if is_test is None or not is_test.any():
        return data
    say(f"measuring on the {is_test.sum()} sequences whose split is test")
    return data.take(is_test)
