"""Targets that are Keras networks: files in both formats, and folders of imported models."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from .binary_mutations import change_hdf5, change_json, change_zip
from .folders import files_of
from .mutations import Rng, change_text
from .target import Files, Target

_SEQUENCES = ("ACGT" * 15, "G" * 30 + "T" * 30)


def _change_member(name: str, data: bytes, rng: Rng) -> bytes:
    return change_hdf5(data, rng) if name.endswith("h5") else change_json(data, rng)


def _change_network(data: bytes, rng: Rng) -> bytes:
    """Change a file of Keras: zip, or HDF5 with the configuration in an attribute."""
    if data[:2] == b"PK":
        return change_zip(data, rng, _change_member)
    if rng.random() < 0.4:
        return change_hdf5(data, rng)
    buffer = io.BytesIO(data)
    with h5py.File(buffer, "r+") as file:
        config = change_json(str(file.attrs["model_config"]).encode(), rng).replace(b"\0", b"")
        file.attrs["model_config"] = np.bytes_(config[:60_000])  # attributes have at most 64 kB
    return buffer.getvalue()


# --- files ---


def _keras_file(rng: Rng) -> Files:
    return {"model": files_of("keras")[f"model.{rng.choice(('keras', 'h5'))}"]}


def _change_file(files: Files, rng: Rng) -> None:
    files["model"] = _change_network(files["model"], rng)


def _read_file(folder: Path) -> Any:
    from motifnet.models.keras_file import read_keras
    from motifnet.models.keras_model import KerasModel

    return _predictions(KerasModel(read_keras(folder / "model"), "NL4"))


def _predictions(model: Any) -> Any:
    """Predictions for sequences of the usual length; None for networks of other lengths."""
    return model.predict(list(_SEQUENCES)) if model.spec.length in (None, 60) else None


def _check_file(files: Files, predictions: Any) -> str | None:
    """Unchanged files give the same predictions in both formats; whatever is read gives probabilities or numbers."""
    if predictions is None:
        return None
    if not np.isfinite(predictions).all():
        return "predictions that are not finite"
    is_same = files["model"] in files_of("keras").values()
    return "other predictions" if is_same and predictions.shape != (2, 3) else None


# --- folders of imported models ---


def _imported(_: Rng) -> Files:
    return dict(files_of("imported"))


def _change_imported(files: Files, rng: Rng) -> None:
    """Change the network, spec.json or the manifest; 2 in 3 times the manifest has the right checksums."""
    name = rng.choice(("network.keras", "spec.json", "spec.json", "manifest.json"))
    kind = rng.random()
    if kind < 0.03:
        del files[name]
    elif kind < 0.06:
        files[name] = b""
    elif name == "network.keras":
        files[name] = _change_network(files[name], rng)
    else:
        files[name] = change_json(files[name], rng) if rng.random() < 0.8 else change_text(files[name], rng)
    if rng.random() < 0.7 and name != "manifest.json":
        files["manifest.json"] = json.dumps({"format_version": 4, "files": _entries(files)}).encode()


def _entries(files: Files) -> dict[str, Any]:
    own = {name: files[name] for name in ("spec.json", "network.keras") if name in files}
    return {name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in own.items()}


def _read_imported(folder: Path) -> Any:
    from motifnet.models.trained import load_model

    return _predictions(load_model(folder))


def _check_imported(files: Files, predictions: Any) -> str | None:
    if json.loads(files["manifest.json"])["files"] != _entries(files):
        return "read, but the files differ from the manifest"
    return None if predictions is None or np.isfinite(predictions).all() else "predictions that are not finite"


KERAS_TARGETS = (
    Target("keras", _keras_file, _change_file, _read_file, _check_file, 15, needs="tensorflow"),
    Target("imported", _imported, _change_imported, _read_imported, _check_imported, 15, needs="tensorflow"),
)
