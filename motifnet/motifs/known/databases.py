"""Databases of known motifs: the JASPAR motifs that ship with motifnet, or any motif file; the factor of each motif.

``jaspar/README.md`` has the source and the licence of the matrices.
"""

from __future__ import annotations

import gzip
import logging
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from motifnet.arguments import check_type
from motifnet.errors import InputError
from motifnet.motifs.extraction_spec import DATABASES
from motifnet.motifs.io.files import read_motifs
from motifnet.motifs.motif import MotifSet

logger = logging.getLogger("motifnet")

RELEASE = "JASPAR2026"
FOLDER = Path(__file__).parent / "jaspar"
#: Table of name, family and class by matrix identifier.
FACTORS = "factors.tsv.gz"


class Factor(NamedTuple):
    """The transcription factor of a motif; family and class are empty where they are unknown.

    Families and classes of the DNA-binding domain as in JASPAR (TFClass: Wingender et al. 2018, Nucleic Acids Res
    46:D343); those of the parts of a dimer are joined by ``::``.
    """

    name: str
    family: str = ""
    structural_class: str = ""


def read_database(source: str | Path) -> MotifSet:
    """Read a database of known motifs.

    Parameters
    ----------
    source : str or Path
        One of `DATABASES` (newest versions of the JASPAR 2026 CORE matrices of that group), or a motif file. A file is
        read even if it has the name of a database; a warning is logged.

    Returns
    -------
    MotifSet

    Raises
    ------
    InputError
        If there is no database and no file of that name; `FormatError` if the file cannot be read.
    """
    if str(source) not in DATABASES:
        if str(source) != "-" and not Path(source).exists():
            raise InputError(
                f"{source}: neither a database nor a file",
                hint=f"Databases: {', '.join(DATABASES)}; or give a motif file.",
            )
    elif Path(source).is_file():
        logger.warning("%s: the file of that name is read, not the database", source)
    else:
        return shipped_database(str(source))
    return read_motifs(source)


def as_motifs(motifs: MotifSet | str | Path, *, name: str = "motifs") -> MotifSet:
    """A MotifSet as it is; the motifs of a file or of a database given by its name (see `read_database`)."""
    if isinstance(motifs, str | Path):
        return read_database(motifs)
    check_type(name, motifs, MotifSet)
    return motifs


@cache
def shipped_database(name: str) -> MotifSet:
    """One of `DATABASES`, also where a file has its name."""
    return read_motifs(FOLDER / f"{name}.meme.gz")


def factors_of(motifs: MotifSet) -> Mapping[str, Factor]:
    """The transcription factor of each motif, by the name of the motif.

    Motifs whose name or alternate name is a JASPAR identifier, of any version, have a family and a class. Of others
    only the name is known: the alternate name, or else the motif's own.
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
    """``MA0139`` of ``MA0139.2``: versions of a matrix have the same factor."""
    return identifier.partition(".")[0]
