"""The search: no worse than its start, reproducible, and continued after an interruption."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
import pytest
from optuna.trial import FrozenTrial

from motifnet.documents import read_table
from motifnet.errors import InputError, SpecError
from motifnet.models.network.spec import ModelSpec
from motifnet.models.storage import read_spec
from motifnet.models.training.tuning import TRIAL_COLUMNS, Tuning, _run_trial, suggest, tune
from motifnet.models.training.tuning_folder import JOB, JOURNAL, describe_job, open_search, search_folder
from motifnet.sequences.dataset import Split
from motifnet.sequences.input_spec import SplitSpec
from small_models import QUICK, SPEC, planted

DATA, VALID = planted(60, 60, seed=1), planted(20, 20, seed=2)
TRAINING = replace(QUICK, max_steps=6, check_every=2)


def search(trials: int, **values: Any) -> Tuning:
    return tune(SPEC, DATA, valid=VALID, **{"training": TRAINING, "trials": trials, **values})


@pytest.fixture(scope="module")
def found() -> Tuning:
    return search(4)


@pytest.mark.slow
def test_the_first_trial_is_the_start_and_the_best_has_the_lowest_loss(found: Tuning) -> None:
    table = found.trials
    assert table.columns[: len(TRIAL_COLUMNS)].tolist() == list(TRIAL_COLUMNS)
    assert table["trial"].tolist() == [0, 1, 2, 3]
    assert table.loc[0].drop(list(TRIAL_COLUMNS)).isna().all()
    assert table.loc[1:, "learning_rate"].between(5e-4, 1e-2).all()
    assert found.best["valid_loss"] == table["valid_loss"].min()
    assert ((found.spec, found.training) == (SPEC, TRAINING)) == (found.best["trial"] == 0)
    only = search(1)
    assert (only.spec, only.training) == (SPEC, TRAINING)
    assert only.trials["valid_loss"].tolist() == table["valid_loss"].tolist()[:1]


@pytest.mark.slow
def test_an_interrupted_search_is_continued_with_the_same_results(found: Tuning, tmp_path: Path) -> None:
    def interrupt(so_far: Tuning) -> None:
        if len(so_far.trials) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(4, journal=tmp_path / "j", progress=interrupt)
    # Killed while it wrote the line of the second trial.
    *_, last, _ = (tmp_path / "j").read_bytes().split(b"\n")
    os.truncate(tmp_path / "j", (tmp_path / "j").stat().st_size - len(last) // 2)
    n_trials: list[int] = []
    again = search(4, journal=tmp_path / "j", progress=lambda so_far: n_trials.append(len(so_far.trials)))
    assert n_trials == [2, 3, 4]
    pd.testing.assert_frame_equal(again.trials, found.trials)
    assert (again.spec, again.training) == (found.spec, found.training)
    assert search(3, journal=tmp_path / "j").trials.equals(again.trials)  # the journal has more trials already


@pytest.mark.slow
def test_the_seed_determines_the_trials(found: Tuning) -> None:
    other = search(2, training=replace(TRAINING, seed=5))
    assert other.trials.loc[1, "learning_rate"] != found.trials.loc[1, "learning_rate"]


@pytest.mark.slow
def test_no_trial_starts_after_the_timeout() -> None:
    assert len(search(3, timeout=0).trials) == 1


@pytest.mark.slow
@pytest.mark.parametrize("max_steps", [6, 1000])
def test_a_trial_above_the_median_is_pruned(max_steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pruning starts after a fraction of the steps of a small data set, which are fewer than the maximum."""
    monkeypatch.setattr("motifnet.models.training.train_spec.ENOUGH_STEPS", 4)
    monkeypatch.setattr("motifnet.models.training.tuning._PRUNE_FROM_TRIAL", 1)
    # As wrong as possible: the bias is far from the log odds, and few steps do not change that.
    monkeypatch.setattr(
        "motifnet.models.training.tuning.suggest",
        lambda trial, spec: replace(spec, final="global_average", blocks=(replace(spec.blocks[0], filters=1),)),
    )
    monkeypatch.setattr(optuna.Trial, "suggest_float", lambda *_, **__: 1e-9)
    table = search(2, training=replace(TRAINING, max_steps=max_steps)).trials
    assert table["state"].tolist() == ["complete", "pruned"]
    assert table["valid_loss"].notna().all()


