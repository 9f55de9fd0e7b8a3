"""Training by several workers (processes, also on several machines) and on several GPUs, which divide each batch.

Each replica (worker, or GPU of a worker) has a copy of the network and computes the gradient of its share of a batch;
the gradients are added, so that the steps are those of one process with the whole batch. Batch normalization uses the
mean and variance of the whole batch. The first worker, the chief, reads checkpoints and writes all files. With one
replica, all functions return their arguments unchanged.

Workers are those of the environment variable ``TF_CONFIG``, or the tasks of a SLURM step (``srun``).
"""

from __future__ import annotations

import json
import logging
import os
import pickle
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import InputError, MotifnetError
from motifnet.models import runtime

logger = logging.getLogger("motifnet")

#: Ports of SLURM steps: each job has a block of `_PORTS` ports, so that jobs on one host use different ones.
_FIRST_PORT, _PORTS, _BLOCKS = 20_000, 64, 500

T = TypeVar("T")
#: Minimum number of values that workers exchange.
_LEAST_LENGTH = 1 << 10
Replica = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Worker:
    """Index of this process, and number of workers of a training; the first worker is the chief."""

    index: int = 0
    count: int = 1

    @property
    def is_chief(self) -> bool:
        return self.index == 0


_worker = Worker()


def worker() -> Worker:
    """The worker that this process is; the only one unless `use_workers` has found several."""
    return _worker


def use_workers(gpus: int | None = None) -> Worker:
    """Train with the workers given by the environment, and with several GPUs. Call this before TensorFlow starts.

    Parameters
    ----------
    gpus : int, optional
        Number of GPUs of this machine. By default one; with several workers, all.

    Raises
    ------
    InputError
        If the environment does not describe a cluster of workers, or `gpus` is below 1.
    """
    global _worker
    if gpus is not None and gpus < 1:
        raise InputError(f"--gpus must be at least 1. Got {gpus} instead")
    is_slurm, _worker = _find_workers()
    if _worker.count > 1:
        logger.info("worker %d of %d: connecting to the others", _worker.index + 1, _worker.count)
        runtime.use_strategy(lambda tf: _several_workers(tf, gpus, is_slurm=is_slurm))
    elif gpus is not None:
        runtime.use_strategy(lambda tf: tf.distribute.MirroredStrategy(_choose_gpus(tf, gpus)))
    return _worker


def end_other_workers() -> None:
    """End this process unless it is the chief: only the chief continues after training."""
    if not _worker.is_chief:
        logger.info("worker %d of %d: training is complete, worker 1 continues", _worker.index + 1, _worker.count)
        raise SystemExit(0)


def _find_workers() -> tuple[bool, Worker]:
    """Whether SLURM started the workers, and this one."""
    if text := os.environ.get("TF_CONFIG"):
        return False, _from_config(text)
    variables = [os.environ.get(f"SLURM_{name}", "") for name in ("PROCID", "STEP_NUM_TASKS")]
    if all(value.isdecimal() for value in variables):
        return True, Worker(*map(int, variables))
    return False, Worker()


def _from_config(text: str) -> Worker:
    example = '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": {"type": "worker", "index": 0}}'
    try:
        config = json.loads(text)
        cluster, task = config["cluster"], config["task"]
        known = {kind: len(cluster[kind]) for kind in ("chief", "worker") if kind in cluster}
        index = int(task["index"])
        is_valid = set(cluster) <= {"chief", "worker"} and 0 <= index < known[task["type"]]
    except (ValueError, TypeError, LookupError):
        is_valid = False
    if not is_valid:
        raise InputError(
            "TF_CONFIG does not contain the workers and the index of this worker",
            hint=f"Use a value such as {example}.",
        )
    return Worker(index + (known.get("chief", 0) if task["type"] == "worker" else 0), sum(known.values()))


def _several_workers(tf: Any, gpus: int | None, *, is_slurm: bool) -> Any:
    if gpus is not None:
        tf.config.set_visible_devices(_gpus(tf, gpus), "GPU")
    if is_slurm:
        os.environ["TF_CONFIG"] = json.dumps(_slurm_config(tf))
    return tf.distribute.MultiWorkerMirroredStrategy()


def _slurm_config(tf: Any) -> dict[str, Any]:
    """The tasks of a SLURM step as for ``TF_CONFIG``; each uses the GPUs that SLURM allocates to it."""
    port = _FIRST_PORT + _PORTS * (int(os.environ.get("SLURM_JOB_ID", "0")) % _BLOCKS)
    # Without numbers of GPUs, the resolver would run nvidia-smi. The numbers are not used.
    gpus = {"gpus_per_node": 1 << 16, "gpus_per_task": 1, "auto_set_gpu": False}
    resolver = tf.distribute.cluster_resolver.SlurmClusterResolver(port_base=port, **gpus)
    cluster = resolver.cluster_spec().as_dict()
    kind, index = resolver.get_task_info()
    return {"cluster": cluster, "task": {"type": kind, "index": index}}


def _choose_gpus(tf: Any, count: int) -> list[str]:
    return [f"GPU:{number}" for number in range(len(_gpus(tf, count)))]


def _gpus(tf: Any, count: int) -> list[Any]:
    found = tf.config.list_physical_devices("GPU")
    if len(found) < count:
        raise InputError(f"--gpus {count}: TensorFlow finds {len(found)} GPUs", hint="See the guide on installation.")
    return list(found[:count])


