"""`explain`: contributions of the bases of many sequences, computed in blocks and written as files and a page."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from motifnet.arguments import check_type
from motifnet.errors import InputError
from motifnet.interpretation.attribution.attribution_files import BASES, AttributionFiles
from motifnet.interpretation.attribution.attributions import attribute_in_blocks
from motifnet.interpretation.attribution.contributions import Attributions
from motifnet.interpretation.attribution.explanation_spec import ExplanationSpec
from motifnet.interpretation.attribution.reference_sequences import REFERENCES
from motifnet.interpretation.attribution.sites_below import hits_of
from motifnet.models.sequence_model import SequenceModel
from motifnet.motifs.known.databases import as_motifs
from motifnet.motifs.motif import MotifSet
from motifnet.outputs import file_stems, write_errors, write_table
from motifnet.report.explanation_page import Explained, Facts, write_page
from motifnet.sequences.alphabet import N
from motifnet.sequences.io.reader import AnySequences, as_sequences
from motifnet.sequences.sequence_set import LengthRule, SequenceSet

logger = logging.getLogger("motifnet")

#: Folder of the pictures of named sequences.
PICTURES = "pictures"
#: Values of the contributions to one block of sequences.
_BLOCK_VALUES = 1 << 21
#: Tasks that the page shows.
_MOST_TASKS = 10


def explain(
    model: SequenceModel,
    sequences: AnySequences,
    folder: str | Path,
    spec: ExplanationSpec = ExplanationSpec(),
    *,
    motifs: MotifSet | str | Path | None = None,
    chromosomes: Mapping[str, int] | None = None,
) -> None:
    """Compute the contributions of all bases as `attribute` does, and write them into an existing folder.

    Sequences are explained in blocks, so memory does not depend on their number. The files are those of
    `Attributions.write_files`, ``explain.html`` with the sequences of the highest scores as letters, and
    ``pictures/NAME.svg`` for the named sequences.

    Parameters
    ----------
    model : TrainedModel or KerasModel
    sequences : SequenceSet, Dataset, sequence of str, one-hot array of shape (N, 4, L), or path of a FASTA file
        As in `SequenceModel.predict`.
    folder : str or Path
    spec : ExplanationSpec
    motifs : MotifSet, str or Path, optional
        Motifs whose sites are drawn below the letters, as in `Attributions.plot`.
    chromosomes : mapping of str to int, optional
        Length of each chromosome in bp, for bigWig.

    Raises
    ------
    InputError
        If the sequences or references cannot be read, or a named sequence does not exist.
    ModelError
        If the model does not accept the length of the sequences, there is no such task, or DeepLIFT has no rule for a
        layer of the network.
    """
    check_type("model", model, SequenceModel)
    known, folder = model.as_sequences(sequences), Path(folder)
    tasks = [model.spec.tasks[t] for t in model.task_indices(spec.task)]
    shown_motifs = None if motifs is None else as_motifs(motifs)
    shown = _Shown(spec, known, tasks)
    files = AttributionFiles(folder, known, tasks, tracks=spec.tracks, chromosomes=chromosomes)
    blocks = _blocks(model, known, spec, n_tasks=len(tasks))
    start = next(blocks)  # most errors occur in the first block: before a file is written
    with files:
        parts = (_add(files, shown, first, block) for first, block in chain([start], blocks))
        write_table(parts, folder / BASES)
    hits = None if shown_motifs is None else shown.hits(shown_motifs)
    _write_pictures(shown, folder, hits)
    write_page(folder, shown.by_task(), shown.facts, hits)


def _add(files: AttributionFiles, shown: _Shown, first: int, block: Attributions) -> Any:
    shown.add(first, block)
    return files.add(block.sequences, block.values)


def _blocks(
    model: SequenceModel, sequences: SequenceSet, spec: ExplanationSpec, *, n_tasks: int
) -> Iterator[tuple[int, Attributions]]:
    """The attributions of blocks of sequences, each with the index of its first sequence."""
    n = len(sequences)
    if not n:
        raise InputError("there are no sequences to explain")
    if n_unknown := int((sequences.codes == N).all(axis=1).sum()):
        logger.info("%d of %d sequences are only N: their contributions are 0", n_unknown, n)
    references: str | SequenceSet | None = spec.references
    if isinstance(references, str) and references not in REFERENCES:
        rule = sequences.rule or LengthRule(sequences.length)
        references = as_sequences(Path(references), length=rule)
    blocks = attribute_in_blocks(
        model, sequences, max(1, _BLOCK_VALUES // (4 * sequences.length * n_tasks)), method=spec.method, task=spec.task,
        references=references, n_references=spec.n_references, seed=spec.seed,
    )  # fmt: skip
    first = 0
    for block in blocks:
        yield first, block
        first += len(block)


@dataclass
class _Shown:
    """Sequences to draw, selected block by block, and the facts about all sequences."""

    spec: ExplanationSpec
    sequences: SequenceSet
    tasks: Sequence[str]
    names: set[str] = field(init=False)
    named: dict[str, list[Explained]] = field(init=False)
    strongest: dict[str, list[Explained]] = field(init=False)
    facts: Facts = field(init=False)

    def __post_init__(self) -> None:
        self.names = self.spec.drawn_names(self.sequences.names)
        self.named, self.strongest = {task: [] for task in self.tasks}, {task: [] for task in self.tasks}
        self.facts = Facts(self.spec, len(self.sequences), self.sequences.length, tuple(self.tasks))
        if len(self.tasks) > _MOST_TASKS:
            logger.info("explain.html shows the first %d of %d tasks", _MOST_TASKS, len(self.tasks))

    def add(self, first: int, block: Attributions) -> None:
        """Add the attributions of the sequences from index `first` on."""
        self.facts.add(block)
        named = [row for row, name in enumerate(block.sequences.names) if name in self.names] if self.names else []
        for t, task in enumerate(self.tasks):
            is_shown = self.spec.show if t < _MOST_TASKS else 0
            best = np.argsort(-block.outputs[:, t], kind="stable")[:is_shown].tolist()
            own = block.task(task).take([*named, *best])
            each = [Explained(first + row, own.take([i])) for i, row in enumerate([*named, *best])]
            self.named[task] += each[: len(named)]
            found = self.strongest[task] + each[len(named) :]
            self.strongest[task] = sorted(found, key=lambda one: (-one.score, one.index))[: self.spec.show]

    def by_task(self) -> dict[str, list[Explained]]:
        """The sequences of the page: the named ones, and those with the highest scores."""
        found = {}
        for task in self.tasks[:_MOST_TASKS]:
            unique = {one.index: one for one in [*self.named[task], *self.strongest[task]]}
            found[task] = list(unique.values())
        return found

    def hits(self, motifs: MotifSet) -> dict[int, pd.DataFrame]:
        """Hits of motifs in each sequence that is drawn, by its index; each is scanned once."""
        drawn = [one for found in (self.named, self.by_task()) for own in found.values() for one in own]
        sequences = {one.index: one.attributions.sequences for one in drawn}
        if not sequences:
            return {}
        table = hits_of(motifs, SequenceSet.concatenate(list(sequences.values())))
        return {index: table[table["sequence_index"] == row] for row, index in enumerate(sequences)}


def _write_pictures(shown: _Shown, folder: Path, hits: Mapping[int, pd.DataFrame] | None) -> None:
    """Draw each named sequence and task as SVG, and as PNG on request."""
    if not shown.names:
        return
    stems = file_stems(shown.tasks)
    pictures = folder / PICTURES
    with write_errors(pictures):
        pictures.mkdir(exist_ok=True)
        names = file_stems(one.attributions.sequences.names[0] for one in shown.named[shown.tasks[0]])
        for task, stem in zip(shown.tasks, stems, strict=True):
            for name, one in zip(names, shown.named[task], strict=True):
                axes = one.attributions.plot(motifs=None if hits is None else hits[one.index])
                path = pictures / (name if len(stems) == 1 else f"{name}.{stem}")
                for suffix in ("svg", "png")[: 1 + shown.spec.png]:
                    axes.figure.figure.savefig(f"{path}.{suffix}")
