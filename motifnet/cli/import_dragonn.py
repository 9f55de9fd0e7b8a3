"""``motifnet import-dragonn``"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from motifnet.cli.console import say, start_tensorflow
from motifnet.cli.options import Force

Architecture = Annotated[Path, Parameter(help="JSON that DragoNN wrote (*.arch.json).")]
Weights = Annotated[Path, Parameter(help="HDF5 that DragoNN wrote beside it (*.weights.h5).")]
Output = Annotated[Path, Parameter(help="Folder to write the model to.")]
Around = Annotated[
    Literal["center", "start", "end"] | None,
    Parameter(help="Crop or pad sequences of other lengths around this place; without it they are an error."),
]


def import_dragonn(
    architecture: Architecture, weights: Weights, /, *, output: Output, anchor: Around = None, force: Force = False
) -> None:
    """Make a model of one that DragoNN published (saved before Keras 1), for predict, evaluate, motifs and export.

    Examples
    --------
    motifnet import-dragonn ctcf.arch.json ctcf.weights.h5 --output ctcf
    """
    from motifnet.models.dragonn import read_dragonn, read_published
    from motifnet.outputs import PROVENANCE, output_folder
    from motifnet.provenance import provenance

    with output_folder(output, force=force, inputs=(architecture, weights)) as folder:
        spec, _ = read_published(architecture, weights)  # errors are reported before TensorFlow starts
        start_tensorflow()
        read_dragonn(architecture, weights, anchor=anchor).write_files(folder)
        (folder / PROVENANCE).write_text(provenance(command=sys.argv))
    layers = " + ".join(f"{block.filters} x {block.width}" for block in spec.blocks)
    say(f"{output}: filters {layers}; takes {spec.length} bp, forward strand; predicts {', '.join(spec.tasks)}")
