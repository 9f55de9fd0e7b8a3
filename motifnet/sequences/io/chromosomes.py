"""Names of chromosomes: which are missing in a genome, and how its names differ."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import InputError, listed

Bools = NDArray[np.bool_]

logger = logging.getLogger("motifnet")

_N_SHOWN = 3
#: Unplaced, unlocalised and alternative sequences of UCSC and Ensembl; mitochondria and plastids.
_EXTRA = re.compile(r"_(random|alt|fix|hap\d*)(_|$)|^(chr)?Un|^(GL|KI|KN|KQ|KZ|KV|ML|JH|MU)\d{6}", re.IGNORECASE)
_ORGANELLES = frozenset(("M", "MT", "MITO", "PT", "C", "PLTD"))
_ROMAN = re.compile(r"(?=[XVI])(X{0,3})(IX|IV|V?I{0,3})")
_UNITS = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")


def is_standard(chrom: str) -> bool:
    """Whether a name is not that of an unplaced or alternative sequence, decoy, mitochondrion or plastid.

    >>> [is_standard(name) for name in ("chr1", "X", "chrIV", "chrUn_KI270302v1", "chr1_KI270706v1_random", "chrM")]
    [True, True, True, False, False, False]
    """
    return not _EXTRA.search(chrom) and _bare(chrom) not in _ORGANELLES and "decoy" not in chrom.lower()


def known_chromosomes(chrom: NDArray[np.object_], in_genome: Iterable[str], *, source: str, genome: str) -> Bools:
    """Mask, shape (N,), of intervals whose chromosomes (N,) are in a genome; the number of others is logged.

    `source` and `genome` are the names of the two files in messages. Raises InputError if no interval is on a
    chromosome of the genome, or if most are not and the files seem to use different names for the same chromosomes.
    """
    counts = Counter(chrom.astype(str).tolist())
    warning = check_chromosomes(counts, in_genome, source, genome)
    if warning is None:
        return np.ones(len(chrom), dtype=np.bool_)
    logger.warning("%s: %s", source, warning)
    return np.asarray(np.isin(chrom.astype(str), list(in_genome)))


def check_chromosomes(
    counts: Mapping[str, int], in_genome: Iterable[str], source: str, genome: str, *, instruction: str | None = None
) -> str | None:
    """Compare chromosomes with those of a genome, by their numbers of intervals; a warning if some are missing.

    `source` and `genome`, and errors, as in `known_chromosomes`; `instruction` is how to rename the chromosomes of
    files that are not BED.
    """
    names = list(in_genome)
    known = set(names)
    missing = [name for name in counts if name not in known]
    if not missing:
        return None
    fix = _suggest_names(missing, names, instruction)
    n_lost, n_all = sum(counts[name] for name in missing), sum(counts.values())
    if len(missing) == len(counts) or (fix and 2 * n_lost > n_all):
        what = f"{len(missing)} of {len(counts)} chromosomes not found in {genome} ({_listed(names)})"
        hint = fix or "Use the genome of the intervals, and its chromosome names in column 1."
        raise InputError(f"{source}: {what}: {_listed(missing)}", hint=hint)
    what = f"removed {n_lost} of {n_all} intervals: their chromosomes ({_listed(missing)}) are not in {genome}"
    return f"{what}. {fix}" if fix else what


def _listed(names: list[str]) -> str:
    return listed(names[:_N_SHOWN]) + (f", ... ({len(names)})" if len(names) > _N_SHOWN else "")


def _suggest_names(missing: list[str], names: list[str], given: str | None) -> str | None:
    """How to rename at least half of the missing chromosomes to names of the genome, if possible."""
    for key, difference in _DIFFERENCES:
        same = {key(name): name for name in names}
        pairs = [(name, same[key(name)]) for name in missing if key(name) in same]
        if 2 * len(pairs) >= len(missing) and pairs:
            examples = listed(f"{own} is {other}" for own, other in pairs[:_N_SHOWN])
            instruction = given or "Rename them in column 1, or use a genome with these names."
            if given is None and all(other == f"chr{own}" for own, other in pairs):
                instruction = "Add the prefix: sed 's/^/chr/'"
            if given is None and all(own == f"chr{other}" for own, other in pairs):
                instruction = "Remove the prefix: sed 's/^chr//'"
            return f"The names differ {difference}: {examples}. {instruction}"
    return None


def _bare(name: str) -> str:
    return re.sub(r"^chr(omosome)?_?", "", name, flags=re.IGNORECASE).upper()


def _organelle(name: str) -> str:
    return "MT" if _bare(name) in ("M", "MT", "MITO") else _bare(name)


def _arabic(name: str) -> str:
    bare = _organelle(name)
    roman = _ROMAN.fullmatch(bare)
    return str(10 * len(roman[1]) + _UNITS.index(roman[2])) if roman else bare


_DIFFERENCES: tuple[tuple[Callable[[str], str], str], ...] = (
    (str.upper, "in case"),
    (_bare, "in the prefix chr"),
    (_organelle, "for the mitochondrion"),
    (_arabic, "in Roman numerals"),
)
