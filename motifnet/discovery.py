"""`discover`: the whole job, from labelled sequences to a trained network, its metrics, and tested motifs."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.arguments import check_integer, check_type
from motifnet.errors import FormatError, InputError, ModelError, listed
from motifnet.html import summary_html, table_html
from motifnet.interpretation.data_summary import describe_negatives, summarise_data
from motifnet.interpretation.tables.columns import FILES
from motifnet.models.baselines import (
    PREDICTION_COLUMNS,
    baseline_predictions,
    baselines_json,
    baselines_table,
    measure_baselines,
    prediction_rows,
)
from motifnet.models.metrics import check_labels, metrics_from_json, metrics_json, metrics_table
from motifnet.models.network.spec import ROOMY, ModelSpec
from motifnet.models.runtime import threads
from motifnet.models.storage import ModelHeader
from motifnet.models.training.distributed import end_other_workers, worker
from motifnet.models.training.train_spec import TrainSpec
from motifnet.motifs.extraction_spec import ExtractionSpec, ReadoutSpec
from motifnet.motifs.known.databases import known_motifs
from motifnet.outputs import DATA, output_folder, write_json, write_table
from motifnet.planning import Plan, fitted_spec
from motifnet.progress import training_reported
from motifnet.provenance import RunRecord, fingerprints, write_provenance
from motifnet.report.page import write_report
from motifnet.report.results_folder import (
    BASELINE_PREDICTIONS,
    DOCUMENTS,
    METRICS_FILE,
    PREDICTIONS,
    read_baseline_predictions,
    read_document,
    read_predictions,
)
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.input_spec import DataSpec, NegativeSpec, SplitSpec
from motifnet.sequences.io.labels import read_files
from motifnet.sequences.quality import check_data, log_findings
from motifnet.sequences.splits.partition import split_data

if TYPE_CHECKING:
    from motifnet.interpretation.tables.motif_tables import MotifTables
    from motifnet.models.trained import TrainedModel
    from motifnet.motifs.motif import MotifSet

logger = logging.getLogger("motifnet")

#: Metrics that a notebook shows, of those that exist for the kind of labels.
_SHOWN_METRICS = ("auroc", "auprc", "prevalence", "spearman", "pearson", "mse")


@dataclass(frozen=True, eq=False)
class Discovery:
    """Results of `discover`.

    Parameters
    ----------
    model : TrainedModel
    metrics : DataFrame
        Metrics on the test sequences (`evaluate`).
    predictions : DataFrame
        Test sequences: ``sequence_index``, ``name``, and the label and the prediction of each task.
    motifs : MotifTables
    baselines : DataFrame
        Metrics of simpler models on the test sequences: ``task``, ``baseline`` and the columns of `metrics` (see
        `motifnet.models.baselines`). ``best_pwm``, the score of the best motif of a task, has only the auROC (for
        values and counts: Spearman's correlation).
    baseline_predictions : DataFrame
        Predictions of these models, except ``best_pwm`` (`baselines.PREDICTION_COLUMNS`).
    data : mapping
        Numbers, lengths and composition of the sequences, and findings about them, as in data.json.
    run : mapping
        Input files, seed, threads, and duration of each stage in seconds, as in provenance.json.
    """

    model: TrainedModel
    metrics: pd.DataFrame
    predictions: pd.DataFrame
    motifs: MotifTables
    baselines: pd.DataFrame
    baseline_predictions: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(PREDICTION_COLUMNS)))
    data: Mapping[str, Any] = field(default_factory=dict)
    run: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Discovery: {self.model}, {self.motifs}>"

    def _repr_html_(self) -> str:
        names = [name for name in _SHOWN_METRICS if name in self.metrics.columns]
        rows = ([task, *(f"{row[name]:.3f}" for name in names)] for task, row in self.metrics.iterrows())
        table = table_html(["test", *names], rows, n_rows=len(self.metrics))
        return summary_html("Discovery", {}, table, self.motifs._repr_html_())

    def write(self, folder: str | Path, *, force: bool = False) -> None:
        """Write the same folder as `motifnet discover`, completely or not at all.

        Parameters
        ----------
        folder : str or Path
            Must not exist, or be empty.
        force : bool
            Replace a folder that motifnet wrote.

        Raises
        ------
        InputError
            If the folder cannot be written.
        """
        with output_folder(folder, force=force) as partial:
            self.write_files(partial)

    def write_files(
        self, folder: Path, *, command: Iterable[str] = (), inputs: Iterable[str | Path | None] = ()
    ) -> None:
        """Write all files into an existing folder; provenance.json records the command and further input files."""
        start = time.monotonic()
        model = folder / "model"
        model.mkdir(exist_ok=True)
        self.model.write_files(model)
        baselines, own = baselines_json(self.baselines), metrics_json(self.metrics)
        metrics = {task: {**values, "baselines": baselines.get(task, {})} for task, values in own.items()}
        write_json(metrics, folder / METRICS_FILE)
        write_table(self.predictions, folder / PREDICTIONS)
        write_table(self.baseline_predictions, folder / BASELINE_PREDICTIONS)
        self.motifs.write_files(folder)
        write_json(self.data, folder / DATA)
        seconds = {**self.run.get("seconds", {}), "writing": round(time.monotonic() - start, 1)}
        files = [*self.run.get("inputs", ()), *fingerprints(inputs)]
        write_provenance(folder, command=command, details={**self.run, "inputs": files, "seconds": seconds})
        write_report(folder)

    @classmethod
    def read(cls, folder: str | Path) -> Discovery:
        """Read the results in a folder that `write` or `motifnet discover` wrote.

        Raises
        ------
        ModelError
            If a file is missing, or the model is damaged.
        FormatError
            If another file is damaged.
        """
        from motifnet.interpretation.tables.motif_tables import MotifTables
        from motifnet.models.trained import TrainedModel

        path = Path(folder)
        model = TrainedModel.load(path)
        for name in (*DOCUMENTS, PREDICTIONS, BASELINE_PREDICTIONS, "motifs.meme", *FILES.values()):
            if not (path / name).is_file():
                raise ModelError(f"{folder}: no results of discover: {name} is missing")
        document, data, run = (read_document(path, name) for name in DOCUMENTS)
        if list(document) != list(model.spec.tasks):
            raise FormatError(path / METRICS_FILE, f"the tasks must be those of the model: {listed(model.spec.tasks)}")
        metrics = metrics_from_json(document, model.spec.outputs)
        baselines = baselines_table({task: (values or {}).get("baselines") or {} for task, values in document.items()})
        predictions, others = read_predictions(path), read_baseline_predictions(path)
        return cls(model, metrics, predictions, MotifTables.read(path), baselines, others, data, run)


# Ten arguments: each is a choice of its own.
def discover(
    data: Dataset | DataSpec | str | Path,
    negatives: str | Path | NegativeSpec | None = None,
    *,
    test: Dataset | None = None,
    spec: ModelSpec | str = "default",
    training: TrainSpec = TrainSpec(),
    splits: SplitSpec = SplitSpec(),
    extraction: ExtractionSpec = ExtractionSpec(),
    readout: ReadoutSpec = ReadoutSpec(),
    replicates: int = 1,
    checkpoint: str | Path | None = None,
) -> Discovery:
    """Train a network, evaluate it on test sequences, and extract, test and annotate its motifs.

    Parameters
    ----------
    data : Dataset, DataSpec, str or Path
        Labelled sequences; a file of positives (FASTA); or a `DataSpec` for other files and labels.
    negatives : str, Path or NegativeSpec, optional
        With a file of positives: the file of negatives, or how they are generated. By default the positives are
        shuffled, with their dinucleotide counts preserved.
    test : Dataset, optional
        Test sequences. By default a part of `data` is held out.
    spec : ModelSpec or str
        Network, or the name of a preset. Its length and tasks are replaced by those of the data.
    training : TrainSpec
        Its seed is also that of the split and of generated negatives.
    splits : SplitSpec
        Which sequences are used for validation and test.
    extraction : ExtractionSpec
        How motifs are extracted from filters.
    readout : ReadoutSpec
        How motifs are refined, tested and compared with known motifs.
    replicates : int
        Number of networks to train, with seeds ``training.seed``, ``training.seed + 1``, ...; the column
        ``replicates`` of the motif table counts the networks with each motif.
    checkpoint : str or Path, optional
        Folder for the state of training, as for `train`. After an interruption, trained networks are not trained again.

    Returns
    -------
    Discovery

    Raises
    ------
    InputError
        If a file cannot be read, or the data cannot be split or learned from.
    SpecError
        If the network does not fit the data.

    Examples
    --------
    ``discover("peaks.fa").write("results")`` is ``motifnet discover peaks.fa --output results``.
    """
    spec = ModelSpec.preset(spec, length=ROOMY) if isinstance(spec, str) else spec
    check_type("spec", spec, ModelSpec)
    spec.check_layer(extraction.layer)
    check_integer("replicates", replicates, at_least=1)
    if readout.database != "none":
        known_motifs(readout.database, skip_invalid=readout.skip_invalid)
    files = _data_spec(data, negatives)
    _check_test_source(splits, test, files)
    paths = () if files is None else (*files.paths, splits.table)
    run = RunRecord(paths, seed=training.seed, threads=threads())
    with run.stage("reading"):
        whole, test = _read(data, files, test, seed=training.seed)
        spec = fitted_spec(spec, whole)
        if test is not None:
            _check_test(ModelHeader(spec, training=training), test)
    with run.stage("checking"):
        findings = check_data(whole, test=test)
        log_findings(findings)
        split = split_data(whole, splits if test is None else replace(splits, test_fraction=0.0), seed=training.seed)
        split = split if test is None else split.with_test(test)
    plan = Plan(split, spec, training, readout, replicates, run.start)
    plan.log()
    model = _train(plan, run, checkpoint)
    others = [_replicate(plan, extraction, number, run, checkpoint) for number in range(1, replicates)]
    end_other_workers()
    with run.stage("motifs"):
        found = _results(model, plan, extraction, others)
    summary = summarise_data(split, findings=findings, negatives=describe_negatives(files))
    return replace(found, data=summary, run=run.details)


def _data_spec(data: Dataset | DataSpec | str | Path, negatives: str | Path | NegativeSpec | None) -> DataSpec | None:
    """The files to read, if any."""
    check_type("data", data, Dataset, DataSpec, str, Path)
    if isinstance(data, str | Path):
        return DataSpec(data, negatives)
    if negatives is not None:
        kind = type(data).__name__
        raise InputError(f"negatives cannot be combined with a {kind}", hint=f"Include them in the {kind}.")
    return None if isinstance(data, Dataset) else data


def _check_test_source(splits: SplitSpec, test: Dataset | None, files: DataSpec | None) -> None:
    has_test = test is not None or (files is not None and files.test[0] is not None)
    if has_test and (splits.test_chromosomes or splits.table):
        raise InputError(
            "test sequences cannot be combined with --test-chromosomes or the --split of a file",
            hint="Use one of them; --valid-chromosomes can be combined with either.",
        )


def _read(data: Any, files: DataSpec | None, test: Dataset | None, *, seed: int) -> tuple[Dataset, Dataset | None]:
    if files is None:
        return data, test
    data = read_files(files, seed=seed)
    if files.test[0] is not None:
        # Cropped, padded or cut from the genome like the others.
        length = data.sequences.length if data.sequences.rule or files.intervals else None
        test = read_files(replace(files, sequences=files.test[0], negatives=files.test[1], length=length))
    return data, test


def _check_test(header: ModelHeader, test: Dataset) -> None:
    """Check that test sequences fit the network, before it is trained."""
    check_type("test", test, Dataset)
    header.spec_for(test.sequences.length)
    if test.tasks != header.spec.tasks:
        tasks, others = ", ".join(header.spec.tasks), ", ".join(test.tasks)
        raise InputError(f"the tasks of the test sequences ({others}) are not those of the data ({tasks})")
    check_labels(test, header.spec.outputs)


def _train(plan: Plan, run: RunRecord, checkpoint: str | Path | None, number: int = 0) -> TrainedModel:
    """Train a network; those after the first have other seeds, and are used only for their motifs."""
    with run.stage("starting TensorFlow"):
        from motifnet.models.training.loop import train
    training = plan.training
    if number:
        training = replace(training, seed=training.seed + number, kmers=False)
    with run.stage("replicates" if number else "training"), training_reported() as report:
        progress = report if number else plan.timed(report)
        return train(plan.spec, plan.split, training=training, checkpoint=checkpoint, progress=progress)


def _replicate(
    plan: Plan, extraction: ExtractionSpec, number: int, run: RunRecord, checkpoint: str | Path | None
) -> MotifSet:
    """The motifs of another network, with the same split and another seed."""
    logger.info("network %d of %d, seed %d", number + 1, plan.networks, plan.training.seed + number)
    model = _train(plan, run, checkpoint, number)
    from motifnet.interpretation.readout import learn_motifs
    from motifnet.motifs.motif import MotifSet

    if not worker().is_chief:
        return MotifSet(())

    with run.stage("replicates"):
        return learn_motifs(model, plan.split.train, extraction=extraction)


def _results(model: TrainedModel, plan: Plan, extraction: ExtractionSpec, replicates: Sequence[MotifSet]) -> Discovery:
    from motifnet.interpretation.tables.motif_tables import tabulate_motifs
    from motifnet.models.evaluation import predictions_table, warn_if_seen

    split, outputs = plan.split, plan.spec.outputs
    warn_if_seen(model, split.test)
    predictions = model.predict(split.test.sequences)
    motifs = tabulate_motifs(model, split, extraction=extraction, readout=plan.readout)
    options = {"outputs": outputs, "strands": plan.spec.motif_strands}
    baselines = baseline_predictions(split.train, split.test, **options, seed=plan.training.seed, kmers=model.kmers)
    return Discovery(
        model,
        metrics_table(split.test, predictions, outputs),
        predictions_table(split.test, predictions, index=split.rows[2]),
        motifs.with_replicates(replicates),
        _baselines(model, baselines, split.test, motifs),
        prediction_rows(baselines, split.test.tasks, index=split.rows[2]),
    )


def _baselines(
    model: TrainedModel, predictions: Mapping[str, NDArray[np.floating]], test: Dataset, motifs: MotifTables
) -> pd.DataFrame:
    """Metrics on the test sequences of the network without its k-mer part, of simpler models, and of the best motifs.

    The best motif of a task is the first of its motifs: its auROC, or Spearman's correlation.
    """
    outputs = model.spec.outputs
    parts = [measure_baselines(predictions, test, outputs=outputs)]
    if model.kmers is not None:
        network = metrics_table(test, model.predict(test.sequences, part="network"), outputs).reset_index()
        network.insert(1, "baseline", "network")
        parts.insert(0, network)
    first = motifs.table.drop_duplicates("task")
    is_positive = first["direction"] == "positive"
    best = pd.DataFrame({"task": first["task"], "baseline": "best_pwm"})
    if outputs == "classes":
        best["auroc"] = first["auroc_test"].where(is_positive, 1 - first["auroc_test"])
    else:
        best["spearman"] = first["spearman_test"].where(is_positive, -first["spearman_test"])
    table = pd.concat([*parts, best.dropna()], ignore_index=True)
    order = test.tasks.index
    return table.sort_values("task", key=lambda task: task.map(order), kind="stable", ignore_index=True)
