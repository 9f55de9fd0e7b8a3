"""Pairs of sequences with the reference and the alternative allele; short ones get shuffled flanks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from motifnet.errors import InputError, quoted
from motifnet.interpretation.variants.alleles import Alleles, encode, flank_lengths, trim
from motifnet.sequences.alphabet import Codes, N, decode_codes
from motifnet.sequences.io.reader import as_ragged
from motifnet.sequences.io.variant_records import Variant
from motifnet.sequences.negatives.shuffled import shuffle
from motifnet.sequences.ragged import RaggedSequences
from motifnet.sequences.sequence_set import LengthRule

Pair = tuple[Variant, Alleles]
#: A variant, its alleles, and these in backgrounds.
InBackgrounds = tuple[Variant, Alleles, list[Alleles]]
#: Pairs whose flanks are shuffled together.
_BLOCK = 256


def read_pairs(ref: Sequence[str] | str | Path, alt: Sequence[str] | str | Path, *, length: int) -> Iterator[Pair]:
    """Read pairs of sequences in the same order; the bases that differ are one variant.

    Parameters
    ----------
    ref, alt : sequence of str, or path of a FASTA file
        Sequences with the reference and with the alternative allele of each pair.
    length : int
        Longest allele in bp.

    Yields
    ------
    Variant
        `chrom` is the name of the reference sequence, `pos` the 1-based position in it of the first base that differs
        (of the base before an insertion or deletion, as in VCF).
    Alleles
        With all bases of the sequences around the alleles.

    Raises
    ------
    InputError
        If the sequences cannot be read, their numbers differ, or an allele is longer than `length`.
    """
    first, second = as_ragged(ref), as_ragged(alt)
    if len(first) != len(second):
        what = f"{len(first)} reference sequences and {len(second)} alternative sequences do not form pairs"
        raise InputError(what, hint="Give as many of each, in the same order.")
    for index, (one, other) in enumerate(zip(_strings(first), _strings(second), strict=True)):
        prefix, short, new = trim(one, other)
        if max(len(short), len(new)) > length:
            name = quoted(first.names[index])
            what = (
                f"the sequences of pair {name} differ over {max(len(short), len(new))} bp; the model reads {length} bp"
            )
            raise InputError(what, hint="Check that both files have the same order.")
        end = prefix + len(short)
        anchor = max(prefix - 1, 0) if not (short and new) else prefix  # as in VCF, no allele is empty
        shown = one[anchor:end], one[anchor:prefix] + new
        if "" in shown:  # an insertion or deletion at the start: the base after it
            shown = one[: end + 1], new + one[end : end + 1]
        alleles = Alleles(*(encode(part) for part in (one[:prefix], one[end:], short, new)))
        yield Variant(first.names[index], anchor + 1, ".", *shown, record=index), alleles


def _strings(records: RaggedSequences) -> Iterator[str]:
    bounds = zip(records.offsets, records.offsets[1:], strict=False)
    return (decode_codes(records.flat[begin:end]) for begin, end in bounds)


def in_backgrounds(pairs: Iterator[Pair], *, length: int, backgrounds: int, seed: int) -> Iterator[InBackgrounds]:
    """Lengthen the flanks of alleles as far as windows of `length` bp need.

    Added bases are dinucleotide shuffles of the bases around the alleles, which both alleles share, so that exchanging
    the alleles does not change them. Without such bases, N is added.

    Parameters
    ----------
    pairs : iterator of (Variant, Alleles)
    length : int
        Window length in bp.
    backgrounds : int
        Number of different shuffles.
    seed : int

    Yields
    ------
    (Variant, Alleles, list of Alleles)
        The alleles as given, and with longer flanks: one per background, or only one if the given flanks suffice.
    """
    while block := list(islice(pairs, _BLOCK)):
        missing = [_n_missing(alleles, length) for _, alleles in block]
        short = [alleles for (_, alleles), n in zip(block, missing, strict=True) if n > 0]
        added = iter(_shuffled_flanks(short, max(missing), backgrounds, seed) if short else ())
        for (variant, own), n in zip(block, missing, strict=True):
            yield variant, own, [own] if n <= 0 else [_lengthened(own, *flanks, n) for flanks in next(added)]


def _n_missing(alleles: Alleles, length: int) -> int:
    """Number of bases that are missing in the shorter flank."""
    before, after = flank_lengths(*alleles.kind, length)
    return max(before - len(alleles.left), after - len(alleles.right))


def _lengthened(own: Alleles, left: Codes, right: Codes, n: int) -> Alleles:
    """The alleles with `n` bases added at both ends."""
    longer = np.concatenate([left[len(left) - n :], own.left]), np.concatenate([own.right, right[:n]])
    return own._replace(left=longer[0], right=longer[1])


def _shuffled_flanks(
    pairs: Sequence[Alleles], n_bases: int, backgrounds: int, seed: int
) -> list[list[tuple[Codes, Codes]]]:
    """For each of the alleles, one pair of flanks of `n_bases` for each background."""
    sources = [np.concatenate([each.left, each.right]) for each in pairs]
    sources = [own if len(own) else np.full(1, N, dtype=np.uint8) for own in sources]
    copies = [-(-n_bases // len(own)) for own in sources]
    repeated = [own for own, n in zip(sources, copies, strict=True) for _ in range(2 * n * backgrounds)]
    offsets = np.concatenate([[0], np.cumsum([len(own) for own in repeated])])
    ragged = RaggedSequences([""] * len(repeated), np.concatenate(repeated), offsets, 0, "flanks")
    longest = max(map(len, sources))
    shuffled = shuffle(ragged.fit(LengthRule(longest, "start")), seed=seed).codes
    flanks, row = [], 0
    for own, n in zip(sources, copies, strict=True):
        rows = shuffled[row : row + 2 * n * backgrounds, : len(own)].reshape(backgrounds, 2, -1)
        flanks.append([(left[:n_bases], right[:n_bases]) for left, right in rows])
        row += 2 * n * backgrounds
    return flanks
