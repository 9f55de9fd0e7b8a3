"""TF-MoDISco's report (HDF5, of modisco-lite): patterns of seqlets as motifs with sites.

The groups ``pos_patterns`` and ``neg_patterns`` have a group ``pattern_0``, ... for each pattern, with arrays of shape
``(w, 4)``: ``sequence`` (frequencies of the bases), ``contrib_scores`` and ``hypothetical_contribs`` (their means), and
a group ``seqlets``: ``n_seqlets``, and for each seqlet ``example_idx`` (index of its sequence), ``start``, ``end`` and
``is_revcomp``. Subpatterns are not read.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.arguments import check_fraction, check_type
from motifnet.errors import FormatError, InputError, listed, quoted
from motifnet.hdf5 import stored_arrays
from motifnet.motifs.io.common import HIGHEST_COUNT, SKIP_NOTE
from motifnet.motifs.learned.extraction import MotifInstances
from motifnet.motifs.learned.sites import Sites
from motifnet.motifs.motif import Floats, Motif, MotifSet
from motifnet.sequences.io.text import TextSource
from motifnet.sequences.sequence_set import SequenceSet

logger = logging.getLogger("motifnet")

GROUPS = ("pos_patterns", "neg_patterns")
#: Names of the arrays of a pattern, and of its seqlets.
SEQUENCE, CONTRIBUTIONS, HYPOTHETICAL = "sequence", "contrib_scores", "hypothetical_contribs"
SEQLETS = ("n_seqlets", "example_idx", "start", "end", "is_revcomp")
#: End columns of a pattern with less than this fraction of the contributions of the largest column are trimmed, as in
#: ``modisco report``.
TRIM = 0.3
_MOST_COLUMNS = 100_000
_PATTERN = re.compile(r"(pos_patterns|neg_patterns)/pattern_(\d{1,9})/sequence")
_AGAIN = "The file is damaged or was changed: write it again with modisco motifs."

Arrays = Mapping[str, h5py.Dataset]


@dataclass(frozen=True, eq=False)
class ModiscoReport:
    """The patterns of a report of TF-MoDISco.

    Parameters
    ----------
    patterns : tuple of MotifInstances
        Positive patterns first. Their names are those of ``modisco meme``: ``pos_patterns.pattern_0``. Sites are
        seqlets, without scores.
    """

    patterns: tuple[MotifInstances, ...]

    def __repr__(self) -> str:
        return f"<ModiscoReport: {len(self.patterns)} patterns>"

    def _repr_html_(self) -> str:
        return self.motifs._repr_html_()

    @property
    def motifs(self) -> MotifSet:
        """The motif of each pattern."""
        return MotifSet([each.motif for each in self.patterns if each.motif is not None])

    def sites(self, sequences: SequenceSet | None = None) -> pd.DataFrame:
        """The site of each seqlet.

        Parameters
        ----------
        sequences : SequenceSet, optional
            The input sequences of TF-MoDISco, for their names.

        Returns
        -------
        DataFrame
            ``motif``, ``sequence_index``, ``name`` (empty without sequences), ``start``, ``end`` (0-based, half-open,
            on the forward strand) and ``strand``.

        Raises
        ------
        InputError
            If a seqlet is in none of the sequences.
        """
        tables = [pd.DataFrame(columns=["motif", "sequence_index", "name", "start", "end", "strand"])]
        for each in self.patterns:
            own = each.sites
            if sequences is not None and len(own) and int(own.sequence.max()) >= len(sequences):
                raise InputError(
                    f"pattern {each.source} has a site in sequence {int(own.sequence.max())}, but there are "
                    f"{len(sequences):,} sequences",
                    hint="Use the sequences that TF-MoDISco was given.",
                )
            names = "" if sequences is None else [sequences.names[index] for index in own.sequence]
            strand = np.where(own.is_reverse, "-", "+")
            columns = (each.source, own.sequence, names, own.start, own.end, strand)
            tables.append(pd.DataFrame(dict(zip(tables[0].columns, columns, strict=True))))
        return pd.concat(tables[len(tables) > 1 :], ignore_index=True)


def read_modisco(path: str | Path, *, trim: float = TRIM, skip_invalid: bool = False) -> ModiscoReport:
    """Read the HDF5 report of TF-MoDISco (``modisco motifs``, Shrikumar et al. 2018, arXiv:1811.00416).

    Parameters
    ----------
    path : str or Path
    trim : float
        Columns at both ends are left out if the sum of their absolute contributions is less than this fraction of the
        largest sum; 0 keeps all columns.
    skip_invalid : bool
        Leave out patterns with a column without bases, and log their number.

    Returns
    -------
    ModiscoReport

    Raises
    ------
    FormatError
        If the file is not a report of TF-MoDISco, or is damaged.
    InputError
        If `trim` is out of range.
    """
    check_type("path", path, str, Path)
    check_fraction("trim", trim)
    TextSource(path)  # an error if the file is missing or a folder
    if not h5py.is_hdf5(path):
        raise FormatError(path, "expected an HDF5 file of TF-MoDISco", hint="Use the output of modisco motifs.")
    try:
        with h5py.File(path, "r") as file:
            return _read(path, file, trim, skip_invalid=skip_invalid)
    except (ValueError, OSError, RuntimeError, KeyError, TypeError, OverflowError) as error:
        if isinstance(error, FormatError):
            raise
        hint = "Remove the compression: h5repack -f NONE IN.h5 OUT.h5." if "compressed" in str(error) else _AGAIN
        raise FormatError(path, f"the HDF5 file cannot be read: {quoted(str(error))}", hint=hint) from error


def _read(path: str | Path, file: h5py.File, trim: float, *, skip_invalid: bool) -> ModiscoReport:
    if not any(name in file for name in GROUPS):
        raise _other_file(path, file)
    arrays = stored_arrays(file, kinds="fiub")
    found = sorted(
        (GROUPS.index(match[1]), int(match[2]), name.rpartition("/")[0])
        for name in arrays
        if (match := _PATTERN.fullmatch(name))
    )
    patterns, n_invalid = [], 0
    for _, _, name in found:
        counts, contributions, hypothetical = _matrices(path, arrays, name)
        if not counts.any(axis=0).all():
            if not skip_invalid:
                raise FormatError(path, f"pattern {quoted(name)} has a column without bases", hint=SKIP_NOTE)
            n_invalid += 1
            continue
        n, sites = _sites(path, arrays, name, counts.shape[1])
        motif = Motif(name.replace("/", "."), _as_counts(counts, n), n)
        patterns.append(
            _trimmed(MotifInstances(motif.name, sites, motif, 0.0, contributions, hypothetical), fraction=trim)
        )
    if not patterns:
        why = f"all {n_invalid} patterns are invalid" if n_invalid else "the report has no pattern"
        raise FormatError(path, why, hint="Run modisco motifs with more seqlets (-n).")
    if n_invalid:
        logger.warning("%s: left out %d invalid patterns", path, n_invalid)
    return ModiscoReport(tuple(patterns))


def _other_file(path: str | Path, file: h5py.File) -> FormatError:
    """The error for HDF5 files of other programs."""
    what = "this HDF5 file is not a report of TF-MoDISco: it has no group pos_patterns or neg_patterns"
    if "metacluster_idx_to_submetacluster_results" in file:
        return FormatError(
            path, "this is a report of TF-MoDISco before version 2", hint="Convert it: modisco convert -i OLD -o NEW."
        )
    if "model_config" in file.attrs or "model_weights" in file or "layers" in file:
        return FormatError(path, f"{what}. It has the weights of a Keras network", hint="Use the output of modisco.")
    names = listed(sorted(map(str, file))[:5])
    return FormatError(path, what, hint=f"Its groups: {names}." if names else "Use the output of modisco motifs.")


def _matrices(path: str | Path, arrays: Arrays, name: str) -> tuple[Floats, Floats, Floats]:
    """Frequencies and contributions ``(4, w)`` of a pattern."""
    found = []
    for own in (SEQUENCE, CONTRIBUTIONS, HYPOTHETICAL):
        array = arrays.get(f"{name}/{own}")
        if array is None:
            raise FormatError(path, f"pattern {quoted(name)} has no array {own}", hint=_AGAIN)
        if len(array.shape) != 2 or array.shape[1] != 4 or not 0 < array.shape[0] <= _MOST_COLUMNS:
            what = f"array {own} of pattern {quoted(name)} must have shape (width, 4). Got {array.shape} instead"
            raise FormatError(path, what, hint=_AGAIN)
        values = array[:].astype(np.float64)
        if not (np.isfinite(values).all() and np.abs(values).max() < HIGHEST_COUNT):
            raise FormatError(
                path, f"array {own} of pattern {quoted(name)} has a value that is not finite", hint=_AGAIN
            )
        found.append(values.T)
    counts, *others = found
    if (counts < 0).any() or any(other.shape != counts.shape for other in others):
        raise FormatError(
            path, f"the arrays of pattern {quoted(name)} have different shapes or negative frequencies", hint=_AGAIN
        )
    return counts, others[0], others[1]


def _sites(path: str | Path, arrays: Arrays, name: str, width: int) -> tuple[int, Sites]:
    """Number of seqlets of a pattern, and their sites; none if the file has no positions."""
    columns: dict[str, NDArray[Any]] = {}
    for own in SEQLETS:
        array = arrays.get(f"{name}/seqlets/{own}")
        if array is not None and len(array.shape) == 1 and array.dtype.kind in "iub":
            columns[own] = array[:]
    number = columns.pop("n_seqlets", np.zeros(0))
    n = int(number[0]) if len(number) == 1 else 0
    if not 1 <= n < HIGHEST_COUNT:
        raise FormatError(path, f"pattern {quoted(name)} has no valid number of seqlets (n_seqlets)", hint=_AGAIN)
    if not columns:
        none = np.zeros(0, dtype=np.int64)
        return n, Sites(width, none, none, none.astype(np.bool_), none.astype(np.float32))
    if len(columns) < len(SEQLETS) - 1 or any(len(column) != n for column in columns.values()):
        raise FormatError(
            path, f"the arrays of the seqlets of pattern {quoted(name)} are missing or differ in length", hint=_AGAIN
        )
    sequence, start, end = (columns[own].astype(np.int64) for own in SEQLETS[1:4])
    if (sequence < 0).any() or (np.abs(start) >= HIGHEST_COUNT).any() or (end - start != width).any():
        raise FormatError(
            path,
            f"the seqlets of pattern {quoted(name)} must have its width, {width} bp, and valid positions",
            hint=_AGAIN,
        )
    return n, Sites(width, sequence, start, columns["is_revcomp"].astype(np.bool_), np.zeros(n, dtype=np.float32))


def _as_counts(frequencies: Floats, n: int) -> Floats:
    """Frequencies times the number of seqlets, as whole numbers where they are within rounding."""
    counts = frequencies * n
    whole = np.rint(counts)
    return np.where(np.abs(counts - whole) < 1e-4, whole, counts)


def _trimmed(pattern: MotifInstances, *, fraction: float) -> MotifInstances:
    """Without columns of little contribution at the ends."""
    contributions, hypothetical, motif = pattern.contributions, pattern.hypothetical, pattern.motif
    assert contributions is not None
    assert hypothetical is not None
    assert motif is not None
    size = np.abs(contributions).sum(axis=0)
    kept = np.flatnonzero(size >= fraction * size.max())
    columns = slice(int(kept[0]), int(kept[-1]) + 1)
    counts = motif.counts[:, columns]
    return MotifInstances(
        pattern.source,
        pattern.sites.moved(columns.start, counts.shape[1]),
        Motif(motif.name, counts, motif.nsites),
        pattern.threshold,
        contributions[:, columns],
        hypothetical[:, columns],
    )
