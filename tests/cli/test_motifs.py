"""``motifnet motifs``, with the model that `discover` wrote."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import motifnet as mn
from command import PLAIN, Command, tree
from motifnet.documents import read_table
from motifnet.provenance import write_provenance
from motifnet.sequences.io.fasta import read_fasta, write_fasta
from motifnet.sequences.sequence_set import SequenceSet
from small_models import WORD, planted

pytestmark = pytest.mark.slow


def test_the_sequences_of_discover_give_the_same_files(results: Path, here: Command, place: Path) -> None:
    here("motifs", "results", "pos.fa", "--negatives", "neg.fa", "--output", "motifs", "--threads", "1")
    again = tree(place / "motifs")
    record = json.loads(again.pop("provenance.json"))
    assert record["seed"] == 3
    assert "results/model/spec.json" in [file["path"] for file in record["inputs"]]
    first = tree(results)
    assert again == {name: content for name, content in first.items() if name in again}
    assert {name for name in first if name not in again} == {
        *("provenance.json", "report.html", "metrics.json", "predictions.tsv", "baselines.tsv"),
        *(name for name in first if name.startswith("model/")),
    }


def test_motifs_come_from_filters_and_attributions(results: Path, here: Command, place: Path) -> None:
    for source in ("attributions", "both"):
        arguments = ("motifs", "results", "pos.fa", "--negatives", "neg.fa", "--source", source, "--threads", "1")
        here(*arguments, "--output", source)
        found = mn.MotifTables.read(place / source)
        first = found.table.iloc[0]
        assert (
            WORD in (found.motifs[0].consensus, found.motifs[0].reverse_complement().consensus)
            or "TTAC" in (first["consensus"])
        )
        assert "p00" in first["patterns"]
        assert (first["n_filters"] > 0) == (source == "both")
        if source == "attributions":
            assert first["importance_low"] > first["importance_random"]
        assert len(found.filters) == (0 if source == "attributions" else len(read_table(results / "filters.tsv")))
        here("report", source, "--output", f"{source}.html")
        assert "contributions of the pattern p00" in (place / f"{source}.html").read_text()
    here(*arguments, "--output", "again")
    first_run, again = tree(place / "both"), tree(place / "again")
    assert [name for name in first_run if first_run[name] != again[name]] in ([], ["provenance.json"])


def test_motifs_are_not_tested_on_sequences_that_counted_for_them(results: Path, here: Command, place: Path) -> None:
    # Into a folder that motifnet wrote before, and with sequences of another length.
    (place / "new").mkdir()
    write_provenance(place / "new")
    (place / "new" / "old.txt").write_text("")
    (place / "new.fa").write_text(f">a\n{('ACGTTGCA' + WORD) * 4}\n" * 12)
    rule = ("--site-rule", "every", "--site-value", "0.9", "--trim-bits", "0", "--min-sites", "5", "--no-refine")
    said = here("motifs", "results", "new.fa", "--output", "new", "--force", *rule, *PLAIN)
    table, sites = read_table(place / "new" / "motifs.tsv"), read_table(place / "new" / "sites.tsv")
    assert len(table) > 0
    assert (table["width"] >= 11).all()
    assert table["auroc"].notna().all()
    assert table[["auroc_test", "p_value", "e_value", "q_value"]].isna().all(axis=None)
    assert set(table["status"]) == {"not tested"}
    assert {motif.e_value for motif in mn.read_motifs(place / "new" / "motifs.meme")} == {None}
    assert set(sites["split"]) == {"train"}
    assert not (place / "new" / "old.txt").exists()
    lines = said.stderr.splitlines()
    assert sum(line.startswith("warning: ") for line in lines) == 1
    assert lines[-1].startswith(f"new: {len(table)} motif")


def test_motifs_are_tested_on_separate_test_sequences(results: Path, here: Command, place: Path) -> None:
    data = planted(30, 20, seed=77)
    classes = {"positives": data.sequences.take(range(30)), "negatives": data.sequences.take(range(30, 50))}
    model = mn.TrainedModel.load(results)
    for name, sequences in classes.items():
        # Ten that the model was trained on are left out of the test.
        known = read_fasta(place / f"{name[:3]}.fa")
        known = known.take(np.array(model.split_of(known)) == "train").take(range(10))
        write_fasta(SequenceSet.concatenate([sequences, known]), place / f"own_{name}.fa")
    files = ("--test-positives", "own_positives.fa", "--test-negatives", "own_negatives.fa")
    command = ("motifs", "results", "pos.fa", "--negatives", "neg.fa", *PLAIN, "--threads", "1", "--output")
    here(*command, "none")
    said = here(*command, "own", *files)
    assert any(line.startswith("warning: 20 of 70 ") for line in said.stderr.splitlines())
    own, before = (read_table(place / name / "motifs.tsv") for name in ("own", "none"))
    assert (own[["n_positive", "n_negative"]] == [30, 20]).all(axis=None)
    assert own["status"].iloc[0] == "significant"
    chosen = ["motif", "nsites", "threshold", "task", "direction", "auroc", "filters", "shift"]
    assert own[chosen].equals(before[chosen])
