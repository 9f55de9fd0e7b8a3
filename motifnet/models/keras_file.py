"""Keras files: checked before Keras reads them, and written with the same bytes for equal models.

A ``.keras`` file is a zip archive of a configuration (config.json), weights (HDF5) and metadata. In an old ``.h5`` file
the configuration is an attribute. The configuration contains the names of classes; only classes of Keras are accepted.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from motifnet.documents import MAX_CHARACTERS, parse_json
from motifnet.errors import ModelError, MotifnetError, quoted
from motifnet.hdf5 import stored_arrays
from motifnet.models.runtime import keras
from motifnet.models.storage import ignore_keras_warnings, model_file
from motifnet.outputs import output_file

_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
#: Maximum size of an uncompressed archive in bytes.
_MOST_BYTES = 1 << 34
#: Keys of a configuration whose values are names of classes.
_CLASS_KEYS = ("class_name", "module", "registered_name")
#: Classes that contain code.
_WITH_CODE = ("Lambda", "__lambda__", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "TFSMLayer")
_HINT = "Build the network from layers of Keras alone, and save it again."


def read_keras(path: str | Path) -> Any:
    """Load a Keras model from a ``.keras`` or an old ``.h5`` file. No code of the file is executed.

    Raises
    ------
    ModelError
        If the file is missing, damaged, of another format, or contains classes that are not of Keras (custom layers,
        ``Lambda``).
    """
    path = Path(path)
    with model_file(path, hint="Save the model again with model.save('model.keras')."):
        if not path.is_file():
            raise ModelError(f"{path}: there is no such file", hint="Give a .keras or .h5 file.")
        is_archive = zipfile.is_zipfile(path)
        if not is_archive and not h5py.is_hdf5(path):
            raise ValueError("neither a .keras file nor an HDF5 file")
        try:
            config = _archived(path) if is_archive else _attribute(path)
        except (zipfile.BadZipFile, zlib.error):
            raise ValueError("the archive is damaged") from None
        _check_classes(path, config)
        with tempfile.TemporaryDirectory() as folder:  # Keras recognises formats by the name
            named = Path(folder) / f"model.{'keras' if is_archive else 'h5'}"
            named.symlink_to(path.resolve())
            return _loaded(path, named)


def write_keras(network: Any, path: str | Path) -> None:
    """Write a ``.keras`` file without dates; raises FormatError if it cannot be written."""
    with output_file(path) as partial, tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "model.keras"
        with ignore_keras_warnings():
            network.save(saved)
        with zipfile.ZipFile(saved) as source, zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as target:
            for name in sorted(source.namelist()):
                content = source.read(name)
                if name == _METADATA:
                    content = json.dumps(json.loads(content) | {"date_saved": "1980-01-01@00:00:00"}).encode()
                target.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def _loaded(path: Path, named: Path) -> Any:
    try:
        network = keras.saving.load_model(named, compile=False, safe_mode=True)
    except MotifnetError:
        raise
    except Exception as error:  # noqa: BLE001 - Keras raises many types for configurations that do not fit
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        hint = "Load it in Python with its custom classes, and use mn.KerasModel(network)."
        raise ModelError(f"{path}: Keras cannot load this model: {quoted(first)}", hint=hint) from None
    if not all(np.isfinite(weight).all() for weight in network.get_weights()):
        raise ValueError("a weight is not a finite number")
    return network


def _archived(path: Path) -> Any:
    """The configuration in a ``.keras`` file, whose weights are checked."""
    with zipfile.ZipFile(path) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist()}
        if foreign := sorted(set(sizes) - {_CONFIG, _METADATA, _WEIGHTS}):
            raise ModelError(f"{path}: contains {quoted(foreign[0])}, which is not part of a model", hint=_HINT)
        if missing := [name for name in (_CONFIG, _WEIGHTS) if name not in sizes]:
            raise ValueError(f"{missing[0]} is missing")
        if sum(sizes.values()) > _MOST_BYTES or sizes[_CONFIG] > MAX_CHARACTERS:
            raise ValueError("the archive is too large")
        with tempfile.TemporaryDirectory() as folder, h5py.File(archive.extract(_WEIGHTS, folder)) as file:
            stored_arrays(file, kinds="fiu")
        return parse_json(archive.read(_CONFIG).decode("utf-8"), path)


def _attribute(path: Path) -> Any:
    """The configuration in an old HDF5 file, whose weights are checked."""
    with h5py.File(path) as file:
        stored_arrays(file, kinds="fiu")
        config = file.attrs.get("model_config")
        if config is None:
            what = "contains weights but no network"
            raise ModelError(f"{path}: {what}", hint="Save the whole model: model.save('model.keras').")
        return parse_json(config.decode("utf-8") if isinstance(config, bytes) else str(config), path)


def _check_classes(path: Path, config: Any) -> None:
    for values in _objects(config):
        name, module, registered = (str(values.get(key) or "") for key in _CLASS_KEYS)
        is_custom = bool(registered) and registered != name
        is_foreign = bool(module) and module.split(".")[0] not in ("keras", "builtins")
        if is_custom or is_foreign or name in _WITH_CODE:
            what = "contains code" if name in _WITH_CODE else "is not a class of Keras"
            raise ModelError(f"{path}: the layer or function {quoted(name)} {what}", hint=_HINT)


def _objects(config: Any) -> Iterator[dict[str, Any]]:
    """All objects of a JSON document that name a class."""
    if isinstance(config, dict):
        if "class_name" in config:
            yield config
        config = list(config.values())
    if isinstance(config, list):
        for each in config:
            yield from _objects(each)
