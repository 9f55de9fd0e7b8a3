"""``motifnet describe``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from motifnet.cli.options import Changes
from motifnet.errors import InputError, SpecError
from motifnet.models.network.presets import PRESETS
from motifnet.models.network.spec import ModelSpec
from motifnet.models.network.spec_changes import SpecChanges

if TYPE_CHECKING:
    import pandas as pd

_DEFAULT = next(iter(PRESETS))
Model = Annotated[
    Path | None, Parameter(help="Folder that `motifnet train` or `discover` wrote; without it a preset is described.")
]
Preset = Annotated[str | None, Parameter(help=f"One of {', '.join(PRESETS)}; {_DEFAULT} unless told.")]
Length = Annotated[int | None, Parameter(help="Length of the sequences in bp; needed for a preset.")]
Output = Annotated[
    Path | None,
    Parameter(help="Table to write instead, tab-separated; - is standard output.", allow_leading_hyphen=True),
]


def describe(
    model: Model = None,
    /,
    *,
    preset: Preset = None,
    length: Length = None,
    output: Output = None,
    changes: Changes = SpecChanges(),
) -> None:
    """Show a network layer by layer: shapes, parameters, receptive fields, and what its dense layers take of it.

    Examples
    --------
    motifnet describe results/model
    motifnet describe --preset dragonn --length 500 --num-filters 15 15 15
    """
    from motifnet.models.network.layers import describe as tabulate
    from motifnet.outputs import check_file, write_table

    check_file(output or "-")
    spec = _spec(model, preset, length, changes)
    table = tabulate(spec)
    if output is not None:
        write_table(table, output)
        return
    print(_head(spec))
    print(_aligned(table))
    print(_foot(table))


def _spec(model: Path | None, preset: str | None, length: int | None, changes: SpecChanges) -> ModelSpec:
    if model is None:
        if length is None:
            hint = "Add --length N, in bp; or name the folder of a model."
            raise SpecError("the length of the sequences is needed to describe a preset", hint=hint)
        return ModelSpec.preset(preset or _DEFAULT, length=length, changes=changes)
    if preset is not None or length is not None or changes != SpecChanges():
        raise InputError(
            f"{model}: a model is described as it is, without --preset, --length or the options of a network",
            hint="Leave those out, or the model.",
        )
    from motifnet.models.storage import read_header

    return read_header(model).spec


def _head(spec: ModelSpec) -> str:
    strands = {"both": "mean over both strands", "shared": "higher of both strands", "forward": "forward strand only"}
    lengths = "and no other length" if spec.is_length_fixed else "other lengths too when it predicts"
    return f"Takes {spec.length} bp, {lengths}; predicts {', '.join(spec.tasks)}; {strands[spec.strands]}.\n"


def _aligned(table: pd.DataFrame) -> str:
    """The table for people: no share where there are no parameters, no stride where there is one position."""
    texts = table.astype(str)
    texts["parameters"] = [f"{n:,}" for n in table["parameters"]]
    texts["fraction"] = [f"{fraction:.1%}" if fraction else "" for fraction in table["fraction"]]
    texts["stride"] = [str(stride) if stride else "" for stride in table["stride"]]
    rows = [list(table.columns), *texts.to_numpy().tolist()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) if i < 2 else cell.rjust(width) for i, (cell, width) in enumerate(pairs))
        for pairs in (list(zip(row, widths, strict=True)) for row in rows)
    ]
    return "\n".join(line.rstrip() for line in lines)


def _foot(table: pd.DataFrame) -> str:
    from motifnet.models.network.layers import dense_fraction

    fraction = dense_fraction(table)
    return f"\n{table['parameters'].sum():,} parameters, {fraction:.1%} of them in dense layers."
