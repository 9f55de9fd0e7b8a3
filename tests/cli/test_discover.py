"""``motifnet discover``: its files agree with each other and with `mn.discover`, and nothing is lost when it stops."""

from __future__ import annotations

import json
import os
import signal
from itertools import cycle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from Bio import motifs as bio_motifs
from memelite.io import read_meme

import motifnet as mn
from command import BUDGET, NETWORK, PLAIN, Command, ForkedCommand, tree
from dna_strategies import ODD_NAMES
from filter_banks import reverse_complement_of
from motifnet.documents import read_table
from motifnet.errors import counted
from motifnet.interpretation.tables.motif_tables import COLUMNS, FILES
from motifnet.models.baselines import PREDICTION_COLUMNS
from motifnet.models.metrics import METRICS
from motifnet.sequences.io.fasta import read_fasta
from motifnet.sequences.sequence_set import SequenceSet
from small_models import WORD
from warm_python import WarmPython

pytestmark = pytest.mark.slow

TABLES = {**{FILES[name]: columns for name, columns in COLUMNS.items()}, "baselines.tsv": PREDICTION_COLUMNS}


def both_classes(place: Path) -> SequenceSet:
    return SequenceSet.concatenate([read_fasta(place / "pos.fa"), read_fasta(place / "neg.fa")])


def test_it_writes_every_file(results: Path) -> None:
    names = {path.name for path in results.iterdir()}
    files = {"metrics.json", "data.json", "predictions.tsv", "motifs.meme", "known.meme", "sites.bed"}
    files |= {"provenance.json", "report.html"}
    assert names == {"model", "logos"} | files | set(TABLES)
    for name, expected in TABLES.items():
        assert (results / name).read_text().splitlines()[0] == "\t".join(expected)
    record = json.loads((results / "provenance.json").read_text())
    assert record["written_by"] == "motifnet"
    assert record["command"][1:3] == ["discover", "pos.fa"]
    assert [file["path"] for file in record["inputs"]] == ["pos.fa", "neg.fa"]
    assert results.stat().st_mode & 0o777 == 0o777 & ~_umask()


def _umask() -> int:
    line = next(s for s in Path("/proc/self/status").read_text().splitlines() if s.startswith("Umask"))
    return int(line.split()[1], 8)


def test_names_of_any_characters_survive(motifnet: ForkedCommand, place: Path) -> None:
    names = [f"{odd}{n}" if n >= len(ODD_NAMES) else odd for n, odd in zip(range(150), cycle(ODD_NAMES), strict=False)]
    sequences = read_fasta(place / "pos.fa")
    text = "".join(f">{name}\n{sequence}\n" for name, sequence in zip(names, sequences, strict=True))
    (motifnet.folder / "pos.fa").write_text(text)
    files = ("pos.fa", "--negatives", str(place / "neg.fa"), "--output", "results")
    motifnet("discover", *files, *NETWORK, *BUDGET, *PLAIN)
    for table in ("sites", "examples", "predictions"):
        found = read_table(motifnet.folder / "results" / f"{table}.tsv")
        own = found[found["sequence_index"] < 150]
        assert len(own)
        assert own["name"].tolist() == [names[i] for i in own["sequence_index"]]
    motifnet("predict", "results/model", "pos.fa", "--output", "scores.tsv")
    assert read_table(motifnet.folder / "scores.tsv")["name"].tolist() == names
    motifnet("report", "results", "--output", "again.html")


def test_it_finds_the_planted_motif(results: Path) -> None:
    first = read_table(results / "motifs.tsv").iloc[0]
    assert any(word[1:-1] in first["consensus"] for word in (WORD, reverse_complement_of(WORD)))
    assert first["motif"] == f"m01_{first['consensus']}"
    assert first["auroc"] > 0.9
    assert first["auroc_test"] > 0.8
    assert (first["status"], first["direction"]) == ("significant", "positive")
    assert first["e_value"] < 0.001
    assert first["importance"] > 0
    assert first["nsites"] >= 80  # of 120 training positives


def test_the_motif_files_agree_and_other_programs_read_them(results: Path) -> None:
    table = read_table(results / "motifs.tsv")
    path = results / "motifs.meme"
    names = table["motif"].tolist()
    assert len(names) == len(set(names)) > 0
    assert (table["auroc"] - 0.5).abs().round(5).is_monotonic_decreasing
    motifs = mn.read_motifs(path)
    assert list(motifs.names) == names
    assert list(read_meme(str(path))) == names
    with path.open() as handle:
        records = bio_motifs.parse(handle, "MINIMAL")
    assert [record.name for record in records] == names
    assert [motif.consensus for motif in motifs] == table["consensus"].tolist()
    assert [motif.nsites for motif in motifs] == table["nsites"].tolist()
    assert [motif.e_value for motif in motifs] == pytest.approx(table["e_value"].tolist(), rel=0.1)
    assert {path.stem for path in (results / "logos").iterdir()} == set(names)


