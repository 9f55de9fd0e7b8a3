"""The journal of a search: trials are read as they were written, and a damaged end is dropped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState

from motifnet.errors import FormatError
from motifnet.models.network.block import Block
from motifnet.models.network.spec import ModelSpec
from motifnet.models.training.journal import TrialQueue, append_trial, read_journal
from motifnet.models.training.train_spec import TrainSpec


@pytest.fixture
def trials(tmp_path: Path) -> list[FrozenTrial]:
    """Three trials, written to ``trials.journal``."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    for number in range(3):
        trial = study.ask()
        spec = ModelSpec(60, (Block(number + 1, 9),))
        trial.set_user_attr("spec", json.loads(json.dumps(spec.to_dict())))
        trial.set_user_attr("training", asdict(TrainSpec()))
        trial.suggest_categorical("final", ("max", "average"))
        trial.report(trial.suggest_float("rate", 1e-4, 1e-1, log=True) / 3, 25)
        study.tell(trial, *([] if number == 1 else [0.1 + number]), state=TrialState.PRUNED if number == 1 else None)
        append_trial(tmp_path / "trials.journal", study.trials[-1])
    return study.trials


def values(trials: list[FrozenTrial]) -> list[object]:
    return [(t.state, t.value, t.params, t.distributions, t.intermediate_values, t.user_attrs) for t in trials]


def test_trials_are_read_as_they_were(trials: list[FrozenTrial], tmp_path: Path) -> None:
    assert values(read_journal(tmp_path / "trials.journal")) == values(trials)
    assert read_journal(tmp_path / "new") == []


@pytest.mark.parametrize(
    ("damage", "left"),
    [
        (lambda content: content[:-1], 2),
        (lambda content: content[:-30], 2),
        (lambda content: content + b"12ab", 3),
        (lambda content: content + b"\0" * 40, 3),
        (lambda content: content.replace(b'"filters": 2,', b'"filters": 9,'), 1),
        (lambda content: content[:50], 0),
    ],
    ids=["no line end", "cut", "a beginning", "zeros", "changed", "cut in the first line"],
)
def test_a_damaged_end_is_dropped_and_the_search_goes_on(
    damage: Callable[[bytes], bytes], left: int, trials: list[FrozenTrial], tmp_path: Path
) -> None:
    journal = tmp_path / "trials.journal"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(damage(journal.read_bytes()))
    found = read_journal(journal)
    assert values(found) == values(trials[:left])
    assert journal.read_bytes() == b"".join(lines[:left])
    append_trial(journal, trials[2])
    assert values(read_journal(journal)) == values([*trials[:left], trials[2]])


@pytest.mark.parametrize("content", [b"\n", b'{"op_code": 0}\n{"op_code": 1}\n', b"\xff\x00\n"])
def test_another_file_is_no_journal(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "trials.journal").write_bytes(content)
    with pytest.raises(FormatError) as error:
        read_journal(tmp_path / "trials.journal")
    assert error.value.line == 1
    assert (tmp_path / "trials.journal").read_bytes() == content


@pytest.mark.parametrize("change", [("COMPLETE", "PAUSED"), ('"spec"', '"specs"'), ('"training"', '"train"')])
def test_a_line_of_another_version_is_refused_and_kept(
    change: tuple[str, str], trials: list[FrozenTrial], tmp_path: Path
) -> None:
    journal = tmp_path / "trials.journal"
    text = journal.read_text().splitlines()[-1][17:].replace(*change).encode()
    content = journal.read_bytes() + hashlib.sha256(text).hexdigest()[:16].encode() + b" " + text + b"\n"
    journal.write_bytes(content)
    with pytest.raises(FormatError) as error:
        read_journal(journal)
    assert error.value.line == len(trials) + 1
    assert journal.read_bytes() == content


# --- several processes ---


def test_each_trial_runs_once_and_that_of_a_dead_process_again(trials: list[FrozenTrial], tmp_path: Path) -> None:
    (tmp_path / "trials.journal").unlink()
    queues = [TrialQueue(tmp_path / "trials.journal", tmp_path / "checkpoint") for _ in range(3)]
    with queues[0].next_trial(3) as first, queues[1].next_trial(3) as second:
        assert (first, second) == (0, 1)
        with queues[1].locked():
            queues[1].add(trials[1])
        with queues[2].next_trial(3) as third:
            assert third == 2
    with queues[1].next_trial(3) as again:  # the first process has ended, and left its trial
        assert again == 0
        for number in (0, 2, 0):
            with queues[1].locked():
                queues[1].add(trials[number])
    for queue in queues:
        with queue.next_trial(3) as none:
            assert none is None
        assert [trial.number for trial in queue.finished] == [1, 0, 2]
