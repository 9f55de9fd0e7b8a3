"""`explain`: contributions of the bases of many sequences, computed in blocks and written as files and a page."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.cluster import cluster_blocks, file_paths
from motifnet.errors import InputError
from motifnet.interpretation.attribution.attribution_files import BASES, AttributionFiles
from motifnet.interpretation.attribution.attributions import block_attributor, explained_part
from motifnet.interpretation.attribution.contributions import Attributions
from motifnet.interpretation.attribution.explanation_spec import ExplanationSpec
from motifnet.interpretation.attribution.reference_sequences import REFERENCES
from motifnet.interpretation.attribution.sites_below import hits_of
from motifnet.interpretation.seqlet_table import seqlet_table, write_seqlets
from motifnet.interpretation.seqlets import seqlets_of
from motifnet.interpretation.track_spec import WindowSpec
from motifnet.models.sequence_model import SequenceModel
from motifnet.models.storage import ModelHeader, find_model, read_header
from motifnet.models.trained import as_model, load_model
from motifnet.motifs.known.databases import as_motifs
from motifnet.motifs.motif import MotifSet
from motifnet.outputs import file_stems, write_errors, write_table
from motifnet.parts import Results, checked
from motifnet.progress import report
from motifnet.report.explanation_page import Explained, Facts, write_page
from motifnet.sequences.alphabet import N
from motifnet.sequences.input_spec import IntervalSpec
from motifnet.sequences.io.reader import AnySequences, as_sequences
from motifnet.sequences.negatives.shuffled import shuffle
from motifnet.sequences.sequence_set import LengthRule, SequenceSet

if TYPE_CHECKING:
    from distributed import Client

logger = logging.getLogger("motifnet")

#: Folder of the pictures of named sequences.
PICTURES = "pictures"
#: Values of the contributions to one block of sequences.
_BLOCK_VALUES = 1 << 21
#: Maximum number of shuffled sequences as controls of seqlets.
_MAX_CONTROLS = 1000
#: Tasks that the page shows.
_MOST_TASKS = 10


def explain(
    model: SequenceModel | str | Path,
    sequences: AnySequences,
    folder: str | Path,
    spec: ExplanationSpec = ExplanationSpec(),
    *,
    motifs: MotifSet | str | Path | None = None,
    chromosomes: Mapping[str, int] | None = None,
    client: Client | None = None,
) -> None:
    """Compute the contributions of all bases as `attribute` does, and write them into an existing folder.

    Sequences are explained in blocks, so memory does not depend on their number. The files are those of
    `Attributions.write_files`; on request, ``seqlets.tsv`` and ``seqlets.bed`` (`find_seqlets`), for which 4 bytes per
    base are kept in memory; ``explain.html`` with the sequences of the highest scores as letters, and
    ``pictures/NAME.svg`` for the named sequences.

    Parameters
    ----------
    model : TrainedModel, KerasModel, or path of the folder of a model
    sequences : SequenceSet, Dataset, sequence of str, one-hot array of shape (N, 4, L), or path of a FASTA file
        As in `SequenceModel.predict`.
    folder : str or Path
    spec : ExplanationSpec
    motifs : MotifSet, str or Path, optional
        Motifs whose sites are drawn below the letters, as in `Attributions.plot`.
    chromosomes : mapping of str to int, optional
        Length of each chromosome in bp, for bigWig.
    client : distributed.Client, optional
        Compute the contributions on the workers of a Dask cluster, which read the files; model and sequences must be
        paths.

    Raises
    ------
    InputError
        If the sequences or references cannot be read, or a named sequence does not exist.
    ModelError
        If the model does not accept the length of the sequences, there is no such task, or DeepLIFT has no rule for a
        layer of the network.
    """
    if client is None:
        model = as_model(model)
        explanation = Explanation.plan(spec, model.as_sequences(sequences), model)
        results = explanation.results(model)
    else:
        own, path = file_paths(model=model, sequences=sequences)
        header = read_header(own)
        explanation = Explanation.plan(spec, header.read_sequences(path), header)
        results = cluster_contributions(client, explanation, own, path)
    controls = explanation.controls(as_model(model)) if spec.seqlets else None
    explanation.write(Path(folder), results, motifs=motifs, chromosomes=chromosomes, controls=controls)


class Controls(NamedTuple):
    """Observed contributions to shuffled sequences, as `Attributions.observed`; and which sequences are held out."""

    observed: NDArray[np.float32]
    is_held_out: NDArray[np.bool_]


def cluster_contributions(
    client: Client, explanation: Explanation, model: str | Path, sequences: str | Path | None,
    intervals: IntervalSpec = IntervalSpec(), windows: WindowSpec | None = None,
) -> Results:  # fmt: skip
    """`Explanation.results` on the workers of a cluster, for a file or, without one, windows along a genome."""
    spec, regions = explanation.spec, None if windows is None else windows.regions
    given = (sequences, regions, intervals.genome, intervals.blacklist, spec.references)
    inputs = [find_model(model), *(path for path in given if path is not None and Path(path).is_file())]
    prepare = partial(_file_contributions, spec, model, sequences, intervals, windows)
    results = cluster_blocks(client, prepare, n_blocks=explanation.n_blocks, inputs=inputs)

    def reported(k: int) -> Mapping[str, NDArray[Any]]:
        found = results(k)
        report("explaining", k + 1, explanation.n_blocks)
        return found

    return reported


def _file_contributions(
    spec: ExplanationSpec, model: str | Path, sequences: str | Path | None, intervals: IntervalSpec,
    windows: WindowSpec | None,
) -> Results:  # fmt: skip
    loaded = load_model(model)
    if sequences is not None:
        found = loaded.read_sequences(sequences, intervals=intervals)
    else:
        assert intervals.genome is not None
        found = (windows or WindowSpec()).read(loaded, intervals.genome)
    return Explanation.plan(spec, found, loaded).results(loaded)


@dataclass(frozen=True)
class Explanation:
    """Sequences whose contributions are computed in blocks.

    Parameters
    ----------
    spec : ExplanationSpec
    sequences : SequenceSet
    tasks : tuple of str
        Tasks that are explained.
    """

    spec: ExplanationSpec
    sequences: SequenceSet
    tasks: tuple[str, ...]

    @classmethod
    def plan(cls, spec: ExplanationSpec, sequences: SequenceSet, model: ModelHeader) -> Explanation:
        """The explanation of the tasks of the spec; ModelError if the model has no such task."""
        return cls(spec, sequences, tuple(model.spec.tasks[t] for t in model.task_indices(spec.task)))

    @property
    def n_blocks(self) -> int:
        """Number of blocks; InputError without sequences."""
        if not len(self.sequences):
            raise InputError("there are no sequences to explain")
        return -(-len(self.sequences) // self._n_rows)

    def results(self, model: SequenceModel) -> Results:
        """Function that computes a block: ``values``, ``outputs`` and ``reference_outputs`` of `Attributions`."""
        spec, sequences = self.spec, self.sequences
        references: str | SequenceSet | None = spec.references
        if isinstance(references, str) and references not in REFERENCES:
            rule = sequences.rule or LengthRule(sequences.length)
            references = as_sequences(Path(references), length=rule)
        block_of = block_attributor(
            model, sequences, self._n_rows, method=spec.method, task=spec.task, references=references,
            n_references=spec.n_references, seed=spec.seed,
        )  # fmt: skip

        def compute(k: int) -> dict[str, NDArray[Any]]:
            block = block_of(k)
            arrays: dict[str, NDArray[Any]] = {"values": block.values, "outputs": block.outputs}
            if block.reference_outputs is not None:
                arrays["references"] = block.reference_outputs
            return arrays

        return compute

    def controls(self, model: SequenceModel) -> Controls:
        """Contributions to dinucleotide shuffles of the sequences: ten of each, at most `_MAX_CONTROLS` in all."""
        n = len(self.sequences)
        rows = np.linspace(0, n - 1, min(10 * n, _MAX_CONTROLS)).astype(np.int64)
        shuffled = shuffle(self.sequences.take(rows), seed=self.spec.seed)
        explanation = replace(self, sequences=shuffled)
        results = explanation.results(model)
        blocks = [explanation._block(k, results).observed() for k in range(explanation.n_blocks)]
        parts = np.array(model.split_of(self.sequences), dtype=str)
        is_known = any(model.split_table.counts().values())
        if not is_known:
            logger.info("seqlets are not tested: the training sequences of an imported model are unknown")
        is_held_out = np.isin(parts, ("test", "")) & is_known
        return Controls(np.concatenate(blocks), is_held_out)

    def write(
        self, folder: Path, results: Results, *, motifs: MotifSet | str | Path | None,
        chromosomes: Mapping[str, int] | None, controls: Controls | None = None,
    ) -> None:  # fmt: skip
        """Write the files of `explain` from the results of all blocks, with seqlets if there are controls."""
        n_blocks = self.n_blocks
        if n_unknown := int((self.sequences.codes == N).all(axis=1).sum()):
            logger.info("%d of %d sequences contain only N; their contributions are 0", n_unknown, len(self.sequences))
        shown_motifs = None if motifs is None else as_motifs(motifs)
        shown = _Shown(self.spec, self.sequences, self.tasks)
        files = AttributionFiles(folder, self.sequences, self.tasks, tracks=self.spec.tracks, chromosomes=chromosomes)
        start = self._block(0, results)  # most errors occur in the first block: before a file is written
        with files:
            blocks = chain([start], (self._block(k, results) for k in range(1, n_blocks)))
            observed: list[NDArray[np.float32]] = []
            parts = (
                _add(files, shown, k * self._n_rows, block, observed if controls else None)
                for k, block in enumerate(blocks)
            )
            write_table(parts, folder / BASES)
        if controls is not None:
            self._write_seqlets(folder, np.concatenate(observed), controls, shown_motifs)
        hits = None if shown_motifs is None else shown.hits(shown_motifs)
        _write_pictures(shown, folder, hits)
        write_page(folder, shown.by_task(), shown.facts, hits)

    def _write_seqlets(
        self, folder: Path, observed: NDArray[np.float32], controls: Controls, motifs: MotifSet | None
    ) -> None:
        tables = []
        for t, task in enumerate(self.tasks):
            own, null = (values.reshape(len(values), -1, values.shape[-1])[:, t] for values in (observed, controls[0]))
            found = seqlets_of(own, null, task=task, held_out=controls.is_held_out)
            tables.append(seqlet_table(own, self.sequences, found, motifs))
        write_seqlets(tables, folder)

    @property
    def _n_rows(self) -> int:
        """Sequences of a block."""
        return max(1, _BLOCK_VALUES // (4 * self.sequences.length * len(self.tasks)))

    def _block(self, k: int, results: Results) -> Attributions:
        sequences = self.sequences.take(slice(k * self._n_rows, (k + 1) * self._n_rows))
        n, n_tasks, found = len(sequences), len(self.tasks), results(k)
        by_task = (n_tasks,) if n_tasks > 1 else ()
        values = checked(found, "values", (n, *by_task, 4, sequences.length))
        outputs = checked(found, "outputs", (n, n_tasks))
        references = checked(found, "references", (n, n_tasks)) if "references" in found else None
        method = self.spec.method
        return Attributions(sequences, values, self.tasks, outputs, method, explained_part(method), references)


def _add(
    files: AttributionFiles, shown: _Shown, first: int, block: Attributions, observed: list[NDArray[np.float32]] | None
) -> Any:
    shown.add(first, block)
    if observed is not None:
        observed.append(block.observed())
    return files.add(block.sequences, block.values)


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
