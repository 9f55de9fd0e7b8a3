"""A training that is interrupted continues at its last validation, and ends with the same model to the bit."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motifnet.errors import FormatError
from motifnet.models.network.block import Block
from motifnet.models.network.spec import ModelSpec
from motifnet.models.trained import TrainedModel
from motifnet.models.training import loop
from motifnet.models.training.checkpoint import Checkpoint, describe_training
from motifnet.models.training.loop import train
from motifnet.progress import Progress
from motifnet.sequences.dataset import Dataset, Split
from small_models import LENGTH, QUICK, planted

#: Everything that has a state: dropout, batch normalisation, random strands and shifts, the k-mer part.
SPEC = ModelSpec(LENGTH, (Block(8, 11, dropout=0.2, batch_norm=True),), strands="both", final="global_max")
TRAINING = replace(QUICK, max_steps=40, check_every=10, shift=3, batch_size=32)
DATA, VALID = planted(60, 60, seed=1), planted(20, 20, seed=2)


class Interruption(BaseException):
    """Like a KeyboardInterrupt, at a step of the training."""


def trained(checkpoint: Path | None = None, *, stop_at: int = 0, **options: Any) -> TrainedModel:
    def stop(now: Progress) -> None:
        if now.step == stop_at:
            raise Interruption

    options = {"training": TRAINING, "valid": VALID, **options}
    return train(options.pop("spec", SPEC), options.pop("data", DATA), checkpoint=checkpoint, progress=stop, **options)


def interrupted(checkpoint: Path, step: int, **options: Any) -> None:
    with pytest.raises(Interruption):
        trained(checkpoint, stop_at=step, **options)


def all_bytes(model: TrainedModel) -> list[bytes]:
    own = model.kmers
    kmers = [] if own is None else [own.weights, own.intercepts, own.network_weights, own.kmer_weights]
    return [array.tobytes() for array in (*model.network.get_weights(), model.history.to_numpy(), *kmers)]


@cache
def uninterrupted() -> list[bytes]:
    return all_bytes(trained())


@pytest.fixture(autouse=True)
def _messages(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "motifnet")


def is_complete(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the model is returned without a step, and without fitting the k-mer part."""
    monkeypatch.setattr(loop, "compile_step", lambda *_: lambda *_: pytest.fail("a step"))
    monkeypatch.setattr(loop, "choose_kmers", lambda *_, **__: pytest.fail("fitted"))
    return all_bytes(trained(checkpoint)) == uninterrupted()


@pytest.mark.slow
def test_training_continues_after_each_interruption(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    interrupted(tmp_path, 20)  # after the validation at this step
    interrupted(tmp_path, 30)
    assert all_bytes(trained(tmp_path)) == uninterrupted()
    lines = [record.getMessage() for record in caplog.records if str(tmp_path) in record.getMessage()]
    assert ["20 of 40" in lines[0], "30 of 40" in lines[1], len(lines)] == [True, True, 2]


@pytest.mark.slow
def test_a_complete_training_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert all_bytes(trained(tmp_path)) == uninterrupted()
    assert is_complete(tmp_path, monkeypatch)


@pytest.mark.slow
def test_the_patience_continues_too(tmp_path: Path) -> None:
    """The best weights, and the number of validations since then, are those before the interruption."""
    options = {"training": replace(TRAINING, learning_rate=0.05, patience=2, max_steps=400, kmers=False)}
    whole = trained(**options)
    last = int(whole.history["step"].iloc[-1])
    assert whole.history["valid_loss"].idxmin() == len(whole.history) - 3
    for step in (last - 10, last):
        interrupted(tmp_path / str(step), step, **options)
        assert all_bytes(trained(tmp_path / str(step), **options)) == all_bytes(whole)


@pytest.mark.slow
def test_a_second_training_continues_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels without a signal are trained twice; the network with the lower validation loss is kept."""
    monkeypatch.setattr(loop, "ENOUGH_STEPS", TRAINING.max_steps)
    labels = np.random.default_rng(0).permutation(DATA.labels)
    data = Dataset(DATA.sequences, labels, DATA.tasks, DATA.groups)
    training = replace(TRAINING, learning_rate=0.02, kmers=False)
    reports: list[Progress] = []
    whole = train(SPEC, data, valid=VALID, training=training, progress=reports.append)
    losses = [now.valid_loss for now in reports if now.step % TRAINING.check_every == 0]
    assert len(losses) == 4 + 8
    assert whole.history["valid_loss"].min() == min(losses)
    done: list[int] = []

    def stop(now: Progress) -> None:
        done.append(now.step)
        if done.count(20) == 2:
            raise Interruption

    with pytest.raises(Interruption):
        train(SPEC, data, valid=VALID, training=training, checkpoint=tmp_path, progress=stop)
    again = train(SPEC, data, valid=VALID, training=training, checkpoint=tmp_path)
    assert all_bytes(again) == all_bytes(whole)


@pytest.mark.slow
def test_fine_tuning_continues(tmp_path: Path) -> None:
    options = {"start": trained(training=replace(TRAINING, seed=5, kmers=False)), "freeze": 1}
    interrupted(tmp_path, 20, **options)
    assert all_bytes(trained(tmp_path, **options)) == all_bytes(trained(**options))


@pytest.mark.slow
def test_a_checkpoint_of_another_training_is_removed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    other = replace(TRAINING, learning_rate=0.02)
    interrupted(tmp_path, 20, training=other)
    assert all_bytes(trained(tmp_path)) == uninterrupted()
    assert "training-1" in caplog.text


OTHERS: dict[str, dict[str, Any]] = {
    "sequences": {"split": Split(replace(DATA, labels=1 - DATA.labels), VALID, VALID.take([]))},
    "network": {"spec": replace(SPEC, final="global_average")},
    "training": {"training": replace(TRAINING, learning_rate=0.02)},
}


@pytest.mark.parametrize("name", OTHERS)
def test_trainings_differ_in(name: str) -> None:
    given: dict[str, Any] = {"spec": SPEC, "split": Split(DATA, VALID, VALID.take([])), "training": TRAINING}
    own, other = describe_training(**given), describe_training(**given | OTHERS[name])
    assert [part for part in own if own[part] != other[part]] == [name]


def flipped(content: bytes) -> bytes:
    return content[: len(content) // 2] + bytes([content[len(content) // 2] ^ 1]) + content[len(content) // 2 + 1 :]


@pytest.mark.parametrize(
    "damage",
    [lambda content: b"", lambda content: content[:-1], flipped, lambda content: content.replace(b"\n", b"", 1)],
    ids=["empty", "cut", "one bit", "no checksum"],
)
def test_a_damaged_checkpoint_is_removed(
    damage: Callable[[bytes], bytes], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    checkpoint = Checkpoint(tmp_path, 1, {"network": "a"})
    checkpoint.write("training", {"weights": [np.ones(3), np.zeros(2, np.int64)]}, step=3)
    found = checkpoint.read("training")
    assert found is not None
    assert ([array.tolist() for array in found[0]["weights"]], found[1]) == ([[1, 1, 1], [0, 0]], {"step": 3})
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    assert checkpoint.read("training") is None
    assert str(file) in caplog.text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_full_disk_keeps_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync, files = os.fsync, []

    def fill_up(descriptor: int) -> None:
        files.append(descriptor)
        if len(files) == 5:
            raise OSError(28, os.strerror(28))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fill_up)
    with pytest.raises(FormatError):
        trained(tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    assert all_bytes(trained(tmp_path)) == uninterrupted()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FormatError):
        Checkpoint(tmp_path / "file" / "checkpoint", 0, {}).write("training", {})
