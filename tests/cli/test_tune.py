"""``motifnet tune``: a search is continued, and ``--preset`` uses its result."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from command import NETWORK, Command, EarlyCommand, tree
from motifnet.documents import read_table
from motifnet.models.network.spec import ModelSpec
from motifnet.models.storage import ModelHeader

START = ModelHeader(ModelSpec.preset("default", length=60))
BUDGET = ("--max-steps", "20", "--check-every", "5", "--threads", "1")
TUNE = ("tune", "pos.fa", "--negatives", "neg.fa", "--output", "tuned", "--seed", "3", *NETWORK, *BUDGET)


@pytest.mark.slow
def test_a_search_is_continued_and_its_best_network_trained(here: Command, place: Path) -> None:
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
    assert said[-3].startswith(f"best: trial {best['trial']} of 3, ")
    assert f"{best['valid_loss']:.4f}" in said[-3]
    command = shlex.split(said[-1])
    assert command[:6] == ["motifnet", "train", "pos.fa", "--negatives", "neg.fa", "--preset"]

    here(*command[1:], "--max-steps", "4", "--threads", "1")
    own, trained = (json.loads((place / name / "spec.json").read_text()) for name in ("tuned", "model"))
    assert trained["spec"] == own["spec"]
    assert trained["training"] == {**own["training"], "max_steps": 4}
    assert own["training"]["seed"] == 3
    # With another split, this would be another search.
    assert here.refuses(*TUNE, "--trials", "3", "--test-fraction", "0.2")


@pytest.mark.parametrize(
    "options", [("--test-fraction", "1"), ("--preset", "none.json"), ("--preset", "defualt")], ids=" ".join
)
def test_errors_leave_no_folder(early: EarlyCommand, options: tuple[str, ...]) -> None:
    before = tree(early.folder)
    assert early.refuses("tune", "pos.fa", "--negatives", "neg.fa", "--output", "out", *options)
    assert tree(early.folder) == before


def test_an_input_or_another_folder_is_not_replaced(early: EarlyCommand) -> None:
    (early.folder / "tuned").mkdir()
    (early.folder / "tuned" / "provenance.json").write_text('{"written_by": "motifnet"}')
    (early.folder / "tuned" / "spec.json").write_text(START.to_json())
    (early.folder / "out").mkdir()
    (early.folder / "out" / "thesis.tex").write_text("years of work")
    before = tree(early.folder)
    for command in ("train", "discover", "tune"):
        assert early.refuses(command, "pos.fa", "--preset", "tuned/spec.json", "--output", "tuned", "--force")
        assert early.refuses(command, "pos.fa", "--output", "out", "--force")
    assert tree(early.folder) == before
