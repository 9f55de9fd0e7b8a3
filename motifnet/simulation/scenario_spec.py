"""`ScenarioSpec`: settings of a simulation; `SCENARIOS`: the simulations by name. No numpy."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Literal

from motifnet.arguments import convert_numbers
from motifnet.errors import InputError, quoted

NegativeKind = Literal["background", "fewer", "anywhere", "apart", "one-missing", "shuffled", "swapped"]


@dataclass(frozen=True)
class ScenarioSpec:
    """Settings of a simulation, with the parameter names of DragoNN; by default those of the scenario.

    Parameters
    ----------
    num_pos : int, optional
        Number of positives.
    num_neg : int, optional
        Number of negatives.
    num_seqs : int, optional
        Number of sequences in scenarios with a label per motif.
    seq_length : int, optional
        Length of all sequences in bp.
    gc_fraction : float, optional
        GC content of the background, unless it is estimated from sequences.
    min_motif_counts : int, optional
        Minimum number of sites (or pairs) per sequence.
    max_motif_counts : int, optional
        Maximum number of sites (or pairs) per sequence.
    neg_counts : (int, int), optional
        Minimum and maximum number of sites per negative in scenario "density".
    center_size : int, optional
        Size in bp of the central window that contains all sites.
    position_sd : float, optional
        Standard deviation in bp of the distance of sites from the center (normal distribution).
    min_spacing : int, optional
        Minimum distance in bp between the two motifs of a pair.
    max_spacing : int, optional
        Maximum distance in bp between the two motifs of a pair.
    orientation : {"any", "fixed"}, optional
        Strands of a pair: "any", each motif on a random strand; "fixed", both on the same strand, in their order.
    strands : {"both", "forward"}, optional
        Strands of sites: both, or the forward strand only.
    negatives : str, optional
        Content of negatives: "background"; "fewer" sites; sites "anywhere" instead of in the center; the motifs of a
        pair "apart"; pairs with "one-missing"; "shuffled" motifs (permuted columns); motifs "swapped" for others.
    """

    num_pos: int | None = None
    num_neg: int | None = None
    num_seqs: int | None = None
    seq_length: int | None = None
    gc_fraction: float | None = None
    min_motif_counts: int | None = None
    max_motif_counts: int | None = None
    neg_counts: tuple[int, int] | None = None
    center_size: int | None = None
    position_sd: float | None = None
    min_spacing: int | None = None
    max_spacing: int | None = None
    orientation: Literal["any", "fixed"] | None = None
    strands: Literal["both", "forward"] | None = None
    negatives: NegativeKind | None = None

    def __post_init__(self) -> None:
        convert_numbers(self)
        at_least_1 = ("num_pos", "num_neg", "num_seqs", "seq_length", "center_size", "max_motif_counts")
        for name in (*at_least_1, "min_motif_counts", "min_spacing", "max_spacing"):
            value, least = getattr(self, name), int(name in at_least_1)
            if value is not None and value < least:
                raise InputError(f"{name} must be at least {least}. Got {value} instead")
        if self.gc_fraction is not None and not 0 < self.gc_fraction < 1:
            raise InputError(f"gc_fraction must be between 0 and 1. Got {self.gc_fraction:g} instead")
        if self.position_sd is not None and not self.position_sd > 0:
            raise InputError(f"position_sd must be above 0. Got {self.position_sd:g} instead")
        if self.center_size is not None and self.position_sd is not None:
            raise InputError("center_size and position_sd exclude each other", hint="Use one of them.")
        for name in ("motif_counts", "spacing"):
            fewest, most = (getattr(self, f"{end}_{name}") for end in ("min", "max"))
            if fewest is not None and most is not None and fewest > most:
                raise InputError(f"min_{name} must not be above max_{name}. Got {fewest} and {most} instead")
        if self.neg_counts is not None and not 0 <= self.neg_counts[0] <= self.neg_counts[1]:
            raise InputError(f"neg_counts must be a minimum and a maximum. Got {self.neg_counts} instead")


@dataclass(frozen=True)
class Scenario:
    """A simulation by name.

    Parameters
    ----------
    jaspar : tuple of str
        Default motifs, of JASPAR.
    spec : ScenarioSpec
        Default settings; None for settings that the scenario lacks. All scenarios have center_size and position_sd.
    repeats : bool
        Whether a motif may have several sites in a sequence.
    """

    jaspar: tuple[str, ...]
    spec: ScenarioSpec
    repeats: bool = True

    def settings(self) -> list[str]:
        """Names of the settings that the scenario has."""
        names = [field.name for field in fields(self.spec)]
        return [n for n in names if getattr(self.spec, n) is not None or n in ("center_size", "position_sd")]


_CLASSES = ScenarioSpec(
    num_pos=3000,
    num_neg=3000,
    seq_length=500,
    gc_fraction=0.4,
    min_motif_counts=1,
    max_motif_counts=1,
    strands="both",
    negatives="background",
)
_TASKS = ScenarioSpec(
    num_seqs=6000, seq_length=500, gc_fraction=0.4, min_motif_counts=0, max_motif_counts=2, strands="both"
)

#: DragoNN's simulations (Movva et al. 2019, PLoS ONE 14:e0218073), and the synthetic task of Koo & Ploenzke (2021, Nat
#: Mach Intell 3:258-266).
SCENARIOS = {
    "single-motif": Scenario(("TAL1::TCF3",), _CLASSES),
    "density": Scenario(
        ("TAL1::TCF3",),
        replace(_CLASSES, min_motif_counts=3, max_motif_counts=5, neg_counts=(1, 2), negatives="fewer"),
    ),
    "density-localised": Scenario(
        ("TAL1::TCF3",),
        replace(
            _CLASSES, seq_length=1000, min_motif_counts=2, max_motif_counts=4, center_size=150, negatives="anywhere"
        ),
    ),
    "heterodimer": Scenario(
        ("SPI1", "IRF1"), replace(_CLASSES, min_spacing=2, max_spacing=5, orientation="any", negatives="apart")
    ),
    "multi-motif": Scenario(("CTCF", "SPI1", "IRF1"), _TASKS, repeats=False),
    "koo-12": Scenario(
        ("Arid3a", "CEBPB", "FOSL1", "GABPA", "MAFK", "MAX", "MEF2A", "NFYB", "SP1", "SRF", "STAT1", "YY1"),
        replace(_TASKS, num_seqs=30_000, seq_length=200, gc_fraction=0.5, min_motif_counts=1, max_motif_counts=5),
    ),
}


def complete_spec(name: str, changes: ScenarioSpec) -> ScenarioSpec:
    """Settings of a scenario with changes; raises InputError if the scenario is unknown or lacks a setting."""
    if name not in SCENARIOS:
        raise InputError(f"unknown scenario {quoted(name)}", hint=f"Scenarios: {', '.join(SCENARIOS)}.")
    scenario = SCENARIOS[name]
    changed = {f.name: value for f in fields(changes) if (value := getattr(changes, f.name)) is not None}
    for setting in changed:
        if setting not in scenario.settings():
            raise InputError(
                f"scenario {quoted(name)} has no setting {setting}",
                hint=f"Its settings: {', '.join(scenario.settings())}.",
            )
    # position_sd replaces a central window.
    default = replace(scenario.spec, center_size=None) if "position_sd" in changed else scenario.spec
    spec = replace(default, **changed)
    needed = {
        "fewer": spec.neg_counts is None and "scenario density",
        "anywhere": spec.center_size is None and spec.position_sd is None and "center_size or position_sd",
        "apart": spec.min_spacing is None and "scenario heterodimer",
        "one-missing": spec.min_spacing is None and "scenario heterodimer",
    }.get(spec.negatives or "")
    if needed:
        raise InputError(f"negatives {quoted(spec.negatives)} require {needed}", hint="Use other negatives.")
    return spec
