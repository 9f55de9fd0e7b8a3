"""Options for the effects of variants; imports no numpy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from motifnet.arguments import check_integer
from motifnet.errors import InputError, quoted
from motifnet.interpretation.attribution.explanation_spec import Method

#: Formats of figures.
_FIGURES = (".svg", ".png", ".pdf")


@dataclass(frozen=True)
class VariantSpec:
    """How variants are read and scored.

    Parameters
    ----------
    window : int, optional
        Length of the windows in bp. Default: that of the model.
    allow_mismatch : bool
        Also score alleles whose REF differs from the genome. Default: such alleles are skipped, and more than 5 % of
        them are an error.
    peaks : Path, optional
        Keep only variants that overlap the regions of this file (BED or narrowPeak).
    skipped : Path, optional
        Table to write: each skipped allele and the reason.
    backgrounds : int
        Number of pairs of dinucleotide-shuffled flanks for sequences that are shorter than the window (with --ref and
        --alt).
    null : int
        Add p- and q-values from this many changes of the same kind in shuffled sequences per variant; 0: none. The
        whole table is kept in memory.
    members : tuple of Path
        Folders of further models of the same tasks, such as networks trained with other seeds; scores are means over
        all models.
    motifs : str, optional
        Motif file, consensus or database: add columns for the motif whose best site changes most.
    seed : int
        Seed of the shuffles.

    Raises
    ------
    InputError
        If a number is below its minimum.
    """

    window: int | None = None
    allow_mismatch: bool = False
    peaks: Path | None = None
    skipped: Path | None = None
    backgrounds: int = 10
    null: int = 0
    members: tuple[Path, ...] = ()
    motifs: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.window is not None:
            check_integer("window", self.window, at_least=1)
        check_integer("backgrounds", self.backgrounds, at_least=1)
        check_integer("null", self.null, at_least=0)
        check_integer("seed", self.seed, at_least=0)

    def check_source(self, *, is_pairs: bool) -> None:
        """Raise InputError unless all options apply to the input: variants in a genome, or pairs of sequences.

        Parameters
        ----------
        is_pairs : bool
            Whether the alleles are pairs of sequences.
        """
        if not is_pairs:
            if self.backgrounds != VariantSpec.backgrounds:
                what = "--backgrounds applies to pairs of sequences, not to variants in a genome"
                raise InputError(what, hint="Omit --backgrounds, or use --ref and --alt.")
            return
        own = {
            "--peaks": self.peaks is not None,
            "--skipped": self.skipped is not None,
            "--allow-mismatch": self.allow_mismatch,
        }
        given = [name for name, is_given in own.items() if is_given]
        if given:
            verb = "applies" if len(given) == 1 else "apply"
            what = f"{' and '.join(given)} {verb} to variants in a genome, not to pairs of sequences"
            raise InputError(what, hint=f"Omit {' and '.join(given)}, or use a VCF file and a genome.")


@dataclass(frozen=True)
class PageSpec:
    """Pages and figures of `motifnet variants`.

    Parameters
    ----------
    html : Path, optional
        Page to write, such as variants.html: the largest effects, with the contributions of the bases of both alleles
        and the motif sites of --motifs. With --saturate, the page also has heat maps.
    heat_map : Path, optional
        Figure to write (.svg, .png or .pdf): heat map of the effects of all substitutions; only with --saturate.
    show : int
        Number of alternative alleles on the page: those with the largest effects in either direction.
    task : str, optional
        Task of the page and of the heat map. Default: all tasks; each allele is shown with its largest effect.
    method : str
        Method of the contributions on the page, as in `motifnet explain`.

    Raises
    ------
    InputError
        If a number is below 1, the figure has another format, or options of a page are given without one.
    """

    html: Path | None = None
    heat_map: Path | None = None
    show: int = 50
    task: str | None = None
    method: Method = "ism"

    def __post_init__(self) -> None:
        check_integer("show", self.show, at_least=1)
        if self.heat_map is not None and self.heat_map.suffix.lower() not in _FIGURES:
            what = f"{self.heat_map}: unknown figure format {quoted(self.heat_map.suffix)}"
            raise InputError(what, hint=f"Use {', '.join(_FIGURES[:-1])} or {_FIGURES[-1]}.")
        if self.html is None and (self.show, self.method) != (50, "ism"):
            raise InputError("--show and --method apply only to a page", hint="Add --html variants.html.")
        if self.html is None and self.heat_map is None and self.task is not None:
            what = "--task applies only to a page or a heat map; tables have all tasks"
            raise InputError(what, hint="Add --html variants.html.")
