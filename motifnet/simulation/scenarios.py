"""`simulate_scenario`: DragoNN's simulations and Koo & Ploenzke's task, by name."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from motifnet.arguments import check_type, check_whole
from motifnet.errors import InputError
from motifnet.motifs.extraction_spec import DATABASES
from motifnet.motifs.known.databases import factors_of, shipped_database
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.outputs import write_table
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.io.fasta import write_fasta
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.simulation.backgrounds import MarkovChain, independent
from motifnet.simulation.planting import Planting, Simulation, Spacing, check_room, plant, write_truth
from motifnet.simulation.scenario_spec import SCENARIOS, ScenarioSpec, settle

#: What `LabelledSimulation.write` puts behind its prefix.
SUFFIXES = {"sequences": ".fa", "labels": ".labels.tsv", "truth": ".truth.bed"}


@dataclass(frozen=True, eq=False)
class LabelledSimulation:
    """Sequences with a label for each motif: whether it was planted.

    Parameters
    ----------
    data : Dataset
        A task for each motif.
    truth : DataFrame
        As in `Simulation`.
    """

    data: Dataset
    truth: pd.DataFrame

    def write(self, prefix: str | Path) -> None:
        """Write ``<prefix>.fa``, ``<prefix>.labels.tsv`` (for ``--labels``) and ``<prefix>.truth.bed``.

        Raises
        ------
        FormatError
            If a file cannot be written.
        """
        write_truth(self.truth, f"{prefix}{SUFFIXES['truth']}")
        write_fasta(self.data.sequences, f"{prefix}{SUFFIXES['sequences']}")
        labels = pd.DataFrame(self.data.labels.astype(np.int64), columns=list(self.data.tasks))
        labels.insert(0, "name", list(self.data.sequences.names))
        write_table(labels, f"{prefix}{SUFFIXES['labels']}")


def simulate_scenario(
    scenario: str,
    motifs: MotifSet | None = None,
    *,
    spec: ScenarioSpec | None = None,
    background: MarkovChain | None = None,
    swapped: MotifSet | None = None,
    seed: int,
) -> Simulation | LabelledSimulation:
    """Simulate a set by the name of its scenario.

    Parameters
    ----------
    scenario : str
        One of `SCENARIOS`: single-motif, density, density-localised, heterodimer, multi-motif, koo-12.
    motifs : MotifSet, optional
        What is planted; by default the scenario's motifs of JASPAR.
    spec : ScenarioSpec, optional
        What differs from the scenario.
    background : MarkovChain, optional
        See `learn_background`; by default independent letters with the spec's share of G and C.
    swapped : MotifSet, optional
        What negatives get in place of the motifs: as many, which makes ``negatives="swapped"``.
    seed : int
        Same arguments and seed: same sequences.

    Returns
    -------
    Simulation or LabelledSimulation
        The latter where each motif is a label of its own (multi-motif, koo-12).

    Raises
    ------
    InputError
        If there is no such scenario, the specification makes no sense for it, or the sites do not fit.
    """
    own = spec or ScenarioSpec()
    if swapped is not None:
        own = replace(own, negatives="swapped")
    how = settle(scenario, own)
    check_whole("seed", seed, at_least=0)
    motifs = known_motifs(SCENARIOS[scenario].jaspar) if motifs is None else motifs
    check_type("motifs", motifs, MotifSet)
    motifs = MotifSet(motifs.motifs, how.strands or "both", np.full(4, 0.25))
    planting = _planting(motifs, how, repeats=SCENARIOS[scenario].repeats)
    check_room(planting, how.seq_length or 0)
    gc = how.gc_fraction or 0.5
    chain = background or independent(np.array([1 - gc, gc, gc, 1 - gc]) / 2)
    rng = np.random.default_rng(seed)
    if how.num_seqs is not None:
        return _simulate_labels(planting, how, chain, rng)
    return _simulate_classes(planting, _negative_planting(planting, how, swapped, rng), how, chain, rng)


def known_motifs(names: Sequence[str]) -> MotifSet:
    """Motifs of the JASPAR that ships with motifnet.

    Parameters
    ----------
    names : sequence of str
        Identifiers, with a version or without (MA0139.2, MA0139), or factors (CTCF, in any case; the first database of
        `DATABASES` that has it).

    Returns
    -------
    MotifSet
        In that order, each called by its factor.

    Raises
    ------
    InputError
        If one is not there, or is named twice.
    """
    found = [_known_motif(name) for name in names]
    return MotifSet(found, background=np.full(4, 0.25))


def _known_motif(name: str) -> Motif:
    wanted, factors = name.lower(), set()
    for database in DATABASES:
        known = shipped_database(database)
        by_motif = factors_of(known)
        for motif in known:
            factor = by_motif[motif.name].name
            factors.add(factor.upper())
            if wanted in (motif.name.lower(), motif.name.partition(".")[0].lower(), factor.lower()):
                return replace(motif, name=factor, alt_name=motif.name)
    near = difflib.get_close_matches(name.upper(), sorted(factors))
    raise InputError(
        f"JASPAR 2026 CORE holds no motif {name!r}",
        hint=f"Near names: {', '.join(near)}."
        if near
        else "Name an identifier (MA0139.2) or a factor (CTCF), as jaspar.elixir.no lists them.",
    )


def _planting(motifs: MotifSet, how: ScenarioSpec, *, repeats: bool) -> Planting:
    fewest, most = how.min_motif_counts or 0, how.max_motif_counts or 0
    spacing = None
    if how.min_spacing is not None and how.max_spacing is not None:
        if len(motifs) != 2:
            raise InputError(f"a pair has two motifs. Got {len(motifs)} instead", hint="Name two with --jaspar.")
        spacing = Spacing(how.min_spacing, how.max_spacing, how.orientation != "fixed")
    if not repeats and most > len(motifs):
        raise InputError(
            f"{most} motifs in a sequence are more than the {len(motifs)} that there are",
            hint=f"Give more motifs, or a max_motif_counts of at most {len(motifs)}.",
        )
    return Planting(motifs, (fewest, most), repeats, how.center_size, how.position_sd, spacing)


def _negative_planting(
    planting: Planting, how: ScenarioSpec, swapped: MotifSet | None, rng: np.random.Generator
) -> Planting | None:
    """What the negatives get; None for background only."""
    scattered = replace(planting, center_size=None, position_sd=None)
    n_pairs = planting.per_sequence[1]
    match how.negatives:
        case "fewer":
            negatives = replace(planting, per_sequence=how.neg_counts or (0, 0))
        case "anywhere":
            negatives = scattered
        case "apart":
            negatives = replace(scattered, spacing=None, per_sequence=(2, 2), repeats=False)
        case "one-missing":
            negatives = replace(planting, spacing=None, per_sequence=(planting.per_sequence[0], n_pairs))
        case "shuffled":
            negatives = replace(planting, motifs=_shuffled(planting.motifs, rng))
        case "swapped":
            negatives = replace(planting, motifs=_swapped(planting.motifs, swapped))
        case _:
            return None
    check_room(negatives, how.seq_length or 0)
    return negatives


def _shuffled(motifs: MotifSet, rng: np.random.Generator) -> MotifSet:
    """Motifs with their columns in another order: the same letters and information, another word."""
    others = [
        replace(motif, name=f"shuffled_{motif.name}", counts=motif.counts[:, rng.permutation(motif.width)])
        for motif in motifs
    ]
    return MotifSet(others, motifs.strands, motifs.background)


def _swapped(motifs: MotifSet, others: MotifSet | None) -> MotifSet:
    if others is None or len(others) != len(motifs):
        n_others = 0 if others is None else len(others)
        raise InputError(
            f"the {len(motifs)} motifs are swapped for as many others. Got {n_others} instead",
            hint="Name them with --neg-jaspar or --neg-motifs (in Python: swapped=).",
        )
    return MotifSet(others.motifs, motifs.strands, motifs.background)


def _simulate_classes(
    planting: Planting, others: Planting | None, how: ScenarioSpec, chain: MarkovChain, rng: np.random.Generator
) -> Simulation:
    sets, truths = [], []
    for kind, n, plan in (("positive", how.num_pos, planting), ("negative", how.num_neg, others)):
        names = tuple(f"{kind}_{i}" for i in range(n or 0))
        codes = chain.draw(len(names), how.seq_length or 0, rng)
        if plan is not None:
            truths.append(plant(plan, codes, names, rng))
        sets.append(SequenceSet(names, codes))
    return Simulation(sets[0], sets[1], pd.concat(truths, ignore_index=True))


def _simulate_labels(
    planting: Planting, how: ScenarioSpec, chain: MarkovChain, rng: np.random.Generator
) -> LabelledSimulation:
    names = tuple(f"sequence_{i}" for i in range(how.num_seqs or 0))
    codes = chain.draw(len(names), how.seq_length or 0, rng)
    truth = plant(planting, codes, names, rng)
    tasks = planting.motifs.names
    labels = np.zeros((len(names), len(tasks)))
    labels[truth["sequence_index"], [tasks.index(motif) for motif in truth["motif"]]] = 1
    return LabelledSimulation(Dataset.from_labels(SequenceSet(names, codes), labels, tasks), truth)
