"""Names of chromosomes: which of them two files share, and in what they differ where they do not."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import InputError

logger = logging.getLogger("motifnet")

_SHOWN = 3
#: Unplaced, unlocalised and alternative sequences, as UCSC and Ensembl name them, and mitochondria and plastids.
_EXTRA = re.compile(r"_(random|alt|fix|hap\d*)(_|$)|^(chr)?Un|^(GL|KI|KN|KQ|KZ|KV|ML|JH|MU)\d{6}", re.IGNORECASE)
_ORGANELLES = frozenset(("M", "MT", "MITO", "PT", "C", "PLTD"))
_ROMAN = re.compile(r"(?=[XVI])(X{0,3})(IX|IV|V?I{0,3})")


def is_standard(chrom: str) -> bool:
    """Whether a name is not that of an unplaced or alternative sequence, a decoy, a mitochondrion or a plastid.

    Examples
    --------
    >>> [is_standard(name) for name in ("chr1", "X", "chrIV", "chrUn_KI270302v1", "chr1_KI270706v1_random", "chrM")]
    [True, True, True, False, False, False]
    """
    return not _EXTRA.search(chrom) and _bare(chrom) not in _ORGANELLES and "decoy" not in chrom.lower()


def known_chromosomes(
    chrom: NDArray[np.object_], there: Iterable[str], *, source: str, genome: str
) -> NDArray[np.bool_]:
    """Which places lie on chromosomes that the genome has; those that do not are told.

    Parameters
    ----------
    chrom : object array of shape (N,)
    there : iterable of str
        Chromosomes of the genome.
    source, genome : str
        What messages call the two files.

    Returns
    -------
    bool array of shape (N,)

    Raises
    ------
    InputError
        If none is there, or most are not and the two files seem to name the same chromosomes in two ways.
    """
    here, counts = np.unique(chrom.astype(str), return_counts=True)
    others = list(there)
    is_there = np.isin(here, others)
    if is_there.all():
        return np.ones(len(chrom), dtype=np.bool_)
    lost = set(here[~is_there].tolist())
    missing = [name for name in dict.fromkeys(chrom.tolist()) if name in lost]
    fix = _likely_fix(missing, others)
    n_lost = int(counts[~is_there].sum())
    if not is_there.any() or (fix and 2 * n_lost > len(chrom)):
        what = "none of its chromosomes is" if not is_there.any() else f"{len(missing)} of its chromosomes are not"
        raise InputError(
            f"{source}: {what} in {genome}: {_shown(missing)} here, {_shown(others)} there",
            hint=fix or "Is this the genome that the places are on? Name the chromosomes in column 1 as it does.",
        )
    logger.warning(
        "%s: %d of %d places are on chromosomes that %s does not have (%s) and are left out%s",
        *(source, n_lost, len(chrom), genome, _shown(missing), f". {fix}" if fix else ""),
    )
    return np.asarray(np.isin(chrom.astype(str), here[is_there]))


def _shown(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f", ... ({len(names)})" if len(names) > _SHOWN else "")


def _likely_fix(missing: list[str], there: list[str]) -> str | None:
    """How names could be rewritten so that at least half of those that are missing would be there."""
    for key, what in _DIFFERENCES:
        same = {key(name): name for name in there}
        pairs = [(name, same[key(name)]) for name in missing if key(name) in same]
        if 2 * len(pairs) >= len(missing) and pairs:
            return f"{what} {', '.join(f'{own} is {other}' for own, other in pairs[:_SHOWN])}. {_recipe(pairs)}"
    return None


def _recipe(pairs: list[tuple[str, str]]) -> str:
    if all(other == f"chr{own}" for own, other in pairs):
        return "Mend column 1: sed 's/^/chr/'"
    if all(own == f"chr{other}" for own, other in pairs):
        return "Mend column 1: sed 's/^chr//'"
    return "Rename them in column 1, or take a genome with such names."


def _bare(name: str) -> str:
    return re.sub(r"^chr(omosome)?_?", "", name, flags=re.IGNORECASE).upper()


def _organelle(name: str) -> str:
    return "MT" if _bare(name) in ("M", "MT", "MITO") else _bare(name)


def _arabic(name: str) -> str:
    bare = _organelle(name)
    roman = _ROMAN.fullmatch(bare)
    if not roman:
        return bare
    units = {"": 0, "I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8, "IX": 9}
    return str(10 * len(roman[1]) + units[roman[2]])


_DIFFERENCES: tuple[tuple[Callable[[str], str], str], ...] = (
    (str.upper, "Only upper and lower case differ:"),
    (_bare, "Only the prefix chr differs:"),
    (_organelle, "They are named in two ways:"),
    (_arabic, "One of them counts in Roman numerals:"),
)