def test_every_filter_has_a_status(results: Path) -> None:
    filters, table = read_table(results / "filters.tsv"), read_table(results / "motifs.tsv")
    assert filters["filter"].tolist() == [f"f0{i}" for i in range(8)]
    assert set(filters["status"]) <= {"motif", "inactive"}
    assert (filters["motif"] == "").tolist() == (filters["status"] == "inactive").tolist()
    members = table.set_index("motif")["filters"].str.split(", ")
    for row in filters[filters["status"] == "motif"].itertuples():
        assert all(row.filter in members[motif] for motif in row.motif.split(", "))
    assert [len(own) for own in members if own != [""]] == table.loc[table["n_filters"] > 0, "n_filters"].tolist()


def test_metrics_are_those_of_the_predictions_for_the_test_sequences(results: Path, place: Path) -> None:
    metrics = json.loads((results / "metrics.json").read_text())["positive"]
    assert list(metrics) == [*METRICS["classes"], "baselines"]
    predictions = read_table(results / "predictions.tsv")
    labels = predictions["label_positive"]
    assert (metrics["n_positive"], metrics["n_negative"]) == (labels.sum(), (1 - labels).sum())
    assert metrics["accuracy"] == pytest.approx(((predictions["positive"] >= 0.5) == labels).mean())
    everything = both_classes(place)
    rows = predictions["sequence_index"]
    assert [everything.names[i] for i in rows] == predictions["name"].tolist()
    assert (rows < 150).astype(int).tolist() == labels.tolist()
    splits = pd.read_csv(results / "model" / "splits.tsv", sep="\t", index_col="digest")["split"]
    assert set(splits[np.array(everything.strand_digests())[rows]]) == {"test"}
    assert splits.value_counts().to_dict() == {"train": 240, "valid": 30, "test": 30}


def test_sites_follow_from_motifs_thresholds_and_sequences(results: Path, place: Path) -> None:
    sites, table = read_table(results / "sites.tsv"), read_table(results / "motifs.tsv")
    everything = both_classes(place)
    assert [everything.names[i] for i in sites["sequence_index"]] == sites["name"].tolist()
    assert set(sites["split"]) == {"train", "valid", "test"}
    scores = mn.scan(results / "motifs.meme", everything, with_best=True).best
    assert scores is not None
    for column, row in enumerate(table.itertuples()):
        in_class = (np.arange(len(everything)) < 150) == (row.direction == "positive")
        expected = np.flatnonzero((scores[:, column] >= row.threshold) & in_class)
        assert sites.loc[sites["motif"] == row.motif, "sequence_index"].tolist() == expected.tolist()
    bed = pd.read_csv(results / "sites.bed", sep="\t", header=None)
    assert len(bed) == len(sites)
    assert set(bed[3]) == set(sites["motif"])


def test_it_prints_the_plan_the_progress_and_a_summary(results: Path, place: Path) -> None:
    log = (place / "discover.log").read_text().splitlines()
    train = next(i for i, line in enumerate(log) if line.startswith("train a network"))
    assert all(f"{number} " in log[train] for number in (240, 60, 80, 64, 30))
    time = next(i for i, line in enumerate(log) if "total time" in line)
    steps = [i for i, line in enumerate(log) if line.startswith("step ")]
    assert train < time < steps[-1]
    assert log[steps[-1]].startswith("step 80/80  ")
    table = read_table(results / "motifs.tsv")
    assert any(line.startswith(f"{counted(len(table), 'motif')}, ") for line in log)
    assert any(line.split()[:1] == [table["motif"].iloc[0]] for line in log)
    metrics = json.loads((results / "metrics.json").read_text())["positive"]
    scores = [metrics["auroc"], *(own["auroc"] for own in metrics["baselines"].values())]
    assert all(any(f"{score:.3f}" in line for line in log) for score in scores)
    assert log[-1].startswith("results: results ")


def test_the_same_command_gives_the_same_bytes(results: Path, here: Command) -> None:
    here("discover", "pos.fa", "--negatives", "neg.fa", "--output", "again", "--seed", "3", *NETWORK, *BUDGET)
    first, second = tree(results), tree(here.folder / "again")
    assert list(first) == list(second)
    assert [name for name in first if first[name] != second[name]] == ["provenance.json", "report.html"]


API = """
import motifnet as mn
mn.set_threads(1)
changes = mn.SpecChanges(
    num_filters=(8,), conv_width=(11,), block_pool=(1,), activation="relu", batch_norm=True
)
spec = mn.ModelSpec.preset("default", length=60, changes=changes)
training = mn.TrainSpec(seed=3, max_steps=80, check_every=20, batch_size=64, learning_rate=0.01, shift=0)
mn.discover("pos.fa", "neg.fa", spec=spec, training=training).write("api")
"""


