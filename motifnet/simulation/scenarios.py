"""`simulate_scenario`: DragoNN's simulations and the task of Koo & Ploenzke, by name."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from motifnet.arguments import check_integer, check_type
from motifnet.errors import InputError, quoted
from motifnet.motifs.extraction_spec import DATABASES
from motifnet.motifs.known.databases import factors_of, shipped_database
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import SequenceSet
from motifnet.simulation.backgrounds import MarkovChain
from motifnet.simulation.planting import Planting, Simulation, check_fit, plant
from motifnet.simulation.scenario_spec import SCENARIOS, ScenarioSpec, complete_spec


def simulate_scenario(
    scenario: str,
    motifs: MotifSet | None = None,
    *,
    spec: ScenarioSpec | None = None,
    background: MarkovChain | None = None,
    negative_motifs: MotifSet | None = None,
    seed: int = 0,
) -> Simulation:
    """Simulate sequences as a scenario defines them.

    Parameters
    ----------
    scenario : str
        One of `SCENARIOS`: single-motif, density, density-localised, heterodimer, multi-motif, koo-12. The last two
        have a label per motif, the others positives and negatives.
    motifs : MotifSet, optional
        Motifs to plant; by default those of the scenario, from JASPAR.
    spec : ScenarioSpec, optional
        Settings that differ from the scenario.
    background : MarkovChain, optional
        From `learn_background`; by default independent bases with the GC content of the spec.
    negative_motifs : MotifSet, optional
        Motifs to plant in negatives instead, as many as `motifs`; sets ``negatives="swapped"``.
    seed : int
        Same arguments and seed: same sequences.

    Returns
    -------
    Simulation

    Raises
    ------
    InputError
        If the scenario is unknown, does not have a setting of the spec, or the sites do not fit into the sequences.
    """
    spec = spec or ScenarioSpec()
    if negative_motifs is not None:
        spec = replace(spec, negatives="swapped")
    spec = complete_spec(scenario, spec)
    check_integer("seed", seed, at_least=0)
    motifs = known_motifs(SCENARIOS[scenario].jaspar) if motifs is None else motifs
    check_type("motifs", motifs, MotifSet)
    motifs = MotifSet(motifs.motifs, spec.strands or "both", np.full(4, 0.25))
    planting = _planting(motifs, spec, repeats=SCENARIOS[scenario].repeats)
    check_fit(planting, spec.seq_length or 0)
    gc = spec.gc_fraction or 0.5
    chain = background or MarkovChain.independent(np.array([1 - gc, gc, gc, 1 - gc]) / 2)
    rng = np.random.default_rng(seed)
    if spec.num_seqs is not None:
        return _simulate_labels(planting, spec, chain, rng)
    negatives = _negative_planting(planting, spec, negative_motifs, rng)
    return _simulate_classes(planting, negatives, spec, chain, rng)


def known_motifs(names: Sequence[str]) -> MotifSet:
    """Motifs of the JASPAR databases of motifnet, in this order, named by their factors.

    Names are identifiers with or without version (MA0139.2, MA0139), or factors in any case (CTCF; from the first
    database of `DATABASES` that has it). Raises InputError if a motif is unknown, or is named twice.
    """
    return MotifSet([_known_motif(name) for name in names], background=np.full(4, 0.25))


def _known_motif(name: str) -> Motif:
    lowered, names = name.lower(), set()
    for database in DATABASES:
        known = shipped_database(database)
        factors = factors_of(known)
        for motif in known:
            factor = factors[motif.name].name
            names.add(factor.upper())
            if lowered in (motif.name.lower(), motif.name.partition(".")[0].lower(), factor.lower()):
                return replace(motif, name=factor, alt_name=motif.name)
    similar = difflib.get_close_matches(name.upper(), sorted(names))
    hint = f"Similar names: {', '.join(similar)}." if similar else "Use an identifier (MA0139.2) or a factor (CTCF)."
    raise InputError(f"JASPAR 2026 CORE has no motif {quoted(name)}", hint=hint)


def _planting(motifs: MotifSet, spec: ScenarioSpec, *, repeats: bool) -> Planting:
    fewest, most = spec.min_motif_counts or 0, spec.max_motif_counts or 0
    spacing = None
    if spec.min_spacing is not None and spec.max_spacing is not None:
        if len(motifs) != 2:
            raise InputError(f"a pair has two motifs. Got {len(motifs)} instead", hint="Use e.g. --jaspar SPI1 IRF1.")
        spacing = spec.min_spacing, spec.max_spacing
    if not repeats and most > len(motifs):
        raise InputError(
            f"max_motif_counts must be at most the number of motifs, {len(motifs)}. Got {most} instead",
            hint="Add motifs, or set a lower max_motif_counts.",
        )
    is_any = spec.orientation != "fixed"
    return Planting(motifs, (fewest, most), repeats, spec.center_size, spec.position_sd, spacing, is_any)


def _negative_planting(
    planting: Planting, spec: ScenarioSpec, others: MotifSet | None, rng: np.random.Generator
) -> Planting | None:
    """Motifs and sites of the negatives; None for background only."""
    anywhere = replace(planting, center_size=None, position_sd=None)
    match spec.negatives:
        case "fewer":
            negatives = replace(planting, per_sequence=spec.neg_counts or (0, 0))
        case "anywhere":
            negatives = anywhere
        case "apart":
            negatives = replace(anywhere, spacing=None, per_sequence=(2, 2), repeats=False)
        case "one-missing":
            negatives = replace(planting, spacing=None)
        case "shuffled":
            # The same composition and information content, in another order of columns.
            shuffled = [
                replace(motif, name=f"shuffled_{motif.name}", counts=motif.counts[:, rng.permutation(motif.width)])
                for motif in planting.motifs
            ]
            negatives = replace(planting, motifs=replace(planting.motifs, motifs=tuple(shuffled)))
        case "swapped":
            negatives = replace(planting, motifs=_swapped(planting.motifs, others))
        case _:
            return None
    check_fit(negatives, spec.seq_length or 0)
    return negatives


def _swapped(motifs: MotifSet, others: MotifSet | None) -> MotifSet:
    if others is None or len(others) != len(motifs):
        n = 0 if others is None else len(others)
        what = f"the number of motifs for negatives must be that of the planted motifs, {len(motifs)}. Got {n} instead"
        raise InputError(what, hint="Use --neg-jaspar or --neg-motifs (in Python: negative_motifs=).")
    return MotifSet(others.motifs, motifs.strands, motifs.background)


def _simulate_classes(
    positive: Planting, negative: Planting | None, spec: ScenarioSpec, chain: MarkovChain, rng: np.random.Generator
) -> Simulation:
    sets, truths = [], []
    for kind, n, planting in (("positive", spec.num_pos, positive), ("negative", spec.num_neg, negative)):
        names = tuple(f"{kind}_{i}" for i in range(n or 0))
        codes = chain.sample(len(names), spec.seq_length or 0, rng)
        if planting is not None:
            truths.append(plant(planting, codes, names, rng))
        sets.append(SequenceSet(names, codes))
    return Simulation(Dataset.from_classes(sets[0], sets[1]), pd.concat(truths, ignore_index=True))


def _simulate_labels(
    planting: Planting, spec: ScenarioSpec, chain: MarkovChain, rng: np.random.Generator
) -> Simulation:
    names = tuple(f"sequence_{i}" for i in range(spec.num_seqs or 0))
    codes = chain.sample(len(names), spec.seq_length or 0, rng)
    truth = plant(planting, codes, names, rng)
    tasks = planting.motifs.names
    labels = np.zeros((len(names), len(tasks)))
    labels[truth["sequence_index"], [tasks.index(motif) for motif in truth["motif"]]] = 1
    return Simulation(Dataset.from_labels(SequenceSet(names, codes), labels, tasks), truth)
