"""`discover` with data in memory; `tests/cli/test_discover.py` compares it with the command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dna_strategies import random_dna
from motifnet.discovery import Discovery, discover
from motifnet.errors import FormatError, InputError, ModelError, SpecError
from motifnet.models.baselines import baselines
from motifnet.models.metrics import metrics_table
from motifnet.models.network.spec import ModelSpec
from motifnet.motifs.extraction_spec import ExtractionSpec, ReadoutSpec
from motifnet.planning import fitted_spec
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.input_spec import DataSpec, NegativeSpec, SplitSpec
from motifnet.sequences.sequence_set import SequenceSet
from small_models import FIXED, QUICK, SPEC, planted

pytestmark = pytest.mark.slow

TRAINING = replace(QUICK, max_steps=4, check_every=2)
EXTRACTION = ExtractionSpec("top", 60)
READOUT = ReadoutSpec(database="none", importance=False)
DATA = planted(60, 60, seed=1)


def run(data: Any = DATA, **values: Any) -> Discovery:
    return discover(
        data, **{"spec": SPEC, "training": TRAINING, "extraction": EXTRACTION, "readout": READOUT, **values}
    )


@pytest.fixture(scope="module")
def found() -> Discovery:
    return run()


def test_metrics_are_those_of_the_test_split(found: Discovery) -> None:
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
    other = run(training=replace(TRAINING, seed=9))
    assert other.predictions["sequence_index"].tolist() != run().predictions["sequence_index"].tolist()


def test_fractions_of_the_split() -> None:
    small = run(splits=SplitSpec(valid_fraction=0.25, test_fraction=0.05))
    splits = np.array(small.model.split_of(DATA.sequences))
    assert [(splits == part).sum() for part in ("train", "valid", "test")] == [84, 30, 6]


def test_separate_test_sequences() -> None:
    own = planted(7, 5, seed=5)
    found = run(test=own)
    assert found.predictions["sequence_index"].tolist() == list(range(12))
    assert found.predictions["name"].tolist() == list(own.sequences.names)
    splits = np.array(found.model.split_of(DATA.sequences))
    assert [(splits == part).sum() for part in ("train", "valid", "test")] == [108, 12, 0]
    assert found.model.split_of(own.sequences) == ["test"] * 12


def test_duplicates_stay_in_one_part() -> None:
    doubled = SequenceSet.concatenate([DATA.sequences, DATA.sequences])
    data = Dataset.from_labels(doubled, np.concatenate([DATA.labels, DATA.labels]), DATA.tasks)
    index = run(data).predictions["sequence_index"]
    assert sorted(index % 120) == sorted([*set(index % 120)] * 2)


def test_replicates_learn_from_the_same_sequences_with_other_seeds() -> None:
    own = planted(7, 5, seed=5)
    once = run(test=own).motifs.table
    tables = [run(test=test, replicates=2).motifs.table for test in (own, replace(own, labels=1 - own.labels))]
    assert set(tables[0]["replicates"]) <= {"1/2", "2/2"}
    assert tables[0].drop(columns="replicates").equals(once.drop(columns="replicates"))
    assert tables[1]["replicates"].equals(tables[0]["replicates"])  # test labels have no influence


def test_motifs_are_tested_on_the_test_split(found: Discovery) -> None:
    table = found.motifs.table
    labels = found.predictions["label_positive"]
    assert len(table) > 0
    assert (table[["n_positive", "n_negative"]] == [labels.sum(), (1 - labels).sum()]).all(axis=None)


def test_baselines_learn_from_the_same_sequences_as_the_network(found: Discovery) -> None:
    splits = np.array(found.model.split_of(DATA.sequences))
    own = baselines(DATA.take(splits == "train"), DATA.take(splits == "test"), seed=TRAINING.seed)
    alone, *_, best = (row for _, row in found.baselines.iterrows())
    test = DATA.take(splits == "test")
    network = metrics_table(test, found.model.predict(test.sequences, part="network"))
    assert (alone["baseline"], alone["log_loss"]) == ("network", network["log_loss"].iloc[0])
    assert found.baselines.iloc[1:3].reset_index(drop=True).equals(own.astype(found.baselines.dtypes))
    first = found.motifs.table.iloc[0]
    assert (best["baseline"], first["direction"]) == ("best_pwm", "positive")
    assert best["auroc"] == first["auroc_test"]


def test_results_are_written_and_read(found: Discovery, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    found.write(folder)
    with pytest.raises(InputError):
        found.write(folder)
    back = Discovery.read(folder)
    assert back.model.predict(DATA.sequences).tobytes() == found.model.predict(DATA.sequences).tobytes()
    assert back.metrics.astype(float).round(9).equals(found.metrics.astype(float).round(9))
    pd.testing.assert_frame_equal(back.baselines, found.baselines, check_dtype=False)
    assert back.predictions["sequence_index"].tolist() == found.predictions["sequence_index"].tolist()
    assert back.motifs.motifs.names == found.motifs.motifs.names
    assert back.data == json.loads(json.dumps(found.data))
    assert back.run["seed"] == TRAINING.seed
    back.write(folder, force=True)
    (folder / "metrics.json").unlink()
    with pytest.raises(ModelError, match=r"metrics\.json"):
        Discovery.read(folder)


def test_networks_are_not_trained_again_after_an_interruption(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as late:
        late.setattr("motifnet.discovery.baseline_predictions", fail)
        with pytest.raises(KeyboardInterrupt):
            run(checkpoint=tmp_path, replicates=2)
    with monkeypatch.context() as trained:
        trained.setattr("motifnet.models.training.loop.compile_step", lambda *_: lambda *_: pytest.fail("a step"))
        trained.setattr("motifnet.models.training.loop.choose_kmers", lambda *_, **__: pytest.fail("fitted"))
        found = run(checkpoint=tmp_path, replicates=2)
    whole = run(replicates=2)
    for name in ("predictions", "metrics", "baselines"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(whole, name), check_exact=True)
    pd.testing.assert_frame_equal(found.motifs.table, whole.motifs.table, check_exact=True)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"spec": FIXED, "test": planted(2, 2, seed=5, length=80)}, ModelError),
        ({"test": replace(planted(2, 2, seed=5), tasks=("bound",))}, InputError),
        ({"test": replace(planted(2, 0, seed=5), labels=np.full((2, 1), 0.3))}, InputError),
        ({"test": planted(2, 2, seed=5), "splits": SplitSpec(test_chromosomes=("chr1",))}, InputError),
        ({"extraction": ExtractionSpec(layer=5)}, SpecError),
        ({"readout": ReadoutSpec(database="mammals")}, InputError),
        ({"replicates": 0}, InputError),
        ({"negatives": NegativeSpec(), "data": DataSpec("pos.fa")}, InputError),
        ({"negatives": "neg.fa"}, InputError),
        ({"data": ["ACGT"]}, InputError),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_errors_come_before_the_training(options: dict[str, Any], error: type[Exception], tmp_path: Path) -> None:
    with pytest.raises(error):
        run(**options, checkpoint=tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_invalid_motifs_of_a_database_are_left_out_on_request(tmp_path: Path) -> None:
    odd, missing = tmp_path / "odd.jaspar", tmp_path / "none.fa"
    odd.write_text(">a\nA [ 1 ]\nC [ 1 ]\nG [ 1 ]\nT [ 1 ]\n>b\nA [ 0 ]\nC [ 0 ]\nG [ 0 ]\nT [ 0 ]\n")
    for skip, refused in ((False, odd), (True, missing)):
        with pytest.raises(FormatError) as caught:
            run(missing, readout=ReadoutSpec(database=str(odd), skip_invalid=skip))
        assert caught.value.path == str(refused)


def test_a_network_is_fitted_to_length_tasks_and_kind_of_labels() -> None:
    sequences = SequenceSet.from_strings(random_dna(4, 60, seed=1))
    data = Dataset.from_labels(sequences, [[0.5], [1], [0], [7]], ("t",))
    network = replace(ModelSpec.preset("default", length=100), outputs="values")
    for outputs, expected in ((None, "values"), ("counts", "counts")):
        fitted = replace(network, length=60, tasks=("t",), outputs=expected)
        assert fitted_spec(network, data, outputs) == fitted
    with pytest.raises(InputError):
        fitted_spec(network, data, "classes")
