"""Workers and replicas: which worker this is, equal shares, and the steps of one process."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from motifnet.errors import InputError
from motifnet.models.training import distributed
from motifnet.models.training.batches import Batches
from motifnet.models.training.distributed import Replicas, Worker, _find_workers, use_workers
from small_models import QUICK, SPEC, planted

VARIABLES = ("TF_CONFIG", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS")


def config(kind: str, index: int, **cluster: int) -> str:
    hosts = {kind: [f"host:{number}" for number in range(count)] for kind, count in cluster.items()}
    return json.dumps({"cluster": hosts, "task": {"type": kind, "index": index}})


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Worker(0, 1)),
        ({"TF_CONFIG": config("worker", 1, worker=3)}, Worker(1, 3)),
        ({"TF_CONFIG": config("worker", 0, chief=1, worker=2)}, Worker(1, 3)),
        ({"TF_CONFIG": config("chief", 0, chief=1, worker=2)}, Worker(0, 3)),
        ({"SLURM_PROCID": "2", "SLURM_STEP_NUM_TASKS": "4"}, Worker(2, 4)),
        # A batch script without srun: its tasks are not started.
        ({"SLURM_PROCID": "0", "SLURM_NTASKS": "4"}, Worker(0, 1)),
    ],
)
def test_workers_of_the_environment(
    environment: dict[str, str], expected: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert _find_workers()[1] == expected


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "{}", config("worker", 2, worker=2), config("ps", 0, ps=1, worker=1), config("worker", 0, chief=1)],
)
def test_an_invalid_cluster_is_an_error(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(InputError):
        use_workers()


def test_shares_of_all_workers_are_the_batches_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    data, batches = planted(20, 20, seed=1), []
    whole = Batches(data, QUICK, SPEC)
    expected = [next(whole) for _ in range(5)]
    for index in range(3):
        monkeypatch.setattr(distributed, "_worker", Worker(index, 3))
        replicas = Replicas()
        replicas.count, replicas._per_worker = 6, 2
        own = Batches(data, QUICK, SPEC, replicas.rows)
        batches.append([next(own) for _ in range(5)])
        assert own.random_state == whole.random_state
    for number, (codes, labels) in enumerate(expected):
        assert np.array_equal(np.concatenate([own[number][0] for own in batches]), codes)
        assert np.array_equal(np.concatenate([own[number][1] for own in batches]), labels)
        assert {len(own[number][0]) for own in batches} <= {13, 14}


def test_a_batch_has_a_sequence_for_each_replica() -> None:
    replicas = Replicas()
    replicas.count = 5
    replicas.check(5)
    with pytest.raises(InputError):
        replicas.check(4)


#: Trains networks on a number of devices of one CPU, and writes weights and histories.
ON_DEVICES = """
import sys
from dataclasses import replace
import numpy as np
from motifnet.models import runtime
COUNT, OUTPUT = int(sys.argv[1]), sys.argv[2]
def mirrored(tf):
    devices = [tf.config.LogicalDeviceConfiguration()] * COUNT
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], devices)
    return tf.distribute.MirroredStrategy([f"CPU:{number}" for number in range(COUNT)])
runtime.set_threads(1)
if COUNT > 1:
    runtime.use_strategy(mirrored)
from motifnet.models.training.loop import train
from small_models import QUICK, SPEC, planted
(block,), arrays = SPEC.blocks, {}
for name, spec in {
    "norm": SPEC,
    "plain": replace(SPEC, blocks=(replace(block, batch_norm=False, l2=0.01),)),
    "shared": replace(SPEC, blocks=(replace(block, batch_norm=False),), strands="shared"),
    "dropout": replace(SPEC, blocks=(replace(block, dropout=0.5),)),
}.items():
    data, valid = planted(80, 80, seed=1), planted(30, 30, seed=2)
    data.labels.flags.writeable = True
    data.labels[::7] = np.nan  # the shares of a batch differ in their numbers of known labels
    training = replace(QUICK, max_steps=20, check_every=10, batch_size=25, kmers=False)
    model = train(replace(spec, tasks=data.tasks), data, valid=valid, training=training)
    arrays |= {f"{name} {number}": array for number, array in enumerate(model.network.get_weights())}
    arrays[f"{name} history"] = model.history.to_numpy()
np.savez(OUTPUT, **arrays)
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[int, dict[str, Any]]:
    """Weights and histories of networks trained on one and on two devices."""
    folder = tmp_path_factory.mktemp("devices")
    for count in (1, 2):
        line = [sys.executable, "-c", f"import sys\nsys.path[:0] = {sys.path!r}\n{ON_DEVICES}", str(count)]
        subprocess.run([*line, str(folder / f"{count}.npz")], check=True, timeout=280)
    return {count: dict(np.load(folder / f"{count}.npz")) for count in (1, 2)}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "tolerance"), [("plain", 2e-6), ("shared", 2e-6), ("norm", 1e-3)])
def test_two_devices_train_the_network_of_one(name: str, tolerance: float, trained: dict[int, dict[str, Any]]) -> None:
    compared = [key for key in trained[1] if key.startswith(name)]
    assert len(compared) > 3
    for key in compared:
        np.testing.assert_allclose(trained[2][key], trained[1][key], atol=tolerance, rtol=0, err_msg=key)


@pytest.mark.slow
def test_dropout_of_two_devices_still_trains(trained: dict[int, dict[str, Any]]) -> None:
    """Their masks differ from those of one device."""
    one, two = (trained[count]["dropout history"] for count in (1, 2))
    assert np.isfinite(two).all()
    assert two.shape == one.shape
    assert not np.array_equal(one, two)