def test_discover_in_python_writes_the_same_folder(results: Path, place: Path, ready: WarmPython) -> None:
    done = ready.run(("-c", API), place)
    assert done.returncode == 0, done.stderr.decode()
    command, api = tree(results), tree(place / "api")
    assert list(command) == list(api)
    assert [name for name in command if command[name] != api[name]] == ["provenance.json", "report.html"]
    records = [json.loads(files["provenance.json"]) for files in (command, api)]
    assert records[0]["inputs"] == records[1]["inputs"]
    assert list(records[0]["seconds"]) == list(records[1]["seconds"])


def test_results_are_read_in_python(results: Path, place: Path) -> None:
    found = mn.Discovery.read(results)
    predictions = found.predictions
    rows = predictions["sequence_index"]
    predicted = found.model.predict(both_classes(place).take(rows))[:, 0]
    np.testing.assert_allclose(predicted, predictions["positive"], rtol=1e-5)
    assert found.metrics.loc["positive", "n_positive"] == 15
    assert list(found.motifs.motifs.names) == found.motifs.table["motif"].tolist()


def test_generated_negatives_and_a_network_without_motifs(here: Command, place: Path) -> None:
    quick = (*NETWORK, *PLAIN, "--max-steps", "2", "--threads", "1")
    said = here("discover", "pos.fa", "--output", "shuffled", "--ratio", "2", *quick, "--quiet")
    assert said.stdout == ""
    assert all(line.startswith("warning: ") for line in said.stderr.splitlines())
    negatives = json.loads((place / "shuffled" / "data.json").read_text())["negatives"]
    assert (negatives["made"], negatives["ratio"]) == ("shuffle", 2)
    # After two steps there may be no motif, but the folder is complete.
    assert (place / "shuffled" / "motifs.meme").is_file()
    assert len(read_table(place / "shuffled" / "filters.tsv")) == 8


def test_test_files_that_do_not_fit_are_refused_before_the_training(here: Command, place: Path) -> None:
    sequence = next(iter(read_fasta(place / "pos.fa")))
    (place / "long.fa").write_text(f">a\n{sequence}{sequence}\n")
    layout = ("--preset", "dragonn", "--num-filters", "4", "--conv-width", "9", "--pool-width", "10")
    test = ("--test-positives", "long.fa", "--test-negatives", "long.fa")
    said = here("discover", "pos.fa", *test, "--output", "refused", *layout, code=2)
    assert "60" in said.stderr
    assert "120" in said.stderr
    assert "step " not in said.stderr
    assert not (place / "refused").exists()


# --- failures and interruptions ---

#: The logos are written last; here, the disk is full.
FULL_AT_THE_END = """
import motifnet.motifs.plots, sys
def full(*_):
    raise OSError(28, "No space left on device")
motifnet.motifs.plots.write_logos = full
from motifnet.cli.main import main
main()
"""


def test_the_checkpoint_is_kept_if_a_later_step_fails(here: ForkedCommand, place: Path) -> None:
    options = ("--negatives", "neg.fa", "--output", "late", *NETWORK, *PLAIN, "--max-steps", "2", "--threads", "1")
    done = here.python.run(("-c", FULL_AT_THE_END, "discover", "pos.fa", *options), place)
    assert done.returncode == 2, done.stderr.decode()
    assert not (place / "late").exists()
    assert done.stderr.decode().splitlines()[-1].endswith("late.partial")
    said = here("discover", "pos.fa", *options).stderr
    assert "late.partial" in said
    assert (place / "late" / "report.html").is_file()
    assert not (place / "late.partial").exists()


def test_an_interrupted_training_leaves_its_checkpoint(here: ForkedCommand, place: Path, tmp_path: Path) -> None:
    before = set(tree(place))
    budget = ("--max-steps", "1000000", "--max-epochs", "1000000", "--check-every", "5", "--patience", "1000000")
    files = ("pos.fa", "--negatives", "neg.fa", "--output", "interrupted")
    ours, theirs = os.pipe()
    with Path("/dev/null").open() as nothing, (tmp_path / "out").open("w") as out, open(ours) as said:
        streams = (nothing.fileno(), out.fileno(), theirs)
        process = here.start("discover", *files, *NETWORK, *budget, *PLAIN, "--threads", "1", files=streams)
        os.close(theirs)
        while not said.readline().startswith("step "):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        rest = said.read().splitlines()
    assert process.wait(240) == 130
    assert (tmp_path / "out").read_text() == ""
    assert rest[-2] == "motifnet: interrupted"
    assert rest[-1].endswith("interrupted.partial")
    assert "Traceback" not in "".join(rest)
    partial = Path("interrupted.partial")
    assert set(tree(place)) - before == {str(partial / "lock"), str(partial / "checkpoint" / "training-0.npz")}
