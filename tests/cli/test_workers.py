"""Training by two workers, as processes of this host: the figures of one, and after one was killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from command import NETWORK, Command, tree
from motifnet.models.trained import TrainedModel

TRAIN = ("train", "pos.fa", "--negatives", "neg.fa", *NETWORK, "--dropout", "0")
OPTIONS = ("--max-steps", "40", "--check-every", "10", "--seed", "3", "--threads", "1")
#: Runs a command that is killed after its second validation.
KILLED = """
import os, signal
from motifnet.models import runtime
runtime.set_threads(1)
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
from motifnet.models.training.distributed import Replicas
gather, calls = Replicas.gather, []
def gather_and_end(self, *arguments):
    result = gather(self, *arguments)
    calls.append(None)
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return result
Replicas.gather = gather_and_end
from motifnet.__main__ import main
main()
"""
pytestmark = pytest.mark.nightly


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for own in sockets:
            own.bind(("localhost", 0))
        return [int(own.getsockname()[1]) for own in sockets]


def run_workers(folder: Path, output: str, *, killed: int | None = None) -> list[tuple[int, str]]:
    """Exit codes and messages of two workers, of which one can be killed."""
    cluster = {"worker": [f"localhost:{port}" for port in free_ports(2)]}
    arguments = (*TRAIN, *OPTIONS, "--output", output)
    with ExitStack() as stack:
        processes = []
        for index in range(2):
            line = [sys.executable, "-c", KILLED, *arguments] if index == killed else Command.line(*arguments)
            config = {"cluster": cluster, "task": {"type": "worker", "index": index}}
            environment = {**os.environ, "TF_CONFIG": json.dumps(config)}
            options = {"cwd": folder, "env": environment, "stderr": subprocess.PIPE, "stdout": subprocess.DEVNULL}
            processes.append(stack.enter_context(subprocess.Popen(line, **options)))  # type: ignore[call-overload]
            stack.callback(processes[-1].kill)
        said = [process.communicate(timeout=280)[1].decode() for process in processes]
        return [(process.returncode, text) for process, text in zip(processes, said, strict=True)]


@pytest.fixture(scope="module")
def one(here: Command, place: Path) -> TrainedModel:
    here(*TRAIN, *OPTIONS, "--output", "by one")
    return TrainedModel.load(place / "by one")


def assert_same(folder: Path, one: TrainedModel) -> None:
    model = TrainedModel.load(folder)
    for own, expected in zip(model.network.get_weights(), one.network.get_weights(), strict=True):
        np.testing.assert_allclose(own, expected, atol=1e-3)  # batch normalization: variance from sums
    np.testing.assert_allclose(model.history.to_numpy(), one.history.to_numpy(), atol=1e-4)


def test_two_workers_train_the_network_of_one(one: TrainedModel, place: Path) -> None:
    ended = run_workers(place, "by two")
    assert [code for code, _ in ended] == [0, 0], ended
    assert_same(place / "by two", one)
    own, expected = tree(place / "by two"), tree(place / "by one")
    assert own.keys() == expected.keys()
    assert all(own[name] == expected[name] for name in ("spec.json", "splits.tsv"))


@pytest.mark.parametrize("killed", [0, 1], ids=["the first", "the second"])
def test_a_killed_worker_ends_the_other_and_both_continue(killed: int, one: TrainedModel, place: Path) -> None:
    output = f"without {killed}"
    ended = run_workers(place, output, killed=killed)
    code, message = ended[1 - killed]
    assert (ended[killed][0], code) == (-signal.SIGKILL, 2), ended
    assert "Traceback" not in message
    assert message.count("motifnet: ") == 1
    again = run_workers(place, output)
    assert [code for code, _ in again] == [0, 0], again
    assert any(f"continuing at step {step} of 40" in again[0][1] for step in (10, 20)), again
    assert_same(place / output, one)
    assert not list(place.glob(f"{output}.*"))
