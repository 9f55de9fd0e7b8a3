"""What a notebook shows of motifs: logos, and what is known of them."""

from __future__ import annotations

from motifnet.html import Image, image_html, summary_html, table_html
from motifnet.motifs.logo import logo_svg
from motifnet.motifs.motif import Motif, MotifSet


def motif_html(motif: Motif) -> str:
    """What is known of a motif, and its logo on both strands."""
    facts: dict[str, object] = {"also": motif.alt_name} if motif.alt_name else {}
    facts |= {"consensus": motif.consensus, "width": f"{motif.width} bp", "information": f"{_bits(motif)} bits"}
    if motif.nsites is not None:
        facts["sites"] = f"{motif.nsites:,}"
    if motif.e_value is not None:
        facts["E"] = f"{motif.e_value:.2g}"
    logos = (logo_image(motif, 60), logo_image(motif.reverse_complement(), 60))
    return summary_html(motif.name, facts, *(f"<p>{image_html(logo)}</p>" for logo in logos))


def motif_set_html(motifs: MotifSet) -> str:
    """The first motifs, each with its logo."""
    rows = (
        (
            motif.name,
            logo_image(motif),
            motif.alt_name,
            _bits(motif),
            "" if motif.nsites is None else f"{motif.nsites:,}",
            "" if motif.e_value is None else f"{motif.e_value:.2g}",
        )
        for motif in motifs
    )
    facts = {"motifs": f"{len(motifs):,}", "strands": motifs.strands}
    columns = ("motif", "logo", "also", "bits", "sites", "E")
    return summary_html("MotifSet", facts, table_html(columns, rows, n_rows=len(motifs)))


def logo_image(motif: Motif, height: int = 36) -> Image:
    """The logo for a cell of a table; a reader that shows no images gets the consensus."""
    return Image(logo_svg(motif), motif.consensus, height)


def _bits(motif: Motif) -> str:
    return f"{motif.total_information:.1f}"
