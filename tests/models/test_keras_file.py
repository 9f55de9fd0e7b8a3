"""Keras files: what is loaded, what is refused before it is loaded."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import keras_networks as networks
from dna_strategies import random_dna
from motifnet.errors import ModelError
from motifnet.models.keras_file import read_keras, write_keras
from motifnet.models.keras_model import KerasModel
from motifnet.models.runtime import keras
from motifnet.models.trained import TrainedModel, load_model
from motifnet.sequences.sequence_set import SequenceSet

SEQUENCES = SequenceSet.from_strings(random_dna(5, 60, seed=1))


class Custom(keras.layers.Layer):  # type: ignore[misc]
    def call(self, x: Any) -> Any:
        return x


@keras.saving.register_keras_serializable(package="mine")
class Registered(Custom):
    pass


@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.parametrize("build", [networks.basset, networks.danq, networks.crested], ids=lambda build: build.__name__)
def test_networks_are_read_as_they_were(build: Callable[..., Any], suffix: str, tmp_path: Path) -> None:
    network = networks.spread(build())
    path = tmp_path / f"model.{suffix}"
    networks.save(network, path)
    renamed = path.rename(tmp_path / "model")
    assert np.array_equal(KerasModel(read_keras(renamed)).logits(SEQUENCES), KerasModel(network).logits(SEQUENCES))


def test_equal_networks_give_equal_bytes(tmp_path: Path) -> None:
    network = networks.spread(networks.crested())
    for name in ("a", "b"):
        write_keras(network, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def custom(path: Path) -> None:
    networks.save(keras.Sequential([keras.Input((60, 4)), Custom()]), path)


def registered(path: Path) -> None:
    networks.save(keras.Sequential([keras.Input((60, 4)), Registered()]), path)


def lambda_layer(path: Path) -> None:
    networks.save(keras.Sequential([keras.Input((60, 4)), keras.layers.Lambda(lambda x: x + 1)]), path)


def repacked(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    networks.save(networks.basset(), path)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def foreign_module(path: Path) -> None:
    def change(files: dict[str, bytes]) -> None:
        config = json.loads(files["config.json"])
        config["config"]["layers"][1]["module"] = "os"
        files["config.json"] = json.dumps(config).encode()

    repacked(path, change)


def extra_file(path: Path) -> None:
    repacked(path, lambda files: files.update({"run.py": b"import os"}))


def no_weights(path: Path) -> None:
    repacked(path, lambda files: files.pop("model.weights.h5") and None)


def external_weights(path: Path) -> None:
    def change(files: dict[str, bytes]) -> None:
        with h5py.File(path.with_suffix(".h5"), "w") as file:
            file["layers"] = h5py.ExternalLink("/etc/passwd", "/")
        files["model.weights.h5"] = path.with_suffix(".h5").read_bytes()

    repacked(path, change)


def weights_alone(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["kernel"] = np.zeros(3)


def damaged_archive(path: Path) -> None:
    networks.save(networks.basset(), path)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        data[archive.getinfo("model.weights.h5").header_offset + 100] ^= 1
    path.write_bytes(data)


def damaged_directory(path: Path) -> None:
    networks.save(networks.basset(), path)
    path.write_bytes(path.read_bytes().replace(b"PK\x01\x02", b"PK\x01\x03"))


def weight_that_is_not_finite(path: Path) -> None:
    network = networks.basset()
    network.weights[0].assign(np.full(network.weights[0].shape, np.nan))
    networks.save(network, path)


def text(path: Path) -> None:
    path.write_text("not a model")


@pytest.mark.parametrize(
    "write",
    [
        *(custom, registered, lambda_layer, foreign_module, extra_file, no_weights, external_weights, weights_alone),
        *(damaged_archive, damaged_directory, weight_that_is_not_finite, text),
    ],
    ids=lambda write: write.__name__,
)
def test_files_with_code_and_damaged_files_are_refused(write: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    write(path)
    with pytest.raises(ModelError, match=r"model\.keras"):
        read_keras(path)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        read_keras(tmp_path / "none.keras")


# --- folders ---


@pytest.mark.parametrize(
    ("build", "options"),
    [
        (networks.danq, {"alphabet": "AGCT", "strands": "both", "tasks": ["a", "b"]}),
        (networks.profile, {"output": "profile"}),
        (networks.profile, {"output": "counts"}),
        (lambda: networks.crested(activation="linear"), {"logits": True}),
        (lambda: networks.crested(activation="softmax"), {}),
        (networks.image, {"layout": "N4L1"}),
    ],
    ids=["danq", "profile", "counts", "logits", "softmax", "image"],
)
def test_a_saved_model_is_the_same_model(build: Any, options: dict[str, Any], tmp_path: Path) -> None:
    model = KerasModel(networks.spread(build()), **options)
    model.save(tmp_path / "model")
    loaded = load_model(tmp_path / "model")
    assert isinstance(loaded, KerasModel)
    assert (loaded.spec, loaded.length_rule) == (model.spec, model.length_rule)
    assert np.array_equal(loaded.scores(SEQUENCES), model.scores(SEQUENCES))
    with pytest.raises(ModelError):
        TrainedModel.load(tmp_path / "model")


def test_a_changed_folder_is_refused(tmp_path: Path) -> None:
    KerasModel(networks.basset()).save(tmp_path / "model")
    spec = tmp_path / "model" / "spec.json"
    spec.write_text(spec.read_text().replace("NL4", "N4L"))
    with pytest.raises(ModelError, match=r"spec\.json"):
        load_model(tmp_path / "model")
