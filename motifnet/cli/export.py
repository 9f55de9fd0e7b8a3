"""``motifnet export``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import motifnet as mn
from motifnet.cli.console import print_status

Trained = Annotated[Path, Parameter(help="Folder written by `motifnet train` or `motifnet discover`.")]
KerasFile = Annotated[Path, Parameter(help="File to write; its name ends in .keras.")]


def export(model: Trained, output: KerasFile, /) -> None:
    """Export a model as a .keras file that keras.models.load_model reads without motifnet.

    Its input is one-hot DNA of shape (N, 4, L, 1), rows A, C, G, T; its output is that of `motifnet predict`.

    Examples
    --------
    motifnet export model model.keras
    """
    from motifnet.models.storage import check_keras_name, read_header
    from motifnet.outputs import check_file

    check_keras_name(output)
    check_file(output)
    length = read_header(model).spec.length
    mn.TrainedModel.load(model).export(output)
    print_status(f"{output}: input is one-hot DNA of shape (N, 4, {length}, 1)")
