"""``motifnet tune`` and ``--spec``: a search that goes on, and what it found put to use."""

from __future__ import annotations

import inspect
import json
import shlex
from pathlib import Path

import pytest

from command import NETWORK, Command, EarlyCommand, tree
from motifnet.cli.tune import VALID_FRACTION, tune
from motifnet.models.network.spec import ModelSpec
from motifnet.models.storage import ModelHeader
from motifnet.outputs import read_table
from motifnet.sequences.input_spec import Fractions

START = ModelHeader(ModelSpec.preset("default", length=60))
BUDGET = ("--max-steps", "20", "--check-every", "5", "--threads", "1")
TUNE = ("tune", "pos.fa", "--negatives", "neg.fa", "--output", "tuned", "--seed", "3", *NETWORK, *BUDGET)


@pytest.mark.slow
def test_a_search_goes_on_and_its_best_is_trained(here: Command, place: Path) -> None:
    first = here(*TUNE, "--trials", "1")
    assert first.stdout == ""
    table = read_table(place / "tuned" / "trials.tsv")
    assert table["trial"].tolist() == [0]
    said = here(*TUNE, "--trials", "3").stderr.splitlines()
    lines = [line.split("  ")[0] for line in said if line.startswith("trial ")]
    assert lines == ["trial 1 (2/3)", "trial 2 (3/3)"]
    grown = read_table(place / "tuned" / "trials.tsv")
    assert grown.loc[[0], table.columns.tolist()].equals(table)
    best = grown.loc[grown["valid_loss"].idxmin()]
    assert said[-3].startswith(
        f"best: trial {best['trial']} of 3, valid loss {best['valid_loss']:.4f} (where it started: "
    )
    assert said[-2] == "tuned: spec.json, trials.tsv; train it with"
    command = shlex.split(said[-1])
    assert command[:6] == ["motifnet", "train", "pos.fa", "--negatives", "neg.fa", "--spec"]

    here(*command[1:], "--max-steps", "4", "--threads", "1")
    own, trained = (json.loads((place / name / "spec.json").read_text()) for name in ("tuned", "model"))
    assert trained["spec"] == own["spec"]
    assert trained["training"] == {**own["training"], "max_steps": 4}
    assert own["training"]["seed"] == 3
    assert "--preset" in here.refuses(*command[1:], "--force", "--preset", "dragonn")[0]


def test_what_discover_sets_aside_is_not_looked_at() -> None:
    own = inspect.signature(tune).parameters["test_fraction"].default
    assert Fractions(valid=VALID_FRACTION, test=own) == Fractions()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--trials", "0"), "--trials must be at least 1. Got 0 instead"),
        (("--test-fraction", "1"), "valid and test must be fractions"),
        (("--spec", "none.json"), "none.json: "),
        (("--preset", "defualt"), "preset must be one of default, "),
    ],
)
def test_what_cannot_be_searched_is_told_and_leaves_nothing(
    early: EarlyCommand, options: tuple[str, ...], message: str
) -> None:
    before = tree(early.folder)
    said = early.refuses("tune", "pos.fa", "--negatives", "neg.fa", "--output", "out", *options)
    assert said[0].startswith(message)
    assert tree(early.folder) == before


def test_the_spec_that_is_read_is_not_replaced(early: EarlyCommand) -> None:
    (early.folder / "tuned").mkdir()
    (early.folder / "tuned" / "provenance.json").write_text('{"written_by": "motifnet"}')
    (early.folder / "tuned" / "spec.json").write_text(START.to_json())
    before = tree(early.folder)
    for command in ("train", "discover", "tune"):
        options = ("pos.fa", "--spec", "tuned/spec.json", "--output", "tuned", "--force")
        assert early.refuses(command, *options)[0] == "tuned: holds tuned/spec.json, which this command reads"
    assert tree(early.folder) == before


def test_a_folder_that_holds_something_else_is_kept(early: EarlyCommand) -> None:
    (early.folder / "out").mkdir()
    (early.folder / "out" / "thesis.tex").write_text("years of work")
    before = tree(early.folder)
    assert early.refuses("tune", "pos.fa", "--output", "out") == [
        "out: the folder exists and is not empty",
        "  Name another folder, or add --force to replace results that motifnet wrote.",
    ]
    assert tree(early.folder) == before
