"""Tomtom's p-values, by memelite: arrays in, arrays out; compiled once on a machine, in a process of its own if wanted.

memelite compiles with numba on first use: about a minute of one core, kept on disk. Importing it takes seconds,
so it happens inside the functions.
"""

from __future__ import annotations

import atexit
import importlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

logger = logging.getLogger("motifnet")

#: Said before the wait.
COMPILING = "Tomtom (memelite) is being compiled, for the first time on this machine: a minute or two"
#: Said where other work goes on.
MEANWHILE = "Tomtom (memelite) is compiled meanwhile, for the first time on this machine: it may add a minute or two"
_WARM_UP = "import os; getattr(os, 'nice', abs)(10); from motifnet.motifs.known.tomtom import warm_up; warm_up()"


class Alignments(NamedTuple):
    """The best alignment of each of Q queries with each of T targets: arrays of shape (Q, T).

    ``p``: p-value, above 0; ``offset``: where in the target, as it is oriented, the query's first column lies
    (negative: before it); ``overlap``: columns that are aligned; ``is_reverse``: the target is reverse-complemented.
    """

    p: NDArray[np.float64]
    offset: NDArray[np.int64]
    overlap: NDArray[np.int64]
    is_reverse: NDArray[np.bool_]


def align(
    queries: Sequence[NDArray[np.float64]], targets: Sequence[NDArray[np.float64]], *, both_strands: bool = True
) -> Alignments:
    """Align motifs as Tomtom does, with Euclidean distance and complete scores.

    A p-value is the probability that a motif as wide as the target, of columns drawn from those of all targets, aligns
    as well at its best offset and strand (Gupta et al. 2007, Genome Biol 8:R24; complete scores: Tanaka et al. 2011,
    Bioinformatics 27:1603). So it depends on the set of targets.

    Parameters
    ----------
    queries, targets : sequences of float arrays of shape (4, w)
        PPMs; at least one of each.
    both_strands : bool
        Whether the reverse complements of the targets are targets too.

    Returns
    -------
    Alignments
    """
    # memelite compiles anew for arrays of another layout, and takes a minute: those of one column have both layouts.
    own = [np.asfortranarray(query) for query in queries]
    own += own[:1] * (sum(query.shape[1] for query in own) == 1)
    forward = [np.asfortranarray(target) for target in targets]
    # The reverse complements are given as targets of their own, so that a palindrome's tie goes to + and not to -.
    reverse = [target[::-1, ::-1] for target in forward] if both_strands else []
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="tomtom was given")  # whoever calls knows how many targets there are
        # One thread: a thousand comparisons take a millisecond, and memory grows with the threads.
        results = _memelite().tomtom(own, forward + reverse, reverse_complement=False, n_jobs=1)
    p, score, offset, overlap, _ = (values[: len(queries)] for values in results)
    n = len(forward)
    is_reverse = score[:, n:] > score[:, :n] if both_strands else np.zeros(p.shape, dtype=bool)
    if both_strands:
        p, offset, overlap = (np.where(is_reverse, values[:, n:], values[:, :n]) for values in (p, offset, overlap))
        p = p * (2 - p)  # the better of two strands: 1 - (1 - p)²
    # A p-value below the smallest float comes as 0.
    p = np.clip(p, np.finfo(np.float64).tiny, 1.0)
    return Alignments(p, offset.astype(np.int64), overlap.astype(np.int64), is_reverse)


def warm_up() -> None:
    """Align two small motifs, so that everything is compiled; a few seconds when it was before."""
    column = np.array([0.7, 0.1, 0.1, 0.1])
    motif = np.stack([np.roll(column, shift) for shift in range(4)], axis=1)
    align([motif, motif[:, ::-1]], [motif, motif[:, 1:]])


def is_compiled() -> bool:
    """Whether Tomtom was compiled on this machine before, so that `align` starts within a second.

    A guess for messages: after an update of numba, it may be wrong once.
    """
    version = f"py{sys.version_info.major}{sys.version_info.minor}"
    return any(cache_folder().glob(f"tomtom._tomtom-*.{version}*.nbi"))


def cache_folder() -> Path:
    """Where numba keeps what it has compiled."""
    _memelite()
    return Path(sys.modules["memelite.tomtom"]._tomtom.stats.cache_path)


@contextmanager
def compiled_meanwhile() -> Iterator[Callable[[], None]]:
    """Compile Tomtom in a process of its own while the body does other work; does nothing when it is compiled already.

    A process and not a thread: beside a thread in which numba compiles, Python ran at half its speed.

    Yields
    ------
    callable
        Waits until it is done, and says so if that takes time. Call it before `align`. If the process failed, `align`
        compiles by itself.
    """
    process = None if is_compiled() else _start(_WARM_UP)
    if process is not None:
        logger.info(MEANWHILE)

    def wait() -> None:
        if process is not None and process.poll() is None:
            logger.info(COMPILING)
            process.wait()

    try:
        yield wait
    finally:
        if process is not None:
            process.kill()
            process.wait()


def _start(code: str) -> subprocess.Popen[bytes] | None:
    # -P: a file of the user's in this folder must not stand in for a library.
    line = [sys.executable, "-P", "-c", code]
    with suppress(OSError):
        nowhere = subprocess.DEVNULL
        return subprocess.Popen(line, stdin=nowhere, stdout=nowhere, stderr=nowhere)
    return None


def _memelite() -> Any:
    """The module; where its compiled functions cannot be kept, with a folder for this process and its children."""
    try:
        return importlib.import_module("memelite")
    except RuntimeError as error:
        if "cannot cache" not in str(error):
            raise
    import numba

    folder = tempfile.mkdtemp(prefix="motifnet-numba-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["NUMBA_CACHE_DIR"] = numba.config.CACHE_DIR = folder
    logger.warning(
        "no folder is writable where compiled functions could be kept: every run compiles Tomtom anew, "
        "a minute or two; set NUMBA_CACHE_DIR to a folder that is"
    )
    return importlib.import_module("memelite")
