"""Compute the blocks of a computation on the workers of a Dask cluster, and return them in order.

A worker receives the name of a function and its arguments: paths and other plain values. It reads the model and the
sequences from their files once, and then computes blocks. If a worker is killed, another one computes its blocks.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import chdir, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from motifnet.errors import InputError, MotifnetError, quoted
from motifnet.parts import WHOLE, Parts, Results, check_inputs, write_part
from motifnet.provenance import fingerprints, versions

if TYPE_CHECKING:
    from distributed import Client, Future

logger = logging.getLogger("motifnet")

#: Module-level function that prepares a computation and returns the function that computes a block.
Prepare = Callable[..., Results]

#: Number of blocks computed ahead per worker, so that no worker is idle while results are written.
_AHEAD = 3
_SAME_FILES = "All workers need the same files in the same folders as the client."
_SAME_VERSION = "Install the same version on all computers."
#: Number of parts per worker, for computations in which each part reads the whole input.
_PARTS = 2
#: Seconds to wait for a scheduler.
_TIMEOUT = 10
#: On a worker: at most `_KEPT` prepared computations.
_prepared: dict[str, tuple[str, Results]] = {}
_KEPT = 2
#: On a worker: number of its threads, all of which are used for one block at a time.
_threads: int | None = None
_computing = Lock()


@contextmanager
def connect(address: str, threads: int | None = None) -> Iterator[Client]:
    """Connect to a cluster, or start one on this machine; the client is closed at the end of the context.

    Parameters
    ----------
    address : str
        ``local:N`` starts N processes; otherwise the address of a scheduler, such as ``tcp://host:8786``.
    threads : int, optional
        CPU threads of all processes of ``local:N`` together. Default: one per process.

    Raises
    ------
    InputError
        If the address is invalid, no scheduler answers, or Dask is not installed.
    """
    local = re.fullmatch(r"local:([1-9]\d{0,3})", address)
    if not local and not re.fullmatch(r"\w+://\S+", address):
        hint = "Use local:N for N processes on this computer, or the address of a Dask scheduler."
        raise InputError(f"--cluster must be local:N or tcp://HOST:PORT. Got {quoted(address)} instead", hint=hint)
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        hint = "Install the extra `cluster`: pip install 'motifnet[cluster]'"
        raise InputError("computing on a cluster needs the library dask[distributed]", hint=hint) from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # the end of a worker is not an error
    if local:
        n = int(local[1])
        each = max(1, (threads or n) // n)
        with (
            LocalCluster(
                n_workers=n,
                threads_per_worker=each,
                dashboard_address=":0",
                memory_limit=None,
                silence_logs=logging.CRITICAL,
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(address, timeout=_TIMEOUT)
    except (OSError, ValueError, ImportError) as error:
        what = f"no Dask scheduler answers at {quoted(address)}: {error}"
        raise InputError(what, hint="Start one with `dask scheduler`, and workers with `dask worker`.") from None
    with client:
        yield client


def cluster_blocks(client: Client, prepare: Prepare, *, n_blocks: int, inputs: Iterable[str | Path | None]) -> Results:
    """Return a function that returns the results of a block.

    It must be called for all blocks in order; a limited number of blocks is computed ahead.

    Parameters
    ----------
    client : distributed.Client
    prepare : callable
        Module-level function, or a `functools.partial` of one, with paths and other plain values as arguments.
    n_blocks : int
    inputs : iterable of str, Path or None
        Files and folders that `prepare` reads; workers check their content.

    Raises
    ------
    InputError
        If the scheduler or a worker has another version of motifnet. The returned function raises it if a block cannot
        be computed.
    """
    _check_versions(client)
    job = pickle.dumps(_Job(prepare, fingerprints(inputs), str(Path.cwd())))
    futures: dict[int, Future] = {}
    key = f"motifnet-{hashlib.sha256(job).hexdigest()[:16]}-{os.urandom(8).hex()}"

    def result(block: int) -> Mapping[str, Any]:
        n_workers = len(client.nthreads())
        submitted = max(futures, default=block - 1) + 1
        for number in range(submitted, min(block + _AHEAD * max(n_workers, 1) + 1, n_blocks)):
            futures[number] = client.submit(_compute, _own_version(), job, number, key=f"{key}-{number}", pure=False)
        return _gathered(futures.pop(block))

    return result


def cluster_parts(client: Client, prepare: Prepare, *, inputs: Iterable[str | Path | None]) -> Parts:
    """Compute all parts of a computation in which each part reads the whole input; they are kept in a temporary file.

    Block k is part k + 1; `prepare` also has the argument `total`, the number of parts. Other parameters and errors
    are those of `cluster_blocks`.
    """
    total = max(_PARTS * len(client.nthreads()), 2)
    results = cluster_blocks(client, partial(prepare, total=total), n_blocks=total, inputs=inputs)
    with TemporaryDirectory(prefix="motifnet-") as folder:
        path = Path(folder) / "parts"
        write_part(path, WHOLE, results, n_blocks=total, command=[], inputs=())
        parts = Parts.read([path])
        parts.archive(path)  # stays open when its name is removed
    return parts


def file_paths(**given: object) -> tuple[str | Path, ...]:
    """Return the arguments; raise InputError if one is not a path, since workers read files."""
    for name, value in given.items():
        if not isinstance(value, str | Path):
            what = f"{name} must be a path if a client is given"
            raise InputError(what, hint="Workers read the model and the sequences from their files.")
    return tuple(value for value in given.values() if isinstance(value, str | Path))


class _Job(NamedTuple):
    """A computation: its function, fingerprints of the files that it reads, and the working directory."""

    prepare: Prepare
    inputs: list[dict[str, Any]]
    folder: str


class _Failure(NamedTuple):
    """Message and hint of an error on a worker."""

    message: str
    hint: str | None


def _compute(version: str | None, job: bytes, block: int) -> dict[str, Any] | _Failure:
    """On a worker: compute a block."""
    from distributed import get_worker

    worker = get_worker()
    if (own := _own_version()) != version:
        what = f"{worker.address} has motifnet {own}; the client has motifnet {version}"
        return _Failure(what, _SAME_VERSION)
    try:
        with _computing:
            folder, results = _prepared_job(job, worker.state.nthreads)
            with chdir(folder):
                return dict(results(block))
    except MotifnetError as error:
        return _Failure(f"{error.message} (worker {worker.address})", error.hint)


def _check_versions(client: Client) -> None:
    """Raise InputError if the scheduler or a worker has another version; `_compute` checks workers that join later."""
    found = client.get_versions(packages=["motifnet"])
    if not found["workers"]:
        logger.info("waiting for workers of %s", client.scheduler.address)
    for address, own in {client.scheduler.address: found["scheduler"], **found["workers"]}.items():
        if (version := own["packages"].get("motifnet")) != _own_version():
            has = f"has motifnet {version}" if version else "has no motifnet"
            what = f"{address} {has}; the client has motifnet {_own_version()}"
            raise InputError(what, hint=_SAME_VERSION)


def _own_version() -> str | None:
    return versions()["motifnet"]


def worker_threads() -> int | None:
    """Number of CPU threads for a block on a worker; None in other processes."""
    return _threads


def _prepared_job(job: bytes, threads: int) -> tuple[str, Results]:
    """The working directory of a job, and the function that computes a block; prepared once per worker."""
    global _threads
    key = hashlib.sha256(job).hexdigest()
    if key not in _prepared:
        import motifnet as mn

        _threads = threads
        mn.set_threads(threads)  # before the modules of the function are imported, which starts TensorFlow
        logger.addHandler(logging.NullHandler())  # the client logs the same
        prepare, inputs, folder = pickle.loads(job)
        if not Path(folder).is_dir():
            raise InputError(f"{folder}: there is no such folder", hint=_SAME_FILES)
        with chdir(folder):
            check_inputs(inputs, "is missing or differs from the file of the client", hint=_SAME_FILES)
            results = prepare()
        for old in list(_prepared)[: 1 - _KEPT]:
            del _prepared[old]
        _prepared[key] = folder, results
    return _prepared[key]


def _gathered(future: Future) -> Mapping[str, Any]:
    """The result of a block."""
    from distributed.scheduler import KilledWorker

    try:
        found = future.result()
    except KilledWorker as error:
        what = f"workers ended {error.allowed_failures + 1} times while computing a block"
        raise InputError(what, hint="Check the memory of the workers, and their logs.") from None
    except CancelledError:
        what = "the connection to the scheduler was lost"
        raise InputError(what, hint="Check the scheduler, and run the command again.") from None
    if isinstance(found, _Failure):
        raise InputError(found.message, hint=found.hint)
    return found
