"""Checkpoints of training: the state on which later steps depend, in files that remain if the process is killed.

The first line of a file is the SHA-256 of its other bytes. They are an ``.npz`` of arrays and of a JSON document, which
describes the training. A file that is damaged or of another training is removed and logged.
"""

from __future__ import annotations

import hashlib
import json
import logging
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motifnet.models.network.spec import ModelSpec
from motifnet.models.runtime import threads
from motifnet.models.trained import TrainedModel
from motifnet.models.training.initialization import origin_of
from motifnet.models.training.train_spec import TrainSpec
from motifnet.outputs import output_file, write_errors
from motifnet.provenance import versions
from motifnet.sequences.dataset import Dataset, Split

logger = logging.getLogger("motifnet")

#: Name of the array with the JSON document.
_DOCUMENT = "document"
#: Libraries whose versions change the weights.
_LIBRARIES = ("motifnet", "tensorflow", "keras", "numpy", "scipy", "scikit-learn")

Arrays = Mapping[str, list[NDArray[Any]]]


class Checkpoint:
    """The files of one training in a folder; without a folder, nothing is written or read.

    Parameters
    ----------
    folder : str, Path or None
    seed : int
        Part of the file names, so that networks that differ in their seed can have checkpoints in the same folder.
    job : mapping of str to str
        Describes the training (`describe_training`).
    """

    def __init__(self, folder: str | Path | None, seed: int, job: Mapping[str, str]) -> None:
        self._folder, self._seed, self.job = None if folder is None else Path(folder), seed, dict(job)

    def write(self, part: str, arrays: Arrays, **values: Any) -> None:
        """Write arrays and values for JSON, completely or not at all.

        Raises
        ------
        FormatError
            If the folder cannot be written.
        """
        if self._folder is None:
            return
        with write_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        document = {"job": self.job, "counts": {name: len(own) for name, own in arrays.items()}, "values": values}
        named = {f"{name}_{i}": array for name, own in arrays.items() for i, array in enumerate(own)}
        content = BytesIO()
        np.savez(content, allow_pickle=False, **{_DOCUMENT: np.array(json.dumps(document))}, **named)
        with output_file(self._file(part)) as path, path.open("wb") as handle:
            handle.write(_checksum(content.getbuffer()))
            handle.write(content.getbuffer())

    def read(self, part: str) -> tuple[dict[str, list[NDArray[Any]]], dict[str, Any]] | None:
        """Arrays and values of the checkpoint of this training, if there is one."""
        if self._folder is None or not (path := self._file(part)).is_file():
            return None
        content = _content(path)
        if content is None:
            logger.warning("%s: removed, because the checkpoint is damaged", path)
            path.unlink()
            return None
        arrays, document = content
        differing = [name for name in self.job if document["job"].get(name) != self.job[name]]
        if differing:
            logger.info("%s: removed, because the training differs (%s)", path, ", ".join(differing))
            path.unlink()
            return None
        return arrays, document["values"]

    def _file(self, part: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{part}-{self._seed}.npz"

    def __str__(self) -> str:
        return str(self._folder)


def _content(path: Path) -> tuple[dict[str, list[NDArray[Any]]], dict[str, Any]] | None:
    """Arrays and JSON document of a file, or None if it is damaged."""
    try:
        first, content = path.read_bytes().split(b"\n", 1)
        if first + b"\n" != _checksum(content):
            return None
        with np.load(BytesIO(content), allow_pickle=False) as stored:
            document = json.loads(str(stored[_DOCUMENT]))
            counts = document["counts"].items()
            return {name: [stored[f"{name}_{i}"] for i in range(count)] for name, count in counts}, document
    except (OSError, ValueError, LookupError, TypeError, AttributeError, zipfile.BadZipFile):
        return None


def _checksum(content: bytes | memoryview) -> bytes:
    return hashlib.sha256(content).hexdigest().encode() + b"\n"


def describe_training(
    spec: ModelSpec, split: Split, training: TrainSpec, start: TrainedModel | None = None, freeze: int = 0
) -> dict[str, str]:
    """Everything that determines the weights, by name; long values as digests."""
    values = {
        "sequences": [digest for part in (split.train, split.valid) for digest in digests(part)],
        "network": spec.to_dict(),
        "training": asdict(training),
        "start": None if start is None else origin_of(start, freeze),
        "versions": {name: version for name, version in versions().items() if name in _LIBRARIES},
        "threads": threads(),
    }
    return {name: hashlib.sha256(json.dumps(value).encode()).hexdigest() for name, value in values.items()}


def digests(data: Dataset) -> Iterable[str]:
    """SHA-256 of names and sequences, and of the labels."""
    return data.sequences.digest(), hashlib.sha256(data.labels.tobytes()).hexdigest()