@pytest.mark.slow
def test_trials_do_not_fit_the_kmer_regression(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("motifnet.models.training.loop.choose_kmers", lambda *_, **__: pytest.fail("fitted"))
    assert TRAINING.kmers
    assert search(1).training == TRAINING


@pytest.mark.slow
def test_a_network_that_does_not_fit_and_too_few_trials_are_an_error() -> None:
    with pytest.raises(SpecError):
        tune(replace(SPEC, length=70), DATA, valid=VALID)
    with pytest.raises(InputError):
        search(0)


@pytest.mark.parametrize("length", [1, 7, 12, 30, 60, 1000])
def test_suggested_networks_fit_the_sequences(length: int) -> None:
    start = ModelSpec(length, (replace(SPEC.blocks[0], width=1),), strands="forward")
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    specs = [suggest(study.ask(), start) for _ in range(60)]
    assert {(spec.length, spec.strands, spec.is_length_fixed) for spec in specs} == {(length, "forward", False)}
    assert max(len(spec.blocks) for spec in specs) == 3 or length < 30


# --- the folder of a search ---


@pytest.mark.slow
def test_results_are_written_and_read(found: Tuning, tmp_path: Path) -> None:
    found.write_files(tmp_path)
    header = read_spec(tmp_path / "spec.json")
    assert (header.spec, header.training) == (found.spec, found.training)
    table = read_table(tmp_path / "trials.tsv")
    assert table.columns.tolist() == found.trials.columns.tolist()
    assert table["valid_loss"].tolist() == pytest.approx(found.trials["valid_loss"].tolist(), rel=1e-5)


def opened(folder: Path, job: Mapping[str, Any], *, is_interrupted: bool = False, **options: bool) -> Path:
    """Open a search, and end it."""
    options = {"force": False, "restart": False, **options}
    is_new = any(options.values())
    try:
        with search_folder(folder, **options, inputs=()) as partial:
            journal = open_search(folder, partial, job, is_new=is_new, command=[])
            if is_interrupted:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    return journal


def test_a_folder_is_created_once_and_opened_again(tmp_path: Path) -> None:
    job = describe_job(DATA, SPEC, TRAINING, SplitSpec())
    journal = opened(tmp_path / "out", job)
    journal.write_text("trials")
    assert opened(tmp_path / "out", job) == journal
    assert journal.read_text() == "trials"
    for option in ("force", "restart"):
        journal.write_text("trials")
        assert opened(tmp_path / "out", job, **{option: True}).read_text() == ""
    assert {path.name for path in (tmp_path / "out").iterdir()} == {JOB, JOURNAL, "provenance.json"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_forced_search_that_was_interrupted_is_continued(tmp_path: Path) -> None:
    job = describe_job(DATA, SPEC, TRAINING, SplitSpec())
    journal = opened(tmp_path / "out", job, force=True, is_interrupted=True)
    journal.write_text("trials")
    assert opened(tmp_path / "out", job, force=True, is_interrupted=True).read_text() == "trials"
    assert opened(tmp_path / "out", job, restart=True, is_interrupted=True).read_text() == ""
    journal.write_text("trials")
    other = describe_job(VALID, SPEC, TRAINING, SplitSpec())
    assert opened(tmp_path / "out", other, force=True).read_text() == ""


def test_several_processes_run_one_search_but_none_replaces_it(tmp_path: Path) -> None:
    job = describe_job(DATA, SPEC, TRAINING, SplitSpec())

    def search_in(**options: bool) -> Any:
        return search_folder(tmp_path / "out", **{"force": False, "restart": False, **options}, inputs=())

    with search_in() as partial:
        journal = open_search(tmp_path / "out", partial, job, is_new=False, command=[])
        journal.write_text("trials")
        with search_in() as same:
            assert (same, open_search(tmp_path / "out", same, job, is_new=False, command=[])) == (partial, journal)
        assert partial.is_dir()  # the first process is still there
        with pytest.raises(InputError), search_in(restart=True):
            pytest.fail("another process runs it")
    assert journal.read_text() == "trials"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    with search_in(force=True), pytest.raises(InputError), search_in():
        pytest.fail("it is being replaced")


@pytest.mark.slow
def test_an_interrupted_trial_keeps_its_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process continues it, which has seen more trials."""

    def run_trial(seed: int) -> FrozenTrial:
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
        return _run_trial(study, 3, Split(DATA, VALID, VALID.take([])), SPEC, TRAINING, tmp_path / "trial-3")

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("motifnet.models.training.tuning.train", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run_trial(seed=1)
    done = run_trial(seed=2)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    trial = study.ask()
    suggest(trial, SPEC)
    assert done.number == 3
    assert {name: done.params[name] for name in trial.params} == trial.params


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda folder: None, ("sequences", "training")),
        (lambda folder: (folder / JOB).write_text("{}"), (JOB,)),
        (lambda folder: (folder / JOB).unlink(), (JOB,)),
    ],
    ids=["other job", "other JSON", "no file"],
)
def test_a_search_is_not_continued_with_another_job(
    tmp_path: Path, damage: Callable[[Path], object], named: tuple[str, ...]
) -> None:
    folder = tmp_path / "out"
    opened(folder, describe_job(DATA, SPEC, TRAINING, SplitSpec()))
    damage(folder)
    other = describe_job(VALID, SPEC, replace(TRAINING, max_steps=9), SplitSpec())
    with pytest.raises(InputError) as error:
        opened(folder, other)
    assert all(name in error.value.message for name in named)
    assert "network" not in error.value.message


def test_jobs_differ_in_sequences_labels_network_training_and_fraction() -> None:
    jobs = [
        describe_job(data, spec, training, SplitSpec(test_fraction=fraction))
        for data, spec, training, fraction in (
            (DATA, SPEC, TRAINING, 0.1),
            (VALID, SPEC, TRAINING, 0.1),
            (DATA, SPEC, TRAINING, 0.2),
            (replace(DATA, labels=1 - DATA.labels), SPEC, TRAINING, 0.1),
            (DATA, replace(SPEC, final="global_average"), TRAINING, 0.1),
            (DATA, SPEC, QUICK, 0.1),
        )
    ]
    assert len({json.dumps(job) for job in jobs}) == 6
