"""Families of filters that learned one motif: clustered, counted from the union of their sites, and refined.

Several filters of a network usually learn the same motif: shifted, longer or shorter, on either strand. Their motifs
are grouped by the similarity of their columns (`alignment`). A family whose sites are of two motifs is split. All of
this is the same for every source of motifs.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motifnet.motifs.alignment import NEAR_COPY, align_motifs, content_key, group_motifs, mutual_similarity
from motifnet.motifs.extraction_spec import ExtractionSpec
from motifnet.motifs.learned.complements import ROUNDS, find_complements
from motifnet.motifs.learned.extraction import MotifInstances
from motifnet.motifs.learned.mixture import split_mixture
from motifnet.motifs.learned.refinement import Candidate, auroc, refine
from motifnet.motifs.learned.sites import Sites, count_bases
from motifnet.motifs.motif import Floats, Motif, Strands
from motifnet.motifs.scanning.pwm import best_sites
from motifnet.motifs.statistics.contrast import contrast, sample
from motifnet.progress import report
from motifnet.sequences.sequence_set import SequenceSet

logger = logging.getLogger("motifnet")

#: Sequences per class used to refine motifs and to choose thresholds.
MAX_REFINED = 5000
#: With a larger shift, a refined motif is no longer the motif of the filters that it started from.
MAX_SHIFT = 0.5


@dataclass(frozen=True, eq=False)
class Family:
    """A motif, and the sources (such as filters) that learned it.

    Parameters
    ----------
    members : tuple of int
        Indices of the sources; empty for a motif that only refinement found.
    motif : Motif
        Counted from the sites of all members; after `settle`, the refined motif.
    shift : float
        1 less the similarity (`align_motifs`) of the refined motif to that of the members; NaN without members.
    auroc : float
        Of the refined motif on training sequences, with the class in which it is enriched as the positive one.
    is_optional : bool
        Whether the motif is listed only if it improves the classification by the other motifs (`selection`). This
        applies to motifs before refinement and to those of `complements`.
    is_from_kmer : bool
        Whether the motif comes from an enriched k-mer instead of a source: it has no members.
    """

    members: tuple[int, ...]
    motif: Motif
    shift: float = 0.0
    auroc: float = 0.5
    is_optional: bool = False
    is_from_kmer: bool = False


def find_families(
    instances: Sequence[MotifInstances],
    positives: SequenceSet,
    sequences: SequenceSet,
    classes: Floats,
    *,
    strands: Strands,
    extraction: ExtractionSpec,
    is_refined: bool = True,
) -> list[Family]:
    """Merge similar motifs into families, and refine each.

    Parameters
    ----------
    instances : sequence of MotifInstances
    positives : SequenceSet
        In which the sites are.
    sequences : SequenceSet of N training sequences
    classes : float64 array of shape (N, T)
        See `refinement_classes`.
    strands : {"both", "forward"}
    extraction : ExtractionSpec
    is_refined : bool
        Whether families are refined; otherwise they keep the motif of the members' own sites.

    Returns
    -------
    list of Family
        Refined families, then those before refinement whose motif is no copy of a refined one: refinement leads to the
        motif that alone separates the classes best, and away from half-sites and other variants.
    """
    families = merge(instances, positives, strands=strands, extraction=extraction)
    if not is_refined:
        return families
    logger.info("refining %d families of filters", len(families))
    starts = _starts(families, instances, sequences, classes, strands)
    refined: dict[int, Candidate] = {}
    contrasts = sorted({(task, sign) for _, task, sign in starts})
    for done, (task, sign) in enumerate(contrasts, start=1):
        own = [index for index, start in enumerate(starts) if start[1:] == (task, sign)]
        both = [sequences.take(classes[:, task] == value) for value in (1, 0)][::sign]
        ends = refine([starts[index][0] for index in own], *both, strands=strands, extraction=extraction)
        refined |= dict(zip(own, ends, strict=True))
        report("refining, by task and direction", done, len(contrasts))
    settled = settle(families, [refined[index] for index in range(len(families))], strands=strands)
    return [*settled, *_changed(families, settled, strands)]


def complement_families(
    families: Sequence[Family],
    sequences: SequenceSet,
    classes: Floats,
    *,
    strands: Strands,
    extraction: ExtractionSpec,
) -> list[Family]:
    """Find motifs that improve the classification by those of the families (`complements`), for up to `ROUNDS` tasks.

    Parameters
    ----------
    families : sequence of Family
        See `find_families`.
    sequences : SequenceSet of N training sequences
    classes : float64 array of shape (N, T)
        See `refinement_classes`.
    strands : {"both", "forward"}
    extraction : ExtractionSpec

    Returns
    -------
    list of Family
        Optional families, with the members of the family that the motif was refined from, unless the motif has changed
        by more than `MAX_SHIFT`.
    """
    motifs, n_tasks = [family.motif for family in families], classes.shape[1]
    n_listed = sum(not family.is_optional for family in families)
    options: dict[str, Any] = {"rounds": ROUNDS // n_tasks, "strands": strands, "extraction": extraction}
    found: list[Family] = []
    for task in range(n_tasks if n_tasks <= ROUNDS else 0):
        for motif, start in find_complements(motifs, n_listed, sequences, classes[:, task], **options):
            family = Family((), motif, np.nan, is_optional=True, is_from_kmer=start < 0)
            if start >= 0:
                shift = 1 - float(align_motifs([motifs[start]], [motif], strands=strands).similarity[0, 0])
                if shift <= MAX_SHIFT:
                    family = replace(family, members=families[start].members, shift=max(shift, 0.0))
            found.append(family)
    return found


def refinement_classes(labels: NDArray[np.floating], *, seed: int) -> Floats:
    """Classes of each task (`contrast`) for refinement and thresholds, at most `MAX_REFINED` sequences of each.

    Returns
    -------
    float64 array of shape (N, T)
        1, 0, or NaN for sequences that are not used.
    """
    classes = np.full(labels.shape, np.nan)
    for own, task in zip(classes.T, labels.T, strict=True):
        both = contrast(task)
        for value in (1, 0):
            own[sample(np.flatnonzero(both == value), MAX_REFINED, seed=seed)] = value
    return classes


def _starts(
    families: Sequence[Family],
    instances: Sequence[MotifInstances],
    sequences: SequenceSet,
    classes: Floats,
    strands: Strands,
) -> list[tuple[Motif, int, int]]:
    """Where the refinement of each family starts: the motif of all its sites, or that of a member if it is better.

    With the task and the direction (1 or -1) in which that motif separates the classes best.
    """
    active = {index: each.motif for index, each in enumerate(instances) if each.motif is not None}
    options = [*(family.motif for family in families), *active.values()]
    position = {index: len(families) + k for k, index in enumerate(active)}
    aurocs = np.empty((classes.shape[1], len(options)))
    for task, own in enumerate(classes.T):
        high, low = (best_sites(options, sequences.take(own == value), strands=strands).score for value in (1, 0))
        aurocs[task] = [auroc(high[:, m], low[:, m]) for m in range(len(options))]
    starts = []
    for index, family in enumerate(families):
        candidates = [index, *(position[member] for member in family.members)]
        task, best = divmod(int(np.abs(aurocs[:, candidates] - 0.5).argmax()), len(candidates))
        sign = 1 if aurocs[task, candidates[best]] >= 0.5 else -1
        starts.append((options[candidates[best]], task, sign))
    return starts


def merge(
    instances: Sequence[MotifInstances], sequences: SequenceSet, *, strands: Strands, extraction: ExtractionSpec
) -> list[Family]:
    """Group similar motifs, and count each family from the union of its members' sites.

    Parameters
    ----------
    instances : sequence of MotifInstances
    sequences : SequenceSet
        In which the sites are.
    strands : {"both", "forward"}
    extraction : ExtractionSpec

    Returns
    -------
    list of Family
        Every source with a motif is in at least one; a filter with sites of two motifs is in two.
    """
    active = [index for index, each in enumerate(instances) if each.motif is not None]
    families = []
    for group in group_motifs([_motif_of(instances[index]) for index in active], strands=strands):
        members = {active[k]: instances[active[k]] for k in group}
        families += _count_family(members, sequences, strands, extraction)
    return families


def _motif_of(instances: MotifInstances) -> Motif:
    assert instances.motif is not None
    return instances.motif


def _count_family(
    members: Mapping[int, MotifInstances], sequences: SequenceSet, strands: Strands, extraction: ExtractionSpec
) -> list[Family]:
    # The frame is that of the member with the most sites: its columns are the best known.
    core = max(map(_motif_of, members.values()), key=lambda motif: (motif.nsites or 0, *content_key(motif, strands)))
    frames = _common_frames(core, members, strands)
    union = _without_overlaps(list(frames.values())) if len(frames) > 1 else next(iter(frames.values()))
    kmers = union.subsequences(sequences)
    families = []
    for part in split_mixture(kmers, background=core.background, min_sites=extraction.min_sites):
        counts = count_bases(kmers[part]) + 1e-9 * core.background[:, np.newaxis]
        motif = Motif(core.name, counts, nsites=int(part.sum()), background=core.background)
        families.append(Family(_members_of(part, union, frames), motif.trim(extraction.trim_bits)))
    return families


def _common_frames(core: Motif, members: Mapping[int, MotifInstances], strands: Strands) -> dict[int, Sites]:
    """Sites of each member, extended to one frame that contains the motifs of all members aligned to the core."""
    motifs = [_motif_of(each) for each in members.values()]
    alignment = align_motifs([core], motifs, strands=strands)
    offsets = alignment.offset[0]
    left = int(min(offsets.min(), 0))
    width = int(max(*(offset + motif.width for offset, motif in zip(offsets, motifs, strict=True)), core.width)) - left
    frames = {}
    for (index, each), offset, is_reverse in zip(members.items(), offsets, alignment.is_reverse[0], strict=True):
        sites = replace(each.sites, is_reverse=each.sites.is_reverse ^ is_reverse)
        frames[index] = sites.moved(left - offset, width)
    return frames


def _without_overlaps(frames: Sequence[Sites]) -> Sites:
    """Of frames that overlap by more than half, the one that most members share: its score is their number."""
    width = frames[0].width
    sequences, starts, strands = (
        np.concatenate([getattr(each, name) for each in frames]) for name in ("sequence", "start", "is_reverse")
    )
    span = int(starts.max(initial=0)) + 2 * width  # starts can be negative: frames may extend beyond a sequence
    keys = (sequences * span + starts + width) * 2 + strands
    unique, votes = np.unique(keys, return_counts=True)
    sequence, start, is_reverse = unique // 2 // span, unique // 2 % span - width, unique % 2 == 1
    kept: list[int] = []
    for row in np.lexsort((start, -votes, sequence)).tolist():
        others = [k for k in kept[-width:] if sequence[k] == sequence[row]]
        if all(2 * abs(start[k] - start[row]) >= width for k in others):
            kept.append(row)
    rows = np.sort(np.array(kept, dtype=np.int64))
    return Sites(width, sequence[rows], start[rows], is_reverse[rows], votes[rows].astype(np.float32))


def _members_of(part: NDArray[np.bool_], union: Sites, frames: Mapping[int, Sites]) -> tuple[int, ...]:
    """Members with at least a fifth of their sites in this part of the union; all of them if it is the whole."""
    if part.all():
        return tuple(frames)
    in_part = set(zip(union.sequence[part].tolist(), union.start[part].tolist(), strict=True))
    fractions = {
        index: float(np.mean([site in in_part for site in zip(own.sequence.tolist(), own.start.tolist(), strict=True)]))
        for index, own in frames.items()
    }
    smallest = min(0.2, max(fractions.values()))
    return tuple(index for index, fraction in fractions.items() if fraction >= smallest)


def settle(families: Sequence[Family], refined: Sequence[Candidate], *, strands: Strands) -> list[Family]:
    """Give each family its refined motif, and merge families that have become one.

    With a shift above `MAX_SHIFT` the refined motif becomes a family without members, and the filters keep their own
    motif. Of families that merge, the motif is that of the one with members and the highest auROC.

    Parameters
    ----------
    families : sequence of Family
        From `merge`.
    refined : sequence of Candidate
        One for each family.
    strands : {"both", "forward"}

    Returns
    -------
    list of Family
    """
    settled: list[Family] = []
    found: dict[int, Candidate] = {}
    for family, end in zip(families, refined, strict=True):
        shift = 1 - float(align_motifs([family.motif], [end.motif], strands=strands).similarity[0, 0])
        if shift <= MAX_SHIFT:
            settled.append(replace(family, motif=end.motif, shift=max(shift, 0.0), auroc=end.auroc))
        else:
            settled.append(replace(family, shift=shift))
            found[id(end.motif)] = end
    settled += [Family((), end.motif, np.nan, end.auroc) for end in found.values()]
    groups = group_motifs([family.motif for family in settled], strands=strands)
    return [_merged([settled[index] for index in members], strands) for members in groups]


def _changed(families: Sequence[Family], refined: Sequence[Family], strands: Strands) -> list[Family]:
    """Families before refinement whose motif is no longer among the refined ones."""
    before, after = ([family.motif for family in own] for own in (families, refined))
    is_kept = mutual_similarity(before, after, strands=strands).max(axis=1, initial=0.0) >= NEAR_COPY
    return [replace(family, is_optional=True) for family, kept in zip(families, is_kept, strict=True) if not kept]


def _merged(families: Sequence[Family], strands: Strands) -> Family:
    members = tuple(sorted({index for family in families for index in family.members}))
    best = min(families, key=lambda f: (not f.members, -f.auroc, content_key(f.motif, strands)))
    return replace(best, members=members)
