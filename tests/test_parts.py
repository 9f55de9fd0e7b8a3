"""Parts of a computation: together they have every block once; damaged, missing and foreign parts are refused."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motifnet.errors import FormatError, InputError
from motifnet.parts import Part, Parts, write_part

N_BLOCKS = 5


def results(block: int) -> dict[str, np.ndarray]:
    return {"values": np.full((3, 2), block, dtype=np.float32), "names": np.array(["a", "b"])}


def written(folder: Path, total: int, *, command: str = "predict", inputs: tuple[Path, ...] = ()) -> list[Path]:
    paths = [folder / f"{total}_{number}" for number in range(1, total + 1)]
    for number, path in enumerate(paths, start=1):
        write_part(path, Part(number, total), results, n_blocks=N_BLOCKS, command=[command], inputs=inputs)
    return paths


@given(st.integers(0, 50), st.integers(1, 20))
def test_parts_have_every_block_once_in_order(n_blocks: int, total: int) -> None:
    found = [block for number in range(1, total + 1) for block in Part(number, total).blocks(n_blocks)]
    assert found == list(range(n_blocks))


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "1/0", "a/b", "-1/2", "1/2/3", "", "1.5/2", "1/9999999999"])
def test_other_texts_are_no_parts(text: str) -> None:
    with pytest.raises(InputError):
        Part.parse(text)


@pytest.mark.parametrize("total", [1, 2, 5, 8])
def test_results_are_read_back_from_parts_in_any_order(total: int, tmp_path: Path) -> None:
    parts = Parts.read(written(tmp_path, total)[::-1])
    for block in range(N_BLOCKS):
        found = parts(block)
        assert found.keys() == {"values", "names"}
        for name, expected in results(block).items():
            assert found[name].dtype == expected.dtype
            np.testing.assert_array_equal(found[name], expected)


def test_the_same_part_has_the_same_bytes(tmp_path: Path) -> None:
    first = [path.read_bytes() for path in written(tmp_path, 2)]
    assert [path.read_bytes() for path in written(tmp_path, 2)] == first


def test_missing_repeated_and_foreign_parts_are_refused(tmp_path: Path) -> None:
    own = written(tmp_path, 3)
    (tmp_path / "other").mkdir()
    (tmp_path / "input").write_text("1")
    other = written(tmp_path / "other", 3, inputs=(tmp_path / "input",))
    for wrong in ([], own[:2], [own[0], own[2]], [*own, own[0]], [own[0], own[1], own[1]], [*own[:2], other[2]]):
        with pytest.raises(InputError):
            Parts.read(wrong)
    with pytest.raises(InputError):
        Parts.read([own[0], *written(tmp_path, 2)])
    parts = Parts.read(other)
    parts.check_inputs()
    (tmp_path / "input").write_text("2")
    with pytest.raises(InputError):
        parts.check_inputs()


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    (path,) = written(tmp_path, 1)
    good = path.read_bytes()
    for damaged in (b"", b"PK", good[: len(good) // 2], b"#" * len(good)):
        path.write_bytes(damaged)
        with pytest.raises(FormatError):
            Parts.read([path])
    path.write_bytes(good.replace(b"\x93NUMPY", b"\x93NUMPX"))
    with pytest.raises(FormatError):
        Parts.read([path])(0)


def test_arrays_of_objects_and_of_other_sizes_are_refused(tmp_path: Path) -> None:
    (path,) = written(tmp_path, 1)
    with zipfile.ZipFile(path) as archive:
        document = archive.read("part.json")
    header, pickled = BytesIO(), BytesIO()
    fields = {"descr": "<f4", "fortran_order": False, "shape": (1 << 40,)}
    np.lib.format.write_array_header_1_0(header, fields)
    np.lib.format.write_array(pickled, np.array([{}], dtype=object))
    for content in (header.getvalue(), pickled.getvalue()):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("part.json", document)
            archive.writestr("0/values.npy", content)
        with pytest.raises(FormatError):
            Parts.read([path])(0)


def test_a_part_that_fails_leaves_no_file(tmp_path: Path) -> None:
    def fails(block: int) -> dict[str, np.ndarray]:
        raise InputError("no")

    with pytest.raises(InputError):
        write_part(tmp_path / "part", Part(1, 1), fails, n_blocks=1, command=[], inputs=())
    assert not (tmp_path / "part").exists()
