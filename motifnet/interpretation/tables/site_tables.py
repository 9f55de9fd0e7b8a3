"""Tables of the sites of motifs: sites.tsv, sites.bed and examples.tsv."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from pandas.api.types import union_categoricals

from motifnet.interpretation.readout import Readout
from motifnet.interpretation.tables.columns import EXAMPLE_COLUMNS, SITE_COLUMNS
from motifnet.motifs.statistics.contrast import contrast, is_high
from motifnet.motifs.statistics.occurrences import Occurrences
from motifnet.sequences.alphabet import decode_codes, reverse_complement
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.io.bed import write_bed
from motifnet.sequences.io.intervals import Intervals, parse_coordinates
from motifnet.sequences.splits.random import PARTS
from motifnet.sequences.store import blocks, take_texts

#: Of a site with `is_reverse` False or True, or without coordinates.
_STRANDS = ("+", "-", "")


def collect_sites(readout: Readout) -> pd.DataFrame:
    """The sites of each motif: the best site of each sequence of its class, if it reaches the motif's threshold.

    The class is that in which the motif is enriched in its task; for values and counts, the upper or the lower third.

    Returns
    -------
    DataFrame
        By motif and sequence: ``motif`` (index), ``part`` (index in `Readout.occurrences`), ``row`` (index in that
        part), ``start`` (on the forward strand of the sequence), ``is_reverse`` and ``score``.
    """
    tables, indices = [], []
    for part, (own, classes) in enumerate(zip(readout.occurrences, _classes(readout), strict=True)):
        for first, score in blocks(own.score):
            is_own_class = classes[first : first + len(score), readout.tasks] == (readout.directions > 0)
            row, motif = np.nonzero((score >= readout.thresholds) & is_own_class)
            here = first + row, motif
            columns = {
                "motif": motif.astype(np.int32),
                "part": np.full(len(row), part, dtype=np.int8),
                "row": here[0].astype(np.int32),
                "start": own.start[here],
                "is_reverse": own.is_reverse[here],
                "score": own.score[here],
            }
            tables.append(pd.DataFrame(columns))
            indices.append(own.index[here[0]])
    sites = pd.concat(tables, ignore_index=True)
    order = np.lexsort((np.concatenate(indices), sites["part"] >= len(PARTS), sites["motif"]))
    return sites.iloc[order].reset_index(drop=True)


def _classes(readout: Readout) -> list[NDArray[np.float64]]:
    """Classes ``(N, T)`` of the sequences of each part; thirds are those of all sequences of a file."""
    classes = []
    for of_file in (readout.occurrences[: len(PARTS)], readout.occurrences[len(PARTS) :]):
        labels = np.concatenate([np.empty((0, readout.signs.shape[1])), *(own.data.labels for own in of_file)])
        by_task = np.stack([contrast(task) for task in labels.T], axis=1)
        classes += np.split(by_task, np.cumsum([len(own) for own in of_file])[:-1])
    return classes[: len(readout.occurrences)]


def site_table(readout: Readout, sites: pd.DataFrame) -> pd.DataFrame:
    """One row per site of `collect_sites`, in order: the columns `SITE_COLUMNS`; columns of text are categories."""
    by_part = [
        _site_rows(readout.motifs.names, own, sites[sites["part"] == part])
        for part, own in enumerate(readout.occurrences)
    ]
    for name in ("name", "chrom"):
        categories = pd.CategoricalDtype(union_categoricals([rows[name] for rows in by_part]).categories)
        by_part = [rows.assign(**{name: rows[name].astype(categories)}) for rows in by_part]
    return pd.concat(by_part).sort_index(ignore_index=True)


def _site_rows(motifs: Sequence[str], occurrences: Occurrences, sites: pd.DataFrame) -> pd.DataFrame:
    """`site_table` of one part; its index is that of the sites."""
    sequences, rows = occurrences.data.sequences, sites["row"].to_numpy(np.int64)
    start, is_reverse = sites["start"].to_numpy(np.int64), sites["is_reverse"].to_numpy()
    end = start + occurrences.widths[sites["motif"]]
    start, end = (sequences.in_records(rows, position) for position in (start, end))
    genome = _coordinates(occurrences.data).locate(rows, start, end, is_reverse)
    is_known = genome.chrom != ""
    unique, number = np.unique(rows, return_inverse=True)
    columns = {
        "motif": _categorical(sites["motif"], motifs),
        "sequence_index": occurrences.index[rows],
        "name": _categorical(*_factorized(take_texts(sequences.names, unique), number)),
        "start": start,
        "end": end,
        "strand": _categorical(is_reverse, _STRANDS),
        "score": sites["score"].to_numpy(),
        "split": _categorical(np.full(len(sites), PARTS.index(occurrences.part)), PARTS),
        "chrom": _categorical(*_factorized(genome.chrom, np.arange(len(sites)))),
        "genome_start": np.where(is_known, genome.start, -1),
        "genome_end": np.where(is_known, genome.end, -1),
        "genome_strand": _categorical(np.where(is_known, genome.is_reverse, _STRANDS.index("")), _STRANDS),
    }
    return pd.DataFrame(columns, index=sites.index, columns=list(SITE_COLUMNS), copy=False)


def _factorized(texts: Sequence[str] | NDArray[np.object_], rows: NDArray[np.int64]) -> tuple[NDArray[Any], Any]:
    """Codes and categories of ``texts[rows]``."""
    codes, categories = pd.factorize(np.array(texts, dtype=object))
    return codes[rows], categories


def _categorical(codes: ArrayLike, texts: Sequence[str]) -> pd.Categorical:
    # With an explicit type, since that of no texts would be another.
    return pd.Categorical.from_codes(np.asarray(codes, dtype=np.int64), pd.Index(texts, dtype=str))


def _coordinates(data: Dataset) -> Intervals:
    """Genomic coordinates of each sequence; chromosome "" if unknown.

    Positives and negatives are parsed separately, since only one class may have coordinates. Negatives with names of
    positives are shuffles of these, without coordinates.
    """
    n, lengths = len(data), data.sequences.record_lengths
    found = Intervals.forward(np.full(n, "", dtype=object), np.zeros(n, np.int64), np.zeros(n, np.int64))
    positive = is_high(data.labels)
    names = np.array(data.sequences.names, dtype=object)
    classes = [np.flatnonzero(positive)]
    if not set(names[positive]) & set(names[~positive]):
        classes.append(np.flatnonzero(~positive))
    for rows in classes:
        known = parse_coordinates(names[rows].tolist(), lengths[rows])
        if known is not None:
            for field in fields(Intervals):
                getattr(found, field.name)[rows] = getattr(known, field.name)
    return found


def write_sites_bed(sites: pd.DataFrame, path: Path) -> None:
    """Write sites as BED, with a score of 10 x bits: on the genome if any has coordinates, otherwise on sequences."""
    is_known = (sites["chrom"] != "").to_numpy(dtype=np.bool_)
    names = ("name", "start", "end", "strand")
    if is_known.any():
        sites, names = sites[is_known], ("chrom", "genome_start", "genome_end", "genome_strand")
    chrom, start, end, strand = (sites[name].to_numpy() for name in names)
    scores = np.rint(10 * sites["score"].to_numpy(dtype=float))
    write_bed(Intervals(chrom, start, end, strand == "-"), path, names=sites["motif"].to_numpy(), scores=scores)


def example_table(readout: Readout, sites: pd.DataFrame, site_rows: pd.DataFrame, *, n: int = 6) -> pd.DataFrame:
    """The `n` strongest sites of each motif with their flanks, held-out ones first: the columns `EXAMPLE_COLUMNS`.

    `site_rows` are the rows of `site_table`.
    """
    is_seen = np.array([own.part != "test" for own in readout.occurrences])[sites["part"]]
    order = np.lexsort((-sites["score"], is_seen, sites["motif"]))
    ordered = sites["motif"].to_numpy()[order]
    chosen = sites.iloc[order[np.arange(len(order)) - np.searchsorted(ordered, ordered) < n]]
    table = site_rows.loc[chosen.index]
    table = table.astype(dict.fromkeys(table.select_dtypes("category"), str))
    bases = [_with_flanks(readout, site) for site in chosen.itertuples()]
    for number, name in enumerate(("before", "matched_sequence", "after")):
        table[name] = [own[number] for own in bases]
    return table[list(EXAMPLE_COLUMNS)].reset_index(drop=True)


def _with_flanks(readout: Readout, site: Any, flank: int = 10) -> tuple[str, str, str]:
    """Bases before, in and after a site on its strand, without the padding of the sequence."""
    codes = readout.occurrences[site.part].data.sequences.codes[site.row]
    start, end = site.start, site.start + readout.motifs[site.motif].width
    parts = [codes[max(start - flank, 0) : start], codes[start:end], codes[end : end + flank]]
    if site.is_reverse:
        parts = [reverse_complement(part) for part in reversed(parts)]
    before, matched, after = (decode_codes(part) for part in parts)
    return before.lstrip("N"), matched, after.rstrip("N")
