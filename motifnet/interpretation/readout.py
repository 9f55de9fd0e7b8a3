"""From a trained model to motifs in order: filters, families, refinement, thresholds. Nothing here sees test sequences.

What is chosen where: sites, families, refinement, directions and thresholds on training sequences; the order of the
motifs on training and validation sequences.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motifnet.arguments import check_type
from motifnet.models.trained import TrainedModel
from motifnet.motifs.extraction_spec import ExtractionSpec
from motifnet.motifs.io.meme import as_written
from motifnet.motifs.learned.clustering import Family, merge, settle
from motifnet.motifs.learned.extraction import Extraction, extract
from motifnet.motifs.learned.refinement import Refined, auroc, best_cut, refine
from motifnet.motifs.motif import Floats, Motif, MotifSet
from motifnet.motifs.scanning.pwm import best_sites, motif_aurocs
from motifnet.motifs.statistics.contrast import contrast, is_binary, is_high
from motifnet.motifs.statistics.enrichment import directions
from motifnet.progress import report
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet

logger = logging.getLogger("motifnet")

#: Sequences of a class that refinement looks at; more cost time and move a motif no further.
MOST_SEQUENCES = 5000
#: Sequences of a class that are counted, ordered or tested on, each: more cost memory and hardly move a figure.
MOST_READ = 100_000

Rows = NDArray[np.bool_]


class Parts(NamedTuple):
    """What may be used for what: counting and refining, ordering, testing (None when nothing is held out)."""

    train: Dataset
    seen: Dataset
    held_out: Dataset | None


@dataclass(frozen=True, eq=False)
class Reading:
    """Motifs in order, and where each comes from.

    Parameters
    ----------
    extraction : Extraction
    families : tuple of M Family
    motifs : MotifSet of M motifs
        Named by rank and the consensus of the core, e.g. ``m01_CACGTG``.
    thresholds : float64 array of shape (M,)
        Score in bits from which a window is a site.
    signs : float64 array of shape (M, T)
        1 where a motif marks the positives of a task, -1 where the negatives.
    tasks : int64 array of shape (M,)
        The task that each motif separates best.
    aurocs : float64 array of shape (M, T)
        On training and validation sequences.
    """

    extraction: Extraction
    families: tuple[Family, ...]
    motifs: MotifSet
    thresholds: Floats
    signs: Floats
    tasks: NDArray[np.int64]
    aurocs: Floats

    def filters_of(self, index: int) -> tuple[int, ...]:
        """Filters (by their index in the layer) of the family of a motif."""
        active = [k for k, record in enumerate(self.extraction.records) if record.motif is not None]
        return tuple(active[member] for member in self.families[index].members)

    def at_task(self, values: NDArray[np.floating]) -> Floats:
        """Of values ``(M, T)`` those at the task of each motif: ``(M,)``."""
        return np.take_along_axis(np.asarray(values, dtype=np.float64), self.tasks[:, np.newaxis], axis=1)[:, 0]


def divide(model: TrainedModel, data: Dataset, *, test: Dataset | None, at_least: int) -> Parts:
    """Which sequences motifs are counted, ordered and tested on, by the split that the model remembers.

    Of a class of which the model was trained on fewer than `at_least` of these sequences, those that it has not met
    are counted too; they are then not held out, and neither are test sequences that are the same. Of a class with more
    than `MOST_READ` sequences in a part so many are drawn; of several tasks, of the positives of each its share.
    """
    check_type("model", model, TrainedModel)
    check_type("data", data, Dataset)
    splits = np.array(model.split_of(data.sequences))
    train = _rows_seen(data, splits, ("train",), at_least=at_least)
    seen = _rows_seen(data, splits, ("train", "valid"), at_least=1)
    used = train | seen
    seed = model.training.seed
    held_out = _some(data, ~used, seed=seed) if test is None else _unseen(model, test, data.take(used).sequences)
    if len(held_out) and not _can_be_tested(held_out):
        logger.warning(
            "of the %d held-out sequences none is a %s: motifs are not tested on them. Give the negatives that the "
            "model was trained with, or test sequences of both classes",
            len(held_out),
            "negative" if is_positive(held_out).all() else "positive",
        )
        held_out = held_out.take([])
    train_data, seen_data = (_some(data, rows, seed=seed) for rows in (train, seen))
    return Parts(train_data, seen_data, held_out if len(held_out) else None)


def _some(data: Dataset, rows: Rows, *, seed: int) -> Dataset:
    """These rows, of each class at most `MOST_READ`."""
    if is_binary(data.labels):
        most = max(MOST_READ // len(data.tasks), MOST_SEQUENCES)
        strata = [*(data.labels.T == 1), ~is_positive(data)]
    else:
        most, strata = 2 * MOST_READ, [np.ones(len(data), dtype=np.bool_)]
    kept = np.zeros(len(data), dtype=np.bool_)
    for members in strata:
        kept[drawn(np.flatnonzero(rows & members), most, seed=seed)] = True
    return data.take(kept)


def drawn(rows: NDArray[np.int64], most: int, *, seed: int) -> NDArray[np.int64]:
    """At most so many of the rows, at random: files are sorted, or hold two kinds in turn."""
    return rows if len(rows) <= most else np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def _can_be_tested(data: Dataset) -> bool:
    """Whether any task has two values."""
    return any(len(np.unique(labels[~np.isnan(labels)])) > 1 for labels in data.labels.T)


def _unseen(model: TrainedModel, test: Dataset, used: SequenceSet) -> Dataset:
    """The test sequences that neither the model nor the motifs were made with."""
    is_chosen_on = np.isin(test.sequences.strand_hashes(), used.strand_hashes())
    is_new = ~is_chosen_on & ~np.isin(model.split_of(test.sequences), ("train", "valid"))
    if not is_new.all():
        logger.warning(
            "%d of %d test sequences took part in training the model or in counting sites: motifs are not tested on "
            "them", (~is_new).sum(), len(test),
        )  # fmt: skip
    return _some(test, is_new, seed=model.training.seed)


def _rows_seen(data: Dataset, splits: NDArray[np.str_], wanted: tuple[str, ...], *, at_least: int) -> Rows:
    """The rows in the wanted splits; of a class (positives, others) with too few of them, also those of no split."""
    rows = np.isin(splits, wanted)
    is_any_positive = is_positive(data)
    for members in (is_any_positive, ~is_any_positive):
        if rows[members].sum() < at_least:
            rows |= members & (splits == "")
        if not rows[members].any():
            rows |= members
    return rows


def is_positive(data: Dataset) -> Rows:
    """Whether a sequence is a positive of any task; of values and counts, in the upper third (`contrast.is_high`)."""
    return is_high(data.labels)


def read_families(model: TrainedModel, parts: Parts, *, how: ExtractionSpec, is_refined: bool = True) -> Reading:
    """Filters to families to motifs, in order.

    Parameters
    ----------
    model : TrainedModel
    parts : Parts
    how : ExtractionSpec
    is_refined : bool
        Whether families are refined; else they keep the filters' own words.

    Returns
    -------
    Reading
    """
    train = parts.train
    positive = is_positive(train)
    positives, negatives = train.sequences.take(positive), train.sequences.take(~positive)
    kind = "positives" if is_binary(train.labels) else "sequences of the highest labels (a third)"
    logger.info("counting sites in %d %s", len(positives), kind)
    extraction = extract(model.layer(how.layer), positives, negatives=negatives, how=how)
    families = merge(extraction, positives, how=how)
    classes = [_classes(train.sequences, labels, seed=model.training.seed) for labels in train.labels.T]
    if is_refined:
        logger.info("refining %d families of filters", len(families))
        families = _refined(families, extraction, classes, how)
    # Rounded like the MEME file, so that thresholds and sites hold for the motifs that are read from it.
    motifs = as_written(_as_set([family.motif for family in families], extraction))
    aurocs = motif_aurocs(motifs, parts.seen)
    strength = np.nan_to_num(np.abs(aurocs - 0.5), nan=-1.0)
    order = np.argsort(-strength.max(axis=1, initial=-1.0), kind="stable")
    tasks = strength.argmax(axis=1) if strength.size else np.zeros(0, dtype=np.int64)
    thresholds = _thresholds(motifs, classes, tasks)
    signs = directions(best_sites(motifs, train.sequences).score, thresholds, train.labels)
    ordered = _named(MotifSet([motifs[int(i)] for i in order], motifs.strands, motifs.background))
    chosen = tuple(families[i] for i in order)
    return Reading(extraction, chosen, ordered, thresholds[order], signs[order], tasks[order], aurocs[order])


class _Classes(NamedTuple):
    """Two classes of training sequences: positives and negatives of a task, or its upper and lower third."""

    high: SequenceSet
    low: SequenceSet

    def marked(self, sign: int) -> tuple[SequenceSet, SequenceSet]:
        """The class that a motif of this direction is enriched in, and the other one."""
        return (self.high, self.low) if sign > 0 else (self.low, self.high)


def _classes(sequences: SequenceSet, labels: NDArray[np.floating], *, seed: int) -> _Classes:
    both = contrast(labels)
    rows = [drawn(np.flatnonzero(both == value), MOST_SEQUENCES, seed=seed) for value in (1, 0)]
    return _Classes(*(sequences.take(own) for own in rows))


def _refined(
    families: Sequence[Family], extraction: Extraction, classes: Sequence[_Classes], how: ExtractionSpec
) -> list[Family]:
    """Refine each family in the class that it marks, and merge what has become one."""
    strands = extraction.motifs.strands
    starts = _starts(families, extraction, classes)
    refined: dict[int, Refined] = {}
    marks = sorted({start.mark for start in starts})
    for done, (task, sign) in enumerate(marks, start=1):
        own = [index for index, start in enumerate(starts) if start.mark == (task, sign)]
        marked, others = classes[task].marked(sign)
        ends = refine([starts[index].motif for index in own], marked, others, strands=strands, how=how)
        refined |= dict(zip(own, ends, strict=True))
        report("refining, by task and direction", done, len(marks))
    return settle(families, [refined[i] for i in range(len(families))], strands=strands)


class _Start(NamedTuple):
    """Where the refinement of a family starts: a motif, and the task and direction in which it tells most."""

    motif: Motif
    mark: tuple[int, int]


def _starts(families: Sequence[Family], extraction: Extraction, classes: Sequence[_Classes]) -> list[_Start]:
    """Of each family the motif of all its sites, or that of a member where this one separates the classes better."""
    options = [*(family.motif for family in families), *extraction.motifs]
    motifs = _as_set(options, extraction)
    aurocs = []
    for both in classes:
        high, low = (best_sites(motifs, part).score for part in both)
        aurocs.append([auroc(high[:, m], low[:, m]) for m in range(len(motifs))])
    strength = np.abs(np.array(aurocs) - 0.5)
    starts = []
    for index, family in enumerate(families):
        own = [index, *(len(families) + member for member in family.members)]
        task, best = np.unravel_index(strength[:, own].argmax(), (len(classes), len(own)))
        sign = 1 if aurocs[task][own[best]] >= 0.5 else -1
        starts.append(_Start(options[own[best]], (int(task), sign)))
    return starts


def _thresholds(motifs: MotifSet, classes: Sequence[_Classes], tasks: NDArray[np.int64]) -> Floats:
    """The score that separates the classes of each motif's task best, in the direction in which it tells most."""
    thresholds = np.full(len(motifs), np.inf)
    for task in np.unique(tasks):
        own = np.flatnonzero(tasks == task)
        high, low = (best_sites(motifs, part).score[:, own] for part in classes[task])
        for column, index in enumerate(own):
            cuts = [best_cut(high[:, column], low[:, column]), best_cut(low[:, column], high[:, column])]
            thresholds[index] = max(cuts, key=lambda cut: cut.gain).threshold
    return thresholds


def _as_set(motifs: Sequence[Motif], extraction: Extraction) -> MotifSet:
    names = [f"{index}" for index in range(len(motifs))]
    unnamed = [replace(motif, name=name) for motif, name in zip(motifs, names, strict=True)]
    return MotifSet(unnamed, extraction.motifs.strands, extraction.motifs.background)


def _named(motifs: MotifSet) -> MotifSet:
    """Called by rank and by the consensus of the core: the flanks, which hold little, would make it long."""
    digits = max(2, len(str(len(motifs))))
    cores = [motif.trim().consensus.strip("N") or "N" for motif in motifs]
    names = [f"m{rank:0{digits}d}_{core}" for rank, core in enumerate(cores, start=1)]
    named = [replace(motif, name=name) for motif, name in zip(motifs, names, strict=True)]
    return MotifSet(named, motifs.strands, motifs.background)
