"""The folder of a model: what is written is read again to the bit, and damaged folders are errors."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest

from motifnet.errors import InputError, ModelError
from motifnet.models.manifest import MANIFEST, write_manifest
from motifnet.models.network.block import Block
from motifnet.models.network.builder import build
from motifnet.models.network.presets import PRESETS
from motifnet.models.network.spec import ROOMY, ModelSpec, SpecChanges
from motifnet.models.storage import (
    ALL_FILES,
    FILES,
    FORMAT_VERSION,
    KMERS,
    POSITIVES,
    choose_network,
    read_header,
    write_weights,
)
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
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [*FILES, KMERS, POSITIVES, MANIFEST, "provenance.json"]
    )
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
    for name in (*FILES, KMERS, POSITIVES):
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
    (folder / MANIFEST).unlink()
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
    (folder / MANIFEST).unlink()
    expected = read_header(folder).training
    assert not expected.kmer_init
    assert TrainedModel.load(folder).training == expected


def test_models_without_scores_of_positives_are_read(model: TrainedModel, folder: Path) -> None:
    (folder / POSITIVES).unlink()
    list_again(folder)
    loaded = TrainedModel.load(folder)
    assert loaded.positives is None
    assert loaded.predict(SEQUENCES).tobytes() == model.predict(SEQUENCES).tobytes()


def test_format_3_has_no_manifest(model: TrainedModel, folder: Path) -> None:
    edit(format_version=3)(folder)
    (folder / MANIFEST).unlink()
    assert TrainedModel.load(folder).predict(SEQUENCES).tobytes() == model.predict(SEQUENCES).tobytes()


def test_the_regression_on_contiguous_kmers_of_format_4_is_an_error(folder: Path) -> None:
    edit(format_version=4)(folder)
    (folder / KMERS).rename(folder / "kmers.tsv")
    with pytest.raises(ModelError, match=r"^model/kmers\.tsv: "):
        TrainedModel.load(folder)


# --- the manifest ---


def damaged_bits() -> Iterator[tuple[str, int]]:
    """Files and bits in them, at random."""
    rng = np.random.default_rng(0)
    for name in (*FILES, KMERS, POSITIVES):
        yield from ((name, int(rng.integers(10**9))) for _ in range(4))


@pytest.mark.parametrize(("name", "bit"), list(damaged_bits()))
def test_a_changed_bit_of_any_file_is_an_error(name: str, bit: int, folder: Path) -> None:
    content = bytearray((folder / name).read_bytes())
    content[bit // 8 % len(content)] ^= 1 << bit % 8
    (folder / name).write_bytes(content)
    for load in (TrainedModel.load, read_header):
        with pytest.raises(ModelError) as error:
            load(folder)
        assert re.match(rf"model/{re.escape(name)}(:\d+)?: ", str(error.value))


def _link_elsewhere(folder: Path) -> None:
    (folder / KMERS).unlink()
    (folder / KMERS).symlink_to("/dev/zero")


#: Changes that the manifest shows, and the path in the message.
CHANGED: dict[str, tuple[Callable[[Path], Any], str]] = {
    "edited by hand": (lambda folder: edit(training=asdict(TrainSpec()))(folder), "model/spec.json: "),
    "a further line": (lambda folder: append(folder / "splits.tsv", f"{'0' * 64}\ttrain\n"), "model/splits.tsv: "),
    "truncated": (lambda folder: cut("model.weights.h5")(folder), "model/model.weights.h5: "),
    "empty": (lambda folder: (folder / "history.tsv").write_text(""), "model/history.tsv: "),
    "missing": (lambda folder: (folder / KMERS).unlink(), "model/kmers.h5: "),
    "a device": (_link_elsewhere, "model/kmers.h5: "),
    "weights of a model of the same network": (lambda folder: weights_of(SPEC)(folder), "model/model.weights.h5: "),
    "no manifest": (lambda folder: (folder / MANIFEST).unlink(), "model: "),
    "damaged manifest": (lambda folder: cut(MANIFEST)(folder), "model/manifest.json"),
    "manifest that is a list": (lambda folder: (folder / MANIFEST).write_text("[]"), "model/manifest.json: "),
    "empty manifest": (lambda folder: (folder / MANIFEST).write_text("{}"), "model/manifest.json: "),
    "nested manifest": (lambda folder: (folder / MANIFEST).write_text("[" * 3000), "model/manifest.json"),
    "newer manifest": (lambda folder: edit_manifest(folder, format_version=99), "model/manifest.json: "),
    "a file that is not listed": (lambda folder: edit_manifest(folder, without=KMERS), "model/kmers.h5: "),
    "a file elsewhere": (lambda folder: edit_manifest(folder, **{"../spec.json": {"bytes": 1}}), "model/manifest"),
    "a file without a size": (lambda folder: edit_manifest(folder, **{KMERS: None}), "model/manifest.json: "),
    "a file without a checksum": (lambda folder: edit_manifest(folder, **{KMERS: {}}), "model/kmers.h5: "),
}


@pytest.mark.parametrize(("change", "path"), CHANGED.values(), ids=CHANGED)
def test_folders_that_differ_from_their_manifest_are_errors(
    folder: Path, change: Callable[[Path], Any], path: str
) -> None:
    change(folder)
    for load in (TrainedModel.load, read_header):
        with pytest.raises(ModelError) as error:
            load(folder)
        assert str(error.value).startswith(path)
        assert len(str(error.value).splitlines()) == 2


def test_the_manifest_has_sizes_and_checksums(folder: Path) -> None:
    document = json.loads((folder / MANIFEST).read_text())
    assert document["format_version"] == FORMAT_VERSION
    assert sorted(document["files"]) == sorted([*FILES, KMERS, POSITIVES])
    for name, row in document["files"].items():
        content = (folder / name).read_bytes()
        assert row == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def test_further_files_of_a_folder_are_not_read(model: TrainedModel, folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    (folder / "config.py").write_text("raise SystemExit")
    assert TrainedModel.load(folder).predict(SEQUENCES).tobytes() == model.predict(SEQUENCES).tobytes()


# --- damaged folders ---


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def edit_manifest(folder: Path, *, without: str = "", format_version: int = FORMAT_VERSION, **files: Any) -> None:
    """Change the version, and rows of files."""
    document = json.loads((folder / MANIFEST).read_text())
    document["files"] = {name: row for name, row in document["files"].items() if name != without} | files
    (folder / MANIFEST).write_text(json.dumps(document | {"format_version": format_version}))


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


def one_weight(value: float) -> Callable[[Path], None]:
    """Replace a weight."""

    def damage(folder: Path) -> None:
        with h5py.File(folder / "model.weights.h5", "r+") as file:
            file["layers/dense/vars/0"][0, 0] = value

    return damage


def rows(name: str, *lines: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text("\n".join(lines) + "\n")


def list_again(folder: Path) -> None:
    """Make the manifest fit the damaged files, as in a folder that was made to do harm."""
    if folder.is_dir():
        write_manifest(folder, ALL_FILES, version=FORMAT_VERSION)


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
    "half of spec.json": (cut("spec.json"), "model/spec.json"),
    "nested spec.json": (lambda folder: (folder / "spec.json").write_text('{"a":' * 3000), "model/spec.json"),
    "fraction of a unit": (edit(spec=SPEC.to_dict() | {"hidden": [1.5]}), "model/spec.json: "),
    "a length that is true": (edit(length_rule={"length": True}), "model/spec.json: "),
    "an endless length": (edit(length_rule={"length": 10**12}), "model/spec.json: "),
    "origin of another type": (edit(origin={"frozen": "1"}), "model/spec.json: "),
    "a format version below 1": (edit(format_version=0), "model/spec.json: "),
}
WITHOUT_WEIGHTS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "half of the weights": (cut("model.weights.h5"), "model/model.weights.h5: "),
    "no HDF5": (lambda folder: (folder / "model.weights.h5").write_text("no"), "model/model.weights.h5: "),
    "other shapes": (weights_of(replace(SPEC, blocks=(replace(SPEC.blocks[0], filters=9),))), "model/model.weights"),
    "fewer layers": (weights_of(replace(SPEC, blocks=(replace(SPEC.blocks[0], batch_norm=False),))), "model/model.w"),
    "more layers": (weights_of(replace(SPEC, blocks=(*SPEC.blocks, Block(8, 3)))), "model/model.weights.h5: "),
    "another table": (lambda folder: (folder / "splits.tsv").write_text("a\tb\n1\t2\n"), "model/splits.tsv: "),
    "half of the k-mers": (cut(KMERS), "model/kmers.h5: "),
    "positives of another task": (rows(POSITIVES, "other", "1"), "model/positives.tsv:1: "),
    "a weight that is NaN": (one_weight(math.nan), "model/model.weights.h5: "),
    "an infinite weight": (one_weight(math.inf), "model/model.weights.h5: "),
    "a larger network": (
        edit(spec=replace(SPEC, blocks=(Block(10**8, 11),)).to_dict()),
        "model/model.weights.h5: ",
    ),
    "empty splits": (lambda folder: (folder / "splits.tsv").write_text(""), "model/splits.tsv: "),
    "empty history": (lambda folder: (folder / "history.tsv").write_text(""), "model/history.tsv:1: "),
    "history without a loss": (rows("history.tsv", "step\tepoch\tvalid_loss", "1\t1\t1"), "model/history.tsv:1: "),
    "history with NaN": (
        rows("history.tsv", "step\tepoch\tloss\tvalid_loss", "1\t1\t1\t", "2\t\t1\t1"),
        "model/history.tsv:3: ",
    ),
    "history with text": (rows("history.tsv", "step\tepoch\tloss\tvalid_loss", "1\t1\t1\tx"), "model/history.tsv:2: "),
}


@pytest.mark.parametrize(("damage", "path"), WITHOUT_HEADER.values(), ids=WITHOUT_HEADER)
def test_a_folder_without_a_valid_header_is_an_error(folder: Path, damage: Callable[[Path], Any], path: str) -> None:
    damage(folder)
    list_again(folder)
    for load in (TrainedModel.load, read_header):
        with pytest.raises(ModelError) as error:
            load(folder)
        assert str(error.value).startswith(path)


@pytest.mark.parametrize(("damage", "path"), WITHOUT_WEIGHTS.values(), ids=WITHOUT_WEIGHTS)
def test_damaged_weights_and_tables_are_an_error(folder: Path, damage: Callable[[Path], Any], path: str) -> None:
    damage(folder)
    list_again(folder)
    with pytest.raises(ModelError) as error:
        TrainedModel.load(folder)
    assert str(error.value).startswith(path)


def test_a_header_is_compared_with_the_size_of_the_weights(folder: Path) -> None:
    assert read_header(folder).spec.blocks[0].filters == SPEC.blocks[0].filters
    weights_of(replace(SPEC, blocks=(*SPEC.blocks, Block(8, 3))))(folder)
    list_again(folder)
    with pytest.raises(ModelError) as error:
        read_header(folder)
    assert str(error.value).startswith("model/model.weights.h5: ")
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
