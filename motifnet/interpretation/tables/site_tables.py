"""Where the sites of motifs lie: tables of sites, of positions in the sequences, and of pairs that occur together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import union_categoricals

from motifnet.interpretation.readout import Reading, is_positive
from motifnet.models.trained import TrainedModel
from motifnet.motifs.learned.sites import Sites
from motifnet.motifs.motif import MotifSet
from motifnet.motifs.scanning.pwm import best_sites
from motifnet.motifs.statistics.contrast import contrast
from motifnet.motifs.statistics.pairs import ORIENTATIONS, find_pairs
from motifnet.motifs.statistics.positions import Centrality, centrality, motifs_per_sequence, position_histogram
from motifnet.sequences.alphabet import N
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.io.intervals import Intervals, parse_coordinates
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.sequences.store import blocks, take_texts

#: Columns of sites.tsv, and what they are.
SITE_COLUMNS = {
    "motif": "name, as in motifs.meme",
    "sequence_index": "0-based index of the sequence among those read (records of only N are not); a test file's anew",
    "name": "name of the sequence (may repeat)",
    "start": "0-based start of the site on the forward strand of the record, as it stands in the file",
    "end": "end, exclusive",
    "strand": "+ or -",
    "score": "log odds to the background, in bits",
    "split": "train, valid, test, or empty for a sequence that the model has not met",
    "chrom": "chromosome, where the names of all positives (or negatives) are places (chr1:100-300); else empty",
    "genome_start": "0-based start on the chromosome; -1 where not known",
    "genome_end": "end on the chromosome, exclusive; -1 where not known",
    "genome_strand": "strand of the chromosome",
}
#: Those that repeat few texts: kept as categories, since sites may be many millions.
REPEATED = ("motif", "name", "strand", "split", "chrom", "genome_strand")
#: Columns of positions.tsv, and what they are.
POSITION_COLUMNS = {
    "motif": "name, as in motifs.meme",
    "bin_start": "start of the bin, in bp from the middle of the sequence",
    "bin_end": "end of the bin",
    "sites_positive": "best sites of held-out positives whose middle lies in it",
    "sites_negative": "likewise of held-out negatives",
}
#: Columns of pairs.tsv, and what they are.
PAIR_COLUMNS = {
    "motif": "name of the first motif",
    "other": "name of the second motif",
    "n_both": "held-out positives with a site of each, not overlapping",
    "expected": "as many as chance gives, GC content and number of other sites held fixed",
    "p_value": "one-sided p-value of occurring together",
    "e_value": "p times the number of pairs",
    "q_value": "false discovery rate (Benjamini-Hochberg) over the pairs",
    "gap": "the most surprising gap between the two, in bp; -1: none within reach",
    "orientation": "of the second motif as the first one reads",
    "n_spaced": "sequences with that gap and orientation",
    "spacing_e_value": "E-value of the spacing, corrected for all combinations and pairs",
}
#: Columns of per_sequence.tsv, and what they are.
PER_SEQUENCE_COLUMNS = {
    "n_motifs": "different motifs with a site in a sequence, of those that pairs.tsv looks at",
    "positives": "held-out positives with so many",
    "negatives": "held-out negatives with so many",
}
#: Motifs whose pairs are looked at, the best ones: each pair makes the others' E-values worse. They are motifs of the
#: positives with at least this auROC on training and validation sequences; nothing is chosen on held-out ones.
MOST_PAIRED = 30
LEAST_PAIRED_AUROC = 0.6


#: Of a site that is (False, True) on the reverse strand, or nowhere.
_STRANDS = ("+", "-", "")
#: Sequences whose best sites of all motifs are held at one time.
_ROWS = 1 << 14


def sites_of(motifs: MotifSet, sequences: SequenceSet, thresholds: NDArray[np.floating]) -> Sites:
    """The best site of each motif in each sequence, where it reaches the motif's threshold."""
    widths = np.array([m.width for m in motifs], dtype=np.int64)
    parts = []
    for first in range(0, max(len(sequences), 1), _ROWS):
        placed = best_sites(motifs, sequences.take(np.arange(first, min(first + _ROWS, len(sequences)))))
        sequence, motif = np.nonzero(placed.score >= thresholds)
        start, is_reverse = placed.start[sequence, motif], placed.is_reverse[sequence, motif]
        end = start + widths[motif]
        parts.append((motif, sequence + first, start, end, is_reverse, placed.score[sequence, motif]))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    return Sites(*(column[order] for column in columns))


