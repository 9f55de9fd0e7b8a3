"""``--cluster``: the bytes of one process, from the workers of Dask; errors of workers end with exit code 2."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest

from command import ForkedCommand
from yeast import ON_YEAST, same_results

pytestmark = pytest.mark.slow

#: A Dask worker that has another version of motifnet.
OTHER_WORKER = """
import importlib.metadata as metadata, sys
version = metadata.version
metadata.version = lambda name: "0.0.0" if name == "motifnet" else version(name)
from distributed.cli.dask_worker import main
main()
"""


@pytest.fixture
def scheduler() -> Iterator[Any]:
    """A Dask scheduler without workers."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=0, threads_per_worker=1, dashboard_address=":0", memory_limit=None) as cluster:
        yield cluster


def test_output_is_that_of_one_process(results: Path, here: ForkedCommand, place: Path) -> None:
    predict = ("predict", "results", "pos.fa")
    here(*predict, "--threads", "1", "--output", "plain.tsv")
    here(*predict, "--cluster", "local:2", "--output", "cluster.tsv")
    assert (place / "cluster.tsv").read_bytes() == (place / "plain.tsv").read_bytes()


def test_options_that_do_not_fit_are_refused(results: Path, here: ForkedCommand, place: Path) -> None:
    predict = ("predict", "results", "--cluster", "local:2", "--output", "refused.tsv")
    here.refuses(*predict, "pos.fa", "--part", "1/2")
    here.refuses(*predict, "-", stdin=b">a\nACGT\n")
    here.refuses("predict", "results", "pos.fa", "--cluster", "elsewhere", "--output", "refused.tsv")
    assert not list(place.glob("refused*"))


def test_a_worker_with_another_version_is_refused(
    results: Path, here: ForkedCommand, place: Path, scheduler: Any
) -> None:
    address = scheduler.scheduler_address
    arguments = [address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    with subprocess.Popen(
        [sys.executable, "-c", OTHER_WORKER, *arguments], cwd=place, stderr=subprocess.PIPE
    ) as worker:
        try:
            here.refuses("predict", "results", "pos.fa", "--cluster", address, "--output", "refused.tsv")
        finally:
            worker.kill()
    assert not list(place.glob("refused*"))


def kill_a_busy_worker(client: Any, process: Any) -> None:
    """Kill a worker with SIGKILL while it computes for a process."""
    pids = client.run(os.getpid)
    busy: list[str] = []
    while process.poll() is None and not busy:
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.02)
        busy = [address for address, keys in client.processing().items() if keys]
    assert busy
    os.kill(pids[busy[0]], signal.SIGKILL)


@pytest.mark.nightly
@pytest.mark.parametrize("name", ON_YEAST)
def test_results_on_a_genome_with_a_killed_worker_are_those_of_one_process(
    name: str, results: Path, here: ForkedCommand, place: Path, shared_data: Path, scheduler: Any
) -> None:
    command = (*(text.format(shared_data / "yeast_sacCer3") for text in ON_YEAST[name]), "--threads", "1")
    here(*command, "--output", f"plain.{name}")
    scheduler.scale(3)
    with scheduler.get_client() as client, TemporaryFile() as file:
        client.wait_for_workers(3)
        arguments = (*command, "--cluster", scheduler.scheduler_address, "--output", f"cluster.{name}")
        process = here.start(*arguments, files=(file.fileno(),) * 3)
        kill_a_busy_worker(client, process)
        assert process.wait() == 0
    assert same_results(place / f"plain.{name}", place / f"cluster.{name}")
