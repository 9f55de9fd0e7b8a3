"""HDF5 files: what refers to other files, needs plug-ins, or is larger than the file is refused before it is read."""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from motifnet.hdf5 import stored_arrays

WEIGHTS = np.arange(12, dtype=np.float32).reshape(3, 4)


def write(path: Path, add: Callable[[h5py.File], object]) -> None:
    with h5py.File(path, "w") as file:
        file["layers/dense/vars/0"] = WEIGHTS
        add(file)


def test_arrays_are_listed_by_path(tmp_path: Path) -> None:
    write(tmp_path / "a.h5", lambda file: file.create_group("empty").create_dataset("half", data=WEIGHTS[0, :0]))
    with h5py.File(tmp_path / "a.h5") as file:
        found = stored_arrays(file)
        assert {name: array.shape for name, array in found.items()} == {
            "layers/dense/vars/0": (3, 4),
            "empty/half": (0,),
        }
        assert np.array_equal(found["layers/dense/vars/0"], WEIGHTS)


def _undeclared(file: h5py.File) -> None:
    """An array whose space is declared and never written."""
    file.create_dataset("huge", shape=(10**9, 4), dtype="f4")


def _external(file: h5py.File) -> None:
    file.create_dataset("outside", shape=(4,), dtype="f4", external=[("/etc/hostname", 0, 16)])


def _virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
    layout[:] = h5py.VirtualSource("other.h5", "a", shape=(4,))
    file.create_virtual_dataset("virtual", layout)


def _circle(file: h5py.File) -> None:
    file["layers/again"] = file["layers"]


def _nested(file: h5py.File) -> None:
    file.create_group("/".join(["a"] * 1000))


REFUSED: dict[str, Callable[[h5py.File], object]] = {
    "soft link": lambda file: file.__setitem__("soft", h5py.SoftLink("/layers")),
    "dangling soft link": lambda file: file.__setitem__("soft", h5py.SoftLink("/none")),
    "external link": lambda file: file.__setitem__("out", h5py.ExternalLink("/etc/passwd", "/")),
    "external storage": _external,
    "virtual array": _virtual,
    "compressed": lambda file: file.create_dataset("zip", data=WEIGHTS, compression="gzip"),
    "checksum filter": lambda file: file.create_dataset("sum", data=WEIGHTS, fletcher32=True),
    "chunks": lambda file: file.create_dataset("chunks", data=WEIGHTS, chunks=True),
    "references": lambda file: file.create_dataset("ref", data=[file["layers"].ref], dtype=h5py.ref_dtype),
    "texts": lambda file: file.create_dataset("text", data=["a", "b"], dtype=h5py.string_dtype()),
    "integers": lambda file: file.create_dataset("int", data=[1, 2]),
    "a named type": lambda file: file.__setitem__("type", np.dtype("f4")),
    "no values": lambda file: file.__setitem__("none", h5py.Empty("f4")),
    "4 billion floats": _undeclared,
    "groups in a circle": _circle,
    "1,000 nested groups": _nested,
}


@pytest.mark.parametrize("add", REFUSED.values(), ids=REFUSED)
def test_other_contents_are_refused_before_they_are_read(add: Callable[[h5py.File], object], tmp_path: Path) -> None:
    write(tmp_path / "a.h5", add)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with h5py.File(tmp_path / "a.h5") as file, pytest.raises(ValueError, match=r"\w") as error:
        stored_arrays(file)
    assert len(str(error.value)) < 200
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB


def test_arrays_may_not_be_larger_than_the_file(tmp_path: Path) -> None:
    def repeat(file: h5py.File) -> None:
        file["large"] = np.zeros(100_000, dtype=np.float32)
        file["again"] = file["large"]

    write(tmp_path / "a.h5", repeat)
    with h5py.File(tmp_path / "a.h5") as file, pytest.raises(ValueError, match="larger"):
        stored_arrays(file)
