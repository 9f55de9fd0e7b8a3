"""The arrays of an HDF5 file, with checks of their headers before any array is read.

HDF5 files can refer to other files (external links, external storage, virtual datasets), to objects elsewhere in the
file (soft links, references), and to compression filters, which are loaded as plug-ins. Files of weights and motifs
need none of these: a file with any of them is rejected.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import h5py

from motifnet.errors import quoted

#: Maximum number of groups and arrays of a file, and of nested groups.
_MOST_OBJECTS, _MOST_LEVELS = 100_000, 16


def stored_arrays(file: h5py.File, *, kinds: str = "f") -> dict[str, h5py.Dataset]:
    """The arrays of a file by their path; their types must be of the given kinds (numpy's ``dtype.kind``).

    Raises
    ------
    ValueError
        If the file has another kind of object, an array of another type, or arrays that are compressed,
        stored elsewhere, or larger than the file. h5py's errors for damaged files are OSError, RuntimeError, KeyError
        and ValueError.
    """
    found: dict[str, h5py.Dataset] = {}
    room = os.path.getsize(file.filename)
    for number, (path, item) in enumerate(_objects(file, "", _MOST_LEVELS)):
        if number >= _MOST_OBJECTS:
            raise ValueError(f"more than {_MOST_OBJECTS:,} objects")
        if isinstance(item, h5py.Dataset):
            room -= _checked_size(path, item, kinds)
            if room < 0:
                raise ValueError(f"the arrays up to {quoted(path)} are larger than the file")
            found[path] = item
    return found


def _objects(group: h5py.Group, prefix: str, levels: int) -> Iterator[tuple[str, Any]]:
    """Paths and objects below a group. Only links to objects of the group itself are followed."""
    if not levels:
        raise ValueError("too many nested groups")
    for name in group:
        path = f"{prefix}/{name}" if prefix else name
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise ValueError(f"{quoted(path)} is a link")
        item = group[name]
        yield path, item
        if isinstance(item, h5py.Group):
            yield from _objects(item, path, levels - 1)
        elif not isinstance(item, h5py.Dataset):
            raise ValueError(f"{quoted(path)} is neither a group nor an array")


def _checked_size(path: str, array: h5py.Dataset, kinds: str) -> int:
    """Size of an array in bytes; the data must be in the file itself, without compression."""
    layout = array.id.get_create_plist()
    if array.dtype.kind not in kinds or array.shape is None:
        raise ValueError(f"{quoted(path)} is not an array of {'floats' if kinds == 'f' else 'numbers'}")
    is_plain = layout.get_layout() in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT)
    if not is_plain or layout.get_nfilters() or layout.get_external_count():
        raise ValueError(f"{quoted(path)} is compressed or in another file")
    size = int(array.dtype.itemsize)
    for n in array.shape:
        size *= int(n)
    if array.id.get_storage_size() != size:
        raise ValueError(f"{quoted(path)} declares {size:,} bytes, but {array.id.get_storage_size():,} are stored")
    return size
