"""Databases of known motifs by name: the JASPAR motifs that ship with motifnet, or any file of motifs.

No numpy: the command line's help reads the names. ``jaspar/README.md`` says where the matrices come from.
"""

from __future__ import annotations

import gzip
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from motifnet.arguments import check_type
from motifnet.errors import InputError

if TYPE_CHECKING:
    from motifnet.motifs.motif import MotifSet

logger = logging.getLogger("motifnet")

RELEASE = "JASPAR2026"
#: Taxonomic groups whose CORE matrices ship with motifnet, one MEME file each.
DATABASES = ("vertebrates", "plants", "insects", "fungi", "nematodes", "urochordates")
DEFAULT_DATABASE = "vertebrates"
FOLDER = Path(__file__).parent / "jaspar"
#: Table of name, family and class by matrix identifier.
FACTORS = "factors.tsv.gz"


class Factor(NamedTuple):
    """The transcription factor of a motif; family and class are empty where they are not known.

    Families and classes are JASPAR's words for the structure of the DNA-binding domain (TFClass: Wingender et al. 2018,
    Nucleic Acids Res 46:D343); the parts of a dimer are joined by ``::``.
    """

    name: str
    family: str = ""
    structural_class: str = ""


@dataclass(frozen=True, eq=False)
class Database:
    """Known motifs, and the factor of each.

    Parameters
    ----------
    name : str
        As the user named it.
    motifs : MotifSet
    factors : mapping of str to Factor
        By the name of the motif; one for every motif.
    """

    name: str
    motifs: MotifSet
    factors: Mapping[str, Factor]


def read_database(source: str | Path) -> Database:
    """Read a database of known motifs.

    Parameters
    ----------
    source : str or Path
        A file that `read_motifs` takes, or, where there is no file of that name, one of `DATABASES` (newest versions of
        the JASPAR 2026 CORE matrices of that group). In a file, motifs whose name or alternate name is a JASPAR
        identifier (of any version) have their family and class too; of the others only the name is known: the alternate
        name, or else the motif's own.

    Returns
    -------
    Database

    Raises
    ------
    InputError
        If it is neither a database nor a file, or the file holds no motif.
    FormatError
        If the file cannot be read.
    """
    if is_database(source):
        return shipped_database(str(source))
    from motifnet.motifs.io.files import read_motifs

    if str(source) != "-" and not Path(source).exists():
        raise InputError(
            f"{source}: neither a database nor a file", hint=f"Databases: {', '.join(DATABASES)}; or give a motif file."
        )
    motifs = read_motifs(source)
    if not len(motifs):
        raise InputError(f"{source}: holds no motif to compare with")
    return _described(str(source), motifs)


def is_database(source: str | Path) -> bool:
    """Whether this names a database: a file of that name goes before it, which is told (logger ``motifnet``)."""
    if str(source) not in DATABASES:
        return False
    if Path(source).is_file():
        logger.warning("%s: the file of that name is read, not the database", source)
        return False
    return True


def as_database(known: Database | MotifSet | str | Path) -> Database:
    """Known motifs, as a caller may give them: read already, or what `read_database` takes."""
    from motifnet.motifs.motif import MotifSet

    if isinstance(known, str | Path):
        return read_database(known)
    if isinstance(known, MotifSet):
        return _described("motifs", known)
    check_type("known motifs", known, MotifSet, Database)
    return known


@cache
def shipped_database(name: str) -> Database:
    """One of `DATABASES`, whatever files there are."""
    from motifnet.motifs.io.files import read_motifs

    return _described(name, read_motifs(FOLDER / f"{name}.meme.gz"))


def _described(name: str, motifs: MotifSet) -> Database:
    return Database(name, motifs, factors_of(motifs))


def factors_of(motifs: MotifSet) -> Mapping[str, Factor]:
    """The factor of each motif, by the motif's name: JASPAR's, or what is known of it by its name alone."""
    factors = {}
    for motif in motifs:
        known = _factors_by_matrix()
        found = (known.get(_matrix(identifier)) for identifier in (motif.name, motif.alt_name))
        factors[motif.name] = next((factor for factor in found if factor), Factor(motif.alt_name or motif.name))
    return MappingProxyType(factors)


@cache
def _factors_by_matrix() -> Mapping[str, Factor]:
    with gzip.open(FOLDER / FACTORS, "rt", encoding="utf-8") as handle:
        rows = [line.rstrip("\n").split("\t") for line in handle][1:]
    return {_matrix(identifier): Factor(*texts) for identifier, *texts in rows}


def _matrix(identifier: str) -> str:
    """``MA0139`` of ``MA0139.2``: a new version is a better matrix of the same factor."""
    return identifier.partition(".")[0]
