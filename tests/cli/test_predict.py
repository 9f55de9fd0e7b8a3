"""``motifnet predict``, ``evaluate`` and ``export``, with the model that `discover` wrote."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

import motifnet as mn
from command import Command, ForkedCommand
from motifnet.documents import read_table

pytestmark = pytest.mark.slow


def test_predict_from_standard_input_to_standard_output(results: Path, here: Command, place: Path) -> None:
    said = here("predict", "results", "-", "--threads", "1", stdin=(place / "pos.fa").read_bytes())
    (place / "scores.tsv").write_text(said.stdout)
    scores = read_table(place / "scores.tsv")
    assert scores.columns.tolist() == ["sequence_index", "name", "positive"]
    assert scores["sequence_index"].tolist() == list(range(150))
    assert scores["name"].tolist() == list(mn.read_fasta(place / "pos.fa").names)
    known = read_table(results / "predictions.tsv").query("label_positive == 1")
    assert scores["positive"].iloc[known["sequence_index"]].tolist() == pytest.approx(known["positive"].tolist())


def test_line_ends_lower_case_and_gzip_do_not_matter(results: Path, here: Command, place: Path) -> None:
    lines = (place / "pos.fa").read_bytes().split(b"\n")
    lower = b"\r\n".join(line if line.startswith(b">") else line.lower() for line in lines)
    (place / "crlf.fa").write_bytes(gzip.compress(lower))
    here("predict", "results", "crlf.fa", "--output", "crlf.tsv", "--threads", "1")
    sequences = mn.read_fasta(place / "pos.fa")
    expected = mn.TrainedModel.load(results).predict(sequences)[:, 0]
    assert read_table(place / "crlf.tsv")["positive"].tolist() == pytest.approx(expected.tolist(), rel=1e-5)


def test_a_reader_that_closes_the_pipe_is_no_error(
    results: Path, here: ForkedCommand, place: Path, tmp_path: Path
) -> None:
    # More than a pipe holds.
    many = "".join(f">s{i}\n{s}\n" for i, s in enumerate(mn.read_fasta(place / "pos.fa"))) * 60
    (place / "many.fa").write_text(many)
    ours, theirs = os.pipe()
    with Path("/dev/null").open() as nothing, open(ours) as out, (tmp_path / "log").open("w") as said:
        process = here.start("predict", "results", "many.fa", files=(nothing.fileno(), theirs, said.fileno()))
        os.close(theirs)
        assert out.readline() == "sequence_index\tname\tpositive\n"
    assert process.wait(240) == 1
    assert len((tmp_path / "log").read_text().splitlines()) == 1


def test_evaluate_prints_only_json_to_standard_output(results: Path) -> None:
    # In a process of its own, as users run it, with the messages of TensorFlow's C++ code; other tests fork.
    said = Command(results.parent)("evaluate", "results", "pos.fa", "--negatives", "neg.fa", "--threads", "1")
    assert not any("oneDNN" in line or "cuda" in line for line in said.stderr.splitlines())
    metrics = json.loads(said.stdout)["positive"]
    assert metrics["n_positive"] == 150
    assert metrics["auroc"] > 0.9


def test_standard_output_that_is_full(results: Path, here: ForkedCommand, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Path("/dev/null").open() as nothing, Path("/dev/full").open("wb") as full, log.open("w") as said:
        files = (nothing.fileno(), full.fileno(), said.fileno())
        process = here.start("evaluate", "results", "pos.fa", "--negatives", "neg.fa", files=files)
    assert process.wait(240) == 2
    assert log.read_text().splitlines()[-2].startswith("motifnet: standard output: ")


def test_export_gives_the_same_bytes_in_every_process(results: Path, here: Command, place: Path) -> None:
    here("export", "results", "a.keras")
    mn.TrainedModel.load(results).export(place / "b.keras")
    assert (place / "a.keras").read_bytes() == (place / "b.keras").read_bytes()


def test_a_track_has_the_predictions_for_windows_of_the_genome(results: Path, here: Command, place: Path) -> None:
    sequence = "".join(list(mn.read_fasta(place / "pos.fa"))[:5])
    (place / "genome.fa").write_text(f">chr1\n{sequence}\n")
    (place / "regions.bed").write_text("chr1\t200\t300\n")
    model = mn.TrainedModel.load(results)
    length = model.spec.length
    assert length is not None
    track = ("--genome", "genome.fa", "--stride", "20", "--threads", "1")
    here("predict", "results", *track, "--output", "track.bedgraph")
    found = {}
    for line in (place / "track.bedgraph").read_text().splitlines():
        chrom, start, end, value = line.split("\t")
        assert chrom == "chr1"
        found.update(dict.fromkeys(range(int(start), int(end)), float(value)))
    starts = range(0, len(sequence) - length + 1, 20)
    expected = model.predict([sequence[start : start + length] for start in starts])[:, 0]
    for start, value in zip(starts, expected, strict=True):
        first = start + length // 2 - 10
        assert [found[p] for p in range(first, first + 20)] == pytest.approx([value] * 20, rel=1e-4)
    assert len(found) == 20 * len(starts)
    here("predict", "results", *track, "--regions", "regions.bed", "--output", "part.bedgraph")
    lines = [line.split("\t") for line in (place / "part.bedgraph").read_text().splitlines()]
    inside = {p: float(value) for _, start, end, value in lines for p in range(int(start), int(end))}
    assert inside == {p: value for p, value in found.items() if 200 <= p < 300}


@pytest.mark.parametrize(
    "arguments",
    [
        ("pos.fa", "--output", "confused.bw"),
        ("pos.fa", "--stride", "20", "--output", "confused.tsv"),
        ("--output", "confused.bw"),
        ("--genome", "pos.fa"),
        ("--genome", "pos.fa", "--top", "3", "--output", "confused.bw"),
    ],
)
def test_tables_and_tracks_are_not_confused(
    results: Path, here: Command, place: Path, arguments: tuple[str, ...]
) -> None:
    here("predict", "results", *arguments, code=2)
    assert not list(place.glob("confused.*"))
