"""``motifnet import-dragonn``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from motifnet.cli.console import print_status
from motifnet.cli.job import results_folder
from motifnet.cli.options import Force, ModelFolder

Architecture = Annotated[Path, Parameter(help="Architecture, JSON (*.arch.json).")]
Weights = Annotated[Path, Parameter(help="Weights, HDF5 (*.weights.h5).")]
Anchor = Annotated[
    Literal["center", "start", "end"] | None,
    Parameter(help="Crop or pad sequences of other lengths, keeping this position. Default: they are an error."),
]


def import_dragonn(
    architecture: Architecture,
    weights: Weights,
    /,
    *,
    output: ModelFolder,
    anchor: Anchor = None,
    force: Force = False,
) -> None:
    """Import a published DragoNN model (saved before Keras 1) for predict, evaluate, motifs and export.

    Examples
    --------
    motifnet import-dragonn ctcf.arch.json ctcf.weights.h5 --output ctcf
    """
    from motifnet.models.dragonn import read_dragonn, read_published

    with results_folder(output, (architecture, weights), force=force) as (folder, _):
        spec, _ = read_published(architecture, weights)  # errors are reported before TensorFlow starts
        read_dragonn(architecture, weights, anchor=anchor).write_files(folder)
    layers = " + ".join(f"{block.filters} x {block.width}" for block in spec.blocks)
    tasks = ", ".join(spec.tasks)
    print_status(f"{output}: filters {layers}, sequences of {spec.length} bp, forward strand, tasks: {tasks}")
