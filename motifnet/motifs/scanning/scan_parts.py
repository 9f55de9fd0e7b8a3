"""Results of a part of `motifnet scan`: the arrays of the scanners of all motifs, concatenated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import InputError
from motifnet.motifs.scanning.kernel import FOUND, MotifScanner

#: Arrays of a scanner, and the array whose number of entries is stored for each motif.
_SIZES = {**dict.fromkeys((*FOUND, "site"), "site"), "histogram": "histogram", "best_record": "best", "best": "best"}


def join_results(scanners: Sequence[MotifScanner]) -> dict[str, NDArray[Any]]:
    """The results of all scanners, and the number of entries of each in ``n_site``, ``n_histogram`` and ``n_best``."""
    each = [scanner.results() for scanner in scanners]
    if not each:
        return {}
    sizes = {f"n_{name}": np.array([len(own[name]) for own in each]) for name in sorted(set(_SIZES.values()))}
    return {**sizes, **{name: np.concatenate([own[name] for own in each]) for name in _SIZES}}


def split_results(scanners: Sequence[MotifScanner], results: Mapping[str, NDArray[Any]]) -> None:
    """Add joined results to the scanners.

    Raises
    ------
    InputError
        If the results are those of other motifs.
    """
    if not scanners and not results:
        return
    try:
        split = {name: np.split(results[name], results[f"n_{of}"].cumsum()) for name, of in _SIZES.items()}
        if any(len(arrays) != len(scanners) + 1 or len(arrays[-1]) for arrays in split.values()):
            raise ValueError("another number of motifs")
        for index, scanner in enumerate(scanners):
            scanner.restore({name: arrays[index] for name, arrays in split.items()})
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"a part does not have the results of these motifs: {error}", hint="Compute the parts again."
        ) from None
