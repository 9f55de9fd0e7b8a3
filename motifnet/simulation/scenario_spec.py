"""`ScenarioSpec`: what a simulation is made of, and the scenarios by name. No numpy."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Literal

from motifnet.arguments import settle_numbers
from motifnet.errors import InputError

Orientation = Literal["any", "fixed"]
NegativeKind = Literal["background", "fewer", "anywhere", "apart", "one-missing", "shuffled", "swapped"]


def _check_least(name: str, value: int | None, least: int) -> None:
    if value is not None and value < least:
        raise InputError(f"{name} must be at least {least}. Got {value} instead")


def _check_order(what: str, fewest: int | None, most: int | None) -> None:
    if fewest is not None and most is not None and fewest > most:
        raise InputError(f"min_{what} must not be above max_{what}. Got {fewest} and {most} instead")


@dataclass(frozen=True)
class ScenarioSpec:
    """What a simulation is made of; what is not given is the scenario's. Names as in DragoNN's simulations.

    Parameters
    ----------
    num_pos : int, optional
        Sequences with motifs.
    num_neg : int, optional
        Sequences of the other class.
    num_seqs : int, optional
        Sequences in all, where each motif is a label of its own.
    seq_length : int, optional
        Of every sequence, in bp.
    gc_fraction : float, optional
        Share of G and C in the background, where it is not learned from sequences.
    min_motif_counts : int, optional
        Fewest sites (or pairs) in a sequence.
    max_motif_counts : int, optional
        Most of them.
    neg_counts : (int, int), optional
        The same for the negatives of scenario "density".
    center_size : int, optional
        Sites lie in this many bp in the middle, evenly.
    position_sd : float, optional
        Sites lie around the middle, normally distributed, with this standard deviation in bp.
    min_spacing : int, optional
        Fewest letters between the two motifs of a pair.
    max_spacing : int, optional
        Most of them.
    orientation : {"any", "fixed"}, optional
        Each motif of a pair on any strand; or both on one strand, in the order given.
    strands : {"both", "forward"}, optional
        Sites on both strands, or on the forward strand only.
    negatives : str, optional
        What negatives hold: "background"; "fewer" sites; the sites "anywhere" rather than in the middle; the motifs of
        the pair "apart"; the pair with "one-missing"; "shuffled" motifs, columns permuted; "swapped" for other motifs.
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
    orientation: Orientation | None = None
    strands: Literal["both", "forward"] | None = None
    negatives: NegativeKind | None = None

    def __post_init__(self) -> None:
        settle_numbers(self)
        for name in ("num_pos", "num_neg", "num_seqs", "seq_length", "center_size", "max_motif_counts"):
            _check_least(name, getattr(self, name), 1)
        for name in ("min_motif_counts", "min_spacing", "max_spacing"):
            _check_least(name, getattr(self, name), 0)
        if self.gc_fraction is not None and not 0 < self.gc_fraction < 1:
            raise InputError(f"gc_fraction must be between 0 and 1. Got {self.gc_fraction:g} instead")
        if self.position_sd is not None and not self.position_sd > 0:
            raise InputError(f"position_sd must be above 0. Got {self.position_sd:g} instead")
        if self.center_size is not None and self.position_sd is not None:
            raise InputError("center_size and position_sd contradict each other", hint="Leave one of them out.")
        _check_order("motif_counts", self.min_motif_counts, self.max_motif_counts)
        _check_order("spacing", self.min_spacing, self.max_spacing)
        if self.neg_counts is not None and not 0 <= self.neg_counts[0] <= self.neg_counts[1]:
            raise InputError(f"neg_counts must be the fewest and the most. Got {self.neg_counts} instead")


