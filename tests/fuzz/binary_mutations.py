"""Changes of files with a structure: gzip members, zip members, JSON nodes, and HDF5 objects."""

from __future__ import annotations

import gzip
import io
import json
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

from .mutations import Rng, change_bytes, change_text, token

# --- gzip ---


def compress(data: bytes, rng: Rng) -> bytes:
    """Compress with gzip, in one or several members."""
    cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.choice((0, 0, 1, 3))))
    return b"".join(gzip.compress(part, mtime=0) for part in np.split(np.frombuffer(data, np.uint8), cuts))


def bgzip(data: bytes) -> bytes:
    """Compress as bgzip does: members of at most 64 kB, their size in the header, and an empty one at the end."""
    blocks = [data[i : i + 0xFF00] for i in range(0, len(data), 0xFF00)] + [b""]
    return b"".join(_bgzip_block(block) for block in blocks)


def _bgzip_block(data: bytes) -> bytes:
    deflated = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = deflated.compress(data) + deflated.flush()
    head = b"\x1f\x8b\x08\x04" + bytes(5) + b"\xff\x06\x00BC\x02\x00" + struct.pack("<H", len(body) + 25)
    return head + body + struct.pack("<II", zlib.crc32(data), len(data))


def bomb(n_bytes: int, letter: bytes = b"A", *, head: bytes = b">a\n") -> bytes:
    """A gzip file whose single line holds `n_bytes` letters: one compressed block, repeated."""
    chunk = letter * (1 << 20)
    deflated = zlib.compressobj(9, zlib.DEFLATED, -15)
    start = deflated.compress(head) + deflated.flush(zlib.Z_FULL_FLUSH)
    block = deflated.compress(chunk) + deflated.flush(zlib.Z_FULL_FLUSH)
    checksum = zlib.crc32(head)
    for _ in range(n_bytes >> 20):
        checksum = zlib.crc32(chunk, checksum)
    size = len(head) + (n_bytes >> 20 << 20)
    body = start + block * (n_bytes >> 20) + deflated.flush()
    return b"\x1f\x8b\x08" + bytes(7) + body + struct.pack("<II", checksum, size & 0xFFFFFFFF)


def change_gzip(data: bytes, rng: Rng) -> bytes:
    """Damage a gzip file: its header, a member, its checksum, its end, or what follows it."""
    match rng.randrange(7):
        case 0:
            return data[: rng.randrange(len(data))]
        case 1:
            return data + rng.choice(
                (b"\0" * 100, b"garbage", data, b"\x1f\x8b", gzip.compress(b""), gzip.compress(b"\0"))
            )
        case 2:
            return data[:-8] + rng.randbytes(8)
        case 3:
            at = rng.randrange(10)
            return data[:at] + rng.randbytes(1) + data[at + 1 :]
        case 4:
            return gzip.compress(data, mtime=0)
        case 5:
            return rng.choice((b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"PK\x03\x04")) + data
        case _:
            return change_bytes(data, rng)


# --- zip ---


def change_zip(data: bytes, rng: Rng, change: Callable[[str, bytes, Rng], bytes]) -> bytes:
    """Change a member of a zip file with `change`, its name, presence or number, or damage the bytes of the file."""
    if rng.random() < 0.15:
        return change_bytes(data, rng)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    at = rng.randrange(len(members))
    name, content = members[at]
    match rng.randrange(12):
        case 0:
            del members[at]
        case 1:
            members[at] = rng.choice((name + "x", f"../{name}", f"/{name}", f"a/{name}", name.upper(), " ")), content
        case 2:
            members.append((rng.choice((name, "extra.txt", "assets/x", "../x", "assets/")), content))
        case 3:
            members[at] = name, rng.choice((b"", b"\0", members[0][1], bytes(200_000_000)))
        case _:
            members[at] = name, change(name, content, rng)
    buffer = io.BytesIO()
    kind = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(buffer, "w", kind) as archive:  # two equal names
        for member in members:
            archive.writestr(*member)
    return buffer.getvalue()


# --- JSON ---

_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 1.5, 1e308, 10**400, float("nan"), float("inf"), "", "x", [], {}, [1.5], [None]),
    *(
        [[]],
        {"": None},
        "9" * 5000,
        [0] * 2000,
        2**31,
        2**63,
        "default",
        "\ud800",
        "<script>alert(1)</script>",
        "\x1b[31m",
    ),
)


