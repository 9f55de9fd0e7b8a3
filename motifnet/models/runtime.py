"""The only module that starts and configures TensorFlow.

``from motifnet.models.runtime import keras, tf`` starts TensorFlow on first use. Importing this module alone does not,
so that `set_threads` can be called before: TensorFlow sets its thread pools when it starts.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from motifnet.errors import MotifnetError

logger = logging.getLogger("motifnet")

_threads: int | None = None
_modules: dict[str, Any] = {}
#: Makes a ``tf.distribute.Strategy`` from TensorFlow.
_make_strategy: Callable[[Any], Any] | None = None


def set_threads(count: int) -> None:
    """Set the number of CPU threads of TensorFlow for this process.

    Results are reproducible for the same seed and number of threads. Other numbers give other, equally good weights.

    Parameters
    ----------
    count : int
        At least 1 and at most 256, or four per core on machines with more than 64 cores.

    Raises
    ------
    MotifnetError
        If motifnet has started TensorFlow with another number, or `count` is out of range.
    """
    global _threads
    # TensorFlow takes minutes to start thousands of threads.
    most = max(256, 4 * _cores())
    if not 1 <= count <= most:
        raise MotifnetError(
            f"threads must be from 1 to {most}. Got {count} instead",
            hint=f"Use one per core: {_cores()} on this machine.",
        )
    if _modules and count != _threads:
        raise _already_running("before the first model is built, trained or loaded")
    _threads = count


def _already_running(when: str) -> MotifnetError:
    return MotifnetError(
        "cannot set the number of threads: TensorFlow is already running", hint=f"Call motifnet.set_threads() {when}."
    )


def threads() -> int:
    """Number of CPU threads of TensorFlow: as set, or one per available core."""
    return _threads or _cores()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def use_strategy(make: Callable[[Any], Any]) -> None:
    """Have TensorFlow create a strategy for training when it starts, since several workers must be connected first.

    Raises
    ------
    MotifnetError
        If TensorFlow has started.
    """
    global _make_strategy
    if _modules:
        raise MotifnetError("cannot use several workers or GPUs: TensorFlow is already running")
    _make_strategy = make


def strategy() -> Any:
    """The ``tf.distribute.Strategy`` that trains networks, if there is one."""
    return start().get("strategy")


def start() -> dict[str, Any]:
    """Import and configure TensorFlow and Keras; further calls return the same modules."""
    if _modules:
        return _modules
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    with _silent_stderr():
        import keras
        import tensorflow as tf

    if keras.backend.backend() != "tensorflow":
        raise MotifnetError(
            f"Keras is already running with the {keras.backend.backend()} backend; motifnet needs TensorFlow",
            hint="Import motifnet first, or set KERAS_BACKEND=tensorflow.",
        )
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads())
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        # TensorFlow was started by other code, e.g. in a notebook: its number of threads cannot be changed.
        if _threads is not None:
            raise _already_running("before TensorFlow is used") from None
    with _silent_stderr():
        made = {} if _make_strategy is None else {"strategy": _make_strategy(tf)}
    _modules.update(tf=tf, keras=keras, **made)
    logger.debug("TensorFlow %s, Keras %s, %d threads", tf.__version__, keras.__version__, threads())
    return _modules


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Discard what TensorFlow's C++ code writes to standard error (oneDNN, CUDA), which bypasses sys.stderr."""
    sys.stderr.flush()
    kept, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)


def __getattr__(name: str) -> Any:
    if name in ("tf", "keras"):
        return start()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
