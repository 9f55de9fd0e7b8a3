"""``motifnet simulate``"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Group, Parameter

from motifnet.cli.console import say
from motifnet.simulation.scenario_spec import SCENARIOS, ScenarioSpec

if TYPE_CHECKING:
    from motifnet.motifs.motif import MotifSet
    from motifnet.simulation.backgrounds import MarkovChain

SPEC = Group("What the sequences hold (by default what the scenario says)", sort_key=1)

Output = Annotated[str, Parameter(help="Path and beginning of the names of the files, e.g. data/simulated.")]
Scenario = Annotated[str, Parameter(help=f"One of {', '.join(SCENARIOS)}.")]
Motifs = Annotated[str | None, Parameter(help="Plant the motifs of this file, in place of the scenario's.")]
Jaspar = Annotated[
    list[str] | None,
    Parameter(
        consume_multiple=True,
        negative_iterable=(),
        help="Plant these motifs of JASPAR 2026 CORE: identifiers (MA0139.2) or factors (CTCF).",
    ),
]
NegMotifs = Annotated[str | None, Parameter(help="Negatives hold the motifs of this file in their place.")]
NegJaspar = Annotated[
    list[str] | None,
    Parameter(consume_multiple=True, negative_iterable=(), help="Negatives hold these motifs in their place."),
]
Background = Annotated[
    str | None, Parameter(help="FASTA whose words the background is drawn from, e.g. a genome; else --gc-fraction.")
]
Order = Annotated[Literal[0, 1, 2, 3], Parameter(help="Letters that the next one depends on, in --background.")]
Seed = Annotated[int, Parameter(help="Decides everything random.")]
Spec = Annotated[ScenarioSpec, Parameter(name="*", group=SPEC, negative_iterable=())]


def simulate(
    *,
    output: Output,
    scenario: Scenario = "single-motif",
    motifs: Motifs = None,
    jaspar: Jaspar = None,
    neg_motifs: NegMotifs = None,
    neg_jaspar: NegJaspar = None,
    background: Background = None,
    order: Order = 1,
    seed: Seed = 0,
    spec: Spec = ScenarioSpec(),
) -> None:
    """Simulate sequences with planted motifs, as DragoNN does, and write down the truth.

    Writes PREFIX.positives.fa and PREFIX.negatives.fa, or, where each motif is a label of its own, PREFIX.fa and
    PREFIX.labels.tsv (for --labels); and PREFIX.truth.bed, the planted sites.

    Examples
    --------
    motifnet simulate --scenario single-motif --jaspar CTCF --output data/ctcf
    motifnet simulate --scenario heterodimer --jaspar SPI1 IRF1 --min-spacing 2 --max-spacing 5 --output data/pair
    motifnet simulate --scenario koo-12 --output data/koo
    """
    from motifnet.outputs import check_file
    from motifnet.simulation.scenarios import simulate_scenario

    check_file(f"{output}.truth.bed")
    simulation = simulate_scenario(
        scenario,
        _chosen(motifs, jaspar, "motifs", "jaspar"),
        spec=spec,
        background=_learned(background, order, spec),
        negative_motifs=_chosen(neg_motifs, neg_jaspar, "neg-motifs", "neg-jaspar"),
        seed=seed,
    )
    simulation.write(output)
    sites = simulation.truth["motif"].value_counts(sort=False)
    counts = ", ".join(f"{count} {motif}" for motif, count in sites.items())
    say(f"{len(simulation.data)} sequences of {simulation.data.sequences.length} bp; sites: {counts}")
    say(f"written: {', '.join(simulation.paths(output))}")


def _chosen(path: str | None, jaspar: list[str] | None, *options: str) -> MotifSet | None:
    if path is None and not jaspar:
        return None
    from motifnet.errors import InputError
    from motifnet.motifs.io.files import read_motifs
    from motifnet.simulation.scenarios import known_motifs

    if path is not None and jaspar:
        raise InputError(f"--{' and --'.join(options)} contradict each other", hint="Motifs come from one place.")
    found = read_motifs(path) if path is not None else known_motifs(jaspar or [])
    if not len(found):
        raise InputError(f"{path}: holds no motif to plant")
    return found


def _learned(path: str | None, order: int, spec: ScenarioSpec) -> MarkovChain | None:
    if path is None:
        return None
    from motifnet.errors import InputError
    from motifnet.simulation.backgrounds import learn_background

    if spec.gc_fraction is not None:
        raise InputError("--background and --gc-fraction contradict each other", hint="Leave one of them out.")
    return learn_background(path, order=order)
