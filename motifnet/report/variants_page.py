"""variants.html: the largest effects of variants, with pictures of both alleles, in one self-contained page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from motifnet.errors import counted
from motifnet.html import shortened
from motifnet.interpretation.variants.saturation import Saturation
from motifnet.models.storage import ModelHeader
from motifnet.outputs import write_text
from motifnet.report.allele_tracks import allele_tracks
from motifnet.report.explanation_page import METHODS
from motifnet.report.formatting import count, finite, listed
from motifnet.report.heat_map import heat_map
from motifnet.report.rendering import render_page

if TYPE_CHECKING:
    from motifnet.interpretation.variants.aligned_alleles import AlignedAlleles
    from motifnet.interpretation.variants.strongest import StrongestEffects

#: Pictures that are visible when the page is opened.
_MOST_OPEN = 10
#: Names of predictions and scores of each kind of output.
_PREDICTIONS = {"classes": "Probability", "values": "Value", "counts": "Count"}
_SCORES = {"classes": "log odds", "values": "values", "counts": "logarithms of expected counts"}


def write_variants_page(
    path: str | Path,
    model: ModelHeader,
    strongest: StrongestEffects,
    aligned: Sequence[AlignedAlleles],
    *,
    method: str,
    motifs: Mapping[str, str] | None = None,
    maps: Sequence[tuple[str, Saturation]] = (),
) -> None:
    """Write the page.

    Parameters
    ----------
    path : str or Path
    model : ModelHeader
        With the length of the windows.
    strongest : StrongestEffects
        With the rows of the table.
    aligned : sequence of AlignedAlleles
        Pictures of these effects.
    method : str
        Method of the contributions.
    motifs : mapping of str to str, optional
        Names of the motifs whose sites are drawn, and of their factors.
    maps : sequence of (task, Saturation)
        Heat maps.

    Raises
    ------
    FormatError
        If the file cannot be written.
    """
    cards = [_card(one, strongest.rows[one.effect.number], motifs or {}) for one in aligned]
    context = {
        "title": "Effects of variants",
        "subtitle": f"{counted(strongest.n_scored, 'allele')} scored; largest effects: {count(len(cards))} shown",
        "cards": cards,
        "columns": {
            "id": any(card["variant"].id not in (".", "") for card in cards),
            "task": len(strongest.tasks) > 1,
            "prediction": _PREDICTIONS[model.spec.outputs],
            **{name: any(card[name] not in (None, "") for card in cards) for name in ("quantile", "p_value", "motif")},
        },
        "has_sites": motifs is not None,
        "most_open": _MOST_OPEN,
        "maps": [(task, heat_map(found, f"effects of substitutions on {shortened(task)}")) for task, found in maps],
        "region": str(maps[0][1].region) if maps else "",
        "facts": _facts(model, strongest, method),
    }
    with write_text(path) as handle:
        handle.write(render_page("variants.html", context))


def _card(aligned: AlignedAlleles, row: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    effect, variant = aligned.effect, aligned.effect.variant
    motif = row.get("motif") or ""
    label = labels.get(motif, motif)
    place = f"{shortened(variant.chrom)}:{variant.pos}"
    words = (place, variant.id, variant.ref, variant.alt, effect.task, motif, label, row.get("motif_change", ""))
    return {
        "variant": variant,
        "task": effect.task,
        "effect": effect.effect,
        **{name: finite(row.get(f"{name}_{effect.task}")) for name in ("ref", "alt", "quantile", "p_value", "q_value")},
        "motif": label,
        "motif_change": row.get("motif_change", ""),
        "place": f"{shortened(variant.chrom)} {variant.pos:012d}",
        "search": " ".join(shortened(word, 80) for word in words),
        "tracks": allele_tracks(aligned, f"contributions to both alleles of {place}"),
    }


def _facts(model: ModelHeader, strongest: StrongestEffects, method: str) -> dict[str, str]:
    tasks = list(strongest.tasks.values())
    part = "the whole model" if method == "ism" else "the network, without the k-mer regression if it has one"
    return {
        "Alleles": f"{count(strongest.n_scored)} scored, in windows of {count(model.spec.length)} bp",
        "Tasks": listed(tasks, most=10) + (": each allele with its largest effect" if len(tasks) > 1 else ""),
        "Effect": "score of the alternative allele minus that of the reference allele; scores are "
        + _SCORES[model.spec.outputs],
        "Quantile": "fraction of the validation positives that score at most as high as the higher-scoring allele",
        "Contributions": f"{METHODS[method]}; computed for {part}",
        "Windows": "one for a single-base substitution, two for all other changes; effects and contributions are means "
        "over them",
    }
