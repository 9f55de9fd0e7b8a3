"""motifnet: from DNA sequences to a trained convolutional network and motifs that every other tool reads.

    FASTA -> SequenceSet -> Dataset --train(ModelSpec, TrainSpec)--> TrainedModel -> evaluate -> metrics
                                 |                                      |
                                 +-----------> find_sites <-------------+
                                                   +-> extract_motifs -> families, refined
                                                          -> tested, weighed, named -> MEME, tables

The rooms, in the order of the data (who may import whom: each only from those before it):

``errors``          what goes wrong, where, and how to mend it (``outputs`` writes files whole or not at all;
                    ``progress`` tells how far long work is; ``picture`` and ``summary`` are what a notebook shows;
                    ``arguments`` refuses what is of the wrong type)
``sequences``       letters, codes, one-hot; FASTA; labelled datasets; shuffles; honest splits
``motifs``          motifs, sites, families, significance, comparison, scanning, formats, logos: never TensorFlow
``models``          specs and presets, the network builder, training, evaluation, the trained model
``interpretation``  a model and its motifs together: reading them in order, importance, the tables
``simulation``      sequences with planted motifs, and the truth beside them
``discovery``       `discover`, the whole job
``report``          a folder of results as one HTML page
``cli``             the commands

Conventions: rows are bases A, C, G, T and columns are positions, in one-hot ``(N, 4, L)``, filters ``(F, 4, w)`` and
motifs ``(4, w)``; the reverse complement of any of them is ``x[..., ::-1, ::-1]``. PFM = counts, PPM = probabilities,
PWM = log2 odds to the background. Sites are 0-based and half-open. Same seed, threads, machine and
versions: same bytes.

Names are imported when first used, so ``import motifnet`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "motifnet.errors": ("FormatError", "InputError", "ModelError", "MotifnetError", "SequenceError", "SpecError"),
    "motifnet.sequences.alphabet": ("decode", "one_hot"),
    "motifnet.sequences.sequence_set": ("LengthRule", "SequenceSet"),
    "motifnet.sequences.dataset": ("Dataset", "Split"),
    "motifnet.sequences.io.fasta": ("read_fasta", "write_fasta"),
    "motifnet.sequences.io.genome": ("Genome", "open_genome"),
    "motifnet.sequences.io.labels": ("read_data",),
    "motifnet.sequences.io.reader": ("read_intervals",),
    "motifnet.sequences.input_spec": ("DataSpec", "IntervalSpec", "LabelSpec", "NegativeSpec", "SplitSpec"),
    "motifnet.sequences.negatives.shuffled": ("shuffle",),
    "motifnet.sequences.quality": ("Finding", "check_data"),
    "motifnet.sequences.splits.partition": ("split_data",),
    "motifnet.models.network.block": ("Block",),
    "motifnet.models.network.spec": ("ModelSpec", "SpecChanges"),
    "motifnet.models.training.train_spec": ("TrainSpec",),
    "motifnet.models.network.builder": ("build",),
    "motifnet.models.network.layers": ("describe",),
    "motifnet.models.training.loop": ("Progress", "train"),
    "motifnet.models.evaluation": ("evaluate",),
    "motifnet.models.trained": ("TrainedModel",),
    "motifnet.models.training.tuning": ("Tuning", "tune"),
    "motifnet.models.baselines": ("baseline_predictions", "baselines"),
    "motifnet.models.performance_plots": ("plot_history", "plot_pr", "plot_roc"),
    "motifnet.models.estimators": ("MotifClassifier", "MotifRegressor"),
    "motifnet.models.dragonn": ("read_dragonn",),
    "motifnet.models.runtime": ("set_threads",),
    "motifnet.motifs.motif": ("Motif", "MotifSet"),
    "motifnet.motifs.io.files": ("read_motifs", "write_motifs"),
    "motifnet.motifs.extraction_spec": ("ExtractionSpec", "ReadoutSpec", "SiteRule"),
    "motifnet.motifs.learned.extraction": ("extract_motifs",),
    "motifnet.motifs.scanning.hits": ("Hits", "read_thresholds", "scan"),
    "motifnet.motifs.known.databases": ("read_database",),
    "motifnet.motifs.known.known_enrichment": ("enrich",),
    "motifnet.motifs.known.comparison": ("annotate", "compare"),
    "motifnet.motifs.plots": ("draw_logos", "plot_logo", "plot_positions", "plot_sites", "plot_track"),
    "motifnet.interpretation.importance": ("importance",),
    "motifnet.interpretation.tables.motif_tables": ("MotifTables", "tabulate_motifs"),
    "motifnet.simulation.planting": ("Simulation", "simulate"),
    "motifnet.simulation.scenarios": ("simulate_scenario",),
    "motifnet.simulation.scenario_spec": ("SCENARIOS", "ScenarioSpec"),
    "motifnet.simulation.backgrounds": ("MarkovChain", "learn_background"),
    "motifnet.discovery": ("Discovery", "discover"),
    "motifnet.report.page": ("write_report",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        value = import_module("importlib.metadata").version("motifnet")
    elif name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
    else:
        raise AttributeError(f"module 'motifnet' has no attribute {name!r}{_near(name)}")
    globals()[name] = value
    return value


def _near(name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, _HOME, n=3)
    return f". Did you mean {' or '.join(map(repr, near))}?" if near else ""


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
