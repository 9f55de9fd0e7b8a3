"""variants.html: the largest effects of variants, with pictures of both alleles, in one self-contained page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from motifnet.html import shortened
from motifnet.interpretation.variants.aligned_alleles import AlignedAlleles, add_sites, align_alleles
from motifnet.interpretation.variants.saturation import Saturation
from motifnet.interpretation.variants.strongest import StrongestEffects
from motifnet.interpretation.variants.variant_spec import PageSpec
from motifnet.models.sequence_model import SequenceModel
from motifnet.motifs.motif import MotifSet
from motifnet.outputs import write_text
from motifnet.report.allele_tracks import allele_tracks
from motifnet.report.explanation_page import METHODS
from motifnet.report.formatting import count, finite, listed
from motifnet.report.heat_map import heat_map
from motifnet.report.rendering import render_page

#: Bases on both sides of the alleles, and pictures that are visible when the page is opened.
_FLANK, _MOST_OPEN = 36, 10
#: Names of predictions and scores of each kind of output.
_PREDICTIONS = {"classes": "Probability", "values": "Value", "counts": "Count"}
_SCORES = {"classes": "log odds", "values": "values", "counts": "logarithms of expected counts"}


def write_variants_page(
    path: str | Path,
    model: SequenceModel,
    strongest: StrongestEffects,
    *,
    page: PageSpec = PageSpec(),
    motifs: MotifSet | None = None,
    maps: Sequence[tuple[str, Saturation]] = (),
) -> None:
    """Write the page.

    Parameters
    ----------
    path : str or Path
    model : SequenceModel
        With the length of the windows.
    strongest : StrongestEffects
        With the rows of the table.
    page : PageSpec
    motifs : MotifSet, optional
        Their sites are drawn below the letters.
    maps : sequence of (task, Saturation)
        Heat maps.

    Raises
    ------
    FormatError
        If the file cannot be written.
    SpecError, ModelError
        If the method is unknown, or does not support the network.
    """
    aligned = align_alleles(model, strongest.found, method=page.method, flank=_FLANK)
    if motifs is not None and aligned:
        aligned = add_sites(aligned, motifs)
    labels = {motif.name: motif.alt_name or motif.name for motif in motifs or ()}
    cards = [_card(one, strongest.rows[one.effect.number], labels) for one in aligned]
    context = {
        "title": "Effects of variants",
        "subtitle": f"{count(len(cards))} largest effects of {count(strongest.n_scored)} alleles",
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
        "facts": _facts(model, strongest, page),
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


def _facts(model: SequenceModel, strongest: StrongestEffects, page: PageSpec) -> dict[str, str]:
    tasks = list(strongest.tasks.values())
    part = "the whole model" if page.method == "ism" else "the network, without the k-mer regression if it has one"
    return {
        "Alleles": f"{count(strongest.n_scored)} scored, in windows of {count(model.spec.length)} bp",
        "Tasks": listed(tasks, most=10) + (": each allele with its largest effect" if len(tasks) > 1 else ""),
        "Effect": "score of the alternative allele minus that of the reference allele; scores are "
        + _SCORES[model.spec.outputs],
        "Quantile": "fraction of the validation positives that score at most as high as the higher-scoring allele",
        "Contributions": f"{METHODS[page.method]}; of {part}",
        "Windows": "one for a single-base substitution, two for all other changes; effects and contributions are means "
        "over them",
    }