def change_json(data: bytes, rng: Rng) -> bytes:
    """Change a node of a JSON document: its value, its key, its presence; or nest it, or damage the text."""
    if rng.random() < 0.15:
        return change_text(data, rng)
    if rng.random() < 0.04:
        depth = rng.choice((50, 3000, 100_000))
        inside = rng.choice((b"", b"1", data))
        return b"[" * depth + inside + b"]" * depth if rng.random() < 0.5 else b'{"a":' * depth + b"1" + b"}" * depth
    document = json.loads(data)
    for _ in range(rng.choice((1, 1, 2))):
        parents = list(_containers(document))
        if not parents:
            break
        _change_node(rng.choice(parents), rng)
    return json.dumps(document).encode("utf-8", "surrogatepass")


def _containers(node: Any) -> Any:
    if isinstance(node, dict | list) and node:
        yield node
        for child in node.values() if isinstance(node, dict) else node:
            yield from _containers(child)


def _change_node(parent: Any, rng: Rng) -> None:
    key = rng.choice(list(parent)) if isinstance(parent, dict) else rng.randrange(len(parent))
    match rng.randrange(6):
        case 0 | 1 | 2:
            parent[key] = rng.choice(_VALUES)
        case 3:
            del parent[key]
        case 4 if isinstance(parent, dict):
            parent[rng.choice((token(rng)[:100], key + "x", "name", "class_name"))] = parent.pop(key)
        case 4:
            parent.insert(key, rng.choice((*_VALUES, parent[key])))
        case 5:
            value = parent[key]
            is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e100
            parent[key] = rng.choice((-value, value + 1, value * 1000, str(value))) if is_number else [value]


# --- HDF5 ---


def change_hdf5(data: bytes, rng: Rng) -> bytes:
    """Change an array or an attribute of an HDF5 file, or damage its bytes."""
    if rng.random() < 0.25:
        return change_bytes(data, rng)
    buffer = io.BytesIO(data)
    with h5py.File(buffer, "r+") as file:
        arrays: list[str] = []
        groups: list[str] = ["/"]
        file.visititems(lambda name, item: (arrays if isinstance(item, h5py.Dataset) else groups).append(name))
        if rng.random() < 0.2:
            _change_attributes(file[rng.choice(groups)], rng)
        elif arrays:
            _change_array(file, rng.choice(arrays), rng)
    return buffer.getvalue()


def _change_attributes(group: Any, rng: Rng) -> None:
    name = rng.choice([*group.attrs, "nb_layers", "layer_names", "keras_version"])
    if name in group.attrs and rng.random() < 0.3:
        del group.attrs[name]
    else:
        group.attrs[name] = rng.choice(
            (0, -1, 10**9, 1.5, "x", np.nan, b"\xff", np.zeros(3), np.arange(4), np.empty((0,)))
        )


def _change_array(file: Any, name: str, rng: Rng) -> None:
    values = np.asarray(file[name])
    parent, attributes = file[name].parent, dict(file[name].attrs)
    base = name.rpartition("/")[2]
    del file[name]
    match rng.randrange(11):
        case 0:
            values = values.astype(np.float64)
            values.reshape(-1)[: rng.choice((1, values.size))] = rng.choice((np.nan, np.inf, -np.inf, 1e300))
        case 1:  # declared, never written: read, it is as large as declared
            shape = rng.choice(((10**9,), (10**5, 10**5), (2**62,), (4, 2**40)))
            parent.create_dataset(base, shape, np.float32, chunks=(1024,) if len(shape) == 1 else (1, 1024))
            return
        case 2:
            values = values.reshape(-1)
        case 3:
            values = values.T if values.ndim > 1 else values[:-1]
        case 4:
            values = rng.choice((np.zeros((0,)), np.float32(1), np.zeros((1,) * 32), values[..., np.newaxis]))
        case 5:
            values = values.astype(rng.choice(("S4", "i1", "u8", "f2", "c8", "bool")))
        case 6:
            return
        case 7:
            parent.create_group(base)
            return
        case 8:
            parent[base] = rng.choice(
                (h5py.SoftLink(f"/{name}"), h5py.ExternalLink("other.h5", "x"), h5py.SoftLink("/none"))
            )
            return
        case 9:
            parent[rng.choice([name for name in (base + "x", "0", "extra") if name not in parent])] = values
        case 10:
            parent.create_dataset(base, data=np.array(["x", "é"], dtype=object), dtype=h5py.string_dtype())
            return
    if base not in parent:
        parent[base] = values
        for key, value in attributes.items():
            parent[base].attrs[key] = value
