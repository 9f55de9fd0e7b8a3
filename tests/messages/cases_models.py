"""Messages of training, trained and imported models, their folders, evaluation, plots and estimators."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import h5py
import numpy as np

import keras_networks as networks
import motifnet as mn
from motifnet.models.keras_file import read_keras
from motifnet.models.manifest import MANIFEST, write_manifest
from motifnet.models.runtime import keras, tf, threads, use_strategy
from motifnet.models.storage import ALL_FILES, FORMAT_VERSION, read_header, read_spec
from motifnet.models.training import distributed
from motifnet.models.training.tuning_folder import describe_job, open_search, search_folder
from motifnet.sequences.input_spec import SplitSpec
from small_models import FIXED, LENGTH, QUICK, SPEC, planted

DATA = planted(4, 4, seed=1)


def _small_batch() -> None:
    replicas = distributed.Replicas()
    replicas.count = 8
    replicas.check(4)


def _lost_worker() -> None:
    with mock.patch.object(distributed, "_worker", distributed.Worker(0, 2)), distributed._lost_workers():
        raise tf.errors.UnavailableError(None, None, "Collective ops is aborted")


TWO_BLOCKS = replace(SPEC, blocks=(*SPEC.blocks, mn.Block(4, 3)))


@cache
def _model(spec: mn.ModelSpec = SPEC) -> mn.TrainedModel:
    return mn.TrainedModel(spec, mn.build(spec, seed=0))


def _relabelled(labels: object) -> mn.Dataset:
    return mn.Dataset(DATA.sequences, np.broadcast_to(np.asarray(labels), (8, 1)), DATA.tasks)


def _diverge() -> None:
    blocks = (mn.Block(4, 9, activation="exponential"), mn.Block(4, 5, activation="exponential"))
    training = replace(QUICK, max_steps=50, learning_rate=1e6, check_every=1)
    mn.train(mn.ModelSpec(LENGTH, blocks), DATA, valid=DATA, training=training)


def _folder(damage: Callable[[Path], object], load: Callable[[str], object] = mn.TrainedModel.load) -> None:
    """The message of a folder whose manifest fits the damage, so that the content of the file is read."""
    _model().save("model")
    damage(Path("model"))
    write_manifest(Path("model"), ALL_FILES, version=FORMAT_VERSION)
    load("model")


def _changed(change: Callable[[Path], object]) -> None:
    """The message of a folder that differs from its manifest."""
    _model().save("model")
    change(Path("model"))
    mn.TrainedModel.load("model")


def _flipped_bit(folder: Path) -> None:
    content = bytearray((folder / "model.weights.h5").read_bytes())
    content[999] ^= 1
    (folder / "model.weights.h5").write_bytes(content)


def _weights(add: Callable[[h5py.File], object]) -> Callable[[Path], object]:
    def damage(folder: Path) -> None:
        with h5py.File(folder / "model.weights.h5", "r+") as file:
            add(file)

    return damage


def _manifest(**values: object) -> Callable[[Path], object]:
    return lambda folder: (folder / MANIFEST).write_text(json.dumps({"format_version": FORMAT_VERSION, **values}))


def _edited(**values: object) -> Callable[[Path], object]:
    def damage(folder: Path) -> None:
        document = json.loads((folder / "spec.json").read_text())
        (folder / "spec.json").write_text(json.dumps(document | values))

    return damage


def _other_weights(folder: Path) -> None:
    _model(TWO_BLOCKS).save("other")
    Path("other/model.weights.h5").rename(folder / "model.weights.h5")


def _search(training: mn.TrainSpec, *, text: str | None = None) -> None:
    for own in (QUICK, training):
        with search_folder("search", force=False, restart=False, inputs=()) as partial:
            open_search("search", partial, describe_job(DATA, SPEC, own, SplitSpec()), is_new=False, command=[])
        if text is not None:
            Path("search/tuning.json").write_text(text)


def _journal(text: bytes) -> object:
    Path("trials.journal").write_bytes(hashlib.sha256(text).hexdigest()[:16].encode() + b" " + text + b"\n")
    return mn.tune(SPEC, DATA, valid=DATA, trials=1, journal="trials.journal")


def _unmade() -> mn.TrainedModel:
    return mn.TrainedModel.load("model")


def _keras(*layers: object, shape: tuple[int | None, ...] = (LENGTH, 4), **options: object) -> mn.KerasModel:
    """A model of a network of these layers."""
    network = keras.Sequential([keras.Input(shape, name="dna"), *layers])
    return mn.KerasModel(network, **options)  # type: ignore[arg-type]


def _filters(*layers: object) -> object:
    """The filters of a network that begins with these layers."""
    return _keras(*layers, keras.layers.Flatten(), keras.layers.Dense(1)).layer()


def _two_inputs() -> None:
    inputs = [keras.Input((LENGTH, 4), name=name) for name in ("dna", "accessibility")]
    mn.KerasModel(keras.Model(inputs, keras.layers.Flatten()(keras.layers.Add()(inputs))))


def _two_readers() -> None:
    dna = keras.Input((LENGTH, 4))
    maps = [keras.layers.Conv1D(4, width, padding="same")(dna) for width in (5, 9)]
    mn.KerasModel(keras.Model(dna, keras.layers.Flatten()(keras.layers.Concatenate()(maps)))).layer()


class _Subclassed(keras.Model):  # type: ignore[misc]
    pass


class _Custom(keras.layers.Layer):  # type: ignore[misc]
    def call(self, x: object) -> object:
        return x


def _saved(*layers: object) -> None:
    """Read the file of a network with these layers."""
    networks.save(keras.Sequential([keras.Input((LENGTH, 4)), *layers]), Path("net.keras"))
    read_keras("net.keras")


def _archive(change: Callable[[dict[str, bytes]], object]) -> None:
    """Read the file of a network, in which the members have changed."""
    networks.save(networks.basset(), Path("net.keras"))
    with zipfile.ZipFile("net.keras") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    with zipfile.ZipFile("net.keras", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    read_keras("net.keras")


def _damaged_archive() -> None:
    networks.save(networks.basset(), Path("net.keras"))
    data = Path("net.keras").read_bytes()
    Path("net.keras").write_bytes(data.replace(b"PK\x01\x02", b"PK\x01\x03"))
    read_keras("net.keras")


def _not_finite() -> None:
    network = networks.basset()
    network.weights[0].assign(np.full(network.weights[0].shape, np.nan))
    networks.save(network, Path("net.keras"))
    read_keras("net.keras")


def _arrays() -> None:
    with h5py.File("net.h5", "w") as file:
        file["kernel"] = np.zeros(3, dtype=np.float32)
    read_keras("net.h5")


def _keras_folder(change: Callable[[Path], object], load: Callable[[str], object] = mn.load_model) -> None:
    """Load an imported model from its folder, whose manifest fits the change."""
    mn.KerasModel(networks.basset()).save("model")
    change(Path("model"))
    write_manifest(Path("model"), ALL_FILES, version=FORMAT_VERSION)
    load("model")


def _other_layout(folder: Path) -> None:
    text = (folder / "spec.json").read_text()
    (folder / "spec.json").write_text(text.replace('"NL4"', '"N4L"'))


CASES: dict[str, Callable[[], object]] = {
    # Keras networks
    "Keras: a path": lambda: mn.KerasModel("net.keras"),
    "Keras: subclassed model": lambda: mn.KerasModel(_Subclassed()),
    "Keras: no input shape": lambda: mn.KerasModel(keras.Sequential([keras.layers.Flatten()])),
    "Keras: two inputs": _two_inputs,
    "Keras: other layout": lambda: mn.KerasModel(networks.basset(), "N4L"),
    "Keras: layout with another number of axes": lambda: mn.KerasModel(networks.image(), "NL4"),
    "Keras: unknown layout": lambda: mn.KerasModel(networks.basset(), "NL5"),
    "Keras: unknown base": lambda: mn.KerasModel(networks.basset(), alphabet="ACGU"),
    "Keras: shared strands": lambda: mn.KerasModel(networks.basset(), strands="shared"),  # type: ignore[arg-type]
    "Keras: several outputs": lambda: mn.KerasModel(networks.profile()),
    "Keras: output missing": lambda: mn.KerasModel(networks.profile(), output="profiles"),
    "Keras: output with four axes": lambda: _keras(keras.layers.Reshape((LENGTH, 2, 2))),
    "Keras: other number of tasks": lambda: mn.KerasModel(networks.basset(), tasks=["bound"]),
    "Keras: sequences of another length": lambda: mn.KerasModel(networks.basset()).predict(
        planted(1, 1, seed=1, length=40).sequences
    ),
    "Keras: sequences that are too short": lambda: _keras(
        keras.layers.Conv1D(4, 9), keras.layers.GlobalMaxPooling1D(), keras.layers.Dense(1), shape=(None, 4)
    ).predict(["ACGT"]),
    "Keras: length rule": lambda: mn.KerasModel(networks.basset(), length_rule=mn.LengthRule(40)),
    "Keras: second layer": lambda: mn.KerasModel(networks.basset()).layer(1),
    "Keras: no filters": lambda: _filters(keras.layers.Dense(4)),
    "Keras: several first layers": _two_readers,
    "Keras: filters with a stride": lambda: _filters(keras.layers.Conv1D(4, 5, strides=2, name="motifs")),
    "Keras: filters on rearranged DNA": lambda: _filters(
        keras.layers.Reshape((4, LENGTH)), keras.layers.Permute((2, 1)), keras.layers.Conv1D(4, 5)
    ),
    "Keras file: missing": lambda: read_keras("net.keras"),
    "Keras file: text": lambda: (Path("net.keras").write_text("a"), read_keras("net.keras")),
    "Keras file: custom class": lambda: _saved(_Custom()),
    "Keras file: Lambda": lambda: _saved(keras.layers.Lambda(lambda x: x)),
    "Keras file: foreign member": lambda: _archive(lambda files: files.update({"run.py": b""})),
    "Keras file: no weights in the archive": lambda: _archive(lambda files: files.pop("model.weights.h5")),
    "Keras file: damaged archive": _damaged_archive,
    "Keras file: weight that is not finite": _not_finite,
    "Keras file: no network": _arrays,
    "Keras file: configuration that is no model": lambda: _archive(lambda files: files.update({"config.json": b"{}"})),
    "Keras folder: as a trained model": lambda: _keras_folder(lambda _: None, mn.TrainedModel.load),
    "Keras folder: not imported": lambda: (_model().save("model"), mn.KerasModel.load("model")),
    "Keras folder: other layout": lambda: _keras_folder(_other_layout),
    # training
    "train: other length": lambda: mn.train(replace(SPEC, length=61), DATA, valid=DATA),
    "train: other tasks": lambda: mn.train(replace(SPEC, tasks=("bound", "open")), DATA, valid=DATA),
    "train: no validation sequences": lambda: mn.train(SPEC, DATA, valid=DATA.take([])),
    "train: unknown validation labels": lambda: mn.train(SPEC, DATA, valid=_relabelled(np.nan)),
    "train: one class": lambda: mn.train(SPEC, _relabelled(1), valid=DATA),
    "train: constant values": lambda: mn.train(replace(SPEC, outputs="values"), _relabelled(2.5), valid=DATA),
    "train: values as classes": lambda: mn.train(SPEC, _relabelled(0.5), valid=DATA),
    "train: negative counts": lambda: mn.train(replace(SPEC, outputs="counts"), _relabelled(-1), valid=DATA),
    "train: split and valid": lambda: mn.train(SPEC, mn.Split(DATA, DATA, DATA), valid=DATA),
    "train: strings": lambda: mn.train(SPEC, ["ACGT"]),  # type: ignore[arg-type]
    "train: diverged": _diverge,
    "fine-tuning: other number of blocks": lambda: mn.train(TWO_BLOCKS, DATA, valid=DATA, start=_model()),
    "fine-tuning: other block": lambda: mn.train(
        replace(SPEC, blocks=(replace(SPEC.blocks[0], width=9, pool=2),)), DATA, valid=DATA, start=_model()
    ),
    "fine-tuning: too many frozen blocks": lambda: mn.train(SPEC, DATA, valid=DATA, start=_model(), freeze=2),
    "fine-tuning: no model": lambda: mn.train(SPEC, DATA, valid=DATA, freeze=1),
    "tune: no trials": lambda: mn.tune(SPEC, DATA, valid=DATA, trials=0),
    "tune: folder of another search": lambda: _search(replace(QUICK, max_steps=1)),
    "tune: journal of another version": lambda: _journal(b"{}"),
    "tune: damaged folder": lambda: _search(QUICK, text="{}"),
    "workers: number of GPUs": lambda: distributed.use_workers(0),
    "workers: GPUs that are not there": lambda: distributed._gpus(tf, 99),
    "workers: invalid TF_CONFIG": lambda: distributed._from_config('{"cluster": {"ps": []}}'),
    "workers: other files": lambda: distributed.check_same({"sequences": "1", "network": "2"}, {"network": "2"}),
    "workers: small batch": _small_batch,
    "workers: one has ended": _lost_worker,
    "workers: TensorFlow is running": lambda: use_strategy(lambda _: None),
    "threads: already running": lambda: mn.set_threads(threads() + 1),
    # sequences for a model
    "model: length of a flattened head": lambda: _model(FIXED).predict(["ACGT"]),
    "model: too short": lambda: _model().predict(["ACGT"]),
    "model: lengths differ": lambda: _model(FIXED).predict(["ACGT", "ACGTA"]),
    "model: no sequences": lambda: _model().predict(None),  # type: ignore[arg-type]
    "model: no such file": lambda: _model().predict("peaks.fa"),
    "evaluate: other tasks": lambda: mn.evaluate(_model(), mn.Dataset(DATA.sequences, DATA.labels, ("bound",))),
    "evaluate: no labels": lambda: mn.evaluate(_model(), DATA.sequences),
    # folders
    "folder: missing": _unmade,
    "folder: a file": lambda: (Path("model").write_text(""), _unmade()),
    "folder: other content": lambda: (Path("model").mkdir(), _unmade()),
    "folder: no weights": lambda: _folder(lambda path: (path / "model.weights.h5").unlink()),
    "folder: newer format": lambda: _folder(_edited(format_version=FORMAT_VERSION + 1), read_header),
    "folder: other version": lambda: _folder(_edited(format_version="one"), read_header),
    "folder: unknown setting": lambda: _folder(_edited(training=asdict(QUICK) | {"sede": 1}), read_header),
    "folder: spec.json without a network": lambda: _folder(_edited(spec=None), read_header),
    "folder: another spec.json": lambda: _folder(lambda path: (path / "spec.json").write_text("{}"), read_header),
    "folder: no HDF5": lambda: _folder(lambda path: (path / "model.weights.h5").write_text("")),
    "folder: weights of another network": lambda: _folder(_other_weights),
    "folder: damaged table": lambda: _folder(lambda path: (path / "splits.tsv").write_text("a\tb\n")),
    "folder: nested spec.json": lambda: _folder(
        lambda path: (path / "spec.json").write_text('{"a":' * 3000), read_header
    ),
    "folder: fraction of a unit": lambda: _folder(_edited(spec=SPEC.to_dict() | {"hidden": [1.5]}), read_header),
    "folder: larger network": lambda: _folder(_edited(spec=replace(SPEC, blocks=(mn.Block(10**8, 11),)).to_dict())),
    "folder: 4 billion floats": lambda: _folder(
        _weights(lambda file: file.create_dataset("huge", (10**9, 4), dtype="f4"))
    ),
    "folder: link to another file": lambda: _folder(
        _weights(lambda file: file.__setitem__("out", h5py.ExternalLink("other.h5", "/")))
    ),
    "folder: compressed weights": lambda: _folder(
        _weights(lambda file: file.create_dataset("zip", data=np.ones(9), compression="gzip"))
    ),
    "folder: integers": lambda: _folder(_weights(lambda file: file.create_dataset("n", data=[1, 2]))),
    "folder: other shapes": lambda: _folder(
        _weights(lambda file: (file.pop("layers/dense/vars/0"), file.create_dataset("a", data=np.ones((4, 2)))))
    ),
    "folder: weight that is NaN": lambda: _folder(
        _weights(lambda file: file["layers/dense/vars/0"].write_direct(np.full((8, 1), np.nan, dtype=np.float32)))
    ),
    "folder: history with text": lambda: _folder(
        lambda path: (path / "history.tsv").write_text("step\tepoch\tloss\tvalid_loss\n1\t1\tlow\t1\n")
    ),
    "folder: edited by hand": lambda: _changed(_edited(training=asdict(QUICK))),
    "folder: a changed bit": lambda: _changed(_flipped_bit),
    "folder: no manifest": lambda: _changed(lambda path: (path / MANIFEST).unlink()),
    "folder: empty manifest": lambda: _changed(_manifest()),
    "folder: file that is not listed": lambda: _changed(_manifest(files={})),
    "folder: foreign file in the manifest": lambda: _changed(_manifest(files={"../spec.json": {"bytes": 1}})),
    "folder: listed file is missing": lambda: _changed(_manifest(files={"kmers.h5": {"bytes": 1, "sha256": ""}})),
    "folder: exists": lambda: (_model().save("model"), _model().save("model")),
    "export: other suffix": lambda: _model().export("model.h5"),
    "spec file: missing": lambda: read_spec("spec.json"),
    # plots
    "plot: no history": lambda: mn.plot_history(SimpleNamespace()),  # type: ignore[arg-type]
    "plot: unknown task": lambda: mn.plot_roc(DATA, {}, task="open"),
    "plot: one class": lambda: mn.plot_roc(_relabelled(1), {}),
    "plot: shape of scores": lambda: mn.plot_roc(DATA, {"model": [1, 2]}),
    "plot: infinite scores": lambda: mn.plot_pr(DATA, {"model": np.full(8, np.inf)}),
    "plot: scores without a name": lambda: mn.plot_pr(DATA, np.zeros(8)),  # type: ignore[arg-type]
    # estimators
    "estimator: one class": lambda: mn.MotifClassifier().fit(list(DATA.sequences), [1] * 8),
    "estimator: other number of labels": lambda: mn.MotifRegressor().fit(list(DATA.sequences), [1, 2]),
    "estimator: numbers": lambda: mn.MotifRegressor().fit(np.ones((2, 60)), [1, 2]),
}
