"""The commands, end to end, in processes of their own."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from Bio import motifs as bio_motifs
from memelite.io import read_meme

from command import BUDGET, NETWORK, PLAIN, Command, ForkedCommand, tree
from filter_banks import reverse_complement_of
from motifnet.cli.console import counted
from motifnet.discovery import Discovery
from motifnet.interpretation.tables.motif_tables import COLUMNS, FILES
from motifnet.models.baselines import PREDICTION_COLUMNS
from motifnet.models.metrics import METRICS
from motifnet.models.network.block import Block
from motifnet.models.storage import read_header
from motifnet.models.trained import TrainedModel
from motifnet.motifs.io.files import read_motifs
from motifnet.motifs.scanning.hits import scan
from motifnet.outputs import read_table
from motifnet.provenance import provenance
from motifnet.sequences.io.fasta import read_fasta, write_fasta
from motifnet.sequences.sequence_set import LengthRule, SequenceSet
from small_models import LENGTH, WORD, planted

pytestmark = pytest.mark.slow


# --- discover ---


def both_classes(place: Path) -> SequenceSet:
    return SequenceSet.concatenate([read_fasta(place / "pos.fa"), read_fasta(place / "neg.fa")])


TABLES = {**{FILES[name]: columns for name, columns in COLUMNS.items()}, "baselines.tsv": PREDICTION_COLUMNS}


def test_discover_writes_every_file(results: Path) -> None:
    names = {path.name for path in results.iterdir()}
    files = {"metrics.json", "data.json", "predictions.tsv", "motifs.meme", "known.meme", "sites.bed"}
    files |= {"provenance.json", "report.html"}
    assert names == {"model", "logos"} | files | set(TABLES)
    for name, expected in TABLES.items():
        assert (results / name).read_text().splitlines()[0] == "\t".join(expected)
    assert (results / "predictions.tsv").read_text().splitlines()[0] == "index\tname\tlabel_positive\tpositive"
    record = json.loads((results / "provenance.json").read_text())
    assert record["written_by"] == "motifnet"
    assert record["command"][1:3] == ["discover", "pos.fa"]
    assert results.stat().st_mode & 0o777 == 0o777 & ~_umask()


def _umask() -> int:
    line = next(s for s in Path("/proc/self/status").read_text().splitlines() if s.startswith("Umask"))
    return int(line.split()[1], 8)


def test_discover_finds_the_planted_word(results: Path) -> None:
    first = read_table(results / "motifs.tsv").iloc[0]
    assert first["consensus"] in (WORD, reverse_complement_of(WORD))
    assert first["motif"] == f"m01_{first['consensus']}"
    assert first["auroc"] > 0.9
    assert first["auroc_test"] > 0.8
    assert (first["status"], first["direction"]) == ("significant", "positive")
    assert first["e_value"] < 0.001
    assert first["n_filters"] >= 1
    assert first["importance"] > 0
    assert first["nsites"] >= 80  # of 120 training positives


def test_the_motif_files_agree_and_others_read_them(results: Path) -> None:
    table = read_table(results / "motifs.tsv")
    path = results / "motifs.meme"
    names = table["motif"].tolist()
    assert len(names) == len(set(names)) > 0
    assert (table["auroc"] - 0.5).abs().round(5).is_monotonic_decreasing
    motifs = read_motifs(path)
    assert list(motifs.names) == names
    assert list(read_meme(str(path))) == names
    with path.open() as handle:
        records = bio_motifs.parse(handle, "MINIMAL")
    assert [record.name for record in records] == names
    assert [motif.consensus for motif in motifs] == table["consensus"].tolist()
    assert [motif.nsites for motif in motifs] == table["nsites"].tolist()
    assert [motif.e_value for motif in motifs] == pytest.approx(table["e_value"].tolist(), rel=0.1)
    assert {path.stem for path in (results / "logos").iterdir()} == set(names)


def test_every_filter_is_accounted_for(results: Path) -> None:
    filters, table = read_table(results / "filters.tsv"), read_table(results / "motifs.tsv")
    assert filters["filter"].tolist() == [f"f0{i}" for i in range(8)]
    assert set(filters["status"]) <= {"motif", "inactive"}
    assert (filters["motif"] == "").tolist() == (filters["status"] == "inactive").tolist()
    members = table.set_index("motif")["filters"].str.split(", ")
    for row in filters[filters["status"] == "motif"].itertuples():
        assert all(row.filter in members[motif] for motif in row.motif.split(", "))
    assert [len(own) for own in members if own != [""]] == table.loc[table["n_filters"] > 0, "n_filters"].tolist()


def test_metrics_are_those_of_the_predictions_of_the_test_split(results: Path, place: Path) -> None:
    metrics = json.loads((results / "metrics.json").read_text())
    assert list(metrics) == ["positive"]
    assert list(metrics["positive"]) == [*METRICS["classes"], "baselines"]
    predictions = read_table(results / "predictions.tsv")
    labels = predictions["label_positive"]
    assert (metrics["positive"]["n_positive"], metrics["positive"]["n_negative"]) == (labels.sum(), (1 - labels).sum())
    assert metrics["positive"]["accuracy"] == pytest.approx(((predictions["positive"] >= 0.5) == labels).mean())

    everything = both_classes(place)
    assert [everything.names[i] for i in predictions["sequence_index"]] == predictions["name"].tolist()
    assert (predictions["sequence_index"] < 150).astype(int).tolist() == labels.tolist()
    splits = pd.read_csv(results / "model" / "splits.tsv", sep="\t", index_col="digest")["split"]
    digests = np.array(everything.strand_digests())
    assert set(splits[digests[predictions["sequence_index"]]]) == {"test"}
    assert splits.value_counts().to_dict() == {"train": 240, "valid": 30, "test": 30}
    assert len(predictions) == 30


def test_sites_follow_from_the_files(results: Path, place: Path) -> None:
    sites, table = read_table(results / "sites.tsv"), read_table(results / "motifs.tsv")
    everything = both_classes(place)
    assert [everything.names[i] for i in sites["sequence_index"]] == sites["name"].tolist()
    assert set(sites["split"]) == {"train", "valid", "test"}
    scores = scan(results / "motifs.meme", everything, with_best=True).best
    assert scores is not None
    for column, row in enumerate(table.itertuples()):
        in_class = (np.arange(len(everything)) < 150) == (row.direction == "positive")
        own = sites[sites["motif"] == row.motif]
        assert (
            own["sequence_index"].tolist() == np.flatnonzero((scores[:, column] >= row.threshold) & in_class).tolist()
        )
    bed = pd.read_csv(results / "sites.bed", sep="\t", header=None)
    assert len(bed) == len(sites)
    assert set(bed[3]) == set(sites["motif"])


def test_what_discover_says(results: Path, place: Path) -> None:
    log = (place / "discover.log").read_text().splitlines()
    assert log[:2] == ["pos.fa: 150 sequences of 60 bp", "neg.fa: 150 sequences of 60 bp"]
    table = read_table(results / "motifs.tsv")
    n_significant = (table["status"] == "significant").sum()
    beside = json.loads((results / "metrics.json").read_text())["positive"]["baselines"]
    figures = [beside[name]["auroc"] for name in ("network", "kmer_logistic", "best_pwm", "gc")]
    words = "network alone", "k-mer logistic regression", "first motif alone", "GC alone"
    said = "  " + ", ".join(f"{word} {figure:.3f}" for word, figure in zip(words, figures, strict=True))
    assert log[next(i for i, line in enumerate(log) if line.startswith("test (positive): ")) + 1] == said
    head = f"{counted(len(table), 'motif')}, {n_significant} significant on held-out sequences (E <= 0.05):"
    assert log[log.index(head) + 1].split()[0] == table["motif"].iloc[0]
    assert log[-1].startswith("results: results (report.html, ")
    assert any(line.startswith("step 80/80  loss ") for line in log)


def test_results_come_back_in_python(results: Path, place: Path) -> None:
    found = Discovery.read(results)
    predictions = found.predictions
    predicted = found.model.predict(both_classes(place).take(predictions["sequence_index"]))[:, 0]
    np.testing.assert_allclose(predicted, predictions["positive"], rtol=1e-5)
    assert found.metrics.loc["positive", "n_positive"] == 15
    assert list(found.motifs.motifs.names) == found.motifs.table["motif"].tolist()


def test_the_same_command_twice_gives_the_same_bytes(results: Path, here: Command) -> None:
    here("discover", "pos.fa", "--negatives", "neg.fa", "--output", "again", "--seed", "3", *NETWORK, *BUDGET)
    first, second = tree(results), tree(here.folder / "again")
    assert list(first) == list(second)
    assert [name for name in first if first[name] != second[name]] == ["provenance.json", "report.html"]


def test_without_negatives_it_shuffles_and_says_so(here: Command, place: Path) -> None:
    budget = ("--max-steps", "2", "--threads", "1")
    said = here("discover", "pos.fa", "--output", "shuffled", *NETWORK, *budget, *PLAIN)
    line = "no negatives given: made 150 by shuffling the positives, dinucleotide counts kept"
    assert line in said.stderr.splitlines()
    # What two steps leave is a network without a motif to speak of: still a whole folder.
    assert (place / "shuffled" / "motifs.meme").is_file()
    assert len(read_table(place / "shuffled" / "filters.tsv")) == 8


# --- the other commands, on the model that discover left ---


def test_evaluate_says_json_and_nothing_else(results: Path) -> None:
    # From the very start, as users run it, TensorFlow's own talk included; the others are forked.
    said = Command(results.parent)("evaluate", "results", "pos.fa", "--negatives", "neg.fa", "--threads", "1")
    assert not any("oneDNN" in line or "cuda" in line for line in said.stderr.splitlines())
    figures = json.loads(said.stdout)
    assert figures["positive"]["n_positive"] == 150
    assert figures["positive"]["auroc"] > 0.9


def test_predict_from_standard_input_to_standard_output(results: Path, here: Command, place: Path) -> None:
    said = here("predict", "results", "-", "--threads", "1", stdin=(place / "pos.fa").read_bytes())
    (place / "scores.tsv").write_text(said.stdout)
    scores = read_table(place / "scores.tsv")
    assert scores.columns.tolist() == ["sequence_index", "name", "positive"]
    assert scores["sequence_index"].tolist() == list(range(150))
    assert scores["name"].tolist() == list(read_fasta(place / "pos.fa").names)
    known = read_table(results / "predictions.tsv").query("label_positive == 1")
    assert scores["positive"].iloc[known["sequence_index"]].tolist() == pytest.approx(known["positive"].tolist())


def test_predict_into_a_pipe_that_closes(results: Path, here: ForkedCommand, place: Path, tmp_path: Path) -> None:
    many = "".join(f">s{i}\n{s}\n" for i, s in enumerate(read_fasta(place / "pos.fa"))) * 60  # more than a pipe holds
    (place / "many.fa").write_text(many)
    ours, theirs = os.pipe()
    with Path("/dev/null").open() as nothing, open(ours) as out, (tmp_path / "log").open("w") as said:
        process = here.start("predict", "results", "many.fa", files=(nothing.fileno(), theirs, said.fileno()))
        os.close(theirs)
        assert out.readline() == "index\tname\tpositive\n"
    assert process.wait(60) == 1
    assert (tmp_path / "log").read_text() == f"many.fa: {60 * 150} sequences of 60 bp\n"


def test_motifs_again_from_the_model_are_those_of_discover(results: Path, here: Command, place: Path) -> None:
    here("motifs", "results", "pos.fa", "--negatives", "neg.fa", "--output", "motifs", "--threads", "1")
    again = tree(place / "motifs")
    assert again.pop("provenance.json")
    assert again == {name: content for name, content in tree(results).items() if name in again}
    assert {"motifs.meme", "sites.bed", *TABLES} - {"baselines.tsv"} < set(
        again
    )  # what a network is beside is no motif


def test_motifs_of_sequences_that_the_model_has_not_met_are_not_tested(
    results: Path, here: Command, place: Path
) -> None:
    # Into a folder that motifnet wrote before, and with sequences of another length.
    (place / "unmet").mkdir()
    (place / "unmet" / "provenance.json").write_text(provenance())
    (place / "unmet" / "old.txt").write_text("")
    (place / "unmet.fa").write_text(f">a\n{('ACGTTGCA' + WORD) * 4}\n" * 12)
    rule = ("--site-rule", "every", "--site-value", "0.9", "--trim-bits", "0", "--min-sites", "5", "--no-refine")
    said = here("motifs", "results", "unmet.fa", "--output", "unmet", "--force", *rule, *PLAIN)
    table, sites = read_table(place / "unmet" / "motifs.tsv"), read_table(place / "unmet" / "sites.tsv")
    assert len(table) > 0
    assert (table["width"] >= 11).all()
    assert table["auroc"].notna().all()
    assert table[["auroc_test", "p_value", "e_value", "q_value"]].isna().all(axis=None)
    assert set(table["status"]) == {"not tested"}
    assert {motif.e_value for motif in read_motifs(place / "unmet" / "motifs.meme")} == {None}
    assert set(sites["split"]) == {""}
    assert not (place / "unmet" / "old.txt").exists()
    lines = said.stderr.splitlines()
    assert sum(line.startswith("warning: no sequence is held out") for line in lines) == 1
    assert f"{counted(len(table), 'motif')}, not tested:" in lines
    assert lines[-1] == f"unmet: {counted(len(table), 'motif')}, {counted(len(sites), 'site')}"


def test_motifs_tested_on_sequences_of_their_own(results: Path, here: Command, place: Path) -> None:
    data = planted(30, 20, seed=77)
    classes = {"positives": data.sequences.take(range(30)), "negatives": data.sequences.take(range(30, 50))}
    for name, sequences in classes.items():
        # Ten that the model was trained on are not tested on.
        known = read_fasta(place / f"{name[:3]}.fa")
        known = known.take(np.array(TrainedModel.load(results).split_of(known)) == "train").take(range(10))
        write_fasta(SequenceSet.concatenate([sequences, known]), place / f"own_{name}.fa")
    files = ("--test-positives", "own_positives.fa", "--test-negatives", "own_negatives.fa")
    here("motifs", "results", "pos.fa", "--negatives", "neg.fa", "--output", "none", *PLAIN, "--threads", "1")
    said = here(
        "motifs", "results", "pos.fa", "--negatives", "neg.fa", *files, "--output", "own", *PLAIN, "--threads", "1"
    )
    assert any(line.startswith("warning: 20 of 70 test sequences took part in ") for line in said.stderr.splitlines())
    own, before = (read_table(place / name / "motifs.tsv") for name in ("own", "none"))
    assert (own[["n_positive", "n_negative"]] == [30, 20]).all(axis=None)
    assert own["status"].iloc[0] == "significant"
    chosen = ["motif", "nsites", "threshold", "task", "direction", "auroc", "filters", "shift"]
    assert own[chosen].equals(before[chosen])


def test_export_is_the_same_bytes_in_every_process(results: Path, here: Command, place: Path) -> None:
    said = here("export", "results", "a.keras")
    assert said.stderr == f"a.keras: takes one-hot DNA of shape (N, 4, {LENGTH}, 1)\n"
    TrainedModel.load(results).export(place / "b.keras")
    assert (place / "a.keras").read_bytes() == (place / "b.keras").read_bytes()


# --- train ---


def test_dragonns_layout_by_parallel_lists(fixed: Path) -> None:
    spec = read_header(fixed).spec
    assert spec.blocks == (Block(8, 9, dropout=0.1, l1=1e-5),) * 2
    assert (spec.final, spec.pool_width, spec.length) == ("max", 10, LENGTH)


def test_train_sets_validation_aside_and_nothing_else(fixed: Path) -> None:
    splits = pd.read_csv(fixed / "splits.tsv", sep="\t")["split"]
    assert splits.value_counts().to_dict() == {"train": 270, "valid": 30}


def test_a_length_rule_is_kept_and_applied(here: Command, place: Path) -> None:
    layout = ("--preset", "dragonn", "--num-filters", "4", "--conv-width", "9", "--pool-width", "10")
    length = ("--length", "50", "--anchor", "start")
    here("train", "pos.fa", "--output", "ruled", *length, *layout, "--max-steps", "2", "--threads", "1")
    header = read_header(place / "ruled")
    assert (header.spec.length, header.length_rule) == (50, LengthRule(50, "start"))
    letters = next(iter(read_fasta(place / "pos.fa")))
    (place / "lengths.fa").write_text(f">whole\n{letters}\n>cropped\n{letters[:50]}\n>short\n{letters[:30]}\n")
    said = here("predict", "ruled", "lengths.fa")
    assert "lengths.fa: 1 padded with N and 1 cropped (anchor: start)" in said.stderr.splitlines()
    scores = [float(line.split("\t")[2]) for line in said.stdout.splitlines()[1:]]
    assert scores[0] == scores[1]
    assert len(scores) == 3
