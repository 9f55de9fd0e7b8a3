"""The folder of a model: what is written is read again to the bit, and damaged folders are errors."""

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
from motifnet.models.network.spec import ROOMY, ModelSpec, SpecChanges
from motifnet.models.storage import FILES, FORMAT_VERSION, KMERS, choose_network, read_header, write_weights
from motifnet.models.trained import TrainedModel
from motifnet.models.training.train_spec import TrainSpec
from small_models import RULE, SEQUENCES, SPEC, by_tier, planted


def test_a_loaded_model_predicts_the_same_bits(model: TrainedModel, folder: Path) -> None:
    loaded = TrainedModel.load(folder)
    assert loaded.predict(SEQUENCES).tobytes() == model.predict(SEQUENCES).tobytes()
    assert (loaded.spec, loaded.length_rule, loaded.training) == (model.spec, RULE, model.training)
    assert loaded.split_table.counts() == model.split_table.counts() == {"train": 40, "valid": 16, "test": 6}
    assert loaded.split_of(SEQUENCES) == model.split_of(SEQUENCES)
    pd.testing.assert_frame_equal(loaded.history, model.history)
    header = read_header(folder)
    assert (header.spec, header.training, header.length_rule) == (model.spec, model.training, RULE)


@pytest.mark.parametrize("name", by_tier(PRESETS))
def test_every_preset_is_saved_and_loaded(name: str, tmp_path: Path) -> None:
    spec = ModelSpec.preset(name, length=200)
    sequences = planted(3, 3, seed=4, length=200).sequences
    untrained = TrainedModel(spec, build(spec, seed=3))
    untrained.save(tmp_path / "model")
    loaded = TrainedModel.load(tmp_path / "model")
    assert loaded.predict(sequences).tobytes() == untrained.predict(sequences).tobytes()
    assert not len(loaded.history)


