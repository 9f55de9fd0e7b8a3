"""Messages of training, trained models, their folders, evaluation, plots and estimators."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np

import motifnet as mn
from motifnet.models.manifest import MANIFEST, write_manifest
from motifnet.models.runtime import threads
from motifnet.models.storage import ALL_FILES, FORMAT_VERSION, read_header, read_spec
from motifnet.models.training.tuning_folder import describe_job, open_search, search_folder
from motifnet.sequences.input_spec import SplitSpec
from small_models import FIXED, LENGTH, QUICK, SPEC, planted

DATA = planted(4, 4, seed=1)
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


CASES: dict[str, Callable[[], object]] = {
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
    "folder: listed file is missing": lambda: _changed(_manifest(files={"kmers.tsv": {"bytes": 1, "sha256": ""}})),
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
