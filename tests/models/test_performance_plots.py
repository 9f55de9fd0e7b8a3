"""Learning, ROC and precision-recall curves have the metrics of `evaluate`."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dna_strategies import random_dna
from motifnet.errors import InputError
from motifnet.models.baselines import baseline_predictions, baselines
from motifnet.models.metrics import task_metrics
from motifnet.models.performance_plots import plot_history, plot_pr, plot_roc
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet

LABELS = np.array([[1, 0], [1, np.nan], [0, 1], [1, 0], [0, 1], [0, 0]], dtype=np.float32)
DATA = Dataset(SequenceSet.from_strings(random_dna(6, 30, seed=1)), LABELS, ("a", "b$"), np.arange(6))
SCORES = np.random.default_rng(0).random((6, 2))


def legend(ax: Axes) -> list[str]:
    drawn = ax.get_legend()
    assert drawn is not None
    return [text.get_text() for text in drawn.get_texts()]


def test_the_legend_has_the_metrics_of_evaluate():
    metrics = task_metrics(LABELS[:, 0], SCORES[:, 0])
    assert legend(plot_roc(DATA, {"net": SCORES})) == [f"net: auROC {metrics['auroc']:.3f}", "chance: 0.5"]
    expected = [f"net: auPRC {metrics['auprc']:.3f}", "prevalence: 0.500"]
    assert legend(plot_pr(DATA, {"net": SCORES})) == expected


def test_unknown_labels_of_a_task_are_ignored():
    scores = np.where(np.isnan(LABELS[:, 1]), np.nan, LABELS[:, 1])
    ax = plot_roc(DATA, {"perfect": scores, "kmer_logistic": 1 - np.nan_to_num(scores)}, task="b$")
    assert legend(ax)[:2] == ["perfect: auROC 1.000", "k-mer logistic regression: auROC 0.000"]
    assert ax.lines[0].get_xydata().tolist()[-1] == [1, 1]
    assert legend(plot_pr(DATA, {"perfect": scores}, task="b$")) == ["perfect: auPRC 1.000", "prevalence: 0.400"]


def test_the_area_under_the_plotted_curve_is_the_auroc():
    line = plot_roc(DATA, {"net": SCORES}).lines[0]
    area = np.trapezoid(line.get_ydata(), line.get_xdata())
    assert area == pytest.approx(task_metrics(LABELS[:, 0], SCORES[:, 0])["auroc"])


def test_metrics_of_baselines_are_those_of_their_predictions():
    strings = [base * 30 for base in "ACGT" * 10]
    labels = np.array([[base in "CG", 1] for base in "ACGT" * 10], dtype=np.float32)
    data = Dataset(SequenceSet.from_strings(strings), labels, ("gc", "all"), np.arange(40) % 10)
    predicted = baseline_predictions(data, data)
    assert list(predicted) == ["kmer_logistic", "gc"]
    assert all(np.isnan(values[:, 1]).all() for values in predicted.values())
    table = baselines(data, data)
    assert table["task"].unique().tolist() == ["gc"]
    assert legend(plot_roc(data, predicted))[1] == f"GC alone: auROC {table['auroc'][1]:.3f}" == "GC alone: auROC 1.000"


def test_history_marks_the_best_step():
    history = pd.DataFrame({"step": [10, 20, 30], "loss": [2.0, 0.5, 0.1], "valid_loss": [2.0, 0.6, 0.9]})
    ax = plot_history(SimpleNamespace(history=history))
    training, validation, best = ax.lines
    assert training.get_ydata().tolist() == [2.0, 0.5, 0.1]
    assert validation.get_xdata().tolist() == [10, 20, 30]
    assert best.get_xdata()[0] == 20
    assert ax.get_yscale() == "log"
    assert legend(ax) == ["training", "validation", "best step"]


@pytest.mark.parametrize("draw", [plot_roc, plot_pr])
def test_plots_into_given_axes(draw):
    ax = Figure().add_subplot()
    assert draw(DATA, {"net": SCORES}, ax) is ax
    assert draw(DATA, {"net": SCORES})._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "plot",
    [
        lambda: plot_roc(DATA, {}, task="c"),
        lambda: plot_roc(DATA, {"net": SCORES[:5]}),
        lambda: plot_roc(DATA, {"net": np.full((6, 2), np.inf)}),
        lambda: plot_pr(DATA.take([0, 1]), {}),
        lambda: plot_pr(Dataset(DATA.sequences, LABELS * 2.5, DATA.tasks), {}),
        lambda: plot_history(SimpleNamespace(history=pd.DataFrame())),
        lambda: plot_history(None),
    ],
    ids=["no such task", "other shape", "infinite", "one class", "values", "no history", "no model"],
)
def test_data_that_cannot_be_plotted_are_an_error(plot):
    with pytest.raises(InputError):
        plot()
