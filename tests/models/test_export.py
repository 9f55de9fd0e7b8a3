"""Exported models: Keras opens them without motifnet, and equal models give equal bytes."""

from __future__ import annotations

import datetime
import json
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from motifnet.errors import ModelError, MotifnetError
from motifnet.models.trained import TrainedModel
from motifnet.sequences.alphabet import one_hot
from small_models import SEQUENCES
from warm_python import WITHOUT_MOTIFNET, WarmPython

OPEN = """
import keras, numpy as np
for name in ("both", "forward"):
    model = keras.models.load_model(f"{name}.keras")
    np.save(f"{name}.npy", model.predict(np.load("x.npy"), verbose=0))
"""


@pytest.mark.slow
def test_keras_alone_opens_the_export_and_predicts_the_same(
    model: TrainedModel, fixed: TrainedModel, ready: WarmPython, tmp_path: Path
) -> None:
    np.save(tmp_path / "x.npy", one_hot(SEQUENCES)[..., np.newaxis])
    forward = replace(fixed, spec=replace(fixed.spec, strands="forward"))
    exported = {"both": model, "forward": forward}
    for name in exported:
        exported[name].export(tmp_path / f"{name}.keras")
    opened = ready.run(("-c", WITHOUT_MOTIFNET + OPEN), tmp_path)
    assert opened.returncode == 0, opened.stderr.decode()
    for name in exported:
        predicted = np.load(tmp_path / f"{name}.npy")
        np.testing.assert_allclose(predicted, exported[name].predict(SEQUENCES), rtol=0, atol=1e-6)


class Later(datetime.datetime):
    """A clock that is ahead."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Later:
        return cls(2033, 5, 18, tzinfo=tz)


def test_two_exports_have_equal_bytes(model: TrainedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model.export(tmp_path / "a.keras")
    # Keras dates its metadata, and zipfile each member, to two seconds.
    monkeypatch.setattr("keras.src.saving.saving_lib.datetime", SimpleNamespace(datetime=Later))
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(2e9))
    model.export(tmp_path / "b.keras")
    assert (tmp_path / "a.keras").read_bytes() == (tmp_path / "b.keras").read_bytes()


def classes_of(config: object) -> Iterator[tuple[object, object]]:
    """Module and class of every object in the configuration of a Keras model."""
    if isinstance(config, dict):
        if "class_name" in config:
            yield config.get("module"), config["class_name"]
        for child in config.values():
            yield from classes_of(child)
    elif isinstance(config, list):
        for child in config:
            yield from classes_of(child)


def test_exports_have_no_code_and_no_classes_but_those_of_keras(model: TrainedModel, tmp_path: Path) -> None:
    model.export(tmp_path / "a.keras")
    with zipfile.ZipFile(tmp_path / "a.keras") as archive:
        assert sorted(archive.namelist()) == ["config.json", "metadata.json", "model.weights.h5"]
        found = set(classes_of(json.loads(archive.read("config.json"))))
    assert found
    assert {str(module).partition(".")[0] for module, _ in found} <= {"keras", "builtins", "None"}
    assert "Lambda" not in {name for _, name in found}


def test_an_export_needs_its_suffix_and_a_folder(model: TrainedModel, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.h5"):
        model.export("model.h5")
    with pytest.raises(MotifnetError, match=r"nowhere/a\.keras"):
        model.export(tmp_path / "nowhere" / "a.keras")
    assert list(tmp_path.iterdir()) == []
