"""``motifnet simulate``"""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Group, Parameter

import motifnet as mn
from motifnet.cli.console import print_status
from motifnet.cli.options import MotifReading, Reading, Seed

SPEC = Group("Sequences (default: those of the scenario)", sort_key=1)

Prefix = Annotated[str, Parameter(help="Prefix of the names of the files, e.g. data/simulated.")]
Scenario = Annotated[str, Parameter(help=f"One of {', '.join(mn.simulation.SCENARIOS)}.")]
Motifs = Annotated[
    str | None, Parameter(help="Motif file or consensus: motifs to plant. Default: the motifs of the scenario.")
]
_List = Parameter(consume_multiple=True, negative_iterable=())
Jaspar = Annotated[
    list[str] | None,
    _List,
    Parameter(help="Motifs of JASPAR 2026 CORE to plant: identifiers (MA0139.2) or factors (CTCF)."),
]
NegMotifs = Annotated[str | None, Parameter(help="Motif file or consensus: motifs to plant in the negatives.")]
NegJaspar = Annotated[list[str] | None, _List, Parameter(help="Motifs of JASPAR 2026 CORE to plant in the negatives.")]
Background = Annotated[
    str | None,
    Parameter(help="FASTA file whose k-mers the background is sampled from, e.g. a genome. Default: --gc-fraction."),
]
Order = Annotated[Literal[0, 1, 2, 3], Parameter(help="Order of the Markov chain fitted to --background.")]
Spec = Annotated[mn.simulation.ScenarioSpec, Parameter(name="*", group=SPEC, negative_iterable=())]


def simulate(
    *,
    output: Prefix,
    scenario: Scenario = "single-motif",
    motifs: Motifs = None,
    jaspar: Jaspar = None,
    neg_motifs: NegMotifs = None,
    neg_jaspar: NegJaspar = None,
    background: Background = None,
    order: Order = 1,
    seed: Seed = 0,
    spec: Spec = mn.simulation.ScenarioSpec(),
    reading: Reading = MotifReading(),
) -> None:
    """Simulate sequences with planted motifs, with DragoNN's scenarios and others.

    Writes PREFIX.positives.fa and PREFIX.negatives.fa or, if each motif is a label of its own, PREFIX.fa and
    PREFIX.labels.tsv (for --labels); and the planted sites, PREFIX.truth.bed.

    Examples
    --------
    motifnet simulate --scenario single-motif --jaspar CTCF --output data/ctcf
    motifnet simulate --scenario heterodimer --jaspar SPI1 IRF1 --min-spacing 2 --max-spacing 5 --output data/pair
    motifnet simulate --scenario koo-12 --output data/koo
    """
    from motifnet.outputs import check_file

    check_file(f"{output}.truth.bed")
    simulation = mn.simulation.simulate_scenario(
        scenario,
        _chosen(motifs, jaspar, reading, "motifs", "jaspar"),
        spec=spec,
        background=_learned(background, order, spec),
        negative_motifs=_chosen(neg_motifs, neg_jaspar, reading, "neg-motifs", "neg-jaspar"),
        seed=seed,
    )
    simulation.write(output)
    sites = simulation.truth["motif"].value_counts(sort=False)
    counts = ", ".join(f"{count} {motif}" for motif, count in sites.items())
    print_status(f"{len(simulation.data)} sequences of {simulation.data.sequences.length} bp; sites: {counts}")
    print_status(f"written: {', '.join(simulation.paths(output))}")


def _chosen(path: str | None, jaspar: list[str] | None, reading: MotifReading, *options: str) -> mn.MotifSet | None:
    if path is None and not jaspar:
        return None
    from motifnet.simulation.scenarios import known_motifs

    if path is not None and jaspar:
        raise mn.errors.InputError(f"--{' and --'.join(options)} exclude each other", hint="Use one of them.")
    found = reading.read(path) if path is not None else known_motifs(jaspar or [])
    if not len(found):
        raise mn.errors.InputError(f"{path}: contains no motif to plant")
    return found


def _learned(path: str | None, order: int, spec: mn.simulation.ScenarioSpec) -> mn.simulation.MarkovChain | None:
    if path is None:
        return None
    if spec.gc_fraction is not None:
        raise mn.errors.InputError("--background and --gc-fraction exclude each other", hint="Use one of them.")
    return mn.simulation.learn_background(path, order=order)
