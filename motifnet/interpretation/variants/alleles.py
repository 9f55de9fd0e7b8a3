"""Alleles without shared bases at their ends, and windows around them.

A single-base substitution is at index ``(L - 1) // 2`` of its window. For all other changes, the longer allele is
centred in two windows. With ``k = (L - max(len(ref), len(alt))) // 2``, the first has k bases before the allele and as
many after it as fit, the second k bases after the allele and as many before it as fit. The mean over both does not
depend on the strand, and an insertion and the deletion that undoes it have the same windows.
"""

from __future__ import annotations

from functools import cache
from itertools import chain
from typing import NamedTuple

import numpy as np

from motifnet.sequences.alphabet import Codes, encode_letters

#: Code of an allele in columns of an alignment in which it has no base.
GAP = 5


class Alleles(NamedTuple):
    """Two alleles without shared bases at their ends, and the bases around them.

    Parameters
    ----------
    left, right : uint8 arrays
        Codes of the bases before and after, at least as many as `flank_lengths`.
    ref, alt : uint8 arrays
        Codes of the alleles; of length 0 for the shorter allele of a pure insertion or deletion.
    """

    left: Codes
    right: Codes
    ref: Codes
    alt: Codes

    @property
    def kind(self) -> tuple[int, int]:
        """Lengths of both alleles in bp: changes of the same kind and size."""
        return len(self.ref), len(self.alt)


def trim(ref: str, alt: str) -> tuple[int, str, str]:
    """Remove the shared prefix of two alleles, then the shared suffix; also returns the length of the prefix.

    >>> trim("CAG", "CAAG"), trim("AT", "GT"), trim("A", "A")
    ((2, '', 'A'), (0, 'A', 'G'), (1, '', ''))
    """
    shortest, prefix = min(len(ref), len(alt)), 0
    while prefix < shortest and ref[prefix] == alt[prefix]:
        prefix += 1
    suffix = 0
    while suffix < shortest - prefix and ref[-1 - suffix] == alt[-1 - suffix]:
        suffix += 1
    return prefix, ref[prefix : len(ref) - suffix], alt[prefix : len(alt) - suffix]


def flank_lengths(n_ref: int, n_alt: int, length: int) -> tuple[int, int]:
    """Number of bases before and after alleles of these lengths that windows of `length` bp need."""
    if (n_ref, n_alt) == (1, 1):
        return (length - 1) // 2, length // 2
    most = length - (length - max(n_ref, n_alt)) // 2 - min(n_ref, n_alt)
    return most, most


def encode(letters: str) -> Codes:
    """Codes of DNA in either case, read-only."""
    return _encode_short(letters) if len(letters) < 4 else encode_letters(letters.encode("ascii"))[0]


@cache  # few: up to three bases each
def _encode_short(letters: str) -> Codes:
    codes = encode_letters(letters.encode("ascii"))[0]
    codes.flags.writeable = False
    return codes


def windows(alleles: Alleles, length: int) -> tuple[Codes, Codes]:
    """Windows of `length` bp around the reference and the alternative allele: each uint8 ``(anchors, length)``.

    A single-base substitution has one anchor, all other changes have two.
    """
    of_ref, of_alt = bases_before(alleles.kind, length)
    return _anchored(alleles, alleles.ref, of_ref, length), _anchored(alleles, alleles.alt, of_alt, length)


def _anchored(alleles: Alleles, allele: Codes, n_before: tuple[int, ...], length: int) -> Codes:
    """Windows of an allele with these numbers of bases before it."""
    left, right = alleles.left, alleles.right
    # Joining bytes is faster than joining arrays, which matters for millions of variants.
    parts = [(left[len(left) - n :].data, allele.data, right[: length - n - len(allele)].data) for n in n_before]
    return np.frombuffer(b"".join(chain.from_iterable(parts)), dtype=np.uint8).reshape(-1, length)


def bases_before(kind: tuple[int, int], length: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Number of bases before the reference and the alternative allele in each of their `windows`."""
    if kind == (1, 1):
        return ((length - 1) // 2,), ((length - 1) // 2,)
    k = (length - max(kind)) // 2
    return (k, length - k - kind[0]), (k, length - k - kind[1])
