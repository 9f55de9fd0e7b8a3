"""Messages about filters, motifs of a model, and importance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd

import keras_networks as networks
import motifnet as mn
from filter_banks import kmer_filters
from motifnet.interpretation.importance import importance
from motifnet.interpretation.tables.columns import SPACING_COLUMNS
from motifnet.motifs.learned.extraction import MotifInstances, extract_motifs
from motifnet.motifs.learned.sites import Sites
from motifnet.sequences.io.genome_tracks import check_track
from small_models import LENGTH, SPEC, planted

DATA = planted(4, 4, seed=1)
NARROW, WIDE = ([mn.Motif("a", np.ones((4, w))), mn.Motif("b", np.ones((4, w)))] for w in (8, LENGTH // 2))
NEGATIVES = DATA.sequences.take(DATA.labels[:, 0] == 0)


def _importance(**values: object) -> None:
    model = mn.TrainedModel(SPEC, mn.build(SPEC, seed=0))
    importance(model, **{"data": DATA, "groups": [[0]], "donors": NEGATIVES, **values})  # type: ignore[arg-type]


def _attributions() -> mn.Attributions:
    sequences = DATA.sequences.take([0])
    values = np.zeros((1, 2, 4, LENGTH), dtype=np.float32)
    return mn.Attributions(sequences, values, ("bound", "open"), np.zeros((1, 2)), "ism", "model")


def _deeplift(*layers: object) -> None:
    """DeepLIFT of a network with these layers."""
    head = networks.layers.Flatten(), networks.layers.Dense(1)
    network = networks.keras.Sequential([networks.keras.Input((LENGTH, 4)), *layers, *head])
    mn.attribute(mn.KerasModel(network), DATA.sequences, method="deeplift")


def _attribute(**options: object) -> None:
    mn.attribute(mn.TrainedModel(SPEC, mn.build(SPEC, seed=0)), DATA.sequences, **options)  # type: ignore[arg-type]


def _explanation(**options: object) -> None:
    mn.ExplanationSpec(**options).drawn_names(DATA.sequences.names)  # type: ignore[arg-type]


def _marginalize(motif: object = "GATTACA", backgrounds: object = DATA.sequences, **options: object) -> None:
    mn.marginalize(mn.TrainedModel(SPEC, mn.build(SPEC, seed=0)), motif, backgrounds, **options)  # type: ignore[arg-type]


def _spacing(motifs: object, **options: object) -> None:
    model = mn.TrainedModel(SPEC, mn.build(SPEC, seed=0))
    mn.spacing_effects(model, motifs, DATA.sequences, **options)  # type: ignore[arg-type]


def _plot_spacing(**options: object) -> None:
    table = pd.DataFrame({name: ["a"] for name in SPACING_COLUMNS})
    mn.plot_spacing(table, **options)  # type: ignore[arg-type]


def _seqlets() -> mn.Seqlets:
    one = np.zeros(1, dtype=np.int64)
    return mn.Seqlets("open", one, one, one + 8, one + 1.0, one + 0.1, one + 0.1)


def _write_modisco(*tasks: str, path: str = "modisco.h5", sequence: int = 0) -> None:
    """Write a pattern of one site for each task."""
    none, values = np.zeros(1, dtype=np.int64), np.ones((4, 8))
    sites = Sites(8, none + sequence, none, none > 0, none.astype(np.float32))
    patterns = [MotifInstances("p00", sites, NARROW[0], 0.0, values, values, task) for task in tasks]
    mn.write_modisco(patterns, _attributions(), path)


def _without_pybigwig() -> None:
    with patch("motifnet.sequences.io.genome_tracks.find_spec", lambda _: None):
        check_track("contributions.bw")


def _tracks(tasks: tuple[str, ...], output: str) -> None:
    Path("genome.fa").write_text(">chr1\nACGTACGT\n")
    spec = replace(SPEC, tasks=tasks)
    mn.predict_tracks(mn.TrainedModel(spec, mn.build(spec, seed=0)), "genome.fa", output)


CASES: dict[str, Callable[[], object]] = {
    "site rule that needs negatives": partial(
        extract_motifs, kmer_filters(["GATTACA"]), DATA.sequences, extraction=mn.ExtractionSpec("rate")
    ),
    "sequences shorter than the filters": partial(extract_motifs, kmer_filters(["A" * (LENGTH + 1)]), DATA.sequences),
    "motifs of a model of another type": partial(mn.tabulate_motifs, None, DATA),
    "motifs of data of another type": lambda: mn.tabulate_motifs(
        mn.TrainedModel(SPEC, mn.build(SPEC, seed=0)),
        DATA.sequences,  # type: ignore[arg-type]
    ),
    "indels with the flanks of other sequences": lambda: mn.indel_effects(
        mn.TrainedModel(SPEC, mn.build(SPEC, seed=0)), DATA.sequences, flank=np.zeros(3, dtype=np.uint8)
    ),
    "mutations for a task that the model does not have": lambda: mn.mutation_effects(
        mn.TrainedModel(SPEC, mn.build(SPEC, seed=0)), DATA.sequences, "bound"
    ),
    "plot of attributions without a task": lambda: _attributions().plot(),
    "plot of a sequence that is not there": lambda: _attributions().plot(3, "bound"),
    "explanation by an unknown method": lambda: mn.ExplanationSpec("shap"),  # type: ignore[arg-type]
    "explanation without sequences": lambda: mn.explain(
        mn.TrainedModel(SPEC, mn.build(SPEC, seed=0)), DATA.sequences.take([]), "."
    ),
    "DeepLIFT of a recurrent network": lambda: mn.explain(
        mn.KerasModel(networks.danq()), DATA.sequences, ".", mn.ExplanationSpec("deeplift")
    ),
    "DeepLIFT of a softmax within the network": lambda: _deeplift(networks.layers.Conv1D(4, 9, activation="softmax")),
    "DeepLIFT of layer normalisation": lambda: _deeplift(networks.layers.LayerNormalization()),
    "attributions by an unknown method": partial(_attribute, method="deeplitf"),
    "attributions for a task that the model does not have": partial(_attribute, task="bound"),
    "references for a method without": partial(_attribute, references="zeros"),
    "unknown references": partial(_attribute, method="deeplift", references="noise"),
    "references of another length": partial(_attribute, method="deeplift", references=np.zeros((2, 4, 7))),
    "no references": partial(_attribute, method="deeplift", n_references=0),
    "completeness without references": lambda: _attributions().completeness_errors(),
    "explanation in an unknown format": partial(_explanation, tracks="wig"),
    "explanation with references for a method without": partial(_explanation, references="zeros"),
    "explanation with a number of shuffles but none": partial(_explanation, n_references=5),
    "explanation with too few shuffles": partial(_explanation, method="deeplift", n_references=0),
    "explanation with pictures of no sequence": partial(_explanation, png=True),
    "explanation with an unknown name": partial(_explanation, names=("chr1:1-60",)),
    "explanation with a damaged file of names": lambda: (
        Path("names.txt").write_bytes(b"\xff"),
        _explanation(names=("names.txt",)),
    ),
    "bigWig without pyBigWig": _without_pybigwig,
    "seqlets with controls by another method": lambda: mn.find_seqlets(
        _attributions(), controls=replace(_attributions(), method="gradient"), task="open"
    ),
    "seqlets without controls": lambda: mn.find_seqlets(
        _attributions(), controls=_attributions().take([]), task="open"
    ),
    "seqlets at no false discovery rate": lambda: mn.find_seqlets(_attributions(), controls=_attributions(), fdr=0),
    "seqlets with held-out sequences by index": lambda: mn.find_seqlets(
        _attributions(), controls=_attributions(), task="open", held_out=[0]
    ),
    "patterns of seqlets of other sequences": lambda: mn.find_patterns(_attributions().take([]), _seqlets()),
    "patterns on unknown strands": lambda: mn.find_patterns(_attributions(), _seqlets(), strands="+"),  # type: ignore[arg-type]
    "prediction of an unknown part": lambda: mn.TrainedModel(SPEC, mn.build(SPEC, seed=0)).predict(
        DATA.sequences,
        part="kmers",  # type: ignore[arg-type]
    ),
    "plot of the spacing of one motif": partial(_plot_spacing, pair=("a",)),
    "planting a motif into no sequences": partial(_marginalize, backgrounds=DATA.sequences.take([])),
    "planting a motif wider than the sequences": partial(_marginalize, "A" * (LENGTH + 1)),
    "planting a motif beyond the end": partial(_marginalize, position=LENGTH),
    "planting a motif on an unknown strand": partial(_marginalize, strand="forward"),
    "planting unknown sites of a motif": partial(_marginalize, sites="best"),
    "spacing of one motif": partial(_spacing, "GATTACA"),
    "spacing of motifs wider than the sequences": partial(_spacing, WIDE),
    "spacing with gaps that do not fit": partial(_spacing, NARROW, max_gap=40),
    "plot of the spacing of another pair": partial(_plot_spacing, pair=("b", "c")),
    "plot of the spacing for another task": partial(_plot_spacing, task="bound"),
    "plot of an empty table of spacings": lambda: mn.plot_spacing(pd.DataFrame(columns=list(SPACING_COLUMNS))),
    "plot of another table as spacings": lambda: mn.plot_spacing(pd.DataFrame({"motif": ["a"]})),
    "no patterns to write": _write_modisco,
    "patterns with sites in other sequences": partial(_write_modisco, "bound", sequence=7),
    "patterns of two tasks": partial(_write_modisco, "bound", "open"),
    "patterns in a file of another suffix": partial(_write_modisco, "bound", path="modisco.meme"),
    "filters instead of patterns": lambda: mn.write_modisco(
        [MotifInstances("f00", Sites(8, *(np.zeros(0),) * 4), None, 0.0)],
        _attributions(),
        "modisco.h5",  # type: ignore[arg-type]
    ),
    "importance of a filter that is not in the layer": partial(_importance, groups=[[0], [2, 99]]),
    "importance of an empty group": partial(_importance, groups=[[]]),
    "importance of a layer that does not exist": partial(_importance, layer=4),
    "importance for other tasks": partial(_importance, data=replace(DATA, tasks=("bound",))),
    "importance without sequences": partial(_importance, data=DATA.take([])),
    "importance without donors": partial(_importance, donors=NEGATIVES.take([])),
    "importance with donors of another length": partial(_importance, donors=planted(0, 2, seed=1, length=50).sequences),
    "importance without draws": partial(_importance, draws=0),
    "one track for several tasks": partial(_tracks, ("bound", "open"), "scores.bw"),
    "track with another suffix": partial(_tracks, ("bound",), "scores.txt"),
    "genome shorter than the windows": partial(_tracks, ("bound",), "scores.bedgraph"),
    "value of a base in a track": lambda: mn.TrackSpec(combine="median"),  # type: ignore[arg-type]
    "windows without a distance": lambda: mn.TrackSpec(stride=0),
}
