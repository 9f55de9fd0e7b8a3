"""`MotifTables`: the motifs of a trained model, in order, with the tables of their sites and statistics."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from motifnet.arguments import check_type
from motifnet.html import MOST_ROWS, summary_html, table_html
from motifnet.interpretation.readout import Readout, find_motifs, known_split
from motifnet.interpretation.tables import filter_tables, site_tables
from motifnet.interpretation.tables.columns import COLUMNS, FILES, read_motif_table
from motifnet.interpretation.tables.motif_table import NOT_TESTED, motif_table
from motifnet.interpretation.tables.pair_spacing import spacing_of_pairs
from motifnet.models.sequence_model import SequenceModel
from motifnet.motifs.alignment import MERGE_SIMILARITY, align_motifs
from motifnet.motifs.extraction_spec import ExtractionSpec, ReadoutSpec
from motifnet.motifs.io.files import read_motifs, write_motifs
from motifnet.motifs.known.comparison import annotate
from motifnet.motifs.known.databases import known_motifs
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.motifs.plots import write_logos
from motifnet.motifs.statistics import enrichment, occurrences, pairs, positions
from motifnet.motifs.statistics.contrast import is_high
from motifnet.outputs import write_table
from motifnet.sequences.dataset import Dataset, Split

logger = logging.getLogger("motifnet")

KNOWN = "known.meme"
#: Motifs in pairs.tsv, at most: each pair increases the E-values of the others. They are the first motifs enriched in
#: the positives with at least this auROC on training and validation sequences.
MAX_PAIRED = 30
MIN_PAIRED_AUROC = 0.6


@dataclass(frozen=True, eq=False)
class MotifTables:
    """Motifs of a model in order, and tables of results.

    Tables are empty if they do not apply: without held-out sequences, without a database, or for `positions` without
    windows of one length. Their columns are those of `COLUMNS`.

    Parameters
    ----------
    motifs : MotifSet
    table : DataFrame
        motifs.tsv: one row per motif, in order.
    sites, filters, patterns, pattern_contributions, enrichment, importance, matches, positions, pairs : DataFrame
        Files of these names.
    spacing, per_sequence, score_counts, examples : DataFrame
        Likewise.
    known : MotifSet
        The known motifs in `matches`, in the order of the database.
    """

    motifs: MotifSet
    table: pd.DataFrame
    sites: pd.DataFrame
    filters: pd.DataFrame
    patterns: pd.DataFrame
    pattern_contributions: pd.DataFrame
    enrichment: pd.DataFrame
    importance: pd.DataFrame
    matches: pd.DataFrame
    positions: pd.DataFrame
    pairs: pd.DataFrame
    spacing: pd.DataFrame
    per_sequence: pd.DataFrame
    score_counts: pd.DataFrame
    examples: pd.DataFrame
    known: MotifSet

    def __repr__(self) -> str:
        sources = [(len(self.filters), "filters"), (len(self.patterns), "patterns")]
        named = " and ".join(f"{n} {name}" for n, name in sources if n) or "no filters"
        return f"<MotifTables: {len(self.motifs)} motifs of {named}, {self.n_significant} significant>"

    def _repr_html_(self) -> str:
        facts: dict[str, object] = {
            "motifs": len(self.motifs),
            "significant on held-out sequences": self.n_significant,
            "filters": len(self.filters),
        }
        if len(self.patterns):
            facts["patterns"] = len(self.patterns)
        first = self.table.head(MOST_ROWS)
        rows = [_html_row(motif, row) for motif, (_, row) in zip(self.motifs, first.iterrows(), strict=False)]
        names = [name for name in rows[0] if any(row[name] != "" for row in rows)] if rows else []
        if self.table["task"].nunique() == 1:
            names.remove("task")
        table = table_html(names, ([row[name] for name in names] for row in rows), n_rows=len(self.motifs))
        return summary_html("MotifTables", facts, table)

    @property
    def n_significant(self) -> int:
        """Number of motifs that are significant on held-out sequences."""
        return int((self.table["status"] == enrichment.SIGNIFICANT).sum())

    @property
    def fraction_complete(self) -> float:
        """Fraction of the filters that have a complete motif which is significant (or was not tested)."""
        if not len(self.filters):
            return float("nan")
        accepted = self.table.loc[self.table["status"].isin((enrichment.SIGNIFICANT, NOT_TESTED)), "filters"]
        names = {name for filters in accepted for name in filters.split(", ")}
        is_complete = self.filters["completeness"] >= filter_tables.COMPLETE
        return float((is_complete & self.filters["filter"].isin(names)).mean())

    def with_replicates(self, others: Sequence[MotifSet]) -> MotifTables:
        """Count the networks that have each motif: this one and others, which were trained with other seeds."""
        if not others or not len(self.motifs):
            return self
        strands = self.motifs.strands
        found = [
            align_motifs(self.motifs.motifs, other.motifs, strands=strands).similarity.max(axis=1, initial=0.0)
            for other in others
        ]
        counts = 1 + (np.stack(found) >= MERGE_SIMILARITY).sum(axis=0)
        return replace(self, table=self.table.assign(replicates=[f"{count}/{len(others) + 1}" for count in counts]))

    def write_files(self, folder: str | Path) -> None:
        """Write motifs.meme, known.meme, the tables, sites.bed and logos/ into an existing folder."""
        path = Path(folder)
        write_motifs(self.motifs, path / "motifs.meme")
        write_motifs(self.known, path / KNOWN)
        for name, file in FILES.items():
            write_table(getattr(self, name), path / file)
        site_tables.write_sites_bed(self.sites, path / "sites.bed")
        write_logos(self.motifs, path / "logos")

    @classmethod
    def read(cls, folder: str | Path) -> MotifTables:
        """Read what `write_files` wrote; numbers have the digits of the files.

        Raises
        ------
        FormatError
            If a file is missing or damaged, or lacks a column.
        """
        path = Path(folder)
        tables = {name: read_motif_table(path, name) for name in FILES}
        known = read_motifs(path / KNOWN) if (path / KNOWN).exists() else MotifSet([])
        return cls(read_motifs(path / "motifs.meme"), **tables, known=known)


def _html_row(motif: Motif, row: pd.Series) -> dict[str, object]:
    name, is_partial = row["match_name"], row["match_kind"] == "partial"
    return {
        "motif": motif.name,
        "logo": motif.logo_image(),
        "task": row["task"],
        "bits": _formatted(row["bits"], ".1f"),
        "held-out positives": _fraction(row["sites_positive"], row["n_positive"]),
        "held-out negatives": _fraction(row["sites_negative"], row["n_negative"]),
        "E-value": _formatted(row["e_value"], ".2g"),
        "importance": _formatted(row["importance"], ".3f"),
        "match": "" if pd.isna(name) else f"{name}{' (partial)' if is_partial else ''}",
    }


def _formatted(value: float, form: str) -> str:
    return "" if pd.isna(value) else format(value, form)


def _fraction(part: float, whole: float) -> str:
    return "" if pd.isna(whole) else f"{part:.0f} of {whole:.0f}"


# PWMs are small matrices: with several threads BLAS mostly waits.
@threadpool_limits.wrap(limits=1, user_api="blas")
def tabulate_motifs(
    model: SequenceModel,
    data: Dataset | Split,
    *,
    test: Dataset | None = None,
    extraction: ExtractionSpec = ExtractionSpec(),
    readout: ReadoutSpec = ReadoutSpec(),
) -> MotifTables:
    """Read motifs off a model: families of filters, refined, in order, tested on held-out sequences, and annotated.

    Sites are counted in the positive training sequences; families are refined, and thresholds and directions chosen, on
    training sequences. The first motif has the best auROC on training and validation sequences; each next one adds most
    to the auROC of those before it. Held-out sequences decide nothing.

    Parameters
    ----------
    model : SequenceModel
    data : Dataset or Split
        The split that the model was trained with; or sequences, which are split by the digests that the model keeps.
        Sequences that the model has not seen are held out, if it has seen enough others.
    test : Dataset, optional
        Held-out sequences of another file, instead of the test part. Motifs are not tested on training sequences.
    extraction : ExtractionSpec
    readout : ReadoutSpec

    Returns
    -------
    MotifTables
    """
    check_type("model", model, SequenceModel)
    check_type("data", data, Dataset, Split)
    split = data if isinstance(data, Split) else known_split(model, data, min_per_class=extraction.min_sites)
    found = find_motifs(model, split, test=test, extraction=extraction, is_refined=readout.refine)
    tested = _enrichment(found, readout.e_value)
    found = _with_e_values(found, tested)
    importance = _empty("importance")
    if readout.importance:
        importance = filter_tables.importance_table(model, found, split.train, layer=extraction.layer)
    matches, known = _matches(found.motifs, readout)
    filters = _empty("filters")
    if extraction.uses_filters:
        filters = filter_tables.filter_table(model.layer(extraction.layer), found)
    patterns, contributions = filter_tables.pattern_tables(found)
    table = motif_table(
        found, split.train.tasks, enrichment=tested, filters=filters, importance=importance, matches=matches
    )
    sites = site_tables.collect_sites(found)
    site_rows, held_out = site_tables.site_table(found, sites), _held_out_tables(found)
    return MotifTables(
        motifs=found.motifs,
        table=table,
        sites=site_rows,
        filters=filters,
        patterns=patterns,
        pattern_contributions=contributions,
        enrichment=tested,
        importance=importance,
        matches=matches,
        examples=site_tables.example_table(found, sites, site_rows),
        known=known,
        spacing=spacing_of_pairs(model, found, held_out["pairs"]),
        **held_out,
    )


def _empty(name: str) -> pd.DataFrame:
    return pd.DataFrame(columns=list(COLUMNS[name]))


def _enrichment(found: Readout, e_value: float) -> pd.DataFrame:
    held_out = found.held_out
    if held_out is None:
        logger.warning(
            "no sequence is held out: all were used to train the model or to choose motifs. Motifs are written without "
            "p-, E- and q-values. Give the sequences that discover held out, or test sequences of another file"
        )
    if held_out is None or not len(found.motifs):
        return _empty("enrichment")
    return enrichment.enrichment_table(
        found.motifs, held_out.data, held_out.score, thresholds=found.thresholds, signs=found.signs, e_value=e_value
    )


def _with_e_values(found: Readout, tested: pd.DataFrame) -> Readout:
    """The motifs with the E-value at the task of each."""
    if not len(tested):
        return found
    motifs = found.motifs
    e_values = found.at_task(tested["e_value"].to_numpy().reshape(-1, len(motifs)).T)
    with_e_values = [replace(motif, e_value=float(e)) for motif, e in zip(motifs, e_values, strict=True)]
    return replace(found, motifs=MotifSet(with_e_values, motifs.strands, motifs.background))


def _matches(motifs: MotifSet, readout: ReadoutSpec) -> tuple[pd.DataFrame, MotifSet]:
    """Matches in a database, and the known motifs among them."""
    if readout.database == "none" or not len(motifs):
        return _empty("matches"), MotifSet([])
    logger.info("comparing %d motifs with known ones (%s)", len(motifs), readout.database)
    known = known_motifs(readout.database, skip_invalid=readout.skip_invalid)
    matches = annotate(motifs, known)
    named = set(matches["match"])
    return matches, MotifSet([motif for motif in known if motif.name in named], known.strands, known.background)


def _held_out_tables(found: Readout) -> dict[str, Any]:
    """Tables of the sites in held-out sequences, empty without any."""
    tables = {name: _empty(name) for name in ("positions", "pairs", "per_sequence", "score_counts")}
    held_out = found.held_out
    if held_out is None:
        return tables
    positive, has_site = is_high(held_out.data.labels), held_out.has_site(found.thresholds)
    if len(found.motifs) and positions.has_centre(held_out.data.sequences):
        tables["positions"] = positions.position_table(held_out, has_site, positive)
    is_paired = (found.directions > 0) & (found.at_task(found.aurocs) >= MIN_PAIRED_AUROC)
    paired = np.flatnonzero(is_paired)[:MAX_PAIRED]
    tables["per_sequence"] = positions.per_sequence_table(has_site[:, paired], positive)
    tables["pairs"] = pairs.pair_table(held_out.take(positive).take_motifs(paired), has_site[positive][:, paired])
    tables["score_counts"] = occurrences.score_counts(held_out, thresholds=found.thresholds, tasks=found.tasks)
    return tables
