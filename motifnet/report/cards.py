"""A motif as a card: rows, logos and charts for the templates. Names are raw text; Jinja escapes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from motifnet.motifs.extraction_spec import DATABASES
from motifnet.motifs.known.databases import shipped_database
from motifnet.motifs.motif import Motif
from motifnet.report import motif_logos as logos
from motifnet.report.histograms import Bin, Titles, mirrored
from motifnet.report.motif_logos import Logo, LogoSheet
from motifnet.report.results_folder import Results, Row
from motifnet.report.wording import count, cut, figure, number_of, share_of

SIGNIFICANT, NOT_TESTED = "significant", "not tested"
#: Known motifs on a card.
_MATCHES = 3


@dataclass(frozen=True, eq=False)
class Match:
    """A matching known motif, with the aligned logos."""

    row: Row
    picture: Markup | None


@dataclass(frozen=True, eq=False)
class Card:
    """A motif in the report.

    Parameters
    ----------
    number : int
        0-based; part of the identifiers in the page.
    row : Row
        Row of motifs.tsv.
    short : str
        Short name: the rank, or the beginning of the name.
    title : str
        The matching factor, or "no known match".
    """

    number: int
    row: Row
    short: str
    title: str
    forward: Markup
    reverse: Markup
    small: Markup
    matches: tuple[Match, ...]
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
        """Whether `title` names a factor."""
        return any(match.row["match_name"] for match in self.matches) or bool(self.row["match_name"])

    @property
    def label(self) -> str:
        """The matching factor, otherwise the consensus."""
        return self.title if self.is_like_known else cut(self.row["consensus"], 24)

    @property
    def is_needed(self) -> bool | None:
        """Whether its importance exceeds that of random filters; None if unknown."""
        low, random = number_of(self.row["importance_low"]), number_of(self.row["importance_random"])
        return None if low is None or random is None else low > random


class KnownMotifs:
    """Matrices of known motifs: those in the folder, otherwise those of the JASPAR databases in the package.

    Parameters
    ----------
    identifiers : set of str
        Identifiers needed; databases are read until all are found.
    own : iterable of Motif
        Known motifs in the folder.
    sheet : LogoSheet
        Receives each logo when it is first used.
    """

    def __init__(self, identifiers: set[str], own: Iterable[Motif], sheet: LogoSheet) -> None:
        self._sheet = sheet
        self._drawn: dict[tuple[str, str], Logo] = {}
        self._motifs = {motif.name: motif for motif in own}
        for name in DATABASES:
            missing = identifiers - set(self._motifs)
            if not missing:
                break
            self._motifs |= {motif.name: motif for motif in shipped_database(name) if motif.name in missing}

    def logo(self, identifier: str, orientation: str) -> Logo | None:
        """The logo of a known motif in its aligned orientation; None if its matrix is unavailable."""
        motif = self._motifs.get(identifier)
        if motif is None:
            return None
        key = (identifier, orientation)
        if key not in self._drawn:
            self._drawn[key] = self._sheet.add(motif if orientation != "-" else motif.reverse_complement())
        return self._drawn[key]


def make_cards(results: Results, sheet: LogoSheet) -> tuple[Card, ...]:
    """One card per motif, in order."""
    known = KnownMotifs({row["match"] for row in results.tables["matches"] if row["match"]}, results.known, sheet)
    span = _importance_span(results.rows)
    return tuple(
        _card(results, number, row, motif, (sheet, known, span))
        for number, (row, motif) in enumerate(zip(results.rows, results.motifs, strict=True))
    )


def _card(
    results: Results, number: int, row: Row, motif: Motif, tools: tuple[LogoSheet, KnownMotifs, tuple[float, float]]
) -> Card:
    sheet, known, span = tools
    own, other = sheet.add(motif), sheet.add(motif.reverse_complement())
    name = cut(row["motif"])
    found = [match for match in results.of_motif("matches", row["motif"]) if match["match"]]
    matches = tuple(_match(match, own, known) for match in found[:_MATCHES])
    return Card(
        number,
        row,
        _short(row["motif"]),
        _title(row, matches),
        logos.large_logo(own, f"logo of {name}"),
        logos.large_logo(other, f"logo of {name}, reverse complement"),
        logos.small_logo(own, f"logo of {name}"),
        matches,
        _positions(results, row),
        _scores(results, row),
        tuple(results.of_motif("examples", row["motif"])),
        tuple(results.of_motif("enrichment", row["motif"])),
        _range(row, span),
        _logo_file(results, motif.name),
    )


def _short(name: str) -> str:
    """``m01`` of ``m01_YNGCCASYAGRKGG``; other names are cut."""
    return cut(name.partition("_")[0] or name, 16)


def _title(row: Row, matches: Sequence[Match]) -> str:
    """The matching factors, each once: paralogues have indistinguishable motifs."""
    names = dict.fromkeys(cut(match.row["match_name"], 24) for match in matches if match.row["match_name"])
    if not names:
        return cut(row["match_name"], 24) or "no known match"
    return f"{' / '.join(names)}{' (part)' if row['match_kind'] == 'partial' else ''}"


def _match(row: Row, own: Logo, known: KnownMotifs) -> Match:
    logo = known.logo(row["match"], row["orientation"])
    if logo is None or row["offset"] is None or row["overlap"] is None:
        return Match(row, None)
    label = f"{cut(row['match_name'])} (above) aligned with the motif (below)"
    return Match(
        row, logos.aligned_logos(logo, own, offset=int(row["offset"]), overlap=int(row["overlap"]), label=label)
    )


def _positions(results: Results, row: Row) -> Markup | None:
    """Positions of the best sites, in percent of the sequences of each class."""
    rows = results.of_motif("positions", row["motif"])
    n_positive, n_negative = (_percentage(row[key]) for key in ("n_positive", "n_negative"))
    if not any(r["sites_positive"] or r["sites_negative"] for r in rows) or not n_positive:
        return None
    bins = [
        Bin(
            r["bin_start"],
            r["bin_end"],
            r["sites_positive"] * n_positive,
            r["sites_negative"] * n_negative,
            f"{figure(r['bin_start'])} to {figure(r['bin_end'])} bp: {count(r['sites_positive'])} {results.kinds[0]}, "
            f"{count(r['sites_negative'])} {results.kinds[1]}",
        )
        for r in rows
    ]
    return mirrored(bins, Titles("positions of sites", "distance from the centre (bp)", "% of sequences"))


def _percentage(n: Any) -> float:
    """One sequence of `n`, in percent."""
    return 100 * (share_of(1, n) or 0.0)


def _scores(results: Results, row: Row) -> Markup | None:
    """Best scores of the held-out sequences, in percent of each class."""
    rows = [r for r in results.of_motif("score_counts", row["motif"]) if r["task"] == row["task"]]
    totals = [sum(r[key] or 0 for r in rows) for key in ("n_positive", "n_negative")]
    if not any(totals):
        return None
    of_positives, of_negatives = (_percentage(total) for total in totals)
    bins = [
        Bin(
            r["bin_start"],
            r["bin_end"],
            r["n_positive"] * of_positives,
            r["n_negative"] * of_negatives,
            f"{figure(r['bin_start'])} to {figure(r['bin_end'])} bits: {count(r['n_positive'])} {results.kinds[0]}, "
            f"{count(r['n_negative'])} {results.kinds[1]}",
        )
        for r in rows
    ]
    titles = Titles("best scores", "best score per sequence (bits)", "% of sequences")
    return mirrored(bins, titles, cut_off=number_of(row["threshold"]))


def _importance_span(rows: Sequence[Row]) -> tuple[float, float]:
    """Range of all intervals, zero included: the common axis of all cards."""
    keys = ("importance_low", "importance_high", "importance_random")
    ends = [number for row in rows for key in keys if (number := number_of(row[key])) is not None]
    return min([0.0, *ends]), max([0.0, *ends])


def _range(row: Row, span: tuple[float, float]) -> Markup | None:
    """Importance with its interval, zero, and the random groups."""
    values = [number_of(row[key]) for key in ("importance_low", "importance", "importance_high", "importance_random")]
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
