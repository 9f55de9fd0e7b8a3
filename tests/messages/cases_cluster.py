"""Messages of computations on a Dask cluster; the worker is this process."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from distributed.scheduler import KilledWorker

import motifnet as mn
from cluster_jobs import refused
from motifnet import cluster
from motifnet.provenance import fingerprints, versions

#: A scheduler, and a worker without motifnet.
CLIENT: Any = SimpleNamespace(
    scheduler=SimpleNamespace(address="tcp://10.0.0.7:8786"),
    get_versions=lambda packages: {
        "scheduler": {"packages": {"motifnet": mn.__version__}},
        "workers": {WORKER.address: {"packages": {"motifnet": None}}},
    },
)
WORKER = SimpleNamespace(address="tcp://10.0.0.7:40001", state=SimpleNamespace(nthreads=1))


def on_worker(
    *inputs: str, version: str | None = None, folder: str = ".", prepare: Callable[[], None] = lambda: None
) -> None:
    """Compute a block of a job that reads files, which change before."""
    own = versions()["motifnet"]
    assert own is not None
    job = cluster.pickle.dumps(cluster._Job(refused, fingerprints(inputs), folder))
    prepare()
    with (
        patch("distributed.get_worker", return_value=WORKER),
        patch.object(mn, "set_threads", lambda n: None),
        patch.object(cluster, "_threads", None),
        patch.object(cluster, "_own_version", lambda: version or own),
    ):
        cluster._gathered(SimpleNamespace(result=lambda: cluster._compute(own, job, 0)))


def failing(error: Exception) -> Callable[[], Any]:
    """Wait for a block whose computation raises an error in Dask."""

    def result() -> None:
        raise error

    return lambda: cluster._gathered(SimpleNamespace(result=result))


def connect(address: str) -> None:
    with patch.object(cluster, "_TIMEOUT", 0.2), cluster.connect(address):
        pass


def without_dask() -> None:
    with patch.dict("sys.modules", distributed=None):
        connect("local:1")


CASES: dict[str, Callable[[], object]] = {
    "no address": lambda: connect("local:0"),
    "no scheduler": lambda: connect("tcp://127.0.0.1:1"),
    "no Dask": without_dask,
    "another version": lambda: on_worker(version="0.0.1"),
    "no such folder": lambda: on_worker(folder="missing"),
    "no such file": lambda: on_worker("genome.fa", prepare=lambda: Path("genome.fa").write_text(">a\nACGT\n") and None),
    "an error in a block": lambda: on_worker(),
    "a block that ends workers": failing(KilledWorker("block", SimpleNamespace(address="a"), 3)),
    "lost connection": failing(CancelledError("block")),
    "a worker without motifnet": lambda: cluster._check_versions(CLIENT),
    "a model in memory": lambda: cluster.file_paths(model=object()),
}
