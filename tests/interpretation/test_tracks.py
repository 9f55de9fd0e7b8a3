"""Tracks along a genome: the predictions for the same windows, by any block size, in any region, in both formats."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pybigtools
import pytest

from dna_strategies import random_dna
from motifnet.errors import FormatError, InputError
from motifnet.interpretation import tracks
from motifnet.interpretation.track_spec import Combine, TrackSpec
from motifnet.interpretation.tracks import predict_tracks
from motifnet.models.network.spec import ModelSpec
from motifnet.models.sequence_model import SequenceModel
from motifnet.sequences.io.fasta import write_fasta
from motifnet.sequences.sequence_set import SequenceSet
from network_designs import model_of

LENGTH = 41
TASKS = ("first", "second/2")
#: Several chromosomes, one of the length of a window and one shorter; bases that are unknown.
CHROMOSOMES = MappingProxyType(
    {
        "chr2": random_dna(1, 700, seed=1)[0],
        "chr10": random_dna(1, 150, seed=2)[0] + "N" * 97 + random_dna(1, 203, seed=3)[0],
        "chr1": random_dna(1, LENGTH, seed=4)[0],
        "scaffold": random_dna(1, LENGTH - 1, seed=5)[0],
    }
)
REGIONS = (
    ("chr2", 0, 30),
    ("chr2", 100, 101),
    ("chr2", 90, 160),
    ("chr2", 163, 260),
    ("chr10", 120, 9999),
    ("chr1", 7, 12),
)
Dense = Mapping[str, np.ndarray]


@pytest.fixture(scope="module")
def model() -> SequenceModel:
    return model_of(ModelSpec.preset("default", length=LENGTH, tasks=TASKS), has_kmers=True)


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    text = "".join(f">{name}\n{sequence}\n" for name, sequence in CHROMOSOMES.items())
    (tmp_path / "genome.fa").write_text(text)
    return tmp_path / "genome.fa"


@pytest.fixture
def regions(tmp_path: Path) -> Path:
    (tmp_path / "regions.bed").write_text("".join(f"{chrom}\t{start}\t{end}\n" for chrom, start, end in REGIONS))
    return tmp_path / "regions.bed"


def plain(model: SequenceModel, stride: int, combine: Combine) -> list[Dense]:
    """Values of each base and task, NaN without a value, from the predictions for all windows of each chromosome."""
    dense: list[dict[str, np.ndarray]] = [{}, {}]
    for chrom, sequence in CHROMOSOMES.items():
        starts = range(0, len(sequence) - LENGTH + 1, stride)
        windows = [sequence[start : start + LENGTH] for start in starts]
        known = [start for start, window in zip(starts, windows, strict=True) if set(window) != {"N"}]
        predictions = model.predict([sequence[start : start + LENGTH] for start in known]) if known else []
        for t in range(2):
            covering: list[list[float]] = [[] for _ in sequence]
            for start, prediction in zip(known, predictions, strict=True):
                width = min(stride, LENGTH)
                first = start + LENGTH // 2 - width // 2
                span = range(first, first + width) if combine == "center" else range(start, start + LENGTH)
                for position in span:
                    covering[position].append(float(prediction[t]))
            of = {"center": np.mean, "mean": np.mean, "max": np.max}[combine]
            dense[t][chrom] = np.array([of(own) if own else np.nan for own in covering])
    return dense


def in_regions(dense: Dense) -> Dense:
    """The same values, NaN outside the regions."""
    kept = {chrom: np.full(len(values), np.nan) for chrom, values in dense.items()}
    for chrom, start, end in REGIONS:
        kept[chrom][start:end] = dense[chrom][start:end]
    return kept


def bedgraph(path: Path) -> Dense:
    dense = {chrom: np.full(len(sequence), np.nan) for chrom, sequence in CHROMOSOMES.items()}
    rows = [line.split("\t") for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
    places = [(chrom, int(start), int(end)) for chrom, start, end, _ in rows]
    assert places == sorted(places)
    for (chrom, start, end), (*_, value) in zip(places, rows, strict=True):
        assert np.isnan(dense[chrom][start:end]).all()
        dense[chrom][start:end] = float(value)
    return dense


def bigwig(path: Path) -> Dense:
    track = pybigtools.open(str(path))
    assert dict(track.chroms()) == {chrom: len(sequence) for chrom, sequence in CHROMOSOMES.items()}
    return {chrom: track.values(chrom, 0, len(own), fillna=np.nan, oob=np.nan) for chrom, own in CHROMOSOMES.items()}


def assert_same(found: Dense, expected: Dense) -> None:
    for chrom, values in expected.items():
        np.testing.assert_allclose(found[chrom], values, rtol=2e-5, atol=1e-7, err_msg=chrom)


@pytest.mark.parametrize("combine", ["center", "mean", "max"])
@pytest.mark.parametrize("stride", [1, 7, 40, 41, 60])
def test_values_are_the_predictions_for_the_windows(
    model: SequenceModel, genome: Path, regions: Path, stride: int, combine: Combine, tmp_path: Path
) -> None:
    expected = plain(model, stride, combine)
    spec = TrackSpec(stride, None, combine)
    found = predict_tracks(model, genome, tmp_path / "{task}.bedgraph.gz", options=spec)
    assert [path.name for path in found] == ["first.bedgraph.gz", "second_2.bedgraph.gz"]
    for path, own in zip(found, expected, strict=True):
        assert_same(bedgraph(path), own)
    limited = predict_tracks(model, genome, tmp_path / "{task}.bw", options=TrackSpec(stride, regions, combine))
    for path, own in zip(limited, expected, strict=True):
        assert_same(bigwig(path), in_regions(own))


@pytest.mark.parametrize("combine", ["center", "mean", "max"])
def test_bytes_do_not_depend_on_the_size_of_the_blocks(
    model: SequenceModel, genome: Path, regions: Path, combine: Combine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    for block in (1, 5, 64, 4096):
        monkeypatch.setattr(tracks, "BLOCK", block)
        spec = TrackSpec(9, regions, combine)
        written.append(
            [p.read_bytes() for p in predict_tracks(model, genome, tmp_path / "{task}.bedgraph", options=spec)]
        )
    assert written[1:] == written[:-1]


def test_refused_inputs_leave_files_as_they_are(model: SequenceModel, genome: Path, tmp_path: Path) -> None:
    (tmp_path / "old.bw").write_text("kept")
    with pytest.raises(InputError):  # two tasks, one file
        predict_tracks(model, genome, tmp_path / "old.bw")
    with pytest.raises(FormatError):
        predict_tracks(model, genome, tmp_path / "{task}.tsv")
    write_fasta(SequenceSet.from_strings(["ACGT"], ["chr1"]), tmp_path / "short.fa")
    with pytest.raises(InputError):
        predict_tracks(model, tmp_path / "short.fa", tmp_path / "{task}.bw")
    (tmp_path / "other.bed").write_text("chr7\t1\t20\n")
    with pytest.raises(InputError):
        predict_tracks(model, genome, tmp_path / "{task}.bw", options=TrackSpec(regions=tmp_path / "other.bed"))
    assert (tmp_path / "old.bw").read_text() == "kept"
    assert not list(tmp_path.glob("*first*"))
