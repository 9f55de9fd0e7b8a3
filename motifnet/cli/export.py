"""``motifnet export``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from motifnet.cli.console import say, start_tensorflow
from motifnet.cli.options import Model

Output = Annotated[Path, Parameter(help="File to write; its name ends in .keras.")]


def export(model: Model, output: Output, /) -> None:
    """Write a model as one file that keras.models.load_model opens without motifnet.

    It takes one-hot DNA of shape (N, 4, L, 1), rows A, C, G, T, and gives what `motifnet predict` gives.

    Examples
    --------
    motifnet export model model.keras
    """
    from motifnet.models.storage import check_keras_name, read_header
    from motifnet.outputs import check_file

    check_keras_name(output)
    check_file(output)
    read_header(model)
    start_tensorflow()
    from motifnet.models.trained import TrainedModel

    trained = TrainedModel.load(model)
    trained.export(output)
    say(f"{output}: takes one-hot DNA of shape (N, 4, {trained.spec.length}, 1)")
