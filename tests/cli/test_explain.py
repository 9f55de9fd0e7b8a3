"""``motifnet explain`` as users run it: trained and imported networks, FASTA and regions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pybigtools
import pytest

import keras_networks as networks
import motifnet as mn
from command import Command, tree
from dna_strategies import random_dna
from motifnet.documents import read_table
from motifnet.interpretation.seqlet_table import SEQLET_COLUMNS
from small_models import WORD, planted

pytestmark = pytest.mark.slow
FILES = {"bases.tsv", "contributions.npz", "explain.html", "one_hot.npz", "provenance.json"}


def test_explain_finds_the_planted_bases(results: Path, here: Command, place: Path) -> None:
    arguments = ("explain", "results", "pos.fa", "--output", "explained", "--threads", "1", "--method", "deeplift")
    here(*arguments, "--motifs", WORD, "--names", "s1", "--n-references", "3")
    folder = place / "explained"
    assert set(tree(folder)) == FILES | {"pictures/s1.svg"}
    model, sequences = mn.load_model(results), mn.read_fasta(place / "pos.fa")
    found = mn.attribute(model, sequences, method="deeplift", n_references=3)
    np.testing.assert_allclose(np.load(folder / "contributions.npz")["arr_0"], found.values, rtol=1e-3, atol=1e-4)
    bases = read_table(folder / "bases.tsv")
    strongest = bases.groupby("sequence_index").first()
    inside = [
        0 <= position - sequence.find(WORD) < len(WORD)
        for position, sequence in zip(strongest["position"], sequences, strict=True)
    ]
    assert np.mean(inside) > 0.9
    assert 'class="bar"' in (folder / "explain.html").read_text()
    provenance = json.loads((folder / "provenance.json").read_text())
    assert provenance["seed"] == 0
    assert any(each["path"] == "pos.fa" for each in provenance["inputs"])
    first = tree(folder)
    here(*arguments, "--motifs", WORD, "--names", "s1", "--n-references", "3", "--force")
    second = tree(folder)
    assert [name for name in first if first[name] != second[name]] in ([], ["provenance.json"])


def test_seqlets_are_the_planted_sites(results: Path, here: Command, place: Path) -> None:
    """Those of training sequences have no p-values; those of new sequences have."""
    new = planted(40, 0, seed=8).sequences
    mn.write_fasta(new, place / "new.fa")
    arguments = ("--seqlets", "--motifs", WORD, "--threads", "1", "--show", "2")
    for file, is_new in (("pos.fa", False), ("new.fa", True)):
        here("explain", "results", file, "--output", f"seqlets {is_new}", *arguments)
        folder, sequences = place / f"seqlets {is_new}", mn.read_fasta(place / file)
        table = read_table(folder / "seqlets.tsv", SEQLET_COLUMNS)
        named = table[table["motif"] != ""]
        assert len(set(named["sequence_index"])) > 0.8 * len(sequences)
        sites = [
            sequences[int(row.sequence_index)][int(row.motif_start) : int(row.motif_end)] for row in named.itertuples()
        ]
        assert np.mean([WORD in (site, reverse_complement_of(site)) for site in sites]) > 0.8
        assert (table["q_value"].dropna() <= 0.05).all()
        tested = table["p_value"].notna()
        seen = {"train", "valid"}
        parts = np.array(mn.load_model(results).split_of(sequences))[table["sequence_index"]]
        assert (tested == (~np.isin(parts, list(seen)) & (table["direction"] == "positive"))).all()
        assert tested.any() or not is_new
        assert len((folder / "seqlets.bed").read_text().splitlines()) == len(table)


def reverse_complement_of(site: str) -> str:
    return site.translate(str.maketrans("ACGT", "TGCA"))[::-1]


def test_regions_get_tracks(results: Path, here: Command, place: Path) -> None:
    genome = "".join(random_dna(1, 3000, seed=5))
    (place / "genome.fa").write_text(f">chr1\n{genome}\n")
    (place / "peaks.bed").write_text("".join(f"chr1\t{start}\t{start + 60}\n" for start in (100, 130, 900)))
    said = here(
        "explain", "results", "peaks.bed", "--genome", "genome.fa", "--method", "ism", "--tracks", "bigwig", "--output",
        "tracks", "--threads", "1",
    )  # fmt: skip
    assert "no tracks" not in said.stderr
    track = pybigtools.open(str(place / "tracks" / "contributions.bw"))
    assert dict(track.chroms()) == {"chr1": 3000}
    read = {start: value for start, _, value in track.records("chr1")}
    sequences = mn.read_intervals(place / "peaks.bed", place / "genome.fa", length=60)
    observed = mn.attribute(mn.load_model(results), sequences, method="ism").observed()
    expected = {100 + i: observed[0, i] for i in range(30)} | {
        130 + i: (observed[0, 30 + i] + observed[1, i]) / 2 for i in range(30)
    }
    expected |= {160 + i: observed[1, 30 + i] for i in range(30)} | {900 + i: observed[2, i] for i in range(60)}
    assert read.keys() == expected.keys()
    assert [read[key] for key in sorted(read)] == pytest.approx(
        [float(expected[key]) for key in sorted(read)], abs=1e-4
    )


@pytest.mark.parametrize("name", networks.PLANTED)
def test_imported_networks_are_explained(name: str, motifnet: Command, place: Path) -> None:
    shutil.copy(place / "pos.fa", motifnet.folder)
    build, options, alphabet, arguments = networks.PLANTED[name]
    networks.write_planted(motifnet.folder / "net.keras", build, options, alphabet)
    motifnet("import-keras", "net.keras", "--layout", "NL4", "--output", "model", *arguments)
    sequences = list(mn.read_fasta(motifnet.folder / "pos.fa"))[:6]
    (motifnet.folder / "few.fa").write_text("".join(f">{i}\n{s}\n" for i, s in enumerate(sequences)))
    method = "ism" if name == "danq" else "deeplift"
    if name == "danq":
        motifnet.refuses("explain", "model", "few.fa", "--output", "explained", "--method", "deeplift")
        assert not (motifnet.folder / "explained").exists()
    motifnet("explain", "model", "few.fa", "--output", "explained", "--method", method, "--threads", "1")
    values = np.load(motifnet.folder / "explained" / "contributions.npz")["arr_0"]
    found = mn.attribute(mn.load_model(motifnet.folder / "model"), sequences, method=method)
    np.testing.assert_allclose(values, found.values, rtol=1e-3, atol=1e-4 * np.abs(found.values).max())


def test_mistakes_in_options_are_reported_at_once(results: Path, here: Command, place: Path) -> None:
    before = tree(place)
    (place / "short.fa").write_text(">a\nACGT\n")
    for arguments in (
        ("--task", "nope"), ("--method", "shap"), ("--method", "ism", "--references", "zeros"), ("--names", "nobody"),
        ("--method", "deeplift", "--references", "zeros", "--n-references", "3"), ("--png",),
        ("--motifs", "missing.meme"), ("--method", "deeplift", "--references", "missing.fa"),
    ):  # fmt: skip
        here.refuses("explain", "results", "pos.fa", "--output", "refused", "--threads", "1", *arguments)
        assert not (place / "refused").exists()
    (place / "short.fa").unlink()
    assert tree(place).keys() == before.keys()


def test_windows_along_regions_are_explained(results: Path, here: Command, place: Path) -> None:
    (place / "genome.fa").write_text(f">chr1\n{random_dna(1, 3000, seed=5)[0]}\n")
    (place / "locus.bed").write_text("chr1\t500\t601\n")
    here(
        "explain", "results", "--genome", "genome.fa", "--regions", "locus.bed", "--stride", "30", "--method",
        "gradient", "--tracks", "bedgraph", "--output", "locus", "--threads", "1",
    )  # fmt: skip
    model = mn.load_model(results)
    length = model.spec.length
    assert length is not None
    starts = [start for start in range(0, 3000 - length + 1, 30) if start < 601 and start + length > 500]
    bases = read_table(place / "locus" / "bases.tsv")
    assert sorted(set(bases["name"])) == sorted(f"chr1:{start}-{start + length}" for start in starts)
    sums, counts = np.zeros(3000), np.zeros(3000)
    found = mn.attribute(model, mn.tile_genome(place / "genome.fa", length=length, stride=30), method="gradient")
    for name, observed in zip(found.sequences.names, found.observed(), strict=True):
        start = int(name.removeprefix("chr1:").split("-")[0])
        if start in starts:
            sums[start : start + length] += observed
            counts[start : start + length] += 1
    lines = [line.split("\t") for line in (place / "locus" / "contributions.bedgraph").read_text().splitlines()]
    track = {p: float(value) for _, start, end, value in lines for p in range(int(start), int(end))}
    covered = np.flatnonzero(counts)
    assert sorted(track) == covered.tolist()
    np.testing.assert_allclose([track[p] for p in covered], sums[covered] / counts[covered], rtol=1e-3, atol=1e-5)
