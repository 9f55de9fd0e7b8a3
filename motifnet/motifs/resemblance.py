"""Motifs that resemble an earlier motif of a list: parts such as half-sites, longer motifs, and other spacings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from motifnet.motifs.alignment import MERGE_SIMILARITY, align_motifs, mutual_similarity
from motifnet.motifs.motif import Motif, Strands

#: Kinds of resemblance, and what they mean.
KINDS = {
    "similar": "the same motif, more or less specific",
    "part": "a part of it, such as a half-site",
    "longer": "contains it",
    "spacing": "its two parts at another distance",
}
#: Minimum `mutual_similarity` of a motif and its part, since fragments of a few columns resemble many motifs.
_MIN_PART = 0.5
#: A motif that covers less than this fraction of the information of another one is a part of it.
_WHOLE = 0.75
#: Maximum number of columns that may be missing or added between two parts; minimum squared norm of each part, and its
#: minimum fraction of the whole. A column with a single base has 0.75, so a part has at least four columns.
_MAX_STEP, _MIN_NORM, _MIN_SIDE = 6, 2.5, 0.3


def resembled(motifs: Sequence[Motif], *, strands: Strands) -> list[tuple[int, str]]:
    """For each motif, the earlier motif that it resembles most.

    Motifs resemble each other if their similarity (`align_motifs`) is at least `MERGE_SIMILARITY`, or if the similarity
    of the whole motifs reaches it after columns without information are inserted between two parts of one motif, or
    columns between its parts are removed.

    Parameters
    ----------
    motifs : sequence of M Motif
    strands : {"both", "forward"}

    Returns
    -------
    list of M (int, str)
        Index and kind (`KINDS`); -1 and empty for a motif that resembles no earlier one.
    """
    similarity, offset, _ = align_motifs(motifs, motifs, strands=strands)
    similarity[mutual_similarity(motifs, motifs, strands=strands) < _MIN_PART] = 0.0
    versions = [_respaced(motif) for motif in motifs]
    found: list[tuple[int, str]] = []
    for index, motif in enumerate(motifs):
        best = int(similarity[index, :index].argmax()) if index else -1
        if index and similarity[index, best] >= MERGE_SIMILARITY:
            of_earlier = _covered(motifs[best], int(offset[best, index]), motif.width)
            of_own = _covered(motif, int(offset[index, best]), motifs[best].width)
            found.append((best, "part" if of_earlier < _WHOLE else "longer" if of_own < _WHOLE else "similar"))
            continue
        spaced = [
            mutual_similarity([motif], earlier, strands=strands).max(initial=0.0) if earlier else 0.0
            for earlier in versions[:index]
        ]
        best = int(np.argmax(spaced)) if spaced else -1
        found.append((best, "spacing") if spaced and spaced[best] >= MERGE_SIMILARITY else (-1, ""))
    return found


def _covered(motif: Motif, offset: int, width: int) -> float:
    """Fraction of the information of a motif in the columns ``[offset, offset + width)``."""
    information = motif.information()
    return float(information[max(offset, 0) : max(offset + width, 0)].sum() / max(information.sum(), 1e-12))


def _respaced(motif: Motif) -> list[Motif]:
    """Versions of a motif with flat columns inserted between two parts, or with columns between them removed."""
    squares = np.square(motif.ppm - 0.25).sum(axis=0)
    before = np.concatenate([[0.0], np.cumsum(squares)])
    least = max(_MIN_NORM, _MIN_SIDE * before[-1])
    flat = np.full((4, 1), motif.counts.sum(axis=0).mean() / 4)
    versions = []
    for end in range(1, motif.width):
        for start in range(end, min(end + _MAX_STEP + 1, motif.width)):
            if before[end] >= least and before[-1] - before[start] >= least:
                left, right = motif.counts[:, :end], motif.counts[:, start:]
                gaps = range(1, _MAX_STEP + 1) if start == end else (0,)
                versions += [np.hstack([left, np.repeat(flat, gap, axis=1), right]) for gap in gaps]
    return [replace(motif, counts=counts) for counts in versions]
