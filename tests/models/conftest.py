"""Models after a few steps of training, for all tests of this folder; TensorFlow starts when one is first used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from motifnet.models.trained import TrainedModel


@pytest.fixture(scope="session")
def model() -> TrainedModel:
    """With batch norm, a global head and a length rule."""
    from small_models import RULE, SPEC, model_of

    return model_of(replace(SPEC, blocks=(replace(SPEC.blocks[0], dropout=0.2),)), rule=RULE)


@pytest.fixture(scope="session")
def fixed() -> TrainedModel:
    """With a flattened head, and no length rule."""
    from small_models import FIXED, model_of

    return model_of(FIXED)


@pytest.fixture
def folder(model: TrainedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A saved model, under the name ``model`` in the current folder."""
    monkeypatch.chdir(tmp_path)
    model.save("model", command=("motifnet", "train"))
    return Path("model")
