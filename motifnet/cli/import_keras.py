"""``motifnet import-keras``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

import motifnet as mn
from motifnet.cli.console import print_status
from motifnet.cli.job import results_folder
from motifnet.cli.options import Force, ModelFolder

KerasFile = Annotated[Path, Parameter(help="File of a Keras model, .keras or .h5.")]
Layout = Annotated[
    Literal["NL4", "N4L", "NL41", "N4L1"],
    Parameter(help="Axes of the input: N sequences, L positions, 4 bases."),
]
Alphabet = Annotated[str, Parameter(help="Order of the bases in the input, e.g. AGCT for DeepSEA and DanQ.")]
Tasks = Annotated[
    tuple[str, ...],
    Parameter(
        consume_multiple=True,
        negative_iterable=(),
        help="Names of the outputs. Default: positive for one output; task_0, task_1, ... for several.",
    ),
]
Strands = Annotated[
    Literal["forward", "both"],
    Parameter(help="forward: score the sequence as given; both: use the mean score of both strands."),
]
Head = Annotated[str | None, Parameter(help="Output or layer to use, by name. Required if there are several outputs.")]
Logits = Annotated[
    bool, Parameter(negative=(), help="The outputs are log odds: the network was trained with from_logits=True.")
]
Profile = Annotated[
    bool, Parameter(negative=(), help="The output is the profile of one signal along the sequence, not many tasks.")
]
Length = Annotated[
    int | None,
    Parameter(help="Crop or pad sequences to this length in bp. Default: the length of the network, if it is fixed."),
]


def import_keras(
    file: KerasFile,
    /,
    *,
    layout: Layout,
    output: ModelFolder,
    alphabet: Alphabet = "ACGT",
    tasks: Tasks = (),
    strands: Strands = "forward",
    head: Head = None,
    logits: Logits = False,
    profile: Profile = False,
    length: Length = None,
    force: Force = False,
) -> None:
    """Import a Keras model of DNA, for use with predict, evaluate, motifs, explain and variants.

    The network must consist of Keras' own layers. Scores are the outputs before the last sigmoid, softmax or
    exponential.

    Examples
    --------
    motifnet import-keras basset.keras --layout NL4 --output basset
    motifnet import-keras danq.h5 --layout NL4 --alphabet AGCT --strands both --output danq
    """
    with results_folder(output, (file,), force=force) as (folder, _):
        from motifnet.models.keras_file import read_keras

        model = mn.KerasModel(
            read_keras(file), layout, tasks=tasks or None, strands=strands, logits=logits, alphabet=alphabet,
            output=head, profile=profile, length_rule=None if length is None else mn.LengthRule(length),
        )  # fmt: skip
        model.write_files(folder)
    spec = model.spec
    read = f"sequences of {spec.length} bp" if spec.length else "sequences of any length"
    scored = "both strands" if spec.strands == "both" else "forward strand"
    print_status(f"{output}: {read}, {scored}, {spec.outputs}: {', '.join(spec.tasks)}")
