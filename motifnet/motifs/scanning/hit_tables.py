"""What `scan` found, as tables: one row a hit, BED, and sequences x motifs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from motifnet.errors import InputError
from motifnet.motifs.scanning.hits import Scan
from motifnet.sequences.io.bed import write_bed
from motifnet.sequences.io.intervals import Intervals, parse_coordinates

Matrix = Literal["counts", "best"]

#: Columns of the table of hits, and what they are.
HIT_COLUMNS = {
    "motif": "name of the motif",
    "sequence_index": "0-based index of the sequence among those read",
    "name": "name of the sequence (may repeat)",
    "start": "0-based start of the hit on the forward strand (FIMO's is 1-based)",
    "end": "end, exclusive (the same number as FIMO's `stop`)",
    "strand": "+ or -",
    "score": "log-odds score in bits, in FIMO's steps",
    "p_value": "p-value: the chance of such a score in independent letters of the background",
    "q_value": "q-value (Benjamini & Hochberg), over all windows and strands of the motif",
    "word": "the letters, read on the hit's strand",
}


def hit_table(found: Scan) -> pd.DataFrame:
    """One row a hit, with the columns `HIT_COLUMNS`, ordered by motif, sequence and start."""
    hits = found.hits
    columns = {
        "motif": np.array(found.motifs.names, dtype=object)[hits.motif],
        "sequence_index": hits.sequence,
        "name": np.array(found.names, dtype=object)[hits.sequence],
        "start": hits.start,
        "end": hits.end,
        "strand": np.where(hits.is_reverse, "-", "+"),
        "score": hits.score,
        "p_value": hits.p,
        "q_value": hits.q,
        "word": hits.word.astype(str),
    }
    return pd.DataFrame(columns, columns=list(HIT_COLUMNS))


def write_hit_bed(found: Scan, path: str | Path) -> bool:
    """Write hits as BED: chrom, start, end, motif, score, strand; then bits, p, q, word and the sequence's name.

    The fifth column is ``-100 log10 p``, at most 1000. Intervals are on the genome if the names of the sequences
    have coordinates (`parse_coordinates`), else within the named sequences.

    Returns
    -------
    bool
        Whether they are on the genome.

    Raises
    ------
    FormatError
        If the file cannot be written.
    """
    hits, table = found.hits, hit_table(found)
    coordinates = parse_coordinates(found.names, found.lengths)
    if coordinates is None:
        intervals = Intervals(table["name"].to_numpy(), hits.start, hits.end, hits.is_reverse)
    else:
        intervals = coordinates.locate(hits.sequence, hits.start, hits.end, hits.is_reverse)
    more = {"bits": hits.score, "p_value": hits.p, "q_value": hits.q, "word": table["word"], "sequence": table["name"]}
    scores = -100 * np.log10(np.maximum(hits.p, 1e-300))
    write_bed(intervals, path, names=table["motif"], scores=np.rint(scores), more=more)
    return coordinates is not None


def matrix_table(found: Scan, values: Matrix) -> pd.DataFrame:
    """Sequences x motifs: ``index name <motif> ...``.

    Parameters
    ----------
    found : Scan
    values : {"counts", "best"}
        Hits, or the best score in bits (which `scan` keeps when asked).

    Raises
    ------
    InputError
        If best scores were not kept.
    """
    matrix = found.counts() if values == "counts" else found.best
    if matrix is None:
        raise InputError("the best scores were not kept", hint="Scan with with_best=True.")
    table = pd.DataFrame(matrix, columns=list(found.motifs.names))
    table.insert(0, "index", np.arange(len(table)), allow_duplicates=True)
    table.insert(1, "name", list(found.names), allow_duplicates=True)
    return table
