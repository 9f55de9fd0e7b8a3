"""Comparison with known motifs: `compare` makes Tomtom's table, `annotate` lists the best matches with their factors.

P-values, E-values and q-values are always computed against the whole set of known motifs, before any filter.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from motifnet.arguments import check_integer
from motifnet.errors import InputError, quoted
from motifnet.motifs.extraction_spec import DEFAULT_DATABASE
from motifnet.motifs.known.databases import AnyMotifs, as_motifs, factors_of, shipped_database
from motifnet.motifs.known.tomtom import Alignments, align
from motifnet.motifs.motif import Motif, MotifSet

logger = logging.getLogger("motifnet")

#: Columns of `compare` and their descriptions: first those of Tomtom, under its names.
COMPARISON_COLUMNS = {
    "Query_ID": "name of the motif",
    "Target_ID": "name of the known motif",
    "Target_name": "alternate name of the known motif, usually the transcription factor; may be empty",
    "Optimal_offset": "position in the target where the query begins (negative: before the target)",
    "p-value": "Tomtom's p-value, against the whole set of known motifs",
    "E-value": "p times the number of known motifs",
    "q-value": "Benjamini-Hochberg over the query's p-values against all known motifs",
    "Overlap": "number of aligned columns",
    "Query_consensus": "IUPAC consensus of the query",
    "Target_consensus": "IUPAC consensus of the target, in its orientation",
    "Orientation": "of the target: +, or - if it is reverse-complemented",
    "query_share": "fraction of the query's information in the aligned columns",
    "target_share": "fraction of the target's information in the aligned columns",
    "correlation": "of the aligned columns: 1 if they are equal, 0 if they are unrelated",
    "partial": "whether target_share is below 0.6",
}
#: Columns of matches.tsv and their descriptions.
MATCH_COLUMNS = {
    "motif": "name, as in motifs.meme",
    "match_rank": "1 for the best match; empty without a match",
    "match": "identifier of the known motif; empty without a match",
    "match_name": "transcription factor of the known motif",
    "match_family": "structural family of the factor, as in JASPAR",
    "match_class": "structural class of the factor",
    "match_kind": "full, partial (less than 0.6 of the known motif's information is aligned), or none",
    "match_p_value": "Tomtom's p-value, against the whole database",
    "match_e_value": "p times the number of motifs in the database",
    "match_q_value": "Benjamini-Hochberg over the motif's p-values against the whole database",
    "query_share": "fraction of the motif's information in the aligned columns",
    "target_share": "fraction of the known motif's information in the aligned columns",
    "correlation": "of the aligned columns: 1 if they are equal, 0 if they are unrelated",
    "orientation": "of the known motif: + or -",
    "offset": "position in the known motif where this motif begins",
    "overlap": "number of aligned columns",
}
#: A match is partial if less than this fraction of the target's information is aligned.
FULL_MATCH = 0.6
#: Criteria of a match in `annotate`, chosen with `tests/benchmarks/annotation.py`. The q-value instead of the E-value,
#: since the motifs of a family match together, and chance matches are single. The correlation, since Tomtom matches
#: motifs of little information to the spacers of long ones: filters of 7 bits match CTCF at p = 1e-8, with a
#: correlation of 0.4.
MATCH_Q_VALUE = 0.015
MATCH_CORRELATION = 0.85


def compare(
    motifs: AnyMotifs,
    known: AnyMotifs = DEFAULT_DATABASE,
    *,
    top: int | None = None,
    e_value: float | None = None,
) -> pd.DataFrame:
    """Compare motifs with known motifs as Tomtom does (see `motifnet.motifs.known.tomtom.align`).

    Both strands are compared, unless `motifs` are for the forward strand only. Fewer than 50 known motifs have too few
    columns for a null model: the columns of the JASPAR vertebrates are then added to the null model.

    Parameters
    ----------
    motifs : MotifSet, list of Bio.motifs.Motif, str or Path
        The queries: a set, a motif file, or the name of a database.
    known : MotifSet, str or Path
        The targets, likewise; default: the JASPAR vertebrates.
    top : int, optional
        Maximum number of targets per query; default all.
    e_value : float, optional
        Maximum E-value; default all.

    Returns
    -------
    DataFrame
        Columns `COMPARISON_COLUMNS`; for each query in order, its targets, the best first.

    Raises
    ------
    InputError
        If there is no known motif, a motif is wider than 200 columns, `top` is below 1 or `e_value` is negative.
    """
    motifs, known = as_motifs(motifs), as_motifs(known, name="known motifs")
    if not len(known):
        raise InputError("there are no known motifs to compare with", hint="The file or set is empty: use another one.")
    if top is not None:
        check_integer("top", top, at_least=1)
    if e_value is not None and not e_value >= 0:
        raise InputError(f"e_value must be at least 0. Got {e_value} instead")
    if not len(motifs):
        return pd.DataFrame(columns=list(COMPARISON_COLUMNS))
    found = _align(motifs, known)
    order = np.argsort(found.p, axis=1, kind="stable")[:, :top]
    e_values = np.take_along_axis(found.p, order, axis=1) * len(known)
    query, rank = np.nonzero(e_values <= (np.inf if e_value is None else e_value))
    target = order[query, rank]
    offset, overlap, is_reverse = (
        found.offset[query, target],
        found.overlap[query, target],
        found.is_reverse[query, target],
    )
    oriented = [*known, *(motif.reverse_complement() for motif in known)]
    ours = _Columns(motifs.motifs, query, np.maximum(-offset, 0), overlap)
    theirs = _Columns(oriented, target + is_reverse * len(known), np.maximum(offset, 0), overlap)
    target_share = theirs.information_fraction()
    columns = {
        "Query_ID": _texts(motifs.names)[query],
        "Target_ID": _texts(known.names)[target],
        "Target_name": _texts(motif.alt_name for motif in known)[target],
        "Optimal_offset": offset,
        "p-value": found.p[query, target],
        "E-value": e_values[query, rank],
        "q-value": false_discovery_control(found.p, axis=1)[query, target],
        "Overlap": overlap,
        "Query_consensus": _texts(motif.consensus for motif in motifs)[query],
        "Target_consensus": _texts(motif.consensus for motif in oriented)[theirs.motif],
        "Orientation": np.where(is_reverse, "-", "+").astype(object),
        "query_share": ours.information_fraction(),
        "target_share": target_share,
        "correlation": ours.correlation(theirs),
        "partial": target_share < FULL_MATCH,
    }
    return pd.DataFrame(columns, columns=list(COMPARISON_COLUMNS))


def _align(motifs: MotifSet, known: MotifSet) -> Alignments:
    """Align each motif with each known motif."""
    for motif in (*motifs, *known):
        if motif.width > 200:  # the time per motif grows with the third power of its width
            raise InputError(
                f"motif {quoted(motif.name)} must have at most 200 columns to be compared. It has {motif.width}",
                hint="Remove ends without information: Motif.trim().",
            )
    targets = [motif.ppm for motif in known]
    if len(known) < 50:  # p-values would depend on the choice of targets by orders of magnitude
        logger.info(
            "%d known motifs are too few for a null model: the columns of the JASPAR %s are added to it",
            len(known),
            DEFAULT_DATABASE,
        )
        targets += [motif.ppm for motif in shipped_database(DEFAULT_DATABASE)]
    found = align([motif.ppm for motif in motifs], targets, both_strands=motifs.strands == "both")
    n = len(known)
    return Alignments(found.p[:, :n], found.offset[:, :n], found.overlap[:, :n], found.is_reverse[:, :n])


def _texts(values: Iterable[str]) -> NDArray[np.object_]:
    return np.array(list(values), dtype=object)


class _Columns(NamedTuple):
    """Aligned columns of K comparisons: `width` columns of a motif, from `start` on. Arrays ``(K,)``."""

    motifs: Sequence[Motif]
    motif: NDArray[np.int64]
    start: NDArray[np.int64]
    width: NDArray[np.int64]

    def information_fraction(self) -> NDArray[np.float64]:
        """Fraction of the motif's information in these columns."""
        sums = np.zeros((len(self.motifs), 1 + max(motif.width for motif in self.motifs)))
        for row, motif in zip(sums, self.motifs, strict=True):
            row[1 : motif.width + 1] = motif.information()
        sums = sums.cumsum(axis=1)
        inside = sums[self.motif, self.start + self.width] - sums[self.motif, self.start]
        return _ratio(inside, sums[self.motif, -1])

    def correlation(self, other: _Columns) -> NDArray[np.float64]:
        """Correlation with the columns of the other motifs: the cosine of their PPMs less 1/4, over all columns."""
        inner, norm, other_norm = (np.zeros(len(self.motif)) for _ in range(3))
        (ours, at), (theirs, other_at) = self._concatenated(), other._concatenated()
        for column in range(self.width.max(initial=0)):
            rows = np.flatnonzero(self.width > column)
            one, two = ours[at[rows] + column], theirs[other_at[rows] + column]
            inner[rows] += (one * two).sum(axis=1)
            norm[rows] += (one**2).sum(axis=1)
            other_norm[rows] += (two**2).sum(axis=1)
        return _ratio(inner, np.sqrt(norm * other_norm))

    def _concatenated(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """PPM less 1/4 of all motifs, ``(sum of widths, 4)``, and the first column of each comparison."""
        first = np.cumsum([0, *(motif.width for motif in self.motifs)])
        return np.concatenate([motif.ppm.T for motif in self.motifs]) - 0.25, first[self.motif] + self.start


def _ratio(numerator: NDArray[np.float64], denominator: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)


def annotate(
    motifs: AnyMotifs,
    known: AnyMotifs = DEFAULT_DATABASE,
    *,
    top: int = 3,
    q_value: float = MATCH_Q_VALUE,
) -> pd.DataFrame:
    """Find the known motifs and transcription factors that match motifs.

    Parameters
    ----------
    motifs : MotifSet, list of Bio.motifs.Motif, str or Path
        A set, a motif file, or the name of a database.
    known : MotifSet, str or Path
        Known motifs, likewise; default: the JASPAR vertebrates.
    top : int
        Maximum number of matches per motif; several, since paralogues cannot be distinguished by their motifs.
    q_value : float
        Maximum q-value of a match. Its aligned columns must also have a correlation of at least 0.85.

    Returns
    -------
    DataFrame
        Columns `MATCH_COLUMNS`; for each motif in order, its matches, the best first, or one row of kind "none".

    Raises
    ------
    InputError
        As `compare`.
    """
    motifs, known = as_motifs(motifs), as_motifs(known, name="known motifs")
    factors = factors_of(known)
    # q is never below p, so that comparisons with p above q_value cannot match.
    found = compare(motifs, known, e_value=q_value * len(known))
    is_match = (found["q-value"] <= q_value) & (found["correlation"] >= MATCH_CORRELATION)
    found = found[is_match].groupby("Query_ID").head(top)
    sources = {
        "motif": "Query_ID",
        "match": "Target_ID",
        "match_p_value": "p-value",
        "match_e_value": "E-value",
        "match_q_value": "q-value",
        "orientation": "Orientation",
        "offset": "Optimal_offset",
        "overlap": "Overlap",
    }
    matched = [factors[identifier] for identifier in found["Target_ID"]]
    names = {
        "match_name": _texts(factor.name for factor in matched),
        "match_family": _texts(factor.family for factor in matched),
        "match_class": _texts(factor.structural_class for factor in matched),
    }
    matches = found.rename(columns={source: column for column, source in sources.items()}).assign(
        match_rank=found.groupby("Query_ID").cumcount() + 1,
        match_kind=np.where(found["partial"].astype(bool), "partial", "full"),
        **names,
    )
    every = pd.DataFrame({"motif": _texts(motifs.names)}).merge(matches, how="left", on="motif")
    texts = {"match_kind": "none"} | dict.fromkeys(("match", "orientation", *names), "")
    counts = dict.fromkeys(("match_rank", "offset", "overlap"), "Int64")
    return every.fillna(texts).astype(counts)[list(MATCH_COLUMNS)]
