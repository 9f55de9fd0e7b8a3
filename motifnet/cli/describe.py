"""``motifnet describe``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

import motifnet as mn
from motifnet.cli.console import print_result
from motifnet.cli.options import Changes
from motifnet.models.network.presets import PRESETS

if TYPE_CHECKING:
    import pandas as pd


Described = Annotated[
    str,
    Parameter(name="NETWORK", help=f"Folder of a model, spec.json, or the name of a preset: {', '.join(PRESETS)}."),
]
Length = Annotated[int | None, Parameter(help="Length of the sequences in bp; required for a preset.")]
Table = Annotated[
    str | None,
    Parameter(allow_leading_hyphen=True, help="Table to write (tab-separated) instead of text; - is standard output."),
]


def describe(
    network: Described = "default",
    /,
    *,
    length: Length = None,
    output: Table = None,
    changes: Changes = mn.SpecChanges(),
) -> None:
    """Show a network layer by layer: shapes, parameters, receptive fields, and the fraction in dense layers.

    Examples
    --------
    motifnet describe results/model
    motifnet describe dragonn --length 500 --num-filters 15 15 15
    """
    from motifnet.outputs import check_table, write_table

    check_table(output or "-")
    spec = _spec(network, length, changes)
    table = mn.describe(spec)
    if output is not None:
        write_table(table, output)
    else:
        print_result("\n".join((_head(spec), _aligned(table), _foot(table))))


def _spec(network: str, length: int | None, changes: mn.SpecChanges) -> mn.ModelSpec:
    if network in PRESETS and not Path(network).exists():
        if length is None:
            raise mn.errors.SpecError("--length is required to describe a preset", hint="Add --length N, in bp.")
        return mn.ModelSpec.preset(network, length=length, changes=changes)
    if length is not None or changes != mn.SpecChanges():
        raise mn.errors.InputError(
            f"{network}: the network of a model cannot be changed by --length or other options",
            hint="Omit these options, or give a preset.",
        )
    from motifnet.models.storage import SPEC, find_model, read_spec

    return read_spec(network if Path(network).is_file() else find_model(network) / SPEC).architecture


def _head(spec: mn.ModelSpec) -> str:
    strands = {
        "both": "mean of the logits of both strands",
        "shared": "maximum of the logits of both strands",
        "forward": "forward strand only",
    }
    lengths = "no other length" if spec.is_length_fixed else "other lengths are possible in predictions"
    return f"Sequences of {spec.length} bp ({lengths}); tasks: {', '.join(spec.tasks)}; {strands[spec.strands]}.\n"


def _aligned(table: pd.DataFrame) -> str:
    """The table as text; cells without meaning are empty: fractions of no parameters, strides of one position."""
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
