"""``motifnet describe``, where TensorFlow cannot be imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from command import EarlyCommand, tree
from motifnet.models.network.layers import DESCRIPTION_COLUMNS, describe
from motifnet.models.network.presets import PRESETS
from motifnet.models.network.spec import ModelSpec
from motifnet.models.storage import FILES, SPEC, ModelHeader
from motifnet.outputs import read_table

LENGTH_HINT = "  Add --length N, in bp; or name the folder of a model."


def write_model_folder(folder: Path, spec: ModelSpec) -> None:
    """As far as it is read here."""
    folder.mkdir()
    for name in FILES:
        (folder / name).write_bytes(b"")
    (folder / SPEC).write_text(ModelHeader(spec).to_json())


def test_a_preset_for_people(early: EarlyCommand) -> None:
    lines = early("describe", "--preset", "dragonn", "--length", "500").stdout.splitlines()
    assert lines[0] == "Takes 500 bp, and no other length; predicts positive; mean over both strands."
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
    arguments = ("describe", "--preset", preset, "--length", "400", "--output")
    assert early(*arguments, "table.tsv").stdout == ""
    table = read_table(early.folder / "table.tsv")
    expected = describe(ModelSpec.preset(preset, length=400))
    assert table.drop(columns="fraction").equals(expected.drop(columns="fraction"))
    assert early(*arguments, "-").stdout == (early.folder / "table.tsv").read_text()


def test_a_preset_with_changes(early: EarlyCommand) -> None:
    said = early("describe", "--length", "100", "--num-filters", "6", "5", "--hidden", "9", "--strands", "forward")
    assert said.stdout.startswith("Takes 100 bp, other lengths too when it predicts; predicts positive; forward strand")
    rows = {line.split()[0]: line.split() for line in said.stdout.splitlines() if line}
    assert rows["conv_1"][5] == "6"
    assert rows["dense_1"][3] == "9"


def test_a_model(early: EarlyCommand) -> None:
    spec = ModelSpec.preset("inception", length=200, tasks=("CTCF", "REST"))
    write_model_folder(early.folder / "model", spec)
    said = early("describe", "model").stdout
    assert "predicts CTCF, REST; mean over both strands" in said
    assert f"{describe(spec)['parameters'].sum():,} parameters" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), ["the length of the sequences is needed to describe a preset", LENGTH_HINT]),
        (("--preset", "dragonn"), ["the length of the sequences is needed to describe a preset", LENGTH_HINT]),
        (
            ("--preset", "dragon", "--length", "500"),
            [f"preset must be one of {', '.join(PRESETS)}. Got 'dragon' instead", "  Did you mean 'dragonn'?"],
        ),
        (
            ("--preset", "dragonn", "--length", "60"),
            [
                "sequences of 60 bp are too short for this network: the final pool has width 35, "
                "its input has 18 positions",
                "  Use longer sequences, or narrower filters and pools (--conv-width, --block-pool, --pool-width).",
            ],
        ),
        (
            ("model", "--length", "300"),
            [
                "model: a model is described as it is, without --preset, --length or the options of a network",
                "  Leave those out, or the model.",
            ],
        ),
        (
            ("model", "--num-filters", "8"),
            [
                "model: a model is described as it is, without --preset, --length or the options of a network",
                "  Leave those out, or the model.",
            ],
        ),
        (
            ("nowhere",),
            ["nowhere: there is no such folder", "  Give a folder written by `motifnet train` or `motifnet discover`."],
        ),
        (
            ("model", "--output", "nowhere/table.tsv"),
            [
                "nowhere/table.tsv: cannot be written: No such file or directory",
                "  Check the folder, its permissions and the disk.",
            ],
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_described(early: EarlyCommand, arguments: tuple[str, ...], message: list[str]) -> None:
    write_model_folder(early.folder / "model", ModelSpec.preset("default", length=200))
    before = tree(early.folder)
    assert early.refuses("describe", *arguments) == message
    assert tree(early.folder) == before
