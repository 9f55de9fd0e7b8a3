"""`plot_variant`: contributions to both alleles as letters, aligned, with motif sites below."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from motifnet.arguments import check_integer, check_type
from motifnet.errors import InputError, quoted
from motifnet.html import shortened
from motifnet.interpretation.attribution.sites_below import draw_sites
from motifnet.interpretation.variants.aligned_alleles import AlignedAlleles, add_sites, align_alleles
from motifnet.interpretation.variants.alleles import GAP
from motifnet.interpretation.variants.effects import ScoredAlleles, score_contexts, window_length
from motifnet.interpretation.variants.genome_alleles import stream_alleles
from motifnet.interpretation.variants.sequence_pairs import InBackgrounds, in_backgrounds, read_pairs
from motifnet.interpretation.variants.skipped import SkippedAlleles
from motifnet.interpretation.variants.strongest import VariantEffect, strongest_effect
from motifnet.models.sequence_model import SequenceModel
from motifnet.motifs.known.databases import as_motifs
from motifnet.motifs.motif import MotifSet
from motifnet.sequences.io.genome import Genome, open_genome
from motifnet.sequences.io.variant_records import Variant

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_VARIANT = re.compile(r"(?P<chrom>.+):(?P<pos>[\d,]{1,15}):?(?P<ref>[A-Za-z]+)[:>](?P<alt>[A-Za-z]+)")
#: Heights in inches: letters of an allele, a row of sites, the space above a track, the title and the axis below.
_LETTERS, _ROW, _ABOVE, _TITLE, _AXIS = 1.15, 0.24, 0.26, 0.3, 0.48
_BACKGROUNDS = 10


def plot_variant(
    model: SequenceModel,
    variant: str | tuple[str, str] | Any,
    *,
    genome: str | Path | Genome | None = None,
    method: str = "ism",
    task: str | None = None,
    motifs: MotifSet | str | Path | None = None,
    flank: int = 30,
    ax: Axes | None = None,
) -> Axes:
    """Plot the contributions of the bases of both alleles as letters, aligned and on the same scale.

    Contributions are computed by `attribute` in the windows of `variant_effects`; for changes other than single-base
    substitutions, they are means over both windows. The shorter allele has a gap. Columns of the variant are shaded.

    Parameters
    ----------
    model : TrainedModel or KerasModel
    variant : str, pair of str, or row of the table of `variant_effects`
        ``"chr1:1001:A:G"`` (1-based, as in VCF), or the sequences with the reference and the alternative allele.
    genome : str, Path or Genome, optional
        FASTA file of the genome; not for a pair of sequences.
    method : {"ism", "deeplift", "gradient", "integrated-gradients"}
        As in `attribute`. "ism" explains the whole model, the others its network.
    task : str, optional
        Default: the task with the largest effect.
    motifs : MotifSet, str or Path, optional
        Motifs, as in `scan`, whose sites in each allele are drawn below its letters.
    flank : int
        Number of bases on both sides of the alleles.
    ax : matplotlib Axes, optional
        Axes to draw into; default: those of a new figure, which a notebook shows.

    Returns
    -------
    matplotlib Axes
        With one inset for each allele (``axes.child_axes``).

    Raises
    ------
    InputError
        If the variant cannot be read, or has no effect with this genome and model.
    ModelError
        If there is no such task, or the method does not support the network.

    Examples
    --------
    ``plot_variant(model, "chr11:5248232:T:A", genome="hg38.fa", motifs="vertebrates")``

    ``plot_variant(model, table.loc[table["effect_positive"].idxmax()], genome="hg38.fa")``
    """
    check_type("model", model, SequenceModel)
    check_integer("flank", flank, at_least=0)
    named, own, contexts = _alleles_of(variant, genome, window_length(model))
    tasks = {t: model.spec.tasks[t] for t in model.task_indices(task)}
    scored = ScoredAlleles([named], [own], [contexts], *score_contexts(model, [contexts]))
    aligned = align_alleles(model, [strongest_effect(scored, 0, tasks)], method=method, flank=flank)
    return draw_alleles((aligned if motifs is None else add_sites(aligned, as_motifs(motifs)))[0], ax)


def _alleles_of(variant: Any, genome: str | Path | Genome | None, length: int) -> InBackgrounds:
    """The variant, its alleles, and these in each background."""
    if isinstance(variant, tuple) and not hasattr(variant, "_fields"):
        if len(variant) != 2 or genome is not None:
            raise InputError("a pair must consist of two sequences, and is used without a genome")
        pairs = read_pairs([variant[0]], [variant[1]], length=length)
        named, own, contexts = next(in_backgrounds(pairs, length=length, backgrounds=_BACKGROUNDS, seed=0))
        return named._replace(chrom="sequence"), own, contexts
    named = _variant_of(variant)
    if genome is None:
        raise InputError("plot_variant requires a genome", hint="Give its FASTA file: genome=...")
    opened = genome if isinstance(genome, Genome) else open_genome(genome)
    skipped = SkippedAlleles(_name(named), opened)
    with suppress(InputError):  # about a whole file
        for _, alleles in stream_alleles([named], opened, skipped, length=length):
            return named, alleles, [alleles]
    hint = f"Check position and alleles in {opened.name}; positions are 1-based, as in VCF."
    raise InputError(f"{quoted(_name(named))} has no effect: {next(iter(skipped.counts))}", hint=hint)


def _variant_of(variant: Any) -> Variant:
    if isinstance(variant, str):
        match = _VARIANT.fullmatch(variant.strip())
        if match is None:
            raise InputError(f"{quoted(variant)} is not a variant", hint="Write it as chr1:1001:A:G.")
        return Variant(match["chrom"], int(match["pos"].replace(",", "") or 0), ".", match["ref"], match["alt"])
    try:
        chrom, pos, ref, alt = (getattr(variant, name) for name in ("chrom", "pos", "ref", "alt"))
        return Variant(str(chrom), int(pos), str(getattr(variant, "id", ".")), str(ref), str(alt))
    except (AttributeError, TypeError, ValueError):
        hint = "Use a string such as chr1:1001:A:G, a row of variant_effects, or a pair of sequences."
        raise InputError(f"{quoted(variant)} is not a variant", hint=hint) from None


def _name(variant: Variant) -> str:
    return f"{variant.chrom}:{variant.pos}:{variant.ref}:{variant.alt}"


def draw_alleles(aligned: AlignedAlleles, ax: Axes | None = None) -> Axes:
    """Draw aligned alleles: two tracks of letters on one scale."""
    from motifnet.figures import axes_of

    sites = aligned.sites or ()
    n_rows = [int(own["row"].max()) + 1 if len(own) else 0 for own in sites] or [0, 0]
    heights = [_LETTERS + _ROW * n for n in n_rows]
    total = _TITLE + sum(heights) + 2 * _ABOVE + _AXIS
    width = float(np.clip(0.12 * aligned.codes.shape[1] + 1.0, 4.5, 16.0))
    margins = {"left": 0.7 / width, "right": 1 - 0.35 / width, "bottom": _AXIS / total, "top": 1 - _TITLE / total}
    lowest, highest = min(float(aligned.values.min()), 0.0), max(float(aligned.values.max()), 0.0)
    margin = 0.06 * (highest - lowest) or 1.0
    limits = lowest - margin * bool(lowest), highest + margin
    with axes_of(ax, width, total, margins=margins) as axes:
        axes.set_axis_off()
        axes.set_title(_title(aligned.effect), parse_math=False)
        top, inside = 1.0, sum(heights) + 2 * _ABOVE
        for row, (height, n) in enumerate(zip(heights, n_rows, strict=True)):
            top -= (_ABOVE + height) / inside
            track = axes.inset_axes((0, top, 1, height / inside))
            _draw_track(track, aligned, row, limits, n)
    return axes


def _title(effect: VariantEffect) -> str:
    variant = effect.variant
    name = f"{shortened(variant.chrom, 40)}:{variant.pos}"
    name += "" if variant.id in (".", "") else f" ({shortened(variant.id, 40)})"
    number = f"{effect.effect:+.3g}".replace("-", "\u2212")
    return f"{name}, {shortened(effect.task, 40)}: effect {number}"


def _draw_track(track: Axes, aligned: AlignedAlleles, row: int, limits: tuple[float, float], n_rows: int) -> None:
    from matplotlib.ticker import MaxNLocator

    from motifnet.motifs.plots import plot_track

    codes, values, effect = aligned.codes[row], aligned.values[row], aligned.effect
    first, last = aligned.alleles.start, aligned.alleles.stop
    plot_track(letters_of(codes, values), track)
    track.set_ylim(*limits)
    track.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    track.axvspan(first - 0.15 * (first == last), last + 0.15 * (first == last), color="#f4e3b2", zorder=0, linewidth=0)
    for column in np.flatnonzero(codes == GAP):
        track.plot([column + 0.2, column + 0.8], [0, 0], color="0.3", linewidth=1.6, solid_capstyle="butt")
    kind, allele = (("reference", effect.variant.ref), ("alternative", effect.variant.alt))[row]
    score = f"{effect.scores[row]:.3g}".replace("-", "\u2212")
    label = f"{kind} {shortened(allele, 24)}, score {score}"
    track.set_title(label, loc="left", fontsize=8, pad=3, parse_math=False)
    track.spines[["top", "right"]].set_visible(False)
    at, labels = position_ticks(aligned.positions)
    track.set_xticks(at, labels if row else [""] * len(at))
    track.set_xlabel(f"position ({shortened(effect.variant.chrom, 40)}, 1-based)" if row else "", parse_math=False)
    if n_rows and aligned.sites is not None:
        draw_sites(track, aligned.sites[row], n_rows, height=_ROW / _LETTERS)


def letters_of(codes: NDArray[np.uint8], values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Heights of letters ``(4, C)``; 0 in gaps and at N."""
    is_own: NDArray[np.bool_] = codes == np.arange(4, dtype=np.uint8)[:, np.newaxis]
    return np.where(is_own, values, np.float32(0))


def position_ticks(positions: NDArray[np.int64], *, step: int = 10) -> tuple[list[float], list[str]]:
    """Centres of columns at multiples of `step`, and their positions."""
    columns = np.flatnonzero((positions > 0) & (positions % step == 0))
    return [float(column) + 0.5 for column in columns], [f"{positions[column]:,}" for column in columns]
