"""A network as one ``.keras`` file that Keras opens without motifnet, the same bytes each time."""

from __future__ import annotations

import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from motifnet.models.folder import KERAS_SUFFIX, check_keras_name
from motifnet.models.runtime import keras
from motifnet.models.spec import Strands
from motifnet.models.weights import saving
from motifnet.outputs import output_file

_DATE = (1980, 1, 1, 0, 0, 0)
_KERAS_DATE = "1980-01-01@00:00:00"


def export_network(network: Any, path: str | Path, *, strands: Strands) -> None:
    """Write a network from ``(N, 4, L, 1)`` to predictions, with what both strands give made part of it.

    Raises
    ------
    ModelError
        If the file's name does not end in ``.keras``.
    InputError
        If it cannot be written.
    """
    check_keras_name(path)
    exported = network if strands == "forward" else _both_strands(network, strands)
    with output_file(path) as partial, tempfile.TemporaryDirectory() as scratch:
        saved = Path(scratch) / f"model{KERAS_SUFFIX}"
        with saving():
            exported.save(saved)
        _repack(saved, partial)


def _both_strands(network: Any, strands: Strands) -> Any:
    inputs = keras.Input(network.input_shape[1:], name="sequence", dtype="float32")
    other_strand = keras.ops.flip(keras.ops.flip(inputs, axis=1), axis=2)
    kind = keras.layers.Maximum if strands == "shared" else keras.layers.Average
    over = kind(name="both_strands", dtype="float32")
    exported = keras.Model(inputs, over([network(inputs), network(other_strand)]), name="motifnet")
    # Keras numbers operations in the order in which the process made them.
    for operation in exported.operations:
        if not isinstance(operation, keras.layers.Layer):
            operation.name = f"reverse_axis_{operation.axis}"
    return exported


def _repack(saved: Path, path: Path) -> None:
    """Copy a Keras archive without its dates."""
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist()):
            content = source.read(name)
            if name == "metadata.json":
                content = json.dumps(json.loads(content) | {"date_saved": _KERAS_DATE}).encode()
            target.writestr(zipfile.ZipInfo(name, _DATE), content, zipfile.ZIP_DEFLATED)
