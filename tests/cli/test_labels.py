"""Labels of other kinds than two classes, through the commands."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from command import BUDGET, NETWORK, PLAIN, ForkedCommand
from motifnet.documents import read_table
from motifnet.sequences.io.fasta import write_fasta
from warm_python import WarmPython

LONGER = tuple(
    "200" if before == "--max-steps" else value for before, value in zip(("", *BUDGET), BUDGET, strict=False)
)


@pytest.fixture(scope="module")
def there(ready: WarmPython, tmp_path_factory: pytest.TempPathFactory) -> ForkedCommand:
    """The command, where ``s.fa`` is, and ``l.tsv``: two values of each, raised by a planted word, and a split."""
    from small_models import planted

    folder = tmp_path_factory.mktemp("measured")
    data = planted(200, 200, seed=1)
    write_fasta(data.sequences, folder / "s.fa")
    rng = np.random.default_rng(0)
    values = 50 + 10 * data.labels + rng.normal(0, 1, (400, 2))
    table = pd.DataFrame(values, columns=["up", "other"], index=pd.Index(data.sequences.names, name="id"))
    table["other"] = rng.permutation(table["other"])
    table.insert(0, "split", np.array(["train", "train", "val", "test"])[np.arange(400) % 4])
    table.to_csv(folder / "l.tsv", sep="\t")
    return ForkedCommand(folder, ready)


@pytest.fixture(scope="module")
def found(there: ForkedCommand) -> tuple[Path, str]:
    """What `discover` made of them, and what it said."""
    said = there(
        *("discover", "s.fa", "--labels", "l.tsv", "--outputs", "values", "--output", "results"),
        *NETWORK, *LONGER, "--min-sites", "5", "--database", "none",
    )  # fmt: skip
    return there.folder / "results", said.stderr


@pytest.mark.slow
def test_discover_finds_the_word_that_raises_a_value(found: tuple[Path, str]) -> None:
    folder, said = found
    assert "200 train, 100 valid, 100 test" in said
    assert "valid Pearson r" in said
    motifs = read_table(folder / "motifs.tsv")
    first = motifs.iloc[0]
    assert (first["task"], first["direction"], first["status"]) == ("up", "positive", "significant")
    assert "ATTAC" in first["consensus"] or "GTAAT" in first["consensus"]
    assert first["auroc_test"] > 0.8
    assert first["importance"] > 0
    assert set(read_table(folder / "enrichment.tsv")["test"]) == {"rank"}


@pytest.mark.slow
def test_figures_of_values_are_those_of_the_test_split(found: tuple[Path, str]) -> None:
    folder, said = found
    metrics = json.loads((folder / "metrics.json").read_text())
    assert list(metrics) == ["up", "other"]
    assert [name for name in metrics["up"] if name != "baselines"] == ["pearson", "spearman", "mse", "n"]
    assert metrics["up"]["n"] == 100
    assert metrics["up"]["pearson"] > 0.4
    assert metrics["up"]["baselines"]["best_pwm"]["spearman"] > 0.35
    assert f"test (up): Spearman {metrics['up']['spearman']:.3f}" in said
    predictions = read_table(folder / "predictions.tsv")
    # Tables carry six digits.
    r = np.corrcoef(predictions["label_up"], predictions["up"])[0, 1]
    assert r == pytest.approx(metrics["up"]["pearson"], abs=1e-4)


@pytest.mark.slow
def test_evaluate_motifs_and_predict_take_the_model(found: tuple[Path, str], there: ForkedCommand) -> None:
    folder, _ = found
    said = there("evaluate", "results", "s.fa", "--labels", "l.tsv")
    expected = json.loads((folder / "metrics.json").read_text())["up"]
    figures = json.loads(said.stdout)["up"]
    assert figures == {name: pytest.approx(value) for name, value in expected.items() if name != "baselines"}
    there("motifs", "results", "s.fa", "--labels", "l.tsv", "--output", "again", "--min-sites", "5", *PLAIN)
    again = read_table(folder.parent / "again" / "motifs.tsv")
    assert again["motif"].tolist() == read_table(folder / "motifs.tsv")["motif"].tolist()
    assert there("predict", "results", "s.fa").stdout.splitlines()[0] == "sequence_index\tname\tup\tother"


@pytest.mark.slow
def test_train_goes_on_from_a_model(found: tuple[Path, str], there: ForkedCommand) -> None:
    folder, _ = found
    budget = ("--max-steps", "4", "--check-every", "2")
    there(
        *("train", "s.fa", "--label-pattern", r"s(?P<digit>\d)", "--outputs", "counts", "--output", "on"),
        *("--from", "results", "--freeze", "1", *budget),
    )
    spec = json.loads((folder.parent / "on" / "spec.json").read_text())
    assert spec["origin"]["frozen"] == 1
    assert (spec["spec"]["tasks"], spec["spec"]["outputs"]) == (["digit"], "counts")
