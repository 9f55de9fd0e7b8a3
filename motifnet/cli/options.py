"""Options that several commands share. No numpy, no Keras: ``--help`` imports this module."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Group, Parameter

import motifnet as mn
from motifnet.errors import InputError
from motifnet.models.network.presets import PRESETS
from motifnet.motifs.extraction_spec import DATABASES, Orientation

LABELS = Group("Labels (default: two classes, positives and negatives)", sort_key=1)
INTERVALS = Group("Intervals (files of regions instead of FASTA), and gaps in FASTA", sort_key=2)
WINDOWS = Group("Windows along a genome (--genome without SEQUENCES)", sort_key=3)
NEGATIVES = Group("Generated negatives (if no file of negatives is given)", sort_key=3)
SPLITS = Group("Validation and test sequences (default: random, related sequences together)", sort_key=4)
NETWORK = Group("Network (each option changes the preset)", sort_key=5)
TRAINING = Group("Training", sort_key=6)
MOTIFS = Group("Motifs", sort_key=7)
MOTIF_FILES = Group("Motif files", sort_key=8)

# --- input files ---

Positives = Annotated[
    str,
    Parameter(
        allow_leading_hyphen=True,
        help="FASTA file of the positives (with Labels: of all sequences), plain or gzip; - is standard input. "
        "With --genome, all sequence files may be BED, narrowPeak or other files of regions.",
    ),
]
Sequences = Annotated[
    str,
    Parameter(
        allow_leading_hyphen=True,
        help="FASTA file, plain or gzip; - is standard input. With --genome, it may be BED, narrowPeak or another "
        "file of regions.",
    ),
]
OptionalSequences = Annotated[
    str | None,
    Parameter(
        name="SEQUENCES",
        allow_leading_hyphen=True,
        help="FASTA file, plain or gzip; - is standard input. With --genome, it may be BED, narrowPeak or another "
        "file of regions. Default: windows along the genome.",
    ),
]
Negatives = Annotated[
    str | None, Parameter(help="FASTA file of the negatives. Default: dinucleotide-shuffled positives.")
]
TestPositives = Annotated[
    str | None, Parameter(help="FASTA file of test positives. Default: a tenth of the sequences is held out.")
]
TestNegatives = Annotated[str | None, Parameter(help="FASTA file of test negatives, for --test-positives.")]
Motifs = Annotated[
    str,
    Parameter(
        name="MOTIFS",
        allow_leading_hyphen=True,
        help="Motif file (- is standard input), a consensus of IUPAC letters such as TTACCCG, or JASPAR 2026 CORE of "
        f"{', '.join(DATABASES)}.",
    ),
]
Model = Annotated[Path, Parameter(help="Folder written by `motifnet train`, `discover` or `import-keras`.")]

# --- how they are read ---


@dataclass(frozen=True)
class MotifReading:
    """How motif files are read.

    Parameters
    ----------
    orientation : str, optional
        Rows of matrices without letters. Default: decided by the shape and, for 4 x 4 matrices, by the sums.
    skip_invalid : bool
        Leave out invalid motifs (a column of zeros, no matrix, the name of another motif), and report their number.
    """

    orientation: Orientation | None = None
    skip_invalid: bool = False

    def read(self, source: str) -> mn.MotifSet:
        """Read a motif file, a database or a consensus."""
        return mn.read_database(source, orientation=self.orientation, skip_invalid=self.skip_invalid)

    def read_format(self, source: str, format: str) -> mn.MotifSet:
        """Read a motif file of a given format."""
        return mn.read_motifs(source, format=format, orientation=self.orientation, skip_invalid=self.skip_invalid)


Reading = Annotated[MotifReading, Parameter(name="*", group=MOTIF_FILES, negative=())]

Length = Annotated[
    int | Literal["auto"],
    Parameter(help="Crop or pad all sequences to this length in bp. auto: pad to the longest, if they differ."),
]
Anchor = Annotated[
    Literal["center", "start", "end"], Parameter(help="Part of each sequence that is kept when it is cropped.")
]
Labels = Annotated[mn.LabelSpec, Parameter(name="*", group=LABELS, negative_iterable=(), consume_multiple=True)]
Intervals = Annotated[mn.IntervalSpec, Parameter(name="*", group=INTERVALS, negative=())]


def check_windows(intervals: mn.IntervalSpec) -> Path:
    """The genome for windows along it; raise InputError if there is none, or if filters of intervals are given."""
    if intervals.genome is None:
        hint = "Give a FASTA file, or --genome FASTA to use windows along a genome."
        raise InputError("no sequences are given", hint=hint)
    if intervals != mn.IntervalSpec(genome=intervals.genome):
        what = "filters of intervals do not apply to windows along a genome"
        raise InputError(what, hint="Select regions with --regions BED.")
    return intervals.genome


def refuse_windows(windows: object) -> None:
    """Raise InputError if options of windows along a genome are combined with a file of sequences."""
    if windows is not None:
        hint = "Omit these options; or omit the file of sequences, to use windows along --genome."
        raise InputError("--stride, --regions and --combine apply only to windows along a genome", hint=hint)


Splits = Annotated[mn.SplitSpec, Parameter(name="*", group=SPLITS, negative_iterable=(), consume_multiple=True)]
MadeNegatives = Annotated[mn.NegativeSpec, Parameter(name="*", group=NEGATIVES)]
Outputs = Annotated[
    Literal["classes", "values", "counts"] | None,
    Parameter(
        group=LABELS,
        help="Kind of the labels: classes (0 or 1), values, or counts. Default: classes, or as in the model "
        "that training starts from.",
    ),
]

# --- networks, training and motifs ---

Network = Annotated[
    str,
    Parameter(
        name="--preset",
        group=NETWORK,
        help=f"Network to start from: {', '.join(PRESETS)}; or spec.json of `motifnet tune` or of a model. A spec.json "
        "also sets the training options below that are left at their defaults.",
    ),
]
Changes = Annotated[mn.SpecChanges, Parameter(name="*", group=NETWORK, negative_iterable=(), consume_multiple=True)]
Gpus = Annotated[
    int | None,
    Parameter(
        group=TRAINING,
        help="Number of GPUs of this machine that divide each batch. Default: one, if there is one; all, if several "
        "workers (TF_CONFIG, srun) train together.",
    ),
]
Training = Annotated[mn.TrainSpec, Parameter(name="*", group=TRAINING)]
Extraction = Annotated[mn.ExtractionSpec, Parameter(name="*", group=MOTIFS)]
Readout = Annotated[mn.ReadoutSpec, Parameter(name="*", group=MOTIFS)]

# --- output, and the run ---

Output = Annotated[str, Parameter(allow_leading_hyphen=True, help="Table to write; - is standard output.")]
ModelFolder = Annotated[Path, Parameter(help="Folder to write the model to.")]
PartOf = Annotated[
    str | None,
    Parameter(
        name="--part",
        help="Compute only part I of N, e.g. 2/8, and write its results to --output. `motifnet merge` joins the parts.",
    ),
]
Cluster = Annotated[
    str | None,
    Parameter(
        help="Compute on the workers of Dask: local:N starts N processes, which share --threads; otherwise the address "
        "of a scheduler, such as tcp://host:8786, whose workers read the same files."
    ),
]
#: Results that `motifnet merge` has read.
Merged = Annotated[Any, Parameter(parse=False)]
Threads = Annotated[
    int | None,
    Parameter(help="CPU threads. Default: one per core. Results are reproducible for a fixed number of threads."),
]
Seed = Annotated[int, Parameter(help="Seed of the random numbers.")]
Force = Annotated[bool, Parameter(help="Replace a folder that motifnet wrote.", negative=())]
Restart = Annotated[bool, Parameter(help="Start from the beginning: do not continue an interrupted run.", negative=())]
