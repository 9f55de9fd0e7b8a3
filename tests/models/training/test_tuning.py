"""The search: no worse than where it began, the same again, and as if it had not been interrupted."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
import pytest

from motifnet.errors import InputError, SpecError
from motifnet.models.network.spec import ModelSpec
from motifnet.models.storage import ModelHeader, read_spec
from motifnet.models.training.tuning import TRIAL_COLUMNS, Tuning, suggest, tune
from motifnet.models.training.tuning_folder import JOB, JOURNAL, TRIALS, describe_job, open_search
from motifnet.outputs import read_table
from small_models import QUICK, SPEC, planted

DATA, VALID = planted(60, 60, seed=1), planted(20, 20, seed=2)
START = ModelHeader(SPEC, replace(QUICK, max_steps=6, check_every=2), DATA.sequences.rule)


def search(trials: int, **values: Any) -> Tuning:
    return tune(DATA, valid=VALID, start=START, trials=trials, **values)


@pytest.fixture(scope="module")
def found() -> Tuning:
    return search(4)


@pytest.mark.slow
def test_the_best_is_the_lowest_and_the_first_is_where_it_began(found: Tuning) -> None:
    table = found.trials
    assert table.columns[: len(TRIAL_COLUMNS)].tolist() == list(TRIAL_COLUMNS)
    assert table["trial"].tolist() == [0, 1, 2, 3]
    assert table.loc[0].drop(list(TRIAL_COLUMNS)).isna().all()
    assert table.loc[1:, "learning_rate"].between(5e-4, 1e-2).all()
    assert found.best_row["valid_loss"] == table["valid_loss"].min()
    assert (found.best == START) == (found.best_row["trial"] == 0)
    only = search(1)
    assert only.best == START
    assert only.trials["valid_loss"].tolist() == table["valid_loss"].tolist()[:1]


@pytest.mark.slow
def test_a_search_that_was_interrupted_goes_on_as_if_it_had_not_been(found: Tuning, tmp_path: Path) -> None:
    def interrupt(so_far: Tuning) -> None:
        if len(so_far.trials) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(4, journal=tmp_path / "j", progress=interrupt)
    # And once in the middle of a trial.
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(tmp_path / "j")))
    optuna.load_study(study_name="motifnet", storage=storage).ask()
    seen: list[int] = []
    again = search(4, journal=tmp_path / "j", progress=lambda so_far: seen.append(len(so_far.trials)))
    assert seen == [3, 4]
    pd.testing.assert_frame_equal(again.trials, found.trials)
    assert again.best == found.best
    assert search(3, journal=tmp_path / "j").trials.equals(again.trials)  # there are more already


@pytest.mark.slow
def test_the_seed_decides_what_is_tried(found: Tuning) -> None:
    other = tune(DATA, valid=VALID, start=replace(START, training=replace(START.training, seed=5)), trials=2)
    assert other.trials.loc[1, "learning_rate"] != found.trials.loc[1, "learning_rate"]


@pytest.mark.slow
def test_no_trial_begins_after_the_timeout() -> None:
    assert len(search(3, timeout=0).trials) == 1


@pytest.mark.slow
@pytest.mark.parametrize("max_steps", [6, 1000])
def test_a_trial_that_is_worse_than_most_is_stopped(max_steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Early in the steps that it takes, which of few sequences are fewer than the budget."""
    monkeypatch.setattr("motifnet.models.training.train_spec.ENOUGH_STEPS", 4)
    start = replace(START, training=replace(START.training, max_steps=max_steps))

    def hopeless(_: optuna.Trial, start: ModelHeader) -> ModelHeader:
        return replace(start, training=replace(start.training, learning_rate=1e-9))

    monkeypatch.setattr("motifnet.models.training.tuning._PRUNE_FROM_TRIAL", 1)
    monkeypatch.setattr("motifnet.models.training.tuning.suggest", hopeless)
    table = tune(DATA, valid=VALID, start=start, trials=2).trials
    assert table["state"].tolist() == ["complete", "pruned"]
    assert table["valid_loss"].notna().all()


@pytest.mark.slow
def test_trials_spend_no_time_on_what_stands_beside_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("motifnet.models.training.loop.fit_kmers", lambda *_, **__: pytest.fail("fitted"))
    assert START.training.kmers
    assert search(1).best == START


@pytest.mark.slow
def test_a_start_that_does_not_fit_is_told() -> None:
    with pytest.raises(SpecError, match="the network is for sequences of 70 bp, the data have 60 bp"):
        tune(DATA, valid=VALID, start=replace(START, spec=replace(SPEC, length=70)))
    with pytest.raises(InputError, match=r"trials must be at least 1\. Got 0 instead"):
        search(0)


@pytest.mark.parametrize("length", [1, 7, 12, 30, 60, 1000])
def test_whatever_is_suggested_fits_the_sequences(length: int) -> None:
    start = replace(START, spec=ModelSpec(length, (replace(SPEC.blocks[0], width=1),), strands="forward"))
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    specs = [suggest(study.ask(), start).spec for _ in range(60)]
    assert {(spec.length, spec.strands, spec.is_length_fixed) for spec in specs} == {(length, "forward", False)}
    assert max(len(spec.blocks) for spec in specs) == 3 or length < 30


# --- the folder of a search ---


@pytest.mark.slow
def test_what_is_written_is_read(found: Tuning, tmp_path: Path) -> None:
    found.write_files(tmp_path)
    assert read_spec(tmp_path / "spec.json") == found.best
    table = read_table(tmp_path / TRIALS)
    assert table.columns.tolist() == found.trials.columns.tolist()
    assert table["valid_loss"].tolist() == pytest.approx(found.trials["valid_loss"].tolist(), rel=1e-5)


def test_a_folder_is_made_once_and_found_again(tmp_path: Path) -> None:
    job = describe_job(DATA, START, test_fraction=0.1)
    journal = open_search(tmp_path / "out", job, force=False, command=["motifnet"])
    journal.write_text("trials")
    assert open_search(tmp_path / "out", job, force=False, command=[]) == journal
    assert journal.read_text() == "trials"
    assert open_search(tmp_path / "out", job, force=True, command=[]).read_text() == ""
    assert {path.name for path in (tmp_path / "out").iterdir()} == {JOB, JOURNAL, "provenance.json"}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: None, "out: holds a search that was begun with other sequences and training"),
        (lambda folder: (folder / JOB).write_text("{}"), "out: tuning.json is damaged: 'sequences'"),
        (lambda folder: (folder / JOB).unlink(), "out: tuning.json is damaged: .*No such file"),
    ],
)
def test_a_search_does_not_go_on_with_something_else(
    tmp_path: Path, spoil: Callable[[Path], object], message: str
) -> None:
    open_search(tmp_path / "out", describe_job(DATA, START, test_fraction=0.1), force=False, command=[])
    spoil(tmp_path / "out")
    other = describe_job(VALID, replace(START, training=replace(START.training, max_steps=9)), test_fraction=0.1)
    with pytest.raises(InputError, match=message):
        open_search(tmp_path / "out", other, force=False, command=[])


def test_the_job_is_told_by_sequences_labels_network_and_training() -> None:
    jobs = [
        describe_job(data, start, test_fraction=share)
        for data, start, share in (
            (DATA, START, 0.1),
            (DATA, START, 0.2),
            (replace(DATA, labels=1 - DATA.labels), START, 0.1),
            (DATA, replace(START, spec=replace(SPEC, final="global_average")), 0.1),
        )
    ]
    assert len({json.dumps(job) for job in jobs}) == 4
