"""`discover`: the whole job, from labelled sequences to a trained network, its figures and its motifs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.arguments import check_type
from motifnet.errors import InputError, ModelError
from motifnet.html import summary_html, table_html
from motifnet.interpretation.readout import learn_motifs
from motifnet.interpretation.tables.motif_tables import MotifTables, tabulate_motifs
from motifnet.models.baselines import (
    PREDICTION_COLUMNS,
    baseline_predictions,
    baselines_json,
    baselines_table,
    measure_baselines,
    prediction_rows,
)
from motifnet.models.evaluation import predictions_table, warn_if_seen
from motifnet.models.metrics import METRICS, check_labels, metrics_json, metrics_table
from motifnet.models.network.spec import ModelSpec
from motifnet.models.storage import ModelHeader
from motifnet.models.trained import TrainedModel
from motifnet.models.training.loop import Progress, train
from motifnet.models.training.train_spec import TrainSpec
from motifnet.motifs.extraction_spec import ExtractionSpec, ReadoutSpec
from motifnet.motifs.motif import MotifSet
from motifnet.outputs import read_table, write_table
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.input_spec import Fractions

#: What models without a network predict for the test split.
BASELINE_PREDICTIONS = "baselines.tsv"
#: Figures of the test split that a notebook shows first, of those that the kind of labels has.
_TOLD = ("auroc", "auprc", "prevalence", "spearman", "pearson", "mse")


@dataclass(frozen=True, eq=False)
class Discovery:
    """What `discover` found.

    Parameters
    ----------
    model : TrainedModel
    metrics : DataFrame
        Test split only: see `evaluate`.
    predictions : DataFrame
        Test split: ``sequence_index``, ``name``, and for each task its label and its probability.
    motifs : MotifTables
    baselines : DataFrame
        What models without a network make of the test split: ``task``, ``baseline`` and the columns of `metrics`
        (see `motifnet.models.baselines`). Of ``best_pwm``, the best motif of a task as a scanner, only the auROC (of
        values and counts: Spearman's correlation).
    baseline_predictions : DataFrame
        What those but the last predict: `baselines.PREDICTION_COLUMNS`.
    """

    model: TrainedModel
    metrics: pd.DataFrame
    predictions: pd.DataFrame
    motifs: MotifTables
    baselines: pd.DataFrame
    baseline_predictions: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(PREDICTION_COLUMNS)))

    def __repr__(self) -> str:
        return f"<Discovery: {self.model}, {self.motifs}>"

    def _repr_html_(self) -> str:
        told = [name for name in _TOLD if name in self.metrics.columns]
        rows = ([task, *(f"{row[name]:.3f}" for name in told)] for task, row in self.metrics.iterrows())
        figures = table_html(["test", *told], rows, n_rows=len(self.metrics))
        return summary_html("Discovery", {}, figures, self.motifs._repr_html_())

    def write(self, folder: str | Path) -> None:
        """Write everything into a folder that is there already."""
        path = Path(folder)
        (path / "model").mkdir(exist_ok=True)
        self.model.write_files(path / "model")
        others = baselines_json(self.baselines)
        metrics = {
            task: {**figures, "baselines": others.get(task, {})} for task, figures in metrics_json(self.metrics).items()
        }
        (path / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
        write_table(self.predictions, path / "predictions.tsv")
        write_table(self.baseline_predictions, path / BASELINE_PREDICTIONS)
        self.motifs.write_files(path)

    @classmethod
    def read(cls, folder: str | Path) -> Discovery:
        """Back from `write`.

        Raises
        ------
        ModelError
            If the folder was not written by `discover`.
        """
        path = Path(folder)
        model = TrainedModel.load(path)
        try:
            names = list(METRICS[model.spec.outputs])
            document = json.loads((path / "metrics.json").read_text())
            metrics = pd.DataFrame.from_dict(document, orient="index", columns=names).rename_axis("task")
            others = baselines_table({task: figures.get("baselines", {}) for task, figures in document.items()})
            predictions = read_table(path / "predictions.tsv")
            own = read_table(path / BASELINE_PREDICTIONS)
            return cls(model, metrics, predictions, MotifTables.read(path), others, own)
        except FileNotFoundError as error:
            raise ModelError(f"{folder}: not a folder of discover's results: {error.filename} is missing") from None


# Eight arguments: each is a choice of its own that a caller makes.
def discover(
    data: Dataset,
    *,
    test: Dataset | None = None,
    spec: ModelSpec | None = None,
    training: TrainSpec | None = None,
    extraction: ExtractionSpec | None = None,
    readout: ReadoutSpec | None = None,
    fractions: Fractions | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Discovery:
    """Split, train, evaluate, read motifs off the network and test them on the sequences set aside.

    Parameters
    ----------
    data : Dataset
    test : Dataset, optional
        Test sequences of their own; then only validation is taken from `data`.
    spec : ModelSpec, optional
        By default the preset "default" for the length and tasks of the data.
    training : TrainSpec, optional
        Its seed also decides the split.
    extraction : ExtractionSpec, optional
        How filters become motifs.
    readout : ReadoutSpec, optional
        What is done with them.
    fractions : Fractions, optional
        Of the sequences, for validation and test; a tenth each by default.
    progress : callable, optional
        Called with a `Progress` every few training steps.

    Returns
    -------
    Discovery

    Raises
    ------
    InputError
        If the data cannot be split or learned from.
    SpecError
        If the network does not fit the data.
    """
    check_type("data", data, Dataset)
    if test is not None:
        check_type("test", test, Dataset)
    spec = spec or ModelSpec.preset("default", length=data.sequences.length, tasks=data.tasks)
    check_type("spec", spec, ModelSpec)
    spec.check_layer((extraction or ExtractionSpec()).layer)
    model = fit(data, test=test, spec=spec, training=training, fractions=fractions, progress=progress)
    return read_out(model, data, test=test, extraction=extraction, readout=readout)


def fit(
    data: Dataset,
    *,
    test: Dataset | None = None,
    spec: ModelSpec | None = None,
    training: TrainSpec | None = None,
    fractions: Fractions | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> TrainedModel:
    """The first half of `discover`: split and train. The model remembers the split."""
    training, fractions = training or TrainSpec(), fractions or Fractions()
    spec = spec or ModelSpec.preset("default", length=data.sequences.length, tasks=data.tasks)
    if test is not None:
        _check_test(ModelHeader(spec, training=training), test)
    split = data.split(valid=fractions.valid, test=fractions.test if test is None else 0.0, seed=training.seed)
    model = train(spec, split.train, valid=split.valid, training=training, progress=progress)
    return model.with_test(split.test if test is None else test)


def _check_test(header: ModelHeader, test: Dataset) -> None:
    """Say before the training what would otherwise be said after it."""
    header.spec_for(test.sequences.length)
    if test.tasks != header.spec.tasks:
        tasks, others = ", ".join(header.spec.tasks), ", ".join(test.tasks)
        raise InputError(f"the network has the tasks {tasks}, the test sequences {others}")
    check_labels(test, header.spec.outputs)


def replicate(
    model: TrainedModel,
    data: Dataset,
    *,
    seed: int,
    extraction: ExtractionSpec | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> MotifSet:
    """The motifs of another network: the same specification and split, another seed.

    Parameters
    ----------
    model : TrainedModel
        Trained on `data`.
    data : Dataset
    seed : int
    extraction : ExtractionSpec, optional
    progress : callable, optional

    Returns
    -------
    MotifSet
        See `MotifTables.with_replicates`.
    """
    extraction = extraction or ExtractionSpec()
    splits = np.array(model.split_of(data.sequences))
    parts = [data.take(splits == name) for name in ("train", "valid")]
    training = replace(model.training, seed=seed, kmers=False)
    other = train(model.spec, parts[0], valid=parts[1], training=training, progress=progress)
    return learn_motifs(other, parts[0], extraction=extraction)


def read_out(
    model: TrainedModel,
    data: Dataset,
    *,
    test: Dataset | None = None,
    extraction: ExtractionSpec | None = None,
    readout: ReadoutSpec | None = None,
    replicates: Sequence[MotifSet] = (),
) -> Discovery:
    """The second half of `discover`: test figures and motifs, by the split that the model remembers."""
    # Equal sequences are never split, so their digests tell where each row of the data went.
    rows = np.flatnonzero(np.array(model.split_of(data.sequences)) == "test") if test is None else np.arange(len(test))
    held_out = data.take(rows) if test is None else test
    warn_if_seen(model, held_out)
    probabilities = model.predict(held_out.sequences)
    motifs = tabulate_motifs(
        model, data, test=test, extraction=extraction or ExtractionSpec(), readout=readout or ReadoutSpec()
    )
    return Discovery(
        model,
        metrics_table(held_out, probabilities, model.spec.outputs),
        predictions_table(held_out, probabilities, index=rows),
        motifs.with_replicates(replicates),
        *_baselines(model, data, held_out, motifs, index=rows),
    )


def _baselines(
    model: TrainedModel, data: Dataset, held_out: Dataset, motifs: MotifTables, *, index: NDArray[np.int64]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fitted on the training split, evaluated on the test split; a task's best motif is the first of `motifs`.

    The baseline of k-mers is the regression of the model, if it has one; the network alone is then compared too.
    """
    learned = data.take(np.array(model.split_of(data.sequences)) == "train")
    strands, outputs = model.spec.motif_strands, model.spec.outputs
    predicted = baseline_predictions(
        learned, held_out, outputs=outputs, strands=strands, seed=model.training.seed, kmers=model.kmers
    )
    others = measure_baselines(predicted, held_out, outputs=outputs)
    best = _best_motifs(motifs, outputs)
    table = pd.concat([_network_alone(model, held_out), others, best], ignore_index=True)
    table = table.sort_values("task", key=lambda task: task.map(data.tasks.index), kind="stable", ignore_index=True)
    return table, prediction_rows(predicted, data.tasks, index=index)


def _network_alone(model: TrainedModel, held_out: Dataset) -> pd.DataFrame:
    """The network without the regression on k-mers beside it, if there is one."""
    if model.kmers is None:
        return pd.DataFrame()
    figures = metrics_table(held_out, model.predict_network(held_out.sequences), model.spec.outputs)
    figures = figures.reset_index()
    figures.insert(1, "baseline", "network")
    return figures


def _best_motifs(motifs: MotifTables, outputs: str) -> pd.DataFrame:
    """How the first motif of each task alone ranks the held-out sequences: auROC, or Spearman's rank correlation."""
    first = motifs.table.drop_duplicates("task")
    is_positive = first["direction"] == "positive"
    best = pd.DataFrame({"task": first["task"], "baseline": "best_pwm"})
    if outputs == "classes":
        return best.assign(auroc=first["auroc_test"].where(is_positive, 1 - first["auroc_test"])).dropna()
    return best.assign(spearman=first["spearman_test"].where(is_positive, -first["spearman_test"])).dropna()
