"""Valid folders to change: results of `discover` with their model, a search of `tune`, a checkpoint,
files of Keras with the folder of an imported model, and files of DragoNN.

    python -m tests.fuzz.folders FOLDER

writes them, once per run of the fuzzer, since they need TensorFlow. Their folder is in the environment, `FOLDERS`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

#: Environment variable with the folder.
FOLDERS = "MOTIFNET_FUZZ_FOLDERS"
#: Description of the training in the checkpoint.
CHECKPOINT_JOB = {"network": "ab", "threads": "cd"}
#: Files of a folder of results that no reader opens.
_UNREAD = ("logos/", "report.html", "sites.bed")


@contextmanager
def folders_made() -> Iterator[None]:
    """Write the folders in another process, and set the environment variable `FOLDERS` to their path."""
    with tempfile.TemporaryDirectory(prefix="fuzz-folders-") as folder:
        subprocess.run([sys.executable, "-m", "tests.fuzz.folders", folder], check=True, stderr=subprocess.PIPE)
        os.environ[FOLDERS] = folder
        try:
            yield
        finally:
            del os.environ[FOLDERS]


@cache
def files_of(name: str) -> dict[str, bytes]:
    """Contents of the files of a folder: ``results``, ``search``, ``checkpoint``, ``keras``, ``imported`` or
    ``dragonn``."""
    return _contents(Path(os.environ[FOLDERS]) / name)


@cache
def planted_results() -> dict[str, bytes]:
    """Results with rows in every table, without weights; made without TensorFlow."""
    from planted_folder import Plan, write_folder

    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        return _contents(write_folder(Path(name) / "results", Plan(n_motifs=3, width=8)))


def _contents(folder: Path) -> dict[str, bytes]:
    paths = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {path: file.read_bytes() for path, file in paths.items() if not path.startswith(_UNREAD)}


def write_folders(folder: Path) -> None:
    """Write all folders."""
    import motifnet as mn
    from dragonn_models import layers_of, random_weights, write_dragonn
    from keras_networks import basset, save, spread
    from motifnet.models.network.block import Block
    from motifnet.models.network.spec import ModelSpec
    from motifnet.models.training.checkpoint import Checkpoint
    from motifnet.models.training.tuning_folder import describe_job, open_search, search_folder
    from small_models import planted

    data = planted(80, 80, seed=1)
    split = mn.split_data(data)
    spec = ModelSpec(data.sequences.length, (Block(6, 9, batch_norm=True),), final="global_max", tasks=data.tasks)
    training = mn.TrainSpec(max_steps=30, check_every=10, batch_size=32, learning_rate=0.01, shift=0)
    extraction, readout = mn.ExtractionSpec(min_sites=5), mn.ReadoutSpec()
    mn.discover(data, spec=spec, training=training, extraction=extraction, readout=readout).write(folder / "results")
    short = mn.TrainSpec(max_steps=4, check_every=2, batch_size=32)
    search = folder / "search"
    job = describe_job(data, spec, short, mn.SplitSpec())
    with search_folder(search, force=False, restart=False, inputs=()) as partial:
        journal = open_search(search, partial, job, is_new=True, command=["motifnet"])
        mn.tune(spec, split, training=short, trials=3, journal=journal).write_files(search)
    weights = [layer.astype(np.float32) for layer in np.random.default_rng(0).normal(size=(2, 3, 4))]
    Checkpoint(folder / "checkpoint", 0, CHECKPOINT_JOB).write("network", {"weights": weights}, step=3)
    network = spread(basset())
    mn.KerasModel(network, "NL4").save(folder / "imported")
    (folder / "keras").mkdir()
    for suffix in ("keras", "h5"):
        save(network, folder / "keras" / f"model.{suffix}")
    (folder / "dragonn").mkdir()
    layers = layers_of([(5, 7), (4, 3)], length=40, pool_width=8, n_tasks=2)
    write_dragonn(folder / "dragonn", layers, random_weights(layers))


if __name__ == "__main__":
    write_folders(Path(sys.argv[1]))
