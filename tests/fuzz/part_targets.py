"""Parts of a computation (`motifnet.parts`) as a target."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .binary_mutations import change_json, change_zip
from .mutations import Rng, change_bytes
from .target import Files, Target

_N_BLOCKS, _N_PARTS = 3, 2


def _results(block: int) -> dict[str, Any]:
    return {"scores": np.arange(6, dtype=np.float64).reshape(3, 2) + block, "site": np.array([b"ACG", b"T"])}


def _parts(_: Rng) -> Files:
    from motifnet.parts import Part, write_part

    files = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, _N_PARTS + 1):
            path = Path(folder) / f"part{number}"
            write_part(path, Part(number, _N_PARTS), _results, n_blocks=_N_BLOCKS, command=["predict"], inputs=())
            files[path.name] = path.read_bytes()
    return files


def _change(files: Files, rng: Rng) -> None:
    name = rng.choice(sorted(files))
    files[name] = change_zip(files[name], rng, _change_member)


def _change_member(name: str, data: bytes, rng: Rng) -> bytes:
    if name == "part.json":
        return change_json(data, rng)
    # Header of an array: its shape and type.
    replacements: tuple[Callable[[], bytes], ...] = (
        lambda: data.replace(b"(3, 2)", rng.choice((b"(9, 9)", b"(-1,2)", b"(3,1)+", b"()    "))),
        lambda: data.replace(b"'<f8'", rng.choice((b"'|O' ", b"'<f4'", b"'<i8'", b"'|V9'"))),
        lambda: data.replace(b"False", rng.choice((b"True ", b"1    "))),
        lambda: change_bytes(data, rng),
    )
    return rng.choice(replacements)()


def _read(folder: Path) -> Any:
    from motifnet.parts import Parts

    parts = Parts.read(sorted(folder.iterdir()))
    parts.check_inputs()
    return [parts(block) for block in range(parts.documents[0]["n_blocks"])]


def _check(files: Files, value: Any) -> str | None:
    """Results are arrays of numbers or bytes, never of objects; those of unchanged files are the same."""
    if any(array.dtype.hasobject for block in value for array in block.values()):
        return "an array of objects"
    if files != _parts(Rng("")):
        return None
    same = len(value) == _N_BLOCKS and all(
        own.keys() == _results(block).keys()
        and all(np.array_equal(own[name], array) for name, array in _results(block).items())
        for block, own in enumerate(value)
    )
    return None if same else "other results"


PART_TARGETS = (Target("parts", _parts, _change, _read, _check, 20),)
