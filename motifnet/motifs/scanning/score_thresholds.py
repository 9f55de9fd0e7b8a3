"""Thresholds of `scan`: from a table such as motifs.tsv, or those of the motifs themselves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from motifnet.documents import split_row
from motifnet.errors import FormatError, InputError, quoted
from motifnet.motifs.motif import PSEUDOCOUNT, Motif, MotifSet
from motifnet.motifs.scanning.pwm import highest_score
from motifnet.sequences.io.text import TextSource

#: Value of `thresholds` for the thresholds of the motifs themselves.
OF_MOTIFS = "motifs"


def lowest_scores(
    motifs: MotifSet,
    p_value: float | None,
    thresholds: Mapping[str, float] | str | Path | None,
    pseudocount: float,
) -> list[float | None]:
    """Lowest score of a hit in bits, for each motif; None: the p-value decides."""
    if thresholds is None:
        is_default = p_value is None and pseudocount == PSEUDOCOUNT
        return [motif.threshold if is_default and _is_consensus(motif) else None for motif in motifs]
    if pseudocount != PSEUDOCOUNT:
        raise InputError(
            f"thresholds require a pseudocount of {PSEUDOCOUNT:g}. Got {pseudocount} instead",
            hint="Leave out one of the two.",
        )
    if thresholds == OF_MOTIFS and not Path(OF_MOTIFS).is_file():
        for motif in motifs:
            if motif.threshold is None:
                hint = "Use motifs with thresholds, such as a HOMER file, or a table of thresholds."
                raise InputError(f"motif {quoted(motif.name)} has no threshold", hint=hint)
        return [motif.threshold for motif in motifs]
    if isinstance(thresholds, str | Path):
        thresholds = read_thresholds(thresholds)
    return [_threshold_of(motif.name, thresholds) for motif in motifs]


def read_thresholds(path: str | Path) -> dict[str, float]:
    """Read the columns ``motif`` and ``threshold`` of a table such as motifs.tsv, for `scan`.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    dict of str to float
        Scores in bits.

    Raises
    ------
    FormatError
        If the file cannot be read, a column is missing, or a threshold is not a number; with the line.
    """
    source = TextSource(path)
    with source.text() as handle:
        header, *rows = [split_row(line) for line in handle] or [[]]
    if not {"motif", "threshold"} <= set(header):
        hint = "Use motifs.tsv, or a tab-separated table with these columns."
        raise FormatError(source.name, "the table must have the columns 'motif' and 'threshold'", line=1, hint=hint)
    thresholds = {}
    for number, row in enumerate(rows, start=2):
        cells = dict(zip(header, row, strict=False))
        try:
            thresholds[cells["motif"]] = float(cells["threshold"])
        except (KeyError, ValueError):
            raise FormatError(source.name, "the threshold is not a number", line=number) from None
    return thresholds


def _is_consensus(motif: Motif) -> bool:
    """Whether only the best matches of a motif are its sites."""
    return motif.threshold is not None and motif.threshold >= highest_score(motif)


def _threshold_of(name: str, thresholds: Mapping[str, float]) -> float:
    threshold = float(thresholds.get(name, np.nan))
    if np.isnan(threshold):
        hint = "Use the motifs.meme and the motifs.tsv of the same run."
        raise InputError(f"motif {quoted(name)} has no threshold", hint=hint)
    return threshold
