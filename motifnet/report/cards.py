"""A motif as a card: rows, logos and charts for the templates. Names are raw text; Jinja escapes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from motifnet.html import shortened
from motifnet.motifs.extraction_spec import DATABASES
from motifnet.motifs.known.databases import shipped_database
from motifnet.motifs.motif import Motif
from motifnet.report import motif_logos as logos
from motifnet.report.charts import Bin, mirrored
from motifnet.report.formatting import count, finite, fraction, number
from motifnet.report.pattern_logos import pattern_logo
from motifnet.report.results_folder import Results, Row

SIGNIFICANT, NOT_TESTED = "significant", "not tested"


@dataclass(frozen=True, eq=False)
class Card:
    """A motif in the report: names, logos, charts, and its rows of the tables.

    `position` is 0-based and part of the identifiers in the page. `short` is the rank, or the beginning of the name;
    `title` is the matching factors, or "no known match". The logos of a match are None if its matrix is unavailable.
    """

    position: int
    row: Row
    short: str
    title: str
    forward: Markup
    reverse: Markup
    small: Markup
    contributions: Markup | None
    matches: tuple[tuple[Row, Markup | None], ...]
    positions: Markup | None
    scores: Markup | None
    examples: tuple[Row, ...]
    by_task: tuple[Row, ...]
    range: Markup | None
    logo_file: str | None

    @property
    def is_enriched_in_positives(self) -> bool:
        """Whether the motif is enriched in the positives."""
        return self.row["direction"] != "negative"

    @property
    def is_like_known(self) -> bool:
        """Whether `title` contains a factor."""
        return any(row["match_name"] for row, _ in self.matches) or bool(self.row["match_name"])

    @property
    def label(self) -> str:
        """The matching factors, otherwise the consensus."""
        return self.title if self.is_like_known else shortened(self.row["consensus"], 24)

    @property
    def is_needed(self) -> bool | None:
        """Whether its importance exceeds that of random filters; None if unknown."""
        low, random = finite(self.row["importance_low"]), finite(self.row["importance_random"])
        return None if low is None or random is None else low > random


def make_cards(results: Results, sheet: logos.LogoSheet) -> tuple[Card, ...]:
    """One card per motif, in order; `sheet` receives the logos."""
    known, span = _known_motifs(results), _importance_span(results.rows)
    return tuple(_card(results, position, sheet, known, span) for position in range(len(results.rows)))


def _known_motifs(results: Results) -> dict[str, Motif]:
    """Matched known motifs by identifier: those in the folder, otherwise those of the JASPAR databases."""
    identifiers = {row["match"] for row in results.tables["matches"] if row["match"]}
    found = {motif.name: motif for motif in results.known}
    for name in DATABASES:
        missing = identifiers - set(found)
        if not missing:
            break
        found |= {motif.name: motif for motif in shipped_database(name) if motif.name in missing}
    return found


def _importance_span(rows: Sequence[Row]) -> tuple[float, float]:
    """Range of all intervals, zero included: the common axis of all cards."""
    keys = ("importance_low", "importance_high", "importance_random")
    ends = [end for row in rows for key in keys if (end := finite(row[key])) is not None]
    return min([0.0, *ends]), max([0.0, *ends])


def _card(
    results: Results, position: int, sheet: logos.LogoSheet, known: Mapping[str, Motif], span: tuple[float, float]
) -> Card:
    row, motif = results.rows[position], results.motifs[position]
    forward, reverse = sheet.add(motif), sheet.add(motif, reverse=True)
    label = f"logo of {shortened(motif.name)}"
    found = [match for match in results.of_motif("matches", motif.name) if match["match"]][:3]
    matches = tuple((match, _aligned(match, motif, sheet, known)) for match in found)
    return Card(
        position,
        row,
        short=shortened(motif.name.partition("_")[0] or motif.name, 16),  # m01 of m01_YNGCCASYAGRKGG
        title=_title(row, found),
        forward=logos.large_logo(forward, label),
        reverse=logos.large_logo(reverse, f"{label}, reverse complement"),
        small=logos.small_logo(forward, label),
        contributions=pattern_logo(results, row, motif),
        matches=matches,
        positions=_positions(results, row),
        scores=_scores(results, row),
        examples=tuple(results.of_motif("examples", motif.name)),
        by_task=tuple(results.of_motif("enrichment", motif.name)),
        range=_range(row, span),
        logo_file=_logo_file(results, motif.name),
    )


def _title(row: Row, matches: Sequence[Row]) -> str:
    """The matching factors, each once: paralogues have indistinguishable motifs."""
    names = dict.fromkeys(shortened(match["match_name"], 24) for match in matches if match["match_name"])
    if not names:
        return shortened(row["match_name"], 24) or "no known match"
    return f"{' / '.join(names)}{' (part)' if row['match_kind'] == 'partial' else ''}"


def _aligned(row: Row, motif: Motif, sheet: logos.LogoSheet, known: Mapping[str, Motif]) -> Markup | None:
    """A known motif aligned with the motif; None if its matrix is unavailable."""
    if row["match"] not in known:
        return None
    logo = sheet.add(known[row["match"]], reverse=row["orientation"] == "-")
    offset, overlap = finite(row["offset"]), finite(row["overlap"])
    if offset is None or overlap is None or not (-motif.width < offset < logo.width and 0 < overlap <= motif.width):
        return None
    label = f"{shortened(row['match_name'])} (above) aligned with the motif (below)"
    return logos.aligned_logos(logo, sheet.add(motif), offset=int(offset), overlap=int(overlap), label=label)


def _positions(results: Results, row: Row) -> Markup | None:
    """Positions of the best sites, in percent of the sequences of each class."""
    rows = results.of_motif("positions", row["motif"])
    totals = row["n_positive"], row["n_negative"]
    if not any(r["sites_positive"] or r["sites_negative"] for r in rows) or not finite(totals[0]):
        return None
    bins = _bins(rows, ("sites_positive", "sites_negative"), totals, "bp", results.kinds)
    return mirrored(bins, "positions of sites", x_title="distance from the centre (bp)", y_title="% of sequences")


def _scores(results: Results, row: Row) -> Markup | None:
    """Best scores of the held-out sequences, in percent of each class; the threshold is marked."""
    rows = [r for r in results.of_motif("score_counts", row["motif"]) if r["task"] == row["task"]]
    totals = [sum(r[key] or 0 for r in rows) for key in ("n_positive", "n_negative")]
    if not any(totals):
        return None
    bins = _bins(rows, ("n_positive", "n_negative"), totals, "bits", results.kinds)
    x_title, cut_off = "best score per sequence (bits)", finite(row["threshold"])
    return mirrored(bins, "best scores", x_title=x_title, y_title="% of sequences", cut_off=cut_off)


def _bins(
    rows: Sequence[Row], columns: tuple[str, str], totals: Sequence[float | None], unit: str, kinds: tuple[str, str]
) -> list[Bin]:
    """Counts of both classes in percent of their totals."""
    positive, negative = (100 * (fraction(1, total) or 0.0) for total in totals)
    return [
        Bin(
            r["bin_start"],
            r["bin_end"],
            r[columns[0]] * positive,
            r[columns[1]] * negative,
            f"{number(r['bin_start'])} to {number(r['bin_end'])} {unit}: {count(r[columns[0]])} {kinds[0]}, "
            f"{count(r[columns[1]])} {kinds[1]}",
        )
        for r in rows
    ]


def _range(row: Row, span: tuple[float, float]) -> Markup | None:
    """Importance with its interval, zero, and the random groups."""
    values = [finite(row[key]) for key in ("importance_low", "importance", "importance_high", "importance_random")]
    if None in values or span[0] == span[1]:
        return None
    low, middle, high, random, zero = (
        4 + 152 * ((value or 0.0) - span[0]) / (span[1] - span[0]) for value in (*values, 0.0)
    )
    return Markup(
        '<svg class="range" role="img" aria-label="importance with its interval" width="160" height="16" '
        f'viewBox="0 0 160 16"><path class="axis" d="M4 13h152M{zero:.1f} 1v12"/>'
        f'<path class="random" d="M{random:.1f} 2v10"/><path class="interval" d="M{low:.1f} 7h{high - low:.1f}"/>'
        f'<circle class="dot" cx="{middle:.1f}" cy="7" r="3.5"/></svg>'
    )


def _logo_file(results: Results, name: str) -> str | None:
    """Path of the logo in the folder, if there is one."""
    file = results.folder / "logos" / f"{name}.svg"
    return f"logos/{name}.svg" if "/" not in name and len(name) < 200 and file.is_file() else None
