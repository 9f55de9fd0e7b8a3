"""Patterns: seqlets aligned on both strands and clustered by sequence and contributions, as motifs with sites.

After TF-MoDISco (Shrikumar et al. 2018, arXiv:1811.00416). A seqlet is described by the observed contributions of its
bases and of a few flanking bases. The similarity of two seqlets is the cosine of these matrices ``(4, w)`` at the best
shift and strand: bases are weighted by their contributions, and count only where both seqlets have the same base.
Seqlets are clustered by average linkage, and the members of each cluster are aligned to its medoid. Then each seqlet is
assigned to the cluster whose mean it is most similar to, and the means are recomputed, for several rounds.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from motifnet.arguments import check_type
from motifnet.errors import InputError, ModelError, counted, quoted
from motifnet.interpretation.attribution.attributions import attribute
from motifnet.interpretation.attribution.contributions import Attributions
from motifnet.interpretation.attribution.local_network import is_local
from motifnet.interpretation.attribution.propagation import Propagation
from motifnet.interpretation.seqlets import Seqlets, find_seqlets
from motifnet.models.sequence_model import SequenceModel
from motifnet.models.trained import TrainedModel
from motifnet.motifs.alignment import MIN_OVERLAP
from motifnet.motifs.extraction_spec import ExtractionSpec
from motifnet.motifs.frequencies import checked_background
from motifnet.motifs.learned.extraction import MotifInstances, base_frequencies
from motifnet.motifs.learned.mixture import split_mixture
from motifnet.motifs.learned.sites import Sites, count_bases
from motifnet.motifs.motif import Floats, Motif, Strands
from motifnet.motifs.statistics.contrast import is_binary, sample
from motifnet.sequences.alphabet import one_hot_codes
from motifnet.sequences.negatives.shuffled import shuffle
from motifnet.sequences.sequence_set import SequenceSet

logger = logging.getLogger("motifnet")

Ints = NDArray[np.int64]
Matrices = NDArray[np.float32]

#: False discovery rate of the seqlets that make patterns.
_FDR = 0.2
#: Bases of a window on either side of its middle; flanking bases of a seqlet that are compared.
_RADIUS, _FLANK = 15, 3
#: Largest shift between the windows of two seqlets.
_MAX_SHIFT = 10
#: Minimum mean similarity within a cluster, and minimum similarity of a seqlet to its pattern.
_MIN_LINKAGE, MIN_SIMILARITY = 0.4, 0.5
#: Maximum number of seqlets that are clustered; the others are assigned to the patterns.
_MAX_CLUSTERED = 2000
_ROUNDS = 5


#: Maximum numbers of sequences and bases whose contributions are computed, and of controls.
_MAX_SEQUENCES, _MAX_BASES, _MAX_CONTROLS = 2000, 400_000, 500
#: References of DeepLIFT: 20 gave the same patterns.
_N_REFERENCES = 5


def model_patterns(
    model: SequenceModel,
    positives: SequenceSet,
    labels: NDArray[np.floating],
    *,
    background: Floats,
    extraction: ExtractionSpec,
) -> list[MotifInstances]:
    """Find patterns of the contributions to the score of a model's network, for each task in its positives.

    The method is in-silico mutagenesis, which is the most accurate (`tests/benchmarks/attribution.py`), or DeepLIFT
    where this is cheaper (`pattern_method`). Controls are dinucleotide shuffles.

    Parameters
    ----------
    model : SequenceModel
    positives : SequenceSet of N training sequences
        Contributions are computed for a sample of them.
    labels : array of shape (N, T)
    background : float64 array of shape (4,)
    extraction : ExtractionSpec

    Returns
    -------
    list of MotifInstances
        Sites are in the positives.
    """
    seed, method = model.training.seed, pattern_method(model)
    network = replace(model, kmers=None) if isinstance(model, TrainedModel) else model
    n_rows = min(_MAX_SEQUENCES, _MAX_BASES // positives.length) // labels.shape[1]
    found: list[MotifInstances] = []
    for t, task in enumerate(model.spec.tasks):
        is_own = labels[:, t] == 1 if is_binary(labels) else np.ones(len(labels), dtype=np.bool_)
        rows = sample(np.flatnonzero(is_own), max(1, n_rows), seed=seed)
        if not len(rows):
            continue
        logger.info("contributions to %s of %d sequences, by %s", task, len(rows), method)
        own = positives.take(rows)
        shuffled = shuffle(own.take(slice(_MAX_CONTROLS)), seed=seed)
        attributions, controls = (
            attribute(network, each, method=method, task=task, n_references=_N_REFERENCES) for each in (own, shuffled)
        )
        seqlets = find_seqlets(attributions, controls=controls, fdr=_FDR)
        patterns = find_patterns(
            attributions, seqlets, background=background, strands=model.spec.motif_strands, extraction=extraction
        )
        found += [replace(each, sites=replace(each.sites, sequence=rows[each.sites.sequence])) for each in patterns]
    return _numbered(found)


def pattern_method(model: SequenceModel) -> str:
    """Method of attribution for patterns: "ism" or "deeplift".

    "deeplift" for networks in which each mutant needs a full forward pass, if DeepLIFT has a rule for each layer.
    """
    if is_local(model.spec):
        return "ism"
    try:
        Propagation(model, tasks=[0]).check_rules()
    except ModelError:
        return "ism"
    return "deeplift"


def find_patterns(
    attributions: Attributions,
    seqlets: Seqlets,
    *,
    background: Floats | None = None,
    strands: Strands = "both",
    extraction: ExtractionSpec = ExtractionSpec(),
) -> list[MotifInstances]:
    """Cluster seqlets into patterns, positive and negative seqlets separately.

    Parameters
    ----------
    attributions : Attributions
        Of training sequences.
    seqlets : Seqlets
        Of these attributions.
    background : float64 array of shape (4,), optional
        By default the frequencies of the bases in the sequences.
    strands : {"both", "forward"}
        Whether seqlets are also reverse-complemented.
    extraction : ExtractionSpec
        `min_sites` is the minimum number of seqlets of a pattern. Its motif is trimmed by `trim_bits` or, with few
        seqlets, by the information that columns have by chance.

    Returns
    -------
    list of MotifInstances
        Named ``p00``, ``p01``, ...: first the positive patterns, then the negative ones, in the order of their number
        of seqlets. The score of a site is its similarity to the contributions of the pattern.

    Raises
    ------
    InputError
        If the seqlets are not in these attributions, or the background or the strands are invalid.
    SpecError
        If the attributions lack the task of the seqlets.
    """
    _check(attributions, seqlets, strands, extraction)
    found: list[MotifInstances] = []
    own = attributions.task(seqlets.task)
    observed = own.observed()
    if background is None:
        background = base_frequencies([own.sequences], strands)
    background = checked_background(background, "patterns")
    for sign in (1, -1):
        sites, values = near_seqlets(observed, own.sequences, seqlets.take(seqlets.sign == sign))
        if len(sites) >= extraction.min_sites:
            found += _patterns(sites, values, own, background, strands, extraction)
    return _numbered(found)


def _check(attributions: Attributions, seqlets: Seqlets, strands: Strands, extraction: ExtractionSpec) -> None:
    check_type("attributions", attributions, Attributions)
    check_type("seqlets", seqlets, Seqlets)
    check_type("extraction", extraction, ExtractionSpec)
    if strands not in get_args(Strands):
        raise InputError(f"strands must be one of {', '.join(get_args(Strands))}. Got {quoted(strands)} instead")
    n, length = len(attributions), attributions.sequences.length
    if len(seqlets) and (seqlets.sequence.max() >= n or seqlets.end.max() > length):
        what = f"a seqlet is outside the attributions ({counted(n, 'sequence')} of {length:,} bp)"
        raise InputError(what, hint="Use the attributions in which the seqlets were found.")


def _numbered(patterns: list[MotifInstances]) -> list[MotifInstances]:
    """The patterns with names such as ``p00_CACGTG``, like the motifs of filters."""
    digits, named = max(2, len(str(len(patterns) - 1))), []
    for number, each in enumerate(patterns):
        assert each.motif is not None
        name = f"p{number:0{digits}d}"
        named.append(replace(each, source=name, motif=replace(each.motif, name=f"{name}_{each.motif.consensus}")))
    return named


def near_seqlets(
    observed: NDArray[np.floating], sequences: SequenceSet, seqlets: Seqlets, *, radius: int = _RADIUS
) -> tuple[Sites, Matrices]:
    """Windows around the middle of seqlets, and the contributions by which each is compared.

    Parameters
    ----------
    observed : array of shape (N, L)
        Observed contributions.
    sequences : SequenceSet of N sequences
    seqlets : Seqlets of n seqlets
    radius : int
        Bases of a window on either side of its middle.

    Returns
    -------
    sites : Sites
        The windows, on the forward strand.
    values : float32 array of shape (n, 4, 2 * radius + 1)
        Contributions of the bases of the seqlet and of a few flanking bases; 0 elsewhere.
    """
    n, width = len(seqlets), 2 * radius + 1
    start = (seqlets.start + seqlets.end) // 2 - radius
    sites = Sites(width, seqlets.sequence, start, np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.float32))
    columns = start[:, np.newaxis] + np.arange(width)
    first, last = (edge[:, np.newaxis] for edge in (seqlets.start - _FLANK, seqlets.end + _FLANK))
    is_near = (columns >= np.maximum(first, 0)) & (columns < np.minimum(last, sequences.length))
    own = np.where(is_near, observed[sites.sequence[:, np.newaxis], np.where(is_near, columns, 0)], 0)
    return sites, one_hot_codes(sites.subsequences(sequences)) * own[:, np.newaxis].astype(np.float32)


def observed_matrices(attributions: Attributions, sites: Sites) -> Matrices:
    """Observed contributions at sites, on their strands: ``(n, 4, w)``, zero beyond the ends of a sequence."""
    one_hot = one_hot_codes(sites.subsequences(attributions.sequences))
    return hypothetical_matrices(attributions, sites) * one_hot


def hypothetical_matrices(attributions: Attributions, sites: Sites) -> Matrices:
    """Hypothetical contributions at sites, as `observed_matrices`."""
    positions = sites.start[:, np.newaxis] + np.arange(sites.width)
    inside = (positions >= 0) & (positions < attributions.sequences.length)
    values = attributions.values[sites.sequence[:, np.newaxis], :, np.where(inside, positions, 0)]
    values = np.where(inside[:, np.newaxis], values.swapaxes(1, 2), np.float32(0))
    values[sites.is_reverse] = values[sites.is_reverse, ::-1, ::-1]
    return values


@dataclass(frozen=True, eq=False)
class Matches:
    """Best alignments of K targets to M queries: arrays ``(M, K)``. The target is moved right by `shift`."""

    similarity: NDArray[np.float32]
    shift: NDArray[np.int16]
    is_reverse: NDArray[np.bool_]


def align_matrices(queries: Matrices, targets: Matrices, strands: Strands, *, max_shift: int = _MAX_SHIFT) -> Matches:
    """Cosine of each pair at the best shift and strand; of ties, the smallest shift on the forward strand."""
    ours, theirs = _normed(queries), _normed(targets)
    n, k, width = len(ours), len(theirs), ours.shape[2]
    best = Matches(np.full((n, k), -1, np.float32), np.zeros((n, k), np.int16), np.zeros((n, k), np.bool_))
    for is_reverse in (False, True)[: 1 + (strands == "both")]:
        turned = theirs[:, ::-1, ::-1] if is_reverse else theirs
        for shift in sorted(range(-max_shift, max_shift + 1), key=abs):
            mine, other = ours[:, :, max(shift, 0) : width + min(shift, 0)], turned[:, :, max(-shift, 0) :]
            other = other[:, :, : mine.shape[2]]
            inner = mine.reshape(n, -1) @ other.reshape(k, -1).T
            is_better = inner > best.similarity + 1e-6
            best.similarity[is_better] = inner[is_better]
            best.shift[is_better] = shift
            best.is_reverse[is_better] = is_reverse
    return best


def _normed(values: Matrices) -> Matrices:
    norms = np.sqrt(np.square(values).sum(axis=(1, 2), keepdims=True))
    return values / np.maximum(norms, np.float32(1e-12))


def _clusters(values: Matrices, strands: Strands, min_sites: int) -> list[Matrices]:
    """Mean contributions ``(4, w)`` of each cluster of windows, aligned to its medoid."""
    matches = align_matrices(values, values, strands)
    distance = 1 - (matches.similarity + matches.similarity.T) / 2
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(np.clip(distance, 0, None), checks=False), "average")
    labels = fcluster(tree, 1 - _MIN_LINKAGE, "distance")
    means = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if len(members) >= min_sites:
            medoid = members[distance[np.ix_(members, members)].sum(axis=1).argmin()]
            means.append(_mean(values[members], matches.shift[medoid, members], matches.is_reverse[medoid, members]))
    return means


def _mean(values: Matrices, shift: NDArray[np.int16], is_reverse: NDArray[np.bool_]) -> Matrices:
    """Mean of windows ``(n, 4, w)``, each moved right by its shift on its strand."""
    turned = np.where(is_reverse[:, np.newaxis, np.newaxis], values[:, ::-1, ::-1], values)
    width = values.shape[2]
    source = np.arange(width) - shift[:, np.newaxis]
    inside = (source >= 0) & (source < width)
    moved = np.take_along_axis(turned, np.where(inside, source, 0)[:, np.newaxis], axis=2) * inside[:, np.newaxis]
    return np.asarray(moved.mean(axis=0, dtype=np.float64).astype(np.float32))


def _patterns(
    sites: Sites, values: Matrices, attributions: Attributions, background: Floats, strands: Strands,
    extraction: ExtractionSpec,
) -> list[MotifInstances]:  # fmt: skip
    """Patterns of windows and their contributions."""
    chosen = np.linspace(0, len(values) - 1, min(len(values), _MAX_CLUSTERED)).astype(np.int64)
    min_sites = max(2, extraction.min_sites * len(chosen) // len(values))
    means = _clusters(values[chosen], strands, min_sites)
    groups: list[tuple[Ints, Matches]] = []
    for _ in range(_ROUNDS):
        if not means:
            return []
        matches = align_matrices(np.stack(means), values, strands)
        nearest = matches.similarity.argmax(axis=0)
        is_like = matches.similarity.max(axis=0) >= MIN_SIMILARITY
        groups = [
            (own, Matches(matches.similarity[k, own], matches.shift[k, own], matches.is_reverse[k, own]))
            for k in range(len(means))
            if len(own := np.flatnonzero((nearest == k) & is_like)) >= extraction.min_sites
        ]
        means = [_mean(values[own], match.shift, match.is_reverse) for own, match in groups]
    found = []
    for own, match in groups:
        found += _count(_framed(sites.take(own), match), attributions, background, extraction)
    return sorted(found, key=lambda each: -len(each.sites))


def _framed(sites: Sites, match: Matches) -> Sites:
    """The windows aligned to their pattern, on its strand."""
    turned = replace(sites, is_reverse=match.is_reverse, score=match.similarity)
    return turned.moved(-match.shift.astype(np.int64), sites.width)


def _count(
    sites: Sites, attributions: Attributions, background: Floats, extraction: ExtractionSpec
) -> list[MotifInstances]:
    """The trimmed motif of the sites, or two motifs if the sites are a mixture of two."""
    kmers = sites.subsequences(attributions.sequences)
    found = []
    for part in split_mixture(kmers, background=background, min_sites=extraction.min_sites, limit=0.75):
        own = sites.take(part)
        counts = count_bases(kmers[part]) + 1e-9 * background[:, np.newaxis]
        whole = Motif("pattern", counts, nsites=len(own), background=background)
        # Of few sites, columns have information by chance: Basharin's bias is 3 / (2 ln 2 n) bits.
        trim_bits = max(extraction.trim_bits, 5 * 1.5 / np.log(2) / len(own))
        start, end = whole.trim_bounds(trim_bits)
        if end - start < MIN_OVERLAP:
            continue  # too short to be aligned with other motifs
        own = own.moved(start, end - start)
        observed, hypothetical = observed_matrices(attributions, own), hypothetical_matrices(attributions, own)
        found.append(
            MotifInstances(
                "pattern",
                own,
                whole.trim(trim_bits),
                float(own.score.min()),
                observed.mean(axis=0, dtype=np.float64),
                hypothetical.mean(axis=0, dtype=np.float64),
                attributions.tasks[0],
            )
        )
    return found
