"""What a reader looks at to believe a motif: the scores of both classes, and a few of its sites in their sequences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from motifnet.interpretation.readout import Reading
from motifnet.interpretation.tables.site_tables import REPEATED, SITE_COLUMNS, Found, site_rows
from motifnet.motifs.learned.sites import Sites
from motifnet.motifs.motif import MotifSet
from motifnet.motifs.scanning.pwm import best_scores
from motifnet.motifs.statistics.contrast import contrast
from motifnet.motifs.statistics.enrichment import independent
from motifnet.sequences.alphabet import Codes, decode_codes, reverse_complement
from motifnet.sequences.dataset import Dataset

#: Columns of score_counts.tsv, and what they are.
SCORE_COLUMNS = {
    "motif": "name, as in motifs.meme",
    "task": "the task that the PWM separates best, as in motifs.tsv",
    "bin_start": "start of the bin, in bits of log odds; the motif's threshold is the start of one",
    "bin_end": "end of the bin",
    "n_positive": "held-out positives whose best window scores so (of values: of the upper third; copies count once)",
    "n_negative": "likewise held-out negatives (of values: of the lower third)",
}
_LETTERS = {
    "before": "letters before the site, up to ten, on its strand",
    "word": "the letters of the site, on its strand",
    "after": "letters after it",
}
#: Columns of examples.tsv, and what they are.
EXAMPLE_COLUMNS = {
    **{column: SITE_COLUMNS[column] for column in ("motif", "sequence_index", "name", "start", "end", "strand")},
    **{column: SITE_COLUMNS[column] for column in ("score", "split")},
    **{column: SITE_COLUMNS[column] for column in ("chrom", "genome_start", "genome_end", "genome_strand")},
    **_LETTERS,
}
_AS_TEXT = dict.fromkeys(REPEATED, str)
_BINS = 24
#: Examples of a motif, at most, and letters of the sequence on either side.
_EXAMPLES, _FLANK = 6, 10

Floats = NDArray[np.float64]


def score_table(reading: Reading, held_out: Dataset) -> pd.DataFrame:
    """Histograms of the best score of each held-out sequence, both classes of each motif's task: `SCORE_COLUMNS`."""
    scores = best_scores(reading.motifs, held_out.sequences).astype(np.float64)
    parts = []
    for index, (name, task) in enumerate(zip(reading.motifs.names, reading.tasks, strict=True)):
        labels = held_out.labels[:, task]
        rows = independent(held_out, labels)
        own, classes = scores[rows, index], contrast(labels[rows])
        edges = _edges(own, float(reading.thresholds[index]))
        counts = [np.histogram(own[classes == kind], edges)[0] for kind in (1, 0)]
        columns = (name, held_out.tasks[task], edges[:-1], edges[1:], *counts)
        parts.append(pd.DataFrame(dict(zip(SCORE_COLUMNS, columns, strict=True))))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(SCORE_COLUMNS))


def _edges(scores: Floats, threshold: float) -> Floats:
    """Edges of bins of one width over all scores, the threshold among them, so that sites are whole bins."""
    lowest, highest = (float(scores.min()), float(scores.max())) if len(scores) else (0.0, 0.0)
    width = (highest - lowest) / (_BINS - 1) or 1.0
    if not np.isfinite(threshold):
        threshold = lowest
    first, last = np.floor((lowest - threshold) / width), np.floor((highest - threshold) / width) + 1
    return np.asarray(threshold + width * np.arange(first, last + 1))


def example_table(motifs: MotifSet, found: Sequence[Found]) -> pd.DataFrame:
    """The strongest sites of each motif with what stands around them, held-out ones first: `EXAMPLE_COLUMNS`."""
    numbers, rows = _strongest(found)
    parts = []
    for number, each in enumerate(found):
        strongest = each.sites.take(rows[numbers == number])
        words = [_in_sequence(each.data.sequences.codes, strongest, row) for row in range(len(strongest))]
        letters = {name: [word[k] for word in words] for k, name in enumerate(_LETTERS)}
        part = site_rows(motifs, each, strongest).astype(_AS_TEXT)
        parts.append(part.assign(**letters).set_index(np.flatnonzero(numbers == number)))
    return pd.concat(parts).sort_index()[list(EXAMPLE_COLUMNS)]


def _strongest(found: Sequence[Found]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of each motif the strongest sites, by the number of their data set and the row among its sites."""
    is_seen = np.concatenate([np.isin(each.splits, ("train", "valid"))[each.sites.sequence] for each in found])
    motif, score = (np.concatenate([getattr(each.sites, name) for each in found]) for name in ("filter", "score"))
    order = np.lexsort((-score, is_seen, motif))
    ordered = motif[order]
    best = order[np.arange(len(order)) - np.searchsorted(ordered, ordered) < _EXAMPLES]
    begins = np.cumsum([0, *(len(each.sites) for each in found)])
    numbers = np.searchsorted(begins, best, side="right") - 1
    return numbers, best - begins[numbers]


def _in_sequence(codes: Codes, sites: Sites, row: int) -> tuple[str, str, str]:
    """Letters before, in and after one site on its strand; padding at the ends of the sequence left out."""
    own = codes[sites.sequence[row]]
    start, end = int(sites.start[row]), int(sites.end[row])
    parts = [own[max(start - _FLANK, 0) : start], own[start:end], own[end : end + _FLANK]]
    if sites.is_reverse[row]:
        parts = [reverse_complement(part) for part in reversed(parts)]
    before, word, after = (decode_codes(part) for part in parts)
    return before.lstrip("N"), word, after.rstrip("N")
