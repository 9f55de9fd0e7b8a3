"""`spacing_effects`: the interaction of two motifs in a model, by distance and orientation.

The interaction of two motifs is the effect of both on the score, minus the sum of their single effects. On the log-odds
scale, it is 0 for motifs that contribute independently.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.arguments import check_integer
from motifnet.errors import InputError, quoted
from motifnet.interpretation.marginalization import (
    Floats,
    Ints,
    PlantedSites,
    SiteKind,
    checked_backgrounds,
    mean_interval,
    planted_scores,
    site_bases,
)
from motifnet.interpretation.tables.columns import SPACING_COLUMNS
from motifnet.models.sequence_model import Part, SequenceModel
from motifnet.motifs.known.databases import AnyMotifs, as_motifs
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.motifs.scanning.hits import P_VALUE
from motifnet.motifs.scanning.pwm import ScoreDistribution
from motifnet.motifs.statistics.occurrences import Occurrences
from motifnet.motifs.statistics.pairs import ORIENTATIONS, spacing_counts
from motifnet.sequences.alphabet import Codes
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.io.reader import AnySequences
from motifnet.sequences.sequence_set import SequenceSet

#: Default of `max_gap`, in bp.
MAX_GAP = 40


def spacing_effects(
    model: SequenceModel,
    motifs: AnyMotifs,
    backgrounds: AnySequences,
    *,
    sequences: AnySequences | None = None,
    max_gap: int | None = None,
    sites: SiteKind = "consensus",
    part: Part = "model",
    seed: int = 0,
) -> pd.DataFrame:
    """Compute the interaction of two motifs in a model, by distance and orientation.

    The first motif is planted in the centre of each background sequence (on ``+`` and ``-`` alternately), the second
    motif at each distance, on both sides of the first and on both strands. The interaction is the effect of both on the
    score minus the sum of the effects of each alone at the same positions, averaged over backgrounds.

    Parameters
    ----------
    model : TrainedModel or KerasModel
    motifs : MotifSet, file, database, or list of Motif
        Two motifs. Of more motifs, each pair is computed.
    backgrounds : SequenceSet, Dataset, sequence of str, one-hot array of shape (N, 4, L), or path of a FASTA file
        As for `marginalize`. 100 are usually enough; the time is proportional to their number.
    sequences : SequenceSet or as `backgrounds`, optional
        Sequences, such as positives, in which the spacings of the best sites are counted. Sites reach the threshold of
        the motif or, without one, p <= 1e-4.
    max_gap : int, optional
        Largest gap between the sites, in bp. By default 40, or less if the backgrounds are too short.
    sites, part, seed
        As for `marginalize`.

    Returns
    -------
    DataFrame
        One row for each pair, task, orientation and gap, with the columns `SPACING_COLUMNS`; `plot_spacing` draws it.

    Raises
    ------
    InputError
        If there are fewer than two motifs, no backgrounds, or backgrounds too short for `max_gap`.
    ModelError
        If the model does not accept the length of the backgrounds.
    """
    known = as_motifs(motifs)
    if len(known) < 2:
        what = f"motifs must contain at least two motifs. Got {len(known)} instead"
        raise InputError(what, hint="Use e.g. spacing_effects(model, [first, second], backgrounds).")
    model, own = checked_backgrounds(model, backgrounds, sites=sites, seed=seed)
    pairs = list(combinations(range(len(known)), 2))
    gaps = [_checked_gap((known[i], known[j]), own.length, max_gap) for i, j in pairs]
    counted = None if sequences is None else _occurrences(known, model.as_sequences(sequences))
    tables = []
    for (i, j), largest in zip(pairs, gaps, strict=True):
        bases = pair_bases((known[i], known[j]), len(own), sites=sites, seed=seed)
        counts = None if counted is None else spacing_counts(*counted, (i, j), max_gap=largest)
        names = known[i].name, known[j].name
        tables.append(spacing_table(model, names, bases, own.codes, max_gap=largest, counts=counts, part=part))
    return pd.concat(tables, ignore_index=True)


def spacing_table(
    model: SequenceModel,
    names: tuple[str, str],
    bases: tuple[Codes, Codes],
    codes: Codes,
    *,
    max_gap: int,
    counts: tuple[Ints, Floats] | None,
    part: Part = "model",
) -> pd.DataFrame:
    """The table of `spacing_effects` for one pair of motifs.

    Parameters
    ----------
    model : SequenceModel
        For sequences of length L.
    names : (str, str)
    bases : pair of uint8 arrays of shape (n, w)
        A site of each motif for each background (`site_bases`).
    codes : uint8 array of shape (n, L)
        Backgrounds, long enough for `max_gap`.
    max_gap : int
    counts : pair of arrays of shape (4, max_gap + 1), optional
        Observed and expected numbers of sequences (`spacing_counts`).
    part : {"model", "network"}
    """
    joint, interaction = _interactions(model, bases, codes, max_gap, part)
    shape = len(model.spec.tasks), *joint.shape[1:3]
    task, orientation, gap = np.indices(shape).reshape(3, -1)
    observed, expected = (np.full(shape[1:], np.nan),) * 2 if counts is None else counts
    values = [np.moveaxis(array, -1, 0).ravel() for array in (joint.mean(axis=0), *mean_interval(interaction))]
    columns = (
        *names,
        np.array(model.spec.tasks, dtype=object)[task],
        np.array(ORIENTATIONS, dtype=object)[orientation],
        gap,
        observed[orientation, gap],
        expected[orientation, gap],
        *values,
    )
    return pd.DataFrame(dict(zip(SPACING_COLUMNS, columns, strict=True)))


def _interactions(
    model: SequenceModel, bases: tuple[Codes, Codes], codes: Codes, max_gap: int, part: Part
) -> tuple[Floats, Floats]:
    """Effect of both motifs, and interaction, in each background: ``(n, 4, max_gap + 1, T)``."""
    n, length = codes.shape
    (first, second), n_gaps = (own.shape[1] for own in bases), max_gap + 1
    is_reverse = np.arange(n) % 2 == 1 if model.spec.motif_strands == "both" else np.zeros(n, dtype=np.bool_)
    at = (length - first) // 2
    # Sequences of each background: without sites, with the first motif alone, with the second alone at each position,
    # with both.
    orientation, gap = np.divmod(np.arange(4 * n_gaps), n_gaps)
    is_right = (orientation < 2)[:, np.newaxis] != is_reverse
    start = np.where(is_right, at + first + gap[:, np.newaxis], at - second - gap[:, np.newaxis])
    other_is_reverse = (orientation % 2 == 1)[:, np.newaxis] != is_reverse
    none, here = np.full((1, n), -1), np.full((1, n), at)
    starts = np.concatenate([none, here, np.repeat(none, len(gap), axis=0), np.repeat(here, len(gap), axis=0)])
    others = np.concatenate([none, none, start, start])
    reverse = np.concatenate([np.zeros((2, n), dtype=np.bool_), other_is_reverse, other_is_reverse])
    planted = (
        PlantedSites(bases[0], starts.ravel(), np.tile(is_reverse, len(starts))),
        PlantedSites(bases[1], others.ravel(), reverse.ravel()),
    )
    background = np.tile(np.arange(n), len(starts))
    scores = planted_scores(model, codes, background, planted, part=part, progress="spacing of motifs")
    scores = scores.reshape(len(starts), n, -1) - scores[:n]
    single, joint = np.split(scores[2:], 2)
    shape = 4, n_gaps, n, scores.shape[-1]
    both, interaction = (np.moveaxis(own.reshape(shape), 2, 0) for own in (joint, joint - single - scores[1]))
    return both, interaction


def pair_bases(
    pair: tuple[Motif, Motif], n: int, *, sites: SiteKind = "consensus", seed: int = 0
) -> tuple[Codes, Codes]:
    """A site of both motifs for each of n backgrounds."""
    rng = np.random.default_rng(seed)
    return site_bases(pair[0], n, sites, rng), site_bases(pair[1], n, sites, rng)


def fitting_gap(pair: tuple[Motif, Motif], length: int) -> int:
    """Largest gap for which both motifs fit on both sides of the centre; negative if none."""
    first, second = (motif.width for motif in pair)
    at = (length - first) // 2
    return min(at, length - at - first) - second


def _checked_gap(pair: tuple[Motif, Motif], length: int, max_gap: int | None) -> int:
    """Largest gap of the table."""
    largest = fitting_gap(pair, length)
    if max_gap is not None:
        check_integer("max_gap", max_gap, at_least=0)
    if largest < (max_gap or 0):
        names = " and ".join(quoted(motif.name) for motif in pair)
        gap = "" if max_gap is None else f" with gaps of {max_gap} bp"
        raise InputError(
            f"motifs {names}{gap} do not fit into backgrounds of {length} bp",
            hint="Use longer sequences." if largest < 0 else f"Use max_gap={largest} at most, or longer sequences.",
        )
    return min(largest, MAX_GAP) if max_gap is None else int(max_gap)


def _occurrences(motifs: MotifSet, sequences: SequenceSet) -> tuple[Occurrences, NDArray[np.bool_]]:
    """Best sites of the motifs in sequences, and which of them are sites."""
    data = Dataset(sequences, np.ones((len(sequences), 1), dtype=np.float32), ("positive",), np.arange(len(sequences)))
    found = Occurrences.find(motifs.motifs, data, strands=motifs.strands)
    return found, found.has_site(np.array([_threshold(motif) for motif in motifs]))


def _threshold(motif: Motif) -> float:
    """Lowest score of a site, in bits."""
    if motif.threshold is not None:
        return motif.threshold
    distribution = ScoreDistribution.of(motif)
    return float(distribution.bits(np.array(distribution.cutoff(P_VALUE))))