def test_files_of_a_model(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == sorted([*FILES, KMERS, "provenance.json"])
    document = json.loads((folder / "spec.json").read_text())
    assert document["format_version"] == FORMAT_VERSION
    assert "newer" in document["format_rule"]
    splits = pd.read_csv(folder / "splits.tsv", sep="\t")
    assert splits.columns.tolist() == ["digest", "split"]
    assert splits["split"].value_counts().to_dict() == {"train": 40, "valid": 16, "test": 6}
    assert json.loads((folder / "provenance.json").read_text())["command"] == ["motifnet", "train"]


def test_saving_twice_gives_the_same_bytes(model: TrainedModel, folder: Path) -> None:
    model.save("again")
    TrainedModel.load(folder).save("loaded")
    for name in FILES:
        content = (folder / name).read_bytes()
        assert content == Path("again", name).read_bytes()
        assert content == Path("loaded", name).read_bytes()


def test_the_results_of_discover_contain_a_model(folder: Path) -> None:
    results = Path("results")
    results.mkdir()
    folder.rename(results / "model")
    assert TrainedModel.load(results).spec == TrainedModel.load(results / "model").spec


def test_an_existing_folder_is_replaced_only_with_force(model: TrainedModel, folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(InputError):
        model.save(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    model.save(folder, force=True)
    assert [path.name for path in Path().iterdir()] == ["model"]


# --- older formats ---


def test_format_1_has_no_kmers_and_no_limit_of_epochs(model: TrainedModel, folder: Path) -> None:
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
    assert loaded.predict(SEQUENCES).tobytes() == model.predict(SEQUENCES, part="network").tobytes()


def test_format_2_has_other_names(folder: Path) -> None:
    document = json.loads((folder / "spec.json").read_text())
    how = {"words" if name == "kmer_init" else name: value for name, value in document.pop("training").items()}
    block = document["spec"]["blocks"][0]
    for name, older in (("parallel_widths", "beside"), ("parallel_pool", "pool_beside"), ("bottleneck", "compress")):
        block[older] = block.pop(name)
    (folder / "spec.json").write_text(json.dumps(document | {"format_version": 2, "how": how | {"words": False}}))
    expected = read_header(folder).training
    assert not expected.kmer_init
    assert TrainedModel.load(folder).training == expected


# --- damaged folders ---


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


#: Damage, and the path in the message.
WITHOUT_HEADER: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no folder": (lambda folder: folder.rename("elsewhere"), "model: "),
    "no spec.json": (lambda folder: (folder / "spec.json").unlink(), "model: "),
    "a file": (lambda folder: (folder.rename("elsewhere"), folder.write_text("a file")), "model: "),
    "no weights": (lambda folder: (folder / "model.weights.h5").unlink(), "model: "),
    "no splits": (lambda folder: (folder / "splits.tsv").unlink(), "model: "),
    "newer format": (edit(format_version=FORMAT_VERSION + 1), "model/spec.json: "),
    "format version of another type": (edit(format_version="one"), "model/spec.json: "),
    "another JSON": (lambda folder: (folder / "spec.json").write_text("{}"), "model/spec.json: "),
    "no network": (edit(spec=None), "model/spec.json: "),
    "unknown field": (edit(training={"sede": 1}), "model/spec.json: "),
    "invalid length rule": (edit(length_rule={"length": 0}), "model/spec.json: "),
    "half of spec.json": (cut("spec.json"), "model/spec.json: "),
}
WITHOUT_WEIGHTS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "half of the weights": (cut("model.weights.h5"), "model/model.weights.h5: "),
    "no HDF5": (lambda folder: (folder / "model.weights.h5").write_text("no"), "model/model.weights.h5: "),
    "other shapes": (weights_of(replace(SPEC, blocks=(replace(SPEC.blocks[0], filters=9),))), "model/model.weights"),
    "fewer layers": (weights_of(replace(SPEC, blocks=(replace(SPEC.blocks[0], batch_norm=False),))), "model/model.w"),
    "more layers": (weights_of(replace(SPEC, blocks=(*SPEC.blocks, Block(8, 3)))), "model/model.weights.h5: "),
    "another table": (lambda folder: (folder / "splits.tsv").write_text("a\tb\n1\t2\n"), "model/splits.tsv: "),
    "half of the k-mers": (cut(KMERS), "model/kmers.tsv: "),
}


@pytest.mark.parametrize(("damage", "path"), WITHOUT_HEADER.values(), ids=WITHOUT_HEADER)
def test_a_folder_without_a_valid_header_is_an_error(folder: Path, damage: Callable[[Path], Any], path: str) -> None:
    damage(folder)
    for load in (TrainedModel.load, read_header):
        with pytest.raises(ModelError) as error:
            load(folder)
        assert str(error.value).startswith(path)


@pytest.mark.parametrize(("damage", "path"), WITHOUT_WEIGHTS.values(), ids=WITHOUT_WEIGHTS)
def test_damaged_weights_and_tables_are_an_error(folder: Path, damage: Callable[[Path], Any], path: str) -> None:
    damage(folder)
    with pytest.raises(ModelError) as error:
        TrainedModel.load(folder)
    assert str(error.value).startswith(path)
    assert len(str(error.value).splitlines()) == 2


# --- network of a command ---


def test_a_command_takes_its_network_from_a_preset_or_a_spec_file(folder: Path, model: TrainedModel) -> None:
    changes, own = SpecChanges(dropout=0.3), TrainSpec(max_steps=7)
    preset = ModelSpec.preset("dragonn", length=ROOMY, changes=changes)
    assert choose_network("dragonn", changes, own) == (preset, own)
    assert choose_network(folder / "spec.json", changes, own) == (
        replace(model.spec, length=ROOMY).changed(changes),
        replace(model.training, max_steps=7),
    )
    with pytest.raises(ModelError):
        choose_network(folder / "none.json", changes, own)
