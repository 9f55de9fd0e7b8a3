"""Options that several commands share, declared once. No numpy, no Keras: ``--help`` reads this."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter

from motifnet.models.network.presets import PRESETS
from motifnet.models.network.spec_changes import SpecChanges
from motifnet.models.training.train_spec import TrainSpec
from motifnet.motifs.extraction_spec import ExtractionSpec, ReadoutSpec
from motifnet.sequences.input_spec import IntervalSpec, LabelSpec, NegativeSpec, SplitSpec

LABELS = Group("Labels (by default those of two classes, positives and negatives)", sort_key=1)
PLACES = Group("Places on a genome (BED or narrowPeak in place of FASTA)", sort_key=2)
NEGATIVES = Group("Negatives (where no file is given)", sort_key=3)
SPLITS = Group("Validation and test (by default related sequences together, at random)", sort_key=4)
NETWORK = Group("Network (each option changes the preset)", sort_key=5)
TRAINING = Group("Training", sort_key=6)
MOTIFS = Group("Motifs", sort_key=7)

Positives = Annotated[
    str,
    Parameter(
        allow_leading_hyphen=True,
        help="FASTA of the positive class (or of all sequences, see Labels), plain or gzip; - is standard input. "
        "With --genome any file of sequences may be BED.",
    ),
]
Sequences = Annotated[
    str,
    Parameter(
        allow_leading_hyphen=True, help="FASTA, plain or gzip; - is standard input. With --genome it may be BED."
    ),
]
Model = Annotated[Path, Parameter(help="Folder that `motifnet train` or `discover` wrote.")]
Negatives = Annotated[
    str | None,
    Parameter(help="FASTA of the negative class; without it the positives are shuffled, dinucleotides kept."),
]
Length = Annotated[
    int | Literal["auto"],
    Parameter(help="Crop or pad all sequences to this many bp; auto pads to the longest if they differ."),
]
Anchor = Annotated[
    Literal["center", "start", "end"], Parameter(help="What stays in place when a sequence is cropped or padded.")
]
Labels = Annotated[LabelSpec, Parameter(name="*", group=LABELS, negative_iterable=(), consume_multiple=True)]
Intervals = Annotated[IntervalSpec, Parameter(name="*", group=PLACES, negative=())]
Splits = Annotated[SplitSpec, Parameter(name="*", group=SPLITS, negative_iterable=(), consume_multiple=True)]
MadeNegatives = Annotated[NegativeSpec, Parameter(name="*", group=NEGATIVES)]
Outputs = Annotated[
    Literal["classes", "values", "counts"] | None,
    Parameter(
        group=LABELS, help="What the labels are; by default classes, all 0 or 1 (or what --spec or --from learned)."
    ),
]
Preset = Annotated[str, Parameter(help=f"Network to start from: {', '.join(PRESETS)}.")]
Recipe = Annotated[
    Path | None,
    Parameter(
        name="--spec",
        help="spec.json of `motifnet tune` or of a model, in place of --preset: its network, and its training, seed "
        "included, where the options below keep their defaults.",
    ),
]
Changes = Annotated[SpecChanges, Parameter(name="*", group=NETWORK, negative_iterable=(), consume_multiple=True)]
Training = Annotated[TrainSpec, Parameter(name="*", group=TRAINING)]
Extraction = Annotated[ExtractionSpec, Parameter(name="*", group=MOTIFS)]
Readout = Annotated[ReadoutSpec, Parameter(name="*", group=MOTIFS)]
TestPositives = Annotated[
    str | None, Parameter(help="FASTA of positives to test on; else those that were set aside from training (a tenth).")
]
TestNegatives = Annotated[str | None, Parameter(help="FASTA of negatives to test on; goes with --test-positives.")]
Threads = Annotated[int | None, Parameter(help="CPU threads; by default one a core. Part of what a seed repeats.")]
Force = Annotated[bool, Parameter(help="Replace a folder that motifnet wrote.", negative=())]
