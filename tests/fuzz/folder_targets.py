"""Targets that are folders or binary files: models, results, searches, and files of DragoNN."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from motifnet.errors import InputError

from .binary_mutations import change_hdf5, change_json
from .folders import CHECKPOINT_JOB, files_of, planted_results
from .mutations import Rng, change_bytes, change_text
from .target import Files, Target

Change = Callable[[bytes, Rng], bytes]


def _change_of(name: str) -> Change:
    """The kind of change for a file."""
    suffix = name.rpartition(".")[2]
    return {"json": change_json, "h5": change_hdf5, "journal": _change_journal, "npz": _change_checkpoint}.get(
        suffix, change_text
    )


def _change_journal(data: bytes, rng: Rng) -> bytes:
    """Change the JSON document of one line, with the right checksum, or the text."""
    lines = data.splitlines(keepends=True)
    if rng.random() < 0.5 or not lines:
        return change_text(data, rng)
    at = rng.randrange(len(lines))
    document = change_json(lines[at].split(b" ", 1)[1], rng).replace(b"\n", b" ")
    lines[at] = hashlib.sha256(document).hexdigest()[:16].encode() + b" " + document + b"\n"
    return b"".join(lines)


def _change_checkpoint(data: bytes, rng: Rng) -> bytes:
    """Change bytes, half of the time with the right checksum."""
    if rng.random() < 0.5:
        return change_bytes(data, rng)
    content = change_bytes(data.split(b"\n", 1)[1], rng)
    return hashlib.sha256(content).hexdigest().encode() + b"\n" + content


def _change_folder(files: Files, rng: Rng, *, only: tuple[str, ...] = ()) -> None:
    """Change one or two files; sometimes one is missing, empty, or the contents of another."""
    names = sorted(name for name in files if not only or name in only)
    for name in rng.sample(names, rng.choice((1, 1, 1, min(2, len(names))))):
        kind = rng.random()
        if kind < 0.02:
            del files[name]
        elif kind < 0.04:
            files[name] = b""
        elif kind < 0.06:
            files[name] = files[rng.choice(sorted(files))]
        else:
            files[name] = _change_of(name)(files[name], rng)


# --- models ---


def _model(_: Rng) -> Files:
    files = files_of("results")
    return {name.removeprefix("model/"): data for name, data in files.items() if name.startswith("model/")}


def _change_model(files: Files, rng: Rng) -> None:
    """Change files of a model; 2 in 3 times its manifest has the right checksums of the changed files."""
    _change_folder(files, rng)
    prefix = "model/" if "model/spec.json" in files else ""
    if rng.random() < 0.3 or f"{prefix}manifest.json" not in files:
        return
    present = {name.removeprefix(prefix): data for name, data in files.items() if name.startswith(prefix)}
    entries = {name: _entry(data) for name, data in present.items() if name in _MODEL_FILES}
    files[f"{prefix}manifest.json"] = json.dumps({"format_version": 4, "files": entries}).encode()


_MODEL_FILES = ("spec.json", "model.weights.h5", "splits.tsv", "history.tsv", "kmers.h5", "positives.tsv")


def _entry(data: bytes) -> dict[str, Any]:
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _read_spec(folder: Path) -> Any:
    from motifnet.models.network.layers import describe
    from motifnet.models.storage import read_spec

    header = read_spec(folder / "spec.json")
    if sum(block.filters * block.width for block in header.spec.blocks) < 10**6:
        describe(header.spec)
    return header


def _check_spec(_: Files, header: Any) -> str | None:
    """What is read can be written, and read again."""
    from motifnet.models.network.spec import ModelSpec

    document = json.loads(header.to_json())
    return None if ModelSpec.from_dict(document["spec"]) == header.spec else "other values when written and read again"


def _read_model(folder: Path) -> Any:
    from motifnet.models.trained import TrainedModel

    model = TrainedModel.load(folder)
    if model.spec.length > 10_000:
        return None
    return model.predict([("ACGT" * model.spec.length)[: model.spec.length], "G" * model.spec.length])


def _check_model(files: Files, predictions: Any) -> str | None:
    if "manifest.json" in files:
        listed = json.loads(files["manifest.json"])["files"]
        if listed != {name: _entry(files[name]) for name in _MODEL_FILES if name in files}:
            return "read, but the files differ from the manifest"
    return None if predictions is None or np.isfinite(predictions).all() else "predictions that are not finite"


# --- results ---


def _read_report(folder: Path) -> str:
    from motifnet.report.page import write_report

    return write_report(folder).read_text()


def _check_report(_: Files, page: str) -> str | None:
    return "an unescaped script" if "<script>alert" in page else None


def _read_discovery(folder: Path) -> str:
    from motifnet.discovery import Discovery

    found = Discovery.read(folder)
    return repr(found) + found._repr_html_()


# --- searches ---


def _search(_: Rng) -> Files:
    return {name: data for name, data in files_of("search").items() if name in ("trials.journal", "tuning.json")}


def _read_job(folder: Path) -> Any:
    from motifnet.models.training.tuning_folder import open_search, search_folder

    job = json.loads(files_of("search")["tuning.json"])
    with search_folder(folder, force=False, restart=False, inputs=()) as partial:
        open_search(folder, partial, job, is_new=False, command=())
    return json.loads((folder / "tuning.json").read_text())


def _check_job(_: Files, document: Any) -> str | None:
    job = json.loads(files_of("search")["tuning.json"])
    return None if {name: document.get(name) for name in job} == job else "a search with another job is continued"


def _read_journal(folder: Path) -> Any:
    from motifnet.models.network.block import Block
    from motifnet.models.network.spec import ModelSpec
    from motifnet.models.training.train_spec import TrainSpec
    from motifnet.models.training.tuning import tune
    from small_models import planted

    data, valid = planted(8, 8, seed=1), planted(4, 4, seed=2)
    spec = ModelSpec(60, (Block(2, 5),), final="global_max", tasks=data.tasks)
    training = TrainSpec(max_steps=2, check_every=1, batch_size=8, kmer_init=False)
    return tune(spec, data, valid=valid, training=training, trials=1, journal=folder / "trials.journal")


def _check_journal(_: Files, tuning: Any) -> str | None:
    return None if np.isfinite(tuning.best["valid_loss"]) else "the best trial has no finite loss"


def _read_checkpoint(folder: Path) -> Any:
    from motifnet.models.training.checkpoint import Checkpoint

    found = Checkpoint(folder, 0, CHECKPOINT_JOB).read("network")
    if found is None:
        raise InputError("damaged: the training starts anew")
    return found


def _check_checkpoint(files: Files, value: Any) -> str | None:
    first, _, content = files.get("network-0.npz", b"").partition(b"\n")
    if first.decode("ascii", "replace") != hashlib.sha256(content).hexdigest():
        return "a damaged checkpoint is used"
    is_same = files == files_of("checkpoint")
    return "other values than were written" if is_same and value[1] != {"step": 3} else None


# --- DragoNN ---


def _read_dragonn(folder: Path) -> Any:
    from motifnet.models.dragonn import read_published

    return read_published(folder / "model.arch.json", folder / "model.weights.h5")


def _check_dragonn(files: Files, value: Any) -> str | None:
    """Convolutions are those of the file, flipped, with the channels last."""
    spec, arrays = value
    with h5py.File(io.BytesIO(files["model.weights.h5"])) as file:
        layers = json.loads(files["model.arch.json"])["layers"]
        convolutions = [n for n, layer in enumerate(layers) if layer["name"] == "Convolution2D"]
        for number, layer in enumerate(convolutions, start=1):
            kernel, bias = (np.asarray(file[f"layer_{layer}/param_{k}"], dtype=np.float32) for k in range(2))
            found = arrays[f"conv_{number}"]
            if not (
                np.array_equal(found[0], kernel[:, :, ::-1, ::-1].transpose(2, 3, 1, 0))
                and np.array_equal(found[1], bias)
            ):
                return f"other weights of convolution {number}"
            if not np.isfinite(kernel).all():
                return "weights that are not finite"
    return None if len(spec.blocks) == len(convolutions) else "another number of blocks"


FOLDER_TARGETS = (
    Target("spec", _model, partial(_change_folder, only=("spec.json",)), _read_spec, _check_spec, 40, needs="folders"),
    Target(
        "dragonn",
        lambda _: dict(files_of("dragonn")),
        _change_folder,
        _read_dragonn,
        _check_dragonn,
        20,
        needs="folders",
    ),
    Target("report", lambda _: dict(planted_results()), _change_folder, _read_report, _check_report, 25),
    Target("tuning", _search, partial(_change_folder, only=("tuning.json",)), _read_job, _check_job, needs="folders"),
    Target("model", _model, _change_model, _read_model, _check_model, 15, needs="tensorflow"),
    Target(
        "results", lambda _: dict(files_of("results")), _change_model, _read_discovery, None, 10, needs="tensorflow"
    ),
    Target(
        "checkpoint",
        lambda _: dict(files_of("checkpoint")),
        _change_folder,
        _read_checkpoint,
        _check_checkpoint,
        needs="tensorflow",
    ),
    Target(
        "journal",
        _search,
        partial(_change_folder, only=("trials.journal",)),
        _read_journal,
        _check_journal,
        10,
        needs="tensorflow",
    ),
)
