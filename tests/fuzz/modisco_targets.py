"""Target of reports of TF-MoDISco."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from .binary_mutations import change_hdf5
from .mutations import Rng
from .target import Files, Target


@cache
def _report() -> bytes:
    from modisco_files import write_report

    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        return write_report(Path(name) / "modisco.h5").read_bytes()


def _make(_: Rng) -> Files:
    return {"input.motifs": _report()}


def _change(files: Files, rng: Rng) -> None:
    files["input.motifs"] = change_hdf5(files["input.motifs"], rng)


def _read(folder: Path) -> Any:
    from motifnet.motifs.io.files import read_motifs
    from motifnet.motifs.io.modisco import read_modisco

    path = folder / "input.motifs"
    return read_modisco(path), read_motifs(path)


def _check(files: Files, value: Any) -> str | None:
    """Both readers agree; sites have the width of their motif."""
    report, motifs = value
    if report.motifs.names != motifs.names:
        return "other motifs"
    if any(not np.isfinite(motif.counts).all() for motif in motifs):
        return "counts that are not finite"
    table = report.sites()
    widths = table["motif"].map({motif.name: motif.width for motif in motifs})
    if not (table["end"] - table["start"] == widths).all():
        return "sites of another width than their motif"
    return "other patterns" if files["input.motifs"] == _report() and len(motifs) != 4 else None


MODISCO_TARGET = Target("modisco", _make, _change, _read, _check, 20)