def marked_sites(reading: Reading, data: Dataset) -> Sites:
    """The best site of each motif in each sequence of the class that it marks at its task: positives, or negatives.

    Of values and counts the class is the upper, or the lower, third of the labels.
    """
    found = sites_of(reading.motifs, data.sequences, reading.thresholds)
    classes = np.stack([contrast(labels) for labels in data.labels.T], axis=1)
    marked = reading.at_task(reading.signs) > 0
    return found.take(classes[found.sequence, reading.tasks[found.filter]] == marked[found.filter])


@dataclass(frozen=True, eq=False)
class Found:
    """Sequences, the sites of the motifs in them, and where each sequence comes from.

    Parameters
    ----------
    data : Dataset of N sequences
    sites : Sites
        `marked_sites`.
    splits : str array of shape (N,)
        As in `SITE_COLUMNS`.
    where : Intervals of N sequences
        Chromosome "" where that is not known.
    """

    data: Dataset
    sites: Sites
    splits: NDArray[np.str_]
    where: Intervals

    @classmethod
    def of(cls, model: TrainedModel, reading: Reading, data: Dataset, *, is_test: bool) -> Found:
        """Look for the sites; `is_test`: the data are test sequences of their own."""
        splits = np.array(model.split_of(data.sequences))
        splits = np.where(splits == "", "test" if is_test else "", splits)
        return cls(data, marked_sites(reading, data), splits, _coordinates(data))


def site_table(motifs: MotifSet, found: Sequence[Found]) -> pd.DataFrame:
    """The sites in the data, and in test sequences of their own, if any, after them: `SITE_COLUMNS`.

    Columns of text are categories.
    """
    parts = [site_rows(motifs, each, each.sites) for each in found]
    if len(parts) == 1:
        return parts[0]  # in order already
    categories = [union_categoricals([part[name] for part in parts]).categories for name in REPEATED]
    types = {name: pd.CategoricalDtype(own) for name, own in zip(REPEATED, categories, strict=True)}
    table = pd.concat([part.astype(types) for part in parts], ignore_index=True)
    return table.sort_values("motif", key=lambda names: names.cat.codes, kind="stable", ignore_index=True)


def site_rows(motifs: MotifSet, found: Found, sites: Sites) -> pd.DataFrame:
    """A row of `SITE_COLUMNS` for each of some sites in the sequences."""
    sequences = found.data.sequences
    start, end = (sequences.in_records(sites.sequence, place) for place in (sites.start, sites.end))
    places = found.where.locate(sites.sequence, start, end, sites.is_reverse)
    is_known = places.chrom != ""
    here, number = np.unique(sites.sequence, return_inverse=True)
    names = np.array(take_texts(sequences.names, here), dtype=object)
    columns = {
        "motif": _categories(sites.filter, motifs.names),
        "sequence_index": sites.sequence,
        "name": _repeated(names, number),
        "start": start,
        "end": end,
        "strand": _categories(sites.is_reverse, _STRANDS),
        "score": sites.score,
        "split": _repeated(found.splits[here].astype(object), number),
        "chrom": _repeated(places.chrom, np.arange(len(sites))),
        "genome_start": np.where(is_known, places.start, -1),
        "genome_end": np.where(is_known, places.end, -1),
        "genome_strand": _categories(np.where(is_known, places.is_reverse, _STRANDS.index("")), _STRANDS),
    }
    return pd.DataFrame(columns, columns=list(SITE_COLUMNS), copy=False)


def _repeated(texts: NDArray[np.object_], rows: NDArray[np.int64]) -> pd.Categorical:
    """Text ``texts[rows[i]]`` at place ``i``."""
    codes, categories = pd.factorize(texts)
    return _categories(codes[rows], categories)


def _categories(codes: NDArray[Any], texts: Sequence[str]) -> pd.Categorical:
    # The type is said: of no texts it would be another, and tables could not be joined.
    return pd.Categorical.from_codes(codes.astype(np.int64), pd.Index(texts, dtype=str))


