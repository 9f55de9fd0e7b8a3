"""`discover`: the whole job in one call, without files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from motifnet.discovery import Discovery, discover, read_out, replicate
from motifnet.errors import InputError, ModelError, SpecError
from motifnet.models.baselines import baselines
from motifnet.models.metrics import metrics_table
from motifnet.motifs.extraction_spec import ExtractionSpec, ReadoutSpec
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.input_spec import Fractions
from motifnet.sequences.sequence_set import SequenceSet
from small_models import FIXED, QUICK, SPEC, planted

pytestmark = pytest.mark.slow

HOW = replace(QUICK, max_steps=4, check_every=2)
EXTRACTION = ExtractionSpec("top", 60)
READOUT = ReadoutSpec(database="none", importance=False)
DATA = planted(60, 60, seed=1)


def run(data: Dataset = DATA, **values: Any) -> Discovery:
    return discover(data, **{"spec": SPEC, "training": HOW, "extraction": EXTRACTION, "readout": READOUT, **values})


@pytest.fixture(scope="module")
def found() -> Discovery:
    return run()


def test_figures_are_those_of_the_test_split(found: Discovery) -> None:
    table = found.predictions
    splits = np.array(found.model.split_of(DATA.sequences))
    assert table["sequence_index"].tolist() == np.flatnonzero(splits == "test").tolist()
    assert [(splits == part).sum() for part in ("train", "valid", "test")] == [96, 12, 12]
    held_out = DATA.take(table["sequence_index"])
    assert table["name"].tolist() == list(held_out.sequences.names)
    assert table["label_positive"].tolist() == held_out.labels[:, 0].tolist()
    predicted = found.model.predict(held_out.sequences)
    assert table["positive"].tolist() == predicted[:, 0].tolist()
    assert found.metrics.equals(metrics_table(held_out, predicted))


def test_the_seed_decides_the_split() -> None:
    other = run(training=replace(HOW, seed=9))
    assert other.predictions["sequence_index"].tolist() != run().predictions["sequence_index"].tolist()


def test_fractions() -> None:
    small = run(fractions=Fractions(valid=0.25, test=0.05))
    splits = np.array(small.model.split_of(DATA.sequences))
    assert [(splits == part).sum() for part in ("train", "valid", "test")] == [84, 30, 6]


def test_test_sequences_of_their_own() -> None:
    own = planted(7, 5, seed=5)
    found = run(test=own)
    assert found.predictions["sequence_index"].tolist() == list(range(12))
    assert found.predictions["name"].tolist() == list(own.sequences.names)
    splits = np.array(found.model.split_of(DATA.sequences))
    assert [(splits == part).sum() for part in ("train", "valid", "test")] == [108, 12, 0]
    assert found.model.split_of(own.sequences) == ["test"] * 12


def test_duplicates_stay_on_one_side_and_in_their_rows() -> None:
    doubled = SequenceSet.concatenate([DATA.sequences, DATA.sequences])
    data = Dataset.from_labels(doubled, np.concatenate([DATA.labels, DATA.labels]), DATA.tasks)
    index = run(data).predictions["sequence_index"]
    assert sorted(index % 120) == sorted([*set(index % 120)] * 2)


def test_replicates_are_trained_on_the_same_split_by_another_seed(found: Discovery) -> None:
    other = replicate(found.model, DATA, seed=7, extraction=EXTRACTION)
    assert [m.counts.tolist() for m in other] != [m.counts.tolist() for m in found.motifs.motifs]
    labels = DATA.labels.copy()
    labels[found.predictions["sequence_index"]] = 1 - labels[found.predictions["sequence_index"]]
    blind = replicate(found.model, replace(DATA, labels=labels), seed=7, extraction=EXTRACTION)
    assert [m.counts.tolist() for m in blind] == [m.counts.tolist() for m in other]

    again = read_out(found.model, DATA, extraction=EXTRACTION, readout=READOUT, replicates=[other, found.motifs.motifs])
    table = again.motifs.table
    assert set(table["replicates"]) <= {"2/3", "3/3"}  # the network itself is two of the three
    assert table.drop(columns="replicates").equals(found.motifs.table.drop(columns="replicates"))


def test_motifs_are_tested_on_the_test_split(found: Discovery) -> None:
    table = found.motifs.table
    labels = found.predictions["label_positive"]
    assert len(table) > 0
    assert (table[["n_positive", "n_negative"]] == [labels.sum(), (1 - labels).sum()]).all(axis=None)


def test_baselines_are_fitted_on_the_training_split_and_evaluated_on_the_test_split(found: Discovery) -> None:
    splits = np.array(found.model.split_of(DATA.sequences))
    own = baselines(DATA.take(splits == "train"), DATA.take(splits == "test"), seed=HOW.seed)
    alone, *_, best = (row for _, row in found.baselines.iterrows())
    test = DATA.take(splits == "test")
    network = metrics_table(test, found.model.predict_network(test.sequences))
    assert (alone["baseline"], alone["log_loss"]) == ("network", network["log_loss"].iloc[0])
    assert found.baselines.iloc[1:3].reset_index(drop=True).equals(own.astype(found.baselines.dtypes))
    first = found.motifs.table.iloc[0]
    assert (best["baseline"], first["direction"]) == ("best_pwm", "positive")
    assert best["auroc"] == first["auroc_test"]


def test_what_is_written_comes_back(found: Discovery, tmp_path: Path) -> None:
    found.write(tmp_path)
    back = Discovery.read(tmp_path)
    assert back.model.predict(DATA.sequences).tobytes() == found.model.predict(DATA.sequences).tobytes()
    assert back.metrics.astype(float).round(9).equals(found.metrics.astype(float).round(9))
    pd.testing.assert_frame_equal(back.baselines, found.baselines, check_dtype=False)
    assert back.predictions["sequence_index"].tolist() == found.predictions["sequence_index"].tolist()
    assert back.motifs.motifs.names == found.motifs.motifs.names
    older = json.loads((tmp_path / "metrics.json").read_text())
    del older["positive"]["baselines"]
    (tmp_path / "metrics.json").write_text(json.dumps(older))
    assert Discovery.read(tmp_path).baselines.empty
    (tmp_path / "metrics.json").unlink()
    with pytest.raises(ModelError, match=r"not a folder of discover's results: .*metrics\.json is missing"):
        Discovery.read(tmp_path)


@pytest.mark.parametrize(
    ("test", "error_type", "message"),
    [
        (planted(2, 2, seed=5, length=80), ModelError, "80 bp"),
        (
            replace(planted(2, 2, seed=5), tasks=("bound",)),
            InputError,
            "the network has the tasks positive, the test sequences bound",
        ),
        (replace(planted(2, 0, seed=5), labels=np.full((2, 1), 0.3)), InputError, r"0\.3"),
    ],
    ids=["length", "tasks", "values"],
)
def test_test_sequences_are_looked_at_before_the_training(
    test: Dataset, error_type: type[Exception], message: str
) -> None:
    steps: list[object] = []
    with pytest.raises(error_type, match=message):
        run(spec=FIXED, test=test, progress=steps.append)
    assert steps == []


def test_a_layer_that_is_not_there_is_told_before_the_training() -> None:
    steps: list[object] = []
    with pytest.raises(SpecError, match="layer"):
        run(extraction=ExtractionSpec(layer=5), progress=steps.append)
    assert steps == []
