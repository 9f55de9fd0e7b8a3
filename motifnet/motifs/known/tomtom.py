"""Tomtom's p-values, computed by memelite, and the compilation of memelite, in another process if needed.

numba compiles memelite on first use, which takes about a minute on one core, and keeps the compiled code on disk.
memelite is imported inside the functions, since the import takes seconds.
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

_COMPILING = "compiling Tomtom (memelite): once per machine, 1-2 minutes"
_WARM_UP = "import os; getattr(os, 'nice', abs)(10); from motifnet.motifs.known.tomtom import warm_up; warm_up()"


class Alignments(NamedTuple):
    """The best alignment of each of Q queries with each of T targets: arrays of shape (Q, T).

    ``p``: p-value, above 0; ``offset``: column of the target, as it is oriented, at the query's first column (negative:
    before the target); ``overlap``: number of aligned columns; ``is_reverse``: the target is reverse-complemented.
    """

    p: NDArray[np.float64]
    offset: NDArray[np.int64]
    overlap: NDArray[np.int64]
    is_reverse: NDArray[np.bool_]


def align(
    queries: Sequence[NDArray[np.float64]], targets: Sequence[NDArray[np.float64]], *, both_strands: bool = True
) -> Alignments:
    """Align motifs as Tomtom does, with Euclidean distance and complete scores.

    A p-value is the probability that a motif as wide as the target, of columns sampled from all targets, aligns as well
    at its best offset and strand (Gupta et al. 2007, Genome Biol 8:R24; complete scores: Tanaka et al. 2011,
    Bioinformatics 27:1603). It depends on the set of targets.

    Parameters
    ----------
    queries, targets : sequences of float arrays of shape (4, w)
        PPMs; at least one of each.
    both_strands : bool
        Whether targets are reverse-complemented too.

    Returns
    -------
    Alignments
    """
    if not is_compiled():
        logger.info(_COMPILING)
    # memelite is compiled for each memory layout, which takes a minute; arrays of one column have both layouts.
    own = [np.asfortranarray(query) for query in queries]
    own += own[:1] * (sum(query.shape[1] for query in own) == 1)
    forward = [np.asfortranarray(target) for target in targets]
    # The reverse complements are separate targets, so that ties of palindromes go to + and not to -.
    reverse = [target[::-1, ::-1] for target in forward] if both_strands else []
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="tomtom was given")  # few targets: see `compare`
        # One thread, since a thousand comparisons take a millisecond, and memory grows with the number of threads.
        results = _memelite().tomtom(own, forward + reverse, reverse_complement=False, n_jobs=1)
    p, score, offset, overlap, _ = (values[: len(queries)] for values in results)
    n = len(forward)
    is_reverse = score[:, n:] > score[:, :n] if both_strands else np.zeros(p.shape, dtype=bool)
    if both_strands:
        p, offset, overlap = (np.where(is_reverse, values[:, n:], values[:, :n]) for values in (p, offset, overlap))
        p = p * (2 - p)  # the better of two strands: 1 - (1 - p)²
    # p-values below the smallest float are 0 in memelite.
    p = np.clip(p, np.finfo(np.float64).tiny, 1.0)
    return Alignments(p, offset.astype(np.int64), overlap.astype(np.int64), is_reverse)


def warm_up() -> None:
    """Compile Tomtom by aligning two small motifs."""
    column = np.array([0.7, 0.1, 0.1, 0.1])
    motif = np.stack([np.roll(column, shift) for shift in range(4)], axis=1)
    align([motif, motif[:, ::-1]], [motif, motif[:, 1:]])


def is_compiled() -> bool:
    """Whether compiled code of Tomtom is on disk; can be outdated after an update of numba."""
    version = f"py{sys.version_info.major}{sys.version_info.minor}"
    return any(cache_folder().glob(f"tomtom._tomtom-*.{version}*.nbi"))


def cache_folder() -> Path:
    """Folder of the compiled code."""
    _memelite()
    return Path(sys.modules["memelite.tomtom"]._tomtom.stats.cache_path)


@contextmanager
def compiled_in_background(*, needed: bool = True) -> Iterator[Callable[[], None]]:
    """Compile Tomtom in another process during the ``with`` block, unless it is compiled.

    Yields a function that waits for the compilation, to be called before `align` (which compiles if the process
    failed). A thread would halve the speed of the program.
    """
    process = None if not needed or is_compiled() else _start(_WARM_UP)
    if process is not None:
        logger.info("%s, in the background", _COMPILING)

    def wait() -> None:
        if process is not None and process.poll() is None:
            logger.info(_COMPILING)
            process.wait()

    try:
        yield wait
    finally:
        if process is not None:
            process.kill()
            process.wait()


def _start(code: str) -> subprocess.Popen[bytes] | None:
    # -P, so that files in the working folder are not imported instead of libraries.
    line = [sys.executable, "-P", "-c", code]
    with suppress(OSError):
        nowhere = subprocess.DEVNULL
        return subprocess.Popen(line, stdin=nowhere, stdout=nowhere, stderr=nowhere)
    return None


def _memelite() -> Any:
    """Import memelite; with a temporary folder for compiled code if no other is writable."""
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
        "no folder for compiled code is writable, so that every run compiles Tomtom (1-2 minutes): "
        "set NUMBA_CACHE_DIR to a writable folder"
    )
    return importlib.import_module("memelite")