def _coordinates(data: Dataset) -> Intervals:
    """Where each sequence lies on the genome, chromosome "" where that is not known.

    Positives and negatives are asked apart: either may come from elsewhere. Negatives under the names of positives are
    their shuffles, and lie nowhere.
    """
    n = len(data)
    lengths = data.sequences.record_lengths
    where = Intervals.forward(np.full(n, "", dtype=object), np.zeros(n, np.int64), np.zeros(n, np.int64))
    positive = is_positive(data)
    names = np.array(data.sequences.names, dtype=object)
    classes = [np.flatnonzero(positive)]
    if not set(names[positive]) & set(names[~positive]):
        classes.append(np.flatnonzero(~positive))
    for rows in classes:
        known = parse_coordinates(names[rows].tolist(), lengths[rows])
        if known is not None:
            for field in fields(Intervals):
                getattr(where, field.name)[rows] = getattr(known, field.name)
    return where


def has_centre(sequences: SequenceSet) -> bool:
    """Whether sequences are windows of one length, so that a distance from the middle means something."""
    is_as_read = sequences.rule is None or (
        sequences.lengths is not None and bool((sequences.lengths == sequences.length).all())
    )
    return is_as_read and not any((part[:, [0, -1]] == N).all(axis=1).any() for _, part in blocks(sequences.codes))


def position_tables(reading: Reading, held_out: Dataset) -> tuple[pd.DataFrame, Centrality]:
    """Histogram of the best sites of held-out sequences, and how central those of the positives are."""
    positive, length, n = is_positive(held_out), held_out.sequences.length, len(reading.motifs)
    classes = [
        sites_of(reading.motifs, held_out.sequences.take(rows), reading.thresholds) for rows in (positive, ~positive)
    ]
    (edges, ours), (_, others) = (position_histogram(sites, n_motifs=n, length=length) for sites in classes)
    bins = len(edges) - 1
    columns = {
        "motif": np.repeat(np.array(reading.motifs.names, dtype=object), bins),
        "bin_start": np.tile(edges[:-1], n),
        "bin_end": np.tile(edges[1:], n),
        "sites_positive": ours.ravel(),
        "sites_negative": others.ravel(),
    }
    table = pd.DataFrame(columns, columns=list(POSITION_COLUMNS))
    return table, centrality(*classes, n_motifs=n, length=length)


def _paired(reading: Reading) -> tuple[MotifSet, NDArray[np.floating]]:
    """The motifs whose pairs are looked at, and their thresholds."""
    marks_positives = reading.at_task(reading.signs) > 0
    rows = np.flatnonzero(marks_positives & (reading.at_task(reading.aurocs) >= LEAST_PAIRED_AUROC))[:MOST_PAIRED]
    motifs = [reading.motifs[int(i)] for i in rows]
    return MotifSet(motifs, reading.motifs.strands, reading.motifs.background), reading.thresholds[rows]


def per_sequence_table(reading: Reading, held_out: Dataset) -> pd.DataFrame:
    """How many different motifs the held-out sequences of either class hold."""
    motifs, thresholds = _paired(reading)
    positive, counts = is_positive(held_out), []
    for rows in (positive, ~positive):
        sites = sites_of(motifs, held_out.sequences.take(rows), thresholds)
        counts.append(motifs_per_sequence(sites, n_motifs=len(motifs), n_sequences=int(rows.sum())))
    columns = {"n_motifs": np.arange(len(motifs) + 1), "positives": counts[0], "negatives": counts[1]}
    return pd.DataFrame(columns, columns=list(PER_SEQUENCE_COLUMNS))


def pair_table(reading: Reading, held_out: Dataset) -> pd.DataFrame:
    """Pairs of motifs in held-out positives, best first."""
    motifs, thresholds = _paired(reading)
    if len(motifs) < 2:
        return pd.DataFrame(columns=list(PAIR_COLUMNS))
    positives = held_out.sequences.take(is_positive(held_out))
    found = find_pairs(sites_of(motifs, positives, thresholds), positives.gc_content(), n_motifs=len(motifs))
    names = np.array(motifs.names, dtype=object)
    columns = {
        "motif": names[found.first],
        "other": names[found.second],
        "n_both": found.n_both,
        "expected": found.expected,
        "p_value": found.p,
        "e_value": found.e_value,
        "q_value": found.q,
        "gap": found.gap,
        "orientation": np.where(found.orientation >= 0, np.array(ORIENTATIONS, dtype=object)[found.orientation], ""),
        "n_spaced": found.n_spaced,
        "spacing_e_value": found.spacing_e_value,
    }
    return (
        pd.DataFrame(columns, columns=list(PAIR_COLUMNS)).sort_values("p_value", kind="stable").reset_index(drop=True)
    )
