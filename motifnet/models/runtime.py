"""The one place that starts and configures TensorFlow.

``from motifnet.models.runtime import keras, tf`` starts it on first use. Importing this module alone does not, so that
`set_threads` can still have its say: TensorFlow fixes its thread pools when it starts.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from motifnet.errors import MotifnetError

logger = logging.getLogger("motifnet")

#: More threads than this, or than so many a core, are a slip: TensorFlow takes minutes to start them.
_MOST_THREADS, _MOST_A_CORE = 256, 4

_threads: int | None = None
_modules: dict[str, Any] = {}


def set_threads(count: int) -> None:
    """Bound the CPU threads that TensorFlow uses in this process.

    Same seed, same number of threads: same results. Other numbers give other (equally good) weights.

    Parameters
    ----------
    count : int
        At least 1, and at most 256 or four a core, whichever is more.

    Raises
    ------
    MotifnetError
        If TensorFlow has already been started by motifnet, or `count` is not within these bounds.
    """
    global _threads
    if count < 1:
        raise MotifnetError(f"threads must be at least 1. Got {count} instead")
    most = max(_MOST_THREADS, _MOST_A_CORE * _cores())
    if count > most:
        raise MotifnetError(
            f"threads must be at most {most}. Got {count} instead", hint=f"One a core is as fast: {_cores()} here."
        )
    if _modules and count != _threads:
        raise MotifnetError(
            "TensorFlow is already running, and takes the number of threads only when it starts",
            hint="Call motifnet.set_threads() before the first model is built, trained or loaded.",
        )
    _threads = count


def threads() -> int:
    """Threads that TensorFlow uses: as set, or one per available core."""
    return _threads or _cores()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def start() -> dict[str, Any]:
    """Import TensorFlow and Keras, configured; the second call costs nothing."""
    if _modules:
        return _modules
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras
    import tensorflow as tf

    if keras.backend.backend() != "tensorflow":
        raise MotifnetError(
            f"Keras was started with the {keras.backend.backend()} backend before motifnet",
            hint="Import motifnet first, or set KERAS_BACKEND=tensorflow.",
        )
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads())
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        # Somebody else's TensorFlow is running already (a notebook): its threads stay as they are.
        if _threads is not None:
            raise MotifnetError(
                "TensorFlow is already running, and takes the number of threads only when it starts",
                hint="Call motifnet.set_threads() before TensorFlow is used.",
            ) from None
    _modules.update(tf=tf, keras=keras)
    logger.debug("TensorFlow %s, Keras %s, %d threads", tf.__version__, keras.__version__, threads())
    return _modules


def __getattr__(name: str) -> Any:
    if name in ("tf", "keras"):
        return start()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
