"""Near-duplicate motifs merged into families, and counted anew from the union of their sites.

Filters of one network learn one word many times: shifted, longer or shorter, on either strand. They are grouped by how
alike their columns are (`alignment`), whatever their order; a family whose sites are plainly of two words is divided.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motifnet.motifs.alignment import align, content_key, group
from motifnet.motifs.extraction_spec import ExtractionSpec
from motifnet.motifs.learned.extraction import Extraction
from motifnet.motifs.learned.mixture import two_words
from motifnet.motifs.learned.refinement import Refined
from motifnet.motifs.learned.sites import Sites, count_bases, subsequences
from motifnet.motifs.motif import Motif, Strands
from motifnet.sequences.sequence_set import SequenceSet

#: A member has at least this share of its sites in its family.
_MEMBER_SHARE = 0.2
#: Beyond this shift a refined motif is another word than that of the filters it started from.
MAX_SHIFT = 0.5

Ints = NDArray[np.int64]


class Family(NamedTuple):
    """Motifs of filters that speak of one word.

    `members` are indices in the extraction, none for a word that only refinement found; `words` is the motif of all the
    members' sites; `motif` is what became of it (the same, unless it was refined), and `shift` how far that is from
    `words`: 1 less their similarity (see `align`), NaN without members. `separation` is that of `Refined`.
    """

    members: tuple[int, ...]
    words: Motif | None
    motif: Motif
    shift: float = 0.0
    separation: float = 0.5


class _Frames(NamedTuple):
    """Sites of several members in one frame: columns of one length."""

    member: Ints
    sequence: Ints
    start: Ints
    is_reverse: NDArray[np.bool_]


def merge(extraction: Extraction, sequences: SequenceSet, *, how: ExtractionSpec) -> list[Family]:
    """Group the motifs of filters, and count each family from the union of its members' sites.

    Parameters
    ----------
    extraction : Extraction
    sequences : SequenceSet
        Those that the extraction counted.
    how : ExtractionSpec

    Returns
    -------
    list of Family
        Every motif of the extraction is in at least one; a filter that fires at two words is in the families of both.
    """
    families = []
    for members in group(extraction.motifs.motifs, strands=extraction.motifs.strands):
        families += _count_family(members, extraction, sequences, how)
    return families


def _count_family(
    members: tuple[int, ...], extraction: Extraction, sequences: SequenceSet, how: ExtractionSpec
) -> list[Family]:
    motifs = extraction.motifs
    # The frame is that of the member with the most sites: its columns are known best.
    core = max(members, key=lambda index: (motifs[index].nsites or 0, *content_key(motifs[index], motifs.strands)))
    frames, width = _in_one_frame(core, members, extraction)
    union = _counted_once(frames, width) if len(members) > 1 else frames
    words = subsequences(sequences, union.sequence, union.start, union.is_reverse, width)
    parts = two_words(words, background=motifs.background, min_sites=how.min_sites)
    families = []
    for part in parts:
        counts = count_bases(words[part]) + 1e-9 * motifs.background[:, np.newaxis]
        whole = Motif(motifs[core].name, counts, nsites=int(part.sum()), background=motifs.background)
        trimmed = whole.trim(how.trim_bits)
        families.append(Family(_members_of(part, union, frames, members), trimmed, trimmed))
    return families


def _in_one_frame(core: int, members: tuple[int, ...], extraction: Extraction) -> tuple[_Frames, int]:
    """Sites of all members, each moved to where the frame of the whole family lies, and the width of that frame."""
    motifs = extraction.motifs
    placed = align([motifs[core]], [motifs[index] for index in members], strands=motifs.strands)
    offsets, flips = placed.offset[0], placed.is_reverse[0]
    widths = np.array([motifs[index].width for index in members])
    left = int(min(offsets.min(), 0))
    width = int(max((offsets + widths).max(), motifs[core].width)) - left
    parts = []
    for index, offset, flip in zip(members, offsets, flips, strict=True):
        own: Sites = extraction.sites.take(extraction.sites.filter == index)
        is_reverse = own.is_reverse ^ flip
        start = np.where(is_reverse, own.end + (offset - left) - width, own.start - (offset - left))
        parts.append((np.full(len(own), index), own.sequence, start, is_reverse))
    return _Frames(*(np.concatenate(column) for column in zip(*parts, strict=True))), width


def _counted_once(frames: _Frames, width: int) -> _Frames:
    """One frame a place: of those of a sequence that overlap by more than half, the one that most members vote for.

    `member` of the result counts the votes.
    """
    span = int(frames.start.max(initial=0)) + 2 * width  # starts can be negative: a frame may hang over
    keys = (frames.sequence * span + frames.start + width) * 2 + frames.is_reverse
    unique, votes = np.unique(keys, return_counts=True)
    sequence, start, is_reverse = unique // 2 // span, unique // 2 % span - width, unique % 2 == 1
    best = np.lexsort((start, -votes, sequence))
    kept: list[int] = []
    for row in best.tolist():
        others = [k for k in kept[-width:] if sequence[k] == sequence[row]]
        if all(2 * abs(start[k] - start[row]) >= width for k in others):
            kept.append(row)
    chosen = np.sort(np.array(kept, dtype=np.int64))
    return _Frames(votes[chosen], sequence[chosen], start[chosen], is_reverse[chosen])


def _members_of(part: NDArray[np.bool_], union: _Frames, frames: _Frames, members: tuple[int, ...]) -> tuple[int, ...]:
    """Members with enough of their sites in this part of the union; all of them when there is one part."""
    if part.all():
        return members
    of_part = set(zip(union.sequence[part].tolist(), union.start[part].tolist(), strict=True))
    shares = []
    for index in members:
        own = frames.member == index
        places = list(zip(frames.sequence[own].tolist(), frames.start[own].tolist(), strict=True))
        shares.append(sum(place in of_part for place in places) / len(places))
    least = min(_MEMBER_SHARE, max(shares))
    return tuple(index for index, share in zip(members, shares, strict=True) if share >= least)


def settle(families: Sequence[Family], refined: Sequence[Refined], *, strands: Strands) -> list[Family]:
    """Give each family its refined motif, and merge those that have become one.

    A refined motif that has drifted too far from the words of its filters becomes a family without members, and the
    filters keep their words. Of families that merge, the one with members that separates best gives words and motif.

    Parameters
    ----------
    families : sequence of Family
        As `merge` gives them.
    refined : sequence of Refined
        One for each family.
    strands : {"both", "forward"}

    Returns
    -------
    list of Family
    """
    settled: list[Family] = []
    found: dict[int, Refined] = {}
    for family, end in zip(families, refined, strict=True):
        shift = 1 - float(align([family.motif], [end.motif], strands=strands).similarity[0, 0])
        if shift <= MAX_SHIFT:
            settled.append(family._replace(motif=end.motif, shift=max(shift, 0.0), separation=end.separation))
        else:
            settled.append(family._replace(shift=shift))
            found[id(end.motif)] = end
    settled += [Family((), None, end.motif, np.nan, end.separation) for end in found.values()]
    groups = group([family.motif for family in settled], strands=strands)
    return [_merged([settled[index] for index in members], strands) for members in groups]


def _merged(families: Sequence[Family], strands: Strands) -> Family:
    members = tuple(sorted({index for family in families for index in family.members}))
    ranked = sorted(families, key=lambda f: (not f.members, -f.separation, content_key(f.motif, strands)))
    return ranked[0]._replace(members=members)
