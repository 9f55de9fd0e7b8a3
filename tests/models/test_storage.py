"""A model's folder: what is written comes back to the bit, and what is no model is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from motifnet.errors import InputError, ModelError
from motifnet.models.network.block import Block
from motifnet.models.network.builder import build
from motifnet.models.network.presets import PRESETS
from motifnet.models.network.spec import ROOMY, ModelSpec
from motifnet.models.network.spec_changes import SpecChanges
from motifnet.models.storage import FILES, FORMAT_VERSION, KMERS, choose_network, read_header
from motifnet.models.trained import TrainedModel
from motifnet.models.training.train_spec import TrainSpec
from motifnet.models.weights import write_weights
from small_models import RULE, SEQUENCES, SPEC, by_tier, planted


def test_what_comes_back_predicts_the_same_to_the_bit(model: TrainedModel, folder: Path) -> None:
    loaded = TrainedModel.load(folder)
    assert loaded.predict(SEQUENCES).tobytes() == model.predict(SEQUENCES).tobytes()
    assert (loaded.spec, loaded.length_rule, loaded.training) == (model.spec, RULE, model.training)
    assert loaded.splits == model.splits
    pd.testing.assert_frame_equal(loaded.history, model.history)
    assert read_header(folder) == model.header


@pytest.mark.parametrize("name", by_tier(PRESETS))
def test_every_preset_comes_back(name: str, tmp_path: Path) -> None:
    spec = ModelSpec.preset(name, length=200)
    sequences = planted(3, 3, seed=4, length=200).sequences
    untrained = TrainedModel(spec, build(spec, seed=3), {}, pd.DataFrame({"step": [1]}))
    untrained.save(tmp_path / "model")
    assert TrainedModel.load(tmp_path / "model").predict(sequences).tobytes() == untrained.predict(sequences).tobytes()


def test_the_files(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == sorted([*FILES, KMERS, "provenance.json"])
    document = json.loads((folder / "spec.json").read_text())
    assert document["format_version"] == FORMAT_VERSION
    assert "newer" in document["format_rule"]
    splits = pd.read_csv(folder / "splits.tsv", sep="\t")
    assert splits.columns.tolist() == ["digest", "split"]
    assert splits["split"].value_counts().to_dict() == {"train": 40, "valid": 16, "test": 6}
    assert json.loads((folder / "provenance.json").read_text())["command"] == ["motifnet", "train"]


def test_two_saves_are_the_same_bytes(model: TrainedModel, folder: Path) -> None:
    model.save("again")
    TrainedModel.load(folder).save("loaded")
    for name in FILES:
        content = (folder / name).read_bytes()
        assert content == Path("again", name).read_bytes()
        assert content == Path("loaded", name).read_bytes()


def test_results_of_discover_hold_a_model(folder: Path) -> None:
    results = Path("results")
    results.mkdir()
    folder.rename(results / "model")
    assert TrainedModel.load(results).spec == TrainedModel.load(results / "model").spec


TRAIN_HINT = "\n  Name a folder that `motifnet train` or `discover` wrote."


def cut(name: str) -> Callable[[Path], None]:
    """Keep the first half of a file."""

    def damage(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return damage


def edit(**values: Any) -> Callable[[Path], None]:
    """Change fields of spec.json."""

    def damage(folder: Path) -> None:
        document = json.loads((folder / "spec.json").read_text())
        (folder / "spec.json").write_text(json.dumps(document | values))

    return damage


def weights_of(spec: ModelSpec) -> Callable[[Path], None]:
    return lambda folder: write_weights(build(spec, seed=0), folder / "model.weights.h5")


DEEPER = replace(SPEC, blocks=(*SPEC.blocks, Block(8, 3)))
FAULTS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no folder": (
        lambda folder: folder.rename("elsewhere"),
        "model: there is no such folder" + TRAIN_HINT,
    ),
    "not a model": (
        lambda folder: (folder / "spec.json").unlink(),
        "model: this is not a model: spec.json is missing" + TRAIN_HINT,
    ),
    "a file": (
        lambda folder: (folder.rename("elsewhere"), folder.write_text("a file")),
        "model: a model is a folder, this is a file" + TRAIN_HINT,
    ),
    **{
        f"without {name}": (
            lambda folder, name=name: (folder / name).unlink(),
            f"model: the model is incomplete, {name} is missing\n  Train it again.",
        )
        for name in FILES
        if name != "spec.json"
    },
    "newer": (
        edit(format_version=FORMAT_VERSION + 1),
        f"model/spec.json: written in model format {FORMAT_VERSION + 1}; this motifnet reads up to {FORMAT_VERSION}\n"
        "  Install a newer motifnet.",
    ),
    "version of another kind": (
        edit(format_version="one"),
        "model/spec.json: damaged: format_version is 'one'\n  Train the model again.",
    ),
    "another JSON": (
        lambda folder: (folder / "spec.json").write_text("{}"),
        "model/spec.json: damaged: 'format_version' is missing\n  Train the model again.",
    ),
    "no spec": (
        edit(spec=None),
        "model/spec.json: damaged: 'NoneType' object has no attribute 'get'\n  Train the model again.",
    ),
    "unknown field": (
        edit(training={"sede": 1}),
        "model/spec.json: damaged: TrainSpec has no field 'sede'\n  Train the model again.",
    ),
    "bad rule": (
        edit(length_rule={"length": 0}),
        "model/spec.json: damaged: length must be at least 1 bp. Got 0 instead\n  Train the model again.",
    ),
}


def test_version_1_is_read_as_what_it_was(model: TrainedModel, folder: Path) -> None:
    """It knew neither words nor a regression beside the network, and no budget of epochs."""
    (folder / KMERS).unlink()
    how = {"seed": 1, "max_steps": 3000, "batch_size": 64, "check_every": 100, "patience": 20, "learning_rate": 0.004,
           "shift": 8}  # fmt: skip
    block = {"filters": 8, "width": 11, "activation": "relu", "dropout": 0.0, "pool": 1, "batch_norm": True,
             "l1": 0.0, "l2": 0.0}  # fmt: skip
    spec = {"length": SPEC.length, "blocks": [block], "final": "global_max", "pool_width": None, "hidden": [],
            "strands": "both", "tasks": ["positive"]}  # fmt: skip
    document = {"format_version": 1, "format_rule": "", "spec": spec, "how": how, "length_rule": None}
    (folder / "spec.json").write_text(json.dumps(document))
    loaded = TrainedModel.load(folder)
    assert (loaded.training.kmer_init, loaded.training.kmers, loaded.training.steps(64)) == (False, False, 3000)
    assert loaded.predict(SEQUENCES).tobytes() == model.predict_network(SEQUENCES).tobytes()


@pytest.mark.parametrize(("damage", "message"), FAULTS.values(), ids=FAULTS)
def test_what_is_no_model(folder: Path, damage: Callable[[Path], Any], message: str) -> None:
    damage(folder)
    for load in (TrainedModel.load, read_header):
        with pytest.raises(ModelError) as error:
            load(folder)
        assert str(error.value) == message


WEIGHTS_HINT = "\n  The file is damaged or belongs to another model; train again."


@pytest.mark.parametrize(
    ("damage", "pattern"),
    [
        (cut("spec.json"), r"model/spec\.json: damaged: .*line \d+ column \d+.*\n  Train the model again\."),
        (cut("model.weights.h5"), r"model/model\.weights\.h5: the weights cannot be read: .*truncated file.*"),
        (
            lambda folder: (folder / "model.weights.h5").write_text("not HDF5"),
            r"model/model\.weights\.h5: the weights cannot be read: .*signature not found.*",
        ),
        (
            weights_of(replace(SPEC, blocks=(replace(SPEC.blocks[0], filters=9),))),
            r"model/model\.weights\.h5: the weights cannot be read: .*",
        ),
        (
            weights_of(replace(SPEC, blocks=(replace(SPEC.blocks[0], batch_norm=False),))),
            r"model/model\.weights\.h5: the weights cannot be read: .*",
        ),
        (
            weights_of(DEEPER),
            r"model/model\.weights\.h5: the weights cannot be read: "
            r"9 arrays are stored, this network has 7\n",
        ),
        (
            lambda folder: (folder / "splits.tsv").write_text("a\tb\n1\t2\n"),
            r"model: a table of the model is damaged: 'digest'\n  Train it again\.",
        ),
    ],
    ids=["half a spec", "half the weights", "no HDF5", "other shapes", "other layers", "deeper", "another table"],
)
def test_a_damaged_model(folder: Path, damage: Callable[[Path], Any], pattern: str) -> None:
    damage(folder)
    with pytest.raises(ModelError, match=f"^{pattern}") as error:
        TrainedModel.load(folder)
    assert len(str(error.value).splitlines()) == 2
    if "weights" in pattern:
        assert str(error.value).endswith(WEIGHTS_HINT)


def test_a_folder_that_is_there_is_kept(model: TrainedModel, folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(InputError, match=r"^model: the folder exists and is not empty\n"):
        model.save(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    model.save(folder, force=True)
    assert [path.name for path in Path().iterdir()] == ["model"]


def test_a_network_to_start_from_is_a_preset_or_that_of_a_model(folder: Path, model: TrainedModel) -> None:
    changes, own = SpecChanges(dropout=0.3), TrainSpec(max_steps=7)
    preset = ModelSpec.preset("dragonn", length=ROOMY, changes=changes)
    assert choose_network("dragonn", None, changes, own) == (preset, own)
    network = replace(model.spec, length=ROOMY).changed(changes)
    assert choose_network("default", folder / "spec.json", changes, own) == (
        network,
        replace(model.training, max_steps=7),
    )
    with pytest.raises(InputError, match="--preset and --spec both name a network"):
        choose_network("dragonn", folder / "spec.json", changes, own)
    with pytest.raises(ModelError, match=r"none\.json: there is no such file"):
        choose_network("default", folder / "none.json", changes, own)