class Replicas:
    """The replicas that train a network together; a single one if there is no strategy."""

    def __init__(self) -> None:
        self._strategy = runtime.strategy()
        self.count = 1 if self._strategy is None else self._strategy.num_replicas_in_sync
        self._per_worker = self.count // _worker.count

    def scope(self) -> AbstractContextManager[Any]:
        """Context in which variables are created for all replicas."""
        return nullcontext() if self._strategy is None else self._strategy.scope()

    def rows(self, n: int) -> slice:
        """Rows of a batch of `n` sequences for this worker."""
        bounds, first = self._bounds(n), _worker.index * self._per_worker
        return slice(bounds[first], bounds[first + self._per_worker])

    def check(self, batch_size: int) -> None:
        """Raise InputError if a batch has fewer sequences than there are replicas."""
        if batch_size < self.count:
            what = f"a batch of {batch_size} sequences cannot be divided among {self.count} workers or GPUs"
            raise InputError(what, hint="Use a larger --batch-size or fewer workers.")

    def run(self, function: Replica, batch: int) -> Callable[[Any, Any], float]:
        """Compile a function that calls `function` with the rows of each replica, and returns its value.

        The value must be the same in all replicas.
        """
        tf, strategy, bounds, own = runtime.start()["tf"], self._strategy, self._bounds(batch), self.rows(batch)
        compiled = tf.function(lambda codes, labels: strategy.run(function, (codes, labels)), autograph=False)

        def divided(values: NDArray[Any]) -> Any:
            def of_replica(context: Any) -> Any:
                number = context.replica_id_in_sync_group
                return tf.constant(values[bounds[number] - own.start : bounds[number + 1] - own.start])

            return strategy.experimental_distribute_values_from_function(of_replica)

        def call(codes: Any, labels: Any) -> float:
            with _lost_workers():
                return float(strategy.experimental_local_results(compiled(divided(codes), divided(labels)))[0])

        return call

    def separate_dropout(self, learner: Any) -> None:
        """Use different dropout masks in each replica: its number is added to the seeds."""
        states = [variable.value for variable in learner.variables if "seed_generator_state" in variable.path]
        if self.count == 1 or not states:
            return
        tf = runtime.start()["tf"]

        def add() -> None:
            number = tf.distribute.get_replica_context().replica_id_in_sync_group
            for state in states:
                state.assign_add(tf.cast(tf.stack([number, 0]), state.dtype))

        tf.function(lambda: self._strategy.run(add), autograph=False)()

    def gather(self, compute: Callable[[slice], NDArray[np.float32]], n: int) -> NDArray[np.float32]:
        """Compute rows ``(n, T)`` in parts, one per worker, and return all rows."""
        if _worker.count == 1:
            return compute(slice(0, n))
        bounds = np.linspace(0, n, _worker.count + 1).astype(int)
        own = slice(bounds[_worker.index], bounds[_worker.index + 1])
        part = compute(own)
        result = np.zeros((n, *part.shape[1:]), dtype=part.dtype)
        result[own] = part
        return self._sum(result)

    def from_chief(self, value: T) -> T:
        """The value of the chief."""
        if _worker.count == 1:
            return value
        content = pickle.dumps(value) if _worker.is_chief else b""
        size = int(self._sum(np.array([len(content)], dtype=np.int32))[0])
        padded = content.ljust(-(-size // 4) * 4, b"\0")
        received: T = pickle.loads(self._sum(np.frombuffer(padded, dtype=np.int32)).tobytes()[:size])
        return received

    def _bounds(self, n: int) -> list[int]:
        """First row of each replica, and `n`: numbers of rows differ by at most one."""
        return [n * number // self.count for number in range(self.count + 1)]

    def _sum(self, values: NDArray[Any]) -> NDArray[Any]:
        """Add the values of all workers. Each value, of 4 or 8 bytes, must be 0 in all workers but one."""
        bits = np.ascontiguousarray(values).reshape(-1).view(np.int32)
        # A power of two: a function is compiled for each length.
        padded = np.zeros(max(_LEAST_LENGTH, 1 << (len(bits) - 1).bit_length()), dtype=np.int32)
        padded[: len(bits)] = bits
        tf, strategy = runtime.start()["tf"], self._strategy

        def of_replica(context: Any) -> Any:
            is_first = context.replica_id_in_sync_group % self._per_worker == 0
            return tf.constant(padded if is_first else np.zeros_like(padded))

        with _lost_workers():
            own = strategy.experimental_distribute_values_from_function(of_replica)
            summed = np.array(strategy.experimental_local_results(_adder(strategy)(own))[0])
        return summed[: len(bits)].view(values.dtype).reshape(values.shape)


@cache
def _adder(strategy: Any) -> Any:
    """Compiled function that adds the values of all replicas."""
    tf = runtime.start()["tf"]

    def add(own: Any) -> Any:
        own = tf.identity(own)  # on the device of the replica, which an argument is not
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, own)

    return tf.function(lambda own: strategy.run(add, (own,)), autograph=False)


@contextmanager
def _lost_workers() -> Iterator[None]:
    """Raise a MotifnetError instead of TensorFlow's errors about other workers."""
    errors = runtime.start()["tf"].errors
    try:
        yield
    except (errors.UnavailableError, errors.AbortedError, errors.CancelledError, errors.InternalError) as error:
        if _worker.count == 1:
            raise
        hint = "Start the command again in all workers: training continues from the last checkpoint."
        raise MotifnetError("another worker has ended, or cannot be reached", hint=hint) from error


def check_same(own: Mapping[str, str], chief: Mapping[str, str]) -> None:
    """Raise InputError unless this worker and the chief have the same training (`describe_training`)."""
    differing = [name for name in own if name != "threads" and own[name] != chief.get(name)]
    if differing:
        what = f"this worker and the first worker differ in: {', '.join(differing)}"
        raise InputError(what, hint="Run the same command with the same files and versions in all workers.")
