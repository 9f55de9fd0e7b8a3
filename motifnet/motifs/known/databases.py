"""Motifs by name: the JASPAR motifs included in motifnet, any motif file, or a consensus; the factor of each motif.

``jaspar/README.md`` has the source and the licence of the matrices.
"""

from __future__ import annotations

import gzip
import logging
import os
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from motifnet.arguments import check_type
from motifnet.errors import InputError, quoted
from motifnet.motifs.biopython import is_biopython
from motifnet.motifs.extraction_spec import DATABASES, Orientation
from motifnet.motifs.io.consensus import is_consensus, motif_of_consensus
from motifnet.motifs.io.files import read_motifs
from motifnet.motifs.motif import MotifSet
from motifnet.outputs import STDIO

logger = logging.getLogger("motifnet")

#: Types that `as_motifs` accepts.
AnyMotifs = MotifSet | str | Path | Sequence[Any]
RELEASE = "JASPAR2026"
FOLDER = Path(__file__).parent / "jaspar"
#: Table of identifier of the matrix, name, family and class.
FACTORS = "factors.tsv.gz"


class Factor(NamedTuple):
    """The transcription factor of a motif; family and class are empty if unknown.

    Families and classes of the DNA-binding domain as in JASPAR (TFClass: Wingender et al. 2018, Nucleic Acids Res
    46:D343); those of dimers are joined by ``::``.
    """

    name: str
    family: str = ""
    structural_class: str = ""


def read_database(
    source: str | Path, *, orientation: Orientation | None = None, skip_invalid: bool = False
) -> MotifSet:
    """Read a database of known motifs, a motif file, or a consensus sequence.

    Parameters
    ----------
    source : str or Path
        "vertebrates", "plants", "insects", "fungi", "nematodes" or "urochordates" (newest versions of the JASPAR 2026
        CORE matrices), a motif file, or a consensus in IUPAC letters (upper case), such as "TTACCCG". A file with the
        name of a database or of a consensus takes precedence; a warning is logged.
    orientation, skip_invalid
        How a motif file is read (see `read_motifs`).

    Returns
    -------
    MotifSet

    Raises
    ------
    InputError
        If the source is none of these, or the file cannot be read (`FormatError`).
    """
    name = str(source)
    has_other_meaning = name in DATABASES or is_consensus(name)
    if os.path.isfile(name):
        if has_other_meaning:
            logger.warning("%s: the file of that name is read, not the database or the consensus", name)
    elif name in DATABASES:
        return shipped_database(name)
    elif name != STDIO and not os.path.exists(name):
        if has_other_meaning:
            return MotifSet([motif_of_consensus(name)])
        raise InputError(
            f"{quoted(name)}: not a file, a database or a consensus (3 to 100 IUPAC letters, in upper case)",
            hint=f"Databases: {', '.join(DATABASES)}; or give a motif file.",
        )
    return read_motifs(source, orientation=orientation, skip_invalid=skip_invalid)


def known_motifs(source: str | Path, *, skip_invalid: bool = False) -> MotifSet:
    """`read_database` before the work and after it: a file that has not changed is read, and reported, once."""
    state = os.stat(source) if os.path.isfile(source) else None
    return _read_once(os.path.abspath(source), str(source), skip_invalid, state and (state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=1)
def _read_once(path: str, source: str, skip_invalid: bool, state: tuple[int, int] | None) -> MotifSet:
    return read_database(source, skip_invalid=skip_invalid)


def as_motifs(motifs: AnyMotifs, *, name: str = "motifs") -> MotifSet:
    """Read the motifs if a file, a database or a consensus is given (`read_database`); a MotifSet is unchanged.

    A motif of Biopython, or a list of motifs, becomes a MotifSet.
    """
    if isinstance(motifs, str | Path):
        return read_database(motifs)
    if isinstance(motifs, list | tuple) or is_biopython(motifs):
        found: Any = [motifs] if is_biopython(motifs) else motifs
        return MotifSet(found)
    check_type(name, motifs, MotifSet)
    assert isinstance(motifs, MotifSet)
    return motifs


@cache
def shipped_database(name: str) -> MotifSet:
    """Read one of `DATABASES`, even if a file has its name."""
    return read_motifs(FOLDER / f"{name}.meme.gz")


def factors_of(motifs: MotifSet) -> Mapping[str, Factor]:
    """The transcription factor of each motif, by the name of the motif.

    Motifs whose name or alternate name is a JASPAR identifier, of any version, have a family and a class. The factor of
    other motifs is their alternate name, or else their name.
    """
    by_matrix = _factors_by_matrix()
    factors = {}
    for motif in motifs:
        found = (by_matrix.get(_matrix(identifier)) for identifier in (motif.name, motif.alt_name))
        factors[motif.name] = next((factor for factor in found if factor), Factor(motif.alt_name or motif.name))
    return MappingProxyType(factors)


@cache
def _factors_by_matrix() -> Mapping[str, Factor]:
    with gzip.open(FOLDER / FACTORS, "rt", encoding="utf-8") as handle:
        rows = [line.rstrip("\n").split("\t") for line in handle][1:]
    return {_matrix(identifier): Factor(*texts) for identifier, *texts in rows}


def _matrix(identifier: str) -> str:
    """Identifier without version (``MA0139`` for ``MA0139.2``), since all versions have the same factor."""
    return identifier.partition(".")[0]
