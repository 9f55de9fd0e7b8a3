"""Tables of seqlets with the most similar motif of each: seqlets.tsv and seqlets.bed of `explain`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.interpretation.attribution.attribution_files import genome_windows
from motifnet.interpretation.patterns import MIN_SIMILARITY, Matrices, align_matrices, near_seqlets
from motifnet.interpretation.seqlets import Seqlets
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.outputs import write_table
from motifnet.sequences.io.bed import write_bed
from motifnet.sequences.io.intervals import Intervals
from motifnet.sequences.sequence_set import SequenceSet

SEQLETS, SEQLETS_BED = "seqlets.tsv", "seqlets.bed"
#: Columns of seqlets.tsv.
SEQLET_COLUMNS = {
    "sequence_index": "0-based index of the sequence in its file",
    "name": "name of the sequence (may repeat)",
    "task": "task of the network",
    "start": "0-based start of the seqlet in the record of the file",
    "end": "end, exclusive",
    "direction": "positive: the bases raise the score; negative: they lower it",
    "contribution": "sum of the contributions of its bases",
    "mean_contribution": "mean contribution of a base",
    "p_value": "fraction of the regions of shuffled sequences with at least this contribution; only for positive "
    "seqlets of sequences that were used neither to train nor to choose the model",
    "q_value": "false discovery rate among the regions with at least this contribution, from shuffled sequences",
    "motif": "motif of --motifs that is most similar to the contributions; empty below a similarity of 0.5",
    "motif_start": "0-based start of that motif in the record",
    "motif_end": "its end, exclusive",
    "motif_strand": "its strand",
    "similarity": "cosine of the contributions of the seqlet and the letter heights of the motif, at the best position",
    "chrom": "chromosome, if the names of all sequences are coordinates (chr1:100-300)",
    "genome_start": "0-based start of the seqlet on the chromosome; -1 if unknown",
    "genome_end": "end on the chromosome, exclusive; -1 if unknown",
    "genome_strand": "strand on the chromosome: that of the motif or, without a motif, of the sequence",
}
#: Number of seqlets compared with the motifs at a time.
_BATCH = 1024


class MotifMatches(NamedTuple):
    """Motif of each of n seqlets: arrays ``(n,)``. Index -1 without a similar motif; positions in the sequence."""

    motif: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    is_reverse: NDArray[np.bool_]
    similarity: NDArray[np.float32]


def match_motifs(
    observed: NDArray[np.floating], sequences: SequenceSet, seqlets: Seqlets, motifs: MotifSet
) -> MotifMatches:
    """Find the motif that is most similar to the contributions of each seqlet, at its best position and strand.

    The similarity is that of `patterns`: the cosine between the observed contributions of the seqlet, as a matrix
    ``(4, w)``, and the letter heights of the logo of the motif. For seqlets that lower the score, the sign of the
    contributions is changed. Therefore a motif is reported only where the network uses its bases; a scan with the PWM
    also finds sites without contributions. Unlike Fi-NeMo (Schreiber lab, 2024), which models contributions as a sum of
    contribution weight matrices, this assigns at most one motif to each seqlet, and overlapping motifs are not
    resolved.

    Parameters
    ----------
    observed : array of shape (N, L)
        Observed contributions.
    sequences : SequenceSet of N sequences
    seqlets : Seqlets of n seqlets
    motifs : MotifSet

    Returns
    -------
    MotifMatches
        The motif is -1 if no similarity is at least `patterns.MIN_SIMILARITY`.
    """
    n = len(seqlets)
    start, end = np.zeros((2, n), np.int64)
    found = MotifMatches(np.full(n, -1), start, end, np.zeros(n, np.bool_), np.zeros(n, np.float32))
    if not len(motifs):
        return found
    radius = max(15, *(motif.width // 2 for motif in motifs))
    letters = np.stack([_letters(motif, radius) for motif in motifs])
    for first in range(0, n, _BATCH):
        rows = slice(first, first + _BATCH)
        own = seqlets.take(rows)
        sites, values = near_seqlets(observed, sequences, own, radius=radius)
        values *= own.sign[:, np.newaxis, np.newaxis]
        matches = align_matrices(values, letters, motifs.strands, max_shift=radius)
        best = matches.similarity.argmax(axis=1)
        at = np.arange(len(best)), best
        widths = np.array([motif.width for motif in motifs])[best]
        # The motif is centred in its window; its reverse complement begins where the motif ended.
        offset = radius - widths // 2
        offset = np.where(matches.is_reverse[at], 2 * radius + 1 - offset - widths, offset)
        found.motif[rows] = np.where(matches.similarity[at] >= MIN_SIMILARITY, best, -1)
        found.start[rows] = sites.start + offset + matches.shift[at]
        found.end[rows] = found.start[rows] + widths
        found.is_reverse[rows], found.similarity[rows] = matches.is_reverse[at], matches.similarity[at]
    return found


def _letters(motif: Motif, radius: int) -> Matrices:
    """Heights of the letters of the logo, centred in a window ``(4, 2 * radius + 1)``."""
    values = np.zeros((4, 2 * radius + 1), dtype=np.float32)
    start = radius - motif.width // 2
    values[:, start : start + motif.width] = motif.ppm * motif.information()
    return values


def seqlet_table(
    observed: NDArray[np.floating], sequences: SequenceSet, seqlets: Seqlets, motifs: MotifSet | None = None
) -> pd.DataFrame:
    """One row per seqlet: the columns `SEQLET_COLUMNS`. Parameters are those of `match_motifs`."""
    matches = match_motifs(observed, sequences, seqlets, motifs or MotifSet([]))
    rows, is_named = seqlets.sequence, matches.motif >= 0
    names = np.array([*(() if motifs is None else motifs.names), ""], dtype=object)
    in_record = [sequences.in_records(rows, position) for position in (seqlets.start, seqlets.end)]
    of_motif = [sequences.in_records(rows, position) for position in (matches.start, matches.end)]
    columns: dict[str, Any] = {
        "sequence_index": rows,
        "name": np.array(list(sequences.names), dtype=object)[rows],
        "task": seqlets.task,
        "start": in_record[0],
        "end": in_record[1],
        "direction": np.where(seqlets.sign > 0, "positive", "negative"),
        "contribution": seqlets.contribution,
        "mean_contribution": seqlets.mean,
        "p_value": seqlets.p_value,
        "q_value": seqlets.q_value,
        "motif": names[matches.motif],
        **{
            name: pd.array(np.where(is_named, values, -1), dtype="Int64")
            for name, values in zip(("motif_start", "motif_end"), of_motif, strict=True)
        },
        "motif_strand": np.where(is_named, np.where(matches.is_reverse, "-", "+"), ""),
        "similarity": np.nan if motifs is None else matches.similarity.astype(np.float64),
        **_on_genome(sequences, seqlets, matches.is_reverse & is_named),
    }
    table = pd.DataFrame(columns, columns=list(SEQLET_COLUMNS))
    table.loc[~is_named, ["motif_start", "motif_end"]] = pd.NA
    return table


def _on_genome(sequences: SequenceSet, seqlets: Seqlets, is_reverse: NDArray[np.bool_]) -> dict[str, Any]:
    windows = genome_windows(sequences)
    if windows is None:
        return {"chrom": "", "genome_start": -1, "genome_end": -1, "genome_strand": ""}
    found = windows.locate(seqlets.sequence, seqlets.start, seqlets.end, is_reverse)
    strand = np.where(found.is_reverse, "-", "+")
    return {"chrom": found.chrom, "genome_start": found.start, "genome_end": found.end, "genome_strand": strand}


def write_seqlets(tables: Sequence[pd.DataFrame], folder: Path) -> None:
    """Write seqlets.tsv and seqlets.bed: on the genome if the sequences have coordinates, otherwise on the sequences.

    Names in the BED file are those of motifs, or the direction without one; scores are 10 x contribution.
    """
    table = pd.concat(tables, ignore_index=True)
    write_table(table, folder / SEQLETS)
    is_known = bool((table["chrom"] != "").all())
    names = ("chrom", "genome_start", "genome_end") if is_known else ("name", "start", "end")
    chrom, start, end = (table[name].to_numpy() for name in names)
    is_reverse = (table["genome_strand" if is_known else "motif_strand"] == "-").to_numpy(dtype=np.bool_)
    labels = np.where(table["motif"] == "", table["direction"], table["motif"])
    scores = 10 * table["contribution"].abs().to_numpy(dtype=float)
    write_bed(Intervals(chrom, start, end, is_reverse), folder / SEQLETS_BED, names=labels, scores=scores)
