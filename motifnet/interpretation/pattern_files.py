"""`write_modisco`: patterns of seqlets in the HDF5 format of TF-MoDISco, for ``modisco report`` and other programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from motifnet.arguments import check_type, tuple_of
from motifnet.errors import InputError, listed, quoted
from motifnet.interpretation.attribution.contributions import Attributions
from motifnet.interpretation.patterns import hypothetical_matrices
from motifnet.motifs.io.modisco import CONTRIBUTIONS, GROUPS, HYPOTHETICAL, SEQLETS, SEQUENCE
from motifnet.motifs.learned.extraction import MotifInstances
from motifnet.outputs import output_file, write_errors
from motifnet.sequences.alphabet import one_hot_codes

#: Suffixes of HDF5 files.
SUFFIXES = (".h5", ".hdf5")


def write_modisco(patterns: Sequence[MotifInstances], attributions: Attributions, path: str | Path) -> None:
    """Write patterns in the format of TF-MoDISco, completely or not at all.

    The file is accepted by ``modisco report``, ``modisco meme`` and `read_modisco`. Patterns whose contributions raise
    the score are in the group ``pos_patterns``, others in ``neg_patterns``, in the order of `patterns`.

    Parameters
    ----------
    patterns : sequence of MotifInstances
        From `find_patterns`, for one task.
    attributions : Attributions
        In which they were found. Indices of sequences in the file are those of the attributions.
    path : str or Path
        Ends in ``.h5`` or ``.hdf5``; replaced if it exists.

    Raises
    ------
    InputError
        If there is no pattern, a pattern is of a filter or has sites in other sequences, there are several tasks, or
        the file has another suffix.
    FormatError
        If the file cannot be written.
    """
    check_type("attributions", attributions, Attributions)
    check_type("path", path, str, Path)
    known = tuple_of("patterns", patterns, MotifInstances)
    _check(known, attributions)
    if Path(path).suffix.lower() not in SUFFIXES:
        raise InputError(f"{path}: unknown suffix of an HDF5 file", hint=f"Use {' or '.join(SUFFIXES)}.")
    own = attributions.task(known[0].task)
    with output_file(path) as partial, write_errors(path), h5py.File(partial, "w") as file:
        file.attrs["window_size"] = own.sequences.length
        numbers = dict.fromkeys(GROUPS, 0)
        for pattern in known:
            assert pattern.contributions is not None
            name = GROUPS[int(pattern.contributions.sum() < 0)]
            _write(pattern, own, file.require_group(name).create_group(f"pattern_{numbers[name]}"))
            numbers[name] += 1


def _check(patterns: tuple[MotifInstances, ...], attributions: Attributions) -> None:
    if not patterns:
        raise InputError("there are no patterns to write", hint="Find more seqlets: find_seqlets(..., fdr=0.2).")
    for pattern in patterns:
        if not pattern.is_pattern:
            raise InputError(f"{quoted(pattern.source)} has no contributions", hint="Use patterns from find_patterns.")
        if len(pattern.sites) and int(pattern.sites.sequence.max()) >= len(attributions):
            raise InputError(
                f"pattern {quoted(pattern.source)} has sites in sequences that are not in the attributions",
                hint="Use the attributions in which the patterns were found.",
            )
    tasks = dict.fromkeys(pattern.task for pattern in patterns)
    if len(tasks) > 1:
        raise InputError(f"the patterns belong to {len(tasks)} tasks: {listed(tasks)}", hint="Write one file per task.")


def _write(pattern: MotifInstances, attributions: Attributions, group: h5py.Group) -> None:
    """Arrays of one pattern; rows are positions."""
    sites = pattern.sites
    one_hot = one_hot_codes(sites.subsequences(attributions.sequences))
    hypothetical = hypothetical_matrices(attributions, sites)
    matrices = {SEQUENCE: one_hot, CONTRIBUTIONS: one_hot * hypothetical, HYPOTHETICAL: hypothetical}
    seqlets = group.create_group("seqlets")
    for name, values in matrices.items():
        by_position = values.swapaxes(1, 2)
        group.create_dataset(name, data=by_position.mean(axis=0, dtype=np.float64))
        seqlets.create_dataset(name, data=np.ascontiguousarray(by_position, dtype=np.float32))
    columns = (np.array([len(sites)]), sites.sequence, sites.start, sites.end, sites.is_reverse)
    for name, values in zip(SEQLETS, columns, strict=True):
        seqlets.create_dataset(name, data=values)
