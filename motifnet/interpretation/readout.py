"""From a trained model to motifs in order: filters and patterns, families, refinement, order, thresholds, directions.

Sites, families, refinement, thresholds and directions come from training sequences, the order of the motifs from
training and validation sequences. Test sequences decide nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from motifnet.interpretation.motif_order import order_motifs
from motifnet.interpretation.patterns import model_patterns
from motifnet.models.sequence_model import SequenceModel
from motifnet.motifs.extraction_spec import ExtractionSpec
from motifnet.motifs.io.meme import as_written
from motifnet.motifs.learned.clustering import (
    MAX_REFINED,
    Family,
    complement_families,
    find_families,
    refinement_classes,
)
from motifnet.motifs.learned.extraction import MotifInstances, base_frequencies, extract
from motifnet.motifs.motif import Floats, Motif, MotifSet
from motifnet.motifs.statistics.contrast import is_binary, is_high, sample, task_aurocs
from motifnet.motifs.statistics.occurrences import Occurrences, scores_at
from motifnet.motifs.statistics.thresholds import directions, site_threshold
from motifnet.sequences.dataset import Dataset, Split
from motifnet.sequences.splits.random import PARTS

logger = logging.getLogger("motifnet")

#: Sequences per class used to count, order and test motifs.
MAX_COUNTED = 100_000

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Readout:
    """The motifs of a model in order, and their sites in all sequences.

    Parameters
    ----------
    motifs : MotifSet of M motifs
        Named by rank and consensus of the core, e.g. ``m01_CACGTG``.
    families : tuple of M Family
    instances : tuple of MotifInstances
        One for each filter of the layer, followed by the patterns of seqlets (`ExtractionSpec.source`).
    thresholds : float64 array of shape (M,)
        Lowest score of a site, in bits.
    signs : float64 array of shape (M, T)
        1 where a motif is enriched in the positives of a task, -1 where in the negatives.
    tasks : int64 array of shape (M,)
        Index of the task that each motif classifies best.
    aurocs : float64 array of shape (M, T)
        On training and validation sequences.
    added : float64 array of shape (M,)
        What each motif adds to the auROC of those selected before it, on validation sequences (`selection`).
    occurrences : tuple of Occurrences
        In training, validation and test sequences, and in test sequences of another file, if any.
    held_out : Occurrences or None
        In the sequences on which motifs are tested, at most `MAX_COUNTED` per class.
    """

    motifs: MotifSet
    families: tuple[Family, ...]
    instances: tuple[MotifInstances, ...]
    thresholds: Floats
    signs: Floats
    tasks: Ints
    aurocs: Floats
    added: Floats
    occurrences: tuple[Occurrences, ...]
    held_out: Occurrences | None

    @property
    def directions(self) -> Floats:
        """1 for motifs that are enriched in the positives of their task, -1 for the others: shape (M,)."""
        return self.at_task(self.signs)

    def at_task(self, values: NDArray[np.floating]) -> Floats:
        """Of values ``(M, T)``, those at the task of each motif: ``(M,)``."""
        return np.take_along_axis(np.asarray(values, dtype=np.float64), self.tasks[:, np.newaxis], axis=1)[:, 0]


def find_motifs(
    model: SequenceModel,
    split: Split,
    *,
    test: Dataset | None = None,
    extraction: ExtractionSpec = ExtractionSpec(),
    is_refined: bool = True,
) -> Readout:
    """Extract motifs from a model, find their sites, and order them.

    Parameters
    ----------
    model : SequenceModel
    split : Split
        How the model was trained.
    test : Dataset, optional
        Test sequences of another file, on which the motifs are tested instead of on the test part.
    extraction : ExtractionSpec
    is_refined : bool
        Whether families of filters are refined.
    """
    if np.isin(split.rows[2], np.concatenate(split.rows[:2])).any():
        # Rows of parts of one dataset are different: these test sequences are of another file.
        split, test = split.with_test(split.test.take([])), split.test
    counted = sample_rows(split.train.labels, seed=model.training.seed)
    train = split.train if len(counted) == len(split.train) else split.train.take(counted)
    classes = refinement_classes(train.labels, seed=model.training.seed)
    instances, families, unwritten = _learn(model, train, classes, extraction, is_refined=is_refined)
    if is_refined:
        families += complement_families(
            families, train.sequences, classes, strands=unwritten.strands, extraction=extraction
        )
    # Rounded as in the MEME file, so that thresholds and sites are exactly those of the motifs in it.
    strands, background = unwritten.strands, as_written(unwritten[:0]).background
    motifs = [as_written(MotifSet([family.motif], strands, background))[0] for family in families]
    parts = [*zip(split, PARTS, split.rows, strict=True), *([] if test is None else [(test, "test", None)])]
    found = [Occurrences.find(motifs, data, strands=strands, part=part, rows=rows) for data, part, rows in parts]
    aurocs = _aurocs_of(found[:2], seed=model.training.seed)
    strength = np.nan_to_num(np.abs(aurocs - 0.5), nan=-1.0)
    tasks = strength.argmax(axis=1) if strength.size else np.zeros(0, dtype=np.int64)
    strength = strength.max(axis=1, initial=-1.0)
    order, added = order_motifs(families, found[:2], strength, tasks, strands=strands, seed=model.training.seed)
    scores = found[0].score[counted]
    thresholds = np.array([site_threshold(scores[:, m], classes[:, task]) for m, task in enumerate(tasks)])
    named = _named([motifs[index] for index in order])
    occurrences = tuple(own.take_motifs(order, named) for own in found)
    return Readout(
        motifs=MotifSet(named, strands, background),
        families=tuple(families[index] for index in order),
        instances=tuple(instances),
        thresholds=thresholds[order],
        signs=directions(scores, thresholds, train.labels)[order],
        tasks=tasks[order],
        aurocs=aurocs[order],
        added=added[order],
        occurrences=occurrences,
        held_out=_held_out(model, split, occurrences[-1]),
    )


def learn_motifs(model: SequenceModel, train: Dataset, *, extraction: ExtractionSpec = ExtractionSpec()) -> MotifSet:
    """The refined motifs of a model, without order, thresholds and sites."""
    train = train.take(sample_rows(train.labels, seed=model.training.seed))
    return _learn(model, train, refinement_classes(train.labels, seed=model.training.seed), extraction)[2]


def _learn(
    model: SequenceModel, train: Dataset, classes: Floats, extraction: ExtractionSpec, *, is_refined: bool = True
) -> tuple[list[MotifInstances], list[Family], MotifSet]:
    """Instances of each filter and pattern, families, and the motifs of these."""
    positive, strands = is_high(train.labels), model.spec.motif_strands
    positives, negatives = train.sequences.take(positive), train.sequences.take(~positive)
    background = base_frequencies([train.sequences], strands)
    instances: list[MotifInstances] = []
    if extraction.uses_filters:
        kind = "positives" if is_binary(train.labels) else "sequences with the highest labels (a third)"
        logger.info("counting sites in %d %s", len(positives), kind)
        filters = model.layer(extraction.layer)
        instances += extract(filters, positives, negatives=negatives, background=background, extraction=extraction)
    if extraction.uses_attributions:
        labels = train.labels[positive]
        instances += model_patterns(model, positives, labels, background=background, extraction=extraction)
    families = find_families(
        instances, positives, train.sequences, classes, strands=strands, extraction=extraction, is_refined=is_refined
    )
    refined = [family.motif for family in families if not family.is_optional]
    return instances, families, MotifSet(_named(refined), strands, background)


def sample_rows(labels: NDArray[np.floating], *, seed: int) -> Ints:
    """Rows of at most `MAX_COUNTED` sequences of each class, from labels ``(N, T)``.

    Of several tasks, the positives of each contribute an equal part.
    """
    if is_binary(labels):
        largest = max(MAX_COUNTED // labels.shape[1], MAX_REFINED)
        strata = [*(labels.T == 1), ~is_high(labels)]
    else:
        largest, strata = 2 * MAX_COUNTED, [np.ones(len(labels), dtype=np.bool_)]
    return np.unique(np.concatenate([sample(np.flatnonzero(members), largest, seed=seed) for members in strata]))


def _aurocs_of(occurrences: Sequence[Occurrences], *, seed: int) -> Floats:
    """AuROC of each motif in each task over several parts: ``(M, T)``."""
    labels = np.concatenate([own.data.labels for own in occurrences])
    rows = sample_rows(labels, seed=seed)
    return task_aurocs(scores_at(occurrences, rows), labels[rows])


def _named(motifs: Sequence[Motif]) -> tuple[Motif, ...]:
    """Motifs named by rank and by the consensus of the core, without flanks of low information."""
    digits = max(2, len(str(len(motifs))))
    cores = [motif.trim().consensus.strip("N") or "N" for motif in motifs]
    names = [f"m{rank:0{digits}d}_{core}" for rank, core in enumerate(cores, start=1)]
    return tuple(replace(motif, name=name) for motif, name in zip(motifs, names, strict=True))


def _held_out(model: SequenceModel, split: Split, test: Occurrences) -> Occurrences | None:
    """The sequences on which motifs are tested, at most `MAX_COUNTED` per class; None if there are no two classes."""
    rows = np.arange(len(test))
    if test.data is not split.test:
        rows = np.flatnonzero(~_is_seen(model, split, test.data))
    if len(rows) < len(test):
        logger.warning(
            "%d of %d test sequences were used to train the model or to count sites: motifs are not tested on them",
            len(test) - len(rows), len(test),
        )  # fmt: skip
    labels = test.data.labels[rows]
    if len(rows) and not any(len(np.unique(task[~np.isnan(task)])) > 1 for task in labels.T):
        logger.warning(
            "none of the %d held-out sequences is a %s: motifs are not tested. Give the negatives that the model was "
            "trained with, or test sequences of both classes",
            len(rows),
            "negative" if is_high(labels).all() else "positive",
        )
        return None
    rows = rows[sample_rows(labels, seed=model.training.seed)]
    if not len(rows):
        return None
    return test if len(rows) == len(test) else test.take(rows)


def _is_seen(model: SequenceModel, split: Split, test: Dataset) -> NDArray[np.bool_]:
    """Which test sequences are equal to training or validation sequences, on either strand."""
    seen = np.concatenate([split.train.sequences.strand_hashes(), split.valid.sequences.strand_hashes()])
    is_seen = np.isin(test.sequences.strand_hashes(), seen)
    return np.asarray(is_seen | np.isin(model.split_of(test.sequences), ("train", "valid")))


def known_split(model: SequenceModel, data: Dataset, *, min_per_class: int = 1) -> Split:
    """Split data as the model was trained, by the digests of sequences that the model keeps.

    Parameters
    ----------
    model : SequenceModel
    data : Dataset
        Sequences that the model has never seen are test sequences. If fewer than `min_per_class` sequences of a class
        are training sequences, these are training sequences instead.
    min_per_class : int

    Returns
    -------
    Split
        Its `rows` are rows of `data`.
    """
    parts = np.array(model.split_of(data.sequences))
    train = _rows_of(data, parts, ("train",), min_per_class=min_per_class)
    seen = train | _rows_of(data, parts, ("train", "valid"), min_per_class=1)
    return Split.from_parts(data, np.where(train, 0, np.where(seen, 1, 2)))


def _rows_of(
    data: Dataset, parts: NDArray[np.str_], names: tuple[str, ...], *, min_per_class: int
) -> NDArray[np.bool_]:
    """Rows in the named parts; of a class (positives, others) with fewer, also those of no part, or else all."""
    rows = np.isin(parts, names)
    positive = is_high(data.labels)
    for members in (positive, ~positive):
        if rows[members].sum() < min_per_class:
            rows |= members & (parts == "")
        if not rows[members].any():
            rows |= members
    return rows