@dataclass(frozen=True)
class Scenario:
    """A simulation by name.

    Parameters
    ----------
    jaspar : tuple of str
        Motifs of JASPAR that it plants unless told.
    spec : ScenarioSpec
        What it is made of unless told.
    takes : tuple of str
        Fields of the spec that it understands although it has no value of its own for them.
    repeats : bool
        Whether a motif may come twice in a sequence.
    """

    jaspar: tuple[str, ...]
    spec: ScenarioSpec
    takes: tuple[str, ...] = ()
    repeats: bool = True


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
_PAIR = replace(_CLASSES, min_spacing=2, max_spacing=5, orientation="any", negatives="apart")
_PLACES = ("center_size", "position_sd")
KOO_12 = ("Arid3a", "CEBPB", "FOSL1", "GABPA", "MAFK", "MAX", "MEF2A", "NFYB", "SP1", "SRF", "STAT1", "YY1")

#: DragoNN's simulations (Movva et al. 2019, PLoS ONE 14:e0218073), and the synthetic task of Koo & Ploenzke (2021, Nat
#: Mach Intell 3:258-266).
SCENARIOS = {
    "single-motif": Scenario(("TAL1::TCF3",), _CLASSES, _PLACES),
    "density": Scenario(
        ("TAL1::TCF3",),
        replace(_CLASSES, min_motif_counts=3, max_motif_counts=5, neg_counts=(1, 2), negatives="fewer"),
        _PLACES,
    ),
    "density-localised": Scenario(
        ("TAL1::TCF3",),
        replace(
            _CLASSES, seq_length=1000, min_motif_counts=2, max_motif_counts=4, center_size=150, negatives="anywhere"
        ),
        ("position_sd",),
    ),
    "heterodimer": Scenario(("SPI1", "IRF1"), _PAIR, _PLACES),
    "multi-motif": Scenario(("CTCF", "SPI1", "IRF1"), _TASKS, _PLACES, repeats=False),
    "koo-12": Scenario(
        KOO_12,
        replace(_TASKS, num_seqs=30_000, seq_length=200, gc_fraction=0.5, min_motif_counts=1, max_motif_counts=5),
        _PLACES,
    ),
}


def settle(name: str, own: ScenarioSpec) -> ScenarioSpec:
    """The specification of a scenario, with what is given of one's own.

    Parameters
    ----------
    name : str
        One of `SCENARIOS`.
    own : ScenarioSpec

    Returns
    -------
    ScenarioSpec

    Raises
    ------
    InputError
        If there is no such scenario, or something is given that it has no use for.
    """
    if name not in SCENARIOS:
        raise InputError(f"there is no scenario {name!r}", hint=f"Scenarios: {', '.join(SCENARIOS)}.")
    scenario = SCENARIOS[name]
    given = {f.name: value for f in fields(own) if (value := getattr(own, f.name)) is not None}
    for field in given:
        if getattr(scenario.spec, field) is None and field not in scenario.takes:
            raise InputError(
                f"scenario {name!r} has no use for {field}",
                hint=f"It takes {', '.join(f for f in _used(scenario) if f != field)}.",
            )
    # Positions drawn around the middle take the place of a window there.
    kept = replace(scenario.spec, center_size=None) if "position_sd" in given else scenario.spec
    settled = replace(kept, **given)
    _check_negatives(settled)
    return settled


def _used(scenario: Scenario) -> list[str]:
    return [
        f.name for f in fields(scenario.spec) if getattr(scenario.spec, f.name) is not None or f.name in scenario.takes
    ]


def _check_negatives(spec: ScenarioSpec) -> None:
    lacking = {
        "fewer": spec.neg_counts is None and "the scenario density",
        "anywhere": spec.center_size is None and spec.position_sd is None and "sites in the middle (center_size)",
        "apart": spec.min_spacing is None and "a pair (scenario heterodimer)",
        "one-missing": spec.min_spacing is None and "a pair (scenario heterodimer)",
    }.get(spec.negatives or "")
    if lacking:
        raise InputError(f"negatives {spec.negatives!r} go with {lacking}", hint="Choose other negatives.")
