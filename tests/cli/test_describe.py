"""``motifnet describe``, where TensorFlow cannot be imported."""

from __future__ import annotations

from pathlib import Path

import h5py
import pytest

from command import EarlyCommand
from motifnet.documents import read_table
from motifnet.models.manifest import write_manifest
from motifnet.models.network.layers import DESCRIPTION_COLUMNS, describe
from motifnet.models.network.presets import PRESETS
from motifnet.models.network.spec import ModelSpec
from motifnet.models.storage import FILES, FORMAT_VERSION, SPEC, WEIGHTS, ModelHeader


def write_model_folder(folder: Path, spec: ModelSpec) -> None:
    """As far as it is read here."""
    folder.mkdir()
    for name in FILES:
        (folder / name).write_bytes(b"")
    (folder / SPEC).write_text(ModelHeader(spec).to_json())
    write_manifest(folder, FILES, version=FORMAT_VERSION)


def test_a_preset_as_text(early: EarlyCommand) -> None:
    lines = early("describe", "dragonn", "--length", "500").stdout.splitlines()
    assert "500 bp" in lines[0]
    assert lines[-1] == "7,891 parameters, 2.5% of them in dense layers."
    header, *rows = lines[2:-2]
    assert header.split() == list(DESCRIPTION_COLUMNS)
    end = header.index("positions") + len("positions")
    assert all(row[end - 1].isdigit() and row[end] == " " for row in rows)
    cells = {row.split()[0]: row.split() for row in rows}
    assert cells["conv_2"] == ["conv_2", "convolution", "of", "15", "472", "15", "3,390", "43.0%", "29", "1"]
    assert cells["flatten"] == ["flatten", "flatten", "1", "195", "0", "497"]


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_as_a_table(early: EarlyCommand, preset: str) -> None:
    arguments = ("describe", preset, "--length", "400", "--output")
    assert early(*arguments, "table.tsv").stdout == ""
    table = read_table(early.folder / "table.tsv")
    expected = describe(ModelSpec.preset(preset, length=400))
    assert table.drop(columns="fraction").equals(expected.drop(columns="fraction"))
    assert early(*arguments, "-").stdout == (early.folder / "table.tsv").read_text()


def test_a_preset_with_changes(early: EarlyCommand) -> None:
    said = early("describe", "--length", "100", "--num-filters", "6", "5", "--hidden", "9", "--strands", "forward")
    rows = {line.split()[0]: line.split() for line in said.stdout.splitlines() if line}
    assert rows["conv_1"][5] == "6"
    assert rows["dense_1"][3] == "9"


def test_a_model(early: EarlyCommand) -> None:
    spec = ModelSpec.preset("inception", length=200, tasks=("CTCF", "REST"))
    write_model_folder(early.folder / "model", spec)
    said = early("describe", "model").stdout
    assert "CTCF, REST" in said
    assert f"{describe(spec)['parameters'].sum():,} parameters" in said


def test_a_model_is_described_without_options(early: EarlyCommand) -> None:
    write_model_folder(early.folder / "model", ModelSpec.preset("default", length=200))
    for options in (("--length", "300"), ("--num-filters", "8")):
        assert early.refuses("describe", "model", *options)
    assert early("describe", "model/spec.json").stdout == early("describe", "model").stdout
    assert early.refuses("describe", "dragonn", "--length", "60")  # too short for its final pool


@pytest.mark.parametrize("command", ["predict", "evaluate", "motifs"])
def test_weights_of_another_size_are_refused_before_tensorflow_starts(command: str, early: EarlyCommand) -> None:
    folder = early.folder / "model"
    write_model_folder(folder, ModelSpec.preset("default", length=60))
    with h5py.File(folder / WEIGHTS, "w") as file:
        file.create_dataset("layers/conv_1/vars/0", shape=(10**9,), dtype="float32")  # of which nothing is stored
    write_manifest(folder, FILES, version=FORMAT_VERSION)
    (early.folder / "p.fa").write_text(f">a\n{'ACGTTGCATC' * 6}\n")
    (early.folder / "n.fa").write_text(f">a\n{'GGGTTGCACC' * 6}\n")
    negatives = () if command == "predict" else ("--negatives", "n.fa")
    output = ("--output", "out") if command == "motifs" else ()
    assert "model/model.weights.h5: " in early.refuses(command, "model", "p.fa", *negatives, *output)[0]
